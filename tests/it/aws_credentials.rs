//! Credentials that AWS gives out: whoever gives them, URLs are signed by them, and those who ask wait for nobody.

use serde_json::Value;
use serde_json::json;

use crate::support::eventually;
use crate::support::fake_aws::CONTAINER_TOKEN;
use crate::support::fake_aws::FakeAws;
use crate::support::fake_aws::Given;
use crate::support::fake_aws::Mood;
use crate::support::fake_aws::SSO_TOKEN;
use crate::support::fake_aws::WEB_IDENTITY;
use crate::support::fake_aws::field as form_field;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::rfc3339;
use crate::support::seconds;
use crate::support::service::Service;
use crate::support::service::field;
use crate::support::setting::ACCESS_KEY_ID;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::REGION;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::Use;
use crate::support::setting::ask;
use crate::support::setting::credential_file;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::verifier::Key;
use crate::verifier::World;

const DEFAULT: &str = "[credentials.main]\nprovider = \"default\"\n";

/// `main` is a role's, which credentials in a file assume.
const ROLE: &str = r#"
    [credentials.base]
    provider = "file"
    path = "base.json"
    [credentials.main]
    provider = "assume_role"
    role_arn = "arn:aws:iam::111122223333:role/teams/uploads"
    source = "base"
    external_id = "acme/1"
    session_name = "uploads@acme"
    duration = "2h"
"#;

const BASE: Key<'_> = Key { id: "AKIDBASE", secret: "secret of base", session_token: Some("session-of-base") };

const OF_MAIN: &str = "[buckets.media]\nbucket = \"acme-media\"\nregion = \"eu-west-1\"\ncredentials = \"main\"\n";

/// A configuration with these credentials, which may ask this AWS and no other.
fn setting(aws: &FakeAws, credentials: &str, bucket: &str) -> Presignd {
    let presignd = Presignd::configured(&[ISSUER, credentials, bucket, ALL_OF_MEDIA].concat());
    let presignd = presignd.env("CORP_SECRET", CORP_SECRET).env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &aws.origin());
    presignd.env("AWS_ENDPOINT_URL_STS", &aws.origin()).env("AWS_ENDPOINT_URL_SSO", &aws.origin())
}

fn with_role(aws: &FakeAws) -> Presignd {
    setting(aws, ROLE, OF_MAIN).file("base.json", credential_file(BASE, Some(3600)))
}

fn in_a_pod(aws: &FakeAws) -> Presignd {
    let pod = setting(aws, DEFAULT, MEDIA).file("token", WEB_IDENTITY);
    pod.env("AWS_WEB_IDENTITY_TOKEN_FILE", "token").env("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/pods")
}

fn in_a_container(aws: &FakeAws) -> Presignd {
    let container = setting(aws, DEFAULT, MEDIA).file("token", CONTAINER_TOKEN);
    let container = container.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/v1/credentials", aws.origin()));
    container.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "token")
}

/// Who signed an answer, of those that the fake gave credentials.
#[track_caller]
fn signer(answer: &Value, request: &Value, given: &[Given]) -> Given {
    let used = Use::of(answer, request);
    let signed_at = seconds(&answer["expires_at"]) - answer["expires_in"].as_i64().unwrap();
    let judged = |given: &&Given| {
        let world = World { keys: &[given.key()], region: REGION, service: "s3", now: signed_at };
        used.judge_in(world) == Ok(())
    };
    given.iter().find(judged).unwrap_or_else(|| panic!("nobody known signed {answer:#}")).clone()
}

