//! Rate limits that replicas share: what they admit together, in how many questions, and what the store learns of callers.

use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::panic::resume_unwind;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::support::PATIENCE;
use crate::support::client::Call;
use crate::support::client::Reply;
use crate::support::eventually;
use crate::support::presignd::Presignd;
use crate::support::readme;
use crate::support::redis_server::RedisServer;
use crate::support::service::Lines;
use crate::support::service::Service;
use crate::support::service::message;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token_with;
use crate::support::tls::Authority;

/// A configuration with these limits in the Redis of `REDIS_URL`.
pub fn sharing(limits: &str, url: &str) -> Presignd {
    let head = "[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n\
                [rate_limits]\nstore = \"redis\"\nstore_url_env = \"REDIS_URL\"\n";
    setting(&[head, limits, ISSUER, MEDIA, ALL_OF_MEDIA]).env("REDIS_URL", url)
}

pub fn of(subject: &str) -> String {
    token_with(&json!({ "sub": subject }))
}

pub fn get() -> Value {
    ask("GetObject", "media", "a")
}

pub fn batch(count: u32) -> Value {
    json!({"requests": (0..count).map(|_| get()).collect::<Vec<_>>()})
}

/// A request, and what it costs.
type Asked = (Call, u32);

/// What was admitted, and in how many seconds.
struct Admitted {
    units: u32,
    seconds: f64,
}

