//! What the doctor finds, setting by setting: each set and unset, against grants that need it and grants that do not.

mod answers;
mod logs;

use std::path::Path;

use presignd::adapters::config;
use presignd::adapters::config::Environment;
use presignd::domain::doctor;
use presignd::domain::doctor::Against;
use presignd::domain::doctor::Examined;
use presignd::domain::doctor::Finding;
use presignd::domain::doctor::Place;
use presignd::domain::doctor::Question;
use presignd::domain::doctor::Reach;
use presignd::domain::doctor::Reply;
use presignd::domain::doctor::Settings;
use presignd::domain::name::Name;
use proptest::prelude::*;

use self::answers::ENDS;
use self::answers::METHODS;
use self::answers::OPEN;
use self::answers::Said;
use self::answers::TLS;
use self::answers::age;
use self::answers::code;
use self::answers::cors;
use self::answers::encryption;
use self::answers::lifecycle;
use self::answers::lock;
use self::answers::logging;
use self::answers::ownership;
use self::answers::policy;
use self::answers::public;
use self::answers::public_access;
use self::answers::versioning;
use self::answers::well;
use self::answers::xml;

/// A bucket on AWS, two identities, and one grant that asks for much.
const TOML: &str = r#"
[server]
cors_origins = ["https://app.example.com"]
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[credentials.reader]
provider = "environment"
env_prefix = "READER_"
[credentials.writer]
provider = "environment"
env_prefix = "WRITER_"
[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
credentials = { read = "reader", write = "writer" }
[[grants]]
name = "own-folder"
bucket = "media"
prefix = "users/{sub}/"
actions = ["read", "read_version", "write", "list", "delete_version"]
max_expires = "1h"
[grants.upload]
object_lock = { mode = "GOVERNANCE", min_retention = "1d" }
"#;

/// The same with a grant that only reads.
fn reading() -> String {
    let actions = r#"["read", "read_version", "write", "list", "delete_version"]"#;
    let text = TOML.replace(actions, r#"["read"]"#);
    text[..text.find("[grants.upload]").unwrap()].to_owned()
}

/// A store of another kind, in plain text.
fn elsewhere(toml: &str) -> String {
    toml.replace("region = \"eu-west-1\"", "endpoint = \"http://127.0.0.1:9000\"")
}

/// Each bucket's answers, in the configuration's order.
fn found(toml: &str, said: &[Said], reach: &Reach) -> Vec<Finding> {
    let loaded = config::parse(toml.as_bytes(), Path::new("presignd.toml"), &Environment::default()).unwrap();
    let policy = &loaded.settings.policy;
    let examined: Vec<Examined<'_>> = policy
        .buckets()
        .iter()
        .zip(said)
        .map(|(bucket, said)| {
            let mut settings = Settings::default();
            said.iter().for_each(|(question, reply)| settings.take(*question, reply));
            let reach = vec![(Name::parse("reader").unwrap(), reach.clone())];
            Examined { bucket, place: Place::of(bucket), reach, settings }
        })
        .collect();
    let against = Against { policy, origins: &loaded.settings.server.cors_origins, file: "presignd.toml" };
    doctor::findings(against, &examined)
}

fn there() -> Reach {
    Reach::There { region: Some("eu-west-1".to_owned()) }
}

/// `severity id`, one a finding.
fn brief(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}", finding.severity.as_str(), finding.id.as_str())).collect()
}

#[track_caller]
fn check(what: &str, toml: &str, changed: Option<(Question, Reply)>, expected: &[&str]) {
    let mut said = well();
    said.extend(changed);
    let findings = found(toml, &[said], &there());
    assert_eq!(brief(&findings), expected, "{what}: {findings:#?}");
    for finding in findings {
        assert_eq!(finding.bucket.as_str(), "media", "{what}");
        assert!(finding.detail.ends_with('.') && finding.detail.starts_with(|c: char| c.is_uppercase()), "{finding:?}");
        assert!(!finding.mend.is_empty(), "{finding:?}");
    }
}

#[test]
fn nothing_is_found_where_all_is_set() {
    check("all that the grant needs", TOML, None, &[]);
    check("and more than one needs that only reads", &reading(), None, &[]);
}

#[test]
fn each_setting_is_found_where_it_is_missing() {
    use Question::*;
    let rule = |text: &str| lifecycle(&format!("<Status>Enabled</Status>{text}{ENDS}"));
    let rows: Vec<(&str, Question, Reply, &[&str])> = vec![
        ("no CORS", Cors, code(404, "NoSuchCORSConfiguration"), &["error cors"]),
        ("a method", Cors, cors(&["GET", "HEAD", "POST", "PUT"], OPEN), &["error cors"]),
        ("an ETag", Cors, cors(&METHODS, "<AllowedHeader>*</AllowedHeader>"), &["error cors"]),
        (
            "headers",
            Cors,
            cors(&METHODS, "<AllowedHeader>content-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"),
            &["warning cors"],
        ),
        (
            "no encryption",
            Encryption,
            code(404, "ServerSideEncryptionConfigurationNotFoundError"),
            &["warning default-encryption"],
        ),
        ("none known", Encryption, xml(200, "<ListBucketResult/>"), &["warning default-encryption", "info not-asked"]),
        (
            "SSE-C blocked",
            Encryption,
            encryption("<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>"),
            &[],
        ),
        ("no lifecycle", Lifecycle, code(404, "NoSuchLifecycleConfiguration"), &["warning lifecycle"]),
        (
            "a rule switched off",
            Lifecycle,
            lifecycle(&format!("<Status>Disabled</Status><Prefix/>{ENDS}")),
            &["warning lifecycle"],
        ),
        (
            "a rule of expiry",
            Lifecycle,
            lifecycle("<Status>Enabled</Status><Prefix/><Expiration><Days>1</Days></Expiration>"),
            &["warning lifecycle"],
        ),
        ("a rule of elsewhere", Lifecycle, rule("<Filter><Prefix>logs/</Prefix></Filter>"), &["warning lifecycle"]),
        ("an old rule", Lifecycle, rule("<Prefix>users/</Prefix>"), &[]),
        ("a rule of more", Lifecycle, rule("<Filter><And><Prefix>use</Prefix></And></Filter>"), &[]),
        ("no logs", Logging, xml(200, "<BucketLoggingStatus/>"), &["warning access-logging"]),
        ("a loop", Logging, logging("acme-media"), &["error logging-loop"]),
        ("no lock", ObjectLock, code(404, "ObjectLockConfigurationNotFoundError"), &["error object-lock"]),
        (
            "a lock by default",
            ObjectLock,
            lock("<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>"),
            &[],
        ),
        ("ACLs", Ownership, ownership("ObjectWriter"), &["warning ownership"]),
        ("ACLs by default", Ownership, code(404, "OwnershipControlsNotFoundError"), &["warning ownership"]),
        ("no policy", Policy, code(404, "NoSuchBucketPolicy"), &["warning tls-only", "info signature-age"]),
        ("no TLS", Policy, policy(&age(3_600_000)), &["warning tls-only"]),
        (
            "TLS for some",
            Policy,
            policy(&format!("{}, {}", TLS.replace("s3:*", "s3:GetObject"), age(3_600_000))),
            &["warning tls-only"],
        ),
        ("no age", Policy, policy(TLS), &["info signature-age"]),
        ("too young an age", Policy, policy(&format!("{TLS}, {}", age(3_599_999))), &["error signature-age"]),
        ("no JSON", Policy, xml(200, "<Policy/>"), &["warning not-asked"]),
        ("the public", PolicyStatus, public(true), &["error public"]),
        (
            "no block",
            PublicAccessBlock,
            code(404, "NoSuchPublicAccessBlockConfiguration"),
            &["warning public-access-block"],
        ),
        ("half a block", PublicAccessBlock, public_access("false"), &["warning public-access-block"]),
        ("no versions", Versioning, versioning(""), &["error versioning", "warning mfa-delete"]),
        (
            "suspended",
            Versioning,
            versioning("<Status>Suspended</Status>"),
            &["error versioning", "warning mfa-delete"],
        ),
        ("no MFA", Versioning, versioning("<Status>Enabled</Status>"), &["warning mfa-delete"]),
    ];
    for (what, question, reply, expected) in rows {
        check(what, TOML, Some((question, reply)), expected);
    }
}

#[test]
fn what_no_grant_needs_is_no_error() {
    use Question::*;
    let rows: [(Question, Reply, &[&str]); 6] = [
        (Cors, cors(&["GET", "HEAD"], ""), &["warning cors"]),
        (Encryption, code(404, "ServerSideEncryptionConfigurationNotFoundError"), &["info default-encryption"]),
        (Lifecycle, code(404, "NoSuchLifecycleConfiguration"), &[]),
        (ObjectLock, code(404, "ObjectLockConfigurationNotFoundError"), &["info object-lock"]),
        (
            ObjectLock,
            lock("<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>"),
            &[],
        ),
        (Versioning, versioning(""), &["info mfa-delete", "info versioning"]),
    ];
    for (question, reply, expected) in rows {
        check(&format!("{question:?}"), &reading(), Some((question, reply)), expected);
    }
    let idle = reading().replace("[[grants]]", "[[grants]]\nenabled = false");
    check("no grant", &idle, Some((Policy, code(404, "NoSuchBucketPolicy"))), &["warning tls-only"]);
    let without_origins = TOML.replace("cors_origins = [\"https://app.example.com\"]", "");
    check("no pages", &without_origins, Some((Cors, code(404, "NoSuchCORSConfiguration"))), &[]);
    let plain = TOML.replace("object_lock = { mode = \"GOVERNANCE\", min_retention = \"1d\" }", "");
    let by_default = lock("<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule>");
    check("uploads without a digest", &plain, Some((ObjectLock, by_default)), &["warning object-lock"]);
    let customers = TOML.replace("[grants.upload]", "[grants.upload]\nsse_c = true");
    let blocked = encryption("<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>");
    check("keys of clients", &customers, Some((Encryption, blocked)), &["error client-keys"]);
    let losing = plain.replace("\"read_version\", ", "").replace(", \"delete_version\"", "");
    check("an overwrite", &losing, Some((Versioning, versioning(""))), &["warning versioning", "info mfa-delete"]);
}

#[test]
fn what_a_store_does_not_say_is_told_and_not_guessed() {
    use Question::*;
    let all: [Question; 10] = Question::ALL;
    let everywhere = |reply: Reply| -> Said { all.iter().map(|question| (*question, reply.clone())).collect() };
    let rows: [(&str, Reply, &[&str]); 9] = [
        ("denied", code(403, "AccessDenied"), &["warning not-asked"]),
        ("denied without a word", xml(403, ""), &["warning not-asked"]),
        ("not known", code(501, "NotImplemented"), &["warning default-encryption", "info not-asked"]),
        ("not allowed", code(405, "MethodNotAllowed"), &["warning default-encryption", "info not-asked"]),
        ("an error of its own", code(500, "InternalError"), &["warning not-asked"; 10]),
        ("a page", xml(502, "<html><body>Bad Gateway</body></html>"), &["warning not-asked"; 10]),
        ("another page", xml(200, "<html><body>Hello</body></html>"), &["warning not-asked"; 10]),
        ("garbage", xml(200, "\u{0}\u{1}<<<"), &["warning not-asked"; 10]),
        ("a DTD", xml(200, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), &["warning not-asked"; 10]),
    ];
    for (what, reply, expected) in rows {
        let findings = found(TOML, &[everywhere(reply)], &there());
        assert_eq!(brief(&findings), expected, "{what}: {findings:#?}");
    }
    check("one alone", TOML, Some((Ownership, code(403, "AccessDenied"))), &["warning not-asked"]);
    assert!(found(TOML, &[Said::new()], &there()).is_empty(), "nobody asked");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_answered_is_judged(
        status in prop_oneof![Just(200u16), Just(403), Just(404), any::<u16>()],
        body in prop_oneof!["\\PC{0,60}", "(<(/?)(CORSRule|Rule|Error|Code|Status|Prefix|CORSConfiguration|LifecycleConfiguration)>|a){0,12}"],
        json in "(\\{|\\}|\\[|\\]|:|,|\"(Statement|Effect|Deny|Principal|AWS|Action|Condition|\\*)\"){0,20}",
    ) {
        for body in [body, json] {
            let reply = xml(status, body);
            let said = Question::ALL.iter().map(|question| (*question, reply.clone())).collect();
            found(TOML, &[said], &Reach::of_location(&reply));
            Reach::of_head(&reply);
        }
    }
}

#[test]
fn another_kind_of_store_is_judged_by_what_it_can() {
    let toml = elsewhere(TOML);
    // No signature's age is asked of it, and its region is its own word.
    let unset = |question, reply| -> Said { well().into_iter().chain([(question, reply)]).collect() };
    let reach = Reach::There { region: Some("default".to_owned()) };
    let none = unset(Question::Policy, code(404, "NoSuchBucketPolicy"));
    assert_eq!(brief(&found(&toml, &[none], &reach)), ["info tls-only"]);
    let refused = found(&toml, &[well()], &reach);
    assert_eq!(brief(&refused), ["error plain-http"], "its policy refuses the only way there is");
    assert!(refused[0].detail.contains("s3:PutObject"), "{refused:?}");
    let one = toml.replace("{ read = \"reader\", write = \"writer\" }", "\"writer\"");
    let none = unset(Question::Policy, code(404, "NoSuchBucketPolicy"));
    assert_eq!(brief(&found(&one, &[none], &reach)), ["warning copy-source", "info tls-only"]);
    let on_aws = TOML.replace("{ read = \"reader\", write = \"writer\" }", "\"writer\"");
    check("one identity on AWS, where unsigned headers are refused", &on_aws, None, &[]);
    let of_grant = toml.replace("max_expires = \"1h\"", "max_expires = \"1h\"\ncredentials = \"reader\"");
    let none = unset(Question::Policy, code(404, "NoSuchBucketPolicy"));
    assert_eq!(brief(&found(&of_grant, &[none], &reach)), ["warning copy-source", "info tls-only"]);
}

#[test]
fn a_bucket_that_cannot_be_asked_says_why() {
    let located = |reply: Reply| Reach::of_location(&reply);
    let place = |region: &str| xml(200, format!("<LocationConstraint>{region}</LocationConstraint>"));
    let moved = |code: u16| Reply { region: Some("us-west-2".to_owned()), ..xml(code, "") };
    let malformed =
        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>x</Message><Region>us-west-2</Region></Error>";
    let rows: Vec<(&str, Reach, &[&str], &str)> = vec![
        ("there", located(place("eu-west-1")), &[], ""),
        ("there by its old name", located(place("EU")), &[], ""),
        ("the oldest region", located(place("")), &["error region"], "region = \"us-east-1\""),
        ("another region", located(place("us-west-2")), &["error region"], "region = \"us-west-2\""),
        ("a redirect", located(moved(301)), &["error region"], "region = \"us-west-2\""),
        ("a redirect of HEAD", Reach::of_head(&moved(301)), &["error region"], "region = \"us-west-2\""),
        ("a scope refused", located(xml(400, malformed)), &["error region"], "region = \"us-west-2\""),
        ("a redirect nowhere", located(code(301, "PermanentRedirect")), &["error region"], "get-bucket-location"),
        ("no bucket", located(code(404, "NoSuchBucket")), &["error reachable"], "create-bucket --bucket acme-media"),
        ("no bucket by HEAD", Reach::of_head(&xml(404, "")), &["error reachable"], "create-bucket"),
        ("denied", located(code(403, "AccessDenied")), &[], ""),
        ("an unknown key", located(code(403, "InvalidAccessKeyId")), &["error credentials"], "[credentials.reader]"),
        ("a wrong secret", located(code(403, "SignatureDoesNotMatch")), &["error credentials"], "[credentials.reader]"),
        ("a session's end", located(code(400, "ExpiredToken")), &["error credentials"], "Renew"),
        ("a clock", located(code(403, "RequestTimeTooSkewed")), &["error credentials"], "clock"),
        ("no credentials", Reach::Absent("`A` is absent".to_owned()), &["error credentials"], "[credentials.reader]"),
        ("not known", located(code(501, "NotImplemented")), &[], ""),
        ("an error", located(code(500, "InternalError")), &["error reachable"], "curl"),
        ("a page", located(xml(200, "<html/>")), &["error reachable"], "curl"),
        ("no server", Reach::Unreachable("refused".to_owned()), &["error reachable"], "curl -v https://s3.eu-west-1"),
    ];
    for (what, reach, expected, mend) in rows {
        let findings = found(TOML, &[Said::new()], &reach);
        assert_eq!(brief(&findings), expected, "{what}: {findings:#?}");
        assert!(findings.iter().all(|finding| finding.mend.contains(mend)), "{what}: {findings:#?}");
    }
}

#[test]
fn behind_an_access_point_the_bucket_is_asked_if_it_is_named() {
    let alias = "door-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias";
    let door = TOML.replace("bucket = \"acme-media\"", &format!("bucket = \"{alias}\""));
    assert_eq!(brief(&found(&door, &[Said::new()], &there())), ["warning not-asked"]);
    let named = door.replace("region =", "underlying = \"acme-media\"\nregion =");
    assert_eq!(brief(&found(&named, &[well()], &there())), Vec::<String>::new());
    let gone = found(&named, &[Said::new()], &Reach::Gone);
    assert!(gone[0].mend.contains("--bucket acme-media --region eu-west-1"), "{gone:?}");
}
