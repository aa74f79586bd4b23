//! A log line for refusals, at most one a second for each code: nobody can fill the disk with them.

use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use crate::http::context::Context;
use crate::http::error::ApiError;
use crate::http::error::Code;

/// When each code was logged last.
#[derive(Default)]
pub struct RefusalLog {
    seconds: [AtomicU64; Code::ALL.len()],
    disbelief_told: AtomicBool,
}

impl RefusalLog {
    /// Logs a refusal, with what only the house may know of it.
    pub fn tell(&self, error: &ApiError, context: &Context) {
        if error.code.has_audit_line() || !(error.code.is_fault() || self.is_due(error.code)) {
            return;
        }
        let (code, request_id, cause) = (error.code.as_str(), context.request_id.as_str(), error.cause());
        let address = context.client.address;
        match error.code.is_ours() {
            true => tracing::error!(code, request_id, %address, cause, "refused"),
            false => tracing::info!(code, request_id, %address, cause, "refused"),
        }
    }

    /// Warns once of a peer that says whom it speaks for, but is no trusted proxy: perhaps it was meant to be one.
    pub fn tell_of_disbelief(&self, context: &Context) {
        if context.client.is_disbelieved && !self.disbelief_told.swap(true, Relaxed) {
            let field = context.snapshot.settings.server.client_address_header.name();
            let address = context.client.address;
            tracing::warn!(field, %address, "not believed: the peer is none of server.trusted_proxies");
        }
    }

    fn is_due(&self, code: Code) -> bool {
        let now = START.elapsed().as_secs() + 1;
        let last = self.seconds.get(code as usize);
        last.is_none_or(|last| last.swap(now, Relaxed) != now)
    }
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_due_once_a_second_whatever_the_others_do() {
        let log = RefusalLog::default();
        let begun = START.elapsed().as_secs();
        let due = |code| (0..1000).filter(|_| log.is_due(code)).count();
        let (first, other) = (due(Code::MissingToken), due(Code::InvalidToken));
        let seconds = usize::try_from(START.elapsed().as_secs() - begun).unwrap();
        assert!((1..=1 + seconds).contains(&first), "{first}");
        assert!((1..=1 + seconds).contains(&other), "{other}");
    }
}
