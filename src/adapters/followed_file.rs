//! Files that may change at any time: each is read whole within a bound, and a change of it counts once two looks in a
//! row saw the same.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use sha2::Digest;
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a regular file holds now; wiped when dropped. A pipe would block for good, and what is larger than
/// [`MOST_BYTES`] is none of ours.
pub fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    // Room for all of it: a buffer that grows leaves pieces of a secret behind.
    let room = about.len().min(MOST_BYTES) + 2;
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(room).unwrap_or_default()));
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MOST_BYTES {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {MOST_BYTES} bytes"))),
        false => Ok(bytes),
    }
}

/// The largest file that is read, in bytes.
pub const MOST_BYTES: u64 = 1 << 20;

/// Between two looks at a file.
pub const PERIOD: Duration = Duration::from_millis(500);

/// What a look saw: a digest of what is there, or why it could not be read.
pub type Sight<E> = Result<[u8; 32], E>;

/// What tells contents apart without holding them.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// What the looks at something saw. A change is news once two looks in a row saw it, so that what is half written is
/// never taken up; and it is news once.
#[derive(Debug)]
pub struct Looks<E> {
    /// What was last judged, good or bad.
    judged: Sight<E>,
    /// What the last look saw, if it was something else.
    seen: Option<Sight<E>>,
}

impl<E: PartialEq> Looks<E> {
    /// After a first look, whose sight was judged.
    pub fn after(first: Sight<E>) -> Self {
        Self { judged: first, seen: None }
    }

    /// As if the next look were the first that sees what it sees, unless that was judged.
    pub fn begin_anew(&mut self) {
        self.seen = None;
    }

    /// Whether the last look saw what was judged last.
    pub fn are_settled(&self) -> bool {
        self.seen.is_none()
    }

    /// Notes one more look; whether what it saw is to be judged now.
    pub fn is_news(&mut self, now: Sight<E>) -> bool {
        if now == self.judged {
            self.seen = None;
            return false;
        }
        if self.seen.as_ref() != Some(&now) {
            self.seen = Some(now);
            return false;
        }
        self.judged = now;
        self.seen = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_news_once_it_was_seen_twice() {
        let mut looks = Looks::after(Ok(digest(b"a")));
        let rows = [
            ("no change", Some("a"), false),
            ("half of a new one", Some("b"), false),
            ("all of it", Some("bb"), false),
            ("again", Some("bb"), true),
            ("once more", Some("bb"), false),
            ("gone", None, false),
            ("gone still", None, true),
            ("gone, and told already", None, false),
            ("back", Some("bb"), false),
            ("back still", Some("bb"), true),
            ("another for one look", Some("c"), false),
            ("and back", Some("bb"), false),
            ("another for one look again", Some("c"), false),
        ];
        for (row, content, expected) in rows {
            let now = content.map(|content| digest(content.as_bytes())).ok_or(io::ErrorKind::NotFound);
            assert_eq!(looks.is_news(now), expected, "{row}");
        }
    }

    #[test]
    fn only_a_regular_file_within_the_bound_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (small, large) = (folder.path().join("small"), folder.path().join("large"));
        std::fs::write(&small, "small").unwrap();
        File::create(&large).unwrap().set_len(1 << 40).unwrap();
        let rows = [
            (small.as_path(), Ok(b"small".to_vec())),
            (large.as_path(), Err(io::ErrorKind::FileTooLarge)),
            (folder.path(), Err(io::ErrorKind::InvalidInput)),
            (Path::new("/dev/zero"), Err(io::ErrorKind::InvalidInput)),
            (Path::new("/nonexistent"), Err(io::ErrorKind::NotFound)),
        ];
        for (path, expected) in rows {
            let found = read(path).map(|bytes| bytes.to_vec()).map_err(|error| error.kind());
            assert_eq!(found, expected, "{}", path.display());
        }
    }
}
