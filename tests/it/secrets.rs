//! Nothing that anyone could use comes out anywhere but in the one answer that it is for.

use serde_json::Value;
use serde_json::json;

use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::ISSUER;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::ask;
use crate::support::setting::credential_file;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;
use crate::support::tokens::Issuer;
use crate::verifier::Key;

const SESSION_TOKEN: &str = "FwoGZXIvYXdzEXAMPLE/session+token==";
const AUDIT_KEY: &str = "the-audit-key-of-32-bytes-or-more";
const FILE_SECRET: &str = "FileSecretAccessKeyEXAMPLE+of/a/file";
const FILE_SESSION_TOKEN: &str = "file-session-token-EXAMPLE";

/// 32 bytes in base64.
const CLIENT_KEY: &str = "TWFueSBzZWNyZXQgYnl0ZXMgb2YgYSBjbGllbnQhISE=";

/// What a device shows.
const MFA_CODE: &str = "20899872 301749";

const CONFIG: &str = r#"
    [server]
    redirects = true
    [audit]
    path = "audit.jsonl"
    chain_key_env = "AUDIT_KEY"
    [log]
    level = "trace"
    [rate_limits]
    per_subject = { rate = "1/h", burst = 80 }
    [credentials.main]
    provider = "environment"
    [credentials.file]
    provider = "file"
    path = "credentials.json"
    [buckets.media]
    bucket = "acme-media"
    region = "eu-west-1"
    credentials = "main"
    [buckets.other]
    bucket = "acme-other"
    region = "eu-west-1"
    credentials = "file"
    [[grants]]
    name = "media"
    bucket = "media"
    prefix = ""
    actions = ["read", "write", "delete_version"]
    require = { mfa = "never" }
    upload = { sse_c = true }
    [[grants]]
    name = "other"
    bucket = "other"
    prefix = ""
    actions = ["read", "write"]
"#;

fn configured() -> Presignd {
    let key = Key { id: "AKIDFILE", secret: FILE_SECRET, session_token: Some(FILE_SESSION_TOKEN) };
    let file = credential_file(key, None);
    setting(&[CONFIG, ISSUER])
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .env("AUDIT_KEY", AUDIT_KEY)
        .file("credentials.json", file)
}

/// What must not be found: each as it stands, and percent-encoded.
struct Hidden(Vec<(String, String)>);

impl Hidden {
    fn add(&mut self, what: &str, secret: &str) {
        let encoded = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
        self.0.push((what.to_owned(), secret.to_owned()));
        self.0.push((format!("{what}, encoded"), encoded));
    }

    /// The whole token, and its signature alone, which is enough where the rest can be guessed.
    fn add_token(&mut self, what: &str, token: &str) {
        self.add(what, token);
        self.add(&format!("{what}'s signature"), token.rsplit('.').next().unwrap());
        self.add(&format!("{what}'s claims"), token.split('.').nth(1).unwrap());
    }

    #[track_caller]
    fn look(&self, place: &str, text: &str) {
        assert!(!text.is_empty(), "nothing was looked at in {place}");
        for (what, secret) in &self.0 {
            if let Some(at) = text.find(secret.as_str()) {
                let from = text[..at].rfind('\n').map_or(0, |line| line + 1);
                panic!("{what} in {place}: {}", text[from..].lines().next().unwrap());
            }
        }
        assert!(!text.contains("X-Amz-Signature="), "a signed URL in {place}");
    }
}

fn hidden() -> Hidden {
    let mut hidden = Hidden(Vec::new());
    for (what, secret) in [
        ("the issuer's secret", CORP_SECRET),
        ("the secret key", SECRET_ACCESS_KEY),
        ("the session token", SESSION_TOKEN),
        ("the file's secret key", FILE_SECRET),
        ("the file's session token", FILE_SESSION_TOKEN),
        ("a client's key", CLIENT_KEY),
        ("a device's code", MFA_CODE),
        ("the key of the audit's chain", AUDIT_KEY),
    ] {
        hidden.add(what, secret);
    }
    hidden
}

