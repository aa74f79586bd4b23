//! What is tried with the URLs of a grant that binds size and type and lets nothing be replaced. The outcome is the list
//! of what brought an object in all the same: larger, of another type, or in the place of another.

use serde_json::Value;
use serde_json::json;

use super::client::Call;
use super::client::Reply;

/// What such a grant says of uploads; it needs `read` and `write`.
pub const UPLOAD: &str = r#"max_size = "8MiB", content_types = ["image/png"], write_once = true"#;

const MIB: usize = 1 << 20;
const FIRST: &str = "The first that came.";

/// Where it is tried.
pub struct Place<'p> {
    /// What `/v1/presign` answers to a body.
    pub ask: &'p dyn Fn(&Value) -> Reply,
    /// The bucket as callers name it.
    pub bucket: &'p str,
    /// What the keys begin with.
    pub prefix: &'p str,
    /// `/bucket/key` of an object that is larger and of another type.
    pub other: &'p str,
}

type Headers = Vec<(String, String)>;

/// What is tried, and how the headers are changed for it.
type Attempt = (&'static str, fn(&mut Headers));

/// The same where the object of another comes in, and the body.
type WithBody<'b> = (&'static str, fn(&mut Headers, &str), &'b str);

impl Place<'_> {
    fn asked(&self, operation: &str, key: &str, more: &Value) -> Reply {
        let mut body = json!({"operation": operation, "bucket": self.bucket, "key": self.prefix.to_owned() + key});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (self.ask)(&body)
    }

    #[track_caller]
    fn issued(&self, operation: &str, key: &str, more: &Value) -> Value {
        let reply = self.asked(operation, key, more);
        assert_eq!(reply.status, 200, "{operation} {key} {more}: {}", reply.text());
        reply.json()
    }

    /// A URL for the first that came, its size and type bound.
    fn upload(&self, key: &str) -> Value {
        self.issued("PutObject", key, &json!({"content_type": "image/png", "content_length": FIRST.len()}))
    }

    /// Whether an object is there, and not the first that came.
    fn came(&self, key: &str) -> bool {
        let found = sent(&self.issued("GetObject", key, &json!({})), |_| (), "");
        assert!(matches!(found.status, 200 | 404), "{key}: {}", found.text());
        found.status == 200 && (found.text() != FIRST || found.header("content-type") != Some("image/png"))
    }

    /// All that got in.
    pub fn gets_in(&self) -> Vec<&'static str> {
        let form = self.asked("PostObject", "form", &json!({}));
        assert_eq!(
            (form.status, form.code().as_str()),
            (403, "grant_not_satisfied"),
            "a form replaces: {}",
            form.text()
        );
        [self.by_put(), self.by_put_again(), self.by_parts(), self.by_more_parts(), self.by_parts_again()].concat()
    }

    fn by_put(&self) -> Vec<&'static str> {
        let longer = format!("{FIRST} And more.");
        let chunked = format!("{:x}\r\n{longer}\r\n0\r\n\r\n", longer.len());
        let attempts: [WithBody<'_>; 7] = [
            ("longer", |_, _| (), &longer),
            ("said to be shorter", |headers, _| add(headers, "content-length", "20"), &longer),
            ("in chunks, said to be shorter", in_chunks, &chunked),
            ("of another type", |headers, _| set(headers, "content-type", "text/html"), FIRST),
            ("of no type", |headers, _| drop_named(headers, "content-type"), FIRST),
            ("of two types", |headers, _| add(headers, "content-type", "text/html"), FIRST),
            ("a copy", |headers, other| add(headers, "x-amz-copy-source", other), FIRST),
        ];
        let tried = attempts.iter().enumerate().filter(|(number, (_, change, body))| {
            let key = format!("put-{number}");
            sent(&self.upload(&key), |headers| change(headers, self.other), body);
            self.came(&key)
        });
        tried.map(|(_, (what, ..))| *what).collect()
    }

    fn by_put_again(&self) -> Vec<&'static str> {
        let first = self.upload("again");
        assert_eq!(sent(&first, |_| (), FIRST).status, 200, "as it was meant");
        let another = FIRST.replace("first", "other");
        let attempts: [Attempt; 3] = [
            ("again", |_| ()),
            ("again, without If-None-Match", |headers| drop_named(headers, "if-none-match")),
            ("again, where another ETag matches", |headers| set(headers, "if-none-match", "\"x\"")),
        ];
        let tried = attempts.iter().filter(|(_, change)| {
            for issued in [&first, &self.upload("again")] {
                sent(issued, change, &another);
            }
            self.came("again")
        });
        tried.map(|(what, _)| *what).collect()
    }

    /// The id of an upload in parts of the right type.
    #[track_caller]
    fn begun(&self, key: &str) -> String {
        let create = self.issued("CreateMultipartUpload", key, &json!({"content_type": "image/png"}));
        id_of(&sent(&create, |_| (), "")).unwrap()
    }

    fn part(&self, key: &str, id: &str, number: usize, length: usize) -> Value {
        let more = json!({"upload_id": id, "part_number": number, "content_length": length});
        self.issued("UploadPart", key, &more)
    }

    fn by_parts(&self) -> Vec<&'static str> {
        let create = self.issued("CreateMultipartUpload", "parts", &json!({"content_type": "image/png"}));
        let text = sent(&create, |headers| set(headers, "content-type", "text/html"), "");
        let untyped = sent(&create, |headers| drop_named(headers, "content-type"), "");
        let part = self.part("parts", &self.begun("parts"), 1, FIRST.len());
        let longer = sent(&part, |_| (), &format!("{FIRST}!"));
        let copied = sent(&part, |headers| add(headers, "x-amz-copy-source", self.other), FIRST);
        let tried = [
            ("parts of another type", id_of(&text).is_some()),
            ("parts of no type", id_of(&untyped).is_some()),
            ("a longer part", longer.status == 200),
            ("a copy as a part", copied.text().contains("<CopyPartResult")),
        ];
        tried.into_iter().filter_map(|(what, came)| came.then_some(what)).collect()
    }

    /// Each part is within the bound, and together they are not.
    fn by_more_parts(&self) -> Vec<&'static str> {
        let half = "x".repeat(5 * MIB);
        let id = self.begun("large");
        let parts = [1, 2].map(|number| sent(&self.part("large", &id, number, half.len()), |_| (), &half));
        let sized = |mib: usize| json!({"upload_id": id, "object_size": mib * MIB});
        let refused = self.asked("CompleteMultipartUpload", "large", &sized(10));
        assert_eq!((refused.status, refused.code().as_str()), (403, "grant_not_satisfied"), "{}", refused.text());
        let complete = self.issued("CompleteMultipartUpload", "large", &sized(8));
        let attempts: [Attempt; 3] = [
            ("parts larger than the whole, unsaid", |headers| drop_named(headers, "x-amz-mp-object-size")),
            ("parts larger than the whole, said", |headers| set(headers, "x-amz-mp-object-size", "10485760")),
            ("parts larger than the whole", |_| ()),
        ];
        self.completed("large", &complete, &list_of(&parts), &attempts)
    }

    /// Where the first that came is already.
    fn by_parts_again(&self) -> Vec<&'static str> {
        let id = self.begun("again");
        let part = sent(&self.part("again", &id, 1, FIRST.len()), |_| (), &FIRST.replace("first", "other"));
        let sized = json!({"upload_id": id, "object_size": FIRST.len()});
        let complete = self.issued("CompleteMultipartUpload", "again", &sized);
        let attempts: [Attempt; 2] = [
            ("parts in the place of another, without If-None-Match", |headers| drop_named(headers, "if-none-match")),
            ("parts in the place of another", |_| ()),
        ];
        self.completed("again", &complete, &list_of(&[part]), &attempts)
    }

    fn completed(&self, key: &str, complete: &Value, list: &str, attempts: &[Attempt]) -> Vec<&'static str> {
        let tried = attempts.iter().filter(|(_, change)| {
            sent(complete, change, list);
            self.came(key)
        });
        tried.map(|(what, _)| *what).collect()
    }
}

