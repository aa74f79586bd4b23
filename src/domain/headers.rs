//! What is signed as headers. One of them may be a client's key: no value prints, and that one is wiped.

use std::fmt;

use zeroize::Zeroize;

use crate::domain::encryption;

/// Names in lower case, sorted, with their values.
#[derive(Clone)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Takes headers in any order, names in lower case.
    pub fn of(mut pairs: Vec<(String, String)>) -> Self {
        pairs.sort_unstable();
        Self(pairs)
    }

    /// All of them.
    pub fn as_slice(&self) -> &[(String, String)] {
        &self.0
    }
}

impl Drop for Headers {
    fn drop(&mut self) {
        let keys = self.0.iter_mut().filter(|(name, _)| name == encryption::CUSTOMER_KEY);
        keys.for_each(|(_, value)| value.zeroize());
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
