//! The chain over audit lines, and `presignd audit verify`: what is done to the file shows, and nothing that the service
//! goes through breaks it.

use std::process::Output;

use serde_json::Value;
use serde_json::json;

use crate::support::eventually;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;

const CHAINED: &str = "[audit]\npath = \"audit.jsonl\"\nchain_key_env = \"AUDIT_KEY\"\n";
const KEY: &str = "an-audit-key-of-32-bytes-or-more";

fn chained(more: &str) -> Presignd {
    setting(&[CHAINED, more, ISSUER, MEDIA, ALL_OF_MEDIA]).env("AUDIT_KEY", KEY).file("audit.key", format!("{KEY}\n"))
}

fn asked(service: &Service, keys: &str) {
    for key in keys.chars() {
        let reply = service.post(&token(), "/v1/presign", &ask("GetObject", "media", &key.to_string()));
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

fn verify(presignd: &Presignd, files: &[&str]) -> Output {
    presignd.command(&[&["audit", "verify", "--key-file", "audit.key"], files].concat()).output().unwrap()
}

/// What `verify` says of files whose chain holds.
#[track_caller]
fn holds(presignd: &Presignd, files: &[&str], lines: usize) -> String {
    let output = verify(presignd, files);
    let said = String::from_utf8(output.stdout).unwrap();
    let warned = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}{warned}");
    assert_eq!(said, format!("the chain holds: {lines} lines, the last of them {lines}\n"));
    warned
}

/// What `verify` says of files whose chain does not.
#[track_caller]
fn broken(presignd: &Presignd, files: &[&str]) -> String {
    let output = verify(presignd, files);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn read(presignd: &Presignd, name: &str) -> String {
    std::fs::read_to_string(presignd.path(name)).unwrap()
}

fn head(presignd: &Presignd) -> Value {
    serde_json::from_str(&read(presignd, "audit.jsonl.head")).unwrap()
}

#[test]
fn one_chain_goes_through_rotation_restart_and_torn_lines() {
    let mut service = chained("").serve();
    asked(&service, "ab");
    std::fs::rename(service.presignd.path("audit.jsonl"), service.presignd.path("audit.1")).unwrap();
    asked(&service, "c");
    service.signal("HUP");
    eventually("a new file", || service.presignd.path("audit.jsonl").exists().then_some(()));
    asked(&service, "d");
    holds(&service.presignd, &["audit.1", "audit.jsonl"], 4);
    let last: Value = serde_json::from_str(read(&service.presignd, "audit.jsonl").trim_end()).unwrap();
    assert_eq!(head(&service.presignd), json!({"seq": 4, "chain": last["chain"]}));
    assert_eq!(last["chain"].as_str().map(str::len), Some(64), "{last:#}");
    // rotated while nobody runs, and a line that was cut short
    service.signal("TERM");
    assert!(service.ended().success());
    std::fs::rename(service.presignd.path("audit.jsonl"), service.presignd.path("audit.2")).unwrap();
    service.restart();
    asked(&service, "e");
    service.signal("KILL");
    service.ended();
    let torn = read(&service.presignd, "audit.jsonl") + "{\"time\":\"2026-11-24T12:00:00.000Z\",\"se";
    std::fs::write(service.presignd.path("audit.jsonl"), torn).unwrap();
    service.restart();
    asked(&service, "f");
    let files = ["audit.1", "audit.2", "audit.jsonl"];
    let warned = holds(&service.presignd, &files, 6);
    assert_eq!(warned, "audit.jsonl:2: warning: a torn line, which counts for nothing\n");
    assert_eq!(service.metric("presignd_audit_sequence"), 6.0);
    assert_eq!(service.metric("presignd_audit_failures_total"), 0.0);
    let by_config = ["audit", "verify", "--config", "presignd.toml", "audit.1", "audit.2", "audit.jsonl"];
    assert_eq!(service.presignd.command(&by_config).output().unwrap().status.code(), Some(0));
    assert!(broken(&service.presignd, &files[1..]).contains("audit.2:1: line 4 does not begin the chain"));
}

#[test]
fn another_key_begins_another_chain_in_the_file_that_takes_the_place_of_a_renamed_one() {
    let (by_file, other) =
        (CHAINED.replace("_env = \"AUDIT_KEY\"", "_file = \"live.key\""), "another-key-of-32-bytes-or-more!");
    let service = setting(&[&by_file, ISSUER, MEDIA, ALL_OF_MEDIA]).file("live.key", KEY).serve();
    asked(&service, "ab");
    std::fs::rename(service.presignd.path("audit.jsonl"), service.presignd.path("audit.1")).unwrap();
    service.reloaded("success", || service.presignd.write("live.key", other));
    eventually("a new file", || service.presignd.path("audit.jsonl").exists().then_some(()));
    asked(&service, "cd");
    let held = |key: &str, file: &str| {
        service.presignd.write("audit.key", key);
        let output = verify(&service.presignd, &[file]);
        assert_eq!(output.status.code(), Some(0), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(held(KEY, "audit.1"), "the chain holds: 2 lines, the last of them 2\n");
    assert_eq!(held(other, "audit.jsonl"), "the chain holds: 2 lines, the last of them 4\n");
}

#[test]
fn what_is_done_to_the_file_shows() {
    let service = chained("").serve();
    asked(&service, "abcde");
    let presignd = &service.presignd;
    let whole: Vec<String> = read(presignd, "audit.jsonl").lines().map(|line| format!("{line}\n")).collect();
    let put = |lines: &[String]| std::fs::write(presignd.path("copy"), lines.concat()).unwrap();
    let without = |place: usize| [&whole[..place], &whole[place + 1..]].concat();
    let replaced = |place: usize, line: String| [&whole[..place], &[line], &whole[place + 1..]].concat();
    for (row, lines, expected) in [
        ("the first removed", without(0), "copy:1: line 2 does not begin the chain"),
        ("one removed", without(2), "copy:3: lines 3 to 3 are missing"),
        ("another subject", replaced(2, whole[2].replace("\"42\"", "\"43\"")), "copy:3: line 3 or the one before it"),
        (
            "a forged one put in",
            [&whole[..2], &[whole[2].replace("\"}\n", "\" }\n")], &whole[2..]].concat(),
            "copy:3: what stands behind line 2 is whole, and no line",
        ),
        (
            "one without end put in",
            [&whole[..2], &["{".to_owned() + &" ".repeat(200_000) + &whole[2][1..]], &whole[2..]].concat(),
            "copy:3: what stands behind line 2 is whole, and no line",
        ),
        (
            "no chain",
            replaced(2, whole[2][..whole[2].len() - 68].to_owned() + "null}\n"),
            "copy:3: line 3 has no chain",
        ),
        (
            "two swapped",
            [&whole[..1], &[whole[2].clone(), whole[1].clone()], &whole[3..]].concat(),
            "copy:3: line 2 stands behind",
        ),
    ] {
        put(&lines);
        let said = broken(presignd, &["copy"]);
        assert!(said.contains(expected) && said.ends_with("presignd: the chain does not hold\n"), "{row}: {said}");
    }
    put(&whole);
    holds(presignd, &["copy"], 5);
    std::fs::copy(presignd.path("audit.jsonl.head"), presignd.path("copy.head")).unwrap();
    put(&whole[..3]);
    assert!(broken(presignd, &["copy"]).starts_with("copy: lines 4 to 5 are missing at the end\n"));
    std::fs::write(presignd.path("audit.key"), "another-key-of-32-bytes-or-more-").unwrap();
    assert!(broken(presignd, &["audit.jsonl"]).contains("audit.jsonl:1: line 1 does not begin the chain"));
}

#[test]
fn a_file_behind_its_head_is_logged_and_counted_and_the_gap_shows() {
    let mut service = chained("").serve();
    asked(&service, "abcde");
    service.signal("TERM");
    service.ended();
    let text = read(&service.presignd, "audit.jsonl");
    let cut: String = text.lines().take(3).map(|line| format!("{line}\n")).collect();
    std::fs::write(service.presignd.path("audit.jsonl"), cut).unwrap();
    service.restart();
    service.logged("the missing lines", |line| line.to_string().contains("the audit file is behind its head"));
    assert_eq!(service.metric("presignd_audit_failures_total"), 2.0);
    asked(&service, "f");
    assert_eq!(head(&service.presignd)["seq"], 6);
    assert!(broken(&service.presignd, &["audit.jsonl"]).contains("audit.jsonl:4: lines 4 to 5 are missing"));
}

#[test]
fn what_operators_sign_has_a_chain_of_its_own() {
    let service = chained("").serve();
    asked(&service, "a");
    for key in ["b", "c"] {
        let output = service.presignd.run("sign", &["--grant", "all", "GetObject", "media", key], "");
        assert_eq!(output.code, 0, "{output:?}");
    }
    holds(&service.presignd, &["audit.jsonl.operator"], 2);
    holds(&service.presignd, &["audit.jsonl"], 1);
}

#[test]
fn without_its_key_there_is_no_line_and_no_url() {
    let presignd = setting(&[CHAINED, ISSUER, MEDIA, ALL_OF_MEDIA]);
    let service = presignd.serve();
    let reply = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a"));
    assert_eq!((reply.status, reply.code().as_str()), (503, "audit_unavailable"));
    assert_eq!(service.admin("/readyz").status, 503);
    let output = service.presignd.run("sign", &["--grant", "all", "GetObject", "media", "a"], "");
    assert!(output.code == 1 && !output.stdout.contains("X-Amz-Signature"), "{output:?}");
    let output = service.presignd.command(&["audit", "verify", "--config", "presignd.toml", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_chain_begins_where_its_key_does_and_verify_wants_one() {
    let mut service = setting(&["[audit]\npath = \"audit.jsonl\"\n", ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    service.presignd.write("audit.key", KEY);
    asked(&service, "ab");
    assert!(!service.presignd.path("audit.jsonl.head").exists(), "there is no chain");
    assert!(broken(&service.presignd, &["audit.jsonl"]).ends_with("presignd: no line has a chain\n"));
    service.signal("TERM");
    service.ended();
    let text = read(&service.presignd, "presignd.toml")
        .replace("\"audit.jsonl\"", "\"audit.jsonl\"\nchain_key_file = \"audit.key\"");
    service.presignd.write("presignd.toml", text);
    service.restart();
    asked(&service, "cd");
    let output = verify(&service.presignd, &["audit.jsonl"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "the chain holds: 2 lines, the last of them 4\n");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "audit.jsonl: warning: 2 lines are from before the chain began\n"
    );
    for (arguments, code) in [
        (&["--key-file", "audit.key"][..], 2),
        (&["audit.jsonl"], 2),
        (&["--config", "presignd.toml", "--key-file", "audit.key", "audit.jsonl"], 2),
        (&["--key-file", "nowhere", "audit.jsonl"], 1),
        (&["--key-file", "audit.key", "nowhere"], 1),
    ] {
        let output = service.presignd.command(&[&["audit", "verify"], arguments].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    }
}
