//! `[grants.upload]` and `[grants.download]`: what a transfer under a grant must or may be.

use std::collections::HashSet;

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::diagnostic::told;
use crate::adapters::config::encryption;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::flag;
use crate::adapters::config::reader::meant;
use crate::adapters::config::reader::text;
use crate::adapters::config::retention;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::adapters::config::units::size;
use crate::adapters::config::warnings;
use crate::domain::claims::Claims;
use crate::domain::forms;
use crate::domain::grant::DownloadLimits;
use crate::domain::grant::ResponseMember;
use crate::domain::grant::StorageClass;
use crate::domain::grant::UploadLimits;
use crate::domain::media_type::TypePattern;
use crate::domain::scope::Scope;
use crate::domain::template::Filling;
use crate::domain::template::KeyTemplate;
use crate::domain::template::ValueTemplate;

/// `[grants.upload]`, with the defaults of what it leaves out.
pub(super) fn upload(section: Option<Section<'_>>, scope: Option<&Scope>) -> UploadLimits {
    let usual = UploadLimits::default();
    let Some(mut section) = section else {
        return usual;
    };
    let limits = UploadLimits {
        max_size: section.read("max_size", size),
        content_types: section.some("content_types", content_type),
        require_checksum: section.flag("require_checksum"),
        write_once: section.flag("write_once"),
        storage_classes: section.some("storage_classes", storage_class).unwrap_or(usual.storage_classes),
        server_side_encryption: encryption::demanded(&mut section),
        kms_keys: section.list("kms_key_ids", encryption::kms_key).unwrap_or_default(),
        sse_c: section.flag("sse_c"),
        object_lock: retention::object_lock(&mut section),
        tags: tags(&mut section),
        client_side_encryption: client_side_encryption(&mut section),
        metadata: section.read("metadata", flag).unwrap_or(usual.metadata),
        set_metadata: set_metadata(&mut section),
        set_tags: set_tags(&mut section),
        key_template: key_template(&mut section, scope),
        post_key_prefix: section.flag("post_key_prefix"),
        post_type_prefix: section.flag("post_type_prefix"),
        post_redirects: section.list("post_redirects", redirect).unwrap_or_default(),
    };
    section.close();
    limits
}

fn content_type(node: &Node) -> Result<TypePattern, Fault> {
    TypePattern::parse(text(node)?).map_err(|error| told(error, "write one such as \"image/png\" or \"image/*\""))
}

/// `client_side_encryption`; it is told by the caller's metadata.
fn client_side_encryption(section: &mut Section<'_>) -> bool {
    let read = section.read("client_side_encryption", |node| match text(node)? {
        "required" => Ok(()),
        _ => Err(fault("client_side_encryption can only be required", "write \"required\", or remove it")),
    });
    let metadata = section.take("metadata").filter(|node| read.is_some() && flag(node) == Ok(false));
    if let Some(node) = metadata {
        let wrong = "metadata = false leaves no room for what client_side_encryption asks for";
        section.report().error(&node.at, fault(wrong, "remove one of the two"));
    }
    read.is_some()
}

/// An entry of `post_redirects`, which a form carries as it stands.
fn redirect(node: &Node) -> Result<String, Fault> {
    let url = text(node)?;
    let has_host =
        ["https://", "http://"].iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    match has_host && url.bytes().all(|byte| byte.is_ascii_graphic()) && !url.contains("${") {
        true => Ok(url.to_owned()),
        false => {
            Err(fault("no URL that a browser can be sent to", "write one such as \"https://app.example.com/done\""))
        }
    }
}

fn storage_class(node: &Node) -> Result<StorageClass, Fault> {
    StorageClass::parse(text(node)?).map_err(|error| told(error, "correct it"))
}

fn key_template(section: &mut Section<'_>, scope: Option<&Scope>) -> Option<KeyTemplate> {
    let report = section.report();
    let node = section.take("key_template")?;
    let template = match scope.is_some_and(Scope::is_key) {
        true => Err(fault("key_template goes on from a prefix, and this grant has a key", "remove one of the two")),
        false => text(node).and_then(|text| KeyTemplate::parse(text).map_err(|error| told(error, "correct it"))),
    };
    let template = report.accept(&node.at, template)?;
    warnings::changeable_claims(template.claims(), &node.at, report);
    Some(template)
}

