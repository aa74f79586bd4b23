//! Credentials as they are at one instant.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;

use crate::adapters::credentials::held::Held;
use crate::domain::endpoint::Target;
use crate::domain::name::Name;
use crate::domain::policy::CredentialWindows;
use crate::domain::sigv4::Signer;

/// What signs, by name.
#[derive(Default)]
pub struct CredentialSnapshot {
    held: HashMap<Name, Arc<Held>>,
    windows: CredentialWindows,
}

impl CredentialSnapshot {
    /// When each of the credentials can sign. Those that could never be read are absent.
    pub fn windows(&self) -> &CredentialWindows {
        &self.windows
    }

    /// Who signs with these credentials for a target, on the UTC day of `at`; `None` if there are no such credentials,
    /// or they are keys of which none is for that day and target.
    pub fn signer(&self, name: &Name, target: &Target, at: SystemTime) -> Option<Arc<Signer>> {
        self.held.get(name)?.signer(target, at)
    }

    /// The credentials of that name themselves, for calls that are signed whole; `None` if they are keys alone.
    pub fn credentials(&self, name: &Name) -> Option<&Credentials> {
        self.held.get(name)?.credentials()
    }

    /// Whether there are such credentials, but they hold no secret.
    pub fn are_keys_alone(&self, name: &Name) -> bool {
        self.held.get(name).is_some_and(|held| held.credentials().is_none())
    }

    /// This, but with what is held now under that name. Keys derived from all else stay.
    pub(super) fn with(&self, name: &Name, now: Arc<Held>) -> Self {
        let (mut held, mut windows) = (self.held.clone(), self.windows.clone());
        windows.0.insert(name.clone(), now.window());
        held.insert(name.clone(), now);
        Self { held, windows }
    }
}

/// Names only.
impl fmt::Debug for CredentialSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.held.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bucket::Resource;
    use crate::domain::endpoint::EndpointOptions;
    use crate::domain::endpoint::Signing;
    use secrecy::ExposeSecret;
    use std::time::Duration;

    fn snapshot() -> (CredentialSnapshot, Name) {
        let name = Name::parse("main").unwrap();
        let credentials = Credentials::new("AKIA", "hunter2", Some("hunter3".to_owned()), None, "test");
        (CredentialSnapshot::default().with(&name, Arc::new(Held::secret(credentials))), name)
    }

    fn days(count: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(count * 86_400)
    }

    fn target(region: &str, service: &'static str) -> Target {
        let target = Target::resolve(&Resource::parse("acme").unwrap(), &EndpointOptions::default()).unwrap();
        let signing = if region == "*" { Signing::SigV4A } else { Signing::SigV4 };
        Target { region: region.to_owned(), service, signing, ..target }
    }

    #[test]
    fn a_signer_is_made_once_for_each_day_region_and_service() {
        let (snapshot, name) = snapshot();
        let first = snapshot.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap();
        let rows = [
            ("the same", "eu-west-1", "s3", days(20_000), true),
            ("the same day", "eu-west-1", "s3", days(20_001) - Duration::from_secs(1), true),
            ("the next day", "eu-west-1", "s3", days(20_001), false),
            ("another region", "eu-west-2", "s3", days(20_000), false),
            ("another service", "eu-west-1", "s3-object-lambda", days(20_000), false),
        ];
        for (row, region, service, at, same) in rows {
            let signer = snapshot.signer(&name, &target(region, service), at).unwrap();
            assert_eq!(Arc::ptr_eq(&first, &signer), same, "{row}");
        }
        assert_eq!(&*first.access_key_id, "AKIA");
        assert_eq!(first.session_token.as_ref().unwrap().expose_secret(), "hunter3");
        assert!(snapshot.signer(&Name::parse("other").unwrap(), &target("eu-west-1", "s3"), days(20_000)).is_none());
    }

    #[test]
    fn the_signer_for_every_region_is_made_once() {
        let (snapshot, name) = snapshot();
        let first = snapshot.signer(&name, &target("*", "s3"), days(20_000)).unwrap();
        assert!(Arc::ptr_eq(&first, &snapshot.signer(&name, &target("*", "s3"), days(20_100)).unwrap()));
        assert_eq!(first.session_token.as_ref().unwrap().expose_secret(), "hunter3");
        let renewed =
            snapshot.with(&name, Arc::new(Held::secret(Credentials::new("AKIA", "hunter4", None, None, "test"))));
        assert!(!Arc::ptr_eq(&first, &renewed.signer(&name, &target("*", "s3"), days(20_000)).unwrap()));
    }

    #[test]
    fn keys_derived_from_other_credentials_stay() {
        let (snapshot, name) = snapshot();
        let first = snapshot.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap();
        let held = |id: &str| Arc::new(Held::secret(Credentials::new(id, "s", None, None, "test")));
        let other = snapshot.with(&Name::parse("other").unwrap(), held("A"));
        assert!(Arc::ptr_eq(&first, &other.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap()));
        let newer = other.with(&name, held("AKIB"));
        assert_eq!(&*newer.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap().access_key_id, "AKIB");
    }

    #[test]
    fn nothing_prints_a_secret() {
        let (snapshot, name) = snapshot();
        let signer = snapshot.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap();
        assert!(!format!("{snapshot:?} {signer:?}").contains("hunter"));
    }
}
