//! A name that a command was told, found in the configuration.

use std::borrow::Borrow;

use crate::cli::Failure;

/// The one of that name, or a failure: `what` says what it should have been.
pub fn known<'a, N: Borrow<str> + 'a, T>(
    what: &str,
    all: impl IntoIterator<Item = (&'a N, T)>,
    name: &str,
) -> Result<T, Failure> {
    let found = all.into_iter().find(|(known, _)| (*known).borrow() == name);
    found.map(|(_, one)| one).ok_or_else(|| Failure::usage(format!("the configuration has no {what} {name:?}")))
}
