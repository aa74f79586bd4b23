//! Prefixes and keys that claims fill in, and keys that the service makes.

use serde_json::Value;
use serde_json::json;

use crate::support::service::Service;
use crate::support::setting::DENIED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::token_with;
use crate::support::setting::unmet;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

#[test]
fn a_claim_fills_a_whole_segment_or_matches_nothing() {
    let config = r#"
        [[grants]]
        name = "own"
        bucket = "media"
        prefix = "users/{sub}/"
        actions = ["read"]
        [[grants]]
        name = "team"
        bucket = "media"
        prefix = "teams/{teams}/shared/"
        actions = ["read"]
        [[grants]]
        name = "tenant"
        bucket = "media"
        prefix = 'tenants/{"https://acme.com/tenant"}/'
        actions = ["read"]
        [[grants]]
        name = "nested"
        bucket = "media"
        prefix = "projects/{app.project}/"
        actions = ["read"]
        [[grants]]
        name = "one-key"
        bucket = "media"
        key = "cards/{sub}/card.vcf"
        actions = ["read"]
        [[grants]]
        name = "brace"
        bucket = "media"
        prefix = "{{sub}/"
        actions = ["read"]
        [[grants]]
        name = "raw"
        bucket = "media"
        prefix = "logs/{sub}/2026-"
        raw_prefix = true
        actions = ["read"]
    "#;
    let service = setting(&[ISSUER, MEDIA, config]).serve();
    let long = "x".repeat(256);
    let of = |sub: &str| json!({ "sub": sub });
    let usual = json!({});
    let teams = json!({"teams": ["red", "blue", "", "..", "a/b", 7]});
    let cases: Vec<(&str, Value, String, Expected)> = vec![
        ("the caller's own", usual.clone(), "users/42/a".into(), Ok("own")),
        ("another's", usual.clone(), "users/43/a".into(), NO_GRANT),
        ("one that begins alike", usual.clone(), "users/421/a".into(), NO_GRANT),
        ("the template as it stands", usual.clone(), "users/{sub}/a".into(), NO_GRANT),
        ("above", usual.clone(), "users/42".into(), NO_GRANT),
        ("an integer", json!({"app": {"project": 7}}), "projects/7/a".into(), Ok("nested")),
        ("a boolean", json!({"app": {"project": true}}), "projects/true/a".into(), NO_GRANT),
        ("an absent claim", usual.clone(), "projects/7/a".into(), NO_GRANT),
        ("a name with dots", json!({"app.project": "7"}), "projects/7/a".into(), NO_GRANT),
        ("a claim named by a URL", json!({"https://acme.com/tenant": "t1"}), "tenants/t1/a".into(), Ok("tenant")),
        ("the first of a list", teams.clone(), "teams/red/shared/a".into(), Ok("team")),
        ("the second of a list", teams.clone(), "teams/blue/shared/a".into(), Ok("team")),
        ("not in the list", teams.clone(), "teams/green/shared/a".into(), NO_GRANT),
        ("an exact key", usual.clone(), "cards/42/card.vcf".into(), Ok("one-key")),
        ("another's exact key", usual.clone(), "cards/43/card.vcf".into(), NO_GRANT),
        ("a key below an exact key", usual.clone(), "cards/42/card.vcf/a".into(), NO_GRANT),
        ("a literal brace", usual.clone(), "{sub}/a".into(), Ok("brace")),
        ("a literal brace is not filled in", usual.clone(), "42/a".into(), NO_GRANT),
        ("a raw prefix ends within a segment", usual.clone(), "logs/42/2026-11.txt".into(), Ok("raw")),
        ("beside it", usual.clone(), "logs/42/2025-11.txt".into(), NO_GRANT),
        ("256 bytes", of(&long), format!("users/{long}/a"), Ok("own")),
        ("257 bytes", of(&format!("{long}x")), format!("users/{long}x/a"), NO_GRANT),
        ("letters beyond ASCII", of("zoë"), "users/zoë/a".into(), Ok("own")),
        ("the same letters, composed otherwise", of("zoe\u{308}"), "users/zoë/a".into(), NO_GRANT),
        ("blanks and signs", of("a b+c%2f"), "users/a b+c%2f/a".into(), Ok("own")),
        ("an asterisk is a letter", of("*"), "users/42/a".into(), NO_GRANT),
    ];
    for (case, claims, key, expected) in &cases {
        let request = ask("GetObject", "media", key);
        let answer = expect_reply(case, &service.post(&token_with(claims), "/v1/presign", &request), *expected);
        if expected.is_ok() {
            works_only_as_told(case, &answer, &request);
        }
    }
    // With such a value the filled-in prefix would begin another's keys.
    for sub in ["", ".", "..", "a/b", "a\\b", "a\u{7}b", "/"] {
        for key in ["users/a", "users/a/b", "users/a/b/c", "users/42/a", "a"] {
            let reply = service.post(&token_with(&of(sub)), "/v1/presign", &ask("GetObject", "media", key));
            expect_reply(&format!("{sub:?} at {key}"), &reply, NO_GRANT);
        }
    }
}

