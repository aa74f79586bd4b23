//! What the document says of uploads planned from their size.

use serde_json::Value;
use serde_json::json;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::schema::OneOfBuilder;
use utoipa::openapi::schema::Type;

use crate::domain::member::LARGEST_OBJECT;
use crate::domain::member::MOST_PARTS;
use crate::domain::operation::Operation;
use crate::domain::upload_plan;
use crate::domain::upload_plan::PartSize;
use crate::http::docs;
use crate::http::docs::Schemas;
use crate::http::docs::requests;

/// The bodies of `/v1/uploads` and `/v1/uploads/parts`.
pub fn schemas() -> Schemas {
    vec![
        ("UploadRequest".to_owned(), requests::closed(plan()).into()),
        ("UploadPartsRequest".to_owned(), requests::closed(parts()).into()),
    ]
}

/// PutObject's members; the length is that of the whole, also above what one PUT carries.
fn plan() -> ObjectBuilder {
    let checksum = OneOfBuilder::new()
        .description(Some("For one PUT the body's own, for parts the algorithm that checks each of them."))
        .item(docs::reference("Checksum"))
        .item(docs::reference("UploadChecksum"));
    requests::with_members_of(Operation::PutObject.row(), ObjectBuilder::new())
        .description(Some(
            "PutObject's members; `content_md5` and `if_none_match` only where one PUT does, since parts and their \
             completion say these themselves.",
        ))
        .property("content_length", content_length())
        .property("checksum", checksum)
        .property("part_size", part_size().default(Some(PartSize::USUAL.bytes().into())))
        .required("content_length")
}

fn parts() -> ObjectBuilder {
    let number = || docs::integer().minimum(Some(1)).maximum(Some(MOST_PARTS));
    let list = ArrayBuilder::new()
        .items(number())
        .unique_items(true)
        .max_items(Some(upload_plan::MOST_PARTS_A_CALL))
        .examples([json!([1, 2])]);
    let range = ObjectBuilder::new().property("from", number()).property("to", number());
    let range = range.required("from").required("to").examples([json!({"from": 1, "to": 1000})]);
    let parts = OneOfBuilder::new()
        .description(Some("The parts to sign, by their numbers, or from one to another; at most 1,000."))
        .item(list)
        .item(requests::closed(range));
    let checksums = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("The checksums of parts, by their numbers."))
        .additional_properties(Some(AdditionalProperties::RefOr(docs::reference("Checksum"))))
        .examples([json!({"1": {"algorithm": "CRC32", "value": "AAAAAA=="}})]);
    let step = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["complete", "abort", "list"]));
    let include = ArrayBuilder::new().items(step).unique_items(true).description(Some("What to sign besides."));
    requests::with_members_of(&upload_plan::SHARED, ObjectBuilder::new())
        .description(Some("The URLs of one upload's steps: any of its parts, at any time, as often as it takes."))
        .property("content_length", content_length())
        .property("part_size", part_size())
        .property("parts", parts)
        .property("checksums", checksums)
        .property("include", include)
        .required("content_length")
        .required("part_size")
}

fn content_length() -> ObjectBuilder {
    let meaning = "The length of the whole in bytes.";
    let most = docs::integer().minimum(Some(0)).maximum(Some(LARGEST_OBJECT));
    most.description(Some(meaning)).examples([json!(314_572_800)])
}

fn part_size() -> ObjectBuilder {
    let meaning = "The size of every part but the last in bytes; as the plan has it, once there is one.";
    let most = docs::integer().minimum(Some(PartSize::LEAST)).maximum(Some(PartSize::MOST));
    most.description(Some(meaning)).examples([json!(104_857_600)])
}

/// A body of `/v1/uploads`.
pub fn plan_example() -> Value {
    json!({ "bucket": "media", "key": "users/42/film.mp4", "content_type": "video/mp4", "content_length": 314_572_800 })
}

/// A body of `/v1/uploads/parts`.
pub fn parts_example() -> Value {
    json!({
        "bucket": "media", "key": "users/42/film.mp4", "upload_id": "ibZBv_75gd9r8lH_gqXatLdxMVpAlj6ZQjEs",
        "content_length": 314_572_800, "part_size": 104_857_600, "parts": [1, 2], "include": ["complete"],
    })
}
