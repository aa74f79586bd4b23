//! One decision, and the JSON line that tells it.

use std::net::IpAddr;
use std::time::SystemTime;

use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap;
use time::OffsetDateTime;

use crate::domain::audit_chain::ChainKey;
use crate::domain::audit_chain::Mark;
use crate::domain::refusal::RefusalCode;

/// What one line tells, beside its time and its number.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub decision: Decision,
    /// The issuance id.
    pub id: Option<&'a str>,
    /// The issuer's name.
    pub issuer: Option<&'a str>,
    pub subject: Option<&'a str>,
    pub client_id: Option<&'a str>,
    /// `jti`.
    pub token_id: Option<&'a str>,
    pub client_address: Option<IpAddr>,
    pub request_id: Option<&'a str>,
    pub trace_id: Option<&'a str>,
    /// S3's name of it.
    pub operation: Option<&'a str>,
    /// The alias.
    pub bucket: Option<&'a str>,
    /// Or the prefix, of a request for one.
    pub key: Option<&'a str>,
    pub version_id: Option<&'a str>,
    pub upload_id: Option<&'a str>,
    pub part_number: Option<u32>,
    /// The grant that decided.
    pub grant: Option<&'a str>,
    pub expires_at: Option<SystemTime>,
    /// The access key id.
    pub signing_key_id: Option<&'a str>,
    /// When a `stable` URL was signed; `None` for all others.
    pub stable_signed_at: Option<SystemTime>,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Issued,
    Refused(RefusalCode),
}

/// A decision's name, in lines and metrics.
pub const ISSUED: &str = "issued";
/// A decision's name, in lines and metrics.
pub const REFUSED: &str = "refused";

impl Decision {
    /// `issued` or `refused`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issued => ISSUED,
            Self::Refused(_) => REFUSED,
        }
    }

    fn code(self) -> Option<&'static str> {
        match self {
            Self::Issued => None,
            Self::Refused(code) => Some(code.as_str()),
        }
    }
}

impl Entry<'_> {
    /// A decision of which nothing else is known yet.
    pub fn of(decision: Decision) -> Self {
        Self {
            decision,
            id: None,
            issuer: None,
            subject: None,
            client_id: None,
            token_id: None,
            client_address: None,
            request_id: None,
            trace_id: None,
            operation: None,
            bucket: None,
            key: None,
            version_id: None,
            upload_id: None,
            part_number: None,
            grant: None,
            expires_at: None,
            signing_key_id: None,
            stable_signed_at: None,
        }
    }
}

/// The members in their order, without `time` and `seq`, which the writer puts first. `chain` is last: it covers the
/// rest of the line.
impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("id", &self.id)?;
        line.serialize_entry("decision", self.decision.as_str())?;
        line.serialize_entry("code", &self.decision.code())?;
        line.serialize_entry("issuer", &self.issuer)?;
        line.serialize_entry("subject", &self.subject)?;
        line.serialize_entry("client_id", &self.client_id)?;
        line.serialize_entry("token_id", &self.token_id)?;
        line.serialize_entry("client_address", &self.client_address)?;
        line.serialize_entry("request_id", &self.request_id)?;
        line.serialize_entry("trace_id", &self.trace_id)?;
        line.serialize_entry("operation", &self.operation)?;
        line.serialize_entry("bucket", &self.bucket)?;
        line.serialize_entry("key", &self.key)?;
        line.serialize_entry("version_id", &self.version_id)?;
        line.serialize_entry("upload_id", &self.upload_id)?;
        line.serialize_entry("part_number", &self.part_number)?;
        line.serialize_entry("grant", &self.grant)?;
        line.serialize_entry("expires_at", &self.expires_at.map(to_the_second))?;
        line.serialize_entry("signing_key_id", &self.signing_key_id)?;
        if let Some(signed_at) = self.stable_signed_at {
            line.serialize_entry("stable", &true)?;
            line.serialize_entry("signed_at", &to_the_second(signed_at))?;
        }
        line.serialize_entry("chain", &None::<()>)?;
        line.end()
    }
}

/// `2026-11-24T12:00:00Z`, as the answer has it: SigV4 knows no fractions.
fn to_the_second(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    format!("{}Z", date_and_time(time))
}

/// `2026-11-24T12:00:00.000Z`.
pub fn to_the_millisecond(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    format!("{}.{:03}Z", date_and_time(time), time.millisecond())
}

fn date_and_time(time: OffsetDateTime) -> String {
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second) = time.to_hms();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", u8::from(month))
}

/// The lines of one ticket, all but their time and number.
#[derive(Debug, Default)]
pub struct Lines {
    /// JSON objects, each ended by a line break; there is none within them.
    text: Vec<u8>,
    pub issued: u64,
    pub refused: u64,
}

