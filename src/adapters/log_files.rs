//! Lines of log files, of any size, compressed or not: read one by one, in bounded memory.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use flate2::bufread::MultiGzDecoder;

/// The files at or below a path, by name. Links to folders are not followed, so that this ends.
pub fn below(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    match std::fs::metadata(path)?.is_dir() {
        true => walk(path, &mut found)?,
        false => found.push(path.to_owned()),
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            walk(&path, found)?;
        } else if std::fs::metadata(&path)?.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// A file, line by line.
pub struct LogLines {
    from: Box<dyn BufRead>,
    /// Of the line that was read last.
    number: u64,
    line: Vec<u8>,
}

/// One line, without its end.
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// What is not UTF-8 is replaced. `None`: it is longer than [`MOST_LINE_BYTES`].
    pub text: Option<Cow<'a, str>>,
}

/// S3 takes 8 KB of headers, which an access log quotes at most once; an audit line has less.
pub const MOST_LINE_BYTES: usize = 128 << 10;

impl LogLines {
    /// Opens a file. One that begins as gzip does is decompressed, whatever its name.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = BufReader::new(File::open(path)?);
        let from: Box<dyn BufRead> = match file.fill_buf()?.starts_with(&GZIP) {
            true => Box::new(BufReader::new(MultiGzDecoder::new(file))),
            false => Box::new(file),
        };
        Ok(Self { from, number: 0, line: Vec::new() })
    }

    /// The next line; `None` at the end. Of a line that is too long nothing is kept, however long it is.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let bound = MOST_LINE_BYTES as u64 + 2;
        if self.from.by_ref().take(bound).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let ended = self.line.ends_with(b"\n");
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() <= MOST_LINE_BYTES {
            return Ok(Some(Line { number: self.number, text: Some(String::from_utf8_lossy(line)) }));
        }
        if !ended {
            self.from.skip_until(b'\n')?;
        }
        Ok(Some(Line { number: self.number, text: None }))
    }
}

/// RFC 1952.
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Each line, `None` for one that is too long, and whether the file was read to its end.
    fn lines(bytes: &[u8]) -> (Vec<Option<String>>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, bytes).unwrap();
        let (mut lines, mut read) = (LogLines::open(&path).unwrap(), Vec::new());
        loop {
            match lines.next_line() {
                Ok(Some(line)) => {
                    assert_eq!(line.number, read.len() as u64 + 1);
                    read.push(line.text.map(Cow::into_owned));
                }
                Ok(None) => return (read, true),
                Err(_) => return (read, false),
            }
        }
    }

    #[test]
    fn lines_end_as_they_end_anywhere_and_none_fills_the_memory() {
        let longest = "x".repeat(MOST_LINE_BYTES);
        let endless = "x".repeat(20 * MOST_LINE_BYTES);
        let twice = [gzip(b"a\nb"), gzip(b"c\n")].concat();
        let cut = gzip(b"a\nb\n");
        let own = |text: &str| text.as_bytes().to_vec();
        let rows = [
            ("nothing", own(""), vec![], true),
            ("a last line without an end", own("a\r\n\nb"), vec![Some("a"), Some(""), Some("b")], true),
            ("no UTF-8", b"\xff\n".to_vec(), vec![Some("\u{fffd}")], true),
            ("the longest", own(&format!("{longest}\r\nb\n")), vec![Some(longest.as_str()), Some("b")], true),
            ("one byte too long", own(&format!("{longest}x\nb\n")), vec![None, Some("b")], true),
            ("far too long", own(&format!("a\n{endless}\nb\n")), vec![Some("a"), None, Some("b")], true),
            ("far too long, compressed", gzip(format!("{endless}\nb").as_bytes()), vec![None, Some("b")], true),
            ("several members of gzip", twice, vec![Some("a"), Some("bc")], true),
            ("gzip that is cut off", cut[..cut.len() - 6].to_vec(), vec![Some("a"), Some("b")], false),
        ];
        for (row, bytes, expected, whole) in rows {
            let (read, ended) = lines(&bytes);
            let read: Vec<_> = read.iter().map(Option::as_deref).collect();
            assert!(read == expected && ended == whole, "{row}: {} lines, {ended}", read.len());
        }
    }

    #[test]
    fn files_are_found_below_a_folder_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let (root, at) = (folder.path(), |name: &str| folder.path().join(name));
        fs::create_dir_all(at("2026/11")).unwrap();
        for name in ["2026/11/b", "2026/11/a.gz", "c", "1"] {
            fs::write(at(name), "").unwrap();
        }
        std::os::unix::fs::symlink(root, at("2026/around")).unwrap();
        std::os::unix::fs::symlink(at("c"), at("d")).unwrap();
        let found = ["1", "2026/11/a.gz", "2026/11/b", "c", "d"].map(at);
        assert_eq!(below(root).unwrap(), found);
        assert_eq!(below(&at("c")).unwrap(), [at("c")], "a file is itself");
        assert_eq!(below(&at("nowhere")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
