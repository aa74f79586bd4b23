//! Which requests are uses of which URL, and which are none that was issued.

use std::collections::HashMap;

use crate::domain::access_log::Asker;
use crate::domain::access_log::Issued;
use crate::domain::access_log::Join;
use crate::domain::access_log::JoinedBy;
use crate::domain::access_log::Outcome;
use crate::domain::access_log::Record;
use crate::domain::access_log::Totals;
use crate::domain::access_log::Why;
use crate::domain::operation::Operation;

const ID: &str = "0197d5a0-0000-7000-8000-000000000001";

/// 24 November 2026, 12:00:00 UTC.
const NOON: i64 = 1_795_521_600;

/// A GetObject of `media/a b/é.txt`, asked for at noon, good for 15 minutes.
fn issued(id: &str) -> Issued {
    Issued {
        asker: Asker {
            id: id.to_owned(),
            asked_at: NOON,
            issuer: Some("corp".to_owned()),
            subject: Some("42".to_owned()),
            client_id: None,
            address: Some("192.0.2.1".parse().unwrap()),
        },
        operation: Operation::GetObject,
        bucket: "media".to_owned(),
        key: "a b/é.txt".to_owned(),
        expires_at: NOON + 900,
        signing_key_id: "AKIA1".to_owned(),
        stable: false,
    }
}

fn join(all: &[Issued]) -> Join {
    let names = [("media".to_owned(), vec!["acme-media".to_owned()])];
    let mut join = Join::new(HashMap::from(names));
    all.iter().for_each(|issued| join.issued(issued.clone()));
    join
}

/// A query as presignd signs it; `more` comes before the signature.
fn query(akid: &str, more: &str) -> String {
    format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={akid}%2F20261124%2Feu-west-1%2Fs3%2Faws4_request&\
         X-Amz-Date=20261124T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host{more}&X-Amz-Signature=5ec7e7"
    )
}

fn with_id(id: &str) -> String {
    query("AKIA1", &format!("&x-presignd-id={id}"))
}

const PATH: &str = "/a%20b/%C3%A9.txt";
const KEY: &str = "a%2520b/%25C3%25A9.txt";

/// What a row changes of a GET in time that S3 answers with 200.
#[derive(Clone)]
struct Use {
    bucket: &'static str,
    minute: i64,
    operation: &'static str,
    key: &'static str,
    method: &'static str,
    target: String,
    status: u16,
}

impl Use {
    fn get(query: &str) -> Self {
        Self {
            bucket: "acme-media",
            minute: 5,
            operation: "REST.GET.OBJECT",
            key: KEY,
            method: "GET",
            target: format!("{PATH}?{query}"),
            status: 200,
        }
    }

    fn in_a(self, join: &mut Join) -> Outcome {
        let minute = self.minute;
        let line = format!(
            "o {} [24/Nov/2026:12:{minute:02}:00 +0000] 192.0.2.1 - R{minute}{}{} {} {} \"{} {} HTTP/1.1\" {} - 10 20 1 1 \
             \"-\" \"c\" -",
            self.bucket,
            self.status,
            self.target.len(),
            self.operation,
            self.key,
            self.method,
            self.target,
            self.status
        );
        join.used(&Record::parse(&line).unwrap())
    }
}

/// What becomes of a use: a reason, or `None` if it is explained.
fn why(all: &[Issued], used: Use) -> Option<Why> {
    match used.in_a(&mut join(all)) {
        Outcome::Explained => None,
        Outcome::Unexplained(unexplained) => Some(unexplained.why),
        Outcome::Other => panic!("neither"),
    }
}

