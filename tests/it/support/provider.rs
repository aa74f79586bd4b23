//! oidc-provider as a process that ends with the test: `tests/idp/provider.js` says what it does.

use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use super::client::Call;
use super::client::Reply;
use super::eventually;
use super::service::Lines;

/// A running identity provider.
pub struct Provider {
    /// Its `issuer`.
    pub origin: String,
    process: Child,
}

impl Provider {
    /// `None` where `PRESIGND_IDP` does not say where it is installed, unless `PRESIGND_E2E` demands one.
    #[track_caller]
    pub fn start() -> Option<Self> {
        let Some(folder) = std::env::var_os("PRESIGND_IDP").map(PathBuf::from) else {
            assert!(std::env::var_os("PRESIGND_E2E").is_none(), "no PRESIGND_IDP: tests/run installs it");
            eprintln!("no PRESIGND_IDP, so no identity provider is tried");
            return None;
        };
        let mut command = Command::new("node");
        command.arg("provider.js").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::null()).spawn().unwrap();
        let said = Lines::of(process.stdout.take().unwrap());
        let origin = eventually("the identity provider", || said.all().first().cloned());
        Some(Self { origin, process })
    }

    /// An access token for `presignd`, signed by this algorithm; opaque where there is none of that name.
    #[track_caller]
    pub fn token(&self, algorithm: &str) -> String {
        let form = format!("grant_type=client_credentials&scope=uploads&resource=urn:presignd:{algorithm}");
        let call = self.call("POST", "/token").header("authorization", "Basic YXBwOnNlY3JldA==");
        let reply = call.header("content-type", "application/x-www-form-urlencoded").body(form).send();
        reply.json()["access_token"].as_str().unwrap_or_else(|| panic!("{reply:?}")).to_owned()
    }

    /// New keys sign from now on; those before stay published.
    #[track_caller]
    pub fn rotate(&self) {
        assert_eq!(self.call("POST", "/test/rotate").send().status, 200);
    }

    /// Only the newest keys stay published.
    #[track_caller]
    pub fn withdraw(&self) {
        assert_eq!(self.call("POST", "/test/withdraw").send().status, 200);
    }

    /// How often a path was asked for.
    #[track_caller]
    pub fn asked(&self, path: &str) -> u64 {
        let reply: Reply = self.call("GET", "/test/asked").send();
        reply.json()[path].as_u64().unwrap_or(0)
    }

    fn call(&self, method: &str, path: &str) -> Call {
        Call::to(method, &format!("{}{path}", self.origin))
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
