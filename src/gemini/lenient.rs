//! How fields are read: as the APIs write them, which is not always as their documents say.

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned},
};
use serde_json::Value;

/// `null` as the default: servers write it where they mean that there is nothing.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What is not of the type as the default, as `null` is: an answer is worth more than a number in it that
/// some server writes otherwise.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(T::deserialize(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// A 64-bit integer: protobuf's JSON writes it as a text, and everybody else as a number.
pub(super) fn int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Int64 {
        Number(i64),
        Text(String),
    }
    match Option::deserialize(deserializer)? {
        None => Ok(None),
        Some(Int64::Number(number)) => Ok(Some(number)),
        Some(Int64::Text(text)) => text.parse().map(Some).map_err(de::Error::custom),
    }
}
