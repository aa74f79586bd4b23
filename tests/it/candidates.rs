//! Which grants are candidates: the bucket, the issuer, the claims, the operation and the key, each from outside.

use serde_json::json;

use crate::support::presignd::Presignd;
use crate::support::setting::DENIED;
use crate::support::setting::ISSUER;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::buckets;
use crate::support::setting::expect_reply;
use crate::support::setting::grant_of;
use crate::support::setting::run;
use crate::support::setting::setting;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;

#[test]
fn a_candidate_is_for_the_bucket_the_issuer_and_the_operation() {
    let config = r#"
        [[issuers]]
        name = "partner"
        issuer = "https://partner.example"
        audiences = ["presignd"]
        hmac_secret_env = "PARTNER_SECRET"
        [[grants]]
        name = "reads"
        issuers = ["corp"]
        bucket = "one"
        prefix = "a/"
        actions = ["read"]
        [[grants]]
        name = "writes"
        issuers = ["corp"]
        bucket = "two"
        prefix = "a/"
        actions = ["write"]
        [[grants]]
        name = "gets"
        issuers = ["corp"]
        bucket = "three"
        prefix = ""
        actions = ["GetObject"]
        [[grants]]
        name = "deletes-and-lists"
        issuers = ["corp"]
        bucket = "four"
        prefix = ""
        actions = ["delete", "list"]
        [[grants]]
        name = "partners"
        issuers = ["partner"]
        bucket = "five"
        prefix = ""
        actions = ["read", "write"]
        [[grants]]
        name = "not-for-partner"
        effect = "deny"
        issuers = ["partner"]
        bucket = "six"
        prefix = "a/corp/"
        [[grants]]
        name = "both"
        issuers = ["corp", "partner"]
        bucket = "six"
        prefix = ""
        actions = ["read"]
    "#;
    let presignd: Presignd = setting(&[ISSUER, config, &buckets(&["one", "two", "three", "four", "five", "six"])]);
    let service = presignd.env("PARTNER_SECRET", "partner-secret-of-more-than-32-bytes").serve();
    let is = |case, request, expected| (case, json!({}), request, expected);
    run(
        &service,
        &[
            is("read gives GetObject", ask("GetObject", "one", "a/b"), Ok("reads")),
            is("read gives HeadObject", ask("HeadObject", "one", "a/b"), Ok("reads")),
            is("read does not give PutObject", ask("PutObject", "one", "a/b"), NO_GRANT),
            is("read does not give DeleteObject", ask("DeleteObject", "one", "a/b"), NO_GRANT),
            is("read does not give ListObjectsV2", ask("ListObjectsV2", "one", "a/"), NO_GRANT),
            is("write gives PutObject", ask("PutObject", "two", "a/b"), Ok("writes")),
            is("write gives CreateMultipartUpload", ask("CreateMultipartUpload", "two", "a/b"), Ok("writes")),
            is("write gives UploadPart", ask("UploadPart", "two", "a/b"), Ok("writes")),
            is("write gives CompleteMultipartUpload", ask("CompleteMultipartUpload", "two", "a/b"), Ok("writes")),
            is("write gives AbortMultipartUpload", ask("AbortMultipartUpload", "two", "a/b"), Ok("writes")),
            is("write gives ListParts", ask("ListParts", "two", "a/b"), Ok("writes")),
            is("read does not give ListParts", ask("ListParts", "one", "a/b"), NO_GRANT),
            is("list does not give ListParts", ask("ListParts", "four", "b"), NO_GRANT),
            is("each step asks for its own key", ask("UploadPart", "two", "b"), NO_GRANT),
            is("write does not give GetObject", ask("GetObject", "two", "a/b"), NO_GRANT),
            is("write does not give DeleteObject", ask("DeleteObject", "two", "a/b"), NO_GRANT),
            is("an operation stands for itself", ask("GetObject", "three", "b"), Ok("gets")),
            is("and for no other of its action", ask("HeadObject", "three", "b"), NO_GRANT),
            is("delete gives DeleteObject", ask("DeleteObject", "four", "b"), Ok("deletes-and-lists")),
            is("delete and list do not give GetObject", ask("GetObject", "four", "b"), NO_GRANT),
            is("another bucket", ask("GetObject", "two", "a/b"), NO_GRANT),
            is("no such bucket", ask("GetObject", "seven", "a/b"), NO_GRANT),
            is("a real bucket's name", ask("GetObject", "acme-one", "a/b"), NO_GRANT),
            is("a bucket's name in other letters", ask("GetObject", "One", "a/b"), NO_GRANT),
            is("another issuer's grant", ask("GetObject", "five", "b"), NO_GRANT),
            is("a deny for another issuer", ask("GetObject", "six", "a/corp/b"), Ok("both")),
            is("a grant of several issuers", ask("GetObject", "six", "b"), Ok("both")),
            is("below the prefix", ask("GetObject", "one", "a/b/c/d.txt"), Ok("reads")),
            is("the prefix itself", ask("GetObject", "one", "a/"), Ok("reads")),
            is("the prefix without its slash", ask("GetObject", "one", "a"), NO_GRANT),
            is("a segment that begins like it", ask("GetObject", "one", "ab/c"), NO_GRANT),
            is("the prefix in other letters", ask("GetObject", "one", "A/b"), NO_GRANT),
            is("the prefix later in the key", ask("GetObject", "one", "b/a/c"), NO_GRANT),
            is("a percent-encoded slash is no slash", ask("GetObject", "one", "a%2fb"), NO_GRANT),
        ],
    );
    let partner = Issuer::hmac("partner-secret-of-more-than-32-bytes");
    for (case, bucket, key, expected) in [
        ("partner's own", "five", "a/b", Ok("partners")),
        ("shared", "six", "a/b", Ok("both")),
        ("a deny for this issuer", "six", "a/corp/b", DENIED),
        ("corp's, with the same sub", "one", "a/b", NO_GRANT),
    ] {
        let token = partner.token(&claims("https://partner.example", "presignd", "42", &json!({})));
        expect_reply(case, &service.post(&token, "/v1/presign", &ask("GetObject", bucket, key)), expected);
    }
}

