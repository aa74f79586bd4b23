//! `presignd derive-keys`, and a server that signs with what it printed and holds no secret.

use serde_json::Value;
use serde_json::json;

use crate::dev::Dev;
use crate::form_judge;
use crate::support::client::Call;
use crate::support::eventually;
use crate::support::form::Posted;
use crate::support::now;
use crate::support::presignd::Output;
use crate::support::presignd::Presignd;
use crate::support::rfc3339;
use crate::support::service::Service;
use crate::support::setting::ACCESS_KEY_ID;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::ISSUER;
use crate::support::setting::REGION;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::Use;
use crate::support::setting::ask;
use crate::support::setting::credential_file;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;
use crate::verifier::Key;
use crate::verifier::World;
use crate::verifier::seconds;

const BUCKETS: &str = r#"
    [buckets.media]
    bucket = "acme-media"
    region = "eu-west-1"
    [buckets.lambda]
    bucket = "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/reports"
    [[grants]]
    name = "lambda"
    bucket = "lambda"
    prefix = ""
    actions = ["read"]
"#;

const WITH_SECRET: &str = "[credentials.main]\nprovider = \"environment\"\n";
const WITHOUT: &str = "[credentials.main]\nprovider = \"signing_key\"\npath = \"keys.json\"\n";

/// Where the secret is.
fn with_secret(parts: &[&str]) -> Presignd {
    setting(&[&[ISSUER, BUCKETS, ALL_OF_MEDIA], parts].concat())
}

/// The same buckets and grants where it is not.
fn without_secret(parts: &[&str]) -> Presignd {
    Presignd::configured(&[&[ISSUER, BUCKETS, ALL_OF_MEDIA, WITHOUT], parts].concat().concat())
        .env("CORP_SECRET", CORP_SECRET)
}

fn derive(presignd: &Presignd, credentials: &str, days: &str) -> Output {
    presignd.run("derive-keys", &["--credentials", credentials, "--days", days], "")
}

/// Keys of today and of two days more, so that midnight may pass.
fn keys() -> String {
    let output = derive(&with_secret(&[WITH_SECRET]), "main", "3");
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout
}

/// Those of the last day alone.
fn of_last_day(keys: &str) -> String {
    let mut document: Value = serde_json::from_str(keys).unwrap();
    let rows = document["keys"].as_array_mut().unwrap();
    let day = rows.last().unwrap()["date"].clone();
    rows.retain(|row| row["date"] == day);
    document.to_string()
}

#[test]
fn it_prints_a_key_for_each_day_region_and_service_and_no_secret() {
    let begun = now();
    let output = derive(&with_secret(&[WITH_SECRET]), "main", "3");
    assert_eq!(output.code, 0, "{output:?}");
    assert!(!output.stdout.contains(SECRET_ACCESS_KEY) && !output.stderr.contains(SECRET_ACCESS_KEY), "{output:?}");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&document["version"], &document["access_key_id"]), (&json!(1), &json!(ACCESS_KEY_ID)));
    let day = |at: i64| rfc3339(at)[..10].replace('-', "");
    let rows = document["keys"].as_array().unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {}", row["date"], row["region"], row["service"]).replace('"', ""))
        .collect();
    let expected = |from: i64| -> Vec<String> {
        let days = (0..3).map(|after| day(from + after * 86_400));
        days.flat_map(|day| [format!("{day} eu-west-1 s3"), format!("{day} us-east-1 s3-object-lambda")]).collect()
    };
    assert!(told == expected(begun) || told == expected(now()), "{told:?}");
    let first = rows[0]["date"].as_str().unwrap();
    let last = rows[4]["date"].as_str().unwrap();
    let note = format!(
        "note: keys of main for eu-west-1/s3, us-east-1/s3-object-lambda, on the days {first} to {last} (UTC)\n"
    );
    assert_eq!(output.stderr, note);
}

