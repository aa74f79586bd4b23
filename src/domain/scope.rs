//! What a grant covers: a prefix or a key, with whole segments that claims fill in.

use crate::domain::claims::ClaimPath;
use crate::domain::claims::Claims;
use crate::domain::key;
use crate::domain::template;
use crate::domain::template::InvalidTemplate;
use crate::domain::template::Piece;

/// What a grant covers: everything under a prefix, or one key. A `{claim}` in it is a whole segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    text: Box<str>,
    segments: Box<[Segment]>,
    end: End,
}

/// One segment of a [`Scope`]: what stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    Literal(Box<str>),
    Claim(ClaimPath),
}

/// What follows the segments of a [`Scope`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A prefix of whole segments: empty, or ending in `/`.
    Whole,
    /// A raw prefix: the beginning of a last segment that is open.
    Open(Box<str>),
    /// A key, its last segment the last of the segments.
    Key,
    /// A key that ends in `/`.
    FolderKey,
}

impl Scope {
    /// Reads a `prefix`: empty, ending in `/`, or with `raw` ending anywhere.
    pub fn prefix(text: &str, raw: bool) -> Result<Self, InvalidTemplate> {
        let mut parts = template::segments(text);
        let end = match parts.pop() {
            None | Some("") => End::Whole,
            Some(open) if !raw => {
                return Err(template::pieces(open, Piece::claim).err().unwrap_or(InvalidTemplate::NotWhole));
            }
            Some(open) => End::Open(template::literal(open)?.into()),
        };
        let segments = parts.into_iter().map(Segment::parse).collect::<Result<_, _>>()?;
        Self { text: text.into(), segments, end }.checked()
    }

    /// Reads a `key`.
    pub fn key(text: &str) -> Result<Self, InvalidTemplate> {
        let mut parts = template::segments(text);
        let is_folder = parts.len() > 1 && parts.last() == Some(&"");
        if is_folder {
            parts.pop();
        }
        let segments = parts.into_iter().map(Segment::parse).collect::<Result<_, _>>()?;
        let end = if is_folder { End::FolderKey } else { End::Key };
        Self { text: text.into(), segments, end }.checked()
    }

    /// As the configuration writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The segments, outermost first.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What follows them.
    pub fn end(&self) -> &End {
        &self.end
    }

    /// Whether it is one key, rather than a prefix.
    pub fn is_key(&self) -> bool {
        matches!(self.end, End::Key | End::FolderKey)
    }

    /// The claims that it takes.
    pub fn claims(&self) -> impl Iterator<Item = &ClaimPath> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Claim(path) => Some(path),
            Segment::Literal(_) => None,
        })
    }

    /// How many bytes of `key` the filled-in prefix takes, if it begins it; all of them where this is a key that
    /// equals it. Claims are whole segments, so at most one way of filling begins a key.
    pub fn covers(&self, claims: &Claims, key: &str) -> Option<usize> {
        let (taken, rest) = self.walk(claims, key)?;
        match &self.end {
            End::Whole => Some(taken),
            End::Open(open) => rest.starts_with(&**open).then(|| taken + open.len()),
            End::Key => (rest.is_empty() && !key.ends_with('/')).then_some(key.len()),
            End::FolderKey => (rest.is_empty() && key.ends_with('/')).then_some(key.len()),
        }
    }

    /// Takes the segments off the front of `key`, each with its slash but for a key's last.
    fn walk<'k>(&self, claims: &Claims, key: &'k str) -> Option<(usize, &'k str)> {
        let mut rest = key;
        for (place, segment) in self.segments.iter().enumerate() {
            let last_of_key = self.end == End::Key && place + 1 == self.segments.len();
            let (head, tail) = match rest.split_once('/') {
                Some(_) if last_of_key => return None,
                Some(parts) => parts,
                None if last_of_key => (rest, ""),
                None => return None,
            };
            if !segment.takes(claims, head) {
                return None;
            }
            rest = tail;
        }
        Some((key.len() - rest.len(), rest))
    }

    /// Every filled-in text that begins with `start`, at most `most` of them; `None` if there are more, or if trying
    /// them takes too long.
    pub fn fills(&self, claims: &Claims, start: &str, most: usize) -> Option<Vec<String>> {
        let mut texts = vec![String::new()];
        for (place, segment) in self.segments.iter().enumerate() {
            let slash = if self.end == End::Key && place + 1 == self.segments.len() { "" } else { "/" };
            let values = segment.values(claims);
            let longer = texts.iter().flat_map(|text| values.iter().map(move |value| format!("{text}{value}{slash}")));
            texts = longer.filter(|text| agrees(text, start)).take(most + 1).collect();
            if texts.len() > most {
                return None;
            }
        }
        if let End::Open(open) = &self.end {
            texts.iter_mut().for_each(|text| text.push_str(open));
        }
        texts.retain(|text| text.starts_with(start));
        texts.sort_unstable();
        texts.dedup();
        Some(texts)
    }

    /// The template's literals must themselves make a key.
    fn checked(self) -> Result<Self, InvalidTemplate> {
        for segment in &self.segments {
            if let Segment::Literal(text) = segment {
                template::check_segment(text)?;
            }
        }
        if let End::Open(open) = &self.end {
            check_open(open)?;
        }
        Ok(self)
    }

    /// Whether a key that it covers, filled in somehow, can begin with the text.
    pub fn meets(&self, start: &str) -> bool {
        let mut rest = start;
        let last = self.segments().len();
        for (place, segment) in self.segments().iter().enumerate() {
            let slash = if place + 1 == last && *self.end() == End::Key { "" } else { "/" };
            let taken = match segment {
                Segment::Literal(text) => match strip(rest, &format!("{text}{slash}")) {
                    Some(taken) => taken,
                    None => return false,
                },
                // a claim can be whatever stands there
                Segment::Claim(_) if slash.is_empty() => {
                    if rest.contains('/') {
                        return false;
                    } else {
                        ""
                    }
                }
                Segment::Claim(_) => rest.split_once('/').map_or("", |(_, tail)| tail),
            };
            rest = taken;
            if rest.is_empty() {
                return true;
            }
        }
        match self.end() {
            End::Whole => true,
            End::Open(open) => rest.starts_with(&**open) || open.starts_with(rest),
            End::Key | End::FolderKey => rest.is_empty(),
        }
    }
}