const TEMPLATES: &str = r#"
    [[grants]]
    name = "dated"
    bucket = "media"
    prefix = "in/{sub}/"
    actions = ["write"]
    upload = { key_template = "{date}/{id}/{file_name}", content_types = ["image/png", "text/plain"] }
    [[grants]]
    name = "short"
    bucket = "one"
    prefix = "s/"
    actions = ["write"]
    upload = { key_template = "{role}/x-{id}{ext}" }
    [[grants]]
    name = "first"
    bucket = "two"
    prefix = "first/"
    actions = ["write"]
    upload = { key_template = "{file_name}" }
    [[grants]]
    name = "second"
    bucket = "two"
    prefix = "second/"
    actions = ["write"]
    upload = { key_template = "{file_name}" }
    [[grants]]
    name = "plain"
    bucket = "two"
    prefix = "plain/"
    actions = ["write"]
    [[grants]]
    name = "editors"
    bucket = "two"
    prefix = "editors/"
    actions = ["write"]
    when = { role = "editor" }
    upload = { key_template = "{file_name}" }
    [[grants]]
    name = "outer"
    bucket = "three"
    prefix = "u/"
    actions = ["write"]
    upload = { key_template = "{file_name}" }
    [[grants]]
    name = "inner"
    bucket = "three"
    key = "u/inner.txt"
    actions = ["write"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "three"
    key = "u/sealed.txt"
    [[grants]]
    name = "readers"
    bucket = "four"
    prefix = ""
    actions = ["read"]
    upload = { key_template = "{file_name}" }
    [[grants]]
    name = "without"
    bucket = "five"
    prefix = ""
    actions = ["write"]
    [buckets.one]
    bucket = "acme-one"
    region = "eu-west-1"
    [buckets.two]
    bucket = "acme-two"
    region = "eu-west-1"
    [buckets.three]
    bucket = "acme-three"
    region = "eu-west-1"
    [buckets.four]
    bucket = "acme-four"
    region = "eu-west-1"
    [buckets.five]
    bucket = "acme-five"
    region = "eu-west-1"
"#;

fn upload(bucket: &str, file_name: &str, more: &Value) -> Value {
    with(json!({"operation": "PutObject", "bucket": bucket, "file_name": file_name}), more)
}

fn issued(service: &Service, claims: &Value, request: &Value) -> Value {
    let reply = service.post(&token_with(claims), "/v1/presign", request);
    assert_eq!(reply.status, 200, "{request}: {}", reply.text());
    works_only_as_told(&request.to_string(), &reply.json(), request);
    reply.json()
}

#[test]
fn the_service_makes_the_key_by_the_grants_template() {
    let service = setting(&[ISSUER, MEDIA, TEMPLATES]).serve();
    let png = json!({"content_type": "image/png"});
    let before = today();
    let answer = issued(&service, &json!({}), &upload("media", "größe 1.PNG", &png));
    let id = answer["id"].as_str().unwrap();
    let made = |day: &str| format!("in/42/{day}/{id}/größe 1.PNG");
    assert!([made(&before), made(&today())].contains(&answer["key"].as_str().unwrap().to_owned()), "{answer:#}");
    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
    let again = issued(&service, &json!({}), &upload("media", "größe 1.PNG", &png));
    assert_ne!(answer["key"], again["key"]);
    for (file_name, ext) in [
        ("a.PNG", ".png"),
        ("a.tar.gz", ".gz"),
        ("README", ""),
        ("a.", ""),
        ("a.b-c", ""),
        ("a.é", ""),
        (".profile", ""),
        ("a b.mp4", ".mp4"),
    ] {
        let answer = issued(&service, &json!({"role": "editor"}), &upload("one", file_name, &json!({})));
        let expected = format!("s/editor/x-{}{ext}", answer["id"].as_str().unwrap());
        let found = answer["key"].as_str().unwrap();
        // Whether a leading dot begins an extension is nobody's rule.
        let profile = file_name == ".profile" && found == format!("{expected}.profile");
        assert!(found == expected || profile, "{file_name}: {found}");
    }
}

/// `2026/11/24`.
fn today() -> String {
    let date = time::OffsetDateTime::now_utc().date();
    format!("{:04}/{:02}/{:02}", date.year(), u8::from(date.month()), date.day())
}

#[test]
fn a_made_key_is_judged_as_if_it_had_been_sent() {
    let service = setting(&[ISSUER, MEDIA, TEMPLATES]).serve();
    let png = json!({"content_type": "image/png"});
    let at_grant: Expected = invalid(&["#/grant"]);
    let at_file_name: Expected = invalid(&["#/file_name"]);
    let named = |grant: &str| json!({ "grant": grant });
    let cases: [(&str, Value, Expected); 18] = [
        ("the only one with a template", upload("media", "a.png", &png), Ok("dated")),
        (
            "its limits hold",
            upload("media", "a.html", &json!({"content_type": "text/html"})),
            unmet(&["#/content_type"]),
        ),
        ("its name may be given", upload("media", "a.png", &with(png.clone(), &named("dated"))), Ok("dated")),
        ("several and none named", upload("two", "a", &json!({})), at_grant),
        ("the first one named", upload("two", "a", &named("first")), Ok("first")),
        ("the second one named", upload("two", "a", &named("second")), Ok("second")),
        ("one without a template named", upload("two", "a", &named("plain")), at_grant),
        ("one of other callers named", upload("two", "a", &named("editors")), NO_GRANT),
        ("one of another bucket named", upload("two", "a", &named("dated")), NO_GRANT),
        ("a deny named", upload("three", "a", &named("sealed")), NO_GRANT),
        ("none such named", upload("two", "a", &named("third")), NO_GRANT),
        ("a key that is denied", upload("three", "sealed.txt", &json!({})), DENIED),
        ("a key that nothing else decides", upload("three", "other.txt", &json!({})), Ok("outer")),
        ("no candidate with a template", upload("five", "a", &json!({})), at_file_name),
        ("a candidate without it named", upload("five", "a", &named("without")), at_grant),
        ("no candidate at all", upload("four", "a", &json!({})), NO_GRANT),
        ("no such bucket", upload("nowhere", "a", &json!({})), NO_GRANT),
        ("no such bucket, with a grant", upload("nowhere", "a", &named("first")), NO_GRANT),
    ];
    for (case, request, expected) in cases {
        expect_reply(case, &service.post(&token_with(&json!({})), "/v1/presign", &request), expected);
    }
    let reply = service.post(&token_with(&json!({})), "/v1/presign", &upload("three", "inner.txt", &json!({})));
    assert_eq!((reply.status, reply.code().as_str()), (403, "grant_not_satisfied"), "another grant would decide it");
    let token = token_with(&json!({"role": ["a", "b"]}));
    let reply = service.post(&token, "/v1/presign", &upload("one", "a", &json!({})));
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (403, "grant_not_satisfied"),
        "a template takes exactly one value"
    );
}

