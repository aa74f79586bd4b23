//! A flood without a token, or with one that nobody vouches for, against a small audit disk.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::time::Instant;

use serde_json::json;

use crate::faults::answers::Judge;
use crate::faults::evidence;
use crate::faults::load::Caller;
use crate::faults::load::Load;
use crate::faults::load::To;
use crate::faults::of_corp;
use crate::faults::small_disk::SmallDisk;
use crate::support::PATIENCE;
use crate::support::service::field;
use crate::support::service::message;
use crate::support::setting::CORP;
use crate::support::setting::ask;
use crate::support::setting::token;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;

const CONNECTIONS: usize = 4;
/// Of each connection.
const ROUNDS: usize = 50;
/// Requests that are sent before their answers are waited for.
const AT_ONCE: usize = 60;

/// Requests without a caller, and what each is refused for.
fn flood() -> [(String, &'static str); 6] {
    let forged = Issuer::hmac([0; 32]).token(&claims(CORP, "presignd", "42", &json!({})));
    let body = ask("GetObject", "media", "a/a").to_string();
    let (length, kind) = (body.len(), "content-type: application/json");
    let post = |path: &str, authorization: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: x\r\n{authorization}{kind}\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    [
        (post("/v1/presign", ""), "missing_token"),
        (post("/v1/presign/batch", "authorization: Basic YTpi\r\n"), "missing_token"),
        (post("/v1/presign", &format!("authorization: Bearer {forged}\r\n")), "invalid_token"),
        (post("/v1/uploads", "authorization: Bearer x.y.z\r\n"), "invalid_token"),
        (get("/v1/grants"), "missing_token"),
        (get("/nowhere"), "not_found"),
    ]
}

/// How many answers had which code, over one connection.
fn send(address: SocketAddr, flood: &[(String, &'static str)]) -> BTreeMap<String, usize> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let text: String = flood.iter().cycle().take(AT_ONCE).map(|(request, _)| request.as_str()).collect();
    let mut codes = BTreeMap::new();
    for _ in 0..ROUNDS {
        stream.write_all(text.as_bytes()).unwrap();
        let (mut answers, mut part) = (String::new(), [0; 1 << 16]);
        while answers.matches("HTTP/1.1 ").count() < AT_ONCE || !answers.ends_with('}') {
            let count = stream.read(&mut part).unwrap();
            assert!(count > 0, "the connection ended");
            answers.push_str(std::str::from_utf8(&part[..count]).unwrap());
        }
        for code in answers.split("\"code\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            *codes.entry(code.to_owned()).or_default() += 1;
        }
    }
    codes
}

#[test]
fn who_has_no_token_fills_neither_disk_nor_log_nor_memory() {
    let Some(disk) = SmallDisk::of(of_corp(&["a"], ""), "1m") else { return };
    let (service, flood) = (&disk.service, flood());
    let load = Load::begin(To::plain(service.address), Judge::usual(), vec![Caller::new("a", &token())], 1);
    load.is_served(&["a"]);
    let memory = || service.metric("process_resident_memory_bytes");
    let (before, began) = (memory(), Instant::now());
    let codes = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(|| send(service.address, &flood))).collect();
        load.is_served(&["a"]);
        let mut codes = BTreeMap::<String, usize>::new();
        for (code, count) in senders.into_iter().flat_map(|sender| sender.join().unwrap()) {
            *codes.entry(code).or_default() += count;
        }
        codes
    });
    let (took, grown) = (began.elapsed(), memory() - before);
    load.is_served(&["a"]);
    let tally = load.end();
    let sent = CONNECTIONS * ROUNDS * AT_ONCE;
    let a_minute = sent as f64 * 60.0 / took.as_secs_f64();
    println!("{sent} requests in {took:.1?}, {a_minute:.0} a minute; {grown} bytes of memory more than {before}");
    assert_eq!(codes.values().sum::<usize>(), sent);
    assert!(codes.keys().map(String::as_str).eq(flood.iter().map(|(_, code)| *code).collect::<BTreeSet<_>>()));
    for (code, count) in &codes {
        assert_eq!(service.metric(&format!("presignd_refusals_total{{code=\"{code}\"}}")), *count as f64, "{code}");
    }
    assert!(grown < 32e6, "{grown} bytes more than {before}");
    let lines = evidence::lines_of(&service.presignd, &disk.file("audit.jsonl"));
    evidence::agree(&lines, &tally);
    assert_eq!(lines.len(), tally.issued.len(), "lines of the caller with a token alone");
    // what a code may be told of: "refused", and of a token also "token refused"
    let (log, most) = (service.log(), took.as_secs() as usize + 2);
    for code in codes.keys() {
        let told = log.iter().filter(|line| message(line) == "refused" && field(line, "code") == code.as_str()).count();
        assert!((1..=most).contains(&told), "{told} lines of {code} in {took:?}");
    }
    let told = log.iter().filter(|line| message(line).ends_with("refused")).count();
    assert!(told <= (codes.len() + 1) * most, "{told} lines in {took:?}");
}
