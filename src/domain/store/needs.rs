//! What a request needs of the store, and what of that the bucket's does not have.

use crate::domain::checksum::ChecksumType;
use crate::domain::operation::Operation;
use crate::domain::parameters::Parameters;
use crate::domain::refusal::MemberError;
use crate::domain::store::features::Feature;
use crate::domain::store::features::Lack;
use crate::domain::store::features::Lacks;

/// A feature that a request cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Need<'a> {
    feature: Feature,
    /// Which one, of a kind with names.
    named: &'a str,
    /// The member that asks for it.
    pointer: &'static str,
}

/// What a finished request asks for that the bucket's store does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported(pub Vec<MemberError>);

impl Lacks {
    /// Holds the finished request against what the store has; `asked` is what the caller said of it himself, so that
    /// no member is blamed for what the grant or the bucket signs in.
    pub fn refusal(&self, operation: Operation, asked: &Parameters, finished: &Parameters) -> Option<Unsupported> {
        if self.is_empty() {
            return None;
        }
        let asked = needs(operation, asked);
        let mut errors: Vec<MemberError> = Vec::new();
        for need in needs(operation, finished) {
            let Some(lack) = self.why_not(need.feature, need.named) else { continue };
            let error = if asked.contains(&need) { blame(&need, lack) } else { signed_in(lack) };
            if errors.iter().all(|known| known.pointer != error.pointer) {
                errors.push(error);
            }
        }
        (!errors.is_empty()).then_some(Unsupported(errors))
    }
}

fn blame(need: &Need<'_>, lack: &Lack) -> MemberError {
    MemberError::at(need.pointer, lack.mend())
}

/// No member can mend it.
fn signed_in(lack: &Lack) -> MemberError {
    let detail = format!("ask the operator: the grant or the bucket asks for it, and its store has no {}", lack.name());
    MemberError::at("", detail)
}

/// All that a request needs of a store, in the order of the members.
fn needs(operation: Operation, parameters: &Parameters) -> Vec<Need<'_>> {
    let mut needs = vec![Need { feature: Feature::Operation(operation), named: "", pointer: "/operation" }];
    let mut add = |is_asked: bool, feature: Feature, named, pointer| {
        needs.extend(is_asked.then_some(Need { feature, named, pointer }));
    };
    let lock = &parameters.object_lock;
    add(parameters.bypass_governance_retention, Feature::BypassGovernance, "", "/bypass_governance_retention");
    add(parameters.mfa.is_some(), Feature::Mfa, "", "/mfa");
    add(lock.mode.is_some(), Feature::Retention, "", "/object_lock");
    add(lock.legal_hold.is_some(), Feature::LegalHold, "", "/object_lock");
    add(parameters.object_size.is_some(), Feature::ObjectSize, "", "/object_size");
    add(!parameters.tags.is_empty(), Feature::Tags, "", "/tags");
    add(parameters.version_id.is_some(), Feature::Versions, "", "/version_id");
    if let Some(class) = &parameters.storage_class {
        add(true, Feature::StorageClass, class.as_str(), "/storage_class");
    }
    if let Some(encryption) = &parameters.server_side_encryption {
        add(true, Feature::from(encryption), "", "/server_side_encryption");
    }
    add(parameters.if_none_match, write_once(operation), "", "/if_none_match");
    checksums(parameters, &mut add);
    needs
}

/// Those of one body, of the parts of an upload, and of a whole object.
fn checksums<'a>(parameters: &'a Parameters, add: &mut impl FnMut(bool, Feature, &'a str, &'static str)) {
    if let Some(of_body) = &parameters.checksum {
        add(true, Feature::Checksum, of_body.algorithm.as_str(), "/checksum");
    }
    if let Some(of_upload) = &parameters.upload_checksum {
        let is_full = of_upload.kind == Some(ChecksumType::FullObject);
        add(true, Feature::Checksum, of_upload.algorithm.as_str(), "/checksum");
        add(is_full, Feature::FullObjectChecksum, of_upload.algorithm.as_str(), "/checksum");
    }
    if let Some(of_object) = &parameters.object_checksum {
        add(true, Feature::FullObjectChecksum, of_object.algorithm.as_str(), "/checksum");
    }
}

/// Of PutObject, or of the completion of an upload in parts: nothing else has it.
fn write_once(operation: Operation) -> Feature {
    match operation {
        Operation::CompleteMultipartUpload => Feature::WriteOnceInParts,
        Operation::AbortMultipartUpload
        | Operation::CreateMultipartUpload
        | Operation::DeleteObject
        | Operation::GetObject
        | Operation::HeadObject
        | Operation::ListObjectsV2
        | Operation::ListParts
        | Operation::PostObject
        | Operation::PutObject
        | Operation::RestoreObject
        | Operation::UploadPart => Feature::WriteOnce,
    }
}
