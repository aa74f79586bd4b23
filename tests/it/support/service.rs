//! `presignd serve` as a process that ends with the test.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use super::client::Call;
use super::client::Reply;
use super::eventually;
use super::hidden;
use super::presignd::Presignd;

/// A running service. Its listeners have ports that were free.
pub struct Service {
    pub address: SocketAddr,
    pub admin: SocketAddr,
    pub presignd: Presignd,
    process: Child,
    stdout: Lines,
    stderr: Lines,
}

/// What a process has written until now.
#[derive(Clone, Default)]
pub struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    ended: Arc<AtomicBool>,
}

impl Lines {
    /// Reads beside the test, to the end.
    pub fn of(from: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let written = lines.clone();
        std::thread::spawn(move || {
            let lines = BufReader::new(from).lines().map_while(Result::ok);
            lines.for_each(|line| written.lines.lock().unwrap().push(line));
            written.ended.store(true, Ordering::Release);
        });
        lines
    }

    /// Whether there will be no more.
    pub fn are_all(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Those of now.
    pub fn all(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl Presignd {
    /// Starts `presignd serve`, and waits until both of its listeners are open.
    #[track_caller]
    pub fn serve(self) -> Service {
        let mut service = self.start();
        service.find_listeners();
        service
    }

    /// The same where the configuration alone says where it listens.
    #[track_caller]
    pub fn serve_where_it_says(self) -> Service {
        let mut service = self.start_as_it_is();
        service.find_listeners();
        service
    }

    /// Starts `presignd serve` without waiting.
    pub fn start(self) -> Service {
        let free = "127.0.0.1:0";
        let presignd = self.env("PRESIGND__SERVER__LISTEN", free).env("PRESIGND__SERVER__ADMIN_LISTEN", free);
        presignd.telling_more().start_as_it_is()
    }

    fn start_as_it_is(self) -> Service {
        let (process, stdout, stderr) = self.spawn();
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Service { address: nowhere, admin: nowhere, presignd: self, process, stdout, stderr }
    }

    fn spawn(&self) -> (Child, Lines, Lines) {
        let mut process = self.command(&["serve", "--config", "presignd.toml"]).spawn().unwrap();
        let (stdout, stderr) = (Lines::of(process.stdout.take().unwrap()), Lines::of(process.stderr.take().unwrap()));
        (process, stdout, stderr)
    }
}

impl Service {
    /// A POST of JSON to the service, with a token.
    #[track_caller]
    pub fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        self.call("POST", path).bearer(token).json(body).send()
    }

    /// A GET of the service, with a token.
    #[track_caller]
    pub fn get(&self, token: &str, path: &str) -> Reply {
        self.call("GET", path).bearer(token).send()
    }

    /// A request to the service in the making.
    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(method, self.address, path)
    }

    /// A GET of the admin listener.
    #[track_caller]
    pub fn admin(&self, path: &str) -> Reply {
        Call::new("GET", self.admin, path).send()
    }

    /// The value of a metric: `presignd_refusals_total{code="denied"}`. 0 if nothing moved it yet.
    #[track_caller]
    pub fn metric(&self, series: &str) -> f64 {
        let text = self.admin("/metrics").text();
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Waits until `/readyz` says 200.
    #[track_caller]
    pub fn ready(&self) {
        eventually("ready", || (self.admin("/readyz").status == 200).then_some(()));
    }

    /// The log's lines until now.
    pub fn log(&self) -> Vec<Value> {
        let read = |line: &String| serde_json::from_str(line).unwrap_or_else(|_| Value::String(line.clone()));
        self.stderr.all().iter().map(read).collect()
    }

    /// The log as text.
    pub fn log_text(&self) -> String {
        self.stderr.all().join("\n")
    }

    /// The audit's lines until now, where it goes to stdout.
    pub fn audit(&self) -> Vec<Value> {
        self.stdout.all().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The audit's lines once there are so many, where it goes to stdout: a line is written before its answer leaves,
    /// but this side reads the pipe when it comes to it.
    #[track_caller]
    pub fn audited(&self, count: usize) -> Vec<Value> {
        eventually(&format!("{count} audit lines"), || Some(self.audit()).filter(|lines| lines.len() >= count))
    }

    /// Waits for a line of the log.
    #[track_caller]
    pub fn logged(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(what, || self.log().into_iter().find(|line| wanted(line)))
    }

    #[track_caller]
    fn find_listeners(&mut self) {
        self.address = self.listening("service");
        self.admin = self.listening("admin");
        [self.address, self.admin].into_iter().for_each(hidden::served);
    }

    #[track_caller]
    fn listening(&mut self, listener: &str) -> SocketAddr {
        eventually(&format!("the {listener} listener"), || {
            if let Some(status) = self.process.try_wait().unwrap() {
                eventually("the log's end", || self.stderr.are_all().then_some(()));
                panic!("serve ended with {status}:\n{}", self.log_text());
            }
            let lines = self.log();
            let line = lines.iter().find(|line| message(line) == "listening" && field(line, "listener") == listener);
            line.map(|line| field(line, "address").as_str().unwrap().parse().unwrap())
        })
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Fails if its process, which has ended, wrote a secret.
    #[track_caller]
    fn look(&self) {
        eventually("the end of what it wrote", || {
            [&self.stdout, &self.stderr].map(Lines::are_all).eq(&[true; 2]).then_some(())
        });
        hidden::look("the log", &self.log_text());
        hidden::look("the standard output", &self.stdout.all().join("\n"));
        self.presignd.look_through();
    }

    /// As anybody on the machine sees it; empty after its end.
    fn command_line(&self) -> String {
        std::fs::read_to_string(format!("/proc/{}/cmdline", self.process.id())).unwrap_or_default()
    }

    /// Empty where nobody answers any more, or not at once.
    fn last_metrics(&self) -> String {
        let quick = Duration::from_secs(2);
        let read = || {
            let stream = TcpStream::connect_timeout(&self.admin, quick)?;
            stream.set_read_timeout(Some(quick))?;
            Call::new("GET", self.admin, "/metrics").over(stream)
        };
        read().map(|reply| reply.text()).unwrap_or_default()
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Starts it anew in the same directory, after its end.
    #[track_caller]
    pub fn restart(&mut self) {
        self.ended();
        self.look();
        (self.process, self.stdout, self.stderr) = self.presignd.spawn();
        self.find_listeners();
    }

    /// Waits until the process ends by itself.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        eventually("the end of serve", || self.process.try_wait().unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let (command, metrics) = (self.command_line(), self.last_metrics());
        let _ = self.process.kill();
        let _ = self.process.wait();
        [self.address, self.admin].into_iter().for_each(hidden::gone);
        if std::thread::panicking() {
            return eprintln!("the service's log:\n{}", self.log_text());
        }
        hidden::look("the command line", &command);
        hidden::look("the metrics", &metrics);
        self.look();
    }
}

/// A field of a log line.
pub fn field<'a>(line: &'a Value, name: &str) -> &'a Value {
    match &line["fields"] {
        Value::Object(fields) if fields.contains_key(name) => &fields[name],
        _ => &line[name],
    }
}

/// The message of a log line.
pub fn message(line: &Value) -> &str {
    field(line, "message").as_str().unwrap_or_default()
}
