//! The signature of a form: HMAC-SHA256 of its policy's text with the signer's key of that day.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>

use aws_lc_rs::constant_time;
use aws_lc_rs::hmac;
use s3s::S3Result;
use s3s::dto::Timestamp;
use s3s::s3_error;
use secrecy::ExposeSecret;
use time::Duration;
use time::OffsetDateTime;
use time::PrimitiveDateTime;
use time::macros::format_description;

use super::policy::Fields;
use crate::cli::dev::random;
use crate::cli::dev::store::Identities;

/// Fails unless a form to a store in `region` is signed by who may write.
pub fn verify(fields: &Fields, identities: &Identities, region: &str, now: &Timestamp) -> S3Result<()> {
    if fields.contains_key("awsaccesskeyid") || fields.contains_key("signature") {
        return Err(s3_error!(
            InvalidRequest,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        ));
    }
    if fields.contains_key("x-amz-security-token") {
        return Err(s3_error!(InvalidToken, "The provided token is malformed or otherwise invalid."));
    }
    let field = |name: &str| fields.get(name).map(String::as_str);
    let Some(signature) = field("x-amz-signature") else { return Err(s3_error!(AccessDenied, "Access Denied")) };
    if field("x-amz-algorithm") != Some("AWS4-HMAC-SHA256") {
        return Err(s3_error!(InvalidArgument, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
    }
    let date = field("x-amz-date").unwrap_or_default();
    let scope = Scope::of(field("x-amz-credential").unwrap_or_default(), region)
        .ok_or_else(|| s3_error!(InvalidArgument, "Error parsing the X-Amz-Credential field"))?;
    check_date(date, scope.day, now)?;
    let Some(key) = [&identities.reader, &identities.writer].into_iter().find(|key| key.id == scope.access_key) else {
        return Err(s3_error!(InvalidAccessKeyId, "The AWS Access Key Id you provided does not exist in our records."));
    };
    let expected = scope.sign(key.secret.expose_secret(), field("policy").unwrap_or_default());
    constant_time::verify_slices_are_equal(expected.as_bytes(), signature.as_bytes()).map_err(|_| {
        s3_error!(
            SignatureDoesNotMatch,
            "The request signature we calculated does not match the signature you provided. Check your key and signing \
             method."
        )
    })?;
    match key.id == identities.writer.id {
        true => Ok(()),
        false => Err(s3_error!(AccessDenied, "User {} is not authorized to perform: s3:PutObject", key.id)),
    }
}

/// Not from the future, within what clocks may differ by, and not older than a signing key lives.
fn check_date(date: &str, day: &str, now: &Timestamp) -> S3Result<()> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let at = PrimitiveDateTime::parse(date, format).ok().filter(|_| date.starts_with(day));
    let at = at.ok_or_else(|| s3_error!(InvalidArgument, "X-Amz-Date must be formatted via ISO8601 Long format"))?;
    let age = OffsetDateTime::from(now.clone()) - at.assume_utc();
    if age < -SKEW {
        return Err(s3_error!(
            RequestTimeTooSkewed,
            "The difference between the request time and the current time is too large."
        ));
    }
    match age > Duration::WEEK {
        true => Err(s3_error!(AccessDenied, "Request has expired")),
        false => Ok(()),
    }
}

const SKEW: Duration = Duration::minutes(15);

/// What a signing key is for.
struct Scope<'a> {
    access_key: &'a str,
    day: &'a str,
    region: &'a str,
}

impl<'a> Scope<'a> {
    fn of(credential: &'a str, region: &'a str) -> Option<Self> {
        let (access_key, scope) = credential.split_once('/')?;
        let (day, rest) = scope.split_once('/')?;
        let is_here = rest.split_once('/') == Some((region, "s3/aws4_request"));
        is_here.then_some(Self { access_key, day, region })
    }

    fn sign(&self, secret: &str, policy: &str) -> String {
        let mut key = hmac_of(format!("AWS4{secret}").as_bytes(), self.day);
        for step in [self.region, "s3", "aws4_request", policy] {
            key = hmac_of(key.as_ref(), step);
        }
        random::hex(key.as_ref())
    }
}

fn hmac_of(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of AWS's page "Browser-Based Upload using HTTP POST".
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
    #[test]
    fn a_policy_is_signed_as_aws_does_it() {
        let policy = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
        let scope = Scope::of("AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request", "us-east-1").unwrap();
        let signature = scope.sign("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", policy);
        assert_eq!(signature, "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
    }

    #[test]
    fn a_form_holds_for_a_week_and_from_no_future() {
        let now = Timestamp::from(time::macros::datetime!(2026-11-24 12:00 UTC));
        let cases = [
            ("20261124T120000Z", "20261124", Ok(())),
            ("20261124T121459Z", "20261124", Ok(())),
            ("20261124T121501Z", "20261124", Err("RequestTimeTooSkewed")),
            ("20261117T120000Z", "20261117", Ok(())),
            ("20261117T115959Z", "20261117", Err("AccessDenied")),
            ("20261124T120000Z", "20261123", Err("InvalidArgument")),
            ("2026-11-24", "20261124", Err("InvalidArgument")),
            ("", "", Err("InvalidArgument")),
        ];
        for (date, day, expected) in cases {
            let found = check_date(date, day, &now).map_err(|error| error.code().as_str().to_owned());
            assert_eq!(found, expected.map_err(str::to_owned), "{date} {day}");
        }
    }
}
