//! The audit log's disk is full, and has room again.

use crate::faults::answers::Judge;
use crate::faults::evidence;
use crate::faults::load::Caller;
use crate::faults::load::Load;
use crate::faults::load::To;
use crate::faults::of_corp;
use crate::faults::small_disk::SmallDisk;
use crate::support::eventually;
use crate::support::setting::token;

#[test]
fn while_the_audit_disk_is_full_no_url_leaves_and_then_all_goes_on() {
    let Some(disk) = SmallDisk::of(of_corp(&["a", "b"], ""), "1m") else { return };
    let service = &disk.service;
    let callers = ["a", "b"].map(|name| Caller::new(name, &token()).refused_for(&["audit_unavailable"]));
    let load = Load::begin(To::plain(service.address), Judge::usual(), callers.into(), 2);
    for _ in 0..2 {
        load.is_served(&["a", "b"]);
        disk.fill();
        load.is_refused(&["a", "b"], "audit_unavailable");
        eventually("not ready", || (service.admin("/readyz").status == 503).then_some(()));
        assert_eq!(service.admin("/livez").status, 200);
        load.is_shut_out("a", "audit_unavailable");
        disk.make_room();
        load.is_served(&["a", "b"]);
        service.ready();
    }
    load.may("a", &[]);
    load.may("b", &[]);
    load.is_served(&["a", "b"]);
    let tally = load.end();
    let (lost, refused) =
        (service.metric("presignd_audit_failures_total"), tally.by_code()["audit_unavailable"] as f64);
    assert!(lost > 0.0 && lost <= refused, "{lost} lines lost, {refused} refused");
    evidence::holds(&service.presignd, &disk.file("audit.jsonl"), service.admin, &tally);
}
