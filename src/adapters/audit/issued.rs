//! An audit line read back: what it tells of a URL that was issued.

use std::net::IpAddr;

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::adapters::audit::entry::ISSUED;
use crate::domain::access_log::Asker;
use crate::domain::access_log::Issued;
use crate::domain::operation::Operation;

/// Why a text is no audit line.
#[derive(Debug, thiserror::Error)]
pub enum NoAuditLine {
    #[error("no JSON of an audit line: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it says issued, but has no {0}")]
    Lacks(&'static str),
    #[error("there is no operation {0:?}")]
    Operation(String),
    #[error("its {0} is no time")]
    Time(&'static str),
}

/// What a line tells of a URL or a form; `None` where something was refused.
pub fn issued(line: &str) -> Result<Option<Issued>, NoAuditLine> {
    let line: Line = serde_json::from_str(line)?;
    if line.decision != ISSUED {
        return Ok(None);
    }
    let operation = line.operation.ok_or(NoAuditLine::Lacks("operation"))?;
    let operation = Operation::named(&operation).ok_or(NoAuditLine::Operation(operation))?;
    let expires_at = line.expires_at.ok_or(NoAuditLine::Lacks("expires_at"))?;
    let asker = Asker {
        id: line.id.ok_or(NoAuditLine::Lacks("id"))?,
        asked_at: seconds(&line.time).ok_or(NoAuditLine::Time("time"))?,
        issuer: line.issuer,
        subject: line.subject,
        client_id: line.client_id,
        address: line.client_address,
    };
    Ok(Some(Issued {
        asker,
        operation,
        bucket: line.bucket.ok_or(NoAuditLine::Lacks("bucket"))?,
        key: line.key.ok_or(NoAuditLine::Lacks("key"))?,
        expires_at: seconds(&expires_at).ok_or(NoAuditLine::Time("expires_at"))?,
        signing_key_id: line.signing_key_id.ok_or(NoAuditLine::Lacks("signing_key_id"))?,
        stable: line.stable,
    }))
}

/// The members that are looked at.
#[derive(Deserialize)]
struct Line {
    time: String,
    id: Option<String>,
    decision: String,
    issuer: Option<String>,
    subject: Option<String>,
    client_id: Option<String>,
    client_address: Option<IpAddr>,
    operation: Option<String>,
    bucket: Option<String>,
    key: Option<String>,
    expires_at: Option<String>,
    signing_key_id: Option<String>,
    #[serde(default)]
    stable: bool,
}

/// From the epoch.
fn seconds(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::audit::entry::Decision;
    use crate::adapters::audit::entry::Entry;
    use crate::adapters::audit::entry::Lines;
    use crate::domain::audit_chain::Mark;
    use crate::domain::refusal::RefusalCode;
    use std::time::Duration;
    use std::time::SystemTime;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn written(entry: &Entry<'_>) -> String {
        let mut line = Vec::new();
        Lines::of(&[*entry]).unwrap().number(&mut line, "2026-11-24T12:00:00.042Z", None, Mark { seq: 6, link: None });
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn what_was_written_is_read_back() {
        let entry = Entry {
            id: Some("0197"),
            issuer: Some("corp"),
            subject: Some("a\"b"),
            client_id: Some("app"),
            client_address: Some("2001:db8::1".parse().unwrap()),
            operation: Some("GetObject"),
            bucket: Some("media"),
            key: Some("users/é\n"),
            expires_at: Some(at(1_795_522_500)),
            signing_key_id: Some("AKIA"),
            stable_signed_at: Some(at(1_795_521_600)),
            ..Entry::of(Decision::Issued)
        };
        let expected = Issued {
            asker: Asker {
                id: "0197".to_owned(),
                asked_at: 1_795_521_600,
                issuer: Some("corp".to_owned()),
                subject: Some("a\"b".to_owned()),
                client_id: Some("app".to_owned()),
                address: Some("2001:db8::1".parse().unwrap()),
            },
            operation: Operation::GetObject,
            bucket: "media".to_owned(),
            key: "users/é\n".to_owned(),
            expires_at: 1_795_522_500,
            signing_key_id: "AKIA".to_owned(),
            stable: true,
        };
        assert_eq!(issued(&written(&entry)).unwrap(), Some(expected.clone()));
        let usual = written(&Entry { stable_signed_at: None, ..entry });
        assert_eq!(issued(&usual).unwrap(), Some(Issued { stable: false, ..expected }));
        assert_eq!(issued(&written(&Entry::of(Decision::Refused(RefusalCode::NoGrant)))).unwrap(), None);
    }

    #[test]
    fn what_is_no_audit_line_is_told() {
        let whole = r#"{"time":"2026-11-24T12:00:00.042Z","id":"1","decision":"issued","operation":"GetObject",
            "bucket":"b","key":"k","expires_at":"2026-11-24T12:00:00Z","signing_key_id":"AKIA"}"#;
        assert!(matches!(issued(whole), Ok(Some(_))));
        let rows = [
            ("torn", whole[..40].to_owned(), "no JSON of an audit line: EOF while parsing"),
            ("another log", "{\"level\":\"INFO\"}".to_owned(), "no JSON of an audit line: missing field `time`"),
            ("no id", whole.replace("\"id\":\"1\"", "\"id\":null"), "it says issued, but has no id"),
            ("no key", whole.replace("\"key\":\"k\"", "\"key\":null"), "it says issued, but has no key"),
            ("an operation", whole.replace("GetObject", "CopyObject"), "there is no operation \"CopyObject\""),
            ("a time", whole.replace("12:00:00Z", "noon"), "its expires_at is no time"),
        ];
        for (row, line, expected) in rows {
            let error = issued(&line).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{row}: {error}");
        }
    }
}
