//! Forms at a real store: what the fields say comes true, and a form used in any other way brings nothing.

use serde_json::Value;
use serde_json::json;

use crate::support::eventually;
use crate::support::form::Posted;
use crate::support::now;
use crate::works::BODY;
use crate::works::BODY_SHA256;
use crate::world::REDIRECT;
use crate::world::World;

#[track_caller]
fn issued(world: &World, alias: &str, key: &str, more: &Value) -> Posted {
    Posted::of(&world.issue("PostObject", alias, key, more).0, "a b.png", 0)
}

/// All that a form of `forms` may say of an object.
fn everything() -> Value {
    json!({
        "content_type": "image/png",
        "content_length_range": [10, 30],
        "checksum": {"algorithm": "SHA256", "value": BODY_SHA256},
        "metadata": {"owner": "alice"},
        "tags": {"case": "a<b & c"},
        "storage_class": "STANDARD",
        "success_action_status": 201,
    })
}

#[test]
fn what_a_form_says_is_what_the_object_has() {
    let Some(world) = World::built("e2e-forms") else { return };
    let form = issued(&world, "forms", "a+b/ü.png", &everything());
    let reply = form.send(BODY);
    assert_eq!(reply.status, 201, "{}", reply.text());
    for told in ["<PostResponse", "<Bucket>e2e-forms</Bucket>", "<Key>alice/a+b/ü.png</Key>", "<ETag>"] {
        assert!(reply.text().contains(told), "{told} in {}", reply.text());
    }
    let found = world.get("forms", "a+b/ü.png");
    assert_eq!((found.status, found.text().as_str()), (200, BODY));
    let rows = [
        ("content-type", "image/png"),
        ("content-length", "20"),
        ("x-amz-meta-owner", "alice"),
        ("x-amz-tagging-count", "1"),
    ];
    for (name, value) in rows {
        assert_eq!(found.header(name), Some(value), "{name}: {:?}", found.headers);
    }
}

#[test]
fn a_form_goes_to_the_bucket_however_it_is_addressed_and_signed() {
    let Some(world) = World::built("e2e-form-places") else { return };
    for alias in ["media", "session", "virtual"] {
        let form = issued(&world, alias, alias, &json!({}));
        assert_eq!(form.fields.contains_key("x-amz-security-token"), alias == "session");
        let reply = form.send(BODY);
        assert_eq!(reply.status, 204, "{alias}: {}", reply.text());
        assert_eq!(world.get(alias, alias).text(), BODY);
        if alias == "session" {
            form.without("x-amz-security-token").refused(BODY, "without the session");
        }
    }
}

#[test]
fn used_in_any_other_way_a_form_brings_nothing() {
    let Some(world) = World::built("e2e-form-misuse") else { return };
    let key = now().to_string();
    let form = issued(&world, "forms", &key, &everything());
    for (size, what) in [(9, "smaller"), (31, "larger"), (0, "none"), (5000, "much larger")] {
        form.refused("x".repeat(size), what);
    }
    for name in form.fields.keys() {
        // S3 looks at no other field's letters.
        let another = if name == "x-amz-date" { "20200101T000000Z" } else { "another" };
        form.with(name, another).refused(BODY, &format!("another {name}"));
        form.without(name).refused(BODY, &format!("no {name}"));
    }
    for (name, value) in [
        ("acl", "public-read"),
        ("Cache-Control", "no-cache"),
        ("x-amz-meta-more", "1"),
        ("x-amz-object-lock-legal-hold", "ON"),
        ("x-amz-website-redirect-location", "https://evil.example/"),
    ] {
        form.with(name, value).refused(BODY, &format!("{name} besides"));
    }
    let elsewhere = Posted { url: form.url.replace("e2e-form-misuse", "e2e-forms-elsewhere"), ..form.clone() };
    world.store.make_bucket("e2e-forms-elsewhere");
    elsewhere.refused(BODY, "another bucket");
    assert_eq!(world.get("forms", &key).status, 404);
    assert_eq!(form.send(BODY).status, 201, "and as it was meant");
}

#[test]
fn after_its_end_a_form_is_refused() {
    let Some(world) = World::built("e2e-form-end") else { return };
    let form = issued(&world, "media", "x", &json!({"expires_in": 1}));
    eventually("a form is refused after its end", || (form.send(BODY).status == 403).then_some(()));
}

