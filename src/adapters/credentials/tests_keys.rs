//! Keys that were derived elsewhere: which are in force as days pass and files change, and what is told of it.

use super::tests::Watched;
use super::tests::name;
use super::*;
use crate::adapters::config::CredentialsSource;
use crate::domain::bucket::Resource;
use crate::domain::day::Day;
use crate::domain::endpoint::EndpointOptions;
use crate::domain::endpoint::Target;
use crate::domain::signing_keys::CredentialScope;
use crate::domain::signing_keys::Origin;
use crate::domain::signing_keys::document;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use std::time::SystemTime;

/// A file of keys, a clock that is moved by hand, and what a store shows.
struct World {
    path: PathBuf,
    now: Arc<AtomicU64>,
    metrics: Metrics,
    watched: Watched,
    _folder: tempfile::TempDir,
}

fn hour(day: &str, hour: u64) -> u64 {
    let start = Day::parse(day).unwrap().start();
    start.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + hour * 3600
}

fn instant(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn write(path: &Path, id: &str, first: &str, count: usize, valid_until: Option<u64>) {
    let days: Vec<Day> = std::iter::successors(Day::parse(first), |day| Some(day.next())).take(count).collect();
    let scopes = [CredentialScope { region: "us-east-1".into(), service: "s3".into() }].into();
    let valid_until = valid_until.map(instant);
    let origin = Origin { access_key_id: id, secret_access_key: "hunter2", session_token: None, valid_until };
    fs::write(path, &**document(&origin, &days, &scopes).unwrap()).unwrap();
}

impl World {
    /// At noon of the 29th, with keys of `A` for two days.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        write(&path, "A", "20261129", 2, None);
        let (now, metrics) = (Arc::new(AtomicU64::new(hour("20261129", 12))), Metrics::new().unwrap());
        let told = now.clone();
        let clock = Clock::told_by(move || instant(told.load(Relaxed)));
        let source = CredentialsSource::SigningKey { path: path.clone(), needed: [].into() };
        let watched = Watched::begin(&source, &clock, &metrics);
        Self { path, now, metrics, watched, _folder: folder }
    }

    /// Who signs at that time, as of it; nobody if the decision would refuse.
    fn signs_at(&self, seconds: u64) -> Option<String> {
        self.now.store(seconds, Relaxed);
        self.watched.keeper.pass_time();
        let (shown, now) = (self.watched.shown.load(), instant(seconds));
        let window = shown.windows().0.get(&name())?;
        let is_open = window.opens_at(now) && window.valid_until().is_none_or(|end| end > now);
        let target = Target::resolve(&Resource::parse("acme").unwrap(), &EndpointOptions::default()).unwrap();
        let signer = is_open.then(|| shown.signer(&name(), &target, now)).flatten()?;
        Some(signer.access_key_id.to_string())
    }

    fn ends(&self) -> f64 {
        let text = self.metrics.text().unwrap();
        let line =
            text.lines().find(|line| line.starts_with("presignd_credentials_expiry_timestamp_seconds{")).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

#[test]
fn keys_sign_from_day_to_day_and_no_longer_than_the_last() {
    let world = World::new();
    let rows = [
        (hour("20261129", 12), Some("A")),
        (hour("20261130", 0) - 1, Some("A")),
        (hour("20261130", 0), Some("A")),
        (hour("20261201", 0) - 1, Some("A")),
        (hour("20261201", 0), None),
        (hour("20261130", 12), Some("A")),
    ];
    for (now, expected) in rows {
        assert_eq!(world.signs_at(now).as_deref(), expected, "{now}");
        assert_eq!(world.ends(), hour("20261201", 0) as f64, "{now}");
    }
}

#[test]
fn a_file_that_goes_or_breaks_or_has_ended_leaves_what_it_held_until_its_last_day() {
    let mut world = World::new();
    let second = |world: &mut World, what: &str| {
        world.watched.look_twice();
        assert_eq!(world.signs_at(hour("20261130", 12)).as_deref(), Some("A"), "{what}");
    };
    fs::write(&world.path, "{").unwrap();
    second(&mut world, "broken");
    fs::remove_file(&world.path).unwrap();
    second(&mut world, "gone");
    write(&world.path, "B", "20261101", 29, None);
    second(&mut world, "its last day is yesterday");
    write(&world.path, "B", "20261130", 9, Some(hour("20261130", 11)));
    second(&mut world, "what it was derived from has ended");
    assert_eq!(world.signs_at(hour("20261201", 0)), None);
    write(&world.path, "C", "20261201", 1, None);
    world.watched.look_twice();
    assert_eq!(world.signs_at(hour("20261201", 0)).as_deref(), Some("C"));
}

#[test]
fn keys_of_later_days_alone_wait_for_their_first_day_and_then_displace_the_others() {
    let mut world = World::new();
    write(&world.path, "B", "20261130", 3, None);
    world.watched.look_twice();
    assert_eq!(world.signs_at(hour("20261129", 13)).as_deref(), Some("A"), "today's are the others'");
    assert_eq!(world.ends(), hour("20261203", 0) as f64, "together they leave no gap");
    assert_eq!(world.signs_at(hour("20261130", 0)).as_deref(), Some("B"));
    let shown = world.watched.shown.load();
    let first = shown.windows().0.get(&name()).unwrap().since(instant(hour("20261130", 9)));
    assert_eq!(first, instant(hour("20261130", 0)), "the others are gone: nothing is signed as of their days");
    assert_eq!(world.signs_at(hour("20261202", 23)).as_deref(), Some("B"));
}

#[test]
fn keys_of_later_days_behind_a_gap_leave_the_gap() {
    let mut world = World::new();
    write(&world.path, "B", "20261202", 1, None);
    world.watched.look_twice();
    assert_eq!(world.signs_at(hour("20261130", 12)).as_deref(), Some("A"));
    assert_eq!(world.ends(), hour("20261201", 0) as f64);
    assert_eq!(world.signs_at(hour("20261201", 12)), None);
    assert_eq!(world.signs_at(hour("20261202", 12)).as_deref(), Some("B"));
    assert_eq!(world.ends(), hour("20261203", 0) as f64);
}

#[test]
fn where_there_are_none_yet_keys_of_later_days_begin_with_their_first() {
    let mut world = World::new();
    assert_eq!(world.signs_at(hour("20261205", 12)), None);
    write(&world.path, "B", "20261206", 1, None);
    world.watched.look_twice();
    assert_eq!(world.signs_at(hour("20261205", 13)), None);
    assert!(world.ends() <= hour("20261205", 13) as f64, "they cannot sign now");
    assert_eq!(world.signs_at(hour("20261206", 0)).as_deref(), Some("B"));
}

#[test]
fn keys_of_temporary_credentials_end_with_them() {
    let mut world = World::new();
    write(&world.path, "B", "20261129", 2, Some(hour("20261129", 18)));
    world.watched.look_twice();
    assert_eq!(world.signs_at(hour("20261129", 17)).as_deref(), Some("B"));
    assert_eq!(world.ends(), hour("20261129", 18) as f64);
    assert_eq!(world.signs_at(hour("20261129", 18)), None);
}
