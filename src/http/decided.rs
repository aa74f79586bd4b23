//! One item: the decision, the signature, and the audit line about both.

use std::sync::Arc;

use crate::adapters::audit::AuditUnavailable;
use crate::adapters::audit::Decision;
use crate::adapters::audit::Entry;
use crate::adapters::credentials::CredentialSnapshot;
use crate::domain::caller::Caller;
use crate::domain::claims::Value;
use crate::domain::policy::Circumstances;
use crate::domain::policy::Permit;
use crate::domain::presign;
use crate::domain::presign::Presigned;
use crate::domain::refusal::MemberError;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::RefusalCode;
use crate::domain::request::Request;
use crate::domain::request::Unreadable;
use crate::http::admission;
use crate::http::app::App;
use crate::http::context::Context;
use crate::http::error::ApiError;
use crate::http::error::ApiResult;
use crate::http::error::Code;
use crate::http::issued::Issued;
use crate::http::request_id;

/// Admits, decides, signs and records what costs as much as one URL.
pub async fn issue(
    app: &App,
    context: &Context,
    caller: &Caller,
    asked: Result<Request, Unreadable>,
) -> ApiResult<Issued> {
    let verdict = admission::charge(context, caller, 1).await?;
    if let Err(Unreadable::Shape(errors)) = asked {
        context.note(verdict.standing);
        return Err(ApiError::of(Code::InvalidRequest).with_errors(errors));
    }
    admission::heed(context, &verdict)?;
    let decided = Desk::of(context, caller).decide(asked);
    record(app, context, caller, std::slice::from_ref(&decided)).await?;
    Ok(decided.outcome?.issued())
}

/// Reads what a client asks for.
pub fn asked(context: &Context, body: &Value) -> Result<Request, Unreadable> {
    unheard(context, body, Request::parse(body)?)
}

/// What was read of a body, unless others may have read it too.
pub fn unheard<T>(context: &Context, body: &Value, asked: T) -> Result<T, Unreadable> {
    match overheard(context, body) {
        Some(error) => Err(Unreadable::Shape(vec![error])),
        None => Ok(asked),
    }
}

/// A key for SSE-C that others could read on its way is refused, whatever it was to be used for.
pub fn overheard(context: &Context, body: &Value) -> Option<MemberError> {
    let key = body.member("server_side_encryption").and_then(|encryption| encryption.member("key"));
    let mend = "send it over TLS, or leave it out and send it to S3 alone";
    (key.is_some() && !context.client.is_private).then(|| MemberError::at("/server_side_encryption/key", mend))
}

/// Where one caller's items are decided: by one configuration, at one instant, with the same credentials.
pub struct Desk<'a> {
    context: &'a Context,
    caller: &'a Caller,
    credentials: Arc<CredentialSnapshot>,
}

/// What was asked, and what became of it.
pub struct Decided {
    asked: Result<Request, Unreadable>,
    pub outcome: Result<Signed, Refusal>,
}

/// What was allowed, and its URL or form.
pub struct Signed {
    pub permit: Permit,
    presigned: Presigned,
    /// The access key id.
    signing_key_id: Arc<str>,
}

/// Many items leave others a turn after each so many.
pub const BETWEEN_YIELDS: usize = 32;

/// Writes the audit lines of one answer, then counts its URLs. Where lines are required no URL leaves without its own.
pub async fn record(app: &App, context: &Context, caller: &Caller, all_decided: &[Decided]) -> ApiResult<()> {
    let entries: Vec<_> = all_decided.iter().filter_map(|decided| decided.entry(context, caller)).collect();
    let written = app.audit.record(&entries).await;
    written.or_else(|error| if context.snapshot.settings.audit.required { Err(error) } else { Ok(()) })?;
    for signed in all_decided.iter().filter_map(|decided| decided.outcome.as_ref().ok()) {
        let (operation, bucket) = (signed.permit.operation(), signed.permit.bucket());
        app.metrics.urls_issued.with_label_values(&[operation.as_str(), bucket.as_str()]).inc();
    }
    Ok(())
}

impl From<AuditUnavailable> for ApiError {
    fn from(error: AuditUnavailable) -> Self {
        Self::of(Code::AuditUnavailable).caused_by(error)
    }
}

impl<'a> Desk<'a> {
    /// Of one request.
    pub fn of(context: &'a Context, caller: &'a Caller) -> Self {
        Self { context, caller, credentials: context.snapshot.credentials.snapshot() }
    }

