//! `GET /v1/grants`: what a token may do, and nothing that is not its holder's to know.

use serde_json::Value;
use serde_json::json;

use crate::support::service::Service;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;

const GRANTS: &str = r#"
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["read", "write"]
    max_expires = "30m"
    [grants.upload]
    max_size = "1MiB"
    content_types = ["image/png", "text/*"]
    require_checksum = true
    write_once = true
    set_metadata = { owner = "{sub}" }
    [grants.download]
    overrides = ["content_type"]
    force_attachment = true
    stable = true
    [[grants]]
    name = "teams"
    bucket = "media"
    prefix = "teams/{teams}/"
    actions = ["GetObject"]
    [[grants]]
    name = "editors"
    bucket = "media"
    key = "news/today.html"
    actions = ["write"]
    enabled = false
    when = { role = "editor" }
    [grants.require]
    source_ips = ["192.0.2.0/24"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "sealed/"
"#;

fn names(answer: &Value) -> Vec<&str> {
    answer["grants"].as_array().unwrap().iter().map(|grant| grant["name"].as_str().unwrap()).collect()
}

fn asked(service: &Service, token: &str, path: &str) -> Value {
    let reply = service.get(token, path);
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json()
}

#[test]
fn it_tells_what_the_token_may_do_with_the_claims_filled_in() {
    let service = setting(&[ISSUER, MEDIA, GRANTS]).serve();
    let plain = asked(&service, &token(), "/v1/grants");
    assert_eq!(plain.as_object().unwrap().keys().collect::<Vec<_>>(), ["issuer", "subject", "grants", "next"]);
    assert_eq!((&plain["issuer"], &plain["subject"], &plain["next"]), (&json!("corp"), &json!("42"), &json!(null)));
    assert_eq!(names(&plain), ["own", "sealed"], "an absent claim gives nothing: {plain:#}");
    let own = &plain["grants"][0];
    let told = |name: &str| own[name].clone();
    assert_eq!(told("effect"), "allow");
    assert_eq!((told("bucket"), told("prefix")), (json!("media"), json!("users/42/")));
    assert_eq!(told("actions"), json!(["read", "write"]));
    assert_eq!((told("max_expires_in"), told("enabled")), (json!(1800), json!(true)));
    assert_eq!(own.get("key"), None);
    assert_eq!(own["upload"]["max_size"], 1 << 20, "{own:#}");
    assert_eq!(own["upload"]["content_types"], json!(["image/png", "text/*"]));
    assert_eq!((&own["upload"]["require_checksum"], &own["upload"]["write_once"]), (&json!(true), &json!(true)));
    assert_eq!(own["download"]["overrides"], json!(["content_type"]));
    assert_eq!((&own["download"]["force_attachment"], &own["download"]["stable"]), (&json!(true), &json!(true)));
    assert_eq!((&plain["grants"][1]["effect"], &plain["grants"][1]["prefix"]), (&json!("deny"), &json!("sealed/")));
    let more = json!({"teams": ["red", "..", "blue"], "role": "editor"});
    let more = asked(&service, &token_with(&more), "/v1/grants");
    assert_eq!(names(&more), ["own", "teams", "teams", "editors", "sealed"], "an entry for each filled-in prefix");
    let mut teams = [1, 2].map(|place| more["grants"][place]["prefix"].as_str().unwrap());
    teams.sort_unstable();
    assert_eq!(teams, ["teams/blue/", "teams/red/"]);
    let editors = &more["grants"][3];
    assert_eq!((&editors["key"], &editors["enabled"]), (&json!("news/today.html"), &json!(false)));
    assert_eq!(editors.get("prefix"), None);
    let nobody = asked(&service, &token_with(&json!({"sub": ".."})), "/v1/grants");
    assert_eq!(names(&nobody), ["sealed"]);
}

#[test]
fn it_names_no_real_bucket_no_key_and_no_address() {
    let config = r#"
        [credentials.secret-source]
        provider = "file"
        path = "somewhere.json"
        [buckets.media]
        bucket = "acme-real-name"
        region = "eu-west-1"
        endpoint = "https://store.internal.example"
        credentials = "secret-source"
        [[issuers]]
        name = "partner"
        issuer = "https://partner.example"
        audiences = ["presignd"]
        hmac_secret_env = "CORP_SECRET"
        [[grants]]
        name = "partners"
        issuers = ["partner"]
        bucket = "media"
        prefix = "partners/"
        actions = ["read"]
        [[grants]]
        name = "ours"
        issuers = ["corp"]
        bucket = "media"
        prefix = "ours/"
        actions = ["read", "write"]
        credentials = "secret-source"
        require = { source_ips = ["192.0.2.0/24"] }
    "#;
    let credentials = json!({"Version": 1, "AccessKeyId": "AKIDHIDDEN", "SecretAccessKey": "hidden"}).to_string();
    let service = setting(&[ISSUER, config]).file("somewhere.json", credentials).serve();
    let text = service.get(&token(), "/v1/grants").text();
    assert!(text.contains("ours"), "{text}");
    for hidden in ["acme-real-name", "store.internal", "secret-source", "AKIDHIDDEN", "192.0.2", "eu-west-1", "partner"]
    {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

#[test]
fn pages_follow_one_another_by_the_name_of_the_last() {
    let grant = |number: usize| {
        let place = format!("bucket = \"media\"\nprefix = \"{{teams}}/{number}/\"\nactions = [\"read\"]");
        format!("[[grants]]\nname = \"g{number}\"\n{place}\n")
    };
    let grants: String = (0..105).map(grant).collect();
    let service = setting(&[ISSUER, MEDIA, &grants]).serve();
    let token = token_with(&json!({"teams": ["red", "blue"]}));
    let all: Vec<String> = (0..105).map(|number| format!("g{number}")).collect();
    let page = |path: &str| {
        let answer = asked(&service, &token, path);
        let mut found: Vec<String> = names(&answer).into_iter().map(str::to_owned).collect();
        assert!(found.chunks(2).all(|pair| pair[0] == pair[1]), "both of a grant's prefixes stand on one page");
        found.dedup();
        (found, answer["next"].clone())
    };
    assert_eq!(page("/v1/grants"), (all[..100].to_vec(), json!("g99")), "100 grants a page");
    assert_eq!(page("/v1/grants?after=g99"), (all[100..].to_vec(), json!(null)));
    assert_eq!(page("/v1/grants?limit=1000"), (all.clone(), json!(null)));
    assert_eq!(page("/v1/grants?limit=105").1, json!(null), "exactly all of them");
    let mut walked = Vec::new();
    let mut path = "/v1/grants?limit=40".to_owned();
    loop {
        let (found, next) = page(&path);
        walked.extend(found);
        match next.as_str() {
            Some(next) => path = format!("/v1/grants?limit=40&after={next}"),
            None => break,
        }
    }
    assert_eq!(walked, all);
    for query in ["limit=0", "limit=1001", "limit=x", "limit=-1", "limit=", "page=2", "limit=1&limit=2"] {
        let reply = service.get(&token, &format!("/v1/grants?{query}"));
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_request"), "{query}");
    }
}
