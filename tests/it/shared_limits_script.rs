//! The script that charges accounts in Redis, on a clock that the tests set, held against the limits in memory.

use std::num::NonZeroU32;
use std::time::Duration;
use std::time::SystemTime;

use governor::clock::FakeRelativeClock;
use presignd::adapters::config::Rate;
use presignd::adapters::config::RateLimits;
use presignd::adapters::rate_limit::Admission;
use presignd::adapters::rate_limit::Entered;
use presignd::adapters::rate_limit::RateLimiter;
use presignd::adapters::rate_limit::Verdict;
use presignd::adapters::telemetry::Metrics;
use presignd::domain::caller::Caller;
use presignd::domain::claims::Claims;
use presignd::domain::claims::Value;
use presignd::domain::name::Name;
use proptest::prelude::*;

use crate::support::redis_server::RedisServer;

/// The script, but for the clock: seconds and nanoseconds come behind the other arguments.
fn script() -> redis::Script {
    let text = include_str!("../../src/adapters/rate_limit/charge.lua");
    let clock = "local time = redis.call('TIME')\n";
    assert_eq!(text.matches(clock).count(), 1);
    redis::Script::new(&text.replace(clock, "local time = { ARGV[#ARGV - 1], ARGV[#ARGV] }\n"))
}

/// Its accounts, beside one connection.
struct Accounts {
    connection: redis::Connection,
    script: redis::Script,
    /// Microseconds since 1970.
    now: u64,
}

/// The account, the most there can be in it, and what to take, both in nanoseconds.
type Charge<'a> = (&'a str, u64, u64);

/// Whether an account refused, and what is missing in it.
type Outcome = (bool, u64);

