//! `presignd sign`: an operator's own URLs from the shell, bounded by one grant.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::ArgGroup;
use clap::Args;
use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

use crate::adapters::audit::Decision;
use crate::adapters::audit::Entry;
use crate::adapters::audit::OperatorAudit;
use crate::adapters::clock::Clock;
use crate::adapters::config::Settings;
use crate::adapters::config::parse_duration;
use crate::adapters::credentials::CredentialSnapshot;
use crate::adapters::credentials::read_once;
use crate::cli::Failure;
use crate::cli::ask;
use crate::cli::ask::Words;
use crate::cli::load;
use crate::cli::text::printable;
use crate::domain::claims::Claims;
use crate::domain::claims::Value;
use crate::domain::day::Day;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::name::Name;
use crate::domain::operation::Operation;
use crate::domain::policy::Circumstances;
use crate::domain::policy::Window;
use crate::domain::request::Request;
use crate::domain::shell::quoted;
use crate::http::decided::Decided;
use crate::http::decided::Signed;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::issued::Issued;
use crate::http::request_id;

/// Sign URLs as an operator, within one grant's bucket, prefix, actions, lifetime and limits
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["operation", "requests"]), after_help = EXAMPLES)]
pub struct Arguments {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The grant that bounds what is signed
    #[arg(long, value_name = "NAME")]
    grant: String,
    #[command(flatten)]
    words: Words,
    /// How long the URL shall live, such as 15m
    #[arg(long, value_name = "D", conflicts_with = "requests")]
    expires_in: Option<String>,
    /// A file with one body of /v1/presign a line (- is the standard input); one line is written for each
    #[arg(long, value_name = "FILE", conflicts_with = "operation")]
    requests: Option<String>,
    /// Sign as of this instant (RFC 3339)
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Claims that fill the grant's templates
    #[arg(long, value_name = "JSON")]
    claims: Option<String>,
    /// Print a curl command in place of JSON
    #[arg(long)]
    curl: bool,
}

const EXAMPLES: &str = "Examples:
  presignd sign --config presignd.toml --grant reports --expires-in 1h \\
    GetObject media reports/2026.pdf
  presignd sign --config presignd.toml --grant own-folder --claims '{\"sub\":\"42\"}' --curl \\
    PutObject media users/42/a.png
  presignd sign --config presignd.toml --grant reports --at 2026-11-24T12:00:00Z \\
    --requests requests.jsonl";

/// Signs, and fails if any of the answers is a problem.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings = load::settings(&arguments.config)?;
    let grant = arguments.grant_of(&settings)?;
    let claims = arguments.claims_for(grant)?;
    let now = arguments.instant()?;
    let bodies = arguments.bodies()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    let (credentials, failures) = runtime.block_on(read_once(&settings.credentials, signers(grant, &settings)));
    for (name, error) in failures {
        tell_warning(&format!("the credentials {name} cannot be read: {error}"));
    }
    for (name, _) in &settings.credentials {
        let days = credentials.windows().0.get(name).and_then(|window| lacking(window, now));
        days.iter().for_each(|days| tell_warning(&format!("the credentials {name} have {days}")));
    }
    let mut desk = Desk {
        settings: &settings,
        grant,
        claims,
        now,
        credentials,
        audit: OperatorAudit::new(&settings.audit, Clock::system()),
        operator: format!("operator:{}", operator()),
    };
    let mut refused = false;
    for body in bodies {
        let line = match desk.answer(&body) {
            Ok((operation, issued)) if arguments.curl => curl(operation, &issued),
            Ok((_, issued)) => serde_json::to_string(&issued).map_err(Failure::failed)?,
            Err(error) => {
                refused = true;
                let id = request_id::uuid_v7(desk.now).to_string();
                serde_json::to_string(&error.problem(&id)).map_err(Failure::failed)?
            }
        };
        println!("{line}");
    }
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Whose credentials a grant is signed with.
fn signers<'s>(grant: &'s Grant, settings: &'s Settings) -> impl Iterator<Item = &'s Name> {
    let of_bucket = settings.policy.bucket(&grant.bucket).filter(|_| grant.credentials.is_none());
    let of_bucket = of_bucket.into_iter().flat_map(|bucket| [&bucket.read_credentials, &bucket.write_credentials]);
    grant.credentials.iter().chain(of_bucket)
}

impl Arguments {
    fn grant_of<'s>(&self, settings: &'s Settings) -> Result<&'s Grant, Failure> {
        let named = settings.policy.grants().iter().find(|grant| grant.name.as_str() == self.grant);
        match named {
            Some(grant) if grant.effect == Effect::Allow => Ok(grant),
            Some(_) => Err(Failure::usage(format!("{:?} is a deny: name a grant that allows", self.grant))),
            None => Err(Failure::usage(format!("there is no grant {:?}", self.grant))),
        }
    }

    fn claims_for(&self, grant: &Grant) -> Result<Claims, Failure> {
        let Some(text) = &self.claims else {
            return match grant.claims().next() {
                Some(claim) => Err(Failure::usage(format!("the grant needs the claim {claim}: give it by --claims"))),
                None => Ok(Claims::default()),
            };
        };
        let payload = ask::json_object(text).map_err(|error| Failure::usage(format!("--claims: {error}")))?;
        Ok(Claims::of(payload).unwrap_or_default())
    }

    /// Seconds are counted from 1970, and what is signed then must end before the year 10000.
    fn instant(&self) -> Result<SystemTime, Failure> {
        let Some(text) = &self.at else {
            return Ok(Clock::system().now());
        };
        let wrong = |why: &dyn std::fmt::Display| Failure::usage(format!("--at {text:?}: {why}"));
        let instant = OffsetDateTime::parse(text, &Rfc3339);
        let instant = instant.map_err(|_| wrong(&"write a time such as 2026-11-24T12:00:00Z"))?;
        match instant.checked_to_offset(UtcOffset::UTC).filter(|instant| (1970..=9998).contains(&instant.year())) {
            Some(instant) => Ok(instant.into()),
            None => Err(wrong(&"write a time of the years 1970 to 9998")),
        }
    }

    /// What to sign; a line that is no JSON is a problem of its own.
    fn bodies(&self) -> Result<Vec<Result<Value, ApiError>>, Failure> {
        let Some(file) = &self.requests else {
            let seconds = self.expires_in.as_deref().map(seconds).transpose()?;
            let body = self.words.body(seconds).ok_or_else(|| Failure::usage("give OPERATION, BUCKET and KEY"))?;
            return Ok(vec![Ok(body)]);
        };
        let text = ask::read(file).map_err(|error| Failure::failed(format!("{file}: {error}")))?;
        Ok(text.lines().map(|line| serde_json::from_str(line).map_err(|error| ApiError::malformed(&error))).collect())
    }
}

