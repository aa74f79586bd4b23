//! The OpenAPI document, made from the code's own types and tables, and its routes.

mod diagnosis;
mod problems;
mod requests;
mod uploads;
pub mod viewer;

use std::sync::LazyLock;

use serde_json::Value;
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::Components;
use utoipa::openapi::Content;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::InfoBuilder;
use utoipa::openapi::LicenseBuilder;
use utoipa::openapi::OpenApi;
use utoipa::openapi::OpenApiBuilder;
use utoipa::openapi::Paths;
use utoipa::openapi::Ref;
use utoipa::openapi::RefOr;
use utoipa::openapi::Required;
use utoipa::openapi::Response;
use utoipa::openapi::ResponseBuilder;
use utoipa::openapi::ResponsesBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::path::ParameterBuilder;
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Object;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::Http;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::security::SecurityScheme;

use crate::http::diagnose::Diagnosis;
use crate::http::docs::problems::Route;
use crate::http::error;
use crate::http::error::ApiError;
use crate::http::grants::GrantsPage;
use crate::http::issued::Issued;
use crate::http::objects;
use crate::http::presign::BatchResults;
use crate::http::problem::Problem;
use crate::http::reply::Text;
use crate::http::resource;
use crate::http::resource::ProtectedResource;
use crate::http::uploads::IssuedSteps;
use crate::http::uploads::PlannedUpload;

/// `GET /openapi.json`.
pub async fn openapi_json() -> Result<Text, ApiError> {
    serve("application/json", &JSON)
}

/// `GET /openapi.yaml`. <https://www.rfc-editor.org/rfc/rfc9512>
pub async fn openapi_yaml() -> Result<Text, ApiError> {
    serve("application/yaml", &YAML)
}

fn serve(media_type: &'static str, written: &'static Written) -> Result<Text, ApiError> {
    match LazyLock::force(written) {
        Ok(text) => Ok(Text { media_type, bytes: text.as_bytes().into() }),
        Err(error) => Err(ApiError::internal(error)),
    }
}

/// The document as YAML, as `openapi.yaml` has it.
pub fn yaml() -> Result<&'static str, &'static str> {
    YAML.as_deref().map_err(String::as_str)
}

type Written = LazyLock<Result<String, String>>;

static JSON: Written = LazyLock::new(|| document().to_pretty_json().map_err(|error| error.to_string()));

static YAML: Written = LazyLock::new(|| document().to_yaml().map_err(|error| error.to_string()));

/// The whole document.
pub fn document() -> OpenApi {
    let info =
        InfoBuilder::new().title("presignd").version(env!("CARGO_PKG_VERSION")).description(Some(DESCRIPTION)).license(
            Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()),
        );
    OpenApiBuilder::new().info(info).paths(paths()).components(Some(components())).build()
}

const DESCRIPTION: &str = "Issues presigned S3 URLs to callers whose JWT a grant allows.\n\n\
    JSON in, JSON out; unknown members are errors. A refusal is a problem document (RFC 9457) whose `code` is stable. \
    Every answer has `X-Request-Id` and `Cache-Control: no-store`. A presigned URL is a bearer secret until it ends: \
    keep it out of logs.";

fn paths() -> Paths {
    let mut paths = Paths::new();
    for (path, method, operation) in [
        ("/v1/presign", HttpMethod::Post, presign()),
        ("/v1/presign/batch", HttpMethod::Post, batch()),
        ("/v1/uploads", HttpMethod::Post, plan()),
        ("/v1/uploads/parts", HttpMethod::Post, parts()),
        ("/v1/grants", HttpMethod::Get, grants()),
        ("/v1/diagnose", HttpMethod::Post, diagnose()),
        (objects::ROUTE, HttpMethod::Get, object("getObject", "Be redirected to an object")),
        (objects::ROUTE, HttpMethod::Head, object("headObject", "Be redirected to what is known of an object")),
        (resource::PATH, HttpMethod::Get, protected_resource()),
        ("/openapi.json", HttpMethod::Get, contract("openApiJson", "application/json", THIS, Type::Object)),
        ("/openapi.yaml", HttpMethod::Get, contract("openApiYaml", "application/yaml", THIS, Type::Object)),
        (
            "/docs",
            HttpMethod::Get,
            contract("docs", "text/html", "A page to read and to try this document", Type::String),
        ),
    ] {
        paths.add_path_operation(path, vec![method], operation);
    }
    paths
}

