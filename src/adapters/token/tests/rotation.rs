//! Keys that change at the issuer while tokens are verified, over real connections to a server on loopback.

use tokio::time::Instant;

use super::*;
use crate::adapters::jwks::testing::Answer;
use crate::adapters::jwks::testing::Server;

/// An issuer with its server.
struct World {
    server: Server,
    metrics: Metrics,
    settings: config::Issuer,
    tokens: Arc<Tokens>,
}

impl World {
    async fn new(answer: Answer) -> Self {
        let (server, metrics) = (Server::start(answer).await, Metrics::new().unwrap());
        let settings = issuer("corp", at_uri(&server.uri));
        let tokens = Arc::new(Tokens::start(std::slice::from_ref(&settings), clock(), metrics.clone()));
        tokens.settled().await;
        Self { server, metrics, settings, tokens }
    }

    async fn verify(&self, token: &str) -> Result<Arc<Caller>, TokenError> {
        self.tokens.verify(token, now()).await
    }

    fn has_keys(&self) -> bool {
        self.tokens.issuers()[0].has_keys
    }
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

/// Until the server has been asked so often, and what it said was taken up or refused.
async fn until_asked(world: &World, times: usize) {
    let handled = || {
        let count = |outcome| world.metrics.jwks_refreshes.with_label_values(&["corp", outcome]).get();
        (count("success") + count("failure")) as usize
    };
    while handled() < times {
        tokio::task::yield_now().await;
    }
}

fn signed(signer: &Signer, kid: &str) -> String {
    signer.token(&json!({"alg": "ES256", "kid": kid}), &claims())
}

fn publishing(keys: &[Json]) -> Answer {
    Answer::ok(key_set(keys))
}

#[tokio::test]
async fn an_unknown_kid_costs_one_flight_however_many_ask() {
    let (old, new) = (Signer::p256(), Signer::p256());
    let world = World::new(publishing(&[old.jwk("old")])).await;
    world.server.now_answers(publishing(&[old.jwk("old"), new.jwk("new")]));
    pass(COOLED).await;
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let (tokens, token) = (Arc::clone(&world.tokens), signed(&new, "new"));
            tokio::spawn(async move { tokens.verify(&token, now()).await })
        })
        .collect();
    for request in requests {
        request.await.unwrap().unwrap();
    }
    assert_eq!(world.server.asked(), 2, "at the start, and once for all of them");
    world.verify(&signed(&old, "old")).await.unwrap();
}

#[tokio::test]
async fn an_unknown_kid_is_refused_at_once_during_the_cool_down() {
    let (old, new) = (Signer::p256(), Signer::p256());
    let world = World::new(publishing(&[old.jwk("old")])).await;
    world.server.now_answers(publishing(&[new.jwk("new")]));
    assert_eq!(world.verify(&signed(&new, "new")).await, Err(TokenError::Invalid));
    pass(Duration::from_millis(9_500)).await;
    assert_eq!(world.verify(&signed(&new, "new")).await, Err(TokenError::Invalid));
    assert_eq!(world.server.asked(), 1);
    pass(COOLED).await;
    world.verify(&signed(&new, "new")).await.unwrap();
    assert_eq!(world.server.asked(), 2);
}

