//! The names of signature algorithms (RFC 7518, RFC 8037, RFC 9864): one table for configuration, tokens and keys.

use jsonwebtoken::Algorithm;

/// The algorithm of that name, if it is one that tokens may be signed with. `none` is not.
pub fn algorithm_named(name: &str) -> Option<Algorithm> {
    ALGORITHMS.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
}

/// All names, and what they stand for. `Ed25519` is `EdDSA` where no other curve is verified: RFC 9864, 2.2.
pub(super) const ALGORITHMS: [(&str, Algorithm); 13] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("Ed25519", Algorithm::EdDSA),
    ("EdDSA", Algorithm::EdDSA),
    ("HS256", Algorithm::HS256),
    ("HS384", Algorithm::HS384),
    ("HS512", Algorithm::HS512),
];
