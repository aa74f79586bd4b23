//! The Redis of the rate limits is slow, gone and back, while callers ask for URLs.

use std::time::Duration;

use crate::faults::answers::Judge;
use crate::faults::evidence;
use crate::faults::load::Caller;
use crate::faults::load::Load;
use crate::faults::load::To;
use crate::faults::of_corp;
use crate::support::eventually;
use crate::support::redis_server::Proxy;
use crate::support::redis_server::RedisServer;
use crate::support::redis_server::Way;
use crate::support::setting::token;

const LIMITS: &str = "[rate_limits]\nstore = \"redis\"\nstore_url_env = \"REDIS_URL\"\n\
                      per_address = { rate = \"1000000/s\", burst = 1000000 }\n\
                      per_subject = { rate = \"1000000/s\", burst = 1000000 }\n";

/// Longer than a request waits for it.
const LONG: Duration = Duration::from_millis(120);

#[test]
fn whatever_the_store_of_limits_does_every_request_is_answered() {
    let Some(mut redis) = RedisServer::start() else { return };
    let proxy = Proxy::before(redis.port);
    let presignd = of_corp(&["a", "b"], LIMITS).env("REDIS_URL", &format!("redis://127.0.0.1:{}", proxy.port));
    let service = presignd.serve();
    let is_up = |up: f64| {
        eventually("the store", || (service.metric("presignd_rate_limit_store_up") == up).then_some(()));
    };
    let callers = ["a", "b"].map(|name| Caller::new(name, &token())).into();
    let load = Load::begin(To::plain(service.address), Judge::usual(), callers, 2);
    is_up(1.0);
    load.is_served(&["a", "b"]);
    proxy.set(Way::Slow(LONG));
    is_up(0.0);
    load.is_served(&["a", "b"]);
    redis.stop();
    proxy.set(Way::Cut);
    load.is_served(&["a", "b"]);
    redis.restart();
    proxy.set(Way::Open);
    is_up(1.0);
    load.is_served(&["a", "b"]);
    assert_eq!(service.admin("/readyz").status, 200);
    evidence::holds(&service.presignd, &service.presignd.path("audit.jsonl"), service.admin, &load.end());
}
