//! Where buckets are: a table of our own, and what S3's rule set says in `tests/vectors`.

use std::collections::BTreeMap;

use super::*;
use crate::domain::custom_endpoint::PlainHttp;
use serde_json::Value;

/// Options as rows and vectors write them.
#[derive(Default)]
struct Options<'a> {
    endpoint: Option<&'a str>,
    addressing: Option<Addressing>,
    flags: &'a str,
}

/// The target, or `KEY: ERROR`, the key being the one of the configuration that is wrong.
fn resolve(bucket: &str, region: &str, options: &Options<'_>) -> Result<Target, String> {
    let named = |key: &str, error: String| format!("{key}: {error}");
    let bucket = BucketName::parse(bucket).map_err(|error| named("bucket", error.to_string()))?;
    let region = Region::parse(region).map_err(|error| named("region", error.to_string()))?;
    let endpoint = options.endpoint.map(|text| CustomEndpoint::parse(text, PlainHttp::Anywhere)).transpose();
    let options = EndpointOptions {
        endpoint: endpoint.map_err(|error| named("endpoint", error.to_string()))?,
        addressing: options.addressing,
        fips: options.flags.contains('f'),
        dual_stack: options.flags.contains('d'),
        accelerate: options.flags.contains('a'),
    };
    Target::resolve(&bucket, &region, &options).map_err(|error| named(error.key(), error.to_string()))
}

fn url(target: &Target) -> String {
    format!("{}://{}{}", target.scheme.as_str(), target.authority, target.base_path)
}

#[test]
fn a_bucket_on_aws_is_at_its_regions_own_host() {
    use Addressing::Path;
    use Addressing::Virtual;
    let rows = [
        ("acme", "eu-west-1", None, "", "https://acme.s3.eu-west-1.amazonaws.com"),
        ("acme", "us-east-1", Some(Virtual), "", "https://acme.s3.us-east-1.amazonaws.com"),
        ("acme", "us-east-1", Some(Path), "", "https://s3.us-east-1.amazonaws.com/acme"),
        ("acme", "eu-west-1", None, "f", "https://acme.s3-fips.eu-west-1.amazonaws.com"),
        ("acme", "eu-west-1", None, "d", "https://acme.s3.dualstack.eu-west-1.amazonaws.com"),
        ("acme", "eu-west-1", Some(Path), "fd", "https://s3-fips.dualstack.eu-west-1.amazonaws.com/acme"),
        ("acme", "eu-west-1", None, "a", "https://acme.s3-accelerate.amazonaws.com"),
        ("acme", "eu-west-1", None, "ad", "https://acme.s3-accelerate.dualstack.amazonaws.com"),
        ("a.b.c", "eu-west-1", Some(Virtual), "", "https://s3.eu-west-1.amazonaws.com/a.b.c"),
        ("Acme", "eu-west-1", None, "", "https://s3.eu-west-1.amazonaws.com/Acme"),
        ("acme_1", "eu-west-1", Some(Virtual), "", "https://s3.eu-west-1.amazonaws.com/acme_1"),
        ("ab", "eu-west-1", None, "", "https://s3.eu-west-1.amazonaws.com/ab"),
        ("acme", "cn-north-1", None, "d", "https://acme.s3.dualstack.cn-north-1.amazonaws.com.cn"),
        ("acme", "eusc-de-east-1", None, "", "https://acme.s3.eusc-de-east-1.amazonaws.eu"),
        ("acme", "us-iso-east-1", None, "", "https://acme.s3.us-iso-east-1.c2s.ic.gov"),
        ("acme", "us-isob-east-1", None, "f", "https://acme.s3-fips.us-isob-east-1.sc2s.sgov.gov"),
        ("acme", "eu-isoe-west-1", None, "", "https://acme.s3.eu-isoe-west-1.cloud.adc-e.uk"),
        ("acme", "us-isof-south-1", None, "", "https://acme.s3.us-isof-south-1.csp.hci.ic.gov"),
        ("acme", "us-gov-west-1", None, "fd", "https://acme.s3-fips.dualstack.us-gov-west-1.amazonaws.com"),
        ("acme", "ap-atlantis-3", None, "", "https://acme.s3.ap-atlantis-3.amazonaws.com"),
    ];
    for (bucket, region, addressing, flags, expected) in rows {
        let target = resolve(bucket, region, &Options { endpoint: None, addressing, flags });
        let row = format!("{bucket} {region} {addressing:?} {flags}");
        let target = target.unwrap_or_else(|error| panic!("{row}: {error}"));
        assert_eq!(url(&target), expected, "{row}");
        assert_eq!(target.host, target.authority, "{row}");
        assert_eq!((target.region.as_str(), target.service), (region, "s3"), "{row}");
    }
}

