//! A bucket's policy, as far as the doctor understands it: whom it refuses over plain HTTP, and which signatures for
//! their age.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::domain::doctor::wildcard::matches;

/// The statements of a bucket's policy that deny something to everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BucketPolicy {
    denies: Vec<Deny>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Deny {
    actions: Vec<String>,
    resources: Vec<String>,
    /// Operator, key in lower case, values.
    conditions: Vec<(String, String, Vec<String>)>,
}

impl BucketPolicy {
    /// Reads one; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let document: Document = serde_json::from_str(text).ok()?;
        let statements = document.statement.into_list().into_iter();
        Some(Self { denies: statements.filter_map(Statement::deny).collect() })
    }

    /// Whether an action on a resource is refused over plain HTTP, whatever else is so.
    pub fn demands_tls(&self, action: &str, resource: &str) -> bool {
        self.denies.iter().any(|deny| deny.is_for_plain_http() && deny.is_about(action, resource))
    }

    /// The age, in milliseconds, above which signatures on a resource are refused.
    pub fn oldest_signature(&self, resource: &str) -> Option<u64> {
        let about = self.denies.iter().filter(|deny| deny.resources.iter().any(|pattern| matches(pattern, resource)));
        about.filter_map(Deny::oldest_signature).min()
    }
}

impl Deny {
    fn is_about(&self, action: &str, resource: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions.iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
            && self.resources.iter().any(|pattern| matches(pattern, resource))
    }

    /// A further condition would let some through.
    fn is_for_plain_http(&self) -> bool {
        let [(operator, key, values)] = self.conditions.as_slice() else { return false };
        ["Bool", "BoolIfExists"].contains(&operator.as_str())
            && key == "aws:securetransport"
            && values.iter().any(|value| value.eq_ignore_ascii_case("false"))
    }

