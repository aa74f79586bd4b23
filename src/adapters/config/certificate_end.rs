//! When a certificate ends: the one thing in it that rustls does not tell.

use std::time::SystemTime;

use time::PrimitiveDateTime;
use time::macros::format_description;

/// `notAfter` of an X.509 certificate in DER; `None` where there is none.
/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>
pub(super) fn of(der: &[u8]) -> Option<SystemTime> {
    let certificate = Element::first(der)?.within(SEQUENCE)?;
    let signed = Element::first(certificate)?.within(SEQUENCE)?;
    let first = Element::first(signed)?;
    // The version may be left out.
    let serial_number = if first.tag == VERSION { first.next()? } else { first };
    let (algorithm, issuer) = (serial_number.next()?, serial_number.next()?.next()?);
    let validity = issuer.next().filter(|_| algorithm.tag == SEQUENCE)?.within(SEQUENCE)?;
    let not_after = Element::first(validity)?.next()?;
    instant(not_after.tag, not_after.value)
}

/// One element of DER, X.690, 8.1, and what follows it.
struct Element<'a> {
    tag: u8,
    value: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn first(der: &'a [u8]) -> Option<Self> {
        let (tag, rest) = der.split_first()?;
        let (length, rest) = rest.split_first()?;
        let (length, rest) = match length {
            0..=0x7f => (usize::from(*length), rest),
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        Some(Self { tag: *tag, value, rest })
    }

    fn next(&self) -> Option<Self> {
        Self::first(self.rest)
    }

    fn within(&self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.value)
    }
}

const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// A year of two digits is one from 1950 to 2049.
fn instant(tag: u8, text: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        GENERALIZED_TIME => text.to_owned(),
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        _ => return None,
    };
    let format = format_description!("[year][month][day][hour][minute][second]Z");
    PrimitiveDateTime::parse(&text, format).ok().map(|time| time.assume_utc().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::OffsetDateTime;
    use time::macros::datetime;

    use super::*;

    fn certificate(ends: OffsetDateTime) -> Vec<u8> {
        let mut parameters = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        parameters.not_after = ends;
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_end_is_read_in_either_form() {
        for ends in
            [datetime!(2026-11-24 08:00:01 UTC), datetime!(2049-12-31 23:59:59 UTC), datetime!(2050-01-01 0:00 UTC)]
        {
            assert_eq!(of(&certificate(ends)), Some(ends.into()), "{ends}");
        }
    }

    #[test]
    fn a_certificate_that_is_cut_off_has_no_end() {
        let whole = certificate(datetime!(2026-11-24 08:00 UTC));
        for length in 0..whole.len() {
            assert_eq!(of(&whole[..length]), None, "{length}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = of(&bytes);
        }
    }
}