#[test]
fn a_use_is_explained_by_the_url_whose_id_it_bears_if_it_is_used_as_issued() {
    let get = || Use::get(&with_id(ID));
    let of = |target: String| Use { target, ..get() };
    let rows = [
        ("as issued", get(), None),
        ("path style", of(format!("/acme-media{PATH}?{}", with_id(ID))), None),
        ("without a key's field", Use { key: "-", ..get() }, None),
        ("a field encoded once", Use { key: "a%20b/%C3%A9.txt", ..get() }, None),
        (
            "names encoded by the client",
            of(format!("{PATH}?{}", with_id(ID).replace("x-presignd-id", "x%2Dpresignd-id"))),
            None,
        ),
        ("in the last second", Use { minute: 15, ..get() }, None),
        ("a minute late, but served", Use { minute: 16, ..get() }, Some(Why::AfterExpiry)),
        ("a minute late, and refused", Use { minute: 16, status: 403, ..get() }, None),
        ("not there", Use { status: 404, ..get() }, None),
        ("late, and not there", Use { minute: 16, status: 404, ..get() }, Some(Why::AfterExpiry)),
        ("another bucket", Use { bucket: "acme-other", ..get() }, Some(Why::OtherBucket)),
        ("another key", Use { key: "b", target: format!("/b?{}", with_id(ID)), ..get() }, Some(Why::OtherKey)),
        ("another key, refused", Use { key: "b", target: format!("/b?{}", with_id(ID)), status: 403, ..get() }, None),
        ("another method", Use { method: "PUT", ..get() }, Some(Why::OtherOperation)),
        ("its tags", of(format!("{PATH}?tagging&{}", with_id(ID))), Some(Why::OtherOperation)),
        ("a copy", Use { operation: "REST.COPY.OBJECT", ..get() }, Some(Why::OtherOperation)),
        ("an unknown id", Use::get(&with_id("0197d5a0-0000-7000-8000-000000000002")), Some(Why::UnknownId)),
        ("no id", Use::get(&query("AKIA1", "")), None),
        ("no id, signed for longer", Use::get(&query("AKIA1", "").replace("=900", "=901")), Some(Why::NoId)),
        (
            "two ids",
            Use::get(&query("AKIA1", &format!("&x-presignd-id={ID}&x-presignd-id=x")).replace("=900", "=9")),
            Some(Why::NoId),
        ),
        ("by SigV2", Use::get("AWSAccessKeyId=AKIA1&Expires=1795522500&Signature=s"), Some(Why::NoId)),
    ];
    for (row, used, expected) in rows {
        assert_eq!(why(&[issued(ID)], used), expected, "{row}");
    }
}

#[test]
fn each_operation_is_known_by_what_its_url_says() {
    let rows = [
        (Operation::AbortMultipartUpload, "DELETE", "&uploadId=u"),
        (Operation::CompleteMultipartUpload, "POST", "&uploadId=u"),
        (Operation::CreateMultipartUpload, "POST", "&uploads="),
        (Operation::DeleteObject, "DELETE", "&versionId=v"),
        (Operation::GetObject, "GET", "&partNumber=1&response-content-type=a%2Fb"),
        (Operation::HeadObject, "HEAD", ""),
        (Operation::ListObjectsV2, "GET", "&list-type=2&prefix=a%20b%2F%C3%A9.txt&delimiter=%2F"),
        (Operation::ListParts, "GET", "&uploadId=u&max-parts=5"),
        (Operation::PutObject, "PUT", ""),
        (Operation::RestoreObject, "POST", "&restore="),
        (Operation::UploadPart, "PUT", "&uploadId=u&partNumber=1"),
    ];
    for (operation, method, more) in rows {
        for (of, ..) in rows {
            let url = Issued { operation: of, ..issued(ID) };
            let used = Use { method, ..Use::get(&query("AKIA1", &format!("{more}&x-presignd-id={ID}"))) };
            let expected = if of == operation { None } else { Some(Why::OtherOperation) };
            assert_eq!(why(&[url], used), expected, "{of:?} used as {operation:?}");
        }
    }
}

#[test]
fn a_stable_url_is_one_whoever_asked_and_is_known_by_what_it_signs() {
    let stable = |id: &str| Issued { stable: true, ..issued(id) };
    let later = Issued { expires_at: NOON + 1800, ..stable("3") };
    let mut join = join(&[stable("1"), stable("2"), later, issued("4")]);
    assert_eq!(Use::get(&query("AKIA1", "")).in_a(&mut join), Outcome::Explained);
    let late = Use { minute: 16, ..Use::get(&query("AKIA1", "")) };
    assert!(matches!(late.in_a(&mut join), Outcome::Unexplained(used) if used.why == Why::AfterExpiry));
    let urls: Vec<_> = join.urls().iter().map(|url| (url.askers.len(), url.uses.served, url.uses.joined_by)).collect();
    assert_eq!(urls, [(2, 1, Some(JoinedBy::Signature)), (1, 0, None), (1, 0, None)]);
}

