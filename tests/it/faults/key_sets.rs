//! Identity providers that fail, each in its own way, while their callers and those of another ask for URLs.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use crate::faults::answers::Judge;
use crate::faults::chained;
use crate::faults::evidence;
use crate::faults::grant;
use crate::faults::inside::Inside;
use crate::faults::load::Caller;
use crate::faults::load::Load;
use crate::faults::load::To;
use crate::support::eventually;
use crate::support::idp::Idp;
use crate::support::idp::Manner;
use crate::support::idp::Page;
use crate::support::setting::MEDIA;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;
use crate::support::tokens::key_set;

/// The issuer whose callers notice nothing.
const WELL: &str = "well";

/// The one of which nobody ever hears: where its keys should be, nothing listens.
const GONE: &str = "gone";

/// What an issuer does where its keys should be.
const FAULTS: [&str; 9] = ["garbage", "hangs", "hangs-up", "half", "html", "huge", "moved", "refuses", "trickles"];

/// Longer than all that passes.
const PATIENT: &str = "[server]\nidle_timeout = \"1y\"\nheader_timeout = \"1y\"\nrequest_timeout = \"1y\"\n";

/// Past every cool-down, but before a key set is due by age.
const COOLED: Duration = Duration::from_secs(31);
/// Past the age at which a key set is fetched again.
const DUE: Duration = Duration::from_secs(300);
/// An issuer of a configuration, whose keys are there.
fn issuer(idp: &Idp, name: &str, jwks_uri: &str) -> String {
    let issuer = idp.url(&format!("/{name}"));
    format!(
        "[[issuers]]\nname = \"{name}\"\nissuer = \"{issuer}\"\njwks_uri = \"{jwks_uri}\"\n\
         audiences = [\"presignd\"]\n"
    )
}

fn keys_of(idp: &Idp, name: &str) -> String {
    match name {
        GONE => format!("http://{}/", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()),
        _ => idp.url(&format!("/{name}")),
    }
}

fn token(idp: &Idp, name: &str, key: &Issuer) -> String {
    key.token(&claims(&idp.url(&format!("/{name}")), "presignd", name, &json!({})))
}

fn fail(idp: &Idp, fault: &str, key: &Issuer) {
    let of = |head: &str, body: &str| Page { head: head.to_owned(), body: body.to_owned() };
    let path = format!("/{fault}");
    let whole = Page::ok(&key_set(&[key]));
    let (page, manner) = match fault {
        "garbage" => (Page::ok("{\"keys\":[{\"kty\":\u{1}"), Manner::Whole),
        "hangs" => (whole, Manner::Silent),
        "hangs-up" => (whole, Manner::HungUp),
        "half" => (whole, Manner::Half),
        "html" => (of("200 OK\r\ncontent-type: text/html", "<html>Be right back</html>"), Manner::Whole),
        "huge" => (Page::ok(&format!("{{\"keys\":[]{}}}", " ".repeat(1 << 20))), Manner::Whole),
        "moved" => (of(&format!("302 Found\r\nlocation: {}", idp.url("/well")), ""), Manner::Whole),
        "refuses" => (of("500 Internal Server Error", "{}"), Manner::Whole),
        "trickles" => (whole, Manner::Trickling),
        _ => panic!("no fault is called {fault}"),
    };
    idp.put(&path, page);
    idp.behave(&path, manner);
}

fn mend(idp: &Idp, fault: &str, key: &Issuer) {
    idp.put(&format!("/{fault}"), Page::ok(&key_set(&[key])));
    idp.behave(&format!("/{fault}"), Manner::Whole);
}

/// Lets time pass until each of these issuers had one attempt more with that outcome: so much at once, which makes the
/// next attempt due, and then little by little, so that an attempt that goes well has its time.
#[track_caller]
fn attempted(service: &Inside, load: &Load, outcome: &str, names: &[&str], due: Duration) {
    let attempts = || names.iter().map(|name| service.attempts(name, outcome)).collect::<Vec<_>>();
    let before = attempts();
    let mut steps = (0..).map(|step| if step % 8 == 0 { due } else { Duration::from_secs(1) });
    eventually(&format!("each issuer's {outcome}"), || {
        load.hold(|| service.pass(steps.next().unwrap()));
        assert_eq!(service.admin("/readyz").status, 200, "one issuer has keys");
        attempts().iter().zip(&before).all(|(now, before)| now > before).then_some(())
    });
}

