//! A judge of presigned requests, written from AWS's description alone: what S3 accepts, and why it refuses.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
//!
//! It shares no code with presignd: it takes a URL apart as text, decodes it, and builds everything again.

// other tests take this file from another folder
#[path = "verifier/sigv4a.rs"]
mod sigv4a;

use std::collections::BTreeMap;

use hmac::KeyInit;
use hmac::Mac;
use sha2::Digest;

/// A request as it arrives: the URL as text, and every header that the client sends. `host` comes from the URL if the
/// headers have none.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
}

/// What the judge knows of the world.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// Access key id, secret, and the session token of temporary credentials.
    pub keys: &'a [Key<'a>],
    pub region: &'a str,
    pub service: &'a str,
    /// Seconds since 1970.
    pub now: i64,
}

/// One identity's key.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    pub id: &'a str,
    pub secret: &'a str,
    pub session_token: Option<&'a str>,
}

/// Why S3 refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No URL that has the parts of a presigned one: which part.
    Malformed(String),
    Algorithm(String),
    /// The credential's date, region, service or terminator: what is wrong.
    Scope(String),
    UnknownKey(String),
    SessionToken,
    /// Not 1 to 604800.
    Expires(String),
    /// Signed more than 15 minutes in the future.
    NotYetValid,
    Expired,
    /// Sent, named `x-amz-…`, not signed.
    UnsignedHeader(String),
    /// Signed, not sent.
    MissingHeader(String),
    /// `SignedHeaders` itself: not in lower case, sorted, with `host`.
    SignedHeaders(String),
    /// Signed as a header and as a query parameter, with different values.
    HeaderAndQueryDiffer(String),
    /// Method, path, query, or a signed header's value is another than what was signed.
    Signature,
}

/// S3's judgement of a presigned request.
pub fn verify(sent: Sent<'_>, world: World<'_>) -> Result<(), Fault> {
    let url = Url::split(sent.url)?;
    let headers = headers_of(sent.headers, &url);
    let algorithm = url.parameter("X-Amz-Algorithm")?;
    let of_every_region = match algorithm.as_str() {
        "AWS4-HMAC-SHA256" => false,
        "AWS4-ECDSA-P256-SHA256" => true,
        _ => return Err(Fault::Algorithm(algorithm)),
    };
    let date = url.parameter("X-Amz-Date")?;
    let signed_at = seconds(&date).ok_or_else(|| Fault::Malformed(format!("X-Amz-Date {date}")))?;
    let region = match of_every_region {
        true => sigv4a::check_regions(&url.parameter("X-Amz-Region-Set")?, world.region)?,
        false => format!("/{}", world.region),
    };
    let (key, scope) = credential(&url, &world, &date, &region)?;
    check_time(&url, signed_at, world.now)?;
    check_session(&url, key, world.service)?;
    let signed_headers = url.parameter("X-Amz-SignedHeaders")?;
    let names = signed_names(&signed_headers)?;
    check_headers(&names, &headers, &url)?;
    let hash = hex(&sha2::Sha256::digest(canonical(sent.method, &url, &names, &headers)));
    let string_to_sign = format!("{algorithm}\n{date}\n{scope}\n{hash}");
    let signature = url.parameter("X-Amz-Signature")?;
    let holds = match of_every_region {
        true => sigv4a::verifies(key, &string_to_sign, &signature),
        false => {
            let secret = format!("AWS4{}", key.secret).into_bytes();
            let signing_key = scope.split('/').fold(secret, |key, part| hmac(&key, part));
            hex(&hmac(&signing_key, &string_to_sign)) == signature
        }
    };
    if holds { Ok(()) } else { Err(Fault::Signature) }
}

/// The canonical request that S3 makes of a request: what it repeats where the signature does not match. A signed header
/// that was not sent is empty there.
pub fn canonical_request(sent: Sent<'_>) -> Result<String, Fault> {
    let url = Url::split(sent.url)?;
    let signed_headers = url.parameter("X-Amz-SignedHeaders")?;
    Ok(canonical(sent.method, &url, &signed_names(&signed_headers)?, &headers_of(sent.headers, &url)))
}

fn canonical(method: &str, url: &Url, names: &[&str], headers: &BTreeMap<String, String>) -> String {
    let header = |name: &str| headers.get(name).map_or("", String::as_str);
    let payload = match names.contains(&"x-amz-content-sha256") {
        true => header("x-amz-content-sha256"),
        false => "UNSIGNED-PAYLOAD",
    };
    let canonical_headers: String = names.iter().map(|name| format!("{name}:{}\n", header(name))).collect();
    let path = encode(&url.path, |byte| byte == b'/');
    [method, &path, &url.canonical_query(), &canonical_headers, &names.join(";"), payload].join("\n")
}

/// `region` stands behind the date, with a slash before it, or is empty.
fn credential<'a>(url: &Url, world: &World<'a>, date: &str, region: &str) -> Result<(Key<'a>, String), Fault> {
    let credential = url.parameter("X-Amz-Credential")?;
    let (id, scope) = credential.split_once('/').ok_or_else(|| Fault::Malformed("X-Amz-Credential".to_owned()))?;
    let right = format!("{}{region}/{}/aws4_request", &date[..8], world.service);
    if scope != right {
        return Err(Fault::Scope(format!("{scope} instead of {right}")));
    }
    let key = world.keys.iter().find(|key| key.id == id).ok_or_else(|| Fault::UnknownKey(id.to_owned()))?;
    Ok((*key, right))
}

