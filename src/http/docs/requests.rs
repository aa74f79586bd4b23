//! What the document says of requests: a schema for each row of the table of operations.

use serde_json::Value;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::schema::Discriminator;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::schema::OneOfBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::schema::Type;

use crate::domain::checksum::ChecksumAlgorithm;
use crate::domain::checksum::ChecksumType;
use crate::domain::encryption;
use crate::domain::forms;
use crate::domain::grant::ResponseMember;
use crate::domain::member::Description;
use crate::domain::member::Form;
use crate::domain::member::Member;
use crate::domain::operation::Names;
use crate::domain::operation::Row;
use crate::domain::operation::TABLE;
use crate::domain::retention::LockMode;
use crate::http::docs;
use crate::http::docs::Schemas;

/// `PresignRequest`, what it is one of, and `BatchRequest`.
pub fn schemas() -> Schemas {
    let each = TABLE.iter().map(|row| (schema_name(row), request(row).into()));
    let shared = [
        ("PresignRequest".to_owned(), any().into()),
        ("BatchRequest".to_owned(), batch().into()),
        ("Checksum".to_owned(), checksum().into()),
        ("CustomerEncryption".to_owned(), customer_encryption(Member::CustomerEncryption).into()),
        ("ObjectChecksum".to_owned(), object_checksum().into()),
        ("UploadChecksum".to_owned(), upload_checksum().into()),
        ("ObjectLock".to_owned(), object_lock().into()),
        ("ResponseOverrides".to_owned(), response().into()),
        ("ServerSideEncryption".to_owned(), server_side_encryption().into()),
    ];
    shared.into_iter().chain(each).collect()
}

/// A request for each operation, by the operation's name.
pub fn examples() -> impl Iterator<Item = (&'static str, Value)> {
    TABLE.iter().map(|row| (row.name, example(row)))
}

fn schema_name(row: &Row) -> String {
    format!("{}Request", row.name)
}

fn any() -> Schema {
    let mapping = TABLE.iter().map(|row| (row.name, format!("#/components/schemas/{}", schema_name(row))));
    let all = OneOfBuilder::new()
        .description(Some("What a URL shall be for: one of the S3 operations."))
        .discriminator(Some(Discriminator::with_mapping("operation", mapping)));
    let all = TABLE.iter().fold(all, |all, row| all.item(docs::reference(&schema_name(row))));
    Schema::OneOf(all.build())
}

fn batch() -> Schema {
    let requests = ArrayBuilder::new()
        .items(docs::reference("PresignRequest"))
        .min_items(Some(1))
        .description(Some(
            "At most 1,000, unless the operator says otherwise, and no more than the burst of a rate limit.",
        ))
        .build();
    closed(ObjectBuilder::new().property("requests", requests).required("requests"))
}

fn request(row: &Row) -> Schema {
    let operation = word().enum_values(Some([row.name]));
    let object = ObjectBuilder::new().description(Some(row.summary));
    closed(with_members_of(row, object.property("operation", operation).required("operation")))
}

/// What a body has for an operation, beside the operation's name.
pub fn with_members_of(row: &Row, object: ObjectBuilder) -> ObjectBuilder {
    let object = object.property("bucket", text("The bucket's alias.").examples(["media"])).required("bucket");
    let object = match row.names {
        Names::Key => object.property("key", key()).required("key"),
        Names::KeyOrFileName => with_file_name(object),
        Names::KeyFileNameOrPrefix => with_file_name(object).property(
            "key_prefix",
            text("In place of `key`, as far as the grant allows it: S3 puts the name of the holder's file after it."),
        ),
        Names::Prefix => object
            .property(
                "prefix",
                text("What the listed keys begin with; empty for the whole bucket.").examples(["users/42/"]),
            )
            .required("prefix"),
    };
    let lifetime = "The lifetime of the URL in seconds; left out: the service's default.";
    let lifetime = docs::integer().minimum(Some(1)).description(Some(lifetime)).examples([900]);
    let object = object.property("expires_in", lifetime);
    let described = row.members.iter().map(|member| member.description());
    let object = described.fold(object, |object, member| object.property(member.name, form(&member)));
    row.required.iter().fold(object, |object, member| object.required(member.name()))
}

fn with_file_name(object: ObjectBuilder) -> ObjectBuilder {
    object
        .property("key", key())
        .property("file_name", text("In place of `key`: a grant's template makes the key for a file of this name."))
        .property("grant", text("Beside `file_name`: the grant whose template makes the key."))
}