/// What `presignd sign` prints.
#[track_caller]
fn signed(presignd: &Presignd) -> Value {
    let output = presignd.run("sign", &["--grant", "all", "GetObject", "media", "a"], "");
    assert!(output.code == 0 && !output.stderr.contains("warning"), "{output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn urls_are_signed_by_what_the_first_of_the_chain_gives() {
    let aws = FakeAws::start();
    let default = || setting(&aws, DEFAULT, MEDIA);
    let profiled = |profile: &str| default().file(".aws/config", profile);
    let sso = "[default]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = uploads\n\
        [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://acme.awsapps.com/start\n";
    let sso_token = json!({"accessToken": SSO_TOKEN, "expiresAt": rfc3339(now() + 3600)});
    let of_role = format!(
        "[default]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = base\n\
         [profile base]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"
    );
    let of_instance =
        "[default]\nrole_arn = arn:aws:iam::111122223333:role/r\ncredential_source = Ec2InstanceMetadata\n";
    let rows = [
        ("the instance's metadata", default(), "/latest/meta-data/iam/security-credentials/the-role", 1),
        ("a container's endpoint", in_a_container(&aws), "/v1/credentials", 1),
        ("a web identity", in_a_pod(&aws), "/", 1),
        ("a container before an instance", in_a_container(&aws), "/v1/credentials", 1),
        // The name is the SHA-1 of the session's.
        (
            "IAM Identity Center",
            profiled(sso).file(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", sso_token.to_string()),
            "/federation/credentials",
            1,
        ),
        ("a profile's role", profiled(&of_role), "/", 1),
        ("a profile's role from an instance", profiled(of_instance), "/", 2),
        ("a profile before a web identity", in_a_pod(&aws).file(".aws/config", &of_role), "/", 1),
    ];
    for (what, presignd, path, count) in rows {
        let (before, asked) = (aws.given().len(), aws.seen().len());
        let answer = signed(&presignd);
        let given = aws.given();
        assert_eq!(given.len() - before, count, "{what}");
        let by = signer(&answer, &ask("GetObject", "media", "a"), &given[before..]);
        assert_eq!(by.id, given.last().unwrap().id, "{what}");
        let calls = aws.seen();
        let last = calls[asked..].last().unwrap();
        assert_eq!(last.target.split('?').next().unwrap(), path, "{what}");
        if form_field(last, "Action") == "AssumeRole" {
            assert!(last.header("authorization").contains("/eu-west-1/sts/"), "the bucket's region: {last:?}");
        }
    }
}

#[test]
fn keys_that_are_here_are_asked_of_nobody() {
    let aws = FakeAws::start();
    let process = json!({"Version": 1, "AccessKeyId": ACCESS_KEY_ID, "SecretAccessKey": SECRET_ACCESS_KEY});
    let environment = in_a_pod(&aws).env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID);
    let processed = in_a_pod(&aws).file(".aws/config", "[default]\ncredential_process = cat process.json\n");
    for (what, presignd) in [
        ("the environment", environment.env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)),
        ("a process", processed.file("process.json", process.to_string())),
    ] {
        let request = ask("GetObject", "media", "a");
        assert_eq!(Use::of(&signed(&presignd), &request).judge(), Ok(()), "{what}");
    }
    for presignd in [in_a_pod(&aws), with_role(&aws)] {
        let output = presignd.run("check", &[], "");
        assert_eq!(output.code, 0, "{output:?}");
        assert!(!output.stderr.contains("credentials"), "nothing is known to be absent: {output:?}");
    }
    assert_eq!(aws.seen().len(), 0, "{:?}", aws.seen());
}

#[test]
fn keys_in_the_environment_that_have_ended_sign_nothing() {
    let aws = FakeAws::start();
    let presignd = setting(&aws, DEFAULT, MEDIA).env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID);
    let presignd = presignd.env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
    let presignd = presignd.env("AWS_CREDENTIAL_EXPIRATION", &rfc3339(now() - 1));
    let output = presignd.run("sign", &["--grant", "all", "GetObject", "media", "a"], "");
    assert!(output.code == 1 && output.stdout.contains("credentials_unavailable"), "{output:?}");
}

#[test]
fn an_instance_whose_credentials_have_ended_signs_nothing() {
    let aws = FakeAws::start();
    aws.give_for(-1);
    let output = setting(&aws, DEFAULT, MEDIA).run("sign", &["--grant", "all", "GetObject", "media", "a"], "");
    assert!(output.code == 1 && output.stdout.contains("credentials_unavailable"), "{output:?}");
    let service = setting(&aws, DEFAULT, MEDIA).serve();
    service.logged("why", |line| field(line, "error") == "they have ended already");
    assert_eq!(service.admin("/readyz").status, 503);
    aws.give_for(3600);
    service.ready();
}