    /// What kind of signature it is about may be said beside.
    fn oldest_signature(&self) -> Option<u64> {
        let (ages, others): (Vec<_>, Vec<_>) = self.conditions.iter().partition(|(_, key, _)| key == "s3:signatureage");
        if others.iter().any(|(_, key, _)| key != "s3:authtype") {
            return None;
        }
        let above = ages.into_iter().filter(|(operator, _, _)| operator.starts_with("NumericGreaterThan"));
        above.flat_map(|(_, _, values)| values).filter_map(|value| value.parse().ok()).min()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    statement: OneOrMore<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: String,
    principal: Option<Principal>,
    action: Option<OneOrMore<String>>,
    resource: Option<OneOrMore<String>>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, OneOrMore<Scalar>>>,
}

impl Statement {
    /// What it denies everybody. One that speaks by what it is not about (`NotAction`) is not understood.
    fn deny(self) -> Option<Deny> {
        let everybody = self.effect == "Deny" && self.principal.is_some_and(|principal| principal.is_everybody());
        let (actions, resources) = (self.action.filter(|_| everybody)?.into_list(), self.resource?.into_list());
        let conditions = self.condition.into_iter().flat_map(|(operator, keys)| {
            let of_key = move |(key, values): (String, OneOrMore<Scalar>)| {
                let values = values.into_list().into_iter().map(Scalar::into_text).collect();
                (operator.clone(), key.to_ascii_lowercase(), values)
            };
            keys.into_iter().map(of_key)
        });
        Some(Deny { actions, resources, conditions: conditions.collect() })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Principal {
    Aws {
        #[serde(rename = "AWS")]
        aws: OneOrMore<String>,
    },
    Word(String),
    Other(IgnoredAny),
}

impl Principal {
    fn is_everybody(&self) -> bool {
        match self {
            Self::Aws { aws } => aws.as_list().iter().any(|principal| principal == "*"),
            Self::Word(word) => word == "*",
            Self::Other(_) => false,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    More(Vec<T>),
    One(T),
}

impl<T> OneOrMore<T> {
    fn as_list(&self) -> &[T] {
        match self {
            Self::More(list) => list,
            Self::One(one) => std::slice::from_ref(one),
        }
    }

    fn into_list(self) -> Vec<T> {
        match self {
            Self::More(list) => list,
            Self::One(one) => vec![one],
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Bool(is_true) => is_true.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "arn:aws:s3:::acme/users/x";

    fn statement(principal: &str, action: &str, resource: &str, condition: &str) -> BucketPolicy {
        let statement = format!(
            r#"{{"Effect": "Deny", "Principal": {principal}, "Action": {action}, "Resource": {resource}, "Condition": {condition}}}"#
        );
        let list = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        let alone = format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
        let read = BucketPolicy::parse(&list).unwrap_or_else(|| panic!("{list}"));
        assert_eq!(Some(&read), BucketPolicy::parse(&alone).as_ref(), "a statement may stand alone");
        read
    }

    #[test]
    fn plain_http_is_refused_where_nothing_lets_it_through() {
        let plain = r#"{"Bool": {"aws:SecureTransport": "false"}}"#;
        let (all, every) = (r#""s3:*""#, r#"["arn:aws:s3:::acme", "arn:aws:s3:::acme/*"]"#);
        let rows = [
            (r#""*""#, all, every, plain, true),
            (r#"{"AWS": "*"}"#, all, every, plain, true),
            (r#"{"AWS": ["*"]}"#, r#"["s3:GetObject", "s3:put*"]"#, every, plain, true),
            (r#""*""#, r#""*""#, r#""*""#, r#"{"BoolIfExists": {"AWS:securetransport": [false]}}"#, true),
            (r#""*""#, all, r#""arn:aws:s3:::acme*""#, plain, true),
            (r#"{"AWS": "arn:aws:iam::1:root"}"#, all, every, plain, false),
            (r#"{"Service": "logging.s3.amazonaws.com"}"#, all, every, plain, false),
            (r#""*""#, r#""s3:GetObject""#, every, plain, false),
            (r#""*""#, all, r#""arn:aws:s3:::acme""#, plain, false),
            (r#""*""#, all, r#""arn:aws:s3:::acme/legal/*""#, plain, false),
            (r#""*""#, all, every, r#"{"Bool": {"aws:SecureTransport": "true"}}"#, false),
            (r#""*""#, all, every, r#"{"StringEquals": {"aws:SecureTransport": "false"}}"#, false),
            (r#""*""#, all, every, "{}", false),
            (
                r#""*""#,
                all,
                every,
                r#"{"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#,
                false,
            ),
        ];
        for (principal, action, resource, condition, expected) in rows {
            let policy = statement(principal, action, resource, condition);
            let found = policy.demands_tls("s3:PutObject", OBJECT);
            assert_eq!(found, expected, "{principal} {action} {resource} {condition}");
        }
    }

    #[test]
    fn the_oldest_signature_is_the_least_of_all_that_are_refused() {
        let rows = [
            (r#"{"NumericGreaterThan": {"s3:signatureAge": "900000"}}"#, Some(900_000)),
            (r#"{"NumericGreaterThan": {"s3:signatureAge": [900000, 600000]}}"#, Some(600_000)),
            (
                r#"{"StringEquals": {"s3:authType": "REST-QUERY-STRING"}, "NumericGreaterThan": {"s3:signatureAge": 1}}"#,
                Some(1),
            ),
            (r#"{"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "NumericGreaterThan": {"s3:signatureAge": 1}}"#, None),
            (r#"{"NumericLessThan": {"s3:signatureAge": "900000"}}"#, None),
            (r#"{"NumericGreaterThan": {"s3:max-keys": "10"}}"#, None),
            (r#"{"NumericGreaterThan": {"s3:signatureAge": "soon"}}"#, None),
        ];
        for (condition, expected) in rows {
            let policy = statement(r#""*""#, r#""s3:*""#, r#""arn:aws:s3:::acme/*""#, condition);
            assert_eq!(policy.oldest_signature(OBJECT), expected, "{condition}");
            assert_eq!(policy.oldest_signature("arn:aws:s3:::other/x"), None, "{condition}");
        }
    }

    #[test]
    fn what_is_no_policy_is_none() {
        for text in ["", "<a/>", "[]", "{}", r#"{"Statement": 1}"#, r#"{"Statement": [{"Principal": "*"}]}"#] {
            assert_eq!(BucketPolicy::parse(text), None, "{text}");
        }
        let allow =
            r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "NotAction": "s3:*", "NotResource": "*"}]}"#;
        assert_eq!(BucketPolicy::parse(allow), Some(BucketPolicy { denies: Vec::new() }));
    }
}
