//! Which methods a URL can be for. The method is signed, but does not stand in the URL.

use crate::domain::used_url::UsedUrl;

/// The methods that fit what the URL says; empty if any may.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>
pub fn fitting(url: &UsedUrl<'_>) -> &'static [&'static str] {
    let has = |name| url.has(name);
    if let Some(methods) = url.parameter("x-id").and_then(|operation| of_sdk_operation(&operation)) {
        return methods;
    }
    match () {
        () if has("uploads") || has("restore") || has("delete") => &["POST"],
        () if has("uploadId") && has("partNumber") => &["PUT"],
        () if has("uploadId") => &["DELETE", "GET", "POST"],
        () if has("list-type") || has("versions") => &["GET"],
        () if url.query.iter().any(|(name, _)| name.starts_with("response-")) => &["GET", "HEAD"],
        () if url.signed_headers().iter().any(|name| is_of_uploads(name)) => &["POST", "PUT"],
        () if has("versionId") => &["DELETE", "GET", "HEAD"],
        () => &[],
    }
}

/// The AWS SDKs for Go, Java, JavaScript and Rust sign the operation's name in.
fn of_sdk_operation(operation: &str) -> Option<&'static [&'static str]> {
    match operation {
        "CreateMultipartUpload" | "CompleteMultipartUpload" => Some(&["POST"]),
        "DeleteObject" | "AbortMultipartUpload" => Some(&["DELETE"]),
        "GetObject" | "ListParts" => Some(&["GET"]),
        "HeadObject" => Some(&["HEAD"]),
        "PutObject" | "UploadPart" => Some(&["PUT"]),
        _ => None,
    }
}

fn is_of_uploads(name: &str) -> bool {
    let exact = ["cache-control", "content-encoding", "content-length", "content-md5", "content-type", "if-none-match"];
    let begins = ["x-amz-checksum-", "x-amz-meta-", "x-amz-object-lock-"];
    let whole = ["x-amz-server-side-encryption", "x-amz-storage-class", "x-amz-tagging"];
    exact.contains(&name) || whole.contains(&name) || begins.iter().any(|start| name.starts_with(start))
}
