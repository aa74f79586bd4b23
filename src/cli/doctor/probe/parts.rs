//! Uploads in parts of the probe's own.

use super::Prober;
use super::used::BODY;
use super::used::Headers;
use super::used::NOW;
use super::used::came;
use super::used::element;
use super::used::worked;
use crate::adapters::s3::Call;

impl Prober<'_> {
    /// Has an upload in one part completed as it is signed: else a refusal tells nothing.
    pub(super) async fn completes_as_signed(&self, name: &str, bound: Headers<'_>) -> Result<(), String> {
        match self.completes(name, bound).await? {
            true => Ok(()),
            false => Err("parts are not completed as it is signed".to_owned()),
        }
    }

    /// Whether an upload in one part is completed under headers that forbid it.
    pub(super) async fn completes(&self, name: &str, bound: Headers<'_>) -> Result<bool, String> {
        let key = self.key(name);
        let begun = self.signed(&Call { query: &[("uploads", "")], ..self.of("POST", &key, &[]) }, self.writer).await?;
        worked(&begun, "an upload in parts")?;
        let id = element(&begun.text(), "UploadId").ok_or("an upload in parts has no id")?;
        if let Ok(mut begun) = self.begun.lock() {
            begun.push((key.clone(), id.clone()));
        }
        let of_part = [("partNumber", "1"), ("uploadId", id.as_str())];
        let part = Call { query: &of_part, body: BODY, ..self.of("PUT", &key, &[]) };
        let part = self.signed(&part, self.writer).await?;
        worked(&part, "a part")?;
        let tag = part.header("etag").ok_or("a part has no ETag")?;
        let list = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>"
        );
        let complete = Call { query: &[("uploadId", id.as_str())], ..self.of("POST", &key, bound) };
        let url = self.url(&complete, self.writer, NOW)?;
        let answer = self.used("POST", &url, bound, list.as_bytes()).await?;
        // S3 may answer 200 and an error.
        Ok(came(&answer) && answer.text().contains("CompleteMultipartUploadResult"))
    }
}
