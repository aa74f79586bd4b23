//! Who may use the store: one identity reads, another writes, so that a leaked upload URL never reads.

use axum::http::Method;
use s3s::S3Result;
use s3s::access::S3Access;
use s3s::access::S3AccessContext;
use s3s::auth::S3Auth;
use s3s::auth::SecretKey;
use s3s::s3_error;
use secrecy::ExposeSecret;
use secrecy::SecretString;

/// An access key.
#[derive(Debug, Clone)]
pub struct AccessKey {
    pub id: String,
    pub secret: SecretString,
}

/// The store's two identities.
#[derive(Debug, Clone)]
pub struct Identities {
    pub reader: AccessKey,
    pub writer: AccessKey,
}

#[async_trait::async_trait]
impl S3Auth for Identities {
    async fn get_secret_key(&self, id: &str) -> S3Result<SecretKey> {
        match [&self.reader, &self.writer].into_iter().find(|key| key.id == id) {
            Some(key) => Ok(SecretKey::from(key.secret.expose_secret())),
            None => {
                Err(s3_error!(InvalidAccessKeyId, "The AWS Access Key Id you provided does not exist in our records."))
            }
        }
    }
}

#[async_trait::async_trait]
impl S3Access for Identities {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = context.credentials() else {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        };
        let operation = context.s3_op().name();
        let reads = matches!(*context.method(), Method::GET | Method::HEAD) && !OF_WRITERS.contains(&operation);
        let allowed = if reads { &self.reader } else { &self.writer };
        match credentials.access_key == allowed.id {
            true => Ok(()),
            false => Err(s3_error!(
                AccessDenied,
                "User {} is not authorized to perform: s3:{}",
                credentials.access_key,
                operation
            )),
        }
    }
}

/// What is asked with GET and belongs to an upload.
const OF_WRITERS: [&str; 2] = ["ListMultipartUploads", "ListParts"];
