//! When a key set is read, how long it is kept, and who waits for it. Time stands still here but for the waiting.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::time::advance;
use tokio::time::sleep;

use super::fetch::FetchError;
use super::get::Fetched;
use super::*;
use crate::adapters::followed_file;

const FIRST: &str = r#"{"keys":[]}"#;
const SECOND: &str = r#"{"keys":[ ]}"#;

/// An issuer that answers after a delay, fresh for five minutes.
#[derive(Clone)]
struct Issuer {
    document: Arc<Mutex<Option<&'static str>>>,
    delay: Arc<Mutex<Duration>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    fn that_says(document: Option<&'static str>) -> Self {
        let delay = Arc::new(Mutex::new(Duration::from_millis(20)));
        Self { document: Arc::new(Mutex::new(document)), delay, asked: Arc::default() }
    }

    fn now_says(&self, document: Option<&'static str>) {
        *self.document.lock().unwrap() = document;
    }

    fn now_takes(&self, delay: Duration) {
        *self.delay.lock().unwrap() = delay;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn answer(self) -> Result<Fetched, FetchError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let delay = *self.delay.lock().unwrap();
        sleep(delay).await;
        match *self.document.lock().unwrap() {
            Some(document) => Ok(Fetched { document: document.into(), fresh_for: Duration::from_secs(300) }),
            None => Err(FetchError::TimedOut),
        }
    }

    fn keys(&self, metrics: &Metrics) -> Jwks {
        let issuer = self.clone();
        Jwks::fetched_by(&name(), move || issuer.clone().answer(), Clock::told_by(|| SystemTime::UNIX_EPOCH), metrics)
    }
}

fn name() -> Name {
    Name::parse("corp").unwrap()
}

/// Past every cool-down, but before a key set is due by age.
const COOLED: Duration = Duration::from_secs(31);

