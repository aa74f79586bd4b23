//! Mistakes that people make with presigned URLs and forms, made for real: what a store answers to them, and whether
//! `diagnose` tells from that what was done wrong. One table, for every store.

mod aws;
mod bodies;
mod forms;
mod headers;
mod sent;
mod urls;

use std::time::SystemTime;

use presignd::domain::diagnose::Finding;
use presignd::domain::diagnose::Question;
use presignd::domain::diagnose::diagnose;
use serde_json::Value;
use serde_json::json;

use super::client::Reply;
use crate::verifier;
use crate::verifier::Fault;
use sent::Sent;

/// What the bodies are, with their digests.
pub const BODY: &str = "The quick brown fox.";
const BODY_MD5: &str = "LocoTSRcKq4cdPpMUKdMdw==";
const BODY_SHA256: &str = "QuJd04brVbVts0r1Nfq1Ix24zxtYivlbycMu+ElQf8U=";

/// Grants of everybody's own folder, each of a bucket of its own, that the rows are asked at.
pub const UPLOADS: [(&str, &str); 5] = [
    ("plain", r#"tags = ["case"]"#),
    ("once", "write_once = true"),
    ("forms", r#"max_size = "1KiB", content_types = ["image/png", "text/*"]"#),
    ("encrypted", "sse_c = true"),
    ("elsewhere", ""),
];

/// Who is asked: a real store, or AWS by its documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    Aws,
    Dev,
    Radosgw,
}

/// One mistake.
pub struct Mistake {
    pub what: &'static str,
    pub asked: Asked,
    /// What the client does otherwise than the answer says.
    pub made: fn(&mut Sent),
    /// By AWS, by the store of `presignd dev`, by radosgw.
    pub told: [Told; 3],
}

/// What presignd is asked for.
pub struct Asked {
    pub operation: &'static str,
    pub bucket: &'static str,
    pub key: &'static str,
    pub members: Value,
    /// Seconds from now at which it is signed.
    pub at: i64,
    /// The object is there before, put with these members.
    pub stored: Option<Value>,
}

/// What comes of it.
#[derive(Debug, Clone, Copy)]
pub enum Told {
    /// The store refuses, and this is the first finding of what it says: a code, and words that a person needs.
    As(&'static str, &'static str),
    /// The same, of an answer that AWS documents.
    Documented(&'static str, &'static str, &'static str),
    /// The store does not mind. If this is no longer so, it has learnt.
    Lets,
    /// The mistake cannot be made there.
    Cannot,
}

/// Where mistakes are made.
pub struct Place<'p> {
    pub store: Store,
    /// What keys begin with.
    pub prefix: &'p str,
    /// presignd's answer to a question, signed so many seconds from now.
    pub ask: &'p dyn Fn(&Value, i64) -> Value,
    /// Aliases that this service does not have; their rows are left out.
    pub without: &'static [&'static str],
    /// What S3 would say.
    pub judge: &'p dyn Fn(verifier::Sent<'_>) -> Result<(), Fault>,
}

/// All of them.
pub fn all() -> Vec<Mistake> {
    [headers::rows(), urls::rows(), bodies::rows(), forms::rows()].into_iter().flatten().collect()
}

impl Asked {
    fn of(operation: &'static str, members: Value) -> Self {
        let stored = (operation == "GetObject").then(|| json!({}));
        Self { operation, bucket: "plain", key: "a b.txt", members, at: 0, stored }
    }

    fn get() -> Self {
        Self::of("GetObject", json!({}))
    }

    fn put(members: Value) -> Self {
        Self::of("PutObject", members)
    }

    fn at(self, bucket: &'static str) -> Self {
        Self { bucket, ..self }
    }

    fn request(&self, prefix: &str, number: usize) -> Value {
        let key = format!("{prefix}mistakes/{number}/{}", self.key);
        let mut request = json!({"operation": self.operation, "bucket": self.bucket, "key": key});
        request.as_object_mut().unwrap().extend(self.members.as_object().unwrap().clone());
        request
    }
}

