//! A form's fields as the upload that they ask for.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>

use std::str::FromStr;

use s3s::S3Result;
use s3s::dto;
use s3s::dto::Timestamp;
use s3s::dto::TimestampFormat;
use s3s::s3_error;
use s3s::xml;
use s3s::xml::Deserialize;

use super::policy::Fields;

/// What the fields ask for, as PutObject says it. A field that S3 knows and this store would drop is refused; one that
/// S3 does not know means nothing.
pub fn of(fields: &Fields, bucket: &str) -> S3Result<dto::PutObjectInput> {
    let mut input = dto::PutObjectInput { bucket: bucket.to_owned(), ..dto::PutObjectInput::default() };
    fields.iter().try_for_each(|(name, value)| set(&mut input, name, value))?;
    match input.key.is_empty() {
        true => Err(s3_error!(InvalidArgument, "Bucket POST must contain a field named 'key'.")),
        false if input.key.len() > MAX_KEY_BYTES => Err(s3_error!(KeyTooLongError, "Your key is too long")),
        false => Ok(input),
    }
}

const MAX_KEY_BYTES: usize = 1024;

fn set(input: &mut dto::PutObjectInput, name: &str, value: &str) -> S3Result<()> {
    let text = || Some(value.to_owned());
    match name {
        "key" => value.clone_into(&mut input.key),
        "acl" => input.acl = Some(value.to_owned().into()),
        "cache-control" => input.cache_control = text(),
        "content-disposition" => input.content_disposition = text(),
        "content-encoding" => input.content_encoding = text(),
        "content-language" => input.content_language = text(),
        "content-type" => input.content_type = text(),
        "content-md5" => input.content_md5 = text(),
        "expires" => input.expires = Some(time(name, value, TimestampFormat::HttpDate)?),
        "tagging" => input.tagging = Some(tagging(value)?),
        "x-amz-checksum-crc32" => input.checksum_crc32 = text(),
        "x-amz-checksum-crc32c" => input.checksum_crc32c = text(),
        "x-amz-checksum-crc64nvme" => input.checksum_crc64nvme = text(),
        "x-amz-checksum-sha1" => input.checksum_sha1 = text(),
        "x-amz-checksum-sha256" => input.checksum_sha256 = text(),
        "x-amz-object-lock-legal-hold" => input.object_lock_legal_hold_status = Some(value.to_owned().into()),
        "x-amz-object-lock-mode" => input.object_lock_mode = Some(value.to_owned().into()),
        "x-amz-object-lock-retain-until-date" => {
            input.object_lock_retain_until_date = Some(time(name, value, TimestampFormat::DateTime)?);
        }
        "x-amz-server-side-encryption" => input.server_side_encryption = Some(value.to_owned().into()),
        "x-amz-server-side-encryption-aws-kms-key-id" => input.ssekms_key_id = text(),
        "x-amz-server-side-encryption-bucket-key-enabled" => input.bucket_key_enabled = Some(parsed(name, value)?),
        "x-amz-server-side-encryption-context" => input.ssekms_encryption_context = text(),
        "x-amz-server-side-encryption-customer-algorithm" => input.sse_customer_algorithm = text(),
        "x-amz-server-side-encryption-customer-key" => input.sse_customer_key = text(),
        "x-amz-server-side-encryption-customer-key-md5" => input.sse_customer_key_md5 = text(),
        "x-amz-storage-class" => input.storage_class = Some(value.to_owned().into()),
        "x-amz-website-redirect-location" => input.website_redirect_location = text(),
        "x-amz-algorithm" | "x-amz-credential" | "x-amz-date" | "x-amz-signature" | "x-amz-checksum-algorithm" => (),
        _ => match name.strip_prefix("x-amz-meta-") {
            Some(name) => {
                _ = input.metadata.get_or_insert_default().insert(name.to_owned(), value.to_owned());
            }
            None if name.starts_with("x-amz-") => {
                return Err(s3_error!(NotImplemented, "This store does not do what the field {name} asks for"));
            }
            None => (),
        },
    }
    Ok(())
}

fn time(name: &str, value: &str, format: TimestampFormat) -> S3Result<Timestamp> {
    Timestamp::parse(format, value).map_err(|_| s3_error!(InvalidArgument, "The field {name} is no date"))
}

fn parsed<T: FromStr>(name: &str, value: &str) -> S3Result<T> {
    value.parse().map_err(|_| s3_error!(InvalidArgument, "The field {name} has no such value"))
}

/// S3's document of tags, as the header writes them.
fn tagging(document: &str) -> S3Result<String> {
    let mut reader = xml::Deserializer::new(document.as_bytes());
    let read = dto::Tagging::deserialize(&mut reader).and_then(|tagging| reader.expect_eof().map(|()| tagging));
    let tagging = read.map_err(|_| s3_error!(MalformedXML, "The field tagging is not well-formed"))?;
    let encoded = |text: Option<String>| {
        let text = text.unwrap_or_default();
        percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs = tagging.tag_set.into_iter().map(|tag| format!("{}={}", encoded(tag.key), encoded(tag.value)));
    Ok(pairs.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str, value: &str) -> Fields {
        [("key", "a"), (name, value)].into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn tags_come_as_a_document() {
        let document = "<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag>\
                        <Tag><Key>c</Key><Value></Value></Tag></TagSet></Tagging>";
        let input = of(&fields("tagging", document), "media").unwrap();
        assert_eq!(input.tagging.as_deref(), Some("a%20b=1%262&c="));
        assert_eq!(of(&fields("tagging", "a=b"), "media").unwrap_err().code().as_str(), "MalformedXML");
    }

    #[test]
    fn a_field_that_would_be_dropped_is_refused() {
        let cases = [
            ("x-amz-website-redirect-location", Ok(())),
            ("submit", Ok(())),
            ("x-amz-grant-read", Err("NotImplemented")),
            ("expires", Err("InvalidArgument")),
            ("x-amz-object-lock-retain-until-date", Err("InvalidArgument")),
            ("x-amz-server-side-encryption-bucket-key-enabled", Err("InvalidArgument")),
        ];
        for (name, expected) in cases {
            let found = of(&fields(name, "a"), "media").map(drop).map_err(|error| error.code().as_str().to_owned());
            assert_eq!(found, expected.map_err(str::to_owned), "{name}");
        }
        assert_eq!(of(&Fields::new(), "media").unwrap_err().code().as_str(), "InvalidArgument");
    }
}