fn example(row: &Row) -> Value {
    let mut example = json!({ "operation": row.name, "bucket": "media" });
    let named = match row.names {
        Names::Key | Names::KeyFileNameOrPrefix | Names::KeyOrFileName => ("key", json!("users/42/avatar.png")),
        Names::Prefix => ("prefix", json!("users/42/")),
    };
    let shown = row.members.iter().filter(|member| SHOWN.contains(member) || row.required.contains(member));
    let shown = shown.map(|member| member.description());
    let members = shown.map(|member| (member.name, docs::value_of(member.example)));
    for (name, value) in [named, ("expires_in", json!(900))].into_iter().chain(members) {
        if let Some(object) = example.as_object_mut() {
            object.insert(name.to_owned(), value);
        }
    }
    example
}

/// The members that examples have, where their operation does.
const SHOWN: [Member; 5] =
    [Member::ContentType, Member::ContentLength, Member::DownloadAs, Member::Delimiter, Member::ObjectSize];

fn form(member: &Description) -> RefOr<Schema> {
    let (meaning, examples) = (Some(member.meaning), [docs::value_of(member.example)]);
    match member.form {
        Form::True => ObjectBuilder::new().schema_type(Type::Boolean).description(meaning).examples(examples).into(),
        Form::Integer { least, most } => {
            docs::integer().minimum(Some(least)).maximum(Some(most)).description(meaning).examples(examples).into()
        }
        Form::OneOfNumbers(numbers) => {
            docs::integer().enum_values(Some(numbers.iter().copied())).description(meaning).examples(examples).into()
        }
        Form::Range { most } => ArrayBuilder::new()
            .items(docs::integer().minimum(Some(0)).maximum(Some(most)))
            .min_items(Some(2))
            .max_items(Some(2))
            .description(meaning)
            .examples(examples)
            .into(),
        Form::Text => text(member.meaning).examples(examples).into(),
        Form::OneOf(words) => word().description(meaning).enum_values(Some(words.iter().copied())).into(),
        Form::Checksum => docs::reference("Checksum"),
        Form::CustomerEncryption => docs::reference("CustomerEncryption"),
        Form::Encryption => docs::reference("ServerSideEncryption"),
        Form::Id => id(member.meaning).examples(examples).into(),
        Form::ObjectChecksum => docs::reference("ObjectChecksum"),
        Form::ObjectLock => docs::reference("ObjectLock"),
        Form::Response => docs::reference("ResponseOverrides"),
        Form::Texts => ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(Schema::from(text("").build())))
            .description(meaning)
            .examples(examples)
            .into(),
        Form::UploadChecksum => docs::reference("UploadChecksum"),
    }
}

fn checksum() -> Schema {
    closed(digest(Member::Checksum, &ChecksumAlgorithm::ALL))
}

fn object_checksum() -> Schema {
    let of_objects = |algorithm: &ChecksumAlgorithm| algorithm.makes(ChecksumType::FullObject);
    let algorithms: Vec<_> = ChecksumAlgorithm::ALL.into_iter().filter(of_objects).collect();
    let kind = word().enum_values(Some([ChecksumType::FullObject.as_str()]));
    closed(digest(Member::ChecksumOfObject, &algorithms).property("type", kind))
}

/// An object of an algorithm and a value.
fn digest(member: Member, algorithms: &[ChecksumAlgorithm]) -> ObjectBuilder {
    checked_by(member, algorithms)
        .property("value", text("Padded base64 of exactly the digest's length."))
        .required("value")
}

fn upload_checksum() -> Schema {
    let meaning =
        "Left out: what S3 makes of the algorithm. CRC64NVME makes FULL_OBJECT alone, SHA1 and SHA256 COMPOSITE.";
    let kind = word().description(Some(meaning)).enum_values(Some(ChecksumType::ALL.map(ChecksumType::as_str)));
    closed(checked_by(Member::ChecksumOfUpload, &ChecksumAlgorithm::ALL).property("type", kind))
}

/// An object of an algorithm.
fn checked_by(member: Member, algorithms: &[ChecksumAlgorithm]) -> ObjectBuilder {
    let Description { meaning, example, .. } = member.description();
    ObjectBuilder::new()
        .description(Some(meaning))
        .property("algorithm", word().enum_values(Some(algorithms.iter().map(|algorithm| algorithm.as_str()))))
        .required("algorithm")
        .examples([docs::value_of(example)])
}

