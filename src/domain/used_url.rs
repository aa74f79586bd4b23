//! A URL as it was used, taken apart by hand: a WHATWG parser would mend what is to be found.

use percent_encoding::percent_decode_str;
use time::Duration;
use time::OffsetDateTime;
use time::PrimitiveDateTime;
use time::macros::format_description;

/// The parts of a URL, as they stand in it.
pub struct UsedUrl<'a> {
    pub scheme: &'a str,
    pub authority: &'a str,
    /// Without anything from `?` on.
    pub path: &'a str,
    /// Names and values; `None` where there is no `=`.
    pub query: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> UsedUrl<'a> {
    /// `None`: it is no absolute URL.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let is_http = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        if !is_http || authority.is_empty() {
            return None;
        }
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        Some(Self { scheme, authority, ..Self::of_target(rest) })
    }

    /// The target of a request line, which has neither scheme nor authority.
    pub fn of_target(target: &'a str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value))));
        Self { scheme: "", authority: "", path, query: query.collect() }
    }

    /// The first value of that name, decoded. Names are S3's, case and all.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let (_, value) = self.query.iter().find(|(given, _)| decoded(given) == name)?;
        Some(decoded(value.unwrap_or_default()))
    }

    /// Whether there is a parameter of that name.
    pub fn has(&self, name: &str) -> bool {
        self.parameter(name).is_some()
    }

    /// The names of the headers that the signature binds.
    pub fn signed_headers(&self) -> Vec<String> {
        let names = self.parameter("X-Amz-SignedHeaders").unwrap_or_default();
        names.split(';').filter(|name| !name.is_empty()).map(str::to_lowercase).collect()
    }

    /// Those of them that the client's program has to set; a library sends `host` and `content-length` by itself.
    pub fn headers_to_send(&self) -> Vec<String> {
        let mut names = self.signed_headers();
        names.retain(|name| !["host", "content-length"].contains(&name.as_str()));
        names
    }

    /// When it was signed.
    pub fn signed_at(&self) -> Option<OffsetDateTime> {
        stamp(&self.parameter("X-Amz-Date")?)
    }

    /// When it ends.
    pub fn ends_at(&self) -> Option<OffsetDateTime> {
        let seconds = self.parameter("X-Amz-Expires")?.parse::<u32>().ok()?;
        self.signed_at()?.checked_add(Duration::seconds(seconds.into()))
    }

    /// The parts of its scope: access key id, date, region (SigV4A has none), service, `aws4_request`.
    pub fn credential(&self) -> Vec<String> {
        let credential = self.parameter("X-Amz-Credential").unwrap_or_default();
        credential.split('/').map(str::to_owned).collect()
    }

    /// The host as it is signed: lower case, without a default port.
    pub fn host(&self) -> String {
        let host = self.authority.rsplit_once('@').map_or(self.authority, |(_, host)| host).to_lowercase();
        let default = if self.scheme.eq_ignore_ascii_case("http") { ":80" } else { ":443" };
        host.strip_suffix(default).unwrap_or(&host).to_owned()
    }
}

/// A percent-encoded text; what is not UTF-8 becomes replacement characters.
pub fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A time as X-Amz-Date has it.
pub fn stamp(text: &str) -> Option<OffsetDateTime> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    PrimitiveDateTime::parse(text, format).ok().map(PrimitiveDateTime::assume_utc)
}
