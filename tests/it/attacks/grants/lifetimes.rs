//! URLs that would live longer than they may, or have other lives than S3 knows.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::MALFORMED;
use super::asked::Asked;
use super::asked::asks;
use super::asked::writes;
use super::run;
use crate::support::now;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::TOO_LONG;
use crate::support::setting::ask;
use crate::support::setting::credential_file;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::with;
use crate::verifier::Key;

const CONFIG: &str = r#"
    [expiry]
    within_token = true
    short_credentials = "refuse"
    [credentials.main]
    provider = "environment"
    [credentials.short]
    provider = "file"
    path = "short.json"
    [credentials.gone]
    provider = "file"
    path = "gone.json"
    [buckets.media]
    bucket = "acme-media"
    region = "eu-west-1"
    credentials = "main"
    [[grants]]
    name = "hour"
    bucket = "media"
    prefix = "hour/"
    actions = ["read", "write"]
    download = { stable = true }
    [[grants]]
    name = "minute"
    bucket = "media"
    prefix = "hour/minute/"
    actions = ["read"]
    max_expires = "1m"
    [[grants]]
    name = "most"
    bucket = "media"
    prefix = "most/"
    actions = ["read"]
    max_expires = "12h"
    [[grants]]
    name = "short"
    bucket = "media"
    prefix = "short/"
    actions = ["read"]
    credentials = "short"
    [[grants]]
    name = "gone"
    bucket = "media"
    prefix = "gone/"
    actions = ["read"]
    credentials = "gone"
"#;

fn lives(key: &str, expires_in: Value) -> Asked {
    asks(&with(ask("GetObject", "media", key), &json!({ "expires_in": expires_in })))
}

/// A number as no serializer would write it.
fn written(number: &str) -> Asked {
    writes(
        "/v1/presign",
        &format!(r#"{{"operation":"GetObject","bucket":"media","key":"hour/a","expires_in":{number}}}"#),
    )
}

pub fn attacks() -> Vec<Attack> {
    let hour = |expires_in: Value| lives("hour/a", expires_in);
    let bad = invalid(&["#/expires_in"]);
    let right = || hour(json!(3600));
    let stable = |more: Value| asks(&with(ask("GetObject", "media", "hour/a"), &with(json!({"stable": true}), &more)));
    let unavailable: Expected = Err((503, "credentials_unavailable", &[]));
    vec![
        ("a life of nothing", hour(json!(0)), bad, hour(json!(1))),
        ("a life before its birth", hour(json!(-1)), bad, right()),
        ("half a second", hour(json!(0.5)), bad, right()),
        ("a whole number as a fraction", hour(json!(900.0)), bad, right()),
        ("a life in an exponent", written("9e2"), bad, written("900")),
        ("a life as text", hour(json!("900")), bad, right()),
        ("a life in words", hour(json!("15m")), bad, right()),
        ("a life in a list", hour(json!([900])), bad, right()),
        ("a life that is null", hour(json!(null)), bad, right()),
        ("a life that is true", hour(json!(true)), bad, right()),
        ("a second more than the grant has", hour(json!(3601)), TOO_LONG, right()),
        (
            "a second more than a narrower grant has",
            lives("hour/minute/a", json!(61)),
            TOO_LONG,
            lives("hour/minute/a", json!(60)),
        ),
        ("a second more than the service has", lives("most/a", json!(43_201)), TOO_LONG, lives("most/a", json!(60))),
        ("a second more than S3 has", lives("most/a", json!(604_801)), TOO_LONG, lives("most/a", json!(3600))),
        ("a life that overflows 32 bits to one second", hour(json!(4_294_967_297_u64)), TOO_LONG, hour(json!(1))),
        ("2 to the 53rd", hour(json!(9_007_199_254_740_993_u64)), TOO_LONG, right()),
        ("all of 64 bits", hour(json!(u64::MAX)), TOO_LONG, right()),
        ("more than 64 bits", written("18446744073709551617"), TOO_LONG, right()),
        ("beyond all measure", written("1e300"), TOO_LONG, right()),
        ("infinite by its exponent", written("1e400"), MALFORMED, right()),
        ("NaN", written("NaN"), MALFORMED, right()),
        ("a life with a zero before", written("0900"), MALFORMED, right()),
        ("a life with a plus", written("+900"), MALFORMED, right()),
        ("a life in hex", written("0x384"), MALFORMED, right()),
        ("two lives", written(r#"60,"expires_in":900"#), MALFORMED, right()),
        (
            "an end in place of a life",
            asks(&with(ask("GetObject", "media", "hour/a"), &json!({"expires_at": "2099-01-01T00:00:00Z"}))),
            invalid(&["#/expires_at"]),
            right(),
        ),
        (
            "a beginning of one's own",
            asks(&with(ask("GetObject", "media", "hour/a"), &json!({"signed_at": "2099-01-01T00:00:00Z"}))),
            invalid(&["#/signed_at"]),
            right(),
        ),
        (
            "S3's own parameter",
            asks(&with(ask("GetObject", "media", "hour/a"), &json!({"X-Amz-Expires": 604_800}))),
            invalid(&["#/X-Amz-Expires"]),
            right(),
        ),
        (
            "a URL that stays the same for too long",
            stable(json!({"expires_in": 3601})),
            TOO_LONG,
            stable(json!({"expires_in": 3600})),
        ),
        (
            "an upload's URL that stays the same",
            asks(&with(ask("PutObject", "media", "hour/a"), &json!({"stable": true}))),
            invalid(&["#/stable"]),
            stable(json!({})),
        ),
        (
            "a URL that stays the same by text",
            stable(json!({"stable": "true"})),
            invalid(&["#/stable"]),
            stable(json!({})),
        ),
        (
            "a life longer than the credentials'",
            lives("short/a", json!(3600)),
            unavailable,
            lives("short/a", json!(60)),
        ),
        ("credentials that are not there", lives("gone/a", json!(60)), unavailable, lives("short/a", json!(30))),
        (
            "a token that has ended, within its leeway",
            hour(json!(60)).claiming(&json!({"exp": now() - 5})),
            Err((401, "expired_token", &[])),
            hour(json!(60)).claiming(&json!({"exp": now() + 600})),
        ),
    ]
}

#[test]
fn no_url_lives_longer_than_it_may() {
    let short = Key { id: "AKIDSHORT", secret: "short-secret-access-key", session_token: Some("short-session") };
    run(setting(&[ISSUER, CONFIG]).file("short.json", credential_file(short, Some(600))), &attacks());
}
