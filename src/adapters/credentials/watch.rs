//! A source that is a file, looked at again and again.

use crate::adapters::config::CredentialsSource;
use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::source::Followed;
use crate::adapters::credentials::source::Found;
use crate::adapters::followed_file;
use crate::adapters::followed_file::Looks;
use crate::adapters::followed_file::Sight;

/// One followed file.
pub struct Watch {
    followed: Followed,
    looks: Looks<CredentialsError>,
}

impl Watch {
    /// A watch on the file that a source is, and what that holds now; `None` for a source that cannot change.
    pub fn begin(source: &CredentialsSource) -> Option<(Self, Result<Found, CredentialsError>)> {
        let followed = Followed::of(source).ok().flatten()?;
        let bytes = followed.bytes();
        let looks = Looks::after(sight(&bytes));
        let first = bytes.and_then(|bytes| followed.parse(&bytes));
        Some((Self { followed, looks }, first))
    }

    /// Looks; something to judge if there is news.
    pub fn look(&mut self) -> Option<Result<Found, CredentialsError>> {
        let bytes = self.followed.bytes();
        let is_news = self.looks.is_news(sight(&bytes));
        is_news.then(|| bytes.and_then(|bytes| self.followed.parse(&bytes)))
    }
}

fn sight(bytes: &Result<impl AsRef<[u8]>, CredentialsError>) -> Sight<CredentialsError> {
    bytes.as_ref().map(|bytes| followed_file::digest(bytes.as_ref())).map_err(Clone::clone)
}
