//! The policy of a form: until when it holds, and what its fields must be.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use s3s::S3Result;
use s3s::dto::Timestamp;
use s3s::dto::TimestampFormat;
use s3s::s3_error;
use serde_json::Value;

/// A form's fields, by name in lower case.
pub type Fields = BTreeMap<String, String>;

/// What a form's signer asks of it.
#[derive(Debug)]
pub struct Policy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

#[derive(Debug)]
struct Condition {
    /// As it was written.
    text: String,
    rule: Rule,
}

#[derive(Debug)]
enum Rule {
    Exactly {
        field: String,
        value: String,
    },
    StartsWith {
        field: String,
        prefix: String,
    },
    /// In bytes, both inclusive.
    Length {
        least: u64,
        most: u64,
    },
}

impl Policy {
    /// Reads a policy as the form carries it: base64 of JSON.
    pub fn parse(encoded: &str) -> S3Result<Self> {
        let json = BASE64_STANDARD.decode(encoded).map_err(|_| invalid("Invalid base64"))?;
        let document: Value = serde_json::from_slice(&json).map_err(|_| invalid("Invalid JSON"))?;
        let expiration = document.get("expiration").and_then(Value::as_str);
        let expiration = expiration.ok_or_else(|| invalid("Policy missing expiration"))?;
        let conditions = document.get("conditions").and_then(Value::as_array);
        Ok(Self {
            expiration: Timestamp::parse(TimestampFormat::DateTime, expiration)
                .map_err(|_| invalid("Invalid 'expiration' value"))?,
            conditions: conditions
                .ok_or_else(|| invalid("Policy missing conditions"))?
                .iter()
                .map(Condition::of)
                .collect::<Option<_>>()
                .ok_or_else(|| invalid("Invalid condition"))?,
        })
    }

    /// Fails unless it still holds and every field of a form to a bucket is as it says.
    pub fn check(&self, fields: &Fields, bucket: &str, now: &Timestamp) -> S3Result<()> {
        if self.expiration <= *now {
            return Err(s3_error!(AccessDenied, "Invalid according to Policy: Policy expired."));
        }
        for condition in &self.conditions {
            if !condition.rule.holds(fields, bucket) {
                return Err(s3_error!(
                    AccessDenied,
                    "Invalid according to Policy: Policy Condition failed: {}",
                    condition.text
                ));
            }
        }
        let is_free = |name: &str| ["x-amz-signature", "policy"].contains(&name) || name.starts_with("x-ignore-");
        match fields.keys().find(|name| !is_free(name) && !self.names(name)) {
            Some(name) => Err(s3_error!(AccessDenied, "Invalid according to Policy: Extra input fields: {name}")),
            None => Ok(()),
        }
    }

    /// The least and the most bytes that a file may have: the narrowest of what is said.
    pub fn length(&self) -> (u64, u64) {
        self.conditions.iter().fold((0, u64::MAX), |(least, most), condition| match condition.rule {
            Rule::Length { least: low, most: high } => (least.max(low), most.min(high)),
            Rule::Exactly { .. } | Rule::StartsWith { .. } => (least, most),
        })
    }

    fn names(&self, name: &str) -> bool {
        self.conditions.iter().any(|condition| match &condition.rule {
            Rule::Exactly { field, .. } | Rule::StartsWith { field, .. } => field == name,
            Rule::Length { .. } => false,
        })
    }
}

fn invalid(what: &'static str) -> s3s::S3Error {
    s3_error!(InvalidPolicyDocument, "Invalid Policy: {what}.")
}

impl Condition {
    fn of(condition: &Value) -> Option<Self> {
        let rule = match condition {
            Value::Object(members) => match members.iter().collect::<Vec<_>>().as_slice() {
                [(field, value)] => Rule::exactly(field, value.as_str()?),
                _ => return None,
            },
            Value::Array(items) => match items.as_slice() {
                [word, first, second] => Rule::of(word.as_str()?, first, second)?,
                _ => return None,
            },
            _ => return None,
        };
        Some(Self { text: condition.to_string(), rule })
    }
}

impl Rule {
    fn of(word: &str, first: &Value, second: &Value) -> Option<Self> {
        if word.eq_ignore_ascii_case("content-length-range") {
            return Some(Self::Length { least: number(first)?, most: number(second)? });
        }
        let field = first.as_str()?.strip_prefix('$')?;
        let text = second.as_str()?;
        if word.eq_ignore_ascii_case("eq") {
            return Some(Self::exactly(field, text));
        }
        let starts = word.eq_ignore_ascii_case("starts-with");
        starts.then(|| Self::StartsWith { field: field.to_ascii_lowercase(), prefix: text.to_owned() })
    }

    fn exactly(field: &str, value: &str) -> Self {
        Self::Exactly { field: field.to_ascii_lowercase(), value: value.to_owned() }
    }

