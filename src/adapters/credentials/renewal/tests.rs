//! Renewal in time that stands still but where it waits: what is held, how often is asked, and what is made of the answers.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use super::*;
use crate::adapters::clock::Clock;
use crate::adapters::telemetry::Metrics;
use crate::domain::name::Name;

/// A world whose wall clock goes with tokio's paused one, and may be set besides.
struct World {
    keeper: Arc<Keeper>,
    base: Arc<Keeper>,
    metrics: Metrics,
    begun: Instant,
    /// Seconds that the wall clock was set forward.
    set: Arc<AtomicU64>,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// What is answered first; then `life`.
    answers: Arc<Mutex<VecDeque<Answer>>>,
    life: Arc<AtomicU64>,
}

/// A task that ends with the test.
struct Renewal(AbortHandle);

impl Drop for Renewal {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// When, and by whose keys.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    after: Duration,
    by: Option<String>,
}

#[derive(Clone, Copy)]
enum Answer {
    /// Credentials that last so many seconds.
    Life(u64),
    Ended,
    Failure,
    /// None within the limit of an attempt.
    Silence,
}

const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

fn named(name: &str) -> Name {
    Name::parse(name).unwrap()
}

fn keys(id: &str, end: Option<SystemTime>) -> Credentials {
    Credentials::new(id, "s", None, end, "test")
}

impl World {
    /// Renews `main`, which is made from `base` or from nothing.
    fn of(has_base: bool, answers: &[Answer]) -> (Self, Renewal) {
        let (begun, set) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let (metrics, set_too) = (Metrics::new().unwrap(), Arc::clone(&set));
        let clock = Clock::told_by(move || EPOCH + begun.elapsed() + Duration::from_secs(set_too.load(Relaxed)));
        let world = Self {
            keeper: Keeper::of(&named("main"), &clock, &metrics),
            base: Keeper::of(&named("base"), &clock, &metrics),
            metrics,
            begun,
            set,
            asked: Arc::default(),
            answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
            life: Arc::new(AtomicU64::new(3600)),
        };
        let renewal = world.renew(has_base);
        (world, renewal)
    }

    fn renew(&self, has_base: bool) -> Renewal {
        let (begun, asked, answers) = (self.begun, Arc::clone(&self.asked), Arc::clone(&self.answers));
        let (keeper, life) = (Arc::clone(&self.keeper), Arc::clone(&self.life));
        let source = has_base.then(|| Arc::clone(&self.base));
        let renewing = renew(Arc::clone(&self.keeper), source, move |from| {
            let by = from.map(|from| from.access_key_id().to_owned());
            asked.lock().unwrap().push(Asked { after: begun.elapsed(), by });
            let answer = answers.lock().unwrap().pop_front().unwrap_or(Answer::Life(life.load(Relaxed)));
            let (id, now) = (format!("ASIA{}", asked.lock().unwrap().len()), keeper.now());
            async move {
                match answer {
                    Answer::Life(seconds) => Ok(keys(&id, Some(now + Duration::from_secs(seconds)))),
                    Answer::Ended => Ok(keys(&id, Some(now))),
                    Answer::Failure => Err(CredentialsError::NothingSetUp),
                    Answer::Silence => {
                        sleep(Duration::from_secs(15)).await;
                        Err(CredentialsError::NoAnswer)
                    }
                }
            }
        });
        Renewal(tokio::spawn(renewing).abort_handle())
    }

