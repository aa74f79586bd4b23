//! `PATH.head`: where the chain of a file stands, so that it goes on over a restart also where the file was rotated away,
//! and a file that lost its end shows.

use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::adapters::audit::file::Contest;
use crate::adapters::audit::file::hold;
use crate::domain::audit_chain::Link;
use crate::domain::audit_chain::Mark;

/// An open head.
pub struct HeadFile {
    file: File,
    path: PathBuf,
}

/// As JSON has it.
#[derive(Serialize, Deserialize)]
struct Head {
    seq: u64,
    chain: Option<String>,
}

impl HeadFile {
    /// Opens the head beside an audit file, or makes it (mode 0600). It is held, since the audit file's own lock leaves
    /// with it where it is rotated.
    pub fn open(audit: &Path, contest: Contest) -> io::Result<Self> {
        let path = beside(audit);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        hold(&file, contest)?;
        Ok(Self { file, path })
    }

    /// What it says; nothing where it is new or was torn.
    pub fn read(&self) -> io::Result<Option<Mark>> {
        let mut text = vec![0; WIDTH];
        let length = self.file.read_at(&mut text, 0)?;
        text.truncate(length);
        let mark = parse(&text);
        if mark.is_none() && length > 0 {
            tracing::warn!(path = %self.path.display(), "the head of the audit chain cannot be read; the file decides");
        }
        Ok(mark)
    }

    /// Says where the chain stands now. One that was deleted is made anew.
    pub fn write(&mut self, audit: &Path, mark: &Mark) -> io::Result<()> {
        if self.file.metadata()?.nlink() == 0 {
            *self = Self::open(audit, Contest::GiveUp)?;
        }
        let chain = mark.link.as_ref().map(|link| link.as_str().to_owned());
        let text = serde_json::to_string(&Head { seq: mark.seq, chain })?;
        // always as wide, so that one write leaves nothing of an older one
        self.file.write_all_at(format!("{text:<0$}\n", WIDTH - 1).as_bytes(), 0)
    }
}

/// In bytes: a number of 20 digits, and a link.
const WIDTH: usize = 128;

/// What the head beside an audit file says; `None` where there is none, or it waits for the first line.
pub fn head_of(audit: &Path) -> io::Result<Option<Mark>> {
    let mut text = Vec::new();
    match File::open(beside(audit)) {
        Ok(file) => file.take(WIDTH as u64).read_to_end(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if text.is_empty() {
        return Ok(None);
    }
    parse(&text).map(Some).ok_or_else(|| io::Error::other("no {\"seq\": …, \"chain\": …}"))
}

fn parse(text: &[u8]) -> Option<Mark> {
    let head: Head = serde_json::from_slice(text).ok()?;
    let link = head.chain.map(|chain| Link::parse(&chain).ok_or(())).transpose().ok()?;
    Some(Mark { seq: head.seq, link })
}

fn beside(audit: &Path) -> PathBuf {
    let mut path = audit.as_os_str().to_owned();
    path.push(".head");
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn mark(seq: u64, digit: Option<&str>) -> Mark {
        Mark { seq, link: digit.map(|digit| Link::parse(&digit.repeat(64)).unwrap()) }
    }

    #[test]
    fn a_head_says_what_was_written_last_and_is_made_anew_where_it_was_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let (audit, path) = (folder.path().join("audit.jsonl"), folder.path().join("audit.jsonl.head"));
        let mut head = HeadFile::open(&audit, Contest::GiveUp).unwrap();
        assert_eq!((head.read().unwrap(), head_of(&audit).unwrap()), (None, None), "it waits for the first line");
        for written in [mark(u64::MAX, Some("a")), mark(7, None), mark(8, Some("b"))] {
            head.write(&audit, &written).unwrap();
            assert_eq!(head.read().unwrap().as_ref(), Some(&written));
            assert_eq!(head_of(&audit).unwrap(), Some(written));
            let whole: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            assert!(whole["seq"].is_u64(), "the file is JSON");
        }
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::remove_file(&path).unwrap();
        head.write(&audit, &mark(9, Some("c"))).unwrap();
        assert_eq!(head_of(&audit).unwrap(), Some(mark(9, Some("c"))));
    }

    #[test]
    fn a_head_that_is_torn_or_held_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let audit = folder.path().join("audit.jsonl");
        assert_eq!(head_of(&audit).unwrap(), None, "there is none");
        for torn in ["{\"seq\":1", "{\"seq\":1,\"chain\":\"ab\"}", "{\"seq\":-1,\"chain\":null}", "\0\0\0"] {
            fs::write(folder.path().join("audit.jsonl.head"), torn).unwrap();
            assert_eq!(HeadFile::open(&audit, Contest::Wait).unwrap().read().unwrap(), None, "{torn}");
            assert!(head_of(&audit).is_err(), "{torn}");
        }
        let _held = HeadFile::open(&audit, Contest::Wait).unwrap();
        let second = HeadFile::open(&audit, Contest::GiveUp).err().unwrap();
        assert_eq!(second.kind(), io::ErrorKind::WouldBlock);
    }
}
