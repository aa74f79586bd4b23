//! The actions of a grant: words that stand for sets of rights.

use crate::domain::operation::Operation;

/// One thing that a grant can allow, and a request need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To lift a GOVERNANCE lock with a delete.
    BypassGovernance,
    /// DeleteObject of a version.
    DeleteVersion,
    /// GetObject of a version.
    GetVersion,
    /// HeadObject of a version.
    HeadVersion,
    /// The operation; DeleteObject, GetObject and HeadObject without a version.
    Operation(Operation),
}

impl Right {
    /// Every right, operations first.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [Self::BypassGovernance, Self::DeleteVersion, Self::GetVersion, Self::HeadVersion];
        Operation::all().map(Self::Operation).chain(own)
    }

    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BypassGovernance => "lifting a GOVERNANCE lock with a delete",
            Self::DeleteVersion => "DeleteObject of a version",
            Self::GetVersion => "GetObject of a version",
            Self::HeadVersion => "HeadObject of a version",
            Self::Operation(operation) => operation.as_str(),
        }
    }

    /// Operations have the lower bits, in their own order.
    fn bit(self) -> u32 {
        1 << match self {
            Self::Operation(operation) => operation as u32,
            Self::BypassGovernance => 28,
            Self::DeleteVersion => 29,
            Self::GetVersion => 30,
            Self::HeadVersion => 31,
        }
    }
}

impl From<Operation> for Right {
    fn from(operation: Operation) -> Self {
        Self::Operation(operation)
    }
}

/// A set of rights: what a grant's `actions` allow, or what a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(u32);

impl Rights {
    /// Every right.
    pub const ALL: Self = Self(u32::MAX);

    /// Nothing.
    pub const NONE: Self = Self(0);

    /// The set with this right too.
    pub fn with(self, right: impl Into<Right>) -> Self {
        Self(self.0 | right.into().bit())
    }

    /// What either holds.
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the right is in the set; an operation's is that without a version.
    pub fn allow(self, right: impl Into<Right>) -> bool {
        self.0 & right.into().bit() != 0
    }

    /// Whether all of the others are in the set.
    pub fn allow_all(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// The rights in the set, operations first.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::all().filter(move |right| self.allow(*right))
    }

    /// Whether any of the others is in the set.
    pub fn allow_any(self, others: Self) -> bool {
        others.0 & self.0 != 0
    }
}

/// A word of `actions`: one of presignd's, or an operation's own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Read,
    ReadVersion,
    Write,
    Delete,
    DeleteVersion,
    List,
    Restore,
    BypassGovernance,
    Operation(Operation),
}

impl Action {
    /// presignd's own words; together they stand for every right.
    pub const WORDS: [Self; 8] = [
        Self::Read,
        Self::ReadVersion,
        Self::Write,
        Self::Delete,
        Self::DeleteVersion,
        Self::List,
        Self::Restore,
        Self::BypassGovernance,
    ];

    /// Reads one word of `actions`.
    pub fn named(word: &str) -> Option<Self> {
        let own = Self::WORDS.into_iter().find(|action| action.as_str() == word);
        own.or_else(|| Operation::named(word).map(Self::Operation))
    }

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadVersion => "read_version",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::DeleteVersion => "delete_version",
            Self::List => "list",
            Self::Restore => "restore",
            Self::BypassGovernance => "bypass_governance",
            Self::Operation(operation) => operation.as_str(),
        }
    }

    /// What it allows.
    pub fn allows(self) -> Rights {
        match self {
            Self::Read => Rights::NONE.with(Operation::GetObject).with(Operation::HeadObject),
            Self::ReadVersion => Rights::NONE.with(Right::GetVersion).with(Right::HeadVersion),
            Self::Write => Rights::NONE
                .with(Operation::AbortMultipartUpload)
                .with(Operation::CompleteMultipartUpload)
                .with(Operation::CreateMultipartUpload)
                .with(Operation::ListParts)
                .with(Operation::PostObject)
                .with(Operation::PutObject)
                .with(Operation::UploadPart),
            Self::Delete => Rights::NONE.with(Operation::DeleteObject),
            Self::DeleteVersion => Rights::NONE.with(Right::DeleteVersion),
            Self::List => Rights::NONE.with(Operation::ListObjectsV2),
            Self::Restore => Rights::NONE.with(Operation::RestoreObject),
            Self::BypassGovernance => Rights::NONE.with(Right::BypassGovernance),
            Self::Operation(operation) => Rights::NONE.with(operation),
        }
    }

    /// What it denies: nobody who shuts the latest version means to leave the others open.
    pub fn denies(self) -> Rights {
        match self {
            Self::Read => self.allows().or(Self::ReadVersion.allows()),
            Self::Delete => self.allows().or(Self::DeleteVersion.allows()).or(Self::BypassGovernance.allows()),
            Self::ReadVersion
            | Self::Write
            | Self::DeleteVersion
            | Self::List
            | Self::Restore
            | Self::BypassGovernance
            | Self::Operation(_) => self.allows(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_right_is_another_one() {
        let rights: Vec<Right> = Right::all().collect();
        for (place, right) in rights.iter().enumerate() {
            let same: Vec<usize> =
                (0..rights.len()).filter(|at| Rights::NONE.with(*right).allow(rights[*at])).collect();
            assert_eq!(same, [place], "{right:?}");
        }
    }

    #[test]
    fn the_words_stand_for_every_right_once() {
        for right in Right::all() {
            let words = Action::WORDS.into_iter().filter(|action| action.allows().allow(right));
            assert_eq!(words.count(), 1, "{right:?}");
        }
    }

    #[test]
    fn a_word_reads_back() {
        for action in Action::WORDS.into_iter().chain(Operation::all().map(Action::Operation)) {
            assert_eq!(Action::named(action.as_str()), Some(action));
        }
    }
}
