//! How long a URL lives, what set its end, and what is refused instead.

use serde_json::Value;
use serde_json::json;

use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::setting::CORP;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::REGION;
use crate::support::setting::Use;
use crate::support::setting::ask;
use crate::support::setting::buckets;
use crate::support::setting::credential_file;
use crate::support::setting::expect_reply;
use crate::support::setting::grant_of;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;
use crate::verifier::Key;
use crate::verifier::World;

const USUAL: &str = r#"
    [[grants]]
    name = "usual"
    bucket = "media"
    prefix = "usual/"
    actions = ["read"]
"#;

const OTHERS: &str = r#"
    [[grants]]
    name = "brief"
    bucket = "media"
    prefix = "brief/"
    actions = ["read"]
    max_expires = "5m"
    [[grants]]
    name = "equal"
    bucket = "media"
    prefix = "equal/"
    actions = ["read"]
    max_expires = "15m"
"#;

const LONG: &str = r#"
    [[grants]]
    name = "long"
    bucket = "media"
    prefix = "long/"
    actions = ["read"]
    max_expires = "7d"
"#;

fn get(key: &str, more: &Value) -> Value {
    with(ask("GetObject", "media", key), more)
}

/// Key, what is asked, and the lifetime with what set it, or the most that may be asked.
type Row = (&'static str, Option<u64>, Result<(u64, &'static str), u64>);

fn run(presignd: Presignd, rows: &[Row]) {
    let service = presignd.serve();
    for (key, asked, expected) in rows {
        let case = format!("{key}, {asked:?}");
        let request = get(key, &asked.map_or(json!({}), |seconds| json!({"expires_in": seconds})));
        let grant = key.split('/').next().unwrap();
        let reply = service.post(&token(), "/v1/presign", &request);
        match expected {
            Ok((seconds, limited_by)) => {
                let before = now();
                let answer = reply.json();
                assert_eq!(answer["grant"], grant, "{case}: {answer:#}");
                let found = (&answer["expires_in"], &answer["expiry_limited_by"]);
                assert_eq!(found, (&json!(seconds), &json!(limited_by)), "{case}");
                ends_when_it_says(&case, &answer, &request, before);
            }
            Err(most) => {
                let problem = reply.json();
                let found = (reply.status, reply.code(), &problem["max_expires_in"]);
                assert_eq!(found, (400, "expires_in_too_long".to_owned(), &json!(most)), "{case}");
                assert_eq!(problem["errors"][0]["pointer"], "#/expires_in", "{case}");
            }
        }
    }
}

/// `expires_at` is the truth, and the URL agrees.
fn ends_when_it_says(case: &str, answer: &Value, request: &Value, now: i64) {
    let used = works_only_as_told(case, answer, request);
    let number = |name: &str| used.parameter(name).unwrap().parse::<i64>().unwrap();
    let signed_at = crate::verifier::seconds(&used.parameter("X-Amz-Date").unwrap()).unwrap();
    assert!((now - 5..=now).contains(&signed_at), "{case}: signed at {signed_at}, it is {now}");
    assert_eq!(json!(number("X-Amz-Expires")), answer["expires_in"], "{case}");
    let format = &time::format_description::well_known::Rfc3339;
    let text = answer["expires_at"].as_str().unwrap();
    let end = time::OffsetDateTime::parse(text, format).unwrap().unix_timestamp();
    assert!(text.ends_with('Z'), "{case}: {text}");
    assert_eq!(end, signed_at + number("X-Amz-Expires"), "{case}");
}

#[test]
fn what_is_asked_or_left_out_is_held_to_the_grant() {
    run(
        setting(&["[expiry]\nmax = \"7d\"\n", ISSUER, MEDIA, USUAL, OTHERS, LONG]),
        &[
            ("usual/a", None, Ok((900, "default"))),
            ("usual/a", Some(1), Ok((1, "request"))),
            ("usual/a", Some(900), Ok((900, "request"))),
            ("usual/a", Some(3600), Ok((3600, "request"))),
            ("usual/a", Some(3601), Err(3600)),
            ("brief/a", None, Ok((300, "grant"))),
            ("brief/a", Some(300), Ok((300, "request"))),
            ("brief/a", Some(301), Err(300)),
            ("equal/a", None, Ok((900, "default"))),
            ("long/a", Some(604_800), Ok((604_800, "request"))),
            ("long/a", Some(604_801), Err(604_800)),
            ("long/a", Some(18_446_744_073_709_551_615), Err(604_800)),
        ],
    );
}

