//! What a store did not say, and who would hear it.

use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Severity;
use crate::domain::doctor::Subject;
use crate::domain::doctor::heard::Silence;
use crate::domain::doctor::place::NoPlace;
use crate::domain::doctor::question::Question;
use crate::domain::policy::Bucket;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let silent: Vec<(Question, &Silence)> = Question::ALL
        .into_iter()
        .filter_map(|question| Some((question, subject.settings.silence(question)?)))
        .collect();
    let such = |kind: fn(&Silence) -> bool| -> Vec<Question> {
        silent.iter().filter(|(_, silence)| kind(silence)).map(|(question, _)| *question).collect()
    };
    let mut found = Vec::new();
    let denied = such(|silence| *silence == Silence::Denied);
    if !denied.is_empty() {
        let permissions: Vec<&str> = denied.iter().map(|question| question.row().permission).collect();
        found.push(subject.finding(
            FindingId::NotAsked,
            Severity::Warning,
            match denied.len() == Question::ALL.len() {
                true => {
                    "Whoever asked may ask nothing, or the store does not know whose credentials they are.".to_owned()
                }
                false => format!("Whoever asked may not ask {}.", operations(&denied)),
            },
            format!(
                "Ask as somebody who may ({}): --credentials NAME, with [credentials.NAME] in the configuration.",
                permissions.join(", ")
            ),
        ));
    }
    let unknown = such(|silence| *silence == Silence::Unknown);
    if !unknown.is_empty() {
        found.push(subject.finding(
            FindingId::NotAsked,
            Severity::Info,
            format!("The store does not know {}.", operations(&unknown)),
            "Nothing: what it cannot be asked by S3's calls, its own documentation tells.",
        ));
    }
    for (question, silence) in silent {
        if let Silence::Failed(what) = silence {
            let operation = question.row().operation;
            found.push(subject.finding(
                FindingId::NotAsked,
                Severity::Warning,
                format!("The store did not answer {operation}: {what}."),
                format!("Ask again: presignd doctor --config {} {}", subject.against.file, subject.bucket.alias),
            ));
        }
    }
    found
}

fn operations(questions: &[Question]) -> String {
    questions.iter().map(|question| question.row().operation).collect::<Vec<_>>().join(", ")
}

/// Of an access point that nobody can look behind.
pub(super) fn of_access_point(bucket: &Bucket, NoPlace: NoPlace) -> Finding {
    Finding {
        bucket: bucket.alias.clone(),
        id: FindingId::NotAsked,
        severity: Severity::Warning,
        detail: "It is an access point, which says nothing of the bucket behind it.".to_owned(),
        mend: format!("Write underlying = \"the bucket's name\" in [buckets.{}].", bucket.alias),
    }
}
