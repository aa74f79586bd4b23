//! Texts that people, file systems or S3 clients may take for the same: here they are as different as their bytes.

use super::Attack;
use super::BAD_KEY;
use super::MALFORMED;
use super::asked::Asked;
use super::asked::asks;
use super::asked::fetches;
use super::asked::gets;
use super::asked::lists;
use super::asked::writes;
use super::run;
use crate::support::setting::DENIED;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::setting;

const GRANTS: &str = r#"
    [server]
    redirects = true
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["read", "list"]
    [[grants]]
    name = "cafe"
    bucket = "media"
    prefix = "café/"
    actions = ["read"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "users/42/secret/"
"#;

pub fn attacks() -> Vec<Attack> {
    vec![
        ("a Cyrillic letter in the folder", gets("us\u{435}rs/42/a"), NO_GRANT, gets("users/42/\u{435}")),
        (
            "a Cyrillic letter in the subject",
            gets("users/alice/a").by("\u{430}lice"),
            NO_GRANT,
            gets("users/\u{430}lice/a").by("\u{430}lice"),
        ),
        ("a full-width slash", gets("users\u{ff0f}42/a"), NO_GRANT, gets("users/42\u{ff0f}/a").by("42\u{ff0f}")),
        ("a division slash", gets("users/42\u{2215}a"), NO_GRANT, gets("users/42/\u{2215}a")),
        ("a fraction slash", gets("users/42\u{2044}a"), NO_GRANT, gets("users/42/\u{2044}a")),
        ("full-width digits", gets("users/\u{ff14}\u{ff12}/a"), NO_GRANT, gets("users/42/\u{ff14}\u{ff12}")),
        (
            "a subject in full-width digits",
            gets("users/42/a").by("\u{ff14}\u{ff12}"),
            NO_GRANT,
            gets("users/\u{ff14}\u{ff12}/a").by("\u{ff14}\u{ff12}"),
        ),
        ("Arabic digits", gets("users/\u{664}\u{662}/a"), NO_GRANT, gets("users/42/\u{664}\u{662}")),
        ("the accent apart in the key", gets("cafe\u{301}/a"), NO_GRANT, gets("caf\u{e9}/a")),
        (
            "the accent apart in the subject",
            gets("users/jos\u{e9}/a").by("jose\u{301}"),
            NO_GRANT,
            gets("users/jose\u{301}/a").by("jose\u{301}"),
        ),
        (
            "the accent apart in the key alone",
            gets("users/jose\u{301}/a").by("jos\u{e9}"),
            NO_GRANT,
            gets("users/jos\u{e9}/a").by("jos\u{e9}"),
        ),
        ("a ligature", gets("users/\u{fb01}le/a").by("file"), NO_GRANT, gets("users/file/a").by("file")),
        ("a zero-width blank in the folder", gets("users/42\u{200b}/a"), NO_GRANT, gets("users/42/\u{200b}a")),
        (
            "a zero-width joiner in the subject",
            gets("users/42/a").by("4\u{200d}2"),
            NO_GRANT,
            gets("users/4\u{200d}2/a").by("4\u{200d}2"),
        ),
        ("a soft hyphen", gets("us\u{ad}ers/42/a"), NO_GRANT, gets("users/42/us\u{ad}ers")),
        ("a byte order mark before", gets("\u{feff}users/42/a"), NO_GRANT, gets("users/42/\u{feff}a")),
        ("a right-to-left mark", gets("users/\u{202e}24/a"), NO_GRANT, gets("users/42/\u{202e}a")),
        ("a variation selector", gets("users/42\u{fe0f}/a"), NO_GRANT, gets("users/42/a\u{fe0f}")),
        ("a no-break blank", gets("users/42\u{a0}/a"), NO_GRANT, gets("users/42/\u{a0}a")),
        ("a dotless i", gets("users/ali/a").by("al\u{131}"), NO_GRANT, gets("users/al\u{131}/a").by("al\u{131}")),
        (
            "a Kelvin sign, which is a k in lower case",
            gets("users/kim/a").by("\u{212a}im"),
            NO_GRANT,
            gets("users/\u{212a}im/a").by("\u{212a}im"),
        ),
        (
            "a sharp s in capitals",
            gets("users/STRASSE/a").by("stra\u{df}e"),
            NO_GRANT,
            gets("users/stra\u{df}e/a").by("stra\u{df}e"),
        ),
        ("a percent-encoded slash", gets("users%2f42%2fa"), NO_GRANT, gets("users/42/%2fa")),
        ("a percent-encoded climb is six letters", gets("users/%2e%2e/a"), NO_GRANT, gets("users/42/%2e%2e/43/a")),
        ("a percent-encoded letter", gets("%75sers/42/a"), NO_GRANT, gets("users/42/%75")),
        ("a plus for a blank", gets("users/a+b/c").by("a b"), NO_GRANT, gets("users/a b/c").by("a b")),
        ("an entity for a slash", gets("users&#47;42/a"), NO_GRANT, gets("users/42/&#47;a")),
        ("a dot that ends a name at some file systems", gets("users/42./a"), NO_GRANT, gets("users/42/a.")),
        ("a stream of a file", gets("users/42::$DATA"), NO_GRANT, gets("users/42/a::$DATA")),
        (
            "what a deny shuts, in capitals, is another's key",
            gets("Users/42/secret/a"),
            NO_GRANT,
            gets("users/42/Secret/a"),
        ),
        ("what a deny shuts, by an escape of JSON", written(r"\u0073ecret/a"), DENIED, written(r"\u0053ecret/a")),
        ("a listing of a look-alike", lists("users/\u{ff14}2/"), NO_GRANT, lists("users/42/\u{ff14}2/")),
        (
            "a bucket with a look-alike letter",
            asks(&ask("GetObject", "m\u{435}dia", "users/42/a")),
            NO_GRANT,
            asks(&ask("GetObject", "media", "users/42/a")),
        ),
        ("half of a surrogate pair", written(r"\ud800"), MALFORMED, gets("users/42/\u{1d11e}")),
        (
            "an overlong slash in a path",
            fetches("/v1/objects/media/users/42/%C0%AFa"),
            BAD_KEY,
            fetches("/v1/objects/media/users/42/%C3%AFa"),
        ),
        (
            "overlong dots in a path",
            fetches("/v1/objects/media/users/42/%C0%AE%C0%AE/a"),
            BAD_KEY,
            fetches("/v1/objects/media/users/42/%C3%AE/a"),
        ),
        (
            "a full-width slash in a path",
            fetches("/v1/objects/media/users/42%EF%BC%8Fa"),
            NO_GRANT,
            fetches("/v1/objects/media/users/42/%EF%BC%8Fa"),
        ),
    ]
}

/// A key of one's own that ends as JSON writes it.
fn written(end: &str) -> Asked {
    writes("/v1/presign", &format!(r#"{{"operation":"GetObject","bucket":"media","key":"users/42/{end}"}}"#))
}

#[test]
fn what_looks_alike_is_not_the_same() {
    run(setting(&[ISSUER, MEDIA, GRANTS]), &attacks());
}
