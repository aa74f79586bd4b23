//! What is remembered of a verified token, and what makes it forgotten.

use std::io;
use std::sync::Mutex;

use prometheus::IntCounterVec;
use tokio::time::sleep;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// One issuer with its key set in a file, and a good token.
struct World {
    folder: tempfile::TempDir,
    signer: Signer,
    settings: config::Issuer,
    tokens: Tokens,
    token: String,
}

impl World {
    fn new() -> Self {
        let (folder, signer) = (tempfile::tempdir().unwrap(), Signer::p256());
        let settings = issuer("corp", in_file(folder.path(), "corp", &[signer.jwk("e")]));
        let tokens = Tokens::start(std::slice::from_ref(&settings), clock(), Metrics::new().unwrap());
        let token = signer.token(&json!({"alg": "ES256", "kid": "e"}), &claims());
        Self { folder, signer, settings, tokens, token }
    }

    async fn verify(&self, seconds: u64) -> Result<Arc<Caller>, TokenError> {
        self.tokens.verify(&self.token, at(seconds)).await
    }

    async fn publish(&self, keys: &[Json]) {
        in_file(self.folder.path(), "corp", keys);
        sleep(Duration::from_millis(1_100)).await;
    }
}

#[tokio::test]
async fn a_verified_token_is_remembered() {
    let world = World::new();
    let (first, second) = (world.verify(NOW).await.unwrap(), world.verify(NOW + 1).await.unwrap());
    assert!(Arc::ptr_eq(&first, &second));
    let again = world.tokens.restarted(std::slice::from_ref(&world.settings));
    let third = again.verify(&world.token, now()).await.unwrap();
    assert!(!Arc::ptr_eq(&first, &third) && first == third, "a new configuration remembers nothing");
}

#[tokio::test]
async fn a_remembered_token_is_held_against_the_clock_each_time() {
    let world = World::new();
    for (seconds, wanted) in [
        (NOW, Ok(())),
        (NOW + 329, Ok(())),
        (NOW + 330, Err(TokenError::Expired)),
        (NOW + 90_000, Err(TokenError::Expired)),
        (NOW - 40, Ok(())),
        (NOW - 41, Err(TokenError::Invalid)), // before its iat
        (NOW + 329, Ok(())),
    ] {
        assert_eq!(world.verify(seconds).await.map(drop), wanted, "at {seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_dies_with_its_key() {
    let world = World::new();
    world.verify(NOW).await.unwrap();
    world.publish(&[Signer::p256().jwk("new")]).await;
    assert_eq!(world.verify(NOW).await, Err(TokenError::Invalid));
    world.publish(&[world.signer.jwk("e")]).await;
    world.verify(NOW).await.unwrap();
    world.publish(&[Signer::p256().jwk("e")]).await;
    assert_eq!(world.verify(NOW).await, Err(TokenError::Invalid), "another key under the same kid");
    world.publish(&[Signer::p256().jwk("new"), world.signer.jwk("e")]).await;
    world.verify(NOW).await.unwrap();
}

#[tokio::test]
async fn a_remembered_token_dies_with_its_configuration() {
    let world = World::new();
    world.verify(NOW).await.unwrap();
    let changed = config::Issuer { audiences: vec!["another".into()], ..world.settings.clone() };
    let tokens = world.tokens.restarted(&[changed]);
    assert_eq!(tokens.verify(&world.token, now()).await, Err(TokenError::Invalid));
    let gone = world.tokens.restarted(&[issuer("other", world.settings.keys.clone())]);
    assert_eq!(gone.verify(&world.token, now()).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn every_token_is_counted_by_issuer_and_outcome() {
    let world = World::new();
    let metrics: IntCounterVec = world.tokens.metrics.tokens_verified.clone();
    for (token, seconds) in [(&world.token, NOW), (&world.token, NOW), (&world.token, NOW + 900), (&"x".into(), NOW)] {
        let _ = world.tokens.verify(token, at(seconds)).await;
    }
    let stranger = world.signer.token(&json!({"alg": "ES256", "kid": "e"}), &with(claims(), "iss", "https://evil/"));
    let _ = world.tokens.verify(&stranger, now()).await;
    let counted =
        [("corp", "valid", 2), ("corp", "expired", 1), ("unknown", "malformed", 1), ("unknown", "unknown_issuer", 1)];
    for (issuer, outcome, count) in counted {
        assert_eq!(metrics.with_label_values(&[issuer, outcome]).get(), count, "{issuer} {outcome}");
    }
    assert!(!world.tokens.metrics.text().unwrap().contains("evil"), "no label is a caller's word");
}

#[tokio::test]
async fn readiness_sees_which_issuers_have_keys() {
    let world = World::new();
    let empty = in_file(world.folder.path(), "empty", &[]);
    let secret = KeySource::Hmac(Some(SecretBytes::new(vec![7; 32])));
    let required = config::Issuer { required: true, ..issuer("absent", KeySource::JwksFile("/nowhere".into())) };
    let all = [world.settings.clone(), issuer("empty", empty), issuer("secret", secret), required];
    let states = Tokens::start(&all, clock(), Metrics::new().unwrap()).issuers();
    let seen: Vec<_> = states.iter().map(|state| (state.name.as_str(), state.required, state.has_keys)).collect();
    let wanted = [("corp", false, true), ("empty", false, false), ("secret", false, true), ("absent", true, false)];
    assert_eq!(seen, wanted);
    assert_eq!(states[0].keys_read_at, Some(now()));
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_has_the_reason_once_a_second_and_nothing_of_the_token() {
    let log = Log::default();
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let _guard = tracing::subscriber::set_default(everything.with_writer(log.clone()).finish());
    let world = World::new();
    let hushed = with(with(claims(), "sub", "hush-hush"), "aud", "hush-aud");
    let token = world.signer.token(&json!({"alg": "ES256", "kid": "e"}), &hushed);
    for _ in 0..100 {
        let _ = world.tokens.verify(&token, now()).await;
        let _ = world.verify(NOW).await;
    }
    let text = || String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = || text().lines().filter(|line| line.contains("token refused")).count();
    assert_eq!(lines(), 1, "{}", text());
    assert!(text().contains("reason=\"audience\""), "{}", text());
    let _ = world.verify(NOW + 900).await;
    assert_eq!(lines(), 2, "expiry is another code");
    sleep(Duration::from_millis(1_001)).await;
    let _ = world.tokens.verify(&token, now()).await;
    assert_eq!(lines(), 3);
    let fingerprint = format!("{:?}", <sha2::Sha256 as sha2::Digest>::digest(token.as_bytes()));
    for secret in token.split('.').chain(world.token.split('.')).chain(["hush", fingerprint.as_str()]) {
        assert!(!text().contains(secret), "{secret}");
    }
}