    /// Puts credentials of the source in force.
    fn put(&self, credentials: Credentials) {
        self.base.judge(Ok(Found::Secret(credentials)));
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What signs now.
    fn signs(&self) -> Option<String> {
        self.keeper.usable().map(|held| held.access_key_id().to_owned())
    }

    fn counted(&self, outcome: &str) -> u64 {
        self.metrics.credentials_refreshes.with_label_values(&["main", outcome]).get()
    }

    /// Lets so many seconds go by, one at a time; says whether something could sign at each.
    async fn pass(&self, seconds: u64) -> bool {
        let mut always = true;
        for _ in 0..seconds {
            sleep(Duration::from_secs(1)).await;
            always &= self.signs().is_some();
        }
        always
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_are_renewed_well_ahead_of_their_end() {
    let (world, _renewal) = World::of(false, &[]);
    world.keeper.tried().await;
    assert!(world.pass(12 * 3600).await, "there is no gap");
    let asked = world.asked();
    let between: Vec<_> = asked.windows(2).map(|pair| (pair[1].after - pair[0].after).as_secs_f64() / 3600.0).collect();
    assert!(between.iter().all(|share| (0.399..0.61).contains(share)), "{between:?}");
    assert!(between.windows(2).any(|pair| pair[0] != pair[1]), "by chance: {between:?}");
    assert_eq!(world.counted("success"), asked.len() as u64);
    assert_eq!(world.signs(), Some(format!("ASIA{}", asked.len())), "the newest are in force");
}

#[tokio::test(start_paused = true)]
async fn failures_are_spaced_ever_wider_and_what_is_held_stays_until_its_end() {
    let mut answers = vec![Answer::Life(3600)];
    answers.extend([Answer::Failure; 200]);
    let (world, _renewal) = World::of(false, &answers);
    world.keeper.tried().await;
    let until_end = Duration::from_secs(3590).saturating_sub(world.begun.elapsed());
    assert!(world.pass(until_end.as_secs()).await, "the ones that were there sign to the end");
    world.pass(20).await;
    assert_eq!(world.signs(), None, "and no longer");
    let asked = world.asked();
    let pauses: Vec<_> = asked.windows(2).skip(1).map(|pair| (pair[1].after - pair[0].after).as_secs_f64()).collect();
    for (failures, pause) in pauses.iter().enumerate() {
        let most = f64::from(1u32 << failures.min(5));
        assert!((most / 2.0 - 0.01..most + 0.01).contains(pause), "after {} failures {pause}", failures + 1);
    }
    assert!(pauses.len() > 40, "it goes on: {pauses:?}");
    world.answers.lock().unwrap().clear();
    world.pass(33).await;
    assert!(world.signs().is_some(), "back within the longest pause");
    assert_eq!(world.counted("failure"), asked.len() as u64 - 1);
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_or_never_comes_displaces_nothing() {
    let (world, _renewal) = World::of(false, &[Answer::Life(900), Answer::Ended, Answer::Silence, Answer::Ended]);
    world.keeper.tried().await;
    world.pass(900 * 2 / 5 - 1).await;
    assert_eq!((world.signs().as_deref(), world.counted("success")), (Some("ASIA1"), 1));
    assert!(world.pass(900 / 5 + 60).await, "the ones that were there sign meanwhile");
    assert_eq!((world.signs().as_deref(), world.counted("failure")), (Some("ASIA5"), 3));
}

#[tokio::test(start_paused = true)]
async fn the_wall_clock_counts_where_timers_slept() {
    let (world, _renewal) = World::of(false, &[]);
    world.keeper.tried().await;
    world.pass(60).await;
    assert_eq!(world.asked().len(), 1);
    world.set.store(2400, Relaxed);
    world.pass(11).await;
    assert_eq!(world.asked().len(), 2, "two fifths of the hour are over by the wall clock");
}

#[tokio::test(start_paused = true)]
async fn the_same_credentials_are_asked_for_more_often_as_their_end_comes_near() {
    let (world, renewal) = World::of(false, &[]);
    world.keeper.tried().await;
    let end = world.keeper.now() + Duration::from_secs(6 * 3600);
    drop(renewal);
    world.asked.lock().unwrap().clear();
    let (asked, keeper, begun) = (Arc::clone(&world.asked), Arc::clone(&world.keeper), world.begun);
    // As an instance's metadata does: others are there five minutes before the end.
    let renewing = renew(Arc::clone(&world.keeper), None, move |_| {
        asked.lock().unwrap().push(Asked { after: begun.elapsed(), by: None });
        let is_near = end.duration_since(keeper.now()).is_ok_and(|left| left <= Duration::from_secs(300));
        let (id, end) = if is_near { ("NEXT", end + Duration::from_secs(6 * 3600)) } else { ("FIRST", end) };
        std::future::ready(Ok(keys(id, Some(end))))
    });
    let _renewal = Renewal(tokio::spawn(renewing).abort_handle());
    assert!(world.pass(6 * 3600 - 300 + 62).await);
    assert_eq!(world.signs().as_deref(), Some("NEXT"), "a minute after they are there");
    assert!(world.asked().len() < 20, "{:?}", world.asked());
}

#[tokio::test(start_paused = true)]
async fn a_role_waits_for_its_source_and_follows_it() {
    let (world, _renewal) = World::of(true, &[]);
    world.pass(600).await;
    assert_eq!(world.asked(), [], "nobody can be asked without keys");
    let half_an_hour = world.keeper.now() + Duration::from_secs(1800);
    world.put(keys("BASE1", Some(half_an_hour)));
    world.keeper.tried().await;
    world.put(keys("BASE1", Some(half_an_hour)));
    world.base.judge(Err(CredentialsError::Over));
    world.pass(10).await;
    let by = |world: &World| world.asked().into_iter().map(|asked| asked.by.unwrap()).collect::<Vec<_>>();
    assert_eq!(by(&world), ["BASE1"], "nothing else has changed");
    world.put(keys("BASE2", Some(half_an_hour + Duration::from_secs(1800))));
    world.pass(1).await;
    assert_eq!(by(&world), ["BASE1", "BASE2"], "with what is in force at once");
    world.life.store(7200, Relaxed);
    world.pass(3600).await;
    assert!(by(&world).len() <= 5, "nobody is asked by keys that have ended: {:?}", by(&world));
    assert!(world.signs().is_some(), "what was had from it lasts on");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_ends_when_it_is_dropped() {
    let (world, renewal) = World::of(false, &[]);
    world.keeper.tried().await;
    drop(renewal);
    world.pass(7200).await;
    assert_eq!(world.asked().len(), 1);
    assert_eq!(Arc::strong_count(&world.keeper), 1, "nothing of it is left");
}

#[test]
fn pauses_are_bounded() {
    for seconds in [0, 1, 29, 900, 43_200] {
        let left = Duration::from_secs(seconds);
        let pause = until_due(left);
        assert!(pause >= LEAST_PAUSE && pause <= (left * 3 / 5).max(LEAST_PAUSE), "{left:?}: {pause:?}");
    }
    for failures in [1, 2, 3, 6, 7, 40, u32::MAX] {
        let pause = back_off(failures);
        assert!(pause >= Duration::from_millis(500) && pause <= Duration::from_secs(32), "{failures}: {pause:?}");
    }
}
