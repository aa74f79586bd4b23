//! The store that `tests/stores/radosgw` starts, and the few calls that prepare it.

use std::collections::HashMap;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::PayloadChecksumKind;
use aws_sigv4::http_request::SignableBody;
use aws_sigv4::http_request::SignableRequest;
use aws_sigv4::http_request::SigningSettings;
use aws_sigv4::http_request::sign;
use aws_sigv4::sign::v4;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use serde_json::json;

use crate::support::client::Call;
use crate::support::client::Reply;

/// What the script printed: `NAME=value` lines.
pub struct Store(HashMap<String, String>);

/// Temporary credentials.
pub struct Session {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    /// RFC 3339.
    pub expiration: String,
}

impl Session {
    /// As a file of credentials holds them.
    pub fn file(&self) -> Value {
        json!({
            "Version": 1,
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "SessionToken": self.session_token,
            "Expiration": self.expiration,
        })
    }
}

impl Store {
    /// The store whose description lies where `PRESIGND_E2E_STORE` says.
    pub fn found() -> Option<Self> {
        let Some(path) = std::env::var_os("PRESIGND_E2E_STORE") else {
            assert!(std::env::var_os("PRESIGND_E2E").is_none(), "PRESIGND_E2E is set, but PRESIGND_E2E_STORE is not");
            eprintln!("no store, nothing tested: ./tests/run starts one");
            return None;
        };
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let lines = text.lines().filter_map(|line| line.split_once('='));
        Some(Self(lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }

    /// One of the store's values, by the script's name for it.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("the store has no {name}"))
    }

    /// Makes a bucket; one that is there already is as good.
    pub fn make_bucket(&self, name: &str) {
        self.prepare(&format!("/{name}"), &[], "");
    }

    /// Makes a bucket whose objects have versions and can be locked.
    pub fn make_locked_bucket(&self, name: &str) {
        self.prepare(&format!("/{name}"), &[("x-amz-bucket-object-lock-enabled", "true")], "");
    }

    /// A PUT by the store's own user, which must succeed.
    #[track_caller]
    pub fn prepare(&self, path: &str, headers: &[(&str, &str)], body: &str) {
        let reply = self.call("PUT", path, "s3", headers, body);
        assert!([200, 204].contains(&reply.status), "{path}: {}", reply.text());
    }

    /// The keys of the store's own user, as a file of credentials holds them.
    pub fn keys(&self) -> Value {
        json!({"Version": 1, "AccessKeyId": self.get("ACCESS_KEY"), "SecretAccessKey": self.get("SECRET_KEY")})
    }

    /// Credentials of the store's role, for the shortest time that it gives.
    pub fn assume_role(&self) -> Session {
        self.assume(self.get("ROLE_ARN"))
    }

    /// Credentials of a new role, which may what the policy allows.
    pub fn assume_new_role(&self, name: &str, policy: &str) -> Session {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::user/store"]},"Action":["sts:AssumeRole"]}]}"#;
        let role = [("RoleName", name), ("Path", "/"), ("AssumeRolePolicyDocument", trust)];
        self.act("iam", "CreateRole", &role);
        self.act("iam", "PutRolePolicy", &[("RoleName", name), ("PolicyName", "p"), ("PolicyDocument", policy)]);
        self.assume(&format!("arn:aws:iam:::role/{name}"))
    }

    fn assume(&self, role: &str) -> Session {
        let asked = [("RoleArn", role), ("RoleSessionName", "e2e"), ("DurationSeconds", "900")];
        let text = self.act("sts", "AssumeRole", &asked).text();
        let between = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {text}"));
            rest.split('<').next().unwrap().to_owned()
        };
        Session {
            access_key_id: between("AccessKeyId"),
            secret_access_key: between("SecretAccessKey"),
            session_token: between("SessionToken"),
            expiration: between("Expiration"),
        }
    }

    /// An action of the APIs that take forms, which must succeed.
    #[track_caller]
    fn act(&self, service: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let encoded =
            fields.iter().map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        let form = format!("Action={action}&Version=2011-06-15{}", encoded.collect::<String>());
        let reply = self.call("POST", "/", service, &[], &form);
        assert_eq!(reply.status, 200, "{action}: {}", reply.text());
        reply
    }

    /// A request that the store's own user signs in its headers.
    pub fn call(&self, method: &str, path: &str, service: &str, more: &[(&str, &str)], form: &str) -> Reply {
        let url = format!("{}{path}", self.get("ENDPOINT"));
        let identity = Credentials::new(self.get("ACCESS_KEY"), self.get("SECRET_KEY"), None, None, "e2e").into();
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.get("REGION"))
            .name(service)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .unwrap();
        let body = SignableBody::Bytes(form.as_bytes());
        let headers =
            || [("content-type", "application/x-www-form-urlencoded")].into_iter().chain(more.iter().copied());
        let request = SignableRequest::new(method, url.as_str(), headers(), body).unwrap();
        let (signed, _) = sign(request, &parameters.into()).unwrap().into_parts();
        let call = headers().fold(Call::to(method, &url), |call, (name, value)| call.header(name, value)).body(form);
        signed.headers().fold(call, |call, (name, value)| call.header(name, value)).send()
    }
}
