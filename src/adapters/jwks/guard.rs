//! How far a fetch may reach: a document from elsewhere must not lead to what only this machine or its network sees.

use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use reqwest::Url;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;

use crate::adapters::http_client::is_loopback;

/// Where an address lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Elsewhere,
    /// Where clouds keep their metadata, and with them credentials.
    LinkLocal,
    Loopback,
}

/// Where a fetch may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// The configuration says where.
    None,
    /// A document says where, from an issuer at this place: there, or elsewhere.
    NotNearerThan(Place),
    /// Nobody else would keep plain HTTP to himself.
    Loopback,
}

/// Resolves the host of one URL, to addresses within bounds alone. What it gives is what is connected to, so that no
/// second answer of the name's owner counts. Behind a proxy it is the proxy who resolves.
pub struct Guard {
    host: Box<str>,
    bounds: Bounds,
    /// Where the addresses of the host lie that it has given.
    found: Mutex<Option<Place>>,
}

/// Where clouds keep metadata at addresses that are not link-local: Alibaba Cloud's, and Azure's for its own agent.
/// <https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata>
/// <https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16>
const METADATA: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];

impl Place {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) if address.is_loopback() || address.octets().starts_with(&[0]) => Self::Loopback,
            IpAddr::V4(address) if address.is_link_local() || METADATA.contains(&address) => Self::LinkLocal,
            IpAddr::V4(_) => Self::Elsewhere,
            IpAddr::V6(address) if address.is_loopback() || address.is_unspecified() => Self::Loopback,
            IpAddr::V6(address) => match address.segments() {
                [0xfe80..=0xfebf, ..] => Self::LinkLocal,
                [0xfd00, 0xec2, ..] => Self::LinkLocal, // AWS's instance metadata, fd00:ec2::254
                [0xfd20, 0xce, ..] => Self::LinkLocal,  // Google Cloud's, fd20:ce::254
                // IPv4 within IPv6: RFC 4291, 2.5.5.1, RFC 6052, 2.1, and RFC 8215 (as a /96)
                [0, 0, 0, 0, 0, 0, high, low]
                | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
                | [0x64, 0xff9b, 1, _, _, _, high, low] => {
                    let [a, b] = high.to_be_bytes();
                    let [c, d] = low.to_be_bytes();
                    Self::of(Ipv4Addr::new(a, b, c, d).into())
                }
                _ => Self::Elsewhere,
            },
        }
    }

    /// Of a URL's host, where that alone tells: an address, or a name under `localhost`.
    fn of_host(uri: &Url) -> Option<Self> {
        let host = uri.host_str().unwrap_or_default().trim_end_matches('.');
        let address = host.trim_start_matches('[').trim_end_matches(']').parse().ok().map(Self::of);
        let is_local = is_loopback(uri) || host == "localhost" || host.ends_with(".localhost");
        address.or(is_local.then_some(Self::Loopback))
    }

    /// The one place of several addresses; of unlike ones it is elsewhere.
    fn of_all(addresses: &[SocketAddr]) -> Self {
        let mut places = addresses.iter().map(|address| Self::of(address.ip()));
        let first = places.next().unwrap_or(Self::Elsewhere);
        if places.all(|place| place == first) { first } else { Self::Elsewhere }
    }
}

impl Bounds {
    fn admit(self, place: Place) -> bool {
        match self {
            Self::None => true,
            Self::NotNearerThan(own) => place == Place::Elsewhere || place == own,
            Self::Loopback => place == Place::Loopback,
        }
    }
}

impl Guard {
    /// A guard of fetches of that URL, if it does not lie out of bounds as it stands.
    pub fn of(uri: &Url, bounds: Bounds) -> Option<Arc<Self>> {
        let place = Place::of_host(uri);
        let host = uri.host_str().unwrap_or_default().into();
        let guard = Self { host, bounds, found: Mutex::new(place) };
        place.is_none_or(|place| bounds.admit(place)).then(|| Arc::new(guard))
    }

    /// Where the host lies, as far as it was resolved here.
    pub fn place(&self) -> Place {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(Place::Elsewhere)
    }

    fn within_bounds(&self, mut addresses: Vec<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
        addresses.retain(|address| self.bounds.admit(Place::of(address.ip())));
        if addresses.is_empty() {
            return Err(io::Error::other("the host has no address that may be fetched from"));
        }
        self.found.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(Place::of_all(&addresses));
        Ok(addresses)
    }
}

