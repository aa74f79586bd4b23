//! The command line: help, version, completions, and exit codes.

use std::process::Output;

use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::setting;

fn run(arguments: &[&str]) -> Output {
    setting(&[]).command(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const COMMANDS: [&str; 11] = [
    "audit",
    "check",
    "completions",
    "derive-keys",
    "diagnose",
    "doctor",
    "explain",
    "openapi",
    "policy",
    "serve",
    "sign",
];

#[test]
fn every_command_has_help_with_examples() {
    let listed = text(&run(&["--help"]).stdout);
    for command in COMMANDS {
        assert!(listed.contains(&format!("\n  {command} ")), "{command}: {listed}");
        let help = run(&[command, "--help"]);
        let told = text(&help.stdout);
        assert_eq!(help.status.code(), Some(0), "{command}");
        assert!(told.contains("Examples") && told.contains(&format!("presignd {command}")), "{command}: {told}");
    }
}

#[test]
fn the_version_tells_the_commit() {
    let told = text(&run(&["--version"]).stdout);
    assert!(told.starts_with(&format!("presignd {}", env!("CARGO_PKG_VERSION"))), "{told}");
    let commit = told.trim().rsplit(' ').next().unwrap().trim_matches(['(', ')']);
    assert!(commit == "unknown" || commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{told}");
}

#[test]
fn wrong_usage_is_2_and_what_fails_is_1() {
    for (case, arguments, code) in [
        ("no command", &[][..], 2),
        ("no such command", &["presign"][..], 2),
        ("no such option", &["check", "--file", "x"], 2),
        ("no configuration", &["serve"], 2),
        ("no grant", &["sign", "--config", "presignd.toml", "GetObject", "media", "a"], 2),
        ("a configuration that is not there", &["serve", "--config", "nowhere.toml"], 1),
        ("a configuration that is wrong", &["serve", "--config", "presignd.toml"], 1),
        ("no policy", &["policy", "--config", "presignd.toml"], 2),
        ("no such policy", &["policy", "acl", "--config", "presignd.toml"], 2),
        ("completions for no shell", &["completions", "perl"], 2),
        ("completions", &["completions", "bash"], 0),
        ("the document", &["openapi"], 0),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{case}: {output:?}");
        assert_eq!(output.stdout.is_empty(), code != 0, "{case}: {output:?}");
        assert_eq!(output.stderr.is_empty(), code == 0, "{case}: {output:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&run(&["completions", shell]).stdout);
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
    }
}

#[test]
fn serve_and_check_tell_the_same_errors() {
    let presignd = setting(&["[server]\nlisten = \"nowhere\"\nlistn = 1\n[[grants]]\nname = \"a b\"\n"]);
    let told = |name: &str| {
        let output = presignd.run(name, &[], "");
        assert_eq!(output.code, 1, "{name}: {output:?}");
        let mut lines: Vec<String> =
            output.stderr.lines().filter(|line| !line.contains("warning: ")).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let (check, serve) = (told("check"), told("serve"));
    assert_eq!(serve, check);
    assert!(check.len() >= 4, "every error, not only the first: {check:?}");
    for line in &check {
        let place: Vec<&str> = line.splitn(4, ':').collect();
        assert_eq!(place[0], "presignd.toml", "{line}");
        assert!(place[1].parse::<u32>().is_ok() && place[2].parse::<u32>().is_ok(), "{line}");
        assert!(place[3].contains("; "), "what is wrong; how to mend it: {line}");
    }
}

#[test]
fn an_audit_log_that_cannot_be_opened_is_told_by_its_path() {
    let presignd = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA, "[audit]\npath = \"nowhere/audit.jsonl\"\n"]);
    let output = presignd.run("serve", &[], "");
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stderr.contains("nowhere/audit.jsonl (audit.path): No such file"), "{output:?}");
}
