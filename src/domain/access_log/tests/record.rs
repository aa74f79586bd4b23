//! Real lines, broken lines, and any line.

use proptest::prelude::*;
use time::OffsetDateTime;

use crate::domain::access_log::BrokenLine;
use crate::domain::access_log::Record;

const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

/// 6 February 2019, 00:00:38 UTC.
fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_549_411_200 + seconds).unwrap()
}

fn sample() -> Record<'static> {
    Record {
        bucket: "amzn-s3-demo-bucket1",
        time: at(38),
        address: "192.0.2.3",
        request_id: "3E57427F3EXAMPLE",
        operation: "REST.GET.VERSIONING",
        key: None,
        request: Some(("GET", "/amzn-s3-demo-bucket1?versioning")),
        status: Some(200),
        bytes_sent: 113,
        object_size: 0,
    }
}

/// Lines of AWS's documentation, of 2006 to 2026, and some that people have reported.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>
#[test]
fn lines_that_s3_wrote_are_read() {
    let head = format!("{OWNER} amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {OWNER} 3E57427F3EXAMPLE");
    let versioning = "REST.GET.VERSIONING - \"GET /amzn-s3-demo-bucket1?versioning HTTP/1.1\" 200 - 113 - 7 - \"-\"";
    let tail = "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 \
        ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2";
    let put = Record {
        time: at(117),
        request_id: "DD6CC733AEXAMPLE",
        operation: "REST.PUT.OBJECT",
        key: Some("s3-dg.pdf"),
        request: Some(("PUT", "/amzn-s3-demo-bucket1/s3-dg.pdf")),
        bytes_sent: 0,
        object_size: 4_406_583,
        ..sample()
    };
    let rows = [
        ("with the source region", format!("{head} {versioning} \"S3Console/0.4\" - {tail} - - us-east-1"), sample()),
        (
            "with an access point",
            format!(
                "{head} {versioning} \"S3Console/0.4\" - {tail} arn:aws:s3:us-west-1:123456789012:accesspoint/a Yes"
            ),
            sample(),
        ),
        ("without what came after 2019", format!("{head} {versioning} \"S3Console/0.4\" - {tail}"), sample()),
        ("without what came after 2018", format!("{head} {versioning} \"S3Console/0.4\" -"), sample()),
        ("quotes in the User-Agent", format!("{head} {versioning} \"a\" - x \" - \"y\"\" - {tail} - -"), sample()),
        ("no quotes there", format!("{head} {versioning} - - {tail} - -"), sample()),
        (
            "an upload",
            format!(
                "{OWNER} amzn-s3-demo-bucket1 [06/Feb/2019:00:01:57 +0000] 192.0.2.3 {OWNER} DD6CC733AEXAMPLE \
                 REST.PUT.OBJECT s3-dg.pdf \"PUT /amzn-s3-demo-bucket1/s3-dg.pdf HTTP/1.1\" 200 - - 4406583 41754 28 \
                 \"-\" \"S3Console/0.4\" - {tail} - - us-east-1"
            ),
            put,
        ),
        (
            "of 2006, without a version of HTTP",
            "314159b66967d86f031c7249d1d9a8024 mybucket [04/Aug/2006:22:34:02 +0000] 72.21.206.5 \
             314159b66967d86f031c7249d1d9a8024 3E57427F33A59F07 SOAP.CreateBucket /photos/puppy.jpg \
             \"GET /mybucket/photos/2006/08/puppy.jpg?x-foo=bar\" 200 NoSuchBucket 2662992 3462992 70 10 \"a\" \"b\""
                .to_owned(),
            Record {
                bucket: "mybucket",
                time: OffsetDateTime::from_unix_timestamp(1_154_730_842).unwrap(),
                address: "72.21.206.5",
                request_id: "3E57427F33A59F07",
                operation: "SOAP.CreateBucket",
                key: Some("/photos/puppy.jpg"),
                request: Some(("GET", "/mybucket/photos/2006/08/puppy.jpg?x-foo=bar")),
                bytes_sent: 2_662_992,
                object_size: 3_462_992,
                ..sample()
            },
        ),
        (
            "a quote in the target, which S3 does not escape",
            format!(
                "{head} REST.GET.OBJECT %2522 \"GET /\" HTTP/1.1\" 403 AccessDenied 243 - 8 - \"referer test\" \"c\" -"
            ),
            Record {
                operation: "REST.GET.OBJECT",
                key: Some("%2522"),
                request: Some(("GET", "/\"")),
                status: Some(403),
                bytes_sent: 243,
                ..sample()
            },
        ),
        (
            "the GET of a copy, without a request line",
            format!("{head} REST.COPY.OBJECT_GET a - 200 - - 3 - - - - - {tail} - -"),
            Record {
                operation: "REST.COPY.OBJECT_GET",
                key: Some("a"),
                request: None,
                bytes_sent: 0,
                object_size: 3,
                ..sample()
            },
        ),
        (
            "nobody waited for the answer, and another offset",
            format!(
                "{OWNER} amzn-s3-demo-bucket1 [06/Feb/2019:01:00:38 +0100] - - 3E57427F3EXAMPLE REST.GET.VERSIONING - \"-\" - - - - - - \"-\" \"-\" -"
            ),
            Record { address: "-", request: Some(("-", "")), status: None, bytes_sent: 0, ..sample() },
        ),
    ];
    for (row, line, expected) in rows {
        assert_eq!(Record::parse(&line), Ok(expected), "{row}: {line}");
    }
}

