//! The limits as a whole, on a clock that the tests move.

use super::*;
use crate::domain::claims::Claims;
use crate::domain::claims::Value;
use crate::domain::name::Name;
use governor::clock::FakeRelativeClock;
use proptest::prelude::*;
use std::num::NonZeroU32;
use std::time::Duration;
use std::time::SystemTime;

fn rate(count: u32, seconds: u64, burst: u32) -> Rate {
    let (count, burst) = (NonZeroU32::new(count).unwrap(), NonZeroU32::new(burst).unwrap());
    Rate { count, period: Duration::from_secs(seconds), burst }
}

fn caller(issuer: &str, claims: &[(&str, &str)]) -> Caller {
    let claims = claims.iter().map(|(name, value)| ((*name).to_owned(), Value::String((*value).to_owned())));
    Caller::verified(
        Name::parse(issuer).unwrap(),
        Claims::of(Value::Object(claims.collect())).unwrap(),
        &[],
        SystemTime::UNIX_EPOCH,
    )
}

fn ann() -> Caller {
    caller("corp", &[("sub", "ann")])
}

fn bob() -> Caller {
    caller("corp", &[("sub", "bob")])
}

fn limiter(settings: &RateLimits) -> (RateLimiter<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (RateLimiter::told_by(clock.clone(), settings, Metrics::new().unwrap()), clock)
}

/// What an address is told where nothing is shared.
fn at_the_door(limiter: &RateLimiter<FakeRelativeClock>, address: IpAddr) -> Verdict {
    match limiter.enter(address) {
        Entered::Charged(verdict) => verdict,
        Entered::Owing(owed) => panic!("nobody to owe to: {owed:?}"),
    }
}

/// Whether it was admitted, what refused, and the `RateLimit` field.
fn told(verdict: &Verdict) -> String {
    let standing = verdict.standing.map_or_else(|| "-".to_owned(), |standing| standing.limit_field());
    match verdict.admission {
        Admission::Admitted => format!("yes {standing}"),
        Admission::NeverFits { limit, burst } => format!("never {} {burst} {standing}", limit.as_str()),
        Admission::Refused { limit, retry_after_seconds } => {
            format!("no {} {retry_after_seconds} {standing}", limit.as_str())
        }
    }
}

#[test]
fn an_account_empties_by_what_is_charged_and_fills_by_the_rate() {
    let (limiter, clock) = limiter(&RateLimits { per_subject: Some(rate(50, 1, 1000)), ..RateLimits::default() });
    let rows = [
        (0, 0, "yes \"per_subject\";r=1000;t=0"),
        (0, 50, "yes \"per_subject\";r=950;t=1"),
        (0, 1, "yes \"per_subject\";r=949;t=2"),
        (20, 0, "yes \"per_subject\";r=950;t=1"),
        (0, 950, "yes \"per_subject\";r=0;t=20"),
        (0, 1, "no per_subject 1 \"per_subject\";r=0;t=20"),
        (0, 60, "no per_subject 2 \"per_subject\";r=0;t=20"),
        (19, 1, "no per_subject 1 \"per_subject\";r=0;t=20"),
        (1, 1, "yes \"per_subject\";r=0;t=20"),
        (10_000, 600, "no per_subject 2 \"per_subject\";r=500;t=10"),
        (0, 1000, "no per_subject 10 \"per_subject\";r=500;t=10"),
        (0, 1001, "never per_subject 1000 \"per_subject\";r=500;t=10"),
        (86_400_000, 1000, "yes \"per_subject\";r=0;t=20"),
    ];
    for (milliseconds, cost, expected) in rows {
        clock.advance(Duration::from_millis(milliseconds));
        assert_eq!(told(&limiter.check_subject(&ann(), cost)), expected, "{milliseconds} ms later, {cost}");
    }
}

