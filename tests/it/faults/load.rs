//! Load: a few callers over connections that are kept, who look at every answer, until the test ends them.

use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::faults::answers::Answer;
use crate::faults::answers::Credentials;
use crate::faults::answers::Judge;
use crate::faults::tally::Tally;
use crate::support::PATIENCE;
use crate::support::client::Call;
use crate::support::client::Reply;
use crate::support::eventually;

/// Runs until it is ended, or dropped.
pub struct Load {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// Where the load goes.
pub struct To {
    pub address: SocketAddr,
    pub connect: Box<dyn Fn() -> std::io::Result<Box<dyn Stream>> + Send + Sync>,
}

/// A connection, with or without TLS.
pub trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// Who asks, and what he may be refused for.
pub struct Caller {
    name: String,
    token: Mutex<String>,
    may: Mutex<Vec<&'static str>>,
}

/// How the service ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    None,
    /// What was under way before is answered.
    Drain,
    /// Nothing may be.
    Kill,
}

struct Shared {
    to: To,
    judge: Judge,
    callers: Vec<Caller>,
    /// A request is under way only with a share of it.
    gate: RwLock<()>,
    goes_on: AtomicBool,
    end: Mutex<End>,
    failed: AtomicBool,
    tally: Mutex<Tally>,
}

impl To {
    /// A listener without TLS.
    pub fn plain(address: SocketAddr) -> Self {
        let connect = move || {
            let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        };
        Self { address, connect: Box::new(connect) }
    }
}

impl Caller {
    /// With a token; his name is also his grant's and his folder's.
    pub fn new(name: &str, token: &str) -> Self {
        Self { name: name.to_owned(), token: Mutex::new(token.to_owned()), may: Mutex::default() }
    }

    /// Who may be refused for these from the start.
    pub fn refused_for(self, codes: &[&'static str]) -> Self {
        *self.may.lock().unwrap() = codes.to_vec();
        self
    }
}

/// Requests over one connection, so that new ones are made all the while.
const REQUESTS: u64 = 20;
/// Between two requests of a worker: load, but not all that the machine can do.
const PACE: Duration = Duration::from_millis(2);

impl Load {
    /// Begins, with so many workers for each caller.
    pub fn begin(to: To, judge: Judge, callers: Vec<Caller>, workers_each: usize) -> Self {
        let shared = Arc::new(Shared {
            to,
            judge,
            callers,
            gate: RwLock::new(()),
            goes_on: AtomicBool::new(true),
            end: Mutex::new(End::None),
            failed: AtomicBool::new(false),
            tally: Mutex::default(),
        });
        let places = (0..shared.callers.len()).flat_map(|caller| (0..workers_each).map(move |own| (caller, own)));
        let begin = |(caller, own)| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.work(caller, own))
        };
        let workers = places.map(begin).collect();
        Self { shared, workers }
    }

    /// From now on a caller may be refused for these, and nothing else. No request is under way meanwhile.
    pub fn may(&self, caller: &str, codes: &[&'static str]) {
        self.may_after(|| (), caller, codes);
    }

    /// Acts, and from then on a caller may be refused for these, and nothing else. No request is under way meanwhile.
    pub fn may_after(&self, act: impl FnOnce(), caller: &str, codes: &[&'static str]) {
        self.hold(|| {
            act();
            *self.shared.caller(caller).may.lock().unwrap() = codes.to_vec();
        });
    }

    /// From now on a caller has another token.
    pub fn renew(&self, caller: &str, token: &str) {
        self.hold(|| token.clone_into(&mut self.shared.caller(caller).token.lock().unwrap()));
    }

    /// Acts while no request is under way.
    pub fn hold<T>(&self, act: impl FnOnce() -> T) -> T {
        let _held = self.shared.gate.write().unwrap();
        act()
    }

    /// From now on these sign.
    pub fn is_signed_by(&self, credentials: &[Credentials]) {
        self.hold(|| self.shared.judge.in_force(credentials));
    }

    /// Waits until each of these callers has been issued some URLs more.
    #[track_caller]
    pub fn is_served(&self, callers: &[&str]) {
        for caller in callers {
            let count = |tally: &Tally| tally.issued_to(caller);
            let more = self.look(count) + 5;
            self.until(&format!("URLs for {caller}"), |tally| count(tally) >= more);
        }
    }

    /// Waits until each of these callers has been refused for that once more.
    #[track_caller]
    pub fn is_refused(&self, callers: &[&str], code: &str) {
        for caller in callers {
            let count = |tally: &Tally| tally.refused_for(caller, code);
            let more = self.look(count) + 1;
            self.until(&format!("{caller} refused for {code}"), |tally| count(tally) >= more);
        }
    }

    /// Waits until so many connections have been made anew.
    #[track_caller]
    pub fn is_connected(&self, times: u64) {
        let before = self.look(|tally| tally.connections);
        self.until("connections", |tally| tally.connections >= before + times);
    }

    /// Waits until a caller is refused for that, and is issued no URL any more.
    #[track_caller]
    pub fn is_shut_out(&self, caller: &str, code: &str) {
        self.is_refused(&[caller], code);
        let served = || self.look(|tally| tally.issued_to(caller));
        let before = served();
        (0..3).for_each(|_| self.is_refused(&[caller], code));
        assert_eq!(served(), before, "{caller} was served after a refusal for {code}");
    }

    /// Waits for a state of the tally.
    #[track_caller]
    pub fn until(&self, what: &str, is_so: impl Fn(&Tally) -> bool) {
        eventually(what, || {
            assert!(!self.shared.failed.load(SeqCst), "a worker failed, as it said");
            self.look(&is_so).then_some(())
        });
    }

    fn look<T>(&self, at: impl Fn(&Tally) -> T) -> T {
        at(&self.shared.tally.lock().unwrap())
    }

    /// From now on the service ends in that way. A worker whose connection ends is done.
    pub fn expect(&self, end: End) {
        *self.shared.end.lock().unwrap() = end;
    }

    /// Waits until no connection leads anywhere any more; what came of all.
    pub fn ended(mut self) -> Tally {
        self.join();
        std::mem::take(&mut self.shared.tally.lock().unwrap())
    }

    /// Ends; what came of all. Every request that was begun has been answered by then.
    pub fn end(self) -> Tally {
        self.shared.goes_on.store(false, SeqCst);
        self.ended()
    }

    fn join(&mut self) {
        for worker in self.workers.drain(..) {
            assert!(worker.join().is_ok() || std::thread::panicking(), "a worker failed, as it said");
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.goes_on.store(false, SeqCst);
        self.join();
    }
}

/// Tells the test of a worker that fails.
struct Alarm<'s>(&'s AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.fetch_or(std::thread::panicking(), SeqCst);
    }
}