#[test]
fn a_form_is_joined_by_its_key_and_the_time_in_which_it_works() {
    let form = |id: &str, later: i64| {
        let mut form = Issued { operation: Operation::PostObject, expires_at: NOON + later + 900, ..issued(id) };
        form.asker.asked_at += later;
        form
    };
    let post = |minute| {
        let (operation, target) = ("REST.POST.BUCKET", "/".to_owned());
        Use { method: "POST", operation, target, status: 204, minute, ..Use::get("") }
    };
    let mut join = join(&[form("1", 0), form("2", 600)]);
    for (row, used, expected) in [
        ("in the first's time", post(5), Outcome::Explained),
        ("in the time of both", post(12), Outcome::Explained),
        ("in the second's time", post(20), Outcome::Explained),
        ("too late for either", post(30), Outcome::Other),
        ("another key", Use { key: "b", ..post(5) }, Outcome::Other),
        ("another bucket", Use { bucket: "acme-other", ..post(6) }, Outcome::Other),
        ("a delete of many", Use { target: "/?delete".to_owned(), ..post(7) }, Outcome::Other),
    ] {
        assert_eq!(used.in_a(&mut join), expected, "{row}");
    }
    let uses: Vec<_> = join.urls().iter().map(|url| (url.uses.served, url.uses.bytes, url.uses.joined_by)).collect();
    let by = Some(JoinedBy::KeyAndTime);
    assert_eq!(uses, [(1, 20, by), (2, 40, by)], "of two that fit it is the one that was issued last");
}

#[test]
fn what_is_not_ours_or_was_refused_or_is_told_twice_is_only_counted() {
    let mut join = join(&[issued(ID), issued(ID)]);
    assert_eq!(join.urls().len(), 1, "an audit line that is given twice is one");
    let refused = |query: &str| Use { status: 403, ..Use::get(query) };
    for (row, used) in [
        ("another's key", Use::get(&query("AKIA2", ""))),
        ("another's key, refused", refused(&query("AKIA2", ""))),
        ("signed in a header", Use::get("versionId=v")),
        ("an id without a signature", Use::get(&format!("x-presignd-id={ID}"))),
        ("a forged id", refused(&with_id("x"))),
        ("a forged signature", refused(&query("AKIA1", "").replace("=900", "=60"))),
    ] {
        assert_eq!(used.in_a(&mut join), Outcome::Other, "{row}");
    }
    let twice = Use::get(&with_id(ID));
    assert_eq!(twice.clone().in_a(&mut join), Outcome::Explained);
    assert_eq!(twice.in_a(&mut join), Outcome::Other);
    assert_eq!(join.totals(), Totals { by_other_keys: 2, duplicates: 1, refused_attempts: 2, unexplained: 0 });
    assert_eq!(join.urls()[0].uses.served, 1);
}

#[test]
fn a_use_that_is_unexplained_repeats_nothing_that_is_signed() {
    let mut join = join(&[issued(ID)]);
    for id in ["0197d5a0-0000-7000-8000-000000000002", "5ec7e7", "eyJhbGciOi"] {
        let Outcome::Unexplained(told) = Use::get(&with_id(id)).in_a(&mut join) else { panic!("{id}") };
        assert_eq!(told.id.is_some(), id.len() == 36, "{told:?}");
        assert!(!format!("{told:?}").contains("5ec7e7"), "{told:?}");
        assert_eq!((told.key.as_deref(), told.bucket.as_str()), (Some("a b/é.txt"), "acme-media"));
    }
}

#[test]
fn addresses_beside_the_askers_are_from_elsewhere_and_bounded() {
    let mut join = join(&[issued(ID)]);
    for number in 0..300 {
        let line = format!(
            "o acme-media [24/Nov/2026:12:05:00 +0000] 192.0.{}.{} - R{number} REST.GET.OBJECT {KEY} \"GET {PATH}?{} \
             HTTP/1.1\" 200 - 10 20 1 1 \"-\" \"c\" -",
            2 + number / 200,
            1 + number % 200,
            with_id(ID)
        );
        join.used(&Record::parse(&line).unwrap());
    }
    let url = &join.urls()[0];
    assert_eq!((url.uses.served, url.uses.bytes), (300, 3000));
    assert_eq!((url.uses.addresses.len(), url.uses.from_more_addresses), (100, 200));
    assert_eq!(url.uses.from_elsewhere(&url.askers), 299);
}
