//! A request as a person types it: three words, or a JSON body.

use std::io::Read;

use clap::Args;

use crate::domain::claims::Value;
use crate::domain::operation::Names;
use crate::domain::operation::Operation;

/// What the URL shall be for.
#[derive(Debug, Args)]
pub struct Words {
    /// The S3 operation, such as GetObject; one that needs more than a key takes JSON in place of the three words
    #[arg(value_name = "OPERATION")]
    pub operation: Option<String>,
    /// The bucket's alias
    #[arg(value_name = "BUCKET", requires = "operation")]
    pub bucket: Option<String>,
    /// The object's key, or the prefix to list
    #[arg(value_name = "KEY", requires = "bucket")]
    pub key: Option<String>,
}

impl Words {
    /// The body of `/v1/presign` that says the same; `None` unless all three words are there.
    pub fn body(&self, expires_in_seconds: Option<u64>) -> Option<Value> {
        let (Some(operation), Some(bucket), Some(key)) = (&self.operation, &self.bucket, &self.key) else {
            return None;
        };
        let lists = Operation::named(operation).is_some_and(|operation| operation.row().names == Names::Prefix);
        let text = |name: &str, value: &str| (name.to_owned(), Value::String(value.to_owned()));
        let mut members =
            vec![text("operation", operation), text("bucket", bucket), text(if lists { "prefix" } else { "key" }, key)];
        members.extend(expires_in_seconds.map(|seconds| ("expires_in".to_owned(), Value::Integer(seconds.into()))));
        Some(Value::Object(members))
    }
}

/// What a file holds; `-` is the standard input.
pub fn read(file: &str) -> std::io::Result<String> {
    if file != "-" {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// A JSON object.
pub fn json_object(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("not a JSON object".to_owned()),
        Err(error) => Err(format!("not JSON: {error}")),
    }
}
