//! `GET /openapi.json`: the API as OpenAPI 3.1, with the parameters of the table.

use axum::Json;
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::{OpenApi as Document, RefOr, Required};

use crate::api::parameters::{PARAMETERS, Parameter};
use crate::api::trend;
use crate::links;

#[derive(OpenApi)]
#[openapi(
    info(title = "Gongkai", description = "Search in published Chinese government information"),
    paths(
        crate::api::search::search,
        crate::api::stream::stream_hits,
        crate::api::records::record,
        crate::api::writing::put_record,
        crate::api::writing::delete_record,
        crate::api::bulk::put_records,
        crate::api::suggest::suggest,
        crate::api::trend::trend,
        crate::api::receipts::verify_receipt,
        crate::api::review::review,
        crate::api::review::download_csv,
        crate::api::resolve::resolve_number,
        crate::api::resolve::resolve_list,
        crate::api::admin::stats,
        crate::api::admin::searches,
        crate::api::status::metrics,
        crate::api::status::livez,
        crate::api::status::readyz,
    )
)]
struct Contract;

/// Builds the document.
pub fn document() -> Document {
    let mut document = Contract::openapi();
    for (path, excluded) in [
        ("/api/v1/search", &[][..]),
        ("/api/v1/search.ndjson", &["page", "per_page", "receipt", "explain"][..]),
        ("/api/v1/trend", &trend::REFUSED_PARAMETERS[..]),
    ] {
        if let Some(operation) = document.paths.paths.get_mut(path).and_then(|item| item.get.as_mut()) {
            let accepted = PARAMETERS.iter().filter(|parameter| !excluded.contains(&parameter.name));
            let own = operation.parameters.take().unwrap_or_default();
            operation.parameters = Some(own.into_iter().chain(accepted.map(describe_parameter)).collect());
        }
    }
    document
}

fn describe_parameter(parameter: &Parameter) -> RefOr<utoipa::openapi::path::Parameter> {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    let schema: RefOr<Schema> = if parameter.repeats {
        RefOr::T(Schema::Array(ArrayBuilder::new().items(RefOr::T(Schema::Object(text))).build()))
    } else {
        RefOr::T(Schema::Object(text))
    };
    let described = ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(parameter.description))
        .schema(Some(schema));
    RefOr::T(described.build())
}

/// Serves the document as JSON, with the base path as its server.
pub async fn openapi() -> impl IntoResponse {
    let mut document = document();
    let base = links::current_base_path();
    if !base.as_str().is_empty() {
        document.servers = Some(vec![ServerBuilder::new().url(base.as_str()).build()]);
    }
    Json(document)
}
