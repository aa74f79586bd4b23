//! What holds whatever comes in, a file a target. Each takes bytes that a fuzzer made up, and panics where it does not
//! hold.
//!
//! `tests/it/corpus.rs` takes this folder in too, so that a plain `cargo test` tries every input that is kept.

pub mod access_log_line;
pub mod audit_line;
pub mod authorization;
pub mod bucket;
pub mod claims_path;
pub mod client_address;
pub mod configuration;
pub mod diagnosis;
pub mod disposition;
mod house;
mod issued;
pub mod key;
pub mod key_set;
pub mod object_path;
pub mod prefix_template;
pub mod presign;

use serde_json::Value as Json;

use presignd::domain::claims::Value;

/// A target's name, which its program and its folder in `fuzz/corpus` have too, and what holds of its inputs.
pub type Target = (&'static str, fn(&[u8]));

/// All of them, in the order of their names.
pub const TARGETS: [Target; 14] = [
    ("access_log_line", access_log_line::hold),
    ("audit_line", audit_line::hold),
    ("authorization", authorization::hold),
    ("bucket", bucket::hold),
    ("claims_path", claims_path::hold),
    ("client_address", client_address::hold),
    ("configuration", configuration::hold),
    ("diagnosis", diagnosis::hold),
    ("disposition", disposition::hold),
    ("key", key::hold),
    ("key_set", key_set::hold),
    ("object_path", object_path::hold),
    ("prefix_template", prefix_template::hold),
    ("presign", presign::hold),
];

/// The first line of an input, and what follows it.
fn line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// The rules of keys, said once more.
fn is_key(text: &str) -> bool {
    let control = |c: char| matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}');
    let segments = text.strip_suffix('/').unwrap_or(text);
    (1..=1024).contains(&text.len())
        && !text.contains(|c| control(c) || c == '\\')
        && segments.split('/').all(|segment| !["", ".", ".."].contains(&segment))
}

/// Whether presignd reads a value as serde_json does.
fn same(ours: &Value, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(ours), Json::Bool(theirs)) => ours == theirs,
        (Value::Integer(ours), Json::Number(theirs)) => theirs.as_i128() == Some(*ours),
        (Value::Float(ours), Json::Number(theirs)) => theirs.as_f64() == Some(*ours),
        (Value::String(ours), Json::String(theirs)) => ours == theirs,
        (Value::List(ours), Json::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Value::Object(ours), Json::Object(theirs)) => {
            let known = |(name, value): &(String, Value)| theirs.get(name).is_some_and(|theirs| same(value, theirs));
            ours.len() == theirs.len() && ours.iter().all(known)
        }
        _ => false,
    }
}
