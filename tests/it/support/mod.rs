//! What the tests share: presignd as a process, tokens, an HTTP client, and waiting for what is to come.
#![allow(dead_code, reason = "each test binary uses what it needs")]

pub mod bound;
pub mod browser;
pub mod chromium;
pub mod client;
pub mod fake_aws;
pub mod fake_s3;
pub mod form;
pub mod hidden;
pub mod http2;
pub mod idp;
pub mod key_server;
pub mod mistakes;
pub mod presignd;
pub mod provider;
pub mod readme;
pub mod redis_server;
pub mod reload;
pub mod service;
pub mod setting;
pub mod tls;
pub mod tokens;

use std::time::Duration;
use std::time::Instant;

use serde_json::Value;

/// The longest that a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer; fails when `PATIENCE` is at its end.
#[track_caller]
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Some(answer) => return answer,
            None if Instant::now() > end => panic!("waited {PATIENCE:?} in vain: {what}"),
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// The wall clock, in seconds since 1970.
pub fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

/// An RFC 3339 time, as JSON has it, in seconds since 1970.
#[track_caller]
pub fn seconds(time: &Value) -> i64 {
    let at = time::OffsetDateTime::parse(time.as_str().unwrap(), &time::format_description::well_known::Rfc3339);
    at.unwrap().unix_timestamp()
}

/// Seconds since 1970 as RFC 3339, in UTC.
pub fn rfc3339(seconds: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    at.format(&time::format_description::well_known::Rfc3339).unwrap()
}
