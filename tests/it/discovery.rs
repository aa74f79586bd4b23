//! Keys that are fetched: found by the issuer alone, over https by whose certificate, with whose token.

use serde_json::json;

use crate::support::eventually;
use crate::support::idp::Idp;
use crate::support::idp::Page;
use crate::support::idp::document;
use crate::support::idp::document_at;
use crate::support::service::Service;
use crate::support::service::field;
use crate::support::service::message;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::tls::Authority;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;

/// An issuer of a configuration, with more lines, and a grant for it.
fn trusted(name: &str, issuer: &str, more: &str) -> String {
    format!(
        "[[issuers]]\nname = \"{name}\"\nissuer = \"{issuer}\"\naudiences = [\"presignd\"]\n{more}\n\
         [[grants]]\nname = \"{name}\"\nissuers = [\"{name}\"]\nbucket = \"media\"\nprefix = \"{name}/\"\n\
         actions = [\"read\"]\n"
    )
}

fn ask_as(service: &Service, key: &Issuer, name: &str, issuer: &str) -> (u16, String) {
    let token = key.token(&claims(issuer, "presignd", "42", &json!({})));
    let reply = service.post(&token, "/v1/presign", &ask("GetObject", "media", &format!("{name}/a")));
    let code = if reply.status == 200 { String::new() } else { reply.code() };
    (reply.status, code)
}

/// Why the keys of an issuer were not read.
fn reason(service: &Service, name: &str) -> String {
    let line = service.logged(&format!("why {name} has no keys"), |line| {
        message(line).starts_with("key set not read") && field(line, "issuer") == name
    });
    field(&line, "error").as_str().unwrap().to_owned()
}

#[test]
fn an_issuer_alone_says_where_its_keys_are() {
    let idp = Idp::http();
    let (key, other) = (Issuer::rsa("r1"), Issuer::ed25519("d1"));
    idp.publish("", &[&key]);
    idp.publish("/realms/b", &[&other]);
    let (root, slashed, realm) = (idp.url(""), idp.url("/c/"), idp.url("/realms/b"));
    idp.put("/c/.well-known/openid-configuration", Page::ok(&document(&slashed, &idp.url("/keys"))));
    let parts =
        [trusted("root", &root, "required = true"), trusted("slashed", &slashed, ""), trusted("realm", &realm, "")];
    let service = setting(&[&parts.concat(), MEDIA]).serve();
    service.ready();
    for (key, name, issuer) in [(&key, "root", &root), (&key, "slashed", &slashed), (&other, "realm", &realm)] {
        assert_eq!(ask_as(&service, key, name, issuer), (200, String::new()), "{name}");
        assert_eq!(
            service.metric(&format!("presignd_jwks_refreshes_total{{issuer=\"{name}\",outcome=\"success\"}}")),
            1.0
        );
    }
    assert_eq!(ask_as(&service, &other, "root", &root), (401, "invalid_token".to_owned()), "another issuer's key");
    assert_eq!(idp.asked("/.well-known/openid-configuration").len(), 1, "one flight");
    assert!(idp.asked("/keys").iter().all(|asked| asked.authorization.is_none()));
}

#[test]
fn an_issuer_that_says_it_wrongly_has_no_keys() {
    let idp = Idp::http();
    let key = Issuer::rsa("r1");
    idp.put("/keys", Page::ok(&crate::support::tokens::key_set(&[&key])));
    let keys = idp.url("/keys");
    let moved = |path: &str| Page { head: format!("302 Found\r\nlocation: {}", idp.url(path)), body: String::new() };
    let of = |path: &str, jwks_uri: &str| Page::ok(&document(&idp.url(path), jwks_uri));
    idp.put("/moved", moved("/keys"));
    let cases = [
        ("other", Page::ok(&document(&idp.url("/else"), &keys)), "the discovery document: its issuer is another"),
        ("slash", of("/slash/", &keys), "the discovery document: its issuer is another"),
        ("nokeys", Page::ok(&json!({"issuer": idp.url("/nokeys")}).to_string()), "the discovery document: it has no"),
        ("html", Page::ok("<html>"), "the discovery document: not JSON"),
        ("gone", Page { head: "404 Not Found".to_owned(), body: String::new() }, "discovery: the answer was 404"),
        ("redirected", moved("/keys/.well-known/openid-configuration"), "discovery: the answer was 302"),
        ("huge", Page::ok(&" ".repeat((1 << 20) + 1)), "discovery: the answer is larger"),
        ("metadata", of("/metadata", "https://169.254.169.254/keys"), "the discovery document's jwks_uri: it leads to"),
        ("mapped", of("/mapped", "https://[::ffff:a9fe:a9fe]/"), "the discovery document's jwks_uri: it leads to"),
        ("aws6", of("/aws6", "https://[fd00:ec2::254]/"), "the discovery document's jwks_uri: it leads to"),
        ("plain", of("/plain", "http://192.0.2.1/keys"), "the discovery document's jwks_uri: not an https URL"),
        ("file", of("/file", "file:///etc/passwd"), "the discovery document's jwks_uri: not an https URL"),
        ("onward", of("/onward", &idp.url("/moved")), "the discovery document's jwks_uri: the answer was 302"),
    ];
    let mut parts = String::new();
    for (name, page, _) in &cases {
        let path = format!("/{name}");
        idp.put(&document_at(&path), page.clone());
        parts += &trusted(name, &idp.url(&path), "");
    }
    let service = setting(&[&parts, MEDIA]).serve();
    for (name, _, begins) in &cases {
        let reason = reason(&service, name);
        assert!(reason.starts_with(begins), "{name}: {reason}");
        let issuer = idp.url(&format!("/{name}"));
        assert_eq!(ask_as(&service, &key, name, &issuer), (503, "keys_unavailable".to_owned()), "{name}");
    }
    assert_eq!(service.admin("/readyz").status, 503);
    assert!(idp.asked("/keys").is_empty(), "nothing led there");
}

