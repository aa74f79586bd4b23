//! Lines to paste into a POSIX shell: nothing but `curl` and `sed` is needed.

use std::net::SocketAddr;
use std::path::Path;

use crate::domain::shell::quoted;

/// What the lines are made of.
pub struct Paste<'a> {
    pub service: SocketAddr,
    pub token: &'a str,
    /// What is uploaded.
    pub file: &'a Path,
}

impl Paste<'_> {
    /// Asks for a URL and uploads the file with it.
    pub fn upload(&self) -> String {
        let file = quoted(&self.file.display().to_string());
        format!("curl {LOCAL} -w 'uploaded: %{{http_code}}\\n' -T {file} \"{}\"", self.url("PutObject"))
    }

    /// Asks for a URL and downloads with it what was uploaded.
    pub fn download(&self) -> String {
        format!("curl {LOCAL} \"{}\"", self.url("GetObject"))
    }

    /// A command substitution: the URL, taken out of the service's answer. A refusal goes to the standard error.
    fn url(&self, operation: &str) -> String {
        let Self { service, token, .. } = self;
        let body = format!(r#"{{"operation":"{operation}","bucket":"media","key":"{KEY}"}}"#);
        format!(
            "$(curl {LOCAL} http://{service}/v1/presign -H 'Authorization: Bearer {token}' \
             -H 'Content-Type: application/json' -d '{body}' | sed -n 's/.*\"url\": *\"\\([^\"]*\\)\".*/\\1/p')"
        )
    }
}

/// Errors are shown, and a proxy of the environment is not asked for what is on this machine.
const LOCAL: &str = "-sSf --noproxy '*'";

/// Whose token it is.
pub const CALLER: &str = "alice";

/// In that caller's folder.
const KEY: &str = "users/alice/hello.txt";
