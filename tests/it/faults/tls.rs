//! A certificate that has ended on disk, or is broken there, while callers connect again and again.

use std::sync::Arc;

use serde_json::Value;

use crate::faults::answers::Judge;
use crate::faults::evidence;
use crate::faults::load::Caller;
use crate::faults::load::Load;
use crate::faults::load::Stream;
use crate::faults::load::To;
use crate::faults::of_corp;
use crate::support::eventually;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::service::message;
use crate::support::setting::token;
use crate::support::tls::Authority;
use crate::support::tls::Client;
use crate::support::tls::Identity;
use crate::support::tls::TLS;

const END: &str = "presignd_tls_certificate_expiry_timestamp_seconds";

fn put(presignd: &Presignd, identity: &Identity) {
    presignd.write("cert.pem", &identity.certificate);
    presignd.write("key.pem", &identity.key);
}

#[test]
fn a_certificate_that_has_ended_or_is_broken_on_disk_is_not_taken_up() {
    let authority = Arc::new(Authority::new());
    let first = authority.issue(now() + 100_000);
    let service = first.beside(of_corp(&["a"], TLS)).serve();
    let (address, by) = (service.address, Arc::clone(&authority));
    let connect = move || Ok(Box::new(by.connect(address, &Client::default())?) as Box<dyn Stream>);
    let to = To { address, connect: Box::new(connect) };
    let load = Load::begin(to, Judge::usual(), vec![Caller::new("a", &token())], 3);
    load.is_connected(3);
    let before = service.metric(END);
    let ended = authority.issue(now() - 10);
    let other_key = Identity { certificate: first.certificate.clone(), key: ended.key.clone() };
    let torn = Identity { certificate: first.certificate[..300].to_owned(), key: first.key.clone() };
    for (fault, identity, told) in [
        ("ended", &ended, "the new certificate of server.tls has ended; the one before is kept"),
        ("of another key", &other_key, "files of server.tls not taken up; those before are kept"),
        ("torn", &torn, "files of server.tls not taken up; those before are kept"),
    ] {
        let tells = |line: &&Value| message(line) == told;
        let count = service.log().iter().filter(tells).count();
        put(&service.presignd, identity);
        eventually(fault, || (service.log().iter().filter(tells).count() > count).then_some(()));
        load.is_connected(3);
        assert_eq!(service.metric(END), before, "{fault}");
    }
    let end = now() + 200_000;
    put(&service.presignd, &authority.issue(end));
    eventually("the next one", || (service.metric(END) == end as f64).then_some(()));
    load.is_connected(3);
    evidence::holds(&service.presignd, &service.presignd.path("audit.jsonl"), service.admin, &load.end());
}