#[test]
fn a_policy_tells_the_burst_and_the_time_to_fill_it() {
    let rows = [
        (rate(50, 1, 1000), "\"per_address\";q=1000;w=20"),
        (rate(3, 1, 10), "\"per_address\";q=10;w=4"),
        (rate(100, 60, 1), "\"per_address\";q=1;w=1"),
        (rate(1, 3600, 24), "\"per_address\";q=24;w=86400"),
        (rate(u32::MAX, 1, 1), "\"per_address\";q=1;w=1"),
        (rate(u32::MAX, 1, u32::MAX), "\"per_address\";q=4294967295;w=1"),
        // A century's worth, which is all that can be reckoned with.
        (rate(1, 3600, u32::MAX), "\"per_address\";q=876000;w=3153600000"),
    ];
    for (rate, expected) in rows {
        let (limiter, _) = limiter(&RateLimits { per_address: Some(rate), ..RateLimits::default() });
        let verdict = at_the_door(&limiter, "192.0.2.1".parse().unwrap());
        assert_eq!(verdict.standing.unwrap().policy_field(), expected, "{rate:?}");
        assert_eq!(verdict.admission, Admission::Admitted, "{rate:?}");
    }
}

#[test]
fn addresses_of_one_ipv6_network_are_one_and_a_mapped_one_is_ipv4() {
    let rows = [
        ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false),
        ("192.0.2.1", "::ffff:192.0.2.1", true),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ("0:0:c000:201::1", "192.0.2.1", false),
    ];
    for (first, second, one) in rows {
        let (limiter, _) = limiter(&RateLimits { per_address: Some(rate(1, 1, 1)), ..RateLimits::default() });
        at_the_door(&limiter, first.parse().unwrap());
        let admission = at_the_door(&limiter, second.parse().unwrap()).admission;
        assert_eq!(admission != Admission::Admitted, one, "{first} and {second}");
    }
}

#[test]
fn a_subject_is_known_by_issuer_and_sub_or_else_client_id_or_else_the_issuer() {
    let rows = [
        (caller("a", &[("sub", "x")]), caller("a", &[("sub", "x"), ("client_id", "c")]), true),
        (caller("a", &[("sub", "x")]), caller("b", &[("sub", "x")]), false),
        (caller("a", &[("sub", "x")]), caller("a", &[("sub", "y")]), false),
        (caller("a", &[("client_id", "x")]), caller("a", &[("client_id", "x")]), true),
        (caller("a", &[("sub", "x")]), caller("a", &[("client_id", "x")]), false),
        (caller("a", &[]), caller("a", &[]), true),
        (caller("a", &[]), caller("b", &[]), false),
        (caller("a", &[]), caller("a", &[("sub", "")]), false),
    ];
    for (first, second, one) in rows {
        let (limiter, _) = limiter(&RateLimits { per_subject: Some(rate(1, 1, 1)), ..RateLimits::default() });
        limiter.check_subject(&first, 1);
        let admission = limiter.check_subject(&second, 1).admission;
        assert_eq!(admission != Admission::Admitted, one, "{first:?} and {second:?}");
    }
}

#[test]
fn a_subject_and_all_together_are_charged_both_or_neither() {
    let settings =
        RateLimits { per_subject: Some(rate(1, 1, 10)), global: Some(rate(1, 1, 15)), ..RateLimits::default() };
    let (limiter, clock) = limiter(&settings);
    let rows = [
        (ann(), 8, "yes \"per_subject\";r=2;t=8", "his own is the tightest"),
        (ann(), 5, "no per_subject 3 \"per_subject\";r=2;t=8", "his own refuses"),
        (bob(), 7, "yes \"global\";r=0;t=15", "which took nothing from all the others"),
        (bob(), 1, "no global 1 \"global\";r=0;t=15", "all together refuse"),
        (bob(), 3, "no global 3 \"global\";r=0;t=15", "and again"),
        (bob(), 11, "never per_subject 10 \"per_subject\";r=3;t=7", "which took nothing from his own"),
    ];
    for (who, cost, expected, why) in rows {
        assert_eq!(told(&limiter.check_subject(&who, cost)), expected, "{why}");
    }
    clock.advance(Duration::from_secs(3));
    assert_eq!(told(&limiter.check_subject(&bob(), 3)), "yes \"global\";r=0;t=15");
}

