//! `GET /v1/grants`: what a token may do, with its claims filled in.

mod upload;

use std::sync::Arc;

use axum::Extension;
use axum::extract::RawQuery;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::action::Action;
use crate::domain::action::Right;
use crate::domain::action::Rights;
use crate::domain::caller::Caller;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::policy::Policy;
use crate::domain::step_up::StepUp;
use crate::http::admission;
use crate::http::context::Context;
use crate::http::error::ApiError;
use crate::http::error::ApiResult;
use crate::http::error::Code;
use crate::http::extract::Authenticated;
use crate::http::extract::WithinAddressLimit;
use crate::http::grants::upload::UploadEntry;
use crate::http::reply::Json;

/// A page of the caller's grants. Charges nothing beside the address. All grants are looked at, and there may be very
/// many: beside the requests.
pub async fn grants(
    Extension(context): Extension<Arc<Context>>,
    _: WithinAddressLimit,
    Authenticated(caller): Authenticated,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<GrantsPage>> {
    admission::look(&context, &caller).await?;
    let page = Page::parse(query.as_deref().unwrap_or_default())?;
    let listed = tokio::task::spawn_blocking(move || page.of(&context, &caller));
    listed.await.map_err(ApiError::internal)?.map(Json)
}

/// What a token may do.
#[derive(Serialize, ToSchema)]
pub struct GrantsPage {
    /// The name of the token's issuer in the configuration.
    #[schema(example = "corp")]
    issuer: String,
    /// The token's `sub`.
    #[schema(example = "42", required = true)]
    subject: Option<String>,
    /// One entry for each prefix or key that a grant has when the token's claims are filled in.
    grants: Vec<GrantEntry>,
    /// The last grant of this page, where there are more: ask for `?after=` it.
    #[schema(required = true)]
    next: Option<String>,
}

/// One prefix or key under one grant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GrantEntry {
    #[schema(example = "own-folder")]
    name: String,
    /// `allow`, or `deny`: what it covers is refused, whatever other grants allow.
    #[schema(schema_with = effect_schema)]
    effect: &'static str,
    /// The bucket's alias.
    #[schema(example = "media")]
    bucket: String,
    /// What the keys begin with; empty for the whole bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "users/42/")]
    prefix: Option<String>,
    /// In place of `prefix`: the one key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
    /// `read`, `read_version`, `write`, `delete`, `delete_version`, `list`, `restore`, `bypass_governance`, or names
    /// of S3 operations.
    #[schema(example = json!(["read", "write"]))]
    actions: Vec<&'static str>,
    /// The most that `expires_in` may be, in seconds; null in a deny.
    #[schema(required = true, example = 3600)]
    max_expires_in: Option<u32>,
    /// False: it is switched off, and what it decides is refused.
    enabled: bool,
    /// What an upload must or may be; null without uploads.
    #[schema(required = true)]
    upload: Option<UploadEntry>,
    /// What a download may ask for; null without downloads.
    #[schema(required = true)]
    download: Option<DownloadEntry>,
    /// What must hold besides.
    require: RequireEntry,
}

/// What a download under a grant may ask for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DownloadEntry {
    /// The members of `response` that may be set.
    #[schema(example = json!(["content_disposition"]))]
    overrides: Vec<&'static str>,
    /// Every download is an attachment.
    force_attachment: bool,
    /// Whether `stable` may be asked for.
    stable: bool,
}

/// What must hold besides.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RequireEntry {
    /// Only clients at certain addresses are served.
    source_ips: bool,
    /// How the caller must have authenticated, whatever is asked for; null: anyhow.
    #[schema(required = true)]
    mfa: Option<MfaEntry>,
    /// The same for the delete of a version; null also where no version may be deleted.
    #[schema(required = true)]
    delete_version_mfa: Option<MfaEntry>,
}

/// How a caller must have authenticated. Everything that is not null must hold.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MfaEntry {
    /// The most seconds since `auth_time`.
    #[schema(required = true, example = 900)]
    max_age: Option<u64>,
    /// `amr` has one of these.
    #[schema(required = true, example = json!(["mfa"]))]
    amr: Option<Vec<String>>,
    /// `acr` is one of these.
    #[schema(required = true, example = json!(["c1"]))]
    acr: Option<Vec<String>>,
}

impl MfaEntry {
    fn of(step_up: &StepUp) -> Self {
        let some = |words: &[String]| (!words.is_empty()).then(|| words.to_vec());
        Self { max_age: step_up.max_age, amr: some(&step_up.amr), acr: some(&step_up.acr) }
    }
}

fn effect_schema() -> utoipa::openapi::schema::Object {
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some([Effect::Allow, Effect::Deny].map(Effect::as_str)))
        .build()
}

/// Which grants are asked for.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    limit: usize,
    after: Option<String>,
}

