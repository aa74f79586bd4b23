//! The log as a whole: order, restarts, rotation, full disks, and futures that are dropped.

use super::*;
use crate::adapters::config::AuditSink;
use crate::domain::refusal::RefusalCode;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

fn settings(path: &Path) -> config::Audit {
    config::Audit { sink: AuditSink::File(path.to_owned()), required: true, sync: false, chain: AuditChain::None }
}

async fn open(settings: &config::Audit) -> Audit {
    let clock = Clock::told_by(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_521_600));
    // A process that another test begins holds all of our files for an instant.
    Audit::open_within(Duration::from_secs(20), settings, clock, Metrics::new().unwrap()).await.unwrap()
}

/// Parses every line, so that a torn one fails, and holds the numbers to 1, 2, 3 …
fn lines(path: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("torn: {line}"))).collect();
    let numbers: Vec<_> = lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=lines.len() as u64).collect::<Vec<_>>(), "{text}");
    lines
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let holds = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), holds).await.unwrap_or_else(|_| panic!("never {what}"));
}

fn folder_and_path() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    (folder, path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lines_of_many_at_once_are_whole_and_in_order() {
    let (_folder, path) = folder_and_path();
    let audit = Arc::new(open(&config::Audit { sync: true, ..settings(&path) }).await);
    let tasks: Vec<_> = (0..500)
        .map(|task| {
            let audit = audit.clone();
            tokio::spawn(async move {
                let key = format!("{task}");
                let issued = Entry { key: Some(&key), ..Entry::of(Decision::Issued) };
                let refused = Entry { key: Some(&key), ..Entry::of(Decision::Refused(RefusalCode::NoGrant)) };
                audit.record(&[issued, refused]).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let lines = lines(&path);
    assert_eq!(lines.len(), 1000);
    for pair in lines.chunks(2) {
        assert_eq!(pair[0]["key"], pair[1]["key"], "lines of one answer stand together");
        assert_eq!((&pair[0]["decision"], &pair[1]["code"]), (&"issued".into(), &"no_grant".into()));
    }
    let text = audit.metrics.text().unwrap();
    for line in [
        "presignd_audit_lines_total{decision=\"issued\"} 500",
        "presignd_audit_lines_total{decision=\"refused\"} 500",
        "presignd_audit_failures_total 0",
        "presignd_audit_sequence 1000",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_that_is_dropped_tears_nothing_and_loses_nothing() {
    let (_folder, path) = folder_and_path();
    let audit = open(&settings(&path)).await;
    let entry = Entry::of(Decision::Issued);
    for _ in 0..300 {
        once(Box::pin(audit.record(&[entry; 3]))).await;
        tokio::task::yield_now().await;
    }
    audit.record(&[entry]).await.unwrap();
    audit.close().await;
    assert_eq!(lines(&path).len(), 3 * 300 + 1);
}

/// Polls a future once; what it gave, if it ended.
async fn once<F: Future + Unpin>(future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}

#[tokio::test]
async fn closing_writes_what_waits_and_takes_nothing_more() {
    let (_folder, path) = folder_and_path();
    let audit = open(&settings(&path)).await;
    let entry = [Entry::of(Decision::Issued)];
    let mut waiting = Vec::new();
    for _ in 0..50 {
        let mut record = Box::pin(audit.record(&entry));
        match once(&mut record).await {
            Some(outcome) => assert_eq!(outcome, Ok(())),
            None => waiting.push(record),
        }
    }
    audit.close().await;
    for record in waiting {
        assert_eq!(record.await, Ok(()));
    }
    assert_eq!(lines(&path).len(), 50);
    assert_eq!(audit.record(&entry).await, Err(AuditUnavailable));
    assert!(!audit.writable());
    audit.close().await;
    open(&settings(&path)).await;
}

#[tokio::test]
async fn numbers_go_on_after_a_restart_and_a_rotation() {
    let (folder, path) = folder_and_path();
    let entry = [Entry::of(Decision::Issued)];
    let first = open(&settings(&path)).await;
    first.record(&entry).await.unwrap();
    first.close().await;
    let second = open(&settings(&path)).await;
    second.record(&entry).await.unwrap();
    assert_eq!(lines(&path).len(), 2);

    let rotated = folder.path().join("audit.jsonl.1");
    fs::rename(&path, &rotated).unwrap();
    second.reopen();
    until("reopened", || path.exists()).await;
    second.record(&entry).await.unwrap();
    assert_eq!(lines(&rotated).len(), 2);
    let line: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(line["seq"], 3);
}

#[tokio::test]
async fn a_second_log_waits_for_the_first_and_then_gives_up() {
    let (_folder, path) = folder_and_path();
    let first = open(&settings(&path)).await;
    let clock = || Clock::told_by(|| SystemTime::UNIX_EPOCH);
    for required in [true, false] {
        let settings = config::Audit { required, ..settings(&path) };
        let refused = Audit::open(&settings, clock(), Metrics::new().unwrap()).await;
        assert_eq!(refused.err().map(|error| error.kind()), Some(io::ErrorKind::WouldBlock), "required = {required}");
    }
    let settings = settings(&path);
    let patient = Audit::open_within(Duration::from_secs(20), &settings, clock(), Metrics::new().unwrap());
    let mut patient = Box::pin(patient);
    assert!(once(&mut patient).await.is_none());
    first.close().await;
    patient.await.unwrap();
}

#[tokio::test]
async fn a_device_that_is_full_takes_no_line() {
    let audit = open(&settings(Path::new("/dev/full"))).await;
    assert_eq!(audit.record(&[Entry::of(Decision::Issued); 2]).await, Err(AuditUnavailable));
    assert!(!audit.writable());
    assert_eq!((audit.metrics.audit_failures.get(), audit.metrics.audit_sequence.get()), (2, 0));
}

#[tokio::test]
async fn a_log_that_cannot_be_opened_is_fatal_only_where_it_is_required() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent").join("audit.jsonl");
    let clock = Clock::told_by(|| SystemTime::UNIX_EPOCH);
    let refused = Audit::open(&settings(&path), clock, Metrics::new().unwrap()).await;
    assert_eq!(refused.err().map(|error| error.kind()), Some(io::ErrorKind::NotFound));

    let audit = open(&config::Audit { required: false, ..settings(&path) }).await;
    assert_eq!(audit.record(&[Entry::of(Decision::Issued)]).await, Err(AuditUnavailable));
    assert!(!audit.writable());
    fs::create_dir(folder.path().join("absent")).unwrap();
    until("writable", || audit.writable()).await;
    audit.record(&[Entry::of(Decision::Issued)]).await.unwrap();
    assert_eq!(lines(&path).len(), 1);
}

#[tokio::test]
async fn what_happens_to_the_file_is_seen_without_traffic() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("log");
    fs::create_dir(&home).unwrap();
    let path = home.join("audit.jsonl");
    let audit = open(&settings(&path)).await;
    assert!(audit.writable());
    fs::remove_dir_all(&home).unwrap();
    until("unwritable", || !audit.writable()).await;
    assert_eq!(audit.record(&[Entry::of(Decision::Issued)]).await, Err(AuditUnavailable));
    fs::create_dir(&home).unwrap();
    until("writable again", || audit.writable()).await;
    audit.record(&[Entry::of(Decision::Issued)]).await.unwrap();
    assert_eq!(lines(&path).len(), 1);
}

#[tokio::test]
async fn a_reader_that_hangs_is_noticed_and_what_waited_for_it_is_written_all_the_same() {
    let (_folder, path) = folder_and_path();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let audit = open(&settings(&path)).await;
    let more_than_a_pipe_holds = [Entry::of(Decision::Issued); 1000];
    assert_eq!(audit.record(&more_than_a_pipe_holds).await, Err(AuditUnavailable));
    until("unwritable", || !audit.writable()).await;
    let reader = tokio::task::spawn_blocking(move || {
        let lines = io::BufRead::lines(io::BufReader::new(fs::File::open(&path).unwrap()));
        lines.take(1000).map(|line| line.unwrap()).collect::<Vec<_>>()
    });
    until("writable again", || audit.writable()).await;
    assert!(reader.await.unwrap().last().unwrap().contains("\"seq\":1000,"));
}

/// The limit on a file's size stands for a full disk: a write takes what still fits, and fails. It is a process's own, so
/// this test runs itself once more, in a process that has one.
#[test]
fn a_line_cut_short_by_a_full_disk_leaves_no_trace() {
    const NAME: &str = "adapters::audit::tests::a_line_cut_short_by_a_full_disk_leaves_no_trace";
    const LIMITED: &str = "PRESIGND_TEST_LIMITED";
    if std::env::var_os(LIMITED).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(fill_a_disk());
    }
    let script = format!("trap '' XFSZ; ulimit -f 1200; exec \"$0\" --exact {NAME}");
    let command = std::process::Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(LIMITED, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&command.stdout);
    assert!(command.status.success() && told.contains("1 passed"), "{told}");
}

async fn fill_a_disk() {
    let (_folder, path) = folder_and_path();
    let audit = open(&settings(&path)).await;
    let batch = [Entry::of(Decision::Issued); 700];
    assert!(audit.writable());
    audit.record(&batch).await.unwrap();
    let larger = [Entry::of(Decision::Issued); 1400];
    assert_eq!(audit.record(&larger).await, Err(AuditUnavailable), "half of these would still fit");
    assert_eq!(lines(&path).len(), 700);
    assert_eq!(audit.metrics.audit_failures.get(), 1400);
    until("writable, since less would fit", || audit.writable()).await;
    audit.record(&[Entry::of(Decision::Issued); 800]).await.unwrap();
    until("unwritable, before it is full", || !audit.writable()).await;
    assert_eq!(lines(&path).len(), 1500);
    fs::rename(&path, path.with_extension("1")).unwrap();
    audit.reopen();
    until("writable", || audit.writable()).await;
    audit.record(&batch).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"seq\":1501,") && text.contains("\"seq\":2200,"), "numbers go on without a gap");
    assert_eq!(text.lines().count(), 700);
}
