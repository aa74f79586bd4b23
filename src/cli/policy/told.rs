//! The options of `presignd policy` that tell what AWS knows and a configuration does not.

use std::num::NonZeroU32;

use clap::Args;

use crate::cli::Failure;
use crate::cli::policy::Kind;
use crate::domain::aws_policy::told::Account;
use crate::domain::aws_policy::told::Identity;
use crate::domain::aws_policy::told::Told;
use crate::domain::aws_policy::told::Vault;
use crate::domain::aws_policy::told::Vpc;
use crate::domain::name::Name;

/// Each is of some policies alone.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The AWS account of the signing identities, of the access point and of the vault, where no ARN tells it (access-point,
    /// kms, vault-lock)
    #[arg(long, value_name = "ACCOUNT", value_parser = Account::parse)]
    account: Option<Account>,
    /// The user or role whose keys these credentials are, once for each of them (access-point, kms)
    #[arg(long, value_name = "CREDENTIALS=ARN", value_parser = identity)]
    principal: Vec<(Name, Identity)>,
    /// The VPC from within which alone the access point is used (access-point)
    #[arg(long, value_name = "VPC", value_parser = Vpc::parse, requires = "name")]
    vpc: Option<Vpc>,
    /// The vault; left out, one named as the bucket (vault-lock)
    #[arg(long, value_name = "NAME", value_parser = Vault::parse, requires = "name")]
    vault: Option<Vault>,
    /// For how many days archives are kept; left out, as long as the grants demand (vault-lock)
    #[arg(long, value_name = "DAYS")]
    days: Option<NonZeroU32>,
}

fn identity(text: &str) -> Result<(Name, Identity), String> {
    let (name, arn) = text.split_once('=').ok_or("write CREDENTIALS=ARN")?;
    let name = Name::parse(name).map_err(|error| error.to_string())?;
    Ok((name, Identity::parse(arn).map_err(|error| error.to_string())?))
}

impl Options {
    /// The names of the credentials whose identities they tell.
    pub(super) fn signers(&self) -> impl Iterator<Item = &Name> {
        self.principal.iter().map(|(name, _)| name)
    }

    /// What they tell, if all of it is about that kind of policy.
    pub(super) fn told(&self, kind: Kind) -> Result<Told, Failure> {
        let given = [
            ("--account", self.account.is_some(), kind.names_identities() || kind == Kind::VaultLock),
            ("--principal", !self.principal.is_empty(), kind.names_identities()),
            ("--vpc", self.vpc.is_some(), kind == Kind::AccessPoint),
            ("--vault", self.vault.is_some(), kind == Kind::VaultLock),
            ("--days", self.days.is_some(), kind == Kind::VaultLock),
        ];
        if let Some((option, _, _)) = given.iter().find(|(_, is_given, fits)| *is_given && !fits) {
            return Err(Failure::usage(format!("this policy says nothing of {option}: leave it out")));
        }
        Ok(Told {
            account: self.account.clone(),
            identities: self.principal.iter().cloned().collect(),
            vpc: self.vpc.clone(),
            vault: self.vault.clone(),
            days: self.days,
        })
    }
}
