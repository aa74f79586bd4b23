//! `[audit]`.

use std::path::Path;

use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::flag;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::settings::Audit;
use crate::adapters::config::settings::AuditSink;

/// `[audit]`, with the defaults of what it leaves out.
pub(super) fn audit(section: Option<Section<'_>>, folder: &Path) -> Audit {
    let mut audit = Audit { sink: AuditSink::Stdout, required: true, sync: false };
    let Some(mut section) = section else {
        return audit;
    };
    let sink = section.read("path", |node| match some_text(node)? {
        "stdout" => Ok(AuditSink::Stdout),
        _ => places::path(node, folder).map(AuditSink::File),
    });
    audit.sink = sink.unwrap_or(audit.sink);
    audit.required = section.read("required", flag).unwrap_or(audit.required);
    audit.sync = section.flag("sync");
    section.not_available("chain_key_env");
    section.not_available("chain_key_file");
    section.close();
    audit
}