/// One shape for each kind of encryption.
fn server_side_encryption() -> Schema {
    let [s3, kms, dsse, _] = encryption::ALGORITHMS;
    let algorithm = |words: &[&'static str]| {
        ObjectBuilder::new().property("algorithm", word().enum_values(Some(words.to_vec()))).required("algorithm")
    };
    let context = ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(Schema::from(text("").build())))
        .description(Some("What KMS binds the data key to."));
    let kms = algorithm(&[kms, dsse])
        .description(Some("SSE-KMS, and DSSE-KMS, which has no `bucket_key`."))
        .property("kms_key_id", text("The key's id, ARN or alias; left out: `aws/s3`.").examples(["alias/uploads"]))
        .property("context", context)
        .property("bucket_key", ObjectBuilder::new().schema_type(Type::Boolean));
    let Description { meaning, example, .. } = Member::ServerSideEncryption.description();
    let all = OneOfBuilder::new()
        .description(Some(meaning))
        .examples([docs::value_of(example)])
        .item(closed(algorithm(&[s3]).description(Some("SSE-S3."))))
        .item(closed(kms))
        .item(docs::reference("CustomerEncryption"));
    Schema::OneOf(all.build())
}

fn customer_encryption(member: Member) -> Schema {
    let Description { meaning, example, .. } = member.description();
    let key = "32 bytes in base64, which every S3-compatible store wants signed. It is used, returned in `headers` and \
               forgotten; refused over plain HTTP from beyond loopback and trusted proxies. Left out: only the \
               algorithm is signed, the client adds S3's two headers of the key itself, and the key never passes \
               through here (AWS).";
    closed(
        ObjectBuilder::new()
            .description(Some(meaning))
            .property("algorithm", word().enum_values(Some([encryption::CUSTOMER])))
            .property("key", text(key))
            .required("algorithm")
            .examples([docs::value_of(example)]),
    )
}

fn object_lock() -> Schema {
    let Description { meaning, example, .. } = Member::ObjectLock.description();
    let together = "Beside `retain_until`, never alone.";
    let until = "RFC 3339; sent in UTC, without a fraction of a second. Beside `mode`, never alone.";
    closed(
        ObjectBuilder::new()
            .description(Some(meaning))
            .property("mode", word().description(Some(together)).enum_values(Some(LockMode::ALL.map(LockMode::as_str))))
            .property("retain_until", text(until).format(Some(date_time())))
            .property("legal_hold", ObjectBuilder::new().schema_type(Type::Boolean))
            .examples([docs::value_of(example)]),
    )
}

fn response() -> Schema {
    let Description { meaning, example, .. } = Member::Response.description();
    let object = ObjectBuilder::new().description(Some(meaning)).examples([docs::value_of(example)]);
    let member = |object: ObjectBuilder, member: ResponseMember| match member {
        ResponseMember::Expires => object.property(member.as_str(), text("RFC 3339.").format(Some(date_time()))),
        ResponseMember::CacheControl
        | ResponseMember::ContentDisposition
        | ResponseMember::ContentEncoding
        | ResponseMember::ContentLanguage
        | ResponseMember::ContentType => object.property(member.as_str(), text("")),
    };
    closed(ResponseMember::ALL.into_iter().fold(object, member))
}

fn date_time() -> utoipa::openapi::SchemaFormat {
    utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)
}

fn key() -> ObjectBuilder {
    let meaning = "The object's key, taken literally: 1 to 1,024 bytes of UTF-8 without control characters, \
                   backslashes, empty, `.` or `..` segments.";
    text(meaning).min_length(Some(1)).max_length(Some(1024)).examples(["users/42/avatar.png"])
}

fn text(meaning: &str) -> ObjectBuilder {
    let text = word().max_length(Some(forms::LONGEST_TEXT));
    if meaning.is_empty() { text } else { text.description(Some(meaning)) }
}

fn id(meaning: &str) -> ObjectBuilder {
    let id = word().min_length(Some(1)).max_length(Some(forms::LONGEST_ID)).pattern(Some("^[ -~]*$"));
    id.description(Some(meaning))
}

/// One of a few.
fn word() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// Unknown members are errors.
pub fn closed(object: ObjectBuilder) -> Schema {
    let object = object.schema_type(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(false)));
    Schema::Object(object.build())
}
