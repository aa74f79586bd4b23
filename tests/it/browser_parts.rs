//! Large files at the page of `presignd dev`, in a browser: in parts, paused, resumed, tried again and given up.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::browser::Visit;
use crate::support::client::Call;
use crate::support::eventually;

const MIB: usize = 1 << 20;

/// A person before the page, with a film of 32 MiB: seven parts of 5 MiB, the last of them less.
struct Film {
    visit: Visit,
    bytes: Vec<u8>,
    path: PathBuf,
}

impl Film {
    #[track_caller]
    fn at_hand() -> Option<Self> {
        let mut visit = Visit::begin()?;
        let mut bytes = vec![0; 32 * MIB];
        for (number, block) in bytes.chunks_mut(4096).enumerate() {
            block[..8].copy_from_slice(&number.to_be_bytes());
        }
        let path = visit.file("film.bin", &bytes);
        visit.slow_down(8 * MIB);
        Some(Self { visit, bytes, path })
    }

    /// Sends it, and pauses when some parts are there: those that the page heard of.
    #[track_caller]
    fn sent_half(&mut self) -> BTreeSet<u64> {
        self.visit.browser.choose("#pick", &[&self.path]);
        self.pause()
    }

    #[track_caller]
    fn pause(&mut self) -> BTreeSet<u64> {
        self.visit.browser.wait_for(&format!("/, [1-6] of 7 parts/.test({STATE})"));
        self.visit.browser.click("button", "Pause film.bin");
        self.visit.shows(".upload .state", "Paused: ");
        self.visit.taken()
    }

    /// Lets it run to its end.
    #[track_caller]
    fn arrives(&mut self) {
        self.visit.slow_down(512 * MIB);
        self.visit.shows(".upload.good .state", "32.0 MiB at users/alice/film.bin");
        self.visit.shows(".file .name", "film.bin");
        assert_eq!(self.visit.browser.evaluate(REMEMBERED), json!([]));
    }

    #[track_caller]
    fn comes_down_the_same(&mut self) {
        self.visit.browser.click("button", "Download film.bin");
        let file = self.visit.browser.downloads().join("film.bin");
        let whole = || std::fs::read(&file).ok().filter(|bytes| bytes.len() == self.bytes.len());
        assert!(eventually("the download", whole) == self.bytes, "the same bytes");
    }
}

const STATE: &str = "(document.querySelector('.upload .state')?.innerText ?? '')";

const REMEMBERED: &str = "JSON.parse(localStorage['presignd-dev-unfinished-uploads'] ?? '[]')";

impl Visit {
    /// So many bytes a second go up.
    #[track_caller]
    fn slow_down(&mut self, bytes: usize) {
        let conditions = json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes });
        self.browser.call("Network.emulateNetworkConditions", conditions);
    }

    /// Every request so far: its id, method and URL.
    #[track_caller]
    fn requests(&mut self) -> Vec<(String, String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let requests = self.browser.events("Network.requestWillBeSent");
        let told =
            |one: &Value| (text(&one["requestId"]), text(&one["request"]["method"]), text(&one["request"]["url"]));
        requests.iter().map(told).collect()
    }

    /// The numbers of the parts that were sent so far, in their order, and whether the store took them.
    #[track_caller]
    fn parts(&mut self) -> Vec<(u64, bool)> {
        let answers = self.browser.events("Network.responseReceived");
        let good = |id: &str| answers.iter().any(|one| one["requestId"] == id && one["response"]["status"] == 200);
        let requests = self.requests();
        let puts = requests.iter().filter(|(_, method, _)| method == "PUT");
        let number = |url: &str| url.split(['?', '&']).find_map(|pair| pair.strip_prefix("partNumber=")?.parse().ok());
        puts.filter_map(|(id, _, url)| Some((number(url)?, good(id)))).collect()
    }

    /// The parts that the store took.
    #[track_caller]
    fn taken(&mut self) -> BTreeSet<u64> {
        self.parts().into_iter().filter(|(_, is_taken)| *is_taken).map(|(number, _)| number).collect()
    }

    /// Ends an upload without the page.
    #[track_caller]
    fn given_up_elsewhere(&mut self, upload: &Value) {
        let body = json!({"bucket": upload["bucket"], "key": upload["key"], "upload_id": upload["upload_id"],
                          "content_length": upload["size"], "part_size": upload["part_size"], "include": ["abort"]});
        let call = Call::new("POST", self.dev.address("service"), "/v1/uploads/parts").bearer(&self.dev.token("alice"));
        let answer = call.json(&body).send().json();
        assert_eq!(Call::to("DELETE", answer["abort"]["url"].as_str().unwrap()).send().status, 204);
    }

    /// How many uploads have begun at the store and not ended.
    fn uploads_at_the_store(&self) -> usize {
        std::fs::read_dir(self.dev.path("store/.uploads")).unwrap().count()
    }

    /// The code that a story has for a step, by the story's beginning.
    #[track_caller]
    fn code(&mut self, story: &str, step: usize, language: &str) -> String {
        let story =
            format!("[...document.querySelectorAll('.story')].find(one => one.innerText.startsWith('{story}'))");
        self.browser.evaluate(&format!("document.getElementById('stories').prepend({story})"));
        self.snippet(language, u32::try_from(step).unwrap())
    }
}

