//! Documents of keys: what is written is read, and what else is read.

use super::*;
use crate::domain::bucket::Resource;
use crate::domain::endpoint::EndpointOptions;
use crate::domain::sigv4;
use crate::domain::sigv4::SigningKey;
use crate::domain::sigv4::Unsigned;
use aws_sigv4::sign::v4::generate_signing_key;
use proptest::prelude::*;
use secrecy::ExposeSecret;
use std::time::Duration;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn origin() -> Origin<'static> {
    Origin { access_key_id: "AKIDEXAMPLE", secret_access_key: SECRET, session_token: None, valid_until: None }
}

fn scope(region: &str, service: &str) -> CredentialScope {
    CredentialScope { region: region.into(), service: service.into() }
}

fn days(first: &str, count: usize) -> Vec<Day> {
    std::iter::successors(Day::parse(first), |day| Some(day.next())).take(count).collect()
}

fn target(region: &str, service: &'static str) -> Target {
    let target = Target::resolve(&Resource::parse("acme").unwrap(), &EndpointOptions::default()).unwrap();
    Target { region: region.to_owned(), service, ..target }
}

fn told(text: &str) -> String {
    match SigningKeys::parse(text.as_bytes()) {
        Ok(keys) => format!("{} days of {} scopes", keys.days().count(), keys.scopes().len()),
        Err(error) => error.to_string(),
    }
}

/// The key of AWS's own example of deriving one.
/// <https://docs.aws.amazon.com/general/latest/gr/signature-v4-examples.html>
#[test]
fn awss_own_example_has_awss_own_key() {
    let scopes = [scope("us-east-1", "iam")].into();
    let origin = Origin { secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ..origin() };
    let hex = "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9";
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
    let key = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes);
    insta::assert_snapshot!(document(&origin, &days("20150830", 1), &scopes).unwrap().replace(&key, "AWS'S OWN"), @r#"
    {
      "version": 1,
      "access_key_id": "AKIDEXAMPLE",
      "keys": [
        {"date": "20150830", "region": "us-east-1", "service": "iam", "key": "AWS'S OWN"}
      ]
    }
    "#);
}

#[test]
fn the_text_never_grows_and_tells_what_temporary_credentials_need() {
    let token = r#"t"o\ken"#.repeat(200);
    let scopes = [scope("eu-west-1", "s3"), scope("ap-southeast-1", "s3-object-lambda")].into();
    let end = Day::parse("20261130").unwrap().start() + Duration::from_secs(60);
    let origin = Origin { session_token: Some(&token), valid_until: Some(end), ..origin() };
    let text = document(&origin, &days("20261129", 366), &scopes).unwrap();
    let capacity = text.capacity();
    assert!(text.len() <= capacity && text.capacity() < text.len() * 4, "{} of {capacity}", text.len());
    assert!(!text.contains(SECRET));
    let keys = SigningKeys::parse(text.as_bytes()).unwrap();
    let signer = keys.signer(&target("eu-west-1", "s3"), end).unwrap();
    assert_eq!(signer.session_token.as_ref().unwrap().expose_secret(), token);
    assert_eq!((keys.valid_until(), keys.days().count()), (Some(end), 366));
    assert_eq!((keys.sign_at(end), keys.last_beyond(end)), (false, false), "they end then");
    assert!(keys.sign_at(end - Duration::from_secs(1)));
}

