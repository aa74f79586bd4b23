//! `[credentials.NAME]`: whose signatures S3 believes.

use std::path::Path;

use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::names::Names;
use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::meant;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::reader::text;
use crate::adapters::config::secrets;
use crate::adapters::config::settings::CredentialsSource;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::domain::name::Name;

/// The credentials of a file.
pub(super) struct Credentials {
    /// Those without an error.
    pub(super) whole: Vec<(Name, CredentialsSource)>,
    /// All of them.
    pub(super) names: Names,
}

/// Reads the tables of `[credentials]`; without any there is one, `main`, from the environment.
pub(super) fn credentials(entries: &[Entry], around: Around<'_>) -> Credentials {
    let mut credentials = Credentials { whole: Vec::new(), names: Names::of("credentials") };
    let (names, report) = (&mut credentials.names, around.report);
    for entry in entries {
        let name = names.declare_text(&entry.key, &entry.at, report);
        let section = Section::of(&entry.node, format!("[credentials.{}]", entry.key), report);
        let source = section.and_then(|section| source(section, around));
        credentials.whole.extend(name.zip(source));
    }
    if entries.is_empty() {
        let main = names.declare_text("main", &Spot::Byte(0), report);
        warn_unless_set("", &Spot::Byte(0), around);
        credentials.whole.extend(main.map(|main| (main, CredentialsSource::Environment { prefix: String::new() })));
    }
    credentials
}

fn source(mut section: Section<'_>, around: Around<'_>) -> Option<CredentialsSource> {
    let node = section.require("provider", "\"environment\"")?;
    let source = match around.report.accept(&node.at, provider(node))? {
        Provider::Environment => environment(&mut section, around),
        Provider::File => file(&mut section, around),
        Provider::Profile => profile(&mut section, around),
        Provider::Later(keys) => {
            let wrong = "this provider is not available in this version";
            around.report.error(&node.at, fault(wrong, "use environment, file or profile"));
            keys.iter().for_each(|key| _ = section.take(key));
            None
        }
    };
    section.close();
    source
}

#[derive(Clone, Copy)]
enum Provider {
    Environment,
    File,
    Profile,
    /// One that a later version has, with its keys.
    Later(&'static [&'static str]),
}

fn provider(node: &Node) -> Result<Provider, Fault> {
    let name = text(node)?;
    let found = PROVIDERS.into_iter().find(|(known, _)| *known == name).map(|(_, provider)| provider);
    let known = PROVIDERS.into_iter().map(|(known, _)| known);
    found.ok_or_else(|| fault(format!("there is no provider {name:?}"), meant(name, known)))
}

const PROVIDERS: [(&str, Provider); 6] = [
    ("environment", Provider::Environment),
    ("file", Provider::File),
    ("profile", Provider::Profile),
    ("default", Provider::Later(&[])),
    ("assume_role", Provider::Later(&["role_arn", "source", "external_id", "session_name", "duration"])),
    ("signing_key", Provider::Later(&["path"])),
];

fn environment(section: &mut Section<'_>, around: Around<'_>) -> Option<CredentialsSource> {
    let prefix = match section.take("env_prefix") {
        None => String::new(),
        Some(node) => around.report.accept(&node.at, env_prefix(node))?,
    };
    warn_unless_set(&prefix, section.at(), around);
    Some(CredentialsSource::Environment { prefix })
}

fn env_prefix(node: &Node) -> Result<String, Fault> {
    let text = text(node)?;
    match text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        true => Ok(text.to_owned()),
        false => Err(fault("not the beginning of a variable's name", "write letters, digits and _")),
    }
}

fn warn_unless_set(prefix: &str, at: &Spot, around: Around<'_>) {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| format!("{prefix}{name}")) {
        if around.environment.get(&name).is_none_or(|value| value.is_empty()) {
            around.report.warn(at, secrets::absent_variable(&name));
        }
    }
}

fn file(section: &mut Section<'_>, around: Around<'_>) -> Option<CredentialsSource> {
    let node = section.require("path", "\"credentials.json\"")?;
    let path = around.report.accept(&node.at, places::path(node, around.folder))?;
    secrets::warn_unless_credentials(&path, &node.at, around.report);
    Some(CredentialsSource::File { path })
}

fn profile(section: &mut Section<'_>, around: Around<'_>) -> Option<CredentialsSource> {
    let profile = section.read_required("profile", "\"uploads\"", some_text);
    let (credentials_file, at) = match section.take("credentials_file") {
        None => (None, section.at()),
        Some(node) => (Some(around.report.accept(&node.at, places::path(node, around.folder))?), &node.at),
    };
    let home = around.environment.get("HOME").map(|home| Path::new(home).join(".aws/credentials"));
    match (credentials_file.as_ref().or(home.as_ref()), profile) {
        (Some(file), Some(profile)) => secrets::warn_unless_profile(file, profile, at, around.report),
        (None, Some(_)) => around.report.warn(at, secrets::absent_variable("HOME")),
        (_, None) => {}
    }
    Some(CredentialsSource::Profile { profile: profile?.to_owned(), credentials_file })
}