/// How many are in the first stage, whether the others are charged in any case, all of them, what comes of it, and why.
type Row<'a> = (usize, bool, &'a [Charge<'a>], &'a [Outcome], &'a str);

impl Accounts {
    fn of(redis: &RedisServer) -> Self {
        let connection = redis::Client::open(redis.url()).unwrap().get_connection().unwrap();
        Self { connection, script: script(), now: 1_795_507_200_123_456 }
    }

    fn charge(&mut self, first: usize, is_report: bool, charges: &[Charge<'_>]) -> Vec<Outcome> {
        let mut call = self.script.prepare_invoke();
        call.arg(first).arg(u8::from(is_report));
        for (key, most, price) in charges {
            call.key(key).arg(most).arg(price);
        }
        call.arg(self.now / 1_000_000).arg(self.now % 1_000_000);
        let answer: Vec<u64> = call.invoke(&mut self.connection).unwrap();
        assert_eq!(answer.len(), 2 * charges.len());
        answer.chunks(2).map(|pair| (pair[0] == 1, pair[1])).collect()
    }

    fn query<T: redis::FromRedisValue>(&mut self, words: &[&str]) -> T {
        words.iter().fold(&mut redis::Cmd::new(), |asked, word| asked.arg(word)).query(&mut self.connection).unwrap()
    }
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn it_takes_of_all_or_of_none_and_of_the_others_only_after_the_first() {
    let Some(redis) = RedisServer::start() else { return };
    let mut accounts = Accounts::of(&redis);
    // In minutes: what is missing is back only long after the test, by the server's own clock too.
    let minute = 60 * SECOND;
    let rows: [Row<'_>; 8] = [
        (1, false, &[("a", 99, 1), ("b", 99, 5), ("c", 99, 6)], &[(false, 1), (false, 5), (false, 6)], "all"),
        (0, false, &[("b", 99, 99), ("c", 99, 6)], &[(true, 5), (false, 6)], "the first of two refuses"),
        (0, false, &[("b", 99, 5), ("c", 99, 99)], &[(false, 5), (true, 6)], "the second of two refuses"),
        (1, false, &[("a", 99, 99), ("b", 99, 5)], &[(true, 1), (false, 5)], "the first stage refuses"),
        (1, true, &[("a", 99, 99), ("b", 99, 5)], &[(true, 1), (false, 10)], "and the others go on"),
        (1, false, &[("a", 99, 2), ("b", 99, 99)], &[(false, 3), (true, 10)], "the first stage is charged"),
        (0, false, &[("a", 99, 0), ("b", 99, 0), ("d", 99, 0)], &[(false, 3), (false, 10), (false, 0)], "a look"),
        (1, false, &[("a", 99, 96)], &[(false, 99)], "to the last"),
    ];
    for (first, is_report, charges, expected, why) in rows {
        let charges: Vec<_> = charges.iter().map(|(key, most, price)| (*key, most * minute, price * minute)).collect();
        let expected: Vec<_> = expected.iter().map(|(refused, missing)| (*refused, missing * minute)).collect();
        assert_eq!(accounts.charge(first, is_report, &charges), expected, "{why}");
    }
    assert_eq!(accounts.query::<u32>(&["EXISTS", "d"]), 0, "a look makes no account");
}

#[test]
fn an_account_fills_by_the_clock_and_is_never_worse_than_empty() {
    let Some(redis) = RedisServer::start() else { return };
    let mut accounts = Accounts::of(&redis);
    let rows = [
        (0, 3_600 * SECOND, 3_600 * SECOND, (false, 3_600 * SECOND), "all of it"),
        (0, 3_600 * SECOND, 1, (true, 3_600 * SECOND), "nothing is left"),
        (1, 3_600 * SECOND, 1_000, (false, 3_600 * SECOND), "a microsecond later a microsecond's worth is"),
        (1_000_001, 3_600 * SECOND, 0, (false, 3_599 * SECOND - 1_000), "and a second later a second's"),
        (-1_000_000_000, 3_600 * SECOND, 0, (false, 3_600 * SECOND), "a clock set back leaves an empty one"),
        (0, 3_600 * SECOND, 1, (true, 3_600 * SECOND), "which refuses"),
        (1_000_000, 3_600 * SECOND, 0, (false, 3_599 * SECOND), "and fills from there"),
        (-1_000_000_000, 3_600 * SECOND, 1, (true, 3_600 * SECOND), "one that refuses at once, set back once more"),
        (1_000_000, 3_600 * SECOND, SECOND, (false, 3_600 * SECOND), "fills from there as well"),
        (0, 60 * SECOND, 0, (false, 60 * SECOND), "a narrower limit leaves an empty one too"),
        (1_000_000, 60 * SECOND, 0, (false, 59 * SECOND), "that fills from there"),
    ];
    for (later, most, price, expected, why) in rows {
        accounts.now = accounts.now.checked_add_signed(later).unwrap();
        assert_eq!(accounts.charge(0, false, &[("a", most, price)]), [expected], "{why}");
    }
}

#[test]
fn an_account_may_take_a_century_to_fill() {
    let Some(redis) = RedisServer::start() else { return };
    let mut accounts = Accounts::of(&redis);
    let century = 100 * 365 * 86_400 * SECOND;
    let rows = [(0, century / 2), (2_000_000_000, century / 2 - 2_000 * SECOND), (1_000_000_000_000_000, century / 2)];
    for (later, expected) in rows {
        accounts.now += later;
        let price = expected.saturating_sub(accounts.charge(0, false, &[("a", century, 0)])[0].1);
        assert_eq!(accounts.charge(0, false, &[("a", century, price)]), [(false, expected)], "{later}");
    }
    assert!(accounts.charge(0, false, &[("a", century, century)])[0].0);
}

#[test]
fn an_account_lives_until_it_is_full_and_what_is_none_is_a_full_one() {
    let Some(redis) = RedisServer::start() else { return };
    let mut accounts = Accounts::of(&redis);
    accounts.charge(0, false, &[("a", 3_600 * SECOND, 1_800 * SECOND)]);
    let lives: i64 = accounts.query(&["PTTL", "a"]);
    assert!((1_700_000..=1_800_000).contains(&lives), "{lives} ms");
    assert_eq!(accounts.query::<String>(&["GET", "a"]), "1795509000 123456000");
    let () = accounts.query(&["SET", "b", "something else"]);
    let _: u32 = accounts.query(&["LPUSH", "c", "1"]);
    for key in ["b", "c"] {
        assert_eq!(accounts.charge(0, false, &[(key, 3_600 * SECOND, 7)]), [(false, 7)], "{key}");
    }
}

fn caller(subject: u8) -> Caller {
    let claims = [("sub".to_owned(), Value::String(subject.to_string()))];
    let claims = Claims::of(Value::Object(claims.into())).unwrap();
    Caller::verified(Name::parse("corp").unwrap(), claims, &[], SystemTime::UNIX_EPOCH)
}

/// One per hour and more: what is missing is back only long after the test, by the server's own clock too.
fn rates() -> impl Strategy<Value = Rate> {
    (1..200_u32, 1..60_u32).prop_map(|(count, burst)| Rate {
        count: NonZeroU32::new(count).unwrap(),
        period: Duration::from_secs(3_600),
        burst: NonZeroU32::new(burst).unwrap(),
    })
}

/// What refused, if anything did, and what is left in the account that is told of.
type Told = (Option<&'static str>, Option<u32>);

fn told(verdict: &Verdict) -> Told {
    let refused = match verdict.admission {
        Admission::Admitted => None,
        Admission::NeverFits { limit, .. } | Admission::Refused { limit, .. } => Some(limit.as_str()),
    };
    (refused, verdict.standing.map(|standing| standing.remaining))
}

/// The same as the script has it, for a request that costs no more than a burst.
fn told_by_script(accounts: &mut Accounts, rates: [Rate; 3], step: &Step) -> [Told; 2] {
    let interval = |rate: Rate| u64::try_from((rate.period / rate.count.get()).as_nanos()).unwrap();
    let keys = [format!("a{}", step.address), format!("s{}", step.subject), "g".to_owned()];
    let charge = |place: usize, cost: u32| {
        let rate = rates[place];
        (keys[place].as_str(), interval(rate) * u64::from(rate.burst.get()), interval(rate) * u64::from(cost))
    };
    let answer = accounts.charge(1, false, &[charge(0, 1), charge(1, step.cost), charge(2, step.cost)]);
    let left = |place: usize| {
        let missing = answer[place].1.div_ceil(interval(rates[place]));
        Some(rates[place].burst.get() - u32::try_from(missing).unwrap())
    };
    let refused = |place: usize, name| answer[place].0.then_some((Some(name), left(place)));
    let caller = refused(1, "per_subject").or_else(|| refused(2, "global"));
    [refused(0, "per_address").unwrap_or((None, left(0))), caller.unwrap_or((None, left(1).min(left(2))))]
}

#[derive(Debug, Clone)]
struct Step {
    milliseconds: u64,
    address: u8,
    subject: u8,
    cost: u32,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..200_000_u64, 0..2_u8, 0..3_u8, 0..40_u32).prop_map(|(milliseconds, address, subject, cost)| Step {
        milliseconds,
        address,
        subject,
        cost,
    });
    proptest::collection::vec(step, 1..40)
}

#[test]
fn it_says_what_memory_says_whatever_comes_when() {
    let Some(redis) = RedisServer::start() else { return };
    let accounts = std::cell::RefCell::new(Accounts::of(&redis));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 100, source_file: Some(file!()), ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&([rates(), rates(), rates()], steps()), |(rates, steps)| {
        let accounts = &mut *accounts.borrow_mut();
        let () = accounts.query(&["FLUSHALL"]);
        let [per_address, per_subject, global] = rates.map(Some);
        let settings = RateLimits { per_address, per_subject, global, ..RateLimits::default() };
        let clock = FakeRelativeClock::default();
        let memory = RateLimiter::told_by(clock.clone(), &settings, Metrics::new().unwrap());
        let most = rates[1].burst.min(rates[2].burst).get();
        for mut step in steps {
            step.cost = step.cost.min(most);
            clock.advance(Duration::from_millis(step.milliseconds));
            accounts.now += step.milliseconds * 1_000;
            let address = match memory.enter([192, 0, 2, step.address].into()) {
                Entered::Charged(verdict) => verdict,
                Entered::Owing(owed) => panic!("nobody to owe to: {owed:?}"),
            };
            let [by_address, by_caller] = told_by_script(accounts, rates, &step);
            prop_assert_eq!(by_address, told(&address), "{:?}", step);
            if address.admission == Admission::Admitted {
                let charged = runtime.block_on(memory.charge(None, &caller(step.subject), step.cost));
                prop_assert_eq!(by_caller, told(&charged.caller), "{:?}", step);
            }
        }
        Ok(())
    });
    outcome.unwrap();
}
