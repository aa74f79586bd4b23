//! `[[grants]]`: who may do what under which prefix.

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::absent;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::diagnostic::told;
use crate::adapters::config::names::Names;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::flag;
use crate::adapters::config::reader::meant;
use crate::adapters::config::reader::text;
use crate::adapters::config::require::Require;
use crate::adapters::config::transfers;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::adapters::config::units::lifetime;
use crate::adapters::config::warnings;
use crate::adapters::config::when;
use crate::domain::action::Action;
use crate::domain::grant::DownloadLimits;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::grant::UploadLimits;
use crate::domain::lifetime::Lifetime;
use crate::domain::name::Name;
use crate::domain::operation::Operation;
use crate::domain::scope::Scope;

/// A grant, with the places that the checks of a whole file speak of.
pub(super) struct Placed<'t> {
    pub(super) grant: Grant,
    /// Of its prefix or key.
    pub(super) scope_at: &'t Spot,
    /// Of its actions, or of its header.
    pub(super) actions_at: &'t Spot,
    /// Of its bucket.
    pub(super) bucket_at: &'t Spot,
    /// All that it says.
    pub(super) table: &'t [Entry],
}

/// What grants refer to.
pub(super) struct Known<'a> {
    pub(super) issuers: &'a Names,
    /// How many `[[issuers]]` there are.
    pub(super) issuer_count: usize,
    pub(super) buckets: &'a Names,
    pub(super) credentials: &'a Names,
    /// `expiry.max`.
    pub(super) max_expires: Lifetime,
}

/// Reads `[[grants]]`.
pub(super) fn grants<'t>(sections: Vec<Section<'t>>, known: &Known<'_>) -> Vec<Placed<'t>> {
    let mut names = Names::of("grant");
    let read = sections.into_iter().map(|mut section| {
        let node = section.require("name", "\"a name of its own\"");
        let name = node.and_then(|node| names.declare(node, section.report()));
        let grant = grant(&mut section, name, known);
        section.close();
        grant
    });
    read.collect::<Vec<_>>().into_iter().flatten().collect()
}

fn grant<'t>(section: &mut Section<'t>, name: Option<Name>, known: &Known<'_>) -> Option<Placed<'t>> {
    let effect = section.read("effect", effect).unwrap_or(Effect::Allow);
    let bucket = section.require("bucket", &known.buckets.one_of());
    let bucket =
        bucket.and_then(|node| Some((section.report().accept(&node.at, known.buckets.refer(node))?, &node.at)));
    let scope = scope(section);
    let actions = actions(section, effect);
    let issuers = issuers(section, effect, known);
    let when = section.take("when").map(|node| when::conditions(node, section.report())).unwrap_or_default();
    let limits = match effect {
        Effect::Allow => allowed(section, scope.as_ref(), known),
        Effect::Deny => denied(section, scope.as_ref(), known),
    };
    let ((bucket, bucket_at), (scope, scope_at), (actions, actions_at)) = (bucket?, scope?, actions?);
    let grant = Grant {
        name: name?,
        effect,
        bucket,
        scope,
        actions,
        issuers: issuers?,
        when,
        enabled: limits.enabled,
        max_expires: limits.max_expires,
        credentials: limits.credentials,
        upload: limits.upload,
        download: limits.download,
        source_ips: limits.require.source_ips,
        mfa: limits.require.mfa,
    };
    Some(Placed { grant, scope_at, actions_at, bucket_at, table: section.entries() })
}

fn effect(node: &Node) -> Result<Effect, Fault> {
    match text(node)? {
        "allow" => Ok(Effect::Allow),
        "deny" => Ok(Effect::Deny),
        _ => Err(fault("no such effect", "write \"allow\" or \"deny\"")),
    }
}

type At<'t, T> = (T, &'t Spot);

/// The one of `prefix` and `key`.
fn scope<'t>(section: &mut Section<'t>) -> Option<At<'t, Scope>> {
    let raw = section.take("raw_prefix");
    let is_raw = raw.and_then(|node| section.report().accept(&node.at, flag(node))).unwrap_or(false);
    let report = section.report();
    let (node, parsed) = match (section.take("prefix"), section.take("key")) {
        (Some(node), None) => (node, text(node).map(|text| Scope::prefix(text, is_raw))),
        (None, Some(node)) => {
            if let Some(raw) = raw.filter(|_| is_raw) {
                report.error(&raw.at, fault("raw_prefix is for a prefix, and this grant has a key", "remove it"));
            }
            (node, text(node).map(Scope::key))
        }
        (Some(_), Some(node)) => {
            report.error(&node.at, fault("a grant has a prefix or a key, not both", "remove one of them"));
            return None;
        }
        (None, None) => {
            let mend = "add prefix = \"folder/\", or prefix = \"\" for the whole bucket, or key = \"exact/object.pdf\"";
            report.error(section.at(), absent("[[grants]] has neither prefix nor key", mend));
            return None;
        }
    };
    let read = parsed.and_then(|scope| scope.map_err(|error| told(error, "correct it")));
    let scope = report.accept(&node.at, read)?;
    warnings::changeable_claims(scope.claims(), &node.at, report);
    Some((scope, &node.at))
}

