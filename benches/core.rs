//! What signing, deciding and recording cost: ratios in one run.
//!
//! `cargo bench --bench core`
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement ends by panicking")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::PayloadChecksumKind;
use aws_sigv4::http_request::PercentEncodingMode;
use aws_sigv4::http_request::SignableBody;
use aws_sigv4::http_request::SignableRequest;
use aws_sigv4::http_request::SignatureLocation;
use aws_sigv4::http_request::SigningSettings;
use aws_sigv4::http_request::UriPathNormalizationMode;
use aws_sigv4::sign::v4;
use presignd::adapters::audit::Audit;
use presignd::adapters::audit::Decision;
use presignd::adapters::audit::Entry;
use presignd::adapters::clock::Clock;
use presignd::adapters::config;
use presignd::adapters::config::AuditChain;
use presignd::adapters::config::AuditSink;
use presignd::adapters::telemetry::Metrics;
use presignd::domain::action::Action;
use presignd::domain::audit_chain::ChainKey;
use presignd::domain::bucket::Resource;
use presignd::domain::caller::Caller;
use presignd::domain::claims::Claims;
use presignd::domain::claims::Value;
use presignd::domain::endpoint::Signing;
use presignd::domain::endpoint::Target;
use presignd::domain::grant::DownloadLimits;
use presignd::domain::grant::Effect;
use presignd::domain::grant::Grant;
use presignd::domain::grant::MfaRule;
use presignd::domain::grant::UploadLimits;
use presignd::domain::lifetime::ExpiryRules;
use presignd::domain::lifetime::Lifetime;
use presignd::domain::name::Name;
use presignd::domain::policy::Bucket;
use presignd::domain::policy::Circumstances;
use presignd::domain::policy::CredentialWindows;
use presignd::domain::policy::Policy;
use presignd::domain::policy::Window;
use presignd::domain::presign::presign;
use presignd::domain::request::Request;
use presignd::domain::scheme::Scheme;
use presignd::domain::scope::Scope;
use presignd::domain::sigv4::Signer;
use presignd::domain::sigv4::SigningKey;
use presignd::domain::store::Store;
use presignd::domain::store::features::Lacks;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const HOST: &str = "acme-media-prod.s3.eu-west-1.amazonaws.com";

