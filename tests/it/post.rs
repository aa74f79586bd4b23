//! Forms from outside: what a PostObject's policy binds, and what a grant asks of one.

use serde_json::Value;
use serde_json::json;

use crate::form_judge;
use crate::form_judge::Fault;
use crate::support::form::Posted;
use crate::support::now;
use crate::support::service::Service;
use crate::support::setting::ACCESS_KEY_ID;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::REGION;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::expect_reply;
use crate::support::setting::invalid;
use crate::support::setting::pointers;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;
use crate::verifier::Key;
use crate::verifier::World;

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const KEY_MD5: &str = "hRasmdxgYDKV3nvbahU1MA==";
const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// A bucket and a grant for each set of limits, all called as it is.
fn served(limits: &[(&str, &str)]) -> Service {
    let of = |(name, limit): &(&str, &str)| {
        format!(
            "[buckets.{name}]\nbucket = \"acme-{name}\"\nregion = \"{REGION}\"\n[[grants]]\nname = \"{name}\"\n\
             bucket = \"{name}\"\nprefix = \"in/\"\nactions = [\"PostObject\"]\nupload = {{ {limit} }}\n"
        )
    };
    setting(&[ISSUER, &limits.iter().map(of).collect::<String>()]).serve()
}

fn ask(bucket: &str, more: &Value) -> Value {
    with(json!({"operation": "PostObject", "bucket": bucket, "key": "in/a.png"}), more)
}

/// What S3 says to a form of this moment.
fn judge(bucket: &str, posted: &Posted) -> Result<(), Fault> {
    let keys = [Key { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, session_token: None }];
    form_judge::verify(posted, bucket, World { keys: &keys, region: REGION, service: "s3", now: now() })
}

