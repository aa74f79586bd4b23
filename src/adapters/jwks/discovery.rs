//! The document by which an issuer says where its keys are. OpenID Connect Discovery 1.0, 4.
//! <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig>

use crate::domain::claims::Value;

/// Why a document says nothing of where the issuer's keys are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDiscovery {
    #[error("its issuer is another than the configuration's, byte for byte")]
    Issuer,
    #[error("it has no jwks_uri")]
    NoJwksUri,
    #[error("not JSON: {0}")]
    NotJson(String),
}

/// Where the document of an issuer is: behind its path, without the slash at its end.
pub fn uri_of(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// The `jwks_uri` of a document, if it is this issuer's: else one issuer could speak for another.
pub fn jwks_uri(document: &[u8], issuer: &str) -> Result<String, InvalidDiscovery> {
    let value: Value =
        serde_json::from_slice(document).map_err(|error| InvalidDiscovery::NotJson(error.to_string()))?;
    if value.member("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(InvalidDiscovery::Issuer);
    }
    let uri = value.member("jwks_uri").and_then(Value::as_str);
    uri.map(str::to_owned).ok_or(InvalidDiscovery::NoJwksUri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_lies_behind_the_issuers_path() {
        for (issuer, uri) in [
            ("https://idp.example.com", "https://idp.example.com/.well-known/openid-configuration"),
            ("https://idp.example.com/", "https://idp.example.com/.well-known/openid-configuration"),
            ("https://idp.example.com/realms/a", "https://idp.example.com/realms/a/.well-known/openid-configuration"),
            ("https://idp.example.com/realms/a/", "https://idp.example.com/realms/a/.well-known/openid-configuration"),
        ] {
            assert_eq!(uri_of(issuer), uri);
        }
    }

    #[test]
    fn a_document_speaks_for_its_own_issuer_alone() {
        let (issuer, keys) = ("https://idp.example.com/a", "https://keys.example.com/");
        let rows = [
            (r#"{"issuer":"https://idp.example.com/a","jwks_uri":"https://keys.example.com/","x":{}}"#, Ok(keys)),
            (r#"{"issuer":"https:\/\/idp.example.com\/a","jwks_uri":"https://keys.example.com/"}"#, Ok(keys)),
            (r#"{"issuer":"https://idp.example.com/a/","jwks_uri":"k"}"#, Err(InvalidDiscovery::Issuer)),
            (r#"{"issuer":"https://IDP.example.com/a","jwks_uri":"k"}"#, Err(InvalidDiscovery::Issuer)),
            (r#"{"issuer":"https://idp.example.com:443/a","jwks_uri":"k"}"#, Err(InvalidDiscovery::Issuer)),
            (r#"{"issuer":["https://idp.example.com/a"],"jwks_uri":"k"}"#, Err(InvalidDiscovery::Issuer)),
            (r#"{"jwks_uri":"k"}"#, Err(InvalidDiscovery::Issuer)),
            ("[]", Err(InvalidDiscovery::Issuer)),
            (r#"{"issuer":"https://idp.example.com/a"}"#, Err(InvalidDiscovery::NoJwksUri)),
            (r#"{"issuer":"https://idp.example.com/a","jwks_uri":["k"]}"#, Err(InvalidDiscovery::NoJwksUri)),
        ];
        for (document, expected) in rows {
            assert_eq!(jwks_uri(document.as_bytes(), issuer), expected.map(str::to_owned), "{document}");
        }
        let twice = r#"{"issuer":"https://idp.example.com/a","jwks_uri":"k","jwks_uri":"l"}"#;
        for document in [twice, "", "<html>", r#"{"issuer":"https://idp.example.com/a"}x"#] {
            let found = jwks_uri(document.as_bytes(), issuer);
            assert!(matches!(found, Err(InvalidDiscovery::NotJson(_))), "{document}: {found:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_document_makes_it_panic(document: Vec<u8>, text in "\\PC*") {
            let _ = jwks_uri(&document, "https://idp.example.com/");
            let _ = jwks_uri(text.as_bytes(), "https://idp.example.com/");
        }
    }
}
