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
        "EntityTooSmall" if answer.field("PartNumber").is_some() => parts_refused(),
        "EntityTooLarge" | "EntityTooSmall" | "MaxMessageLengthExceeded" => of_size(answer, quotes),
        "InvalidRequest" | "MissingSecurityHeader" if answer.says("object lock") || answer.says("content-md5") => {
            Finding::new(
                FindingCode::ChecksumRequired,
                "An upload with Object Lock needs a checksum, and this one has none.",
                "Ask for the URL with `checksum` or `content_md5`, and send what the answer's `headers` says; each part \
                 of an upload needs its own.",
            )
        }
        "InvalidArgument" | "InvalidRequest" | "InvalidEncryptionAlgorithmError"
            if answer.says("server side encryption") || answer.says("encryption parameters") =>
        {
            of_encryption_key(answer)
        }
        "InvalidPart" | "InvalidPartOrder" => parts_refused(),
        "InvalidRange" => range_refused(),
        "MalformedXML" => body_malformed(),
        "InvalidObjectState" => Finding::new(
            FindingCode::Archived,
            "The object is archived (Glacier or Deep Archive) and cannot be read before it is restored.",
            "Ask for RestoreObject, wait (minutes to two days, by tier), then read it.",
        ),
        code if code.starts_with("KMS.") => Finding::new(
            FindingCode::KmsRefused,
            format!(
                "The object's KMS key is not there or not usable: {} {}.",
                quotes.bare(code),
                quotes.quote(&answer.message)
            ),
            "Tell the operator: the key must be a symmetric one that is enabled and in the bucket's region.",
        ),
        "ConditionalRequestConflict" | "PreconditionFailed" => object_exists(),
        "MethodNotAllowed" => Finding::new(
            FindingCode::MethodDiffers,
            "S3 does not take that method there; a delete marker also answers GET and HEAD so.",
            "Send the method that the answer's `method` says; if it is that, the version is a delete marker.",
        ),
        "MissingContentLength" => length_unknown(),
        "NotImplemented"
            if answer.says("transfer-encoding") || answer.says("header") || answer.field("Header").is_some() =>
        {
            length_unknown()
        }
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

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>
fn of_encryption_key(answer: &Answer) -> Finding {
    let detail = match answer.says("not applicable") {
        true => "The client sent a key of its own (SSE-C), but the object is not encrypted by one.",
        false => {
            "The object is encrypted by a key of its owner's (SSE-C), which S3 does not keep, and the request does not \
             bring that key."
        }
    };
    Finding::new(
        FindingCode::EncryptionKeyMissing,
        detail,
        "Ask for the URL with `server_side_encryption` exactly as for the upload, and send the three \
         x-amz-server-side-encryption-customer-… headers; no browser's address bar can.",
    )
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
fn parts_refused() -> Finding {
    Finding::new(
        FindingCode::PartsRefused,
        "The list of parts that ends the upload is not what was uploaded: a part is missing, has another ETag, stands \
         out of order, or is below 5 MiB and not the last.",
        "List the parts (ListParts), send them in ascending order with the ETag that each PUT answered, quotation marks \
         included; a browser sees ETag only if the bucket's CORS rules expose it.",
    )
}

fn body_malformed() -> Finding {
    Finding::new(
        FindingCode::BodyMalformed,
        "The body is not the XML that this operation takes: it is empty, JSON, or of another shape.",
        "To end an upload in parts send <CompleteMultipartUpload> with a <Part> of <PartNumber> and <ETag> for each.",
    )
}

fn range_refused() -> Finding {
    Finding::new(
        FindingCode::RangeRefused,
        "The client asked for a range that begins behind the object's end, as one does that takes up a download which \
         is whole already, or of an object that was replaced by a shorter one.",
        "Compare the size; fetch it again from the beginning without Range.",
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
