//! A file that is looked at again and again: what it holds counts once two looks saw the same.

use aws_credential_types::Credentials;
use sha2::Digest;
use sha2::Sha256;

use crate::adapters::config::CredentialsSource;
use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::source::Followed;
use crate::domain::name::Name;

/// One followed file.
pub struct Watch {
    name: Name,
    followed: Followed,
    /// What was last judged, good or bad.
    judged: Sight,
    /// What the last look saw, if it was something else.
    seen: Option<Sight>,
}

/// What a look saw: a file's content, as a digest, or why it could not be read.
type Sight = Result<[u8; 32], CredentialsError>;

impl Watch {
    /// A watch on the file that a source is, and what that holds now; `None` for a source that cannot change.
    pub fn begin(name: &Name, source: &CredentialsSource) -> Option<(Self, Result<Credentials, CredentialsError>)> {
        let followed = Followed::of(source).ok().flatten()?;
        let bytes = followed.bytes();
        let judged = sight(&bytes);
        let first = bytes.and_then(|bytes| followed.parse(&bytes));
        Some((Self { name: name.clone(), followed, judged, seen: None }, first))
    }

    /// What the credentials are called.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Looks; something to judge if this look and the one before saw the same, and not what was judged last.
    pub fn look(&mut self) -> Option<Result<Credentials, CredentialsError>> {
        let bytes = self.followed.bytes();
        let now = sight(&bytes);
        if now == self.judged {
            self.seen = None;
            return None;
        }
        if self.seen.as_ref() != Some(&now) {
            self.seen = Some(now);
            return None;
        }
        self.judged = now;
        self.seen = None;
        Some(bytes.and_then(|bytes| self.followed.parse(&bytes)))
    }
}

fn sight(bytes: &Result<impl AsRef<[u8]>, CredentialsError>) -> Sight {
    match bytes {
        Ok(bytes) => Ok(Sha256::digest(bytes).into()),
        Err(error) => Err(error.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn json(id: &str) -> String {
        format!(r#"{{"Version": 1, "AccessKeyId": "{id}", "SecretAccessKey": "s"}}"#)
    }

    fn told(look: Option<Result<Credentials, CredentialsError>>) -> String {
        match look {
            None => "nothing".to_owned(),
            Some(Ok(found)) => found.access_key_id().to_owned(),
            Some(Err(_)) => "broken".to_owned(),
        }
    }

    #[test]
    fn a_change_counts_once_it_was_seen_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.json");
        fs::write(&path, json("A")).unwrap();
        let source = CredentialsSource::File { path: path.clone() };
        let (mut watch, first) = Watch::begin(&Name::parse("main").unwrap(), &source).unwrap();
        assert_eq!(told(Some(first)), "A");
        let b = json("B");
        let rows = [
            ("no change", Some(json("A")), "nothing"),
            ("half of the new one", Some(b[..20].to_owned()), "nothing"),
            ("all of it, for the first time", Some(b.clone()), "nothing"),
            ("again", Some(b.clone()), "B"),
            ("once more", Some(b.clone()), "nothing"),
            ("broken", Some("{".to_owned()), "nothing"),
            ("broken still", Some("{".to_owned()), "broken"),
            ("broken, and told already", Some("{".to_owned()), "nothing"),
            ("gone", None, "nothing"),
            ("gone still", None, "broken"),
            ("gone, and told already", None, "nothing"),
            ("back", Some(b.clone()), "nothing"),
            ("back still", Some(b.clone()), "B"),
            ("another for one look", Some(json("C")), "nothing"),
            ("and back", Some(b), "nothing"),
            ("another for one look again", Some(json("C")), "nothing"),
        ];
        for (row, content, expected) in rows {
            match content {
                Some(content) => fs::write(&path, content).unwrap(),
                None => _ = fs::remove_file(&path),
            }
            assert_eq!(told(watch.look()), expected, "{row}");
        }
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.json");
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let source = CredentialsSource::File { path: path.clone() };
        let (_, first) = Watch::begin(&Name::parse("main").unwrap(), &source).unwrap();
        assert_eq!(first.unwrap_err(), CredentialsError::TooLarge { path });
    }
}
