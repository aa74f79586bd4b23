//! `[expiry]` and `[rate_limits]`.

use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::text;
use crate::adapters::config::settings::Rate;
use crate::adapters::config::settings::RateLimits;
use crate::adapters::config::store_url;
use crate::adapters::config::tree::Node;
use crate::adapters::config::units::count;
use crate::adapters::config::units::lifetime;
use crate::adapters::config::units::rate;
use crate::domain::lifetime::ExpiryRules;
use crate::domain::lifetime::ShortCredentials;

/// `[expiry]`, with the defaults of what it leaves out. A default above the maximum is cut to it where it is used.
pub(super) fn expiry(section: Option<Section<'_>>) -> ExpiryRules {
    let mut rules = ExpiryRules::default();
    let Some(mut section) = section else {
        return rules;
    };
    rules.default = section.read("default", lifetime).unwrap_or(rules.default);
    rules.max = section.read("max", lifetime).unwrap_or(rules.max);
    rules.within_token = section.flag("within_token");
    let short = section.read("short_credentials", short_credentials);
    rules.short_credentials = short.unwrap_or(rules.short_credentials);
    section.close();
    rules
}

fn short_credentials(node: &Node) -> Result<ShortCredentials, Fault> {
    match text(node)? {
        "shorten" => Ok(ShortCredentials::Shorten),
        "refuse" => Ok(ShortCredentials::Refuse),
        _ => Err(fault("no such short_credentials", "write \"shorten\" or \"refuse\"")),
    }
}

/// `[rate_limits]`. A batch that no burst could ever admit is warned of.
pub(super) fn rate_limits(section: Option<Section<'_>>, max_batch: usize, around: Around<'_>) -> RateLimits {
    let Some(mut section) = section else {
        return RateLimits::default();
    };
    let limits = RateLimits {
        per_address: limit(&mut section, "per_address", None),
        per_subject: limit(&mut section, "per_subject", Some(max_batch)),
        global: limit(&mut section, "global", Some(max_batch)),
        report_only: section.flag("report_only"),
        store: store_url::store(&mut section, around),
    };
    section.close();
    limits
}

fn limit(section: &mut Section<'_>, key: &'static str, max_batch: Option<usize>) -> Option<Rate> {
    let mut section = section.section(key, key)?;
    let rate = section.read_required("rate", "\"50/s\"", rate);
    let burst = section.require("burst", "1000");
    let burst = burst.and_then(|node| Some((section.report().accept(&node.at, count(node))?, &node.at)));
    if let (Some((burst, at)), Some(batch)) = (burst, max_batch)
        && batch > usize::try_from(burst.get()).unwrap_or(usize::MAX)
    {
        let wrong = format!("server.max_batch ({batch}) is above {key}.burst ({burst})");
        section.report().warn(at, fault(wrong, "raise the burst or lower max_batch: a larger batch is refused"));
    }
    section.close();
    let ((count, period), (burst, _)) = (rate?, burst?);
    Some(Rate { count, period, burst })
}
