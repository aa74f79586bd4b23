//! URLs of the probe, used.

use std::time::Duration;

use aws_credential_types::Credentials;
use roxmltree::Document;

use super::Prober;
use crate::adapters::s3::Answer;
use crate::adapters::s3::Call;
use crate::adapters::s3::Life;
use crate::domain::xml;

/// What the objects are.
pub(super) const BODY: &[u8] = b"presignd was here";
/// As long, and another.
pub(super) const OTHER: &[u8] = b"presignd was HERE";

pub(super) type Headers<'h> = &'h [(&'h str, &'h str)];

/// What a URL lives that is used at once.
pub(super) const NOW: Life = Life { length: Duration::from_secs(300), age: Duration::ZERO };
/// One that ended half an hour ago: no clock is so wrong.
pub(super) const ENDED: Life = Life { length: Duration::from_secs(60), age: Duration::from_secs(31 * 60) };

impl Prober<'_> {
    /// A call on an object of the probe's own, before it is signed.
    pub(super) fn of<'c>(&'c self, method: &'c str, key: &'c str, headers: Headers<'c>) -> Call<'c> {
        Call { method, target: self.target, key: Some(key), query: &[], headers, body: &[] }
    }

    /// The URL of a call, used by this method with these headers.
    pub(super) async fn used(
        &self,
        method: &str,
        url: &str,
        headers: Headers<'_>,
        body: &[u8],
    ) -> Result<Answer, String> {
        self.s3.send(method, url, headers, body.to_vec()).await.map_err(|error| error.to_string())
    }

    /// The URL of a call.
    pub(super) fn url(&self, call: &Call<'_>, credentials: &Credentials, life: Life) -> Result<String, String> {
        self.s3.presigned(call, credentials, life).map_err(|error| error.to_string())
    }

    /// A URL for an upload that is signed with some headers, and sent with others.
    pub(super) async fn upload(
        &self,
        name: &str,
        signed: Headers<'_>,
        sent: Headers<'_>,
        body: &[u8],
    ) -> Result<Answer, String> {
        let url = self.url(&self.of("PUT", &self.key(name), signed), self.writer, NOW)?;
        self.used("PUT", &url, sent, body).await
    }

    /// Puts an object as a URL says.
    pub(super) async fn put(&self, name: &str) -> Result<(), String> {
        worked(&self.upload(name, &[], &[], BODY).await?, "an upload")
    }

    /// Asks in the headers, by the reading identity and, where that may not, the writing one.
    pub(super) async fn asked(&self, call: &Call<'_>) -> Result<Answer, String> {
        let answer = self.signed(call, self.reader).await?;
        if came(&answer) { Ok(answer) } else { self.signed(call, self.writer).await }
    }

    /// Asks in the headers.
    pub(super) async fn signed(&self, call: &Call<'_>, credentials: &Credentials) -> Result<Answer, String> {
        self.s3.call(call, credentials).await.map_err(|error| error.to_string())
    }
}

/// Whether it came through.
pub(super) fn came(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

/// Whether what is right works: else a refusal tells nothing.
pub(super) fn worked(answer: &Answer, what: &str) -> Result<(), String> {
    match came(answer) {
        true => Ok(()),
        false => Err(format!("{what} as it is signed is answered {} {}", answer.status, code(answer))),
    }
}

/// The code of the store's error.
pub(super) fn code(answer: &Answer) -> String {
    element(&answer.text(), "Code").unwrap_or_default()
}

/// The text of the first element of that name.
pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    let document = read(xml)?;
    let found = document.descendants().find(|node| node.tag_name().name() == name)?;
    found.text().map(str::to_owned)
}

/// A document of as many nodes as answers to a probe have at most: namespaces in namespaces take the parser long.
pub(super) fn read(xml: &str) -> Option<Document<'_>> {
    xml::document(xml, MOST_NODES)
}

/// A probe makes two dozen objects, and each has as many nodes in a list of versions.
const MOST_NODES: u32 = 2048;
