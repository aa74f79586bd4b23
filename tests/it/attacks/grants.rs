//! Attacks on grants, from outside: a valid token that asks for more than its grants name. Each is refused by its own
//! code and issues nothing, and beside each stands a neighbour who asks for what is his, and gets it: no row passes
//! because everything is refused.

mod addresses;
mod asked;
mod batches;
mod conditions;
mod doors;
mod fields;
mod filled;
mod forms;
mod lifetimes;
mod lists;
mod locks;
mod lookalikes;
mod made_keys;
mod parts;
mod plans;
mod prefixes;

use std::collections::HashSet;

use asked::Asked;

use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::setting::Expected;
use crate::support::setting::expect_reply;

/// What is attempted, how, what it is told, and how a neighbour asks for what is his.
type Attack = (&'static str, Asked, Expected, Asked);

/// 400 `invalid_key`.
const BAD_KEY: Expected = Err((400, "invalid_key", &["#/key"]));
/// 400 `malformed_json`.
const MALFORMED: Expected = Err((400, "malformed_json", &[]));
/// 401 `insufficient_authentication`.
const STEP_UP: Expected = Err((401, "insufficient_authentication", &["#"]));

#[test]
fn they_are_many_and_no_two_are_called_the_same() {
    let all = [
        addresses::untrusted(),
        addresses::trusted(),
        addresses::forwarded(),
        batches::attacks(),
        conditions::attacks(),
        doors::attacks(),
        doors::paths(),
        fields::attacks(),
        filled::attacks(),
        forms::attacks(),
        lifetimes::attacks(),
        lists::attacks(),
        locks::attacks(),
        lookalikes::attacks(),
        made_keys::attacks(),
        parts::attacks(),
        plans::attacks(),
        prefixes::attacks(),
    ];
    let names: Vec<_> = all.iter().flatten().map(|(name, ..)| name).collect();
    let different: HashSet<_> = names.iter().collect();
    assert_eq!(different.len(), names.len());
    assert!(names.len() >= 700, "{}", names.len());
}

/// Fails unless each attack is refused as it must be, and each neighbour gets what he asks for.
#[track_caller]
fn run(presignd: Presignd, attacks: &[Attack]) {
    let service = presignd.serve();
    for (name, asked, refused, _) in attacks {
        assert!(refused.is_err(), "{name}");
        expect_reply(name, &asked.send(&service), *refused);
    }
    assert_eq!(issued(&service), 0.0, "where all was refused nothing was issued");
    for (name, _, _, neighbour) in attacks {
        let reply = neighbour.send(&service);
        let is_issued = matches!(reply.status, 200 | 307) && !reply.text().contains("\"code\"");
        assert!(is_issued, "the neighbour of {name:?}: {neighbour:?}: {} {}", reply.status, reply.text());
    }
    assert!(issued(&service) >= attacks.len() as f64, "and where all was right everything");
    assert_eq!(service.metric(r#"presignd_refusals_total{code="internal_error"}"#), 0.0);
}

/// How many URLs it has issued.
fn issued(service: &Service) -> f64 {
    let metrics = service.admin("/metrics").text();
    let series = metrics.lines().filter(|line| line.starts_with("presignd_urls_issued_total{"));
    series.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}
