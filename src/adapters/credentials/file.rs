//! Credentials from the JSON that `credential_process` prints.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>

use std::path::Path;

use aws_credential_types::Credentials;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::source::Labels;
use crate::adapters::credentials::source::Parts;
use crate::adapters::credentials::source::rfc3339;

/// The credentials in a file's bytes. Members that are not known are passed over: tools add some.
pub fn credentials(path: &Path, bytes: &[u8]) -> Result<Credentials, CredentialsError> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| CredentialsError::NotJson {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
    })?;
    if document.version != 1 {
        return Err(CredentialsError::UnknownVersion);
    }
    let expires_at = match document.expiration.as_deref().unwrap_or_default() {
        "" => None,
        text => Some(rfc3339(text).ok_or_else(|| CredentialsError::InvalidTime("Expiration".to_owned()))?),
    };
    let parts = Parts {
        access_key_id: &document.access_key_id,
        secret_access_key: &document.secret_access_key,
        session_token: document.session_token.as_deref().map(String::as_str).unwrap_or_default(),
        expires_at,
    };
    parts.check(&Labels::JSON)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    version: u64,
    #[serde(default)]
    access_key_id: String,
    #[serde(default, deserialize_with = "wiped")]
    secret_access_key: Zeroizing<String>,
    #[serde(default, deserialize_with = "wiped_if_any")]
    session_token: Option<Zeroizing<String>>,
    #[serde(default)]
    expiration: Option<String>,
}

fn wiped<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

fn wiped_if_any<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Zeroizing<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(Zeroizing::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match credentials(Path::new("c.json"), text.as_bytes()) {
            Ok(found) => {
                format!("{} {:?} {}", found.access_key_id(), found.session_token(), found.expiry().is_some())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_credential_process_prints_is_read() {
        let rows = [
            (r#"{"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "s"}"#, "AKIA None false"),
            (
                r#"{"Version": 1, "AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t",
                    "Expiration": "2026-11-24T00:00:00Z", "AccountId": "1"}"#,
                "ASIA Some(\"t\") true",
            ),
            (
                r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "SessionToken": null, "Expiration": null}"#,
                "A None false",
            ),
            (r#"{"Version": 1, "SecretAccessKey": "s"}"#, "`AccessKeyId` is absent or empty"),
            (r#"{"Version": 1, "AccessKeyId": "AKIA"}"#, "`SecretAccessKey` is absent or empty"),
            (r#"{"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "s"}"#, "`Version` is not 1"),
            (
                r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": "soon"}"#,
                "`Expiration` is no RFC 3339 time",
            ),
            (
                r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": "9999-12-31T23:59:59-01:00"}"#,
                "`Expiration` is no RFC 3339 time",
            ),
            (
                r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": "9999-12-31T23:59:59Z"}"#,
                "A None true",
            ),
            (
                r#"{"Version": 1, "AccessKeyId": "A B", "SecretAccessKey": "s"}"#,
                "`AccessKeyId` has a character that it cannot have",
            ),
            ("{\n  \"Version\": 1,\n", "c.json:3:0: not the JSON that credential_process prints"),
            ("", "c.json:1:0: not the JSON that credential_process prints"),
        ];
        for (text, expected) in rows {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn an_error_repeats_nothing_of_the_file() {
        for text in [
            r#"{"Version": "hunter2"}"#,
            r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": ["hunter2"]}"#,
            r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "hunter2\n"}"#,
            r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": "hunter2"}"#,
        ] {
            let error = credentials(Path::new("c.json"), text.as_bytes()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}: {error}");
        }
    }
}
