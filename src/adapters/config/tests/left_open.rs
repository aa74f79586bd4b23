//! What `check` warns of where grants and denies do not fit each other.

use super::*;

#[test]
fn what_grants_and_denies_leave_open_is_warned_of() {
    check_warnings(&LEFT_OPEN);
}

const LEFT_OPEN: [Row; 10] = [
    (
        "write_once beside delete",
        "any",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = "once/"
actions = ["read", "write", "delete"]
upload = { write_once = true }
[[grants]]
name = "b"
bucket = "media"
prefix = "again/"
actions = ["write"]
upload = { write_once = true }
[[grants]]
name = "c"
bucket = "media"
prefix = "again/"
actions = ["DeleteObject"]
when = { groups = "x" }
[[grants]]
name = "d"
bucket = "media"
key = "exact"
actions = ["write"]
upload = { write_once = true }
[[grants]]
name = "e"
bucket = "media"
key = "exact"
actions = ["delete_version"]
"#,
        &[
            "5:11: warning: write_once beside a right to delete: what is deleted can be written again; leave delete to another prefix, or to nobody",
            "11:11: warning: write_once beside a right to delete: what is deleted can be written again; leave delete to another prefix, or to nobody",
            "23:11: warning: write_once beside a right to delete: what is deleted can be written again; leave delete to another prefix, or to nobody",
        ],
    ),
    (
        "write_once inside what may be deleted",
        "any",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = "in/once/"
actions = ["write"]
upload = { write_once = true }
[[grants]]
name = "b"
bucket = "media"
prefix = "in/"
actions = ["delete"]
"#,
        &[
            "5:11: warning: write_once beside a right to delete: what is deleted can be written again; leave delete to another prefix, or to nobody",
        ],
    ),
    (
        "a deny of half of write",
        "any",
        r#"[[grants]]
name = "b"
effect = "deny"
bucket = "media"
prefix = "x/"
actions = ["PutObject", "read"]
[[grants]]
name = "c"
effect = "deny"
bucket = "media"
prefix = "y/"
actions = ["PutObject", "write"]
"#,
        &[r#"6:11: warning: a deny of PutObject leaves forms and multipart uploads open; deny "write" instead"#],
    ),
    (
        "a deny of an operation that leaves versions open",
        "any",
        r#"[[grants]]
name = "b"
effect = "deny"
bucket = "media"
prefix = "x/"
actions = ["GetObject", "DeleteObject", "list"]
[[grants]]
name = "c"
effect = "deny"
bucket = "media"
prefix = "y/"
actions = ["GetObject", "HeadObject", "read_version", "DeleteObject", "delete"]
[[grants]]
name = "d"
effect = "deny"
bucket = "media"
prefix = "z/"
actions = ["HeadObject", "GetObject", "read"]
"#,
        &[
            r#"6:11: warning: a deny of DeleteObject leaves versions open; deny "delete" instead"#,
            r#"6:11: warning: a deny of GetObject leaves versions open; deny "read" instead"#,
        ],
    ),
    (
        "a narrower grant that asks for MFA inside one that does not",
        "any",
        r#"[[grants]]
name = "w"
bucket = "media"
prefix = "w/"
actions = ["read", "delete_version"]
require = { mfa = "never" }
[[grants]]
name = "n"
bucket = "media"
prefix = "w/n/"
actions = ["read"]
require = { mfa = "15m" }
[[grants]]
name = "o"
bucket = "media"
prefix = "w/o/"
actions = ["delete_version"]
[[grants]]
name = "p"
bucket = "media"
prefix = "w/p/"
actions = ["read"]
require = { mfa = "never" }
"#,
        &[
            "10:10: warning: the wider grant w has other actions, and decides here for everyone else; give both the same actions, or deny here what w allows",
            "16:10: warning: the wider grant w has other actions, and decides here for everyone else; give both the same actions, or deny here what w allows",
        ],
    ),
    (
        "a deny past which an access point leads",
        "any",
        r#"[buckets.door]
bucket = "ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"
region = "eu-west-1"
[buckets.elsewhere]
bucket = "ap-hrzrlukc5m36ft7okagglf3gmwluquse1c-s3alias"
region = "eu-central-1"
[[grants]]
name = "d"
effect = "deny"
bucket = "media"
prefix = "legal/"
"#,
        &[
            "10:10: warning: the access point door may lead to the same bucket, where this deny does not hold; name the bucket behind it: underlying in [buckets.door]",
        ],
    ),
    (
        "a deny past which a Multi-Region Access Point leads",
        "any",
        r#"[buckets.everywhere]
bucket = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"
[[grants]]
name = "d"
effect = "deny"
bucket = "media"
prefix = "legal/"
"#,
        &[
            "6:10: warning: the access point everywhere may lead to the same bucket, where this deny does not hold; name the bucket behind it: underlying in [buckets.everywhere]",
        ],
    ),
    (
        "a deny on an access point, of which nobody said where it leads",
        "any",
        r#"[buckets.door]
bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap"
[buckets.door_again]
bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint:ap"
[buckets.elsewhere]
bucket = "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01/accesspoint/ap"
[[grants]]
name = "d"
effect = "deny"
bucket = "door"
prefix = "legal/"
[[grants]]
name = "e"
effect = "deny"
bucket = "elsewhere"
prefix = "legal/"
"#,
        &[
            "10:10: warning: media may be the bucket behind this access point, where this deny does not hold; name the bucket behind it: underlying in [buckets.door]",
        ],
    ),
    (
        "no such deny where the bucket behind is named",
        "any",
        r#"[buckets.door]
bucket = "ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"
region = "eu-west-1"
underlying = "acme-media"
[[grants]]
name = "d"
effect = "deny"
bucket = "media"
prefix = "legal/"
"#,
        &[],
    ),
    (
        "a stricter grant inside a wider one",
        "any",
        r#"[[grants]]
name = "wide"
bucket = "media"
prefix = ""
actions = ["read"]
[[grants]]
name = "narrow"
bucket = "media"
prefix = "legal/"
actions = ["read"]
when = { groups = "legal" }
[[grants]]
name = "narrow-actions"
bucket = "media"
prefix = "legal/x/"
actions = ["write"]
when = { groups = "legal" }
max_expires = "5m"
[[grants]]
name = "not-stricter"
bucket = "media"
prefix = "public/"
actions = ["read", "write"]
[[grants]]
name = "same-people"
bucket = "media"
prefix = "short/"
actions = ["read"]
max_expires = "5m"
[[grants]]
name = "one"
bucket = "media"
key = "legal/x/one.pdf"
actions = ["read"]
require = { source_ips = ["192.0.2.0/24"] }
"#,
        &[
            "9:10: warning: the wider grant wide has other claims in when, and decides here for everyone else; give both the same claims in when, or deny here what wide allows",
            "15:10: warning: the wider grant narrow has other actions, and decides here for everyone else; give both the same actions, or deny here what narrow allows",
            "33:7: warning: the wider grant narrow-actions has other actions, and decides here for everyone else; give both the same actions, or deny here what narrow-actions allows",
        ],
    ),
];
