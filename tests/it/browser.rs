//! The page of `presignd dev` in a browser: what a person does with it, and what they see.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use serde_json::json;

use crate::dev::Dev;
use crate::support::browser::Browser;
use crate::support::eventually;

/// A person before the page.
pub struct Visit {
    pub browser: Browser,
    pub dev: Dev,
    files: tempfile::TempDir,
}

impl Visit {
    #[track_caller]
    pub fn begin() -> Option<Self> {
        let mut browser = Browser::start()?;
        let dev = Dev::fresh();
        browser.look(1280, "light");
        browser.open(&format!("http://{}/", dev.address("service")));
        browser.wait_for("document.documentElement.dataset.ready !== undefined");
        Some(Self { browser, dev, files: tempfile::tempdir().unwrap() })
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[track_caller]
    pub fn become_caller(&mut self, name: &str) {
        self.browser.evaluate(&format!("document.querySelector('[name=caller][value={name}]').click()"));
        self.browser.wait_for(&format!(
            "document.getElementById('stories').firstElementChild.innerText.match(/as {name}[^]*(listed|refused)/)"
        ));
    }

    #[track_caller]
    pub fn go_to(&mut self, folder: &str) {
        let folder = json!(format!("{folder}:"));
        self.browser.evaluate(&format!(
            "(() => {{ const select = document.getElementById('folder');
               select.selectedIndex = [...select.options].findIndex(one => one.text.startsWith({folder}));
               select.dispatchEvent(new Event('change')); }})()"
        ));
    }

    #[track_caller]
    pub fn shows(&mut self, selector: &str, words: &str) {
        let (selector, words) = (json!(selector), json!(words));
        self.browser.wait_for(&format!(
            "[...document.querySelectorAll({selector})].some(one => one.innerText.includes({words}))"
        ));
    }

    /// What the newest story has for a step, in the language that is chosen.
    #[track_caller]
    pub fn snippet(&mut self, language: &str, step: u32) -> String {
        self.browser.evaluate(&format!("document.querySelector('[name=language][value={language}]').click()"));
        let code = format!("document.querySelectorAll('.story:first-child .snippet')[{step}].textContent");
        self.browser.evaluate(&code).as_str().unwrap().to_owned()
    }

    /// Runs code from the page beside the files.
    #[track_caller]
    pub fn pasted(&self, program: &str, code: &str) -> String {
        let output = Command::new(program).args(["-c", code]).current_dir(&self.files).env("no_proxy", "*").output();
        let output = output.unwrap();
        assert!(output.status.success(), "{code}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Nothing went wrong that a developer would see, and nothing left this machine.
    #[track_caller]
    pub fn was_clean(&mut self) {
        let requests = self.browser.was_clean(&[self.dev.address("service"), self.dev.address("S3 store")]);
        assert!(requests > 15, "the browser tells of requests");
    }
}

/// 240 by 160 pixels of two colours, uncompressed.
fn picture() -> Vec<u8> {
    let row = |y: usize| {
        let colour =
            |x: usize| if (x / 40 + y / 40).is_multiple_of(2) { [0x1f, 0x77, 0xb4] } else { [0xff, 0xbf, 0x3f] };
        (0..240).flat_map(colour).collect::<Vec<u8>>()
    };
    let pixels: Vec<u8> = (0..160).rev().flat_map(row).collect();
    let mut bytes = b"BM".to_vec();
    let u32s = |values: &[u32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    bytes.extend(u32s(&[54 + pixels.len() as u32, 0, 54, 40, 240, 160]));
    bytes.extend([1, 0, 24, 0]);
    bytes.extend(u32s(&[0, pixels.len() as u32, 2835, 2835, 0, 0]));
    bytes.extend(pixels);
    bytes
}

#[test]
fn a_file_goes_up_with_progress_is_listed_looked_at_downloaded_and_deleted() {
    let Some(mut visit) = Visit::begin() else { return };
    let picture = picture();
    // A browser knows a picture by its bytes, the page by its name.
    let (image, name) = (visit.file("küche & co+1.png", &picture), "küche & co+1.png");
    let film: Vec<u8> = (0..6_000_000u32).map(|i| (i % 251) as u8).collect();
    let film = visit.file("film.bin", &film);
    let slow = json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 6_000_000 });
    visit.browser.call("Network.emulateNetworkConditions", slow);
    visit.browser.evaluate(
        "globalThis.seen = new Set(); new MutationObserver(() => document.querySelectorAll('.upload progress')
           .forEach(one => seen.add(one.value / one.max))).observe(document.getElementById('uploads'),
           { subtree: true, childList: true, characterData: true })",
    );
    visit.browser.choose("#pick", &[&image, &film]);
    visit.browser.wait_for("document.querySelectorAll('.upload.good').length === 2");
    let between = visit.browser.evaluate("[...seen].filter(share => share > 0 && share < 1).length");
    assert!(between.as_u64().unwrap() > 0, "progress was shown on the way: {between}");
    visit.shows(".file .name", name);
    visit.shows(".file .name", "film.bin");

    visit.browser.click("button", &format!("Preview {name}"));
    visit.browser.wait_for("document.querySelector('dialog[open] img')?.naturalWidth === 240");
    visit.browser.press("Escape", 27);
    visit.browser.wait_for("document.querySelector('dialog[open]') === null");

    visit.browser.click("button", &format!("Download {name}"));
    let downloads = visit.browser.downloads();
    eventually("the download", || std::fs::read(downloads.join(name)).ok().filter(|bytes| *bytes == picture));

    visit.browser.click("button", "Delete film.bin");
    visit.shows("button", "Really?");
    visit.browser.click("button", "Delete film.bin");
    visit.browser.wait_for("![...document.querySelectorAll('.file .name')].some(one => one.innerText === 'film.bin')");
    visit.browser.click("button", "List again");
    visit.shows(".story summary", "1 listed");
    visit.was_clean();
}