impl Page {
    fn parse(query: &str) -> ApiResult<Self> {
        let mut page = Self { limit: USUAL_LIMIT, after: None };
        let mut seen = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = value.replace('+', " ");
            let value = percent_decode_str(&value).decode_utf8_lossy();
            match name {
                _ if seen.contains(&name) => return Err(invalid("Give each parameter once.")),
                "limit" => page.limit = limit(&value)?,
                "after" => page.after = Some(value.into_owned()),
                _ => return Err(invalid("Give no parameters but limit and after.")),
            }
            seen.push(name);
        }
        Ok(page)
    }

    /// A page ends at its limit of grants, or with the grant that fills it with prefixes.
    fn of(&self, context: &Context, caller: &Caller) -> ApiResult<GrantsPage> {
        let mut held = context.snapshot.settings.policy.held_by(caller);
        if let Some(after) = &self.after {
            let found = held.any(|grant| grant.name.as_str() == after);
            found.then_some(()).ok_or_else(|| invalid("Give after the name of a grant of this token's."))?;
        }
        let policy = &context.snapshot.settings.policy;
        let mut held =
            held.map(|grant| (grant, entries(grant, policy, caller))).filter(|(_, entries)| !entries.is_empty());
        let (mut grants, mut last) = (Vec::new(), None);
        for (grant, entries) in held.by_ref().take(self.limit) {
            grants.extend(entries);
            last = Some(grant.name.to_string());
            if grants.len() >= MOST_ENTRIES {
                break;
            }
        }
        let next = held.next().and(last);
        let subject = caller.subject().map(str::to_owned);
        Ok(GrantsPage { issuer: caller.issuer().to_string(), subject, grants, next })
    }
}

const USUAL_LIMIT: usize = 100;

/// Grants on a page.
const MOST_LIMIT: usize = 1000;

/// Prefixes on a page, where one grant does not have more by itself.
const MOST_ENTRIES: usize = 10_000;

fn limit(text: &str) -> ApiResult<usize> {
    let limit = text.parse().ok().filter(|limit| (1..=MOST_LIMIT).contains(limit));
    limit.ok_or_else(|| invalid("Give a limit of 1 to 1000."))
}

fn invalid(detail: &'static str) -> ApiError {
    ApiError::of(Code::InvalidRequest).with_detail(detail)
}

/// An entry for each filled-in prefix, none if a claim is lacking. Where a token's lists fill in to more than a page
/// holds, the template itself stands for them.
fn entries(grant: &Grant, policy: &Policy, caller: &Caller) -> Vec<GrantEntry> {
    let scope = &grant.scope;
    let texts = scope.fills(caller.claims(), "", MOST_ENTRIES).unwrap_or_else(|| vec![scope.as_str().to_owned()]);
    let of = |text: String| match scope.is_key() {
        true => GrantEntry { key: Some(text), ..entry(grant, policy) },
        false => GrantEntry { prefix: Some(text), ..entry(grant, policy) },
    };
    texts.into_iter().map(of).collect()
}

fn entry(grant: &Grant, policy: &Policy) -> GrantEntry {
    let allows = grant.effect == Effect::Allow;
    let every = if grant.actions.is_empty() { Action::WORDS.as_slice() } else { &[] };
    GrantEntry {
        name: grant.name.to_string(),
        effect: grant.effect.as_str(),
        bucket: grant.bucket.to_string(),
        prefix: None,
        key: None,
        actions: grant.actions.iter().chain(every).map(|action| action.as_str()).collect(),
        max_expires_in: allows.then(|| grant.max_expires.seconds()),
        enabled: grant.enabled,
        upload: (allows && grant.writes()).then(|| UploadEntry::of(grant, policy.bucket(&grant.bucket))),
        download: grant.downloads().then(|| download(grant)),
        require: require(grant),
    }
}

fn require(grant: &Grant) -> RequireEntry {
    let deletes_versions = grant.effect == Effect::Allow && grant.rights().allow(Right::DeleteVersion);
    let of = |needed| grant.step_up(needed).as_deref().map(MfaEntry::of);
    RequireEntry {
        source_ips: grant.source_ips.is_some(),
        mfa: of(Rights::NONE),
        delete_version_mfa: deletes_versions.then(|| of(Rights::NONE.with(Right::DeleteVersion))).flatten(),
    }
}

fn download(grant: &Grant) -> DownloadEntry {
    let limits = &grant.download;
    DownloadEntry {
        overrides: limits.overrides.iter().map(|member| member.as_str()).collect(),
        force_attachment: limits.force_attachment,
        stable: limits.stable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_by_limit_and_after() {
        let page = |limit, after: Option<&str>| Some(Page { limit, after: after.map(str::to_owned) });
        for (query, expected) in [
            ("", page(100, None)),
            ("limit=1", page(1, None)),
            ("limit=1000&after=own-folder", page(1000, Some("own-folder"))),
            ("after=%61%2Fb+c", page(100, Some("a/b c"))),
            ("limit=0", None),
            ("limit=1001", None),
            ("limit=", None),
            ("limit", None),
            ("limit=-1", None),
            ("limit=1&limit=1", None),
            ("offset=1", None),
        ] {
            assert_eq!(Page::parse(query).ok(), expected, "{query}");
        }
    }
}
