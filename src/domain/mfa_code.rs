//! The code of an MFA device, as S3 wants it with the delete of a version.

use std::fmt;

use zeroize::Zeroizing;

/// A device's serial number, a blank, and the digits that it shows: S3's `x-amz-mfa`.
///
/// Good for a single delete, so it does not print itself, and is wiped.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>
#[derive(Clone, PartialEq, Eq)]
pub struct MfaCode(Zeroizing<String>);

/// Why a text is no [`MfaCode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give the device's serial number or ARN, one blank, and the 6 to 8 digits that it shows")]
pub struct InvalidMfaCode;

impl MfaCode {
    /// Reads a serial number or ARN of 1 to 256 visible ASCII characters, and 6 to 8 digits.
    pub fn parse(text: &str) -> Result<Self, InvalidMfaCode> {
        let (serial, code) = text.split_once(' ').ok_or(InvalidMfaCode)?;
        let visible = (1..=256).contains(&serial.len()) && serial.bytes().all(|byte| byte.is_ascii_graphic());
        let digits = (6..=8).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
        if visible && digits { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(InvalidMfaCode) }
    }

    /// Both, for the header.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MfaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MfaCode")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_a_serial_number_and_digits() {
        let long = format!("{} 123456", "x".repeat(256));
        let longer = format!("x{long}");
        let cases = [
            ("20899872 301749", true),
            ("arn:aws:iam::111122223333:mfa/root-account-mfa-device 123456", true),
            ("GAHT12345678 12345678", true),
            (long.as_str(), true),
            (longer.as_str(), false),
            ("20899872 30174", false),
            ("20899872 123456789", false),
            ("20899872 30174a", false),
            ("20899872 \u{0661}\u{0662}\u{0663}", false),
            ("20899872  301749", false),
            ("20899872 301749 ", false),
            (" 301749", false),
            ("301749", false),
            ("serial\t301749", false),
            ("ser\u{e9}al 301749", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(MfaCode::parse(text).is_ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_code_does_not_print_itself() {
        assert_eq!(format!("{:?}", MfaCode::parse("20899872 301749").unwrap()), "MfaCode");
    }

    proptest! {
        #[test]
        fn what_parses_stands_in_the_header_as_it_came(text in "[ -~]{0,12} ?[0-9]{0,9}") {
            if let Ok(code) = MfaCode::parse(&text) {
                prop_assert_eq!(code.expose(), text.as_str());
            }
        }
    }
}
