//! The store of rate limits away, slow, or talking nonsense, while requests come: memory serves, and then the store again.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::shared_limits::get;
use crate::shared_limits::of;
use crate::shared_limits::sharing;
use crate::support::client::Reply;
use crate::support::eventually;
use crate::support::redis_server::Proxy;
use crate::support::redis_server::RedisServer;
use crate::support::redis_server::Way;
use crate::support::service::Service;
use crate::support::service::message;

const UP: &str = "presignd_rate_limit_store_up";

/// Longer than a request waits.
const LONG: Duration = Duration::from_millis(120);

type Act = fn(&mut RedisServer, &Proxy);

/// A fault, how it begins, and how it ends.
const FAULTS: [(&str, Act, Act); 8] = [
    ("stopped", |redis, _| redis.stop(), |redis, _| redis.restart()),
    ("frozen", |redis, _| redis.signal("STOP"), |redis, _| redis.signal("CONT")),
    ("cut off", |_, proxy| proxy.set(Way::Cut), |_, proxy| proxy.set(Way::Open)),
    ("garbled", |_, proxy| proxy.set(Way::Garbled), |_, proxy| proxy.set(Way::Open)),
    ("slow", |_, proxy| proxy.set(Way::Slow(LONG)), |_, proxy| proxy.set(Way::Open)),
    (
        "read only",
        |redis, _| drop(redis.ask(&["REPLICAOF", "127.0.0.1", "1"]).unwrap()),
        |redis, _| drop(redis.ask(&["REPLICAOF", "NO", "ONE"]).unwrap()),
    ),
    (
        "full",
        |redis, _| drop(redis.ask(&["CONFIG", "SET", "maxmemory", "1"]).unwrap()),
        |redis, _| drop(redis.ask(&["CONFIG", "SET", "maxmemory", "0"]).unwrap()),
    ),
    (
        "locked",
        |redis, _| {
            redis.ask(&["CONFIG", "SET", "requirepass", "hunter2"]).unwrap();
            // By then it wants the password of whoever comes anew.
            drop(
                redis::Client::open(format!("redis://:hunter2@127.0.0.1:{}", redis.port))
                    .unwrap()
                    .get_connection()
                    .map(|mut connection| {
                        redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").query::<i64>(&mut connection)
                    }),
            );
        },
        |redis, _| redis.restart(),
    ),
];

fn presign(service: &Service, subject: &str) -> Reply {
    let reply = service.post(&of(subject), "/v1/presign", &get());
    assert!(matches!(reply.status, 200 | 429), "{reply:?}");
    reply
}

/// How many more URLs he gets.
fn spend(service: &Service, subject: &str) -> usize {
    (0..).take_while(|_| presign(service, subject).status == 200).count()
}

/// What the log says of the store: whether it serves, each time that this changed.
fn said(service: &Service) -> Vec<bool> {
    let log = service.log();
    let said = log.iter().filter_map(|line| message(line).strip_prefix("the store of rate limits "));
    said.map(|said| said == "serves").collect()
}

/// Somebody who has taken five, all of them from the store: a machine that stands still for 50 ms makes memory serve.
fn five_taken(service: &Service) -> String {
    let mut attempts = 0..;
    eventually("five from the store", || {
        let (who, before) = (format!("early {}", attempts.next()?), said(service));
        (0..5).for_each(|_| assert_eq!(presign(service, &who).status, 200));
        (before == said(service) && before.last() == Some(&true)).then_some(who)
    })
}

#[test]
fn whatever_befalls_the_store_memory_goes_on_from_there_and_then_the_store_serves_again() {
    std::thread::scope(|scope| {
        for (fault, begin, end) in FAULTS {
            scope.spawn(move || {
                let Some(mut redis) = RedisServer::start() else { return };
                let proxy = Proxy::before(redis.port);
                let url = format!("redis://127.0.0.1:{}", proxy.port);
                let service = sharing("per_subject = { rate = \"1/h\", burst = 20 }\n", &url).serve();
                let ann = five_taken(&service);
                begin(&mut redis, &proxy);
                let others = AtomicU32::new(0);
                eventually(fault, || {
                    presign(&service, &format!("other {}", others.fetch_add(1, Ordering::Relaxed)));
                    (service.metric(UP) == 0.0).then_some(())
                });
                assert_eq!(spend(&service, &ann), 15, "{fault}: memory knows what the store had left her");
                assert_eq!(spend(&service, "bob"), 20, "{fault}: and limits whom it does not know");
                end(&mut redis, &proxy);
                eventually(fault, || (service.metric(UP) == 1.0).then_some(()));
                let kept = redis.keys().len();
                eventually("an account in the store", || {
                    presign(&service, &format!("new {}", others.fetch_add(1, Ordering::Relaxed)));
                    (redis.keys().len() > kept).then_some(())
                });
                let said = said(&service);
                assert!(said.len() >= 3 && said[0] && said.windows(2).all(|two| two[0] != two[1]), "{fault}: {said:?}");
                assert!(!service.log_text().contains("hunter2"), "{fault}");
            });
        }
    });
}

#[test]
fn under_load_a_store_that_comes_and_goes_and_is_slow_costs_no_answer() {
    let Some(mut redis) = RedisServer::start() else { return };
    let proxy = Proxy::before(redis.port);
    let url = format!("redis://127.0.0.1:{}", proxy.port);
    let replicas = [(); 2].map(|()| sharing("per_subject = { rate = \"1/h\", burst = 50 }\n", &url).serve());
    let all_are = |up: f64, why: &str| {
        eventually(why, || replicas.iter().all(|replica| replica.metric(UP) == up).then_some(()));
    };
    all_are(1.0, "up");
    assert!(spend(&replicas[0], "ann") <= 50);
    assert_eq!(presign(&replicas[1], "ann").status, 429, "she has spent it at the other one");
    let (is_over, answered) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for replica in &replicas {
            let (is_over, answered) = (&is_over, &answered);
            scope.spawn(move || {
                let mut asked = 0;
                while !is_over.load(Ordering::Relaxed) {
                    asked += 1;
                    presign(replica, &format!("other {}", asked % 40));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let phases: [(&str, Act, f64); 4] = [
            ("gone", |redis, _| redis.stop(), 0.0),
            ("back", |redis, _| redis.restart(), 1.0),
            ("slow", |_, proxy| proxy.set(Way::Slow(LONG)), 0.0),
            ("fast again", |_, proxy| proxy.set(Way::Open), 1.0),
        ];
        for (phase, act, up) in phases {
            act(&mut redis, &proxy);
            all_are(up, phase);
            let before = answered.load(Ordering::Relaxed);
            eventually("answers", || (answered.load(Ordering::Relaxed) > before + 20).then_some(()));
            if phase == "gone" {
                for replica in &replicas {
                    assert_eq!(presign(replica, "ann").status, 429, "memory goes on from there");
                }
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn without_its_store_a_service_starts_and_is_ready_and_finds_it_later() {
    let Some(mut redis) = RedisServer::start() else { return };
    redis.stop();
    let service = sharing("per_subject = { rate = \"1/h\", burst = 20 }\n", &redis.url()).serve();
    service.ready();
    assert_eq!(service.metric(UP), 0.0);
    assert_eq!(spend(&service, "ann"), 20);
    redis.restart();
    eventually("up", || (service.metric(UP) == 1.0).then_some(()));
    assert_eq!(service.admin("/readyz").status, 200);
}