#[test]
fn a_role_is_assumed_as_the_configuration_says_and_follows_its_source() {
    let aws = FakeAws::start();
    let chained = format!(
        "{ROLE}[credentials.deeper]\nprovider = \"assume_role\"\nrole_arn = \"arn:aws:iam::444455556666:role/deeper\"\n\
         source = \"main\"\n"
    );
    let bucket = OF_MAIN.replace("\"main\"", "\"deeper\"");
    let service = setting(&aws, &chained, &bucket).file("base.json", credential_file(BASE, Some(3600))).serve();
    service.ready();
    let calls = eventually("both roles", || Some(aws.seen()).filter(|seen| seen.len() == 2));
    let [first, second] = calls.as_slice() else { panic!("{calls:?}") };
    for (call, name, value) in [
        (first, "RoleArn", "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fteams%2Fuploads"),
        (first, "ExternalId", "acme%2F1"),
        (first, "RoleSessionName", "uploads%40acme"),
        (first, "DurationSeconds", "7200"),
        (second, "RoleArn", "arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fdeeper"),
        (second, "ExternalId", ""),
        (second, "RoleSessionName", "presignd"),
        (second, "DurationSeconds", "3600"),
    ] {
        assert_eq!(form_field(call, name), value, "{name} of {call:?}");
    }
    let given = aws.given();
    for (call, id, session) in [(first, BASE.id, "session-of-base"), (second, &given[0].id, &given[0].token)] {
        assert!(call.header("authorization").contains(&format!("Credential={id}/")), "{call:?}");
        assert_eq!(call.header("x-amz-security-token"), session, "{call:?}");
    }
    let request = ask("GetObject", "media", "a");
    let by =
        |service: &Service| signer(&service.post(&token(), "/v1/presign", &request).json(), &request, &aws.given()).id;
    eventually("the deeper role", || (by(&service) == given[1].id).then_some(()));
    let ends = service.metric("presignd_credentials_expiry_timestamp_seconds{credentials=\"deeper\"}");
    assert_eq!(ends, given[1].end as f64);
    let succeeded = "presignd_credentials_refreshes_total{credentials=\"deeper\",outcome=\"success\"}";
    assert_eq!(service.metric(succeeded), 1.0);

    let next = Key { id: "AKIDNEXT", secret: "secret of next", session_token: None };
    service.presignd.write("base.json", credential_file(next, None));
    eventually("the roles anew", || (aws.given().len() == 4).then_some(()));
    assert!(aws.seen()[2].header("authorization").contains("Credential=AKIDNEXT/"), "{:?}", aws.seen()[2]);
    eventually("the newest", || (by(&service) == aws.given()[3].id).then_some(()));
    assert_eq!(service.log().iter().filter(|line| line["level"] == "ERROR").count(), 0, "{}", service.log_text());
}

#[test]
fn a_role_without_a_source_waits_for_it() {
    let aws = FakeAws::start();
    let service = setting(&aws, ROLE, OF_MAIN).serve();
    let told = service.admin("/readyz?verbose");
    assert!(told.status == 503 && told.text().contains("cannot sign: base, main"), "{}", told.text());
    let reply = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a"));
    assert_eq!((reply.status, reply.json()["code"].as_str()), (503, Some("credentials_unavailable")));
    assert_eq!(aws.seen().len(), 0);
    service.presignd.write("base.json", credential_file(BASE, Some(3600)));
    eventually("the role", || service.admin("/readyz?verbose").text().contains("all can sign").then_some(()));
    let output = setting(&aws, ROLE, OF_MAIN).run("sign", &["--grant", "all", "GetObject", "media", "a"], "");
    assert!(output.stderr.contains("the credentials base, their source, are not there or have ended"), "{output:?}");
}

#[test]
fn a_url_ends_with_the_session_that_signs_it_or_is_refused() {
    let aws = FakeAws::start();
    aws.give_for(300);
    let answer = signed(&in_a_pod(&aws));
    let by = signer(&answer, &ask("GetObject", "media", "a"), &aws.given());
    assert_eq!(seconds(&answer["expires_at"]), by.end, "{answer:#}");
    assert_eq!(answer["expiry_limited_by"], "credentials", "{answer:#}");
    let refusing = in_a_pod(&aws);
    let configured = std::fs::read_to_string(refusing.path("presignd.toml")).unwrap();
    let refusing = refusing.file("presignd.toml", format!("expiry.short_credentials = \"refuse\"\n{configured}"));
    let output = refusing.run("sign", &["--grant", "all", "GetObject", "media", "a"], "");
    assert!(output.code == 1 && output.stdout.contains("credentials_unavailable"), "{output:?}");
}

/// A URL of a second, and how it was asked for.
fn brief() -> Value {
    with(ask("GetObject", "media", "a"), &json!({"expires_in": 1}))
}

