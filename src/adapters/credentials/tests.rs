//! The store as a whole: what is in force, and what the metrics say.

use super::*;
use crate::adapters::config::AwsSource;
use crate::adapters::config::CredentialsSource;
use crate::adapters::config::Role;
use crate::adapters::credentials::slot::Keeper;
use crate::adapters::credentials::watch::Watch;
use crate::domain::bucket::Resource;
use crate::domain::endpoint::EndpointOptions;
use crate::domain::endpoint::Target;
use crate::domain::policy::Window;
use crate::domain::region::Region;
use crate::domain::role::RoleArn;
use crate::domain::role::SessionName;
use std::fs;
use std::path::Path;
use std::sync::Weak;
use std::time::Duration;
use std::time::SystemTime;

const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

pub(super) fn name() -> Name {
    Name::parse("main").unwrap()
}

fn noon() -> Clock {
    Clock::told_by(|| EPOCH + Duration::from_secs(1_795_521_600))
}

fn write(path: &Path, id: &str, expiration: &str) {
    let end = if expiration.is_empty() { "null".to_owned() } else { format!("{expiration:?}") };
    let text = format!(r#"{{"Version": 1, "AccessKeyId": "{id}", "SecretAccessKey": "s", "Expiration": {end}}}"#);
    fs::write(path, text).unwrap();
}

fn signs(snapshot: &CredentialSnapshot) -> Option<String> {
    let target = Target::resolve(&Resource::parse("acme").unwrap(), &EndpointOptions::default()).unwrap();
    snapshot.signer(&name(), &target, EPOCH).map(|signer| signer.access_key_id.to_string())
}

/// A file that is looked at by hand, and what a store shows of it.
pub(super) struct Watched {
    pub(super) keeper: Arc<Keeper>,
    watch: Watch,
    pub(super) shown: Arc<Shown>,
}

impl Watched {
    fn at(path: &Path, metrics: &Metrics) -> Self {
        Self::begin(&CredentialsSource::File { path: path.to_owned() }, &noon(), metrics)
    }

    pub(super) fn begin(source: &CredentialsSource, clock: &Clock, metrics: &Metrics) -> Self {
        let (watch, first) = Watch::begin(source).unwrap();
        let (keeper, shown) = (Keeper::of(&name(), clock, metrics), Arc::default());
        keeper.show_by(&shown);
        keeper.judge(first);
        Self { keeper, watch, shown }
    }

    pub(super) fn look_twice(&mut self) {
        (0..2).filter_map(|_| self.watch.look()).for_each(|news| self.keeper.judge(news));
    }

    fn signs(&self) -> Option<String> {
        signs(&self.shown.load())
    }
}

#[test]
fn what_is_held_stays_in_force_when_its_file_breaks_or_goes_or_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    let metrics = Metrics::new().unwrap();
    write(&path, "A", "2026-11-24T13:00:00Z");
    let mut watched = Watched::at(&path, &metrics);
    fs::write(&path, "{").unwrap();
    watched.look_twice();
    assert_eq!(watched.signs().as_deref(), Some("A"), "broken");
    fs::remove_file(&path).unwrap();
    watched.look_twice();
    assert_eq!(watched.signs().as_deref(), Some("A"), "gone");
    write(&path, "B", "2026-11-24T11:00:00Z");
    watched.look_twice();
    assert_eq!(watched.signs().as_deref(), Some("A"), "ended already");
    write(&path, "C", "2026-11-24T14:00:00Z");
    watched.look_twice();
    assert_eq!(watched.signs().as_deref(), Some("C"));

    let text = metrics.text().unwrap();
    for line in [
        "presignd_credentials_refreshes_total{credentials=\"main\",outcome=\"success\"} 2",
        "presignd_credentials_refreshes_total{credentials=\"main\",outcome=\"failure\"} 3",
        "presignd_credentials_expiry_timestamp_seconds{credentials=\"main\"} 1795528800",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    write(&path, "D", "");
    watched.look_twice();
    assert!(!metrics.text().unwrap().contains("expiry_timestamp_seconds{"), "credentials without an end have none");
}

#[test]
fn a_file_that_is_absent_at_first_is_taken_up_when_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    let mut watched = Watched::at(&path, &Metrics::new().unwrap());
    assert!(watched.shown.load().windows().0.is_empty());
    write(&path, "A", "2026-11-24T13:00:00Z");
    watched.look_twice();
    let end = EPOCH + Duration::from_secs(1_795_525_200);
    assert_eq!(watched.shown.load().windows().0.get(&name()), Some(&Window::Until(end)));
}