/// Where AWS's console shares an object for 12 hours at most, and its CLI presigns for 7 days.
#[test]
fn url_expiry_console_12h_cli_168h_are_the_default_and_the_utmost_cap() {
    let of = |expiry: &str, longest: &str| {
        let grant = grant_of("media", &format!("actions = [\"read\"]\nmax_expires = \"{longest}\""));
        setting(&[expiry, ISSUER, MEDIA, &grant])
    };
    let by_default = [("media/a", Some(43_200), Ok((43_200, "request"))), ("media/a", Some(43_201), Err(43_200))];
    run(of("", "12h"), &by_default);
    run(of("[expiry]\nmax = \"168h\"\n", "168h"), &[("media/a", Some(604_800), Ok((604_800, "request")))]);
    for (expiry, longest, told) in [
        ("", "43201s", "no grant may allow more than expiry.max (43200 s)"),
        ("[expiry]\nmax = \"604801s\"\n", "1h", "a URL lives 1 second to 7 days (604800 seconds)"),
        ("[expiry]\nmax = \"168h\"\n", "604801s", "a URL lives 1 second to 7 days (604800 seconds)"),
    ] {
        let output = of(expiry, longest).run("check", &[], "");
        assert_eq!(output.code, 1, "{expiry}, {longest}: {output:?}");
        assert!(output.stderr.contains(told), "{expiry}, {longest}: {output:?}");
    }
}

#[test]
fn the_services_own_maximum_bounds_a_grant_that_names_none() {
    run(
        setting(&["[expiry]\nmax = \"10m\"\ndefault = \"8m\"\n", ISSUER, MEDIA, USUAL]),
        &[
            ("usual/a", None, Ok((480, "default"))),
            ("usual/a", Some(600), Ok((600, "request"))),
            ("usual/a", Some(601), Err(600)),
        ],
    );
}

#[test]
fn a_url_ends_with_the_token_where_the_service_says_so() {
    let token_of = |seconds: i64| {
        Issuer::hmac(CORP_SECRET).token(&claims(CORP, "presignd", "42", &json!({"exp": now() + seconds})))
    };
    let within = setting(&["[expiry]\nwithin_token = true\n", ISSUER, MEDIA, USUAL]).serve();
    let without = setting(&[ISSUER, MEDIA, USUAL]).serve();
    let request = get("usual/a", &json!({"expires_in": 600}));
    let answer = expect_reply("cut by the token", &within.post(&token_of(300), "/v1/presign", &request), Ok("usual"));
    let seconds = answer["expires_in"].as_u64().unwrap();
    assert!((290..=300).contains(&seconds), "{answer:#}");
    assert_eq!(answer["expiry_limited_by"], "token");
    works_only_as_told("cut by the token", &answer, &request);
    for (case, service, life) in
        [("a token that lives longer", &within, 700), ("a service that does not ask", &without, 300)]
    {
        let answer = expect_reply(case, &service.post(&token_of(life), "/v1/presign", &request), Ok("usual"));
        assert_eq!((&answer["expires_in"], &answer["expiry_limited_by"]), (&json!(600), &json!("request")), "{case}");
    }
    // Within the leeway a token is still believed, but no URL may live on past its end.
    let reply = within.post(&token_with(&json!({"exp": now() - 10})), "/v1/presign", &request);
    assert_ne!(reply.status, 200, "a URL that has ended: {}", reply.text());
}

fn credentials(id: &str, ends_in: Option<i64>) -> String {
    let (secret, session) = (format!("secret of {id}"), format!("session/of+{id}=="));
    credential_file(Key { id, secret: &secret, session_token: Some(&session) }, ends_in)
}

const SEVERAL: [&str; 4] = ["ended", "ending", "short", "endless"];

fn several(expiry: &str) -> Presignd {
    let of = |name: &&str| {
        let source = format!("[credentials.{name}]\nprovider = \"file\"\npath = \"{name}.json\"\n");
        let bucket = buckets(&[*name]);
        format!("{source}{bucket}credentials = \"{name}\"\n{}", grant_of(name, "actions = [\"read\"]"))
    };
    let parts: String = SEVERAL.iter().map(of).collect();
    setting(&[expiry, ISSUER, &parts])
        .file("ended.json", credentials("ended", Some(-10)))
        .file("ending.json", credentials("ending", Some(25)))
        .file("short.json", credentials("short", Some(300)))
        .file("endless.json", credentials("endless", None))
}