fn drop_named(headers: &mut Headers, name: &str) {
    headers.retain(|(known, _)| known != name);
}

fn add(headers: &mut Headers, name: &str, value: &str) {
    headers.push((name.to_owned(), value.to_owned()));
}

fn set(headers: &mut Headers, name: &str, value: &str) {
    drop_named(headers, name);
    add(headers, name, value);
}

/// Which of the two lengths counts, a server has to decide.
fn in_chunks(headers: &mut Headers, _: &str) {
    add(headers, "content-length", "20");
    add(headers, "transfer-encoding", "chunked");
}

/// The answer to a URL, used with its headers changed.
fn sent(issued: &Value, change: impl Fn(&mut Headers), body: &str) -> Reply {
    let told = issued["headers"].as_object().unwrap().iter();
    let mut headers: Headers = told.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    change(&mut headers);
    let call = Call::to(issued["method"].as_str().unwrap(), issued["url"].as_str().unwrap());
    let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
    let call = if issued["method"] == "GET" { call } else { call.body(body) };
    // A server that takes less than was sent may well hang up.
    call.try_send().unwrap_or(Reply { status: 0, headers: Vec::new(), body: Vec::new() })
}

fn id_of(begun: &Reply) -> Option<String> {
    Some(begun.text().split_once("<UploadId>")?.1.split('<').next()?.to_owned())
}

/// What a completion says of parts that were taken.
fn list_of(parts: &[Reply]) -> String {
    let listed = (1..).zip(parts).map(|(number, reply)| {
        let tag = reply.header("etag").unwrap_or_else(|| panic!("part {number}: {} {}", reply.status, reply.text()));
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>")
    });
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", listed.collect::<String>())
}
