//! The tokens that were verified a short while ago, bounded however many callers send.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache as QuickCache;
use sha2::Digest;
use sha2::Sha256;

use super::rules::Window;
use crate::domain::caller::Caller;

/// Verified tokens by their fingerprint. The least used go first.
pub struct Cache(QuickCache<Fingerprint, Verified, BySize>);

/// A token's whole text, in 32 bytes: the text itself is not kept. Never logged either.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    digest: [u8; 32],
    bytes: usize,
}

/// A token that was verified: valid while its issuer's key set is of that generation, and `window` admits the time.
#[derive(Clone)]
pub struct Verified {
    /// The issuer's place in the configuration.
    pub issuer: usize,
    pub generation: u64,
    pub window: Window,
    pub caller: Arc<Caller>,
}

impl Fingerprint {
    /// The fingerprint of a token.
    pub fn of(token: &str) -> Self {
        Self { digest: Sha256::digest(token.as_bytes()).into(), bytes: token.len() }
    }
}

impl Cache {
    /// An empty one.
    pub fn new() -> Self {
        Self(QuickCache::with_weighter(CAPACITY as usize, CAPACITY, BySize))
    }

    /// What was found out about that token.
    pub fn get(&self, token: &Fingerprint) -> Option<Verified> {
        self.0.get(token)
    }

    /// Remembers a token, and gives back its caller.
    pub fn keep(&self, token: Fingerprint, verified: Verified) -> Arc<Caller> {
        let caller = Arc::clone(&verified.caller);
        self.0.insert(token, verified);
        caller
    }

    /// Forgets a token.
    pub fn forget(&self, token: &Fingerprint) {
        self.0.remove(token);
    }
}

/// So many tokens of up to 1 KiB; a larger one counts for as many as it has KiB, since its claims take memory.
const CAPACITY: u64 = 10_000;

#[derive(Clone)]
struct BySize;

impl Weighter<Fingerprint, Verified> for BySize {
    fn weight(&self, token: &Fingerprint, _: &Verified) -> u64 {
        token.bytes.div_ceil(1024) as u64
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::domain::claims::Claims;
    use crate::domain::name::Name;

    #[test]
    fn it_is_bounded_by_the_number_of_tokens_and_by_their_size() {
        let ends = SystemTime::UNIX_EPOCH;
        let caller = Caller::verified(Name::of_issuer("corp"), Claims::default(), &[], ends);
        let window = Window { from: ends, to: ends, expires_at: ends };
        let verified = Verified { issuer: 0, generation: 1, window, caller: Arc::new(caller) };
        for (bytes, most) in [(100, 10_000), (1024, 10_000), (1025, 5_000), (8192, 1_250)] {
            let cache = Cache::new();
            for number in 0..30_000_u64 {
                let mut digest = [0; 32];
                digest[..8].copy_from_slice(&number.to_le_bytes());
                cache.keep(Fingerprint { digest, bytes }, verified.clone());
            }
            assert!((most / 2..=most).contains(&cache.0.len()), "{bytes} bytes: {}", cache.0.len());
        }
    }
}
