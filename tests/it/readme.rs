//! The README, pasted: its shell blocks run as they stand, and what they print is what it shows.

use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use crate::dev::Dev;
use crate::readme_clients;
use crate::support::presignd::Presignd;
use crate::support::readme;
use crate::support::readme::Section;
use crate::support::readme::section;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::setting;
use crate::support::tls::beside_tls;

/// What a shell block is told by, and what becomes of it.
type Pasted = (&'static str, Way);

enum Way {
    Runs(fn(&str)),
    CannotRun(&'static str),
}

const BLOCKS: [Pasted; 15] = [
    ("./tests/run", Way::CannotRun("it runs this test")),
    ("/dev/token", Way::Runs(the_request_by_hand_has_the_answer_that_is_shown)),
    ("presignd explain", Way::Runs(the_configuration_is_checked_explained_and_signed_with)),
    ("presignd policy", Way::Runs(the_policies_are_json_with_a_statement_or_a_rule)),
    ("presignd doctor", Way::Runs(the_doctor_asks_a_store)),
    ("aws s3api", Way::CannotRun("it wants an account at AWS")),
    ("presignd derive-keys", Way::Runs(a_server_signs_with_the_derived_keys)),
    ("presignd audit verify", Way::Runs(a_chained_audit_is_verified)),
    ("presignd audit join", Way::Runs(what_an_operator_signed_is_found_in_the_audit)),
    ("presignd serve", Way::Runs(the_service_runs)),
    ("PRESIGND__", Way::Runs(the_environment_wins_over_the_file)),
    ("as_config", Way::Runs(readme_clients::curl)),
    ("/v1/objects", Way::Runs(readme_clients::redirected)),
    ("openssl dgst", Way::Runs(a_token_made_by_hand_is_believed)),
    ("sed 's/FILE/", Way::Runs(another_store_takes_an_upload_and_gives_it_back)),
];

#[test]
fn every_shell_block_runs_unless_it_is_said_why_not() {
    let blocks = readme::blocks("sh");
    for block in &blocks {
        let ways: Vec<_> = BLOCKS.iter().filter(|(words, _)| block.contains(words)).collect();
        let [(_, way)] = ways.as_slice() else { panic!("{} ways to run this, not one:\n{block}", ways.len()) };
        match way {
            Way::Runs(run) => run(block),
            Way::CannotRun(why) => assert!(!why.is_empty()),
        }
    }
    assert_eq!(blocks.len(), BLOCKS.len(), "each of them is in the README");
}

/// Runs a block in a shell that stops at the first failure; `presignd` is this build's.
fn shell(block: &str, directory: &Path, environment: &[(String, String)]) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_presignd")).parent().unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display());
    let mut shell = Command::new("sh");
    shell.args(["-euc", block]).current_dir(directory).env_clear().env("PATH", path).env("no_proxy", "*");
    shell.envs(environment.iter().map(|(name, value)| (name, value)));
    shell
}

/// The same to its end: what it printed.
#[track_caller]
pub fn pasted(block: &str, directory: &Path, environment: &[(String, String)]) -> String {
    let output = shell(block, directory, environment).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{block}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn the_configuration_is_checked_explained_and_signed_with(block: &str) {
    let there = Presignd::configured(section("A bucket on AWS").block("toml"));
    let printed = pasted(block, there.path("").as_path(), &[]);
    for words in
        ["own-folder: allow", "issued, by the grant own-folder", "\"grant\":\"own-folder\"", "X-Amz-Signature="]
    {
        assert!(printed.contains(words), "{words:?} in {printed}");
    }
}

fn the_policies_are_json_with_a_statement_or_a_rule(block: &str) {
    let there = Presignd::configured(section("A bucket on AWS").block("toml"));
    pasted(block, there.path("").as_path(), &[]);
    let files = ["iam", "bucket", "vault-lock"].map(|kind| (kind, "Statement"));
    for (file, member) in files.into_iter().chain([("lifecycle", "Rules")]) {
        let file = format!("{file}.json");
        let made: Value = serde_json::from_slice(&std::fs::read(there.path(&file)).unwrap()).unwrap();
        assert!(made[member].as_array().is_some_and(|all| !all.is_empty()), "{file}: {made:#}");
    }
}

fn a_server_signs_with_the_derived_keys(block: &str) {
    let tour = section("A bucket on AWS").block("toml").to_owned();
    let there = Presignd::configured(&tour);
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "example")];
    let printed = pasted(block, &there.path(""), &keys.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(printed, "");
    let keys = std::fs::read_to_string(there.path("signing-keys.json")).unwrap();
    let server = section("Keys in place of the secret").block("toml").to_owned();
    let server = Presignd::configured(&format!("{tour}\n{server}")).file("signing-keys.json", keys);
    let words = ["--grant", "own-folder", "--claims", r#"{"sub":"42"}"#, "GetObject", "media", "users/42/a.png"];
    let output = server.run("sign", &words, "");
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(answer["url"].as_str().is_some_and(|url| url.contains("AKIDEXAMPLE")), "{answer:#}");
    let checked = server.run("check", &[], "");
    assert!(checked.code == 0 && !checked.stderr.contains("signing-keys.json"), "{checked:?}");
}

fn a_chained_audit_is_verified(block: &str) {
    let chained = "[audit]\npath = \"audit.jsonl\"\nchain_key_env = \"AUDIT_KEY\"\n";
    let key = "an-audit-key-of-32-bytes-or-more";
    let service = setting(&[section("A bucket on AWS").block("toml"), chained]).env("AUDIT_KEY", key);
    let service = service.env("JWT_SECRET", CORP_SECRET).file("audit.jsonl.1", "").serve();
    let printed = pasted(block, &service.presignd.path(""), &[("AUDIT_KEY".to_owned(), key.to_owned())]);
    assert_eq!(printed, "there is no line\n");
}

fn what_an_operator_signed_is_found_in_the_audit(block: &str) {
    let text = format!("{}\n[audit]\npath = \"audit.jsonl\"\n", section("A bucket on AWS").block("toml"));
    let there = Presignd::configured(&text).file("audit.jsonl", "");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "example")];
    let there = keys.iter().fold(there, |there, (name, value)| there.env(name, value));
    let words = ["--grant", "own-folder", "--claims", r#"{"sub":"42"}"#, "GetObject", "media", "users/42/a.png"];
    assert_eq!(there.run("sign", &words, "").code, 0);
    // as if nothing had been logged yet
    let printed = pasted(&block.replace("aws s3 sync s3://acme-logs/media/", "mkdir"), &there.path(""), &[]);
    assert!(printed.starts_with("GetObject media/users/42/a.png (until "), "{printed}");
    assert!(printed.contains("URLs and forms 1, used 0; uses 0, unexplained 0"), "{printed}");
}

fn the_request_by_hand_has_the_answer_that_is_shown(block: &str) {
    let dev = Dev::fresh();
    let block_here = block.replace("127.0.0.1:8080", &dev.address("service").to_string());
    let printed: Value = serde_json::from_str(&pasted(&block_here, Path::new("/"), &[])).unwrap();
    let shown = section("The same with curl").json_with("method").unwrap();
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

fn the_environment_wins_over_the_file(block: &str) {
    let there = Presignd::configured(section("A bucket on AWS").block("toml"));
    let printed = pasted(block, there.path("").as_path(), &[]);
    assert!(printed.contains("own-folder: allow"), "{printed}");
    let wrong = block.replace("EXPIRY__MAX", "EXPIRY__MAXIMUM");
    assert!(!shell(&wrong, there.path("").as_path(), &[]).status().unwrap().success());
}

fn the_service_runs(block: &str) {
    let there = Presignd::configured(section("A bucket on AWS").block("toml"));
    let environment = [
        ("PRESIGND__SERVER__LISTEN", "127.0.0.1:0"),
        ("PRESIGND__SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
        ("JWT_SECRET", CORP_SECRET),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut shell = shell(&format!("exec {block}"), there.path("").as_path(), &environment);
    let mut process = shell.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
    let listening = log.find(|line| line.contains("listening"));
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(listening.is_some(), "it ended by itself");
}

fn a_token_made_by_hand_is_believed(block: &str) {
    let service = setting(&[section("A bucket on AWS").block("toml")]).env("JWT_SECRET", CORP_SECRET).serve();
    let block = block.replace("127.0.0.1:8080", &service.address.to_string());
    let printed = pasted(&block, Path::new("/"), &[("JWT_SECRET".to_owned(), CORP_SECRET.to_owned())]);
    let answer: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&answer["grant"], &answer["key"]), (&json!("own-folder"), &json!("users/42/a.png")), "{answer:#}");
}

fn another_store_takes_an_upload_and_gives_it_back(block: &str) {
    assert_eq!(before_another_store(block), "Hello from presignd.\n");
}

fn the_doctor_asks_a_store(block: &str) {
    let printed = before_another_store(block);
    for words in
        ["media (dev-media at 127.0.0.1:", "info: mfa-delete", "errors: 0", "{\"findings\":[{\"bucket\":\"media\""]
    {
        assert!(printed.contains(words), "{words:?} in {printed}");
    }
}

/// What a block prints with the configuration of another store, which `dev`'s is here.
fn before_another_store(block: &str) -> String {
    let dev = Dev::fresh();
    let store = format!("http://{}", dev.address("S3 store"));
    let text = section("Another S3-compatible store").block("toml").replace("https://s3.example.net", &store);
    let there = Presignd::configured(&text.replace("acme-media", "dev-media"));
    let environment = [("reader", "READER_"), ("writer", "WRITER_")].map(|(name, prefix)| {
        let held = dev.credentials(name);
        [("AWS_ACCESS_KEY_ID", "AccessKeyId"), ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey")]
            .map(|(variable, member)| (format!("{prefix}{variable}"), held[member].as_str().unwrap().to_owned()))
    });
    pasted(block, there.path("").as_path(), &environment.concat())
}

#[test]
fn every_configuration_passes_check() {
    let blocks = readme::blocks("toml");
    assert!(blocks.len() > 10, "the README has configurations");
    for block in blocks {
        let whole = readme::completed(&block);
        let output = beside_tls(Presignd::configured(&whole)).run("check", &[], "");
        assert_eq!(output.code, 0, "{whole}\n{}", output.stderr);
    }
}

#[test]
fn every_json_block_is_json() {
    for block in readme::blocks("json") {
        assert!(serde_json::from_str::<Value>(&block).is_ok(), "{block}");
    }
}

#[test]
fn every_link_within_it_leads_somewhere() {
    let anchor = |section: &Section| {
        let kept = section.title.to_lowercase().replace(' ', "-");
        kept.chars().filter(|char| char.is_alphanumeric() || *char == '-').collect::<String>()
    };
    let anchors: Vec<String> = readme::sections().iter().map(anchor).collect();
    let links: Vec<&str> = readme::TEXT.split("](#").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(links.len() > 10, "it has a table of contents");
    for link in links {
        assert!(anchors.iter().any(|anchor| anchor == link), "#{link} in {anchors:#?}");
    }
}
