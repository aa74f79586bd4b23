//! `/docs` in a browser: what a person reads there, and what they try.

use serde_json::json;

use crate::dev::Dev;
use crate::support::browser::Browser;
use crate::support::client::Call;

/// A person before the page.
struct Visit {
    browser: Browser,
    dev: Dev,
}

impl Visit {
    #[track_caller]
    fn begin(place: &str) -> Option<Self> {
        let mut browser = Browser::start()?;
        let dev = Dev::fresh();
        browser.look(1280, "light");
        browser.open(&format!("http://{}{place}", dev.address("service")));
        Some(Self { browser, dev })
    }

    /// Presses a button as one does who has reached it by keyboard.
    #[track_caller]
    fn press(&mut self, button: &str) {
        let button = format!("document.querySelector({})", json!(button));
        self.browser.wait_for(&button);
        self.browser.evaluate(&format!("{button}.focus()"));
        self.browser.press(" ", 32);
    }

    #[track_caller]
    fn write(&mut self, field: &str, text: &str) {
        let field = format!("document.querySelector({})", json!(field));
        self.browser.wait_for(&field);
        self.browser.evaluate(&format!("{field}.focus(); {field}.select()"));
        self.browser.call("Input.insertText", json!({ "text": text }));
    }

    #[track_caller]
    fn authorize(&mut self, caller: &str) {
        self.write_token(caller);
        self.believe_token();
    }

    /// Opens the dialog and writes the caller's token into it.
    #[track_caller]
    fn write_token(&mut self, caller: &str) {
        let path = format!("/dev/token?as={caller}");
        let token = Call::new("GET", self.dev.address("service"), &path).send().text();
        self.press(".auth-wrapper .authorize");
        self.browser.wait_for("document.activeElement.id === 'auth-bearer-value'");
        self.write("#auth-bearer-value", token.trim_end());
    }

    #[track_caller]
    fn believe_token(&mut self) {
        self.press(".modal-ux .authorize");
        self.press(".modal-ux .btn-done");
        self.browser.wait_for("document.activeElement.classList.contains('authorize')");
    }

    #[track_caller]
    fn was_clean(&mut self) {
        let requests = self.browser.was_clean(&[self.dev.address("service"), self.dev.address("S3 store")]);
        assert!(requests > 5, "the browser tells of requests");
    }
}

const PRESIGN: &str = "#operations-default-presign";

#[test]
fn it_shows_every_operation_of_the_document() {
    let Some(mut visit) = Visit::begin("/docs") else { return };
    let document = Call::new("GET", visit.dev.address("service"), "/openapi.json").send().json();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
    });
    visit.browser.wait_for(&format!("document.querySelectorAll('.opblock').length === {}", operations.clone().count()));
    for (path, method, operation) in operations {
        let shown = format!(
            "[...document.querySelectorAll('.opblock-{method}')].map(one => one.innerText).find(text =>
               text.replaceAll('\\u200b', '').includes({}) && text.includes({}))",
            json!(path),
            operation["summary"],
        );
        visit.browser.wait_for(&shown);
    }
    let first = visit.browser.evaluate("document.querySelector('.opblock-summary-path').dataset.path");
    assert!(first.as_str().unwrap().starts_with("/v1/"), "what is for the service's callers comes first: {first}");
    visit.was_clean();
}

