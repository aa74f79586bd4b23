//! The one thread that writes audit lines: takes what waits, writes it as one group, and answers each ticket.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::adapters::audit::AuditUnavailable;
use crate::adapters::audit::entry::ISSUED;
use crate::adapters::audit::entry::Lines;
use crate::adapters::audit::entry::REFUSED;
use crate::adapters::audit::entry::to_the_millisecond;
use crate::adapters::audit::file::Contest;
use crate::adapters::audit::file::Durability;
use crate::adapters::audit::log::LineLog;
use crate::adapters::clock::Clock;
use crate::adapters::config;
use crate::adapters::telemetry::Metrics;

/// What the thread is told.
pub enum Order {
    Write(Ticket),
    /// Find out whether lines could be written.
    Probe,
    /// Write what is there already, take nothing more, let go of the file, and tell when that is done.
    Close(oneshot::Sender<()>),
}

/// The lines of one answer, and who waits for them. Once this is in the queue its lines are written, waited for or not.
pub struct Ticket {
    pub lines: Lines,
    pub written: oneshot::Sender<Result<(), AuditUnavailable>>,
}

/// What others see of the thread.
pub struct State {
    writable: AtomicBool,
    reopen: AtomicBool,
    /// What to go on by.
    change: Mutex<Option<config::Audit>>,
    began: Instant,
    /// When the file system was asked for what it has not yet answered, in milliseconds since `began`, from 1; 0: never.
    asked_at: AtomicU64,
}

impl State {
    /// Before anything was tried.
    pub fn new() -> Self {
        Self {
            writable: AtomicBool::new(false),
            reopen: AtomicBool::new(false),
            change: Mutex::default(),
            began: Instant::now(),
            asked_at: AtomicU64::new(0),
        }
    }

    /// The last try went well, and the file system is not [hanging](HANGING).
    pub fn writable(&self) -> bool {
        let asked_at = self.asked_at.load(Ordering::Relaxed);
        let hangs = asked_at > 0 && self.now().saturating_sub(asked_at) > HANGING.as_millis() as u64;
        self.writable.load(Ordering::Relaxed) && !hangs
    }

    /// Has the file opened anew before the next line.
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Relaxed);
    }

    /// Has these settings gone by from the next line on.
    pub fn change(&self, settings: &config::Audit) {
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = Some(settings.clone());
    }

    fn take_change(&self) -> Option<config::Audit> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A file system that has not answered for so long will not soon.
const HANGING: Duration = Duration::from_secs(3);

/// The thread's own.
pub struct Writer {
    orders: mpsc::Receiver<Order>,
    state: Arc<State>,
    settings: config::Audit,
    /// `None` until it could be opened.
    log: Option<LineLog>,
    /// The log is not yet chained as the settings say.
    rechain: bool,
    clock: Clock,
    metrics: Metrics,
    journal: Journal,
}

/// What the thread remembers from group to group.
#[derive(Default)]
struct Journal {
    closing: Vec<oneshot::Sender<()>>,
    /// The file could not be opened anew when that was asked for.
    reopen: bool,
    /// Lines lost since a failure was last logged, when that was, and whether an end of it is to be logged.
    unsaid: u64,
    said_at: Option<Instant>,
    failing: bool,
}

impl Writer {
    /// A writer to a file, or to none yet. Whether it can write is known when this returns.
    pub fn new(
        orders: mpsc::Receiver<Order>,
        (settings, log): (config::Audit, Option<LineLog>),
        (clock, metrics): (Clock, Metrics),
    ) -> Self {
        let (state, journal) = (Arc::new(State::new()), Journal::default());
        let mut writer = Self { orders, state, settings, log, rechain: false, clock, metrics, journal };
        writer.probe();
        writer
    }

    /// What others see of it.
    pub fn state(&self) -> Arc<State> {
        self.state.clone()
    }

    /// Serves until nobody can order any more, or until it is told to close.
    pub fn run(mut self) {
        while let Some(first) = self.orders.blocking_recv() {
            // Requests that are about to hand in their lines do so now, and share the write: on a busy core this
            // thread would else be woken for each.
            std::thread::yield_now();
            self.serve(first);
        }
        self.log = None;
        for told in self.journal.closing.drain(..) {
            _ = told.send(());
        }
    }

