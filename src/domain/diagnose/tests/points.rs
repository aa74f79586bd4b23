//! URLs of access points: of one region, and by SigV4A of every region.

use super::*;

/// Of an Object Lambda access point.
const LAMBDA: &str = "https://resized-123456789012.s3-object-lambda.eu-west-1.amazonaws.com/a.png\
    ?X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIDEXAMPLE%2F20261124%2Feu-west-1%2Fs3-object-lambda%2Faws4_request&X-Amz-Date=20261124T120000Z\
    &X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=\
    aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

/// Of a Multi-Region Access Point, with a session's token.
const GLOBAL: &str = "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/a.png\
    ?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256\
    &X-Amz-Credential=AKIDEXAMPLE%2F20261124%2Fs3%2Faws4_request&X-Amz-Date=20261124T120000Z\
    &X-Amz-Expires=900&X-Amz-Region-Set=%2A&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEJr&X-Amz-SignedHeaders=host\
    &X-Amz-Signature=3045022100aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404\
    02207157f604d404aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d15";

/// The same for another host.
fn at(url: &str, host: &str) -> String {
    let (_, rest) = url.split_once("amazonaws.com").unwrap();
    format!("https://{host}.amazonaws.com{rest}")
}

#[test]
fn each_kind_of_host_takes_an_algorithm_a_service_and_regions() {
    let s3 = "%2Fs3%2Faws4_request";
    let lambda = "%2Fs3-object-lambda%2F";
    let outposts = "reports-123456789012.op-01ac5d28a6a232904.s3-outposts.eu-west-1";
    let point = "door-123456789012.s3-accesspoint.eu-west-1";
    let rows: [(&str, String, &[&str]); 22] = [
        ("Object Lambda", LAMBDA.to_owned(), &[]),
        ("by the service of S3", LAMBDA.replace("%2Fs3-object-lambda%2Faws4_request", s3), &["credential_malformed"]),
        ("of another region", LAMBDA.replace(".eu-west-1", ".eu-west-2"), &["region_differs"]),
        ("Outposts", at(&LAMBDA.replace(lambda, "%2Fs3-outposts%2F"), outposts), &[]),
        ("Outposts by S3's", at(&LAMBDA.replace(lambda, "%2Fs3%2F"), outposts), &["credential_malformed"]),
        ("an access point", at(&LAMBDA.replace(lambda, "%2Fs3%2F"), point), &[]),
        ("with FIPS", at(&LAMBDA.replace(lambda, "%2Fs3%2F"), &point.replace("point.", "point-fips.")), &[]),
        ("by Object Lambda's", at(LAMBDA, point), &["credential_malformed"]),
        ("China", at(&LAMBDA.replace(".com", ".com.cn"), "a-1.s3-object-lambda.cn-north-1"), &["region_differs"]),
        ("a host of no region", at(&LAMBDA.replace(lambda, "%2Fs3%2F"), "acme.s3"), &[]),
        ("accelerated", at(&LAMBDA.replace(lambda, "%2Fs3%2F"), "acme.s3-accelerate.dualstack"), &[]),
        ("Multi-Region", GLOBAL.to_owned(), &[]),
        (
            "for one region's",
            at(&LAMBDA.replace(lambda, "%2Fs3%2F"), "a.mrap.accesspoint.s3-global"),
            &["algorithm_unknown"],
        ),
        ("for every region at one's", at(GLOBAL, "acme.s3.eu-west-1"), &[]),
        ("for some", at(&GLOBAL.replace("=%2A", "=us-east-1%2Ceu-%2A"), "acme.s3.eu-west-1"), &[]),
        ("for others", at(&GLOBAL.replace("=%2A", "=us-east-1%2Cus-%2A"), "acme.s3.eu-west-1"), &["region_differs"]),
        ("for no regions", GLOBAL.replace("&X-Amz-Region-Set=%2A", ""), &["parameter_missing"]),
        ("for regions twice", GLOBAL.to_owned() + "&X-Amz-Region-Set=%2A", &["parameter_repeated"]),
        ("with a region in its scope", GLOBAL.replace("%2Fs3%2F", "%2Feu-west-1%2Fs3%2F"), &["credential_malformed"]),
        ("for another service", GLOBAL.replace("%2Fs3%2F", "%2Fs3-outposts%2F"), &["credential_malformed"]),
        ("its signature cut", GLOBAL[..GLOBAL.len() - 2].to_owned(), &["signature_malformed"]),
        ("an HMAC in its place", GLOBAL.split("3045").next().unwrap().to_owned() + SIGNATURE, &["signature_malformed"]),
    ];
    for (case, url, expected) in rows {
        assert_eq!(codes(&found(&url, None)), expected, "{case}: {url}");
    }
}

#[test]
fn what_s3_says_of_a_service_or_a_token_is_told_for_access_points() {
    let service = "Error parsing the X-Amz-Credential parameter; incorrect service \"s3\". This endpoint belongs to \
        \"s3-object-lambda\".";
    let answer = error("AuthorizationQueryParametersError", service, "");
    let of_service = found(&get(), Some(&answer));
    assert_eq!(codes(&of_service), ["credential_malformed"]);
    assert!(of_service[0].detail.contains("belongs to") && of_service[0].mend.contains("ARN"), "{of_service:#?}");
    let token = error("InvalidToken", "The provided token is malformed or otherwise invalid.", "");
    for (url, is_told) in [(GLOBAL, true), (LAMBDA, false)] {
        let found = found(url, Some(&token));
        assert_eq!(codes(&found), ["access_key_unknown"]);
        assert_eq!(found[0].detail.contains("global STS endpoint"), is_told, "{found:#?}");
    }
}
