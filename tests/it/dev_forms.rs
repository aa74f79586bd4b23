//! Forms at `presignd dev`: its store holds all that a form's policy binds.

use serde_json::Value;
use serde_json::json;

use crate::dev::Dev;
use crate::support::bound;
use crate::support::bound::Place;
use crate::support::client::Reply;
use crate::support::eventually;
use crate::support::form::Posted;
use crate::support::now;
use crate::support::rfc3339;
use crate::support::setting::with;

const BODY: &str = "The quick brown fox.";
const SHA256: &str = "QuJd04brVbVts0r1Nfq1Ix24zxtYivlbycMu+ElQf8U=";
const REDIRECT: &str = "https://app.example/done?x=1";

/// What Alice may post, beside what the example allows.
const GRANTS: &str = r#"
[[grants]]
name = "forms"
bucket = "vault"
prefix = "forms/{sub}/"
actions = ["read", "PostObject"]
[grants.upload]
max_size = "1KiB"
content_types = ["image/png", "text/*"]
storage_classes = ["STANDARD", "STANDARD_IA"]
tags = ["case"]
object_lock = { max_retention = "30d", legal_hold = true }
kms_key_ids = ["alias/a"]
post_key_prefix = true
post_type_prefix = true
post_redirects = ["https://app.example/done?x=1"]
"#;

struct Alice {
    dev: Dev,
    token: String,
}

impl Alice {
    fn with(grants: &str) -> Self {
        let dev = Dev::with_grants(grants);
        Self { token: dev.token("alice"), dev }
    }

    fn ask(&self, operation: &str, key: &str, more: &Value) -> Reply {
        let mut body = with(json!({"operation": operation, "bucket": "vault"}), more);
        if body.get("key_prefix").is_none() {
            body["key"] = json!(format!("forms/alice/{key}"));
        }
        self.dev.ask(&self.token, &body)
    }

    #[track_caller]
    fn form(&self, key: &str, more: &Value) -> Posted {
        let lock = json!({"object_lock": {"mode": "GOVERNANCE", "retain_until": rfc3339(now() + 86_400)},
                          "checksum": {"algorithm": "SHA256", "value": SHA256}});
        let reply = self.ask("PostObject", key, &with(lock, more));
        assert_eq!(reply.status, 200, "{more}: {}", reply.text());
        Posted::of(&reply.json(), "a b.png", 0)
    }

    /// What is there, by a URL of its own.
    fn found(&self, key: &str) -> Reply {
        let request = json!({"operation": "GetObject", "bucket": "vault", "key": format!("forms/alice/{key}")});
        self.dev.issued(&self.token, &request).send()
    }
}

fn everything() -> Value {
    json!({
        "content_type": "image/png",
        "content_length_range": [10, 30],
        "metadata": {"owner": "alice"},
        "tags": {"case": "a<b & c"},
        "storage_class": "STANDARD_IA",
        "server_side_encryption": {"algorithm": "aws:kms", "kms_key_id": "alias/a", "context": {"t": "1"}, "bucket_key": true},
        "object_lock": {"mode": "COMPLIANCE", "retain_until": rfc3339(now() + 86_400), "legal_hold": true},
        "success_action_status": 201,
    })
}

