//! The service ends in the middle of its load: asked to, told twice, or killed, and begins anew.

use std::io::Write;
use std::net::TcpStream;

use crate::faults::answers::Judge;
use crate::faults::evidence;
use crate::faults::load::Caller;
use crate::faults::load::End;
use crate::faults::load::Load;
use crate::faults::load::To;
use crate::faults::of_corp;
use crate::faults::tally::Tally;
use crate::support::service::Service;
use crate::support::service::message;
use crate::support::setting::ask;
use crate::support::setting::token;

const KILLS: usize = 20;

fn load_on(service: &Service, workers_each: usize) -> Load {
    let callers = ["a", "b"].map(|name| Caller::new(name, &token()));
    Load::begin(To::plain(service.address), Judge::usual(), callers.into(), workers_each)
}

fn agrees(service: &Service, tally: &Tally) {
    let lines = evidence::lines_of(&service.presignd, &service.presignd.path("audit.jsonl"));
    evidence::agree(&lines, tally);
}

#[test]
fn a_kill_in_mid_load_loses_no_line_of_a_url_that_was_received() {
    let mut service = of_corp(&["a", "b"], "").serve();
    let mut tally = Tally::default();
    for _ in 0..KILLS {
        let load = load_on(&service, 2);
        load.is_served(&["a", "b"]);
        load.expect(End::Kill);
        service.signal("KILL");
        tally = tally.and(load.ended());
        service.restart();
    }
    assert!(tally.issued.len() >= KILLS * 10);
    agrees(&service, &tally);
}

#[test]
fn what_was_begun_is_answered_after_the_signal_to_end() {
    // so that at each instant some requests are under way
    let mut service = of_corp(&["a", "b"], "").env("PRESIGND__AUDIT__SYNC", "true").serve();
    let mut tally = Tally::default();
    for _ in 0..3 {
        let load = load_on(&service, 8);
        load.is_served(&["a", "b"]);
        load.expect(End::Drain);
        service.signal("TERM");
        tally = tally.and(load.ended());
        let status = service.ended();
        assert!(status.success(), "{status}");
        service.restart();
    }
    agrees(&service, &tally);
}

#[test]
fn a_second_signal_ends_it_at_once_and_loses_no_line() {
    let mut service = of_corp(&["a", "b"], "[server]\ndrain = \"1h\"\nrequest_timeout = \"1h\"\n").serve();
    let body = ask("GetObject", "media", "a/a");
    let call = service.call("POST", "/v1/presign").bearer(&token()).json(&body).bytes();
    let mut begun = TcpStream::connect(service.address).unwrap();
    begun.write_all(&call[..call.len() - 1]).unwrap();
    let load = load_on(&service, 2);
    load.is_served(&["a", "b"]);
    load.expect(End::Drain);
    service.signal("TERM");
    let tally = load.ended();
    service.logged("draining", |line| message(line) == "draining");
    service.signal("TERM");
    assert!(service.ended().success());
    service.restart();
    agrees(&service, &tally);
}
