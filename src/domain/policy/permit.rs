//! The finished request that the decision gives, and nothing else can make.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use crate::domain::checksum;
use crate::domain::endpoint::Target;
use crate::domain::headers::Headers;
use crate::domain::lifetime;
use crate::domain::lifetime::Lifetime;
use crate::domain::lifetime::LimitedBy;
use crate::domain::name::Name;
use crate::domain::operation::Names;
use crate::domain::operation::Operation;
use crate::domain::policy::Question;
use crate::domain::policy::judge::Judged;
use crate::domain::post_policy::FormTerms;
use crate::domain::refusal::Refusal;
use crate::domain::request::Object;
use crate::domain::restore;

/// A request that a grant allows, as it is to be signed: signing only writes it down.
#[derive(Clone)]
pub struct Permit {
    id: String,
    operation: Operation,
    bucket: Name,
    target: Arc<Target>,
    object: String,
    is_prefix: bool,
    form: Option<FormTerms>,
    headers: Headers,
    body: Option<String>,
    query: Vec<(&'static str, String)>,
    signed_at: SystemTime,
    lifetime: Lifetime,
    limited_by: LimitedBy,
    credentials: Name,
    grant: Name,
    stable: bool,
}

impl fmt::Debug for Permit {
    /// Its headers may hold an MFA device's code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("id", &self.id).field("grant", &self.grant).finish_non_exhaustive()
    }
}

impl Judged {
    /// Writes the request down: its lifetime is settled against the token and the credentials.
    pub(super) fn permit(mut self, question: &Question<'_>, object: &str) -> Result<Permit, Refusal> {
        let row = question.operation().row();
        let bucket = question.bucket;
        let own = question.policy.grant(self.place).credentials.as_ref();
        let credentials = own.unwrap_or(if row.reads { &bucket.read_credentials } else { &bucket.write_credentials });
        let window = question.window(&self, credentials)?;
        let (lifetime, limited_by) = question.settle(&self, window)?;
        let stable = self.parameters.stable;
        let signed_at = signing_time(question.around.now, stable, lifetime).max(window.since(question.around.now));
        let body = self.bound_body(question.operation());
        let is_prefix = matches!(question.request.object, Object::Prefix(_));
        let form = (row.operation == Operation::PostObject)
            .then(|| FormTerms::of(&bucket.resource.to_string(), object, is_prefix, &self.parameters));
        let mut query = self.parameters.query();
        query.extend(row.subresource.map(|(name, value)| (name, value.to_owned())));
        if row.names == Names::Prefix {
            query.push(("prefix", object.to_owned()));
        }
        if bucket.log_id && !stable {
            query.push(("x-presignd-id", question.around.id.to_owned()));
        }
        query.sort_unstable();
        Ok(Permit {
            id: question.around.id.to_owned(),
            operation: question.operation(),
            bucket: bucket.alias.clone(),
            target: bucket.target.clone(),
            object: object.to_owned(),
            is_prefix,
            form,
            headers: self.parameters.headers(),
            body,
            query,
            signed_at,
            lifetime,
            limited_by,
            credentials: credentials.clone(),
            grant: self.grant,
            stable,
        })
    }

    /// The body that is not the caller's to choose. Were its MD5 not signed, it would be whoever's holds the URL.
    fn bound_body(&mut self, operation: Operation) -> Option<String> {
        let given = &self.parameters;
        let body = (operation == Operation::RestoreObject).then(|| restore::body(given.days, given.tier))?;
        self.parameters.content_md5 = Some(checksum::md5(body.as_bytes()));
        Some(body)
    }
}

/// Now, in whole seconds; for a stable URL the start of a window of a quarter of its lifetime.
fn signing_time(now: SystemTime, stable: bool, lifetime: Lifetime) -> SystemTime {
    let seconds = lifetime::unix_seconds(now);
    let window = if stable { u64::from(lifetime.seconds() / 4).max(1) } else { 1 };
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds - seconds % window)
}

impl Permit {
    /// The issuance id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The operation.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The bucket's alias.
    pub fn bucket(&self) -> &Name {
        &self.bucket
    }

    /// Where the request goes.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The key, or the prefix of a list or of a form.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// Whether the object is a prefix, which stands for every key below it.
    pub fn is_prefix(&self) -> bool {
        self.is_prefix
    }

    /// What a form binds, where the request is one.
    pub fn form(&self) -> Option<&FormTerms> {
        self.form.as_ref()
    }

    /// What is signed as headers beside `host`: sorted, names in lower case, `content-length` among them.
    pub fn headers(&self) -> &[(String, String)] {
        self.headers.as_slice()
    }

    /// The body that goes with it, where it is not the caller's to choose; its MD5 is among the headers.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// What is signed as query parameters beside SigV4's own: sorted by name.
    pub fn query(&self) -> &[(&'static str, String)] {
        &self.query
    }

    /// The signing time, in whole seconds, never after now.
    pub fn signed_at(&self) -> SystemTime {
        self.signed_at
    }

    /// How long the URL lives from its signing time on.
    pub fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// When the URL ends.
    pub fn expires_at(&self) -> SystemTime {
        self.signed_at + self.lifetime.duration()
    }

    /// What set its end.
    pub fn limited_by(&self) -> LimitedBy {
        self.limited_by
    }

    /// The name of the credentials that sign it.
    pub fn credentials(&self) -> &Name {
        &self.credentials
    }

    /// The grant that decided.
    pub fn grant(&self) -> &Name {
        &self.grant
    }

    /// Whether the same question gives the same URL for a while.
    pub fn is_stable(&self) -> bool {
        self.stable
    }
}
