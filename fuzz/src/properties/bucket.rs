//! What `bucket` names, with a region and options: read and written the same, and a host of AWS's and of no other.

use presignd::domain::bucket::Resource;
use presignd::domain::endpoint::Addressing;
use presignd::domain::endpoint::EndpointOptions;
use presignd::domain::endpoint::Target;
use presignd::domain::region::Region;
use presignd::domain::scheme::Scheme;

use super::line;

/// The input's lines are the bucket, the region, and the options in words.
pub fn hold(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (bucket, rest) = line(text);
    let (region, words) = line(rest);
    let Ok(resource) = Resource::parse(bucket) else { return };
    let written = resource.to_string();
    assert_eq!(Resource::parse(&written), Ok(resource.clone()), "{written}");
    let options = EndpointOptions {
        endpoint: None,
        region: Region::parse(region).ok(),
        only_own_region: words.contains("own"),
        addressing: words.contains("path").then_some(Addressing::Path),
        fips: words.contains("fips"),
        dual_stack: words.contains("dual"),
        accelerate: words.contains("fast"),
    };
    if let Ok(target) = Target::resolve(&resource, &options) {
        leads_to_aws(&target);
    }
}

fn leads_to_aws(target: &Target) {
    let Target { scheme, authority, host, base_path, .. } = target;
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    assert!(*scheme == Scheme::Https && authority == host && host.bytes().all(is_plain), "{target:?}");
    assert!(host.len() <= 253 && host.split('.').all(|label| (1..=63).contains(&label.len())), "{target:?}");
    assert!(SUFFIXES.iter().any(|suffix| host.ends_with(suffix)), "{target:?}");
    let segments = base_path.split('/').skip(1);
    assert!(base_path.is_empty() || (base_path.starts_with('/') && segments.clone().count() > 0), "{target:?}");
    assert!(segments.into_iter().all(|segment| !["", ".", ".."].contains(&segment)), "{target:?}");
}

/// The domains of AWS's partitions.
/// <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>
const SUFFIXES: [&str; 7] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
    ".sc2s.sgov.gov",
];