#[test]
fn a_server_without_the_secret_signs_as_one_with_it() {
    let service = without_secret(&[]).file("keys.json", keys()).serve();
    service.ready();
    for request in [
        with(ask("GetObject", "media", "a"), &json!({"expires_in": 3600})),
        with(ask("PutObject", "media", "b"), &json!({"content_type": "text/plain"})),
        ask("ListObjectsV2", "media", "c/"),
    ] {
        let reply = service.post(&token(), "/v1/presign", &request);
        works_only_as_told("by a key", &reply.json(), &request);
    }
    let request = ask("GetObject", "lambda", "a");
    let used = Use::of(&service.post(&token(), "/v1/presign", &request).json(), &request);
    let known = [Key { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, session_token: None }];
    let world = World { keys: &known, region: "us-east-1", service: "s3-object-lambda", now: now() };
    assert_eq!(used.judge_in(world), Ok(()), "{used:?}");
    let form = service.post(&token(), "/v1/presign", &ask("PostObject", "media", "d")).json();
    let world = World { region: REGION, service: "s3", ..world };
    assert_eq!(form_judge::verify(&Posted::of(&form, "d", 1), "acme-media", world), Ok(()), "{form:#}");
    let ends = service.metric("presignd_credentials_expiry_timestamp_seconds{credentials=\"main\"}") as i64;
    assert!(ends % 86_400 == 0 && (now()..now() + 3 * 86_400).contains(&ends), "the end of the last day: {ends}");
    let line = service.audited(5).remove(0);
    assert_eq!(line["signing_key_id"], json!(ACCESS_KEY_ID));
}

#[test]
fn a_url_is_the_same_whoever_signs_and_lives_beyond_the_day_of_its_key() {
    let at = rfc3339(now());
    let request = with(ask("GetObject", "media", "a"), &json!({"expires_in": 604_800}));
    let long = "[expiry]\nmax = \"7d\"\n[[grants]]\nname = \"long\"\nbucket = \"media\"\nprefix = \"a\"\nraw_prefix = true\nactions = [\"read\"]\nmax_expires = \"7d\"\n";
    let log_id = BUCKETS.replace("region = \"eu-west-1\"", "region = \"eu-west-1\"\nlog_id = false");
    let of = |credentials: &str| setting(&[ISSUER, &log_id, long, credentials]);
    let keys = derive(&of(WITH_SECRET), "main", "1").stdout;
    let by_key = of(WITHOUT).file("keys.json", keys).sign("long", &at, std::slice::from_ref(&request)).remove(0);
    let by_secret = of(WITH_SECRET).sign("long", &at, std::slice::from_ref(&request)).remove(0);
    assert_eq!((&by_key["url"], &by_key["expires_in"]), (&by_secret["url"], &json!(604_800)), "{by_key:#}");
    let known = [Key { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, session_token: None }];
    let last = World { keys: &known, region: REGION, service: "s3", now: now() + 604_790 };
    assert_eq!(Use::of(&by_key, &request).judge_in(last), Ok(()), "to its very end");
}

#[test]
fn it_signs_on_days_with_a_key_alone() {
    let presignd = without_secret(&[]).file("keys.json", keys());
    let document: Value = serde_json::from_str(&std::fs::read_to_string(presignd.path("keys.json")).unwrap()).unwrap();
    let days = [&document["keys"][0]["date"], &document["keys"][4]["date"]].map(|day| day.as_str().unwrap());
    let at = now() + 5 * 86_400;
    let output = presignd.run("sign", &["--grant", "all", "--at", &rfc3339(at), "GetObject", "media", "a"], "");
    let problem: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        (output.code, &problem["code"], &problem["status"]),
        (1, &json!("credentials_unavailable"), &json!(503))
    );
    let wanted = rfc3339(at)[..10].replace('-', "");
    let told = format!(
        "presignd: warning: the credentials main have no signing key for {wanted}: theirs are for {} to {}\n",
        days[0], days[1]
    );
    assert!(output.stderr.starts_with(&told), "{output:?}");
    let (request, last) = (ask("GetObject", "media", "a"), seconds(&format!("{}T120000Z", days[1])).unwrap());
    let answer = presignd.sign("all", &rfc3339(last), std::slice::from_ref(&request)).remove(0);
    let known = [Key { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, session_token: None }];
    let world = World { keys: &known, region: REGION, service: "s3", now: last };
    assert_eq!(Use::of(&answer, &request).judge_in(world), Ok(()), "on the last of its days");
}

