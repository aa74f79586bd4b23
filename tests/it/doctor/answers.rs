//! What S3 answers about a bucket, as it answers.

use std::collections::BTreeMap;

use presignd::domain::doctor::Question;
use presignd::domain::doctor::Reply;

pub type Said = BTreeMap<Question, Reply>;

pub fn xml(status: u16, body: impl Into<String>) -> Reply {
    Reply { status, region: None, body: body.into() }
}

pub fn code(status: u16, code: &str) -> Reply {
    xml(status, format!("<Error><Code>{code}</Code><Message>x</Message></Error>"))
}

pub fn policy(statements: &str) -> Reply {
    xml(200, format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#))
}

pub const TLS: &str = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::acme-media", "arn:aws:s3:::acme-media/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;

pub fn age(milliseconds: u64) -> String {
    let condition = format!(r#"{{"NumericGreaterThan": {{"s3:signatureAge": "{milliseconds}"}}}}"#);
    TLS.replace(r#"{"Bool": {"aws:SecureTransport": "false"}}"#, &condition)
}

pub fn cors(methods: &[&str], more: &str) -> Reply {
    let methods: String = methods.iter().map(|method| format!("<AllowedMethod>{method}</AllowedMethod>")).collect();
    let rule = format!("<AllowedOrigin>https://*.example.com</AllowedOrigin>{methods}{more}");
    xml(200, format!("<CORSConfiguration><CORSRule>{rule}</CORSRule></CORSConfiguration>"))
}

pub const METHODS: [&str; 5] = ["DELETE", "GET", "HEAD", "POST", "PUT"];
pub const OPEN: &str = "<AllowedHeader>*</AllowedHeader><ExposeHeader>etag</ExposeHeader>";

pub fn lifecycle(rule: &str) -> Reply {
    xml(200, format!("<LifecycleConfiguration><Rule>{rule}</Rule></LifecycleConfiguration>"))
}

pub const ENDS: &str =
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>";

pub fn logging(to: &str) -> Reply {
    let enabled =
        format!("<LoggingEnabled><TargetBucket>{to}</TargetBucket><TargetPrefix>a/</TargetPrefix></LoggingEnabled>");
    xml(
        200,
        format!(
            "<BucketLoggingStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{enabled}</BucketLoggingStatus>"
        ),
    )
}

pub fn encryption(more: &str) -> Reply {
    let rule =
        "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>";
    let configuration = "ServerSideEncryptionConfiguration";
    xml(200, format!("<{configuration}><Rule>{rule}{more}</Rule></{configuration}>"))
}

pub fn public_access(last: &str) -> Reply {
    let on = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy"].map(|name| format!("<{name}>true</{name}>"));
    let last = format!("<RestrictPublicBuckets>{last}</RestrictPublicBuckets>");
    xml(200, format!("<PublicAccessBlockConfiguration>{}{last}</PublicAccessBlockConfiguration>", on.concat()))
}

pub fn ownership(word: &str) -> Reply {
    let rule = format!("<Rule><ObjectOwnership>{word}</ObjectOwnership></Rule>");
    xml(200, format!("<OwnershipControls>{rule}</OwnershipControls>"))
}

pub fn lock(rule: &str) -> Reply {
    let enabled = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>";
    xml(200, format!("<ObjectLockConfiguration>{enabled}{rule}</ObjectLockConfiguration>"))
}

pub fn versioning(status: &str) -> Reply {
    xml(200, format!("<VersioningConfiguration>{status}</VersioningConfiguration>"))
}

pub fn public(is: bool) -> Reply {
    xml(200, format!("<PolicyStatus><IsPublic>{is}</IsPublic></PolicyStatus>"))
}

/// A bucket with which nothing is wrong.
pub fn well() -> Said {
    Said::from([
        (Question::Cors, cors(&METHODS, OPEN)),
        (Question::Encryption, encryption("")),
        (Question::Lifecycle, lifecycle(&format!("<Status>Enabled</Status><Filter/>{ENDS}"))),
        (Question::Logging, logging("acme-logs")),
        (Question::ObjectLock, lock("")),
        (Question::Ownership, ownership("BucketOwnerEnforced")),
        (Question::Policy, policy(&format!("{TLS}, {}", age(3_600_000)))),
        (Question::PolicyStatus, public(false)),
        (Question::PublicAccessBlock, public_access("true")),
        (Question::Versioning, versioning("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>")),
    ])
}