#[test]
fn a_file_name_stands_in_place_of_a_key_and_is_one_segment() {
    let service = setting(&[ISSUER, MEDIA, TEMPLATES]).serve();
    let both = upload("two", "a", &json!({"key": "first/a"}));
    let beside_key = with(ask("PutObject", "two", "plain/a"), &json!({"grant": "plain"}));
    let neither = json!({"operation": "PutObject", "bucket": "two"});
    for (case, request) in [("both", both), ("a grant beside a key", beside_key), ("neither", neither)] {
        let reply = service.post(&token_with(&json!({})), "/v1/presign", &request);
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_request"), "{case}");
    }
    let named = ["GetObject", "HeadObject", "DeleteObject", "ListObjectsV2", "UploadPart", "CompleteMultipartUpload"];
    for operation in named {
        for member in ["file_name", "grant"] {
            let request = with(ask(operation, "two", "first/"), &json!({member: "first"}));
            let reply = service.post(&token_with(&json!({})), "/v1/presign", &request);
            let pointer = format!("#/{member}");
            assert_eq!(reply.json()["errors"][0]["pointer"], pointer, "{operation} does not take {member}");
            assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_request"), "{operation}, {member}");
        }
    }
    for file_name in ["", ".", "..", "a/b", "/a", "a/", "a\\b", "a\u{0}b", "a\nb"] {
        let reply =
            service.post(&token_with(&json!({})), "/v1/presign", &upload("two", file_name, &json!({"grant": "first"})));
        assert_eq!(
            (reply.status, crate::support::setting::pointers(&reply.json())),
            (400, vec!["#/file_name".to_owned()]),
            "{file_name:?}"
        );
    }
}

