//! What S3's error says of a POST form.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use crate::domain::diagnose::answer::Answer;
use crate::domain::diagnose::finding::Finding;
use crate::domain::diagnose::finding::FindingCode;
use crate::domain::diagnose::quotes::Quotes;
use crate::domain::diagnose::said_of_bodies;
use crate::domain::used_url::UsedUrl;

/// Whether the answer is to a form: it says so, or S3 saw a signature where the URL has none.
pub fn is_of_form(answer: &Answer, url: Option<&UsedUrl<'_>>) -> bool {
    let has_words = WORDS.iter().any(|words| answer.says(words));
    let is_bare = url.is_some_and(|url| url.query.iter().all(|(name, _)| !name.to_lowercase().contains("x-amz-")));
    let of_form = ["EntityTooLarge", "EntityTooSmall", "InvalidPolicyDocument", "SignatureDoesNotMatch"];
    match answer.code.as_str() {
        "AccessDenied" | "InvalidArgument" => has_words,
        code if OF_FORMS.contains(&code) => true,
        code => is_bare && of_form.contains(&code),
    }
}

/// Errors that no other request has.
const OF_FORMS: [&str; 5] = [
    "IncorrectNumberOfFilesInPostRequest",
    "MalformedPOSTRequest",
    "MaxPostPreDataLengthExceededError",
    "RequestIsNotMultiPartContent",
    "UserKeyMustBeSpecified",
];

/// As AWS says it, and as Ceph does.
const WORDS: [&str; 7] = [
    "according to policy",
    "missing aws4 signature",
    "policy check failed",
    "policy condition failed",
    "policy expired",
    "policy missing condition",
    "post requires exactly one file",
];

/// What is wrong with the form.
pub fn finding(answer: &Answer, quotes: &Quotes) -> Finding {
    match answer.code.as_str() {
        "EntityTooLarge" | "EntityTooSmall" => said_of_bodies::finding(answer, quotes),
        "SignatureDoesNotMatch" | "InvalidPolicyDocument" => changed(
            "The form's signature does not fit its policy: `policy`, `x-amz-signature`, `x-amz-credential` or \
             `x-amz-date` was changed, left out or mixed with another form's."
                .to_owned(),
        ),
        code if OF_FORMS.contains(&code) => changed(format!(
            "The form is not one that S3 reads: {}.",
            quotes.quote(if answer.message.is_empty() { code } else { &answer.message })
        )),
        _ if answer.says("policy expired") => Finding::new(
            FindingCode::Expired,
            "The form has ended: its policy's expiration has passed.",
            "Ask for a new form right before the upload.",
        ),
        _ if answer.says("extra input") || answer.says("missing condition") => {
            changed(format!("The form has a field that its policy does not know: {}.", quotes.quote(&answer.message)))
        }
        _ => changed(format!("A field of the form is not what its policy demands: {}.", quotes.quote(&answer.message))),
    }
}

fn changed(detail: String) -> Finding {
    Finding::new(
        FindingCode::FormPolicyFailed,
        detail,
        "Send exactly the answer's `fields`, unchanged and none besides, as multipart/form-data, and `file` as the last \
         one: S3 reads no field behind it.",
    )
}
