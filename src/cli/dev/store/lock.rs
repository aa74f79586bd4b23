//! Object Lock: until when a version may not be deleted, and by whom.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>

use s3s::S3Result;
use s3s::dto;
use s3s::dto::Timestamp;
use s3s::s3_error;
use serde::Deserialize;
use serde::Serialize;

use super::bucket::Settings;

/// What holds a version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lock {
    pub retention: Option<Retention>,
    pub legal_hold: bool,
}

/// A version is held until an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retention {
    pub mode: Mode,
    pub until: Timestamp,
}

/// Who may lift a retention before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// Nobody.
    Compliance,
    /// Whoever may bypass it and says so.
    Governance,
}

impl Lock {
    /// What an upload into a bucket of these settings asks for. `has_digest`: it declares an MD5 or a checksum.
    pub fn asked(input: &dto::PutObjectInput, settings: Settings, has_digest: bool, now: &Timestamp) -> S3Result<Self> {
        let hold = input.object_lock_legal_hold_status.as_ref().map(dto::ObjectLockLegalHoldStatus::as_str);
        let mode = input.object_lock_mode.as_ref().map(dto::ObjectLockMode::as_str);
        let retention = Retention::of(mode, input.object_lock_retain_until_date.clone(), now)?;
        let lock = Self { retention, legal_hold: hold.map_or(Ok(false), legal_hold)? };
        if hold.is_none() && lock.retention.is_none() {
            return Ok(lock);
        }
        demand_lockable(settings)?;
        match has_digest {
            true => Ok(lock),
            false => Err(lacks_digest()),
        }
    }

    /// Whether anything was asked for.
    pub fn is_some(&self) -> bool {
        self.legal_hold || self.retention.is_some()
    }

    /// Fails while a version must stay. `bypass`: the request lifts GOVERNANCE.
    pub fn permit_delete(&self, now: &Timestamp, bypass: bool) -> S3Result<()> {
        let retained = self.retention.as_ref().is_some_and(|retention| retention.holds(now, bypass));
        match self.legal_hold || retained {
            true => Err(s3_error!(AccessDenied, "Access Denied because object protected by object lock.")),
            false => Ok(()),
        }
    }

    /// What an answer about the object says of it.
    pub fn told(&self) -> Told {
        Told {
            mode: self.retention.as_ref().map(|retention| retention.mode.name().to_owned().into()),
            until: self.retention.as_ref().map(|retention| retention.until.clone()),
            legal_hold: self.legal_hold.then(|| dto::ObjectLockLegalHoldStatus::ON.to_owned().into()),
        }
    }
}

/// The members of S3's answers that tell of a lock.
#[derive(Debug, Default)]
pub struct Told {
    pub mode: Option<dto::ObjectLockMode>,
    pub until: Option<Timestamp>,
    pub legal_hold: Option<dto::ObjectLockLegalHoldStatus>,
}

impl Retention {
    /// Of a mode and an end: both, or neither.
    pub fn of(mode: Option<&str>, until: Option<Timestamp>, now: &Timestamp) -> S3Result<Option<Self>> {
        let (mode, until) = match (mode, until) {
            (None, None) => return Ok(None),
            (Some(mode), Some(until)) => (mode, until),
            _ => {
                return Err(s3_error!(
                    InvalidArgument,
                    "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
                ));
            }
        };
        let mode = match mode {
            dto::ObjectLockMode::COMPLIANCE => Mode::Compliance,
            dto::ObjectLockMode::GOVERNANCE => Mode::Governance,
            _ => return Err(s3_error!(InvalidArgument, "Unknown wormMode directive.")),
        };
        match until > *now {
            true => Ok(Some(Self { mode, until })),
            false => Err(s3_error!(InvalidArgument, "The retain until date must be in the future!")),
        }
    }

    /// Whether `next` may take its place: it may always be made longer, and be weakened only once it has ended or by
    /// who bypasses GOVERNANCE.
    pub fn permit_change(&self, next: Option<&Self>, now: &Timestamp, bypass: bool) -> S3Result<()> {
        let weaker = match (self.mode, next) {
            (_, None) => true,
            (Mode::Compliance, Some(next)) => next.mode == Mode::Governance || next.until < self.until,
            (Mode::Governance, Some(next)) => next.until < self.until,
        };
        match weaker && self.holds(now, bypass) {
            true => Err(s3_error!(AccessDenied, "Access Denied because object protected by object lock.")),
            false => Ok(()),
        }
    }