    /// Decides, and signs what is allowed.
    pub fn decide(&self, asked: Result<Request, Unreadable>) -> Decided {
        Decided::by(asked, |request| self.sign(request))
    }

    fn sign(&self, request: &Request) -> Result<Signed, Refusal> {
        let mut id = uuid::Uuid::encode_buffer();
        let around = Circumstances {
            id: request_id::uuid_v7(self.context.now).hyphenated().encode_lower(&mut id),
            address: self.context.client.certain,
            windows: self.credentials.windows(),
            now: self.context.now,
        };
        let permit = self.context.snapshot.settings.policy.authorize(self.caller, request, around)?;
        Signed::with(permit, &self.credentials)
    }
}

impl Signed {
    /// Signs what is allowed.
    pub fn with(permit: Permit, credentials: &CredentialSnapshot) -> Result<Self, Refusal> {
        let target = permit.target();
        let signer = credentials.signer(permit.credentials(), target, permit.signed_at());
        let refusal =
            || Refusal { grant: Some(permit.grant().clone()), ..Refusal::of(RefusalCode::CredentialsUnavailable) };
        let signer = signer.ok_or_else(refusal)?;
        let presigned = presign::presign(&permit, &signer);
        Ok(Self { permit, presigned, signing_key_id: signer.access_key_id.clone() })
    }

    /// The answer.
    pub fn issued(self) -> Issued {
        Issued::of(&self.permit, self.presigned)
    }
}

impl Decided {
    /// Decides what was asked, if it was well-formed, by `sign`.
    pub fn by(asked: Result<Request, Unreadable>, sign: impl FnOnce(&Request) -> Result<Signed, Refusal>) -> Self {
        let outcome = match &asked {
            Ok(request) => sign(request),
            Err(Unreadable::Key { error, .. }) => {
                Err(Refusal { errors: vec![error.clone()], ..Refusal::of(RefusalCode::InvalidKey) })
            }
            Err(Unreadable::Shape(errors)) => {
                Err(Refusal { errors: errors.clone(), ..Refusal::of(RefusalCode::InvalidRequest) })
            }
        };
        Self { asked, outcome }
    }

    /// The audit line about a caller's item, for what has one.
    pub fn entry<'a>(&'a self, context: &'a Context, caller: &'a Caller) -> Option<Entry<'a>> {
        self.told_in(Entry {
            issuer: Some(caller.issuer().as_str()),
            subject: caller.subject(),
            client_id: caller.client_id(),
            token_id: caller.token_id(),
            client_address: Some(context.client.address),
            request_id: Some(context.request_id.as_str()),
            trace_id: context.trace_id.as_deref(),
            ..Entry::of(Decision::Issued)
        })
    }

    /// The audit line, for what has one, about whoever `who` tells of.
    pub fn told_in<'a>(&'a self, who: Entry<'a>) -> Option<Entry<'a>> {
        let about = self.asked_for(who)?;
        match &self.outcome {
            Ok(signed) => Some(signed.told_in(about)),
            Err(refusal) if Code::from(refusal.code).has_audit_line() => Some(Entry {
                decision: Decision::Refused(refusal.code),
                grant: refusal.grant.as_ref().map(|grant| grant.as_str()),
                ..about
            }),
            Err(_) => None,
        }
    }

    /// Nothing if the item's shape was wrong.
    fn asked_for<'a>(&'a self, who: Entry<'a>) -> Option<Entry<'a>> {
        let (operation, bucket, key, parameters) = match &self.asked {
            Ok(asked) => (asked.operation, &asked.bucket, asked.object.as_str(), &asked.parameters),
            Err(Unreadable::Key { operation, bucket, key, parameters, .. }) => {
                (*operation, bucket, key.as_str(), &**parameters)
            }
            Err(Unreadable::Shape(_)) => return None,
        };
        Some(Entry {
            operation: Some(operation.as_str()),
            bucket: Some(bucket),
            key: Some(key),
            version_id: parameters.version_id.as_deref(),
            upload_id: parameters.upload_id.as_deref(),
            part_number: parameters.part_number,
            ..who
        })
    }
}

impl Signed {
    fn told_in<'a>(&'a self, about: Entry<'a>) -> Entry<'a> {
        let permit = &self.permit;
        Entry {
            decision: Decision::Issued,
            id: Some(permit.id()),
            key: Some(permit.object()),
            grant: Some(permit.grant().as_str()),
            expires_at: Some(permit.expires_at()),
            signing_key_id: Some(&self.signing_key_id),
            stable_signed_at: permit.is_stable().then(|| permit.signed_at()),
            ..about
        }
    }
}
