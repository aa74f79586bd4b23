//! SigV4 and SigV4A query signing: canonical request, string to sign, signing keys.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html#how-sigv4a-works>

use std::fmt;
use std::fmt::Write;
use std::sync::Arc;
use std::time::SystemTime;

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use sha2::Digest;
use sha2::Sha256;
use time::OffsetDateTime;
use zeroize::Zeroize;
use zeroize::Zeroizing;

use crate::domain::endpoint::Signing;
use crate::domain::headers;

/// A key that signs, derived from a secret that it does not tell.
#[derive(Clone)]
pub struct SigningKey {
    bytes: Zeroizing<Box<[u8]>>,
    signing: Signing,
}

impl SigningKey {
    /// Derives the key of the UTC day of `at`, for one region and service.
    pub fn derive(secret: &str, at: SystemTime, region: &str, service: &str) -> Self {
        let key = aws_sigv4::sign::v4::generate_signing_key(secret, at, region, service);
        Self { bytes: Zeroizing::new(key.as_ref().into()), signing: Signing::SigV4 }
    }

    /// Derives the ECDSA key, which is for every day, region and service.
    pub fn derive_for_every_region(access_key_id: &str, secret: &str) -> Self {
        let key = aws_sigv4::sign::v4a::generate_signing_key(access_key_id, secret);
        Self { bytes: Zeroizing::new(key.as_ref().into()), signing: Signing::SigV4A }
    }

    /// The key of one day, region and service, as [`Self::bytes`] told it.
    pub fn of_bytes(bytes: &[u8; SIGV4_KEY]) -> Self {
        Self { bytes: Zeroizing::new(bytes.as_slice().into()), signing: Signing::SigV4 }
    }

    /// The key itself, for whoever hands it to those who hold no secret.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn sign(&self, text: &[u8]) -> String {
        match self.signing {
            Signing::SigV4 => aws_sigv4::sign::v4::calculate_signature(&*self.bytes, text),
            Signing::SigV4A => aws_sigv4::sign::v4a::calculate_signature(&*self.bytes, text),
        }
    }

    fn algorithm(&self) -> &'static str {
        match self.signing {
            Signing::SigV4 => "AWS4-HMAC-SHA256",
            Signing::SigV4A => "AWS4-ECDSA-P256-SHA256",
        }
    }

    /// The scope, a part at a time. Without a region it is for all of them.
    fn scope<'a>(&self, stamp: &'a Stamp, region: &'a str, service: &'a str) -> impl Iterator<Item = &'a str> {
        let region = match self.signing {
            Signing::SigV4 => Some(region),
            Signing::SigV4A => None,
        };
        std::iter::once(stamp.date()).chain(region).chain([service, "aws4_request"])
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// The length of an HMAC-SHA256, in bytes.
pub const SIGV4_KEY: usize = 32;

/// Whether a byte may stand in an access key id: a slash would end it within the credential scope.
pub fn is_of_access_key_id(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'/'
}

/// Who signs: the public name of a key, its session, and the key itself.
#[derive(Debug, Clone)]
pub struct Signer {
    pub access_key_id: Arc<str>,
    /// Of temporary credentials.
    pub session_token: Option<SessionToken>,
    pub key: SigningKey,
}

/// What temporary credentials are shown with: one text, however many keys it goes with.
#[derive(Debug, Clone)]
pub struct SessionToken(Arc<SecretString>);

impl ExposeSecret<str> for SessionToken {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for SessionToken {
    fn from(text: &str) -> Self {
        Self(Arc::new(text.into()))
    }
}

impl From<String> for SessionToken {
    fn from(text: String) -> Self {
        Self(Arc::new(text.into()))
    }
}

/// A request as it is to be signed.
#[derive(Debug, Clone, Copy)]
pub struct Unsigned<'a> {
    pub method: &'a str,
    pub scheme: &'a str,
    /// As it stands in the URL.
    pub authority: &'a str,
    /// As it is signed.
    pub host: &'a str,
    /// Percent-encoded, without a trailing slash.
    pub base_path: &'a str,
    /// Taken literally; `None` for a request to the bucket.
    pub key: Option<&'a str>,
    /// Sorted by name; names of unreserved characters in lower case, values as they are.
    pub query: &'a [(&'static str, String)],
    /// Sorted by name, in lower case, without `host`; values as they are.
    pub headers: &'a [(String, String)],
    /// Of the scope; with SigV4A the set of regions.
    pub region: &'a str,
    pub service: &'a str,
    pub signed_at: SystemTime,
    pub expires_in_seconds: u32,
}

