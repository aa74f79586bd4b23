//! Grants inside wider ones: the wider one decides for everyone whom the narrower is not for.

use std::collections::HashMap;

use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::grants::Placed;
use crate::domain::action::Right;
use crate::domain::grant::DownloadLimits;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::grant::MfaRule;
use crate::domain::grant::UploadLimits;
use crate::domain::name::Name;
use crate::domain::scope::End;

/// Warns of each stricter grant that callers of a wider one around it go past.
pub(super) fn check(grants: &[Placed<'_>], report: &Report) {
    let allows = || grants.iter().filter(|placed| placed.grant.effect == Effect::Allow);
    let mut wider: HashMap<(&Name, &str), Vec<&Grant>> = HashMap::new();
    for Placed { grant, .. } in allows().filter(|placed| !placed.grant.scope.is_key()) {
        wider.entry((&grant.bucket, grant.scope.as_str())).or_default().push(grant);
    }
    for placed in allows() {
        let narrow = &placed.grant;
        let around = prefixes(narrow).filter_map(|prefix| wider.get(&(&narrow.bucket, prefix))).flatten();
        let past = around.filter(|wide| stricter(narrow, wide)).find_map(|wide| Some((wide, gap(narrow, wide)?)));
        if let Some((wide, gap)) = past {
            let wrong = format!("the wider grant {} has other {gap}, and decides here for everyone else", wide.name);
            let mend = format!("give both the same {gap}, or deny here what {} allows", wide.name);
            report.warn(placed.scope_at, fault(wrong, mend));
        }
    }
}

/// Every shorter prefix of whole segments that begins the grant's, the longest first.
pub(super) fn prefixes(grant: &Grant) -> impl Iterator<Item = &str> {
    let text = grant.scope.as_str();
    let inner = match grant.scope.end() {
        End::Whole | End::FolderKey => text.strip_suffix('/').unwrap_or(text),
        End::Open(_) | End::Key => text,
    };
    let slashes = inner.rmatch_indices('/').filter_map(|(at, _)| text.get(..=at));
    slashes.chain((!text.is_empty()).then_some(""))
}

/// What makes somebody a candidate of the wider one who is none of the narrower.
fn gap(narrow: &Grant, wide: &Grant) -> Option<&'static str> {
    if wide.issuers.iter().any(|issuer| !narrow.issuers.contains(issuer)) {
        return Some("issuers");
    }
    if narrow.when.iter().any(|condition| !wide.when.contains(condition)) {
        return Some("claims in when");
    }
    (!narrow.rights().allow_all(wide.rights())).then_some("actions")
}

/// Whether the narrower one asks for something that the wider one does not.
fn stricter(narrow: &Grant, wide: &Grant) -> bool {
    narrow.when.iter().any(|condition| !wide.when.contains(condition))
        || wide.issuers.iter().any(|issuer| !narrow.issuers.contains(issuer))
        || (!narrow.enabled && wide.enabled)
        || narrow.max_expires < wide.max_expires
        || (narrow.source_ips.is_some() && narrow.source_ips != wide.source_ips)
        || stricter_mfa(narrow, wide)
        || (wide.writes() && stricter_upload(&narrow.upload, &wide.upload))
        || (wide.downloads() && stricter_download(&narrow.download, &wide.download))
}

fn stricter_mfa(narrow: &Grant, wide: &Grant) -> bool {
    match (&narrow.mfa, &wide.mfa) {
        (MfaRule::Never, _) => false,
        (MfaRule::Usual, MfaRule::Never) => wide.rights().allow(Right::DeleteVersion),
        (MfaRule::Usual, MfaRule::Usual | MfaRule::Asked(_)) => false,
        (MfaRule::Asked(_), other) => *other != narrow.mfa,
    }
}

fn stricter_upload(narrow: &UploadLimits, wide: &UploadLimits) -> bool {
    let size = |limits: &UploadLimits| limits.max_size.unwrap_or(u64::MAX);
    size(narrow) < size(wide)
        || (narrow.content_types.is_some() && narrow.content_types != wide.content_types)
        || (narrow.require_checksum && !wide.require_checksum)
        || (narrow.write_once && !wide.write_once)
        || wide.storage_classes.iter().any(|class| !narrow.storage_classes.contains(class))
        || stricter_encryption(narrow, wide)
        || narrow.object_lock != wide.object_lock
        || stricter_form(narrow, wide)
        || wide.tags.iter().any(|tag| !narrow.tags.contains(tag))
        || (!narrow.metadata && wide.metadata)
        || narrow.set_metadata.iter().any(|value| !wide.set_metadata.contains(value))
        || narrow.set_tags.iter().any(|value| !wide.set_tags.contains(value))
}

fn stricter_encryption(narrow: &UploadLimits, wide: &UploadLimits) -> bool {
    let demanded = &narrow.server_side_encryption;
    (demanded.is_some() && *demanded != wide.server_side_encryption)
        || wide.kms_keys.iter().any(|key| !narrow.kms_keys.contains(key))
        || (!narrow.sse_c && wide.sse_c)
        || (narrow.client_side_encryption && !wide.client_side_encryption)
}

fn stricter_form(narrow: &UploadLimits, wide: &UploadLimits) -> bool {
    (!narrow.post_key_prefix && wide.post_key_prefix)
        || (!narrow.post_type_prefix && wide.post_type_prefix)
        || wide.post_redirects.iter().any(|url| !narrow.post_redirects.contains(url))
}

fn stricter_download(narrow: &DownloadLimits, wide: &DownloadLimits) -> bool {
    wide.overrides.iter().any(|member| !narrow.overrides.contains(member))
        || (narrow.force_attachment && !wide.force_attachment)
        || (!narrow.stable && wide.stable)
}
