//! Batches: what is smuggled in beside others, and what is refused whole.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::MALFORMED;
use super::asked::Asked;
use super::asked::posts;
use super::asked::writes;
use super::run;
use crate::support::presignd::Presignd;
use crate::support::setting::DENIED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::expect;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::with;

const GRANTS: &str = r#"
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["read", "write"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "users/42/sealed/"
"#;

fn configured() -> Presignd {
    setting(&[ISSUER, MEDIA, GRANTS])
}

fn get(key: &str) -> Value {
    ask("GetObject", "media", key)
}

fn batch(requests: &Value) -> Asked {
    posts("/v1/presign/batch", &json!({ "requests": requests }))
}

fn written(body: &str) -> Asked {
    writes("/v1/presign/batch", body)
}

pub fn attacks() -> Vec<Attack> {
    let own = get("users/42/a");
    let many = |count: usize| batch(&json!(vec![own.clone(); count]));
    let right = || batch(&json!([own]));
    let text = own.to_string();
    let deep = format!("{}{}", "[".repeat(31), "]".repeat(31));
    vec![
        ("a batch of none", batch(&json!([])), invalid(&["#/requests"]), right()),
        ("a batch of one too many", many(1001), invalid(&["#/requests"]), many(1000)),
        (
            "a batch that is one request",
            posts("/v1/presign/batch", &own),
            invalid(&["#/bucket", "#/key", "#/operation", "#/requests"]),
            right(),
        ),
        ("a batch as an object", batch(&json!({"0": own})), invalid(&["#/requests"]), right()),
        ("a batch as a list", posts("/v1/presign/batch", &json!([own])), invalid(&["#"]), right()),
        ("a batch as text", batch(&json!(json!([own]).to_string())), invalid(&["#/requests"]), right()),
        (
            "a batch for the single route",
            posts("/v1/presign", &json!({"requests": [own]})),
            invalid(&["#/operation"]),
            right(),
        ),
        (
            "a member for all items",
            posts("/v1/presign/batch", &json!({"requests": [own], "grant": "own"})),
            invalid(&["#/grant"]),
            right(),
        ),
        (
            "a subject for all items",
            posts("/v1/presign/batch", &json!({"requests": [own], "sub": "43"})),
            invalid(&["#/sub"]),
            right(),
        ),
        (
            "two lists of requests",
            written(&format!(r#"{{"requests":[{text}],"requests":[{text}]}}"#)),
            MALFORMED,
            right(),
        ),
        (
            "two lists, one by an escape",
            written(&format!(r#"{{"requests":[{text}],"request\u0073":[{text}]}}"#)),
            MALFORMED,
            right(),
        ),
        (
            "two keys in an item",
            written(
                r#"{"requests":[{"operation":"GetObject","bucket":"media","key":"users/42/a","key":"users/43/a"}]}"#,
            ),
            MALFORMED,
            right(),
        ),
        (
            "two keys, one by an escape",
            written(r#"{"requests":[{"operation":"GetObject","bucket":"media","key":"users/42/a","k\u0065y":"b"}]}"#),
            MALFORMED,
            right(),
        ),
        ("an item too deep", written(&format!(r#"{{"requests":[{text},{deep}]}}"#)), MALFORMED, right()),
        (
            "a second body behind it",
            written(&format!(r#"{{"requests":[{text}]}}{{"requests":[{text}]}}"#)),
            MALFORMED,
            right(),
        ),
        ("a comment", written(&format!(r#"{{"requests":[{text}/*,*/]}}"#)), MALFORMED, right()),
        ("a comma too many", written(&format!(r#"{{"requests":[{text},]}}"#)), MALFORMED, right()),
        ("single quotes", written(&format!("{{'requests':[{text}]}}")), MALFORMED, right()),
        ("half a batch", written(&format!(r#"{{"requests":[{text}"#)), MALFORMED, right()),
        ("a byte order mark", written(&format!("\u{feff}{{\"requests\":[{text}]}}")), MALFORMED, right()),
        ("a NUL behind it", written(&format!("{{\"requests\":[{text}]}}\0")), MALFORMED, right()),
    ]
}

#[test]
fn a_batch_is_read_as_strictly_as_a_request() {
    run(configured(), &attacks());
}

/// Of a batch of more than a limit lets through nothing is signed, and of what was in it everything is paid for.
#[test]
fn a_batch_beyond_a_limit_is_refused_whole() {
    let limits = "[rate_limits]\nper_subject = { rate = \"1/h\", burst = 10 }\n";
    let service = setting(&[limits, ISSUER, MEDIA, GRANTS]).serve();
    let many = |count: usize, key: &str| batch(&json!(vec![get(key); count])).send(&service);
    let beyond = many(11, "users/42/a");
    assert_eq!((beyond.status, beyond.code().as_str()), (400, "invalid_request"), "more than ever");
    let foreign = many(6, "users/43/a");
    assert_eq!(foreign.status, 200, "what is refused is paid for too: {}", foreign.text());
    let beyond = many(5, "users/42/a");
    assert_eq!((beyond.status, beyond.code().as_str()), (429, "rate_limited"), "more than is left");
    assert_eq!(super::issued(&service), 0.0);
    let within = many(4, "users/42/a");
    assert_eq!((within.status, super::issued(&service)), (200, 4.0), "{}", within.text());
}

#[test]
fn no_item_rides_on_another() {
    let service = configured().serve();
    let own = || (get("users/42/a"), Ok("own"));
    let foreign = || (get("users/43/a"), NO_GRANT);
    let shape = |place: &'static [&'static str]| invalid(place);
    let rows: Vec<(&str, Vec<(Value, Expected)>)> = vec![
        ("another's between one's own", vec![own(), foreign(), own()]),
        ("another's first", vec![foreign(), own()]),
        ("a denied one between", vec![own(), (get("users/42/sealed/a"), DENIED), own()]),
        ("the same twice", vec![own(), own()]),
        (
            "an unknown member in one",
            vec![own(), (with(get("users/42/a"), &json!({"x": 1})), shape(&["#/requests/1/x"])), own()],
        ),
        (
            "a batch in a batch",
            vec![own(), (json!({"requests": [get("users/42/a")]}), shape(&["#/requests/1/operation"]))],
        ),
        ("an item that is a list", vec![(json!([get("users/42/a")]), shape(&["#/requests/0"])), own()]),
        ("an item that is text", vec![(json!(get("users/42/a").to_string()), shape(&["#/requests/0"])), own()]),
        ("an item that is null", vec![(Value::Null, shape(&["#/requests/0"])), own()]),
        (
            "an item that refers to another",
            vec![own(), (with(get("users/43/a"), &json!({"$ref": "#/requests/0"})), shape(&["#/requests/1/$ref"]))],
        ),
        (
            "an item for another caller",
            vec![own(), (with(get("users/43/a"), &json!({"sub": "43"})), shape(&["#/requests/1/sub"]))],
        ),
        (
            "an item with a token of its own",
            vec![
                own(),
                (
                    with(get("users/43/a"), &json!({"authorization": "Bearer x"})),
                    shape(&["#/requests/1/authorization"]),
                ),
            ],
        ),
        (
            "an item with a lifetime of its own",
            vec![
                own(),
                (
                    with(get("users/42/a"), &json!({"expires_in": 3601})),
                    Err((400, "expires_in_too_long", &["#/requests/1/expires_in"])),
                ),
            ],
        ),
        (
            "an item with a key that climbs",
            vec![own(), (get("users/42/../43/a"), Err((400, "invalid_key", &["#/requests/1/key"])))],
        ),
        ("an item for a bucket that is not there", vec![own(), (ask("GetObject", "nowhere", "users/42/a"), NO_GRANT)]),
    ];
    for (case, items) in rows {
        let (requests, expected): (Vec<Value>, Vec<Expected>) = items.into_iter().unzip();
        let results = batch(&json!(requests)).send(&service).json()["results"].clone();
        assert_eq!(results.as_array().map(Vec::len), Some(expected.len()), "{case}: {results:#}");
        for (place, expected) in expected.into_iter().enumerate() {
            expect(&format!("{case}, {place}"), &results[place], expected);
        }
    }
}
