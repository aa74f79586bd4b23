//! Reloads under load: each request is answered wholly by one configuration, the one in force when it began.

use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use presignd::adapters::config;
use presignd::adapters::config::Environment;
use presignd::adapters::config::Loaded;
use presignd::cli::serve::Running;
use serde_json::Value;
use serde_json::json;

use crate::support::client::Call;
use crate::support::client::Reply;
use crate::support::client::begin;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::ISSUER;
use crate::support::setting::ask;
use crate::support::setting::credential_file;
use crate::support::setting::token;
use crate::verifier::Key;

/// A configuration that shows in every part of an answer: `a` or `b`. Under `sealed/` only `a` lets anyone read.
fn loaded(folder: &Path, side: &str) -> Loaded {
    loaded_at("127.0.0.1:0", folder, side)
}

fn loaded_at(listen: &str, folder: &Path, side: &str) -> Loaded {
    let (expiry, sealed) = match side {
        "a" => ("10m", ""),
        _ => ("20m", "[[grants]]\nname = \"sealed\"\neffect = \"deny\"\nbucket = \"media\"\nprefix = \"sealed/\"\n"),
    };
    let text = format!(
        "{ISSUER}[server]\nlisten = {listen:?}\nadmin_listen = \"127.0.0.1:0\"\n[audit]\npath = \"audit.jsonl\"\n\
         [expiry]\ndefault = \"{expiry}\"\n[credentials.{side}]\nprovider = \"file\"\npath = \"{side}.json\"\n\
         [buckets.media]\nbucket = \"acme-{side}\"\nregion = \"eu-west-1\"\n\
         [[grants]]\nname = \"{side}\"\nbucket = \"media\"\nprefix = \"\"\nactions = [\"read\"]\n{sealed}"
    );
    let id = format!("AKID{side}");
    let credentials = credential_file(Key { id: &id, secret: "s", session_token: None }, None);
    std::fs::write(folder.join(format!("{side}.json")), credentials).unwrap();
    let environment: Environment = [("CORP_SECRET", CORP_SECRET)].into_iter().collect();
    config::parse(text.as_bytes(), &folder.join("presignd.toml"), &environment).unwrap()
}

/// Which configuration an issued URL is wholly of.
#[track_caller]
fn side(answer: &Value) -> &'static str {
    let url = answer["url"].as_str().unwrap_or_else(|| panic!("{answer:#}"));
    let seen = |side: &str, expires_in: u64| {
        [
            answer["grant"] == side,
            answer["expires_in"] == expires_in,
            url.starts_with(&format!("https://acme-{side}.")),
            url.contains(&format!("Credential=AKID{side}%2F")),
            url.contains(&format!("X-Amz-Expires={expires_in}&")),
        ]
    };
    match (seen("a", 600), seen("b", 1200)) {
        ([true, true, true, true, true], _) => "a",
        (_, [true, true, true, true, true]) => "b",
        _ => panic!("some of one, some of the other: {answer:#}"),
    }
}

/// Asks for a batch again and again; how many items were answered.
fn load(address: SocketAddr, ended: &AtomicBool, answered: &AtomicUsize) -> usize {
    let requests: Vec<_> = ["x", "sealed/x", "y", "sealed/y"].map(|key| ask("GetObject", "media", key)).into();
    let call = Call::new("POST", address, "/v1/presign/batch").bearer(&token()).json(&json!({"requests": requests}));
    let mut items = 0;
    while !ended.load(SeqCst) {
        let reply = call.try_send().unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
        let results = reply.json()["results"].as_array().unwrap().clone();
        let first = side(&results[0]);
        assert_eq!(side(&results[2]), first, "{results:#?}");
        for sealed in [&results[1], &results[3]] {
            match first {
                "a" => assert_eq!(side(sealed), "a"),
                _ => assert_eq!(sealed["code"], "denied", "{sealed:#}"),
            }
        }
        items += results.len();
        answered.fetch_add(1, SeqCst);
    }
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_reloads_and_as_many_refused_give_no_answer_of_two_configurations_and_lose_no_audit_line() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(loaded(folder.path(), "a").settings, None).await.unwrap();
    let (address, ended, answered) = (running.address(), AtomicBool::new(false), AtomicUsize::new(0));
    let items = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| load(address, &ended, &answered))).collect();
        let runtime = tokio::runtime::Handle::current();
        for round in 0..50 {
            let next = loaded(folder.path(), if round % 2 == 0 { "b" } else { "a" });
            let take_up = |next| tokio::task::block_in_place(|| runtime.block_on(running.take_up(next)));
            assert!(take_up(loaded_at("127.0.0.1:1", folder.path(), "none")).is_err(), "it needs a restart");
            take_up(next).unwrap();
            let goal = answered.load(SeqCst) + 8;
            while answered.load(SeqCst) < goal && !threads.iter().any(|thread| thread.is_finished()) {
                std::thread::yield_now();
            }
        }
        ended.store(true, SeqCst);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    running.drain().await;
    let lines = std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap().lines().count();
    assert!(items >= 50 * 8 * 4 && lines == items, "{lines} lines for {items} items");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_has_begun_keeps_the_configuration_that_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(loaded(folder.path(), "a").settings, None).await.unwrap();
    let address = running.address();
    let body = ask("GetObject", "media", "sealed/x").to_string();
    let mut begun = tokio::task::block_in_place(|| begin(address, &token(), body.len()));
    running.take_up(loaded(folder.path(), "b")).await.unwrap();
    let (old, new) = tokio::task::block_in_place(|| {
        let call =
            Call::new("POST", address, "/v1/presign").bearer(&token()).header("content-type", "application/json");
        let new = call.body(body.clone()).send();
        begun.write_all(body.as_bytes()).unwrap();
        (Reply::read(BufReader::new(&begun), false).unwrap(), new)
    });
    assert_eq!(side(&old.json()), "a", "its grant and its credentials are no more in force");
    assert_eq!(new.code(), "denied");
    running.drain().await;
}
