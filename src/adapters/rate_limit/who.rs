//! Whose account is charged: known by a number in this process, and by a digest where replicas share it.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest;
use sha2::Sha256;

use crate::adapters::rate_limit::standing::LimitName;
use crate::domain::caller::Caller;

/// Whoever an account belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who<'a> {
    /// 4 and an address of IPv4, or 6 and a network of /64: whoever has one of its addresses has them all.
    Address(u8, u64),
    Everybody,
    /// An issuer, what knows the caller there, and its value.
    Subject(&'a str, &'a str, &'a str),
}

impl Who<'static> {
    /// An address. One of IPv4 that is written as IPv6 is IPv4.
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::Address(4, u64::from(address.to_bits())),
            IpAddr::V6(address) => Self::Address(6, (address.to_bits() >> 64) as u64),
        }
    }
}

impl<'a> Who<'a> {
    /// A caller, by `sub`, else `client_id`, else as one with all of the issuer's who have neither.
    pub fn is(caller: &'a Caller) -> Self {
        let (claim, value) = match (caller.subject(), caller.client_id()) {
            (Some(subject), _) => ("sub", subject),
            (None, Some(client_id)) => ("client_id", client_id),
            (None, None) => ("", ""),
        };
        Self::Subject(caller.issuer().as_str(), claim, value)
    }

    /// The key of his account in the store: no name in clear, the same for every replica, and all keys in one slot of a
    /// cluster (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags>), since one call
    /// charges several. 128 bits of the digest, so that nobody finds a name that shares another's account.
    pub fn key(self, limit: LimitName) -> String {
        let digest = match self {
            Self::Address(family, bits) => digest(&[&[family], &bits.to_be_bytes()]),
            Self::Everybody => return format!("{PREFIX}{}", limit.as_str()),
            Self::Subject(issuer, claim, value) => digest(&[issuer.as_bytes(), claim.as_bytes(), value.as_bytes()]),
        };
        let half = digest.first_chunk::<16>().map(|half| URL_SAFE_NO_PAD.encode(half)).unwrap_or_default();
        format!("{PREFIX}{}:{half}", limit.as_str())
    }
}

/// What all keys begin with.
pub const PREFIX: &str = "presignd:{limits}:";

/// Of parts whose lengths are told, so that no two lists of parts are one text.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Who<'static> {
        Who::at(text.parse().unwrap())
    }

    #[test]
    fn a_key_tells_no_name_and_no_two_have_one() {
        let all = [
            address("192.0.2.1"),
            address("192.0.2.2"),
            address("2001:db8:0:1::1"),
            address("0:0:c000:201::1"),
            Who::Subject("corp", "sub", "ann@example.com"),
            Who::Subject("corp", "sub", "ann@example.co"),
            Who::Subject("corp", "client_id", "ann@example.com"),
            Who::Subject("cor", "psub", "ann@example.com"),
            Who::Subject("corp", "", ""),
            Who::Everybody,
        ];
        let keys: std::collections::BTreeSet<_> = all.iter().map(|who| who.key(LimitName::PerSubject)).collect();
        assert_eq!(keys.len(), all.len(), "{keys:?}");
        for key in keys {
            assert!(key.starts_with("presignd:{limits}:per_subject") && !key.contains("ann"), "{key}");
        }
    }

    #[test]
    fn a_key_stays_the_same_from_version_to_version() {
        // Python's hashlib and base64, of the parts, each after its length in eight bytes.
        let rows = [
            (address("192.0.2.1"), "presignd:{limits}:per_address:algjc6cTvZOt2-DFMsyQWg"),
            (Who::Subject("corp", "sub", "42"), "presignd:{limits}:per_address:EbiA8BQUp_TMzN5kBzs6ZA"),
        ];
        for (who, expected) in rows {
            assert_eq!(who.key(LimitName::PerAddress), expected, "{who:?}");
        }
    }
}
