//! What the document says of the question why S3 said no.

use serde_json::Value;
use serde_json::json;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::schema::Type;

use crate::domain::diagnose::MOST_ANSWER_BYTES;
use crate::domain::diagnose::MOST_URL_BYTES;
use crate::http::docs::Schemas;
use crate::http::docs::requests;

/// The body of `/v1/diagnose`.
pub fn schemas() -> Schemas {
    let text = |most: usize, meaning: &str| {
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(most)).description(Some(meaning.to_owned()))
    };
    let question = ObjectBuilder::new()
        .description(Some("A URL that S3 refused. It is looked at and kept nowhere."))
        .property("url", text(MOST_URL_BYTES, "The URL as it was used."))
        .property("error", text(MOST_ANSWER_BYTES, "The body that S3 answered, if there is one: XML. Or all that `curl -v` printed, which makes certain what a store leaves open."))
        .required("url");
    vec![("DiagnoseRequest".to_owned(), requests::closed(question).into())]
}

/// A body of `/v1/diagnose`.
pub fn example() -> Value {
    json!({
        "url": "https://acme-media.s3.eu-west-1.amazonaws.com/users/42/a.png?X-Amz-Algorithm=AWS4-HMAC-SHA256&…",
        "error": "<Error><Code>AccessDenied</Code><Message>There were headers present in the request which were not \
            signed</Message><HeadersNotSigned>x-amz-acl</HeadersNotSigned></Error>",
    })
}
