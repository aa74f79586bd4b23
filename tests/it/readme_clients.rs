//! The README's clients: each uploads a file to `presignd dev` and downloads it again.

use std::path::Path;
use std::process::Command;

use reqwest::Client;
use serde_json::json;

use crate::dev::Dev;
use crate::readme::pasted;
use crate::readme_client;
use crate::support::browser::Browser;
use crate::support::readme::section;

/// More than a line, in a language with letters of several bytes.
const HELLO: &str = "Grüße von presignd.\nZweite Zeile ohne Ende";

/// Runs a client beside a `hello.txt`, which it is to upload, and looks at its `copy.txt`.
#[track_caller]
fn copies(run: impl FnOnce(&Path, &[(String, String)])) {
    copies_from(&Dev::fresh(), run);
}

/// The same with this service.
#[track_caller]
fn copies_from(dev: &Dev, run: impl FnOnce(&Path, &[(String, String)])) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("hello.txt"), HELLO).unwrap();
    let presignd = format!("http://{}", dev.address("service"));
    let environment = [("PRESIGND".to_owned(), presignd), ("TOKEN".to_owned(), dev.token("alice"))];
    run(directory.path(), &environment);
    assert_eq!(std::fs::read_to_string(directory.path().join("copy.txt")).unwrap(), HELLO);
}

/// A shell block, which `readme` runs.
pub fn curl(block: &str) {
    copies(|directory, environment| _ = pasted(block, directory, environment));
}

/// A shell block that downloads what is there already.
pub fn redirected(block: &str) {
    let dev = Dev::fresh();
    let upload = json!({"operation": "PutObject", "bucket": "media", "key": "users/alice/hello.txt"});
    assert_eq!(dev.issued(&dev.token("alice"), &upload).body(HELLO).send().status, 200);
    copies_from(&dev, |directory, environment| _ = pasted(block, directory, environment));
}

#[test]
fn the_client_in_python_uploads_and_downloads() {
    copies(|directory, environment| {
        let mut python = Command::new("python3");
        python.args(["-c", section("Python").block("python")]).current_dir(directory).env("no_proxy", "*");
        let output = python.envs(environment.iter().cloned()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    });
}

#[tokio::test]
async fn the_client_in_rust_uploads_and_downloads() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (client, dev) = (Client::builder().no_proxy().build().unwrap(), Dev::fresh());
    let (presignd, token) = (format!("http://{}", dev.address("service")), dev.token("alice"));
    let key = "users/alice/hello.txt";
    readme_client::upload(&client, &presignd, &token, key, HELLO.into()).await.unwrap();
    assert_eq!(readme_client::download(&client, &presignd, &token, key).await.unwrap(), HELLO.as_bytes());
    let refused = readme_client::download(&client, &presignd, &token, "users/bob/hello.txt").await.unwrap_err();
    assert!(refused.to_string().contains("no_grant"), "{refused}");
}

#[test]
fn the_client_in_rust_is_the_one_in_the_readme() {
    let (_, client) = include_str!("readme_client.rs").split_once("\n\n").unwrap();
    assert_eq!(section("Rust").block("rust"), client);
}

#[test]
fn the_client_for_browsers_uploads_and_downloads_with_progress() {
    let Some(mut browser) = Browser::start() else { return };
    let dev = Dev::fresh();
    let presignd = format!("http://{}", dev.address("service"));
    let client = section("A browser").block("js").replace("export ", "").replace("http://127.0.0.1:8080", &presignd);
    browser.open(&format!("{presignd}/"));
    browser.wait_for("document.documentElement.dataset.ready !== undefined");
    let script = format!(
        "(async () => {{ {client}
           const [token, key] = [{token}, \"users/alice/hello.txt\"], seen = [];
           const file = new File([{hello}], \"hello.txt\", {{ type: \"text/plain\" }});
           const progress = (done, all) => seen.push([done, all]);
           await upload(token, key, file, progress);
           const sent = seen.splice(0);
           const copy = await download(token, key, progress);
           const refused = await upload(token, \"users/bob/hello.txt\", file, progress).catch((error) => error.message);
           return {{ sent: sent.at(-1), received: seen.at(-1), copy: await copy.text(), type: copy.type, refused }};
         }})()",
        token = json!(dev.token("alice")),
        hello = json!(HELLO),
    );
    let size = HELLO.len();
    let outcome = browser.evaluate(&script);
    let refused = outcome["refused"].as_str().unwrap_or_default().to_owned();
    assert!(refused.starts_with("no_grant: "), "{outcome:#}");
    let expected = json!({"sent": [size, size], "received": [size, size], "copy": HELLO, "type": "text/plain",
                          "refused": refused});
    assert_eq!(outcome, expected);
}
