//! `[server]` and `[log]`.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Url;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::number;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::reader::text;
use crate::adapters::config::settings::ClientAddressHeader;
use crate::adapters::config::settings::Log;
use crate::adapters::config::settings::LogFormat;
use crate::adapters::config::settings::Server;
use crate::adapters::config::tls;
use crate::adapters::config::tree::Node;
use crate::adapters::config::units::duration;
use crate::adapters::config::units::size;
use crate::adapters::config::units::some_duration;

/// `[server]`, with the defaults of what it leaves out.
pub(super) fn server(section: Option<Section<'_>>, around: Around<'_>) -> Server {
    let mut server = Server::default();
    let Some(mut section) = section else {
        return server;
    };
    let tls = section.section("tls", "[server.tls]");
    let is_plain = tls.is_none();
    server.tls = tls::tls(tls, around);
    let listen = listener(&mut section, "listen", is_plain, &mut server.listen);
    let admin = listener(&mut section, "admin_listen", true, &mut server.admin_listen);
    apart(&section, &server, admin.or(listen));
    server.public_url = section.read("public_url", public_url);
    server.cors_origins = section.list("cors_origins", origin).unwrap_or_default();
    server.trusted_proxies = section.list("trusted_proxies", places::network).unwrap_or_default();
    let header = section.read("client_address_header", client_address_header);
    server.client_address_header = header.unwrap_or(server.client_address_header);
    times(&mut section, &mut server);
    sizes(&mut section, &mut server);
    server.redirects = section.flag("redirects");
    section.close();
    server
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin_listen: SocketAddr::from(([127, 0, 0, 1], 9090)),
            public_url: None,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            client_address_header: ClientAddressHeader::XForwardedFor,
            request_timeout: Duration::from_secs(5),
            header_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(75),
            max_body: 4 << 20,
            max_batch: 1000,
            max_connections: 10_000,
            max_in_flight: 2000,
            redirects: false,
            drain: Duration::from_secs(10),
            tls: None,
        }
    }
}

/// Reads one listener; gives where it stands. Warns where it speaks plain HTTP beyond loopback.
fn listener<'t>(
    section: &mut Section<'t>,
    key: &'static str,
    is_plain: bool,
    address: &mut SocketAddr,
) -> Option<&'t Spot> {
    let node = section.take(key)?;
    let read = text(node).and_then(|text| {
        let wrong = || fault("not an address with a port", format!("write one such as \"{address}\""));
        text.parse().map_err(|_| wrong())
    });
    *address = section.report().accept(&node.at, read)?;
    if is_plain && !address.ip().is_loopback() {
        let wrong = format!("{key} speaks plain HTTP beyond loopback");
        let mend = "listen on loopback behind a proxy that ends TLS, or see that the network is your own";
        section.report().warn(&node.at, fault(wrong, mend));
    }
    Some(&node.at)
}

/// Two listeners cannot share one port.
fn apart(section: &Section<'_>, server: &Server, at: Option<&Spot>) {
    let (one, other) = (server.listen, server.admin_listen);
    let overlap = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    if let Some(at) = at.filter(|_| one.port() == other.port() && one.port() != 0 && overlap) {
        section.report().error(at, fault("listen and admin_listen take the same port", "give one of them another"));
    }
}

fn times(section: &mut Section<'_>, server: &mut Server) {
    let limits = [
        ("request_timeout", &mut server.request_timeout),
        ("header_timeout", &mut server.header_timeout),
        ("idle_timeout", &mut server.idle_timeout),
    ];
    for (key, limit) in limits {
        *limit = section.read(key, some_duration).unwrap_or(*limit);
    }
    server.drain = section.read("drain", duration).unwrap_or(server.drain);
}

fn sizes(section: &mut Section<'_>, server: &mut Server) {
    server.max_body = section.read("max_body", size).unwrap_or(server.max_body);
    let limits = [
        ("max_batch", &mut server.max_batch),
        ("max_connections", &mut server.max_connections),
        ("max_in_flight", &mut server.max_in_flight),
    ];
    for (key, limit) in limits {
        *limit = section.read(key, bound).unwrap_or(*limit);
    }
}

/// How many of something at once: at least one.
fn bound(node: &Node) -> Result<usize, Fault> {
    let number = usize::try_from(number(node)?).ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| fault("the number is out of range", format!("write 1 to {MOST}")))
}

const MOST: usize = 1_000_000_000;

/// How callers reach the service: what RFC 9728 calls the resource's identifier.
fn public_url(node: &Node) -> Result<String, Fault> {
    let text = some_text(node)?;
    let like = "write one such as \"https://uploads.example.com\"";
    let url = places::url(text, like)?;
    if url.query().is_some() {
        return Err(fault("a query belongs to no service's address", like));
    }
    // it stands in a header, in quotes
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte)) {
        return Err(fault("a URL has such characters percent-encoded only", like));
    }
    Ok(text.strip_suffix('/').unwrap_or(text).to_owned())
}

/// An origin as browsers send it (RFC 6454, 6.2): nothing but scheme, host and a port that is not the default.
fn origin(node: &Node) -> Result<String, Fault> {
    let text = some_text(node)?;
    let like = "write one such as \"https://app.example.com\"";
    if matches!(text, "*" | "null") {
        return Err(fault(format!("{text:?} would let anyone's pages in"), "name the origins of your own pages"));
    }
    let url = Url::parse(text).map_err(|_| fault("not an origin", like))?;
    let serialised = match url.origin() {
        origin if origin.is_tuple() => origin.ascii_serialization(),
        _ => format!("{}://{}", url.scheme(), authority(&url).ok_or_else(|| fault("not an origin", like))?),
    };
    match serialised == text {
        true => Ok(serialised),
        false => Err(fault("not as browsers send an origin", format!("write {serialised:?}"))),
    }
}

/// Host and port of an app's own scheme, `capacitor://localhost`.
fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?.to_ascii_lowercase();
    Some(url.port().map_or(host.clone(), |port| format!("{host}:{port}")))
}

fn client_address_header(node: &Node) -> Result<ClientAddressHeader, Fault> {
    match text(node)?.to_ascii_lowercase().as_str() {
        "forwarded" => Ok(ClientAddressHeader::Forwarded),
        "x-forwarded-for" => Ok(ClientAddressHeader::XForwardedFor),
        _ => Err(fault("no such client_address_header", "write \"x-forwarded-for\" or \"forwarded\"")),
    }
}

/// `[log]`, with the defaults of what it leaves out.
pub(super) fn log(section: Option<Section<'_>>) -> Log {
    let mut log = Log::default();
    let Some(mut section) = section else {
        return log;
    };
    log.level = section.read("level", level).unwrap_or(log.level);
    log.format = section.read("format", log_format).unwrap_or(log.format);
    section.close();
    log
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Json }
    }
}

/// A filter of `tracing`. It takes a word that is no level for a module's name, which nobody means alone.
fn level(node: &Node) -> Result<String, Fault> {
    let text = some_text(node)?;
    let wrong = || {
        let like = "write error, warn, info, debug or trace, perhaps for one part: \"info,presignd=debug\"";
        fault(format!("{text:?} is no log level"), like)
    };
    let mut bare = text.split(',').filter(|part| !part.contains(['=', '[', ']', '{', '}']));
    if bare.any(|level| level.trim().parse::<LevelFilter>().is_err()) {
        return Err(wrong());
    }
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|_| wrong())
}

fn log_format(node: &Node) -> Result<LogFormat, Fault> {
    match text(node)? {
        "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err(fault("no such log format", "write \"json\" or \"text\"")),
    }
}