#[test]
fn issuers_that_fail_are_outlived_by_their_keys_and_hurt_no_other() {
    let (idp, key) = (Idp::http(), Issuer::ecdsa("e1"));
    let names: Vec<&str> = FAULTS.iter().copied().chain([WELL]).collect();
    let all: Vec<&str> = names.iter().copied().chain([GONE]).collect();
    let issuers: String =
        all.iter().map(|name| issuer(&idp, name, &keys_of(&idp, name)) + &grant(name, name)).collect();
    idp.put("/well", Page::ok(&key_set(&[&key])));
    FAULTS.iter().for_each(|fault| fail(&idp, fault, &key));
    let service = Inside::serve(chained(&[PATIENT, &issuers, MEDIA]));
    eventually("the keys of one", || (service.attempts(WELL, "success") > 0).then_some(()));
    let caller = |name: &str| Caller::new(name, &token(&idp, name, &key));
    let failing = FAULTS.iter().chain([&GONE]).map(|fault| caller(fault).refused_for(&["keys_unavailable"]));
    let callers = failing.chain([caller(WELL)]).collect();
    let load = Load::begin(To::plain(service.address), Judge::usual(), callers, 1);
    let may = |codes| FAULTS.iter().for_each(|fault| load.may(fault, codes));
    // down from the start: their callers are told so, and nobody else notices
    load.is_refused(&FAULTS, "keys_unavailable");
    load.is_refused(&[GONE], "keys_unavailable");
    attempted(&service, &load, "failure", &FAULTS, COOLED);
    load.is_served(&[WELL]);
    FAULTS.iter().for_each(|fault| mend(&idp, fault, &key));
    attempted(&service, &load, "success", &FAULTS, COOLED);
    may(&[]);
    load.is_served(&names);
    // down again: the keys are kept
    FAULTS.iter().for_each(|fault| fail(&idp, fault, &key));
    attempted(&service, &load, "failure", &FAULTS, DUE);
    load.is_served(&names);
    // for longer than keys outlive their issuer
    may(&["keys_unavailable"]);
    for _ in 0..25 {
        let before = service.attempts(WELL, "success");
        load.hold(|| service.pass(Duration::from_secs(3600)));
        eventually("keys of the one that is well", || (service.attempts(WELL, "success") > before).then_some(()));
    }
    attempted(&service, &load, "failure", &FAULTS, COOLED);
    FAULTS.iter().for_each(|fault| load.is_shut_out(fault, "keys_unavailable"));
    load.is_served(&[WELL]);
    FAULTS.iter().for_each(|fault| mend(&idp, fault, &key));
    attempted(&service, &load, "success", &FAULTS, COOLED);
    may(&[]);
    load.is_served(&names);
    load.is_shut_out(GONE, "keys_unavailable");
    evidence::holds(&service.presignd, &service.presignd.path("audit.jsonl"), service.admin, &load.end());
}

#[test]
fn keys_that_rotate_at_a_slow_issuer_lock_nobody_out_but_those_of_withdrawn_ones() {
    let (idp, keys) = (Idp::http(), ["k0", "k1", "k2", "k3", "k4"].map(Issuer::ecdsa));
    let names = ["ahead", "behind"];
    idp.put("/rotates", Page::ok(&key_set(&[&keys[0]])));
    let grants = names.map(|name| grant(name, "rotates")).concat();
    let service = Inside::serve(chained(&[PATIENT, &issuer(&idp, "rotates", &idp.url("/rotates")), MEDIA, &grants]));
    eventually("the first keys", || (service.attempts("rotates", "success") > 0).then_some(()));
    idp.behave("/rotates", Manner::Late);
    let of = |key| token(&idp, "rotates", key);
    let callers = names.iter().map(|name| Caller::new(name, &of(&keys[0]))).collect();
    let load = Load::begin(To::plain(service.address), Judge::usual(), callers, 2);
    load.is_served(&names);
    for pair in keys[..4].windows(2) {
        let [old, new] = pair else { unreachable!("two of a window of two") };
        idp.put("/rotates", Page::ok(&key_set(&[old, new])));
        load.may("ahead", &["invalid_token"]);
        load.renew("ahead", &of(new));
        load.is_refused(&["ahead"], "invalid_token");
        load.hold(|| service.pass(COOLED));
        load.is_served(&names);
        load.may("ahead", &[]);
        load.is_served(&names);
        load.renew("behind", &of(new));
    }
    load.renew("ahead", &of(&keys[4]));
    load.may("ahead", &["invalid_token"]);
    load.may("behind", &["invalid_token"]);
    idp.put("/rotates", Page::ok(&key_set(&[&keys[4]])));
    load.hold(|| service.pass(DUE));
    load.is_served(&["ahead"]);
    load.may("ahead", &[]);
    load.is_shut_out("behind", "invalid_token");
    load.is_served(&["ahead"]);
    evidence::holds(&service.presignd, &service.presignd.path("audit.jsonl"), service.admin, &load.end());
}
