//! What of the vectors the contract offers in this version, and why not the rest.

use serde_json::Value;

/// Why a vector's bucket has no place in a configuration.
pub fn bucket_not_offered(vector: &Value) -> Option<&'static str> {
    let name = vector["input"]["bucket"].as_str()?;
    let is_directory = name.ends_with("--x-s3") || name.ends_with("--xa-s3");
    is_directory.then_some("directory buckets need a session from the network")
}

/// Why a vector's request is none that a grant could allow.
pub struct NotOffered {
    pub reason: &'static str,
    /// Where the problem must point.
    pub pointer: &'static str,
}

/// What is not offered of a vector whose bucket is.
pub fn not_offered(vector: &Value) -> Option<NotOffered> {
    let (operation, input) = (vector["operation"].as_str().unwrap(), &vector["input"]);
    let params = input["params"].as_object().unwrap();
    let is_metadata = |name: &String| name.starts_with("x-amz-meta-");
    let has_extra = |name: &str| input[name].as_object().is_some_and(|extra| !extra.keys().all(is_metadata));
    let (reason, pointer) = operation_not_offered(operation)
        .or_else(|| past_the_function(operation, input["bucket"].as_str().unwrap_or_default()))
        .or_else(|| input["key"].as_str().and_then(key_not_offered).map(|reason| (reason, "#/key")))
        .or_else(|| {
            let whole = operation == "ListObjectsV2" && !params.contains_key("Prefix");
            whole.then_some(("a listing without a prefix", "#/prefix"))
        })
        .or_else(|| has_extra("extra_query").then_some(("a free extra query", "#/query")))
        .or_else(|| has_extra("extra_headers").then_some(("a free extra header", "#/headers")))
        .or_else(|| params.keys().find_map(|name| param_not_offered(operation, name)))
        .or_else(|| {
            let summed = params.keys().any(|name| name == "ContentMD5" || name.starts_with("Checksum"));
            (asks_for_lock(vector) && !summed).then_some(("a lock without a checksum, which S3 refuses", "#/checksum"))
        })?;
    Some(NotOffered { reason, pointer })
}

/// Whether it needs a grant that lets uploads be locked.
pub fn asks_for_lock(vector: &Value) -> bool {
    vector["input"]["params"].as_object().is_some_and(|params| params.keys().any(|name| name.starts_with("ObjectLock")))
}

fn operation_not_offered(operation: &str) -> Option<(&'static str, &'static str)> {
    match operation {
        "AbortMultipartUpload"
        | "CompleteMultipartUpload"
        | "CreateMultipartUpload"
        | "DeleteObject"
        | "GetObject"
        | "HeadObject"
        | "ListObjectsV2"
        | "ListParts"
        | "PutObject"
        | "RestoreObject"
        | "UploadPart" => None,
        _ => Some(("an operation that the contract has no name for", "#/operation")),
    }
}

fn past_the_function(operation: &str, bucket: &str) -> Option<(&'static str, &'static str)> {
    let is_lambda = bucket.contains(":s3-object-lambda:") || bucket.ends_with("--ol-s3");
    let reads = matches!(operation, "GetObject" | "HeadObject" | "ListObjectsV2");
    (is_lambda && !reads).then_some(("writing past Object Lambda's function", "#/operation"))
}

fn key_not_offered(key: &str) -> Option<&'static str> {
    let whole = key.strip_suffix('/').unwrap_or(key);
    let reasons = [
        (key.contains('\\'), "a key with a backslash"),
        (key.chars().any(char::is_control), "a key with a control character"),
        (whole.split('/').any(str::is_empty), "a key with an empty segment"),
        (whole.split('/').any(|segment| matches!(segment, "." | "..")), "a key with a dot segment"),
    ];
    reasons.iter().find(|(holds, _)| *holds).map(|(_, reason)| *reason)
}

fn param_not_offered(operation: &str, name: &str) -> Option<(&'static str, &'static str)> {
    let nameless = "a parameter that the contract has no name for";
    let condition = "a condition that may be sent unsigned";
    match name {
        "ACL" => Some(("an ACL header", "#/acl")),
        // Of an upload in parts it is `x-amz-checksum-algorithm`, and obliges to nothing more.
        "ChecksumAlgorithm" if operation != "CreateMultipartUpload" => {
            Some(("x-amz-sdk-checksum-algorithm, which obliges to more than it says", "#/checksum_algorithm"))
        }
        "ChecksumMD5" | "ChecksumSHA512" => Some(("more than the five checksum algorithms", "#/checksum/algorithm")),
        "EncodingType" => Some((nameless, "#/encoding_type")),
        "ExpectedBucketOwner" => Some((nameless, "#/expected_bucket_owner")),
        "FetchOwner" => Some((nameless, "#/fetch_owner")),
        "IfMatch" => Some((condition, "#/if_match")),
        "IfModifiedSince" => Some((condition, "#/if_modified_since")),
        "IfNoneMatch" if !matches!(operation, "CompleteMultipartUpload" | "PutObject") => {
            Some((condition, "#/if_none_match"))
        }
        "IfUnmodifiedSince" => Some((condition, "#/if_unmodified_since")),
        "Range" => Some(("a signed Range", "#/range")),
        _ => None,
    }
}