fn check_time(url: &Url, signed_at: i64, now: i64) -> Result<(), Fault> {
    let text = url.parameter("X-Amz-Expires")?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let expires = text.parse::<i64>().ok().filter(|seconds| digits && (1..=604_800).contains(seconds));
    let end = signed_at + expires.ok_or(Fault::Expires(text))?;
    match () {
        () if signed_at > now + 15 * 60 => Err(Fault::NotYetValid),
        () if now >= end => Err(Fault::Expired),
        () => Ok(()),
    }
}

/// A directory bucket's session has a parameter of its own.
fn check_session(url: &Url, key: Key<'_>, service: &str) -> Result<(), Fault> {
    let name = if service == "s3express" { "X-Amz-S3session-Token" } else { "X-Amz-Security-Token" };
    match url.query.iter().find(|(known, _)| known == name).map(|(_, token)| token.as_str()) == key.session_token {
        true => Ok(()),
        false => Err(Fault::SessionToken),
    }
}

fn signed_names(text: &str) -> Result<Vec<&str>, Fault> {
    let names: Vec<&str> = text.split(';').collect();
    let lower = text.bytes().all(|byte| !byte.is_ascii_uppercase());
    match lower && names.is_sorted_by(|a, b| a < b) && names.contains(&"host") {
        true => Ok(names),
        false => Err(Fault::SignedHeaders(text.to_owned())),
    }
}

fn check_headers(names: &[&str], headers: &BTreeMap<String, String>, url: &Url) -> Result<(), Fault> {
    if let Some(missing) = names.iter().find(|name| !headers.contains_key(**name)) {
        return Err(Fault::MissingHeader((*missing).to_owned()));
    }
    let differs = |(name, value): &&(String, String)| {
        names.contains(&name.as_str()) && headers.get(name.as_str()).is_some_and(|sent| sent != value)
    };
    if let Some((name, _)) = url.query.iter().find(differs) {
        return Err(Fault::HeaderAndQueryDiffer(name.clone()));
    }
    let algorithm_signed = names.contains(&"x-amz-server-side-encryption-customer-algorithm");
    let may_be_unsigned = |name: &str| algorithm_signed && SSE_C_KEY.contains(&name);
    let unsigned =
        |name: &&String| name.starts_with("x-amz-") && !names.contains(&name.as_str()) && !may_be_unsigned(name);
    match headers.keys().find(unsigned) {
        Some(name) => Err(Fault::UnsignedHeader(name.clone())),
        None => Ok(()),
    }
}

/// With the algorithm signed, the key of SSE-C need not be known to the signer.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>
const SSE_C_KEY: [&str; 2] =
    ["x-amz-server-side-encryption-customer-key", "x-amz-server-side-encryption-customer-key-md5"];

/// Lower-cased names, values trimmed and with single blanks; several of a name are joined by commas.
fn headers_of(sent: &[(&str, &str)], url: &Url) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::<String, String>::new();
    for (name, value) in sent {
        let value = value.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let joined = headers.entry(name.to_ascii_lowercase()).or_default();
        joined.push_str(if joined.is_empty() { "" } else { "," });
        joined.push_str(&value);
    }
    headers.entry("host".to_owned()).or_insert_with(|| url.host.clone());
    headers
}

/// A URL taken apart, and decoded once.
struct Url {
    /// As a client writes it into `Host`.
    host: String,
    path: Vec<u8>,
    /// In the order of the URL.
    query: Vec<(String, String)>,
}

impl Url {
    fn split(text: &str) -> Result<Self, Fault> {
        let malformed = |part: &str| Fault::Malformed(part.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(|| malformed("scheme"))?;
        let port = match scheme {
            "https" => ":443",
            "http" => ":80",
            _ => return Err(malformed("scheme")),
        };
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains('#') {
            return Err(malformed("a character that must be encoded"));
        }
        let (place, query) = rest.split_once('?').ok_or_else(|| malformed("query"))?;
        let (authority, path) = place.split_at(place.find('/').ok_or_else(|| malformed("path"))?);
        let host = authority.to_ascii_lowercase();
        let pairs = query.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((String::from_utf8(decode(name)?).ok()?, String::from_utf8(decode(value)?).ok()?))
        });
        let query = pairs.collect::<Option<Vec<_>>>().ok_or_else(|| malformed("query"))?;
        Ok(Self {
            host: host.strip_suffix(port).unwrap_or(&host).to_owned(),
            path: decode(path).ok_or_else(|| malformed("path"))?,
            query,
        })
    }

    /// The one value of a parameter.
    fn parameter(&self, name: &str) -> Result<String, Fault> {
        let mut values = self.query.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value.clone()),
            _ => Err(Fault::Malformed(name.to_owned())),
        }
    }

    fn canonical_query(&self) -> String {
        let unsigned = self.query.iter().filter(|(name, _)| name != "X-Amz-Signature");
        let never = |_| false;
        let mut pairs: Vec<(String, String)> =
            unsigned.map(|(name, value)| (encode(name.as_bytes(), never), encode(value.as_bytes(), never))).collect();
        pairs.sort();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

/// Bytes of a percent-encoded text. `None` for a lone `%`, and for `+`, of which nobody knows what it means.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex_digit(bytes.next()?)? * 16 + hex_digit(bytes.next()?)?,
            b'+' => return None,
            _ => byte,
        });
    }
    Some(decoded)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// RFC 3986, as AWS wants it: all but the unreserved characters, in upper case.
fn encode(bytes: &[u8], keep: impl Fn(u8) -> bool) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep(byte);
    bytes.iter().map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// HMAC-SHA256.
pub fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// In lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Seconds since 1970 of `yyyymmddThhmmssZ`.
pub fn seconds(date: &str) -> Option<i64> {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    Some(time::PrimitiveDateTime::parse(date, format).ok()?.assume_utc().unix_timestamp())
}
