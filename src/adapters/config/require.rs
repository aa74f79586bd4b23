//! `[grants.require]`: what must hold beside a token's `when`.

use ipnet::IpNet;

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::reader::text;
use crate::adapters::config::tree::Node;
use crate::adapters::config::tree::Value;
use crate::adapters::config::units::parse_duration;
use crate::adapters::config::units::some_duration;
use crate::domain::grant::MfaRule;
use crate::domain::step_up::StepUp;

/// `[grants.require]`.
pub(super) struct Require {
    /// The addresses of callers.
    pub(super) source_ips: Option<Vec<IpNet>>,
    /// How these must have authenticated.
    pub(super) mfa: MfaRule,
}

impl Require {
    /// Of a grant that leaves it out.
    pub(super) const USUAL: Self = Self { source_ips: None, mfa: MfaRule::Usual };

    /// Reads the section.
    pub(super) fn read(section: Option<Section<'_>>) -> Self {
        let Some(mut section) = section else {
            return Self::USUAL;
        };
        let source_ips = section.some("source_ips", places::network);
        let mfa = section.take("mfa").and_then(|node| mfa(node, section.report()));
        section.close();
        Self { source_ips, mfa: mfa.unwrap_or(MfaRule::Usual) }
    }
}

/// A duration, `"never"`, or a table.
fn mfa(node: &Node, report: &Report) -> Option<MfaRule> {
    match matches!(node.value, Value::Table(_)) {
        true => table(Section::of(node, "mfa", report)?).map(MfaRule::Asked),
        false => report.accept(&node.at, word(node)),
    }
}

fn word(node: &Node) -> Result<MfaRule, Fault> {
    match text(node) {
        Ok("never") => Ok(MfaRule::Never),
        Ok(text) if parse_duration(text).is_some() => {
            some_duration(node).map(|age| MfaRule::Asked(StepUp::mfa_within(age.as_secs())))
        }
        Ok(_) | Err(_) => {
            let mend =
                "write a duration such as \"15m\", { max_age = \"15m\", amr = [\"mfa\"], acr = [\"…\"] }, or \"never\"";
            Err(fault("mfa says neither how recent an authentication must be nor of what kind", mend))
        }
    }
}

/// Whatever it names must hold, so it names something.
fn table(mut section: Section<'_>) -> Option<StepUp> {
    let names_nothing = ["max_age", "amr", "acr"].into_iter().all(|key| section.take(key).is_none());
    if names_nothing {
        section.report().error(section.at(), fault("mfa asks for nothing", "add max_age, amr or acr"));
    }
    let step_up = StepUp {
        max_age: section.read("max_age", some_duration).map(|age| age.as_secs()),
        amr: section.some("amr", method).unwrap_or_default(),
        acr: section.some("acr", class).unwrap_or_default(),
    };
    section.close();
    (!names_nothing).then_some(step_up)
}

fn method(node: &Node) -> Result<String, Fault> {
    some_text(node).map(str::to_owned)
}

/// A class stands in a quoted list of a header, between blanks.
fn class(node: &Node) -> Result<String, Fault> {
    let text = some_text(node)?;
    match text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
        true => Ok(text.to_owned()),
        false => Err(fault("an acr is visible ASCII without blanks, quotes and backslashes", "correct it")),
    }
}
