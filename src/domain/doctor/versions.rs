//! Versions, MFA delete and Object Lock, against the grants that name or lock versions.

use crate::domain::action::Action;
use crate::domain::action::Right;
use crate::domain::action::Rights;
use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Severity;
use crate::domain::doctor::Subject;
use crate::domain::doctor::grants_that;
use crate::domain::doctor::heard::Heard;
use crate::domain::doctor::settings::Lock;
use crate::domain::doctor::settings::Versioning;
use crate::domain::grant::Grant;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let found = [versioning(subject), mfa_delete(subject), object_lock(subject), digests(subject)];
    found.into_iter().flatten().collect()
}

fn versioning(subject: &Subject<'_>) -> Option<Finding> {
    let detail = match &subject.settings.versioning {
        Heard::Set(Versioning { enabled: true, .. }) | Heard::NotAsked | Heard::Silent(_) => return None,
        Heard::Set(_) => "Versioning is suspended",
        Heard::Unset => "The bucket keeps no versions",
    };
    let needing = subject.names(|grant| names_versions(grant) || grant.upload.object_lock.is_some());
    let losing = subject.names(|grant| grant.rights().allow_any(Action::Delete.allows()) || replaces(grant));
    let (severity, why) = match (needing.as_slice(), losing.as_slice()) {
        ([], []) => (Severity::Info, "no grant replaces or deletes objects".to_owned()),
        ([], losing) => {
            (Severity::Warning, format!("{} callers replace or delete objects for good", grants_that(losing, "let")))
        }
        (needing, _) => (Severity::Error, format!("{} them", grants_that(needing, "need"))),
    };
    let mend = subject.mend().s3api("put-bucket-versioning", "--versioning-configuration Status=Enabled");
    Some(subject.finding(FindingId::Versioning, severity, format!("{detail}; {why}."), mend))
}

/// Whether it lets callers name versions of objects.
fn names_versions(grant: &Grant) -> bool {
    let named = [Right::BypassGovernance, Right::DeleteVersion, Right::GetVersion, Right::HeadVersion];
    named.into_iter().any(|right| grant.rights().allow(right))
}

fn replaces(grant: &Grant) -> bool {
    grant.writes() && !grant.upload.write_once
}

/// Only the owner of the account can switch it on, with a code of their own device.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html>
fn mfa_delete(subject: &Subject<'_>) -> Option<Finding> {
    match &subject.settings.versioning {
        Heard::Set(Versioning { mfa_delete: true, .. }) | Heard::NotAsked | Heard::Silent(_) => return None,
        Heard::Set(_) | Heard::Unset => {}
    }
    let deleting = subject.names(|grant| grant.rights().allow(Right::DeleteVersion));
    let (severity, why) = match deleting.as_slice() {
        [] => (Severity::Info, "no grant deletes versions".to_owned()),
        deleting => (Severity::Warning, format!("{} versions", grants_that(deleting, "delete"))),
    };
    let mend = subject.mend().s3api(
        "put-bucket-versioning",
        "--versioning-configuration Status=Enabled,MFADelete=Enabled --mfa 'SERIAL CODE'",
    );
    let detail = format!("Whoever may delete a version needs no MFA code for it; {why}.");
    Some(subject.finding(FindingId::MfaDelete, severity, detail, mend))
}

fn object_lock(subject: &Subject<'_>) -> Option<Finding> {
    if subject.settings.lock != Heard::Unset {
        return None;
    }
    let bypass = Rights::NONE.with(Right::BypassGovernance);
    let needing = subject.names(|grant| grant.upload.object_lock.is_some() || grant.rights().allow_any(bypass));
    let (severity, why) = match needing.as_slice() {
        [] => (Severity::Info, "no grant locks objects".to_owned()),
        needing => (Severity::Error, format!("{} it", grants_that(needing, "need"))),
    };
    let only_new = match subject.is_on_aws() {
        true => "",
        false => {
            " A store that refuses to switch it on has it for new buckets alone (--object-lock-enabled-for-bucket)."
        }
    };
    let detail = format!("The bucket has no Object Lock; {why}.{only_new}");
    let options = "--object-lock-configuration ObjectLockEnabled=Enabled";
    let mend = subject.mend().s3api("put-object-lock-configuration", options);
    Some(subject.finding(FindingId::ObjectLock, severity, detail, mend))
}

/// Into a bucket that locks by itself, S3 takes no upload without a digest.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>
fn digests(subject: &Subject<'_>) -> Option<Finding> {
    let Heard::Set(Lock { by_default: Some(mode) }) = &subject.settings.lock else { return None };
    let without = subject.names(|grant| {
        let locks = grant.upload.object_lock.is_some();
        grant.writes() && !grant.upload.require_checksum && !locks
    });
    (!without.is_empty()).then(|| {
        subject.finding(
            FindingId::ObjectLock,
            Severity::Warning,
            format!(
                "The bucket locks objects by itself ({mode}), so S3 refuses uploads without a checksum or MD5; {} none.",
                grants_that(&without, "demand")
            ),
            format!("Write require_checksum = true in [grants.upload] of {}.", without.join(", ")),
        )
    })
}
