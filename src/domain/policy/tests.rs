//! "How a grant is found", a case each, on grants made here.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use super::*;
use crate::domain::action::Action;
use crate::domain::claims::ClaimPath;
use crate::domain::claims::Value;
use crate::domain::grant::Claim;
use crate::domain::grant::Condition;
use crate::domain::grant::DownloadLimits;
use crate::domain::grant::Quantifier;
use crate::domain::grant::Scalar;
use crate::domain::grant::UploadLimits;
use crate::domain::lifetime::Lifetime;
use crate::domain::scheme::Scheme;
use crate::domain::scope::Scope;
use crate::domain::template::KeyTemplate;

const NOW: u64 = 1_764_000_000;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn bucket(alias: &str, real: &str, underlying: Option<&str>) -> Bucket {
    let target = Target {
        scheme: Scheme::Https,
        authority: "s3.example.net".into(),
        host: "s3.example.net".into(),
        base_path: format!("/{real}"),
        region: "us-east-1".into(),
        service: "s3",
    };
    Bucket {
        alias: name(alias),
        bucket: BucketName::parse(real).unwrap(),
        underlying: underlying.map(|real| BucketName::parse(real).unwrap()),
        target: Arc::new(target),
        read_credentials: name("reader"),
        write_credentials: name("writer"),
        log_id: true,
    }
}

/// An allow for issuer `corp` on bucket `media`.
fn allow(grant: &str, prefix: &str, actions: &[&str]) -> Grant {
    Grant {
        name: name(grant),
        effect: Effect::Allow,
        bucket: name("media"),
        scope: Scope::prefix(prefix, !prefix.is_empty() && !prefix.ends_with('/')).unwrap(),
        actions: actions.iter().map(|word| Action::parse(word).unwrap()).collect(),
        issuers: vec![name("corp")],
        when: Vec::new(),
        enabled: true,
        max_expires: Lifetime::HOUR,
        credentials: None,
        upload: UploadLimits::default(),
        download: DownloadLimits::default(),
        source_ips: None,
    }
}

fn key(grant: &str, key: &str, actions: &[&str]) -> Grant {
    Grant { scope: Scope::key(key).unwrap(), ..allow(grant, "", actions) }
}

fn deny(grant: &str, prefix: &str, actions: &[&str]) -> Grant {
    Grant { effect: Effect::Deny, issuers: Vec::new(), ..allow(grant, prefix, actions) }
}

fn when(grant: Grant, claim: &str, quantifier: Quantifier, values: &[Scalar]) -> Grant {
    let claim = if claim == "scope" { Claim::Scope } else { Claim::At(ClaimPath::of(claim.split('.')).unwrap()) };
    Grant { when: vec![Condition { claim, quantifier, values: values.to_vec() }], ..grant }
}

fn text(value: &str) -> Scalar {
    Scalar::String(value.into())
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn caller(issuer: &str, claims: &str) -> Caller {
    let scopes = ["scope".to_owned(), "scp".to_owned()];
    Caller::verified(name(issuer), Claims::of(value(claims)).unwrap(), &scopes, now() + Duration::from_secs(600))
}

fn policy(grants: Vec<Grant>) -> Policy {
    let buckets = vec![
        bucket("media", "acme-media", None),
        bucket("alias", "acme-media", None),
        bucket("other", "acme-other", None),
        bucket("point", "acme-point", Some("acme-media")),
    ];
    Policy::new(ExpiryRules::default(), buckets, grants)
}

fn windows() -> CredentialWindows {
    CredentialWindows(["reader", "writer", "own"].map(|known| (name(known), Window::Endless)).into())
}

fn ask(policy: &Policy, caller: &Caller, body: &str) -> Result<Permit, Refusal> {
    let windows = windows();
    let address = Some("192.0.2.7".parse().unwrap());
    let around = Circumstances { id: "0197", address, windows: &windows, now: now() };
    policy.authorize(caller, &Request::parse(&value(body)).unwrap(), around)
}

/// The grant that decided, or the code and the grant that it speaks of.
fn outcome(result: &Result<Permit, Refusal>) -> String {
    match result {
        Ok(permit) => permit.grant().to_string(),
        Err(refusal) => match &refusal.grant {
            Some(grant) => format!("{} by {grant}", refusal.code.as_str()),
            None => refusal.code.as_str().to_owned(),
        },
    }
}

fn get(key: &str) -> String {
    format!(r#"{{"operation":"GetObject","bucket":"media","key":"{key}"}}"#)
}

fn put(key: &str) -> String {
    format!(r#"{{"operation":"PutObject","bucket":"media","key":"{key}"}}"#)
}

fn list(prefix: &str) -> String {
    format!(r#"{{"operation":"ListObjectsV2","bucket":"media","prefix":"{prefix}"}}"#)
}

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
    shut false false its prefix does not begin the key, or the token lacks a claim in it
    ");
}
