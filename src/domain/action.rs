//! The actions of a grant: words that stand for sets of operations.

use crate::domain::operation::Operation;

/// What a grant's `actions` allow: a set of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Actions(u32);

impl Actions {
    /// Every operation.
    pub const ALL: Self = Self(u32::MAX);

    /// Nothing.
    pub const NONE: Self = Self(0);

    /// The set with this operation too.
    pub fn with(self, operation: Operation) -> Self {
        Self(self.0 | bit(operation))
    }

    /// What either holds.
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the operation is in the set.
    pub fn allow(self, operation: Operation) -> bool {
        self.0 & bit(operation) != 0
    }

    /// The operations in the set, in the order of their names.
    pub fn operations(self) -> impl Iterator<Item = Operation> {
        Operation::all().filter(move |operation| self.allow(*operation))
    }
}

fn bit(operation: Operation) -> u32 {
    1 << operation as u32
}

/// A word of `actions`: one of presignd's, or an operation's own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Read,
    Write,
    Delete,
    List,
    Operation(Operation),
}

/// Why a text is no [`Action`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAction {
    #[error("not available in this version")]
    NotAvailable,
    #[error("no such action")]
    Unknown,
}

impl Action {
    /// Reads one word of `actions`.
    pub fn parse(word: &str) -> Result<Self, InvalidAction> {
        match word {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "delete" => Ok(Self::Delete),
            "list" => Ok(Self::List),
            _ if LATER.contains(&word) => Err(InvalidAction::NotAvailable),
            _ => Operation::named(word).map(Self::Operation).ok_or(InvalidAction::Unknown),
        }
    }

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Operation(operation) => operation.as_str(),
        }
    }

    /// The operations that it stands for.
    pub fn operations(self) -> Actions {
        match self {
            Self::Read => Actions::NONE.with(Operation::GetObject).with(Operation::HeadObject),
            Self::Write => Actions::NONE
                .with(Operation::AbortMultipartUpload)
                .with(Operation::CompleteMultipartUpload)
                .with(Operation::CreateMultipartUpload)
                .with(Operation::ListParts)
                .with(Operation::PutObject)
                .with(Operation::UploadPart),
            Self::Delete => Actions::NONE.with(Operation::DeleteObject),
            Self::List => Actions::NONE.with(Operation::ListObjectsV2),
            Self::Operation(operation) => Actions::NONE.with(operation),
        }
    }
}

/// Actions of the contract whose operations this version does not have.
const LATER: [&str; 6] =
    ["read_version", "delete_version", "restore", "bypass_governance", "PostObject", "RestoreObject"];