#[test]
fn a_form_answers_with_fields_that_bind_all_it_says() {
    let service = served(&[("media", r#"tags = ["case"], post_redirects = ["https://app.example/done"]"#)]);
    let request = ask(
        "media",
        &json!({
            "content_type": "image/png",
            "content_length_range": [1, 4096],
            "checksum": {"algorithm": "SHA256", "value": SHA256},
            "metadata": {"owner": "42"},
            "tags": {"case": "a<b&c"},
            "storage_class": "STANDARD",
            "success_action_status": 201,
            "success_action_redirect": "https://app.example/done",
            "expires_in": 600,
        }),
    );
    let answer = expect_reply("a form", &service.post(&token(), "/v1/presign", &request), Ok("media"));
    assert_eq!((&answer["method"], &answer["key"]), (&json!("POST"), &json!("in/a.png")));
    assert_eq!(answer["url"], format!("https://acme-media.s3.{REGION}.amazonaws.com/"));
    for absent in ["headers", "signed_headers", "prefix", "key_prefix"] {
        assert_eq!(answer.get(absent), None, "{absent}");
    }
    let posted = Posted::of(&answer, "holiday.png", 4096);
    let expected = [
        ("Content-Type", "image/png"),
        ("key", "in/a.png"),
        ("success_action_redirect", "https://app.example/done"),
        ("success_action_status", "201"),
        ("tagging", "<Tagging><TagSet><Tag><Key>case</Key><Value>a&lt;b&amp;c</Value></Tag></TagSet></Tagging>"),
        ("x-amz-checksum-sha256", SHA256),
        ("x-amz-meta-owner", "42"),
        ("x-amz-storage-class", "STANDARD"),
    ];
    for (name, value) in expected {
        assert_eq!(posted.fields[name], value, "{name}");
    }
    assert_eq!(posted.fields.len(), expected.len() + 5, "and SigV4's own: {:?}", posted.fields.keys());
    assert_eq!(posted.policy()["expiration"], answer["expires_at"]);
    assert_eq!(judge("acme-media", &posted), Ok(()));
    for name in posted.fields.keys().filter(|name| !matches!(name.as_str(), "policy" | "x-amz-signature")) {
        assert!(judge("acme-media", &posted.with(name, "another")).is_err(), "another {name}");
        assert!(judge("acme-media", &posted.without(name)).is_err(), "no {name}");
    }
    let more = posted.with("acl", "public-read");
    assert_eq!(judge("acme-media", &more), Err(Fault::ExtraField("acl".to_owned())));
    assert!(judge("acme-other", &posted).is_err(), "another bucket");
    for size in [0, 4097] {
        assert!(judge("acme-media", &Posted { size, ..posted.clone() }).is_err(), "{size} bytes");
    }
}

#[test]
fn a_forms_holder_chooses_no_more_than_the_tail_of_a_prefix() {
    let service = served(&[("open", "post_key_prefix = true, post_type_prefix = true, max_size = \"1KiB\"")]);
    let request = json!({
        "operation": "PostObject", "bucket": "open", "key_prefix": "in/2026/", "content_type_prefix": "image/",
    });
    let answer = expect_reply("a prefix", &service.post(&token(), "/v1/presign", &request), Ok("open"));
    assert_eq!((answer.get("key"), &answer["key_prefix"]), (None, &json!("in/2026/")));
    let posted = Posted::of(&answer, "holiday.png", 1024).with("Content-Type", "image/png");
    assert_eq!(posted.fields["key"], "in/2026/${filename}");
    assert_eq!(judge("acme-open", &posted), Ok(()));
    for (what, other) in [
        ("a key of its own outside", posted.with("key", "in/other")),
        ("a type outside", posted.with("Content-Type", "text/html")),
        ("no type", posted.without("Content-Type")),
        ("too large", Posted { size: 1025, ..posted.clone() }),
    ] {
        assert!(judge("acme-open", &other).is_err(), "{what}");
    }
    assert_eq!(judge("acme-open", &posted.with("key", "in/2026/mine")), Ok(()), "a key of its own inside");
}

/// A limit, what is asked beside the key, and the outcome.
type Row = (&'static str, &'static str, Value, Expected);

const fn unmet(pointers: &'static [&'static str]) -> Expected {
    Err((403, "grant_not_satisfied", pointers))
}

#[test]
fn a_form_meets_a_limit_only_by_what_its_policy_binds() {
    let service = served(&[
        ("size", r#"max_size = "1KiB""#),
        ("types", r#"content_types = ["image/png", "text/*"]"#),
        ("one-type", r#"content_types = ["image/png"]"#),
        ("open-types", r#"content_types = ["image/png", "text/*"], post_type_prefix = true"#),
        ("checksum", "require_checksum = true"),
        ("once", "write_once = true"),
        ("usual", ""),
        ("classes", r#"storage_classes = ["GLACIER"]"#),
        ("tags", r#"tags = ["case"]"#),
        ("no-metadata", "metadata = false"),
        ("set", r#"set_metadata = { owner = "{sub}" }, set_tags = { by = "us" }"#),
        ("encrypted", r#"server_side_encryption = { algorithm = "aws:kms", kms_key_id = "alias/k" }"#),
        ("own-key", "sse_c = true"),
        ("locked", r#"object_lock = { mode = "COMPLIANCE", min_retention = "30d" }"#),
        ("held", "object_lock = { legal_hold = true }"),
        ("redirects", r#"post_redirects = ["https://a.example/ok", "http://b.example/ok"]"#),
    ]);
    let typed = |kind: &str| json!({ "content_type": kind });
    let begun = |kind: &str| json!({ "content_type_prefix": kind });
    let range = |least: u64, most: u64| json!({ "content_length_range": [least, most] });
    let sha256 = || json!({"checksum": {"algorithm": "SHA256", "value": SHA256}});
    let encrypted = |how: &Value| json!({ "server_side_encryption": how });
    let to = |url: &str| json!({ "success_action_redirect": url });
    let prefix: &'static [&'static str] = &["#/content_type_prefix"];
    let rows: &[Row] = &[
        ("size", "missing: signed in", json!({}), Ok("size")),
        ("size", "narrower", range(10, 20), Ok("size")),
        ("size", "at the bound", range(0, 1024), Ok("size")),
        ("size", "a byte too much", range(0, 1025), unmet(&["#/content_length_range"])),
        ("types", "missing", json!({}), unmet(&["#/content_type"])),
        ("types", "another", typed("image/gif"), unmet(&["#/content_type"])),
        ("types", "one of them", typed("image/png"), Ok("types")),
        ("types", "a prefix", begun("text/"), unmet(prefix)),
        ("one-type", "missing: signed in", json!({}), Ok("one-type")),
        ("one-type", "another", typed("image/jpeg"), unmet(&["#/content_type"])),
        ("open-types", "a prefix inside a pattern", begun("text/"), Ok("open-types")),
        ("open-types", "a longer one, in other letters", begun("Text/pl"), Ok("open-types")),
        ("open-types", "what goes on from an exact type", begun("image/png"), unmet(prefix)),
        ("open-types", "what a pattern goes on from", begun("tex"), unmet(prefix)),
        ("open-types", "another pattern", begun("audio/"), unmet(prefix)),
        ("open-types", "neither", json!({}), unmet(&["#/content_type"])),
        ("checksum", "missing", json!({}), unmet(&["#/checksum"])),
        (
            "checksum",
            "an MD5, which a form does not have",
            json!({"content_md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}),
            invalid(&["#/content_md5"]),
        ),
        ("checksum", "there", sha256(), Ok("checksum")),
        ("once", "a form cannot carry it", json!({}), unmet(&["#"])),
        ("usual", "a prefix of types", begun("image/"), unmet(prefix)),
        ("usual", "a redirect", to("https://a.example/ok"), unmet(&["#/success_action_redirect"])),
        ("usual", "another class", json!({"storage_class": "GLACIER"}), unmet(&["#/storage_class"])),
        ("usual", "a tag", json!({"tags": {"case": "1"}}), unmet(&["#/tags/case"])),
        ("usual", "metadata", json!({"metadata": {"a": "b"}}), Ok("usual")),
        ("classes", "missing is STANDARD", json!({}), unmet(&["#/storage_class"])),
        ("classes", "the one", json!({"storage_class": "GLACIER"}), Ok("classes")),
        ("classes", "another", json!({"storage_class": "STANDARD"}), unmet(&["#/storage_class"])),
        ("tags", "another", json!({"tags": {"team": "red"}}), unmet(&["#/tags/team"])),
        ("tags", "its tag", json!({"tags": {"case": "1"}}), Ok("tags")),
        ("no-metadata", "some", json!({"metadata": {"a": "b"}}), unmet(&["#/metadata"])),
        ("set", "signed in", json!({}), Ok("set")),
        ("set", "another", json!({"metadata": {"owner": "43"}}), unmet(&["#/metadata/owner"])),
        ("usual", "S3's own encryption", encrypted(&json!({"algorithm": "AES256"})), Ok("usual")),
        (
            "usual",
            "a KMS key",
            encrypted(&json!({"algorithm": "aws:kms", "kms_key_id": "k"})),
            unmet(&["#/server_side_encryption/algorithm"]),
        ),
        ("encrypted", "signed in", json!({}), Ok("encrypted")),
        (
            "encrypted",
            "another",
            encrypted(&json!({"algorithm": "AES256"})),
            unmet(&["#/server_side_encryption/algorithm"]),
        ),
        ("own-key", "its algorithm", encrypted(&json!({"algorithm": "customer"})), Ok("own-key")),
        ("own-key", "the key too", encrypted(&json!({"algorithm": "customer", "key": KEY})), Ok("own-key")),
        ("locked", "signed in, but no checksum", json!({}), unmet(&["#/checksum"])),
        ("locked", "signed in, with a checksum", sha256(), Ok("locked")),
        ("usual", "a lock", with(sha256(), &json!({"object_lock": {"legal_hold": true}})), unmet(&["#/object_lock"])),
        ("held", "said", with(sha256(), &json!({"object_lock": {"legal_hold": true}})), Ok("held")),
        ("redirects", "one of them", to("http://b.example/ok"), Ok("redirects")),
        ("redirects", "longer", to("https://a.example/ok2"), unmet(&["#/success_action_redirect"])),
    ];
    for (name, case, more, expected) in rows {
        let case = format!("{name}: {case}");
        let answer = expect_reply(&case, &service.post(&token(), "/v1/presign", &ask(name, more)), *expected);
        if expected.is_ok() {
            works_as_told(&case, &answer, more);
        }
    }
    let signed_in = |name: &str| {
        let answer = service.post(&token(), "/v1/presign", &ask(name, &json!({}))).json();
        Posted::of(&answer, "a.png", 15)
    };
    let size = signed_in("size");
    assert!(size.policy()["conditions"].as_array().unwrap().contains(&json!(["content-length-range", 0, 1024])));
    assert_eq!(signed_in("encrypted").fields["x-amz-server-side-encryption-aws-kms-key-id"], "alias/k");
    assert_eq!(signed_in("one-type").fields["Content-Type"], "image/png");
    assert_eq!(signed_in("set").fields["x-amz-meta-owner"], "42");
    assert!(signed_in("set").fields["tagging"].contains("<Key>by</Key><Value>us</Value>"));
}

/// Fails unless S3 takes the form, with a type where its end is the holder's.
#[track_caller]
pub fn works_as_told(case: &str, answer: &Value, asked: &Value) {
    let form = Posted::of(answer, "a.png", 15);
    let mut posted = match asked["content_type_prefix"].as_str() {
        Some(prefix) => form.with("Content-Type", &format!("{prefix}x")),
        None => form,
    };
    if answer["fields"]["x-amz-server-side-encryption-customer-algorithm"].is_string() {
        for (name, value) in [("", KEY), ("-md5", KEY_MD5)] {
            let name = format!("x-amz-server-side-encryption-customer-key{name}");
            assert_eq!(posted.fields.contains_key(&name), asked["server_side_encryption"]["key"].is_string(), "{case}");
            posted = posted.with(&name, value);
        }
    }
    let bucket = format!("acme-{}", answer["bucket"].as_str().unwrap());
    assert_eq!(judge(&bucket, &posted), Ok(()), "{case}: {answer:#}");
}

#[test]
fn a_prefix_of_a_form_stands_for_every_key_below_it() {
    let grant = |name: &str, more: &str| format!("[[grants]]\nname = \"{name}\"\nbucket = \"media\"\n{more}\n");
    let parts = [
        "[buckets.media]\nbucket = \"acme-media\"\nregion = \"eu-west-1\"\n".to_owned(),
        grant("wide", "prefix = \"\"\nactions = [\"write\"]\nupload = { post_key_prefix = true }"),
        grant("closed", "prefix = \"closed/\"\nactions = [\"write\"]"),
        grant(
            "small",
            "prefix = \"some/small/\"\nactions = [\"write\"]\nupload = { post_key_prefix = true, max_size = \"1KB\" }",
        ),
        grant("equal", "prefix = \"same/equal/\"\nactions = [\"write\"]\nupload = { post_key_prefix = true }"),
        grant("one", "key = \"one/object\"\nactions = [\"write\"]\nupload = { post_key_prefix = true }"),
        grant("sealed", "effect = \"deny\"\nprefix = \"a/sealed/\""),
    ];
    let service = setting(&[ISSUER, &parts.concat()]).serve();
    let cases: [(&str, &str, Expected); 11] = [
        ("free", "free/", Ok("wide")),
        ("no slash at its end", "fre", Ok("wide")),
        ("the grant in charge leaves no end open", "closed/", unmet(&["#/key_prefix"])),
        ("so does a narrower one below", "clo", unmet(&["#/key_prefix"])),
        ("a narrower one below signs another range", "some/", unmet(&[])),
        ("that one itself", "some/small/x", Ok("small")),
        ("a narrower one that signs the same", "same/", Ok("wide")),
        ("a key covers no prefix, but decides below", "one/object", Ok("wide")),
        ("a deny below", "a/", Err((403, "denied", &[]))),
        ("a deny around", "a/sealed/x", Err((403, "denied", &[]))),
        ("the whole bucket", "", Err((403, "denied", &[]))),
    ];
    for (case, prefix, expected) in cases {
        let request = json!({"operation": "PostObject", "bucket": "media", "key_prefix": prefix});
        expect_reply(case, &service.post(&token(), "/v1/presign", &request), expected);
    }
}

#[test]
fn a_forms_key_holds_no_variable_of_s3s() {
    let service = served(&[("media", r#"post_key_prefix = true, key_template = "{file_name}""#)]);
    for (member, value) in
        [("key", "in/${filename}"), ("key", "in/a${"), ("key_prefix", "in/${filename}/"), ("file_name", "${filename}")]
    {
        let mut request = json!({"operation": "PostObject", "bucket": "media", "key": null});
        request.as_object_mut().unwrap().remove("key");
        request[member] = json!(value);
        let reply = service.post(&token(), "/v1/presign", &request);
        let expected = (400, "invalid_key".to_owned(), vec![format!("#/{member}")]);
        assert_eq!((reply.status, reply.code(), pointers(&reply.json())), expected, "{request}: {}", reply.text());
    }
    let plain = ask("media", &json!({"key": "in/a$b{c}"}));
    assert_eq!(service.post(&token(), "/v1/presign", &plain).status, 200);
    let made = json!({"operation": "PostObject", "bucket": "media", "file_name": "a.png"});
    let answer = expect_reply("a made key", &service.post(&token(), "/v1/presign", &made), Ok("media"));
    assert_eq!(answer["fields"]["key"], "in/a.png");
}

#[test]
fn what_a_form_names_is_one_of_three_things() {
    let service = served(&[("media", r#"post_key_prefix = true, key_template = "{file_name}""#)]);
    let request = |members: Value| with(json!({"operation": "PostObject", "bucket": "media"}), &members);
    let cases = [
        (json!({}), "#/key"),
        (json!({"key": "in/a", "key_prefix": "in/"}), "#/key_prefix"),
        (json!({"file_name": "a", "key_prefix": "in/"}), "#/key_prefix"),
        (json!({"grant": "media", "key_prefix": "in/"}), "#/key_prefix"),
        (json!({"key": "in/a", "file_name": "a"}), "#/file_name"),
        (json!({"key": "in/a", "grant": "media"}), "#/grant"),
        (json!({"key_prefix": 1}), "#/key_prefix"),
        (json!({"key": "in/a", "content_type": "a/b", "content_type_prefix": "a/"}), "#/content_type_prefix"),
        (json!({"key": "in/a", "prefix": "in/"}), "#/prefix"),
    ];
    for (members, pointer) in cases {
        let reply = service.post(&token(), "/v1/presign", &request(members.clone()));
        let expected = (400, "invalid_request".to_owned(), vec![pointer.to_owned()]);
        assert_eq!((reply.status, reply.code(), pointers(&reply.json())), expected, "{members}: {}", reply.text());
    }
}

#[test]
fn no_field_of_a_form_holds_a_variable_of_s3s() {
    let service = served(&[
        ("media", r#"tags = ["case", "${filename}"], post_type_prefix = true"#),
        ("set", r#"set_metadata = { owner = "{nick}" }"#),
        ("set-tag", r#"set_tags = { owner = "{nick}" }"#),
    ]);
    let named = "a ${filename}";
    let rows: [(&str, Value, Expected); 8] = [
        ("media", json!({"metadata": {"owner": named}}), invalid(&["#/metadata/owner"])),
        ("media", json!({"tags": {"case": named}}), invalid(&["#/tags/case"])),
        ("media", json!({"tags": {"${filename}": "1"}}), invalid(&["#/tags/$%7Bfilename%7D"])),
        ("media", json!({"content_type": "text/plain;a=\"${filename}\""}), invalid(&["#/content_type"])),
        ("media", json!({"content_type_prefix": "text/${"}), invalid(&["#/content_type_prefix"])),
        ("media", json!({"metadata": {"owner": "$ {filename} $"}}), Ok("media")),
        ("set", json!({}), unmet(&["#/metadata/owner"])),
        ("set-tag", json!({}), unmet(&["#/tags/owner"])),
    ];
    let token = token_with(&json!({ "nick": named }));
    for (bucket, more, expected) in rows {
        let case = format!("{bucket}: {more}");
        expect_reply(&case, &service.post(&token, "/v1/presign", &ask(bucket, &more)), expected);
    }
}
