//! Errors that AWS documents, and Ceph's own: what is told of each.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>

use super::*;

#[test]
fn what_s3_says_is_told_in_other_words() {
    let signed = "There were headers present in the request which were not signed";
    let expired = "<X-Amz-Expires>900</X-Amz-Expires><Expires>2026-11-24T12:15:00Z</Expires>\
        <ServerTime>2026-11-24T12:16:00Z</ServerTime>";
    let skewed = "<RequestTime>20261124T120000Z</RequestTime><ServerTime>2026-11-24T13:00:00Z</ServerTime>\
        <MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>";
    let locked = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock \
        parameters";
    let two = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
        parameter or the Authorization header should be specified";
    let two_more = "<ArgumentName>Authorization</ArgumentName><ArgumentValue>Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln\
        </ArgumentValue>";
    let region = "Error parsing the X-Amz-Credential parameter; the region 'eu-west-1' is wrong; expecting 'us-east-2'";
    let week = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less \
        than 604800 seconds";
    let lacks = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
        X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
    let iam = "User: arn:aws:iam::123456789012:user/up is not authorized to perform: s3:PutObject on resource: \
        \"arn:aws:s3:::acme/users/42/a\" because no identity-based policy allows the s3:PutObject action";
    let malformed = "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \
        \"&lt;YOUR-AKID&gt;/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    let other_day = "Invalid credential date \"20261125\". This date is not the same as X-Amz-Date: \"20261124\".";
    let stored_sse_c = "The object was stored using a form of Server Side Encryption. The correct parameters must be \
        provided to retrieve the object.";
    let plain_sse_c = "The encryption parameters are not applicable to this object.";
    let explicit = "User: arn:aws:iam::1:user/up is not authorized to perform: s3:GetObject on resource: \
        \"arn:aws:s3:::acme/a\" with an explicit deny in a resource-based policy";
    let rows = [
        (
            "AccessDenied",
            signed,
            "<HeadersNotSigned>x-amz-acl, x-amz-meta-a</HeadersNotSigned>",
            "header_not_signed",
            "x-amz-acl, x-amz-meta-a",
        ),
        ("AccessDenied", "Request has expired", expired, "expired", "2026-11-24T12:15:00Z"),
        ("AccessDenied", "Request is not yet valid", "", "not_yet_valid", "X-Amz-Date"),
        ("AccessDenied", "Invalid according to Policy: Policy expired.", "", "expired", "form"),
        (
            "AccessDenied",
            "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$key\", \"a\"]",
            "",
            "form_policy_failed",
            "$key",
        ),
        ("AccessDenied", "Invalid according to Policy: Extra input fields: x", "", "form_policy_failed", "Extra input"),
        ("AccessDenied", iam, "", "access_denied", "s3:PutObject"),
        ("AccessDenied", "Access Denied because object protected by object lock.", "", "lock_refused", "retention"),
        ("AccessDenied", "not authorized to perform: kms:GenerateDataKey", "", "kms_refused", "KMS"),
        ("AccessDenied", "Access Denied", "", "access_denied", "without a reason"),
        ("AccessDenied", "", "<BucketName>acme</BucketName>", "access_denied", "without a reason"),
        ("AccessDenied", "", "", "signature_differs", "content-type not sent"),
        ("InvalidArgument", "", "", "authorized_twice", "Authorization"),
        (
            "AuthorizationHeaderMalformed",
            "the region 'a' is wrong",
            "<Region>us-east-2</Region>",
            "region_differs",
            "us-east-2",
        ),
        ("AuthorizationQueryParametersError", region, "<Region>us-east-2</Region>", "region_differs", "us-east-2"),
        ("AuthorizationQueryParametersError", malformed, "", "credential_malformed", "cannot read"),
        ("AuthorizationQueryParametersError", other_day, "", "date_disagrees", "not the day"),
        ("AuthorizationQueryParametersError", week, "", "expires_out_of_range", "604800"),
        ("AuthorizationQueryParametersError", lacks, "", "parameter_missing", "-Signature"),
        (
            "PermanentRedirect",
            "The bucket…",
            "<Endpoint>acme.s3.us-east-2.amazonaws.com</Endpoint>",
            "region_differs",
            "us-east-2",
        ),
        ("TemporaryRedirect", "Please re-send", "<Endpoint>e</Endpoint>", "region_differs", "S3 points to e"),
        ("BadDigest", "The Content-MD5 you specified did not match", "", "body_differs", "checksum"),
        ("InvalidDigest", "The Content-MD5 you specified was invalid.", "", "body_differs", "checksum"),
        ("XAmzContentChecksumMismatch", "m", "", "body_differs", "checksum"),
        ("IncompleteBody", "You did not provide the number of bytes", "", "body_differs", "length"),
        (
            "EntityTooLarge",
            "m",
            "<ProposedSize>9</ProposedSize><MaxSizeAllowed>5</MaxSizeAllowed>",
            "size_refused",
            "9 bytes were sent, the bound is 5",
        ),
        (
            "EntityTooSmall",
            "m",
            "<ProposedSize>1</ProposedSize><MinSizeAllowed>5</MinSizeAllowed>",
            "size_refused",
            "1 bytes were sent",
        ),
        (
            "ExpiredToken",
            "The provided token has expired.",
            "<Token-0>IQoJb3JpZ2luX2VjEJr</Token-0>",
            "session_ended",
            "temporary",
        ),
        ("InvalidToken", "m", "<Token-0>IQoJb3JpZ2luX2VjEJr</Token-0>", "access_key_unknown", "session token"),
        ("InvalidAccessKeyId", "m", "<AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId>", "access_key_unknown", "access key"),
        ("InvalidArgument", two, two_more, "authorized_twice", "Authorization"),
        ("InvalidArgument", "something else", "", "unknown_error", "something else"),
        ("InvalidRequest", locked, "", "checksum_required", "Object Lock"),
        (
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
            "",
            "signature_version_2",
            "version 2",
        ),
        ("InvalidObjectState", "m", "<StorageClass>GLACIER</StorageClass>", "archived", "archived"),
        ("MethodNotAllowed", "m", "<Method>GET</Method>", "method_differs", "delete marker"),
        ("MissingContentLength", "m", "", "length_unknown", "chunked"),
        (
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
            "<Header>Transfer-Encoding</Header>",
            "length_unknown",
            "chunked",
        ),
        ("NoSuchBucket", "m", "<BucketName>acme</BucketName>", "bucket_not_found", "bucket"),
        ("NoSuchKey", "m", "<Key>a</Key>", "key_not_found", "key"),
        ("NoSuchUpload", "m", "<UploadId>a</UploadId>", "upload_not_found", "upload"),
        ("PreconditionFailed", "m", "<Condition>If-None-Match</Condition>", "object_exists", "already"),
        ("RequestTimeTooSkewed", "m", skewed, "clock_off", "13:00:00Z"),
        ("KMS.DisabledException", "arn:aws:kms:k is disabled.", "", "kms_refused", "is disabled"),
        ("KMS.NotFoundException", "Key 'k' does not exist", "", "kms_refused", "does not exist"),
        ("MalformedXML", "m", "", "body_malformed", "XML"),
        ("InvalidPart", "m", "<PartNumber>2</PartNumber>", "parts_refused", "another ETag"),
        ("InvalidPartOrder", "m", "", "parts_refused", "out of order"),
        (
            "EntityTooSmall",
            "m",
            "<PartNumber>1</PartNumber><ProposedSize>1</ProposedSize><MinSizeAllowed>5242880</MinSizeAllowed>",
            "parts_refused",
            "below 5 MiB",
        ),
        ("InvalidRange", "m", "<ActualObjectSize>20</ActualObjectSize>", "range_refused", "behind the object's end"),
        ("InvalidRequest", stored_sse_c, "", "encryption_key_missing", "SSE-C"),
        ("InvalidRequest", plain_sse_c, "", "encryption_key_missing", "not encrypted by one"),
        ("MalformedPOSTRequest", "m", "", "form_policy_failed", "not one that S3 reads"),
        ("UserKeyMustBeSpecified", "m", "", "form_policy_failed", "not one that S3 reads"),
        ("AccessDenied", "Policy missing condition: acl", "", "form_policy_failed", "does not know"),
        ("AccessDenied", explicit, "", "access_denied", "explicit deny"),
        ("RequestTimeout", "m", "", "body_differs", "length"),
        ("TokenRefreshRequired", "m", "", "session_ended", "temporary"),
        ("Redirect", "m", "<Endpoint>e</Endpoint>", "region_differs", "S3 points to e"),
        ("IllegalLocationConstraintException", "m", "", "region_differs", "elsewhere"),
        ("InternalError", "We encountered an internal error. Please try again.", "", "s3_busy", "not at fault"),
        ("NoSuchVersion", "m", "", "key_not_found", "version"),
        ("ConditionalRequestConflict", "m", "", "object_exists", "under way"),
        ("SlowDown", "Please reduce your request rate.", "", "s3_busy", "too often"),
        ("Teapot", "short and stout", "", "unknown_error", "Teapot: \"short and stout\""),
    ];
    for (code, message, more, expected, words) in rows {
        let found = found(PUT, Some(&error(code, message, more)));
        assert_eq!(found[0].code.as_str(), expected, "{code} {message}: {found:#?}");
        assert!(found[0].detail.contains(words), "{code} {message}: {found:#?}");
    }
}
