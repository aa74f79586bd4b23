//! What `curl -v` prints makes certain what the store leaves open.

use super::*;

/// What curl prints of a right use of [`PUT`], but for its body.
fn shown(answer: &str) -> String {
    let (authority, target) = PUT.split_once("://").unwrap().1.split_once('/').unwrap();
    format!(
        "* Connected to {authority}\n> PUT /{target} HTTP/1.1\r\n> Host: {authority}\r\n> Accept: */*\r\n\
         > Content-Type: image/png\r\n> Content-Length: 5\r\n>\r\n}} [5 bytes data]\n< HTTP/1.1 403 Forbidden\r\n\
         < x-amz-request-id: 44\r\n<\r\n{{ [9 bytes data]\n{answer}"
    )
}

#[test]
fn what_the_client_sent_is_compared_where_the_store_repeats_nothing() {
    let silent = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message></Message></Error>";
    let mismatch = error("SignatureDoesNotMatch", "", "");
    let absent = error("NoSuchKey", "m", "");
    let host = "> Host: acme.s3.eu-west-1.amazonaws.com";
    let rows = [
        (
            "a right one",
            "",
            "",
            &mismatch,
            "header_value_differs",
            "The client sent PUT with content-type: \"image/png\"",
        ),
        ("no type", "> Content-Type: image/png\r\n", "", &mismatch, "header_missing", "content-type"),
        ("a charset", "image/png", "text/plain; charset=utf-8", &mismatch, "content_type_changed", "charset"),
        (
            "another host",
            host,
            "> Host: cdn.example",
            &mismatch,
            "host_differs",
            "The client sent the host \"cdn.example\"",
        ),
        ("another path", "> PUT /users", "> PUT /s3/users", &mismatch, "path_differs", "/s3/users/42"),
        (
            "by a proxy",
            "> PUT /",
            "> PUT https://acme.s3.eu-west-1.amazonaws.com/",
            &mismatch,
            "header_value_differs",
            "PUT",
        ),
        ("encoded again", "a%20b", "a%2520b", &mismatch, "encoded_twice", "a%2520b"),
        ("another method", "> PUT", "> GET", &mismatch, "method_differs", "The client sent GET, but"),
        ("a parameter more", " HTTP/1.1\r", "&v=1 HTTP/1.1\r", &mismatch, "query_differs", "added: v"),
        (
            "a token",
            "> Accept",
            "> Authorization: Bearer eyJ.e30.c2ln\r\n> Accept",
            &mismatch,
            "authorized_twice",
            "header",
        ),
        ("an ACL", "> Accept", "> x-amz-acl: private\r\n> Accept", &mismatch, "header_not_signed", "x-amz-acl"),
        ("no object", "", "", &absent, "key_not_found", "no such object"),
    ];
    for (case, from, to, answer, code, words) in rows {
        for answer in [answer.as_str(), silent] {
            let found = found(PUT, Some(&shown(answer).replacen(from, to, 1)));
            if answer == silent && code == "key_not_found" {
                continue;
            }
            assert_eq!(found[0].code.as_str(), code, "{case}: {found:#?}");
            assert!(found[0].detail.contains(words), "{case}: {found:#?}");
            assert!(!format!("{found:?}").contains("eyJ"), "{case}: {found:#?}");
        }
    }
}

#[test]
fn of_several_requests_the_last_counts() {
    let twice = shown("").replace("Content-Type: image/png", "Content-Type: a/b")
        + &shown(&error("SignatureDoesNotMatch", "", ""));
    assert!(found(PUT, Some(&twice))[0].detail.contains("image/png"), "{:#?}", found(PUT, Some(&twice)));
}
