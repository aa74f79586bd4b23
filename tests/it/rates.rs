//! Rate limits: what is charged to whom, and what the answers tell of it, in memory and in a store alike.

use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::eventually;
use crate::support::redis_server::RedisServer;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;

/// With these limits in memory, and in Redis where there is one.
fn in_each_store(limits: &str, holds: impl Fn(&Service)) {
    let server = "[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n";
    let served = |store: &str, url: &str| {
        let parts = [server, "[rate_limits]\n", store, limits, ISSUER, MEDIA, ALL_OF_MEDIA];
        setting(&parts).env("REDIS_URL", url).serve()
    };
    let in_memory = served("", "");
    assert_eq!(in_memory.metric("presignd_rate_limit_store_up"), 1.0, "memory is never away");
    holds(&in_memory);
    if let Some(redis) = RedisServer::start() {
        let service = served("store = \"redis\"\nstore_url_env = \"REDIS_URL\"\n", &redis.url());
        let seen = redis.watch();
        holds(&service);
        let is_told = |line: &String| line.contains("\"presignd:{limits}:per_");
        eventually("it is there that it is kept", || seen.all().iter().any(is_told).then_some(()));
    }
}

fn get() -> Value {
    ask("GetObject", "media", "a")
}

fn of(subject: &str) -> String {
    token_with(&json!({ "sub": subject }))
}

/// What is left by the field `RateLimit`, which names one policy.
#[track_caller]
fn left(reply: &Reply) -> (String, u64) {
    let field = reply.header("ratelimit").unwrap_or_else(|| panic!("{reply:?}"));
    let mut parts = field.split(';').map(str::trim);
    let name = parts.next().unwrap().trim_matches('"').to_owned();
    let left = parts.find_map(|part| part.strip_prefix("r=")).unwrap().parse().unwrap();
    (name, left)
}

fn is(name: &str, left: u64) -> (String, u64) {
    (name.to_owned(), left)
}

#[track_caller]
fn is_refused(case: &str, reply: &Reply, limit: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (429, "rate_limited"), "{case}: {}", reply.text());
    assert_eq!(left(reply).0, limit, "{case}: the fields tell of the limit that refused");
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1, "{case}");
    assert_eq!(reply.json()["retry_after"], wait, "{case}");
}

#[test]
fn a_subject_is_charged_for_each_url_that_it_asks_for() {
    in_each_store("per_subject = { rate = \"6/m\", burst = 50 }\n", |service| {
        let ask_as = |subject: &str, path: &str, body: &Value| service.post(&of(subject), path, body);
        let first = ask_as("1", "/v1/presign", &get());
        assert_eq!(left(&first), is("per_subject", 49));
        let policy = first.header("ratelimit-policy").unwrap().replace(' ', "");
        assert_eq!(policy, "\"per_subject\";q=50;w=500", "w is burst ÷ rate in seconds");
        assert_eq!(
            left(&ask_as("1", "/v1/presign", &ask("GetObject", "nowhere", "a"))),
            is("per_subject", 48),
            "refused"
        );
        assert_eq!(left(&ask_as("1", "/v1/presign", &with(get(), &json!({"x": 1})))), is("per_subject", 47), "invalid");
        let batch = |count: usize| json!({"requests": vec![get(); count]});
        assert_eq!(left(&ask_as("1", "/v1/presign/batch", &batch(10))), is("per_subject", 37));
        let mixed = json!({"requests": [get(), 1, {"x": 1}, ask("GetObject", "nowhere", "a")]});
        assert_eq!(
            left(&ask_as("1", "/v1/presign/batch", &mixed)),
            is("per_subject", 33),
            "invalid and refused items too"
        );
        assert_eq!(left(&service.get(&of("1"), "/v1/grants")), is("per_subject", 33), "grants cost nothing");
        is_refused(
            "a batch is admitted or refused whole",
            &ask_as("1", "/v1/presign/batch", &batch(34)),
            "per_subject",
        );
        assert_eq!(
            left(&ask_as("1", "/v1/presign/batch", &batch(33))),
            is("per_subject", 0),
            "and a refused one costs nothing"
        );
        is_refused("nothing is left", &ask_as("1", "/v1/presign", &get()), "per_subject");
        assert_eq!(service.get(&of("1"), "/v1/grants").status, 200);
        assert_eq!(left(&ask_as("2", "/v1/presign", &get())), is("per_subject", 49), "another subject has its own");
        assert_eq!(service.metric("presignd_rate_limited_total{limit=\"per_subject\"}"), 2.0);
        assert_eq!(service.metric("presignd_refusals_total{code=\"rate_limited\"}"), 2.0);
        assert!(service.audit().iter().all(|line| line["code"] != "rate_limited"), "no such line");
    });
}

