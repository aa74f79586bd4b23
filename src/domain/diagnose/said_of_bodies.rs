//! What S3's error says of the object and of the body.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>

use crate::domain::diagnose::answer::Answer;
use crate::domain::diagnose::finding::Finding;
use crate::domain::diagnose::finding::FindingCode;
use crate::domain::diagnose::quotes::Quotes;

/// The finding for an error; every other one is told with S3's own words.
pub fn finding(answer: &Answer, quotes: &Quotes) -> Finding {
    match answer.code.as_str() {
        "BadDigest" | "InvalidDigest" | "XAmzContentChecksumMismatch" | "XAmzContentSHA256Mismatch" => body_differs(),
        "IncompleteBody" | "RequestTimeout" => Finding::new(
            FindingCode::BodyDiffers,
            "The body ended before its announced length: the file shrank, or the connection broke.",
            "Take the length from the bytes that you send; after a broken connection send it again.",
        ),
        "EntityTooLarge" | "EntityTooSmall" | "MaxMessageLengthExceeded" => of_size(answer, quotes),
        "InvalidRequest" | "MissingSecurityHeader" if answer.says("object lock") || answer.says("content-md5") => {
            Finding::new(
                FindingCode::ChecksumRequired,
                "An upload with Object Lock needs a checksum, and this one has none.",
                "Ask for the URL with `checksum` or `content_md5`, and send what the answer's `headers` says; each part \
                 of an upload needs its own.",
            )
        }
        "InvalidObjectState" => Finding::new(
            FindingCode::Archived,
            "The object is archived (Glacier or Deep Archive) and cannot be read before it is restored.",
            "Ask for RestoreObject, wait (minutes to two days, by tier), then read it.",
        ),
        "KMS.DisabledException" | "KMS.NotFoundException" | "KMS.KMSInvalidStateException" => Finding::new(
            FindingCode::KmsRefused,
            "The KMS key that the URL names is not there or not usable.",
            "Tell the operator: the key must be enabled and in the bucket's region.",
        ),
        "ConditionalRequestConflict" | "PreconditionFailed" => object_exists(),
        "MethodNotAllowed" => Finding::new(
            FindingCode::MethodDiffers,
            "S3 does not take that method there; a delete marker also answers GET and HEAD so.",
            "Send the method that the answer's `method` says; if it is that, the version is a delete marker.",
        ),
        "MissingContentLength" => length_unknown(),
        "NotImplemented" if answer.says("header") || answer.field("Header").is_some() => length_unknown(),
        "NoSuchKey" | "NoSuchVersion" => Finding::new(
            FindingCode::KeyNotFound,
            "The URL is right, but there is no such object or version under that key, byte by byte.",
            "Compare the key: upper case, blanks, a leading slash and the form of accents (NFC, NFD) count.",
        ),
        "NoSuchUpload" => Finding::new(
            FindingCode::UploadNotFound,
            "That upload in parts is not under way: it was completed, given up, or ended by a lifecycle rule.",
            "Begin the upload anew; if the completion was sent twice, look whether the object is there.",
        ),
        "InternalError" | "ServiceUnavailable" | "SlowDown" | "503 SlowDown" => Finding::new(
            FindingCode::S3Busy,
            "S3 failed or is asked too often; the URL is not at fault.",
            "Send the same request again after a pause that doubles each time, as long as the URL lives.",
        ),
        _ => Finding::new(
            FindingCode::UnknownError,
            format!("S3 answered {}: {}.", quotes.bare(&answer.code), quotes.quote(&answer.message)),
            "Look the code up in S3's list of errors: it is none that presigned URLs are known for.",
        ),
    }
}

fn body_differs() -> Finding {
    Finding::new(
        FindingCode::BodyDiffers,
        "The body is not the one that the checksum was made of: another file, a changed one, or one that the client \
         rewrote (line ends, compression, a form around it).",
        "Compute the checksum of the very bytes that you send, as base64 of the digest (not of its hex), and ask again.",
    )
}

fn of_size(answer: &Answer, quotes: &Quotes) -> Finding {
    let field = |names: [&str; 2]| names.into_iter().find_map(|name| answer.field(name)).map(|text| quotes.bare(text));
    let sizes = match (field(["ProposedSize", "ProposedSize"]), field(["MaxSizeAllowed", "MinSizeAllowed"])) {
        (Some(sent), Some(bound)) => format!(": {sent} bytes were sent, the bound is {bound}"),
        _ => String::new(),
    };
    Finding::new(
        FindingCode::SizeRefused,
        format!("The body is larger or smaller than S3 or the form's policy takes{sizes}."),
        "A form's range comes from the grant. Above 5 GiB an upload needs parts, each but the last of 5 MiB or more: \
         ask /v1/uploads for the plan.",
    )
}

fn object_exists() -> Finding {
    Finding::new(
        FindingCode::ObjectExists,
        "There is an object under that key already, or another upload to it is under way, and the URL writes only \
         once (if-none-match: *).",
        "Choose another key. If your own first try got through before the connection broke, the object is there.",
    )
}

fn length_unknown() -> Finding {
    Finding::new(
        FindingCode::LengthUnknown,
        "The client sent the body in chunks (Transfer-Encoding: chunked) without saying its length, and S3 refuses \
         that.",
        "Set Content-Length: give the client bytes or a file instead of a stream.",
    )
}
