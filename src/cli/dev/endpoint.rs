//! Where the store listens: at the endpoint that the configuration names, or if that is taken, at a free one that the
//! configuration is then told.

use std::io;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;

use super::folder::Folder;
use super::folder::FolderError;

/// What a fresh folder's configuration says.
pub const EXAMPLE: &str = include_str!("example.toml");

/// A listener for the store.
pub struct Endpoint {
    pub listener: TcpListener,
    pub address: SocketAddr,
    /// The configuration named another one, which is taken.
    pub moved: bool,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the store cannot listen: {0}")]
    Listen(#[from] io::Error),
}

impl Endpoint {
    /// Listens, and writes the configuration where it is not there or names an endpoint that is taken.
    pub fn open(folder: &Folder) -> Result<Self, EndpointError> {
        let text = folder.text_or(Folder::CONFIGURATION, EXAMPLE)?;
        let named = endpoint_in(&text);
        let (listener, moved) = match named.map(TcpListener::bind) {
            Some(Ok(listener)) => (listener, false),
            Some(Err(_)) => (anywhere()?, true),
            None => (anywhere()?, false),
        };
        let address = listener.local_addr()?;
        if let (Some(named), true) = (named, moved) {
            folder.write(Folder::CONFIGURATION, &text.replace(&url(named), &url(address)))?;
        }
        Ok(Self { listener, address, moved })
    }
}

fn anywhere() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// The first endpoint on loopback; `None` where all buckets are elsewhere.
fn endpoint_in(configuration: &str) -> Option<SocketAddr> {
    configuration.lines().find_map(|line| {
        let value = line.trim_start().strip_prefix("endpoint")?.trim_start().strip_prefix('=')?;
        let address = value.trim_start().strip_prefix("\"http://")?.split_once('"')?.0;
        address.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback())
    })
}

/// With the quote that ends it, so that 808 is not found in 8081.
fn url(address: SocketAddr) -> String {
    format!("\"http://{address}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_endpoint_on_loopback_is_the_stores() {
        let cases = [
            (EXAMPLE, Some("127.0.0.1:8081")),
            ("endpoint = \"http://127.0.0.1:9\"\nendpoint = \"http://127.0.0.1:8\"", Some("127.0.0.1:9")),
            ("  endpoint=\"http://[::1]:9\" # here", Some("[::1]:9")),
            ("# endpoint = \"http://127.0.0.1:9\"", None),
            ("endpoint = \"https://s3.example.net\"", None),
            ("endpoint = \"http://192.0.2.1:9\"", None),
            ("", None),
        ];
        for (text, address) in cases {
            assert_eq!(endpoint_in(text), address.map(|address| address.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn an_endpoint_that_is_taken_moves_and_one_that_is_free_stays() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::open(parent.path()).unwrap();
        let other = anywhere().unwrap();
        let taken = other.local_addr().unwrap();
        folder.write(Folder::CONFIGURATION, &format!("endpoint = \"http://{taken}\" # mine")).unwrap();
        let first = Endpoint::open(&folder).unwrap();
        assert!(first.moved);
        assert_ne!(first.address, taken);
        let written = folder.text_or(Folder::CONFIGURATION, "").unwrap();
        assert_eq!(written, format!("endpoint = \"http://{}\" # mine", first.address));
        drop(first.listener);
        let again = Endpoint::open(&folder).unwrap();
        assert_eq!((again.address, again.moved), (first.address, false));
    }
}
