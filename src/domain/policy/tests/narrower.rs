//! A prefix stands for every key below it.

use super::*;

#[test]
fn a_list_needs_every_narrower_grant_below_it_to_be_met() {
    let wide = || allow("wide", "a/", &["list"]);
    let off = |grant| Grant { enabled: false, ..grant };
    let short = |grant| Grant { max_expires: Lifetime::of_seconds(300).unwrap(), ..grant };
    let cases: Vec<(&str, Vec<Grant>, &str, &str)> = vec![
        ("covered", vec![wide()], "a/", "wide"),
        ("covered deeper", vec![wide()], "a/b/c", "wide"),
        ("wider than the grant", vec![wide()], "", "no_grant"),
        ("the folder's name without its slash", vec![wide()], "a", "no_grant"),
        ("a key covers no prefix", vec![key("key", "a/b", &["list"])], "a/b", "no_grant"),
        ("a narrower one that is off", vec![wide(), off(allow("n", "a/b/", &["list"]))], "a/", "grant_disabled by n"),
        ("it is asked for itself", vec![wide(), off(allow("n", "a/b/", &["list"]))], "a/b/", "grant_disabled by n"),
        ("beside it", vec![wide(), off(allow("n", "a/b/", &["list"]))], "a/c/", "wide"),
        (
            "of others",
            vec![wide(), Grant { issuers: vec![name("else")], ..off(allow("n", "a/b/", &["list"])) }],
            "a/",
            "wide",
        ),
        ("with other actions", vec![wide(), off(allow("n", "a/b/", &["read"]))], "a/", "wide"),
        ("with another's claim", vec![wide(), off(allow("n", "a/{tid}/", &["list"]))], "a/", "wide"),
        ("with a claim", vec![wide(), off(allow("n", "a/{sub}/", &["list"]))], "a/", "grant_disabled by n"),
        ("with a claim, beside it", vec![wide(), off(allow("n", "a/{sub}/", &["list"]))], "a/43", "wide"),
        ("with a shorter life", vec![wide(), short(allow("n", "a/b/", &["list"]))], "a/", "expires_in_too_long by n"),
        (
            "an alternative beside it",
            vec![wide(), off(allow("n", "a/b/", &["list"])), allow("m", "a/b/", &["list"])],
            "a/",
            "wide",
        ),
        (
            "the longest unmet speaks",
            vec![wide(), off(allow("n", "a/b/", &["list"])), off(allow("m", "a/b/c/", &["list"]))],
            "a/",
            "grant_disabled by m",
        ),
        ("a key below", vec![wide(), off(key("n", "a/k", &["list"]))], "a/", "grant_disabled by n"),
        ("a raw one below", vec![wide(), off(allow("n", "a/b", &["list"]))], "a/", "grant_disabled by n"),
    ];
    for (case, grants, prefix, expected) in cases {
        let result = ask(&policy(grants), &caller("corp", r#"{"sub":"42"}"#), &list(prefix));
        assert_eq!(outcome(&result), expected, "{case}");
    }
}