#[test]
fn a_bucket_of_a_store_is_in_the_path_unless_told_otherwise() {
    use Addressing::Path;
    use Addressing::Virtual;
    let rows = [
        ("acme", "https://s3.example.net", None, "https://s3.example.net/acme", "s3.example.net"),
        ("acme", "https://s3.example.net", Some(Path), "https://s3.example.net/acme", "s3.example.net"),
        ("acme", "https://s3.example.net", Some(Virtual), "https://acme.s3.example.net", "acme.s3.example.net"),
        ("acme", "https://S3.example.net:443/b/", None, "https://S3.example.net:443/b/acme", "s3.example.net"),
        (
            "acme",
            "https://S3.example.net:443/b",
            Some(Virtual),
            "https://acme.S3.example.net:443/b",
            "acme.s3.example.net",
        ),
        ("a.b.c", "https://s3.example.net", Some(Virtual), "https://s3.example.net/a.b.c", "s3.example.net"),
        ("a.b.c", "http://s3.example.net", Some(Virtual), "http://a.b.c.s3.example.net", "a.b.c.s3.example.net"),
        ("a..b", "http://s3.example.net", Some(Virtual), "http://s3.example.net/a..b", "s3.example.net"),
        ("Acme", "http://s3.example.net", Some(Virtual), "http://s3.example.net/Acme", "s3.example.net"),
        ("acme", "http://127.0.0.1:9000", Some(Virtual), "http://127.0.0.1:9000/acme", "127.0.0.1:9000"),
        ("acme", "https://[::1]:9000/x", Some(Virtual), "https://[::1]:9000/x/acme", "[::1]:9000"),
    ];
    for (bucket, endpoint, addressing, expected, host) in rows {
        let options = Options { endpoint: Some(endpoint), addressing, flags: "" };
        let target = resolve(bucket, "Garage-1", &options).expect(endpoint);
        let row = format!("{bucket} {endpoint} {addressing:?}");
        assert_eq!((url(&target).as_str(), target.host.as_str()), (expected, host), "{row}");
        assert_eq!(target.region, "Garage-1", "{row}");
    }
}

#[test]
fn what_leads_nowhere_is_refused_at_the_key_that_mends_it() {
    let store = Some("https://s3.example.net");
    let path = Some(Addressing::Path);
    let rows = [
        ("acme", "mars-north-1", None, None, "", "region: \"mars-north-1\" is no region of AWS"),
        ("acme", "us west", None, None, "", "region: a region is"),
        ("acme", "us_west", store, None, "", "region: a region is"),
        ("acme", "cn-north-1", None, None, "f", "fips: the partition aws-cn"),
        ("acme", "eu-west-1", None, None, "af", "accelerate: accelerate has no FIPS"),
        ("acme", "eu-west-1", None, path, "a", "accelerate: accelerate needs the bucket's name in the host"),
        (
            "a.b.c",
            "eu-west-1",
            None,
            None,
            "a",
            "accelerate: accelerate needs the bucket's name in the host, and \"a.b.c\"",
        ),
        (
            "acme",
            "us-gov-west-1",
            None,
            None,
            "a",
            "accelerate: accelerate is not to be had in the partition aws-us-gov",
        ),
        (
            "acme",
            "eusc-de-east-1",
            None,
            None,
            "a",
            "accelerate: accelerate is not to be had in the partition aws-eusc",
        ),
        ("acme", "eu-west-1", store, None, "a", "accelerate: an endpoint of your own"),
        ("acme", "eu-west-1", store, None, "d", "dual_stack: an endpoint of your own"),
        ("acme", "eu-west-1", store, None, "f", "fips: an endpoint of your own"),
        ("acme", "eu-west-1", Some("s3.example.net"), None, "", "endpoint: an endpoint begins with"),
        ("arn:aws:s3:::acme", "eu-west-1", None, None, "", "bucket: ARNs are not available in this version"),
        ("x--usw2-az1--x-s3", "us-west-2", None, None, "", "bucket: directory buckets are not offered"),
    ];
    for (bucket, region, endpoint, addressing, flags, expected) in rows {
        let error = resolve(bucket, region, &Options { endpoint, addressing, flags }).expect_err(expected);
        assert!(error.starts_with(expected), "{bucket} {region} {endpoint:?} {flags}: {error}");
    }
}

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a vector is JSON"))
}

