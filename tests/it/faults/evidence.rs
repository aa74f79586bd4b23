//! What is left of a load: audit lines in a chain that holds, and metrics, which agree with what the callers saw.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::faults::tally::Tally;
use crate::support::client::Call;
use crate::support::presignd::Presignd;

/// The audit lines that are whole; `presignd audit verify` says the same of them.
pub fn lines_of(presignd: &Presignd, file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let key = presignd.path("audit.key");
    let mut command = presignd.command(&["audit", "verify", "--key-file", key.to_str().unwrap()]);
    let output = command.arg(file).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let count = lines.len();
    assert_eq!(
        said,
        format!("the chain holds: {count} lines, the last of them {count}\n"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    lines
}

/// Fails unless each URL has its one line, each refusal that is written its own, and there are no others but of requests
/// whose answer is not known.
pub fn agree(lines: &[Value], tally: &Tally) {
    let mut issued = HashMap::new();
    let mut refused = BTreeMap::<&str, u64>::new();
    for line in lines {
        match line["decision"].as_str() {
            Some("issued") => {
                let before = issued.insert(line["id"].as_str().unwrap(), line);
                assert!(before.is_none(), "two lines of one URL: {line:#}");
            }
            Some("refused") => *refused.entry(line["code"].as_str().unwrap()).or_default() += 1,
            _ => panic!("{line:#}"),
        }
    }
    for receipt in &tally.issued {
        let line = issued.get(receipt.id.as_str()).unwrap_or_else(|| panic!("no line of the URL {}", receipt.id));
        let told = ["grant", "operation", "bucket", "key", "expires_at", "signing_key_id"].map(|member| &line[member]);
        let received =
            json!([receipt.caller, receipt.operation, "media", receipt.key, receipt.expires_at, receipt.signer]);
        assert_eq!(json!(told), received, "{line:#}");
    }
    // "a line may stand for an answer that never left": src/adapters/audit.rs
    let by_code = tally.by_code();
    println!("{} URLs, {} without an answer, refused: {by_code:?}", tally.issued.len(), tally.unanswered);
    let unknown = tally.unanswered + by_code.get("audit_unavailable").copied().unwrap_or(0);
    let others = issued.len() - tally.issued.len();
    assert!(others as u64 <= unknown, "{others} lines without a URL, {unknown} requests without an answer");
    for (code, count) in refused {
        let told = by_code.get(code).copied().unwrap_or(0);
        assert!((told..=told + unknown).contains(&count), "{count} lines of {code}, {told} refusals");
    }
}

/// Fails unless the metrics of a process that went through it all say what the callers saw.
pub fn counted(admin: SocketAddr, lines: &[Value], tally: &Tally) {
    let text = Call::new("GET", admin, "/metrics").send().text();
    let sum = |family: &str| -> u64 {
        let of_it = text.lines().filter_map(|line| line.strip_prefix(family)?.strip_prefix('{')?.rsplit_once(' '));
        of_it.map(|(_, value)| value.parse::<u64>().unwrap()).sum()
    };
    assert_eq!(sum("presignd_urls_issued_total"), tally.issued.len() as u64);
    assert_eq!(sum("presignd_audit_lines_total"), lines.len() as u64);
    assert_eq!(sum("presignd_refusals_total"), tally.refused.values().sum::<u64>());
    for (code, count) in tally.by_code() {
        let series = format!("presignd_refusals_total{{code=\"{code}\"}} {count}");
        assert!(text.lines().any(|line| line == series), "{series} is not in {text}");
    }
}

/// All of it.
pub fn holds(presignd: &Presignd, file: &Path, admin: SocketAddr, tally: &Tally) {
    let lines = lines_of(presignd, file);
    agree(&lines, tally);
    counted(admin, &lines, tally);
}
