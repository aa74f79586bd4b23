//! `[[issuers]]`.

use super::*;

#[test]
fn issuers_are_checked_whole() {
    check_rows(&ISSUERS);
}

pub(super) const ISSUERS: [Row; 8] = [
    (
        "an issuer needs a name of its own, an identifier, an audience and keys",
        "issuer",
        r#"[[issuers]]
name = "my issuer"
issuer = ""
audiences = []
token_type = "at+jwt"
"#,
        &[
            "2:8: a name is 1 to 64 of the characters A-Z a-z 0-9 . _ -; rename it",
            "3:10: an empty string says nothing; write a value or remove the key",
            "4:13: audiences is empty; name at least one",
        ],
    ),
    (
        "one source of keys",
        "issuer",
        r#"[[issuers]]
issuer = "https://idp.example.com/"
audiences = ["presignd", ""]
jwks_uri = "https://idp.example.com/jwks.json"
jwks_file = "k"
token_type = "application/AT+JWT"
"#,
        &[
            "3:26: an empty string says nothing; write a value or remove the key",
            "5:13: jwks_file is a second source of keys; keep one of jwks_uri, jwks_file, hmac_secret_env, hmac_secret_file",
        ],
    ),
    (
        "an issuer is asked for its keys only where it has an address",
        "bare",
        r#"[[issuers]]
issuer = "corp"
audiences = ["presignd"]
token_type = "at+jwt"
[[issuers]]
issuer = "http://idp.example.com/"
audiences = ["presignd"]
token_type = "at+jwt"
[[issuers]]
issuer = "https://idp.example.com/?tenant=a"
name = "query"
audiences = ["presignd"]
token_type = "at+jwt"
[[issuers]]
issuer = "https://u@idp.example.com/"
name = "user"
audiences = ["presignd"]
token_type = "at+jwt"
"#,
        &[
            "1:1: an issuer without a source of keys is asked at its address, and has none; write issuer as an https URL without a query, or add one of jwks_uri, jwks_file, hmac_secret_env, hmac_secret_file",
            "1:1: there is no [buckets.ALIAS]: no URL leads anywhere; add [buckets.ALIAS]",
            "1:1: there is no [[grants]]: nobody may do anything; add [[grants]]",
            "5:1: an issuer without a source of keys is asked at its address, and has none; write issuer as an https URL without a query, or add one of jwks_uri, jwks_file, hmac_secret_env, hmac_secret_file",
            "9:1: an issuer without a source of keys is asked at its address, and has none; write issuer as an https URL without a query, or add one of jwks_uri, jwks_file, hmac_secret_env, hmac_secret_file",
            "14:1: an issuer without a source of keys is asked at its address, and has none; write issuer as an https URL without a query, or add one of jwks_uri, jwks_file, hmac_secret_env, hmac_secret_file",
        ],
    ),
    (
        "a CA and a token are for keys that are fetched",
        "issuer",
        r#"[[issuers]]
issuer = "https://idp.example.com/"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
jwks_ca_file = "ca.pem"
jwks_token_file = 5
token_type = "at+jwt"
"#,
        &[
            "5:16: jwks_ca_file is for keys that are fetched, and hmac_secret_env is not; remove it, or hmac_secret_env",
            "6:19: jwks_token_file is for keys that are fetched, and hmac_secret_env is not; remove it, or hmac_secret_env",
        ],
    ),
    (
        "keys come by https, and a list is a list",
        "issuer",
        r#"[[issuers]]
issuer = "https://idp.example.com/"
audiences = "presignd"
jwks_uri = "http://idp.example.com/jwks.json"
token_type = "at+jwt"
"#,
        &[
            "3:13: a list is expected, not a string; write it in [ ]",
            "4:12: plain http is for loopback hosts only; write https",
        ],
    ),
    (
        "algorithms are of public keys, and no clock is six minutes off",
        "issuer",
        r#"[[issuers]]
issuer = "https://idp.example.com/"
audiences = ["presignd"]
jwks_uri = "https://idp.example.com/jwks.json"
algorithms = ["none", "HS256", "RS257", "ES512", "RS256"]
leeway = "6m"
audience_claims = []
scope_claims = []
required_claims = [5]
required = 1
token_type = ""
"#,
        &[
            r#"5:15: no algorithm "none" is accepted; write one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, Ed25519, EdDSA, HS256, HS384, HS512"#,
            r#"5:23: HS256 needs an HMAC secret, and this issuer has public keys; write an algorithm of public keys, such as "RS256""#,
            r#"5:32: no algorithm "RS257" is accepted; write one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, Ed25519, EdDSA, HS256, HS384, HS512"#,
            r#"5:41: no algorithm "ES512" is accepted; write one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, Ed25519, EdDSA, HS256, HS384, HS512"#,
            r#"6:10: such a leeway keeps dead tokens alive; write "5m" or less"#,
            "7:19: audience_claims is empty; name at least one",
            "9:20: a string is expected, not an integer; write it in quotes",
            "10:12: true or false is expected, not an integer; write true or false",
            "11:14: an empty string says nothing; write a value or remove the key",
        ],
    ),
    (
        "an HMAC secret has algorithms of its own, and names are unique",
        "issuer",
        r#"[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
algorithms = ["HS512", "RS256"]
token_type = "at+jwt"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
token_type = "at+jwt"
[[issuers]]
name = "app.example.com"
issuer = "urn:x"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
token_type = "jwt"
jwks_url = "x"
"#,
        &[
            r#"5:24: RS256 needs public keys, and this issuer has an HMAC secret; write "HS256", "HS384" or "HS512""#,
            "7:1: a second issuer is called app.example.com; give it a name of its own",
            r#"8:10: the issuer "https://app.example.com" is there twice; give it once, with all of its audiences"#,
            "13:8: a second issuer is called app.example.com; give it a name of its own",
            r#"18:1: unknown key "jwks_url" in [[issuers]]; write jwks_uri if that is meant"#,
            r#"24:1: with several issuers an allow must say whose tokens it is for; add issuers = ["…"] with one or more of app.example.com"#,
        ],
    ),
    (
        "algorithms are at least one",
        "any",
        r#"[[issuers]]
name = "other"
issuer = "urn:x"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
algorithms = []
token_type = "jwt"
"#,
        &[
            "6:14: algorithms is empty; name at least one",
            r#"19:1: with several issuers an allow must say whose tokens it is for; add issuers = ["…"] with one or more of other, app.example.com"#,
        ],
    ),
];
