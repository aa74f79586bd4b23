//! What a presigned request in a log says of itself. Its signature and its session token are never kept.

use crate::domain::access_log::record::Record;
use crate::domain::operation::Method;
use crate::domain::operation::Operation;
use crate::domain::used_url::UsedUrl;
use crate::domain::used_url::decoded;

/// A request that was signed in its query.
pub struct Presigned {
    /// `x-presignd-id`, if it is there once.
    pub id: Option<String>,
    /// `None` where it cannot be told.
    pub access_key_id: Option<String>,
    /// In seconds from the epoch.
    pub ends_at: Option<i64>,
    /// `None`: none that presignd signs.
    pub operation: Option<Operation>,
    /// The object's key, or the prefix of a listing: each way in which the line tells it.
    pub names: Vec<String>,
}

impl Presigned {
    /// `None`: the request was not signed in its query.
    pub fn of(record: &Record<'_>) -> Option<Self> {
        let (method, target) = record.request?;
        let url = UsedUrl::of_target(target);
        // SigV2's names too: whoever holds the key can sign by either
        let is_signed = url.has("X-Amz-Signature") || (url.has("Signature") && url.has("AWSAccessKeyId"));
        if !is_signed {
            return None;
        }
        let operation = operation(method, &url, record);
        let ids = url.query.iter().filter(|(name, _)| decoded(name) == ID);
        let scope = url.credential().into_iter().next().filter(|id| !id.is_empty());
        Some(Self {
            id: if ids.count() == 1 { url.parameter(ID) } else { None },
            access_key_id: scope.or_else(|| url.parameter("AWSAccessKeyId")),
            ends_at: url.ends_at().map(|end| end.unix_timestamp()),
            names: names(operation, &url, record),
            operation,
        })
    }
}

const ID: &str = "x-presignd-id";

/// Which of presignd's operations the request is. What the query holds beside is another sub-resource (`acl`,
/// `tagging` …), and so another operation.
fn operation(method: &str, url: &UsedUrl<'_>, record: &Record<'_>) -> Option<Operation> {
    let strange = url.query.iter().map(|(name, _)| decoded(name)).any(|name| !is_known(&name));
    if strange || record.operation.contains(".COPY.") {
        return None;
    }
    let has = |name| url.has(name);
    let operation = match () {
        () if has("uploads") => Operation::CreateMultipartUpload,
        () if has("restore") => Operation::RestoreObject,
        () if has("list-type") => Operation::ListObjectsV2,
        () if has("uploadId") => return of_upload(method),
        () => return of_object(method),
    };
    (operation.row().method.as_str() == method).then_some(operation)
}

fn of_upload(method: &str) -> Option<Operation> {
    let steps = [
        Operation::AbortMultipartUpload,
        Operation::CompleteMultipartUpload,
        Operation::ListParts,
        Operation::UploadPart,
    ];
    steps.into_iter().find(|step| step.row().method.as_str() == method)
}

fn of_object(method: &str) -> Option<Operation> {
    let whole = [Operation::DeleteObject, Operation::GetObject, Operation::HeadObject, Operation::PutObject];
    whole.into_iter().find(|operation| operation.row().method.as_str() == method)
}

/// Parameters that presignd signs, and those of which S3 takes no notice.
fn is_known(name: &str) -> bool {
    let begins = ["X-Amz-", "x-", "response-"];
    KNOWN.contains(&name) || begins.iter().any(|start| name.starts_with(start))
}

const KNOWN: [&str; 14] = [
    "continuation-token",
    "delimiter",
    "encoding-type",
    "list-type",
    "max-keys",
    "max-parts",
    "part-number-marker",
    "partNumber",
    "prefix",
    "restore",
    "start-after",
    "uploadId",
    "uploads",
    "versionId",
];

/// The target is percent-encoded once, and may have the bucket before the key. A log that another store writes may
/// encode the key's field otherwise, so that the target speaks too.
fn names(operation: Option<Operation>, url: &UsedUrl<'_>, record: &Record<'_>) -> Vec<String> {
    if operation == Some(Operation::ListObjectsV2) {
        return vec![url.parameter("prefix").unwrap_or_default()];
    }
    let path = decoded(url.path);
    let path = path.strip_prefix('/').unwrap_or(&path);
    let behind_bucket = path.strip_prefix(record.bucket).and_then(|rest| rest.strip_prefix('/'));
    let mut names: Vec<_> = key_field(record).into_iter().chain(behind_bucket.map(str::to_owned)).collect();
    names.push(path.to_owned());
    names
}

/// Whether a request is a form's: it has no query, and its method is POST.
pub fn is_form(record: &Record<'_>) -> bool {
    record.request.is_some_and(|(method, target)| method == Method::Post.as_str() && !target.contains('?'))
}

/// The key's field, which is percent-encoded twice.
pub fn key_field(record: &Record<'_>) -> Option<String> {
    record.key.map(|key| decoded(&decoded(key)))
}