/// The vectors' options: `auto` and none at all are botocore's default, which puts a bucket into the host of a store
/// too; what presignd's own default is, the tables above say.
fn options(vector: &Value) -> Options<'_> {
    let flag = |name: &str, letter| if vector[name] == true { letter } else { "" };
    Options {
        endpoint: vector["endpoint_url"].as_str(),
        addressing: match vector["style"].as_str() {
            Some("path") => Some(Addressing::Path),
            Some("virtual" | "auto") | None => Some(Addressing::Virtual),
            Some(other) => panic!("style {other}"),
        },
        flags: match [flag("fips", "f"), flag("dualstack", "d"), flag("accelerate", "a")] {
            ["", "", ""] => "",
            ["f", "", ""] => "f",
            ["", "d", ""] => "d",
            ["", "", "a"] => "a",
            ["f", "d", ""] => "fd",
            ["f", "", "a"] => "fa",
            ["", "d", "a"] => "da",
            _ => "fda",
        },
    }
}

/// What presignd does not offer though S3's rule set may resolve it, and why.
fn not_offered(error: &str) -> Option<&'static str> {
    let reasons = [
        ("bucket: ARNs", "not offered: ARNs are not available in this version"),
        ("bucket: directory buckets", "not offered: directory buckets need a session from the network"),
        (
            "accelerate: accelerate is not to be had in the partition",
            "not offered: accelerate outside the partition aws",
        ),
    ];
    reasons.iter().find(|(start, _)| error.starts_with(start)).map(|(_, reason)| *reason)
}

#[test]
fn hosts_agree_with_s3s_rule_set() {
    let mut counts = BTreeMap::<&str, usize>::new();
    let vectors: Vec<Value> = lines(include_str!("../../tests/vectors/vectors-endpoint.jsonl")).collect();
    for vector in &vectors {
        let text = |name: &str| vector[name].as_str().expect("a text");
        let (bucket, rules) = (text("bucket"), text("result"));
        let ours = resolve(bucket, text("region"), &options(&vector["options"]));
        let outcome = match (&ours, rules.strip_prefix("resolved: ")) {
            (Ok(target), Some(theirs)) if url(target) == theirs => "agree",
            (Err(error), theirs) => match not_offered(error) {
                Some(reason) => reason,
                None if theirs.is_none() => "refused, as the rule set does",
                None => panic!("{vector}: {error}"),
            },
            (Ok(target), _) => panic!("{vector}: {}", url(target)),
        };
        *counts.entry(outcome).or_default() += 1;
    }
    println!("vectors-endpoint.jsonl: {} in all", vectors.len());
    counts.iter().for_each(|(outcome, count)| println!("{count:5}  {outcome}"));
    assert_eq!(counts.values().sum::<usize>(), vectors.len());
    assert_eq!((vectors.len(), counts["agree"]), (406, 134), "{counts:?}");
}

#[test]
fn what_s3s_rule_set_refuses_is_refused() {
    let mut counts = BTreeMap::<String, usize>::new();
    let vectors: Vec<Value> = lines(include_str!("../../tests/vectors/vectors-error.jsonl")).collect();
    for vector in &vectors {
        let input = &vector["input"];
        let text = |name: &str| input[name].as_str().expect("a text");
        // An empty key resolves; the key's own parser refuses it.
        let key = crate::domain::key::ObjectKey::parse(text("key"));
        let ours = resolve(text("bucket"), text("region"), &options(&input["endpoint"]));
        let error = match (ours, key) {
            (Err(error), _) => error,
            (Ok(_), Err(error)) => format!("key: {error}"),
            (Ok(target), Ok(_)) => panic!("{}: {}", vector["id"], url(&target)),
        };
        let reason = error.split(';').next().unwrap_or_default().to_owned();
        *counts.entry(reason).or_default() += 1;
    }
    println!("vectors-error.jsonl: {} in all", vectors.len());
    counts.iter().for_each(|(reason, count)| println!("{count:5}  {reason}"));
    assert_eq!((vectors.len(), counts.values().sum()), (19, 19));
}