impl Place<'_> {
    /// Makes every mistake. How many of them the store refused and `diagnose` told right; fails unless it is all of
    /// those that the table says.
    #[track_caller]
    pub fn make_all(&self) -> usize {
        let made: Vec<Result<bool, String>> =
            all().iter().enumerate().map(|(number, row)| self.make(number, row)).collect();
        let wrong: Vec<&String> = made.iter().filter_map(|one| one.as_ref().err()).collect();
        let list = wrong.iter().map(|one| one.as_str()).collect::<Vec<_>>().join("\n\n");
        assert!(wrong.is_empty(), "{} of {} at {:?}:\n\n{list}", wrong.len(), made.len(), self.store);
        made.into_iter().filter(|one| *one == Ok(true)).count()
    }

    /// Makes one mistake: whether it was refused and told.
    fn make(&self, number: usize, row: &Mistake) -> Result<bool, String> {
        let told = row.told[self.store as usize];
        if self.without.contains(&row.asked.bucket) {
            return Ok(false);
        }
        let request = row.asked.request(self.prefix, number);
        if let Some(members) = &row.asked.stored {
            let put = Asked { key: row.asked.key, ..Asked::put(members.clone()).at(row.asked.bucket) };
            let stored = Sent::of(&(self.ask)(&put.request(self.prefix, number), 0), BODY).send();
            if stored.status != 200 {
                return Err(format!("{}, before: {} {}", row.what, stored.status, stored.text()));
            }
        }
        let body = if row.asked.operation == "GetObject" { "" } else { BODY };
        let right = Sent::of(&(self.ask)(&request, row.asked.at), body);
        let mut sent = right.clone();
        (row.made)(&mut sent);
        let answer = match (self.store, told) {
            (Store::Aws, Told::Documented(answer, ..)) => Some(answer.to_owned()),
            (Store::Aws, _) => sent.seen(self.judge).err().map(|fault| aws::answer(&fault, &sent)),
            (Store::Dev | Store::Radosgw, _) => {
                let reply = sent.send();
                (reply.status >= 300).then(|| shown(&sent, &reply))
            }
        };
        let mut outcome = judged(told, &sent, answer.as_deref());
        // However little the store says: with what the client sent it is told as of AWS's answer.
        if let (Ok(true), Told::As(..), Some(answer)) = (&outcome, row.told[Store::Aws as usize], &answer) {
            let shown = sent.as_curl_shows() + answer;
            outcome = judged(row.told[Store::Aws as usize], &sent, Some(&shown));
        }
        let outcome = outcome.map_err(|wrong| format!("{}: {wrong}", row.what));
        if sent != right && self.store != Store::Aws && row.asked.at == 0 {
            let reply = right.send();
            if reply.status >= 300 {
                return Err(format!("{}, then as it was meant: {} {}", row.what, reply.status, reply.text()));
            }
        }
        outcome
    }
}

/// What a person sees of an answer: its body, or of HEAD its head.
fn shown(sent: &Sent, reply: &Reply) -> String {
    match sent.method.as_str() {
        "HEAD" => format!("HTTP/1.1 {} Refused\r\ncontent-type: application/xml\r\n\r\n", reply.status),
        _ => reply.text(),
    }
}

fn judged(told: Told, sent: &Sent, answer: Option<&str>) -> Result<bool, String> {
    let (code, words) = match (told, answer) {
        (Told::As(code, words) | Told::Documented(_, code, words), Some(_)) => (code, words),
        (Told::Lets, None) => return Ok(false),
        _ => return Err(format!("{told:?}, but it was answered {answer:?} {:?}", found(sent, answer))),
    };
    let found = found(sent, answer);
    let right = found
        .first()
        .is_some_and(|first| first.code.as_str() == code && format!("{} {}", first.detail, first.mend).contains(words));
    if right { Ok(true) } else { Err(format!("{told:?}, but {answer:?} was told {found:#?}")) }
}

fn found(sent: &Sent, answer: Option<&str>) -> Vec<Finding> {
    diagnose(&Question::new(sent.pasted(), answer).unwrap(), SystemTime::now())
}