fn signature(answer: &Value) -> String {
    if let Some(of_form) = answer["fields"]["x-amz-signature"].as_str() {
        return of_form.to_owned();
    }
    let url = answer["url"].as_str().unwrap_or_else(|| panic!("{answer:#}"));
    url.split_once("X-Amz-Signature=").unwrap().1.split('&').next().unwrap().to_owned()
}

#[test]
fn no_log_audit_line_metric_or_error_carries_a_secret_a_token_or_a_signature() {
    let service = configured().serve();
    let mut hidden = hidden();
    let mut errors = String::new();
    let stranger = Issuer::hmac("a-stranger-with-a-secret-of-32-bytes");
    let good = token();
    let tokens = [
        ("a good token", good.clone()),
        ("an expired token", token_with(&json!({"exp": now() - 600}))),
        ("a token that is not yet valid", token_with(&json!({"nbf": now() + 600}))),
        ("another audience's token", token_with(&json!({"aud": "elsewhere-entirely"}))),
        (
            "a stranger's token",
            stranger.token(&json!({"iss": "https://idp.example/", "aud": "presignd", "exp": now() + 600})),
        ),
        ("a token of nobody", token_with(&json!({"iss": "https://nobody.example"}))),
        ("garbage", "eyJnYXJiYWdl.eyJvZiI6Im1pbmUi.c2lnbmF0dXJlLW9mLWdhcmJhZ2U".to_owned()),
    ];
    let encrypted = |key: Value| with(ask("GetObject", "media", "f"), &json!({"server_side_encryption": key}));
    let bodies = [
        encrypted(json!({"algorithm": "customer", "key": CLIENT_KEY})),
        encrypted(json!({"algorithm": "AES256", "key": CLIENT_KEY})),
        encrypted(json!({"algorithm": "customer", "key": CLIENT_KEY, "keys": [CLIENT_KEY]})),
        encrypted(json!({"algorithm": "customer", "key": format!("{CLIENT_KEY}=")})),
        with(
            ask("PutObject", "media", "g"),
            &json!({"server_side_encryption": {"algorithm": "customer", "key": CLIENT_KEY}}),
        ),
        with(
            ask("PostObject", "media", "h"),
            &json!({"server_side_encryption": {"algorithm": "customer", "key": CLIENT_KEY}}),
        ),
        with(ask("DeleteObject", "media", "i"), &json!({"version_id": "v", "mfa": MFA_CODE})),
        with(ask("DeleteObject", "media", "i"), &json!({"mfa": MFA_CODE})),
        with(ask("DeleteObject", "other", "i"), &json!({"version_id": "v", "mfa": MFA_CODE})),
        with(ask("DeleteObject", "media", "i"), &json!({"version_id": "v", "mfa": format!("{MFA_CODE} ")})),
        ask("GetObject", "media", "a"),
        ask("PutObject", "other", "b"),
        ask("GetObject", "nowhere", "c"),
        with(ask("GetObject", "media", "d"), &json!({"expires_in": 1_000_000})),
        with(ask("GetObject", "media", "e"), &json!({"stable": true})),
        json!({"operation": "GetObject", "token": good, "key": SECRET_ACCESS_KEY}),
    ];
    for (what, token) in &tokens {
        hidden.add_token(what, token);
        for body in &bodies {
            let reply = service.post(token, "/v1/presign", body);
            match reply.status {
                200 => hidden.add("a URL's signature", &signature(&reply.json())),
                _ => errors.push_str(&reply.text()),
            }
        }
        service.get(token, "/v1/grants");
        let redirect = service.get(token, "/v1/objects/media/a");
        match redirect.header("location") {
            Some(url) => hidden.add("a redirect's signature", &signature(&json!({"url": url}))),
            None => errors.push_str(&redirect.text()),
        }
        // Where a token does not belong: it must not be repeated from there either.
        errors.push_str(&service.call("GET", &format!("/v1/grants?access_token={token}")).send().text());
        errors.push_str(&service.call("GET", &format!("/{token}")).send().text());
        errors.push_str(
            &service.call("GET", "/v1/grants").header("authorization", &format!("Basic {token}")).send().text(),
        );
    }
    let batch = json!({"requests": vec![ask("GetObject", "media", "a"); 20]});
    let results = service.post(&good, "/v1/presign/batch", &batch).json()["results"].clone();
    for result in results.as_array().unwrap() {
        hidden.add("a URL's signature in a batch", &signature(result));
    }
    let parts = json!({
        "bucket": "media", "key": "a", "upload_id": "u", "content_length": 1, "part_size": 5 << 20, "parts": [1],
        "include": ["complete"], "server_side_encryption": {"algorithm": "customer", "key": CLIENT_KEY},
    });
    let steps = service.post(&good, "/v1/uploads/parts", &parts).json();
    for step in [&steps["parts"][0], &steps["complete"]] {
        hidden.add("a step's signature", &signature(step));
    }
    errors.push_str(&service.post(&good, "/v1/uploads/parts", &with(parts, &json!({"parts": [2]}))).text());
    while service.post(&good, "/v1/presign", &ask("GetObject", "media", "a")).status == 200 {}
    service.presignd.write("credentials.json", format!("{{\"Version\": 1, \"SecretAccessKey\": \"{FILE_SECRET}\""));
    service.presignd.write("presignd.toml", format!("[[issuers]]\nhmac_secret = \"{CORP_SECRET}\"\n"));
    service.logged("the broken credentials", |line| line.to_string().contains("credentials"));
    let metrics = service.admin("/metrics").text();
    let audit = std::fs::read_to_string(service.presignd.path("audit.jsonl")).unwrap();
    let ready = service.admin("/readyz?verbose").text();
    let mut service = service;
    service.signal("TERM");
    service.ended();
    for (place, text) in [
        ("an error", &errors),
        ("the metrics", &metrics),
        ("the audit log", &audit),
        ("readyz", &ready),
        ("the log", &service.log_text()),
    ] {
        hidden.look(place, text);
    }
}