#[test]
fn a_url_is_got_there_with_a_token_that_nothing_keeps() {
    let Some(mut visit) = Visit::begin("/docs#/default/presign") else { return };
    visit.authorize("alice");
    visit.press(&format!("{PRESIGN} .try-out__btn"));
    let body = json!({"operation": "PutObject", "bucket": "media", "key": "users/alice/a.txt"}).to_string();
    visit.write(&format!("{PRESIGN} .body-param__text"), &body);
    visit.press(&format!("{PRESIGN} .execute"));
    let answer = format!("document.querySelector('{PRESIGN} .live-responses-table tbody .response')");
    visit.browser.wait_for(&answer);
    let told = visit.browser.evaluate(&format!("{answer}.innerText"));
    let told = told.as_str().unwrap();
    assert!(told.starts_with("200") && told.contains("X-Amz-Signature="), "{told}");
    visit.was_clean();

    let kept = "[document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage)].join('').length";
    assert_eq!(visit.browser.evaluate(kept), 0);
    assert_eq!(visit.browser.evaluate("indexedDB.databases()"), json!([]));
    visit.browser.call("Page.reload", json!({}));
    visit.browser.wait_for("document.querySelector('.auth-wrapper .authorize.unlocked')");
}

#[test]
fn it_is_usable_by_keyboard_on_a_phone_and_to_who_does_not_see_it() {
    let Some(mut visit) = Visit::begin("/docs#/default/presign") else { return };
    visit.write_token("alice");
    visit.browser.keeps_nobody_out("the dialog");
    visit.believe_token();
    visit.press(&format!("{PRESIGN} .try-out__btn"));
    visit.press(&format!("{PRESIGN} .execute"));
    visit.browser.wait_for(&format!("document.querySelector('{PRESIGN} .live-responses-table')"));
    visit.press("section.models .models-control");
    visit.press(".models .json-schema-2020-12-accordion");
    visit.browser.wait_for("document.querySelector('.models .json-schema-2020-12-property')");
    visit.was_clean();
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")] {
        visit.browser.look(width, scheme);
        visit.browser.wait_for(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches"));
        visit.browser.nothing_hangs_over(width);
        // It takes its time over so much: each width and each scheme once.
        if (width == 1280) == (scheme == "light") {
            visit.browser.keeps_nobody_out(&format!("at {width}, {scheme}"));
        }
        visit.browser.screenshot(&format!("docs-{width}-{scheme}.png"));
    }

    visit.browser.evaluate("document.querySelector('.skip').focus()");
    let mut reached = Vec::new();
    for _ in 0..30 {
        visit.browser.press("Tab", 9);
        let name = "(one => one.ariaLabel || one.textContent.trim() || one.placeholder || one.tagName)(document.activeElement)";
        reached.push(visit.browser.evaluate(name).as_str().unwrap_or_default().to_owned());
    }
    for wanted in
        ["Upload files on the page", "openapi.json", "Authorize", "Cancel", "Example", "Request body", "Execute"]
    {
        assert!(reached.iter().any(|name| name == wanted), "{wanted}: {reached:?}");
    }

    visit.press(".auth-wrapper .authorize");
    visit.browser.wait_for("document.querySelector('.modal-ux[role=dialog]')");
    visit.browser.press("Escape", 27);
    visit.browser.wait_for("document.querySelector('.modal-ux') === null");
    visit.browser.wait_for("document.activeElement.classList.contains('authorize')");
}

#[test]
fn the_page_of_dev_and_it_lead_to_each_other_and_the_token_is_at_hand() {
    let Some(mut visit) = Visit::begin("/") else { return };
    visit.browser.wait_for("document.documentElement.dataset.ready !== undefined");
    visit.browser.grant(&["clipboardReadWrite", "clipboardSanitizedWrite"]);
    visit.browser.click("button", "Copy the token");
    visit.browser.wait_for("document.getElementById('copy-token').textContent === 'Copied'");
    let token = visit.browser.evaluate("navigator.clipboard.readText()");
    let grants = Call::new("GET", visit.dev.address("service"), "/v1/grants").bearer(token.as_str().unwrap()).send();
    assert_eq!((grants.status, &grants.json()["subject"]), (200, &json!("alice")));
    visit.browser.click("a", "the API");
    visit.browser.wait_for("location.pathname === '/docs' && document.querySelector('.opblock')");
    visit.browser.click("a", "Upload files on the page");
    visit.browser.wait_for("location.pathname === '/' && document.documentElement.dataset.ready !== undefined");
    visit.was_clean();
}