#[tokio::test]
async fn kids_that_nobody_has_do_not_make_the_service_ask_again_and_again() {
    let known = Signer::p256();
    let world = World::new(publishing(&[known.jwk("known")])).await;
    pass(COOLED).await;
    for number in 0..200 {
        let token = signed(&known, &format!("made-up-{number}"));
        assert_eq!(world.verify(&token).await, Err(TokenError::Invalid));
    }
    assert_eq!(world.server.asked(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_after_the_next_refresh_though_its_token_is_remembered() {
    let (old, new) = (Signer::p256(), Signer::p256());
    let world = World::new(publishing(&[old.jwk("old")])).await;
    world.verify(&signed(&old, "old")).await.unwrap();
    let remembered = signed(&old, "old");
    world.verify(&remembered).await.unwrap();
    world.server.now_answers(publishing(&[new.jwk("new")]));
    world.verify(&remembered).await.unwrap();
    pass(Duration::from_secs(301)).await;
    until_asked(&world, 2).await;
    assert_eq!(world.verify(&remembered).await, Err(TokenError::Invalid));
    world.verify(&signed(&new, "new")).await.unwrap();
}

#[tokio::test]
async fn a_key_set_that_is_withdrawn_whole_verifies_nothing() {
    let old = Signer::p256();
    let world = World::new(publishing(&[old.jwk("old")])).await;
    let token = signed(&old, "old");
    world.verify(&token).await.unwrap();
    world.server.now_answers(publishing(&[]));
    pass(Duration::from_secs(301)).await;
    until_asked(&world, 2).await;
    assert_eq!((world.verify(&token).await, world.has_keys()), (Err(TokenError::Invalid), false));
}

#[tokio::test]
async fn an_issuer_that_fails_at_first_is_asked_again() {
    let signer = Signer::p256();
    let good = key_set(&[signer.jwk("e")]);
    let elsewhere = Server::start(Answer::ok(&good)).await;
    let large = format!("{good}{}", " ".repeat(1 << 20));
    let failures = [
        ("an error", Answer::of("500 Internal Server Error", "x: y", &good)),
        ("a redirect", Answer::of("302 Found", &format!("location: {}", elsewhere.uri), "")),
        ("a body too large", Answer::ok(large)),
        ("a page", Answer::ok("<html></html>")),
        ("nothing", Answer::ok("")),
    ];
    for (name, failure) in failures {
        let world = World::new(failure).await;
        let token = signed(&signer, "e");
        assert_eq!((world.verify(&token).await, world.has_keys()), (Err(TokenError::KeysUnavailable), false), "{name}");
        world.server.now_answers(Answer::ok(&good));
        pass(Duration::from_secs(45)).await;
        until_asked(&world, 2).await;
        world.verify(&token).await.unwrap();
    }
    assert_eq!(elsewhere.asked(), 0);
}

#[tokio::test]
async fn keys_are_kept_while_their_issuer_fails() {
    let signer = Signer::p256();
    let world = World::new(publishing(&[signer.jwk("e")])).await;
    world.server.now_answers(Answer::of("503 Service Unavailable", "x: y", ""));
    for attempt in 2..5 {
        pass(Duration::from_secs(301)).await;
        until_asked(&world, attempt).await;
        world.verify(&signed(&signer, "e")).await.unwrap();
    }
}

#[tokio::test]
async fn a_silent_issuer_holds_a_request_up_for_a_second_at_most() {
    let signer = Signer::p256();
    let world = World::new(publishing(&[signer.jwk("e")])).await;
    world.server.now_answers(Answer::Silence);
    pass(COOLED).await;
    tokio::time::pause();
    let begun = Instant::now();
    assert_eq!(world.verify(&signed(&signer, "new")).await, Err(TokenError::Invalid));
    assert!(begun.elapsed() <= Duration::from_millis(1_010), "{:?}", begun.elapsed());
    world.verify(&signed(&signer, "e")).await.unwrap();
}

#[tokio::test]
async fn a_new_configuration_goes_on_with_the_keys_of_an_issuer_that_stays() {
    let signer = Signer::p256();
    let world = World::new(publishing(&[signer.jwk("e")])).await;
    let World { server, settings, tokens, .. } = world;
    let changed = config::Issuer { leeway: Duration::ZERO, ..settings.clone() };
    let moved = config::Issuer { keys: at_uri(&format!("{}?moved", server.uri)), ..settings };
    let (next, other) = (tokens.restarted(&[changed]), tokens.restarted(&[moved]));
    drop(tokens);
    let token = signed(&signer, "e");
    next.verify(&token, now()).await.unwrap();
    assert_eq!(server.asked(), 1, "nothing was fetched anew");
    other.verify(&token, now()).await.unwrap();
    assert_eq!(server.asked(), 2, "from elsewhere it is");
}
