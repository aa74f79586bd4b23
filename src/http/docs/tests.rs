//! The document against the code it is made from.

use serde_json::Value;

use super::*;
use crate::domain::operation::TABLE;
use crate::domain::upload_plan;
use crate::http::error::Code;
use crate::http::problem::PROBLEM_JSON;

fn written() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// Every `$ref` in the document.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| match (name.as_str(), value) {
            ("$ref", Value::String(to)) => found.push(to.clone()),
            _ => references(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn openapi_yaml_in_the_repository_is_what_the_code_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.yaml");
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept == yaml().unwrap(), "write it anew: cargo run -- openapi > openapi.yaml");
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_referred_to() {
    let document = written();
    let mut found = Vec::new();
    references(&document, &mut found);
    for to in &found {
        assert!(document.pointer(to.strip_prefix('#').unwrap()).is_some(), "{to}");
    }
    for kind in ["schemas", "examples", "headers", "parameters"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(found.contains(&format!("#/components/{kind}/{name}")), "nothing refers to {name}");
        }
    }
}

#[test]
fn the_document_lists_every_code_and_no_other() {
    let document = written();
    let listed: Vec<_> = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    assert_eq!(listed, Code::ALL.map(Code::as_str));
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = item.get("post").or(item.get("get")).unwrap();
        for (status, response) in operation["responses"].as_object().unwrap() {
            for code in response["content"][PROBLEM_JSON]["examples"].as_object().into_iter().flat_map(|map| map.keys())
            {
                let code = Code::ALL.into_iter().find(|known| known.as_str() == code).unwrap();
                let right = status == "default" || *status == code.status().as_u16().to_string();
                assert!(right, "{path}: {code:?} under {status}");
            }
        }
    }
    let presign = document["paths"]["/v1/presign"]["post"]["responses"].to_string();
    for code in Code::ALL {
        assert!(presign.contains(&format!("#/components/examples/{}\"", code.as_str())), "{code:?}");
    }
}

#[test]
fn every_operation_has_its_schema_with_its_members_and_no_others() {
    let document = written();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["PresignRequest"]["oneOf"].as_array().unwrap().len(), TABLE.len());
    for row in &TABLE {
        let schema = &schemas[format!("{}Request", row.name)];
        assert_eq!(schema["additionalProperties"], false, "{}", row.name);
        for member in row.members {
            assert!(schema["properties"].get(member.name()).is_some(), "{}: {}", row.name, member.name());
        }
    }
}

#[test]
fn the_examples_of_requests_are_requests() {
    for (name, example) in requests::examples() {
        let value = serde_json::from_value(example).unwrap();
        let request = crate::domain::request::Request::parse(&value);
        assert_eq!(request.unwrap().operation.as_str(), name);
    }
}

#[test]
fn the_examples_of_uploads_are_read_as_such() {
    let value = |example| serde_json::from_value(example).unwrap();
    let plan = upload_plan::UploadPlan::parse(&value(uploads::plan_example())).unwrap();
    assert_eq!(plan.parts.unwrap().count(), 3);
    assert_eq!(upload_plan::steps(&value(uploads::parts_example())).unwrap().len(), 3);
}

#[test]
fn every_route_of_the_contract_is_in_the_document() {
    let document = written();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let served = [
        "/.well-known/oauth-protected-resource",
        "/docs",
        "/openapi.json",
        "/openapi.yaml",
        "/v1/diagnose",
        "/v1/grants",
        "/v1/objects/{bucket}/{key}",
        "/v1/presign",
        "/v1/presign/batch",
        "/v1/uploads",
        "/v1/uploads/parts",
    ];
    assert_eq!(paths, served);
}
