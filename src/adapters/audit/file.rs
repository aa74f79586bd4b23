//! A file of whole lines, which only grows: what a write that fails leaves behind is taken back.

use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

use crate::adapters::audit::room::ensure_room;
use crate::adapters::audit::room::is_broken;
use crate::domain::audit_chain::ChainedLine;
use crate::domain::audit_chain::Mark;
use crate::domain::audit_chain::seq_of;

/// An open file, or a stream.
pub struct LineFile {
    file: File,
    /// `None`: a stream, which cannot be opened anew.
    path: Option<PathBuf>,
    kind: Kind,
    owed: Owed,
    /// Where its lines ended when it was opened.
    mark: Mark,
}

/// What kind of file it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file that nobody else writes to: it can be cut.
    Own,
    /// A regular file on a file system without locks.
    Shared,
    /// A pipe, a terminal, a device.
    Stream,
}

/// What is to be done before the next line, after a write that failed.
#[derive(Clone, Copy)]
enum Owed {
    Nothing,
    /// Cut the file to this length.
    Cut(u64),
    /// End the line that may be torn.
    LineBreak,
}

/// What to do when another process holds the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Contest {
    /// An error of the kind `WouldBlock`.
    GiveUp,
    Wait,
}

impl LineFile {
    /// Opens a file, or makes it (mode 0600); it is held until this is dropped. A torn last line is ended: whatever it
    /// is, it is not ours to throw away.
    pub fn open(path: &Path, contest: Contest) -> io::Result<Self> {
        let new = !path.exists();
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        let kind = match file.metadata()?.is_file() {
            true => hold(&file, contest)?,
            false => Kind::Stream,
        };
        let mark = if kind == Kind::Stream { Mark::default() } else { take_over(&mut file)? };
        if new {
            sync_folder(path);
        }
        Ok(Self { file, path: Some(path.to_owned()), kind, owed: Owed::Nothing, mark })
    }

    /// The process's standard output, past the buffer that `print!` uses.
    pub fn stdout() -> io::Result<Self> {
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Self { file, path: None, kind: Kind::Stream, owed: Owed::Nothing, mark: Mark::default() })
    }

    /// Where its lines ended when it was opened: the highest number, and the link of the last whole one.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }

    /// Where it was opened; a stream has no place.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether it is a file that keeps what is written.
    pub fn is_kept(&self) -> bool {
        self.kind != Kind::Stream
    }

    /// Opens what is at the path now, unless that is this file. If that fails, this file stays.
    pub fn reopen(&mut self) -> io::Result<()> {
        let Some(path) = self.path.clone() else { return Ok(()) };
        _ = self.mend();
        if !self.is_at(&path)? {
            *self = Self::open(&path, Contest::GiveUp)?;
        }
        Ok(())
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        let here = self.file.metadata()?;
        match std::fs::metadata(path) {
            Ok(there) => Ok((here.dev(), here.ino()) == (there.dev(), there.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes ready for lines: mends what a failed write left, and where the file was deleted begins a new one, since
    /// nobody would ever see what is written to the old.
    pub fn prepare(&mut self) -> io::Result<()> {
        self.mend()?;
        if self.kind != Kind::Stream && self.file.metadata()?.nlink() == 0 {
            tracing::warn!("the audit file was deleted; a new one begins");
            self.reopen()?;
        }
        Ok(())
    }

    /// Writes whole lines: all of them, or none.
    pub fn append(&mut self, lines: &[u8], durability: Durability) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let written = self.file.write_all(lines).and_then(|()| match (durability, self.kind) {
            (Durability::OnDisk, Kind::Own | Kind::Shared) => self.file.sync_data(),
            (Durability::OnDisk, Kind::Stream) | (Durability::Handed, _) => Ok(()),
        });
        if written.is_err() {
            self.owed = if self.kind == Kind::Own { Owed::Cut(length) } else { Owed::LineBreak };
            _ = self.mend();
        }
        written
    }

    /// Whether lines could be written now, without writing one.
    pub fn probe(&mut self) -> io::Result<()> {
        self.prepare()?;
        match self.kind {
            Kind::Own | Kind::Shared => ensure_room(&self.file),
            Kind::Stream => is_broken(&self.file),
        }
    }

    fn mend(&mut self) -> io::Result<()> {
        match self.owed {
            Owed::Nothing => {}
            Owed::Cut(length) if self.file.metadata()?.len() > length => self.file.set_len(length)?,
            Owed::Cut(_) => {}
            Owed::LineBreak => self.file.write_all(b"\n")?,
        }
        self.owed = Owed::Nothing;
        Ok(())
    }
}

/// When a line counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When the operating system has it.
    Handed,
    /// When the disk has it.
    OnDisk,
}

/// Takes the lock of a regular file, as long as it is open.
pub fn hold(file: &File, contest: Contest) -> io::Result<Kind> {
    let held = match contest {
        Contest::GiveUp => file.try_lock(),
        Contest::Wait => file.lock().map_err(TryLockError::Error),
    };
    match held {
        Ok(()) => Ok(Kind::Own),
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::WouldBlock, "another process holds the audit file"))
        }
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, "the audit file cannot be locked: nobody else may write to it");
            Ok(Kind::Shared)
        }
    }
}

