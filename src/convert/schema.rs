//! Gemini's dialect of OpenAPI as JSON Schema.

use super::{Target, each, not_json};
use crate::{error::Result, gemini::Schema};
use serde_json::{Map, Value, json};

/// The JSON Schema that says what `schema` says.
pub(super) fn json_schema(schema: &Schema, at: &str) -> Result<Value> {
    convert(serde_json::to_value(schema).map_err(|cause| not_json(at, cause))?, at)
}

fn convert(schema: Value, at: &str) -> Result<Value> {
    let Value::Object(keys) = schema else { return Ok(schema) };
    let mut schema = Map::new();
    let mut nullable = false;
    for (key, value) in keys {
        let at = format!("{at}.{key}");
        let value = match (key.as_str(), value) {
            ("propertyOrdering", _) => return Err(Target::Chat.lacks(&at)),
            ("type", Value::String(name)) if name == "TYPE_UNSPECIFIED" => {
                return Err(Target::Chat.lacks(&at));
            }
            ("type", Value::String(name)) => name.to_lowercase().into(),
            ("nullable", value) => {
                nullable = value == true;
                continue;
            }
            ("example", value) => {
                schema.insert("examples".into(), json!([value]));
                continue;
            }
            ("items", value) => convert(value, &at)?,
            ("anyOf", Value::Array(schemas)) => each(schemas, &at, convert)?.into(),
            ("properties", Value::Object(properties)) => {
                let converted = properties.into_iter().map(|(name, schema)| {
                    let schema = convert(schema, &format!("{at}.{name}"))?;
                    Ok((name, schema))
                });
                Value::Object(converted.collect::<Result<_>>()?)
            }
            (_, value) => value,
        };
        schema.insert(key, value);
    }
    if nullable {
        allow_null(&mut schema);
    }
    Ok(schema.into())
}

fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(name) = schema.get_mut("type") {
        *name = json!([name.take(), "null"]);
    }
    for (key, null) in [("enum", Value::Null), ("anyOf", json!({"type": "null"}))] {
        if let Some(Value::Array(list)) = schema.get_mut(key) {
            list.push(null);
        }
    }
}