#[test]
fn a_refusal_is_shown_with_its_reason_and_the_grant_that_decided() {
    let Some(mut visit) = Visit::begin() else { return };
    let program = visit.file("a.exe", b"MZ");
    visit.go_to("shared/");
    visit.browser.choose("#pick", &[&program]);
    visit.shows(".upload.bad .state", "grant_not_satisfied");
    visit.shows(".story .refusal", "The grant publish decided.");
    visit.shows(".story .refusal", "#/content_type");

    visit.become_caller("guest");
    visit.browser.choose("#pick", &[&program]);
    visit.shows(".upload.bad .state", "no_grant");
    visit.shows(".story .refusal", "No grant covers this request.");
    visit.shows("#list .refusal", "no_grant");
    visit.was_clean();
}

#[test]
fn an_upload_that_was_dropped_can_be_cancelled() {
    let Some(mut visit) = Visit::begin() else { return };
    let slow = json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000 });
    visit.browser.call("Network.emulateNetworkConditions", slow);
    visit.browser.evaluate(
        "{ const dataTransfer = new DataTransfer();
           dataTransfer.items.add(new File([new Uint8Array(5_000_000)], 'film.bin'));
           document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer })); }",
    );
    visit.browser.wait_for("document.querySelector('.upload progress')?.value > 0");
    visit.browser.click("button", "Cancel film.bin");
    visit.shows(".upload.bad .state", "cancelled");
    visit.browser.click("#refresh", "List again");
    visit.shows("#list", "Nothing is here yet.");
}

#[test]
fn a_token_that_is_believed_no_more_is_told_of_and_replaced() {
    let Some(mut visit) = Visit::begin() else { return };
    visit.browser.evaluate(
        "globalThis.real = fetch; globalThis.fetch = (url, init) =>
           real(url, { ...init, headers: { ...init?.headers, Authorization: 'Bearer x' } })",
    );
    visit.browser.click("#refresh", "List again");
    visit.shows("#list .refusal", "invalid_token");
    visit.browser.evaluate("globalThis.fetch = real");
    visit.browser.click("#refresh", "List again");
    visit.shows("#list", "Nothing is here yet.");
    visit.was_clean();
}

#[test]
fn where_the_service_makes_the_key_a_letter_goes_in() {
    let Some(mut visit) = Visit::begin() else { return };
    let letter = visit.file("letter.txt", b"Dear all");
    visit.become_caller("bob");
    visit.go_to("inbox/bob/");
    visit.browser.choose("#pick", &[&letter]);
    visit.shows(".upload.good .state", "inbox/bob/20");
    visit.was_clean();
}

#[test]
fn the_requests_that_it_shows_work_when_pasted() {
    let Some(mut visit) = Visit::begin() else { return };
    let file = visit.file("it's.txt", b"hello");
    visit.browser.choose("#pick", &[&file]);
    visit.shows(".upload.good .state", "users/alice/it's.txt");
    visit.browser.click("#refresh", "List again");
    visit.shows(".story:first-child summary", "1 listed");
    for (program, language) in [("sh", "curl"), ("python3", "python")] {
        let asked = visit.snippet(language, 0);
        assert!(visit.pasted(program, &asked).contains("X-Amz-Signature"), "{asked}");
        let listed = visit.snippet(language, 1);
        assert!(visit.pasted(program, &listed).contains("<Key>users/alice/it"), "{listed}");
    }
    visit.browser.click("button", "Delete it's.txt");
    visit.browser.click("button", "Delete it's.txt");
    visit.shows(".story:first-child summary", "deleted");
    for (program, language) in [("sh", "curl"), ("python3", "python")] {
        let upload = "[...document.querySelectorAll('.story')].find(one => one.innerText.startsWith('Upload'))";
        visit.browser.evaluate(&format!("document.getElementById('stories').prepend({upload})"));
        let put = visit.snippet(language, 1);
        visit.pasted(program, &put);
        visit.browser.click("#refresh", "List again");
        visit.shows(".story:first-child summary", "1 listed");
        visit.browser.click("button", "Delete it's.txt");
        visit.browser.click("button", "Delete it's.txt");
        visit.shows(".story:first-child summary", "deleted");
    }
    let fetch = visit.snippet("fetch", 0);
    let answer = visit.browser.evaluate(&format!(
        "(async () => {{ const console = {{ log: (...words) => said.push(words) }}; const said = [];\n{fetch}\nreturn said; }})()"
    ));
    assert_eq!(answer[0][0], 200, "{answer}");
}

