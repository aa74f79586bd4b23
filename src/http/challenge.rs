//! The challenge of a 401: what is wrong with the token, and which one would do.

use axum::http::HeaderValue;

use crate::domain::step_up::StepUp;
use crate::http::error::Code;

/// A challenge with every 401, without an error where the request had no credentials.
/// <https://www.rfc-editor.org/rfc/rfc6750#section-3>
pub fn of(code: Code, step_up: Option<&StepUp>) -> Option<HeaderValue> {
    let challenge = match code {
        Code::MissingToken => "Bearer realm=\"presignd\"",
        Code::InvalidToken => {
            "Bearer realm=\"presignd\", error=\"invalid_token\", error_description=\"the token is not accepted\""
        }
        Code::ExpiredToken => {
            "Bearer realm=\"presignd\", error=\"invalid_token\", error_description=\"the token has expired\""
        }
        Code::InsufficientAuthentication => return Some(authenticate_again(step_up)),
        _ => return None,
    };
    Some(HeaderValue::from_static(challenge))
}

/// <https://www.rfc-editor.org/rfc/rfc9470#section-3>, which has no name for `amr`.
fn authenticate_again(step_up: Option<&StepUp>) -> HeaderValue {
    let mut challenge = INSUFFICIENT.to_owned();
    if let Some(max_age) = step_up.and_then(|step_up| step_up.max_age) {
        challenge.push_str(&format!(", max_age=\"{max_age}\""));
    }
    if let Some(acr) = step_up.map(|step_up| &step_up.acr).filter(|acr| !acr.is_empty()) {
        challenge.push_str(&format!(", acr_values=\"{}\"", acr.join(" ")));
    }
    HeaderValue::try_from(challenge).unwrap_or(HeaderValue::from_static(INSUFFICIENT))
}

const INSUFFICIENT: &str = "Bearer realm=\"presignd\", error=\"insufficient_user_authentication\", \
                            error_description=\"another authentication is needed\"";

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn every_401_has_a_challenge_and_all_but_one_have_an_error() {
        for code in Code::ALL {
            let challenge = of(code, None);
            assert_eq!(challenge.is_some(), code.status() == StatusCode::UNAUTHORIZED, "{code:?}");
            let challenge = challenge.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
            let bad_token = matches!(code, Code::InvalidToken | Code::ExpiredToken);
            assert_eq!(challenge.contains("error=\"invalid_token\""), bad_token, "{code:?}");
            let step_up = code == Code::InsufficientAuthentication;
            assert_eq!(challenge.contains("error=\"insufficient_user_authentication\""), step_up, "{code:?}");
        }
    }

    #[test]
    fn a_step_up_says_how_recent_and_of_which_class() {
        let cases = [
            (StepUp::usual(), ", max_age=\"900\""),
            (
                StepUp { max_age: None, amr: Vec::new(), acr: vec!["a".into(), "urn:b".into()] },
                ", acr_values=\"a urn:b\"",
            ),
            (StepUp { acr: vec!["c".into()], ..StepUp::mfa_within(1) }, ", max_age=\"1\", acr_values=\"c\""),
            (StepUp { max_age: None, ..StepUp::usual() }, ""),
        ];
        for (step_up, end) in cases {
            let challenge = of(Code::InsufficientAuthentication, Some(&step_up)).unwrap();
            assert_eq!(challenge.to_str().unwrap(), format!("{INSUFFICIENT}{end}"));
        }
    }
}