fn presign() -> Operation {
    let examples = requests::examples().map(|(name, value)| (name, problems::example(value)));
    let content = Content::builder().schema(Some(reference("PresignRequest"))).examples_from_iter(examples).build();
    operation("presign", "Presign one request", Route::Presign)
        .description(Some(
            "One request, one URL. The grant with the longest prefix of the key decides, satisfied or not; its limits \
             are signed.",
        ))
        .request_body(Some(json_body(content)))
        .response(error::OK, answer("The URL.", "Issued"))
        .build()
}

fn batch() -> Operation {
    let content = Content::builder().schema(Some(reference("BatchRequest"))).build();
    operation("presignBatch", "Presign many requests", Route::Batch)
        .description(Some(
            "Each request is decided by itself: a bad one spoils no other. Rate limits admit or refuse the batch \
             whole, and it costs what it holds.",
        ))
        .request_body(Some(json_body(content)))
        .response(error::OK, answer("What became of each, in order.", "BatchResults"))
        .build()
}

fn plan() -> Operation {
    let example = problems::example(uploads::plan_example());
    let content = Content::builder().schema(Some(reference("UploadRequest"))).examples_from_iter([("film", example)]);
    operation("planUpload", "Plan an upload from its size", Route::Upload)
        .description(Some(
            "One PUT where the whole is no larger than a part, else the parts it goes up in, and the request that \
             begins it. A grant's `max_size` is held against the whole.",
        ))
        .request_body(Some(json_body(content.build())))
        .response(error::OK, answer("The plan.", "PlannedUpload"))
        .build()
}

fn parts() -> Operation {
    let example = problems::example(uploads::parts_example());
    let content =
        Content::builder().schema(Some(reference("UploadPartsRequest"))).examples_from_iter([("film", example)]);
    operation("signUploadParts", "Presign parts of an upload", Route::Upload)
        .description(Some(
            "Any parts of an upload, at any time, so that it can be interrupted and resumed; and what completes it, \
             gives it up or lists what there is. Each is authorised anew, and one that is refused refuses the call. \
             Ten parts cost as much of the rate limits as one URL.",
        ))
        .request_body(Some(json_body(content.build())))
        .response(error::OK, answer("The URLs.", "IssuedSteps"))
        .build()
}

fn grants() -> Operation {
    let limit = integer().minimum(Some(1)).maximum(Some(1000)).default(Some(json!(100)));
    operation("listGrants", "List what the token may do", Route::Grants)
        .description(Some(
            "The grants that are for this token, denies too, with its claims filled in. Which of them decides a \
             request is settled when it is asked: the longest prefix does.",
        ))
        .parameter(query("limit", "How many grants a page has.", limit))
        .parameter(query("after", "The `next` of the page before.", ObjectBuilder::new().schema_type(Type::String)))
        .response(error::OK, answer("A page of grants.", "GrantsPage"))
        .build()
}

fn diagnose() -> Operation {
    let example = problems::example(diagnosis::example());
    let content = Content::builder().schema(Some(reference("DiagnoseRequest")));
    operation("diagnose", "Say why S3 refused a URL", Route::Diagnose)
        .description(Some(
            "What was done wrong with a presigned URL, from the URL and what S3 answered. Needs no secret, keeps \
             nothing, writes no audit line and charges the address alone.",
        ))
        .request_body(Some(json_body(content.examples_from_iter([("unsigned header", example)]).build())))
        .response(error::OK, answer("The findings.", "Diagnosis"))
        .build()
}

fn object(id: &str, summary: &str) -> Operation {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let found = ResponseBuilder::new().description("The same method at a URL of S3's that lives a minute at most.");
    let found = header(header(limited(marked_builder(found)), "Location"), "Referrer-Policy").build();
    operation(id, summary, Route::Objects)
        .description(Some(
            "Where `server.redirects` is true; else 404. The path is decoded once, and a key's slashes may stand as \
             they are. Takes no query. A HEAD's refusals have no body.",
        ))
        .parameter(in_path("bucket", "The bucket's alias.", text().examples(["media"])))
        .parameter(in_path("key", "The object's key, percent-encoded.", text().examples(["users/42/avatar.png"])))
        .response(error::TEMPORARY_REDIRECT, found)
        .build()
}

fn protected_resource() -> Operation {
    let content = Content::new(Some(reference("ProtectedResource")));
    published("protectedResource", "Whose tokens the service takes (RFC 9728)", "application/json", content)
        .description(Some(
            "Where the configuration has `server.public_url`; else 404. If that has a path, the document is also \
             behind it: `/.well-known/oauth-protected-resource/PATH`.",
        ))
        .build()
}