/// Ends a torn last line; where the lines end.
fn take_over(file: &mut File) -> io::Result<Mark> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(TAIL);
    let mut tail = vec![0; usize::try_from(length - start).unwrap_or_default()];
    file.read_exact_at(&mut tail, start)?;
    if tail.last().is_some_and(|last| *last != b'\n') {
        tracing::warn!("the audit file's last line is torn; it is ended");
        file.write_all(b"\n")?;
    }
    let mut lines = tail.split(|byte| *byte == b'\n').rev();
    let found = lines.clone().find_map(seq_of);
    if found.is_none() && length > 0 {
        tracing::warn!("no audit line with a number at the file's end; numbers begin anew");
    }
    let link = lines.find_map(ChainedLine::parse).and_then(|line| line.link);
    Ok(Mark { seq: found.unwrap_or_default(), link })
}

/// In bytes; far more than the longest line: a token has 8 KiB at most, and a key 4 KiB, sixfold where JSON escapes it.
const TAIL: u64 = 128 << 10;

/// Makes the new file's name as durable as its lines; where the file system cannot, they are no worse off.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;

    fn line(seq: u64) -> String {
        format!("{{\"time\":\"2026-11-24T12:00:00.000Z\",\"seq\":{seq},\"id\":null}}\n")
    }

    #[test]
    fn a_file_goes_on_where_it_ended() {
        let rows = [
            ("empty", String::new(), 0, ""),
            ("two lines", line(1) + &line(2), 2, ""),
            ("the last torn behind its number", line(1) + line(2).trim_end_matches("null}\n"), 2, "\n"),
            ("the last torn before its number", line(1) + "{\"time\":\"2026-11", 1, "\n"),
            ("a line of zeros, as after a power cut", line(1) + "\0\0\0", 1, "\n"),
            ("blank lines", line(3) + "\n\n", 3, ""),
            ("no audit file at all", "root:x:0:0".to_owned(), 0, "\n"),
        ];
        for (row, content, seq, ended) in rows {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("audit.jsonl");
            fs::write(&path, &content).unwrap();
            let mut file = LineFile::open(&path, Contest::GiveUp).unwrap();
            assert_eq!(file.mark().seq, seq, "{row}");
            file.append(b"next\n", Durability::OnDisk).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content + ended + "next\n", "{row}");
        }
    }

    #[test]
    fn a_new_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        LineFile::open(&path, Contest::GiveUp).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_is_held_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let first = LineFile::open(&path, Contest::GiveUp).unwrap();
        let error = LineFile::open(&path, Contest::GiveUp).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        drop(first);
        LineFile::open(&path, Contest::Wait).unwrap();
    }

    #[test]
    fn a_file_that_was_renamed_is_written_to_until_it_is_reopened() {
        let folder = tempfile::tempdir().unwrap();
        let (path, rotated) = (folder.path().join("a"), folder.path().join("a.1"));
        let mut file = LineFile::open(&path, Contest::GiveUp).unwrap();
        fs::rename(&path, &rotated).unwrap();
        file.prepare().unwrap();
        file.append(b"old\n", Durability::Handed).unwrap();
        file.reopen().unwrap();
        file.append(b"new\n", Durability::Handed).unwrap();
        file.reopen().unwrap();
        file.append(b"same\n", Durability::Handed).unwrap();
        assert_eq!(fs::read_to_string(&rotated).unwrap(), "old\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\nsame\n");
    }

    #[test]
    fn a_file_that_was_deleted_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let mut file = LineFile::open(&path, Contest::GiveUp).unwrap();
        fs::remove_file(&path).unwrap();
        file.prepare().unwrap();
        file.append(b"new\n", Durability::Handed).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
    }

    #[test]
    fn a_probe_writes_nothing_and_fails_where_a_line_would() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("audit.jsonl");
        fs::create_dir(folder.path().join("deep")).unwrap();
        let mut file = LineFile::open(&path, Contest::GiveUp).unwrap();
        file.probe().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        fs::remove_dir_all(folder.path().join("deep")).unwrap();
        assert_eq!(file.probe().unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::create_dir(folder.path().join("deep")).unwrap();
        file.probe().unwrap();
    }

    #[test]
    fn a_line_torn_in_a_pipe_is_ended_before_the_next() {
        let (mut reader, writer) = io::pipe().unwrap();
        let file = File::from(std::os::fd::OwnedFd::from(writer));
        rustix::io::ioctl_fionbio(&file, true).unwrap();
        let mut stream = LineFile { file, path: None, kind: Kind::Stream, owed: Owed::Nothing, mark: Mark::default() };
        let long = vec![b'x'; 1 << 20];
        stream.append(&long, Durability::Handed).unwrap_err();
        assert!(stream.prepare().is_err(), "the pipe is full still");
        let mut taken = vec![0; 1 << 20];
        let count = reader.read(&mut taken).unwrap();
        stream.prepare().unwrap();
        stream.append(b"next\n", Durability::Handed).unwrap();
        drop(stream);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert!(count > 0 && rest.ends_with("\nnext\n"), "{count} {rest}");
    }

    #[test]
    fn a_pipe_without_a_reader_is_noticed() {
        let (reader, writer) = io::pipe().unwrap();
        let file = File::from(std::os::fd::OwnedFd::from(writer));
        let mut stream = LineFile { file, path: None, kind: Kind::Stream, owed: Owed::Nothing, mark: Mark::default() };
        stream.probe().unwrap();
        drop(reader);
        assert_eq!(stream.probe().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
