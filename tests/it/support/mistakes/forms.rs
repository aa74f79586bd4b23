//! Mistakes with forms.

use serde_json::json;

use super::Asked;
use super::Mistake;
use super::Told::As;
use super::Told::Documented;

fn form() -> Asked {
    let members =
        json!({"content_type": "image/png", "content_length_range": [10, 30], "metadata": {"owner": "alice"}});
    Asked::of("PostObject", members).at("forms")
}

pub fn rows() -> Vec<Mistake> {
    let failed = |answer, words| {
        [
            Documented(answer, "form_policy_failed", words),
            As("form_policy_failed", words),
            As("form_policy_failed", words),
        ]
    };
    vec![
        Mistake {
            what: "a field is missing",
            asked: form(),
            made: |sent| _ = sent.fields().remove("x-amz-meta-owner").unwrap(),
            told: failed(NO_OWNER, "field"),
        },
        Mistake {
            what: "a field is changed",
            asked: form(),
            made: |sent| _ = sent.fields().insert("x-amz-meta-owner".to_owned(), "bob".to_owned()),
            told: failed(NO_OWNER, "field"),
        },
        Mistake {
            what: "another key",
            asked: form(),
            made: |sent| _ = sent.fields().insert("key".to_owned(), "users/bob/x".to_owned()),
            told: failed(NO_OWNER, "field"),
        },
        Mistake {
            what: "a field more",
            asked: form(),
            made: |sent| _ = sent.fields().insert("acl".to_owned(), "public-read".to_owned()),
            told: failed(EXTRA, "field"),
        },
        Mistake {
            what: "the type is left out",
            asked: form(),
            made: |sent| sent.fields().retain(|name, _| !name.eq_ignore_ascii_case("content-type")),
            told: failed(NO_OWNER, "field"),
        },
        Mistake {
            what: "the file is above the range",
            asked: form(),
            made: |sent| sent.body = "x".repeat(31).into(),
            told: [
                Documented(TOO_LARGE, "size_refused", "31 bytes were sent"),
                As("size_refused", "range"),
                As("size_refused", "range"),
            ],
        },
        Mistake {
            what: "the file is below the range",
            asked: form(),
            made: |sent| sent.body = "x".into(),
            told: [
                Documented(TOO_SMALL, "size_refused", "1 bytes were sent"),
                As("size_refused", "range"),
                As("size_refused", "range"),
            ],
        },
        Mistake {
            what: "the form has ended",
            asked: Asked { at: -3600, ..form() },
            made: |_| (),
            told: [Documented(ENDED, "expired", "form"), As("expired", "form"), As("expired", "form")],
        },
        Mistake {
            what: "the policy is changed",
            asked: form(),
            made: |sent| sent.fields().get_mut("policy").unwrap().replace_range(..4, "eyJj"),
            told: [
                Documented(MISMATCH, "form_policy_failed", "unchanged"),
                As("form_policy_failed", "unchanged"),
                As("not_presigned", "unchanged"),
            ],
        },
        Mistake {
            what: "the signature is left out",
            asked: form(),
            made: |sent| _ = sent.fields().remove("x-amz-signature").unwrap(),
            told: [
                Documented(DENIED, "not_presigned", "unchanged"),
                As("not_presigned", "unchanged"),
                As("form_policy_failed", "field"),
            ],
        },
        Mistake {
            what: "PUT to the form's URL",
            asked: form(),
            made: |sent| {
                sent.method = "PUT".to_owned();
                sent.fields = None;
            },
            told: [
                Documented(DENIED, "not_presigned", "form"),
                As("not_presigned", "form"),
                As("not_presigned", "form"),
            ],
        },
    ]
}

const NO_OWNER: &str = "<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy Condition failed: \
    [\"eq\", \"$x-amz-meta-owner\", \"alice\"]</Message></Error>";
const EXTRA: &str = "<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Extra input fields: \
    acl</Message></Error>";
const TOO_LARGE: &str = "<Error><Code>EntityTooLarge</Code><Message>Your proposed upload exceeds the maximum allowed \
    size</Message><ProposedSize>31</ProposedSize><MaxSizeAllowed>30</MaxSizeAllowed></Error>";
const TOO_SMALL: &str = "<Error><Code>EntityTooSmall</Code><Message>Your proposed upload is smaller than the minimum \
    allowed size</Message><ProposedSize>1</ProposedSize><MinSizeAllowed>10</MinSizeAllowed></Error>";
const ENDED: &str = "<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message>\
    </Error>";
const MISMATCH: &str = "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not \
    match the signature you provided. Check your key and signing method.</Message><StringToSign>eyJj</StringToSign>\
    </Error>";
const DENIED: &str = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
