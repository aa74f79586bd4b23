//! Credentials from a profile of the shared credentials file.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::ini;
use crate::adapters::credentials::ini::Section;
use crate::adapters::credentials::ini::Value;
use crate::adapters::credentials::source::Labels;
use crate::adapters::credentials::source::Parts;
use crate::adapters::credentials::source::rfc3339;

/// The file: the one named, or `AWS_SHARED_CREDENTIALS_FILE`, or `~/.aws/credentials`.
pub fn path(named: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, CredentialsError> {
    let home = || variable("HOME").map(PathBuf::from).ok_or(CredentialsError::UnknownHome);
    let named = named.map(Path::to_owned).or_else(|| variable("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from));
    let path = named.unwrap_or_else(|| PathBuf::from("~/.aws/credentials"));
    match path.strip_prefix("~") {
        Ok(rest) => Ok(home()?.join(rest)),
        Err(_) => Ok(path),
    }
}

/// The profile's credentials in a file's bytes.
pub fn credentials(path: &Path, profile: &str, bytes: &[u8]) -> Result<Credentials, CredentialsError> {
    let sections = ini::sections(bytes).map_err(|invalid| CredentialsError::Ini { path: path.to_owned(), invalid })?;
    let section = sections
        .iter()
        .find(|section| section.name == profile)
        .ok_or_else(|| CredentialsError::NoProfile { path: path.to_owned(), profile: profile.to_owned() })?;
    let session_token = first_of(section, &SESSION_TOKEN)?;
    let parts = Parts {
        access_key_id: text(section, LABELS.access_key_id)?,
        secret_access_key: text(section, LABELS.secret_access_key)?,
        session_token,
        expires_at: expiration(section)?,
    };
    parts.check(&LABELS)
}

const LABELS: Labels<'static> = Labels {
    access_key_id: "aws_access_key_id",
    secret_access_key: "aws_secret_access_key",
    session_token: "aws_session_token",
    expires_at: "expiration",
};

/// The name of today, and the one from before, which the AWS CLI still reads.
const SESSION_TOKEN: [&str; 2] = ["aws_session_token", "aws_security_token"];

fn first_of<'a>(section: &Section<'a>, keys: &[&str]) -> Result<&'a str, CredentialsError> {
    for key in keys {
        let found = text(section, key)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok("")
}

fn text<'a>(section: &Section<'a>, key: &str) -> Result<&'a str, CredentialsError> {
    match section.value(key) {
        None => Ok(""),
        Some(Value::Line(text)) => Ok(text),
        Some(Value::Several) => Err(CredentialsError::InvalidCharacter(key.to_owned())),
    }
}

/// When the credentials end, by whatever key the tool that wrote them uses; the earliest, if there are several.
fn expiration(section: &Section<'_>) -> Result<Option<SystemTime>, CredentialsError> {
    let mut earliest = None;
    for key in EXPIRATIONS {
        let text = text(section, key)?;
        if !text.is_empty() {
            let end = time_of(text).ok_or_else(|| CredentialsError::InvalidTime(key.to_owned()))?;
            earliest = Some(earliest.map_or(end, |before: SystemTime| before.min(end)));
        }
    }
    Ok(earliest)
}

/// aws-mfa, aws-azure-login and saml2aws, in this order; the AWS CLI knows no such key.
const EXPIRATIONS: [&str; 3] = ["expiration", "aws_expiration", "x_security_token_expires"];

/// RFC 3339, or what aws-mfa writes: the same in UTC with a blank, and no offset.
fn time_of(text: &str) -> Option<SystemTime> {
    const BLANK: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    rfc3339(text).or_else(|| PrimitiveDateTime::parse(text, BLANK).ok().map(|time| time.assume_utc().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn told(profile: &str, text: &str) -> String {
        match credentials(Path::new("credentials"), profile, text.as_bytes()) {
            Ok(found) => format!("{} {:?}", found.access_key_id(), found.session_token()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_profile_is_found_by_its_name() {
        let file = "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n\
                    [up]\nAWS_ACCESS_KEY_ID=AKIB\naws_secret_access_key=t\naws_session_token=u\n\
                    [old]\naws_access_key_id=AKIC\naws_secret_access_key=t\naws_security_token=v\n\
                    [half]\naws_access_key_id = AKID\n\
                    [split]\naws_access_key_id = AKIE\naws_secret_access_key = s\n  t\n\
                    [role]\nrole_arn = arn:aws:iam::1:role/r\n";
        let rows = [
            ("default", "AKIA None"),
            ("up", "AKIB Some(\"u\")"),
            ("old", "AKIC Some(\"v\")"),
            ("half", "`aws_secret_access_key` is absent or empty"),
            ("split", "`aws_secret_access_key` has a character that it cannot have"),
            ("role", "`aws_access_key_id` is absent or empty"),
            ("UP", "credentials has no profile `UP`"),
        ];
        for (profile, expected) in rows {
            assert_eq!(told(profile, file), expected, "{profile}");
        }
        assert_eq!(told("default", "[default]\nhunter2"), "credentials:2: neither a section, nor a key with a value");
    }

    #[test]
    fn the_end_is_read_from_the_keys_that_tools_write() {
        let end = |lines: &str| {
            let text = format!("[p]\naws_access_key_id = A\naws_secret_access_key = s\n{lines}");
            credentials(Path::new("c"), "p", text.as_bytes()).map(|found| found.expiry())
        };
        let midnight = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_478_400);
        let rows = [
            ("", None),
            ("expiration = 2026-11-24 00:00:00", Some(midnight)),
            ("aws_expiration = 2026-11-24T00:00:00.000Z", Some(midnight)),
            ("x_security_token_expires = 2026-11-24T01:00:00+01:00", Some(midnight)),
            ("expiration = 2026-11-24T00:00:00Z\naws_expiration = 2026-11-25T00:00:00Z", Some(midnight)),
        ];
        for (lines, expected) in rows {
            assert_eq!(end(lines).unwrap(), expected, "{lines}");
        }
        for wrong in ["soon", "9999-12-31T23:59:59-01:00"] {
            let error = end(&format!("expiration = {wrong}")).unwrap_err();
            assert_eq!(error, CredentialsError::InvalidTime("expiration".to_owned()), "{wrong}");
        }
    }

    #[test]
    fn the_file_is_the_one_named_or_the_environments_or_the_one_at_home() {
        let home = ("HOME", "/home/u");
        let shared = ("AWS_SHARED_CREDENTIALS_FILE", "/etc/c");
        type Row<'a> = (Option<&'a str>, &'a [(&'a str, &'a str)], Option<&'a str>);
        let rows: [Row<'_>; 6] = [
            (Some("/named"), &[shared], Some("/named")),
            (Some("~/named"), &[home], Some("/home/u/named")),
            (None, &[home, shared], Some("/etc/c")),
            (None, &[home, ("AWS_SHARED_CREDENTIALS_FILE", "~/c")], Some("/home/u/c")),
            (None, &[home], Some("/home/u/.aws/credentials")),
            (None, &[], None),
        ];
        for (named, set, expected) in rows {
            let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            let found = path(named.map(Path::new), variable).ok();
            assert_eq!(found.as_deref(), expected.map(Path::new), "{named:?} {set:?}");
        }
    }
}
