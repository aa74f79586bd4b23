//! What the store's tests share: a store in a folder of its own, and requests that `aws-sigv4` signs.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::PayloadChecksumKind;
use aws_sigv4::http_request::PercentEncodingMode;
use aws_sigv4::http_request::SignableBody;
use aws_sigv4::http_request::SignableRequest;
use aws_sigv4::http_request::SignatureLocation;
use aws_sigv4::http_request::SigningSettings;
use aws_sigv4::http_request::UriPathNormalizationMode;
use aws_sigv4::sign::v4::SigningParams;
use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::body::HttpBody;
use axum::http::HeaderMap;
use axum::http::Request;
use http_body_util::BodyExt;
use hyper::body::Frame;
use percent_encoding::utf8_percent_encode;
use secrecy::ExposeSecret;
use tower::ServiceExt;

use super::AccessKey;
use super::BucketSettings;
use super::Identities;
use super::Objects;
use super::integrity::Algorithm;
use super::integrity::Checksum;
use super::listed::AS_URL;
use super::object::Description;
use super::object::Object;
use super::object::Place;
use crate::adapters::clock::Clock;

/// An object that nobody sent.
pub fn object(key: &str) -> Object {
    Object {
        key: key.to_owned(),
        place: Place::default(),
        data: String::new(),
        size: 0,
        tag: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        checksum: Checksum { algorithm: Algorithm::Crc64Nvme, value: "AAAAAAAAAAA=".to_owned() },
        modified: s3s::dto::Timestamp::default(),
        parts: Vec::new(),
        restored_until: None,
        description: Description::default(),
    }
}

/// A store with the bucket `media`, and `vault` with Object Lock.
pub struct Bench {
    pub folder: tempfile::TempDir,
    pub router: Router,
    pub identities: Identities,
}

impl Bench {
    pub fn new() -> Self {
        let key = |id: &str| AccessKey { id: id.to_owned(), secret: format!("{id}-secret").into() };
        Self::over(tempfile::tempdir().unwrap(), Identities { reader: key("READER"), writer: key("WRITER") })
    }

    fn over(folder: tempfile::TempDir, identities: Identities) -> Self {
        let objects = Objects::open(folder.path().to_owned()).unwrap();
        objects.ensure_bucket("media", BucketSettings::default()).unwrap();
        objects.ensure_bucket("vault", BucketSettings::WITH_OBJECT_LOCK).unwrap();
        let router = super::router(Arc::new(objects), identities.clone(), Clock::system());
        Self { folder, router, identities }
    }

    /// The same after its process has ended and another one has begun.
    pub fn restarted(self) -> Self {
        Self::over(self.folder, self.identities)
    }

    /// Signs as whoever may do that.
    pub fn ask(&self, method: &str, key: &str) -> Ask {
        self.ask_in("media", method, key)
    }

    /// The same in another bucket.
    pub fn ask_in(&self, bucket: &str, method: &str, key: &str) -> Ask {
        let reads = matches!(method, "GET" | "HEAD" | "OPTIONS");
        let signer = if reads { &self.identities.reader } else { &self.identities.writer };
        Ask {
            method: method.to_owned(),
            path: format!("/{bucket}/{}", utf8_percent_encode(key, AS_URL)),
            query: Vec::new(),
            headers: Vec::new(),
            expires: Duration::from_secs(60),
            at: Clock::system().now(),
            signer: signer.clone(),
            region: "us-east-1",
            router: self.router.clone(),
        }
    }

    /// Signs as the writer whatever it is.
    pub fn ask_as_writer(&self, method: &str, key: &str) -> Ask {
        Ask { signer: self.identities.writer.clone(), ..self.ask(method, key) }
    }

    pub fn list(&self) -> Ask {
        Ask { path: "/media".to_owned(), ..self.ask("GET", "") }.query("list-type", "2")
    }

    pub async fn put(&self, key: &str, body: &str) -> Answer {
        self.ask("PUT", key).send(body).await
    }

    pub async fn get(&self, key: &str) -> Answer {
        self.ask("GET", key).send("").await
    }

    /// The files of unfinished uploads.
    pub fn unfinished(&self) -> usize {
        std::fs::read_dir(self.folder.path().join(".incoming")).unwrap().count()
    }
}

/// A presigned request.
#[derive(Clone)]
pub struct Ask {
    pub method: String,
    pub path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    pub expires: Duration,
    pub at: SystemTime,
    pub signer: AccessKey,
    pub region: &'static str,
    router: Router,
}

impl Ask {
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A header that is signed and sent.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub async fn send(self, body: &str) -> Answer {
        self.clone().signed().body(body).send(&self.router).await
    }

    /// The request with its signature in the query, as `aws-sigv4` makes it.
    pub fn signed(self) -> Signed {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.signature_location = SignatureLocation::QueryParams;
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        settings.expires_in = Some(self.expires);
        let secret = self.signer.secret.expose_secret();
        let identity = Credentials::new(&self.signer.id, secret, None, None, "test").into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("s3")
            .time(self.at)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let encoded = |text: &str| utf8_percent_encode(text, AS_URL).to_string().replace('/', "%2F");
        let mut query: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let uri = format!("http://{HOST}{}?{}", self.path, query.join("&"));
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let request = SignableRequest::new(&self.method, uri, headers, SignableBody::UnsignedPayload).unwrap();
        let (instructions, _) = aws_sigv4::http_request::sign(request, &parameters).unwrap().into_parts();
        let (_, added) = instructions.into_parts();
        query.extend(added.iter().map(|(name, value)| format!("{name}={}", encoded(value))));
        Signed {
            method: self.method,
            target: format!("{}?{}", self.path, query.join("&")),
            headers: self.headers,
            body: Body::empty(),
            length: Some(0),
        }
    }
}

const HOST: &str = "127.0.0.1:9000";

/// A signed request, for the test to spoil.
pub struct Signed {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
    pub length: Option<usize>,
}

impl Signed {
    pub fn body(self, body: &str) -> Self {
        Self { body: Body::from(body.to_owned()), length: Some(body.len()), ..self }
    }

    pub async fn send(self, router: &Router) -> Answer {
        let mut request = Request::builder().method(self.method.as_str()).uri(self.target).header("host", HOST);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        if let Some(length) = self.length.filter(|_| matches!(self.method.as_str(), "PUT" | "POST")) {
            request = request.header("content-length", length);
        }
        let response = router.clone().oneshot(request.body(self.body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.into()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

/// A body whose sender goes away after these bytes.
pub struct CutOff(pub Option<&'static str>);

impl HttpBody for CutOff {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let bytes = self.0.take().map(|text| Frame::data(Bytes::from_static(text.as_bytes())));
        Poll::Ready(Some(bytes.ok_or_else(|| std::io::Error::other("gone"))))
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// What stands in each element of that name.
    pub fn elements(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let parts = self.body.split(&open).skip(1);
        parts.map(|part| unescaped(part.split_once(&close).unwrap().0)).collect()
    }

    /// The status and S3's code, if there is one.
    pub fn outcome(&self) -> (u16, Option<String>) {
        (self.status, self.elements("Code").pop())
    }
}

fn unescaped(text: &str) -> String {
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    plain.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}