#[test]
fn no_command_prints_a_secret() {
    let presignd = configured();
    let caller = token();
    let mut hidden = hidden();
    hidden.add_token("the token", &caller);
    let get = ["GetObject", "media", "a"];
    let encrypted = |key: &str| json!({"server_side_encryption": {"algorithm": "customer", "key": key}});
    let with_key = with(ask("PutObject", "media", "a"), &encrypted(CLIENT_KEY)).to_string();
    let wrong_key = with(ask("PutObject", "media", "a"), &encrypted(&format!("{CLIENT_KEY}="))).to_string();
    for (name, arguments, stdin) in [
        ("check", vec![], ""),
        ("explain", [&["--token-file", "-"][..], &get].concat(), caller.as_str()),
        ("explain", [&["--json", "--token-file", "-"][..], &get].concat(), caller.as_str()),
        ("explain", [&["--token-file", "-"][..], &get].concat(), &caller[..caller.len() - 5]),
        ("explain", [&["--claims", "{\"sub\":\"42\"}"][..], &get].concat(), ""),
        ("explain", vec!["--claims", "{}", "--request", &with_key], ""),
        ("explain", vec!["--claims", "{}", "--json", "--request", &with_key], ""),
        ("explain", vec!["--claims", "{}", "--request", &wrong_key], ""),
    ] {
        let output = presignd.run(name, &arguments, stdin);
        hidden.look(&format!("{name} {arguments:?}"), &format!("{}{}-", output.stdout, output.stderr));
    }
    let output = presignd.run("sign", &[&["--grant", "media"][..], &get].concat(), "");
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.contains("X-Amz-Signature="), "what it was asked for");
    for (what, secret) in hidden.0.iter().filter(|(what, _)| !what.contains("session token")) {
        assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret), "{what}");
    }
}
