//! Lines of an audit file: only what presignd wrote, in its order from the first line on, is found whole.

use std::sync::LazyLock;

use presignd::domain::audit_chain::ChainKey;
use presignd::domain::audit_chain::Mark;
use presignd::domain::audit_chain::Verdict;
use presignd::domain::audit_chain::Verification;

/// The input is the file.
pub fn hold(data: &[u8]) {
    let key = ChainKey::new(KEY);
    let mut verification = Verification::new(&key);
    let mut linked = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        match verification.line(line) {
            Verdict::Linked => linked.push(line),
            Verdict::Unchained => assert!(linked.is_empty(), "a line without a chain within one"),
            Verdict::Broken(_) | Verdict::Torn => {}
        }
    }
    if verification.breaks() == 0 {
        let ours = WRITTEN.iter().map(String::as_bytes);
        assert!(linked.len() <= WRITTEN.len() && ours.zip(&linked).all(|(ours, linked)| ours == *linked));
    }
}

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

/// What presignd wrote with that key.
static WRITTEN: LazyLock<[String; 3]> = LazyLock::new(|| {
    let (key, mut mark) = (ChainKey::new(KEY), Mark::default());
    [("a", 1), ("b", 2), ("c", 3)].map(|(name, seq)| {
        let text = format!("{{\"time\":\"2026-11-24T08:00:00.000Z\",\"seq\":{seq},\"key\":\"{name}\",");
        let link = key.link(mark.link.as_ref(), text.as_bytes());
        let line = format!("{text}\"chain\":\"{}\"}}", link.as_str());
        mark = Mark { seq, link: Some(link) };
        line
    })
});
