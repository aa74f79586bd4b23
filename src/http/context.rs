//! What is known of a request before anything is asked of it.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::SystemTime;

use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Request;
use tokio::runtime::Handle;

use crate::adapters::rate_limit::Owed;
use crate::adapters::rate_limit::Standing;
use crate::http::app::App;
use crate::http::app::Snapshot;
use crate::http::client_address::ClientAddress;
use crate::http::request_id;
use crate::http::request_id::RequestId;
use crate::http::server::Peer;

/// One request's circumstances: one configuration, one instant, one client. A request extension.
pub struct Context {
    pub snapshot: Arc<Snapshot>,
    pub now: SystemTime,
    pub request_id: RequestId,
    pub trace_id: Option<Box<str>>,
    pub client: ClientAddress,
    /// Whether its answer tells how the limits stand.
    is_limited: bool,
    /// Of the limits that were asked so far, the tightest.
    standing: Mutex<Option<Standing>>,
    /// What is still to be charged.
    owed: Mutex<Option<Owed>>,
}

impl Context {
    /// Of a request that came just now.
    pub fn of<B>(app: &App, request: &Request<B>) -> Self {
        let (snapshot, now, headers) = (app.snapshot(), app.now(), request.headers());
        let peer = request.extensions().get::<Peer>().copied().unwrap_or(NOBODY);
        let client = ClientAddress::of(peer, headers, &snapshot.settings.server);
        Self {
            request_id: RequestId::of(headers, now),
            trace_id: request_id::trace_id(headers).map(Into::into),
            is_limited: request.uri().path().starts_with("/v1/"),
            standing: Mutex::new(None),
            owed: Mutex::new(None),
            snapshot,
            now,
            client,
        }
    }

    /// Heeds how a limit stands.
    pub fn note(&self, standing: Option<Standing>) {
        let mut known = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Standing::tightest(standing, *known);
    }

    /// Heeds how the limit stands that refused: the answer tells of no other.
    pub fn note_refusal(&self, standing: Option<Standing>) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    /// Keeps what is to be charged once it is known what the request costs in all.
    pub fn owe(&self, owed: Owed) {
        *self.owed.lock().unwrap_or_else(PoisonError::into_inner) = Some(owed);
    }

    /// What is to be charged, for the one who charges it now.
    pub fn owed(&self) -> Option<Owed> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Adds the fields that tell how the tightest limit stands; that of the address, if the request ended before any
    /// was asked.
    pub fn mark(&self, headers: &mut HeaderMap) {
        let known = *self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let address = || self.snapshot.limiter.address_standing(self.client.address).filter(|_| self.is_limited);
        let Some(standing) = known.or_else(address) else { return };
        let fields = [(RATE_LIMIT, standing.limit_field()), (RATE_LIMIT_POLICY, standing.policy_field())];
        headers.extend(fields.into_iter().filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?))));
    }
}

/// A request that ends before its answer, since its client has hung up, is charged what it owes all the same. Where
/// nothing is shared, nothing is owed.
impl Drop for Context {
    fn drop(&mut self) {
        let Some(owed) = self.owed() else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        let snapshot = self.snapshot.clone();
        // One for each request that was let in, and no longer than a request waits for the store.
        runtime.spawn(async move { snapshot.limiter.settle(owed).await });
    }
}

/// For requests that came through no connection.
const NOBODY: Peer = Peer { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), over_tls: false };

/// <https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11>
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
