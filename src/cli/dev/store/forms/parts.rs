//! The parts of a `multipart/form-data` body, as they come: RFC 7578.

use axum::body::Body;
use axum::body::Bytes;
use bytes::Buf;
use bytes::BytesMut;
use http_body_util::BodyExt;

/// A body that is read part by part.
pub struct Parts {
    body: Body,
    buffer: BytesMut,
    /// What stands before each part and after the last.
    delimiter: Vec<u8>,
}

/// What a part says of itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    pub name: String,
    pub file_name: Option<String>,
}

/// The body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("The body of your POST request is not well-formed multipart/form-data.")]
    Shape,
    #[error("The request body did not arrive as it was announced.")]
    CutOff,
}

impl Parts {
    /// Of a body with this `Content-Type`; `None` if that names no boundary.
    pub fn of(content_type: &str, body: Body) -> Option<Self> {
        let boundary = parameter(content_type, "boundary").filter(|text| (1..=70).contains(&text.len()))?;
        // The first boundary may stand at the very beginning; all others follow a line's end.
        Some(Self { body, buffer: BytesMut::from("\r\n"), delimiter: format!("\r\n--{boundary}").into_bytes() })
    }

    /// Goes to the first part: to what follows the first delimiter.
    pub async fn begin(&mut self) -> Result<(), Malformed> {
        while self.chunk().await?.is_some() {}
        Ok(())
    }

    /// The next part's head; `None` after the last. What comes before has been taken whole.
    pub async fn next(&mut self) -> Result<Option<Head>, Malformed> {
        self.fill(2).await?;
        let is_last = self.buffer.starts_with(b"--");
        let end = loop {
            if is_last {
                return Ok(None);
            }
            match find(&self.buffer, b"\r\n\r\n") {
                Some(end) => break end,
                None if self.buffer.len() > MAX_HEAD_BYTES => return Err(Malformed::Shape),
                None => self.read().await?,
            }
        };
        let head = self.buffer.split_to(end);
        self.buffer.advance(4);
        let text = std::str::from_utf8(&head).map_err(|_| Malformed::Shape)?;
        // Blanks may follow the boundary: RFC 2046, 5.1.1.
        let (padding, lines) = text.split_once("\r\n").ok_or(Malformed::Shape)?;
        match padding.trim_matches([' ', '\t']).is_empty() {
            true => Head::of(lines).map(Some),
            false => Err(Malformed::Shape),
        }
    }