    fn holds(&self, fields: &Fields, bucket: &str) -> bool {
        // The form goes to a bucket's own address, so that is what it says of it.
        let given = |field: &str| if field == "bucket" { Some(bucket) } else { fields.get(field).map(String::as_str) };
        match self {
            Self::Exactly { field, value } => given(field) == Some(value),
            // Of a list of types each must begin so.
            Self::StartsWith { field, prefix } if field == "content-type" => {
                given(field).is_some_and(|types| types.split(',').all(|one| one.trim_start().starts_with(prefix)))
            }
            Self::StartsWith { field, prefix } => given(field).is_some_and(|given| given.starts_with(prefix)),
            Self::Length { .. } => true,
        }
    }
}

/// Some programs write numbers as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parse(document: &Value) -> S3Result<Policy> {
        Policy::parse(&BASE64_STANDARD.encode(document.to_string()))
    }

    fn judge(condition: Value, fields: &[(&str, &str)]) -> bool {
        let policy = json!({"expiration": "2026-11-24T12:00:00.000Z", "conditions": [condition,
            ["starts-with", "$key", ""], ["starts-with", "$content-type", ""], ["starts-with", "$x-amz-meta-a", ""]]});
        let mut fields: Fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for name in ["key", "content-type", "x-amz-meta-a"] {
            fields.entry(name.to_owned()).or_default();
        }
        parse(&policy).unwrap().check(&fields, "media", &Timestamp::default()).is_ok()
    }

    #[test]
    fn each_condition_is_held_against_its_field() {
        type Given = &'static [(&'static str, &'static str)];
        let cases: [(Value, Given, bool); 14] = [
            (json!({"key": "a"}), &[("key", "a")], true),
            (json!({"key": "a"}), &[("key", "b")], false),
            (json!(["eq", "$Key", "a"]), &[("key", "a")], true),
            (json!(["EQ", "$key", "a"]), &[("key", "ab")], false),
            (json!(["eq", "$acl", "private"]), &[], false),
            (json!(["starts-with", "$key", "a/"]), &[("key", "a/b")], true),
            (json!(["starts-with", "$key", "a/"]), &[("key", "b/a/")], false),
            (json!(["starts-with", "$acl", ""]), &[], false),
            (json!(["starts-with", "$Content-Type", "image/"]), &[("content-type", "image/png")], true),
            (json!(["starts-with", "$Content-Type", "image/"]), &[("content-type", "image/png,text/html")], false),
            (json!({"bucket": "media"}), &[], true),
            (json!({"bucket": "other"}), &[("bucket", "other")], false),
            (json!(["content-length-range", 1, 2]), &[], true),
            (json!({"x-amz-meta-a": "1"}), &[("x-amz-meta-a", "2")], false),
        ];
        for (condition, fields, expected) in cases {
            assert_eq!(judge(condition.clone(), fields), expected, "{condition} {fields:?}");
        }
    }

    #[test]
    fn a_field_that_no_condition_names_is_refused() {
        for (name, free) in [
            ("acl", false),
            ("x-amz-server-side-encryption", false),
            ("x-ignore-a", true),
            ("x-amz-signature", true),
            ("policy", true),
            ("submit", false),
        ] {
            assert_eq!(judge(json!({"key": ""}), &[(name, "a")]), free, "{name}");
        }
    }

    #[test]
    fn a_policy_that_has_expired_or_is_none_is_refused() {
        let policy = parse(&json!({"expiration": "2026-11-24T12:00:00Z", "conditions": []})).unwrap();
        let at = |text: &str| Timestamp::parse(TimestampFormat::DateTime, text).unwrap();
        assert!(policy.check(&Fields::new(), "media", &at("2026-11-24T11:59:59Z")).is_ok());
        let late = policy.check(&Fields::new(), "media", &at("2026-11-24T12:00:00Z")).unwrap_err();
        assert_eq!(late.code().as_str(), "AccessDenied");
        let bad = [
            json!({"conditions": []}),
            json!({"expiration": "soon", "conditions": []}),
            json!({"expiration": "2026-11-24T12:00:00Z"}),
            json!({"expiration": "2026-11-24T12:00:00Z", "conditions": [["ends-with", "$key", "a"]]}),
            json!({"expiration": "2026-11-24T12:00:00Z", "conditions": [["eq", "key", "a"]]}),
            json!({"expiration": "2026-11-24T12:00:00Z", "conditions": [{"key": "a", "acl": "b"}]}),
            json!({"expiration": "2026-11-24T12:00:00Z", "conditions": [["content-length-range", -1, 2]]}),
        ];
        for document in bad {
            let refused = parse(&document).unwrap_err();
            assert_eq!(refused.code().as_str(), "InvalidPolicyDocument", "{document}");
        }
        assert!(Policy::parse("!").is_err());
    }

    #[test]
    fn the_narrowest_length_holds() {
        let policy = parse(&json!({"expiration": "2026-11-24T12:00:00Z",
            "conditions": [["content-length-range", 1, 10], ["content-length-range", "0", "5"]]}));
        assert_eq!(policy.unwrap().length(), (1, 5));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}", json in "[\\[\\]{}\":,$a-z0-9]{0,60}") {
            let _ = Policy::parse(&text);
            let _ = Policy::parse(&BASE64_STANDARD.encode(json));
        }
    }
}