#[test]
fn a_certificate_is_believed_of_the_systems_or_of_the_issuers_own_ca() {
    let (system, own) = (Authority::new(), Authority::new());
    let (known, inside, misnamed) =
        (Idp::https(&system, "localhost"), Idp::https(&own, "localhost"), Idp::https(&own, "idp.example.com"));
    let key = Issuer::ecdsa("e1");
    for idp in [&known, &inside, &misnamed] {
        idp.publish("/a", &[&key]);
    }
    let (ca, keys) = ("jwks_ca_file = \"own.pem\"", |idp: &Idp| format!("jwks_uri = \"{}\"", idp.url("/a/keys")));
    let with_ca = |idp: &Idp| format!("{}\n{ca}", keys(idp));
    let cases = [
        ("system", known.url("/a"), String::new(), true),
        ("system-keys", "urn:1".to_owned(), keys(&known), true),
        ("own", inside.url("/a"), ca.to_owned(), true),
        ("own-keys", "urn:2".to_owned(), with_ca(&inside), true),
        ("unknown", "urn:3".to_owned(), keys(&inside), false),
        ("not-the-systems", "urn:4".to_owned(), with_ca(&known), false),
        ("misnamed", "urn:5".to_owned(), with_ca(&misnamed), false),
        ("no-ca", "urn:6".to_owned(), format!("{}\njwks_ca_file = \"none.pem\"", keys(&inside)), false),
    ];
    let parts: String = cases.iter().map(|(name, issuer, more, _)| trusted(name, issuer, more)).collect();
    let presignd = setting(&[&parts, MEDIA]).file("own.pem", own.pem()).file("system.pem", system.pem());
    let system = presignd.path("system.pem").to_str().unwrap().to_owned();
    let service = presignd.env("SSL_CERT_FILE", &system).serve();
    for (name, issuer, _, believed) in &cases {
        let expected = if *believed { (200, String::new()) } else { (503, "keys_unavailable".to_owned()) };
        let answered = |answer: &(u16, String)| *answer == expected;
        eventually(name, || Some(ask_as(&service, &key, name, issuer)).filter(answered));
        if !believed {
            let reason = reason(&service, name);
            assert!(reason.contains("certificate") || reason.contains("jwks_ca_file"), "{name}: {reason}");
        }
    }
    assert!(misnamed.asked("/a/keys").is_empty());
}

#[test]
fn an_issuer_inside_a_cluster_is_shown_the_token_of_a_file() {
    let authority = Authority::new();
    let (idp, keys_elsewhere) = (Idp::https(&authority, "localhost"), Idp::https(&authority, "localhost"));
    let (plain, stranger) = (Idp::http(), Idp::http());
    let key = Issuer::rsa("r1");
    idp.publish("/a", &[&key]);
    keys_elsewhere.publish("/b", &[&key]);
    stranger.publish("/c", &[&key]);
    idp.put(&document_at("/b"), Page::ok(&document(&idp.url("/b"), &keys_elsewhere.url("/b/keys"))));
    plain.put(&document_at("/c"), Page::ok(&document(&plain.url("/c"), &stranger.url("/c/keys"))));
    let token = "jwks_token_file = \"token\"";
    let both = format!("jwks_ca_file = \"ca.pem\"\n{token}");
    let cases = [
        ("keys", "https://kubernetes.default.svc".to_owned(), format!("jwks_uri = \"{}\"\n{both}", idp.url("/a/keys"))),
        ("found", idp.url("/a"), both.clone()),
        ("elsewhere", idp.url("/b"), both.clone()),
        ("stranger", plain.url("/c"), token.to_owned()),
    ];
    let parts: String = cases.iter().map(|(name, issuer, more)| trusted(name, issuer, more)).collect();
    let service =
        setting(&[&parts, MEDIA]).file("ca.pem", authority.pem()).file("token", "service.account.token\n").serve();
    for (name, issuer, _) in &cases {
        eventually(name, || (ask_as(&service, &key, name, issuer).0 == 200).then_some(()));
    }
    let shown = |idp: &Idp, path: &str| -> Vec<_> {
        idp.asked(path).into_iter().map(|asked| asked.authorization.unwrap_or_default()).collect()
    };
    let bearer = "Bearer service.account.token";
    assert_eq!(shown(&idp, "/a/keys"), [bearer, bearer]);
    assert_eq!(shown(&idp, &document_at("/b")), [bearer]);
    assert_eq!(shown(&keys_elsewhere, "/b/keys"), [bearer], "the CA vouches for it");
    assert_eq!(shown(&plain, &document_at("/c")), [bearer]);
    assert_eq!(shown(&stranger, "/c/keys"), [""], "nobody vouches for whom the issuer names");
    assert!(!service.log_text().contains("service.account.token"), "{}", service.log_text());
}