/// The URL of the signed request. It is a bearer secret until it ends.
pub fn sign(request: &Unsigned<'_>, signer: &Signer) -> String {
    let stamp = Stamp::of(request.signed_at);
    let holds_secret = request.headers.iter().any(|(name, _)| headers::is_secret(name));
    let room = if holds_secret { room_for(request, signer) } else { 1024 };
    let mut canonical = Canonical { text: String::with_capacity(room), path: (0, 0), query: (0, 0) };
    canonical.write(request, signer, &stamp);
    let to_sign = string_to_sign(request, &signer.key, &stamp, canonical.text.as_bytes());
    let signature = signer.key.sign(to_sign.as_bytes());
    let (path, query) = (canonical.part(canonical.path), canonical.part(canonical.query));
    let url = [request.scheme, "://", request.authority, path, "?", query, "&X-Amz-Signature=", &signature].concat();
    if holds_secret {
        canonical.text.zeroize();
    }
    url
}

/// More than the canonical request takes: a text that grows would leave what it held behind.
fn room_for(request: &Unsigned<'_>, signer: &Signer) -> usize {
    let query: usize = request.query.iter().map(|(name, value)| name.len() + value.len()).sum();
    let headers: usize = request.headers.iter().map(|(name, value)| 2 * name.len() + value.len()).sum();
    let token = signer.session_token.as_ref().map_or(0, |token| token.expose_secret().len());
    2048 + request.base_path.len() + 3 * (request.key.map_or(0, str::len) + query + headers + token)
}

/// The fields of a form that tell who signed it and when; each needs a condition of the policy.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>
pub fn form_fields(signer: &Signer, signed_at: SystemTime, region: &str, service: &str) -> Vec<(&'static str, String)> {
    let stamp = Stamp::of(signed_at);
    let scope = signer.key.scope(&stamp, region, service);
    let credential = std::iter::once(&*signer.access_key_id).chain(scope).collect::<Vec<_>>().join("/");
    let algorithm = signer.key.algorithm().to_owned();
    let mut fields = vec![("x-amz-algorithm", algorithm), ("x-amz-credential", credential), ("x-amz-date", stamp.0)];
    let token = signer.session_token.as_ref().map(|token| token.expose_secret().to_owned());
    fields.extend(token.map(|token| ("x-amz-security-token", token)));
    fields
}

/// The signature of a form's policy, which is in base64.
pub fn sign_policy(policy: &str, signer: &Signer) -> String {
    signer.key.sign(policy.as_bytes())
}

/// The canonical request, and where in it the path and the query are that the URL repeats.
struct Canonical {
    text: String,
    path: (usize, usize),
    query: (usize, usize),
}

impl Canonical {
    fn part(&self, (start, end): (usize, usize)) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn write(&mut self, request: &Unsigned<'_>, signer: &Signer, stamp: &Stamp) {
        self.text.push_str(request.method);
        self.text.push('\n');
        let start = self.text.len();
        self.write_path(request);
        self.path = (start, self.text.len());
        self.text.push('\n');
        let start = self.text.len();
        self.write_query(request, signer, stamp);
        self.query = (start, self.text.len());
        self.text.push('\n');
        for (name, value) in with_host(request) {
            self.text.push_str(name);
            self.text.push(':');
            push_trimmed(&mut self.text, value);
            self.text.push('\n');
        }
        self.text.push('\n');
        push_names(&mut self.text, request, ";");
        self.text.push_str("\nUNSIGNED-PAYLOAD");
    }

    fn write_path(&mut self, request: &Unsigned<'_>) {
        self.text.push_str(request.base_path);
        match request.key {
            Some(key) => {
                self.text.push('/');
                self.text.extend(utf8_percent_encode(key, PATH));
            }
            None if request.base_path.is_empty() => self.text.push('/'),
            None => {}
        }
    }

