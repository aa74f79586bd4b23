//! Chromium without a window, driven through the DevTools protocol.
//! <https://chromedevtools.github.io/devtools-protocol/>
//!
//! With `PRESIGND_AXE` that file, axe-core's script, also looks for what keeps people out; with `PRESIGND_SCREENSHOTS`
//! pictures of pages are left in that folder.

use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tungstenite::Message;
use tungstenite::WebSocket;

use super::PATIENCE;
use super::chromium::Chromium;

/// A browser with one page. It knows nothing of other tests' pages: no cookie, storage, cache or download.
pub struct Browser {
    _chromium: Arc<Chromium>,
    /// Where it downloads to.
    folder: TempDir,
    socket: WebSocket<TcpStream>,
    context: String,
    session: Option<String>,
    last_id: u64,
    events: Vec<Value>,
}

impl Browser {
    /// `None` where there is no Chromium, unless `PRESIGND_E2E` demands one.
    #[track_caller]
    pub fn start() -> Option<Self> {
        let chromium = Chromium::shared()?;
        let authority = chromium.url.strip_prefix("ws://").and_then(|rest| rest.split('/').next()).unwrap();
        let stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(&chromium.url, stream).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (context, session) = (String::new(), None);
        let mut browser =
            Self { _chromium: chromium, folder, socket, context, session, last_id: 0, events: Vec::new() };
        browser.take_a_page();
        Some(browser)
    }

    fn take_a_page(&mut self) {
        let context = self.call("Target.createBrowserContext", json!({ "disposeOnDetach": true }));
        self.context = context["browserContextId"].as_str().unwrap().to_owned();
        let downloads =
            json!({ "behavior": "allow", "downloadPath": self.downloads(), "browserContextId": self.context });
        self.call("Browser.setDownloadBehavior", downloads);
        let page = json!({ "url": "about:blank", "browserContextId": self.context });
        let target = self.call("Target.createTarget", page);
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.call("Target.attachToTarget", attach);
        self.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Network", "Log", "DOM", "Accessibility"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        // Another test's page may be the one in front.
        self.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
    }

    /// Lets pages do what a person is asked for.
    #[track_caller]
    pub fn grant(&mut self, permissions: &[&str]) {
        let granted = json!({ "permissions": permissions, "browserContextId": self.context });
        self.call("Browser.grantPermissions", granted);
    }

    /// Where downloads go.
    pub fn downloads(&self) -> std::path::PathBuf {
        self.folder.path().to_owned()
    }

