//! The JSON Schema of the files of a snapshot, made from the same tables that read and write them.

use serde_json::{Map, Value, json};

use crate::catalog::{Facet, Kind, Shape, kinds};

/// Returns the schema of one object's file, as text that is committed in `docs/`.
pub fn json_schema() -> String {
    let mut definitions = Map::new();
    for kind in kinds::ALL {
        definitions.insert(kind.folder(), object(kind));
    }
    let roots = kinds::ALL.iter().filter(|kind| !kind.is_child());
    let any: Vec<Value> = roots
        .map(|kind| json!({ "$ref": format!("#/$defs/{}", kind.folder()) }))
        .collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of a zerodrift snapshot, format 1",
        "description": "One top-level object with everything in it. A facet that is absent has its default.",
        "oneOf": any,
        "$defs": definitions,
    });
    format!("{schema:#}\n")
}

fn object(kind: &'static Kind) -> Value {
    let text = || json!({ "type": "string" });
    let mut properties = Map::new();
    let mut required = vec!["name"];
    if !kind.is_child() {
        properties.insert("kind".to_owned(), json!({ "const": kind.name }));
        required.push("kind");
        if kind.identity.schema.is_some() {
            properties.insert("schema".to_owned(), text());
            required.push("schema");
        }
    }
    properties.insert("name".to_owned(), text());
    if kind.identity.signature.is_some() {
        properties.insert("signature".to_owned(), text());
    }
    properties.insert(
        "absent".to_owned(),
        json!({ "const": true, "description": "It is not part of the snapshot; what is in it is." }),
    );
    for facet in kind.facets.iter().filter(|facet| !facet.is_hidden()) {
        properties.insert(facet.name.to_owned(), value(facet));
    }
    for child in kinds::ALL.iter().filter(|child| child.is_child()) {
        let reference = format!("#/$defs/{}", child.folder());
        properties.insert(
            child.plural.to_owned(),
            json!({ "type": "array", "items": { "$ref": reference } }),
        );
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn value(facet: &Facet) -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let mut schema = match facet.shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Int => json!({ "type": "integer" }),
        Shape::Text | Shape::Role => json!({ "type": "string" }),
        Shape::List => texts,
        Shape::Set | Shape::Roles => {
            json!({ "type": "array", "items": { "type": "string" }, "uniqueItems": true })
        }
        Shape::Options(_) | Shape::Digests => {
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
        Shape::Acl(_) => json!({ "type": "object", "additionalProperties": texts }),
    };
    if facet.since > 13 {
        schema["description"] = json!(format!("From PostgreSQL {} on.", facet.since));
    }
    schema
}
