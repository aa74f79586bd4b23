//! Tags, as the header `x-amz-tagging` brings them.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>

use s3s::S3Result;
use s3s::s3_error;

use crate::cli::dev::query;

/// The tags of a query-like text: at most 10, each name once, 1 to 128 characters; values of at most 256.
pub fn parse(text: &str) -> S3Result<Vec<(String, String)>> {
    let tags = query::pairs(text);
    if tags.len() > MAX_TAGS {
        return Err(s3_error!(InvalidTag, "Object tags cannot be greater than {MAX_TAGS}"));
    }
    for (at, (name, value)) in tags.iter().enumerate() {
        if !(1..=MAX_NAME).contains(&name.chars().count()) {
            return Err(s3_error!(InvalidTag, "The TagKey you have provided is invalid"));
        }
        if value.chars().count() > MAX_VALUE {
            return Err(s3_error!(InvalidTag, "The TagValue you have provided is invalid"));
        }
        if tags.iter().take(at).any(|(earlier, _)| earlier == name) {
            return Err(s3_error!(InvalidTag, "Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(tags)
}

const MAX_TAGS: usize = 10;
/// In characters.
const MAX_NAME: usize = 128;
/// In characters.
const MAX_VALUE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_s3_reads_them_or_refused() {
        let many = |count: usize| (0..count).map(|n| format!("t{n}=v")).collect::<Vec<_>>().join("&");
        let cases = [
            ("", Ok(0)),
            ("a=b", Ok(1)),
            ("a=b&c=%C3%A9%26", Ok(2)),
            ("a", Ok(1)),
            ("=b", Err("InvalidTag")),
            ("a=b&a=c", Err("InvalidTag")),
            (&format!("{}=v", "n".repeat(129)), Err("InvalidTag")),
            (&format!("n={}", "v".repeat(257)), Err("InvalidTag")),
            (&many(10), Ok(10)),
            (&many(11), Err("InvalidTag")),
        ];
        for (text, expected) in cases {
            let found = parse(text).map(|tags| tags.len()).map_err(|error| error.code().as_str().to_owned());
            assert_eq!(found, expected.map_err(str::to_owned), "tags {text:?}");
        }
        assert_eq!(parse("c=%C3%A9%26").unwrap(), [("c".to_owned(), "é&".to_owned())]);
    }
}
