//! Where buckets and access points are: tables of our own, and what S3's rule set says in `tests/vectors`.

mod points;
mod vectors_tests;

use super::*;
use crate::domain::custom_endpoint::PlainHttp;

/// Options as rows and vectors write them.
#[derive(Default)]
struct Options<'a> {
    endpoint: Option<&'a str>,
    addressing: Option<Addressing>,
    flags: &'a str,
    only_own_region: bool,
}

/// The target, or `KEY: ERROR`, the key being the one of the configuration that is wrong.
fn resolve(bucket: &str, region: &str, options: &Options<'_>) -> Result<Target, String> {
    let named = |key: &str, error: String| format!("{key}: {error}");
    let resource = Resource::parse(bucket).map_err(|error| named("bucket", error.to_string()))?;
    let region = Some(region).filter(|region| !region.is_empty()).map(Region::parse).transpose();
    let endpoint = options.endpoint.map(|text| CustomEndpoint::parse(text, PlainHttp::Anywhere)).transpose();
    let options = EndpointOptions {
        endpoint: endpoint.map_err(|error| named("endpoint", error.to_string()))?,
        region: region.map_err(|error| named("region", error.to_string()))?,
        only_own_region: options.only_own_region,
        addressing: options.addressing,
        fips: options.flags.contains('f'),
        dual_stack: options.flags.contains('d'),
        accelerate: options.flags.contains('a'),
    };
    Target::resolve(&resource, &options).map_err(|error| named(error.key(), error.to_string()))
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
        let target = resolve(bucket, region, &Options { addressing, flags, ..Options::default() });
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
        let options = Options { endpoint: Some(endpoint), addressing, ..Options::default() };
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
        ("arn:aws:s3:::acme", "eu-west-1", None, None, "", "bucket: a bucket is written by its name"),
        ("x--usw2-az1--x-s3", "us-west-2", None, None, "", "bucket: directory buckets are not offered"),
    ];
    for (bucket, region, endpoint, addressing, flags, expected) in rows {
        let error = resolve(bucket, region, &Options { endpoint, addressing, flags, ..Options::default() })
            .expect_err(expected);
        assert!(error.starts_with(expected), "{bucket} {region} {endpoint:?} {flags}: {error}");
    }
}