/// `actions`; only a deny may leave them out, and then denies every one.
fn actions<'t>(section: &mut Section<'t>, effect: Effect) -> Option<At<'t, Vec<Action>>> {
    let at = section.take("actions").map_or(section.at(), |node| &node.at);
    let read = match (effect, section.take("actions")) {
        (Effect::Deny, None) => Some(Vec::new()),
        (Effect::Allow | Effect::Deny, _) => section.some_required("actions", "[\"read\"]", action),
    };
    Some((read?, at))
}

fn action(node: &Node) -> Result<Action, Fault> {
    let word = text(node)?;
    let known = || Action::WORDS.map(Action::as_str).into_iter().chain(Operation::all().map(Operation::as_str));
    Action::named(word).ok_or_else(|| fault(format!("there is no action {word:?}"), meant(word, known())))
}

/// `issuers`; an allow may leave them out where there is only one, a deny anywhere: it is for all of them then.
fn issuers(section: &mut Section<'_>, effect: Effect, known: &Known<'_>) -> Option<Vec<Name>> {
    if section.take("issuers").is_some() {
        return section.some("issuers", |node| known.issuers.refer(node));
    }
    match (effect, known.issuer_count) {
        (Effect::Deny, _) => Some(Vec::new()),
        (Effect::Allow, 0 | 1) => Some(known.issuers.only().cloned().into_iter().collect()),
        (Effect::Allow, _) => {
            let mend = format!("add issuers = [\"…\"] with one or more of {}", known.issuers.list());
            let wrong = "with several issuers an allow must say whose tokens it is for";
            section.report().error(section.at(), absent(wrong, mend));
            None
        }
    }
}

/// What a deny does not carry.
struct Limits {
    enabled: bool,
    max_expires: Lifetime,
    credentials: Option<Name>,
    upload: UploadLimits,
    download: DownloadLimits,
    require: Require,
}

fn allowed(section: &mut Section<'_>, scope: Option<&At<'_, Scope>>, known: &Known<'_>) -> Limits {
    Limits {
        enabled: section.read("enabled", flag).unwrap_or(true),
        max_expires: section.read("max_expires", |node| max_expires(node, known)).unwrap_or(usual_expires(known)),
        credentials: section.read("credentials", |node| known.credentials.refer(node)),
        upload: transfers::upload(section.section("upload", "[grants.upload]"), scope.map(|(scope, _)| scope)),
        download: transfers::download(section.section("download", "[grants.download]")),
        require: Require::read(section.section("require", "[grants.require]")),
    }
}

fn usual_expires(known: &Known<'_>) -> Lifetime {
    Lifetime::HOUR.min(known.max_expires)
}

fn max_expires(node: &Node, known: &Known<'_>) -> Result<Lifetime, Fault> {
    match lifetime(node)? {
        asked if asked <= known.max_expires => Ok(asked),
        _ => Err(fault(
            format!("no grant may allow more than expiry.max ({} s)", known.max_expires.seconds()),
            "lower it, or raise expiry.max",
        )),
    }
}

/// A deny carries nothing that only an allow can mean, and no template: it must not depend on what it fills in.
fn denied(section: &mut Section<'_>, scope: Option<&At<'_, Scope>>, known: &Known<'_>) -> Limits {
    let report = section.report();
    for key in ["enabled", "max_expires", "credentials", "upload", "download", "require"] {
        if let Some(node) = section.take(key) {
            report.error(&node.at, fault(format!("a deny carries no {key}"), "remove it"));
        }
    }
    if let Some((_, at)) = scope.filter(|(scope, _)| scope.claims().next().is_some()) {
        report.error(at, fault("a deny has no template", "deny a literal prefix, or every one by prefix = \"\""));
    }
    Limits {
        enabled: true,
        max_expires: usual_expires(known),
        credentials: None,
        upload: UploadLimits::default(),
        download: DownloadLimits::default(),
        require: Require::USUAL,
    }
}
