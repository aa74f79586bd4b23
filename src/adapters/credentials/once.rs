//! Credentials as they are now, for a command that ends: nothing is followed or renewed.

use std::iter::successors;
use std::sync::Arc;

use crate::adapters::config::CredentialsProvider;
#[cfg(feature = "aws")]
use crate::adapters::credentials::aws;
use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::held::Held;
use crate::adapters::credentials::snapshot::CredentialSnapshot;
use crate::adapters::credentials::source;
#[cfg(feature = "aws")]
use crate::adapters::credentials::source::Found;
use crate::domain::name::Name;

/// The credentials of these names, read or asked for once; beside what they hold, what is wrong with the others.
pub async fn read_once<'a>(
    providers: &[(Name, CredentialsProvider)],
    wanted: impl IntoIterator<Item = &'a Name>,
) -> (CredentialSnapshot, Vec<(Name, CredentialsError)>) {
    let mut snapshot = CredentialSnapshot::default();
    let mut failures = Vec::new();
    for (name, provider) in in_order(providers, wanted) {
        let read = match provider {
            #[cfg(feature = "aws")]
            CredentialsProvider::Aws(source) => {
                let from = provider.role().and_then(|(_, name)| snapshot.credentials(name));
                aws::ask(source, from).await.map(Found::Secret)
            }
            CredentialsProvider::Local(source) => source::read(source),
        };
        match read {
            Ok(found) => snapshot = snapshot.with(name, Arc::new(Held::first(found))),
            Err(error) => failures.push((name.clone(), error)),
        }
    }
    (snapshot, failures)
}

/// Those of these names, each once, and after what it is made from: a configuration has no circle of them.
pub fn in_order<'p, 'a>(
    providers: &'p [(Name, CredentialsProvider)],
    wanted: impl IntoIterator<Item = &'a Name>,
) -> Vec<&'p (Name, CredentialsProvider)> {
    let named = |name: &Name| providers.iter().find(|(known, _)| known == name);
    let mut order: Vec<&(Name, CredentialsProvider)> = Vec::new();
    for name in wanted {
        let way: Vec<_> =
            successors(named(name), |(_, provider)| provider.role().and_then(|(_, source)| named(source))).collect();
        for found in way.into_iter().rev() {
            if !order.iter().any(|(known, _)| *known == found.0) {
                order.push(found);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::config::CredentialsSource;
    use crate::domain::policy::Window;

    #[tokio::test]
    async fn reading_once_gives_what_there_is_and_names_what_there_is_not() {
        let [main, other, unasked] = ["main", "other", "unasked"].map(|name| Name::parse(name).unwrap());
        let given =
            CredentialsSource::Given { access_key_id: "GIVEN".to_owned(), secret_access_key: "s".to_owned().into() };
        let absent = CredentialsSource::File { path: "/nonexistent/c.json".into() };
        let [given, absent, unread] = [given, absent.clone(), absent].map(CredentialsProvider::Local);
        let providers = [(main.clone(), given), (other.clone(), absent), (unasked, unread)];
        let (snapshot, failures) = read_once(&providers, [&other, &main, &other]).await;
        assert_eq!(snapshot.credentials(&main).unwrap().access_key_id(), "GIVEN");
        assert_eq!(snapshot.windows().0.get(&main), Some(&Window::Endless));
        let told: Vec<_> = failures.iter().map(|(name, error)| format!("{name}: {error}")).collect();
        assert_eq!(told, ["other: cannot read /nonexistent/c.json: entity not found"]);
    }
}