/// What comes of a run in which no replica was without Redis. One in which any was is done again, with callers whom
/// nobody knows, for which it is told the attempt: on a machine that stands still for 50 ms each limits by itself, as it
/// should.
#[track_caller]
fn undisturbed<T>(redis: &RedisServer, replicas: &[Service], mut run: impl FnMut(u8) -> T) -> T {
    let is_there = || replicas.iter().all(|replica| replica.metric("presignd_rate_limit_store_up") == 1.0);
    let mut attempts = 0..u8::MAX;
    eventually("a run in which Redis answers in time", || {
        let attempt = is_there().then(|| attempts.next()).flatten()?;
        redis.ask(&["FLUSHALL"]).unwrap();
        let before = said_of_the_store(replicas);
        let outcome = catch_unwind(AssertUnwindSafe(|| run(attempt)));
        let was_there = is_there() && before == said_of_the_store(replicas);
        was_there.then(|| outcome.unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// How often each replica said that the store serves, or is away.
fn said_of_the_store(replicas: &[Service]) -> Vec<usize> {
    let of_the_store = |line: &&Value| message(line).starts_with("the store of rate limits");
    replicas.iter().map(|replica| replica.log().iter().filter(of_the_store).count()).collect()
}

/// What two replicas of one Redis admit together. `ask` is told the attempt, and how much to ask for at most.
#[track_caller]
fn admitted_together(
    limits: &str,
    lasts: Duration,
    ask: impl Fn(&Service, u8, u32) -> Asked + Sync,
) -> Option<Admitted> {
    let redis = RedisServer::start()?;
    let replicas = [(); 2].map(|()| sharing(limits, &redis.url()).serve());
    Some(undisturbed(&redis, &replicas, |attempt| {
        let began = Instant::now();
        let units = storm(&replicas, |replica, most| ask(replica, attempt, most), || began.elapsed() > lasts);
        Admitted { units, seconds: began.elapsed().as_secs_f64() }
    }))
}

/// Sends from two threads to each replica, until `is_over` and not even one is admitted.
fn storm(replicas: &[Service], ask: impl Fn(&Service, u32) -> Asked + Sync, is_over: impl Fn() -> bool + Sync) -> u32 {
    let (admitted, sent) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for replica in replicas.iter().chain(replicas) {
            let (ask, is_over, admitted, sent) = (&ask, &is_over, &admitted, &sent);
            scope.spawn(move || {
                let mut refused = 0;
                while !(is_over() && refused > 1) {
                    // What many at once do not get, one may.
                    let most = if refused > 0 { 1 } else { 1 + sent.fetch_add(1, Ordering::Relaxed) % 20 };
                    let (call, cost) = ask(replica, most);
                    let reply = call.send();
                    match reply.status {
                        429 => refused += 1,
                        200 | 401 => {
                            admitted.fetch_add(cost, Ordering::Relaxed);
                            refused = 0;
                        }
                        _ => panic!("{reply:?}"),
                    }
                }
            });
        }
    });
    admitted.into_inner()
}

/// A batch of one of so many subjects.
fn batch_of(subjects: u32) -> impl Fn(&Service, u8, u32) -> Asked + Sync {
    move |replica, attempt, most| {
        let token = of(&format!("{attempt}/{}", most % subjects));
        (replica.call("POST", "/v1/presign/batch").bearer(&token).json(&batch(most)), most)
    }
}

#[test]
fn two_replicas_admit_together_what_one_limit_says() {
    let limits = "per_subject = { rate = \"1/h\", burst = 1000 }\n";
    let Some(of_one) = admitted_together(limits, Duration::ZERO, batch_of(1)) else { return };
    assert_eq!(of_one.units, 1000, "of one subject");
    let limits = "per_subject = { rate = \"1/h\", burst = 800 }\nglobal = { rate = \"1/h\", burst = 1000 }\n";
    let Some(of_all) = admitted_together(limits, Duration::ZERO, batch_of(2)) else { return };
    assert_eq!(of_all.units, 1000, "of all together");
    let limits = "per_address = { rate = \"1/h\", burst = 200 }\n";
    let nobody = |replica: &Service, attempt: u8, _| {
        (replica.call("POST", "/v1/presign").header("x-forwarded-for", &format!("192.0.2.{attempt}")), 1)
    };
    let Some(of_one) = admitted_together(limits, Duration::ZERO, nobody) else { return };
    assert_eq!(of_one.units, 200, "of one address");
}

#[test]
fn two_replicas_admit_together_what_comes_back_meanwhile() {
    let limits = "per_subject = { rate = \"100/s\", burst = 2000 }\n";
    let Some(Admitted { units, seconds }) = admitted_together(limits, Duration::from_secs(2), batch_of(1)) else {
        return;
    };
    let (units, says) = (f64::from(units), 2000.0 + 100.0 * seconds);
    assert!((units - says).abs() <= 0.01 * says, "{units} of {says}");
}

/// What Redis was asked so far by requests.
#[track_caller]
fn questions(redis: &RedisServer, seen: &Lines, mark: &str) -> Vec<String> {
    redis.ask(&["PING", mark]).unwrap();
    eventually(mark, || seen.all().iter().any(|line| line.contains(mark)).then_some(()));
    let asked = seen.all().into_iter().filter(|line| line.contains("\"EVALSHA\"") && !line.contains(":probe"));
    asked.collect()
}

#[test]
fn a_request_asks_once_whatever_becomes_of_it_and_tells_no_name() {
    let Some(redis) = RedisServer::start() else { return };
    let limits = "per_address = { rate = \"1/h\", burst = 1000 }\nper_subject = { rate = \"1/h\", burst = 1000 }\n\
                  global = { rate = \"1/h\", burst = 1000 }\n";
    let service = sharing(limits, &redis.url()).serve();
    undisturbed(&redis, std::slice::from_ref(&service), |attempt| {
        let seen = redis.watch();
        let (token, address) = (of(&format!("ann{attempt}@example.com")), format!("192.0.2.{attempt}"));
        let post = |path: &str, body: &Value| service.call("POST", path).bearer(&token).json(body);
        let parts = json!({"bucket": "media", "key": "a", "upload_id": "u", "content_length": 20, "part_size": 5242880,
            "parts": [1]});
        let rows: Vec<(Call, u16, usize, &str)> = vec![
            (post("/v1/presign", &get()), 200, 3, "a URL"),
            (post("/v1/presign", &ask("GetObject", "nowhere", "a")), 403, 3, "a refusal"),
            (post("/v1/presign", &json!({"x": 1})), 400, 3, "a wrong member"),
            (post("/v1/presign/batch", &batch(20)), 200, 3, "a batch"),
            (post("/v1/presign/batch", &json!({})), 400, 1, "no batch"),
            (post("/v1/uploads", &json!({"bucket": "media", "key": "a", "content_length": 9})), 200, 3, "an upload"),
            (post("/v1/uploads/parts", &parts), 200, 3, "its parts"),
            (post("/v1/diagnose", &json!({"url": "https://s3.example/"})), 200, 3, "a diagnosis"),
            (service.call("GET", "/v1/grants").bearer(&token), 200, 3, "grants"),
            (service.call("POST", "/v1/presign").bearer(&token).body("x"), 415, 1, "no JSON"),
            (service.call("POST", "/v1/presign").bearer("x").json(&get()), 401, 1, "a bad token"),
            (service.call("POST", "/v1/presign").json(&get()), 401, 1, "no token"),
            (service.call("GET", "/v1/presign"), 405, 0, "another method"),
            (service.call("GET", "/openapi.json"), 200, 0, "what is not limited"),
        ];
        let mut before = 0;
        for (call, status, accounts, why) in rows {
            assert_eq!(call.header("x-forwarded-for", &address).send().status, status, "{why}");
            let asked = questions(&redis, &seen, why);
            assert_eq!(asked.len() - before, usize::from(accounts > 0), "{why}: {asked:#?}");
            let keys = asked.last().map_or(0, |line| line.matches("presignd:{limits}:").count());
            assert!(accounts == 0 || keys == accounts, "{why}: {asked:#?}");
            before = asked.len();
        }
        let all = seen.all().join("\n");
        for name in ["ann", "example.com", "corp", "idp.example", address.as_str()] {
            assert!(!all.contains(name), "{name} is in {all}");
        }
        assert_eq!(redis.keys().iter().filter(|key| !key.ends_with("probe")).count(), 3, "{:?}", redis.keys());
    });
}

#[test]
fn a_refusal_of_the_address_comes_before_all_others_and_costs_the_caller_nothing() {
    let Some(redis) = RedisServer::start() else { return };
    let limits = "per_address = { rate = \"1/h\", burst = 2 }\nper_subject = { rate = \"1/h\", burst = 3 }\n";
    let replicas = [(); 2].map(|()| sharing(limits, &redis.url()).serve());
    undisturbed(&redis, &replicas, |attempt| {
        let from = |replica: usize, address: u8, token: &str| -> Reply {
            let address = format!("192.0.{attempt}.{address}");
            let call = replicas[replica].call("POST", "/v1/presign").header("x-forwarded-for", &address);
            call.bearer(token).json(&get()).send()
        };
        let token = of(&format!("ann{attempt}"));
        for _ in 0..2 {
            assert_eq!(from(0, 1, &token).status, 200);
        }
        // The other replica has not heard of this address yet, and then it has.
        for (what, token) in [("a bad token", "x"), ("a good one", &token), ("none that is one", "x")] {
            let reply = from(1, 1, token);
            assert_eq!((reply.status, reply.code().as_str()), (429, "rate_limited"), "{what}: {reply:?}");
            assert!(reply.header("ratelimit").unwrap().starts_with("\"per_address\";r=0;"), "{what}: {reply:?}");
        }
        let third = from(1, 2, &token);
        assert_eq!((third.status, third.header("ratelimit")), (200, Some("\"per_subject\";r=0;t=10800")), "{third:?}");
        let fourth = from(0, 3, &token);
        let told = (fourth.status, fourth.header("ratelimit"));
        assert_eq!(told, (429, Some("\"per_subject\";r=0;t=10800")), "{fourth:?}");
    });
}

/// Begins a request behind a proxy: the service waits for its body when this returns.
#[track_caller]
fn begin_from(service: &Service, address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let token = of("ann");
    let head = format!(
        "POST /v1/presign HTTP/1.1\r\nhost: x\r\nx-forwarded-for: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 99\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn a_request_whose_client_hangs_up_is_charged_as_well() {
    let Some(redis) = RedisServer::start() else { return };
    let limits = "per_address = { rate = \"1/h\", burst = 2 }\n";
    let replicas = [(); 2].map(|()| sharing(limits, &redis.url()).serve());
    undisturbed(&redis, &replicas, |attempt| {
        let (seen, address) = (redis.watch(), format!("192.0.2.{attempt}"));
        let before = said_of_the_store(&replicas);
        let begun = [(); 2].map(|()| begin_from(&replicas[0], &address));
        assert_eq!(questions(&redis, &seen, "begun").len(), 0, "what it costs is not known yet");
        drop(begun);
        eventually("both are charged", || {
            let are_charged = questions(&redis, &seen, "ended").len() == 2;
            (are_charged || said_of_the_store(&replicas) != before).then_some(())
        });
        let other = replicas[1].call("POST", "/v1/presign").header("x-forwarded-for", &address);
        let reply = other.bearer(&of("ann")).json(&get()).send();
        assert_eq!((reply.status, reply.code().as_str()), (429, "rate_limited"), "{reply:?}");
    });
}

#[test]
fn a_script_that_was_forgotten_is_brought_again() {
    let Some(redis) = RedisServer::start() else { return };
    let service = sharing("per_subject = { rate = \"1/h\", burst = 3 }\n", &redis.url()).serve();
    undisturbed(&redis, std::slice::from_ref(&service), |attempt| {
        let ask = || service.post(&of(&format!("ann{attempt}")), "/v1/presign", &get());
        for left in [2, 1, 0] {
            redis.ask(&["SCRIPT", "FLUSH"]).unwrap();
            let told = format!("\"per_subject\";r={left};t={}", 3600 * (3 - left));
            assert_eq!(ask().header("ratelimit"), Some(told.as_str()));
        }
        assert_eq!(ask().status, 429);
    });
}

#[test]
fn a_reload_goes_on_with_the_store_and_follows_its_url() {
    let Some(redis) = RedisServer::start() else { return };
    let parts = |level: &str| {
        let limits = "[rate_limits]\nstore = \"redis\"\nstore_url_file = \"redis.url\"\n\
                      per_subject = { rate = \"1/h\", burst = 9 }\n";
        [format!("[log]\nlevel = \"{level}\"\n"), limits.to_owned(), [ISSUER, MEDIA, ALL_OF_MEDIA].concat()].concat()
    };
    let service = setting(&[&parts("info")]).file("redis.url", redis.url()).serve();
    let connections = || -> Vec<String> {
        let list: String = redis::from_redis_value(redis.ask(&["CLIENT", "LIST", "TYPE", "NORMAL"]).unwrap()).unwrap();
        list.lines()
            .filter(|line| line.contains("cmd=evalsha"))
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect()
    };
    let ask = |subject: &str| {
        let reply = service.post(&of(subject), "/v1/presign", &get());
        reply.header("ratelimit").unwrap().to_owned()
    };
    let subject = undisturbed(&redis, std::slice::from_ref(&service), |attempt| {
        let subject = format!("ann{attempt}");
        assert_eq!(ask(&subject), "\"per_subject\";r=8;t=3600");
        let before = connections();
        assert!(!before.is_empty(), "it was there that it was charged");
        service.reconfigured(&[&parts(["debug", "info"][usize::from(attempt % 2)])]);
        assert_eq!(ask(&subject), "\"per_subject\";r=7;t=7200");
        assert_eq!(connections(), before, "the connection is the one before");
        subject
    });
    service.reloaded("success", || service.presignd.write("redis.url", format!("{}/1", redis.url())));
    assert_eq!(ask(&subject), "\"per_subject\";r=8;t=3600", "another database");
    service.logged("the new one", |line| message(line) == "the store of rate limits serves");
}

#[test]
fn a_store_is_reached_by_tls_and_with_a_password_that_nobody_reads() {
    let authority = Authority::new();
    let (identity, folder) = (authority.identity(), tempfile::tempdir().unwrap());
    for (name, pem) in [("cert.pem", &identity.certificate), ("key.pem", &identity.key)] {
        std::fs::write(folder.path().join(name), pem).unwrap();
    }
    let path = |name: &str| folder.path().join(name).display().to_string();
    let redis = RedisServer::start_with(|port| {
        let certificate = format!("--tls-cert-file {} --tls-key-file {}", path("cert.pem"), path("key.pem"));
        // What the README says the user needs, and nothing else.
        let user = "--user presignd on >hunter2 ~presignd:* +evalsha +script|load +mget +set +time";
        vec![format!("--port 0 --tls-port {port} --tls-auth-clients no"), certificate, user.to_owned()]
    });
    let Some(redis) = redis else { return };
    let url = format!("rediss://presignd:hunter2@127.0.0.1:{}", redis.port);
    let limits = "[rate_limits]\nstore = \"redis\"\nstore_url_file = \"redis.url\"\n\
                  per_subject = { rate = \"1/h\", burst = 3 }\n";
    let served = |known: &Authority, url: &str| {
        let presignd = setting(&[limits, ISSUER, MEDIA, ALL_OF_MEDIA]).file("redis.url", format!("{url}\n"));
        let bundle = presignd.path("known.pem").display().to_string();
        presignd.file("known.pem", known.pem()).env("SSL_CERT_FILE", &bundle).serve()
    };
    let service = served(&authority, &url);
    assert_eq!(service.post(&of("ann"), "/v1/presign", &get()).status, 200);
    let is_reached = || (service.metric("presignd_rate_limit_store_up") == 1.0).then_some(());
    eventually("it is reached, as it was at first but for a machine that stood still", is_reached);
    let rights = "`~presignd:* +evalsha +script|load +mget +set +time`";
    assert!(readme::TEXT.contains(rights), "the README says what is tried here");
    let wrong = [
        (Authority::new(), url.clone(), "another CA"),
        (authority, url.replace("hunter2", "hunter3"), "another password"),
    ];
    for (known, url, why) in &wrong {
        let service = served(known, url);
        service.logged(why, |line| message(line).starts_with("the store of rate limits is away"));
        assert_eq!(service.metric("presignd_rate_limit_store_up"), 0.0, "{why}");
        assert_eq!(service.post(&of("ann"), "/v1/presign", &get()).status, 200, "{why}");
        assert!(!service.log_text().contains("hunter"), "{why}: {}", service.log_text());
    }
    assert!(!service.log_text().contains("hunter"), "{}", service.log_text());
}
