//! Access points: their hosts and scopes, and what leads to none.

use super::*;

const POINT: &str = "arn:aws:s3:us-west-2:123456789012:accesspoint/ap";
const LAMBDA: &str = "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/ol";
const OUTPOST: &str = "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/ap";
const EVERYWHERE: &str = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap";
const GOV: &str = "arn:aws-us-gov:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap";
const CHINA: &str = "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/ap";
const ALIAS: &str = "test-accessp-o0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3";
const ON_SERVER: &str = "test-accessp-e0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3";
const BETA: &str = "test-accessp-o0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kbeta0--op-s3";
const STORE: Option<&str> = Some("https://S3.example.net:8443/base/");
const PLAIN: Option<&str> = Some("https://s3.example.net");

#[test]
fn an_access_point_has_its_name_in_a_host_of_its_kind() {
    let here = "https://ap-123456789012.s3-accesspoint";
    let rows = [
        (POINT, "", None, "", format!("{here}.us-west-2.amazonaws.com"), "us-west-2 s3"),
        (POINT, "us-west-2", None, "f", format!("{here}-fips.us-west-2.amazonaws.com"), "us-west-2 s3"),
        (POINT, "us-east-1", None, "d", format!("{here}.dualstack.us-west-2.amazonaws.com"), "us-west-2 s3"),
        (POINT, "", None, "fd", format!("{here}-fips.dualstack.us-west-2.amazonaws.com"), "us-west-2 s3"),
        (POINT, "", STORE, "", "https://ap-123456789012.S3.example.net:8443/base".to_owned(), "us-west-2 s3"),
        (CHINA, "", None, "d", format!("{here}.dualstack.cn-north-1.amazonaws.com.cn"), "cn-north-1 s3"),
        (
            LAMBDA,
            "",
            None,
            "",
            "https://ol-123456789012.s3-object-lambda.us-west-2.amazonaws.com".to_owned(),
            "us-west-2 s3-object-lambda",
        ),
        (
            LAMBDA,
            "eu-west-1",
            None,
            "f",
            "https://ol-123456789012.s3-object-lambda-fips.us-west-2.amazonaws.com".to_owned(),
            "us-west-2 s3-object-lambda",
        ),
        (
            LAMBDA,
            "",
            STORE,
            "",
            "https://ol-123456789012.S3.example.net:8443/base".to_owned(),
            "us-west-2 s3-object-lambda",
        ),
        (
            "my-olap-1a4n8yjrb3kda96f67zwrwiiuse1a--ol-s3",
            "us-east-1",
            None,
            "",
            "https://my-olap-1a4n8yjrb3kda96f67zwrwiiuse1a--ol-s3.s3.us-east-1.amazonaws.com".to_owned(),
            "us-east-1 s3",
        ),
        (
            OUTPOST,
            "",
            None,
            "",
            "https://ap-123456789012.op-01.s3-outposts.us-west-2.amazonaws.com".to_owned(),
            "us-west-2 s3-outposts",
        ),
        (OUTPOST, "", PLAIN, "", "https://ap-123456789012.op-01.s3.example.net".to_owned(), "us-west-2 s3-outposts"),
        (
            ALIAS,
            "us-west-1",
            None,
            "",
            format!("https://{ALIAS}.op-0b1d075431d83bebd.s3-outposts.us-west-1.amazonaws.com"),
            "us-west-1 s3-outposts",
        ),
        (
            ON_SERVER,
            "us-west-1",
            None,
            "",
            format!("https://{ON_SERVER}.ec2.s3-outposts.us-west-1.amazonaws.com"),
            "us-west-1 s3-outposts",
        ),
        (
            BETA,
            "us-west-1",
            PLAIN,
            "",
            format!("https://{BETA}.op-0b1d075431d83bebd.s3.example.net"),
            "us-west-1 s3-outposts",
        ),
        (EVERYWHERE, "", None, "", "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com".to_owned(), "* s3"),
        (
            EVERYWHERE,
            "eu-west-1",
            None,
            "",
            "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com".to_owned(),
            "* s3",
        ),
    ];
    for (bucket, region, endpoint, flags, expected, scope) in rows {
        let row = format!("{bucket} {region} {endpoint:?} {flags}");
        let target = resolve(bucket, region, &Options { endpoint, flags, ..Options::default() });
        let target = target.unwrap_or_else(|error| panic!("{row}: {error}"));
        assert_eq!(url(&target), expected, "{row}");
        assert_eq!(target.host, target.authority.to_lowercase(), "{row}");
        assert_eq!(format!("{} {}", target.region, target.service), scope, "{row}");
        assert_eq!(target.signing == Signing::SigV4A, target.region == "*", "{row}");
    }
}