#[test]
fn a_url_is_decoded_its_life_counted_down_and_a_refusal_of_it_explained() {
    let Some(mut visit) = Visit::begin() else { return };
    let file = visit.file("a.txt", b"hello");
    visit.browser.choose("#pick", &[&file]);
    visit.shows(".upload.good .state", "users/alice/a.txt");
    visit.shows("#decoded", "/dev-media");
    visit.shows("#left", "Lives for another 14:5");
    let old = "https://media.s3.eu-west-1.amazonaws.com/a%20b.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
               &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Feu-west-1%2Fs3%2Faws4_request\
               &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=content-type%3Bhost\
               &response-content-disposition=attachment&X-Amz-Signature=00";
    for (text, words) in [(old, "/a b.txt"), (old, "response-content-disposition"), (old, "exactly as it was signed")] {
        let set = format!("url.value = {}; url.dispatchEvent(new Event('input'))", json!(text));
        visit.browser.evaluate(&format!("{{ const url = document.getElementById('url'); {set} }}"));
        visit.shows("#decoded", words);
    }
    visit.shows("#left", "Has ended");

    visit.browser.click("button", "Find out");
    visit.shows("#findings li", "The URL ended");
    let answer = "<Error><Code>AccessDenied</Code><Message>There were headers present in the request which were not \
        signed</Message><HeadersNotSigned>x-amz-acl</HeadersNotSigned></Error>";
    visit.browser.evaluate(&format!("document.getElementById('answer').value = {}", json!(answer)));
    visit.browser.click("button", "Find out");
    visit.shows("#findings li:first-child", "header_not_signed");
    visit.shows("#findings .mend", "Leave that header out");
    visit.browser.keeps_nobody_out("with findings");
    visit.browser.screenshot("page-findings.png");
    visit.was_clean();
}

#[test]
fn it_is_usable_by_keyboard_on_a_phone_and_to_who_does_not_see_it() {
    let Some(mut visit) = Visit::begin() else { return };
    visit.go_to("shared/");
    visit.shows(".story:first-child summary", "List shared/ as alice 0 listed");
    let picture = visit.file("a picture with a long name that has to be broken somewhere.png", &picture());
    visit.browser.choose("#pick", &[&picture]);
    visit.shows(".file .name", "a picture");
    let program = visit.file("setup.exe", b"MZ");
    visit.browser.choose("#pick", &[&program]);
    visit.shows(".story .refusal", "publish");
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")] {
        visit.browser.look(width, scheme);
        visit.browser.wait_for(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches"));
        visit.browser.nothing_hangs_over(width);
        let shown =
            "[...document.querySelectorAll('[hidden]')].filter(one => one.checkVisibility()).map(one => one.id)";
        assert_eq!(visit.browser.evaluate(shown), json!([]), "hidden, and shown at {width}");
        visit.browser.keeps_nobody_out(&format!("at {width}, {scheme}"));
        visit.browser.screenshot(&format!("page-{width}-{scheme}.png"));
    }

    let mut reached = Vec::new();
    for _ in 0..40 {
        visit.browser.press("Tab", 9);
        let name =
            "(one => one.id || one.name || one.ariaLabel || one.textContent.slice(0, 80))(document.activeElement)";
        reached.push(visit.browser.evaluate(name).as_str().unwrap_or_default().to_owned());
    }
    for wanted in ["caller", "folder", "pick", "refresh", "language", "Copy", "url"] {
        assert!(reached.iter().any(|name| name == wanted), "{wanted}: {reached:?}");
    }
    assert!(reached.iter().any(|name| name.starts_with("Delete a picture")), "{reached:?}");

    let tree = visit.browser.call("Accessibility.getFullAXTree", json!({}));
    let nodes = tree["nodes"].as_array().unwrap();
    let role = |node: &Value| node["role"]["value"].as_str().unwrap_or_default().to_owned();
    let nameless = nodes.iter().filter(|node| {
        let needs = ["button", "textbox", "combobox", "radio", "image", "link", "progressbar", "region", "dialog"];
        needs.contains(&role(node).as_str())
            && node["ignored"] == false
            && node["name"]["value"].as_str().is_none_or(str::is_empty)
    });
    assert_eq!(nameless.collect::<Vec<_>>(), Vec::<&Value>::new());
    for landmark in ["banner", "main", "status"] {
        assert!(nodes.iter().any(|node| role(node) == landmark), "{landmark}");
    }
    visit.was_clean();
}