/// What is left of `rest` behind the text; nothing where it ends within it; `None` where they part.
fn strip<'r>(rest: &'r str, text: &str) -> Option<&'r str> {
    match rest.strip_prefix(text) {
        Some(left) => Some(left),
        None => text.starts_with(rest).then_some(""),
    }
}

/// Whether one of the two begins the other.
fn agrees(text: &str, start: &str) -> bool {
    text.starts_with(start) || start.starts_with(text)
}

/// An open end may begin with dots: `..` is the beginning of `...x`.
fn check_open(text: &str) -> Result<(), InvalidTemplate> {
    match template::check_segment(text) {
        Err(InvalidTemplate::Key(key::InvalidKey::DotSegment)) => Ok(()),
        other => other,
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        match template::pieces(text, Piece::claim)?.as_slice() {
            [] => Ok(Self::Literal("".into())),
            [Piece::Claim(path)] => Ok(Self::Claim(path.clone())),
            [Piece::Literal(text)] => Ok(Self::Literal(text.as_str().into())),
            _ => Err(InvalidTemplate::ClaimInsideSegment),
        }
    }

    /// Whether the segment, filled in, can be this text.
    pub fn takes(&self, claims: &Claims, text: &str) -> bool {
        match self {
            Self::Literal(literal) => **literal == *text,
            Self::Claim(path) => template::fills_in(claims, path, text),
        }
    }

    /// Each once.
    fn values(&self, claims: &Claims) -> Vec<String> {
        let mut values = match self {
            Self::Literal(literal) => vec![literal.to_string()],
            Self::Claim(path) => claims.at(path).map(template::texts).unwrap_or_default(),
        };
        values.sort_unstable();
        values.dedup();
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::InvalidKey;
    use proptest::prelude::*;

    #[test]
    fn a_prefix_is_whole_segments_or_raw_and_its_claims_are_whole_segments() {
        let key = |error: InvalidKey| Err(InvalidTemplate::Key(error));
        let cases = [
            ("", false, Ok(())),
            ("a/", false, Ok(())),
            ("a/{sub}/", false, Ok(())),
            ("a/{realm.roles}/{\"https://x/y}\"}/", false, Ok(())),
            ("a/{{x/", false, Ok(())),
            ("a", false, Err(InvalidTemplate::NotWhole)),
            ("{sub}", false, Err(InvalidTemplate::NotWhole)),
            ("a/{sub}", true, Err(InvalidTemplate::ClaimInOpenSegment)),
            ("a/b{sub}", true, Err(InvalidTemplate::ClaimInOpenSegment)),
            ("a", true, Ok(())),
            ("a/..", true, Ok(())),
            ("a/{sub}x/", false, Err(InvalidTemplate::ClaimInsideSegment)),
            ("a/{sub}{tid}/", false, Err(InvalidTemplate::ClaimInsideSegment)),
            ("a/{sub/", false, Err(InvalidTemplate::Unclosed)),
            ("a/{}/", false, Err(InvalidTemplate::BadClaim(String::new()))),
            ("a/{a..b}/", false, Err(InvalidTemplate::BadClaim("a..b".into()))),
            ("/a/", false, key(InvalidKey::EmptySegment)),
            ("a//", false, key(InvalidKey::EmptySegment)),
            ("a/../", false, key(InvalidKey::DotSegment)),
            ("a\\/", false, key(InvalidKey::Backslash)),
            ("a\n/", false, key(InvalidKey::Control)),
        ];
        for (text, raw, expected) in cases {
            assert_eq!(Scope::prefix(text, raw).map(|_| ()), expected, "prefix {text:?}, raw {raw}");
        }
    }

    #[test]
    fn a_list_that_names_a_value_again_and_again_fills_in_once() {
        let claims = serde_json::json!({ "l": vec!["a"; 1000] });
        let claims = Claims::of(serde_json::from_value(claims).unwrap()).unwrap();
        let scope = Scope::prefix("{l}/{l}/", false).unwrap();
        assert_eq!(scope.fills(&claims, "", 10), Some(vec!["a/a/".to_owned()]));
    }

    proptest! {
        /// The walk along a key's segments finds what filling every claim in as text finds.
        #[test]
        fn a_scope_covers_what_begins_with_one_of_its_fills(
            segments in prop::collection::vec("a|b|\\{x\\}|\\{l\\}|\\{n\\}", 0..4),
            open in "[ab.]{0,2}",
            values in prop::collection::vec("a|b|7|\\.\\.|a/b|", 0..3),
            key in "([ab7]/){0,4}[ab7.]{0,2}",
        ) {
            let prefix = format!("{}{open}", segments.iter().map(|segment| format!("{segment}/")).collect::<String>());
            let scope = Scope::prefix(&prefix, true).unwrap();
            prop_assert_eq!(scope.as_str(), prefix.as_str());
            let claims = serde_json::json!({ "x": "a", "n": 7, "l": values });
            let claims = Claims::of(serde_json::from_value(claims).unwrap()).unwrap();
            let fills = scope.fills(&claims, "", 100).unwrap();
            let begun: Vec<usize> = fills.iter().filter(|fill| key.starts_with(&**fill)).map(String::len).collect();
            prop_assert_eq!(scope.covers(&claims, &key).into_iter().collect::<Vec<_>>(), begun);
            let below = scope.fills(&claims, &key, 100).unwrap();
            prop_assert_eq!(below, fills.into_iter().filter(|fill| fill.starts_with(&*key)).collect::<Vec<_>>());
        }

        #[test]
        fn no_text_makes_a_template_panic(text in "[a{}\".\\PC/]{0,20}") {
            _ = Scope::prefix(&text, true);
            _ = Scope::key(&text);
            _ = template::KeyTemplate::parse(&text);
            _ = template::ValueTemplate::parse(&text);
        }
    }

    #[test]
    fn a_scope_meets_a_prefix_where_some_key_is_under_both() {
        let prefix = |text: &str| Scope::prefix(text, true).expect(text);
        let key = |text: &str| Scope::key(text).expect(text);
        let rows = [
            (prefix(""), "logs/", true),
            (prefix(""), "", true),
            (prefix("logs/"), "", true),
            (prefix("logs/"), "logs/", true),
            (prefix("logs/a/"), "logs/", true),
            (prefix("logs/"), "logs/a/", true),
            (prefix("logs/"), "logs", true),
            (prefix("logs/"), "log-", false),
            (prefix("media/"), "logs/", false),
            (prefix("{sub}/"), "logs/", true),
            (prefix("{sub}/a/"), "logs/b/", false),
            (prefix("{sub}/a/"), "logs/a/b", true),
            (prefix("{sub}/a/"), "log", true),
            (prefix("log"), "logs/", true),
            (prefix("logs-"), "logs/", false),
            (prefix("logs/a"), "logs/abc", true),
            (key("logs/a.txt"), "logs/", true),
            (key("logs/a.txt"), "logs/a", true),
            (key("logs/a.txt"), "logs/a.txt", true),
            (key("logs/a.txt"), "logs/a.txt/b", false),
            (key("logs/{sub}"), "logs/a", true),
            (key("logs/{sub}"), "logs/a/b", false),
            (key("logs/{sub}/"), "logs/a/", true),
            (key("logs/{sub}/"), "logs/a/b", false),
        ];
        for (scope, start, met) in rows {
            assert_eq!(scope.meets(start), met, "{} and {start:?}", scope.as_str());
        }
    }
}
