//! A configuration that is not taken up: what is in force stays, whole, and the log and a metric say so.

use serde_json::Value;

use crate::support::eventually;
use crate::support::service::Service;
use crate::support::service::message;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::tls::Authority;

const LISTENERS: &str = "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n";
const AUDIT: &str = "[audit]\npath = \"audit.jsonl\"\n";

/// A configuration whose first lines are these; `grant` names the grant that decides.
fn configured(first: &str, grant: &str) -> String {
    [first, ISSUER, MEDIA, &ALL_OF_MEDIA.replace("\"all\"", &format!("{grant:?}"))].concat()
}

/// The grant that decides.
fn deciding(service: &Service) -> String {
    let answer = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a")).json();
    answer["grant"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

/// The errors about the configuration since so many lines of the log.
fn errors(service: &Service, since: usize) -> Vec<String> {
    let lines = service.log().split_off(since);
    let errors = lines.iter().filter(|line| line["level"] == "ERROR" && message(line).starts_with("presignd.toml:"));
    errors.map(|line| message(line).to_owned()).collect()
}

/// Waits for the end of what the log says of a refusal.
fn told(service: &Service, since: usize) -> Vec<String> {
    let end = |line: &Value| message(line) == "configuration not taken up; the one before stays in force";
    eventually("the refusal in the log", || service.log().split_off(since).iter().any(end).then_some(()));
    errors(service, since)
}

#[test]
fn what_needs_a_restart_refuses_the_whole_reload_and_each_key_is_named() {
    let first = format!("[server]\n{LISTENERS}{AUDIT}");
    let identity = Authority::new().identity();
    let service = identity.beside(setting(&[&configured(&first, "all")])).serve_where_it_says();
    service.ready();
    let succeeded = service.metric("presignd_config_last_success_timestamp_seconds");
    let tls = "[server.tls]\ncertificate = \"cert.pem\"\nprivate_key = \"key.pem\"\n";
    let elsewhere = LISTENERS.replacen(":0", ":1", 1).replacen(":0", ":2", 1);
    let other_audit = AUDIT.replace("audit.jsonl", "other.jsonl");
    for (row, first, places) in [
        ("listen", first.replacen(":0", ":1", 1), vec!["2:10: server.listen is 127.0.0.1:1 here and 127.0.0.1:0 in"]),
        ("listen left out", first.replacen("listen", "#", 1), vec!["1:1: server.listen is 127.0.0.1:8080 here"]),
        (
            "admin_listen",
            first.replacen("admin_listen = \"127.0.0.1:0", "admin_listen = \"127.0.0.1:1", 1),
            vec!["3:16: server.admin_listen is 127.0.0.1:1 here"],
        ),
        ("TLS", format!("[server]\n{LISTENERS}{tls}{AUDIT}"), vec!["4:1: server.tls is there here and absent in"]),
        ("audit.path", format!("[server]\n{LISTENERS}{other_audit}"), vec!["5:8: audit.path is other.jsonl here"]),
        (
            "rate_limits.store",
            format!("{first}[rate_limits]\nstore = \"redis\"\nstore_url_file = \"redis.url\"\n"),
            vec!["7:9: rate_limits.store is redis here and memory in"],
        ),
        ("no audit", format!("[server]\n{LISTENERS}"), vec!["1:1: audit.path is stdout here and audit.jsonl in"]),
        (
            "all of them",
            format!("[server]\n{elsewhere}{tls}{other_audit}"),
            vec!["2:10: server.listen", "3:16: server.admin_listen", "4:1: server.tls", "8:8: audit.path"],
        ),
    ] {
        let since = service.log().len();
        service.refused(&[&configured(&first, "new")]);
        let told = told(&service, since);
        assert_eq!(told.len(), places.len(), "{row}: {told:#?}");
        for (line, place) in told.iter().zip(places) {
            assert!(line.starts_with(&format!("presignd.toml:{place}")), "{row}: {line}");
            assert!(line.ends_with("needs a restart; restart the service, or set it back"), "{row}: {line}");
        }
        assert_eq!(deciding(&service), "all", "{row}: nothing of it is in force");
    }
    assert_eq!((service.reloads("failure"), service.reloads("success")), (8.0, 0.0));
    assert_eq!(service.metric("presignd_config_last_success_timestamp_seconds"), succeeded);
    service.reconfigured(&[&configured(&first, "new")]);
    assert_eq!(deciding(&service), "new");
}

#[test]
fn a_broken_configuration_leaves_the_one_before_and_every_error_is_told_as_check_does() {
    let service = setting(&[&configured("", "all")]).serve();
    service.ready();
    for (row, broken) in [
        (
            "several errors",
            configured("[server]\nmax_bodi = 1\n[log]\nlevel = \"loud\"\n", "new").replace("read", "reed"),
        ),
        ("no TOML", configured("[server\n", "new")),
        ("a control character", configured("\"\\u001b[2J\" = 1\n", "new")),
        ("nothing", String::new()),
    ] {
        let since = service.log().len();
        service.refused(&[&broken]);
        let check = service.presignd.run("check", &[], "").stderr;
        let expected: Vec<_> = check.lines().filter(|line| !line.contains(": warning: ")).collect();
        assert!(!expected.is_empty(), "{row}");
        let told = told(&service, since);
        assert!(expected.iter().all(|line| told.iter().any(|told| told == line)), "{row}: {told:#?} {expected:#?}");
        assert_eq!(deciding(&service), "all", "{row}");
    }
    let since = service.log().len();
    service.reloaded("failure", || std::fs::remove_file(service.presignd.path("presignd.toml")).unwrap());
    let told = told(&service, since);
    assert!(told[0].starts_with("presignd.toml:1:1: the file cannot be read"), "{told:?}");
    assert_eq!((deciding(&service), service.admin("/readyz").status), ("all".to_owned(), 200));
    service.reconfigured(&[&configured("", "all")]);
    service.reconfigured(&[&configured("", "new")]);
    assert_eq!(deciding(&service), "new");
}

#[test]
fn a_hangup_opens_the_audit_file_anew_whatever_becomes_of_the_configuration() {
    let service = setting(&[&configured(AUDIT, "all")]).serve();
    service.ready();
    let (path, renamed) = (service.presignd.path("audit.jsonl"), service.presignd.path("audit.jsonl.1"));
    for (row, outcome, more) in [("the same", "success", ""), ("a broken one", "failure", "[server]\nport = 1\n")] {
        service.presignd.write("presignd.toml", configured(&format!("{AUDIT}{more}"), "all"));
        std::fs::rename(&path, &renamed).unwrap();
        service.reloaded(outcome, || service.signal("HUP"));
        eventually(row, || path.exists().then_some(()));
        assert_eq!(deciding(&service), "all", "{row}");
    }
    // A broken one that was told of is told of again where somebody asks.
    let since = service.log().len();
    service.reloaded("failure", || service.signal("HUP"));
    assert_eq!(told(&service, since).len(), 1);
    service.logged("the signal", |line| message(line).starts_with("SIGHUP: the audit log is opened anew"));
}
