//! Names, aliases and ARNs, read and refused.

use super::*;
use proptest::prelude::*;

/// The kind that a text is read as, or why it is none.
fn read(text: &str) -> Result<&'static str, InvalidBucket> {
    Resource::parse(text).map(|resource| match resource {
        Resource::Bucket(_) => "bucket",
        Resource::AccessPoint(_) => "access point",
        Resource::AccessPointAlias(_) => "access point's alias",
        Resource::MultiRegion(_) => "multi-region",
        Resource::ObjectLambda(_) => "object lambda",
        Resource::ObjectLambdaAlias(_) => "object lambda's alias",
        Resource::Outposts(_) => "outposts",
        Resource::OutpostsAlias(_) => "outposts' alias",
    })
}

#[test]
fn a_bucket_is_a_name_and_an_access_point_an_alias_or_an_arn() {
    let (longest, longer) = ("b".repeat(255), "b".repeat(256));
    let rows = [
        ("acme-media-prod", Ok("bucket")),
        ("Upper_Case", Ok("bucket")),
        ("my.dotted.bucket", Ok("bucket")),
        ("ab", Ok("bucket")),
        ("...", Ok("bucket")),
        (&longest, Ok("bucket")),
        (&longer, Err(InvalidBucket::Name)),
        ("", Err(InvalidBucket::Name)),
        (".", Err(InvalidBucket::Name)),
        ("..", Err(InvalidBucket::Name)),
        ("a/b", Err(InvalidBucket::Name)),
        ("a b", Err(InvalidBucket::Name)),
        ("bücher", Err(InvalidBucket::Name)),
        ("a%2Fb", Err(InvalidBucket::Name)),
        ("s3://acme", Err(InvalidBucket::Name)),
        ("data--usw2-az1--x-s3", Err(InvalidBucket::Directory)),
        ("ap--usw2-az1--xa-s3", Err(InvalidBucket::Directory)),
        ("mfzwi23gnjvgw.mrap", Err(InvalidBucket::MultiRegionAlias)),
        ("ap1-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", Ok("access point's alias")),
        ("ol-1a4n8yjrb3kda96f67zwrwiiuse1a--ol-s3", Ok("object lambda's alias")),
        ("test-accessp-o0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3", Ok("outposts' alias")),
        ("test-accessp-e0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3", Ok("outposts' alias")),
        ("test-accessp-x0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3", Err(InvalidBucket::OutpostsAlias)),
        ("test-accessp-o0b1d07543.d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3", Err(InvalidBucket::OutpostsAlias)),
        ("short--op-s3", Err(InvalidBucket::OutpostsAlias)),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint:ap", Ok("access point")),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint/ap", Ok("access point")),
        ("arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/ap", Ok("access point")),
        ("arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", Ok("multi-region")),
        ("arn:aws-us-gov:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap", Ok("multi-region")),
        ("arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/ol", Ok("object lambda")),
        ("arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/ap", Ok("outposts")),
        ("arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01:accesspoint:ap", Ok("outposts")),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn an_arn_that_names_no_access_point_is_refused_by_what_is_wrong() {
    let rows = [
        ("arn:aws:s3", InvalidBucket::ArnIncomplete),
        ("arn:aws:s3:us-west-2:123456789012", InvalidBucket::ArnIncomplete),
        ("arn:aws:s3:::acme", InvalidBucket::BucketArn),
        ("arn:aws:s3:::acme/key", InvalidBucket::ArnResource),
        ("arn:aws:sqs:us-west-2:123456789012:queue", InvalidBucket::ArnService),
        ("arn:aws::us-west-2:123456789012:accesspoint/ap", InvalidBucket::ArnService),
        ("arn:aws:s3:us-west-2:123456789012:bucket/acme", InvalidBucket::ArnResource),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint", InvalidBucket::ArnResource),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint:ap:more", InvalidBucket::ArnResource),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint/ap/object/key", InvalidBucket::ArnResource),
        ("arn:aws:s3::123456789012:accesspoint/a.mrap/more", InvalidBucket::ArnResource),
        ("arn:aws:s3-object-lambda:us-west-2:123456789012:bucket/ol", InvalidBucket::ArnResource),
        ("arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1", InvalidBucket::ArnResource),
        ("arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1/bucket/acme", InvalidBucket::ArnResource),
        ("arn:aws:s3-outposts:us-west-2:123456789012:accesspoint/ap", InvalidBucket::ArnResource),
        ("arn:aws:s3:us-west-2::accesspoint:ap", InvalidBucket::Account),
        ("arn:aws:s3:us-west-2:12345678901:accesspoint:ap", InvalidBucket::Account),
        ("arn:aws:s3::account:accesspoint/a.mrap", InvalidBucket::Account),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint:", InvalidBucket::AccessPointName),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint:a.b", InvalidBucket::AccessPointName),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint:Ap", InvalidBucket::AccessPointName),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint:ap-", InvalidBucket::AccessPointName),
        ("arn:aws:s3-outposts:us-west-2:123456789012:outpost/op_1/accesspoint/ap", InvalidBucket::Outpost),
        ("arn:aws:s3::123456789012:accesspoint/ap", InvalidBucket::ArnRegionMissing),
        ("arn:aws:s3::123456789012:accesspoint/.mrap", InvalidBucket::ArnRegionMissing),
        ("arn:aws:s3-object-lambda::123456789012:accesspoint/ol", InvalidBucket::ArnRegionMissing),
        ("arn:aws:s3-outposts::123456789012:outpost/op-1/accesspoint/ap", InvalidBucket::ArnRegionMissing),
        ("arn:aws:s3:us west:123456789012:accesspoint/ap", InvalidBucket::ArnRegion),
        ("arn:aws:s3:mars-north-1:123456789012:accesspoint/ap", InvalidBucket::ArnRegion),
        ("arn:aws:s3:cn-north-1:123456789012:accesspoint/ap", InvalidBucket::ArnPartition),
        ("arn:amazon:s3:us-west-2:123456789012:accesspoint/ap", InvalidBucket::ArnPartition),
        ("arn:amazon:s3::123456789012:accesspoint/a.mrap", InvalidBucket::ArnPartition),
        ("arn:aws:s3express:us-west-2:123456789012:bucket/a--usw2-az1--x-s3", InvalidBucket::Directory),
        ("arn:aws:s3express:us-west-2:123456789012:accesspoint/a--usw2-az1--xa-s3", InvalidBucket::Directory),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text), Err(expected), "{text}");
    }
}

