//! An issuer of tokens to try presignd with: a key that lives as long as the process, and tokens for whoever asks.

use std::io;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;
use std::time::UNIX_EPOCH;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use axum::Router;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::jwk::PublicKeyUse;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::own_host;
use super::own_host::OwnHost;
use super::query;
use super::random;
use crate::adapters::clock::Clock;

/// Signs tokens as the issuer that the example configuration believes.
pub struct Issuer {
    key: EncodingKey,
    key_id: String,
    key_set: String,
    clock: Clock,
}

/// `iss` of its tokens, as the example configuration has it.
pub const NAME: &str = "presignd-dev";

/// Someone who can have a token by name alone.
pub struct Ready {
    pub name: &'static str,
    /// What the example configuration makes of it.
    pub about: &'static str,
    /// `sub` of the token; a machine's has none.
    pub subject: Option<&'static str>,
    /// `groups` of the token.
    pub groups: &'static [&'static str],
}

impl Ready {
    /// What the token says of it.
    pub fn claims(&self) -> Map<String, Value> {
        let subject = self.subject.map(|subject| ("sub".to_owned(), json!(subject)));
        subject.into_iter().chain([("groups".to_owned(), json!(self.groups))]).collect()
    }
}

/// The claims of a ready caller.
pub fn claims_of(name: &str) -> Option<Map<String, Value>> {
    CALLERS.iter().find(|ready| ready.name == name).map(Ready::claims)
}

/// Who is ready. The example configuration has a grant for each of them but the last.
pub const CALLERS: [Ready; 3] = [
    Ready {
        name: "alice",
        about: "has a folder of her own, is in the teams red and editors, and publishes",
        subject: Some("alice"),
        groups: &["red", "editors"],
    },
    Ready {
        name: "bob",
        about: "has a folder of his own, and is in the team blue",
        subject: Some("bob"),
        groups: &["blue"],
    },
    Ready { name: "guest", about: "has a valid token, but no grant is for it", subject: None, groups: &[] },
];

/// A working day and a bit, so that a shell's history stays useful.
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

impl Issuer {
    /// With a fresh key.
    pub fn new(clock: Clock) -> io::Result<Self> {
        let failed = |what: &str| io::Error::other(format!("the issuer's key: {what}"));
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| failed("the machine makes none"))?;
        let key = EncodingKey::from_ec_der(pair.as_ref());
        let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(|error| failed(&error.to_string()))?;
        let key_id = random::name()?;
        public.common.key_id = Some(key_id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let key_set = serde_json::to_string_pretty(&JwkSet { keys: vec![public] })?;
        Ok(Self { key, key_id, key_set, clock })
    }

    /// The public half, as a JWK set.
    pub fn key_set(&self) -> &str {
        &self.key_set
    }

    /// A token with these claims on top of what every token needs; a null takes one of those away.
    pub fn token(&self, claims: Map<String, Value>) -> io::Result<String> {
        let now = self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut whole = Map::from_iter([
            ("iss".to_owned(), json!(NAME)),
            ("aud".to_owned(), json!("presignd")),
            ("client_id".to_owned(), json!("presignd-dev")),
            ("iat".to_owned(), json!(now.as_secs())),
            ("exp".to_owned(), json!((now + TOKEN_LIFETIME).as_secs())),
            ("jti".to_owned(), json!(random::name()?)),
        ]);
        whole.extend(claims);
        whole.retain(|_, value| !value.is_null());
        // RFC 9068: what says that this is an access token.
        let header =
            Header { typ: Some("at+jwt".into()), kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &whole, &self.key).map_err(io::Error::other)
    }
}

/// Where the issuer gives out tokens and its key, to its own host alone.
///
/// Which host is its own is known once its listener is open; until then it answers nobody.
pub fn router(issuer: Arc<Issuer>, own: Arc<OnceLock<OwnHost>>) -> Router {
    Router::new()
        .route("/dev/token", get(token).post(token))
        .route("/dev/jwks.json", get(key_set))
        .with_state(issuer)
        .layer(middleware::from_fn_with_state(own, own_host::only))
}

/// `GET` or `POST /dev/token?as=alice`, or a POST of claims such as `{"sub": "carol", "groups": ["blue"]}`, or both.
async fn token(State(issuer): State<Arc<Issuer>>, RawQuery(query): RawQuery, body: Bytes) -> Result<String, Refused> {
    let given = query::pairs(query.as_deref().unwrap_or_default());
    let name = given.iter().find(|(name, _)| name == "as").map(|(_, value)| value.as_str());
    let mut claims = match name {
        Some(name) => claims_of(name).ok_or(Refused::Caller)?,
        None if body.is_empty() => return Err(Refused::Caller),
        None => Map::new(),
    };
    if !body.is_empty() {
        claims.extend(serde_json::from_slice::<Map<String, Value>>(&body).map_err(Refused::Claims)?);
    }
    Ok(issuer.token(claims)? + "\n")
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("name one of the ready callers, ?as={}, or POST claims as a JSON object", CALLERS.map(|ready| ready.name).join(" or ?as="))]
    Caller,
    #[error("the claims are a JSON object: {0}")]
    Claims(serde_json::Error),
    #[error("the token cannot be signed: {0}")]
    Signing(#[from] io::Error),
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Caller => StatusCode::NOT_FOUND,
            Self::Claims(_) => StatusCode::BAD_REQUEST,
            Self::Signing(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, format!("{self}\n")).into_response()
    }
}

