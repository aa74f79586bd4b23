//! Debian's redis-server as a process that ends with the test, and a way to it on which things go wrong.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tempfile::TempDir;

use super::eventually;
use super::service::Lines;

/// A running server. It keeps its port when it is stopped and started.
pub struct RedisServer {
    pub port: u16,
    options: Vec<String>,
    folder: TempDir,
    process: Child,
}

impl RedisServer {
    /// `None` where there is none, unless `PRESIGND_E2E` demands one.
    #[track_caller]
    pub fn start() -> Option<Self> {
        Self::start_with(|port| vec![format!("--port {port}")])
    }

    /// The same with other options, for the port that is given.
    #[track_caller]
    pub fn start_with(options: impl Fn(u16) -> Vec<String>) -> Option<Self> {
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let (options, folder) = (options(port), tempfile::tempdir().unwrap());
            match spawn(&options, &folder) {
                Ok(process) => {
                    let mut server = Self { port, options, folder, process };
                    if server.answers() {
                        return Some(server);
                    }
                }
                Err(error) => {
                    assert!(std::env::var_os("PRESIGND_E2E").is_none(), "redis-server: {error}");
                    eprintln!("no redis-server, so no shared limits are tried");
                    return None;
                }
            }
        }
        panic!("redis-server ends at once, at each of five ports");
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Asks it something itself, over a connection of its own.
    pub fn ask(&self, command: &[&str]) -> redis::RedisResult<redis::Value> {
        let mut connection = redis::Client::open(self.url())?.get_connection()?;
        command.iter().fold(&mut redis::Cmd::new(), |asked, word| asked.arg(word)).query(&mut connection)
    }

    /// Its keys, with what they hold.
    #[track_caller]
    pub fn keys(&self) -> Vec<String> {
        redis::from_redis_value(self.ask(&["KEYS", "*"]).unwrap()).unwrap()
    }

    /// All that it is asked from now on.
    pub fn watch(&self) -> Lines {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        connection.write_all(b"MONITOR\r\n").unwrap();
        let seen = Lines::of(connection);
        eventually("MONITOR", || seen.all().first().map(|line| assert_eq!(line, "+OK")));
        seen
    }

    /// Ends it at once. It remembers nothing.
    pub fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again.
    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        self.process = spawn(&self.options, &self.folder).unwrap();
        assert!(self.answers(), "redis-server has ended: is port {} taken?", self.port);
    }

    /// Sends it a signal by its name, such as `STOP`.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Waits for it; false if it has ended, as it does where another has taken its port meanwhile.
    #[track_caller]
    fn answers(&mut self) -> bool {
        let told = Lines::of(self.process.stdout.take().unwrap());
        let ready = || told.all().iter().any(|line| line.contains("Ready to accept connections"));
        eventually("redis-server", || if ready() { Some(true) } else { told.are_all().then_some(false) })
    }
}

fn spawn(options: &[String], folder: &TempDir) -> std::io::Result<Child> {
    let options = options.iter().flat_map(|option| option.split(' '));
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--dir"]).arg(folder.path()).args(options);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the way does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Connections end at once.
    Cut,
    /// Answers are not what was asked for.
    Garbled,
    /// Answers take so long.
    Slow(Duration),
}

/// A way to a server, on which things go wrong.
#[derive(Clone)]
pub struct Proxy {
    pub port: u16,
    way: Arc<Mutex<Way>>,
}

impl Proxy {
    /// An open way to this port.
    pub fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), way: Arc::new(Mutex::new(Way::Open)) };
        let beside = proxy.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if let (false, Ok(server)) = (beside.is(Way::Cut), TcpStream::connect(("127.0.0.1", port))) {
                    beside.clone().carry(client.try_clone().unwrap(), server.try_clone().unwrap(), |_| false);
                    let way = beside.clone();
                    beside.clone().carry(server, client, move |bytes| way.harm(bytes));
                }
            }
        });
        proxy
    }

    /// From now on the way does this.
    pub fn set(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }

    fn is(&self, way: Way) -> bool {
        *self.way.lock().unwrap() == way
    }

    /// Whether the connection ends here.
    fn harm(&self, bytes: &mut Vec<u8>) -> bool {
        let way = *self.way.lock().unwrap();
        match way {
            Way::Open => {}
            Way::Cut => return true,
            Way::Garbled => *bytes = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            Way::Slow(by) => std::thread::sleep(by),
        }
        false
    }

    fn carry(self, mut from: TcpStream, mut to: TcpStream, harm: impl Fn(&mut Vec<u8>) -> bool + Send + 'static) {
        let _ = to.set_nodelay(true);
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                let mut bytes = buffer[..length].to_vec();
                if harm(&mut bytes) || to.write_all(&bytes).is_err() {
                    break;
                }
            }
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        });
    }
}
