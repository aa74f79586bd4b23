//! The service inside the test, whose clocks the test moves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::SystemTime;

use axum::Router;
use presignd::adapters::audit::Audit;
use presignd::adapters::clock::Clock;
use presignd::adapters::config;
use presignd::adapters::config::Environment;
use presignd::adapters::config::Settings;
use presignd::adapters::telemetry::Metrics;
use presignd::http;
use presignd::http::app::App;
use presignd::http::app::Snapshot;
use presignd::http::server::Patience;
use presignd::http::server::Server;
use presignd::http::server::Service;
use presignd::http::server::Terms;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;

use crate::faults::answers::USUAL;
use crate::support::client::Call;
use crate::support::client::Reply;
use crate::support::presignd::Presignd;
use crate::support::setting::credential_file;

/// Serves until it is dropped.
pub struct Inside {
    pub address: SocketAddr,
    pub admin: SocketAddr,
    pub presignd: Presignd,
    clock: WallClock,
    passing: Option<UnboundedSender<Passing>>,
    runs: Option<JoinHandle<()>>,
}

/// The machine's clock, and what it was set to beside.
#[derive(Clone, Default)]
pub struct WallClock(Arc<AtomicI64>);

/// Time that passes, and who waits for that.
struct Passing {
    time: Duration,
    passed: mpsc::Sender<()>,
}

impl WallClock {
    /// In seconds since 1970.
    pub fn now(&self) -> i64 {
        crate::support::now() + self.0.load(SeqCst)
    }

    fn clock(&self) -> Clock {
        let beside = Arc::clone(&self.0);
        Clock::told_by(move || {
            let (now, beside) = (SystemTime::now(), beside.load(SeqCst));
            match Duration::from_secs(beside.unsigned_abs()) {
                back if beside < 0 => now - back,
                forward => now + forward,
            }
        })
    }
}

impl Inside {
    /// With a configuration whose waits are longer than the time that the test lets pass. The usual credentials are in a
    /// file, since the environment is the test's own.
    pub fn serve(presignd: Presignd) -> Self {
        let presignd = presignd.file("main.json", credential_file(USUAL.key, None));
        let path = presignd.path("presignd.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        presignd.write("presignd.toml", text + "[credentials.main]\nprovider = \"file\"\npath = \"main.json\"\n");
        let environment = presignd.environment().iter().cloned().collect::<Environment>();
        let settings = config::load(&path, &environment).unwrap().settings;
        let (clock, (told, addresses)) = (WallClock::default(), mpsc::channel());
        let (passing, asked) = unbounded_channel();
        let told_time = clock.clock();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(settings, told_time, told, asked));
        };
        let runs = Some(std::thread::spawn(run));
        let (address, admin) = addresses.recv().unwrap();
        Self { address, admin, presignd, clock, passing: Some(passing), runs }
    }

    /// The service's wall clock.
    pub fn clock(&self) -> WallClock {
        self.clock.clone()
    }

    /// Sets the wall clock to so many seconds beside the machine's.
    pub fn set_clock(&self, beside: i64) {
        self.clock.0.store(beside, SeqCst);
    }

    /// Lets the time pass that waits are measured by.
    pub fn pass(&self, time: Duration) {
        let (passed, done) = mpsc::channel();
        self.passing.as_ref().unwrap().send(Passing { time, passed }).unwrap();
        done.recv().unwrap();
    }

    /// A GET of the admin listener.
    pub fn admin(&self, path: &str) -> Reply {
        Call::new("GET", self.admin, path).send()
    }

    /// How often the keys of an issuer were looked for, with that outcome.
    pub fn attempts(&self, issuer: &str, outcome: &str) -> u64 {
        let series = format!("presignd_jwks_refreshes_total{{issuer=\"{issuer}\",outcome=\"{outcome}\"}} ");
        let text = self.admin("/metrics").text();
        text.lines().find_map(|line| line.strip_prefix(&series)).map_or(0, |count| count.parse().unwrap())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        drop(self.passing.take());
        let _ = self.runs.take().unwrap().join();
    }
}

async fn run(
    settings: Settings,
    clock: Clock,
    told: mpsc::Sender<(SocketAddr, SocketAddr)>,
    mut asked: UnboundedReceiver<Passing>,
) {
    let (metrics, server) = (Metrics::new().unwrap(), settings.server.clone());
    let audit = Audit::open(&settings.audit, clock.clone(), metrics.clone()).await.unwrap();
    let snapshot = Snapshot::start(settings, &clock, &metrics);
    let app = Arc::new(App::new(snapshot, audit, clock.clone(), metrics.clone()));
    let start = async |router: Router| {
        let patience =
            Patience { header: server.header_timeout, idle: server.idle_timeout, write: server.request_timeout };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (clock, metrics, max_connections) = (clock.clone(), metrics.clone(), server.max_connections);
        let terms = Terms { tls: None, patience, max_connections };
        Server::start(listener, Service { router, terms, clock, metrics }).unwrap()
    };
    let (service, admin) = (start(http::service(&app, None)).await, start(http::admin(&app)).await);
    told.send((service.address(), admin.address())).unwrap();
    while let Some(Passing { time, passed }) = asked.recv().await {
        tokio::time::pause();
        tokio::time::advance(time).await;
        tokio::time::resume();
        passed.send(()).unwrap();
    }
    app.audit.close().await;
}