fn main() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_000_000);
    let claims: Value = serde_json::from_str(r#"{"sub":"42","groups":["editors"]}"#).unwrap();
    let caller = Caller::verified(name("corp"), Claims::of(claims).unwrap(), &[], now);
    let windows = CredentialWindows([(name("main"), Window::Endless)].into());
    let around = Circumstances { id: "01997f3c-1f7e-7c60-9f0b-2f7d8a1c9e55", address: None, windows: &windows, now };

    println!("authorize, by the number of grants:");
    let mut smallest = None;
    for count in [100, 10_000, 1_000_000] {
        let policy = policy(count);
        let (own, last) = (request("users/42/a/avatar.png"), request(&format!("folder-{}/avatar.png", count - 1)));
        let time = nanoseconds(|| policy.authorize(&caller, &own, around));
        let far = nanoseconds(|| policy.authorize(&caller, &last, around));
        let first = *smallest.get_or_insert(time);
        println!("{count:>10} {time:>8.0} ns own folder, {far:>8.0} ns a literal one   {:.2} × of 100", time / first);
    }

    let permit = policy(100).authorize(&caller, &request("users/42/a/avatar.png"), around).unwrap();
    let signer = Signer {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        session_token: None,
        key: SigningKey::derive(SECRET, now, "eu-west-1", "s3"),
    };
    let own = nanoseconds(|| presign(&permit, &signer));
    let whole = nanoseconds(|| by_aws_sigv4(now));
    println!("sign: {own:.0} ns; aws-sigv4's sign(): {whole:.0} ns; {:.1} ×", whole / own);

    let (plain, chained) = (audit_line(AuditChain::None), audit_line(AuditChain::Keyed(ChainKey::new(&[7; 32]))));
    println!("audit line: {plain:.0} ns; in a chain: {chained:.0} ns; {:.2} ×", chained / plain);
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn request(key: &str) -> Request {
    let body = format!(r#"{{"operation":"PutObject","bucket":"media","key":"{key}","content_type":"image/png"}}"#);
    Request::parse(&serde_json::from_str(&body).unwrap()).unwrap()
}

/// A template for each caller's own folder, and literal folders.
fn policy(count: usize) -> Policy {
    let bucket = Bucket {
        alias: name("media"),
        resource: Resource::parse("acme-media-prod").unwrap(),
        underlying: Vec::new(),
        target: Arc::new(Target {
            scheme: Scheme::Https,
            authority: HOST.into(),
            host: HOST.into(),
            base_path: String::new(),
            region: "eu-west-1".into(),
            service: "s3",
            signing: Signing::SigV4,
        }),
        store: Store::Generic,
        lacks: Lacks::default(),
        default_encryption: None,
        read_credentials: name("main"),
        write_credentials: name("main"),
        log_id: true,
    };
    let grant = |place: usize| Grant {
        name: name(&format!("grant-{place}")),
        effect: Effect::Allow,
        bucket: name("media"),
        scope: Scope::prefix(&if place == 0 { "users/{sub}/".into() } else { format!("folder-{place}/") }, false)
            .unwrap(),
        actions: vec![Action::Read, Action::Write],
        issuers: vec![name("corp")],
        when: Vec::new(),
        enabled: true,
        max_expires: Lifetime::HOUR,
        credentials: None,
        upload: UploadLimits::default(),
        download: DownloadLimits::default(),
        source_ips: None,
        mfa: MfaRule::Usual,
    };
    Policy::new(ExpiryRules::default(), vec![bucket], (0..count).map(grant).collect())
}

fn by_aws_sigv4(now: SystemTime) -> String {
    let identity = Credentials::new("AKIAIOSFODNN7EXAMPLE", SECRET, None, None, "bench").into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.signature_location = SignatureLocation::QueryParams;
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    settings.expires_in = Some(Duration::from_secs(900));
    let parameters = v4::SigningParams::builder().identity(&identity).region("eu-west-1").name("s3");
    let parameters = parameters.time(now).settings(settings).build().unwrap().into();
    let url = format!("https://{HOST}/users/42/a/avatar.png?x-presignd-id=01997f3c-1f7e-7c60-9f0b-2f7d8a1c9e55");
    let headers = [("content-type", "image/png")].into_iter();
    let request = SignableRequest::new("PUT", &url, headers, SignableBody::UnsignedPayload).unwrap();
    let (instructions, _) = aws_sigv4::http_request::sign(request, &parameters).unwrap().into_parts();
    let mut request = hyper::http::Request::put(&url).header("content-type", "image/png").body(()).unwrap();
    instructions.apply_to_request_http1x(&mut request);
    request.uri().to_string()
}

/// Nanoseconds for a line, written with many others at once: the median of some rounds.
fn audit_line(chain: AuditChain) -> f64 {
    const LINES: usize = 1000;
    let folder = tempfile::tempdir().unwrap();
    let sink = AuditSink::File(folder.path().join("audit.jsonl"));
    let settings = config::Audit { sink, required: true, sync: false, chain };
    let entry = Entry {
        id: Some("01997f3c-1f7e-7c60-9f0b-2f7d8a1c9e55"),
        issuer: Some("corp"),
        subject: Some("42"),
        client_address: Some([192, 0, 2, 1].into()),
        request_id: Some("01997f3c-1f7e-7c60-9f0b-2f7d8a1c9e54"),
        operation: Some("PutObject"),
        bucket: Some("media"),
        key: Some("users/42/a/avatar.png"),
        grant: Some("own-folder"),
        expires_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_000_900)),
        signing_key_id: Some("AKIAIOSFODNN7EXAMPLE"),
        ..Entry::of(Decision::Issued)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let audit = Audit::open(&settings, Clock::system(), Metrics::new().unwrap()).await.unwrap();
        let mut rounds = Vec::new();
        for _ in 0..51 {
            let begun = Instant::now();
            audit.record(&[entry; LINES]).await.unwrap();
            rounds.push(begun.elapsed().as_nanos() as f64 / LINES as f64);
        }
        rounds.sort_by(f64::total_cmp);
        rounds[rounds.len() / 2]
    })
}

/// The median of many short runs, so that a busy machine's stalls fall out.
fn nanoseconds<T>(mut work: impl FnMut() -> T) -> f64 {
    const ROUND: u32 = 200;
    let mut rounds: Vec<f64> = (0..301)
        .map(|_| {
            let begun = Instant::now();
            (0..ROUND).for_each(|_| _ = black_box(work()));
            begun.elapsed().as_nanos() as f64 / f64::from(ROUND)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}
