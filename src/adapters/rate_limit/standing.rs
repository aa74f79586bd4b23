//! How one account stands, and the header fields that tell it.
//! <https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11>

/// The name of a limit: in the configuration, in header fields, metrics and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitName {
    Global,
    PerAddress,
    PerSubject,
}

impl LimitName {
    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::PerAddress => "per_address",
            Self::PerSubject => "per_subject",
        }
    }
}

/// How one account of a limit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub limit: LimitName,
    /// The most there can be.
    pub burst: u32,
    /// In how many seconds an empty account is full again, rounded up.
    pub window_seconds: u64,
    /// What is left.
    pub remaining: u32,
    /// In how many seconds this account is full again, rounded up.
    pub full_in_seconds: u64,
}

impl Standing {
    /// The one that has the least left; of equals the first.
    pub fn tightest(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) if second.remaining < first.remaining => Some(second),
            (Some(first), _) => Some(first),
            (None, second) => second,
        }
    }

    /// The value of `RateLimit-Policy`.
    pub fn policy_field(&self) -> String {
        format!("\"{}\";q={};w={}", self.limit.as_str(), self.burst, self.window_seconds)
    }

    /// The value of `RateLimit`.
    pub fn limit_field(&self) -> String {
        format!("\"{}\";r={};t={}", self.limit.as_str(), self.remaining, self.full_in_seconds)
    }
}