#[test]
fn the_holder_of_a_form_chooses_the_tail_of_its_key_and_type_and_no_more() {
    let Some(world) = World::built("e2e-form-tail") else { return };
    let open = json!({"key_prefix": "alice/in/", "content_type_prefix": "text/"});
    let form = issued(&world, "forms", "", &open).with("Content-Type", "text/csv");
    assert_eq!(form.send(BODY).status, 204);
    let found = world.get("forms", "in/a b.png");
    assert_eq!((found.text().as_str(), found.header("content-type")), (BODY, Some("text/csv")));
    for (what, other) in [
        ("a key outside", form.with("key", "alice/other")),
        ("another's key", form.with("key", "bob/in/x")),
        ("a type outside", form.with("Content-Type", "image/png")),
        ("no type", form.without("Content-Type")),
    ] {
        other.refused(BODY, what);
    }
    form.refused("x".repeat(1025), "larger than the grant's bound");
    assert_eq!(form.with("key", "alice/in/mine").send("x".repeat(1024)).status, 204);
    assert_eq!(world.get("forms", "in/mine").body.len(), 1024);
}

#[test]
fn a_form_answers_as_it_was_told_to() {
    let Some(world) = World::built("e2e-form-answers") else { return };
    for status in [200, 201, 204] {
        let form = issued(&world, "media", "x", &json!({"success_action_status": status}));
        assert_eq!(form.send(BODY).status, status);
    }
    let form =
        issued(&world, "forms", "x", &json!({"content_type": "text/plain", "success_action_redirect": REDIRECT}));
    let reply = form.send(BODY);
    let to = reply.header("location").unwrap_or_default();
    assert_eq!(reply.status, 303, "{}", reply.text());
    assert!(to.starts_with("https://app.example/done?x=1") && to.contains("bucket=e2e-form-answers&key="), "{to}");
    form.with("success_action_redirect", "https://evil.example/").refused(BODY, "another place to go");
}

#[test]
fn a_form_is_encrypted_as_its_fields_say() {
    let Some(world) = World::built("e2e-form-encrypted") else { return };
    let plain = json!({"content_type": "text/plain"});
    let with = |encryption: Value| {
        let mut more = plain.clone();
        more["server_side_encryption"] = encryption;
        more
    };
    let kms = json!({"algorithm": "aws:kms", "kms_key_id": world.store.get("KMS_KEY")});
    let form = issued(&world, "forms", "kms", &with(kms));
    form.without("x-amz-server-side-encryption").refused(BODY, "unencrypted");
    assert_eq!(form.send(BODY).status, 204);
    let head = world.issue("HeadObject", "forms", "kms", &json!({})).used("");
    assert_eq!(head.header("x-amz-server-side-encryption"), Some("aws:kms"), "{:?}", head.headers);

    let own = json!({"algorithm": "customer", "key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="});
    let form = issued(&world, "forms", "own", &with(own.clone()));
    form.with("x-amz-server-side-encryption-customer-key", "another").refused(BODY, "another key");
    let reply = form.send(BODY);
    assert_eq!(reply.status, 204, "{}", reply.text());
    assert_ne!(world.get("forms", "own").status, 200, "without the key");
    let found = world.issue("GetObject", "forms", "own", &json!({"server_side_encryption": own})).used("");
    assert_eq!((found.status, found.text().as_str()), (200, BODY));
}

#[test]
fn the_printed_curl_command_of_a_form_works_as_it_stands() {
    let Some(world) = World::built("e2e-form-curl") else { return };
    let quoted = json!({"metadata": {"quoted": "it's \"$HOME\";type=a/b", "at": "@FILE"}, "tags": {"case": "<&>"}});
    for (key, more) in [("it's a\"$b.txt", &quoted), ("bare", &json!({})), ("@FILE;x", &json!({"content_type": "a/b"}))]
    {
        world.curl("PostObject", key, more, BODY);
        let found = world.get("media", key);
        assert_eq!((found.status, found.text().as_str()), (200, BODY), "{key}");
        if more == &quoted {
            assert_eq!(found.header("x-amz-meta-quoted"), Some("it's \"$HOME\";type=a/b"));
            assert_eq!(found.header("x-amz-meta-at"), Some("@FILE"));
        }
    }
    let told = json!({"success_action_status": 201});
    assert!(world.curl("PostObject", "told", &told, BODY).contains("<Key>alice/told</Key>"));
}
