//! RestoreObject's body: how long an archived object shall be there, and how soon.

/// How soon an archived object shall be there, by S3's name for it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GlacierJobParameters.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    Bulk,
    Expedited,
    Standard,
}

impl Tier {
    /// Every tier.
    pub const ALL: [Self; 3] = [Self::Bulk, Self::Expedited, Self::Standard];

    /// Their names.
    pub const NAMES: [&'static str; 3] = [Self::Bulk.as_str(), Self::Expedited.as_str(), Self::Standard.as_str()];

    /// S3's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bulk => "Bulk",
            Self::Expedited => "Expedited",
            Self::Standard => "Standard",
        }
    }
}

/// The XML that asks for it. Without days S3 takes it only of what moves between tiers by itself.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html>
pub fn body(days: Option<u32>, tier: Option<Tier>) -> String {
    let days = days.map(|days| format!("<Days>{days}</Days>")).unwrap_or_default();
    let tier = tier.map(Tier::as_str);
    let tier = tier.map(|tier| format!("<GlacierJobParameters><Tier>{tier}</Tier></GlacierJobParameters>"));
    let tier = tier.unwrap_or_default();
    format!("<RestoreRequest xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{days}{tier}</RestoreRequest>")
}
