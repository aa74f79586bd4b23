//! Every URL held to what aws-sigv4's own `sign()` gives for the same request.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::PayloadChecksumKind;
use aws_sigv4::http_request::PercentEncodingMode;
use aws_sigv4::http_request::SessionTokenMode;
use aws_sigv4::http_request::SignableBody;
use aws_sigv4::http_request::SignableRequest;
use aws_sigv4::http_request::SignatureLocation;
use aws_sigv4::http_request::SigningSettings;
use aws_sigv4::http_request::UriPathNormalizationMode;
use aws_sigv4::sign::v4;
use aws_sigv4::sign::v4a;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use presignd::domain::action::Action;
use presignd::domain::bucket::Resource;
use presignd::domain::caller::Caller;
use presignd::domain::claims::Claims;
use presignd::domain::claims::Value;
use presignd::domain::encryption::KmsKeyId;
use presignd::domain::endpoint::EndpointOptions;
use presignd::domain::endpoint::Signing;
use presignd::domain::endpoint::Target;
use presignd::domain::grant::DownloadLimits;
use presignd::domain::grant::Effect;
use presignd::domain::grant::Grant;
use presignd::domain::grant::KmsKey;
use presignd::domain::grant::MfaRule;
use presignd::domain::grant::ResponseMember;
use presignd::domain::grant::StorageClass;
use presignd::domain::grant::UploadLimits;
use presignd::domain::key::ObjectKey;
use presignd::domain::lifetime::ExpiryRules;
use presignd::domain::lifetime::Lifetime;
use presignd::domain::name::Name;
use presignd::domain::operation::Names;
use presignd::domain::policy::Bucket;
use presignd::domain::policy::Circumstances;
use presignd::domain::policy::CredentialWindows;
use presignd::domain::policy::Permit;
use presignd::domain::policy::Policy;
use presignd::domain::policy::Window;
use presignd::domain::presign::Presigned;
use presignd::domain::presign::presign;
use presignd::domain::request::Request;
use presignd::domain::retention::LegalHold;
use presignd::domain::retention::LockLimits;
use presignd::domain::scheme::Scheme;
use presignd::domain::scope::Scope;
use presignd::domain::sigv4::Signer;
use presignd::domain::sigv4::SigningKey;
use presignd::domain::store::Store;
use presignd::domain::store::features::Lacks;
use proptest::prelude::*;
use serde_json::json;

use crate::verifier;

/// One place, one identity, one instant.
#[derive(Debug, Clone)]
struct World {
    target: Target,
    access_key_id: String,
    secret: String,
    session_token: Option<String>,
    now: u64,
    log_id: bool,
}

fn world() -> impl Strategy<Value = World> {
    let host = prop::sample::select(vec![
        ("acme.s3.eu-west-1.amazonaws.com", ""),
        ("s3.example.net:8443", "/acme"),
        ("127.0.0.1:9000", "/base/acme"),
        ("[::1]:9000", "/acme"),
    ]);
    let region = prop::sample::select(vec!["us-east-1", "eu-west-1", "garage"]);
    let session_token = prop::option::of("[A-Za-z0-9+/=]{1,80}");
    (host, region, "[A-Z0-9]{16,20}", "[ -~]{1,40}", session_token, 0..4_102_444_800u64, any::<bool>()).prop_map(
        |((host, base_path), region, access_key_id, secret, session_token, now, log_id)| {
            let target = Target {
                scheme: Scheme::Https,
                authority: host.into(),
                host: host.into(),
                base_path: base_path.into(),
                region: region.into(),
                service: "s3",
                signing: Signing::SigV4,
            };
            World { target, access_key_id, secret, session_token, now, log_id }
        },
    )
}

