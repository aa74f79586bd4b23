//! HTTP/2 frame by frame, for what no well-behaved client does. <https://www.rfc-editor.org/rfc/rfc9113>

use std::io::Read;
use std::io::Write;

use super::tls::Stream;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// A connection on which the prefaces have been sent.
pub struct Http2(pub Stream);

/// One frame as it came.
#[derive(Debug, Clone)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Http2 {
    /// Says hello, with these settings.
    pub fn hello(mut stream: Stream, settings: &[(u16, u32)]) -> Self {
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        let mut http2 = Self(stream);
        let pair = |(id, value): &(u16, u32)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
        http2.send(SETTINGS, 0, 0, &settings.iter().flat_map(pair).collect::<Vec<_>>()).unwrap();
        http2
    }

    /// Sends a frame.
    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let frame = [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
        self.0.write_all(&frame)?;
        self.0.flush()
    }

    /// Begins a request; `flags` says whether a body follows.
    pub fn request(&mut self, stream: u32, flags: u8, fields: &[(&str, &str)]) -> std::io::Result<()> {
        let block: Vec<u8> =
            fields.iter().flat_map(|(name, value)| [text(name, true), text(value, false)].concat()).collect();
        self.send(HEADERS, flags | END_HEADERS, stream, &block)
    }

    /// The next frame, or how the connection ended.
    pub fn receive(&mut self) -> std::io::Result<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        self.0.read_exact(&mut payload)?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Ok(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// The next frame that is wanted.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let frame = self.receive().unwrap_or_else(|error| panic!("{what} did not come: {error}"));
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// All frames up to the end of the connection.
    pub fn rest(&mut self) -> Vec<Frame> {
        std::iter::from_fn(|| self.receive().ok()).collect()
    }
}

/// A literal field of HPACK that no table is to keep: the name after a byte that says so, the value alone.
/// <https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2>
fn text(text: &str, is_name: bool) -> Vec<u8> {
    let mut coded = if is_name { vec![0] } else { Vec::new() };
    match text.len() {
        short @ 0..127 => coded.push(u8::try_from(short).unwrap()),
        long => {
            coded.push(127);
            let mut rest = long - 127;
            while rest >= 128 {
                coded.push(u8::try_from(rest % 128).unwrap() | 128);
                rest /= 128;
            }
            coded.push(u8::try_from(rest).unwrap());
        }
    }
    coded.extend(text.bytes());
    coded
}
