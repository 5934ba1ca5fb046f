//! Gemini's dialect of OpenAPI as JSON Schema.

use super::{Target, convert_all, not_json};
use crate::{api::gemini::Schema, error::Result};
use serde_json::{Map, Value, json};

/// The JSON Schema that says what `schema` says.
pub(super) fn json_schema(schema: &Schema, at: &str) -> Result<Value> {
    convert(serde_json::to_value(schema).map_err(|cause| not_json(at, cause))?, at)
}

fn convert(schema: Value, at: &str) -> Result<Value> {
    let Value::Object(keys) = schema else { return Ok(schema) };
    let mut schema = Map::new();
    let mut nullable = false;
    let examples = keys.contains_key("examples");
    let of_text =
        keys.get("type").and_then(Value::as_str).is_none_or(|name| name.eq_ignore_ascii_case("STRING"));
    for (key, value) in keys {
        let at = format!("{at}.{key}");
        let value = match (key.as_str(), value) {
            ("propertyOrdering", _) => return Err(Target::Chat.unsupported(&at)),
            ("type", Value::String(name)) if name == "TYPE_UNSPECIFIED" => {
                return Err(Target::Chat.unsupported(&at));
            }
            ("type", Value::String(name)) => name.to_lowercase().into(),
            ("nullable", value) => {
                nullable = value == true;
                continue;
            }
            // One of the two would be lost.
            ("example", _) if examples => return Err(Target::Chat.unsupported(&at)),
            ("example", value) => {
                schema.insert("examples".into(), json!([value]));
                continue;
            }
            ("default", value) => value,
            // The dialect has texts for any type, which in JSON Schema no number is.
            ("enum", _) if !of_text => return Err(Target::Chat.unsupported(&at)),
            ("items", value) => convert(value, &at)?,
            ("anyOf", Value::Array(schemas)) => convert_all(schemas, &at, convert)?.into(),
            ("properties", Value::Object(properties)) => {
                let converted = properties.into_iter().map(|(name, schema)| {
                    let schema = convert(schema, &format!("{at}.{name}"))?;
                    Ok((name, schema))
                });
                Value::Object(converted.collect::<Result<_>>()?)
            }
            // Among the extra keys there may be schemas, of which nobody knows in which dialect they are.
            (_, value) if holds_object(&value) => return Err(Target::Chat.unsupported(&at)),
            (_, value) => value,
        };
        schema.insert(key, value);
    }
    if nullable {
        allow_null(&mut schema);
    }
    Ok(schema.into())
}

fn holds_object(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(list) => list.iter().any(holds_object),
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
