//! How fields are read: as servers and other programs write them, which is not always as the APIs say.

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned},
};
use serde_json::{Map, Value};

/// `null` is read as the default: it is written where there is nothing.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What is not of the type is read as the default, as `null` is: an answer is worth more than a number in
/// it that some server writes otherwise.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + DeserializeOwned,
{
    Ok(T::deserialize(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// A text is read as it is, `null` as an empty one, and any other value as its JSON: some servers give an
/// object where the API has the text of one.
pub(crate) fn text_or_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    })
}

/// A text as [`text_or_json`] reads it; `None` for `null`.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<Text>::deserialize(deserializer).map(|text| text.map(|text| text.0))
}

#[derive(Deserialize)]
struct Text(#[serde(deserialize_with = "text_or_json")] String);

/// A list without what is `null` in it, and `null` as an empty one.
pub(crate) fn without_nulls<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Option::<Vec<Option<T>>>::deserialize(deserializer)?;
    Ok(list.into_iter().flatten().flatten().collect())
}

/// A list without what is not of the type; what is no list, as an empty one.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(list) => list.into_iter().filter_map(|item| T::deserialize(item).ok()).collect(),
        _ => Vec::new(),
    })
}

/// An object, also one that is written as a text; `None` for anything else.
pub(crate) fn object<'de, D>(deserializer: D) -> Result<Option<Map<String, Value>>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(object) => Some(object),
        Value::String(text) => serde_json::from_str(&text).ok(),
        _ => None,
    })
}

/// A whole number, which protobuf's JSON writes as a text if it is of 64 bits, and some SDKs as `40.0`.
pub(crate) fn integer<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i128>,
{
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_i128().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.parse().ok().or_else(|| text.parse().ok().and_then(whole)),
        _ => None,
    };
    let number = number.and_then(|number| T::try_from(number).ok());
    number.map(Some).ok_or_else(|| de::Error::custom("not a whole number, or too large or too small a one"))
}

/// True or false, also as a text; `None` for anything else.
pub(crate) fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(value) => Some(value),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    })
}

/// A whole number as [`integer`] reads it, in an answer: anything else is the default.
pub(crate) fn integer_or_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i128>,
{
    Ok(integer(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// The same where the API always has a number: anything else is 0.
pub(crate) fn count<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + TryFrom<i128>,
{
    integer_or_none(deserializer).map(Option::unwrap_or_default)
}

/// Keeps a field in the JSON whatever its value is, as `skip_serializing_if`.
pub(crate) fn never<T>(_: &T) -> bool {
    false
}

fn whole(number: f64) -> Option<i128> {
    // Up to 2^53, every whole number is an f64 of its own.
    let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    exact.then_some(number as i128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_as_others_write_them() {
        for (value, number) in [
            (json!(null), Some(None)),
            (json!(7), Some(Some(7))),
            (json!(12.0), Some(Some(12))),
            (json!("7"), Some(Some(7))),
            (json!("5.0"), Some(Some(5))),
            (json!(u64::MAX), Some(Some(u64::MAX))),
            (json!(1.5), None),
            (json!(-1), None),
            (json!("x"), None),
            (json!([7]), None),
        ] {
            assert_eq!(integer::<_, u64>(value.clone()).ok(), number, "{value}");
            assert_eq!(integer_or_none::<_, u64>(value.clone()).unwrap(), number.flatten(), "{value}");
            assert_eq!(count::<_, u64>(value).unwrap(), number.flatten().unwrap_or(0));
        }
        assert_eq!(integer::<_, i64>(json!("-9223372036854775808")).unwrap(), Some(i64::MIN));
        assert!(integer::<_, i64>(json!(u64::MAX)).is_err());
    }
}
