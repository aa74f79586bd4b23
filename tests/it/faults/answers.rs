//! What load asks for, and what it takes for an answer: the URL of the request, by credentials in force, or a problem.

use std::ops::RangeInclusive;
use std::sync::Mutex;

use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::rfc3339;
use crate::support::setting::ACCESS_KEY_ID;
use crate::support::setting::REGION;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::Use;
use crate::support::setting::ask;
use crate::support::setting::with;
use crate::verifier::Key;
use crate::verifier::World;
use crate::verifier::seconds;

/// Judges answers.
pub struct Judge {
    now: Box<dyn Fn() -> i64 + Send + Sync>,
    in_force: Mutex<Vec<Credentials>>,
}

/// Credentials that may sign.
#[derive(Clone, Copy)]
pub struct Credentials {
    pub key: Key<'static>,
    /// In seconds since 1970.
    pub end: Option<i64>,
}

/// A URL that a caller received.
pub struct Receipt {
    pub caller: String,
    pub id: String,
    pub operation: String,
    pub key: String,
    pub expires_at: String,
    /// The access key id.
    pub signer: String,
}

pub enum Answer {
    Issued(Receipt),
    /// The code of a problem.
    Refused(String),
}

/// What the environment of [`setting`](crate::support::setting::setting) holds.
pub const USUAL: Credentials =
    Credentials { key: Key { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, session_token: None }, end: None };

const OPERATIONS: [&str; 4] = ["DeleteObject", "GetObject", "HeadObject", "PutObject"];

impl Judge {
    /// By the machine's clock, and the usual credentials.
    pub fn usual() -> Self {
        Self::told_by(crate::support::now)
    }

    /// By a clock, in seconds since 1970.
    pub fn told_by(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { now: Box::new(now), in_force: Mutex::new(vec![USUAL]) }
    }

    /// From now on these sign.
    pub fn in_force(&self, credentials: &[Credentials]) {
        *self.in_force.lock().unwrap() = credentials.to_vec();
    }

    /// The time now.
    pub fn now(&self) -> i64 {
        (self.now)()
    }

    /// A request like no other: its operation, lifetime, and key in the caller's folder.
    pub fn request(&self, caller: &str, worker: usize, number: u64) -> Value {
        let operation = OPERATIONS[usize::try_from(number).unwrap() % OPERATIONS.len()];
        let asked = ask(operation, "media", &format!("{caller}/{worker}/{number}"));
        let more = match operation {
            "PutObject" => json!({"content_type": "image/png", "content_length": number}),
            _ => json!({}),
        };
        with(with(asked, &more), &json!({"expires_in": 60 + number % 600}))
    }

    /// Fails unless the answer is one, and of this request, which was under way that long.
    pub fn judge(&self, caller: &str, request: &Value, reply: &Reply, during: RangeInclusive<i64>) -> Answer {
        if reply.status != 200 {
            let problem = reply.json();
            assert_eq!(problem["status"], reply.status, "{}", reply.text());
            return Answer::Refused(reply.code());
        }
        let (answer, in_force) = (reply.json(), self.in_force.lock().unwrap().clone());
        let used = Use::of(&answer, request);
        let keys: Vec<_> = in_force.iter().map(|credentials| credentials.key).collect();
        let parameter = |name| used.parameter(name).unwrap_or_else(|| panic!("no {name} in {answer:#}"));
        let signed_at = seconds(&parameter("X-Amz-Date")).unwrap();
        assert!(during.contains(&signed_at), "signed at {signed_at}, asked during {during:?}");
        let world = World { keys: &keys, region: REGION, service: "s3", now: signed_at };
        assert_eq!(used.judge_in(world), Ok(()), "{answer:#}");
        let signer = parameter("X-Amz-Credential").split('/').next().unwrap().to_owned();
        let by = in_force.iter().find(|credentials| credentials.key.id == signer).unwrap();
        let asked = request["expires_in"].as_i64().unwrap();
        let lives = by.end.map_or(asked, |end| asked.min(end - signed_at));
        assert_eq!(parameter("X-Amz-Expires"), lives.to_string(), "{answer:#}");
        assert_eq!(used.place(), format!("https://acme-media.s3.{REGION}.amazonaws.com/{}", text(&request["key"])));
        let expires_at = rfc3339(signed_at + lives);
        let told = json!([caller, request["bucket"], request["key"], lives, expires_at]);
        let members = ["grant", "bucket", "key", "expires_in", "expires_at"].map(|member| answer[member].clone());
        assert_eq!(json!(members), told, "{answer:#}");
        assert_eq!(parameter("x-presignd-id"), text(&answer["id"]));
        let (id, operation, key) = (text(&answer["id"]), text(&request["operation"]), text(&request["key"]));
        Answer::Issued(Receipt { caller: caller.to_owned(), id, operation, key, expires_at, signer })
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
