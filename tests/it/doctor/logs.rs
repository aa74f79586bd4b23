//! What the doctor finds about access logs: loops, and grants that reach them.

use presignd::domain::doctor::Question;

use super::answers::Said;
use super::answers::logging;
use super::found;
use super::reading;
use super::there;

#[test]
fn a_loop_of_logs_is_found_however_long_and_only_by_those_in_it() {
    let bucket = |alias: &str| {
        format!("[buckets.{alias}]\nbucket = \"acme-{alias}\"\nregion = \"eu-west-1\"\ncredentials = \"reader\"\n")
    };
    let buckets: String = ["one", "two", "three"].map(bucket).concat();
    let toml = reading().replace("[[grants]]", &format!("{buckets}[[grants]]"));
    let to = |targets: [&str; 4]| -> Vec<Said> {
        let said = targets.into_iter().map(|target| Said::from([(Question::Logging, logging(target))]));
        said.collect()
    };
    let looping = |targets| -> Vec<String> {
        let findings = found(&toml, &to(targets), &there());
        findings
            .iter()
            .filter(|finding| finding.id.as_str() == "logging-loop")
            .map(|finding| finding.bucket.to_string())
            .collect()
    };
    assert_eq!(looping(["acme-logs", "acme-logs", "acme-logs", "acme-logs"]), Vec::<String>::new());
    assert_eq!(looping(["acme-one", "acme-two", "acme-three", "acme-logs"]), Vec::<String>::new());
    assert_eq!(looping(["acme-one", "acme-two", "acme-three", "acme-one"]), ["one", "two", "three"]);
    assert_eq!(looping(["acme-one", "acme-media", "acme-three", "acme-three"]), ["media", "one", "three"]);
}

#[test]
fn a_grant_that_reaches_the_real_log_is_found_whatever_the_configuration_says_of_it() {
    let logs = "[buckets.logs]\nbucket = \"acme-logs\"\nregion = \"eu-west-1\"\ncredentials = \"reader\"\n";
    let with_grant = |prefix: &str, actions: &str| {
        let grant = "[[grants]]\nname = \"ops\"\nbucket = \"logs\"\n";
        format!(
            "{}{grant}prefix = \"{prefix}\"\nactions = [{actions}]\n",
            reading().replace("[[grants]]", &format!("{logs}[[grants]]"))
        )
    };
    // The log goes to acme-logs/a/.
    let rows: [(&str, &str, &[&str]); 8] = [
        ("", "\"write\"", &["error where the grant ops writes"]),
        ("a/", "\"read\"", &["warning where the grant ops reads"]),
        ("a/2026/", "\"delete\"", &["warning where the grant ops deletes"]),
        ("{sub}/", "\"read\", \"write\"", &["error where the grant ops writes", "warning where the grant ops reads"]),
        ("a/", "\"delete_version\"", &["warning where the grant ops deletes"]),
        ("a/", "\"list\"", &[]),
        ("b/", "\"write\"", &[]),
        ("b/{sub}/", "\"read\", \"delete\"", &[]),
    ];
    for (prefix, actions, expected) in rows {
        let said = [Said::from([(Question::Logging, logging("acme-logs"))]), Said::new()];
        let findings = found(&with_grant(prefix, actions), &said, &there());
        let told = findings.iter().filter(|finding| finding.id.as_str() == "log-bucket").map(|finding| {
            assert_eq!(finding.bucket.as_str(), "media", "{finding:?}");
            assert!(finding.mend.contains("put-bucket-logging"), "{finding:?}");
            let who = finding.detail.split_once(", ").unwrap().1.split_once(':').unwrap().0;
            format!("{} {who}", finding.severity.as_str())
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{prefix} {actions}: {findings:#?}");
    }
    let elsewhere = [Said::from([(Question::Logging, logging("acme-others"))]), Said::new()];
    let findings = found(&with_grant("", "\"write\""), &elsewhere, &there());
    assert!(findings.iter().all(|finding| finding.id.as_str() != "log-bucket"), "{findings:#?}");
}