#[test]
fn renewal_leaves_no_gap_and_an_outage_ends_with_what_was_held_and_heals() {
    let aws = FakeAws::start();
    aws.give_for(10);
    let service = in_a_pod(&aws).serve();
    let mut last = Vec::new();
    // Until it is renewed, and then until what was renewed ends.
    let mut signed_before = |what: &str, until: &mut dyn FnMut(&[Given]) -> bool| {
        let mut signers = Vec::new();
        loop {
            let reply = service.post(&token(), "/v1/presign", &brief());
            if reply.status != 200 || until(&aws.given()) {
                last = signers;
                return reply;
            }
            let (answer, given) = (reply.json(), aws.given());
            let by = signer(&answer, &brief(), &given);
            assert!(seconds(&answer["expires_at"]) <= by.end, "{what}: {answer:#} by {by:?}");
            signers.push(by.id);
        }
    };
    let reply = signed_before("renewal", &mut |given| given.len() == 2);
    assert_eq!(reply.status, 200, "no gap: {}", reply.text());
    aws.set(Mood::Refusing);
    let (held, asked) = (aws.given(), aws.seen().len());
    let reply = signed_before("outage", &mut |_| false);
    assert_eq!((reply.status, reply.json()["code"].as_str()), (503, Some("credentials_unavailable")));
    assert!(reply.header("retry-after").is_some(), "{reply:?}");
    let end = held.last().unwrap().end;
    assert!(now() + 2 >= end, "they signed to their end: {} {end}", now());
    assert!(last.iter().all(|id| held.iter().any(|held| held.id == *id)), "{last:?}");
    let calls = aws.seen().len() - asked;
    assert!((1..=6).contains(&calls), "{calls} calls in {} s", 10);
    let failed = "presignd_credentials_refreshes_total{credentials=\"main\",outcome=\"failure\"}";
    assert!(service.metric(failed) >= 1.0);
    let line = service.logged("why", |line| field(line, "credentials") == "main" && line["level"] == "WARN");
    let why = "the web identity: AWS answered AccessDenied: the role's trust policy, or a policy of whoever asks, does not \
               allow it";
    assert_eq!(field(&line, "error"), why);

    aws.set(Mood::Silent);
    let before = aws.seen().len();
    eventually("a call without an answer", || (aws.seen().len() > before).then_some(()));
    assert_eq!(service.post(&token(), "/v1/presign", &brief()).status, 503, "nobody waits for it");
    assert!(service.admin("/readyz?verbose").text().contains("cannot sign: main"));
    aws.give_for(3600);
    aws.set(Mood::Well);
    service.ready();
    assert_eq!(service.post(&token(), "/v1/presign", &brief()).status, 200);
}

#[test]
fn no_log_has_what_was_shown_or_given_at_any_level() {
    let aws = FakeAws::start();
    let loud = "[log]\nlevel = \"trace,aws_config=trace,aws_smithy_runtime=trace,aws_sdk_sts=trace\"\n";
    let process = "[default]\ncredential_process = echo $OF_PROCESS >&2; echo {$OF_PROCESS; exit $(cat code)\n";
    for (mood, code) in [(Mood::Garbled, "0"), (Mood::Refusing, "1")] {
        let rows = [
            ("a web identity", in_a_pod(&aws)),
            ("a container", in_a_container(&aws)),
            ("an instance", setting(&aws, DEFAULT, MEDIA)),
            ("a role", with_role(&aws)),
            ("a process", setting(&aws, DEFAULT, MEDIA).file(".aws/config", process).file("code", code)),
        ];
        for (what, presignd) in rows {
            aws.set(mood);
            let configured = std::fs::read_to_string(presignd.path("presignd.toml")).unwrap();
            let presignd = presignd.file("presignd.toml", format!("{loud}{configured}"));
            let service = presignd.env("OF_PROCESS", "of-the-process-that-nobody-may-see").serve();
            service.logged(what, |line| field(line, "message") == "credentials not taken up");
            if what != "a process" {
                aws.set(Mood::Well);
                service.ready();
            }
            let log = service.log_text();
            assert!(log.contains("\"level\":\"DEBUG\""), "others are heard, {what}: {log}");
            for hidden in ["may-see", "may/see", "may%2Fsee", BASE.secret, "session-of-base", "hunter"] {
                assert!(!log.contains(hidden), "{hidden} of {what}, {mood:?}: {log}");
            }
        }
    }
}
