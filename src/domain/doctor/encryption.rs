//! What becomes of an upload that says nothing of encryption, and whether clients may bring keys.

use crate::domain::aws_policy::accepted::Accepted;
use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Severity;
use crate::domain::doctor::Subject;
use crate::domain::doctor::heard::Heard;
use crate::domain::doctor::heard::Silence;
use crate::domain::doctor::settings::Encryption;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let accepted = Accepted::of(subject.against.policy, subject.bucket);
    [by_default(subject, &accepted), client_keys(subject, &accepted)].into_iter().flatten().collect()
}

fn by_default(subject: &Subject<'_>, accepted: &Accepted<'_>) -> Option<Finding> {
    let (detail, mend) = match &subject.settings.encryption {
        Heard::Unset => (
            "The bucket encrypts nothing by itself",
            subject.mend().s3api(
                "put-bucket-encryption",
                r#"--server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'"#,
            ),
        ),
        Heard::Silent(Silence::Unknown) => (
            "The store has no default encryption that it tells of",
            format!(
                "Have it signed into every upload: default_encryption = {{ algorithm = \"AES256\" }} in [buckets.{}], or \
                 what the store has.",
                subject.bucket.alias
            ),
        ),
        Heard::Set(_) | Heard::NotAsked | Heard::Silent(Silence::Denied | Silence::Failed(_)) => return None,
    };
    let (severity, why) = match accepted.may_say_nothing() {
        true => (Severity::Warning, "grants sign uploads that ask for none"),
        false => (Severity::Info, "no grant signs an upload that asks for none"),
    };
    Some(subject.finding(FindingId::DefaultEncryption, severity, format!("{detail}; {why}."), mend))
}

/// Since April 2026 new buckets refuse SSE-C until they are told otherwise.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html>
fn client_keys(subject: &Subject<'_>, accepted: &Accepted<'_>) -> Option<Finding> {
    let Heard::Set(Encryption { algorithm, blocks_client_keys: true }) = &subject.settings.encryption else {
        return None;
    };
    accepted.has_client_keys().then(|| {
        let options = format!(
            "--server-side-encryption-configuration '{{\"Rules\":[{{\"ApplyServerSideEncryptionByDefault\":\
             {{\"SSEAlgorithm\":\"{algorithm}\"}},\"BlockedEncryptionTypes\":{{\"EncryptionType\":[\"NONE\"]}}}}]}}'"
        );
        let detail = "The bucket refuses keys of the client's own (SSE-C), which grants let clients bring.";
        let mend = subject.mend().s3api("put-bucket-encryption", &options);
        subject.finding(FindingId::ClientKeys, Severity::Error, detail, mend)
    })
}