fn outcome(service: &Service, bucket: &str) -> u16 {
    service.post(&token(), "/v1/presign", &ask("GetObject", bucket, "a")).status
}

#[test]
fn the_file_is_followed_and_without_a_key_for_today_nothing_is_signed_and_it_is_not_ready() {
    let keys = keys();
    let service = without_secret(&[]).serve();
    assert_eq!((service.admin("/readyz").status, outcome(&service, "media")), (503, 503), "none yet");
    service.presignd.write("keys.json", of_last_day(&keys));
    service.logged("a later day's alone", |line| {
        line["credentials"] == "main" && line["message"] == "no signing key that signs now: no URL is signed"
    });
    assert_eq!((service.admin("/readyz").status, outcome(&service, "media")), (503, 503), "a later day's alone");
    service.presignd.write("keys.json", &keys);
    eventually("today's", || (outcome(&service, "media") == 200).then_some(()));
    service.ready();
    service.presignd.write("keys.json", of_last_day(&keys));
    let taken = "presignd_credentials_refreshes_total{credentials=\"main\",outcome=\"success\"}";
    eventually("a later day's alone", || (service.metric(taken) == 3.0).then_some(()));
    assert_eq!(outcome(&service, "media"), 200, "today's stay until their day is over");
    service.presignd.write("keys.json", "{\"version\": 1}");
    service.logged("the broken file", |line| {
        line["credentials"] == "main"
            && line["error"].as_str().is_some_and(|error| error.contains("keys.json: not the JSON"))
    });
    assert_eq!(outcome(&service, "media"), 200, "a broken file changes nothing");
}

#[test]
fn a_region_without_a_key_is_told_of_and_its_urls_alone_are_refused() {
    let mut document: Value = serde_json::from_str(&keys()).unwrap();
    document["keys"].as_array_mut().unwrap().retain(|row| row["region"] == "eu-west-1");
    let service = without_secret(&[]).file("keys.json", document.to_string()).serve();
    service.ready();
    service.logged("the region", |line| line["credentials"] == "main" && line["scope"] == "us-east-1/s3-object-lambda");
    assert_eq!((outcome(&service, "media"), outcome(&service, "lambda")), (200, 503));
    let line = service.audited(2).remove(1);
    assert_eq!(
        (&line["code"], &line["bucket"], &line["grant"]),
        (&json!("credentials_unavailable"), &json!("lambda"), &json!("lambda"))
    );
}

#[test]
fn keys_for_other_regions_alone_make_it_not_ready() {
    let keys = keys();
    let elsewhere = keys.replace("eu-west-1", "eu-west-2").replace("us-east-1", "us-east-2");
    let service = without_secret(&[]).file("keys.json", elsewhere).serve();
    let told = service.admin("/readyz?verbose");
    assert_eq!((told.status, outcome(&service, "media")), (503, 503), "{}", told.text());
    assert!(told.text().contains("cannot sign: main"), "{}", told.text());
    service.presignd.write("keys.json", &keys);
    service.ready();
}

