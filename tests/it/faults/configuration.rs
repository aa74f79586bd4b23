//! A configuration that is broken, half-written, gone or wants a restart, while callers ask for URLs.

use crate::faults::answers::Judge;
use crate::faults::evidence;
use crate::faults::load::Caller;
use crate::faults::load::Load;
use crate::faults::load::To;
use crate::faults::of_corp;
use crate::support::eventually;
use crate::support::service::Service;
use crate::support::setting::token;

/// Acts, and waits until a reload has come to that.
fn reloaded(service: &Service, what: &str, outcome: &str, act: impl FnOnce()) {
    let count = || service.metric(&format!("presignd_config_reloads_total{{outcome=\"{outcome}\"}}"));
    let before = count();
    act();
    eventually(what, || (count() > before).then_some(()));
}

#[test]
fn a_configuration_that_cannot_be_taken_up_leaves_the_one_before_in_force() {
    let service = of_corp(&["a", "b"], "").serve();
    let path = service.presignd.path("presignd.toml");
    let whole = std::fs::read_to_string(&path).unwrap();
    let callers = ["a", "b"].map(|name| Caller::new(name, &token())).into();
    let load = Load::begin(To::plain(service.address), Judge::usual(), callers, 1);
    load.is_served(&["a", "b"]);
    for (fault, text) in [
        ("empty", String::new()),
        ("half", whole[..whole.len() / 2].to_owned()),
        ("an unknown key, and no grant for b", whole.replace("name = \"b\"", "nam = \"b\"")),
        ("another audit log", whole.replace("audit.jsonl", "other.jsonl")),
    ] {
        reloaded(&service, fault, "failure", || std::fs::write(&path, text).unwrap());
        load.is_served(&["a", "b"]);
    }
    reloaded(&service, "gone", "failure", || std::fs::remove_file(&path).unwrap());
    load.is_served(&["a", "b"]);
    assert_eq!(service.admin("/readyz").status, 200);
    // and one that can
    load.may("b", &["no_grant"]);
    let without = whole.replace("prefix = \"b/\"", "prefix = \"c/\"");
    reloaded(&service, "no grant for b", "success", || service.presignd.write("presignd.toml", without));
    load.is_shut_out("b", "no_grant");
    load.is_served(&["a"]);
    reloaded(&service, "a grant for b", "success", || service.presignd.write("presignd.toml", whole));
    load.may("b", &[]);
    load.is_served(&["a", "b"]);
    evidence::holds(&service.presignd, &service.presignd.path("audit.jsonl"), service.admin, &load.end());
}
