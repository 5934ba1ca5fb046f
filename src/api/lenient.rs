//! Functions that read fields as servers and other programs write them, which is not always as documented.
//!
//! They are used in `#[serde(deserialize_with)]`, for the most part through [`object!`](super::object).

use super::meter::embedded;
use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};
use std::{fmt, marker::PhantomData};

/// Reads `null` as the default.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a string, `null` as an empty one, and any other value as its JSON: some servers send an object where
/// the API has a string of JSON.
pub(crate) fn string_or_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_string(deserializer).map(Option::unwrap_or_default)
}

/// Reads a string, `null` as `None`, and any other value as its JSON.
pub(crate) fn optional_string<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(string) => Some(string),
        value => Some(value.to_string()),
    })
}

/// Reads why a model stopped. An empty string and protobuf's unspecified value are `None`: servers send them while
/// the model goes on.
pub(crate) fn finish_reason<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: From<String>,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::String(name) if !matches!(&*name, "" | "FINISH_REASON_UNSPECIFIED") => Some(T::from(name)),
        _ => None,
    })
}

/// Reads a list as [`one_or_many`] does, leaving out each `null`.
pub(crate) fn without_nulls<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(OneOrMany::<T, Option<T>>(PhantomData))
}

/// Reads a list; `null` is an empty one. An object or a string in place of a list is its only item, as in the JSON of
/// protocol buffers.
pub(crate) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(OneOrMany::<T, T>(PhantomData))
}

/// Reads a list of `Item`, each of which gives at most one `T`.
struct OneOrMany<T, Item>(PhantomData<(T, Item)>);

impl<'de, T, Item> Visitor<'de> for OneOrMany<T, Item>
where
    T: Deserialize<'de>,
    Item: Deserialize<'de> + Into<Option<T>>,
{
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, item: A) -> Result<Vec<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(item)).map(|item| vec![item])
    }

    fn visit_str<E: de::Error>(self, item: &str) -> Result<Vec<T>, E> {
        T::deserialize(item.into_deserializer()).map(|item| vec![item])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Item>()? {
            list.extend(item.into());
        }
        Ok(list)
    }
}

/// Reads an object, or a string of its JSON; any other value is `None`.
pub(crate) fn object<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Map<String, Value>>, D::Error> {
    Ok(match embedded(deserializer)? {
        Value::Object(object) => Some(object),
        _ => None,
    })
}

/// Reads an integer, which protobuf's JSON writes as a string if it has 64 bits, and some SDKs as `40.0`.
pub(crate) fn integer<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i128>,
{
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_i128().or_else(|| number.as_f64().and_then(exact_integer)),
        Value::String(number) => number.parse().ok().or_else(|| number.parse().ok().and_then(exact_integer)),
        _ => None,
    };
    let number = number.and_then(|number| T::try_from(number).ok());
    number.map(Some).ok_or_else(|| de::Error::custom("not an integer, or out of range"))
}

fn exact_integer(number: f64) -> Option<i128> {
    // Beyond 2^53, one `f64` stands for several integers.
    let is_exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    is_exact.then_some(number as i128)
}

/// Returns `false`, so that a field is always written: for `#[serde(skip_serializing_if)]`.
pub(crate) fn never<T>(_: &T) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integer_may_be_a_string_or_have_a_fraction_of_zero() {
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
            assert_eq!(integer::<_, u64>(&value).ok(), number, "{value}");
        }
        assert_eq!(integer::<_, i64>(json!("-9223372036854775808")).unwrap(), Some(i64::MIN));
        assert!(integer::<_, i64>(json!(u64::MAX)).is_err());
    }
}
