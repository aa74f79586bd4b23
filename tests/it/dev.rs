//! `presignd dev` from nothing: what it prints works when pasted, and what is not this machine's owner's is refused.

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;

use serde_json::Value;
use serde_json::json;

use crate::support::client::Call;
use crate::support::client::Reply;
use crate::support::eventually;
use crate::support::hidden;
use crate::support::presignd::Output;
use crate::support::presignd::Presignd;
use crate::support::service::Lines;

/// A running `presignd dev`, with its folder `there`.
pub struct Dev {
    presignd: Presignd,
    process: Child,
    stdout: Lines,
    stderr: Lines,
}

impl Dev {
    /// In an empty directory.
    #[track_caller]
    pub fn fresh() -> Self {
        Self::over(Presignd::configured(""))
    }

    /// With these grants beside the example's.
    #[track_caller]
    pub fn with_grants(grants: &str) -> Self {
        let presignd = Presignd::configured("");
        std::fs::create_dir(presignd.path("there")).unwrap();
        let example = include_str!("../../src/cli/dev/example.toml");
        Self::over(presignd.file("there/presignd.toml", format!("{example}{grants}")))
    }

    #[track_caller]
    fn over(presignd: Presignd) -> Self {
        let mut dev = Self::begin(presignd, &[]);
        eventually("two lines to paste", || {
            if let Some(status) = dev.process.try_wait().unwrap() {
                panic!("dev ended with {status}:\n{}", dev.stderr.all().join("\n"));
            }
            (dev.lines_to_paste().len() == 2).then_some(())
        });
        dev
    }

    fn begin(presignd: Presignd, more: &[&str]) -> Self {
        let listen = if more.contains(&"--listen") { &[][..] } else { &["--listen", "127.0.0.1:0"] };
        let mut process = presignd.command(&[&["dev", "--dir", "there"], listen, more].concat()).spawn().unwrap();
        let (stdout, stderr) = (Lines::of(process.stdout.take().unwrap()), Lines::of(process.stderr.take().unwrap()));
        Self { presignd, process, stdout, stderr }
    }

    /// `dev` that is expected to end by itself: its exit code and what it said.
    #[track_caller]
    fn refused(presignd: Presignd, more: &[&str]) -> (Option<i32>, String) {
        let mut dev = Self::begin(presignd, more);
        let status = eventually("the end of dev", || dev.process.try_wait().unwrap());
        let said = eventually("a word on why", || Some(dev.stderr.all().join("\n")).filter(|said| !said.is_empty()));
        (status.code(), said)
    }

    fn lines_to_paste(&self) -> Vec<String> {
        self.stdout.all().into_iter().filter(|line| line.starts_with("curl ")).collect()
    }