#[test]
fn temporary_credentials_give_keys_that_end_with_them() {
    let key = Key { id: "ASIATEMPORARY", secret: "temporary secret", session_token: Some("session/token==") };
    let from_file = "[credentials.main]\nprovider = \"file\"\npath = \"main.json\"\n";
    let output = derive(&with_secret(&[from_file]).file("main.json", credential_file(key, Some(1800))), "main", "366");
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stderr.contains("note: these credentials end at "), "{output:?}");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let days = document["keys"].as_array().unwrap().len() / 2;
    assert!((1..=2).contains(&days), "no key for a day on which nothing could be signed: {document:#}");
    let service = without_secret(&[]).file("keys.json", &output.stdout).serve();
    let request = with(ask("GetObject", "media", "a"), &json!({"expires_in": 3600}));
    let answer = service.post(&token(), "/v1/presign", &request).json();
    assert_eq!(answer["expiry_limited_by"], "credentials", "{answer:#}");
    let world = World { keys: &[key], region: REGION, service: "s3", now: now() };
    assert_eq!(Use::of(&answer, &request).judge_in(world), Ok(()));
    let untold = derive(&with_secret(&[from_file]).file("main.json", credential_file(key, None)), "main", "3");
    let what = "temporary, and nothing says when they end: a URL may outlive them";
    assert_eq!(untold.code, 0, "{untold:?}");
    assert!(untold.stderr.contains(what), "{untold:?}");
    let service = without_secret(&[]).file("keys.json", &untold.stdout).serve();
    service.logged("no end", |line| line["credentials"] == "main" && line["message"] == what);
    let ended = derive(&with_secret(&[from_file]).file("main.json", credential_file(key, Some(-60))), "main", "1");
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(ended.stderr.contains("the credentials ended at "), "{ended:?}");
}

/// One file for both: the secret's credentials sign for nothing, and the keys' ones for some.
#[test]
fn keys_are_for_the_buckets_of_those_that_hold_the_secret_and_of_those_that_get_the_keys() {
    let bucket = |alias: &str, region: &str, credentials: &str| {
        format!("[buckets.{alias}]\nbucket = \"acme-{alias}\"\nregion = \"{region}\"\ncredentials = {credentials}\n")
    };
    let config = [
        ISSUER,
        WITH_SECRET,
        "[credentials.other]\nprovider = \"environment\"\n[credentials.keys]\nprovider = \"signing_key\"\npath = \"keys.json\"\n",
        &bucket("media", "eu-west-1", "\"main\""),
        &bucket("elsewhere", "eu-west-2", "\"other\""),
        &bucket("split", "eu-west-3", "{ read = \"keys\", write = \"other\" }"),
        &bucket("granted", "eu-north-1", "\"other\""),
        &bucket("global", "", "\"main\"")
            .replace("acme-global", "arn:aws:s3::123456789012:accesspoint/a.mrap")
            .replace("region = \"\"\n", ""),
        ALL_OF_MEDIA,
        "[[grants]]\nname = \"granted\"\nbucket = \"granted\"\nprefix = \"\"\nactions = [\"read\"]\ncredentials = \"keys\"\n",
    ];
    let presignd = setting(&config);
    let output = derive(&presignd, "main", "1");
    let told: Vec<&str> = output.stderr.lines().collect();
    assert!(
        told[0].starts_with("note: keys of main for eu-north-1/s3, eu-west-1/s3, eu-west-3/s3, on the days "),
        "{told:?}"
    );
    assert_eq!(told[1..], ["note: no such keys sign for the Multi-Region Access Point global"]);
    let rows = [
        (
            "keys",
            "1",
            2,
            "presignd: the credentials keys hold keys alone, and no secret to derive others from: name those that hold it\n",
        ),
        ("nobody", "1", 2, "presignd: the configuration has no credentials \"nobody\"\n"),
        ("main", "0", 2, "error: invalid value '0' for '--days <N>': 0 is not in 1..=366\n"),
        ("main", "367", 2, "error: invalid value '367' for '--days <N>': 367 is not in 1..=366\n"),
    ];
    for (credentials, days, code, expected) in rows {
        let output = derive(&presignd, credentials, days);
        assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{credentials} {days}: {output:?}");
        assert!(output.stderr.starts_with(expected), "{credentials} {days}: {output:?}");
    }
}