#[test]
fn what_never_fits_all_together_takes_nothing_from_the_subject() {
    let settings =
        RateLimits { per_subject: Some(rate(1, 1, 10)), global: Some(rate(1, 1, 5)), ..RateLimits::default() };
    let (limiter, _) = limiter(&settings);
    assert_eq!(told(&limiter.check_subject(&ann(), 6)), "never global 5 \"global\";r=5;t=0");
    assert_eq!(limiter.smallest_burst(), Some(5));
    limiter.check_subject(&ann(), 5);
    assert_eq!(limiter.accounts(&ann()).0.unwrap().standing().remaining, 5);
}

#[test]
fn reporting_only_counts_what_it_would_refuse_and_refuses_nothing() {
    let one = Some(rate(1, 1, 1));
    let settings =
        RateLimits { per_address: one, per_subject: one, global: one, report_only: true, ..RateLimits::default() };
    let (limiter, _) = limiter(&settings);
    let address = "192.0.2.1".parse().unwrap();
    assert_eq!(told(&at_the_door(&limiter, address)), "yes \"per_address\";r=0;t=1");
    assert_eq!(told(&at_the_door(&limiter, address)), "yes \"per_address\";r=0;t=1");
    assert_eq!(told(&limiter.check_subject(&ann(), 1)), "yes \"per_subject\";r=0;t=1");
    assert_eq!(told(&limiter.check_subject(&ann(), 1)), "yes \"per_subject\";r=0;t=1");
    assert_eq!(told(&limiter.check_subject(&bob(), 1)), "yes \"global\";r=0;t=1");
    assert_eq!(told(&limiter.check_subject(&bob(), 2)), "yes \"per_subject\";r=1;t=0");
    assert_eq!(limiter.smallest_burst(), None);
    let text = limiter.metrics.text().unwrap();
    for line in ["{limit=\"per_address\"} 1", "{limit=\"per_subject\"} 2", "{limit=\"global\"} 1"] {
        assert!(text.contains(&format!("presignd_rate_limited_total{line}")), "{line} in {text}");
    }
}

#[test]
fn without_limits_nothing_is_refused_and_nothing_is_told() {
    let (limiter, _) = limiter(&RateLimits::default());
    assert_eq!(told(&at_the_door(&limiter, "192.0.2.1".parse().unwrap())), "yes -");
    assert_eq!(told(&limiter.check_subject(&ann(), u32::MAX)), "yes -");
    assert_eq!(limiter.check_subject(&ann(), 0).standing, None);
    assert_eq!(limiter.smallest_burst(), None);
}

#[test]
fn an_answer_that_charges_nothing_tells_the_tightest() {
    let settings =
        RateLimits { per_subject: Some(rate(1, 1, 10)), global: Some(rate(1, 1, 12)), ..RateLimits::default() };
    let (limiter, _) = limiter(&settings);
    limiter.check_subject(&ann(), 5);
    for (who, expected) in [(ann(), "\"per_subject\";r=5;t=5"), (bob(), "\"global\";r=7;t=5")] {
        for _ in 0..2 {
            assert_eq!(limiter.check_subject(&who, 0).standing.unwrap().limit_field(), expected);
        }
    }
}

