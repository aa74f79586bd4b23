//! The commands that mend: the AWS CLI's, and what `presignd policy` derives.

use crate::domain::doctor::place::Place;
use crate::domain::name::Name;
use crate::domain::shell::word;

/// Where the commands go.
pub(super) struct Mend<'a> {
    pub(super) place: &'a Place,
    pub(super) is_on_aws: bool,
    pub(super) alias: &'a Name,
    /// The configuration's file, as a word for a shell.
    pub(super) file: &'a str,
}

impl Mend<'_> {
    /// `aws s3api COMMAND --bucket … OPTIONS`, with these options as they stand.
    pub(super) fn s3api(&self, command: &str, options: &str) -> String {
        let there = match self.is_on_aws {
            true => format!("--region {}", self.place.target.region),
            false => format!("--endpoint-url {}", word(&self.place.endpoint())),
        };
        format!("aws s3api {command} --bucket {} {there} {options}", self.place.name)
    }

    /// Sets what `presignd policy KIND` derives, which replaces what is there.
    pub(super) fn derived(&self, kind: &str, command: &str, option: &str) -> String {
        let policy = format!("{option} \"$({})\"", self.policy(kind));
        self.s3api(command, &policy)
    }

    /// The command that prints a policy of this bucket.
    pub(super) fn policy(&self, kind: &str) -> String {
        format!("presignd policy {kind} --config {} {}", self.file, self.alias)
    }
}
