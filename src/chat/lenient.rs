//! How this module reads what others wrote.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `null` is read as the default.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A text is read as it is, `null` as an empty one, and any other value as its JSON: some servers give an
/// object where the API has the text of one.
pub(super) fn text_or_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    })
}