const THIS: &str = "This document";

fn contract(id: &str, media_type: &str, summary: &str, kind: Type) -> Operation {
    published(id, summary, media_type, Content::new(Some(Object::with_type(kind)))).build()
}

/// A document that everybody may read.
fn published(id: &str, summary: &str, media_type: &str, content: Content) -> OperationBuilder {
    let found = marked(ResponseBuilder::new().description("The document.").content(media_type, content));
    let responses = problems::responses(Route::Contract).response(error::OK, found);
    OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(summary))
        .securities(Some([SecurityRequirement::default()]))
        .responses(responses.build())
}

fn operation(id: &str, summary: &str, route: Route) -> OperationBuilder {
    let responses: ResponsesBuilder = problems::responses(route);
    OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(summary))
        .security(SecurityRequirement::new::<_, [&str; 0], &str>("token", []))
        .parameter_ref(Ref::new("#/components/parameters/X-Request-Id"))
        .parameter_ref(Ref::new("#/components/parameters/traceparent"))
        .responses(responses.build())
}

fn json_body(content: Content) -> RequestBody {
    RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build()
}

fn answer(description: &str, schema: &str) -> Response {
    let content = Content::new(Some(reference(schema)));
    let response = ResponseBuilder::new().description(description).content("application/json", content);
    limited(marked_builder(response)).build()
}

fn marked(response: ResponseBuilder) -> Response {
    marked_builder(response).build()
}

/// With the fields that every answer has.
fn marked_builder(response: ResponseBuilder) -> ResponseBuilder {
    header(header(response, "X-Request-Id"), "Cache-Control")
}

/// With the fields that answers under `/v1` have.
fn limited(response: ResponseBuilder) -> ResponseBuilder {
    header(header(response, "RateLimit"), "RateLimit-Policy")
}

fn header(response: ResponseBuilder, name: &str) -> ResponseBuilder {
    response.header_ref(name, Ref::new(format!("#/components/headers/{name}")))
}

fn query(name: &str, meaning: &str, schema: ObjectBuilder) -> Parameter {
    parameter(name, ParameterIn::Query, meaning, schema)
}

fn parameter(name: &str, place: ParameterIn, meaning: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(meaning))
        .schema(Some(schema))
        .build()
}

fn in_path(name: &str, meaning: &str, schema: ObjectBuilder) -> Parameter {
    let mut parameter = parameter(name, ParameterIn::Path, meaning, schema);
    parameter.required = Required::True;
    parameter
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}

fn reference(schema: &str) -> RefOr<Schema> {
    Ref::from_schema_name(schema).into()
}

fn components() -> Components {
    let mut components = Components::builder()
        .security_scheme("token", token())
        .parameter("X-Request-Id", request_id())
        .parameter("traceparent", traceparent())
        .build();
    let mut schemas = requests::schemas();
    schemas.extend(uploads::schemas());
    schemas.extend(diagnosis::schemas());
    let made = [
        made::<Issued>(),
        made::<BatchResults>(),
        made::<Diagnosis>(),
        made::<GrantsPage>(),
        made::<IssuedSteps>(),
        made::<PlannedUpload>(),
        made::<Problem>(),
        made::<ProtectedResource>(),
    ];
    for (name, schema, collect) in made {
        schemas.push((name, schema));
        collect(&mut schemas);
    }
    components.schemas.extend(schemas);
    components.headers.extend(problems::headers().map(|(name, header)| (name.to_owned(), header.into())));
    let examples = problems::examples().map(|(name, example)| (name.to_owned(), example.into()));
    components.examples.extend(examples);
    components
}

type Schemas = Vec<(String, RefOr<Schema>)>;

/// A type's name, its schema, and what adds those that it refers to.
fn made<T: ToSchema>() -> (String, RefOr<Schema>, fn(&mut Schemas)) {
    (T::name().into_owned(), T::schema(), T::schemas)
}

fn token() -> SecurityScheme {
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.bearer_format = Some("JWT".to_owned());
    scheme.description = Some("A token that one of the service's issuers has made for it.".to_owned());
    SecurityScheme::Http(scheme)
}

fn request_id() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z0-9._-]{1,64}$"));
    let meaning = "Names the request in answers and logs; one that does not fit is replaced by a fresh one.";
    parameter("X-Request-Id", ParameterIn::Header, meaning, schema)
}

fn traceparent() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    parameter("traceparent", ParameterIn::Header, "W3C Trace Context; its trace id stands in the audit log.", schema)
}

/// A JSON text of ours as a value.
fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
