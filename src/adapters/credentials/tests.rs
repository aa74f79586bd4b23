//! The store as a whole: what is in force, and what the metrics say.

use super::*;
use crate::domain::bucket::Resource;
use crate::domain::endpoint::EndpointOptions;
use crate::domain::endpoint::Target;
use crate::domain::policy::Window;
use std::fs;
use std::path::Path;

const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

fn name() -> Name {
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

/// A holding with a watch on a file, looked at by hand.
fn watched(path: &Path, metrics: &Metrics) -> (Holding, Watch) {
    let held = Holding { snapshot: ArcSwap::default(), clock: noon(), metrics: metrics.clone() };
    let watch = held.begin(&name(), &CredentialsSource::File { path: path.to_owned() }).unwrap();
    (held, watch)
}

#[test]
fn what_is_held_stays_in_force_when_its_file_breaks_or_goes_or_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    let metrics = Metrics::new().unwrap();
    write(&path, "A", "2026-11-24T13:00:00Z");
    let (held, mut watch) = watched(&path, &metrics);
    let mut look_twice = || (0..2).for_each(|_| held.look(&mut watch));

    fs::write(&path, "{").unwrap();
    look_twice();
    assert_eq!(signs(&held.snapshot.load()).as_deref(), Some("A"), "broken");
    fs::remove_file(&path).unwrap();
    look_twice();
    assert_eq!(signs(&held.snapshot.load()).as_deref(), Some("A"), "gone");
    write(&path, "B", "2026-11-24T11:00:00Z");
    look_twice();
    assert_eq!(signs(&held.snapshot.load()).as_deref(), Some("A"), "ended already");
    write(&path, "C", "2026-11-24T14:00:00Z");
    look_twice();
    assert_eq!(signs(&held.snapshot.load()).as_deref(), Some("C"));

    let text = metrics.text().unwrap();
    for line in [
        "presignd_credentials_refreshes_total{credentials=\"main\",outcome=\"success\"} 2",
        "presignd_credentials_refreshes_total{credentials=\"main\",outcome=\"failure\"} 3",
        "presignd_credentials_expiry_timestamp_seconds{credentials=\"main\"} 1795528800",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    write(&path, "D", "");
    look_twice();
    assert!(!metrics.text().unwrap().contains("expiry_timestamp_seconds{"), "credentials without an end have none");
}

#[test]
fn a_file_that_is_absent_at_first_is_taken_up_when_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    let (held, mut watch) = watched(&path, &Metrics::new().unwrap());
    assert!(held.snapshot.load().windows().0.is_empty());
    write(&path, "A", "2026-11-24T13:00:00Z");
    (0..2).for_each(|_| held.look(&mut watch));
    let end = EPOCH + Duration::from_secs(1_795_525_200);
    assert_eq!(held.snapshot.load().windows().0.get(&name()), Some(&Window::Until(end)));
}

#[tokio::test]
async fn a_store_follows_its_files_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    write(&path, "A", "");
    let source = CredentialsSource::File { path: path.clone() };
    let store = CredentialStore::start(&[(name(), source)], noon(), Metrics::new().unwrap());
    assert_eq!(signs(&store.snapshot()).as_deref(), Some("A"));
    write(&path, "B", "");
    let taken_up = async {
        while signs(&store.snapshot()).as_deref() != Some("B") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), taken_up).await.unwrap();
    let held = Arc::downgrade(&store.held);
    drop(store);
    let ended = async {
        while held.upgrade().is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
}

#[test]
fn reading_once_gives_what_there_is_and_names_what_there_is_not() {
    let given =
        CredentialsSource::Given { access_key_id: "GIVEN".to_owned(), secret_access_key: "s".to_owned().into() };
    let absent = CredentialsSource::File { path: "/nonexistent/c.json".into() };
    let other = Name::parse("other").unwrap();
    let (snapshot, failures) = CredentialStore::read_once(&[(name(), given), (other.clone(), absent)]);
    assert_eq!(signs(&snapshot).as_deref(), Some("GIVEN"));
    assert_eq!(snapshot.windows().0.get(&name()), Some(&Window::Endless));
    let told: Vec<_> = failures.iter().map(|(name, error)| format!("{name}: {error}")).collect();
    assert_eq!(told, ["other: cannot read /nonexistent/c.json: entity not found"]);
}