/// The same at a Multi-Region Access Point.
fn everywhere() -> impl Strategy<Value = World> {
    world().prop_map(|world| {
        let arn = Resource::parse("arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap").unwrap();
        World { target: Target::resolve(&arn, &EndpointOptions::default()).unwrap(), ..world }
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9/._~+%? -]{1,40}", "\\PC{1,40}", prop::string::string_regex("(?s).{1,20}").unwrap()]
        .prop_filter("a key", |key| ObjectKey::parse(key).is_ok())
}

/// A text that may stand in a header, for aws-sigv4 too: visible ASCII.
fn header() -> impl Strategy<Value = String> {
    "[!-~]([ -~]{0,20}[!-~])?"
}

/// A text that may stand in a query.
fn parameter() -> impl Strategy<Value = String> {
    "[!-~]|[!-~]\\PC{0,20}[!-~]"
}

fn body() -> impl Strategy<Value = serde_json::Value> {
    let reads = prop::sample::select(vec!["GetObject", "HeadObject"]);
    let get = (key(), reads, parameter(), parameter(), 1..10_000u32, "[ -~]{1,40}").prop_map(
        |(key, operation, kind, control, part, version)| {
            json!({ "operation": operation, "key": key, "part_number": part, "version_id": version,
                    "response": { "content_type": kind, "cache_control": control } })
        },
    );
    let save = (key(), "[^/\\\\\\p{Cc}]{1,20}")
        .prop_map(|(key, name)| json!({ "operation": "GetObject", "key": key, "download_as": name, "stable": true }));
    let metadata = prop::collection::hash_map("[a-z0-9-]{1,12}", header(), 0..4);
    let tags = prop::collection::hash_map("\\PC{1,12}", "\\PC{0,12}", 0..4)
        .prop_filter("not AWS's own", |tags| tags.keys().all(|name| !name.starts_with("aws:")));
    let put = (key(), header(), header(), metadata, tags, 0..5_000_000_000u64, any::<bool>()).prop_map(
        |(key, control, disposition, metadata, tags, length, once)| {
            let mut body = json!({ "operation": "PutObject", "key": key, "content_type": "text/plain; a=\"b  c\"",
                    "cache_control": control, "content_disposition": disposition, "content_length": length,
                    "metadata": metadata, "tags": tags, "storage_class": "STANDARD_IA",
                    "checksum": { "algorithm": "CRC32", "value": "AAAAAA==" } });
            if once {
                body["if_none_match"] = "*".into();
            }
            body
        },
    );
    let delete = key().prop_map(|key| json!({ "operation": "DeleteObject", "key": key }));
    let delete_version =
        (key(), "[ -~]{1,40}", "[!-~]{1,30} [0-9]{6,8}", any::<bool>()).prop_map(|(key, version, mfa, bypass)| {
            json!({ "operation": "DeleteObject", "key": key, "version_id": version, "mfa": mfa,
                    "bypass_governance_retention": bypass })
        });
    let restore =
        (key(), prop::option::of("[ -~]{1,40}"), prop::option::of(1..=i32::MAX)).prop_map(|(key, version, days)| {
            let mut body = json!({ "operation": "RestoreObject", "key": key, "tier": "Bulk" });
            version.into_iter().for_each(|version| body["version_id"] = version.into());
            days.into_iter().for_each(|days| body["days"] = days.into());
            body
        });
    let list = (key(), parameter(), parameter(), 1..1000u32).prop_map(|(prefix, after, delimiter, most)| {
        json!({ "operation": "ListObjectsV2", "prefix": prefix, "start_after": after, "delimiter": delimiter,
                "continuation_token": after, "max_keys": most })
    });
    let any = prop_oneof![get, save, put, delete, delete_version, list, restore, upload_in_parts()];
    (any, protection(), 1..604_800u32).prop_map(|(mut body, protection, seconds)| {
        protect(&mut body, protection);
        body["bucket"] = "media".into();
        body["expires_in"] = seconds.into();
        body
    })
}

/// How an upload is encrypted, by a client's key or otherwise, and how it is locked.
fn protection() -> impl Strategy<Value = [serde_json::Value; 3]> {
    let context = prop::collection::hash_map("\\PC{1,12}", "\\PC{0,12}", 0..4);
    let kms = ("[A-Za-z0-9_./-]{1,40}", context, any::<bool>()).prop_map(|(key, context, bucket_key)| {
        json!({ "algorithm": "aws:kms", "kms_key_id": key, "context": context, "bucket_key": bucket_key })
    });
    let customer = || {
        let key =
            any::<[u8; 32]>().prop_map(|key| json!({ "algorithm": "customer", "key": BASE64_STANDARD.encode(key) }));
        prop_oneof![Just(json!({ "algorithm": "customer" })), key]
    };
    // behind every instant of `world`: a lock that has ended is refused
    let lock = (any::<bool>(), 2100..9999u32, any::<bool>()).prop_map(|(is_held, year, is_governed)| {
        let mode = if is_governed { "GOVERNANCE" } else { "COMPLIANCE" };
        json!({ "mode": mode, "retain_until": format!("{year}-02-28T01:02:03.5+01:00"), "legal_hold": is_held })
    });
    let any = prop_oneof![Just(json!({ "algorithm": "AES256" })), kms, customer()];
    (any, customer(), lock).prop_map(|(any, customer, lock)| [any, customer, lock])
}

fn protect(body: &mut serde_json::Value, [any, customer, lock]: [serde_json::Value; 3]) {
    match body["operation"].as_str().unwrap() {
        "PutObject" | "CreateMultipartUpload" => {
            body["server_side_encryption"] = any;
            body["object_lock"] = lock;
        }
        "GetObject" | "HeadObject" | "UploadPart" => body["server_side_encryption"] = customer,
        _ => {}
    }
}

/// Each step of an upload in parts.
fn upload_in_parts() -> impl Strategy<Value = serde_json::Value> {
    let metadata = prop::collection::hash_map("[a-z0-9-]{1,12}", header(), 0..4);
    let kind = prop::sample::select(vec![
        json!({ "algorithm": "CRC32" }),
        json!({ "algorithm": "CRC64NVME", "type": "FULL_OBJECT" }),
        json!({ "algorithm": "SHA256", "type": "COMPOSITE" }),
    ]);
    let create = (key(), header(), metadata, kind).prop_map(|(key, language, metadata, kind)| {
        json!({ "operation": "CreateMultipartUpload", "key": key, "content_type": "video/mp4", "checksum": kind,
                "content_language": language, "metadata": metadata })
    });
    let upload = || (key(), "[ -~]{1,80}");
    let part = (upload(), 1..=10_000u32, 0..5_000_000_000u64).prop_map(|((key, upload), number, length)| {
        json!({ "operation": "UploadPart", "key": key, "upload_id": upload, "part_number": number,
                "content_length": length, "content_md5": "1B2M2Y8AsgTpgAmY7PhCfg==",
                "checksum": { "algorithm": "CRC32C", "value": "AAAAAA==" } })
    });
    let complete = (upload(), 0..53_687_091_200_000u64).prop_map(|((key, upload), size)| {
        json!({ "operation": "CompleteMultipartUpload", "key": key, "upload_id": upload, "object_size": size,
                "if_none_match": "*", "checksum": { "algorithm": "CRC64NVME", "value": "AAAAAAAAAAA=" } })
    });
    let abort = upload()
        .prop_map(|(key, upload)| json!({ "operation": "AbortMultipartUpload", "key": key, "upload_id": upload }));
    let list = (upload(), 1..=1000u32, 0..=10_000u32).prop_map(|((key, upload), most, after)| {
        json!({ "operation": "ListParts", "key": key, "upload_id": upload, "max_parts": most,
                "part_number_marker": after })
    });
    prop_oneof![create, part, complete, abort, list]
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// The permit for a request under a grant that allows everything.
fn permit(world: &World, body: &serde_json::Value) -> Permit {
    let bucket = Bucket {
        alias: name("media"),
        resource: Resource::parse("acme").unwrap(),
        underlying: Vec::new(),
        target: Arc::new(world.target.clone()),
        store: Store::Generic,
        lacks: Lacks::default(),
        default_encryption: None,
        read_credentials: name("main"),
        write_credentials: name("main"),
        log_id: world.log_id,
    };
    let tags = body["tags"].as_object().map(|tags| tags.keys().cloned().collect()).unwrap_or_default();
    let key_id = body["server_side_encryption"]["kms_key_id"].as_str();
    let kms_keys = key_id.map(|id| KmsKey::Named(KmsKeyId::parse(id).unwrap())).into_iter().collect();
    let (mode, min_retention, max_retention) = (None, None, None);
    let object_lock = Some(LockLimits { mode, min_retention, max_retention, legal_hold: LegalHold::Open });
    let storage_classes = vec![StorageClass::standard(), StorageClass::parse("STANDARD_IA").unwrap()];
    let grant = Grant {
        name: name("all"),
        effect: Effect::Allow,
        bucket: name("media"),
        scope: Scope::prefix("", false).unwrap(),
        actions: Action::WORDS.to_vec(),
        issuers: vec![name("corp")],
        when: Vec::new(),
        enabled: true,
        max_expires: Lifetime::MAX,
        credentials: None,
        upload: UploadLimits { tags, storage_classes, kms_keys, object_lock, sse_c: true, ..UploadLimits::default() },
        download: DownloadLimits { overrides: ResponseMember::ALL.to_vec(), stable: true, force_attachment: false },
        source_ips: None,
        mfa: MfaRule::Never,
    };
    let rules = ExpiryRules { max: Lifetime::MAX, ..ExpiryRules::default() };
    let policy = Policy::new(rules, vec![bucket], vec![grant]);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(world.now);
    let caller = Caller::verified(name("corp"), Claims::default(), &[], now);
    let windows = CredentialWindows([(name("main"), Window::Endless)].into());
    let around = Circumstances { id: "01997f3c-1f7e-7c60-9f0b-2f7d8a1c9e55", address: None, windows: &windows, now };
    let request = serde_json::from_value::<Value>(body.clone()).unwrap();
    policy.authorize(&caller, &Request::parse(&request).unwrap(), around).unwrap()
}

fn ours(world: &World, permit: &Permit) -> String {
    let target = permit.target();
    let signer = Signer {
        access_key_id: world.access_key_id.as_str().into(),
        session_token: world.session_token.clone().map(Into::into),
        key: match target.signing {
            Signing::SigV4 => SigningKey::derive(&world.secret, permit.signed_at(), &target.region, target.service),
            Signing::SigV4A => SigningKey::derive_for_every_region(&world.access_key_id, &world.secret),
        },
    };
    match presign(permit, &signer) {
        Presigned::Url(url) => url.into_string(),
        Presigned::Form(_) => panic!("no URL but a form"),
    }
}

/// RFC 3986, written once more: the code under test must not judge itself.
fn encode(text: &str, keep: &str) -> String {
    let one = |byte: u8| match byte {
        _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.as_bytes().contains(&byte) => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

fn theirs(world: &World, permit: &Permit) -> String {
    let target = permit.target();
    let path = match permit.operation().row().names {
        Names::Prefix if target.base_path.is_empty() => "/".to_owned(),
        Names::Prefix => target.base_path.clone(),
        Names::Key | Names::KeyFileNameOrPrefix | Names::KeyOrFileName => {
            format!("{}/{}", target.base_path, encode(permit.object(), "/"))
        }
    };
    let query: Vec<String> =
        permit.query().iter().map(|(name, value)| format!("{name}={}", encode(value, ""))).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let url = format!("https://{}{path}{mark}{}", target.authority, query.join("&"));

    let token = world.session_token.clone();
    let identity = Credentials::new(&world.access_key_id, &world.secret, token, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.signature_location = SignatureLocation::QueryParams;
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    settings.session_token_mode = SessionTokenMode::Include;
    settings.expires_in = Some(permit.lifetime().duration());
    settings.excluded_headers = None;
    let (service, time) = (target.service, permit.signed_at());
    let parameters = match target.signing {
        Signing::SigV4 => {
            let builder = v4::SigningParams::builder().identity(&identity).region(&target.region);
            builder.name(service).time(time).settings(settings).build().unwrap().into()
        }
        Signing::SigV4A => {
            let builder = v4a::SigningParams::builder().identity(&identity).region_set("*");
            builder.name(service).time(time).settings(settings).build().unwrap().into()
        }
    };
    let headers = permit.headers().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let method = permit.operation().row().method.as_str();
    let request = SignableRequest::new(method, &url, headers, SignableBody::UnsignedPayload).unwrap();
    let (instructions, _) = aws_sigv4::http_request::sign(request, &parameters).unwrap().into_parts();
    let mut added = query;
    added.extend(instructions.params().iter().map(|(name, value)| format!("{name}={}", encode(value, ""))));
    format!("https://{}{path}?{}", target.authority, added.join("&"))
}

/// All of a URL, its query as a set: the order is free.
fn parts(url: &str) -> (&str, BTreeSet<&str>) {
    let (place, query) = url.split_once('?').unwrap();
    (place, query.split('&').collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn every_url_is_what_aws_sigv4_signs(world in world(), body in body()) {
        let permit = permit(&world, &body);
        let (ours, theirs) = (ours(&world, &permit), theirs(&world, &permit));
        prop_assert_eq!(parts(&ours), parts(&theirs));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// The nonce is made from key and text, so that both have the same signature; an own verifier takes it too.
    #[test]
    fn every_url_for_every_region_is_what_aws_sigv4_signs_and_verifies(world in everywhere(), body in body()) {
        let permit = permit(&world, &body);
        let (url, theirs) = (ours(&world, &permit), theirs(&world, &permit));
        prop_assert_eq!(parts(&url), parts(&theirs));
        let headers: Vec<_> = permit.headers().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (id, secret, session_token) = (&world.access_key_id, &world.secret, world.session_token.as_deref());
        let keys = &[verifier::Key { id, secret, session_token }];
        let now = i64::try_from(world.now).unwrap();
        let sent = verifier::Sent { method: permit.operation().row().method.as_str(), url: &url, headers: &headers };
        let judge = verifier::World { keys, region: "eu-central-1", service: "s3", now };
        prop_assert_eq!(verifier::verify(sent, judge), Ok(()), "{}", url);
    }
}