fn file(path: &Path) -> CredentialsProvider {
    CredentialsProvider::Local(CredentialsSource::File { path: path.to_owned() })
}

/// Waits until the store's credentials have this id.
async fn until_signing(store: &CredentialStore, id: &str) {
    let taken_up = async {
        while signs(&store.snapshot()).as_deref() != Some(id) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), taken_up).await.unwrap();
}

/// Waits until nothing follows the sources of these slots any more.
async fn until_ended(keepers: &[Weak<Keeper>]) {
    let ended = async {
        while keepers.iter().any(|keeper| keeper.strong_count() > 0) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
}

fn keepers(store: &CredentialStore) -> Vec<Weak<Keeper>> {
    store.slots.iter().map(|slot| Arc::downgrade(slot.keeper())).collect()
}

#[tokio::test]
async fn a_store_follows_its_files_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    write(&path, "A", "");
    let store = CredentialStore::start(&[(name(), file(&path))], noon(), Metrics::new().unwrap());
    assert_eq!(signs(&store.snapshot()).as_deref(), Some("A"));
    write(&path, "B", "");
    until_signing(&store, "B").await;
    let keepers = keepers(&store);
    drop(store);
    until_ended(&keepers).await;
}

#[tokio::test]
async fn what_a_changed_configuration_names_too_goes_on_and_what_it_does_not_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, gone) = (folder.path().join("kept.json"), folder.path().join("gone.json"));
    write(&kept, "A", "2026-11-24T13:00:00Z");
    write(&gone, "B", "2026-11-24T14:00:00Z");
    let other = Name::parse("other").unwrap();
    let metrics = Metrics::new().unwrap();
    let both = [(name(), file(&kept)), (other.clone(), file(&gone))];
    let first = CredentialStore::start(&both, noon(), metrics.clone());
    let mut followed = keepers(&first);

    let second = first.restarted(&[(other, file(&kept)), (name(), file(&kept))]);
    first.give_way_to(&second);
    assert!(Arc::ptr_eq(&first.slots[0], &second.slots[1]), "its name and its source are the same");
    let text = metrics.text().unwrap();
    assert!(text.contains("expiry_timestamp_seconds{credentials=\"other\"} 1795525200"), "the new end: {text}");
    write(&kept, "C", "");
    until_signing(&second, "C").await;
    until_signing(&first, "C").await;
    assert!(!metrics.text().unwrap().contains("expiry_timestamp_seconds{"), "neither ends");

    drop(first);
    until_ended(&followed.split_off(1)).await;
    let third = second.restarted(&[]);
    second.give_way_to(&third);
    write(&kept, "D", "2026-11-24T13:00:00Z");
    second.slots.iter().for_each(|slot| slot.keeper().judge(Err(CredentialsError::Over)));
    assert_eq!(signs(&second.snapshot()).as_deref(), Some("C"), "what is in use stays as it is");
    drop(second);
    until_ended(&followed).await;
    assert!(!metrics.text().unwrap().contains("expiry_timestamp_seconds{"), "its metric is gone");
}

#[tokio::test]
async fn a_role_goes_on_as_long_as_its_source_does() {
    let role = |duration| {
        CredentialsProvider::Aws(AwsSource::AssumeRole(Role {
            arn: RoleArn::parse("arn:aws:iam::111122223333:role/r").unwrap(),
            source: Name::parse("base").unwrap(),
            external_id: None,
            session_name: SessionName::default(),
            duration: Duration::from_secs(duration),
            region: Region::default(),
        }))
    };
    // Without keys nobody is asked.
    let base = |path: &str| (Name::parse("base").unwrap(), file(Path::new(path)));
    let metrics = Metrics::new().unwrap();
    let first = CredentialStore::start(&[(name(), role(3600)), base("/nonexistent/a.json")], noon(), metrics);
    let followed = keepers(&first);
    let is_kept = |next: &CredentialStore, name: &str| {
        let slot =
            |store: &CredentialStore| store.slots.iter().find(|slot| slot.keeper().name().as_str() == name).cloned();
        Arc::ptr_eq(&slot(&first).unwrap(), &slot(next).unwrap())
    };
    for (what, next, main, source) in [
        ("the same", [base("/nonexistent/a.json"), (name(), role(3600))], true, true),
        ("another role", [base("/nonexistent/a.json"), (name(), role(7200))], false, true),
        ("another source", [base("/nonexistent/b.json"), (name(), role(3600))], false, false),
    ] {
        let next = first.restarted(&next);
        assert_eq!((is_kept(&next, "main"), is_kept(&next, "base")), (main, source), "{what}");
    }
    drop(first);
    until_ended(&followed).await;
}
