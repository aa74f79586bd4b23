//! The audit log's disk is full, and has room again; or whoever takes its lines takes none for a while.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;

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

/// Takes what comes out of a pipe.
#[derive(Default)]
struct Taker {
    /// While this is locked nothing is taken.
    gate: Mutex<()>,
    taken: Mutex<Vec<u8>>,
}

impl Taker {
    fn of(pipe: &Path) -> Arc<Self> {
        let (taker, pipe) = (Arc::<Self>::default(), pipe.to_owned());
        let takes = Arc::clone(&taker);
        std::thread::spawn(move || {
            let (mut pipe, mut part) = (File::open(pipe).unwrap(), [0; 4096]);
            loop {
                drop(takes.gate.lock().unwrap());
                match pipe.read(&mut part).unwrap() {
                    0 => return,
                    count => takes.taken.lock().unwrap().extend(&part[..count]),
                }
            }
        });
        taker
    }
}

#[test]
fn while_nobody_takes_the_audit_lines_requests_end_and_no_url_leaves() {
    let presignd = of_corp(&["a"], "").env("PRESIGND__AUDIT__PATH", "pipe");
    let pipe = presignd.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let taker = Taker::of(&pipe);
    let service = presignd.serve();
    let caller = Caller::new("a", &token()).refused_for(&["audit_unavailable"]);
    let load = Load::begin(To::plain(service.address), Judge::usual(), vec![caller], 4);
    load.is_served(&["a"]);
    let held = taker.gate.lock().unwrap();
    load.is_refused(&["a"], "audit_unavailable");
    eventually("not ready", || (service.admin("/readyz").status == 503).then_some(()));
    drop(held);
    load.is_served(&["a"]);
    service.ready();
    load.may("a", &[]);
    load.is_served(&["a"]);
    let tally = load.end();
    let written = service.metric("presignd_audit_sequence");
    let lines = eventually("all lines", || {
        let all = taker.taken.lock().unwrap().clone();
        (all.iter().filter(|byte| **byte == b'\n').count() as f64 >= written).then_some(all)
    });
    service.presignd.write("taken.jsonl", lines);
    evidence::holds(&service.presignd, &service.presignd.path("taken.jsonl"), service.admin, &tally);
}
