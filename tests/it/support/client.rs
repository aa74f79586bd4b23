//! An HTTP/1.1 client that sends what it is told, byte for byte: no URL is parsed, no header is added but
//! `host`, `content-length` and `connection`.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::net::ToSocketAddrs;

use serde_json::Value;

use super::PATIENCE;
use super::hidden;

/// What stands between the parts of a form, and in none of them.
const BOUNDARY: &str = "between-the-parts-of-a-form";

/// A request in the making.
#[derive(Debug, Clone)]
pub struct Call {
    address: SocketAddr,
    authority: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case, in the order of the answer.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Call {
    /// A request to a listener, for a path with its query.
    pub fn new(method: &str, address: SocketAddr, target: &str) -> Self {
        Self {
            address,
            authority: address.to_string(),
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// A request to a `http` URL, taken apart as text: its path goes out as it stands.
    pub fn to(method: &str, url: &str) -> Self {
        let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("no http URL: {url}"));
        let (authority, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
        // RFC 6761: a name under localhost is loopback, whether or not the system's resolver knows it.
        let host = if host.ends_with(".localhost") { "127.0.0.1" } else { host };
        let mut addresses = format!("{host}:{port}").to_socket_addrs().unwrap().collect::<Vec<_>>();
        addresses.sort_by_key(SocketAddr::is_ipv6);
        let address = addresses[0];
        Self { authority: authority.to_ascii_lowercase(), ..Self::new(method, address, target) }
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a bearer token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a body, and its length unless that is given or the body is in chunks.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// With a JSON body, and its type.
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// With a form as browsers write it: its fields, and after them a file.
    pub fn form(self, fields: &BTreeMap<String, String>, file_name: &str, file: &[u8]) -> Self {
        let part = |(name, value): (&String, &String)| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let mut body = fields.iter().map(part).collect::<String>().into_bytes();
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(file);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        self.header("content-type", &format!("multipart/form-data; boundary={BOUNDARY}")).body(body)
    }

    /// Sends it, and reads the answer.
    #[track_caller]
    pub fn send(self) -> Reply {
        self.try_send().unwrap()
    }

    /// Sends it, and reads the answer, if there is one.
    pub fn try_send(&self) -> std::io::Result<Reply> {
        let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        self.over(stream)
    }

    /// The same on a connection that is there.
    pub fn over(&self, mut stream: impl Read + Write) -> std::io::Result<Reply> {
        self.note();
        // A server may answer and close before it has read all; the answer counts.
        let sent = stream.write_all(&self.bytes());
        match Reply::read(BufReader::new(stream), self.method == "HEAD") {
            Ok(reply) => {
                hidden::answer(self.address, &self.method, &self.target, &reply);
                Ok(reply)
            }
            Err(error) => sent.and(Err(error)),
        }
    }

    /// What is sent in it, nobody may tell.
    fn note(&self) {
        self.body.iter().for_each(|body| hidden::body(body));
    }

    /// As it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let given = |wanted: &str| self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        if !given("host") {
            text.push_str(&format!("host: {}\r\n", self.authority));
        }
        let length = self.body.as_ref().map(Vec::len).or((self.method == "PUT").then_some(0));
        if let (Some(length), false) = (length, given("content-length") || given("transfer-encoding")) {
            text.push_str(&format!("content-length: {length}\r\n"));
        }
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(if given("connection") { "\r\n" } else { "connection: close\r\n\r\n" });
        let mut bytes = text.into_bytes();
        bytes.extend(self.body.iter().flatten());
        bytes
    }
}

/// Begins a request of `/v1/presign` with a token: the service waits for a body of that length when this returns.
#[track_caller]
pub fn begin(address: SocketAddr, token: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /v1/presign HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

impl Reply {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}: {}", self.status, self.text()))
    }

    /// The code of the problem that the body is.
    #[track_caller]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_else(|| panic!("no problem: {}", self.text())).to_owned()
    }

    /// Reads one answer.
    pub fn read(mut from: impl BufRead, without_body: bool) -> std::io::Result<Self> {
        let (status, headers) = loop {
            let head = head(&mut from)?;
            // Such as 100 Continue: the answer proper follows.
            if head.0 >= 200 {
                break head;
            }
        };
        let mut reply = Self { status, headers, body: Vec::new() };
        if without_body || matches!(status, 204 | 304) {
            return Ok(reply);
        }
        match reply.header("content-length").map(|length| length.parse::<u64>()) {
            _ if reply.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) => {
                reply.body = chunks(&mut from)?;
            }
            Some(length) => {
                from.take(length.map_err(std::io::Error::other)?).read_to_end(&mut reply.body)?;
            }
            None => {
                from.read_to_end(&mut reply.body)?;
            }
        }
        Ok(reply)
    }
}

fn line(from: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    match from.read_line(&mut line)? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}

fn head(from: &mut impl BufRead) -> std::io::Result<(u16, Vec<(String, String)>)> {
    let first = line(from)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other(format!("no status: {first}")))?;
    let mut headers = Vec::new();
    loop {
        match line(from)?.split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => return Ok((status, headers)),
        }
    }
}

fn chunks(from: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(from)?;
        let size = u64::from_str_radix(size.split(';').next().unwrap().trim(), 16).map_err(std::io::Error::other)?;
        from.by_ref().take(size).read_to_end(&mut body)?;
        line(from)?;
        if size == 0 {
            return Ok(body);
        }
    }
}
