//! Each promise, tried: whether what must not come through does.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::Md5;
use sha2::Digest;
use sha2::Sha256;

use super::Prober;
use super::used::BODY;
use super::used::ENDED;
use super::used::Headers;
use super::used::NOW;
use super::used::OTHER;
use super::used::came;
use super::used::code;
use super::used::worked;
use crate::adapters::s3;
use crate::adapters::s3::Answer;
use crate::adapters::s3::Call;
use crate::adapters::s3::Form;
use crate::adapters::s3::S3;
use crate::domain::doctor::Promise;

impl Prober<'_> {
    /// Whether an upload and a download go as they are signed.
    pub(super) async fn works_as_signed(&self) -> Result<(), String> {
        self.put("right").await?;
        let url = self.url(&self.of("GET", &self.key("right"), &[]), self.reader, NOW)?;
        worked(&self.used("GET", &url, &[], &[]).await?, "a download")
    }

    /// Whether what a promise forbids comes through; why that cannot be told.
    pub(super) async fn comes_through(&self, promise: Promise) -> Result<bool, String> {
        let meta = |value| [("x-amz-meta-probe", value)];
        match promise {
            Promise::AnotherKey => self.another_key().await,
            Promise::AnotherLength => self.another_length().await,
            Promise::AnotherMethod => self.another_method().await,
            Promise::Checksum => {
                let digest = BASE64_STANDARD.encode(Sha256::digest(BODY));
                self.other_body("checksum", &[("x-amz-checksum-sha256", digest.as_str())]).await
            }
            Promise::ContentMd5 => {
                let digest = BASE64_STANDARD.encode(Md5::digest(BODY));
                self.other_body("content-md5", &[("content-md5", digest.as_str())]).await
            }
            Promise::CopySource => self.copy_source().await,
            Promise::Expiry => self.expiry().await,
            Promise::FormRange => self.form_range().await,
            Promise::ObjectSize => {
                let right = BODY.len().to_string();
                self.completes_as_signed("object-size", &[("x-amz-mp-object-size", &right)]).await?;
                self.completes("object-size", &[("x-amz-mp-object-size", "1")]).await
            }
            Promise::SignedHeader => Ok(came(&self.upload("signed-header", &meta("a"), &meta("b"), BODY).await?)),
            Promise::UnsignedAcl => self.unsigned_acl().await,
            Promise::UnsignedClientKey => self.unsigned_client_key().await,
            Promise::UnsignedStorageClass => self.unsigned_storage_class().await,
            Promise::UnsignedTagging => self.unsigned_tagging().await,
            Promise::WriteOnce => {
                let once = [("if-none-match", "*")];
                worked(&self.upload("once", &once, &once, BODY).await?, "an upload under If-None-Match")?;
                Ok(came(&self.upload("once", &once, &once, OTHER).await?))
            }
            Promise::WriteOnceInParts => {
                let once = [("if-none-match", "*")];
                self.completes_as_signed("once-in-parts", &once).await?;
                self.completes("once-in-parts", &once).await
            }
        }
    }

    async fn another_key(&self) -> Result<bool, String> {
        self.put("another").await?;
        let url = self.url(&self.of("GET", &self.key("right"), &[]), self.reader, NOW)?;
        let other = url.replacen("/right?", "/another?", 1);
        Ok(came(&self.used("GET", &other, &[], &[]).await?))
    }

    async fn another_length(&self) -> Result<bool, String> {
        let length = BODY.len().to_string();
        let bound = [("content-length", length.as_str())];
        worked(&self.upload("length", &bound, &[], BODY).await?, "an upload of a signed length")?;
        let longer = [BODY, b"!"].concat();
        Ok(came(&self.upload("length", &bound, &[], &longer).await?))
    }

    async fn another_method(&self) -> Result<bool, String> {
        let url = self.url(&self.of("PUT", &self.key("method"), &[]), self.writer, NOW)?;
        worked(&self.used("PUT", &url, &[], BODY).await?, "an upload")?;
        Ok(came(&self.used("DELETE", &url, &[], &[]).await?))
    }

    async fn other_body(&self, name: &str, bound: Headers<'_>) -> Result<bool, String> {
        worked(&self.upload(name, bound, bound, BODY).await?, "an upload with a digest")?;
        Ok(came(&self.upload(name, bound, bound, OTHER).await?))
    }

    /// A store that does not look at the header stores the body, and copies nothing.
    async fn copy_source(&self) -> Result<bool, String> {
        let source = format!("/{}/{}", self.bucket, s3::encoded(&self.key("right")));
        let answer = self.upload("copy", &[], &[("x-amz-copy-source", &source)], BODY).await?;
        Ok(is_taken(&answer)? && answer.text().contains("CopyObjectResult"))
    }

    async fn expiry(&self) -> Result<bool, String> {
        let key = self.key("right");
        let url = self.url(&self.of("GET", &key, &[]), self.reader, ENDED)?;
        Ok(came(&self.used("GET", &url, &[], &[]).await?))
    }

    async fn form_range(&self) -> Result<bool, String> {
        let right = self.posted(BODY.len()).await?;
        worked(&right, "a form")?;
        Ok(came(&self.posted(BODY.len() - 1).await?))
    }

    /// A form that takes so many bytes, with the body.
    async fn posted(&self, most: usize) -> Result<Answer, String> {
        let key = self.key("form");
        let form = Form { target: self.target, bucket: self.bucket, key: &key, most };
        let fields = self.s3.form(&form, self.writer).map_err(|error| error.to_string())?;
        let part = |(name, value): &(String, String)| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let mut body = fields.iter().map(part).collect::<String>().into_bytes();
        let file = "Content-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\r\n";
        body.extend_from_slice(format!("--{BOUNDARY}\r\n{file}").as_bytes());
        body.extend_from_slice(BODY);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let place = S3::place_of_forms(self.target).map_err(|error| error.to_string())?;
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.used("POST", &place, &[("content-type", &kind)], &body).await
    }

    async fn unsigned_acl(&self) -> Result<bool, String> {
        let name = "unsigned-acl";
        if !is_taken(&self.upload(name, &[], &[("x-amz-acl", "public-read")], BODY).await?)? {
            return Ok(false);
        }
        let key = self.key(name);
        let list = self.asked(&Call { query: &[("acl", "")], ..self.of("GET", &key, &[]) }).await?;
        match came(&list) {
            true => Ok(list.text().contains("AllUsers")),
            false => Err(format!("it is taken, but its list cannot be read: {} {}", list.status, code(&list))),
        }
    }

    async fn unsigned_client_key(&self) -> Result<bool, String> {
        let (key, digest) = (BASE64_STANDARD.encode(CLIENT_KEY), BASE64_STANDARD.encode(Md5::digest(CLIENT_KEY)));
        let sent = [
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
            ("x-amz-server-side-encryption-customer-key", &key),
            ("x-amz-server-side-encryption-customer-key-md5", &digest),
        ];
        let name = "unsigned-client-key";
        if !is_taken(&self.upload(name, &[], &sent, BODY).await?)? {
            return Ok(false);
        }
        // Without the key it cannot be read.
        let url = self.url(&self.of("GET", &self.key(name), &[]), self.reader, NOW)?;
        Ok(!came(&self.used("GET", &url, &[], &[]).await?))
    }

    async fn unsigned_storage_class(&self) -> Result<bool, String> {
        let name = "unsigned-storage-class";
        if !is_taken(&self.upload(name, &[], &[("x-amz-storage-class", CLASS)], BODY).await?)? {
            return Ok(false);
        }
        let key = self.key(name);
        let head = self.asked(&self.of("HEAD", &key, &[])).await?;
        Ok(head.header("x-amz-storage-class") == Some(CLASS))
    }

    async fn unsigned_tagging(&self) -> Result<bool, String> {
        let name = "unsigned-tagging";
        if !is_taken(&self.upload(name, &[], &[("x-amz-tagging", "probe=presignd")], BODY).await?)? {
            return Ok(false);
        }
        let key = self.key(name);
        let tags = self.asked(&Call { query: &[("tagging", "")], ..self.of("GET", &key, &[]) }).await?;
        match came(&tags) {
            true => Ok(tags.text().contains("<Key>probe</Key>")),
            false => Err(format!("it is taken, but its tags cannot be read: {} {}", tags.status, code(&tags))),
        }
    }
}

/// Whether a request with an unsigned header came through. Refused as anything but forbidden, the store has looked at it.
fn is_taken(answer: &Answer) -> Result<bool, String> {
    match answer.status {
        _ if came(answer) => Ok(true),
        403 => Ok(false),
        status => Err(format!("it is answered {status} {}, which does not tell", code(answer))),
    }
}

const BOUNDARY: &str = "presignd-probe-boundary";

/// No secret: what it encrypts is told here too.
const CLIENT_KEY: &[u8; 32] = b"presignd probes with this key...";

/// One that every account of AWS has, and that costs nothing to leave.
const CLASS: &str = "REDUCED_REDUNDANCY";
