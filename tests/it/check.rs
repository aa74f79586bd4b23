//! `presignd check`: what it prints where, and its exit codes.

use crate::support::presignd::Presignd;

const SMALLEST: &str = include_str!("../../src/adapters/config/fixtures/smallest.toml");
const DEV: &str = include_str!("../../src/cli/dev/example.toml");

#[test]
fn a_good_configuration_is_told_on_stdout_and_its_warnings_on_stderr() {
    let output = Presignd::configured(SMALLEST).run("check", &[], "");
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.starts_with("own-folder: allow\n  bucket     media (acme-media at "), "{output:?}");
    let warnings: Vec<_> = output.stderr.lines().collect();
    assert!(warnings.iter().all(|line| line.contains(": warning: ")), "{output:?}");
    assert!(warnings.iter().any(|line| line.starts_with("presignd.toml:4:19: warning: ")), "{output:?}");
}

#[test]
fn nothing_is_left_to_warn_of_where_secrets_and_token_type_are_there() {
    let typed = SMALLEST.replace("JWT_SECRET\"", "JWT_SECRET\"\ntoken_type = \"at+jwt\"");
    let presignd = Presignd::configured(&typed)
        .env("JWT_SECRET", "0123456789abcdef0123456789abcdef")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI");
    let output = presignd.run("check", &[], "");
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
}

#[test]
fn every_error_is_told_at_once_in_the_files_order_and_the_environments_last() {
    let text = SMALLEST.replace("\"read\", \"write\"", "\"raed\", \"CopyObject\"").replace("eu-west-1", "nowhere");
    let output = Presignd::configured(&text).env("PRESIGND__SERVER__LISTN", "127.0.0.1:1").run("check", &[], "");
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output:?}");
    let errors: Vec<_> = output.stderr.lines().filter(|line| !line.contains(": warning: ")).collect();
    let starts =
        ["presignd.toml:8:10: ", "presignd.toml:14:12: ", "presignd.toml:14:20: ", "PRESIGND__SERVER__LISTN: "];
    assert_eq!(errors.len(), starts.len(), "{output:?}");
    for (error, start) in errors.iter().zip(starts) {
        assert!(error.starts_with(start), "{start} {output:?}");
    }
}

#[test]
fn a_logging_loop_is_refused_by_check() {
    let log = |into: &str| format!("region = \"eu-west-1\"\naccess_log = {{ bucket = \"{into}\" }}");
    let alone = SMALLEST.replace("region = \"eu-west-1\"", &log("acme-media"));
    let logs = format!("[buckets.logs]\nbucket = \"acme-logs\"\n{}\n", log("acme-media"));
    let both = SMALLEST.replace("region = \"eu-west-1\"", &log("acme-logs")) + &logs;
    for (text, said) in [(&alone, 1), (&both, 2)] {
        let output = Presignd::configured(text).run("check", &[], "");
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output:?}");
        assert_eq!(output.stderr.matches("would log into itself, without end").count(), said, "{output:?}");
    }
    assert_eq!(
        Presignd::configured(&both.replace(&logs, "")).run("check", &[], "").code,
        0,
        "into a bucket of its own"
    );
}

#[test]
fn a_file_that_is_not_there_is_an_error_and_no_option_is_wrong_usage() {
    let presignd = Presignd::configured("");
    std::fs::remove_file(presignd.path("presignd.toml")).unwrap();
    let output = presignd.run("check", &[], "");
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stderr.starts_with("presignd.toml:1:1: the file cannot be read"), "{output:?}");
    let usage = presignd.command(&["check"]).output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
}

#[test]
fn what_a_file_holds_cannot_steer_the_terminal() {
    let output = Presignd::configured("\"\\u001b[2J\" = 1\nname = \"\u{1b}[2J\"\n").run("check", &[], "");
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stderr.contains("[2J") && !output.stderr.contains('\u{1b}'), "{output:?}");
}

#[test]
fn the_example_of_dev_misses_only_the_files_that_dev_writes() {
    let output = Presignd::configured(DEV).run("check", &[], "");
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stderr.lines().all(|line| line.contains(" cannot be read ")), "{output:?}");
    assert_eq!(output.stderr.lines().count(), 3, "{output:?}");
}