/// A duration, or a number of seconds.
fn seconds(text: &str) -> Result<u64, Failure> {
    let seconds = text.parse().ok().or_else(|| parse_duration(text).map(|duration| duration.as_secs()));
    seconds.ok_or_else(|| Failure::usage(format!("--expires-in {text:?}: write a duration such as 15m")))
}

/// Who signs, for the audit log: the name that the operating system has for the user, else the user's number.
/// The environment's `USER` is anybody's to set.
fn operator() -> String {
    let id = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut entries = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let name = entries.find_map(|fields| match fields.as_slice() {
        [name, _, uid, ..] if *uid == id => Some((*name).to_owned()),
        _ => None,
    });
    name.unwrap_or(id)
}

/// What keys there are, where none signs as of that instant.
fn lacking(window: &Window, at: SystemTime) -> Option<String> {
    let Window::Days(days) = window else { return None };
    let (first, last) = (days.days.first()?, days.days.last()?);
    (!window.opens_at(at)).then(|| format!("no signing key for {}: theirs are for {first} to {last}", Day::of(at)))
}

fn tell_warning(text: &str) {
    eprintln!("presignd: warning: {}", printable(text));
}

/// What every line is signed with.
struct Desk<'s> {
    settings: &'s Settings,
    grant: &'s Grant,
    claims: Claims,
    now: SystemTime,
    credentials: CredentialSnapshot,
    audit: OperatorAudit,
    operator: String,
}

impl Desk<'_> {
    fn answer(&mut self, body: &Result<Value, ApiError>) -> Result<(Operation, Issued), ApiError> {
        let body = body.as_ref().map_err(Clone::clone)?;
        let id = request_id::uuid_v7(self.now).to_string();
        let decided = Decided::by(Request::parse(body), |request| {
            let around = Circumstances { id: &id, address: None, windows: self.credentials.windows(), now: self.now };
            let policy = &self.settings.policy;
            let permit = policy.authorize_operator(&self.grant.name, &self.claims, request, around)?;
            Signed::with(permit, &self.credentials)
        });
        let who = Entry { subject: Some(&self.operator), ..Entry::of(Decision::Issued) };
        if let Some(entry) = decided.told_in(who) {
            self.audit.record(&[entry]).map_err(|_| ApiError::of(Code::AuditUnavailable))?;
        }
        let signed = decided.outcome?;
        Ok((signed.permit.operation(), signed.issued()))
    }
}

/// The command that uses the URL as it has to be used; the file that it sends is for the reader to name.
fn curl(operation: Operation, issued: &Issued) -> String {
    if let Some(fields) = &issued.fields {
        return curl_form(&issued.url, fields);
    }
    let headers = issued.headers.iter().flatten();
    let is_folder = issued.url.split('?').next().is_some_and(|path| path.ends_with('/'));
    let method = issued.method;
    // `--data-binary` adds a type, taken away again.
    let untyped = if headers.clone().any(|(name, _)| name == "content-type") { "" } else { " --header content-type:" };
    let mut command = match operation {
        Operation::HeadObject => "curl --head".to_owned(),
        // `--upload-file` would add the file's name to such a URL.
        Operation::PutObject | Operation::UploadPart if !is_folder => "curl --upload-file FILE".to_owned(),
        Operation::CompleteMultipartUpload | Operation::PutObject | Operation::UploadPart => {
            format!("curl --request {method} --data-binary @FILE{untyped}")
        }
        // A POST without a length is refused by some.
        Operation::CreateMultipartUpload => format!("curl --request {method} --data-binary ''{untyped}"),
        // `--data` would call it a form.
        Operation::RestoreObject => {
            let body = issued.body.as_deref().unwrap_or_default();
            format!("curl --request {method} --data {} --header 'content-type: application/xml'", quoted(body))
        }
        Operation::AbortMultipartUpload
        | Operation::DeleteObject
        | Operation::GetObject
        | Operation::ListObjectsV2
        | Operation::ListParts
        | Operation::PostObject => format!("curl --request {method}"),
    };
    for (name, value) in headers {
        // After a colon curl would leave an empty header out.
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        _ = write!(command, " --header {}", quoted(&header));
    }
    _ = write!(command, " {}", quoted(&issued.url));
    command
}

/// The command that posts a form; S3 reads nothing that comes after the file.
fn curl_form(url: &str, fields: &BTreeMap<String, String>) -> String {
    let mut command = "curl".to_owned();
    for (name, value) in fields {
        _ = write!(command, " --form-string {}", quoted(&format!("{name}={value}")));
    }
    _ = write!(command, " --form file=@FILE {}", quoted(url));
    command
}