    /// What stands behind a name in the list of addresses and places.
    #[track_caller]
    fn told(&self, name: &str) -> String {
        let lines = self.stdout.all();
        let line = lines.iter().find_map(|line| line.trim_start().strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {lines:#?}")).split_whitespace().next().unwrap().to_owned()
    }

    #[track_caller]
    pub fn address(&self, name: &str) -> SocketAddr {
        self.told(name).strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// A file or folder of what it keeps.
    pub fn path(&self, name: &str) -> PathBuf {
        self.presignd.path(&format!("there/{name}"))
    }

    /// Runs another command of presignd with the folder's configuration, to its end.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Output {
        self.presignd.run_with("there/presignd.toml", name, arguments, "")
    }

    /// What the store made for one of its identities.
    #[track_caller]
    pub fn credentials(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.path(&format!("credentials-{name}.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[track_caller]
    pub fn token(&self, name: &str) -> String {
        let reply = Call::new("GET", self.address("service"), &format!("/dev/token?as={name}")).send();
        hidden::token(reply.text().trim_end());
        reply.text().trim_end().to_owned()
    }

    /// The service's answer to a request for a URL.
    #[track_caller]
    pub fn ask(&self, token: &str, body: &Value) -> Reply {
        Call::new("POST", self.address("service"), "/v1/presign").bearer(token).json(body).send()
    }

    /// What an operator signs for somebody under the grant that is named as the bucket is, as of an instant.
    #[track_caller]
    pub fn signed(&self, body: &Value, subject: &str, at: &str) -> Value {
        let (grant, claims) = (body["bucket"].as_str().unwrap(), json!({"sub": subject}).to_string());
        let arguments = ["--grant", grant, "--claims", &claims, "--at", at, "--requests", "-"];
        let output = self.presignd.run_with("there/presignd.toml", "sign", &arguments, &format!("{body}\n"));
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// The request that the service's answer tells how to make.
    #[track_caller]
    pub fn issued(&self, token: &str, body: &Value) -> Call {
        let reply = self.ask(token, body);
        assert_eq!(reply.status, 200, "{body}: {}", reply.text());
        let answer = reply.json();
        let call = Call::to(answer["method"].as_str().unwrap(), answer["url"].as_str().unwrap());
        let headers = answer["headers"].as_object().unwrap().iter();
        headers.fold(call, |call, (name, value)| call.header(name, value.as_str().unwrap()))
    }

    /// Ends it as a terminal's owner or a supervisor does.
    #[track_caller]
    fn end(mut self, signal: &str) -> (Presignd, ExitStatus) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
        let status = eventually("the end of dev", || self.process.try_wait().unwrap());
        let nothing = Presignd::configured("");
        (std::mem::replace(&mut self.presignd, nothing), status)
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if !std::thread::panicking() {
            for entry in std::fs::read_dir(self.path("")).into_iter().flatten() {
                hidden::file(&std::fs::read(entry.unwrap().path()).unwrap_or_default());
            }
            // On its standard output it tells a token: that is what it is for.
            hidden::look("the log of dev", &self.stderr.all().join("\n"));
        }
    }
}

/// What a POSIX shell makes of a line, in a directory that has nothing to do with it.
#[track_caller]
fn paste(line: &str) -> String {
    let elsewhere = tempfile::tempdir().unwrap();
    let output = Command::new("sh").args(["-c", line]).current_dir(&elsewhere).output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_lines_that_it_prints_upload_and_download_when_pasted() {
    let dev = Dev::fresh();
    let lines = dev.lines_to_paste();
    assert_eq!(paste(&lines[0]), "uploaded: 200\n");
    let uploaded = std::fs::read_to_string(dev.presignd.path("there/hello.txt")).unwrap();
    assert_eq!(paste(&lines[1]), uploaded);
    assert!(!uploaded.is_empty());
    let list = json!({"operation": "ListObjectsV2", "bucket": "media", "prefix": "users/alice/"});
    assert!(dev.issued(&dev.token("alice"), &list).send().text().contains("<Key>users/alice/hello.txt</Key>"));
}

#[test]
fn its_log_holds_no_secret_whatever_is_asked_of_it() {
    let dev = Dev::over(Presignd::configured("").env("PRESIGND__LOG__LEVEL", "trace"));
    dev.lines_to_paste().iter().for_each(|line| _ = paste(line));
    let get = json!({"operation": "GetObject", "bucket": "media", "key": "users/alice/hello.txt"});
    let url = dev.ask(&dev.token("alice"), &get).json()["url"].as_str().unwrap().replace("hello.txt", "other.txt");
    assert_eq!(Call::to("GET", &url).send().status, 403);
    let (reader, writer) = (secret(&dev, "reader"), secret(&dev, "writer"));
    let log = dev.stderr.all().join("\n");
    assert!(log.contains("DEBUG") || log.contains("TRACE"), "{log}");
    for secret in ["Signature", "eyJ", &reader, &writer] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

fn secret(dev: &Dev, name: &str) -> String {
    dev.credentials(name)["SecretAccessKey"].as_str().unwrap().to_owned()
}

#[test]
fn the_configuration_that_it_writes_is_one_that_check_has_nothing_to_say_about() {
    let dev = Dev::fresh();
    assert_eq!(Path::new(&dev.told("configuration")), dev.presignd.path("there/presignd.toml").canonicalize().unwrap());
    let output = dev.presignd.command(&["check", "--config", "there/presignd.toml"]).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    let text = String::from_utf8(output.stdout).unwrap();
    for grant in ["own-folder", "shared", "publish", "teams", "inbox", "versions", "sealed"] {
        assert!(text.contains(grant), "{grant}: {text}");
    }
}

#[test]
fn its_callers_may_do_what_the_example_says_and_no_more() {
    let dev = Dev::fresh();
    let (alice, bob) = (dev.token("alice"), dev.token("bob"));
    let get = |key: &str| json!({"operation": "GetObject", "bucket": "media", "key": key});
    let put = |key: &str| json!({"operation": "PutObject", "bucket": "media", "key": key});
    let article = json!({"operation": "PutObject", "bucket": "media", "key": "shared/a.md",
                         "content_type": "text/markdown", "content_length": 5});
    let letter = json!({"operation": "PutObject", "bucket": "media", "file_name": "a.txt", "content_length": 5,
                        "content_md5": "XUFAKrxLKna5cZ2REBfFkg=="});
    let cases = [
        ("alice writes in her folder", &alice, put("users/alice/a"), 200, None),
        ("bob reads hers", &bob, get("users/alice/a"), 403, Some("no_grant")),
        ("bob writes for his team", &bob, put("teams/blue/a"), 200, None),
        ("bob writes for another", &bob, put("teams/red/a"), 403, Some("no_grant")),
        ("alice writes for her second team", &alice, put("teams/editors/a"), 200, None),
        ("bob reads what is shared", &bob, get("shared/a.md"), 200, None),
        ("bob publishes", &bob, article.clone(), 403, Some("no_grant")),
        ("alice publishes", &alice, article, 200, None),
        ("alice publishes anything", &alice, put("shared/a.exe"), 403, Some("grant_not_satisfied")),
        ("alice reads what is sealed", &alice, get("shared/sealed/a"), 403, Some("denied")),
        ("bob sends a letter", &bob, letter, 200, None),
    ];
    for (name, token, body, status, code) in cases {
        let reply = dev.ask(token, &body);
        assert_eq!(reply.status, status, "{name}: {}", reply.text());
        assert_eq!(reply.json()["code"].as_str(), code, "{name}");
    }
    let own = Call::new("POST", dev.address("service"), "/dev/token").json(&json!({"sub": "carol"})).send();
    assert_eq!(dev.ask(own.text().trim_end(), &put("users/carol/a")).status, 200);
}

#[test]
fn its_vault_keeps_what_is_overwritten_and_deleted() {
    let dev = Dev::fresh();
    let alice = dev.token("alice");
    let ask = |operation: &str, version: Option<&str>| {
        let mut body = json!({"operation": operation, "bucket": "vault", "key": "records/alice/a.txt"});
        version.into_iter().for_each(|version| body["version_id"] = version.into());
        body
    };
    let first = dev.issued(&alice, &ask("PutObject", None)).body("first").send();
    let version = first.header("x-amz-version-id").unwrap_or_else(|| panic!("{}", first.text())).to_owned();
    dev.issued(&alice, &ask("PutObject", None)).body("second").send();
    assert_eq!(dev.issued(&alice, &ask("DeleteObject", None)).send().status, 204);
    assert_eq!(dev.issued(&alice, &ask("GetObject", None)).send().status, 404);
    assert_eq!(dev.issued(&alice, &ask("GetObject", Some(&version))).send().text(), "first");
    assert_eq!(dev.ask(&alice, &ask("DeleteObject", Some(&version))).code(), "insufficient_authentication");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let anew = json!({"sub": "alice", "amr": ["mfa"], "auth_time": now});
    let anew = Call::new("POST", dev.address("service"), "/dev/token").json(&anew).send().text();
    assert_eq!(dev.issued(anew.trim_end(), &ask("DeleteObject", Some(&version))).send().status, 204);
    assert_eq!(dev.issued(&alice, &ask("GetObject", Some(&version))).send().status, 404);
}

#[test]
fn its_store_serves_an_issued_url_for_nothing_but_what_was_signed() {
    let dev = Dev::fresh();
    let alice = dev.token("alice");
    let put = json!({"operation": "PutObject", "bucket": "media", "key": "users/alice/ä b+c%2F?.txt",
                     "content_type": "text/plain", "content_length": 5, "metadata": {"a": "1"}, "if_none_match": "*",
                     "checksum": {"algorithm": "SHA256", "value": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}});
    let reply = dev.ask(&alice, &put).json();
    let url = reply["url"].as_str().unwrap();
    let headers = reply["headers"].as_object().unwrap();
    let call = |method: &str, url: &str, changed: (&str, &str), body: &str| {
        let one = |call: Call, (name, value): (&String, &Value)| {
            let value = if name == changed.0 { changed.1 } else { value.as_str().unwrap() };
            call.header(name, value)
        };
        headers.iter().fold(Call::to(method, url), one).body(body).send()
    };
    let unchanged = ("", "");
    assert_eq!(call("POST", url, unchanged, "hello").status, 403, "another method");
    assert_eq!(call("DELETE", url, unchanged, "hello").status, 403, "another method");
    assert_eq!(call("PUT", &url.replace("b%2Bc", "b%2Bd"), unchanged, "hello").status, 403, "another key");
    assert_eq!(call("PUT", &url.replace("&X-Amz-Expires=900", "&X-Amz-Expires=901"), unchanged, "hello").status, 403);
    for (name, value) in [("content-type", "text/html"), ("x-amz-meta-a", "2"), ("if-none-match", "\"a\"")] {
        assert_eq!(call("PUT", url, (name, value), "hello").status, 403, "another {name}");
    }
    assert_eq!(call("PUT", url, unchanged, "hello!").status, 403, "another length");
    assert_eq!(call("PUT", url, unchanged, "jello").status, 400, "another body");
    assert_eq!(Call::to("PUT", url).body("hello").send().status, 403, "no headers");
    assert_eq!(call("PUT", url, unchanged, "hello").status, 200);
    assert_eq!(call("PUT", url, unchanged, "hello").status, 412, "a second time");

    let get = json!({"operation": "GetObject", "bucket": "media", "key": "users/alice/ä b+c%2F?.txt",
                     "expires_in": 1, "response": {"content_disposition": "attachment"}});
    let read = dev.issued(&alice, &get);
    let answer = dev.issued(&alice, &json!({"operation": "HeadObject", "bucket": "media", "key": get["key"]})).send();
    assert_eq!((answer.status, answer.header("x-amz-meta-a")), (200, Some("1")));
    eventually("the URL's end", || (read.clone().send().status == 403).then_some(()));
    let delete = json!({"operation": "DeleteObject", "bucket": "media", "key": get["key"]});
    assert_eq!(dev.issued(&alice, &delete).send().status, 204);
    let gone = json!({"operation": "GetObject", "bucket": "media", "key": get["key"]});
    assert_eq!(dev.issued(&alice, &gone).send().status, 404);
}

#[test]
fn its_issuer_answers_to_its_own_host_and_origin_only() {
    let dev = Dev::fresh();
    let service = dev.address("service");
    let own = format!("localhost:{}", service.port());
    let cases = [
        ("host", own.as_str(), 200),
        ("host", "evil.example", 403),
        ("host", "127.0.0.1", 403),
        ("origin", &format!("http://{service}"), 200),
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
    ];
    for (name, value, status) in cases {
        for (method, target) in [("GET", "/dev/token?as=alice"), ("GET", "/dev/jwks.json")] {
            let reply = Call::new(method, service, target).header(name, value).send();
            assert_eq!(reply.status, status, "{method} {target} {name}: {value}");
        }
    }
}

#[test]
fn it_listens_on_loopback_only() {
    for listen in ["0.0.0.0:0", "192.0.2.1:8080", "[::]:0"] {
        let (code, said) = Dev::refused(Presignd::configured(""), &["--listen", listen]);
        assert_eq!(code, Some(2), "{listen}: {said}");
        assert!(said.contains(listen) && said.contains("loopback"), "{listen}: {said}");
    }
    let presignd = Presignd::configured("").env("PRESIGND__SERVER__ADMIN_LISTEN", "0.0.0.0:0");
    let (code, said) = Dev::refused(presignd, &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("server.admin_listen"), "{said}");
    // What is typed is what counts.
    Dev::over(Presignd::configured("").env("PRESIGND__SERVER__LISTEN", "0.0.0.0:0"));
}

#[test]
fn what_it_keeps_outlives_it_and_what_the_user_changes_holds() {
    let dev = Dev::fresh();
    paste(&dev.lines_to_paste()[0]);
    let (presignd, status) = dev.end("TERM");
    assert!(status.success(), "{status}");
    let text = std::fs::read_to_string(presignd.path("there/presignd.toml")).unwrap();
    presignd.write("there/presignd.toml", text.replace("teams/{groups}/", "groups/{groups}/"));

    let dev = Dev::over(presignd);
    assert_eq!(paste(&dev.lines_to_paste()[1]), "Hello from presignd.\n");
    let put = json!({"operation": "PutObject", "bucket": "media", "key": "groups/red/a"});
    assert_eq!(dev.ask(&dev.token("alice"), &put).status, 200);
    let (presignd, status) = dev.end("INT");
    assert!(status.success(), "{status}");

    presignd.write("there/presignd.toml", text.replace("actions = [\"read\", \"list\"]", "actions = [\"dance\"]"));
    let (code, said) = Dev::refused(presignd, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("presignd.toml:") && said.contains("dance"), "{said}");
}

#[test]
fn an_address_that_is_taken_is_told_of_with_a_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) = Dev::refused(Presignd::configured(""), &["--listen", &address]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&address) && said.contains("--listen 127.0.0.1:0"), "{said}");
}

#[test]
fn two_of_it_in_one_folder_are_one_too_many() {
    let dev = Dev::fresh();
    let folder = dev.presignd.path("there");
    let other = Presignd::configured("");
    let mut second = other.command(&["dev", "--listen", "127.0.0.1:0", "--dir", folder.to_str().unwrap()]);
    let output = second.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another presignd dev"));
}