/// What `reqwest` asks: the host of the URL, or that of a proxy, which the operator has named.
pub struct Resolver(pub Arc<Guard>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let addresses = match name.as_str().eq_ignore_ascii_case(&guard.host) {
                true => guard.within_bounds(addresses)?,
                false => addresses,
            };
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str) -> Url {
        Url::parse(&format!("https://{host}/")).unwrap()
    }

    #[test]
    fn an_address_lies_where_it_lies_however_it_is_written() {
        let rows = [
            ("127.0.0.1", Some(Place::Loopback)),
            ("127.255.255.254", Some(Place::Loopback)),
            ("2130706433", Some(Place::Loopback)),
            ("0x7f.1", Some(Place::Loopback)),
            ("0177.0.0.1", Some(Place::Loopback)),
            ("127.0.0.1.", Some(Place::Loopback)),
            ("%31%32%37.0.0.1", Some(Place::Loopback)),
            ("0.0.0.0", Some(Place::Loopback)),
            ("0.0.0.1", Some(Place::Loopback)),
            ("0", Some(Place::Loopback)),
            ("[::1]", Some(Place::Loopback)),
            ("[::]", Some(Place::Loopback)),
            ("[::ffff:127.0.0.1]", Some(Place::Loopback)),
            ("[::ffff:7f00:1]", Some(Place::Loopback)),
            ("[::ffff:0:0]", Some(Place::Loopback)),
            ("[::127.0.0.1]", Some(Place::Loopback)),
            ("[64:ff9b::127.0.0.1]", Some(Place::Loopback)),
            ("localhost", Some(Place::Loopback)),
            ("LOCALHOST.", Some(Place::Loopback)),
            ("idp.localhost", Some(Place::Loopback)),
            ("idp.localhost.", Some(Place::Loopback)),
            ("169.254.169.254", Some(Place::LinkLocal)),
            ("169.254.0.1", Some(Place::LinkLocal)),
            ("2852039166", Some(Place::LinkLocal)),
            ("[fe80::1]", Some(Place::LinkLocal)),
            ("[febf:ffff::1]", Some(Place::LinkLocal)),
            ("[::ffff:169.254.169.254]", Some(Place::LinkLocal)),
            ("[::ffff:a9fe:a9fe]", Some(Place::LinkLocal)),
            ("[64:ff9b::a9fe:a9fe]", Some(Place::LinkLocal)),
            ("[fd00:ec2::254]", Some(Place::LinkLocal)),
            ("[fd00:ec2::23]", Some(Place::LinkLocal)),
            ("[fd20:ce::254]", Some(Place::LinkLocal)),
            ("100.100.100.200", Some(Place::LinkLocal)),
            ("[::ffff:168.63.129.16]", Some(Place::LinkLocal)),
            ("[64:ff9b:1::a9fe:a9fe]", Some(Place::LinkLocal)),
            ("[64:ff9b:1::7f00:1]", Some(Place::Loopback)),
            ("100.100.100.201", Some(Place::Elsewhere)),
            ("128.0.0.1", Some(Place::Elsewhere)),
            ("126.255.255.255", Some(Place::Elsewhere)),
            ("1.0.0.0", Some(Place::Elsewhere)),
            ("169.253.255.255", Some(Place::Elsewhere)),
            ("169.255.0.0", Some(Place::Elsewhere)),
            ("10.0.0.1", Some(Place::Elsewhere)),
            ("[fec0::1]", Some(Place::Elsewhere)),
            ("[fe7f::1]", Some(Place::Elsewhere)),
            ("[fd00:ec3::254]", Some(Place::Elsewhere)),
            ("[::ffff:10.0.0.1]", Some(Place::Elsewhere)),
            ("[2001:db8::7f00:1]", Some(Place::Elsewhere)),
            ("idp.example.com", None),
            ("notlocalhost", None),
            ("localhost.example.com", None),
        ];
        for (host, place) in rows {
            assert_eq!(Place::of_host(&url(host)), place, "{host}");
        }
    }

    #[test]
    fn a_document_leads_no_nearer_than_its_issuer_is() {
        let own = [Place::Elsewhere, Place::LinkLocal, Place::Loopback];
        for issuer in own {
            for keys in own {
                let expected = keys == Place::Elsewhere || keys == issuer;
                assert_eq!(Bounds::NotNearerThan(issuer).admit(keys), expected, "from {issuer:?} to {keys:?}");
            }
        }
        assert!(own.iter().all(|place| Bounds::None.admit(*place)));
        assert_eq!(own.map(|place| Bounds::Loopback.admit(place)), [false, false, true]);
    }

    #[test]
    fn of_the_addresses_of_a_name_only_those_within_bounds_are_used() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
        };
        let rows: [(Bounds, &[&str], &[&str], Place); 8] = [
            (Bounds::NotNearerThan(Place::Elsewhere), &["127.0.0.1"], &[], Place::Elsewhere),
            (Bounds::NotNearerThan(Place::Elsewhere), &["169.254.169.254", "::1"], &[], Place::Elsewhere),
            (
                Bounds::NotNearerThan(Place::Elsewhere),
                &["::ffff:127.0.0.1", "10.0.0.1"],
                &["10.0.0.1"],
                Place::Elsewhere,
            ),
            (Bounds::NotNearerThan(Place::Loopback), &["127.0.0.1", "169.254.1.1"], &["127.0.0.1"], Place::Loopback),
            (Bounds::None, &["127.0.0.1", "::1"], &["127.0.0.1", "::1"], Place::Loopback),
            (Bounds::None, &["127.0.0.1", "192.0.2.1"], &["127.0.0.1", "192.0.2.1"], Place::Elsewhere),
            (Bounds::Loopback, &["192.0.2.1"], &[], Place::Elsewhere),
            (Bounds::Loopback, &["192.0.2.1", "::1"], &["::1"], Place::Loopback),
        ];
        for (bounds, given, used, place) in rows {
            let guard = Guard::of(&url("idp.example.com"), bounds).unwrap();
            let found = guard.within_bounds(addresses(given)).unwrap_or_default();
            assert_eq!((found, guard.place()), (addresses(used), place), "{bounds:?} {given:?}");
        }
    }

    #[tokio::test]
    async fn a_name_is_resolved_to_where_it_may_lead_and_a_proxys_to_anywhere() {
        let guard = Arc::new(Guard {
            host: "localhost".into(),
            bounds: Bounds::NotNearerThan(Place::Elsewhere),
            found: Mutex::new(None),
        });
        let resolver = Resolver(guard);
        let resolved = resolver.resolve("localhost".parse().unwrap()).await;
        assert!(resolved.is_err_and(|error| error.to_string().contains("no address that may be fetched from")));
        let resolver = Resolver(Guard::of(&url("idp.example.com"), Bounds::NotNearerThan(Place::Elsewhere)).unwrap());
        assert!(resolver.resolve("localhost".parse().unwrap()).await.unwrap().count() > 0);
    }
}
