//! `presignd dev`: everything on loopback, nothing to configure.

mod endpoint;
mod folder;
mod issuer;
mod loopback;
mod own_host;
mod page;
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
use self::page::Page;
use self::paste::Paste;
use self::store::BucketSettings;
use self::store::Identities;
use self::store::Objects;
use self::store::StoreError;
use self::welcome::Welcome;
use crate::adapters::clock::Clock;
use crate::adapters::config;
use crate::adapters::config::Environment;
use crate::adapters::config::Loaded;
use crate::adapters::config::Settings;
use crate::adapters::telemetry::Metrics;
use crate::cli::Failure;
use crate::cli::load;
use crate::cli::serve;
use crate::cli::serve::End;
use crate::cli::serve::Logging;
use crate::cli::serve::Running;
use crate::cli::serve::StartError;
use crate::domain::action::Right;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::name::Name;
use crate::domain::policy::Policy;
use crate::http::server::Patience;
use crate::http::server::Server;
use crate::http::server::Service;
use crate::http::server::Terms;

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
    let Loaded { settings, warnings, .. } = configuration(&folder, &environment(arguments.listen))?;
    let objects = objects(&folder, &endpoint, &settings).map_err(Failure::failed)?;
    Logging::begin(&settings.log).map_err(Failure::failed)?;
    serve::warn_of(&warnings);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::failed)?;
    let store = Store { endpoint, objects, identities, clock };
    runtime.block_on(serve(&folder, issuer, store, settings)).map(|()| ExitCode::SUCCESS)
}

async fn serve(folder: &Folder, issuer: Issuer, store: Store, settings: Settings) -> Result<(), Failure> {
    let mut end = End::new().map_err(Failure::failed)?;
    let store_moved = store.endpoint.moved;
    let store = store.start().map_err(Failure::failed)?;
    let alice = issuer::claims_of(paste::CALLER).unwrap_or_default();
    let token = issuer.token(alice).map_err(Failure::failed)?;
    let own = Arc::new(OnceLock::new());
    let page = Page::of(&settings, store.address());
    let besides = issuer::router(Arc::new(issuer), Arc::clone(&own)).merge(page.router(Arc::clone(&own)));
    let running = tokio::select! {
        started = Running::start(settings, Some(besides)) => started.map_err(not_started)?,
        () = end.asked() => return Ok(()),
    };
    own.get_or_init(|| OwnHost::of(running.address()));
    let file = folder.sample().map_err(Failure::failed)?;
    let welcome = Welcome {
        service: running.address(),
        admin: running.admin_address(),
        store: store.address(),
        store_moved,
        folder: folder.path(),
        configuration: &folder.configuration(),
        paste: Paste { service: running.address(), token: &token, file: &file },
    };
    // Whoever does not read it may still use what is running.
    let _ = write!(io::stdout(), "{welcome}");
    end.asked().await;
    tokio::select! {
        // The service first: whoever has just got a URL may still use it.
        () = async { running.drain().await; _ = store.drain(DRAIN).await } => {}
        () = end.asked() => tracing::warn!("ended at once, at a second signal"),
    }
    Ok(())
}

fn not_started(error: StartError) -> Failure {
    match error {
        StartError::Listen(_, "listen", _) => {
            Failure::failed(format!("{error}; --listen 127.0.0.1:0 takes a free port"))
        }
        _ => Failure::failed(error),
    }
}

/// What the store is made of.
struct Store {
    endpoint: Endpoint,
    objects: Objects,
    identities: Identities,
    clock: Clock,
}

impl Store {
    fn start(self) -> io::Result<Server> {
        self.endpoint.listener.set_nonblocking(true)?;
        let service = Service {
            router: store::router(Arc::new(self.objects), self.identities, self.clock.clone()),
            terms: Terms { tls: None, patience: PATIENCE, max_connections: MAX_CONNECTIONS },
            clock: self.clock,
            // Its own, that nobody reads: the service's metrics tell of the service.
            metrics: Metrics::new().map_err(io::Error::other)?,
        };
        Server::start(TcpListener::from_std(self.endpoint.listener)?, service)
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

fn configuration(folder: &Folder, environment: &Environment) -> Result<Loaded, Failure> {
    let loaded = config::load(&folder.configuration(), environment).map_err(|diagnostics| {
        load::tell(&diagnostics);
        Failure::Told
    })?;
    demand_loopback("server.listen", loaded.settings.server.listen)?;
    demand_loopback("server.admin_listen", loaded.settings.server.admin_listen)?;
    Ok(loaded)
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
fn objects(folder: &Folder, endpoint: &Endpoint, settings: &Settings) -> Result<Objects, StoreError> {
    let objects = Objects::open(folder.store())?;
    let authority = endpoint.address.to_string();
    for bucket in settings.policy.buckets().iter().filter(|bucket| bucket.target.authority == authority) {
        let name = &bucket.resource.to_string();
        match names_versions(&settings.policy, &bucket.alias) {
            true => objects.ensure_lockable(name)?,
            false => _ = objects.ensure_bucket(name, BucketSettings::default())?,
        }
    }
    Ok(objects)
}

/// Whether a grant lets anybody name versions of a bucket's objects: then it keeps them, with Object Lock.
fn names_versions(policy: &Policy, alias: &Name) -> bool {
    let named = [Right::GetVersion, Right::HeadVersion, Right::DeleteVersion, Right::BypassGovernance];
    let of_bucket = policy.grants().iter().filter(|grant| grant.bucket == *alias && grant.effect == Effect::Allow);
    of_bucket.map(Grant::rights).any(|rights| named.iter().any(|right| rights.allow(*right)))
}
