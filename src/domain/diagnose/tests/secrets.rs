//! Whatever is asked, nothing panics and no finding repeats a secret.

use proptest::prelude::*;

use super::*;
use crate::domain::used_url::decoded;

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// Pieces of URLs and answers, out of which others are made.
fn piece() -> impl Strategy<Value = String> {
    let known: Vec<String> = [
        "X-Amz-SignedHeaders=",
        "X-Amz-Credential=",
        "X-Amz-Date=",
        "X-Amz-Algorithm=",
        "Content-Type:",
        "&",
        "%",
        "%25",
        "/",
        "?",
        "\n",
        ";",
        "+",
        "..",
        "PUT\n",
        "UNSIGNED-PAYLOAD",
        "> PUT /a?b HTTP/1.1\n",
        "> Host: ",
        "> x-amz-",
        "&amp;",
        "<Code>SignatureDoesNotMatch</Code>",
        "<Code>AccessDenied</Code>",
        "<HeadersNotSigned>",
        "</HeadersNotSigned>",
        "<CanonicalRequest>",
        "</CanonicalRequest>",
        "<Message>",
        "</Message>",
        "<Error>",
        "</Error>",
        SIGNATURE,
        TOKEN,
        "x-amz-server-side-encryption-customer-key:",
    ]
    .map(str::to_owned)
    .into();
    prop_oneof![3 => proptest::sample::select(known), 1 => ".{0,6}"]
}

proptest! {
    #[test]
    fn nothing_panics(url in ".{0,200}", answer in proptest::option::of(".{0,200}")) {
        _ = found(&url, answer.as_deref());
    }

    #[test]
    fn no_finding_repeats_a_secret(
        inside in proptest::collection::vec(piece(), 0..12),
        message in proptest::collection::vec(piece(), 0..12),
        place in 0_usize..6,
    ) {
        let inside = inside.concat();
        let token = format!("&X-Amz-Security-Token={TOKEN}&");
        let url = match place {
            0 => PUT.replace("&X-Amz-Date", &format!("{token}{inside}&X-Amz-Date")),
            1 => PUT.replace("content-type%3Bhost", &inside).replacen('&', &token, 1),
            2 => PUT.replace("/users/", &format!("/{inside}/")).replacen('&', &token, 1),
            _ => PUT.replacen('&', &token, 1),
        };
        let message = message.concat();
        let escaped = message.replace('&', "&amp;").replace('<', "&lt;");
        let key = format!("x-amz-server-side-encryption-customer-key:{KEY}\nhost:");
        let seen = SEEN.replace("host:", &key).replace("image/png", &escaped);
        let signs_key = url.replace("content-type%3B", "content-type%3Bx-amz-server-side-encryption-customer-key%3B");
        let answers = [
            mismatch(&seen),
            error("AccessDenied", &escaped, &format!("<HeadersNotSigned>{escaped}</HeadersNotSigned>")),
            error("Other", &escaped, ""),
            message,
        ];
        for answer in answers {
            for url in [&url, &signs_key] {
                let told = format!("{:?}", found(url, Some(&answer)));
                for secret in [SIGNATURE, TOKEN, &decoded(TOKEN), KEY] {
                    prop_assert!(!told.contains(secret), "{told}");
                }
            }
        }
    }
}
