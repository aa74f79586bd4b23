//! The path of a claim: it is written as it is read, and finds what stands there and nothing else.

use presignd::domain::claims::ClaimPath;
use presignd::domain::claims::Claims;
use presignd::domain::claims::Value;
use presignd::domain::scope::Scope;
use presignd::domain::scope::Segment;
use serde_json::Value as Json;

use super::line;
use super::same;

/// The input's first line is the path as a template has it between braces, the rest the claims.
pub fn hold(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (text, claims) = line(text);
    let Some(path) = path(text) else { return };
    assert_eq!(self::path(&path.to_string()), Some(path.clone()), "{text:?} is written as {path}");
    let Ok(ours) = serde_json::from_str::<Value>(claims) else { return };
    let theirs: Json = serde_json::from_str(claims).expect("what is refused by nobody else is read");
    assert!(same(&ours, &theirs), "{ours:?}");
    let Some(ours) = Claims::of(ours) else { return };
    let found = names(text).iter().try_fold(&theirs, |value, name| value.as_object()?.get(*name));
    match (ours.at(&path), found) {
        (Some(ours), Some(theirs)) => assert!(same(ours, theirs), "{ours:?}"),
        (ours, theirs) => assert!(ours.is_none() && theirs.is_none(), "{ours:?} instead of {theirs:?}"),
    }
}

/// The path, if that is what the text is.
fn path(text: &str) -> Option<ClaimPath> {
    let scope = Scope::prefix(&format!("{{{text}}}/"), false).ok()?;
    match scope.segments() {
        [Segment::Claim(path)] => Some(path.clone()),
        _ => None,
    }
}

/// The names of a path that is one: between dots, of which those in quotes do not count.
fn names(path: &str) -> Vec<&str> {
    let mut quoted = false;
    let names = path.split(|c| {
        quoted ^= c == '"';
        c == '.' && !quoted
    });
    names.map(|name| name.trim_matches('"')).collect()
}