#[test]
fn keys_sign_on_their_days_for_their_regions_and_services_alone() {
    let scopes = [scope("eu-west-1", "s3"), scope("eu-west-1", "s3-outposts")].into();
    let keys = SigningKeys::parse(document(&origin(), &days("20261129", 2), &scopes).unwrap().as_bytes()).unwrap();
    let start = Day::parse("20261129").unwrap().start();
    let rows = [
        ("the first instant", "eu-west-1", "s3", 0, true),
        ("the other service", "eu-west-1", "s3-outposts", 0, true),
        ("the last instant", "eu-west-1", "s3", 2 * 86_400 - 1, true),
        ("after it", "eu-west-1", "s3", 2 * 86_400, false),
        ("another region", "eu-west-2", "s3", 0, false),
        ("another service", "eu-west-1", "s3-object-lambda", 0, false),
    ];
    for (row, region, service, after, there) in rows {
        let at = start + Duration::from_secs(after);
        assert_eq!(keys.signer(&target(region, service), at).is_some(), there, "{row}");
    }
    let before = start - Duration::from_secs(1);
    assert!(keys.signer(&target("eu-west-1", "s3"), before).is_none(), "before it");
    assert_eq!((keys.sign_at(before), keys.last_beyond(before)), (false, true));
    assert_eq!((keys.sign_at(start), keys.last_beyond(keys.days().last().unwrap().end())), (true, false));
    let everywhere = Target { signing: Signing::SigV4A, ..target("eu-west-1", "s3") };
    assert!(keys.signer(&everywhere, start).is_none(), "a Multi-Region Access Point");
    assert!(!format!("{keys:?}").contains("[1"), "no key is printed: {keys:?}");
}

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn what_is_wrong_is_told_with_its_place_and_nothing_of_what_is_there() {
    let row = |date: &str, region: &str, service: &str, key: &str| {
        format!(r#"{{"date": "{date}", "region": "{region}", "service": "{service}", "key": "{key}"}}"#)
    };
    let of = |head: &str, rows: &[String]| {
        format!(r#"{{"version": 1, "access_key_id": "AKID"{head}, "keys": [{}]}}"#, rows.join(", "))
    };
    let good = || row("20261129", "eu-west-1", "s3", KEY);
    let next = || row("20261130", "eu-west-1", "s3", KEY);
    let one = |wrong: String| of("", &[good(), wrong]);
    let short = &KEY[4..];
    let rows = [
        (of("", &[next(), good()]), "2 days of 1 scopes"),
        (of("", &[]), "there is no key in `keys`"),
        (one(row("20261131", "eu-west-1", "s3", KEY)), "`keys[1].date` is not a day such as 20261129"),
        (one(row("2026-11-30", "eu-west-1", "s3", KEY)), "`keys[1].date` is not a day such as 20261129"),
        (one(row("20261130", "eu west", "s3", KEY)), "`keys[1].region` is not a region such as eu-west-1"),
        (one(row("20261130", "eu-west-1", "ec2", KEY)), "`keys[1].service` is not a service of S3's"),
        (one(row("20261130", "eu-west-1", "s3", short)), "`keys[1].key` is not 32 bytes in base64"),
        (one(row("20261130", "eu-west-1", "s3", &format!("AAAA{KEY}"))), "`keys[1].key` is not 32 bytes in base64"),
        (one(row("20261130", "eu-west-1", "s3", &KEY.repeat(3))), "`keys[1].key` is not 32 bytes in base64"),
        (one(row("20261130", "eu-west-1", "s3", "")), "`keys[1].key` is not 32 bytes in base64"),
        (one(row("20261130", "eu-west-1", "s3", "hunter2")), "`keys[1].key` is not 32 bytes in base64"),
        (one(good()), "`keys[1]` is the second for its day, region and service"),
        (
            one(row("20261130", "eu-west-2", "s3", KEY)),
            "the day 20261129 has not the same regions and services as the others",
        ),
        (
            of(r#", "session_token": "a b""#, &[good()]),
            "`session_token` is empty, or has a character that it cannot have",
        ),
        (of(r#", "session_token": """#, &[good()]), "`session_token` is empty, or has a character that it cannot have"),
        (of(r#", "session_token": null, "expiration": null"#, &[good()]), "1 days of 1 scopes"),
        (of(r#", "expiration": "soon""#, &[good()]), "`expiration` is no RFC 3339 time"),
        (of(r#", "expiration": "9999-12-31T23:59:59-01:00""#, &[good()]), "`expiration` is no RFC 3339 time"),
        (of(r#", "expiration": "9999-12-31T23:59:59Z""#, &[good()]), "1 days of 1 scopes"),
        (of(r#", "hunter2": 1"#, &[good()]), "not the JSON that derive-keys prints (line 1, column 49)"),
        (of(r#", "version": 1"#, &[good()]), "not the JSON that derive-keys prints (line 1, column 49)"),
        (
            one(r#"{"date": "20261130", "hunter2": 1}"#.to_owned()),
            "not the JSON that derive-keys prints (line 1, column 196)",
        ),
        (of("", &[good()]).replace("AKID", "A/K"), "`access_key_id` is empty, or has a character that it cannot have"),
        (of("", &[good()]).replace("AKID", ""), "`access_key_id` is empty, or has a character that it cannot have"),
        (of("", &[good()]).replace(": 1", ": 2"), "`version` is not 1"),
        ("hunter2".to_owned(), "not the JSON that derive-keys prints (line 1, column 1)"),
        (String::new(), "not the JSON that derive-keys prints (line 1, column 0)"),
        (
            r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "hunter2"}"#.to_owned(),
            "not the JSON that derive-keys prints (line 1, column 10)",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(told(&text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn a_derived_key_is_aws_sigv4s_and_signs_as_the_secret_does(
        secret in "[!-~]{1,80}",
        first in 0u64..60_000,
        count in 1usize..4,
        region in "[a-z]{2}-[a-z]{4,9}-[1-9]",
        into in 0u64..86_400,
    ) {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(first * 86_400 + into);
        let days: Vec<Day> = std::iter::successors(Some(Day::of(at)), |day| Some(day.next())).take(count).collect();
        let scopes = [scope(&region, "s3"), scope(&region, "s3-object-lambda")].into();
        let text = document(&Origin { secret_access_key: &secret, ..origin() }, &days, &scopes).unwrap();
        let keys = SigningKeys::parse(text.as_bytes()).unwrap();
        for service in ["s3", "s3-object-lambda"] {
            for day in &days {
                let at = day.start() + Duration::from_secs(into);
                let signer = keys.signer(&target(&region, service), at).unwrap();
                let theirs = generate_signing_key(&secret, at, &region, service);
                prop_assert_eq!(signer.key.bytes(), theirs.as_ref());
                let by_secret = Signer { key: SigningKey::derive(&secret, at, &region, service), ..(*signer).clone() };
                let request = request(at, &region, service);
                prop_assert_eq!(sigv4::sign(&request, &signer), sigv4::sign(&request, &by_secret));
            }
        }
    }

    #[test]
    fn reading_never_panics(text in ".{0,200}") {
        let _ = SigningKeys::parse(text.as_bytes());
    }
}

fn request<'a>(signed_at: SystemTime, region: &'a str, service: &'a str) -> Unsigned<'a> {
    Unsigned {
        method: "GET",
        scheme: "https",
        authority: "acme.s3.amazonaws.com",
        host: "acme.s3.amazonaws.com",
        base_path: "",
        key: Some("a"),
        query: &[],
        headers: &[],
        region,
        service,
        signed_at,
        expires_in_seconds: 60,
    }
}
