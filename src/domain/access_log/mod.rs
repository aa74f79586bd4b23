//! S3's server access logs: a line read, what a presigned request in it says of itself, and how the URLs that were
//! issued were used.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>

mod issued;
mod join;
mod presigned;
mod record;
#[cfg(test)]
mod tests;
mod uses;

pub use issued::Asker;
pub use issued::Issued;
pub use join::Join;
pub use join::Outcome;
pub use join::Totals;
pub use join::Unexplained;
pub use join::Url;
pub use join::Why;
pub use record::BrokenLine;
pub use record::Record;
pub use uses::JoinedBy;
pub use uses::Uses;
