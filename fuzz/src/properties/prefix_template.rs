//! The template of a prefix or a key: claims fill in whole segments, and cover no key but those below.

use presignd::domain::claims::Claims;
use presignd::domain::claims::Value;
use presignd::domain::scope::End;
use presignd::domain::scope::Scope;
use presignd::domain::scope::Segment;

use super::is_key;
use super::line;

/// The input's lines are the template, the claims, and a key.
pub fn hold(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (template, rest) = line(text);
    let (claims, key) = line(rest);
    let Some(claims) = serde_json::from_str::<Value>(claims).ok().and_then(Claims::of) else { return };
    for scope in [Scope::prefix(template, false), Scope::prefix(template, true), Scope::key(template)] {
        let Ok(scope) = scope else { continue };
        let Some(fills) = scope.fills(&claims, "", MOST) else { continue };
        fills.iter().for_each(|fill| is_filled_in(&scope, &claims, fill));
        if is_key(key) {
            let begun = |fill: &&String| if scope.is_key() { key == **fill } else { key.starts_with(&**fill) };
            let covered: Vec<usize> = fills.iter().filter(begun).map(String::len).collect();
            assert_eq!(scope.covers(&claims, key).into_iter().collect::<Vec<_>>(), covered, "{template} {key}");
        }
    }
}

/// Each segment is the template's own, or one that the claim at its path gives whole.
fn is_filled_in(scope: &Scope, claims: &Claims, fill: &str) {
    let mut parts: Vec<&str> = fill.split('/').collect();
    match scope.end() {
        End::Whole | End::FolderKey => assert_eq!(parts.pop(), Some(""), "{fill}"),
        End::Open(open) => assert_eq!(parts.pop(), Some(&**open), "{fill}"),
        End::Key => {}
    }
    assert_eq!(parts.len(), scope.segments().len(), "{fill}");
    for (part, segment) in parts.into_iter().zip(scope.segments()) {
        assert!(is_key(part), "{fill}");
        match segment {
            Segment::Literal(literal) => assert_eq!(**literal, *part, "{fill}"),
            Segment::Claim(path) => assert!(part.len() <= 256 && gives(claims.at(path), part), "{fill}"),
        }
    }
}

fn gives(claim: Option<&Value>, part: &str) -> bool {
    match claim {
        Some(Value::String(text)) => text == part,
        Some(Value::Integer(number)) => number.to_string() == part,
        Some(Value::List(items)) => items.iter().any(|item| *item == Value::String(part.to_owned())),
        _ => false,
    }
}

const MOST: usize = 100;
