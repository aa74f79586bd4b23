//! What S3 answered to a question: set, unset, or why it did not say.

use roxmltree::Node;

use crate::domain::diagnose::Answer;
use crate::domain::doctor::question::Row;
use crate::domain::xml;

/// An answer of S3's, as it came.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// `x-amz-bucket-region`.
    pub region: Option<String>,
    pub body: String,
}

/// What is known of one setting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Heard<T> {
    /// Nobody asked.
    #[default]
    NotAsked,
    Set(T),
    Unset,
    Silent(Silence),
}

/// Why a store did not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// Whoever asked may not.
    Denied,
    /// There was no answer, or one that is none of S3's: what it was.
    Failed(String),
    /// The store does not know the question.
    Unknown,
}

impl<T> Heard<T> {
    /// Why the store did not say.
    pub fn silence(&self) -> Option<&Silence> {
        match self {
            Self::Silent(silence) => Some(silence),
            Self::NotAsked | Self::Set(_) | Self::Unset => None,
        }
    }

    /// What is set.
    pub fn set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::NotAsked | Self::Unset | Self::Silent(_) => None,
        }
    }
}

impl Reply {
    /// What an answer in XML says. `read` gives nothing where the element says that nothing is set.
    pub(super) fn xml<T>(&self, row: Row, read: impl FnOnce(Node<'_, '_>) -> Option<T>) -> Heard<T> {
        if !self.is_success() {
            return self.refusal(row);
        }
        let Some(document) = xml::document(&self.body, MOST_NODES) else {
            return Heard::Silent(Silence::Failed("what it answered is no XML".to_owned()));
        };
        let root = document.root_element();
        match root.tag_name().name() {
            // Ceph's gateway puts a word before `PublicAccessBlockConfiguration`.
            name if name.ends_with(row.element) => read(root).map_or(Heard::Unset, Heard::Set),
            // It lists the bucket's objects where it does not know a sub-resource.
            "ListBucketResult" => Heard::Silent(Silence::Unknown),
            _ => Heard::Silent(Silence::Failed("what it answered is another document".to_owned())),
        }
    }

    /// What an answer that is a text says.
    pub(super) fn text<T>(&self, row: Row, read: impl FnOnce(&str) -> Option<T>) -> Heard<T> {
        if !self.is_success() {
            return self.refusal(row);
        }
        let unreadable = || Heard::Silent(Silence::Failed("what it answered is no policy in JSON".to_owned()));
        read(&self.body).map_or_else(unreadable, Heard::Set)
    }

    fn refusal<T>(&self, row: Row) -> Heard<T> {
        let code = self.code();
        if !row.unset.is_empty() && code.as_deref() == Some(row.unset) {
            return Heard::Unset;
        }
        Heard::Silent(match (code.as_deref(), self.status) {
            (Some("AccessDenied" | "AllAccessDisabled" | "Forbidden"), _) | (None, 403) => Silence::Denied,
            (Some("NotImplemented" | "MethodNotAllowed" | "UnsupportedOperation"), _) | (None, 405 | 501) => {
                Silence::Unknown
            }
            (Some(code), status) => Silence::Failed(format!("{status} {code}")),
            (None, status) => Silence::Failed(format!("{status} without an error of S3's")),
        })
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The code of the error that it is.
    pub(super) fn code(&self) -> Option<String> {
        self.error().map(|error| error.code)
    }

    pub(super) fn error(&self) -> Option<Answer> {
        Answer::parse(&self.body).ok()
    }
}

/// A lifecycle has a thousand rules at most, CORS a hundred.
const MOST_NODES: u32 = 65_536;

/// The texts of the children of that name.
pub(super) fn texts<'d>(node: Node<'d, '_>, name: &'static str) -> impl Iterator<Item = &'d str> {
    children(node, name).map(|child| child.text().unwrap_or_default().trim())
}

/// The children of that name.
pub(super) fn children<'d, 'i>(node: Node<'d, 'i>, name: &'static str) -> impl Iterator<Item = Node<'d, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

/// The first child of that name.
pub(super) fn child<'d, 'i>(node: Node<'d, 'i>, name: &'static str) -> Option<Node<'d, 'i>> {
    children(node, name).next()
}

/// Its text, if there is any.
pub(super) fn text<'d>(node: Node<'d, '_>, name: &'static str) -> Option<&'d str> {
    texts(node, name).next().filter(|text| !text.is_empty())
}
