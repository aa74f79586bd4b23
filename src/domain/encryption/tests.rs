use proptest::prelude::*;

use super::*;

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn all() -> Members<'static> {
    Members {
        algorithm: "",
        kms_key_id: KmsKeyId::parse("alias/uploads").ok(),
        context: KmsContext::of([("tenant", "t-1")]).ok(),
        bucket_key: Some(true),
        key: CustomerKey::parse(KEY).ok(),
    }
}

#[test]
fn each_algorithm_takes_its_own_members_alone() {
    for (algorithm, own) in [
        (AES256, &[][..]),
        (KMS, &["kms_key_id", "context", "bucket_key"]),
        (DSSE, &["kms_key_id", "context"]),
        (CUSTOMER, &["key"]),
    ] {
        let bare = ServerSideEncryption::of(Members { algorithm, ..Members::default() }).unwrap();
        assert_eq!(bare.algorithm(), algorithm);
        for member in ["kms_key_id", "context", "bucket_key", "key"] {
            let Members { kms_key_id, context, bucket_key, key, .. } = all();
            let one = Members {
                algorithm,
                kms_key_id: kms_key_id.filter(|_| member == "kms_key_id"),
                context: context.filter(|_| member == "context"),
                bucket_key: bucket_key.filter(|_| member == "bucket_key"),
                key: key.filter(|_| member == "key"),
            };
            let read = ServerSideEncryption::of(one).map_err(InvalidEncryption::member);
            assert_eq!(read.as_ref().err(), (!own.contains(&member)).then_some(&member), "{algorithm}, {member}");
            assert!(read.is_err() || read.unwrap() != bare, "{algorithm}, {member}");
        }
    }
    for algorithm in ["", "aes256", "AES-256", "aws:kms ", "Customer"] {
        let read = ServerSideEncryption::of(Members { algorithm, ..Members::default() });
        assert_eq!(read, Err(InvalidEncryption::Algorithm), "{algorithm:?}");
    }
}

#[test]
fn a_context_is_compact_json_in_its_order() {
    let rows: [(&[(&str, &str)], &str); 4] = [
        (&[], "{}"),
        (&[("tenant", "t-1")], r#"{"tenant":"t-1"}"#),
        (&[("b", "é"), ("a", "")], r#"{"b":"é","a":""}"#),
        (&[("a\"b", "c\\d/")], r#"{"a\"b":"c\\d/"}"#),
    ];
    for (pairs, json) in rows {
        let context = KmsContext::of(pairs.iter().copied()).unwrap();
        assert_eq!(BASE64_STANDARD.decode(&*context.0).unwrap(), json.as_bytes(), "{pairs:?}");
    }
    assert_eq!(KmsContext::of([("a", "b\n")]), Err(InvalidContext::Control));
    assert_eq!(KmsContext::of([("a\u{85}", "b")]), Err(InvalidContext::Control));
    let longest = "x".repeat(LONGEST_CONTEXT - r#"{"a":""}"#.len());
    assert_eq!(KmsContext::of([("a", longest.as_str())]).unwrap().0.len(), 4096);
    assert_eq!(KmsContext::of([("a", format!("{longest}x").as_str())]), Err(InvalidContext::TooLong));
}

#[test]
fn a_clients_key_is_32_bytes_and_does_not_print() {
    let key = CustomerKey::parse(KEY).unwrap();
    let encryption = ServerSideEncryption::Customer(Some(key));
    // What botocore sends for it.
    let expected = [
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-server-side-encryption-customer-key", KEY),
        ("x-amz-server-side-encryption-customer-key-md5", "hRasmdxgYDKV3nvbahU1MA=="),
    ];
    assert_eq!(encryption.headers(), expected);
    assert!(!format!("{encryption:?}").contains("MDEy"), "{encryption:?}");
    let other = CustomerKey::parse("MTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").ok();
    assert_ne!(encryption, ServerSideEncryption::Customer(other));
    for text in ["", "MDEy", &KEY[..43], &format!("{KEY}="), &BASE64_STANDARD.encode([0; 31]), "!".repeat(44).as_str()]
    {
        assert_eq!(CustomerKey::parse(text).map(|_| ()), Err(InvalidCustomerKey), "{text}");
    }
}

#[test]
fn a_key_id_is_what_a_header_carries() {
    for text in ["alias/uploads", "1234abcd-12ab", "arn:aws:kms:us-east-1:111122223333:key/1", "k", "alias/aws/s3"] {
        assert_eq!(KmsKeyId::parse(text).unwrap().as_str(), text);
    }
    let long = "k".repeat(2049);
    for text in ["", "a b", " a", "é", "a\n", "*", "alias/*", "key-${aws:username}", "k?", "\"", "alias/", &long] {
        assert_eq!(KmsKeyId::parse(text), Err(InvalidKmsKeyId::Form), "{text:?}");
    }
    for text in [
        "arn:aws:s3:eu-west-1:111122223333:key/1",
        "arn:aws:kms:eu-west-1:111122223333:grant/1",
        "arn:aws:kms:eu-west-1:111122223333:key/",
        "arn:aws:kms:eu-west-1::key/1",
        "arn:aws:kms:key/1",
    ] {
        assert_eq!(KmsKeyId::parse(text), Err(InvalidKmsKeyId::Arn), "{text}");
    }
    assert_eq!(KmsKeyId::parse("aws/s3"), Err(InvalidKmsKeyId::AwsManaged));
}

proptest! {
    #[test]
    fn whatever_a_context_says_is_read_back(pairs in prop::collection::btree_map("\\PC{0,20}", "\\PC{0,20}", 0..5)) {
        if let Ok(context) = KmsContext::of(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
            let json = BASE64_STANDARD.decode(&*context.0).unwrap();
            let read: std::collections::BTreeMap<String, String> = serde_json::from_slice(&json).unwrap();
            prop_assert_eq!(read, pairs);
        }
    }
}
