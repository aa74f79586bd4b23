//! `presignd dev`: everything on loopback, nothing to configure.

mod endpoint;
mod folder;
mod issuer;
mod loopback;
mod own_host;
mod paste;
mod query;
mod random;
mod store;
mod welcome;

use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;

use self::endpoint::Endpoint;
use self::folder::Folder;
use self::issuer::Issuer;
use self::own_host::OwnHost;
use self::paste::Paste;
use self::store::Identities;
use self::store::Objects;
use self::welcome::Welcome;
use crate::adapters::clock::Clock;
use crate::adapters::config;
use crate::adapters::config::Environment;
use crate::adapters::config::Settings;
use crate::adapters::telemetry::Metrics;
use crate::cli::Failure;
use crate::cli::load;
use crate::cli::serve;
use crate::cli::serve::End;
use crate::cli::serve::Running;
use crate::http::server::Patience;
use crate::http::server::Server;
use crate::http::server::Service;

/// Try presignd on this machine: an S3 store, an issuer of tokens and the service, with nothing to configure
///
/// Everything listens on loopback and ends with Ctrl-C. Objects, the store's keys and the configuration are kept in
/// the folder; the configuration is yours to change.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  presignd dev\n  presignd dev --dir ./try --listen 127.0.0.1:0")]
pub struct Arguments {
    /// The folder to work in [default: presignd-dev in ~/.local/share, or where XDG_DATA_HOME says]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Where the service listens; port 0 takes a free one [default: what the configuration says, at first
    /// 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Runs until it is told to end.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    arguments.listen.map_or(Ok(()), |listen| demand_loopback("--listen", listen))?;
    let folder = Folder::open(&arguments.dir.clone().unwrap_or_else(folder::by_default)).map_err(Failure::failed)?;
    let clock = Clock::system();
    let issuer = Issuer::new(clock.clone()).map_err(Failure::failed)?;
    folder.write("jwks.json", issuer.key_set()).map_err(Failure::failed)?;
    let identities = folder.identities().map_err(Failure::failed)?;
    let endpoint = Endpoint::open(&folder).map_err(Failure::failed)?;
    let environment = environment(arguments.listen);
    let settings = settings(&folder, &environment)?;
    let objects = objects(&folder, &endpoint, &settings).map_err(Failure::failed)?;
    serve::begin_log(&settings.log).map_err(Failure::failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::failed)?;
    let parts = Parts { folder, issuer, identities, endpoint, objects, clock };
    runtime.block_on(parts.serve(settings)).map(|()| ExitCode::SUCCESS)
}

/// What there is before anything is served.
struct Parts {
    folder: Folder,
    issuer: Issuer,
    identities: Identities,
    endpoint: Endpoint,
    objects: Objects,
    clock: Clock,
}

impl Parts {
    async fn serve(self, settings: Settings) -> Result<(), Failure> {
        let Self { folder, issuer, identities, endpoint, objects, clock } = self;
        let mut end = End::new().map_err(Failure::failed)?;
        let metrics = Metrics::new().map_err(Failure::failed)?;
        let store = Service {
            router: store::router(Arc::new(objects), identities, clock.clone()),
            patience: PATIENCE,
            max_connections: MAX_CONNECTIONS,
            clock,
            // The store counts for itself: the service's metrics are the service's.
            metrics,
        };
        let listener = endpoint.listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(endpoint.listener));
        let store = listener.and_then(|listener| Server::start(listener, store)).map_err(Failure::failed)?;
        let (issuer, own) = (Arc::new(issuer), Arc::new(OnceLock::new()));
        let besides = issuer::router(Arc::clone(&issuer), Arc::clone(&own));
        let running = Running::start(settings, besides).await.map_err(Failure::failed)?;
        own.get_or_init(|| OwnHost::of(running.address()));
        let alice = issuer::claims_of(paste::CALLER).unwrap_or_default();
        let token = issuer.token(alice).map_err(Failure::failed)?;
        let paste =
            Paste { service: running.address(), token: &token, file: &folder.sample().map_err(Failure::failed)? };
        let welcome = Welcome {
            service: running.address(),
            admin: running.admin_address(),
            store: store.address(),
            store_moved: endpoint.moved,
            folder: folder.path(),
            configuration: &folder.configuration(),
            paste,
        };
        // Whoever does not read it may still use what is running.
        let _ = write!(io::stdout(), "{welcome}");
        end.asked().await;
        tokio::select! {
            () = running.drain() => (),
            () = end.asked() => return Ok(()),
        }
        store.drain(DRAIN).await;
        Ok(())
    }
}

/// Of the store's connections. An upload takes as long as it takes.
const PATIENCE: Patience =
    Patience { header: Duration::from_secs(5), idle: Duration::from_secs(75), write: Duration::from_secs(60) };

const MAX_CONNECTIONS: usize = 1000;

/// How long the store's last requests may take once the service has ended.
const DRAIN: Duration = Duration::from_secs(10);

/// The process's, where what is typed comes last and so wins.
fn environment(listen: Option<SocketAddr>) -> Environment {
    let typed = listen.map(|listen| (OsString::from(LISTEN), OsString::from(listen.to_string())));
    std::env::vars_os().chain(typed).collect()
}

const LISTEN: &str = "PRESIGND__SERVER__LISTEN";

fn settings(folder: &Folder, environment: &Environment) -> Result<Settings, Failure> {
    let loaded = config::load(&folder.configuration(), environment).map_err(|diagnostics| {
        load::tell(&diagnostics);
        Failure::Told
    })?;
    demand_loopback("server.listen", loaded.settings.server.listen)?;
    demand_loopback("server.admin_listen", loaded.settings.server.admin_listen)?;
    Ok(loaded.settings)
}

fn demand_loopback(name: &str, address: SocketAddr) -> Result<(), Failure> {
    match address.ip().is_loopback() {
        true => Ok(()),
        false => Err(Failure::usage(format!(
            "{name} {address}: presignd dev gives tokens to whoever asks, so it listens on loopback only; \
             write 127.0.0.1:{} (for others there is presignd serve)",
            address.port()
        ))),
    }
}

/// The store's objects, with every bucket that the configuration has there.
fn objects(folder: &Folder, endpoint: &Endpoint, settings: &Settings) -> io::Result<Objects> {
    let objects = Objects::open(folder.store())?;
    let authority = endpoint.address.to_string();
    let here = settings.policy.buckets().iter().filter(|bucket| bucket.target.authority == authority);
    here.map(|bucket| bucket.bucket.as_str()).try_for_each(|name| objects.ensure_bucket(name))?;
    Ok(objects)
}
