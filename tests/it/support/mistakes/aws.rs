//! What AWS answers where S3 refuses, by its documentation and in the shape that its answers have.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>

use super::sent::Sent;
use crate::verifier;
use crate::verifier::Fault;

/// The answer's body; HEAD has none.
pub fn answer(fault: &Fault, sent: &Sent) -> String {
    if sent.method == "HEAD" {
        return "HTTP/1.1 403 Forbidden\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n\r\n".to_owned();
    }
    match fault {
        Fault::Signature | Fault::MissingHeader(_) => mismatch(sent),
        Fault::UnsignedHeader(name) => error(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            &format!("<HeadersNotSigned>{name}</HeadersNotSigned>"),
        ),
        Fault::Expired => error("AccessDenied", "Request has expired", EXPIRED),
        Fault::NotYetValid => error("AccessDenied", "Request is not yet valid", ""),
        Fault::Expires(_) => error(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             604800 seconds",
            "",
        ),
        Fault::Scope(_) if !sent.url.contains("eu-west-1") => error(
            "AuthorizationQueryParametersError",
            "Invalid credential date \"20261124\". This date is not the same as X-Amz-Date: \"20271124\".",
            "",
        ),
        Fault::Scope(_) => error(
            "AuthorizationQueryParametersError",
            "Error parsing the X-Amz-Credential parameter; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
            "<Region>us-east-1</Region>",
        ),
        Fault::UnknownKey(_) | Fault::SessionToken => {
            error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "")
        }
        Fault::Malformed(_) if !sent.url.contains("X-Amz-") => error("AccessDenied", "Access Denied", ""),
        Fault::Malformed(_) | Fault::SignedHeaders(_) => error(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
             X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            "",
        ),
        Fault::Algorithm(_) => error(
            "AuthorizationQueryParametersError",
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
            "",
        ),
        Fault::HeaderAndQueryDiffer(_) => error("InvalidRequest", "A header and a parameter differ", ""),
    }
}

const EXPIRED: &str = "<X-Amz-Expires>900</X-Amz-Expires><Expires>2026-11-24T12:15:00Z</Expires>\
     <ServerTime>2026-11-24T13:00:00Z</ServerTime>";

fn mismatch(sent: &Sent) -> String {
    let seen = sent.seen(verifier::canonical_request).unwrap_or_else(|fault| panic!("{fault:?}: {}", sent.url));
    let parameter = |name: &str| {
        let value = sent.url.split(['?', '&']).find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap();
        percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned()
    };
    let scope = parameter("X-Amz-Credential").split_once('/').map(|(_, scope)| scope.to_owned()).unwrap_or_default();
    let more = format!(
        "<AWSAccessKeyId>AKID</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256\n{}\n{scope}\n9f86d081</StringToSign>\
         <SignatureProvided>{}</SignatureProvided><CanonicalRequest>{}</CanonicalRequest>",
        parameter("X-Amz-Date"),
        parameter("X-Amz-Signature"),
        seen.replace('&', "&amp;").replace('<', "&lt;"),
    );
    let message = "The request signature we calculated does not match the signature you provided. Check your key and \
        signing method.";
    error("SignatureDoesNotMatch", message, &more)
}

fn error(code: &str, message: &str, more: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{more}\
         <RequestId>4442587FB7D0A2F9</RequestId><HostId>h=</HostId></Error>"
    )
}
