//! What gives out credentials at AWS, on loopback: STS, an instance's metadata, a container's endpoint, IAM Identity Center.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use serde_json::json;

use super::PATIENCE;
use super::fake_s3::FakeS3;
use super::fake_s3::Seen;
use super::fake_s3::answer;
use super::now;
use super::rfc3339;
use crate::verifier::Key;

/// Gives other credentials each time it is asked.
pub struct FakeAws {
    server: FakeS3,
    state: Arc<Mutex<State>>,
}

struct State {
    /// Seconds that what is given lasts.
    life: i64,
    mood: Mood,
    given: Vec<Given>,
}

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// An error that repeats what it was shown.
    Refusing,
    /// What no client can read, with what it was shown and new credentials in it.
    Garbled,
    /// Not, until that changes.
    Silent,
}

/// Credentials that it gave.
#[derive(Debug, Clone)]
pub struct Given {
    pub id: String,
    pub secret: String,
    pub token: String,
    /// Seconds since 1970.
    pub end: i64,
}

/// What a container shows.
pub const CONTAINER_TOKEN: &str = "container-token-that-nobody-may-see";
/// What a pod shows.
pub const WEB_IDENTITY: &str = "eyJhbGciOiJub25lIn0.web-identity-that-nobody-may-see.c2ln";
/// What whoever logged in shows.
pub const SSO_TOKEN: &str = "sso-token-that-nobody-may-see";

impl Given {
    /// For the judge.
    pub fn key(&self) -> Key<'_> {
        Key { id: &self.id, secret: &self.secret, session_token: Some(&self.token) }
    }
}

impl FakeAws {
    /// One in good mood whose credentials last an hour.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State { life: 3600, mood: Mood::Well, given: Vec::new() }));
        let asked = Arc::clone(&state);
        Self { server: FakeS3::start(move |seen| say(&asked, seen)), state }
    }

    /// Its URL.
    pub fn origin(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// From now on what it gives lasts so many seconds.
    pub fn give_for(&self, seconds: i64) {
        self.state.lock().unwrap().life = seconds;
    }

    /// From now on it answers so.
    pub fn set(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    /// All that it gave until now.
    pub fn given(&self) -> Vec<Given> {
        self.state.lock().unwrap().given.clone()
    }

    /// All that it was asked until now.
    pub fn seen(&self) -> Vec<Seen> {
        self.server.seen()
    }
}

fn say(state: &Mutex<State>, seen: &Seen) -> Vec<u8> {
    let mood = wait_for_voice(state);
    let shown = format!("{} {:?} {}", seen.target, seen.headers, seen.body);
    match mood {
        Mood::Well => well(state, seen),
        Mood::Refusing => {
            let shown = shown.replace('&', "&amp;").replace('<', "&lt;");
            let message = format!("<Message>no: {shown}</Message>");
            let error = format!("<ErrorResponse><Error><Code>AccessDenied</Code>{message}</Error></ErrorResponse>");
            answer(403, &[("content-type", "text/xml")], &error)
        }
        Mood::Garbled => {
            let given = give(state);
            answer(200, &[], &format!("<{{\"{shown} {} {} {}", given.id, given.secret, given.token))
        }
        Mood::Silent => answer(500, &[], ""),
    }
}

/// The mood, once it is another than silence.
fn wait_for_voice(state: &Mutex<State>) -> Mood {
    let end = Instant::now() + PATIENCE;
    loop {
        let mood = state.lock().unwrap().mood;
        if mood != Mood::Silent || Instant::now() > end {
            return mood;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn give(state: &Mutex<State>) -> Given {
    let mut state = state.lock().unwrap();
    let number = state.given.len();
    let given = Given {
        id: format!("ASIAFAKE{number:04}"),
        secret: format!("secret+{number}/that/nobody/may/see"),
        token: format!("session+token/{number}/that/nobody/may/see=="),
        end: now() + state.life,
    };
    state.given.push(given.clone());
    given
}

fn well(state: &Mutex<State>, seen: &Seen) -> Vec<u8> {
    let path = seen.target.split('?').next().unwrap_or_default();
    match (seen.method.as_str(), path) {
        ("PUT", "/latest/api/token") => {
            answer(200, &[("x-aws-ec2-metadata-token-ttl-seconds", "21600")], "metadata-token")
        }
        ("GET", "/latest/meta-data/iam/security-credentials/") => metadata(seen, || "the-role".to_owned()),
        ("GET", "/latest/meta-data/iam/security-credentials/the-role") => metadata(seen, || as_json(&give(state))),
        ("GET", "/v1/credentials") if seen.header("authorization") == CONTAINER_TOKEN => {
            answer(200, &[], &as_json(&give(state)))
        }
        ("GET", "/federation/credentials") if seen.header("x-amz-sso_bearer_token") == SSO_TOKEN => {
            let given = give(state);
            let role = json!({"roleCredentials": {
                "accessKeyId": given.id, "secretAccessKey": given.secret, "sessionToken": given.token,
                "expiration": given.end * 1000,
            }});
            answer(200, &[("content-type", "application/json")], &role.to_string())
        }
        ("POST", "/") => sts(state, seen),
        _ => answer(404, &[], ""),
    }
}

fn metadata(seen: &Seen, body: impl FnOnce() -> String) -> Vec<u8> {
    match seen.header("x-aws-ec2-metadata-token") {
        "metadata-token" => answer(200, &[], &body()),
        _ => answer(401, &[], ""),
    }
}

fn as_json(given: &Given) -> String {
    json!({
        "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": rfc3339(now()), "AccessKeyId": given.id,
        "SecretAccessKey": given.secret, "Token": given.token, "Expiration": rfc3339(given.end),
    })
    .to_string()
}

fn sts(state: &Mutex<State>, seen: &Seen) -> Vec<u8> {
    let action = match field(seen, "Action") {
        "AssumeRole" if seen.header("authorization").starts_with("AWS4-HMAC-SHA256 ") => "AssumeRole",
        "AssumeRoleWithWebIdentity" if field(seen, "WebIdentityToken") == WEB_IDENTITY => "AssumeRoleWithWebIdentity",
        _ => return answer(400, &[], ""),
    };
    let Given { id, secret, token, end } = give(state);
    let end = rfc3339(end);
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
         <AssumedRoleUser><AssumedRoleId>AROAFAKE:x</AssumedRoleId>\
         <Arn>arn:aws:sts::111122223333:assumed-role/x/x</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{end}</Expiration></Credentials>\
         </{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    );
    answer(200, &[("content-type", "text/xml")], &body)
}

/// A field of a form, as it stands.
pub fn field<'s>(seen: &'s Seen, name: &str) -> &'s str {
    let pairs = seen.body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next().unwrap_or_default()
}