#[test]
fn a_url_never_outlives_its_credentials() {
    let unavailable: Expected = Err((503, "credentials_unavailable", &[]));
    let cases: [(&str, &str, &str, Option<u64>, Expected); 11] = [
        ("shorten", "endless", "not cut", Some(600), Ok("endless")),
        ("shorten", "short", "cut", Some(600), Ok("short")),
        ("shorten", "short", "shorter by itself", Some(60), Ok("short")),
        ("shorten", "ending", "less than 30 s would be left", Some(600), unavailable),
        ("shorten", "ending", "shorter by itself", Some(5), Ok("ending")),
        ("shorten", "ended", "ended", Some(60), unavailable),
        ("refuse", "endless", "not cut", None, Ok("endless")),
        ("refuse", "short", "would be cut", Some(600), unavailable),
        ("refuse", "short", "the default would be cut", None, unavailable),
        ("refuse", "short", "shorter by itself", Some(60), Ok("short")),
        ("refuse", "ended", "ended", Some(60), unavailable),
    ];
    for rule in ["shorten", "refuse"] {
        let service = several(&format!("[expiry]\nshort_credentials = \"{rule}\"\n")).serve();
        for (_, bucket, case, asked, expected) in cases.iter().filter(|(of, ..)| *of == rule) {
            let case = format!("{rule}, {bucket}: {case}");
            let request =
                with(ask("GetObject", bucket, "a"), &asked.map_or(json!({}), |seconds| json!({"expires_in": seconds})));
            let reply = service.post(&token(), "/v1/presign", &request);
            let answer = expect_reply(&case, &reply, *expected);
            if expected.is_err() {
                assert!(reply.header("retry-after").is_some(), "{case}: {reply:?}");
                continue;
            }
            let secret = format!("secret of {bucket}");
            let session = format!("session/of+{bucket}==");
            let keys = [Key { id: bucket, secret: &secret, session_token: Some(&session) }];
            let world = World { keys: &keys, region: REGION, service: "s3", now: now() };
            assert_eq!(Use::of(&answer, &request).judge_in(world), Ok(()), "{case}: {answer:#}");
            let seconds = answer["expires_in"].as_u64().unwrap();
            match (case.contains("not cut"), case.ends_with(": cut")) {
                (_, true) => {
                    assert!((290..=300).contains(&seconds), "{case}: {answer:#}");
                    assert_eq!(answer["expiry_limited_by"], "credentials", "{case}");
                }
                (_, false) => assert_eq!(json!(seconds), json!(asked.unwrap_or(900)), "{case}"),
            }
        }
    }
}

#[test]
fn on_a_tie_the_earliest_cause_is_named() {
    let config = "[credentials.main]\nprovider = \"file\"\npath = \"main.json\"\n";
    let until = json!({
        "Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c",
        "Expiration": "2030-01-01T00:15:00Z",
    });
    let presignd = setting(&[ISSUER, MEDIA, USUAL, OTHERS, config]).file("main.json", until.to_string());
    let limited_by = |grant: &str, at: &str, asked: Option<u64>| {
        let request = get(&format!("{grant}/a"), &asked.map_or(json!({}), |seconds| json!({"expires_in": seconds})));
        let answer = presignd.sign(grant, at, &[request]).remove(0);
        (answer["expires_in"].as_u64(), answer["expiry_limited_by"].as_str().map(str::to_owned))
    };
    let is = |seconds: u64, cause: &str| (Some(seconds), Some(cause.to_owned()));
    assert_eq!(limited_by("usual", "2030-01-01T00:00:00Z", Some(900)), is(900, "request"));
    assert_eq!(limited_by("usual", "2030-01-01T00:00:00Z", None), is(900, "default"));
    assert_eq!(limited_by("brief", "2030-01-01T00:10:00Z", None), is(300, "grant"));
    assert_eq!(limited_by("usual", "2030-01-01T00:00:01Z", Some(900)), is(899, "credentials"));
    assert_eq!(limited_by("brief", "2030-01-01T00:10:01Z", None), is(299, "credentials"));
    assert_eq!(limited_by("usual", "2030-01-01T00:14:30Z", None), is(30, "credentials"));
    assert_eq!(limited_by("usual", "2030-01-01T00:14:31Z", None), (None, None), "29 s are refused");
    assert_eq!(limited_by("usual", "2030-01-01T00:14:31Z", Some(29)), is(29, "request"));
}
