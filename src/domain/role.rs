//! A role of IAM, and what the call of STS that assumes it carries.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::fmt;

use crate::domain::region::Partition;

/// A role, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleArn {
    text: Box<str>,
    partition: &'static Partition,
}

/// A text that is no [`RoleArn`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the ARN of a role; write one such as \"arn:aws:iam::111122223333:role/uploads\"")]
pub struct InvalidRoleArn;

impl RoleArn {
    /// Reads an ARN: a partition that is known, an account, and a role's name, perhaps below a path.
    pub fn parse(text: &str) -> Result<Self, InvalidRoleArn> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return Err(InvalidRoleArn) };
        let partition = Partition::named(partition).ok_or(InvalidRoleArn)?;
        let path = resource.strip_prefix("role/").ok_or(InvalidRoleArn)?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_role = (1..=64).contains(&name.len()) && path.bytes().all(|byte| is_of_name(byte) || byte == b'/');
        match is_role && is_account(account) && text.len() <= 2048 {
            true => Ok(Self { text: text.into(), partition }),
            false => Err(InvalidRoleArn),
        }
    }

    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition that the role is in.
    pub fn partition(&self) -> &'static Partition {
        self.partition
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Twelve digits at AWS. The roles of Ceph, which has an STS too, are in none or in one of its own accounts:
/// <https://docs.ceph.com/en/latest/radosgw/account/>
fn is_account(text: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.is_empty() || digits(text, 12) || text.strip_prefix("RGW").is_some_and(|rest| digits(rest, 17))
}

/// What a session of a role is called: CloudTrail and S3's access log show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionName(Box<str>);

/// A text that is no [`SessionName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session's name is 2 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -; write one such as \"presignd\"")]
pub struct InvalidSessionName;

impl SessionName {
    /// Reads a name as it stands.
    pub fn parse(text: &str) -> Result<Self, InvalidSessionName> {
        match (2..=64).contains(&text.len()) && text.bytes().all(is_of_name) {
            true => Ok(Self(text.into())),
            false => Err(InvalidSessionName),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SessionName {
    fn default() -> Self {
        Self("presignd".into())
    }
}

/// What the owner of a role in another account agreed on with whoever assumes it. No secret:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId(Box<str>);

/// A text that is no [`ExternalId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an external id is 2 to 1224 of the characters A-Z a-z 0-9 _ + = , . @ : / -; write what the role's owner gave"
)]
pub struct InvalidExternalId;

impl ExternalId {
    /// Reads an id as it stands.
    pub fn parse(text: &str) -> Result<Self, InvalidExternalId> {
        let fits = |byte| is_of_name(byte) || b":/".contains(&byte);
        match (2..=1224).contains(&text.len()) && text.bytes().all(fits) {
            true => Ok(Self(text.into())),
            false => Err(InvalidExternalId),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `[\w+=,.@-]`.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_role_is_known_by_its_arn() {
        let (longest, longer) = ("r".repeat(64), "r".repeat(65));
        let rows = [
            ("arn:aws:iam::111122223333:role/uploads", Some("aws")),
            ("arn:aws-cn:iam::111122223333:role/teams/media/up+loads=a,b.c@d-e_f", Some("aws-cn")),
            ("arn:aws-us-gov:iam::111122223333:role/uploads", Some("aws-us-gov")),
            ("arn:aws:iam:::role/uploads", Some("aws")),
            ("arn:aws:iam::RGW12345678901234567:role/uploads", Some("aws")),
            (&format!("arn:aws:iam::111122223333:role/{longest}"), Some("aws")),
            (&format!("arn:aws:iam::111122223333:role/{longer}"), None),
            ("arn:aws:iam::111122223333:role/", None),
            ("arn:aws:iam::111122223333:role/teams/", None),
            ("arn:aws:iam::111122223333:role/*", None),
            ("arn:aws:iam::111122223333:role/up loads", None),
            ("arn:aws:iam::111122223333:user/uploads", None),
            ("arn:aws:iam::11112222333:role/uploads", None),
            ("arn:aws:iam::RGW1:role/uploads", None),
            ("arn:aws:iam:eu-west-1:111122223333:role/uploads", None),
            ("arn:aws:sts::111122223333:assumed-role/uploads/session", None),
            ("arn:aws-mars:iam::111122223333:role/uploads", None),
            ("111122223333:role/uploads", None),
            ("uploads", None),
            ("", None),
        ];
        for (text, partition) in rows {
            let read = RoleArn::parse(text).ok();
            assert_eq!(read.as_ref().map(|role| role.partition().id), partition, "{text}");
            assert!(read.is_none_or(|role| role.as_str() == text), "{text}");
        }
    }

    #[test]
    fn names_of_sessions_and_external_ids_are_what_sts_takes() {
        let (n64, n65, n1224, n1225) = ("n".repeat(64), "n".repeat(65), "n".repeat(1224), "n".repeat(1225));
        for (text, session, external) in [
            ("presignd", true, true),
            ("a_b+c=d,e.f@g-h", true, true),
            ("ab", true, true),
            ("a", false, false),
            ("", false, false),
            ("a:b/c", false, true),
            ("a b", false, false),
            ("ab\n", false, false),
            ("grün", false, false),
            (&n64, true, true),
            (&n65, false, true),
            (&n1224, false, true),
            (&n1225, false, false),
        ] {
            assert_eq!(
                (SessionName::parse(text).is_ok(), ExternalId::parse(text).is_ok()),
                (session, external),
                "{text}"
            );
        }
        assert!(SessionName::parse(SessionName::default().as_str()).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_read_is_kept_as_it_stands(text in "(arn:aws:iam::[0-9]{12}:role/)?\\PC{0,80}") {
            prop_assert!(RoleArn::parse(&text).is_ok_and(|read| read.as_str() == text) || RoleArn::parse(&text).is_err());
            prop_assert!(SessionName::parse(&text).is_ok_and(|read| read.as_str() == text) || SessionName::parse(&text).is_err());
            prop_assert!(ExternalId::parse(&text).is_ok_and(|read| read.as_str() == text) || ExternalId::parse(&text).is_err());
        }
    }
}
