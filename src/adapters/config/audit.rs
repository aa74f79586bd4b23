//! `[audit]`.

use std::path::Path;

use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::flag;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::secrets;
use crate::adapters::config::settings::Audit;
use crate::adapters::config::settings::AuditChain;
use crate::adapters::config::settings::AuditSink;
use crate::adapters::config::tree::Node;
use crate::domain::audit_chain::ChainKey;

/// `[audit]`, with the defaults of what it leaves out.
pub(super) fn audit(section: Option<Section<'_>>, around: Around<'_>) -> Audit {
    let mut audit = Audit { sink: AuditSink::Stdout, required: true, sync: false, chain: AuditChain::None };
    let Some(mut section) = section else {
        return audit;
    };
    if let Some(node) = section.take("path") {
        audit.sink = section.report().accept(&node.at, sink(node, around.folder)).unwrap_or(audit.sink);
        if let Some(absent) = absent_folder(&audit.sink) {
            section.report().warn(&node.at, absent);
        }
    }
    audit.required = section.read("required", flag).unwrap_or(audit.required);
    audit.sync = section.flag("sync");
    audit.chain = chain(&mut section, around).unwrap_or(audit.chain);
    section.close();
    audit
}

fn sink(node: &Node, folder: &Path) -> Result<AuditSink, Fault> {
    match some_text(node)? {
        "stdout" => Ok(AuditSink::Stdout),
        _ => places::path(node, folder).map(AuditSink::File),
    }
}

/// The file is made where it is missing, its folder is not.
fn absent_folder(sink: &AuditSink) -> Option<Fault> {
    let AuditSink::File(path) = sink else { return None };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    (!folder.is_dir()).then(|| {
        let wrong = format!("the folder {} is not there", folder.display());
        fault(wrong, "make it where the service runs; until then it is not ready")
    })
}

fn chain(section: &mut Section<'_>, around: Around<'_>) -> Option<AuditChain> {
    let report = around.report;
    let (variable, file) = (section.take("chain_key_env"), section.take("chain_key_file"));
    let secret = match (variable, file) {
        (Some(_), Some(file)) => {
            report.error(&file.at, fault("the chain has one key", "remove chain_key_env or chain_key_file"));
            return None;
        }
        (Some(variable), None) => secrets::of_variable(variable, around.environment, report)?,
        (None, Some(file)) => secrets::of_file(file, around)?,
        (None, None) => return None,
    };
    Some(secret.map_or(AuditChain::Absent, |secret| AuditChain::Keyed(ChainKey::new(secret.expose()))))
}