async fn key_set(State(issuer): State<Arc<Issuer>>) -> Response {
    ([(header::CONTENT_TYPE, "application/jwk-set+json")], issuer.key_set().to_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::extract::Request;
    use http_body_util::BodyExt;
    use jsonwebtoken::DecodingKey;
    use jsonwebtoken::Validation;
    use std::time::SystemTime;
    use tower::ServiceExt;

    const NOW: u64 = 1_790_000_000;

    fn issuer() -> Arc<Issuer> {
        let now: SystemTime = UNIX_EPOCH + Duration::from_secs(NOW);
        Arc::new(Issuer::new(Clock::told_by(move || now)).unwrap())
    }

    /// By the key that is published, without a look at the clock.
    fn read(issuer: &Issuer, token: &str) -> (Header, Value) {
        let keys: JwkSet = serde_json::from_str(issuer.key_set()).unwrap();
        let header = jsonwebtoken::decode_header(token).unwrap();
        let key = DecodingKey::from_jwk(keys.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.set_audience(&["presignd"]);
        (header, jsonwebtoken::decode(token, &key, &validation).unwrap().claims)
    }

    async fn ask(issuer: &Arc<Issuer>, method: &str, target: &str, host: &str, body: &str) -> (u16, String) {
        let own = Arc::new(OnceLock::from(OwnHost::of("127.0.0.1:8080".parse().unwrap())));
        let request = Request::builder().method(method).uri(target).header("host", host);
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = router(Arc::clone(issuer), own).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap())
    }

    fn claims_in(issuer: &Issuer, answer: &(u16, String)) -> Value {
        read(issuer, answer.1.strip_suffix('\n').unwrap()).1
    }

    #[tokio::test]
    async fn a_ready_caller_gets_an_access_token_for_twelve_hours() {
        let issuer = issuer();
        for method in ["GET", "POST"] {
            let answer = ask(&issuer, method, "/dev/token?as=alice", "localhost:8080", "").await;
            let (header, claims) = read(&issuer, answer.1.trim_end());
            assert_eq!(header.typ.as_deref(), Some("at+jwt"), "{method}");
            assert_eq!((&claims["sub"], &claims["groups"]), (&json!("alice"), &json!(["red", "editors"])), "{method}");
            assert_eq!((&claims["iss"], &claims["aud"]), (&json!("presignd-dev"), &json!("presignd")), "{method}");
            assert_eq!((&claims["iat"], &claims["exp"]), (&json!(NOW), &json!(NOW + 43200)), "{method}");
        }
        let guest = claims_in(&issuer, &ask(&issuer, "GET", "/dev/token?as=guest", "localhost:8080", "").await);
        assert_eq!((guest.get("sub"), &guest["groups"]), (None, &json!([])));
        for target in ["/dev/token?as=mallory", "/dev/token?as=", "/dev/token"] {
            assert_eq!(ask(&issuer, "GET", target, "localhost:8080", "").await.0, 404, "{target}");
        }
    }

    #[tokio::test]
    async fn claims_of_ones_own_replace_what_every_token_has() {
        let issuer = issuer();
        let body = r#"{"sub":"carol","exp":1,"client_id":null}"#;
        let claims = claims_in(&issuer, &ask(&issuer, "POST", "/dev/token", "127.0.0.1:8080", body).await);
        assert_eq!((&claims["sub"], &claims["exp"]), (&json!("carol"), &json!(1)));
        assert_eq!(claims.get("client_id"), None);
        let target = "/dev/token?as=bob";
        let claims = claims_in(&issuer, &ask(&issuer, "POST", target, "127.0.0.1:8080", r#"{"groups":[]}"#).await);
        assert_eq!((&claims["sub"], &claims["groups"]), (&json!("bob"), &json!([])));
        for body in ["[]", "{", "alice"] {
            assert_eq!(ask(&issuer, "POST", "/dev/token", "127.0.0.1:8080", body).await.0, 400, "body {body:?}");
        }
    }

    #[tokio::test]
    async fn nothing_is_told_under_a_foreign_name() {
        for target in ["/dev/token?as=alice", "/dev/jwks.json"] {
            let answer = ask(&issuer(), "GET", target, "evil.example:8080", "").await;
            assert_eq!(answer.0, 403, "{target}");
            assert!(!answer.1.contains("eyJ") && !answer.1.contains("keys"), "{target}");
        }
    }

    #[test]
    fn every_start_has_a_key_of_its_own_and_shows_its_public_half_only() {
        let (one, other) = (issuer(), issuer());
        assert_ne!(one.key_set(), other.key_set());
        assert!(!one.key_set().contains("\"d\""));
    }
}