#[test]
fn many_at_once_get_no_more_than_there_is() {
    let settings =
        RateLimits { per_subject: Some(rate(1, 1, 600)), global: Some(rate(1, 1, 1000)), ..RateLimits::default() };
    let (limiter, _) = limiter(&settings);
    let admitted = |who: &Caller| {
        (0..500).map(|_| u32::from(limiter.check_subject(who, 2).admission == Admission::Admitted)).sum::<u32>()
    };
    let (ann, bob) = (ann(), bob());
    let totals: Vec<(bool, u32)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|place| place % 2 == 0)
            .map(|is_ann| {
                let (admitted, who) = (&admitted, if is_ann { &ann } else { &bob });
                (is_ann, scope.spawn(move || admitted(who)))
            })
            .collect();
        threads.into_iter().map(|(is_ann, thread)| (is_ann, thread.join().unwrap())).collect()
    });
    let of = |is_ann| totals.iter().filter(|(whose, _)| *whose == is_ann).map(|(_, count)| 2 * count).sum::<u32>();
    assert_eq!(of(true) + of(false), 1000, "{totals:?}");
    for (who, is_ann) in [(&ann, true), (&bob, false)] {
        let left = limiter.accounts(who).0.unwrap().standing().remaining;
        assert_eq!(left, 600 - of(is_ann), "what a refusal by all together took was given back");
    }
}

proptest! {
    /// Held against a bucket of nanoseconds.
    #[test]
    fn an_account_is_a_bucket(
        (count, burst) in (1..200_u32, 1..500_u32),
        steps in proptest::collection::vec((0..5_000_u64, 1..300_u32, any::<bool>()), 1..60),
    ) {
        let clock = FakeRelativeClock::default();
        let limit = Arc::new(Limit::new(LimitName::Global, rate(count, 1, burst), 100, clock.clone()));
        let unit = 1_000_000_000 / u64::from(count);
        let (full, mut held) = (unit * u64::from(burst), unit * u64::from(burst));
        for (milliseconds, cost, give_back) in steps {
            clock.advance(Duration::from_millis(milliseconds));
            held = (held + milliseconds * 1_000_000).min(full);
            let charged = limit.account(7).charge(cost);
            let price = unit * u64::from(cost);
            match charged {
                Ok(standing) => {
                    prop_assert!(price <= held);
                    held -= price;
                    prop_assert_eq!(u64::from(standing.remaining), held / unit);
                    if give_back {
                        limit.account(7).give_back(cost);
                        held += price;
                    }
                }
                Err(refused) if cost <= burst => {
                    prop_assert!(price > held);
                    prop_assert_eq!(refused.retry_after_seconds, (price - held).div_ceil(1_000_000_000).max(1));
                }
                Err(_) => {}
            }
            prop_assert_eq!(u64::from(limit.account(7).standing().remaining), held / unit);
        }
    }
}

#[test]
fn accounts_beyond_the_bound_are_shared_and_those_within_keep_theirs() {
    let clock = FakeRelativeClock::default();
    let capacity = 100;
    let limit = Arc::new(Limit::new(LimitName::PerAddress, rate(1, 1, 2), capacity, clock.clone()));
    for key in 0..100 {
        assert_eq!(limit.account(key).charge(1).unwrap().remaining, 1, "{key}");
    }
    for key in 1000..1_000_000 {
        _ = limit.account(key).charge(1);
    }
    limit.prune();
    let most = capacity + states::SHARED as usize;
    let at_once = 2;
    assert!((most..=most + at_once).contains(&limit.held()), "{} of {most}", limit.held());
    assert!(limit.account(5_000_000).charge(1).is_err(), "a newcomer shares an account that the flood has emptied");
    assert_eq!(limit.account(7).charge(1).unwrap().remaining, 0, "one who was there has his own");

    clock.advance(Duration::from_secs(60));
    limit.prune();
    assert_eq!(limit.held(), 0, "full accounts are forgotten");
    assert_eq!(limit.account(5_000_000).charge(1).unwrap().remaining, 1, "and the newcomer has his own");
}

#[test]
fn accounts_are_forgotten_while_others_come() {
    let clock = FakeRelativeClock::default();
    let limit = Arc::new(Limit::new(LimitName::PerAddress, rate(1, 1, 2), states::CAPACITY, clock.clone()));
    let mut most = 0;
    for key in 0.. {
        _ = limit.account(key).charge(1);
        clock.advance(Duration::from_millis(1));
        let held = limit.held();
        if held < most {
            break;
        }
        most = held;
    }
    assert!(most < 1_000_000, "{most} were held before any was forgotten");
}
