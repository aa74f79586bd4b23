//! Durations, sizes and rates as a configuration writes them.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::reader::number;
use crate::adapters::config::reader::text;
use crate::adapters::config::tree::Node;
use crate::domain::lifetime::Lifetime;

/// A duration in whole seconds, minutes, hours, days or years of 365 days: `15m`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (count, unit) = quantity(text)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "y" => 365 * 86_400,
        _ => return None,
    };
    count.checked_mul(seconds).map(Duration::from_secs)
}

/// The same of a value in the file.
pub(super) fn duration(node: &Node) -> Result<Duration, Fault> {
    let wrong = || fault("not a duration", "write a whole number and s, m, h, d or y, such as \"15m\"");
    parse_duration(text(node)?).ok_or_else(wrong)
}

/// A duration of at least a second.
pub(super) fn some_duration(node: &Node) -> Result<Duration, Fault> {
    match duration(node)? {
        Duration::ZERO => Err(fault("a duration of nothing leaves no time", "write one second or more")),
        some => Ok(some),
    }
}

/// The life of a URL.
pub(super) fn lifetime(node: &Node) -> Result<Lifetime, Fault> {
    let seconds = duration(node)?.as_secs();
    Lifetime::of_seconds(seconds).map_err(|error| fault(error.to_string(), "write \"1s\" to \"7d\""))
}

/// A size in bytes: `25MB` of 1000 each, `5GiB` of 1024 each.
pub(super) fn size(node: &Node) -> Result<u64, Fault> {
    let wrong = || fault("not a size", "write a whole number and a unit, such as \"25MB\" or \"5GiB\"");
    let (count, unit) = quantity(text(node)?).ok_or_else(wrong)?;
    let (base, power): (u64, u32) = match unit {
        "B" => (1, 1),
        "kB" | "KB" => (1000, 1),
        "MB" => (1000, 2),
        "GB" => (1000, 3),
        "TB" => (1000, 4),
        "KiB" => (1024, 1),
        "MiB" => (1024, 2),
        "GiB" => (1024, 3),
        "TiB" => (1024, 4),
        _ => return Err(wrong()),
    };
    match count.checked_mul(base.pow(power)) {
        Some(0) => Err(fault("a size of nothing lets nothing through", "write one byte or more")),
        Some(bytes) => Ok(bytes),
        None => Err(fault("the size is too large", "write a smaller one")),
    }
}

/// A rate: so many in a second, a minute or an hour, `50/s`.
pub(super) fn rate(node: &Node) -> Result<(NonZeroU32, Duration), Fault> {
    let wrong = || fault("not a rate", "write a whole number and /s, /m or /h, such as \"50/s\"");
    let (count, unit) = quantity(text(node)?).ok_or_else(wrong)?;
    let seconds = match unit {
        "/s" => 1,
        "/m" => 60,
        "/h" => 3_600,
        _ => return Err(wrong()),
    };
    let count = u32::try_from(count).ok().and_then(NonZeroU32::new).filter(|count| count.get() <= MOST_PER_PERIOD);
    match count {
        Some(count) => Ok((count, Duration::from_secs(seconds))),
        None => Err(fault("the rate is out of range", "write 1 to 1000000000")),
    }
}

/// A whole number of 1 or more that fits 32 bits.
pub(super) fn count(node: &Node) -> Result<NonZeroU32, Fault> {
    let found = u32::try_from(number(node)?).ok().and_then(NonZeroU32::new);
    found.ok_or_else(|| fault("the number is out of range", "write 1 to 4294967295"))
}

/// The limiter counts in nanoseconds.
const MOST_PER_PERIOD: u32 = 1_000_000_000;

/// Digits and what follows them; `None` where there are none, or too many.
fn quantity(text: &str) -> Option<(u64, &str)> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    digits.parse().ok().map(|count| (count, unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::config::diagnostic::Spot;
    use crate::adapters::config::tree::Value;

    fn written(text: &str) -> Node {
        Node { at: Spot::Byte(0), value: Value::Text(text.to_owned()) }
    }

    #[test]
    fn durations_are_whole_numbers_with_one_unit() {
        let cases = [
            ("15m", Some(900)),
            ("12h", Some(43_200)),
            ("7d", Some(604_800)),
            ("1y", Some(31_536_000)),
            ("0s", Some(0)),
            ("30s", Some(30)),
            ("30", None),
            ("m", None),
            ("", None),
            ("1h30m", None),
            ("1.5h", None),
            ("-1s", None),
            (" 1s", None),
            ("1 s", None),
            ("15M", None),
            ("١s", None),
            ("99999999999999999999s", None),
            ("9999999999999999y", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(duration(&written(text)).ok(), seconds.map(Duration::from_secs), "duration {text:?}");
        }
    }

    #[test]
    fn sizes_are_decimal_or_binary() {
        let cases = [
            ("25MB", Some(25_000_000)),
            ("5GiB", Some(5_368_709_120)),
            ("1kB", Some(1_000)),
            ("1KiB", Some(1_024)),
            ("512B", Some(512)),
            ("1TB", Some(1_000_000_000_000)),
            ("1TiB", Some(1_099_511_627_776)),
            ("0MB", None),
            ("25", None),
            ("25mb", None),
            ("25M", None),
            ("99999999TiB", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(size(&written(text)).ok(), bytes, "size {text:?}");
        }
    }

    #[test]
    fn rates_are_per_second_minute_or_hour() {
        let cases = [
            ("50/s", Some((50, 1))),
            ("1/m", Some((1, 60))),
            ("1000000000/h", Some((1_000_000_000, 3_600))),
            ("1000000001/s", None),
            ("0/s", None),
            ("50", None),
            ("50/d", None),
            ("50 /s", None),
        ];
        for (text, expected) in cases {
            let found = rate(&written(text)).ok().map(|(count, period)| (count.get(), period.as_secs()));
            assert_eq!(found, expected, "rate {text:?}");
        }
    }

    #[test]
    fn a_url_lives_a_second_to_seven_days() {
        for (text, good) in [("1s", true), ("7d", true), ("0s", false), ("604801s", false), ("8d", false)] {
            assert_eq!(lifetime(&written(text)).is_ok(), good, "lifetime {text:?}");
        }
    }
}