#[test]
fn whoever_has_keys_alone_asks_no_bucket() {
    let presignd = without_secret(&[]).file("keys.json", keys());
    let named = presignd.run("doctor", &["media", "--credentials", "main"], "");
    assert_eq!((named.code, named.stdout.as_str()), (2, ""), "{named:?}");
    assert_eq!(named.stderr, "presignd: the credentials main hold no secret to ask with: name others\n");
    let own = presignd.run("doctor", &["media", "--probe", "x/"], "");
    assert_eq!(own.code, 1, "{own:?}");
    for told in
        ["they hold signing keys for URLs alone", "hold signing keys alone, which do not make what is to be tried"]
    {
        assert!(own.stdout.contains(told), "{told}: {own:?}");
    }
}

/// The bytes of a process's memory that can be written.
fn memory(id: u32) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{id}/maps")).unwrap();
    let memory = std::fs::File::open(format!("/proc/{id}/mem")).unwrap();
    let mut found = Vec::new();
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // what is gone meanwhile, or never was, has nothing in it
        if std::os::unix::fs::FileExt::read_exact_at(&memory, &mut bytes, from).is_ok() {
            found.extend(bytes);
        }
    }
    found
}

#[test]
fn a_server_by_keys_never_has_the_secret() {
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let by_secret = with_secret(&[WITH_SECRET]).serve();
    assert_eq!(outcome(&by_secret, "media"), 200);
    assert!(has(&memory(by_secret.id()), SECRET_ACCESS_KEY), "it is found where it is");
    let service = without_secret(&[]).file("keys.json", keys()).serve();
    assert_eq!((outcome(&service, "media"), outcome(&service, "lambda")), (200, 200));
    let memory = memory(service.id());
    assert!(has(&memory, ACCESS_KEY_ID) && !has(&memory, SECRET_ACCESS_KEY));
    let folder = std::fs::read_dir(service.presignd.path("")).unwrap().map(|entry| entry.unwrap().path());
    for file in folder.filter(|path| path.is_file()) {
        assert!(!has(&std::fs::read(&file).unwrap(), SECRET_ACCESS_KEY), "{}", file.display());
    }
    let told = service.log_text() + &service.admin("/metrics").text();
    let document = std::fs::read_to_string(service.presignd.path("keys.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    for row in document["keys"].as_array().unwrap() {
        assert!(!told.contains(row["key"].as_str().unwrap()), "a key: {told}");
    }
}

/// At the store of `presignd dev`, whose identities hold secrets that the server of this test never sees.
#[test]
fn a_store_takes_what_keys_signed() {
    let dev = Dev::fresh();
    let text = std::fs::read_to_string(dev.path("presignd.toml")).unwrap();
    let text = text.replace("127.0.0.1:8081", &dev.address("S3 store").to_string());
    let text = text.replace("provider = \"file\"\npath = \"credentials-", "provider = \"signing_key\"\npath = \"keys-");
    let mut presignd = Presignd::configured(&text);
    for name in ["reader", "writer"] {
        let derived = dev.run("derive-keys", &["--credentials", name, "--days", "2"]);
        assert_eq!(derived.code, 0, "{derived:?}");
        presignd = presignd.file(&format!("keys-{name}.json"), derived.stdout);
    }
    let used = |operation: &str, body: &str| {
        let words = ["--grant", "own-folder", "--claims", r#"{"sub":"alice"}"#, operation, "media", "users/alice/k"];
        let answer: Value = serde_json::from_str(&presignd.run("sign", &words, "").stdout).unwrap();
        let call = Call::to(answer["method"].as_str().unwrap(), answer["url"].as_str().unwrap());
        let headers = answer["headers"].as_object().unwrap().iter();
        let call = headers.fold(call, |call, (name, value)| call.header(name, value.as_str().unwrap()));
        let reply = if body.is_empty() { call.send() } else { call.body(body).send() };
        (reply.status, reply.text())
    };
    assert_eq!(used("PutObject", "by a key").0, 200);
    assert_eq!(used("GetObject", ""), (200, "by a key".to_owned()));
}

#[test]
fn its_help_tells_what_to_do_with_what_it_prints() {
    let output = without_secret(&[]).command(&["derive-keys", "--help"]).output().unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}