#[test]
fn what_a_form_says_is_what_the_object_has_and_nothing_else_gets_in() {
    let alice = Alice::with(GRANTS);
    let form = alice.form("x", &everything());
    for (size, what) in [(9, "smaller"), (31, "larger"), (0, "none"), (5000, "much larger"), (20, "of another sum")] {
        form.refused("x".repeat(size), what);
    }
    for name in form.fields.keys() {
        let another = if name == "x-amz-date" { "20200101T000000Z" } else { "another" };
        form.with(name, another).refused(BODY, &format!("another {name}"));
        form.without(name).refused(BODY, &format!("no {name}"));
    }
    for (name, value) in [("acl", "public-read"), ("Cache-Control", "no-cache"), ("x-amz-meta-more", "1")] {
        form.with(name, value).refused(BODY, &format!("{name} besides"));
    }
    let elsewhere = Posted { url: form.url.replace("dev-vault", "dev-media"), ..form.clone() };
    assert_ne!(elsewhere.url, form.url);
    elsewhere.refused(BODY, "another bucket");
    assert_eq!(alice.found("x").status, 404);

    let reply = form.send(BODY);
    assert_eq!(reply.status, 201, "{}", reply.text());
    for told in ["<PostResponse>", "<Bucket>dev-vault</Bucket>", "<Key>forms/alice/x</Key>", "<ETag>"] {
        assert!(reply.text().contains(told), "{told} in {}", reply.text());
    }
    let found = alice.found("x");
    assert_eq!((found.status, found.text().as_str()), (200, BODY));
    let until = form.fields["x-amz-object-lock-retain-until-date"].as_str();
    for (name, value) in [
        ("content-type", "image/png"),
        ("x-amz-meta-owner", "alice"),
        ("x-amz-tagging-count", "1"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "alias/a"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-object-lock-legal-hold", "ON"),
    ] {
        assert_eq!(found.header(name), Some(value), "{name}: {:?}", found.headers);
    }
    let kept = found.header("x-amz-object-lock-retain-until-date").unwrap_or_default();
    assert_eq!(kept.get(..19), until.get(..19), "{kept} is {until}");
}

#[test]
fn the_tail_of_a_forms_key_and_type_is_its_holders_and_its_answer_is_as_told() {
    let alice = Alice::with(GRANTS);
    let open = json!({"key_prefix": "forms/alice/in/", "content_type_prefix": "text/"});
    let form = alice.form("", &open).with("Content-Type", "text/csv");
    assert_eq!(form.send(BODY).status, 204);
    let found = alice.found("in/a b.png");
    assert_eq!((found.text().as_str(), found.header("content-type")), (BODY, Some("text/csv")));
    for (what, other) in [
        ("a key outside", form.with("key", "forms/alice/other")),
        ("a type outside", form.with("Content-Type", "image/png")),
        ("a type outside besides", form.with("Content-Type", "text/csv,image/png")),
        ("no type", form.without("Content-Type")),
    ] {
        other.refused(BODY, what);
    }
    assert_eq!(form.with("key", "forms/alice/in/mine").send(BODY).status, 204);
    for status in [200, 201, 204] {
        let form = alice.form("x", &json!({"content_type": "text/plain", "success_action_status": status}));
        assert_eq!(form.send(BODY).status, status);
    }
    let told = json!({"content_type": "text/plain", "success_action_redirect": REDIRECT});
    let form = alice.form("x", &told);
    let reply = form.send(BODY);
    let to = reply.header("location").unwrap_or_default();
    assert_eq!(reply.status, 303, "{}", reply.text());
    assert!(to.starts_with(&format!("{REDIRECT}&bucket=dev-vault&key=forms%2Falice%2Fx&etag=%22")), "{to}");
    form.with("success_action_redirect", "https://evil.example/").refused(BODY, "another place to go");
    let brief = alice.form("x", &json!({"content_type": "text/plain", "expires_in": 1}));
    eventually("a form is refused after its end", || (brief.send(BODY).status == 403).then_some(()));
}

/// The same is tried at a real store, which falls short in some of it.
#[test]
fn no_url_brings_an_object_that_is_larger_of_another_type_or_in_the_place_of_another() {
    let grant = "[[grants]]\nname = \"bound\"\nbucket = \"media\"\nprefix = \"bound/{sub}/\"\n\
                 actions = [\"read\", \"write\"]\nupload = { UPLOAD }\n";
    let dev = Dev::with_grants(&grant.replace("UPLOAD", bound::UPLOAD));
    let token = dev.token("alice");
    let large = json!({"operation": "PutObject", "bucket": "media", "key": "users/alice/large.html",
                       "content_type": "text/html"});
    assert_eq!(dev.issued(&token, &large).body(BODY.repeat(500_000)).send().status, 200);
    let place = Place {
        ask: &|body| dev.ask(&token, body),
        bucket: "media",
        prefix: "bound/alice/",
        other: "/dev-media/users/alice/large.html",
    };
    assert_eq!(place.gets_in(), Vec::<&str>::new());
}
