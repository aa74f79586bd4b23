//! Which grants can cover a key, found by walking the key's segments: the cost does not grow with the number of grants.

use std::collections::HashMap;

use crate::domain::action::Rights;
use crate::domain::claims::ClaimPath;
use crate::domain::claims::Claims;
use crate::domain::claims::Value;
use crate::domain::grant::Claim;
use crate::domain::grant::Condition;
use crate::domain::grant::Grant;
use crate::domain::grant::Quantifier;
use crate::domain::grant::Scalar;
use crate::domain::scope::End;
use crate::domain::scope::Segment;
use crate::domain::template;

/// A grant's place in the configuration.
pub type Place = usize;

/// A tree of prefixes, a node a segment.
#[derive(Debug, Default)]
pub struct Index {
    root: Node,
}

/// What the walk needs of a caller: the claims, and the issuer's scopes among them.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    pub claims: &'a Claims,
    pub scopes: &'a [String],
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<Box<str>, Node>,
    claims: Vec<(ClaimPath, Node)>,
    /// Prefixes that end here.
    whole: Bundle,
    /// Raw prefixes whose open last segment begins here, by its text.
    open: HashMap<Box<str>, Bundle>,
    /// The lengths of those texts, each once.
    open_lengths: Vec<usize>,
    /// Keys whose last segment is this node's.
    keys: Bundle,
    /// Keys that end in this node's segment and a slash.
    folder_keys: Bundle,
    /// What any grant here or below speaks of.
    rights: Rights,
}

/// Grants of one prefix. Those that ask for a claim's value are found by it.
#[derive(Debug, Default)]
struct Bundle {
    plain: Vec<Place>,
    by_claim: Vec<(Claim, ByValue)>,
}

type ByValue = HashMap<Box<str>, Vec<Place>>;

impl Index {
    /// Adds a grant, of which its place in the configuration is kept.
    pub fn add(&mut self, place: Place, grant: &Grant) {
        let rights = grant.rights();
        let mut node = &mut self.root;
        node.rights = node.rights.or(rights);
        for segment in grant.scope.segments() {
            node = node.child(segment);
            node.rights = node.rights.or(rights);
        }
        match grant.scope.end() {
            End::Whole => node.whole.add(place, grant),
            End::Key => node.keys.add(place, grant),
            End::FolderKey => node.folder_keys.add(place, grant),
            End::Open(text) => {
                if !node.open_lengths.contains(&text.len()) {
                    node.open_lengths.push(text.len());
                }
                node.open.entry(text.clone()).or_default().add(place, grant);
            }
        }
    }

