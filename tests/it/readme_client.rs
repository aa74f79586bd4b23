//! A client in Rust, as the README shows it.

use reqwest::Client;
use reqwest::Method;
use reqwest::RequestBuilder;
use serde_json::Value;
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

/// Asks presignd for a URL, and gives the request that uses it.
async fn ask(client: &Client, presignd: &str, token: &str, body: Value) -> Result<RequestBuilder, Failure> {
    let asked = client.post(format!("{presignd}/v1/presign")).bearer_auth(token);
    let answer = asked.header("content-type", "application/json").body(body.to_string()).send().await?;
    let (good, text) = (answer.status().is_success(), answer.text().await?);
    if !good {
        return Err(text.into());
    }
    let issued: Value = serde_json::from_str(&text)?;
    let method = Method::from_bytes(issued["method"].as_str().unwrap_or_default().as_bytes())?;
    let request = client.request(method, issued["url"].as_str().unwrap_or_default());
    let headers = issued["headers"].as_object().into_iter().flatten();
    Ok(headers.fold(request, |request, (name, value)| request.header(name, value.as_str().unwrap_or_default())))
}

pub async fn upload(client: &Client, presignd: &str, token: &str, key: &str, body: Vec<u8>) -> Result<(), Failure> {
    let wanted = json!({"operation": "PutObject", "bucket": "media", "key": key,
                        "content_type": "text/plain", "content_length": body.len()});
    let request = ask(client, presignd, token, wanted).await?;
    request.body(body).send().await?.error_for_status()?;
    Ok(())
}

pub async fn download(client: &Client, presignd: &str, token: &str, key: &str) -> Result<Vec<u8>, Failure> {
    let request =
        ask(client, presignd, token, json!({"operation": "GetObject", "bucket": "media", "key": key})).await?;
    Ok(request.send().await?.error_for_status()?.bytes().await?.to_vec())
}