    /// The next bytes of a part; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Malformed> {
        loop {
            match find(&self.buffer, &self.delimiter) {
                Some(0) => {
                    self.buffer.advance(self.delimiter.len());
                    return Ok(None);
                }
                Some(at) => return Ok(Some(self.buffer.split_to(at).freeze())),
                None => (),
            }
            // A delimiter may have begun in what is left.
            let sure = self.buffer.len().saturating_sub(self.delimiter.len());
            if sure > 0 {
                return Ok(Some(self.buffer.split_to(sure).freeze()));
            }
            self.read().await?;
        }
    }

    async fn fill(&mut self, length: usize) -> Result<(), Malformed> {
        while self.buffer.len() < length {
            self.read().await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Malformed> {
        loop {
            let frame = self.body.frame().await.ok_or(Malformed::Shape)?.map_err(|_| Malformed::CutOff)?;
            if let Ok(bytes) = frame.into_data() {
                self.buffer.extend_from_slice(&bytes);
                return Ok(());
            }
        }
    }
}

/// Of a part's own headers.
const MAX_HEAD_BYTES: usize = 8 * 1024;

impl Head {
    fn of(lines: &str) -> Result<Self, Malformed> {
        let mut fields = lines.split("\r\n").filter_map(|line| line.split_once(':'));
        let disposition = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-disposition"));
        let (_, value) = disposition.ok_or(Malformed::Shape)?;
        let name = parameter(value, "name").ok_or(Malformed::Shape)?;
        Ok(Self { name, file_name: parameter(value, "filename") })
    }
}

/// A parameter of a header's value. Browsers write a quote in a name as `%22`, and it stays so.
fn parameter(value: &str, wanted: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (text, next) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let (text, next) = quoted.split_once('"')?;
                (text, next.split_once(';').map(|(_, next)| next))
            }
            None => match after.split_once(';') {
                Some((text, next)) => (text.trim(), Some(next)),
                None => (after.trim(), None),
            },
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(text.to_owned());
        }
        rest = next?;
    }
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::body::Frame;
    use proptest::prelude::*;
    use std::collections::VecDeque;
    use std::pin::Pin;
    use std::task::Context;
    use std::task::Poll;

    /// A body in pieces.
    struct Pieces(VecDeque<Bytes>);

    impl axum::body::HttpBody for Pieces {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            Poll::Ready(self.0.pop_front().map(|bytes| Ok(Frame::data(bytes))))
        }
    }

    type Read = Vec<(String, Option<String>, Vec<u8>)>;

    fn read(content_type: &str, text: &[u8], piece: usize) -> Result<Read, Malformed> {
        let pieces = text.chunks(piece).map(Bytes::copy_from_slice).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut parts = Parts::of(content_type, Body::new(Pieces(pieces))).ok_or(Malformed::Shape)?;
            parts.begin().await?;
            let mut found = Vec::new();
            while let Some(head) = parts.next().await? {
                let mut bytes = Vec::new();
                while let Some(chunk) = parts.chunk().await? {
                    bytes.extend_from_slice(&chunk);
                }
                found.push((head.name, head.file_name, bytes));
            }
            Ok(found)
        })
    }

    const TYPE: &str = "multipart/form-data; boundary=xyz";

    #[test]
    fn a_form_is_read_as_browsers_and_programs_write_it() {
        let body = "preamble\r\n--xyz\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na/${filename}\r\n--xyz  \r\n\
                    content-type: text/plain\r\ncontent-disposition: form-data; filename=\"a;b=c.txt\"; name=file\r\n\r\n\
                    one\r\n--xy\r\ntwo\r\n--xyz--\r\nepilogue";
        let expected = vec![
            ("key".to_owned(), None, b"a/${filename}".to_vec()),
            ("file".to_owned(), Some("a;b=c.txt".to_owned()), b"one\r\n--xy\r\ntwo".to_vec()),
        ];
        for piece in [1, 2, 3, 7, 1000] {
            assert_eq!(read(TYPE, body.as_bytes(), piece), Ok(expected.clone()), "pieces of {piece}");
        }
        let quoted = "multipart/form-data; charset=utf-8; boundary=\"xyz\"";
        assert_eq!(read(quoted, &body.as_bytes()[10..], 5), Ok(expected));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let part = "--xyz\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nvalue";
        let long = format!("--xyz\r\n{}: a\r\n\r\n\r\n--xyz--", "n".repeat(9000));
        let cases =
            ["", "--xyz", part, "--xyz\r\nContent-Type: a/b\r\n\r\n\r\n--xyz--", "--xyz\r\n\r\n\r\n--xyz--", &long];
        for body in cases {
            assert_eq!(read(TYPE, body.as_bytes(), 16), Err(Malformed::Shape), "{body:?}");
        }
        assert!(Parts::of("multipart/form-data", Body::empty()).is_none());
        assert!(Parts::of("multipart/form-data; boundary=", Body::empty()).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_come_out_as_they_went_in(
            file in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'x'), any::<u8>()], 0..200),
            piece in 1..40usize,
        ) {
            prop_assume!(find(&file, b"\r\n--xyz").is_none());
            let head = b"--xyz\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
            let body = [&head[..], &file, b"\r\n--xyz--"].concat();
            prop_assert_eq!(read(TYPE, &body, piece), Ok(vec![("file".to_owned(), None, file)]));
        }

        #[test]
        fn nothing_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), type_ in "\\PC{0,60}") {
            let _ = read(TYPE, &body, 7);
            let _ = read(&type_, &body, 7);
        }
    }
}
