//! What a store cannot do, told of the buckets and grants that ask for it.

use super::*;

/// Two identities, so that nothing else is warned of.
const SIGNERS: &str = r#"[credentials.r]
provider = "environment"
[credentials.w]
provider = "environment"
"#;

/// A bucket of a store, and grants that between them ask for all that there is.
const ALL: &str = r#"[buckets.s]
bucket = "acme"
endpoint = "https://s3.example.net"
store = "STORE"
credentials = { read = "r", write = "w" }
default_encryption = { algorithm = "AES256" }
[[grants]]
name = "demanding"
bucket = "s"
prefix = "demanding/"
actions = ["write"]
[grants.upload]
max_size = "1GiB"
require_checksum = true
write_once = true
server_side_encryption = { algorithm = "aws:kms", kms_key_id = "k" }
object_lock = { mode = "COMPLIANCE", min_retention = "1d", legal_hold = "required" }
set_tags = { origin = "web" }
storage_classes = ["DEEP_ARCHIVE"]
[[grants]]
name = "open"
bucket = "s"
prefix = "open/"
actions = ["read", "read_version", "write", "delete", "delete_version", "list", "restore", "bypass_governance"]
[grants.upload]
kms_key_ids = ["k"]
sse_c = true
object_lock = { legal_hold = true }
tags = ["case"]
storage_classes = ["STANDARD", "STANDARD_IA", "NEARLINE"]
post_key_prefix = true
post_type_prefix = true
post_redirects = ["https://app.example.com/done"]
[[grants]]
name = "forms"
bucket = "s"
prefix = "forms/"
actions = ["PostObject"]
[[grants]]
name = "archive"
bucket = "s"
prefix = "archive/"
actions = ["restore"]
"#;

fn said_of(text: &str) -> Vec<String> {
    let said = told(&format!("{text}{SIGNERS}{ISSUER}"), &[]);
    said.into_iter().map(|line| line.strip_prefix("p.toml:").unwrap_or(&line).to_owned()).collect()
}

#[test]
fn all_that_a_store_cannot_do_is_told_at_the_key_that_asks() {
    for store in ["r2", "b2", "gcs", "minio", "ceph", "garage"] {
        insta::assert_snapshot!(store, said_of(&ALL.replace("STORE", store)).join("\n"));
    }
    assert_eq!(said_of(&ALL.replace("STORE", "generic")), [""; 0], "nothing is known of it");
    let on_aws = ALL.replace("endpoint = \"https://s3.example.net\"", "region = \"eu-west-1\"");
    assert_eq!(said_of(&on_aws.replace("STORE", "aws")), [""; 0]);
}

/// A store, actions, limits on uploads, and what is said of them: errors by their beginning, or warnings.
type Asked = (&'static str, &'static str, &'static str, &'static [&'static str]);

const WHETHER: [Asked; 17] = [
    ("r2", r#""write""#, "", &[]),
    ("r2", r#""PostObject""#, "", &["10:11: nothing that this grant allows"]),
    ("r2", r#""PostObject", "read""#, "", &["10:12: warning: the store of s has no PostObject"]),
    ("r2", r#""read_version", "delete_version""#, "", &["10:11: nothing that this grant allows"]),
    ("garage", r#""read", "read_version""#, "", &["10:20: warning: the store of s has no versions"]),
    (
        "r2",
        r#""delete", "bypass_governance""#,
        "",
        &["10:22: warning: the store of s has no bypass of GOVERNANCE locks"],
    ),
    ("r2", r#""read""#, "write_once = true, set_tags = { a = \"b\" }", &[]),
    ("r2", r#""write""#, "write_once = true", &["11:25: warning: write_once may be void for uploads in parts"]),
    ("garage", r#""write""#, "write_once = true", &["11:25: write_once can never be met"]),
    ("ceph", r#""write""#, "write_once = true", &["11:25: warning: write_once may be void for uploads in parts"]),
    ("ceph", r#""PutObject""#, "write_once = true", &[]),
    ("b2", r#""write""#, "max_size = \"1MB\"", &["11:23: warning: max_size leaves no room for uploads in parts"]),
    ("b2", r#""PutObject""#, "max_size = \"1MB\"", &[]),
    ("b2", r#""CreateMultipartUpload""#, "max_size = \"1MB\"", &["11:23: max_size can never be met"]),
    (
        "gcs",
        r#""write""#,
        "require_checksum = true",
        &["11:31: warning: require_checksum leaves no room for uploads in parts"],
    ),
    (
        "r2",
        r#""write""#,
        r#"storage_classes = ["STANDARD", "GLACIER"]"#,
        &["11:43: warning: the store of s has no storage classes but STANDARD and STANDARD_IA"],
    ),
    ("r2", r#""write""#, r#"storage_classes = ["GLACIER"]"#, &["11:30: storage_classes can never be met"]),
];

#[test]
fn it_is_an_error_where_nothing_could_be_signed_and_a_warning_elsewhere() {
    for (store, actions, limits, expected) in WHETHER {
        let text = format!(
            "[buckets.s]\nbucket = \"acme\"\nendpoint = \"https://s3.example.net\"\nstore = \"{store}\"\n\
             credentials = {{ read = \"r\", write = \"w\" }}\n[[grants]]\nname = \"g\"\nbucket = \"s\"\nprefix = \"g/\"\n\
             actions = [{actions}]\nupload = {{ {limits} }}\n"
        );
        let said = said_of(&text);
        assert_eq!(said.len(), expected.len(), "{store} {actions} {limits}: {said:#?}");
        for (line, start) in said.iter().zip(expected) {
            assert!(line.starts_with(start) && line.contains("; "), "{store} {actions} {limits}: {said:#?}");
        }
        let failed = said.iter().any(|line| !line.contains(": warning: "));
        assert_eq!(read(&format!("{text}{SIGNERS}{ISSUER}"), &[]).is_err(), failed, "{store} {actions}");
    }
}
