//! Keys that the service makes.

use super::*;

#[test]
fn a_file_name_becomes_a_key_by_the_grant_that_makes_one() {
    let making = |template: &str, grant: Grant| Grant {
        upload: UploadLimits { key_template: Some(KeyTemplate::parse(template).unwrap()), ..UploadLimits::default() },
        ..grant
    };
    let own = || making("{date}/{id}{ext}", allow("own", "users/{sub}/", &["write"]));
    let file = |more: &str| format!(r#"{{"operation":"PutObject","bucket":"media","file_name":"Photo.PNG"{more}}}"#);
    let cases: Vec<(&str, Vec<Grant>, String, &str)> = vec![
        ("the only one", vec![own()], file(""), "users/42/2025/11/24/0197.png"),
        (
            "named",
            vec![own(), making("{file_name}", allow("two", "b/", &["write"]))],
            file(r#","grant":"two""#),
            "b/Photo.PNG",
        ),
        (
            "several",
            vec![own(), making("{file_name}", allow("two", "b/", &["write"]))],
            file(""),
            "invalid_request /grant",
        ),
        ("none with a template", vec![allow("two", "b/", &["write"])], file(""), "invalid_request /file_name"),
        (
            "named without one",
            vec![own(), allow("two", "b/", &["write"])],
            file(r#","grant":"two""#),
            "invalid_request /grant",
        ),
        ("named, no candidate", vec![own(), allow("two", "b/", &["read"])], file(r#","grant":"two""#), "no_grant "),
        ("named, unknown", vec![own()], file(r#","grant":"three""#), "no_grant "),
        ("no candidate", vec![making("{id}", allow("own", "users/{tid}/", &["write"]))], file(""), "no_grant "),
        ("denied", vec![own(), deny("d", "users/42/", &[])], file(""), "denied "),
        (
            "decided by another",
            vec![own(), key("k", "users/42/2025/11/24/0197.png", &["write"])],
            file(""),
            "grant_not_satisfied /file_name",
        ),
        (
            "several prefixes",
            vec![making("{id}", allow("own", "t/{teams}/", &["write"]))],
            file(""),
            "grant_not_satisfied /file_name",
        ),
        (
            "a claim that is absent",
            vec![making("{tid}/{id}", allow("own", "b/", &["write"]))],
            file(""),
            "grant_not_satisfied /file_name",
        ),
        ("a claim", vec![making("{sub}/{file_name}", allow("own", "b/", &["write"]))], file(""), "b/42/Photo.PNG"),
        (
            "too long",
            vec![making("{file_name}", allow("own", &format!("{}/", "b".repeat(1020)), &["write"]))],
            file(""),
            "invalid_key /file_name",
        ),
    ];
    for (case, grants, body, expected) in cases {
        let got = match ask(&policy(grants), &caller("corp", r#"{"sub":"42","teams":["a","b"]}"#), &body) {
            Ok(permit) => permit.object().to_owned(),
            Err(refusal) => {
                let pointer = refusal.errors.first().map_or("", |error| error.pointer.as_str());
                format!("{} {pointer}", refusal.code.as_str())
            }
        };
        assert_eq!(got, expected, "{case}");
    }
}