/// `tags`: the names that a caller may set.
fn tags(section: &mut Section<'_>) -> Vec<String> {
    let mut seen = HashSet::new();
    let read = section.list("tags", |node| {
        let name = tag_name(text(node)?)?;
        match seen.insert(name.clone()) {
            true => Ok(name),
            false => Err(fault(format!("the tag {name:?} is there twice"), "remove one of the two")),
        }
    });
    read.unwrap_or_default()
}

/// A tag's name, held to what a caller's is held to.
fn tag_name(name: &str) -> Result<String, Fault> {
    match forms::is_tag_name(name) {
        true => Ok(name.to_owned()),
        false => Err(fault(
            "a tag's name is 1 to 128 characters, none a control character, and not one of AWS's own (aws:…)",
            "rename it",
        )),
    }
}

type Values = Vec<(String, ValueTemplate)>;

/// `set_metadata`: names are headers' names, so that letters of either case are the same.
fn set_metadata(section: &mut Section<'_>) -> Values {
    let mut seen = HashSet::new();
    templates(section, "set_metadata", |name| {
        let lower = name.to_ascii_lowercase();
        if !forms::is_metadata_name(&lower) {
            return Err(fault("a name of metadata is 1 to 64 of the characters a-z 0-9 -", "rename it"));
        }
        match seen.insert(lower.clone()) {
            true => Ok(lower),
            false => Err(fault(format!("{lower} is there twice: case makes no difference"), "remove one of the two")),
        }
    })
}

/// `set_tags`: S3 takes ten.
fn set_tags(section: &mut Section<'_>) -> Values {
    let mut count = 0;
    templates(section, "set_tags", |name| {
        count += 1;
        match count > forms::MOST_TAGS {
            true => Err(fault("an object has at most 10 tags", "remove some")),
            false => tag_name(name),
        }
    })
}

/// A table of names and templates.
fn templates(
    section: &mut Section<'_>,
    key: &'static str,
    mut name: impl FnMut(&str) -> Result<String, Fault>,
) -> Values {
    let Some(table) = section.section(key, key) else {
        return Vec::new();
    };
    let report = table.report();
    let read = table.entries().iter().filter_map(|entry| {
        let Entry { key, at, node } = entry;
        let name = report.accept(at, name(key));
        let value = report.accept(&node.at, value_template(node));
        value.iter().for_each(|value| warnings::changeable_claims(value.claims(), &node.at, report));
        name.zip(value)
    });
    read.collect()
}

/// A value that is sent as a header: without claims it must be one as it stands.
fn value_template(node: &Node) -> Result<ValueTemplate, Fault> {
    let template = ValueTemplate::parse(text(node)?).map_err(|error| told(error, "correct it"))?;
    let filled = template.fill(Filling { claims: &Claims::default(), id: "id", date: "" });
    match filled.is_none_or(|value| forms::is_metadata_value(&value)) {
        true => Ok(template),
        false => Err(fault("a value is printable ASCII without blanks at its ends", "correct it")),
    }
}

/// `[grants.download]`, with the defaults of what it leaves out.
pub(super) fn download(section: Option<Section<'_>>) -> DownloadLimits {
    let usual = DownloadLimits::default();
    let Some(mut section) = section else {
        return usual;
    };
    let limits = DownloadLimits {
        overrides: section.list("overrides", response_member).unwrap_or(usual.overrides),
        force_attachment: section.flag("force_attachment"),
        stable: section.flag("stable"),
    };
    section.close();
    limits
}

fn response_member(node: &Node) -> Result<ResponseMember, Fault> {
    let name = text(node)?;
    let known = || ResponseMember::ALL.into_iter().map(ResponseMember::as_str);
    ResponseMember::named(name)
        .ok_or_else(|| fault(format!("there is no response member {name:?}"), meant(name, known())))
}
