//! What a connection is doing, and since when.

use std::sync::atomic::AtomicU8;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::time::Instant;

/// What a connection is doing. One task reads and writes it; it is atomic only so that the task may change threads.
#[derive(Debug)]
pub struct Phase {
    patience: Patience,
    accepted: Instant,
    doing: AtomicU8,
    /// Milliseconds after `accepted`.
    since: AtomicU64,
}

/// The steps of a connection's life. `since` says since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Doing {
    /// Accepted; nothing has come yet. Since it was accepted.
    Silent,
    /// A first head has begun to come. Since it was accepted, so that slow bytes win no time.
    FirstHead,
    /// A later head has begun to come. Since its first byte.
    Head,
    /// A request is being worked on.
    Busy,
    /// A response is being written. Since the last progress.
    Writing,
    /// The last of a response has been handed over, not yet to the network. Since the last progress.
    Handed,
    /// Kept between requests. Since the last response.
    Idle,
}

/// How long a connection may do what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub header: Duration,
    pub idle: Duration,
    /// Without any progress.
    pub write: Duration,
}

impl Phase {
    /// The phase of a connection that was accepted now.
    pub fn accepted(patience: Patience) -> Self {
        let (doing, since) = (AtomicU8::new(Doing::Silent as u8), AtomicU64::new(0));
        Self { patience, accepted: Instant::now(), doing, since }
    }

    /// How long the connection may do what.
    pub fn patience(&self) -> Patience {
        self.patience
    }

    /// What the connection is doing.
    pub fn doing(&self) -> Doing {
        match self.doing.load(Relaxed) {
            0 => Doing::Silent,
            1 => Doing::FirstHead,
            2 => Doing::Head,
            3 => Doing::Busy,
            4 => Doing::Writing,
            5 => Doing::Handed,
            _ => Doing::Idle,
        }
    }

    /// Bytes have come.
    pub fn received(&self) {
        match self.doing() {
            Doing::Silent => self.doing.store(Doing::FirstHead as u8, Relaxed),
            Doing::Idle => self.begin(Doing::Head),
            Doing::FirstHead | Doing::Head | Doing::Busy | Doing::Writing | Doing::Handed => {}
        }
    }

    /// A request's head is whole.
    pub fn requested(&self) {
        self.doing.store(Doing::Busy as u8, Relaxed);
    }

    /// A response has begun.
    pub fn answered(&self) {
        self.begin(Doing::Writing);
    }

    /// The last of a response has been handed over.
    pub fn handed(&self) {
        if self.doing() == Doing::Writing {
            self.doing.store(Doing::Handed as u8, Relaxed);
        }
    }

    /// Bytes have gone.
    pub fn sent(&self) {
        if self.is_writing() {
            self.since.store(self.millis(), Relaxed);
        }
    }

    /// All that was handed over has gone.
    pub fn flushed(&self) {
        if self.doing() == Doing::Handed {
            self.begin(Doing::Idle);
        }
    }

    /// Whether nothing is lost by closing now: no byte of a request has come that is not answered.
    pub fn is_between_requests(&self) -> bool {
        matches!(self.doing(), Doing::Silent | Doing::Idle)
    }

    /// Whether no request has come that a response could be for.
    pub fn is_before_request(&self) -> bool {
        matches!(self.doing(), Doing::Silent | Doing::FirstHead | Doing::Head | Doing::Idle)
    }

    /// When patience with what the connection is doing ends; never while a request is worked on.
    pub fn deadline(&self) -> Option<Instant> {
        let patience = self.patience;
        let since = self.accepted + Duration::from_millis(self.since.load(Relaxed));
        match self.doing() {
            Doing::Silent | Doing::FirstHead | Doing::Head => Some(since + patience.header),
            Doing::Busy => None,
            Doing::Writing | Doing::Handed => Some(since + patience.write),
            Doing::Idle => Some(since + patience.idle),
        }
    }

    fn is_writing(&self) -> bool {
        matches!(self.doing(), Doing::Writing | Doing::Handed)
    }

    fn begin(&self, doing: Doing) {
        self.since.store(self.millis(), Relaxed);
        self.doing.store(doing as u8, Relaxed);
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.accepted.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { header: Duration::from_secs(5), idle: Duration::from_secs(75), write: Duration::from_secs(9) };

    #[tokio::test(start_paused = true)]
    async fn each_phase_has_its_own_deadline() {
        let start = Instant::now();
        let phase = Phase::accepted(PATIENCE);
        let seconds = |phase: &Phase| phase.deadline().map(|at| (at - start).as_secs());
        let wait = |seconds| tokio::time::advance(Duration::from_secs(seconds));
        assert_eq!(seconds(&phase), Some(5), "silent");
        wait(1).await;
        phase.received();
        assert_eq!(seconds(&phase), Some(5), "the first head has no longer than a silent connection");
        phase.requested();
        assert_eq!(seconds(&phase), None, "busy");
        wait(10).await;
        phase.answered();
        assert_eq!(seconds(&phase), Some(20), "writing");
        wait(1).await;
        phase.sent();
        assert_eq!(seconds(&phase), Some(21), "progress");
        phase.flushed();
        assert_eq!(phase.doing(), Doing::Writing, "a flush in the midst of a response ends nothing");
        phase.handed();
        phase.flushed();
        assert_eq!(seconds(&phase), Some(12 + 75), "idle");
        wait(1).await;
        phase.received();
        assert_eq!(seconds(&phase), Some(13 + 5), "a later head counts from its first byte");
    }

    #[test]
    fn every_phase_is_read_as_it_was_written() {
        let phase = Phase::accepted(PATIENCE);
        for doing in
            [Doing::Silent, Doing::FirstHead, Doing::Head, Doing::Busy, Doing::Writing, Doing::Handed, Doing::Idle]
        {
            phase.begin(doing);
            assert_eq!(phase.doing(), doing);
        }
    }
}
