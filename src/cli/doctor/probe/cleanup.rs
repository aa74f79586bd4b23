//! What the probe made goes away: versions, delete markers and uploads in parts too.

use roxmltree::Node;

use super::Prober;
use super::used::came;
use super::used::read;
use crate::adapters::s3::Call;

impl Prober<'_> {
    /// Removes everything below the probe's folder. What is left, or may be.
    pub(super) async fn clean(&self) -> Vec<String> {
        let uploads = self.begun.lock().map(|begun| begun.clone()).unwrap_or_default();
        for (key, id) in uploads {
            // One that was completed is there no more.
            _ = self.signed(&Call { query: &[("uploadId", &id)], ..self.of("DELETE", &key, &[]) }, self.writer).await;
        }
        let there = match self.listed().await {
            Ok(there) => there,
            Err(why) => return vec![format!("what is below {} ({why})", self.folder)],
        };
        // A store that looks at no prefix, or lies, lists what is not the probe's to remove.
        let (own, others): (Vec<_>, Vec<_>) = there.into_iter().partition(|(key, _)| key.starts_with(self.folder));
        let mut left = Vec::new();
        if !others.is_empty() {
            left.push(format!("what is below {} (the list has other keys too)", self.folder));
        }
        for (key, version) in own {
            if !self.removed(&key, version.as_deref()).await {
                left.push(key);
            }
        }
        left
    }

    async fn removed(&self, key: &str, version: Option<&str>) -> bool {
        let named = version.map(|version| ("versionId", version));
        let call = Call { query: named.as_slice(), ..self.of("DELETE", key, &[]) };
        for credentials in [self.writer, self.reader] {
            if let Ok(answer) = self.signed(&call, credentials).await
                && came(&answer)
            {
                // Without a version to name, a bucket that keeps them only hides the object.
                return version.is_some() || answer.header("x-amz-delete-marker") != Some("true");
            }
        }
        false
    }

    /// Keys and versions below the folder: fewer than a page holds.
    async fn listed(&self) -> Result<Vec<(String, Option<String>)>, String> {
        let versions = [("prefix", self.folder), ("versions", "")];
        let answer = self.asked(&Call::of_bucket(self.target, &versions)).await?;
        if came(&answer) {
            return objects(&answer.text());
        }
        let plain = [("list-type", "2"), ("prefix", self.folder)];
        let answer = self.asked(&Call::of_bucket(self.target, &plain)).await?;
        match came(&answer) {
            true => objects(&answer.text()),
            false => Err(format!("the list is answered {}", answer.status)),
        }
    }
}

/// The objects, versions and delete markers that a list has.
fn objects(xml: &str) -> Result<Vec<(String, Option<String>)>, String> {
    let document = read(xml).ok_or("the list is no XML, or has more in it than the probe made")?;
    let entries = document.descendants();
    let entries = entries.filter(|node| ["Contents", "DeleteMarker", "Version"].contains(&node.tag_name().name()));
    let text = |entry: &Node<'_, '_>, name: &str| {
        let child = entry.children().find(|child| child.tag_name().name() == name)?;
        child.text().map(str::to_owned)
    };
    // A bucket without versions has them all as "null".
    let of_entry = |entry: Node<'_, '_>| {
        Some((text(&entry, "Key")?, text(&entry, "VersionId").filter(|version| version != "null")))
    };
    Ok(entries.filter_map(of_entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_versions_and_of_objects_are_read() {
        let rows = [
            (
                "<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Version><Key>a/b</Key>\
                 <VersionId>v1</VersionId></Version><DeleteMarker><Key>a/c</Key><VersionId>v2</VersionId></DeleteMarker>\
                 <Version><Key>a/d</Key><VersionId>null</VersionId></Version></ListVersionsResult>",
                vec![("a/b", Some("v1")), ("a/c", Some("v2")), ("a/d", None)],
            ),
            ("<ListBucketResult><Contents><Key>a/&amp;</Key></Contents></ListBucketResult>", vec![("a/&", None)]),
            ("<ListVersionsResult/>", vec![]),
        ];
        for (xml, expected) in rows {
            let found = objects(xml).unwrap();
            let found: Vec<_> = found.iter().map(|(key, version)| (key.as_str(), version.as_deref())).collect();
            assert_eq!(found, expected, "{xml}");
        }
        assert!(objects("no").is_err());
        let endless = "<Contents><Key>a</Key></Contents>".repeat(1000);
        assert!(objects(&format!("<ListBucketResult>{endless}</ListBucketResult>")).is_err());
    }
}
