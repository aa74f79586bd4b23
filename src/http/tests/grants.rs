//! What a token may do.

use super::*;

const GRANTS: &str = r#"
[[issuers]]
name = "corp"
issuer = "https://idp.example.com/"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[buckets.media]
bucket = "acme-media-prod"
region = "eu-west-1"
[[grants]]
name = "teams"
bucket = "media"
prefix = "teams/{groups}/"
actions = ["read", "list"]
[grants.require]
source_ips = ["192.0.2.0/24"]
[[grants]]
name = "staff-only"
bucket = "media"
prefix = "staff/"
actions = ["read"]
when = { groups = "staff" }
[[grants]]
name = "inbox"
bucket = "media"
prefix = "inbox/"
actions = ["write"]
max_expires = "5m"
enabled = false
[grants.upload]
max_size = "1MiB"
content_types = ["image/*"]
key_template = "{id}"
set_metadata = { owner = "{sub}" }
[[grants]]
name = "terms"
bucket = "media"
key = "public/terms.pdf"
actions = ["GetObject"]
[[grants]]
name = "sealed"
effect = "deny"
bucket = "media"
prefix = "teams/a/sealed/"
"#;

fn with(claims: Value, path: &str) -> Request<Body> {
    Request::get(path).header("authorization", format!("Bearer {}", token(claims))).body(Body::empty()).unwrap()
}

fn names(json: &Value) -> Vec<&str> {
    json["grants"].as_array().unwrap().iter().map(|grant| grant["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn grants_are_listed_with_claims_filled_in_and_secrets_left_out() {
    let house = house_of(GRANTS).await;
    let answer = house.ask(with(json!({"groups": ["a", "b"]}), "/v1/grants")).await;
    let json = answer.json();
    assert_eq!(answer.status, 200, "{json}");
    assert_eq!((&json["issuer"], &json["subject"], &json["next"]), (&"corp".into(), &"42".into(), &Value::Null));
    assert_eq!(names(&json), ["teams", "teams", "inbox", "terms", "sealed"]);
    assert_eq!(
        json["grants"][0],
        json!({
            "name": "teams", "effect": "allow", "bucket": "media", "prefix": "teams/a/", "actions": ["read", "list"],
            "max_expires_in": 3600, "enabled": true, "upload": null,
            "download": {"overrides": ["content_disposition"], "force_attachment": false, "stable": false},
            "require": {"source_ips": true, "mfa": null, "delete_version_mfa": null},
        })
    );
    assert_eq!(json["grants"][1]["prefix"], "teams/b/");
    assert_eq!(
        json["grants"][2]["upload"],
        json!({
            "max_size": 1048576, "content_types": ["image/*"], "require_checksum": false, "write_once": false,
            "storage_classes": ["STANDARD"], "server_side_encryption": null, "kms_key_ids": false, "sse_c": false,
            "object_lock": null, "tags": [], "client_side_encryption": null, "metadata": true, "set_metadata": ["owner"], "set_tags": [], "file_name": true,
            "post_key_prefix": false, "post_type_prefix": false, "post_redirects": [],
        })
    );
    assert_eq!((&json["grants"][2]["enabled"], &json["grants"][2]["max_expires_in"]), (&false.into(), &300.into()));
    assert_eq!((&json["grants"][3]["key"], json["grants"][3].get("prefix")), (&"public/terms.pdf".into(), None));
    assert_eq!((&json["grants"][4]["effect"], &json["grants"][4]["max_expires_in"]), (&"deny".into(), &Value::Null));
    let text = String::from_utf8(answer.body).unwrap();
    for secret in ["acme-media-prod", "192.0.2", "AKID"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn pages_count_grants() {
    let house = house_of(GRANTS).await;
    let claims = json!({"groups": ["a", "b"]});
    for (path, expected, next) in [
        ("/v1/grants?limit=1", &["teams", "teams"][..], json!("teams")),
        ("/v1/grants?limit=1&after=teams", &["inbox"], json!("inbox")),
        ("/v1/grants?limit=2&after=inbox", &["terms", "sealed"], Value::Null),
        ("/v1/grants?after=sealed", &[], Value::Null),
    ] {
        let json = house.ask(with(claims.clone(), path)).await.json();
        assert_eq!(names(&json), expected, "{path}");
        assert_eq!(json["next"], next, "{path}");
    }
    for path in ["/v1/grants?after=staff-only", "/v1/grants?after=nobody-s", "/v1/grants?limit=0"] {
        let answer = house.ask(with(claims.clone(), path)).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{path}: another's grant is as good as none");
    }
}

#[tokio::test]
async fn a_token_without_the_claim_has_nothing_of_it() {
    let house = house_of(GRANTS).await;
    let json = house.ask(with(json!({"groups": "staff"}), "/v1/grants")).await.json();
    assert_eq!(names(&json), ["teams", "staff-only", "inbox", "terms", "sealed"]);
    let json = house.ask(with(json!({}), "/v1/grants")).await.json();
    assert_eq!(names(&json), ["inbox", "terms", "sealed"]);
}

#[tokio::test]
async fn lists_that_fill_in_to_more_than_a_page_stay_a_template() {
    let house = house_of(&GRANTS.replace("teams/{groups}/", "teams/{groups}/{teams}/")).await;
    let many: Vec<_> = (0..200).map(|number| number.to_string()).collect();
    let json = house.ask(with(json!({"groups": many, "teams": many}), "/v1/grants")).await.json();
    assert_eq!(json["grants"][0]["prefix"], "teams/{groups}/{teams}/");
}

#[tokio::test]
async fn a_look_at_one_s_grants_costs_no_url() {
    let house = house("[rate_limits]\nper_subject = { rate = \"1/h\", burst = 5 }\n").await;
    for _ in 0..9 {
        let answer = house.ask(get("/v1/grants")).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("ratelimit").starts_with("\"per_subject\";r=5;"), "{}", answer.header("ratelimit"));
    }
    assert!(house.audit().is_empty());
}