    /// The grants whose filled-in prefix begins `text`, or whose key is it; some that ask for other claims may be
    /// among them. In the configuration's order.
    pub fn covering(&self, holder: Holder<'_>, text: &str) -> Vec<Place> {
        let mut found = Vec::new();
        self.root.covering(holder, text, text.is_empty(), &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The grants that speak of what is needed whose filled-in prefix or key may begin with `start`, and some others. In
    /// the configuration's order.
    pub fn below(&self, holder: Holder<'_>, needed: Rights, start: &str) -> Vec<Place> {
        let mut found = Vec::new();
        self.root.below(holder, needed, start, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Node {
    fn child(&mut self, segment: &Segment) -> &mut Node {
        match segment {
            Segment::Literal(text) => self.literals.entry(text.clone()).or_default(),
            Segment::Claim(path) => {
                let known = self.claims.iter().position(|(known, _)| known == path);
                let at = known.unwrap_or_else(|| {
                    self.claims.push((path.clone(), Node::default()));
                    self.claims.len() - 1
                });
                #[expect(clippy::indexing_slicing, reason = "just found or pushed")]
                &mut self.claims[at].1
            }
        }
    }

    fn covering(&self, holder: Holder<'_>, rest: &str, at_start: bool, found: &mut Vec<Place>) {
        self.whole.collect(holder, found);
        for length in &self.open_lengths {
            if let Some(bundle) = rest.get(..*length).and_then(|open| self.open.get(open)) {
                bundle.collect(holder, found);
            }
        }
        if rest.is_empty() {
            if !at_start {
                self.folder_keys.collect(holder, found);
            }
            return;
        }
        match rest.split_once('/') {
            Some((segment, tail)) => {
                self.children(holder, segment, |child| child.covering(holder, tail, false, found));
            }
            None => self.children(holder, rest, |child| child.keys.collect(holder, found)),
        }
    }

    fn below(&self, holder: Holder<'_>, needed: Rights, start: &str, found: &mut Vec<Place>) {
        if !self.rights.allow_any(needed) {
            return;
        }
        if let Some((segment, tail)) = start.split_once('/') {
            return self.children(holder, segment, |child| child.below(holder, needed, tail, found));
        }
        if start.is_empty() {
            self.folder_keys.collect(holder, found);
        }
        let opens = self.open.iter().filter(|(text, _)| text.starts_with(start));
        opens.for_each(|(_, bundle)| bundle.collect(holder, found));
        let literals = self.literals.iter().filter(|(text, _)| text.starts_with(start)).map(|(_, child)| child);
        let claims = self.claims.iter().map(|(_, child)| child);
        literals.chain(claims).for_each(|child| child.subtree(holder, needed, found));
    }

    fn subtree(&self, holder: Holder<'_>, needed: Rights, found: &mut Vec<Place>) {
        if !self.rights.allow_any(needed) {
            return;
        }
        let here = [&self.whole, &self.keys, &self.folder_keys];
        here.into_iter().chain(self.open.values()).for_each(|bundle| bundle.collect(holder, found));
        let children = self.literals.values().chain(self.claims.iter().map(|(_, child)| child));
        children.for_each(|child| child.subtree(holder, needed, found));
    }

    fn children(&self, holder: Holder<'_>, segment: &str, mut visit: impl FnMut(&Node)) {
        if let Some(child) = self.literals.get(segment) {
            visit(child);
        }
        for (path, child) in &self.claims {
            if template::fills_in(holder.claims, path, segment) {
                visit(child);
            }
        }
    }
}

impl Bundle {
    fn add(&mut self, place: Place, grant: &Grant) {
        let Some((claim, values)) = grant.when.iter().find_map(indexable) else {
            return self.plain.push(place);
        };
        let known = self.by_claim.iter().position(|(known, _)| known == claim);
        let at = known.unwrap_or_else(|| {
            self.by_claim.push((claim.clone(), HashMap::new()));
            self.by_claim.len() - 1
        });
        if let Some((_, places)) = self.by_claim.get_mut(at) {
            values.into_iter().for_each(|value| places.entry(value.into()).or_default().push(place));
        }
    }

    fn collect(&self, holder: Holder<'_>, found: &mut Vec<Place>) {
        found.extend(&self.plain);
        for (claim, places) in &self.by_claim {
            for value in texts(holder, claim) {
                found.extend(places.get(value).into_iter().flatten());
            }
        }
    }
}

/// A condition that one of these strings meets: the first such of a grant finds it.
fn indexable(condition: &Condition) -> Option<(&Claim, Vec<&str>)> {
    let text = |scalar: &'_ Scalar| matches!(scalar, Scalar::String(_));
    let any = condition.quantifier == Quantifier::Any && condition.values.iter().all(text);
    let values = condition.values.iter().filter_map(|scalar| match scalar {
        Scalar::String(text) => Some(text.as_str()),
        Scalar::Bool(_) | Scalar::Integer(_) | Scalar::Float(_) => None,
    });
    any.then(|| (&condition.claim, values.collect()))
}

/// The strings that a caller has at a claim, each once.
fn texts<'a>(holder: Holder<'a>, claim: &Claim) -> Vec<&'a str> {
    let mut texts: Vec<&str> = match claim {
        Claim::Scope => holder.scopes.iter().map(String::as_str).collect(),
        Claim::At(path) => match holder.claims.at(path) {
            Some(Value::String(text)) => vec![text],
            Some(Value::List(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        },
    };
    texts.sort_unstable();
    texts.dedup();
    texts
}
