//! The audit log: one JSON line for each decision, written before its answer leaves.

mod entry;
mod file;
mod head;
mod issued;
mod log;
mod operator;
mod room;
mod writer;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::WeakSender;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::adapters::audit::entry::Lines;
use crate::adapters::audit::log::LineLog;
use crate::adapters::audit::writer::Order;
use crate::adapters::audit::writer::State;
use crate::adapters::audit::writer::Ticket;
use crate::adapters::audit::writer::Writer;
use crate::adapters::clock::Clock;
use crate::adapters::config;
use crate::adapters::config::AuditChain;
use crate::adapters::telemetry::Metrics;

pub use entry::Decision;
pub use entry::Entry;
pub use head::head_of;
pub use issued::NoAuditLine;
pub use issued::issued;
pub use operator::OperatorAudit;

/// The service's audit log. What is in its queue is written even if this is dropped; [`Audit::close`] waits for it.
pub struct Audit {
    orders: mpsc::Sender<Order>,
    state: Arc<State>,
    metrics: Metrics,
}

/// A line that is required could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audit log cannot be written")]
pub struct AuditUnavailable;

impl Audit {
    /// Opens the log and starts its thread and, in this runtime, its probe. Fails if another process holds the file
    /// (`WouldBlock`), and if a required one cannot be opened.
    pub async fn open(settings: &config::Audit, clock: Clock, metrics: Metrics) -> io::Result<Self> {
        Self::open_within(Duration::ZERO, settings, clock, metrics).await
    }

    /// The same, but waits so long for a process that holds the file.
    pub async fn open_within(
        patience: Duration,
        settings: &config::Audit,
        clock: Clock,
        metrics: Metrics,
    ) -> io::Result<Self> {
        let (orders, waiting) = mpsc::channel(QUEUE);
        let log = open_log(patience, settings).await?;
        let (settings_here, metrics_here) = (settings.clone(), metrics.clone());
        let begin = move || Writer::new(waiting, (settings_here, log), (clock, metrics_here));
        let writer = tokio::task::spawn_blocking(begin).await.map_err(io::Error::other)?;
        let state = writer.state();
        std::thread::Builder::new().name("audit".to_owned()).spawn(|| writer.run())?;
        tokio::spawn(probe(orders.downgrade()));
        Ok(Self { orders, state, metrics })
    }

    /// Writes a line for each entry, all of one answer; returns when they are written. One that is not written within
    /// three seconds is unavailable, though it may be written later: a line may stand for an answer that never left, but
    /// where lines are required no answer leaves without its own.
    pub async fn record(&self, entries: &[Entry<'_>]) -> Result<(), AuditUnavailable> {
        match Lines::of(entries) {
            Ok(lines) if lines.count() == 0 => Ok(()),
            Ok(lines) => self.write(lines).await,
            Err(_) => Err(AuditUnavailable),
        }
    }

    async fn write(&self, lines: Lines) -> Result<(), AuditUnavailable> {
        let deadline = Instant::now() + PATIENCE;
        let count = lines.count();
        let (written, outcome) = oneshot::channel();
        let queued = self.orders.send(Order::Write(Ticket { lines, written }));
        if !matches!(tokio::time::timeout_at(deadline, queued).await, Ok(Ok(()))) {
            self.metrics.audit_failures.inc_by(count);
            return Err(AuditUnavailable);
        }
        match tokio::time::timeout_at(deadline, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(AuditUnavailable),
        }
    }

    /// Has the file opened anew, after it was renamed. Lines that wait already may go to either.
    pub fn reopen(&self) {
        self.state.reopen();
        _ = self.orders.try_send(Order::Probe);
    }

    /// Goes on by other settings of the same file. Lines that wait already may be synced and chained as either says.
    pub fn change(&self, settings: &config::Audit) {
        self.state.change(settings);
        _ = self.orders.try_send(Order::Probe);
    }

    /// Whether the next line could be written, as far as is known: a second old at most, also without traffic.
    pub fn writable(&self) -> bool {
        self.state.writable() && !self.orders.is_closed()
    }

    /// Writes what waits, takes nothing more, and lets go of the file.
    pub async fn close(&self) {
        let (told, done) = oneshot::channel();
        if self.orders.send(Order::Close(told)).await.is_ok() {
            _ = done.await;
        }
    }
}

/// In answers. Each waits in a request that is counted as in flight.
const QUEUE: usize = 1024;

/// Below the time that a request has by default.
const PATIENCE: Duration = Duration::from_secs(3);

/// `None` if it cannot be opened yet, and is not required, or waits for its key.
async fn open_log(patience: Duration, settings: &config::Audit) -> io::Result<Option<LineLog>> {
    let deadline = Instant::now() + patience;
    if let AuditChain::Absent = settings.chain {
        return Ok(None);
    }
    loop {
        let settings_here = settings.clone();
        let opened = tokio::task::spawn_blocking(move || LineLog::open(&settings_here)).await;
        match opened.map_err(io::Error::other)? {
            Ok(log) => return Ok(Some(log)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() >= deadline => return Err(error),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                tokio::time::sleep(CONTEST_PERIOD).await;
            }
            Err(error) if settings.required => return Err(error),
            Err(_) => return Ok(None),
        }
    }
}

/// Between two tries to get a file that another process holds.
const CONTEST_PERIOD: Duration = Duration::from_millis(100);

/// Orders a probe now and then, until the log is dropped or closed. A full queue is a probe of its own.
async fn probe(orders: WeakSender<Order>) {
    let mut ticks = tokio::time::interval(PROBE_PERIOD);
    loop {
        ticks.tick().await;
        let Some(orders) = orders.upgrade() else { return };
        if let Err(mpsc::error::TrySendError::Closed(_)) = orders.try_send(Order::Probe) {
            return;
        }
    }
}

/// Five times within the five seconds in which a change is to be seen.
const PROBE_PERIOD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
