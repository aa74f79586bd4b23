//! The README's tour, pasted: its shell blocks run as they stand, and what they print is what it shows.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::dev::Dev;
use crate::support::presignd::Presignd;

const README: &str = include_str!("../../README.md");

/// The fenced block of that language which holds these words.
#[track_caller]
fn block(language: &str, words: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let mut blocks = README.split(fence.as_str()).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
    blocks.find(|block| block.contains(words)).unwrap_or_else(|| panic!("no {language} block with {words:?}"))
}

/// Runs a block in a shell that stops at the first failure; `presignd` is this build's.
#[track_caller]
fn pasted(block: &str, directory: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_presignd")).parent().unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display());
    let mut shell = Command::new("sh");
    shell.args(["-euc", block]).current_dir(directory).env_clear().env("PATH", path).env("no_proxy", "*");
    let output = shell.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{block}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn the_configuration_is_checked_explained_and_signed_with() {
    let there = Presignd::configured(block("toml", "own-folder"));
    let printed = pasted(block("sh", "presignd check"), there.path("").as_path());
    for words in
        ["own-folder: allow", "issued, by the grant own-folder", "\"grant\":\"own-folder\"", "X-Amz-Signature="]
    {
        assert!(printed.contains(words), "{words:?} in {printed}");
    }
}

#[test]
fn the_request_by_hand_has_the_answer_that_is_shown() {
    let dev = Dev::fresh();
    let block_here = block("sh", "/dev/token").replace("127.0.0.1:8080", &dev.address("service").to_string());
    let printed: Value = serde_json::from_str(&pasted(&block_here, Path::new("/"))).unwrap();
    let shown: Value = serde_json::from_str(block("json", "\"method\"")).unwrap();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&printed), names(&shown));
    for name in names(&shown).iter().filter(|name| !["id", "url", "expires_at"].contains(&name.as_str())) {
        assert_eq!(printed[name], shown[name], "{name}");
    }
    let store = dev.address("S3 store").to_string();
    let url = printed["url"].as_str().unwrap().replace(&store, "127.0.0.1:8081");
    let (before, _) = shown["url"].as_str().unwrap().split_once('…').unwrap();
    assert!(url.starts_with(before), "{url} begins with {before}");
}
