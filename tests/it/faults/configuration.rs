//! A configuration that is broken, half-written, gone or wants a restart, while callers ask for URLs.

use crate::faults::answers::Judge;
use crate::faults::evidence;
use crate::faults::load::Caller;
use crate::faults::load::Load;
use crate::faults::load::To;
use crate::faults::of_corp;
use crate::support::setting::token;

#[test]
fn a_configuration_that_cannot_be_taken_up_leaves_the_one_before_in_force() {
    let service = of_corp(&["a", "b"], "").serve();
    let path = service.presignd.path("presignd.toml");
    let whole = std::fs::read_to_string(&path).unwrap();
    let callers = ["a", "b"].map(|name| Caller::new(name, &token())).into();
    let load = Load::begin(To::plain(service.address), Judge::usual(), callers, 1);
    load.is_served(&["a", "b"]);
    for text in [
        // empty, half, an unknown key and so no grant for b, another audit log
        String::new(),
        whole[..whole.len() / 2].to_owned(),
        whole.replace("name = \"b\"", "nam = \"b\""),
        whole.replace("audit.jsonl", "other.jsonl"),
    ] {
        service.reloaded("failure", || std::fs::write(&path, text).unwrap());
        load.is_served(&["a", "b"]);
    }
    service.reloaded("failure", || std::fs::remove_file(&path).unwrap());
    load.is_served(&["a", "b"]);
    assert_eq!(service.admin("/readyz").status, 200);
    // and one that can
    load.may("b", &["no_grant"]);
    let without = whole.replace("prefix = \"b/\"", "prefix = \"c/\"");
    service.reloaded("success", || service.presignd.write("presignd.toml", without));
    load.is_shut_out("b", "no_grant");
    load.is_served(&["a"]);
    service.reloaded("success", || service.presignd.write("presignd.toml", whole));
    load.may("b", &[]);
    load.is_served(&["a", "b"]);
    evidence::holds(&service.presignd, &service.presignd.path("audit.jsonl"), service.admin, &load.end());
}
