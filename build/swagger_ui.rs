//! Takes the files of Swagger UI that `/docs` needs out of the archive that a crate carries. They stay compressed: what
//! a ZIP archive holds of a file is what gzip holds of it, between another head and tail.

use std::error::Error;
use std::path::Path;

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED as ARCHIVE;

/// Writes each file, as gzip, into that folder.
pub fn unpack(folder: &Path) -> Result<(), Box<dyn Error>> {
    for (path, name) in FILES {
        let gzip = entries().find_map(|entry| entry.gzip_of(path));
        let gzip = gzip.ok_or_else(|| format!("no {path}, or not compressed, in the archive of Swagger UI"))?;
        std::fs::write(folder.join(name), gzip)?;
    }
    Ok(())
}

/// Paths within the archive's one folder, and what they become.
const FILES: [(&str, &str); 3] = [
    ("dist/swagger-ui-bundle.js", "swagger-ui-bundle.js.gz"),
    ("dist/swagger-ui.css", "swagger-ui.css.gz"),
    ("LICENSE", "swagger-ui-license.txt.gz"),
];

/// One header of the archive's central directory, and all that comes after it.
struct Entry(&'static [u8]);

/// <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, 4.3.12
fn entries() -> impl Iterator<Item = Entry> {
    let end = ARCHIVE.windows(4).rposition(|bytes| bytes == b"PK\x05\x06");
    let first = end.and_then(|end| ARCHIVE.get(number(ARCHIVE.get(end..)?, 16, 4)?..));
    std::iter::successors(first.and_then(Entry::at), |entry| {
        let lengths = [28, 30, 32].map(|at| number(entry.0, at, 2));
        let length = lengths.into_iter().try_fold(46, |sum, length| Some(sum + length?))?;
        Entry::at(entry.0.get(length..)?)
    })
}

impl Entry {
    fn at(bytes: &'static [u8]) -> Option<Self> {
        bytes.starts_with(b"PK\x01\x02").then_some(Self(bytes))
    }

    /// <https://www.rfc-editor.org/rfc/rfc1952>, 2.3
    fn gzip_of(&self, path: &str) -> Option<Vec<u8>> {
        let name = self.0.get(46..46 + number(self.0, 28, 2)?)?;
        let is_wanted = std::str::from_utf8(name).ok()?.split_once('/')?.1 == path;
        if !is_wanted || number(self.0, 10, 2)? != DEFLATED {
            return None;
        }
        let local = ARCHIVE.get(number(self.0, 42, 4)?..)?;
        let begin = 30 + number(local, 26, 2)? + number(local, 28, 2)?;
        let deflated = local.get(begin..begin + number(self.0, 20, 4)?)?;
        let (checksum, length) = (self.0.get(16..20)?, self.0.get(24..28)?);
        Some([GZIP_HEAD, deflated, checksum, length].concat())
    }
}

/// A number of so many bytes, the least first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    Some(bytes.get(at..at + length)?.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

const DEFLATED: usize = 8;

/// Deflated, without name and time, by an unknown system.
const GZIP_HEAD: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