#[test]
fn what_leads_to_no_access_point_is_refused_at_the_key_that_mends_it() {
    let none = Options::default;
    let path = || Options { addressing: Some(Addressing::Path), ..none() };
    let flags = |flags| Options { flags, ..none() };
    let at = |endpoint| Options { endpoint: Some(endpoint), ..none() };
    let own = || Options { only_own_region: true, ..none() };
    let rows = [
        (POINT, "", path(), "addressing: an access point is reached by its name in the host alone"),
        (LAMBDA, "", path(), "addressing: an Object Lambda access point is"),
        (OUTPOST, "", path(), "addressing: an access point on Outposts is"),
        (ALIAS, "us-west-2", path(), "addressing: an access point on Outposts is"),
        (EVERYWHERE, "", path(), "addressing: a Multi-Region Access Point is"),
        (POINT, "", flags("a"), "accelerate: an access point has no accelerate hosts; remove accelerate"),
        (LAMBDA, "", flags("a"), "accelerate: an Object Lambda access point has no accelerate"),
        (LAMBDA, "", flags("d"), "dual_stack: an Object Lambda access point has no dual_stack"),
        (OUTPOST, "", flags("a"), "accelerate: an access point on Outposts has no accelerate"),
        (OUTPOST, "", flags("d"), "dual_stack: an access point on Outposts has no dual_stack"),
        (OUTPOST, "", flags("f"), "fips: an access point on Outposts has no fips"),
        (ALIAS, "us-west-2", flags("f"), "fips: an access point on Outposts has no fips"),
        (EVERYWHERE, "", flags("a"), "accelerate: a Multi-Region Access Point has no accelerate"),
        (EVERYWHERE, "", flags("d"), "dual_stack: a Multi-Region Access Point has no dual_stack"),
        (EVERYWHERE, "", flags("f"), "fips: a Multi-Region Access Point has no fips"),
        (CHINA, "", flags("f"), "fips: the partition aws-cn has no FIPS hosts"),
        (POINT, "", Options { endpoint: STORE, flags: "f", ..none() }, "fips: an endpoint of your own has no fips"),
        (POINT, "us-east-1", own(), "region: the ARN is of the region us-west-2, and use_arn_region is false"),
        (LAMBDA, "us-east-1", own(), "region: the ARN is of the region us-west-2"),
        (OUTPOST, "us-east-1", own(), "region: the ARN is of the region us-west-2"),
        (POINT, "cn-north-1", none(), "region: the ARN is of the partition aws, the region of aws-cn"),
        (CHINA, "us-west-2", none(), "region: the ARN is of the partition aws-cn, the region of aws"),
        (GOV, "us-west-2", none(), "region: the ARN is of the partition aws-us-gov, the region of aws"),
        (POINT, "mars-north-1", none(), "region: \"mars-north-1\" is no region of AWS"),
        (EVERYWHERE, "", at("https://s3.example.net"), "endpoint: a Multi-Region Access Point is reached by AWS's own"),
        (ALIAS, "us-west-2", at("https://s3.example.net"), "endpoint: an access point on Outposts is reached by AWS's"),
        (BETA, "us-west-2", none(), "endpoint: this alias is of a test stack"),
        (POINT, "", at("http://127.0.0.1:9000"), "endpoint: no name can stand before an IP address"),
        (LAMBDA, "", at("https://[::1]"), "endpoint: no name can stand before an IP address"),
        (OUTPOST, "", at("https://192.0.2.1"), "endpoint: no name can stand before an IP address"),
        (OUTPOST, "", at("http://s3.example.net"), "endpoint: an endpoint for Outposts is https:// and a host"),
        (OUTPOST, "", at("https://s3.example.net/base"), "endpoint: an endpoint for Outposts is https:// and a host"),
    ];
    for (bucket, region, options, expected) in rows {
        let error = resolve(bucket, region, &options).expect_err(expected);
        assert!(error.starts_with(expected), "{bucket} {region}: {error}");
    }
}

#[test]
fn an_arn_of_the_same_region_needs_no_leave_to_be_used() {
    let options = Options { only_own_region: true, ..Options::default() };
    for region in ["", "us-west-2"] {
        assert_eq!(resolve(POINT, region, &options).expect(region).region, "us-west-2");
    }
}
