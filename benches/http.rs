//! What a request costs: `/v1/presign` with audit, limits and metrics on, beside an axum route that only echoes the
//! same bytes, each on one core, in one run.
//!
//! `cargo bench --bench http` (Linux with two cores; it talks to 127.0.0.1 only, and ends by itself)
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measurement ends by panicking, and tokens need the time"
)]

use std::io::BufRead;
use std::io::BufReader;
use std::net::SocketAddr;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use axum::Router;
use axum::routing::post;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const SECRET: &str = "a shared secret of the benchmark, 32 bytes or more";
const CONNECTIONS: usize = 32;
const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;
const CALLERS: usize = 100;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if std::env::args().any(|argument| argument == "--echo") {
        return runtime.block_on(echo());
    }
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("presignd.toml");
    std::fs::write(&config, CONFIGURATION).unwrap();
    let presignd = Server::start(
        Command::new("taskset").args(["-c", "0", env!("CARGO_BIN_EXE_presignd"), "serve", "--config"]).arg(&config),
    );
    let own = std::env::current_exe().unwrap();
    let echo = Server::start(Command::new("taskset").args(["-c", "0"]).arg(own).arg("--echo"));

    let requests = Arc::new((0..CALLERS).map(request).collect::<Vec<_>>());
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let (presigned, echoed) = (presignd.measure(&runtime, &requests), echo.measure(&runtime, &requests));
        println!("round {round}: /v1/presign {presigned}");
        println!("         echo        {echoed}");
        ratios.push(presigned.cpu_per_request / echoed.cpu_per_request);
    }
    ratios.sort_by(f64::total_cmp);
    println!("a presigned URL costs {:.2} × an echo (median of {ROUNDS} rounds)", ratios[ROUNDS / 2]);
}

const CONFIGURATION: &str = r#"
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "BENCH_JWT_SECRET"
[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
[[grants]]
name = "own-folder"
bucket = "media"
prefix = "users/{sub}/"
actions = ["read", "write"]
[grants.upload]
content_types = ["image/png"]
max_size = "10MiB"
[rate_limits]
per_subject = { rate = "1000000/s", burst = 1000000 }
per_address = { rate = "1000000/s", burst = 1000000 }
global = { rate = "1000000/s", burst = 1000000 }
[audit]
path = "audit.jsonl"
"#;

/// The echo: what axum alone costs.
async fn echo() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    eprintln!("{}", json!({ "listener": "service", "address": listener.local_addr().unwrap().to_string() }));
    let routes = Router::new().route("/v1/presign", post(|body: axum::body::Bytes| async { body }));
    axum::serve(listener, routes).await.unwrap();
}

fn request(caller: usize) -> Vec<u8> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({ "iss": "https://app.example.com", "aud": "presignd", "sub": format!("caller-{caller}"),
                         "exp": now + 3600, "iat": now });
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
    let body = json!({ "operation": "PutObject", "bucket": "media", "content_type": "image/png",
                       "key": format!("users/caller-{caller}/a/avatar.png"), "content_length": 48211 })
    .to_string();
    format!(
        "POST /v1/presign HTTP/1.1\r\nhost: presignd\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A process on the first core.
struct Server {
    process: Child,
    address: SocketAddr,
}

struct Measured {
    requests: usize,
    elapsed: Duration,
    /// Seconds.
    cpu_per_request: f64,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rate = self.requests as f64 / self.elapsed.as_secs_f64();
        let per_core = 1.0 / self.cpu_per_request;
        let microseconds = self.cpu_per_request * 1e6;
        write!(f, "{rate:>8.0} requests/s, {microseconds:>6.1} µs of CPU each: {per_core:>8.0} requests/s a core")
    }
}

impl Server {
    fn start(command: &mut Command) -> Self {
        command.env("BENCH_JWT_SECRET", SECRET);
        command.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut found = None;
        let mut lines = lines.map_while(Result::ok);
        for line in lines.by_ref() {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            let fields = if line["fields"].is_object() { &line["fields"] } else { &line };
            if fields["listener"] == "service" {
                found = fields["address"].as_str().and_then(|address| address.parse().ok());
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address: found.expect("the server listens") }
    }

    /// Many connections from the second core, each with one request under way.
    fn measure(&self, runtime: &tokio::runtime::Runtime, requests: &Arc<Vec<Vec<u8>>>) -> Measured {
        let (begun, cpu) = (Instant::now(), self.cpu_seconds());
        let count: usize = runtime.block_on(async {
            let drives = (0..CONNECTIONS).map(|place| drive(self.address, requests.clone(), place, begun + ROUND));
            tokio::task::JoinSet::from_iter(drives).join_all().await.into_iter().sum()
        });
        let elapsed = begun.elapsed();
        Measured { requests: count, elapsed, cpu_per_request: (self.cpu_seconds() - cpu) / count as f64 }
    }

    /// User and system time: fields 14 and 15 of `/proc/PID/stat`, in hundredths of a second.
    fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Sends one request after another until the time is up; every answer must be 200.
async fn drive(address: SocketAddr, requests: Arc<Vec<Vec<u8>>>, first: usize, end: Instant) -> usize {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut buffer, mut count) = (vec![0; 16 * 1024], 0);
    while Instant::now() < end {
        stream.write_all(&requests[(first + count) % requests.len()]).await.unwrap();
        let mut filled = 0;
        loop {
            let read = stream.read(&mut buffer[filled..]).await.unwrap();
            assert!(read > 0, "the connection was closed");
            filled += read;
            if is_whole(&buffer[..filled]) {
                break;
            }
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..filled]));
        count += 1;
    }
    count
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}
