//! Where a bucket is: bucket, region and options to scheme, host, path and signing scope.

/// Where the requests for one bucket go, and the scope that they are signed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `https`, or `http` for a store that allows it.
    pub scheme: Scheme,
    /// Host and perhaps port as they stand in the URL, as the configuration wrote them.
    pub authority: String,
    /// Host and perhaps port as they are signed: lower case, without a default port.
    pub host: String,
    /// What stands before `/KEY` in the path, percent-encoded, without a trailing slash: `""` for a bucket in the
    /// host, `/bucket` or `/base/bucket` for path style.
    pub base_path: String,
    pub region: String,
    /// The signing scope's service: `s3`.
    pub service: &'static str,
}

/// The scheme of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}
