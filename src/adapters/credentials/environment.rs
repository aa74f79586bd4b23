//! Credentials from environment variables.

use aws_credential_types::Credentials;
use zeroize::Zeroizing;

use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::source::Labels;
use crate::adapters::credentials::source::Parts;
use crate::adapters::credentials::source::rfc3339;

/// The credentials in the environment, each variable's name with `prefix` before it.
pub fn credentials(prefix: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Credentials, CredentialsError> {
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"];
    let [id, secret, token, expiration] = names.map(|name| format!("{prefix}{name}"));
    let value = |name: &str| Zeroizing::new(variable(name).unwrap_or_default());
    let expires_at = match value(&expiration).as_str() {
        "" => None,
        text => Some(rfc3339(text).ok_or_else(|| CredentialsError::InvalidTime(expiration.clone()))?),
    };
    let labels =
        Labels { access_key_id: &id, secret_access_key: &secret, session_token: &token, expires_at: &expiration };
    let (id, secret, token) = (value(&id), value(&secret), value(&token));
    Parts { access_key_id: &id, secret_access_key: &secret, session_token: &token, expires_at }.check(&labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use std::time::SystemTime;

    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

    fn told(prefix: &str, variables: &[(&str, &str)]) -> String {
        let variable =
            |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        match credentials(prefix, variable) {
            Ok(found) => format!("{} {:?}", found.access_key_id(), found.session_token()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_variables_are_found_by_their_names_behind_the_prefix() {
        let id = ("AWS_ACCESS_KEY_ID", "AKIA");
        let secret = ("AWS_SECRET_ACCESS_KEY", "wJalr");
        let rows: [Row<'_>; 8] = [
            ("", &[id, secret], "AKIA None"),
            ("", &[id, secret, ("AWS_SESSION_TOKEN", "t/+=")], "AKIA Some(\"t/+=\")"),
            ("UP_", &[("UP_AWS_ACCESS_KEY_ID", "AKIB"), ("UP_AWS_SECRET_ACCESS_KEY", "s"), id], "AKIB None"),
            ("UP_", &[id, secret], "`UP_AWS_ACCESS_KEY_ID` is absent or empty"),
            ("", &[id], "`AWS_SECRET_ACCESS_KEY` is absent or empty"),
            ("", &[("AWS_ACCESS_KEY_ID", "A/B"), secret], "`AWS_ACCESS_KEY_ID` has a character that it cannot have"),
            (
                "",
                &[id, ("AWS_SECRET_ACCESS_KEY", "s\n")],
                "`AWS_SECRET_ACCESS_KEY` has a character that it cannot have",
            ),
            (
                "",
                &[id, secret, ("AWS_CREDENTIAL_EXPIRATION", "soon")],
                "`AWS_CREDENTIAL_EXPIRATION` is no RFC 3339 time",
            ),
        ];
        for (prefix, variables, expected) in rows {
            assert_eq!(told(prefix, variables), expected, "{prefix:?} {variables:?}");
        }
    }

    #[test]
    fn the_expiration_is_an_rfc_3339_time_of_any_offset() {
        let variable = |name: &str| match name {
            "AWS_CREDENTIAL_EXPIRATION" => Some("2026-11-24T01:00:00+01:00".to_owned()),
            _ => Some("x".to_owned()),
        };
        let midnight = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_478_400);
        assert_eq!(credentials("", variable).unwrap().expiry(), Some(midnight));
    }
}
