//! What is signed as headers. Some of them may be secrets: no value prints, and those are wiped.

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
        wipe(self.0.iter_mut().map(|(name, value)| (&*name, value)));
    }
}

/// Whether a header of that name, or a form's field, is good for more than the one request: a client's key, the code of
/// a device, and the policy of a form, which repeats a key.
pub fn is_secret(name: &str) -> bool {
    [encryption::CUSTOMER_KEY, MFA, POLICY].contains(&name)
}

/// Wipes what is secret of headers or of a form's fields.
pub fn wipe<'a>(pairs: impl Iterator<Item = (&'a String, &'a mut String)>) {
    pairs.filter(|(name, _)| is_secret(name)).for_each(|(_, value)| value.zeroize());
}

/// S3's name for the code of an MFA device.
pub const MFA: &str = "x-amz-mfa";
/// S3's name for the policy of a form.
pub const POLICY: &str = "policy";

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