    fn serve(&mut self, first: Order) {
        let (mut tickets, mut lines, mut probe) = (Vec::new(), 0, false);
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Write(ticket) => {
                    lines += ticket.lines.count();
                    tickets.push(ticket);
                }
                Order::Probe => probe = true,
                Order::Close(told) => {
                    self.orders.close();
                    self.journal.closing.push(told);
                }
            }
            next = if lines < LARGEST_GROUP { self.orders.try_recv().ok() } else { None };
        }
        if !tickets.is_empty() {
            self.write(tickets);
        } else if probe || self.state.reopen.load(Ordering::Relaxed) {
            self.probe();
        }
    }

    fn write(&mut self, tickets: Vec<Ticket>) {
        let written = self.asking(|writer| writer.try_to_write(&tickets));
        self.settle(&written, tickets.iter().map(|ticket| ticket.lines.count()).sum());
        let outcome = written.map_err(|_| AuditUnavailable);
        for ticket in tickets {
            if outcome.is_ok() {
                self.count(&ticket.lines);
            }
            _ = ticket.written.send(outcome);
        }
    }

    fn try_to_write(&mut self, tickets: &[Ticket]) -> io::Result<()> {
        match self.state.writable.load(Ordering::Relaxed) {
            true => self.ready()?.prepare()?,
            // A disk that was full is asked first: each failed try would tear and mend the file under its readers.
            false => self.ready()?.probe()?,
        }
        let time = to_the_millisecond(self.clock.now());
        let durability = if self.settings.sync { Durability::OnDisk } else { Durability::Handed };
        let lines = tickets.iter().map(|ticket| &ticket.lines);
        self.ready()?.append(lines, &time, durability)?;
        self.show_sequence();
        Ok(())
    }

    fn probe(&mut self) {
        if std::mem::take(&mut self.journal.reopen) {
            self.state.reopen();
        }
        let probed = self.asking(|writer| writer.ready()?.probe());
        self.settle(&probed, 0);
        self.show_sequence();
    }

    /// The file, opened if it is not yet, or anew if that was asked for, and chained as the settings say. If opening anew
    /// fails, the old one serves, and the next probe tries again.
    fn ready(&mut self) -> io::Result<&mut LineLog> {
        let mut reopen = self.state.reopen.swap(false, Ordering::Relaxed);
        if let Some(settings) = self.state.take_change() {
            // another key begins another chain, best in the file that has taken the place of a renamed one
            (self.settings, self.rechain, reopen) = (settings, true, true);
        }
        let log = match self.log.take() {
            None => LineLog::open(&self.settings)?,
            Some(mut log) => {
                if reopen && let Err(error) = log.reopen() {
                    tracing::error!(%error, "the audit file cannot be opened anew; the old one serves");
                    self.journal.reopen = true;
                }
                log
            }
        };
        let log = self.log.insert(log);
        if self.rechain {
            log.chain_by(&self.settings.chain, Contest::GiveUp)?;
            self.rechain = false;
        }
        self.metrics.audit_failures.inc_by(log.take_lost());
        Ok(log)
    }

    fn show_sequence(&self) {
        let seq = self.log.as_ref().map(LineLog::seq).unwrap_or_default();
        self.metrics.audit_sequence.set(i64::try_from(seq).unwrap_or(i64::MAX));
    }

    fn asking<T>(&mut self, ask: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        self.state.asked_at.store(self.state.now().saturating_add(1), Ordering::Relaxed);
        let answer = ask(self);
        self.state.asked_at.store(0, Ordering::Relaxed);
        answer
    }

    fn count(&self, lines: &Lines) {
        for (decision, count) in [(ISSUED, lines.issued), (REFUSED, lines.refused)] {
            if count > 0 {
                self.metrics.audit_lines.with_label_values(&[decision]).inc_by(count);
            }
        }
    }

    /// Notes how a try went. Failures are logged at most once a second.
    fn settle(&mut self, outcome: &io::Result<()>, lines: u64) {
        self.state.writable.store(outcome.is_ok(), Ordering::Relaxed);
        let journal = &mut self.journal;
        let Err(error) = outcome else {
            if std::mem::take(&mut journal.failing) {
                tracing::warn!("audit lines can be written again");
            }
            return;
        };
        self.metrics.audit_failures.inc_by(lines);
        journal.unsaid += lines;
        if journal.said_at.is_none_or(|said_at| said_at.elapsed() >= Duration::from_secs(1)) {
            let lines = std::mem::take(&mut journal.unsaid);
            tracing::error!(%error, lines, "audit lines cannot be written");
            (journal.said_at, journal.failing) = (Some(Instant::now()), true);
        }
    }
}

/// In lines: bounds the memory of one write, far above what waits at any load that is served well.
const LARGEST_GROUP: u64 = 4096;