    /// S3 sorts by name, and `X-Amz-` comes before every name in lower case.
    fn write_query(&mut self, request: &Unsigned<'_>, signer: &Signer, stamp: &Stamp) {
        let text = &mut self.text;
        text.push_str("X-Amz-Algorithm=");
        text.push_str(signer.key.algorithm());
        text.push_str("&X-Amz-Credential=");
        text.extend(utf8_percent_encode(&signer.access_key_id, VALUE));
        for part in signer.key.scope(stamp, request.region, request.service) {
            text.push_str("%2F");
            text.push_str(part);
        }
        text.push_str("&X-Amz-Date=");
        text.push_str(&stamp.0);
        _ = write!(text, "&X-Amz-Expires={}", request.expires_in_seconds);
        match signer.key.signing {
            Signing::SigV4 => {}
            Signing::SigV4A => {
                text.push_str("&X-Amz-Region-Set=");
                text.extend(utf8_percent_encode(request.region, VALUE));
            }
        }
        if let Some(token) = &signer.session_token {
            text.push_str("&X-Amz-Security-Token=");
            text.extend(utf8_percent_encode(token.expose_secret(), VALUE));
        }
        text.push_str("&X-Amz-SignedHeaders=");
        push_names(text, request, "%3B");
        for (name, value) in request.query {
            text.push('&');
            text.push_str(name);
            text.push('=');
            text.extend(utf8_percent_encode(value, VALUE));
        }
    }
}

/// The headers and `host`, in the order of their names.
fn with_host<'a>(request: &Unsigned<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let (headers, host) = (request.headers, request.host);
    let before = headers.partition_point(|(name, _)| name.as_str() < "host");
    let (before, after) = headers.split_at_checked(before).unwrap_or((headers, &[]));
    let pair = |(name, value): &'a (String, String)| (name.as_str(), value.as_str());
    before.iter().map(pair).chain(std::iter::once(("host", host))).chain(after.iter().map(pair))
}

fn push_names(text: &mut String, request: &Unsigned<'_>, separator: &str) {
    for (place, (name, _)) in with_host(request).enumerate() {
        if place > 0 {
            text.push_str(separator);
        }
        text.push_str(name);
    }
}

/// Blanks at both ends go, runs of them become one: what `aws-sigv4` and botocore sign.
fn push_trimmed(text: &mut String, value: &str) {
    let value = value.trim_matches(' ');
    if !value.contains("  ") {
        return text.push_str(value);
    }
    for (place, word) in value.split(' ').filter(|word| !word.is_empty()).enumerate() {
        if place > 0 {
            text.push(' ');
        }
        text.push_str(word);
    }
}

/// RFC 3986's unreserved characters stay, every other byte of a query value is encoded once, in upper case.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In a key, slashes stay too.
const PATH: &AsciiSet = &VALUE.remove(b'/');

/// A text percent-encoded as a query value is: RFC 3986, everything but the unreserved characters.
pub fn encoded(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

fn hex_digit(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 })
}

fn string_to_sign(request: &Unsigned<'_>, key: &SigningKey, stamp: &Stamp, canonical: &[u8]) -> String {
    let mut text = String::with_capacity(192);
    text.push_str(key.algorithm());
    text.push('\n');
    text.push_str(&stamp.0);
    for (place, part) in key.scope(stamp, request.region, request.service).enumerate() {
        text.push(if place == 0 { '\n' } else { '/' });
        text.push_str(part);
    }
    text.push('\n');
    for byte in Sha256::digest(canonical) {
        text.push(hex_digit(byte >> 4));
        text.push(hex_digit(byte & 15));
    }
    text
}

/// `20130524T000000Z`.
struct Stamp(String);

impl Stamp {
    fn of(at: SystemTime) -> Self {
        let at = OffsetDateTime::from(at);
        let (date, time) = (at.date(), at.time());
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        Self(format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", time.hour(), time.minute(), time.second()))
    }

    fn date(&self) -> &str {
        self.0.get(..8).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// The example in AWS's documentation of query signing.
    #[test]
    fn awss_own_example_has_awss_own_signature() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let signer = Signer {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            session_token: None,
            key: SigningKey::derive("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", at, "us-east-1", "s3"),
        };
        let request = Unsigned {
            method: "GET",
            scheme: "https",
            authority: "examplebucket.s3.amazonaws.com",
            host: "examplebucket.s3.amazonaws.com",
            base_path: "",
            key: Some("test.txt"),
            query: &[],
            headers: &[],
            region: "us-east-1",
            service: "s3",
            signed_at: at,
            expires_in_seconds: 86_400,
        };
        assert_eq!(
            sign(&request, &signer),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    #[test]
    fn blanks_are_trimmed_and_their_runs_are_one() {
        let cases = [("a", "a"), (" a ", "a"), ("a   b  c", "a b c"), ("\ta", "\ta"), ("", ""), ("   ", "")];
        for (value, expected) in cases {
            let mut text = String::new();
            push_trimmed(&mut text, value);
            assert_eq!(text, expected, "{value:?}");
        }
    }
}
