//! A vector as presignd is asked for it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// `20260131T120000Z` as RFC 3339.
pub fn instant(timestamp: &Value) -> String {
    let text = timestamp.as_str().unwrap();
    let part = |from: usize, to: usize| &text[from..to];
    format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(9, 11), part(11, 13), part(13, 15))
}

/// The vector as a body of `/v1/presign`. What the contract has no name for gets one that anybody would try.
pub fn request(vector: &Value, alias: &str) -> Value {
    let input = &vector["input"];
    let mut body = Map::new();
    body.insert("operation".to_owned(), vector["operation"].clone());
    body.insert("bucket".to_owned(), json!(alias));
    body.insert("expires_in".to_owned(), input["expires_seconds"].clone());
    if !input["key"].is_null() {
        body.insert("key".to_owned(), input["key"].clone());
    }
    for (name, value) in input["params"].as_object().unwrap() {
        add_param(&mut body, vector["operation"].as_str().unwrap(), name, value);
    }
    for (name, value) in input["extra_headers"].as_object().into_iter().flatten() {
        match name.strip_prefix("x-amz-meta-") {
            Some(name) => inside(&mut body, "metadata", name, value.clone()),
            None => inside(&mut body, "headers", name, value.clone()),
        }
    }
    for (name, value) in input["extra_query"].as_object().into_iter().flatten() {
        inside(&mut body, "query", name, value.clone());
    }
    Value::Object(body)
}

fn add_param(body: &mut Map<String, Value>, operation: &str, name: &str, value: &Value) {
    if let Some(member) = name.strip_prefix("Response") {
        return inside(body, "response", &snake_case(member), value.clone());
    }
    match name {
        "ContentMD5" => drop(body.insert("content_md5".to_owned(), value.clone())),
        "ChecksumAlgorithm" if operation == "CreateMultipartUpload" => {
            inside(body, "checksum", "algorithm", value.clone())
        }
        "ChecksumType" => inside(body, "checksum", "type", value.clone()),
        "ChecksumAlgorithm" | "ChecksumMode" => drop(body.insert(snake_case(name), value.clone())),
        "MpuObjectSize" => drop(body.insert("object_size".to_owned(), value.clone())),
        _ if name.starts_with("Checksum") => {
            inside(body, "checksum", "algorithm", json!(name.trim_start_matches("Checksum")));
            inside(body, "checksum", "value", value.clone());
        }
        "MFA" => drop(body.insert("mfa".to_owned(), value.clone())),
        "Tagging" => {
            let tags = value.as_str().unwrap().split('&').map(|pair| pair.split_once('=').unwrap());
            tags.for_each(|(tag, text)| inside(body, "tags", tag, json!(text.replace("%20", " "))));
        }
        "ServerSideEncryption" => inside(body, "server_side_encryption", "algorithm", value.clone()),
        "SSEKMSKeyId" => inside(body, "server_side_encryption", "kms_key_id", value.clone()),
        "SSEKMSEncryptionContext" => inside(body, "server_side_encryption", "context", context(value)),
        "BucketKeyEnabled" => inside(body, "server_side_encryption", "bucket_key", value.clone()),
        "SSECustomerKey" => inside(body, "server_side_encryption", "key", value["base64"].clone()),
        "SSECustomerAlgorithm" => inside(body, "server_side_encryption", "algorithm", json!("customer")),
        "ObjectLockMode" => inside(body, "object_lock", "mode", value.clone()),
        "ObjectLockRetainUntilDate" => inside(body, "object_lock", "retain_until", value.clone()),
        "ObjectLockLegalHoldStatus" => inside(body, "object_lock", "legal_hold", json!(value == "ON")),
        _ => drop(body.insert(snake_case(name), value.clone())),
    }
}

/// botocore takes a context as the header carries it.
fn context(base64: &Value) -> Value {
    let json = BASE64_STANDARD.decode(base64.as_str().unwrap()).unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn inside(body: &mut Map<String, Value>, member: &str, name: &str, value: Value) {
    let object = body.entry(member).or_insert_with(|| json!({}));
    object.as_object_mut().unwrap().insert(name.to_owned(), value);
}

/// `CacheControl` as `cache_control`, `ACL` as `acl`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = c.is_ascii_lowercase();
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