#[tokio::test(start_paused = true)]
async fn a_key_set_is_read_again_when_it_has_aged() {
    let (issuer, metrics) = (Issuer::that_says(Some(FIRST)), Metrics::new().unwrap());
    let keys = issuer.keys(&metrics);
    keys.tried().await;
    assert_eq!((keys.generation(), issuer.asked()), (Some(1), 1));
    issuer.now_says(Some(SECOND));
    sleep(Duration::from_secs(299)).await;
    assert_eq!((keys.generation(), issuer.asked()), (Some(1), 1));
    sleep(Duration::from_secs(2)).await;
    assert_eq!((keys.generation(), issuer.asked()), (Some(2), 2));
    sleep(Duration::from_secs(301)).await;
    assert_eq!((keys.generation(), issuer.asked()), (Some(2), 3), "the same document is the same generation");
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_followed_by_another_within_45_seconds_and_not_within_10() {
    let (issuer, metrics) = (Issuer::that_says(None), Metrics::new().unwrap());
    let keys = issuer.keys(&metrics);
    keys.tried().await;
    assert!(keys.held().is_none());
    for attempts in 1..20 {
        assert_eq!(issuer.asked(), attempts);
        sleep(Duration::from_millis(9_900)).await;
        assert_eq!(issuer.asked(), attempts, "too early");
        let begun = Instant::now();
        while issuer.asked() == attempts {
            sleep(Duration::from_millis(10)).await;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "too late");
        sleep(Duration::from_millis(30)).await;
    }
    issuer.now_says(Some(FIRST));
    sleep(COOLED).await;
    assert!(keys.held().is_some());
}

#[tokio::test(start_paused = true)]
async fn however_many_wait_there_is_one_flight() {
    let (issuer, metrics) = (Issuer::that_says(Some(FIRST)), Metrics::new().unwrap());
    let keys = Arc::new(issuer.keys(&metrics));
    keys.tried().await;
    sleep(COOLED).await;
    issuer.now_says(Some(SECOND));
    let begun = Instant::now();
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move {
                keys.refreshed().await;
                keys.generation()
            })
        })
        .collect();
    for request in waiting {
        assert_eq!(request.await.unwrap(), Some(2));
    }
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
    sleep(Duration::from_secs(60)).await;
    assert_eq!(issuer.asked(), 2, "no flight is left over for the end of the cool-down");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_during_the_cool_down_after_a_success_or_a_failure() {
    for outcome in [Some(FIRST), None] {
        let (issuer, metrics) = (Issuer::that_says(outcome), Metrics::new().unwrap());
        let keys = issuer.keys(&metrics);
        keys.tried().await;
        for _ in 0..9 {
            let begun = Instant::now();
            keys.refreshed().await;
            assert_eq!((begun.elapsed(), issuer.asked()), (Duration::ZERO, 1), "{outcome:?}");
            advance(Duration::from_secs(1)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_issuer_holds_a_request_up_for_a_second() {
    let (issuer, metrics) = (Issuer::that_says(Some(FIRST)), Metrics::new().unwrap());
    issuer.now_takes(Duration::from_secs(4));
    let keys = issuer.keys(&metrics);
    let begun = Instant::now();
    keys.refreshed().await;
    assert_eq!((begun.elapsed(), keys.generation()), (PATIENCE, None));
    keys.tried().await;
    assert_eq!((begun.elapsed(), keys.generation()), (Duration::from_secs(4), Some(1)));
}

#[tokio::test(start_paused = true)]
async fn keys_outlive_an_issuer_that_does_not_answer_for_a_day() {
    let (issuer, metrics) = (Issuer::that_says(Some(FIRST)), Metrics::new().unwrap());
    let keys = issuer.keys(&metrics);
    keys.tried().await;
    issuer.now_says(None);
    sleep(refresh::MOST_STALE - Duration::from_secs(1)).await;
    assert!(keys.held().is_some());
    sleep(Duration::from_secs(3)).await;
    assert!(keys.held().is_none(), "not for longer");
    issuer.now_says(Some(FIRST));
    sleep(COOLED).await;
    assert_eq!(keys.generation(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_document_that_is_no_key_set_leaves_the_one_before() {
    let (issuer, metrics) = (Issuer::that_says(Some(FIRST)), Metrics::new().unwrap());
    let keys = issuer.keys(&metrics);
    keys.tried().await;
    issuer.now_says(Some("<html>"));
    sleep(Duration::from_secs(301)).await;
    assert_eq!((keys.generation(), issuer.asked()), (Some(1), 2));
    issuer.now_says(Some(SECOND));
    sleep(COOLED).await;
    assert_eq!(
        (keys.generation(), issuer.asked()),
        (Some(2), 3),
        "a refused one is asked for again after the cool-down"
    );
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_counted_and_the_age_told() {
    let (issuer, metrics) = (Issuer::that_says(None), Metrics::new().unwrap());
    let keys = issuer.keys(&metrics);
    keys.tried().await;
    issuer.now_says(Some(FIRST));
    sleep(COOLED).await;
    sleep(Duration::from_secs(200)).await;
    let count = |outcome| metrics.jwks_refreshes.with_label_values(&["corp", outcome]).get();
    assert_eq!((count("failure"), count("success")), (1, 1));
    let age = metrics.jwks_age.with_label_values(&["corp"]).get();
    assert!((200.0..=221.0).contains(&age), "{age}");
    assert_eq!(keys.read_at(), Some(SystemTime::UNIX_EPOCH), "by the clock that was given");
    drop(keys);
    assert!(!metrics.text().unwrap().contains("jwks_age_seconds{"), "nobody's age is told");
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_its_key_set() {
    let (issuer, metrics) = (Issuer::that_says(Some(FIRST)), Metrics::new().unwrap());
    let keys = issuer.keys(&metrics);
    keys.tried().await;
    drop(keys);
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(issuer.asked(), 1);
    assert_eq!(Arc::strong_count(&issuer.asked), 1, "it is gone");
}

struct InFile {
    folder: tempfile::TempDir,
    keys: Jwks,
    metrics: Metrics,
}

impl InFile {
    fn with(document: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        if let Some(document) = document {
            std::fs::write(&path, document).unwrap();
        }
        let metrics = Metrics::new().unwrap();
        let keys = Jwks::in_file(&name(), path, Clock::told_by(|| SystemTime::UNIX_EPOCH), &metrics);
        Self { folder, keys, metrics }
    }

    fn write(&self, document: &str) {
        std::fs::write(self.folder.path().join("jwks.json"), document).unwrap();
    }

    fn count(&self, outcome: &str) -> u64 {
        self.metrics.jwks_refreshes.with_label_values(&["corp", outcome]).get()
    }
}

/// Two looks and a bit.
const TWO_LOOKS: Duration = Duration::from_millis(1_100);

#[tokio::test(start_paused = true)]
async fn a_file_is_read_at_once_and_when_it_changes() {
    let file = InFile::with(Some(FIRST));
    assert_eq!(file.keys.generation(), Some(1));
    sleep(Duration::from_secs(10)).await;
    assert_eq!((file.keys.generation(), file.count("success")), (Some(1), 1), "looking alone is no attempt");
    file.write(SECOND);
    sleep(TWO_LOOKS).await;
    assert_eq!((file.keys.generation(), file.count("success")), (Some(2), 2));
}

#[tokio::test(start_paused = true)]
async fn a_half_written_file_is_not_taken_up() {
    let file = InFile::with(Some(FIRST));
    for _ in 0..10 {
        file.write(SECOND);
        sleep(Duration::from_millis(500)).await;
        file.write(r#"{"keys":[  ]}"#);
        sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(file.keys.generation(), Some(1), "no two looks have found the same");
    sleep(TWO_LOOKS).await;
    assert_eq!(file.keys.generation(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_broken_or_lost_file_leaves_the_key_set_before_and_is_said_once() {
    let file = InFile::with(Some(FIRST));
    file.write("{");
    sleep(Duration::from_secs(60)).await;
    assert_eq!((file.keys.generation(), file.count("failure")), (Some(1), 1));
    std::fs::remove_file(file.folder.path().join("jwks.json")).unwrap();
    sleep(TWO_LOOKS).await;
    advance(refresh::MOST_STALE * 2).await;
    sleep(TWO_LOOKS).await;
    assert_eq!((file.keys.generation(), file.count("failure")), (Some(1), 2));
    file.write(SECOND);
    sleep(TWO_LOOKS).await;
    assert_eq!((file.keys.generation(), file.count("failure")), (Some(2), 2));
}

#[tokio::test(start_paused = true)]
async fn a_file_may_come_later_and_nobody_waits_for_it() {
    let file = InFile::with(None);
    let begun = Instant::now();
    file.keys.refreshed().await;
    file.keys.tried().await;
    assert_eq!((begun.elapsed(), file.keys.generation()), (Duration::ZERO, None));
    file.write(FIRST);
    sleep(TWO_LOOKS).await;
    assert_eq!(file.keys.generation(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_too_large_or_no_file_is_refused() {
    let file = InFile::with(Some(&" ".repeat(followed_file::MOST_BYTES as usize + 1)));
    assert_eq!((file.keys.generation(), file.count("failure")), (None, 1));
    let folder = Jwks::in_file(&name(), "/".into(), Clock::told_by(|| SystemTime::UNIX_EPOCH), &file.metrics);
    assert_eq!((folder.generation(), file.count("failure")), (None, 2));
}