impl Lines {
    /// The lines that tell these entries.
    pub fn of(entries: &[Entry<'_>]) -> serde_json::Result<Self> {
        let mut lines = Self { text: Vec::with_capacity(entries.len() * 640), ..Self::default() };
        for entry in entries {
            serde_json::to_writer(&mut lines.text, entry)?;
            lines.text.push(b'\n');
            match entry.decision {
                Decision::Issued => lines.issued += 1,
                Decision::Refused(_) => lines.refused += 1,
            }
        }
        Ok(lines)
    }

    /// How many they are.
    pub fn count(&self) -> u64 {
        self.issued + self.refused
    }

    /// Writes them whole, at this time, numbered from after the mark and, with a key, chained to it; where that ends.
    pub fn number(&self, into: &mut Vec<u8>, time: &str, key: Option<&ChainKey>, mut mark: Mark) -> Mark {
        for line in self.text.split_inclusive(|byte| *byte == b'\n') {
            mark.seq = mark.seq.saturating_add(1);
            let start = into.len();
            into.extend_from_slice(format!("{{\"time\":\"{time}\",\"seq\":{},", mark.seq).as_bytes());
            let line = line.strip_prefix(b"{").unwrap_or(line);
            let (Some(key), Some(text)) = (key, line.strip_suffix(UNCHAINED)) else {
                into.extend_from_slice(line);
                mark.link = None;
                continue;
            };
            into.extend_from_slice(text);
            let link = key.link(mark.link.as_ref(), into.get(start..).unwrap_or_default());
            into.extend_from_slice(format!("\"chain\":\"{}\"}}\n", link.as_str()).as_bytes());
            mark.link = Some(link);
        }
        mark
    }
}

/// How a line ends that has no key.
const UNCHAINED: &[u8] = b"\"chain\":null}\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit_chain::seq_of;
    use proptest::prelude::*;
    use std::time::Duration;

    fn text(entry: &Entry<'_>) -> String {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_521_600_042);
        let mut line = Vec::new();
        Lines::of(&[*entry]).unwrap().number(&mut line, &to_the_millisecond(time), None, Mark { seq: 6, link: None });
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_line_has_every_member_in_its_order() {
        let entry = Entry {
            id: Some("0197"),
            issuer: Some("corp"),
            subject: Some("a\"b"),
            client_id: Some("app"),
            token_id: Some("j"),
            client_address: Some("2001:db8::1".parse().unwrap()),
            request_id: Some("r"),
            trace_id: Some("t"),
            operation: Some("PutObject"),
            bucket: Some("media"),
            key: Some("users/é\n"),
            version_id: Some("v"),
            upload_id: Some("u"),
            part_number: Some(3),
            grant: Some("own"),
            expires_at: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_522_500_999)),
            signing_key_id: Some("AKIA"),
            ..Entry::of(Decision::Issued)
        };
        let expected = "{\"time\":\"2026-11-24T12:00:00.042Z\",\"seq\":7,\"id\":\"0197\",\"decision\":\"issued\",\
             \"code\":null,\"issuer\":\"corp\",\"subject\":\"a\\\"b\",\"client_id\":\"app\",\"token_id\":\"j\",\
             \"client_address\":\"2001:db8::1\",\"request_id\":\"r\",\"trace_id\":\"t\",\
             \"operation\":\"PutObject\",\"bucket\":\"media\",\"key\":\"users/é\\n\",\"version_id\":\"v\",\
             \"upload_id\":\"u\",\"part_number\":3,\"grant\":\"own\",\"expires_at\":\"2026-11-24T12:15:00Z\",\
             \"signing_key_id\":\"AKIA\",\"chain\":null}\n";
        assert_eq!(text(&entry), expected);
    }

    #[test]
    fn what_there_is_not_is_null() {
        let expected = "{\"time\":\"2026-11-24T12:00:00.042Z\",\"seq\":7,\"id\":null,\"decision\":\"refused\",\
             \"code\":\"no_grant\",\"issuer\":null,\"subject\":null,\"client_id\":null,\"token_id\":null,\
             \"client_address\":null,\"request_id\":null,\"trace_id\":null,\"operation\":null,\"bucket\":null,\
             \"key\":null,\"version_id\":null,\"upload_id\":null,\"part_number\":null,\"grant\":null,\
             \"expires_at\":null,\"signing_key_id\":null,\"chain\":null}\n";
        assert_eq!(text(&Entry::of(Decision::Refused(RefusalCode::NoGrant))), expected);
    }

    #[test]
    fn only_the_line_of_a_stable_url_tells_when_it_was_signed() {
        let signed_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_521_600);
        let entry = Entry { stable_signed_at: Some(signed_at), ..Entry::of(Decision::Issued) };
        let end = "\"signing_key_id\":null,\"stable\":true,\"signed_at\":\"2026-11-24T12:00:00Z\",\"chain\":null}\n";
        assert!(text(&entry).ends_with(end), "{}", text(&entry));
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_whatever_callers_write(key in any::<String>(), subject in any::<String>()) {
            let entry = Entry { key: Some(&key), subject: Some(&subject), ..Entry::of(Decision::Issued) };
            let line = text(&entry);
            prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(read["key"].as_str(), Some(key.as_str()));
            prop_assert_eq!(read["subject"].as_str(), Some(subject.as_str()));
            prop_assert_eq!(seq_of(line.as_bytes()), Some(7));
        }
    }
}
