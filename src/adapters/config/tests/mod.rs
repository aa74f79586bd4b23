//! What a configuration may say, and what is said of one that is wrong.

mod access_logs;
mod aws;
mod buckets;
mod encryption;
mod environment;
mod grants;
mod issuers;
mod left_open;
mod nesting;
mod retention;
mod sections;
mod signing_keys;
mod stores;
mod values;
mod warnings;
mod watch;

use proptest::prelude::*;

use super::*;

const ISSUER: &str = r#"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
token_type = "at+jwt"
"#;

const BUCKET: &str = r#"
[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
"#;

const GRANT: &str = r#"
[[grants]]
name = "own-folder"
bucket = "media"
prefix = "users/{sub}/"
actions = ["read", "write"]
"#;

/// An environment that has every secret which the texts here refer to.
fn environment(more: &[(&str, &str)]) -> Environment {
    let usual = [
        ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
        ("NOT_REDIS", "http://cache.example"),
        ("FAR_REDIS", "redis://:p@cache.example"),
    ];
    usual.iter().chain(more).map(|(name, value)| (*name, *value)).collect()
}

fn read(text: &str, more: &[(&str, &str)]) -> Result<Loaded, Vec<Diagnostic>> {
    parse(text.as_bytes(), Path::new("p.toml"), &environment(more))
}

/// A text and the rest of a configuration behind it, so that the text begins at line 1.
fn whole(parts: &str, text: &str) -> String {
    match parts {
        "bare" => text.to_owned(),
        "issuer" => format!("{text}{BUCKET}{GRANT}"),
        "bucket" => format!("{text}{ISSUER}{GRANT}"),
        "both" => format!("{text}{BUCKET}"),
        "grant" => format!("{text}{ISSUER}{BUCKET}"),
        _ => format!("{text}{ISSUER}{BUCKET}{GRANT}"),
    }
}

/// Everything that is said of a text, a line each.
fn told(text: &str, more: &[(&str, &str)]) -> Vec<String> {
    let diagnostics = match read(text, more) {
        Ok(loaded) => loaded.warnings,
        Err(diagnostics) => diagnostics,
    };
    diagnostics.iter().map(Diagnostic::to_string).collect()
}

/// What it is about, what stands around the text (see [`whole`]), the text, and everything that is said of it, the
/// file's name left out.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

fn check_rows(rows: &[Row]) {
    for (why, parts, text, expected) in rows {
        let said = told(&whole(parts, text), &[]);
        let said: Vec<_> = said.iter().map(|line| line.strip_prefix("p.toml:").unwrap_or(line)).collect();
        assert_eq!(said, *expected, "{why}");
    }
}

/// The same of configurations that can be used.
fn check_warnings(rows: &[Row]) {
    check_rows(rows);
    for (why, parts, text, _) in rows {
        assert!(read(&whole(parts, text), &[]).is_ok(), "{why}");
    }
}

const SMALLEST: &str = include_str!("../fixtures/smallest.toml");
const WHOLE: &str = include_str!("../fixtures/whole.toml");

#[test]
fn the_smallest_configuration_loads() {
    let loaded = read(SMALLEST, &[]).expect("it has no error");
    assert_eq!(loaded.settings.policy.grants().len(), 1);
    assert_eq!(
        loaded.warnings.iter().map(Diagnostic::to_string).collect::<Vec<_>>(),
        ["p.toml:1:1: warning: without token_type an ID token passes as an access token; add token_type = \"at+jwt\" \
             if the issuer's access tokens have that typ (RFC 9068)"]
    );
}

#[cfg(feature = "aws")]
#[test]
fn the_whole_example_loads() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("tls")).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().pem();
    for (name, content) in [("cert", &certificate), ("key", &key.serialize_pem()), ("clients", &certificate)] {
        std::fs::write(folder.path().join(format!("tls/{name}.pem")), content).unwrap();
    }
    let loaded = parse(WHOLE.as_bytes(), &folder.path().join("p.toml"), &environment(&[])).expect("it has no error");
    let kept: Vec<_> = loaded.settings.credentials.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(kept, ["main", "from_file", "from_profile", "from_aws", "tenant", "no_secret"]);
}

#[test]
fn a_file_that_is_no_utf_8_or_not_there_is_told_at_its_place() {
    let said = parse(b"[log]\nlevel = \"\xff\"", Path::new("p.toml"), &Environment::default()).unwrap_err();
    assert_eq!(
        said.iter().map(Diagnostic::to_string).collect::<Vec<_>>(),
        ["p.toml:2:10: not UTF-8; save the file as UTF-8"]
    );
    let said = load(Path::new("/nowhere/p.toml"), &Environment::default()).unwrap_err();
    assert_eq!(
        said.iter().map(Diagnostic::to_string).collect::<Vec<_>>(),
        [
            "/nowhere/p.toml:1:1: the file cannot be read (No such file or directory (os error 2)); name a configuration \
         that is there"
        ]
    );
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let text = format!("\u{feff}{}", SMALLEST.replace('\n', "\r\n"));
    assert!(read(&text, &[]).is_ok(), "{:?}", told(&text, &[]));
}

#[test]
fn every_error_says_how_to_mend_it() {
    let all = [
        sections::SECTIONS.as_slice(),
        &issuers::ISSUERS,
        &access_logs::ACCESS_LOGS,
        &access_logs::LOOPS,
        &aws::ROLES,
        &buckets::BUCKETS,
        &grants::GRANTS,
        &encryption::ENCRYPTION,
        &retention::RETENTION,
    ]
    .concat();
    for (why, .., lines) in all {
        assert!(lines.iter().all(|line| line.contains("; ")), "{why}: {lines:?}");
    }
}

/// Pieces that a configuration is made of, and some that it is not.
fn pieces() -> impl Strategy<Value = String> {
    let words = WHOLE.split_inclusive(['\n', ' ', '=', ',', '{', '[', '"']).map(str::to_owned).collect::<Vec<_>>();
    let piece = prop_oneof![8 => prop::sample::select(words), 1 => "\\PC{0,4}", 1 => "[\\[\\]{}=.,\"'\n#0-9-]{0,4}"];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_a_file_holds_loading_ends(text in pieces(), value in "\\PC{0,8}") {
        let more = [("PRESIGND__SERVER__LISTEN", value.as_str()), ("PRESIGND__RATE_LIMITS__GLOBAL__BURST", "5")];
        if let Err(diagnostics) = read(&text, &more) {
            prop_assert!(diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error));
        }
    }

    #[test]
    fn a_broken_line_in_a_good_file_is_told_in_that_line(line in 0usize..140, junk in "[\\[\\]{}=\"]{1,3}") {
        let mut lines: Vec<_> = WHOLE.lines().collect();
        lines.insert(line, &junk);
        let at = format!("p.toml:{}:", line + 1);
        prop_assert!(told(&lines.join("\n"), &[]).iter().any(|said| said.starts_with(&at)));
    }
}