#[test]
fn a_large_file_goes_up_in_parts_pauses_goes_on_and_comes_down_the_same() {
    let Some(mut film) = Film::at_hand() else { return };
    film.visit.browser.evaluate(
        "globalThis.seen = new Set(); new MutationObserver(() => document.querySelectorAll('.upload progress')
           .forEach(one => seen.add(one.value))).observe(document.getElementById('uploads'),
           { subtree: true, childList: true, characterData: true })",
    );
    let before = film.sent_half();
    assert!(!before.is_empty() && before.len() < 7, "{before:?}");
    let steps = film.visit.browser.evaluate("document.querySelectorAll('.story:first-child .step').length");
    assert_eq!(steps, 4, "a plan, a beginning, and parts as two steps");
    film.visit.shows(".story:first-child .step", "of 7 are there");
    // What is asked of the page is all that goes out.
    let so_far = film.visit.requests().len();
    film.visit.browser.click("#refresh", "List again");
    film.visit.shows(".story:first-child summary", "listed");
    let since: Vec<_> = film.visit.requests().split_off(so_far);
    assert!(since.iter().all(|(_, method, url)| method != "PUT" && !url.contains("/v1/uploads")), "{since:?}");
    assert!(since.iter().any(|(_, _, url)| url.contains("list-type=2")), "{since:?}");

    film.visit.browser.click("button", "Resume film.bin");
    film.arrives();
    let parts = film.visit.parts();
    for number in &before {
        assert_eq!(parts.iter().filter(|(one, _)| one == number).count(), 1, "part {number} is sent once");
    }
    let numbers: BTreeSet<u64> = parts.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=7).collect());
    let between = film.visit.browser.evaluate("[...seen].filter(bytes => bytes % (5 << 20) !== 0).length");
    assert!(between.as_u64().unwrap() > 2, "progress was shown within the parts: {between}");
    film.comes_down_the_same();
    assert_eq!(film.visit.uploads_at_the_store(), 0);
    film.visit.was_clean();
}

#[test]
fn after_a_reload_the_same_file_goes_on_with_the_parts_that_are_there() {
    let Some(mut film) = Film::at_hand() else { return };
    let before = film.sent_half();
    let kept = film.visit.browser.evaluate(REMEMBERED);
    let mut members: Vec<&String> = kept[0].as_object().unwrap().keys().collect();
    members.sort();
    let expected = ["bucket", "caller", "key", "lastModified", "name", "part_size", "prefix", "size", "upload_id"];
    assert_eq!(members, expected, "no token and no URL");

    film.visit.browser.click("button", "Resume film.bin");
    film.visit.browser.evaluate("document.documentElement.dataset.old = ''; location.reload()");
    let fresh =
        "document.documentElement.dataset.old === undefined && document.documentElement.dataset.ready !== undefined";
    film.visit.browser.wait_for(fresh);
    film.visit.shows(".upload .state", "Unfinished, by alice to users/alice/");
    let sent = film.visit.parts().len();
    film.visit.slow_down(512 * MIB);
    film.visit.browser.choose("#pick", &[&film.path]);
    film.arrives();
    let since: Vec<_> = film.visit.parts().split_off(sent);
    assert!(
        !since.is_empty() && since.iter().all(|(number, _)| !before.contains(number)),
        "{before:?}, then {since:?}"
    );
    let shown = film.visit.browser.evaluate("document.querySelectorAll('.upload').length");
    assert_eq!(shown, 1, "it is the same upload");
    film.comes_down_the_same();
    assert_eq!(film.visit.uploads_at_the_store(), 0);
    film.visit.was_clean();
}