#[test]
fn a_subject_is_one_only_within_its_issuer() {
    let partner = r#"
        [[issuers]]
        name = "partner"
        issuer = "https://partner.example"
        audiences = ["presignd"]
        hmac_secret_env = "CORP_SECRET"
        [[grants]]
        name = "both"
        issuers = ["corp", "partner"]
        bucket = "media"
        prefix = ""
        actions = ["read"]
    "#;
    let limits = "[rate_limits]\nper_subject = { rate = \"1/h\", burst = 5 }\n";
    let service = setting(&[limits, ISSUER, partner, MEDIA]).serve();
    let issuer = Issuer::hmac(CORP_SECRET);
    let token_of = |iss: &str, change: Value| {
        let mut claims = claims(iss, "presignd", "", &json!({}));
        claims.as_object_mut().unwrap().remove("sub");
        issuer.token(&with(claims, &change))
    };
    let corp = crate::support::setting::CORP;
    let cost = |token: &str| left(&service.post(token, "/v1/presign", &get())).1;
    let a = json!({"sub": "a"});
    assert_eq!(cost(&token_of(corp, a.clone())), 4);
    assert_eq!(cost(&token_of("https://partner.example", a.clone())), 4, "another issuer's a");
    assert_eq!(cost(&token_of(corp, with(a.clone(), &json!({"jti": "2", "client_id": "c"})))), 3, "another token of a");
    assert_eq!(cost(&token_of(corp, json!({"client_id": "c"}))), 4, "without sub the client counts");
    assert_eq!(cost(&token_of(corp, json!({"client_id": "c", "jti": "2"}))), 3);
    assert_eq!(cost(&token_of(corp, json!({}))), 4, "without either the issuer does");
    assert_eq!(cost(&token_of(corp, json!({"jti": "2"}))), 3);
}

#[test]
fn an_address_is_charged_for_each_request_before_anything_is_read() {
    in_each_store("per_address = { rate = \"1/h\", burst = 4 }\n", |service| {
        let from = |address: &str, token: Option<&str>, path: &str| {
            let call = service.call("POST", path).header("x-forwarded-for", address).body("x");
            token.into_iter().fold(call, |call, token| call.bearer(token)).send()
        };
        let good = token();
        for (case, token, status, remaining) in [
            ("no token", None, 401, 3),
            ("a bad token", Some("x"), 401, 2),
            ("a good one, no type", Some(good.as_str()), 415, 1),
        ] {
            let reply = from("192.0.2.1", token, "/v1/presign");
            assert_eq!((reply.status, left(&reply)), (status, is("per_address", remaining)), "{case}");
        }
        let batch = service.call("POST", "/v1/presign/batch").header("x-forwarded-for", "192.0.2.1").bearer(&good);
        let batch = batch.json(&json!({"requests": vec![get(); 9]})).send();
        assert_eq!((batch.status, left(&batch)), (200, is("per_address", 0)), "a batch is one request");
        is_refused("no token", &from("192.0.2.1", None, "/v1/presign"), "per_address");
        is_refused("a good token", &from("192.0.2.1", Some(&good), "/v1/presign"), "per_address");
        let grants = service.call("GET", "/v1/grants").header("x-forwarded-for", "192.0.2.1").bearer(&good).send();
        is_refused("grants", &grants, "per_address");
        for (path, status) in [("/openapi.json", 200), ("/nowhere", 404), ("/v1/presign", 405)] {
            let reply = service.call("GET", path).header("x-forwarded-for", "192.0.2.1").send();
            assert_eq!(reply.status, status, "{path} is not charged");
        }
        assert_eq!(left(&from("192.0.2.2", None, "/v1/presign")), is("per_address", 3), "another address");
        assert_eq!(left(&from("2001:db8:0:1::1", None, "/v1/presign")), is("per_address", 3));
        assert_eq!(left(&from("2001:db8:0:1:ffff::2", None, "/v1/presign")), is("per_address", 2), "the same /64");
        assert_eq!(left(&from("2001:db8:0:2::1", None, "/v1/presign")), is("per_address", 3), "another /64");
        assert_eq!(left(&from("::ffff:192.0.2.2", None, "/v1/presign")), is("per_address", 2), "IPv4 written as IPv6");
        assert_eq!(service.admin("/metrics").status, 200);
    });
}

