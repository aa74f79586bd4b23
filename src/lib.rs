//! presignd issues presigned S3 URLs to callers whose JWT a grant allows.
//!
//! Four floors; a file imports from its own floor or from a lower one (`tests/it/floors.rs` holds it, and holds this
//! map complete).
//!
//! ```text
//! cli/               what a person types: a file a command
//!   ask              a request as it is typed: three words, or JSON
//!   audit/           what the audit log shows: whether it is whole, and beside S3's access logs how each URL was used
//!   check            validates a configuration, prints what each grant allows
//!   completions      scripts for shells
//!   derive_keys      signing keys for the days ahead, for a server that holds no secret
//!   dev/             everything on loopback: S3 store, token issuer, service, page to try it
//!   diagnose         why S3 refused a presigned URL, and what to do
//!   doctor/          asks the real buckets what they are set to, and tries what they keep
//!   explain          which grants were considered, which one decides, and why
//!   known            a name that a command was told, found in the configuration
//!   load             a configuration, or every error of it told
//!   openapi          prints the OpenAPI document
//!   policy           prints the policies that AWS needs
//!   serve/           wires the service, serves, takes up changes, drains
//!   sign             an operator's own URLs, bounded by one grant
//!   summary          what each grant allows, in a few lines
//!   text             text for a terminal
//! http/              what a caller sends and gets
//!   admission        a request before the limits: what it is charged, when, and what it is told
//!   app              what all requests share: the configuration in force, and what was made from it
//!   around           around every request: its id, its time, its end in headers, log and metrics
//!   challenge        the challenge of a 401
//!   client_address   where a request comes from, also behind proxies
//!   context          what is known of a request before anything is asked of it
//!   cors             what browsers may do from other origins
//!   decided          one item: the decision, the signature, the audit line about both
//!   diagnose         POST /v1/diagnose
//!   docs/            the OpenAPI document, from the code's own types and tables, and the page that shows it
//!   error            every refusal to its status and code: the only file that knows status codes
//!   extract          token, JSON body and limits, in the order in which they are checked
//!   grants/          GET /v1/grants
//!   issued           the answer that carries a URL
//!   objects          GET and HEAD /v1/objects: a redirect to a fresh URL
//!   ops              /livez, /readyz, /metrics
//!   presign          POST /v1/presign and /v1/presign/batch
//!   problem          problem documents
//!   refusal_log      a log line for refusals, at most one a second for each code
//!   reply            answers in JSON and other text, and redirects
//!   request_id       ids of requests and of URLs, and the trace that a caller goes on with
//!   resource         whose tokens are taken: GET /.well-known/oauth-protected-resource
//!   server/          the server loop: connections, their timeouts, an orderly end
//!   uploads          POST /v1/uploads and /v1/uploads/parts
//! adapters/          what the world gives
//!   audit            one line a decision, written in groups before the answer leaves
//!   chance           chance, for what replicas should not do all at once
//!   clock            the one reader of time; tests move it
//!   config/          file and environment to checked settings, every error with its line
//!   credentials      credentials that sign, followed or renewed; signing keys per day, region and service
//!   followed_file    files that may change: read whole, and believed once two looks saw the same
//!   http_client      HTTP clients for what is asked of others, with their limits
//!   jwks             an issuer's key set: read, kept, refreshed beside the requests
//!   log_files        lines of log files, of any size, compressed or not
//!   rate_limit       per address, per subject, global: in memory, and shared by replicas in Redis
//!   s3               calls of S3, and URLs for its probe, for commands that ask the real buckets
//!   telemetry        logs and metrics, their names in one place
//!   tls              the TLS identity in force, followed as its files change
//!   token            a JWT to its caller, and the cache of verified tokens
//! domain/            what presignd knows; pure: no clock, no file, no network, no log
//!   access_log/      S3's server access logs: a line read, and joined with what was issued
//!   action           the actions of a grant: words that stand for sets of rights
//!   audit_chain/     the chain over audit lines, by which a change of them shows
//!   aws_policy/      what AWS must be told beside: policies, derived from the grants
//!   bucket/          what a bucket is: a name, or an access point by its alias or ARN
//!   caller           who asks: verified claims, and the issuer that vouches for them
//!   checksum         checksums of bodies, as S3 verifies them
//!   claims           JSON as presignd keeps it; finding claims by path
//!   custom_endpoint  an S3-compatible store's address, as its clients reach it
//!   day              a UTC day, as the scopes of signatures have it
//!   diagnose/        why S3 said no: an issued URL and the answer to findings
//!   disposition      Content-Disposition: made for a file name, and looked at
//!   doctor/          what buckets are set to, against what the grants need: S3's answers to findings
//!   encryption       SSE-S3, SSE-KMS, SSE-C: how S3 encrypts an object, and the keys that say so
//!   endpoint/        bucket or access point, region and options to scheme, host, path and signing scope
//!   forms/           the forms of members: JSON values to values that S3 takes
//!   grant            one grant: whom it is for, what it covers, what it asks
//!   headers          what is signed as headers, of which one may be a secret
//!   key              object keys and requested prefixes: what they may be
//!   lifetime         how long a URL lives, and what set that
//!   limits/          a grant's limits against a request: what is unmet, what is signed in
//!   media_type       media types of uploads, and the patterns that a grant lists
//!   member           the members of a request, each in a line or two
//!   mfa_code         the code of an MFA device, for the delete of a version
//!   name             names that the configuration gives
//!   operation        the table of S3 operations
//!   parameters       what is asked for beside the key, and what it becomes on the wire
//!   policy/          all grants, indexed: authorize to Permit or Refusal, and explain
//!   post_policy      Permit to form fields
//!   presign          Permit to presigned URL
//!   refusal          why a well-formed request gets no URL
//!   region           names of regions, and AWS's partitions
//!   request          JSON to a request, every wrong member reported
//!   restore          RestoreObject's body
//!   retention        Object Lock: what nobody may overwrite or delete, and how long
//!   role             a role of IAM, and what the call that assumes it carries
//!   scheme           http or https
//!   scope            what a grant covers: whole segments that claims fill in
//!   shell            words for a POSIX shell
//!   signing_keys/    keys derived ahead of their days, and the document that holds them
//!   sigv4            canonical request, string to sign, signing keys
//!   step_up          how a caller must have authenticated
//!   store/           the kinds of S3, and what each of them cannot do
//!   template         texts that claims, ids and file names fill in
//!   upload_plan/     size to one PUT or parts, and the requests for these parts
//!   used_url         a URL as it was used, taken apart as it stands
//!   xml              XML that S3 answers, read in bounded time
//! ```
#![forbid(unsafe_code)]

pub mod adapters;
pub mod cli;
pub mod domain;
pub mod http;

/// The commit that this build was made from, or `unknown`.
pub const COMMIT: &str = env!("PRESIGND_COMMIT");