#[test]
fn parts_of_a_file_that_has_changed_meanwhile_are_sent_anew() {
    let Some(mut film) = Film::at_hand() else { return };
    let before = film.sent_half();
    let modified = std::fs::metadata(&film.path).unwrap().modified().unwrap();
    film.bytes.reverse();
    std::fs::write(&film.path, &film.bytes).unwrap();
    std::fs::File::options().append(true).open(&film.path).unwrap().set_modified(modified).unwrap();
    film.visit.browser.call("Page.reload", json!({}));
    film.visit.shows(".upload .state", "Unfinished, by alice");
    film.visit.browser.wait_for("document.documentElement.dataset.ready !== undefined");
    let sent = film.visit.parts().len();
    film.visit.browser.choose("#pick", &[&film.path]);
    film.arrives();
    let since: BTreeSet<u64> = film.visit.parts().split_off(sent).into_iter().map(|(number, _)| number).collect();
    assert!(since.is_superset(&before), "{before:?}, then {since:?}");
    film.comes_down_the_same();
}

#[test]
fn a_cancelled_upload_leaves_nothing_behind_also_after_a_reload() {
    let Some(mut film) = Film::at_hand() else { return };
    film.visit.browser.choose("#pick", &[&film.path]);
    film.visit.browser.wait_for(&format!("/, [1-6] of 7 parts/.test({STATE})"));
    assert_eq!(film.visit.uploads_at_the_store(), 1);
    film.visit.browser.click("button", "Cancel film.bin");
    film.visit.shows(".upload.bad .state", "cancelled");
    film.visit.shows(".story:first-child summary", "Give up film.bin as alice given up");
    assert_eq!(film.visit.uploads_at_the_store(), 0);
    assert_eq!(film.visit.browser.evaluate(REMEMBERED), json!([]));

    film.visit.browser.call("Page.reload", json!({}));
    film.visit
        .browser
        .wait_for("!document.querySelector('.upload') && document.documentElement.dataset.ready !== undefined");
    film.sent_half();
    film.visit.browser.call("Page.reload", json!({}));
    film.visit.shows(".upload .state", "Unfinished, by alice");
    film.visit.browser.click("button", "Cancel film.bin");
    film.visit.shows(".upload.bad .state", "cancelled");
    assert_eq!(film.visit.uploads_at_the_store(), 0);
    film.visit.was_clean();
}

#[test]
fn an_upload_that_the_store_knows_no_more_begins_anew() {
    let Some(mut film) = Film::at_hand() else { return };
    film.sent_half();
    let kept = film.visit.browser.evaluate(REMEMBERED);
    film.visit.given_up_elsewhere(&kept[0]);
    film.visit.browser.click("button", "Resume film.bin");
    film.arrives();
    film.comes_down_the_same();
}

#[test]
fn a_part_that_the_store_refuses_gets_another_url_so_often_and_no_more() {
    let Some(mut film) = Film::at_hand() else { return };
    film.visit.slow_down(512 * MIB);
    // As it is when a URL has ended on the way.
    film.visit.browser.evaluate(
        "globalThis.spoilt = 2; const open = XMLHttpRequest.prototype.open;
         XMLHttpRequest.prototype.open = function (method, url) {
           return open.call(this, method, spoilt-- > 0 ? url.replace(/Signature=./, (begin) => begin === 'Signature=0' ? 'Signature=1' : 'Signature=0') : url); }",
    );
    film.visit.browser.choose("#pick", &[&film.path]);
    film.arrives();
    let parts = film.visit.parts();
    assert_eq!(parts.iter().filter(|(_, is_taken)| !is_taken).count(), 2, "{parts:?}");
    assert_eq!(parts.len(), 9, "{parts:?}");
    film.visit.shows(".story .step", "Tried again after: 403");

    film.visit.browser.evaluate("spoilt = 1e9");
    let other = film.visit.file("other.bin", &vec![7; 17 * MIB]);
    film.visit.browser.choose("#pick", &[&other]);
    film.visit.shows(".upload.trouble .state", "403 SignatureDoesNotMatch");
    let tried = film.visit.parts().len() - parts.len();
    assert!((5..=15).contains(&tried), "{tried}");
    film.visit.browser.evaluate("spoilt = 0");
    film.visit.browser.click("button", "Resume other.bin");
    film.visit.shows(".upload.good .state", "other.bin");
    film.visit.was_clean();
}

