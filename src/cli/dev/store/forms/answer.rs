//! What is answered to a form whose file is stored: a status, or where to go.

use axum::body::Body;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::http::request::Parts as Request;
use axum::response::Response;
use percent_encoding::utf8_percent_encode;
use s3s::S3Result;
use s3s::dto;
use s3s::s3_error;

use super::policy::Fields;
use crate::cli::dev::store::escaped;
use crate::cli::dev::store::listed::AS_URL;

/// The answer to a form.
pub fn of(request: &Request, bucket: &str, fields: &Fields, stored: dto::PutObjectOutput) -> S3Result<Response> {
    let key = fields.get("key").map(String::as_str).unwrap_or_default();
    let tag = stored.e_tag.as_ref().map(|tag| format!("\"{}\"", tag.value())).unwrap_or_default();
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let location = format!("http://{host}/{bucket}/{}", utf8_percent_encode(key, AS_URL));
    let redirect = ["success_action_redirect", "redirect"].iter().find_map(|name| fields.get(*name));
    let (status, location, body) = match redirect.and_then(|text| target(text, bucket, key, &tag)) {
        Some(target) => (StatusCode::SEE_OTHER, target, String::new()),
        None => match fields.get("success_action_status").map(String::as_str) {
            Some("200") => (StatusCode::OK, location, String::new()),
            Some("201") => {
                let document = document(&location, bucket, key, &tag);
                (StatusCode::CREATED, location, document)
            }
            // Anything else is as good as nothing.
            Some(_) | None => (StatusCode::NO_CONTENT, location, String::new()),
        },
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if !body.is_empty() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        *response.body_mut() = Body::from(body);
    }
    let told = told(stored).into_iter().filter_map(|(name, value)| Some((name, value?)));
    for (name, value) in told.chain([("etag", tag), ("location", location)]) {
        let value = HeaderValue::try_from(value).map_err(|error| s3_error!(InternalError, "{name}: {error}"))?;
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    Ok(response)
}

/// Where `success_action_redirect` leads, told what was stored; `None` where it names no place to go.
fn target(text: &str, bucket: &str, key: &str, tag: &str) -> Option<String> {
    let uri: Uri = text.parse().ok()?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
        return None;
    }
    let encoded = |text: &str| utf8_percent_encode(text, AS_URL).to_string().replace('/', "%2F");
    let joint = if uri.query().is_some() { '&' } else { '?' };
    Some(format!("{text}{joint}bucket={}&key={}&etag={}", encoded(bucket), encoded(key), encoded(tag)))
}

fn document(location: &str, bucket: &str, key: &str, tag: &str) -> String {
    let [location, bucket, key, tag] = [location, bucket, key, tag].map(escaped);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>{location}</Location>\
         <Bucket>{bucket}</Bucket><Key>{key}</Key><ETag>{tag}</ETag></PostResponse>"
    )
}

/// What PutObject's answer tells in headers.
fn told(stored: dto::PutObjectOutput) -> [(&'static str, Option<String>); 12] {
    [
        ("x-amz-checksum-crc32", stored.checksum_crc32),
        ("x-amz-checksum-crc32c", stored.checksum_crc32c),
        ("x-amz-checksum-crc64nvme", stored.checksum_crc64nvme),
        ("x-amz-checksum-sha1", stored.checksum_sha1),
        ("x-amz-checksum-sha256", stored.checksum_sha256),
        ("x-amz-checksum-type", stored.checksum_type.map(|kind| kind.as_str().to_owned())),
        ("x-amz-server-side-encryption", stored.server_side_encryption.map(|kind| kind.as_str().to_owned())),
        ("x-amz-server-side-encryption-aws-kms-key-id", stored.ssekms_key_id),
        ("x-amz-server-side-encryption-bucket-key-enabled", stored.bucket_key_enabled.map(|on| on.to_string())),
        ("x-amz-server-side-encryption-customer-algorithm", stored.sse_customer_algorithm),
        ("x-amz-server-side-encryption-customer-key-md5", stored.sse_customer_key_md5),
        ("x-amz-version-id", stored.version_id),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_to_a_page_and_says_what_was_stored() {
        let told = "bucket=media&key=a%2Fb%20c&etag=%22t%22";
        let cases = [
            ("https://app.example/done", Some(format!("https://app.example/done?{told}"))),
            ("http://app.example/done?a=1", Some(format!("http://app.example/done?a=1&{told}"))),
            ("/done", None),
            ("javascript:alert(1)", None),
            ("ftp://app.example/", None),
            ("https://app.example/\r\nset-cookie: a", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(target(text, "media", "a/b c", "\"t\""), expected, "{text:?}");
        }
    }
}
