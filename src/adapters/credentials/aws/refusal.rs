//! What an error of AWS's providers comes to, in words of our own. Theirs may repeat what they were shown, or what a
//! process printed that was to print credentials.

use std::error::Error;
use std::iter::successors;

use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;

use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::error::Refusal;

/// The error of the provider of that name.
pub fn told(provider: &'static str, error: &ProviderError) -> CredentialsError {
    CredentialsError::Refused { provider, why: why(error) }
}

fn why(error: &ProviderError) -> Refusal {
    let of_call = causes(error).find_map(|cause| {
        let of_role = call(cause, |error: &AssumeRoleError| error.code());
        let of_token = || call(cause, |error: &AssumeRoleWithWebIdentityError| error.code());
        of_role.or_else(of_token).or_else(|| call(cause, |_: &ProviderError| None))
    });
    of_call.unwrap_or(match error {
        ProviderError::InvalidConfiguration(_) => Refusal::Misconfigured,
        ProviderError::ProviderTimedOut(_) => Refusal::TimedOut,
        _ => Refusal::Failed,
    })
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}

/// Why a call brought nothing, if that is the cause; `code` is AWS's of what it answered.
fn call<E: Error + 'static>(cause: &(dyn Error + 'static), code: fn(&E) -> Option<&str>) -> Option<Refusal> {
    Some(match cause.downcast_ref::<SdkError<E>>()? {
        SdkError::TimeoutError(_) => Refusal::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Refusal::TimedOut,
        SdkError::DispatchFailure(_) => Refusal::Unreachable,
        SdkError::ResponseError(_) => Refusal::Unreadable,
        SdkError::ServiceError(answer) => Refusal::of_code(code(answer.err())),
        _ => Refusal::Failed,
    })
}

impl Refusal {
    /// Codes are words; what is something else is nothing that AWS has written.
    fn of_code(code: Option<&str>) -> Self {
        let is_word =
            |code: &&str| (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        code.filter(is_word).map_or(Self::Unreadable, |code| Self::Answered(code.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_a_provider_is_repeated() {
        let secret = || "hunter2 hunter3";
        for (error, expected) in [
            (ProviderError::invalid_configuration(secret()), "the profile: its variables or files are wrong"),
            (ProviderError::provider_error(secret()), "the profile: it gave no credentials"),
            (ProviderError::unhandled(secret()), "the profile: it gave no credentials"),
            (ProviderError::provider_timed_out(LONG), "the profile: it did not answer in time"),
        ] {
            assert_eq!(told("the profile", &error).to_string(), expected);
        }
    }

    const LONG: std::time::Duration = std::time::Duration::from_secs(5);

    #[test]
    fn a_code_is_a_word() {
        for (code, expected) in [
            (Some("AccessDenied"), Refusal::Answered("AccessDenied".to_owned())),
            (Some("Access denied"), Refusal::Unreadable),
            (Some(""), Refusal::Unreadable),
            (None, Refusal::Unreadable),
        ] {
            assert_eq!(Refusal::of_code(code), expected, "{code:?}");
        }
    }
}
