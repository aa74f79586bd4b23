//! RestoreObject: the body that presignd writes, and what binds it.

use serde_json::json;

use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

const GRANTS: &str = r#"
    [[grants]]
    name = "restores"
    bucket = "media"
    prefix = "cold/"
    actions = ["restore"]
    [[grants]]
    name = "by-name"
    bucket = "media"
    prefix = "named/"
    actions = ["RestoreObject"]
    [[grants]]
    name = "all-else"
    bucket = "media"
    prefix = ""
    actions = ["read", "read_version", "write", "delete", "list", "bypass_governance"]
"#;

/// What the members ask, the body, and its MD5 by another hand (OpenSSL's).
const BODIES: [(&str, &str, &str); 4] = [
    ("{}", "", "em7C1zBCRStqlJY4Hu3rvw=="),
    (r#"{"days": 7}"#, "<Days>7</Days>", "wqIPg8m4nAad5MHHqbphVA=="),
    (
        r#"{"tier": "Bulk"}"#,
        "<GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters>",
        "+fc0aJWYFb55UCHeaw3iMQ==",
    ),
    (
        r#"{"tier": "Expedited", "days": 2147483647}"#,
        "<Days>2147483647</Days><GlacierJobParameters><Tier>Expedited</Tier></GlacierJobParameters>",
        "AsehtDkE+cggNXs57r7w4Q==",
    ),
];

#[test]
fn the_answer_has_the_body_and_its_md5_is_signed() {
    let service = setting(&[ISSUER, MEDIA, GRANTS]).serve();
    for (more, inner, md5) in BODIES {
        for version in [None, Some("v 1&/+")] {
            let mut request = with(ask("RestoreObject", "media", "cold/ü"), &serde_json::from_str(more).unwrap());
            if let Some(version) = version {
                request["version_id"] = json!(version);
            }
            let case = request.to_string();
            let answer = expect_reply(&case, &service.post(&token(), "/v1/presign", &request), Ok("restores"));
            let used = works_only_as_told(&case, &answer, &request);
            let body =
                format!(r#"<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}</RestoreRequest>"#);
            assert_eq!((&answer["method"], &answer["body"]), (&json!("POST"), &json!(body)), "{case}");
            assert_eq!(answer["headers"], json!({"content-md5": md5}), "{case}");
            assert_eq!(used.parameter("restore").as_deref(), Some(""), "{case}: {}", used.url);
            assert_eq!(used.parameter("versionId").as_deref(), version, "{case}: {}", used.url);
        }
    }
    let get = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a")).json();
    assert_eq!(get.get("body"), None, "what has no body of the service's has no member of that name");
}

#[test]
fn restoring_is_an_action_of_its_own() {
    let service = setting(&[ISSUER, MEDIA, GRANTS]).serve();
    let version = |key| with(ask("RestoreObject", "media", key), &json!({"version_id": "v1"}));
    let rows = [
        ("the word", ask("RestoreObject", "media", "cold/a"), Ok("restores")),
        ("the word, a version", version("cold/a"), Ok("restores")),
        ("the operation's name", ask("RestoreObject", "media", "named/a"), Ok("by-name")),
        ("the operation's name, a version", version("named/a"), Ok("by-name")),
        ("no other action", ask("RestoreObject", "media", "a"), NO_GRANT),
        ("no other action, a version", version("a"), NO_GRANT),
        ("nothing but restoring", ask("GetObject", "media", "cold/a"), Ok("all-else")),
    ];
    for (case, request, expected) in rows {
        expect_reply(case, &service.post(&token(), "/v1/presign", &request), expected);
    }
}

#[test]
fn the_curl_command_sends_the_body_as_it_is_signed() {
    let presignd = setting(&[ISSUER, MEDIA, GRANTS]);
    let request = with(ask("RestoreObject", "media", "cold/a"), &json!({"days": 7})).to_string();
    let output = presignd.run("sign", &["--grant", "restores", "--curl", "--requests", "-"], &request);
    let start = "curl --request POST --data '<RestoreRequest xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Days>7</Days>\
                 </RestoreRequest>' --header 'content-type: application/xml' --header 'content-md5: \
                 wqIPg8m4nAad5MHHqbphVA==' 'https://acme-media.s3.eu-west-1.amazonaws.com/cold/a?";
    assert!(output.stdout.starts_with(start), "{}", output.stdout);
}
