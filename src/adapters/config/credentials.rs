//! `[credentials.NAME]`: whose signatures S3 believes.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use crate::adapters::config::around::Around;
#[cfg(feature = "aws")]
use crate::adapters::config::aws;
#[cfg(feature = "aws")]
use crate::adapters::config::aws::Near;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::environment::Environment;
use crate::adapters::config::names::Names;
use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::meant;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::reader::text;
use crate::adapters::config::secrets;
use crate::adapters::config::settings::CredentialsProvider;
use crate::adapters::config::settings::CredentialsSource;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::domain::name::Name;

/// The credentials of a file.
pub(super) struct Credentials {
    /// Those without an error.
    pub(super) whole: Vec<(Name, CredentialsProvider)>,
    /// All of them.
    pub(super) names: Names,
}

/// Reads the tables of `[credentials]`; without any there is one, `main`, from the environment. Those of `[buckets]` tell
/// which regions are near.
#[cfg_attr(not(feature = "aws"), expect(unused_variables, reason = "regions are those where AWS is asked"))]
pub(super) fn credentials(entries: &[Entry], buckets: &[Entry], around: Around<'_>) -> Credentials {
    let (mut names, report) = (Names::of("credentials"), around.report);
    if entries.is_empty() {
        let main = names.declare_text("main", &Spot::Byte(0), report);
        warn_unless_set("", &Spot::Byte(0), around);
        let environment = CredentialsProvider::Local(CredentialsSource::Environment { prefix: String::new() });
        return Credentials { whole: main.map(|main| (main, environment)).into_iter().collect(), names };
    }
    // A role's source may stand below it.
    let declared: Vec<_> = entries.iter().map(|entry| names.declare_text(&entry.key, &entry.at, report)).collect();
    #[cfg(feature = "aws")]
    aws::check(entries, report);
    let known = Known {
        #[cfg(feature = "aws")]
        names: &names,
        #[cfg(feature = "aws")]
        near: Near::of(buckets, around),
        around,
    };
    let mut whole = Vec::new();
    for (entry, name) in entries.iter().zip(declared) {
        let section = Section::of(&entry.node, format!("[credentials.{}]", entry.key), report);
        whole.extend(name.zip(section.and_then(|section| provider(section, &known))));
    }
    Credentials { whole, names }
}

/// What the tables are read with.
struct Known<'a> {
    #[cfg(feature = "aws")]
    names: &'a Names,
    #[cfg(feature = "aws")]
    near: Near,
    around: Around<'a>,
}

fn provider(mut section: Section<'_>, known: &Known<'_>) -> Option<CredentialsProvider> {
    let (around, node) = (known.around, section.require("provider", "\"environment\"")?);
    let provider = match around.report.accept(&node.at, provider_named(node))? {
        #[cfg(feature = "aws")]
        Provider::AssumeRole => aws::assume_role(&mut section, known.names, &known.near).map(CredentialsProvider::Aws),
        #[cfg(feature = "aws")]
        Provider::Default => Some(CredentialsProvider::Aws(aws::default_chain(&known.near))),
        #[cfg(not(feature = "aws"))]
        Provider::AssumeRole | Provider::Default => {
            let wrong = "this provider is not in this build";
            around.report.error(&node.at, fault(wrong, "build presignd with the feature aws, or use another provider"));
            for key in ["role_arn", "source", "external_id", "session_name", "duration"] {
                section.take(key);
            }
            None
        }
        Provider::Environment => environment(&mut section, around).map(CredentialsProvider::Local),
        Provider::File => file(&mut section, around).map(CredentialsProvider::Local),
        Provider::Profile => profile(&mut section, around).map(CredentialsProvider::Local),
        Provider::SigningKey => signing_key(&mut section, around).map(CredentialsProvider::Local),
    };
    section.close();
    provider
}

/// `provider`.
#[derive(Clone, Copy)]
enum Provider {
    AssumeRole,
    Default,
    Environment,
    File,
    Profile,
    SigningKey,
}

fn provider_named(node: &Node) -> Result<Provider, Fault> {
    let name = text(node)?;
    let found = PROVIDERS.into_iter().find(|(known, _)| *known == name).map(|(_, provider)| provider);
    let known = PROVIDERS.into_iter().map(|(known, _)| known);
    found.ok_or_else(|| fault(format!("there is no provider {name:?}"), meant(name, known)))
}

const PROVIDERS: [(&str, Provider); 6] = [
    ("environment", Provider::Environment),
    ("file", Provider::File),
    ("profile", Provider::Profile),
    ("default", Provider::Default),
    ("assume_role", Provider::AssumeRole),
    ("signing_key", Provider::SigningKey),
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

/// What the file holds is looked at when it is known what its buckets need.
fn signing_key(section: &mut Section<'_>, around: Around<'_>) -> Option<CredentialsSource> {
    let path = section.read_required("path", "\"signing-keys.json\"", |node| places::path(node, around.folder))?;
    Some(CredentialsSource::SigningKey { path, needed: BTreeSet::new() })
}

fn profile(section: &mut Section<'_>, around: Around<'_>) -> Option<CredentialsSource> {
    let profile = section.read_required("profile", "\"uploads\"", some_text);
    let (credentials_file, at) = match section.take("credentials_file") {
        None => (None, section.at()),
        Some(node) => (Some(around.report.accept(&node.at, places::path(node, around.folder))?), &node.at),
    };
    let usual = usual_file(around.environment);
    match (credentials_file.as_ref().or(usual.as_ref()), profile) {
        (Some(file), Some(profile)) => secrets::warn_unless_profile(file, profile, at, around.report),
        (None, Some(_)) => around.report.warn(at, secrets::absent_variable("HOME")),
        (_, None) => {}
    }
    Some(CredentialsSource::Profile { profile: profile?.to_owned(), credentials_file })
}

/// Where profiles are that name no file: as it will be read, and `None` if that is at home, wherever that is.
fn usual_file(environment: &Environment) -> Option<PathBuf> {
    let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty()).map(Path::new);
    let file = variable("AWS_SHARED_CREDENTIALS_FILE").unwrap_or(Path::new("~/.aws/credentials"));
    match file.strip_prefix("~") {
        Ok(in_home) => variable("HOME").map(|home| home.join(in_home)),
        Err(_) => Some(file.to_owned()),
    }
}
