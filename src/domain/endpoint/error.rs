//! Why a bucket or an access point cannot be reached as the configuration says.

/// Each variant speaks of one key of `[buckets.ALIAS]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("an endpoint of your own has no accelerate; remove one of the two")]
    AccelerateWithEndpoint,
    #[error("accelerate has no FIPS hosts; remove accelerate or fips")]
    AccelerateWithFips,
    #[error("accelerate needs the bucket's name in the host; remove accelerate, or addressing = \"path\"")]
    AccelerateWithPath,
    #[error("accelerate needs the bucket's name in the host, and {0:?} cannot stand there; remove accelerate")]
    AccelerateWithName(String),
    /// The rule set resolves the other partitions to hosts that do not exist or, for GovCloud, to the commercial one.
    #[error("accelerate is not to be had in the partition {0}; remove accelerate")]
    AccelerateOutsideAws(&'static str),
    #[error("an endpoint of your own has no dual_stack; remove it, and give the endpoint IPv6 itself")]
    DualStackWithEndpoint,
    /// The rule set would leave it out.
    #[error("{0} is reached by AWS's own host alone, and would ignore the endpoint; remove endpoint")]
    EndpointIgnored(&'static str),
    #[error("no name can stand before an IP address, as {0} needs; write an endpoint with a host's name")]
    EndpointIsAddress(&'static str),
    #[error("this alias is of a test stack, which has no host of its own; add endpoint = \"https://…\"")]
    EndpointMissing,
    /// The rule set would make it https, and leave the path out.
    #[error("an endpoint for Outposts is https:// and a host, and nothing else; write it so")]
    EndpointNotPlain,
    #[error("the partition aws-cn has no FIPS hosts; remove fips")]
    FipsInChina,
    #[error("an endpoint of your own has no fips; remove it, or write the FIPS host as the endpoint")]
    FipsWithEndpoint,
    #[error("{kind} has no {option} hosts; remove {option}")]
    NotFor { kind: &'static str, option: &'static str },
    #[error("the ARN is of the partition {arn}, the region of {region}; remove region, or write the ARN's")]
    Partition { arn: &'static str, region: &'static str },
    #[error("{0} is reached by its name in the host alone; remove addressing")]
    PathStyle(&'static str),
    #[error("{0:?} is no region of AWS, such as eu-west-1; correct it, or set the endpoint of the store that has it")]
    Region(String),
    #[error(
        "the ARN is of the region {arn}, and use_arn_region is false; write the ARN's region, remove region, or set \
         use_arn_region = true"
    )]
    RegionDiffers { arn: String },
}

impl EndpointError {
    /// The key of `[buckets.ALIAS]` that the error is about.
    pub fn key(&self) -> &'static str {
        match self {
            Self::AccelerateOutsideAws(_)
            | Self::AccelerateWithEndpoint
            | Self::AccelerateWithFips
            | Self::AccelerateWithName(_)
            | Self::AccelerateWithPath => "accelerate",
            Self::DualStackWithEndpoint => "dual_stack",
            Self::EndpointIgnored(_) | Self::EndpointIsAddress(_) | Self::EndpointMissing | Self::EndpointNotPlain => {
                "endpoint"
            }
            Self::FipsInChina | Self::FipsWithEndpoint => "fips",
            Self::NotFor { option, .. } => option,
            Self::Partition { .. } | Self::Region(_) | Self::RegionDiffers { .. } => "region",
            Self::PathStyle(_) => "addressing",
        }
    }
}