#[test]
fn only_a_bucket_itself_has_a_buckets_name() {
    let rows = [
        ("acme", Ok(())),
        ("ap1-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", Err(InvalidBucket::NoBucket)),
        ("arn:aws:s3:us-west-2:123456789012:accesspoint/ap", Err(InvalidBucket::NoBucket)),
        ("arn:aws:s3:::acme", Err(InvalidBucket::BucketArn)),
        ("a--usw2-az1--x-s3", Err(InvalidBucket::Directory)),
    ];
    for (text, expected) in rows {
        assert_eq!(BucketName::parse(text).map(|name| assert_eq!(name.as_str(), text)), expected, "{text}");
    }
}

/// Two ways to write one access point are one.
#[test]
fn an_arn_is_the_same_with_slashes_and_with_colons() {
    let slashes = Resource::parse("arn:aws:s3:us-west-2:123456789012:accesspoint/ap").unwrap();
    let colons = Resource::parse("arn:aws:s3:us-west-2:123456789012:accesspoint:ap").unwrap();
    assert_eq!(slashes, colons);
    assert_eq!(colons.to_string(), "arn:aws:s3:us-west-2:123456789012:accesspoint/ap");
}

proptest! {
    #[test]
    fn whatever_is_read_prints_back_to_itself(text in "(arn:(aws|aws-cn)?:(s3|s3-outposts|s3-object-lambda):(us-west-2|cn-north-1)?:([0-9]{12})?:)?(outpost[/:]op-1[/:])?(accesspoint[/:])?[a-z0-9.:/-]{0,70}(-s3alias|--op-s3|--ol-s3|.mrap)?") {
        if let Ok(resource) = Resource::parse(&text) {
            let printed = resource.to_string();
            prop_assert_eq!(Resource::parse(&printed), Ok(resource));
            prop_assert_eq!(printed.replace('/', ":"), text.replace('/', ":"));
        }
    }
}