#[test]
fn what_the_grant_says_of_the_caller_is_signed_into_the_object() {
    let config = r#"
        [[grants]]
        name = "owned"
        bucket = "media"
        prefix = ""
        actions = ["write"]
        [grants.upload]
        tags = ["case"]
        set_metadata = { owner = "{sub}", presignd-id = "{id}", from = "app-{app.name}/v1" }
        set_tags = { owner = "{sub}", team = "t-{team}" }
    "#;
    let service = setting(&[ISSUER, MEDIA, config]).serve();
    let known = json!({"app": {"name": "shop"}, "team": "red"});
    let put = |more: &Value| with(ask("PutObject", "media", "a"), more);
    let answer = issued(&service, &known, &put(&json!({"metadata": {"camera": "x100"}, "tags": {"case": "A 1"}})));
    let headers = &answer["headers"];
    let expected =
        [("owner", "42"), ("presignd-id", answer["id"].as_str().unwrap()), ("from", "app-shop/v1"), ("camera", "x100")];
    for (name, value) in expected {
        assert_eq!(headers[format!("x-amz-meta-{name}")], value, "{headers:#}");
    }
    let mut tags: Vec<&str> = headers["x-amz-tagging"].as_str().unwrap().split('&').collect();
    tags.sort_unstable();
    assert_eq!(tags, ["case=A%201", "owner=42", "team=t-red"]);
    let equal = issued(&service, &known, &put(&json!({"metadata": {"Owner": "42"}, "tags": {"owner": "42"}})));
    assert_eq!(equal["headers"]["x-amz-meta-owner"], "42", "an entry that is equal is no quarrel");
    let cases: [(&str, Value, Value, Expected); 5] = [
        ("another owner", known.clone(), json!({"metadata": {"owner": "43"}}), unmet(&["#/metadata/owner"])),
        ("another owner's tag", known.clone(), json!({"tags": {"owner": "43"}}), unmet(&["#/tags/owner"])),
        ("an absent claim", json!({"app": {"name": "shop"}}), json!({}), unmet(&["#/tags/team"])),
        (
            "a value beyond ASCII",
            with(known.clone(), &json!({"sub": "zoë"})),
            json!({}),
            unmet(&["#/metadata/owner", "#/tags/owner"]),
        ),
        ("several values", with(known.clone(), &json!({"team": ["red", "blue"]})), json!({}), unmet(&["#/tags/team"])),
    ];
    for (case, claims, more, expected) in cases {
        expect_reply(case, &service.post(&token_with(&claims), "/v1/presign", &put(&more)), expected);
    }
}
