//! IAM's own way of judging by a policy, as far as those that presignd prints need it.

use serde_json::Value;

/// One request, as IAM sees it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The ARN of whoever asks; what an identity's own policy does not look at.
    pub identity: &'a str,
    pub action: &'a str,
    pub resource: &'a str,
    /// What the conditions look at, with its values.
    pub context: &'a [(&'a str, &'a [&'a str])],
}

/// Whether a statement allows it, and none denies it.
pub fn allows(policy: &Value, asked: Asked<'_>) -> bool {
    says(policy, "Allow", asked) && !denies(policy, asked)
}

/// Whether a statement denies it.
pub fn denies(policy: &Value, asked: Asked<'_>) -> bool {
    says(policy, "Deny", asked)
}

fn says(policy: &Value, effect: &str, asked: Asked<'_>) -> bool {
    policy["Statement"].as_array().unwrap().iter().any(|statement| {
        statement["Effect"] == effect
            && is_for(&statement["Principal"], asked.identity)
            && texts(&statement["Action"]).any(|pattern| matches(pattern, asked.action))
            && texts(&statement["Resource"]).any(|pattern| matches(pattern, asked.resource))
            && statement["Condition"].as_object().into_iter().flatten().all(|(operator, keys)| {
                keys.as_object().unwrap().iter().all(|(key, values)| holds(operator, key, values, asked))
            })
    })
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap())
}

/// The root of an account stands for everybody in it.
fn is_for(principal: &Value, identity: &str) -> bool {
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    match principal {
        Value::Null => true,
        Value::String(text) => text == "*",
        named => texts(&named["AWS"])
            .any(|arn| arn == "*" || arn == identity || (arn.ends_with(":root") && account(arn) == account(identity))),
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
fn holds(operator: &str, key: &str, values: &Value, asked: Asked<'_>) -> bool {
    let of = |name: &str| asked.context.iter().find(|(known, _)| *known == name).map(|(_, values)| *values);
    let filled = |value: &str| match value.strip_prefix("${aws:").and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => of(&format!("aws:{name}")).map(|values| values[0].to_owned()),
        None => Some(value.to_owned()),
    };
    let Some(found) = of(key) else { return operator.contains("Not") || operator.ends_with("IfExists") };
    let any = |fits: &dyn Fn(&str, &str) -> bool| {
        texts(values).filter_map(filled).any(|value| found.iter().any(|found| fits(&value, found)))
    };
    match operator {
        "StringEquals" | "ForAnyValue:StringEquals" | "Bool" | "BoolIfExists" => any(&|value, found| value == found),
        "StringNotEquals" => !any(&|value, found| value == found),
        "StringLike" => texts(values).any(|pattern| found.iter().any(|found| matches(pattern, found))),
        "NumericLessThan" => any(&|value, found| found.parse::<u64>().unwrap() < value.parse().unwrap()),
        "NumericGreaterThan" => any(&|value, found| found.parse::<u64>().unwrap() > value.parse().unwrap()),
        other => panic!("no such operator here: {other}"),
    }
}

/// One piece of a pattern of IAM's.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece {
    Any,
    One,
    This(char),
}

/// Reads a pattern as the documentation of policy variables has it: `${*}`, `${?}` and `${$}` are these characters.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>
fn pieces(pattern: &str) -> Vec<Piece> {
    let (mut found, mut rest) = (Vec::new(), pattern);
    while let Some(c) = rest.chars().next() {
        let escaped = ['*', '?', '$'].into_iter().find(|c| rest.starts_with(&format!("${{{c}}}")));
        assert!(escaped.is_some() || !rest.starts_with("${"), "an unknown variable in {pattern}");
        let (piece, length) = match (escaped, c) {
            (Some(literal), _) => (Piece::This(literal), 4),
            (None, '*') => (Piece::Any, 1),
            (None, '?') => (Piece::One, 1),
            (None, c) => (Piece::This(c), c.len_utf8()),
        };
        found.push(piece);
        rest = &rest[length..];
    }
    found
}

fn matches(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // which beginnings of the text the pieces so far match
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for piece in pieces(pattern) {
        let before = reached.clone();
        for end in 0..=text.len() {
            reached[end] = match piece {
                Piece::Any => before[..=end].contains(&true),
                Piece::One => end > 0 && before[end - 1],
                Piece::This(c) => end > 0 && before[end - 1] && text[end - 1] == c,
            };
        }
    }
    reached[text.len()]
}

#[test]
fn the_matcher_matches_as_iam_does() {
    let rows = [
        ("users/*", "users/a/b", true),
        ("users/*", "users", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("a${*}c", "a*c", true),
        ("a${*}c", "abc", false),
        ("${$}{x}", "${x}", true),
        ("${?}", "?", true),
        ("${?}", "a", false),
        ("*", "", true),
    ];
    for (pattern, text, expected) in rows {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}