impl Shared {
    fn caller(&self, name: &str) -> &Caller {
        self.callers.iter().find(|caller| caller.name == name).unwrap_or_else(|| panic!("nobody is {name}"))
    }

    fn end(&self) -> End {
        *self.end.lock().unwrap()
    }

    fn goes_on(&self) -> bool {
        self.goes_on.load(SeqCst) && !self.failed.load(SeqCst)
    }

    fn work(&self, caller: usize, own: usize) {
        let _alarm = Alarm(&self.failed);
        let caller = &self.callers[caller];
        let mut connection = None;
        for number in 0.. {
            if !self.goes_on() || !self.one(caller, (own, number), &mut connection) {
                return;
            }
            if number % REQUESTS == REQUESTS - 1 {
                connection = None;
            }
            std::thread::sleep(PACE);
        }
    }

    /// One request; whether there may be another.
    fn one(&self, caller: &Caller, (own, number): (usize, u64), connection: &mut Option<Box<dyn Stream>>) -> bool {
        let request = self.judge.request(&caller.name, own, number);
        let held = self.gate.read().unwrap();
        let token = caller.token.lock().unwrap().clone();
        let call = Call::new("POST", self.to.address, "/v1/presign").bearer(&token).header("connection", "keep-alive");
        let before = self.judge.now();
        let (reply, sent_in_time) = self.sent(&call.json(&request), connection);
        let during = before..=self.judge.now();
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => {
                let may_be = match self.end() {
                    End::None => false,
                    End::Drain => !sent_in_time,
                    End::Kill => true,
                };
                assert!(may_be, "{}: a request without an answer: {error}", caller.name);
                self.tally.lock().unwrap().unanswered += 1;
                return false;
            }
        };
        if reply.header("connection") == Some("close") {
            *connection = None;
        }
        let answer = self.judge.judge(&caller.name, &request, &reply, during);
        let mut tally = self.tally.lock().unwrap();
        match answer {
            Answer::Issued(receipt) => tally.issued.push(receipt),
            Answer::Refused(code) => {
                let may = caller.may.lock().unwrap().clone();
                if !may.contains(&code.as_str()) {
                    drop((tally, held));
                    panic!("{} may be refused for {may:?}, but not: {}", caller.name, reply.text());
                }
                *tally.refused.entry((caller.name.clone(), code)).or_default() += 1;
            }
        }
        true
    }

    /// The answer, and whether the whole request was under way before the service's end was to come.
    fn sent(&self, call: &Call, connection: &mut Option<Box<dyn Stream>>) -> (std::io::Result<Reply>, bool) {
        let mut in_time = false;
        let mut send = || {
            let stream = match connection {
                Some(stream) => stream,
                None => {
                    let made = (self.to.connect)()?;
                    self.tally.lock().unwrap().connections += 1;
                    connection.insert(made)
                }
            };
            stream.write_all(&call.bytes())?;
            in_time = self.end() == End::None;
            let reply = Reply::read(BufReader::new(stream), false)?;
            match reply.header("content-length") {
                Some(length) if length == reply.body.len().to_string() => Ok(reply),
                _ => Err(std::io::Error::other(format!("a part of an answer: {}", reply.text()))),
            }
        };
        (send(), in_time)
    }
}