    /// A command of the protocol, and its result.
    #[track_caller]
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string())).unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] != json!(self.last_id) {
                self.events.push(message);
                continue;
            }
            return match message["error"].is_null() {
                true => Ok(message["result"].clone()),
                false => Err(message["error"].clone()),
            };
        }
    }

    /// Goes to a page.
    #[track_caller]
    pub fn open(&mut self, url: &str) {
        let went = self.call("Page.navigate", json!({ "url": url }));
        assert!(went["errorText"].is_null(), "{url}: {went}");
    }

    /// What an expression comes to, as if a person had just touched the page.
    #[track_caller]
    pub fn evaluate(&mut self, expression: &str) -> Value {
        self.try_evaluate(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    fn try_evaluate(&mut self, expression: &str) -> Result<Value, Value> {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true,
                                 "userGesture": true });
        let result = self.try_call("Runtime.evaluate", parameters)?;
        match result["exceptionDetails"].is_null() {
            true => Ok(result["result"]["value"].clone()),
            false => Err(result),
        }
    }

    /// Waits until an expression is true. Where there is no page yet, none is.
    #[track_caller]
    pub fn wait_for(&mut self, expression: &str) {
        // The page looks by itself: asking it again and again costs it more.
        let looking = format!(
            "new Promise((told) => {{
               const end = performance.now() + 1000;
               const seen = () => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }};
               const look = () => seen() ? told(true) : performance.now() < end ? setTimeout(look, 20) : told(false);
               look();
             }})"
        );
        let end = Instant::now() + PATIENCE;
        loop {
            match self.try_evaluate(&looking) {
                Ok(Value::Bool(true)) => return,
                _ if Instant::now() > end => {
                    let shown = self.evaluate("document.body.innerText");
                    panic!("waited in vain for {expression} in:\n{}", shown.as_str().unwrap_or_default());
                }
                Ok(_) => {}
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Clicks the first element of that kind whose name (its label or text) is this one.
    #[track_caller]
    pub fn click(&mut self, selector: &str, name: &str) {
        let (selector, name) = (json!(selector), json!(name));
        let found = format!(
            "[...document.querySelectorAll({selector})].find(one => (one.ariaLabel ?? one.textContent).trim() === {name})"
        );
        self.wait_for(&found);
        self.evaluate(&format!("{found}.click()"));
    }

    /// Has a file input hold these files.
    #[track_caller]
    pub fn choose(&mut self, selector: &str, files: &[&Path]) {
        let document = self.call("DOM.getDocument", json!({}));
        let input = json!({ "nodeId": document["root"]["nodeId"], "selector": selector });
        let input = self.call("DOM.querySelector", input);
        self.call("DOM.setFileInputFiles", json!({ "nodeId": input["nodeId"], "files": files }));
    }

    /// Presses a key that writes nothing, by its name and code.
    #[track_caller]
    pub fn press(&mut self, key: &str, code: u32) {
        for kind in ["rawKeyDown", "keyUp"] {
            let stroke = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", stroke);
        }
    }

    /// Presses Enter, which does what the focused element does.
    #[track_caller]
    pub fn press_enter(&mut self) {
        let stroke =
            json!({ "type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
        self.call("Input.dispatchKeyEvent", stroke);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": "Enter", "code": "Enter" }));
    }

    /// Makes the page so wide, in CSS pixels, and light or dark.
    #[track_caller]
    pub fn look(&mut self, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", scheme);
    }

    /// Leaves a picture of the whole page as PNG, where pictures are wanted.
    #[track_caller]
    pub fn screenshot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("PRESIGND_SCREENSHOTS") else { return };
        let taken = self.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        std::fs::write(Path::new(&folder).join(name), STANDARD.decode(taken["data"].as_str().unwrap()).unwrap())
            .unwrap();
    }

    /// Nothing stands beyond the page's right edge.
    #[track_caller]
    pub fn nothing_hangs_over(&mut self, width: u32) {
        let hangs_over = format!(
            "[...document.body.querySelectorAll('header *, main *, footer *')].filter(one => \
            one.checkVisibility() && one.getBoundingClientRect().right > {width}).map(one => one.outerHTML.slice(0, 80))"
        );
        assert_eq!(self.evaluate(&hangs_over), json!([]), "at {width}");
        // A phone's browser zooms out where something does.
        assert!(self.evaluate("innerWidth") == width, "at {width}");
    }

    /// axe-core, where it is there, finds nothing in the page as it stands.
    #[track_caller]
    pub fn keeps_nobody_out(&mut self, place: &str) {
        let Some(axe) = std::env::var_os("PRESIGND_AXE") else { return };
        self.evaluate(&std::fs::read_to_string(axe).unwrap());
        // It would fetch stylesheets anew, and write what it found into the page, which the page's policy forbids.
        let found = self.evaluate(
            "axe.run({ preload: false }).then(({ passes, violations }) => [passes.length > 20, ...violations.map(
               ({ impact, id, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)])",
        );
        assert_eq!(found, json!([true]), "{place}");
    }

    /// Nothing went wrong that a developer would see, refusals apart, and only these were asked: so many requests.
    #[track_caller]
    pub fn was_clean(&mut self, asked: &[SocketAddr]) -> usize {
        let exceptions = self.events("Runtime.exceptionThrown");
        let refused = |entry: &Value| entry["entry"]["text"].as_str().unwrap().contains("responded with a status of 4");
        let entries = self.events("Log.entryAdded");
        let entries: Vec<Value> = entries.into_iter().filter(|entry| !refused(entry)).collect();
        let console = self.events("Runtime.consoleAPICalled");
        assert_eq!((exceptions, entries, console), (Vec::new(), Vec::new(), Vec::new()));
        let asked: Vec<String> = asked.iter().map(|address| format!("http://{address}/")).collect();
        let requests = self.events("Network.requestWillBeSent");
        for request in &requests {
            let url = request["request"]["url"].as_str().unwrap();
            // An icon may stand in a stylesheet.
            assert!(url.starts_with("data:") || asked.iter().any(|asked| url.starts_with(asked)), "{url}");
        }
        requests.len()
    }

    /// Everything that happened so far with that name.
    #[track_caller]
    pub fn events(&mut self, method: &str) -> Vec<Value> {
        // What happened before this answer has been told before it.
        self.evaluate("0");
        let events = self.events.iter().filter(|event| event["method"] == method);
        events.map(|event| event["params"].clone()).collect()
    }
}
