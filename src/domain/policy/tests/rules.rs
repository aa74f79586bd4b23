//! The rules, for keys.

use super::*;

#[test]
fn rule_1_a_candidate_meets_bucket_issuer_when_action_and_prefix() {
    let roles = |quantifier| when(allow("g", "a/", &["read"]), "realm.roles", quantifier, &[text("x"), text("y")]);
    let number = |scalar| when(allow("g", "a/", &["read"]), "level", Quantifier::Any, &[scalar]);
    let cases: Vec<(&str, Grant, &str, String, &str)> = vec![
        ("own folder", allow("g", "users/{sub}/", &["read"]), r#"{"sub":"42"}"#, get("users/42/a"), "g"),
        ("another's folder", allow("g", "users/{sub}/", &["read"]), r#"{"sub":"42"}"#, get("users/43/a"), "no_grant"),
        ("a longer name", allow("g", "users/{sub}/", &["read"]), r#"{"sub":"4"}"#, get("users/42/a"), "no_grant"),
        ("the folder itself", allow("g", "users/{sub}/", &["read"]), r#"{"sub":"42"}"#, get("users/42/"), "g"),
        (
            "the folder without slash",
            allow("g", "users/{sub}/", &["read"]),
            r#"{"sub":"42"}"#,
            get("users/42"),
            "no_grant",
        ),
        (
            "no such claim",
            allow("g", "users/{sub}/", &["read"]),
            r#"{}"#,
            get("users//a").replace("//", "/x/"),
            "no_grant",
        ),
        ("an integer claim", allow("g", "t/{tid}/", &["read"]), r#"{"tid":7}"#, get("t/7/a"), "g"),
        ("a claim with a slash", allow("g", "t/{tid}/", &["read"]), r#"{"tid":"a/b"}"#, get("t/a/b/c"), "no_grant"),
        ("a claim ..", allow("g", "t/{tid}/", &["read"]), r#"{"tid":".."}"#, get("t/x/c"), "no_grant"),
        ("an empty claim", allow("g", "t/{tid}/", &["read"]), r#"{"tid":""}"#, get("t/c"), "no_grant"),
        ("a boolean claim", allow("g", "t/{tid}/", &["read"]), r#"{"tid":true}"#, get("t/true/c"), "no_grant"),
        ("a list claim", allow("g", "t/{teams}/", &["read"]), r#"{"teams":["a","b"]}"#, get("t/b/c"), "g"),
        ("a nested claim", allow("g", "t/{o.t}/", &["read"]), r#"{"o":{"t":"a"}}"#, get("t/a/c"), "g"),
        ("other action", allow("g", "a/", &["write"]), "{}", get("a/b"), "no_grant"),
        ("an operation's own name", allow("g", "a/", &["GetObject"]), "{}", get("a/b"), "g"),
        ("other bucket", Grant { bucket: name("other"), ..allow("g", "a/", &["read"]) }, "{}", get("a/b"), "no_grant"),
        (
            "other alias of the same bucket",
            Grant { bucket: name("alias"), ..allow("g", "a/", &["read"]) },
            "{}",
            get("a/b"),
            "no_grant",
        ),
        (
            "other issuer",
            Grant { issuers: vec![name("else")], ..allow("g", "a/", &["read"]) },
            "{}",
            get("a/b"),
            "no_grant",
        ),
        ("whole bucket", allow("g", "", &["read"]), "{}", get("a/b"), "g"),
        ("a raw prefix", allow("g", "a/b", &["read"]), "{}", get("a/bc"), "g"),
        ("a raw prefix, other text", allow("g", "a/b", &["read"]), "{}", get("a/c"), "no_grant"),
        ("a key", key("g", "a/b", &["read"]), "{}", get("a/b"), "g"),
        ("a key is no prefix", key("g", "a/b", &["read"]), "{}", get("a/b/c"), "no_grant"),
        ("a key with a claim", key("g", "a/{sub}", &["read"]), r#"{"sub":"42"}"#, get("a/42"), "g"),
        ("a folder's key", key("g", "a/b/", &["read"]), "{}", get("a/b/"), "g"),
        ("a folder's key is not the file", key("g", "a/b/", &["read"]), "{}", get("a/b"), "no_grant"),
        ("any role", roles(Quantifier::Any), r#"{"realm":{"roles":["y"]}}"#, get("a/b"), "g"),
        ("any of one scalar", roles(Quantifier::Any), r#"{"realm":{"roles":"x"}}"#, get("a/b"), "g"),
        ("all roles but one", roles(Quantifier::All), r#"{"realm":{"roles":["y"]}}"#, get("a/b"), "no_grant"),
        ("all roles", roles(Quantifier::All), r#"{"realm":{"roles":["z","y","x"]}}"#, get("a/b"), "g"),
        ("no roles", roles(Quantifier::Any), r#"{"realm":"x"}"#, get("a/b"), "no_grant"),
        ("equal by type", number(Scalar::Integer(3)), r#"{"level":3}"#, get("a/b"), "g"),
        ("a string is no number", number(Scalar::Integer(3)), r#"{"level":"3"}"#, get("a/b"), "no_grant"),
        ("a float is no integer", number(Scalar::Integer(3)), r#"{"level":3.0}"#, get("a/b"), "no_grant"),
        ("a boolean", number(Scalar::Bool(true)), r#"{"level":true}"#, get("a/b"), "g"),
        (
            "scope",
            when(allow("g", "a/", &["read"]), "scope", Quantifier::Any, &[text("up")]),
            r#"{"scope":"x up"}"#,
            get("a/b"),
            "g",
        ),
        (
            "scp list",
            when(allow("g", "a/", &["read"]), "scope", Quantifier::Any, &[text("up")]),
            r#"{"scp":["up"]}"#,
            get("a/b"),
            "g",
        ),
        (
            "scope is whole words",
            when(allow("g", "a/", &["read"]), "scope", Quantifier::Any, &[text("up")]),
            r#"{"scope":"upper"}"#,
            get("a/b"),
            "no_grant",
        ),
    ];
    for (case, grant, claims, body, expected) in cases {
        let result = ask(&policy(vec![grant]), &caller("corp", claims), &body);
        assert_eq!(outcome(&result), expected, "{case}");
    }
}

#[test]
fn rule_2_a_deny_refuses_whatever_allows() {
    let allows = || vec![allow("g", "a/", &["read", "write", "list"])];
    let cases: Vec<(&str, Grant, String, &str)> = vec![
        ("a deny below", deny("d", "a/x/", &[]), get("a/x/k"), "denied by d"),
        ("a wider deny", deny("d", "", &[]), get("a/k"), "denied by d"),
        ("beside it", deny("d", "a/x/", &[]), get("a/y/k"), "g"),
        ("other action", deny("d", "a/x/", &["write"]), get("a/x/k"), "g"),
        ("without an allow", deny("d", "b/", &[]), get("b/k"), "no_grant"),
        (
            "another alias of the bucket",
            Grant { bucket: name("alias"), ..deny("d", "a/x/", &[]) },
            get("a/x/k"),
            "denied by d",
        ),
        (
            "an access point on it",
            Grant { bucket: name("point"), ..deny("d", "a/x/", &[]) },
            get("a/x/k"),
            "denied by d",
        ),
        (
            "an access point on it that only another alias tells of",
            Grant { bucket: name("point-again"), ..deny("d", "a/x/", &[]) },
            get("a/x/k"),
            "denied by d",
        ),
        (
            "an access point on it by its ARN",
            Grant { bucket: name("point-arn"), ..deny("d", "a/x/", &[]) },
            get("a/x/k"),
            "denied by d",
        ),
        (
            "a Multi-Region Access Point that leads to it too",
            Grant { bucket: name("everywhere"), ..deny("d", "a/x/", &[]) },
            get("a/x/k"),
            "denied by d",
        ),
        (
            "another bucket that such a one leads to",
            Grant { bucket: name("replica"), ..deny("d", "a/x/", &[]) },
            get("a/x/k"),
            "g",
        ),
        ("another bucket", Grant { bucket: name("other"), ..deny("d", "a/x/", &[]) }, get("a/x/k"), "g"),
        ("of another issuer", Grant { issuers: vec![name("else")], ..deny("d", "a/x/", &[]) }, get("a/x/k"), "g"),
        ("when it holds", when(deny("d", "a/", &[]), "sub", Quantifier::Any, &[text("42")]), get("a/k"), "denied by d"),
        ("when it does not", when(deny("d", "a/", &[]), "sub", Quantifier::Any, &[text("43")]), get("a/k"), "g"),
        (
            "a key",
            Grant { effect: Effect::Deny, issuers: Vec::new(), ..key("d", "a/k", &[]) },
            get("a/k"),
            "denied by d",
        ),
        ("a list around it", deny("d", "a/x/", &[]), list("a/"), "denied by d"),
        ("a list inside it", deny("d", "a/x/", &[]), list("a/x/y/"), "denied by d"),
        ("a list beside it", deny("d", "a/x/", &[]), list("a/y/"), "g"),
        (
            "a list that a key lies below",
            Grant { effect: Effect::Deny, issuers: Vec::new(), ..key("d", "a/k", &[]) },
            list("a/"),
            "denied by d",
        ),
        ("a list that it begins in the middle of a name", deny("d", "a/x/", &[]), list("a/x"), "denied by d"),
    ];
    for (case, grant, body, expected) in cases {
        let mut grants = allows();
        grants.push(grant);
        let result = ask(&policy(grants), &caller("corp", r#"{"sub":"42"}"#), &body);
        assert_eq!(outcome(&result), expected, "{case}");
    }
}

#[test]
fn rules_3_and_4_the_longest_prefix_decides_satisfied_or_not() {
    let off = |grant| Grant { enabled: false, ..grant };
    let short = |grant| Grant { max_expires: Lifetime::of_seconds(300).unwrap(), ..grant };
    let sized =
        |most, grant| Grant { upload: UploadLimits { max_size: Some(most), ..UploadLimits::default() }, ..grant };
    let inside = |net: &str, grant| Grant { source_ips: Some(vec![net.parse().unwrap()]), ..grant };
    let wide = || allow("wide", "a/", &["read", "write"]);
    let long = |seconds: u32, body: String| body.replace('}', &format!(r#","expires_in":{seconds}}}"#));
    let cases: Vec<(&str, Vec<Grant>, String, &str)> = vec![
        ("the narrower", vec![wide(), allow("narrow", "a/b/", &["read"])], get("a/b/c"), "narrow"),
        (
            "a template by its filled-in length",
            vec![wide(), allow("narrow", "a/{sub}/", &["read"])],
            get("a/42/c"),
            "narrow",
        ),
        (
            "a key is longer than any prefix",
            vec![key("key", "a/b", &["read"]), allow("raw", "a/b", &["read"])],
            get("a/b"),
            "key",
        ),
        (
            "a narrower one with other actions decides nothing",
            vec![wide(), allow("narrow", "a/b/", &["write"])],
            get("a/b/c"),
            "wide",
        ),
        ("off", vec![wide(), off(allow("narrow", "a/b/", &["read"]))], get("a/b/c"), "grant_disabled by narrow"),
        (
            "too long",
            vec![wide(), short(allow("narrow", "a/b/", &["read"]))],
            long(900, get("a/b/c")),
            "expires_in_too_long by narrow",
        ),
        (
            "too long for 64 bits",
            vec![wide()],
            get("a/b/c").replace('}', r#","expires_in":99999999999999999999999}"#),
            "expires_in_too_long by wide",
        ),
        (
            "unmet",
            vec![wide(), sized(9, allow("narrow", "a/b/", &["write"]))],
            put("a/b/c"),
            "grant_not_satisfied by narrow",
        ),
        (
            "elsewhere",
            vec![wide(), inside("198.51.100.0/24", allow("narrow", "a/b/", &["read"]))],
            get("a/b/c"),
            "grant_not_satisfied by narrow",
        ),
        ("here", vec![wide(), inside("192.0.2.0/24", allow("narrow", "a/b/", &["read"]))], get("a/b/c"), "narrow"),
        ("the first of equals", vec![allow("one", "a/", &["read"]), allow("two", "a/", &["read"])], get("a/k"), "one"),
        (
            "the next where the first is off",
            vec![off(allow("one", "a/", &["read"])), allow("two", "a/", &["read"])],
            get("a/k"),
            "two",
        ),
        (
            "the next where the first is unmet",
            vec![sized(9, allow("one", "a/", &["write"])), allow("two", "a/", &["write"])],
            put("a/k"),
            "two",
        ),
        (
            "none of equals: the first speaks",
            vec![off(allow("one", "a/", &["write"])), sized(9, allow("two", "a/", &["write"]))],
            put("a/k"),
            "grant_disabled by one",
        ),
    ];
    for (case, grants, body, expected) in cases {
        let result = ask(&policy(grants), &caller("corp", r#"{"sub":"42"}"#), &body);
        assert_eq!(outcome(&result), expected, "{case}");
    }
}

#[test]
fn an_explanation_considers_every_grant_on_the_bucket_in_order() {
    let grants = vec![
        allow("wide", "a/", &["read"]),
        allow("narrow", "a/b/", &["read"]),
        allow("writes", "a/b/", &["write"]),
        Grant { issuers: vec![name("else")], ..allow("foreign", "a/b/", &["read"]) },
        when(allow("staff", "a/b/", &["read"]), "groups", Quantifier::Any, &[text("staff")]),
        Grant { bucket: name("other"), ..allow("elsewhere", "a/b/", &["read"]) },
        deny("shut", "c/", &[]),
    ];
    let policy = policy(grants);
    let windows = windows();
    let around = Circumstances { id: "0197", address: None, windows: &windows, now: now() };
    let request = Request::parse(&value(&get("a/b/c"))).unwrap();
    let explanation = policy.explain(&caller("corp", "{}"), &request, around);
    let told: Vec<String> = explanation
        .considered
        .iter()
        .map(|one| format!("{} {} {} {}", one.grant, one.candidate, one.decides, one.reasons.join("; ")))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    wide true false a grant with a longer prefix decides
    narrow true true all its limits are met
    writes false false the operation is not among its actions
    foreign false false it is for another issuer
    staff false false the token's groups is not what `when` asks
    shut false false its prefix does not begin the key
    ");
}

#[test]
fn an_explanation_tells_why_a_grant_does_not_cover_what_was_asked_for() {
    let file = r#"{"operation":"PutObject","bucket":"media","file_name":"x.png"}"#.to_owned();
    let rows = [
        (allow("g", "a/{sub}/", &["read"]), get("a/7/x"), "false: its prefix does not begin the key"),
        (allow("g", "a/{org}/", &["read"]), get("a/7/x"), "false: the token has no org to fill in"),
        (key("g", "a/y", &["read"]), get("a/x"), "false: its key is another"),
        (key("g", "a/", &["list"]), list("a/"), "false: a key covers no prefix"),
        (allow("g", "a/b/", &["list"]), list("a/"), "false: its prefix does not begin the one asked for"),
        (allow("g", "a/", &["write"]), file, "true: no key was made"),
    ];
    let windows = windows();
    let around = Circumstances { id: "0197", address: None, windows: &windows, now: now() };
    for (grant, body, expected) in rows {
        let request = Request::parse(&value(&body)).unwrap();
        let explanation = policy(vec![grant]).explain(&caller("corp", r#"{"sub":"42"}"#), &request, around);
        let told: Vec<_> =
            explanation.considered.iter().map(|one| format!("{}: {}", one.candidate, one.reasons.join("; "))).collect();
        assert_eq!(told, [expected], "{body}");
    }
}