#[test]
fn a_network_that_is_gone_for_a_moment_costs_nothing_but_time() {
    let Some(mut film) = Film::at_hand() else { return };
    film.visit.browser.choose("#pick", &[&film.path]);
    film.visit.browser.wait_for(&format!("/, [1-6] of 7 parts/.test({STATE})"));
    let gone = json!({ "offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    film.visit.browser.call("Network.emulateNetworkConditions", gone);
    film.visit.shows(".story .step", "cannot be reached");
    film.arrives();
    film.comes_down_the_same();
}

#[test]
fn a_plan_that_is_refused_says_why_and_an_inbox_takes_a_checked_one_under_its_own_key() {
    let Some(mut film) = Film::at_hand() else { return };
    film.visit.slow_down(512 * MIB);
    let picture = film.visit.file("large.png", &film.bytes);
    film.visit.go_to("shared/");
    film.visit.browser.choose("#pick", &[&picture]);
    film.visit.shows(".upload.bad .state", "grant_not_satisfied");
    film.visit.shows(".story .refusal", "The grant publish decided.");
    film.visit.shows(".story .refusal", "#/content_length");
    film.visit.shows(".story .refusal li.decides", "10485760");
    assert_eq!(film.visit.uploads_at_the_store(), 0);

    film.visit.go_to("inbox/alice/");
    film.visit.browser.choose("#pick", &[&film.path]);
    film.visit.shows(".upload.good .state", "at inbox/alice/20");
    film.visit.was_clean();
}

#[test]
fn the_requests_of_an_upload_in_parts_work_when_pasted() {
    let Some(mut film) = Film::at_hand() else { return };
    film.sent_half();
    let (story, ok) = ("Upload film.bin", "-o /dev/null -w '%{http_code}'");
    let plan = film.visit.code(story, 0, "curl");
    assert!(film.visit.pasted("sh", &plan).contains(r#""part_count":7"#), "{plan}");
    for step in [1, 3] {
        let curl = film.visit.code(story, step, "curl");
        assert_eq!(film.visit.pasted("sh", &format!("{curl} {ok}")), "200", "{curl}");
        let python = film.visit.code(story, step, "python");
        assert!(film.visit.pasted("python3", &python).starts_with("200 "), "{python}");
    }
    let fetch = film.visit.code(story, 3, "fetch");
    assert!(fetch.contains("file.slice("), "{fetch}");
    film.visit.browser.click("button", "Resume film.bin");
    film.arrives();
    // It has ended: the store reads the list of parts, and knows the upload no more.
    let complete = film.visit.code("Go on with film.bin", 5, "curl");
    assert!(film.visit.pasted("sh", &complete).contains("NoSuchUpload"), "{complete}");
}

#[test]
fn it_is_usable_by_keyboard_while_a_file_goes_up_in_parts() {
    let Some(mut film) = Film::at_hand() else { return };
    film.sent_half();
    film.visit.browser.evaluate("document.getElementById('pick').focus()");
    film.visit.browser.press("Tab", 9);
    let focused = "document.activeElement.ariaLabel";
    assert_eq!(film.visit.browser.evaluate(focused), "Resume film.bin");
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")] {
        film.visit.browser.look(width, scheme);
        film.visit.browser.wait_for(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches"));
        film.visit.browser.nothing_hangs_over(width);
        film.visit.browser.keeps_nobody_out(&format!("at {width}, {scheme}"));
        film.visit.browser.screenshot(&format!("page-parts-{width}-{scheme}.png"));
    }
    film.visit.browser.press_enter();
    film.visit.browser.wait_for(&format!("{focused} === 'Pause film.bin'"));
    film.visit.browser.press("Tab", 9);
    assert_eq!(film.visit.browser.evaluate(focused), "Cancel film.bin");
    film.arrives();
    film.visit.was_clean();
}
