//! A token taken apart. Nothing that it says is to be believed yet. RFC 7515, RFC 7519.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;

use super::fault::Fault;
use crate::adapters::config::algorithm_named;
use crate::domain::claims::Claims;
use crate::domain::claims::Value;

/// The parts of a token in the compact form.
pub struct Unverified<'t> {
    header: Claims,
    /// The payload.
    pub claims: Claims,
    /// What the signature is over.
    pub signed: &'t str,
    /// In base64url.
    pub signature: &'t str,
}

impl<'t> Unverified<'t> {
    /// Takes a token apart: three parts (an encrypted one has five), duplicate members nowhere.
    pub fn read(token: &'t str) -> Result<Self, Fault> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Fault::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Fault::Malformed)?;
        Ok(Self { header: object(header)?, claims: object(payload)?, signed, signature })
    }

    /// `iss`.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.named("iss").and_then(Value::as_str)
    }

    /// Whether the header asks for what presignd does not do: `crit` (RFC 7515, 4.1.11), `b64` (RFC 7797).
    ///
    /// Its `jku`, `jwk`, `x5u` and `x5c` are passed over: keys come from the configuration's source alone. Refusing
    /// them would shut out issuers that add them to every token.
    pub fn is_extended(&self) -> bool {
        ["crit", "b64"].iter().any(|name| self.header.named(name).is_some())
    }

    /// `alg`, if it is one that presignd knows; `none` is not.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.header.named("alg").and_then(Value::as_str).and_then(algorithm_named)
    }

    /// `kid`, a string where present.
    pub fn key_id(&self) -> Result<Option<&str>, Fault> {
        match self.header.named("kid") {
            None => Ok(None),
            Some(id) => id.as_str().map(Some).ok_or(Fault::Malformed),
        }
    }

    /// Whether `typ` is this one, in any case, with or without `application/` (RFC 7515, 4.1.9).
    pub fn is_of_type(&self, wanted: &str) -> bool {
        let Some(typ) = self.header.named("typ").and_then(Value::as_str) else { return false };
        let typ = typ.to_ascii_lowercase();
        typ.strip_prefix("application/").unwrap_or(&typ) == wanted
    }
}

/// One part: base64url without padding, a JSON object. A dot left in it is no base64url.
fn object(part: &str) -> Result<Claims, Fault> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Fault::Malformed)?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| Fault::Malformed)?;
    Claims::of(value).ok_or(Fault::Malformed)
}