#[test]
fn every_claim_of_when_must_hold() {
    let conditions = [
        ("text", r#"role = "editor""#),
        ("integer", "level = 3"),
        ("boolean", "verified = true"),
        ("any", r#"groups = ["editors", "admins"]"#),
        ("all", r#"groups = { all = ["legal", "staff"] }"#),
        ("two", r#"role = "editor", level = 3"#),
        ("nested", r#"realm_access.roles = "editor""#),
        ("quoted", r#""https://acme.com/role" = "editor""#),
        ("dotted", r#""realm_access.roles" = "editor""#),
        ("scope", r#"scope = "uploads""#),
        ("scopes", r#"scope = { all = ["uploads", "downloads"] }"#),
    ];
    let grant = |(bucket, when): (&str, &str)| grant_of(bucket, &format!("actions = [\"read\"]\nwhen = {{ {when} }}"));
    let grants: String = conditions.into_iter().map(grant).collect();
    let service = setting(&[ISSUER, &grants, &buckets(&conditions.map(|(bucket, _)| bucket))]).serve();
    let is = |case, bucket, claims, holds: bool| {
        let expected = if holds { Ok(bucket) } else { NO_GRANT };
        (case, claims, ask("GetObject", bucket, "a"), expected)
    };
    run(
        &service,
        &[
            is("the text", "text", json!({"role": "editor"}), true),
            is("another text", "text", json!({"role": "Editor"}), false),
            is("no such claim", "text", json!({}), false),
            is("null", "text", json!({"role": null}), false),
            is("an empty list", "text", json!({"role": []}), false),
            is("a list that contains it", "text", json!({"role": ["viewer", "editor"]}), true),
            is("a list that does not", "text", json!({"role": ["viewer"]}), false),
            is("a list within a list", "text", json!({"role": [["editor"]]}), false),
            is("an object that has it as a member", "text", json!({"role": {"editor": true}}), false),
            is("the number", "integer", json!({"level": 3}), true),
            is("a number as text", "integer", json!({"level": "3"}), false),
            is("another number", "integer", json!({"level": 4}), false),
            is("true", "boolean", json!({"verified": true}), true),
            is("true as text", "boolean", json!({"verified": "true"}), false),
            is("true as a number", "boolean", json!({"verified": 1}), false),
            is("the first of any", "any", json!({"groups": "editors"}), true),
            is("the last of any, in a list", "any", json!({"groups": ["x", "admins"]}), true),
            is("none of any", "any", json!({"groups": ["x"]}), false),
            is("all of all", "all", json!({"groups": ["staff", "x", "legal"]}), true),
            is("one of all", "all", json!({"groups": ["legal"]}), false),
            is("both claims", "two", json!({"role": "editor", "level": 3}), true),
            is("one claim of two", "two", json!({"role": "editor", "level": 2}), false),
            is("a nested claim", "nested", json!({"realm_access": {"roles": ["editor"]}}), true),
            is("a claim with dots is not nested", "nested", json!({"realm_access.roles": ["editor"]}), false),
            is("a claim named by a URL", "quoted", json!({"https://acme.com/role": "editor"}), true),
            is("a quoted name, dots and all", "dotted", json!({"realm_access.roles": "editor"}), true),
            is("a quoted name does not nest", "dotted", json!({"realm_access": {"roles": "editor"}}), false),
            is("the scope alone", "scope", json!({"scope": "uploads"}), true),
            is("a scope among others", "scope", json!({"scope": "openid uploads"}), true),
            is("a scope in scp, as a list", "scope", json!({"scp": ["openid", "uploads"]}), true),
            is("half of a scope", "scope", json!({"scope": "uploads2 upload"}), false),
            is("a scope in another claim", "scope", json!({"scopes": "uploads"}), false),
            is("both scopes", "scopes", json!({"scope": "downloads uploads"}), true),
            is("one scope of both", "scopes", json!({"scope": "downloads"}), false),
        ],
    );
}
