//! What a good configuration is read as.

use std::time::Duration;

use jsonwebtoken::Algorithm;

use super::*;
use crate::domain::claims::ClaimPath;
use crate::domain::grant::Claim;
use crate::domain::grant::Condition;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::grant::Quantifier;
use crate::domain::grant::ResponseMember;
use crate::domain::grant::Scalar;

fn settings(parts: &str, text: &str) -> Settings {
    match read(&whole(parts, text), &[]) {
        Ok(loaded) => loaded.settings,
        Err(diagnostics) => panic!("{diagnostics:#?}"),
    }
}

fn first_grant(text: &str) -> Grant {
    settings("grant", text).policy.grants().first().expect("a grant").clone()
}

#[test]
fn what_is_left_out_has_the_contracts_defaults() {
    let settings = settings("any", "");
    let server = &settings.server;
    assert_eq!(server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(server.admin_listen.to_string(), "127.0.0.1:9090");
    assert_eq!((server.public_url.as_deref(), server.cors_origins.len(), server.trusted_proxies.len()), (None, 0, 0));
    assert_eq!(server.client_address_header, ClientAddressHeader::XForwardedFor);
    let seconds = [server.request_timeout, server.header_timeout, server.idle_timeout, server.drain];
    assert_eq!(seconds.map(|time| time.as_secs()), [5, 5, 75, 10]);
    let bounds = [server.max_batch, server.max_connections, server.max_in_flight];
    assert_eq!((server.max_body, bounds), (4 * 1024 * 1024, [1000, 10_000, 2000]));
    assert_eq!((settings.log.level.as_str(), settings.log.format), ("info", LogFormat::Json));
    assert_eq!((settings.expiry.default.seconds(), settings.expiry.max.seconds()), (900, 43_200));
    assert!(!settings.expiry.within_token);
    assert_eq!((settings.audit.sink, settings.audit.required, settings.audit.sync), (AuditSink::Stdout, true, false));
    let limits = settings.rate_limits;
    assert!(limits.per_address.is_none() && limits.per_subject.is_none() && limits.global.is_none());
    assert_eq!(settings.credentials.len(), 1);
    assert_eq!(settings.credentials[0].0.as_str(), "main");
    let [issuer] = settings.issuers.as_slice() else { panic!("one issuer") };
    assert_eq!(issuer.name.as_str(), "app.example.com");
    assert_eq!(
        (&*issuer.audience_claims, &*issuer.scope_claims),
        (&["aud".to_owned()][..], &["scope".to_owned(), "scp".to_owned()][..])
    );
    assert_eq!((issuer.leeway, issuer.required), (Duration::from_secs(30), false));
    assert_eq!(issuer.algorithms, [Algorithm::HS256]);
    let [bucket] = settings.policy.buckets() else { panic!("one bucket") };
    assert!(bucket.log_id);
    assert_eq!((bucket.read_credentials.as_str(), bucket.write_credentials.as_str()), ("main", "main"));
}

#[test]
fn an_issuer_is_called_by_its_host_or_by_itself() {
    let rows = [
        ("https://idp.example.com/realms/a", "idp.example.com"),
        ("https://idp.example.com:8443", "idp.example.com"),
        ("urn:example:idp", "urn:example:idp"),
        ("idp.example.com", "idp.example.com"),
        ("accounts google", "accounts google"),
    ];
    for (issuer, name) in rows {
        let text =
            format!("[[issuers]]\nissuer = {issuer:?}\naudiences = [\"a\"]\njwks_uri = \"http://127.0.0.1:1/\"\n");
        let settings = settings("issuer", &text);
        assert_eq!((settings.issuers[0].name.as_str(), settings.issuers[0].issuer.as_str()), (name, issuer));
        assert_eq!(settings.issuers[0].algorithms, [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]);
    }
}

#[test]
fn a_token_type_is_kept_without_application_in_lower_case() {
    for (written, kept) in [("at+jwt", "at+jwt"), ("application/AT+JWT", "at+jwt"), ("JWT", "jwt")] {
        let text = ISSUER.replace("\"at+jwt\"", &format!("{written:?}"));
        assert_eq!(settings("issuer", &text).issuers[0].token_type.as_deref(), Some(kept), "{written}");
    }
}

#[test]
fn an_hmac_secret_is_its_bytes_less_one_newline() {
    let rows: [(&[u8], Option<&[u8]>); 5] = [
        (b"0123456789abcdef0123456789abcdef", Some(b"0123456789abcdef0123456789abcdef")),
        (b"0123456789abcdef0123456789abcdef\n", Some(b"0123456789abcdef0123456789abcdef")),
        (b"0123456789abcdef0123456789abcdef\n\n", Some(b"0123456789abcdef0123456789abcdef\n")),
        (b"0123456789abcdef0123456789abcde\n", None),
        (b"", None),
    ];
    let folder = tempfile::tempdir().unwrap();
    let text = whole("issuer", &ISSUER.replace("hmac_secret_env = \"JWT_SECRET\"", "hmac_secret_file = \"secret\""));
    for (bytes, expected) in rows {
        std::fs::write(folder.path().join("secret"), bytes).unwrap();
        let found = parse(text.as_bytes(), &folder.path().join("p.toml"), &environment(&[]));
        let found = found.map(|loaded| match &loaded.settings.issuers[0].keys {
            KeySource::Hmac(Some(secret)) => secret.expose().to_vec(),
            other => panic!("{other:?}"),
        });
        assert_eq!(found.as_deref().ok(), expected, "{bytes:?}");
        if let Err(diagnostics) = found {
            let text = diagnostics.iter().map(Diagnostic::to_string).collect::<String>();
            assert!(text.contains(", fewer than 32;") && !text.contains("0123"), "{text}");
        }
    }
}

#[test]
fn an_absent_secret_leaves_the_issuer_without_one() {
    let text = whole("issuer", &ISSUER.replace("JWT_SECRET", "NOT_SET"));
    let loaded = read(&text, &[]).unwrap();
    assert!(matches!(loaded.settings.issuers[0].keys, KeySource::Hmac(None)));
    assert_eq!(loaded.warnings.len(), 1);
}

#[test]
fn paths_of_the_file_start_at_its_folder() {
    let text = r#"
[audit]
path = "logs/audit.jsonl"
[credentials.main]
provider = "file"
path = "/etc/credentials.json"
"#;
    let loaded = parse(whole("any", text).as_bytes(), Path::new("/etc/presignd/p.toml"), &environment(&[])).unwrap();
    assert_eq!(loaded.settings.audit.sink, AuditSink::File("/etc/presignd/logs/audit.jsonl".into()));
    let CredentialsProvider::Local(CredentialsSource::File { path }) = &loaded.settings.credentials[0].1 else {
        panic!("a file")
    };
    assert_eq!(path, Path::new("/etc/credentials.json"));
}

#[test]
fn a_condition_is_a_scalar_a_list_or_all_of_a_list() {
    let grant = first_grant(
        r#"
[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["read"]
[grants.when]
scope = "uploads"
groups = ["editors", "admins"]
staff = { all = ["legal", "staff"] }
realm_access.roles = "editor"
"https://acme.com/tenant" = 7
verified = true
nested = { all = "x", other = 1.5 }
single = { all = "y" }
"#,
    );
    let text = |value: &str| Scalar::String(value.to_owned());
    let at = |names: &[&str]| Claim::At(ClaimPath::of(names.iter().copied()).expect("a name"));
    let any = |claim, values| Condition { claim, quantifier: Quantifier::Any, values };
    let expected = [
        any(Claim::Scope, vec![text("uploads")]),
        any(at(&["groups"]), vec![text("editors"), text("admins")]),
        Condition { claim: at(&["staff"]), quantifier: Quantifier::All, values: vec![text("legal"), text("staff")] },
        any(at(&["realm_access", "roles"]), vec![text("editor")]),
        any(at(&["https://acme.com/tenant"]), vec![Scalar::Integer(7)]),
        any(at(&["verified"]), vec![Scalar::Bool(true)]),
        any(at(&["nested", "all"]), vec![text("x")]),
        any(at(&["nested", "other"]), vec![Scalar::Float(1.5)]),
        any(at(&["single", "all"]), vec![text("y")]),
    ];
    assert_eq!(grant.when, expected);
}

#[test]
fn a_grants_limits_are_read() {
    let grant = first_grant(
        r#"
[[grants]]
name = "a"
issuers = ["app.example.com"]
bucket = "media"
prefix = "in/"
actions = ["write", "GetObject"]
enabled = false
max_expires = "2h"
credentials = "main"
[grants.upload]
max_size = "100MiB"
content_types = ["image/png", "image/*"]
require_checksum = true
write_once = true
storage_classes = ["DEEP_ARCHIVE"]
tags = ["case"]
metadata = false
set_metadata = { Owner = "{sub}", presignd-id = "{id}" }
set_tags = { Owner = "{sub}" }
key_template = "{date}/{id}{ext}"
[grants.download]
overrides = ["cache_control", "expires"]
force_attachment = true
stable = true
[grants.require]
source_ips = ["192.0.2.7", "2001:db8::/32"]
"#,
    );
    assert!(!grant.enabled);
    assert_eq!(
        (grant.max_expires.seconds(), grant.credentials.as_ref().map(|name| name.as_str())),
        (7200, Some("main"))
    );
    let upload = &grant.upload;
    assert_eq!((upload.max_size, upload.require_checksum, upload.write_once), (Some(104_857_600), true, true));
    assert_eq!((upload.metadata, &*upload.tags), (false, &["case".to_owned()][..]));
    assert_eq!(upload.storage_classes.iter().map(|class| class.as_str()).collect::<Vec<_>>(), ["DEEP_ARCHIVE"]);
    assert_eq!(upload.set_metadata.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["owner", "presignd-id"]);
    assert_eq!(upload.set_tags.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Owner"]);
    assert!(upload.key_template.is_some());
    assert_eq!(grant.download.overrides, [ResponseMember::CacheControl, ResponseMember::Expires]);
    assert!(grant.download.force_attachment && grant.download.stable);
    let nets = grant.source_ips.expect("addresses");
    assert_eq!(nets.iter().map(ToString::to_string).collect::<Vec<_>>(), ["192.0.2.7/32", "2001:db8::/32"]);
}

#[test]
fn max_expires_is_an_hour_or_the_services_maximum() {
    for (max, expected) in [("30m", 1800), ("2h", 3600)] {
        let settings = settings("any", &format!("[expiry]\nmax = {max:?}\n"));
        assert_eq!(settings.policy.grants()[0].max_expires.seconds(), expected, "{max}");
    }
}

#[test]
fn a_deny_is_for_every_issuer_and_every_action_unless_it_says_so() {
    let grant = first_grant("[[grants]]\nname = \"a\"\neffect = \"deny\"\nbucket = \"media\"\nkey = \"x\"\n");
    assert_eq!((grant.effect, grant.issuers.len(), grant.actions.len()), (Effect::Deny, 0, 0));
}

#[test]
fn a_bucket_at_a_store_is_found_by_its_endpoint() {
    let text = r#"
[credentials.reader]
provider = "environment"
[credentials.writer]
provider = "environment"
[buckets.media]
bucket = "acme"
endpoint = "http://127.0.0.1:9000/s3/"
store = "minio"
credentials = { read = "reader", write = "writer" }
underlying = "behind"
log_id = false
use_arn_region = false
access_log = { bucket = "logs" }
"#;
    let settings = settings("bucket", text);
    let [bucket] = settings.policy.buckets() else { panic!("one bucket") };
    let target = &bucket.target;
    assert_eq!((target.authority.as_str(), target.base_path.as_str()), ("127.0.0.1:9000", "/s3/acme"));
    assert_eq!(target.region, "us-east-1");
    assert_eq!((bucket.read_credentials.as_str(), bucket.write_credentials.as_str()), ("reader", "writer"));
    let underlying: Vec<_> = bucket.underlying.iter().map(|name| name.as_str()).collect();
    assert_eq!((underlying, bucket.log_id), (vec!["behind"], false));
}

#[test]
fn sections_keep_what_they_say() {
    let text = r#"
[server]
listen = "[::1]:0"
admin_listen = "127.0.0.1:0"
public_url = "https://uploads.example.com/base/"
cors_origins = ["https://app.example.com", "http://localhost:5173", "capacitor://localhost"]
trusted_proxies = ["10.20.0.5", "10.20.0.0/16"]
client_address_header = "Forwarded"
drain = "0s"
redirects = true
[log]
level = "info,presignd=debug"
format = "text"
[rate_limits]
per_address = { rate = "100/s", burst = 400 }
report_only = true
store = "memory"
[audit]
required = false
sync = true
"#;
    let settings = settings("any", text);
    let server = &settings.server;
    assert_eq!((server.listen.to_string(), server.admin_listen.port()), ("[::1]:0".to_owned(), 0));
    assert_eq!(server.public_url.as_deref(), Some("https://uploads.example.com/base"));
    assert_eq!(server.cors_origins, ["https://app.example.com", "http://localhost:5173", "capacitor://localhost"]);
    assert_eq!(
        server.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.20.0.5/32", "10.20.0.0/16"]
    );
    assert_eq!((server.client_address_header, server.drain), (ClientAddressHeader::Forwarded, Duration::ZERO));
    assert!(server.redirects);
    assert_eq!((settings.log.level.as_str(), settings.log.format), ("info,presignd=debug", LogFormat::Text));
    let per_address = settings.rate_limits.per_address.expect("a limit");
    assert_eq!((per_address.count.get(), per_address.burst.get(), settings.rate_limits.report_only), (100, 400, true));
    assert_eq!((settings.audit.sink, settings.audit.required, settings.audit.sync), (AuditSink::Stdout, false, true));
}

#[test]
fn a_file_of_keys_that_holds_none_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
jwks_file = "jwks.json"
token_type = "at+jwt"
[[issuers]]
issuer = "https://idp.example.com"
audiences = ["presignd"]
jwks_ca_file = "ca.pem"
jwks_token_file = "token"
token_type = "at+jwt"
[credentials.main]
provider = "file"
path = "credentials.json"
[credentials.profile]
provider = "profile"
profile = "uploads"
credentials_file = "credentials"
[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
credentials = "main"
"#;
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let good =
        ["{\"keys\": []}", pem, "a.b.c\n", "{\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"b\"}", "[uploads]\n"];
    let bad = ["{\"keys\": 5}", "-----BEGIN CERTIFICATE-----\n", "a b", "{\"AccessKeyId\": \"a\"}", "[other]\n"];
    let places = ["5:13", "10:16", "11:19", "15:8", "19:20"].map(|place| format!("{place}: warning: "));
    for (written, expected) in [(good, Vec::new()), (bad, places.to_vec())] {
        let names = ["jwks.json", "ca.pem", "token", "credentials.json", "credentials"];
        for (name, text) in names.iter().zip(written) {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let file = folder.path().join("p.toml");
        let warnings =
            parse(format!("{text}{GRANT}issuers = [\"app.example.com\"]").as_bytes(), &file, &environment(&[]))
                .expect("no error")
                .warnings;
        let said: Vec<_> = warnings.iter().map(Diagnostic::to_string).collect();
        assert_eq!(said.len(), expected.len(), "{said:#?}");
        for (line, start) in said.iter().zip(expected) {
            assert!(line.contains(&start) && line.contains(" holds no "), "{line}");
        }
    }
}
