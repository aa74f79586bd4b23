//! A real identity provider that nobody here wrote: oidc-provider, certified by the OpenID Foundation.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use presignd::adapters::clock::Clock;
use presignd::adapters::config;
use presignd::adapters::config::Environment;
use presignd::adapters::telemetry::Metrics;
use presignd::adapters::token::TokenError;
use presignd::adapters::token::Tokens;

use crate::support::provider::Provider;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;

/// What its discovery leaves to say.
fn trusted(provider: &Provider, audience: &str) -> String {
    format!(
        "[[issuers]]\nname = \"idp\"\nissuer = \"{}\"\naudiences = [\"{audience}\"]\ntoken_type = \"at+jwt\"\n\
         required_claims = [\"sub\", \"client_id\", \"iat\", \"jti\"]\n",
        provider.origin
    )
}

const GRANT: &str = r#"
    [[grants]]
    name = "by-scope"
    bucket = "media"
    prefix = "{client_id}/"
    actions = ["write"]
    when = { scope = "uploads" }
"#;

#[test]
fn its_access_tokens_are_believed_by_its_address_alone() {
    let Some(provider) = Provider::start() else { return };
    let service = setting(&[&trusted(&provider, "presignd"), MEDIA, GRANT]).serve();
    service.ready();
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let token = provider.token(algorithm);
        let reply = service.post(&token, "/v1/presign", &ask("PutObject", "media", "app/a"));
        assert_eq!((reply.status, &reply.json()["grant"]), (200, &"by-scope".into()), "{algorithm}: {}", reply.text());
        let reply = service.post(&token, "/v1/presign", &ask("PutObject", "media", "other/a"));
        assert_eq!(reply.code(), "no_grant", "{algorithm}");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
        assert_eq!(service.get(&forged, "/v1/grants").code(), "invalid_token", "{algorithm}");
    }
    assert_eq!(service.get(&provider.token("opaque"), "/v1/grants").code(), "invalid_token", "an opaque token");
    assert_eq!((provider.asked("/.well-known/openid-configuration"), provider.asked("/jwks")), (1, 1));
    let elsewhere = setting(&[&trusted(&provider, "elsewhere"), MEDIA, ALL_OF_MEDIA]).serve();
    elsewhere.ready();
    assert_eq!(elsewhere.get(&provider.token("RS256"), "/v1/grants").code(), "invalid_token", "another audience");
}

/// Moves monotonic time on, and nothing but that.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
    tokio::task::yield_now().await;
}

/// Past every cool-down, but before a key set is due by age.
const COOLED: Duration = Duration::from_secs(31);

#[tokio::test]
async fn its_keys_rotate_while_tokens_are_verified() {
    let Some(provider) = Provider::start() else { return };
    let text = [&trusted(&provider, "presignd"), MEDIA, GRANT].concat();
    let loaded = config::parse(text.as_bytes(), Path::new("presignd.toml"), &Environment::default()).unwrap();
    let (clock, metrics) = (Clock::system(), Metrics::new().unwrap());
    let tokens = Arc::new(Tokens::start(&loaded.settings.issuers, clock.clone(), metrics));
    tokens.settled().await;
    let verify = async |token: &str| tokens.verify(token, clock.now()).await.map(drop);
    let old = ["RS256", "ES256", "EdDSA"].map(|algorithm| provider.token(algorithm));
    for token in &old {
        assert_eq!(verify(token).await, Ok(()));
    }
    provider.rotate();
    let new = ["RS256", "ES256", "EdDSA"].map(|algorithm| provider.token(algorithm));
    assert_eq!(verify(&new[0]).await, Err(TokenError::Invalid), "not during the cool-down");
    pass(COOLED).await;
    let load: Vec<_> = (0..300)
        .map(|place| {
            let token = if place % 2 == 0 { &old[place % 3] } else { &new[place % 3] };
            let (tokens, token, now) = (Arc::clone(&tokens), token.clone(), clock.now());
            tokio::spawn(async move { tokens.verify(&token, now).await.map(drop) })
        })
        .collect();
    for request in load {
        assert_eq!(request.await.unwrap(), Ok(()), "old ones and new ones");
    }
    assert_eq!(provider.asked("/jwks"), 2, "at the start, and once for all of them");
    provider.withdraw();
    pass(Duration::from_secs(301)).await;
    while provider.asked("/jwks") < 3 || verify(&old[0]).await.is_ok() {
        tokio::task::yield_now().await;
    }
    for (old, new) in old.iter().zip(&new) {
        assert_eq!(verify(old).await, Err(TokenError::Invalid), "withdrawn, though it was remembered");
        assert_eq!(verify(new).await, Ok(()));
    }
    drop(provider);
    pass(Duration::from_secs(3600)).await;
    assert_eq!(verify(&new[1]).await, Ok(()), "an outage is outlived");
}
