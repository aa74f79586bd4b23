//! Object Lock, cell by cell: what is signed in, and between which bounds a caller chooses.

use serde_json::Value;
use serde_json::json;

use crate::limits::Row;
use crate::limits::SHA256;
use crate::limits::run;
use crate::limits::served;
use crate::support::now;
use crate::support::rfc3339;
use crate::support::service::Service;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::expect;
use crate::support::setting::expect_reply;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::unmet;
use crate::support::setting::with;

const MODE: &str = "x-amz-object-lock-mode";
const UNTIL: &str = "x-amz-object-lock-retain-until-date";
const HOLD: &str = "x-amz-object-lock-legal-hold";

const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";
const DAY: i64 = 86_400;

fn locks() -> Service {
    served(
        "upload",
        "write",
        &[
            ("none", ""),
            ("open", "object_lock = {}"),
            ("governance", r#"object_lock = { mode = "GOVERNANCE" }"#),
            ("least", r#"object_lock = { mode = "COMPLIANCE", min_retention = "30d" }"#),
            ("least-of-any", r#"object_lock = { min_retention = "30d" }"#),
            ("between", r#"object_lock = { mode = "COMPLIANCE", min_retention = "30d", max_retention = "1y" }"#),
            ("most", r#"object_lock = { max_retention = "30d" }"#),
            ("hold", "object_lock = { legal_hold = true }"),
            ("held", r#"object_lock = { legal_hold = "required" }"#),
            ("all", r#"object_lock = { mode = "GOVERNANCE", min_retention = "1d", legal_hold = "required" }"#),
        ],
    )
}

fn in_days(days: i64) -> String {
    rfc3339(now() + days * DAY)
}

fn lock(mode: &str, days: i64) -> Value {
    json!({"object_lock": {"mode": mode, "retain_until": in_days(days)}})
}

fn hold(on: bool) -> Value {
    json!({"object_lock": {"legal_hold": on}})
}

/// The rows of an operation whose uploads are checksummed by `sum`.
fn rows(sum: &Value) -> Vec<Row> {
    let summed = |more: Value| with(sum.clone(), &more);
    let whole: &[&str] = &["#/object_lock"];
    let mode: &[&str] = &["#/object_lock/mode"];
    let until: &[&str] = &["#/object_lock/retain_until"];
    let legal_hold: &[&str] = &["#/object_lock/legal_hold"];
    vec![
        ("none", "nothing said", summed(json!({})), Ok((MODE, ""))),
        ("none", "nothing in it", summed(json!({"object_lock": {}})), Ok((MODE, ""))),
        ("none", "a retention", summed(lock("GOVERNANCE", 1)), Err(whole)),
        ("none", "a legal hold", summed(hold(true)), Err(whole)),
        ("none", "no legal hold, said", summed(hold(false)), Err(whole)),
        ("open", "missing", summed(json!({})), Err(&["#/object_lock/mode", "#/object_lock/retain_until"])),
        ("open", "a mode and an end", summed(lock("COMPLIANCE", 1)), Ok((MODE, "COMPLIANCE"))),
        ("open", "an end that has passed", summed(lock("COMPLIANCE", -1)), Err(until)),
        (
            "open",
            "a legal hold besides",
            summed(with(hold(true), &json!({}))),
            Err(&["#/object_lock/legal_hold", "#/object_lock/mode", "#/object_lock/retain_until"]),
        ),
        ("governance", "missing", summed(json!({})), Err(until)),
        ("governance", "another mode", summed(lock("COMPLIANCE", 1)), Err(mode)),
        ("governance", "its mode", summed(lock("GOVERNANCE", 10_000)), Ok((MODE, "GOVERNANCE"))),
        ("least", "missing: signed in", summed(json!({})), Ok((MODE, "COMPLIANCE"))),
        ("least", "a lock of nothing: signed in", summed(json!({"object_lock": {}})), Ok((MODE, "COMPLIANCE"))),
        ("least", "too short", summed(lock("COMPLIANCE", 29)), Err(until)),
        (
            "least",
            "too short, and another mode",
            summed(lock("GOVERNANCE", 29)),
            Err(&["#/object_lock/mode", "#/object_lock/retain_until"]),
        ),
        ("least", "longer", summed(lock("COMPLIANCE", 36_500)), Ok((MODE, "COMPLIANCE"))),
        ("least", "a legal hold", summed(hold(true)), Err(legal_hold)),
        ("least-of-any", "missing: the end alone is signed in", summed(json!({})), Err(mode)),
        ("least-of-any", "a mode of one's own", summed(lock("GOVERNANCE", 31)), Ok((MODE, "GOVERNANCE"))),
        ("between", "missing: signed in", summed(json!({})), Ok((MODE, "COMPLIANCE"))),
        ("between", "too short", summed(lock("COMPLIANCE", 29)), Err(until)),
        ("between", "too long", summed(lock("COMPLIANCE", 366)), Err(until)),
        ("between", "right", summed(lock("COMPLIANCE", 364)), Ok((MODE, "COMPLIANCE"))),
        ("most", "missing", summed(json!({})), Err(&["#/object_lock/mode", "#/object_lock/retain_until"])),
        ("most", "too long", summed(lock("GOVERNANCE", 31)), Err(until)),
        ("most", "an end that has passed", summed(lock("GOVERNANCE", -1)), Err(until)),
        ("most", "right", summed(lock("GOVERNANCE", 29)), Ok((MODE, "GOVERNANCE"))),
        ("hold", "missing: it is the caller's to say", summed(json!({})), Ok((HOLD, ""))),
        ("hold", "on", summed(hold(true)), Ok((HOLD, "ON"))),
        ("hold", "off", summed(hold(false)), Ok((HOLD, "OFF"))),
        ("hold", "a retention besides", summed(lock("GOVERNANCE", 1)), Ok((MODE, "GOVERNANCE"))),
        ("hold", "a retention besides that has passed", summed(lock("GOVERNANCE", -1)), Err(until)),
        ("held", "missing: signed in", summed(json!({})), Ok((HOLD, "ON"))),
        ("held", "on", summed(hold(true)), Ok((HOLD, "ON"))),
        ("held", "off", summed(hold(false)), Err(legal_hold)),
        ("all", "missing: signed in", summed(json!({})), Ok((HOLD, "ON"))),
        ("all", "missing: signed in, the mode too", summed(json!({})), Ok((MODE, "GOVERNANCE"))),
        ("all", "on, and the rest signed in", summed(hold(true)), Ok((MODE, "GOVERNANCE"))),
    ]
}

#[test]
fn an_upload_is_locked_as_the_grant_has_it() {
    let service = locks();
    let put = json!({"checksum": {"algorithm": "SHA256", "value": SHA256}});
    run(&service, "PutObject", &rows(&put));
    run(&service, "PutObject", &rows(&json!({"content_md5": MD5})));
    run(&service, "PostObject", &rows(&put));
    run(&service, "CreateMultipartUpload", &rows(&json!({"checksum": {"algorithm": "SHA256"}})));
    let beginning = |name: &'static str| -> Row { (name, "the beginning is bound", json!({}), Ok((MODE, ""))) };
    run(&service, "CompleteMultipartUpload", &["none", "open", "least", "all"].map(beginning));
}

#[test]
fn a_lock_needs_a_checksum_as_s3_does() {
    let service = locks();
    let nothing = || json!({});
    let checksum: Expected = unmet(&["#/checksum"]);
    let shape: Expected = invalid(&["#/checksum"]);
    for operation in ["PutObject", "PostObject", "CreateMultipartUpload"] {
        for (name, case, more, expected) in [
            ("least", "signed in by the grant", nothing(), checksum),
            ("held", "a hold signed in by the grant", nothing(), checksum),
            ("hold", "no lock at all", nothing(), Ok("hold")),
            ("hold", "a hold that the caller asks for", hold(true), shape),
            ("hold", "a hold that the caller leaves off", hold(false), shape),
            ("least", "a lock that the caller asks for", lock("COMPLIANCE", 40), shape),
            ("none", "a lock that the caller asks for, and no grant allows", lock("COMPLIANCE", 40), shape),
        ] {
            let reply = service.post(&token(), "/v1/presign", &with(ask(operation, name, "a"), &more));
            expect_reply(&format!("{operation}, {name}: {case}"), &reply, expected);
        }
    }
    let part = |more: Value| with(ask("UploadPart", "hold", "a"), &more);
    let sum = json!({"checksum": {"algorithm": "SHA256", "value": SHA256}});
    for (case, request, expected) in [
        ("a part without one", part(nothing()), checksum),
        ("a part with one", part(sum), Ok("hold")),
        ("a part with an MD5", part(json!({"content_md5": MD5})), Ok("hold")),
        ("a part elsewhere", ask("UploadPart", "none", "a"), Ok("none")),
        ("a lock of a part's", part(hold(true)), invalid(&["#/object_lock"])),
    ] {
        expect_reply(case, &service.post(&token(), "/v1/presign", &request), expected);
    }
}

#[test]
fn a_lock_is_told_where_it_is_not_well_formed() {
    let service = locks();
    let until = "2033-01-01T00:00:00Z";
    let cases: [(Value, &'static [&'static str]); 11] = [
        (json!("GOVERNANCE"), &["#/object_lock"]),
        (json!(null), &["#/object_lock"]),
        (json!({"mode": "GOVERNANCE"}), &["#/object_lock/retain_until"]),
        (json!({"retain_until": until}), &["#/object_lock/mode"]),
        (json!({"mode": "governance", "retain_until": until}), &["#/object_lock/mode"]),
        (json!({"mode": true, "retain_until": until}), &["#/object_lock/mode"]),
        (json!({"mode": "GOVERNANCE", "retain_until": "2033-01-01"}), &["#/object_lock/retain_until"]),
        (json!({"mode": "GOVERNANCE", "retain_until": 1}), &["#/object_lock/retain_until"]),
        (json!({"mode": "GOVERNANCE", "retain_until": "9999-12-31T23:59:59-01:00"}), &["#/object_lock/retain_until"]),
        (json!({"legal_hold": "ON"}), &["#/object_lock/legal_hold"]),
        (json!({"hold": true}), &["#/object_lock/hold"]),
    ];
    for operation in ["PutObject", "PostObject", "CreateMultipartUpload"] {
        for (lock, pointer) in &cases {
            let request = with(ask(operation, "open", "a"), &json!({"object_lock": lock}));
            let answer = service.post(&token(), "/v1/presign", &request).json();
            expect(&format!("{operation} {lock}"), &answer, invalid(pointer));
        }
    }
}

/// The bounds are judged at the instant that `--at` signs as of, to the second, and what is signed in counts from it.
#[test]
fn bounds_are_inclusive_and_judged_at_the_signing_time() {
    let grant = r#"
        [[grants]]
        name = "year"
        bucket = "media"
        prefix = ""
        actions = ["write"]
        upload = { object_lock = { mode = "COMPLIANCE", min_retention = "1d", max_retention = "1y" } }
    "#;
    let presignd = setting(&[ISSUER, MEDIA, grant]);
    let until = |text: &str| {
        let lock = json!({"mode": "COMPLIANCE", "retain_until": text});
        with(ask("PutObject", "media", "a"), &json!({"content_md5": MD5, "object_lock": lock}))
    };
    let nothing = with(ask("PutObject", "media", "a"), &json!({"content_md5": MD5}));
    let refused: Expected = unmet(&["#/object_lock/retain_until"]);
    let cases = [
        (nothing, Ok("year"), "2020-01-02T12:00:00Z"),
        (until("2020-01-02T12:00:00Z"), Ok("year"), "2020-01-02T12:00:00Z"),
        (until("2020-01-02T13:00:00.9+01:00"), Ok("year"), "2020-01-02T12:00:00Z"),
        (until("2020-01-02T11:59:59.9Z"), refused, ""),
        (until("2020-12-31T12:00:00Z"), Ok("year"), "2020-12-31T12:00:00Z"),
        (until("2020-12-31T12:00:01Z"), refused, ""),
    ];
    let requests: Vec<Value> = cases.iter().map(|(request, ..)| request.clone()).collect();
    let answers = presignd.sign("year", "2020-01-01T12:00:00Z", &requests);
    for ((request, expected, sent), answer) in cases.iter().zip(answers) {
        expect(&request.to_string(), &answer, *expected);
        assert_eq!(answer["headers"][UNTIL].as_str().unwrap_or_default(), *sent, "{request}: {answer:#}");
    }
}
