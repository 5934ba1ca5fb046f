//! Conversion of Gemini's OpenAPI dialect to JSON Schema.

use super::{Target, not_json};
use crate::{api::gemini::Schema, error::Result};
use serde_json::{Map, Value, json};
use std::fmt::Arguments;

/// Converts `schema`, which is at the path `at`, to JSON Schema.
pub(super) fn json_schema(schema: &Schema, at: &str) -> Result<Value> {
    convert(serde_json::to_value(schema).map_err(|cause| not_json(at, cause))?, format_args!("{at}"))
}

/// The path `at` is formatted only for an error: a path for each level would take memory by the square of the depth.
fn convert(schema: Value, at: Arguments<'_>) -> Result<Value> {
    let Value::Object(keys) = schema else { return Ok(schema) };
    let mut schema = Map::new();
    let mut nullable = false;
    let examples = keys.contains_key("examples");
    let is_string =
        keys.get("type").and_then(Value::as_str).is_none_or(|name| name.eq_ignore_ascii_case("STRING"));
    for (key, value) in keys {
        let at = format_args!("{at}.{key}");
        let unsupported = || Err(Target::Chat.unsupported(&at.to_string()));
        let value = match (key.as_str(), value) {
            ("propertyOrdering", _) => return unsupported(),
            ("type", Value::String(name)) if name == "TYPE_UNSPECIFIED" => return unsupported(),
            ("type", Value::String(name)) => name.to_lowercase().into(),
            ("nullable", value) => {
                nullable = value == true;
                continue;
            }
            // JSON Schema has only `examples`, so one of the two would be lost.
            ("example", _) if examples => return unsupported(),
            ("example", value) => {
                schema.insert("examples".into(), json!([value]));
                continue;
            }
            ("default", value) => value,
            // The dialect writes enum values of every type as strings; in JSON Schema, a string never equals a number.
            ("enum", value) if !is_string => match numbers(&value) {
                Some(numbers) => numbers,
                None => return unsupported(),
            },
            ("items" | "additionalProperties", value) => convert(value, at)?,
            ("anyOf", Value::Array(schemas)) => {
                let schemas = schemas.into_iter().enumerate();
                let converted = schemas.map(|(i, schema)| convert(schema, format_args!("{at}[{i}]")));
                Value::Array(converted.collect::<Result<_>>()?)
            }
            ("properties", Value::Object(properties)) => {
                let converted = properties.into_iter().map(|(name, schema)| {
                    let schema = convert(schema, format_args!("{at}.{name}"))?;
                    Ok((name, schema))
                });
                Value::Object(converted.collect::<Result<_>>()?)
            }
            // An extra key may contain a schema of an unknown dialect.
            (_, value) if contains_object(&value) => return unsupported(),
            (_, value) => value,
        };
        schema.insert(key, value);
    }
    if nullable {
        allow_null(&mut schema);
    }
    Ok(schema.into())
}

/// Returns the numbers and booleans that strings contain.
fn numbers(strings: &Value) -> Option<Value> {
    let parse = |string: &Value| {
        let value: Value = serde_json::from_str(string.as_str()?).ok()?;
        (value.is_number() || value.is_boolean()).then_some(value)
    };
    strings.as_array()?.iter().map(parse).collect::<Option<Vec<_>>>().map(Value::from)
}

fn contains_object(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(list) => list.iter().any(contains_object),
        _ => false,
    }
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