#[test]
fn a_broken_line_is_told_by_what_it_lacks() {
    let whole =
        format!("{OWNER} b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57 REST.GET.OBJECT a \"GET /a\" 200 - 1 2 3 4");
    assert!(Record::parse(&whole).is_ok());
    let rows = [
        ("", BrokenLine::Ends("bucket")),
        ("{\"level\":\"INFO\"}", BrokenLine::Ends("bucket")),
        (&whole[..66], BrokenLine::Ends("time")),
        (&whole[..80], BrokenLine::Time),
        (&whole.replace("06/Feb", "31/Feb"), BrokenLine::Time),
        (&whole.replace("[06", "06"), BrokenLine::Time),
        (
            &whole.replace(" 192.0.2.3 - 3E57 REST.GET.OBJECT a \"GET /a\" 200 - 1 2 3 4", " -"),
            BrokenLine::Ends("requester"),
        ),
        (&whole.replace("/a\" 200", "/a 200"), BrokenLine::Request),
        (&whole.replace("\" 200", "\" OK"), BrokenLine::Request),
        (&whole.replace(" 200 - 1 2 3 4", ""), BrokenLine::Request),
        (&whole.replace(" - 1 2 3 4", ""), BrokenLine::Ends("error code")),
        (&whole.replace("- 1 2", "- x 2"), BrokenLine::Number("bytes sent")),
        (&whole.replace("1 2 3", "1 -2 3"), BrokenLine::Number("object size")),
        (&whole.replace(" 2 3 4", " 2"), BrokenLine::Ends("total time")),
    ];
    for (line, expected) in rows {
        assert_eq!(Record::parse(line), Err(expected), "{line}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*", cut in 0usize..200) {
        _ = Record::parse(&text);
        let line = format!("o b [06/Feb/2019:00:00:38 +0000] a r i o k \"{text}\" 200 - 1 2 3 4 \"-\" \"{text}\" -");
        _ = Record::parse(&line.chars().take(cut).collect::<String>());
    }

    #[test]
    fn what_a_client_writes_into_a_line_moves_nothing_before_it(
        (target, referer, agent) in ("/[!-~é]{0,30}", "[ -~é]{0,30}", "[ -~é]{0,30}"),
        (status, sent, size) in (proptest::option::of(100u16..600), any::<u64>(), any::<u64>()),
        more in "( [!-~]{1,8}){0,12}",
    ) {
        let told = status.map_or("-".to_owned(), |status| status.to_string());
        let line = format!(
            "{OWNER} amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT k \
             \"GET {target} HTTP/1.1\" {told} - {sent} {size} 1 - \"{referer}\" \"{agent}\"{more}"
        );
        let expected = Record {
            operation: "REST.GET.OBJECT",
            key: Some("k"),
            request: Some(("GET", target.as_str())),
            status,
            bytes_sent: sent,
            object_size: size,
            ..sample()
        };
        prop_assert_eq!(Record::parse(&line), Ok(expected), "{}", line);
    }
}
