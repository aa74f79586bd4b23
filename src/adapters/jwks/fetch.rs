//! Fetches an issuer's key set from where the configuration, or the issuer's own document, says that it is.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;
use tokio::time::timeout;

use super::discovery;
use super::discovery::InvalidDiscovery;
use super::get::Fetched;
use super::get::Get;
use super::get::GetError;
use super::guard::Bounds;
use super::guard::Place;
use super::keys::KeySet;
use crate::adapters::config::KeyAccess;

/// Fetches the key set of one issuer again and again.
pub struct Fetcher {
    source: Source,
    access: KeyAccess,
}

enum Source {
    At(String),
    /// What the last document said, while it is fresh and the keys are there.
    Discovered {
        issuer: String,
        found: Mutex<Option<Found>>,
    },
}

/// Where an issuer says that its keys are.
struct Found {
    uri: String,
    /// Where the issuer's own address lies.
    place: Place,
    fresh_until: Instant,
}

/// Why a key set could not be fetched. Says nothing of what was answered.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("discovery: {0}")]
    Discovery(GetError),
    #[error("the discovery document: {0}")]
    Document(#[from] InvalidDiscovery),
    #[error("the discovery document's jwks_uri: {0}")]
    Discovered(GetError),
    #[error(transparent)]
    Keys(#[from] GetError),
    #[error("no whole answer within {} seconds", LONGEST_ATTEMPT.as_secs())]
    TimedOut,
}

impl Fetcher {
    /// Of the keys at that URL.
    pub fn at(uri: &str, access: &KeyAccess) -> Self {
        Self { source: Source::At(uri.to_owned()), access: access.clone() }
    }

    /// Of the keys that this issuer's document tells of.
    pub fn discovering(issuer: &str, access: &KeyAccess) -> Self {
        let source = Source::Discovered { issuer: issuer.to_owned(), found: Mutex::new(None) };
        Self { source, access: access.clone() }
    }

    /// Fetches the key set once, within `LONGEST_ATTEMPT`.
    pub async fn fetch(&self) -> Result<Fetched, FetchError> {
        timeout(LONGEST_ATTEMPT, self.fetched()).await.map_err(|_| FetchError::TimedOut)?
    }

    async fn fetched(&self) -> Result<Fetched, FetchError> {
        match &self.source {
            Source::At(uri) => Ok(Get::of(uri, Bounds::None)?.send(&self.access).await?),
            Source::Discovered { issuer, found } => self.discovered(issuer, found).await,
        }
    }

    /// By what is known, or, where that is too old or leads to no key set, by what the issuer says now.
    async fn discovered(&self, issuer: &str, found: &Mutex<Option<Found>>) -> Result<Fetched, FetchError> {
        let known = found.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(known) = known.filter(|known| Instant::now() < known.fresh_until)
            && let Ok(fetched) = self.keys(issuer, &known).await
            && KeySet::read(&fetched.document).is_ok()
        {
            *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
            return Ok(fetched);
        }
        let told = self.ask(issuer).await?;
        let fetched = self.keys(issuer, &told).await.map_err(FetchError::Discovered)?;
        *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        Ok(fetched)
    }

    async fn ask(&self, issuer: &str) -> Result<Found, FetchError> {
        let get = Get::of(&discovery::uri_of(issuer), Bounds::None).map_err(FetchError::Discovery)?;
        let guard = get.guard.clone();
        let Fetched { document, fresh_for } = get.send(&self.access).await.map_err(FetchError::Discovery)?;
        let uri = discovery::jwks_uri(&document, issuer)?;
        Ok(Found { uri, place: guard.place(), fresh_until: Instant::now() + fresh_for })
    }

    /// The token for `jwks_token_file` is shown to nobody but the issuer and whom `jwks_ca_file` vouches for.
    async fn keys(&self, issuer: &str, found: &Found) -> Result<Fetched, GetError> {
        let get = Get::of(&found.uri, Bounds::NotNearerThan(found.place))?;
        let is_shown = get.has_origin_of(issuer) || (get.is_https() && self.access.ca_file.is_some());
        let token_file = self.access.token_file.clone().filter(|_| is_shown);
        get.send(&KeyAccess { token_file, ..self.access.clone() }).await
    }
}

/// The longest that an attempt takes, however many answers it needs.
pub const LONGEST_ATTEMPT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::adapters::jwks::testing::Answer;
    use crate::adapters::jwks::testing::Server;

    const DOCUMENT: &str = "/a/.well-known/openid-configuration";

    /// A server with an issuer at `/a/` and its keys at `/keys`.
    async fn issuer() -> (Server, Fetcher) {
        let server = Server::start(Answer::of("404 Not Found", "x: y", "")).await;
        server.now_answers_at("/keys", Answer::ok("{\"keys\":[]}"));
        tell(&server, &server.uri_of("/keys"));
        let fetcher = Fetcher::discovering(&server.uri_of("/a/"), &KeyAccess::default());
        (server, fetcher)
    }

    fn tell(server: &Server, jwks_uri: &str) {
        let document = json!({"issuer": server.uri_of("/a/"), "jwks_uri": jwks_uri}).to_string();
        server.now_answers_at(DOCUMENT, Answer::ok(document));
    }

    fn asked(server: &Server) -> (usize, usize, usize) {
        let count = |path| server.asked_for(path).len();
        (count(DOCUMENT), count("/keys"), count("/moved"))
    }

    #[tokio::test]
    async fn a_document_leads_to_the_keys_until_it_has_aged() {
        let (server, fetcher) = issuer().await;
        for fetches in 1..4 {
            assert_eq!(fetcher.fetch().await.unwrap().document, b"{\"keys\":[]}");
            assert_eq!(asked(&server), (1, fetches, 0));
        }
        tell(&server, &server.uri_of("/moved"));
        server.now_answers_at("/moved", Answer::ok("{\"keys\":[ ]}"));
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(301)).await;
        tokio::time::resume();
        assert_eq!(fetcher.fetch().await.unwrap().document, b"{\"keys\":[ ]}");
        assert_eq!(asked(&server), (2, 3, 1));
    }

    #[tokio::test]
    async fn where_no_keys_are_any_more_the_issuer_is_asked_anew_at_once() {
        let gone = [Answer::of("404 Not Found", "x: y", ""), Answer::of("302 Found", "location: /moved", "")];
        for answer in gone.into_iter().chain([Answer::ok("<html>"), Answer::ok("{}")]) {
            let (server, fetcher) = issuer().await;
            fetcher.fetch().await.unwrap();
            server.now_answers_at("/keys", answer);
            server.now_answers_at("/moved", Answer::ok("{\"keys\":[ ]}"));
            tell(&server, &server.uri_of("/moved"));
            assert_eq!(fetcher.fetch().await.unwrap().document, b"{\"keys\":[ ]}");
            assert_eq!(asked(&server), (2, 2, 1));
        }
    }

    #[tokio::test]
    async fn a_document_that_cannot_be_had_or_is_not_the_issuers_leads_nowhere() {
        let answers = [
            ("discovery: ", Answer::of("404 Not Found", "x: y", "")),
            ("discovery: ", Answer::of("301 Moved", "location: /b", "")),
            ("discovery: ", Answer::ok(" ".repeat(2 << 20))),
            ("the discovery document: ", Answer::ok("{")),
            ("the discovery document: ", Answer::ok(json!({"issuer": "x", "jwks_uri": "y"}).to_string())),
        ];
        for (begins, answer) in answers {
            let (server, fetcher) = issuer().await;
            server.now_answers_at(DOCUMENT, answer);
            let error = fetcher.fetch().await.unwrap_err().to_string();
            assert!(error.starts_with(begins), "{error}");
            assert_eq!(asked(&server), (1, 0, 0), "{error}");
        }
    }

    #[tokio::test]
    async fn a_document_leads_neither_to_plain_http_nor_nearer_than_its_issuer() {
        let (server, fetcher) = issuer().await;
        for jwks_uri in [
            "https://169.254.169.254/latest/meta-data/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1]/",
            "http://169.254.169.254/",
            "http://192.0.2.1/",
            "https://user:secret@192.0.2.1/",
            "file:///etc/passwd",
            "/keys",
            "",
        ] {
            tell(&server, jwks_uri);
            let error = fetcher.fetch().await.unwrap_err().to_string();
            assert!(error.starts_with("the discovery document's jwks_uri: "), "{jwks_uri}: {error}");
        }
        assert_eq!(server.asked(), server.asked_for(DOCUMENT).len());
    }

    #[tokio::test]
    async fn an_issuer_from_elsewhere_leads_to_nothing_of_this_machine() {
        let (server, fetcher) = issuer().await;
        let port = server.uri_of("").rsplit_once(':').unwrap().1.to_owned();
        for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "a.localhost"] {
            for scheme in ["http", "https"] {
                let uri = format!("{scheme}://{host}:{port}/keys");
                let found = Found { uri, place: Place::Elsewhere, fresh_until: Instant::now() };
                let error = fetcher.keys("https://idp.example.com/", &found).await.unwrap_err();
                assert!(matches!(error, GetError::Near), "{}: {error}", found.uri);
            }
        }
        assert_eq!(server.asked(), 0);
    }

    #[tokio::test]
    async fn a_token_is_shown_to_the_issuer_and_not_to_whom_it_names() {
        let (server, _) = issuer().await;
        let folder = tempfile::tempdir().unwrap();
        let token_file = Some(folder.path().join("token"));
        let access = KeyAccess { ca_file: None, token_file: token_file.clone() };
        let fetcher = Fetcher::discovering(&server.uri_of("/a/"), &access);
        let error = fetcher.fetch().await.unwrap_err().to_string();
        assert!(error.starts_with("discovery: jwks_token_file: "), "{error}");
        for token in ["first\n", "second"] {
            std::fs::write(token_file.as_ref().unwrap(), token).unwrap();
            fetcher.fetch().await.unwrap();
            let last = server.asked_for("/keys").pop().unwrap();
            assert!(last.contains(&format!("\r\nauthorization: Bearer {}\r\n", token.trim())), "{last}");
        }
        let other = Server::start(Answer::ok("{\"keys\":[]}")).await;
        tell(&server, &other.uri);
        let fetcher = Fetcher::discovering(&server.uri_of("/a/"), &access);
        fetcher.fetch().await.unwrap();
        assert!(server.asked_for(DOCUMENT).pop().unwrap().contains("\r\nauthorization: "));
        assert!(!other.asked_for("/jwks.json").pop().unwrap().contains("authorization"));
        for broken in ["", "two words", "line\nline", "\u{e9}"] {
            std::fs::write(token_file.as_ref().unwrap(), broken).unwrap();
            let fetcher = Fetcher::discovering(&server.uri_of("/a/"), &access);
            let error = fetcher.fetch().await.unwrap_err().to_string();
            assert_eq!(error, "discovery: jwks_token_file: no bearer token", "{broken:?}");
        }
    }
}
