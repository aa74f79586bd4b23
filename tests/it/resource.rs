//! `/.well-known/oauth-protected-resource` and the challenges that lead there. RFC 9728, RFC 6750.

use serde_json::json;

use crate::support::now;
use crate::support::service::Service;
use crate::support::setting::CORP;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token_with;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

const OTHERS: &str = r#"
    [[issuers]]
    name = "file"
    issuer = "https://file.example/"
    audiences = ["presignd"]
    jwks_file = "absent.json"
    [[issuers]]
    name = "found"
    issuer = "http://127.0.0.1:1/found"
    audiences = ["presignd"]
    [[issuers]]
    name = "uri"
    issuer = "https://uri.example"
    audiences = ["presignd"]
    jwks_uri = "http://127.0.0.1:1/jwks.json"
"#;

const GRANT: &str = r#"
    [[grants]]
    name = "fresh"
    issuers = ["corp"]
    bucket = "media"
    prefix = ""
    actions = ["read"]
    require = { mfa = { max_age = "5m", acr = ["c1"] } }
"#;

fn service(server: &str, others: &str) -> Service {
    setting(&[server, ISSUER, others, MEDIA, GRANT]).serve()
}

#[test]
fn the_document_names_the_service_and_whose_tokens_it_takes() {
    let of = |url: &str| format!("[server]\npublic_url = \"{url}\"\n");
    let service = service(&of("https://example.com/uploads/v2/"), OTHERS);
    let expected = json!({
        "resource": "https://example.com/uploads/v2",
        "authorization_servers": ["https://file.example/", "http://127.0.0.1:1/found", "https://uri.example"],
        "bearer_methods_supported": ["header"],
    });
    for path in [WELL_KNOWN.to_owned(), format!("{WELL_KNOWN}/uploads/v2")] {
        let reply = service.call("GET", &path).send();
        assert_eq!((reply.status, reply.json()), (200, expected.clone()), "{path}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    for path in ["/", "/uploads", "/uploads/v2/", "/uploads/v2/x", "/Uploads/v2", "/uploads%2fv2"] {
        let reply = service.call("GET", &format!("{WELL_KNOWN}{path}")).send();
        assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"), "{path}");
    }
    let reply = service.call("POST", WELL_KNOWN).send();
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET,HEAD")));
    assert!(!service.call("GET", WELL_KNOWN).send().text().contains(CORP), "a shared secret is nobody's to be given");
}

#[test]
fn without_other_issuers_or_a_public_url_nothing_is_made_up() {
    let alone = service("[server]\npublic_url = \"https://example.com\"\n", "");
    let expected = json!({"resource": "https://example.com", "bearer_methods_supported": ["header"]});
    assert_eq!(alone.call("GET", WELL_KNOWN).send().json(), expected);
    let unnamed = service("", "");
    let reply = unnamed.call("GET", WELL_KNOWN).header("host", "evil.example").send();
    assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"));
    let reply = unnamed.call("GET", "/v1/grants").header("host", "evil.example").send();
    assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"presignd\""));
}

#[test]
fn every_401_says_what_is_wrong_and_where_the_document_is() {
    let service = service("[server]\npublic_url = \"https://example.com/uploads\"\n", "");
    let metadata = ", resource_metadata=\"https://example.com/.well-known/oauth-protected-resource/uploads\"";
    let (expired, good) = (token_with(&json!({"exp": now() - 600})), token_with(&json!({})));
    let cases = [
        (None, "missing_token", "Bearer realm=\"presignd\""),
        (
            Some("garbage"),
            "invalid_token",
            "Bearer realm=\"presignd\", error=\"invalid_token\", error_description=\"the token is not accepted\"",
        ),
        (
            Some(&*expired),
            "expired_token",
            "Bearer realm=\"presignd\", error=\"invalid_token\", error_description=\"the token has expired\"",
        ),
        (
            Some(&*good),
            "insufficient_authentication",
            "Bearer realm=\"presignd\", error=\"insufficient_user_authentication\", \
             error_description=\"another authentication is needed\", max_age=\"300\", acr_values=\"c1\"",
        ),
    ];
    for (token, code, challenge) in cases {
        let call = service.call("POST", "/v1/presign").json(&ask("GetObject", "media", "a"));
        let reply = token.into_iter().fold(call, |call, token| call.bearer(token)).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, code));
        assert_eq!(reply.header("www-authenticate"), Some(&*format!("{challenge}{metadata}")), "{code}");
    }
    let refused = service.post(&good, "/v1/presign", &ask("PutObject", "media", "a"));
    assert_eq!((refused.status, refused.header("www-authenticate")), (403, None), "no other scope would do");
}