#[test]
fn a_refusal_by_address_names_the_header_that_was_not_believed() {
    let limits = "[rate_limits]\nper_address = { rate = \"1/h\", burst = 1 }\n";
    let service = setting(&[limits, ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let ask_with = |header: Option<&str>| {
        let call = service.call("GET", "/v1/grants").bearer(&token());
        header.into_iter().fold(call, |call, value| call.header("x-forwarded-for", value)).send()
    };
    assert_eq!(ask_with(None).status, 200);
    let plain = ask_with(None);
    is_refused("without the header", &plain, "per_address");
    assert!(!plain.text().to_lowercase().contains("x-forwarded-for"), "{}", plain.text());
    let named = ask_with(Some("192.0.2.1"));
    is_refused("with the header", &named, "per_address");
    assert!(named.json()["detail"].as_str().unwrap().to_lowercase().contains("x-forwarded-for"), "{}", named.text());
}

#[test]
fn all_callers_share_the_global_limit_and_the_tightest_is_told() {
    in_each_store(
        "per_subject = { rate = \"1/h\", burst = 6 }\nglobal = { rate = \"1/h\", burst = 10 }\n\
         per_address = { rate = \"1/h\", burst = 100 }\n",
        |service| {
            let batch = |count: usize| json!({"requests": vec![get(); count]});
            assert_eq!(left(&service.post(&of("1"), "/v1/presign/batch", &batch(4))), is("per_subject", 2));
            assert_eq!(left(&service.post(&of("2"), "/v1/presign/batch", &batch(5))), is("per_subject", 1));
            let third = service.post(&of("3"), "/v1/presign/batch", &batch(2));
            is_refused("two of one that is left", &third, "global");
            assert_eq!(
                left(&service.post(&of("3"), "/v1/presign", &get())),
                is("global", 0),
                "whole or not at all: nothing was taken"
            );
            is_refused("nobody has any left", &service.post(&of("2"), "/v1/presign", &get()), "global");
            let over = service.post(&of("4"), "/v1/presign/batch", &batch(7));
            assert_eq!(
                (over.status, over.code().as_str()),
                (400, "invalid_request"),
                "above a burst it could never be admitted"
            );
        },
    );
}

#[test]
fn report_only_counts_and_refuses_nothing() {
    in_each_store("per_subject = { rate = \"1/h\", burst = 2 }\nreport_only = true\n", |service| {
        for _ in 0..5 {
            assert_eq!(service.post(&token(), "/v1/presign", &get()).status, 200);
        }
        assert_eq!(service.metric("presignd_rate_limited_total{limit=\"per_subject\"}"), 3.0);
        service.logged("what would have been refused", |line| line.to_string().contains("per_subject"));
    });
}

#[test]
fn the_fields_tell_the_window_and_the_time_until_more_is_left() {
    for (limit, policy) in [
        ("{ rate = \"3/s\", burst = 10 }", "\"per_subject\";q=10;w=4"),
        ("{ rate = \"5/m\", burst = 5 }", "\"per_subject\";q=5;w=60"),
        ("{ rate = \"2/h\", burst = 1 }", "\"per_subject\";q=1;w=1800"),
        ("{ rate = \"1000/s\", burst = 5 }", "\"per_subject\";q=5;w=1"),
    ] {
        in_each_store(&format!("per_subject = {limit}\n"), |service| {
            let reply = service.post(&token(), "/v1/presign", &get());
            assert_eq!(reply.header("ratelimit-policy"), Some(policy));
            let field = reply.header("ratelimit").unwrap();
            let seconds = field.split(';').find_map(|part| part.trim().strip_prefix("t="));
            let seconds: u64 = seconds.unwrap_or_else(|| panic!("{field}")).parse().unwrap();
            let window: u64 = policy.rsplit_once('=').unwrap().1.parse().unwrap();
            assert!(seconds <= window, "{policy}: {field}");
        });
    }
}

#[test]
fn a_limit_fills_up_again() {
    in_each_store("per_subject = { rate = \"5/s\", burst = 2 }\n", |service| {
        let spend = || service.post(&token(), "/v1/presign/batch", &json!({"requests": [get(), get()]})).status;
        assert!((0..50).any(|_| spend() == 429), "requests come faster than 5 a second");
        eventually("a second token", || (spend() == 200).then_some(()));
    });
}
