//! One Chromium without a window for all tests that use one at the same time: its start costs more than most of them.

use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::Weak;

use tempfile::TempDir;

use super::eventually;
use super::service::Lines;

/// A running Chromium, which ends with the last test that holds it.
pub struct Chromium {
    process: Child,
    /// Where its DevTools protocol is spoken.
    pub url: String,
    _folder: TempDir,
}

static RUNNING: Mutex<Weak<Chromium>> = Mutex::new(Weak::new());

impl Chromium {
    /// `None` where there is no Chromium, unless `PRESIGND_E2E` demands one.
    #[track_caller]
    pub fn shared() -> Option<Arc<Self>> {
        // A test that failed to start one has said so itself.
        let mut running = RUNNING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(chromium) = running.upgrade() {
            return Some(chromium);
        }
        let chromium = Arc::new(Self::start()?);
        *running = Arc::downgrade(&chromium);
        Some(chromium)
    }

    #[track_caller]
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut process = match command(folder.path()).spawn() {
            Ok(process) => process,
            Err(error) => {
                assert!(std::env::var_os("PRESIGND_E2E").is_none(), "chromium: {error}");
                eprintln!("no chromium, so nothing is tried in a browser");
                return None;
            }
        };
        let log = Lines::of(process.stderr.take().unwrap());
        let mut chromium = Self { process, url: String::new(), _folder: folder };
        chromium.url = eventually("the DevTools' address", || {
            log.all().iter().find_map(|line| line.strip_prefix("DevTools listening on ").map(str::to_owned))
        });
        Some(chromium)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Asks for nothing by itself, and resolves no name.
fn command(folder: &Path) -> Command {
    let mut command = Command::new("chromium");
    command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    // A page is as quick beside another one as alone.
    command.args(["--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"]);
    command.args(["--disable-background-timer-throttling"]);
    command.args(["--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]);
    command.args(["--remote-debugging-port=0", "--window-size=1280,900", "--force-color-profile=srgb"]);
    command.arg(format!("--user-data-dir={}", folder.join("profile").display())).arg("about:blank");
    // Without a locale of UTF-8 it finds no file whose name is not ASCII.
    command
        .env("HOME", folder)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}