    fn holds(&self, now: &Timestamp, bypass: bool) -> bool {
        let lifted = match self.mode {
            Mode::Compliance => false,
            Mode::Governance => bypass,
        };
        self.until > *now && !lifted
    }
}

impl Mode {
    /// S3's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compliance => dto::ObjectLockMode::COMPLIANCE,
            Self::Governance => dto::ObjectLockMode::GOVERNANCE,
        }
    }
}

/// Whether a legal hold is on.
pub fn legal_hold(status: &str) -> S3Result<bool> {
    match status {
        dto::ObjectLockLegalHoldStatus::ON => Ok(true),
        dto::ObjectLockLegalHoldStatus::OFF => Ok(false),
        _ => Err(s3_error!(InvalidArgument, "Legal Hold must be either of 'ON' or 'OFF'")),
    }
}

/// Fails for a bucket that locks nothing.
pub fn demand_lockable(settings: Settings) -> S3Result<()> {
    match settings.object_lock {
        true => Ok(()),
        false => Err(s3_error!(InvalidRequest, "Bucket is missing Object Lock Configuration")),
    }
}

/// Why an upload of locked bytes, or of a part of them, is refused.
pub fn lacks_digest() -> s3s::S3Error {
    s3_error!(
        InvalidRequest,
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use std::time::SystemTime;

    fn at(seconds: u64) -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
    }

    fn retention(mode: Mode, until: u64) -> Retention {
        Retention { mode, until: at(until) }
    }

    #[test]
    fn what_is_held_is_not_deleted_and_only_governance_is_bypassed() {
        use Mode::Compliance;
        use Mode::Governance;
        let cases = [
            (None, false, false, true),
            (None, true, true, false),
            (Some(retention(Governance, 200)), false, false, false),
            (Some(retention(Governance, 200)), false, true, true),
            (Some(retention(Governance, 200)), true, true, false),
            (Some(retention(Governance, 100)), false, false, true),
            (Some(retention(Compliance, 200)), false, true, false),
            (Some(retention(Compliance, 100)), false, false, true),
        ];
        for (retention, legal_hold, bypass, expected) in cases {
            let lock = Lock { retention, legal_hold };
            assert_eq!(lock.permit_delete(&at(100), bypass).is_ok(), expected, "{lock:?} bypass {bypass}");
        }
    }

    #[test]
    fn a_retention_may_grow_and_only_governance_may_shrink() {
        use Mode::Compliance;
        use Mode::Governance;
        let cases = [
            (Compliance, Some(retention(Compliance, 300)), false, true),
            (Compliance, Some(retention(Compliance, 150)), true, false),
            (Compliance, Some(retention(Governance, 300)), true, false),
            (Compliance, None, true, false),
            (Governance, Some(retention(Compliance, 300)), false, true),
            (Governance, Some(retention(Governance, 150)), false, false),
            (Governance, Some(retention(Governance, 150)), true, true),
            (Governance, None, false, false),
            (Governance, None, true, true),
        ];
        for (mode, next, bypass, expected) in cases {
            let found = retention(mode, 200).permit_change(next.as_ref(), &at(100), bypass);
            assert_eq!(found.is_ok(), expected, "{mode:?} to {next:?} bypass {bypass}");
        }
        assert!(retention(Compliance, 100).permit_change(None, &at(100), false).is_ok());
    }

    #[test]
    fn mode_and_end_come_together_and_the_end_is_to_come() {
        let cases = [
            (None, None, Ok(())),
            (Some("GOVERNANCE"), Some(200), Ok(())),
            (Some("COMPLIANCE"), Some(200), Ok(())),
            (Some("GOVERNANCE"), None, Err("InvalidArgument")),
            (None, Some(200), Err("InvalidArgument")),
            (Some("governance"), Some(200), Err("InvalidArgument")),
            (Some("COMPLIANCE"), Some(100), Err("InvalidArgument")),
        ];
        for (mode, until, expected) in cases {
            let found = Retention::of(mode, until.map(at), &at(100));
            let found = found.map(drop).map_err(|error| error.code().as_str().to_owned());
            assert_eq!(found, expected.map_err(str::to_owned), "{mode:?} {until:?}");
        }
    }
}
