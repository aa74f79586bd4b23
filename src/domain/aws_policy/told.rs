//! What AWS knows and a configuration does not: accounts, identities, networks, vaults. Whoever asks for a policy may tell.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;

use crate::domain::name::Name;
use crate::domain::region::Partition;
use crate::domain::role::RoleArn;

/// What was told beside the configuration.
#[derive(Debug, Default)]
pub struct Told {
    /// Of the identities, and of what no ARN tells the account of.
    pub account: Option<Account>,
    /// Who signs with credentials, by their name.
    pub identities: BTreeMap<Name, Identity>,
    /// From within which alone an access point is used.
    pub vpc: Option<Vpc>,
    /// The vault that is locked; without it one named as the bucket.
    pub vault: Option<Vault>,
    /// For how long a vault's archives are kept.
    pub days: Option<NonZeroU32>,
}

impl Told {
    /// Takes note of the role that signs with these credentials, unless another identity was told of.
    pub fn add_role(&mut self, name: &Name, role: &RoleArn) {
        if let Ok(identity) = Identity::parse(role.as_str()) {
            self.identities.entry(name.clone()).or_insert(identity);
        }
    }
}

/// An AWS account, by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(Box<str>);

/// A text that is no [`Account`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account is 12 digits")]
pub struct InvalidAccount;

impl Account {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, InvalidAccount> {
        match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(Self(text.into())),
            false => Err(InvalidAccount),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user, a role or a whole account, by its ARN.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(Box<str>);

/// A text that is no [`Identity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an identity is the ARN of a user or role, such as arn:aws:iam::111122223333:role/presignd")]
pub struct InvalidIdentity;

impl Identity {
    /// Reads the ARN of a user, a role or an account's root. A star would let in more than one.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentity> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return Err(InvalidIdentity) };
        let path = ["user/", "role/"].iter().find_map(|kind| resource.strip_prefix(kind));
        let is_one = *resource == "root" || path.is_some_and(|path| !path.is_empty() && path.bytes().all(is_of_path));
        match partition.starts_with("aws") && Account::parse(account).is_ok() && is_one {
            true => Ok(Self(text.into())),
            false => Err(InvalidIdentity),
        }
    }
}

/// The ARN of an account as such, which leaves it to the policies of its users and roles.
pub(super) fn root(partition: &Partition, account: &str) -> String {
    format!("arn:{}:iam::{account}:root", partition.id)
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names>
fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/_+=,.@-".contains(&byte)
}

/// The account that an ARN names.
pub(super) fn account(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3))
}

/// What to know where an account stands for identities that nothing was told of.
pub(super) fn left_to(root: &str, signers: BTreeSet<&str>) -> String {
    let signers = signers.into_iter().collect::<Vec<_>>().join(", ");
    format!(
        "{root} leaves it to that account's policies, such as those of presignd policy iam: --principal CREDENTIALS=ARN \
         allows the identity alone that signs (for {signers})"
    )
}

/// A virtual private cloud, by its id.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpc(Box<str>);

/// A text that is no [`Vpc`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a VPC is vpc- and 8 or 17 hexadecimal digits")]
pub struct InvalidVpc;

impl Vpc {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, InvalidVpc> {
        let digits = text.strip_prefix("vpc-").ok_or(InvalidVpc)?;
        let fits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match [8, 17].contains(&digits.len()) && digits.bytes().all(fits) {
            true => Ok(Self(text.into())),
            false => Err(InvalidVpc),
        }
    }
}

impl fmt::Display for Vpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A vault of Amazon Glacier, by its name.
/// <https://docs.aws.amazon.com/amazonglacier/latest/dev/api-vault-put.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault(Box<str>);

/// A text that is no [`Vault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a vault's name is 1 to 255 of the characters A-Z a-z 0-9 . _ -")]
pub struct InvalidVault;

impl Vault {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, InvalidVault> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        match (1..=255).contains(&text.len()) && text.bytes().all(fits) {
            true => Ok(Self(text.into())),
            false => Err(InvalidVault),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_one_user_role_or_account_by_its_arn() {
        let rows = [
            ("arn:aws:iam::111122223333:role/presignd", true),
            ("arn:aws-cn:iam::111122223333:user/teams/a/presignd@acme", true),
            ("arn:aws:iam::111122223333:root", true),
            ("*", false),
            ("111122223333", false),
            ("arn:aws:iam::*:role/presignd", false),
            ("arn:aws:iam::111122223333:role/*", false),
            ("arn:aws:iam::111122223333:role/${aws:username}", false),
            ("arn:aws:iam::111122223333:role/", false),
            ("arn:aws:iam::111122223333:group/all", false),
            ("arn:aws:sts::111122223333:assumed-role/presignd/session", false),
            ("arn:aws:iam:eu-west-1:111122223333:role/presignd", false),
            ("arn:aws:iam::11112222333:role/presignd", false),
        ];
        for (text, expected) in rows {
            assert_eq!(Identity::parse(text).is_ok_and(|read| read.to_string() == text), expected, "{text}");
        }
    }

    #[test]
    fn a_vpc_is_one_by_its_id() {
        for (text, expected) in [
            ("vpc-1a2b3c4d", true),
            ("vpc-0123456789abcdef0", true),
            ("vpc-1a2b3c4", false),
            ("vpc-1A2B3C4D", false),
            ("vpc-*", false),
            ("1a2b3c4d", false),
        ] {
            assert_eq!(Vpc::parse(text).is_ok_and(|read| read.to_string() == text), expected, "{text}");
        }
    }

    #[test]
    fn accounts_and_vaults_are_what_an_arn_can_carry() {
        let longest = "v".repeat(255);
        for (text, account, vault) in [
            ("111122223333", true, true),
            ("11112222333", false, true),
            ("1111-2222-3333", false, true),
            ("photos.2026_a-b", false, true),
            (longest.as_str(), false, true),
            (&format!("{longest}v"), false, false),
            ("*", false, false),
            ("a:b", false, false),
            ("", false, false),
        ] {
            assert_eq!((Account::parse(text).is_ok(), Vault::parse(text).is_ok()), (account, vault), "{text}");
        }
    }
}
