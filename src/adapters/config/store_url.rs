//! Where the store of rate limits is, by reference: its URL may hold a password, and no message repeats it.

use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::absent;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::reader::text;
use crate::adapters::config::settings::RateLimitStore;
use crate::adapters::config::settings::StoreUrl;
use crate::adapters::config::tree::Node;
use crate::adapters::http_client::is_loopback;

/// `store`, `store_url_env` and `store_url_file`.
pub(super) fn store(section: &mut Section<'_>, around: Around<'_>) -> RateLimitStore {
    let is_shared = section.read("store", is_shared).unwrap_or(false);
    let (variable, file) = (section.take("store_url_env"), section.take("store_url_file"));
    let report = around.report;
    match (is_shared, variable, file) {
        (false, None, None) => return RateLimitStore::Memory,
        (false, Some(node), _) | (false, None, Some(node)) => {
            report.error(&node.at, fault("memory has no URL", "write store = \"redis\", or remove the URL"));
        }
        (true, None, None) => {
            let mend = "add store_url_env = \"REDIS_URL\", or store_url_file";
            report.error(section.at(), absent("the store has no URL", mend));
        }
        (true, Some(_), Some(file)) => {
            report.error(&file.at, fault("the store has one URL", "remove store_url_env or store_url_file"));
        }
        (true, Some(node), None) => return RateLimitStore::Redis(read(node, of_variable(node, around), around)),
        (true, None, Some(node)) => return RateLimitStore::Redis(read(node, of_file(node, around), around)),
    }
    RateLimitStore::Redis(None)
}

fn is_shared(node: &Node) -> Result<bool, Fault> {
    match text(node)? {
        "memory" => Ok(false),
        "redis" => Ok(true),
        _ => Err(fault("no such store of rate limits", "write \"memory\" or \"redis\"")),
    }
}

/// The text in a variable or file; `Ok(None)` for one that is not there, of which is warned.
type Found = Result<Option<SecretString>, Fault>;

fn of_variable(node: &Node, around: Around<'_>) -> Found {
    let name = some_text(node)?;
    let Some(value) = around.environment.get(name) else {
        around.report.warn(&node.at, fault(format!("the variable {name} is not set"), UNTIL_THEN));
        return Ok(None);
    };
    let value = value.to_str().ok_or_else(not_redis)?;
    Ok(Some(value.into()))
}

fn of_file(node: &Node, around: Around<'_>) -> Found {
    let path = places::path(node, around.folder)?;
    match around.files.read(&path) {
        Ok(bytes) => std::str::from_utf8(&bytes).map(|text| Some(text.into())).map_err(|_| not_redis()),
        Err(error) => {
            around.report.warn(&node.at, fault(format!("{} cannot be read ({error})", path.display()), UNTIL_THEN));
            Ok(None)
        }
    }
}

const UNTIL_THEN: &str = "put it there where the service runs; until then each replica limits by itself";

fn read(node: &Node, found: Found, around: Around<'_>) -> Option<StoreUrl> {
    let text = around.report.accept(&node.at, found)??;
    let url = around.report.accept(&node.at, parsed(text.expose_secret().trim()))?;
    if redis::parse_redis_url(url.expose()).is_some_and(|url| in_clear(url.scheme()) && !is_loopback(&url)) {
        let wrong = "the store beyond loopback is asked in plain text, with its password";
        around.report.warn(&node.at, fault(wrong, "write rediss://, or see that the network is your own"));
    }
    Some(url)
}

fn in_clear(scheme: &str) -> bool {
    matches!(scheme, "redis" | "valkey")
}

/// A URL as the client takes it, but for what it would pass over, or take less care for.
fn parsed(text: &str) -> Result<StoreUrl, Fault> {
    let url = redis::parse_redis_url(text).ok_or_else(not_redis)?;
    if url.fragment().is_some() {
        return Err(fault("the store's URL has a fragment", "remove it: the store's certificate is always looked at"));
    }
    let known: &[&str] = match url.scheme() {
        "redis" | "rediss" | "valkey" | "valkeys" => &[],
        _ => &["db", "user", "pass"],
    };
    if url.query_pairs().any(|(name, _)| !known.contains(&&*name)) {
        return Err(fault("the store's URL has a parameter that says nothing", "remove it"));
    }
    let url = StoreUrl::new(text.into());
    url.connection().map(|_| url).map_err(|_| not_redis())
}

fn not_redis() -> Fault {
    let mend = "write redis://HOST:PORT/DATABASE, rediss:// for TLS, or redis+unix:///PATH";
    fault("what is to be the store's URL is not one of Redis", mend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_one_of_redis_or_valkey_and_says_nothing_that_is_passed_over() {
        let rows = [
            ("redis://127.0.0.1", true),
            ("redis://127.0.0.1:6380/3", true),
            ("redis://user:p%40ss@cache.example:6379", true),
            ("redis://:p@[::1]", true),
            ("rediss://cache.example", true),
            ("valkey://cache.example", true),
            ("valkeys://cache.example", true),
            ("redis+unix:///run/redis.sock?db=1&user=u&pass=p", true),
            ("unix:///run/redis.sock", true),
            ("", false),
            ("cache.example:6379", false),
            ("http://cache.example", false),
            ("redis://", false),
            ("redis://0.0.0.0", false),
            ("redis://cache.example/one", false),
            ("redis://cache.example?db=1", false),
            ("rediss://cache.example#insecure", false),
            ("redis+unix://cache.example", false),
            ("redis+unix:///run/redis.sock?password=p", false),
        ];
        for (text, is_one) in rows {
            assert_eq!(parsed(text).is_ok(), is_one, "{text}");
        }
    }

    #[test]
    fn no_message_repeats_what_may_be_a_password() {
        for text in
            ["http://:hunter2@cache.example", "hunter2", "redis://:hunter2@cache.example#x", "redis://:hunter2@"]
        {
            let told = format!("{:?}", parsed(text).unwrap_err());
            assert!(!told.contains("hunter2"), "{told}");
        }
        let url = parsed("redis://:hunter2@cache.example").unwrap();
        assert!(!format!("{url:?}").contains("hunter2"), "{url:?}");
    }
}
