//! What a grant covers, as IAM's patterns say it.

use crate::domain::scope::End;
use crate::domain::scope::Scope;
use crate::domain::scope::Segment;

/// The pattern of every key that a grant covers, whatever the claims. IAM's `*` does not stop at a slash, so it also
/// matches keys in which a claim would have slashes, and nothing else beyond the grant.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
pub(super) fn of(scope: &Scope) -> String {
    let segments: Vec<String> = scope.segments().iter().map(segment).collect();
    let whole = segments.join("/");
    match scope.end() {
        End::Key => whole,
        End::FolderKey => format!("{whole}/"),
        End::Whole if segments.is_empty() => "*".to_owned(),
        End::Whole => format!("{whole}/*"),
        End::Open(open) if segments.is_empty() => format!("{}*", escaped(open)),
        End::Open(open) => format!("{whole}/{}*", escaped(open)),
    }
}

/// What every key that a grant covers begins with.
pub(in crate::domain) fn literal_prefix(scope: &Scope) -> String {
    let mut prefix = String::new();
    for (place, segment) in scope.segments().iter().enumerate() {
        let Segment::Literal(text) = segment else { return prefix };
        prefix.push_str(text);
        let last_of_key = *scope.end() == End::Key && place + 1 == scope.segments().len();
        prefix.push_str(if last_of_key { "" } else { "/" });
    }
    if let End::Open(open) = scope.end() {
        prefix.push_str(open);
    }
    prefix
}

fn segment(segment: &Segment) -> String {
    match segment {
        Segment::Literal(text) => escaped(text),
        Segment::Claim(_) => "*".to_owned(),
    }
}

/// A text that IAM takes literally: `*`, `?` and the `$` of a variable are written as variables themselves. A policy has
/// no characters beyond U+00FF, so a `*` stands for them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' => shown.push_str("${*}"),
            '?' => shown.push_str("${?}"),
            '$' if rest.peek() == Some(&'{') => shown.push_str("${$}"),
            _ if is_writable(c) => shown.push(c),
            _ => {
                while rest.next_if(|next| !is_writable(*next)).is_some() {}
                shown.push('*');
            }
        }
    }
    shown
}

/// Whether a grant covers keys whose beginning no policy can spell.
pub(super) fn is_widened(scope: &Scope) -> bool {
    scope.as_str().chars().any(|c| !is_writable(c))
}

fn is_writable(c: char) -> bool {
    ('\u{20}'..='\u{ff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_a_star_and_the_rest_is_literal() {
        let rows = [
            ("", "*", ""),
            ("users/{sub}/", "users/*/*", "users/"),
            ("{tenant}/in/", "*/in/*", ""),
            ("a*b/?/", "a${*}b/${?}/*", "a*b/?/"),
            ("${{x}/$/", "${$}{x}/$/*", "${x}/$/"),
            ("日本/x/", "*/x/*", "日本/x/"),
            ("café/", "café/*", "café/"),
        ];
        for (text, expected, literal) in rows {
            let scope = Scope::prefix(text, false).expect(text);
            assert_eq!((of(&scope).as_str(), literal_prefix(&scope).as_str()), (expected, literal), "{text}");
        }
    }

    #[test]
    fn a_key_matches_itself_and_a_raw_prefix_what_it_begins() {
        let rows = [("a/b.pdf", "a/b.pdf", "a/b.pdf"), ("a/", "a/", "a/"), ("{sub}/b", "*/b", "")];
        for (text, expected, literal) in rows {
            let scope = Scope::key(text).expect(text);
            assert_eq!((of(&scope).as_str(), literal_prefix(&scope).as_str()), (expected, literal), "{text}");
        }
        for (text, expected, literal) in [("a/b", "a/b*", "a/b"), ("a", "a*", "a"), ("a/{sub}/b", "a/*/b*", "a/")] {
            let scope = Scope::prefix(text, true).expect(text);
            assert_eq!((of(&scope).as_str(), literal_prefix(&scope).as_str()), (expected, literal), "{text}");
        }
    }
}
