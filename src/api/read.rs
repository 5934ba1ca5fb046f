//! Reads the objects that [`object!`](super::object) defines.

use super::{extra::Extra, lenient::integer, spelling::Spelling};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        self, DeserializeSeed, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Map, Value};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// A JSON object of an API, which is read key by key: no value is buffered, except those of unknown keys.
pub(crate) trait Object: Default {
    const SPELLING: Spelling;
    /// Whether a field that is there twice is an error. Otherwise, the last one is used, and of two spellings the first.
    const IS_STRICT: bool;
    /// The names of the fields, at most 64.
    const FIELDS: &'static [&'static str];

    /// Reads the value of the field `name`, which is one of [`FIELDS`](Object::FIELDS). Returns a value of the wrong
    /// type as it is, unless it is an error.
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
    ) -> Result<Option<Value>, A::Error>;

    fn extra_mut(&mut self) -> &mut Extra;
}

/// A key, borrowed from the JSON if it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Key<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// Reads an object; any other value is an error.
pub(crate) struct AnObject<T>(pub(crate) PhantomData<T>);

impl<'de, T: Object> DeserializeSeed<'de> for AnObject<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Object> Visitor<'de> for AnObject<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        Ok(members(map)?.map_or_else(T::default, |members| members.object))
    }
}

/// Reads an object.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Object>(deserializer: D) -> Result<T, D::Error> {
    AnObject(PhantomData).deserialize(deserializer)
}

/// The members of an object with at least one, and the values that do not have the type of their field.
pub(crate) struct Members<T> {
    pub(crate) object: T,
    pub(crate) odd: Map<String, Value>,
}

/// Reads the members of an object. Returns `None` if it has none.
pub(crate) fn members<'de, A: MapAccess<'de>, T: Object>(mut map: A) -> Result<Option<Members<T>>, A::Error> {
    let mut members = None;
    // A bit for each field that was read: under its name, and under another spelling.
    let mut seen = [0u64; 2];
    while let Some(Key(key)) = map.next_key()? {
        let Members { object, odd } =
            members.get_or_insert_with(|| Members { object: T::default(), odd: Map::new() });
        let Some(index) = T::FIELDS.iter().position(|field| T::SPELLING.matches(field, &key)) else {
            let value: Value = map.next_value()?;
            object.extra_mut().insert(key, value);
            continue;
        };
        let (spelling, bit) = (usize::from(key != T::FIELDS[index]), 1 << index);
        if T::IS_STRICT && (seen[0] | seen[1]) & bit != 0 {
            return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
        }
        if seen[1 - spelling] & bit != 0 {
            // Both spellings: kept, for a request to report.
            object.extra_mut().insert(key, map.next_value::<Value>()?);
            continue;
        }
        seen[spelling] |= bit;
        if let Some(value) = object.read_field(T::FIELDS[index], &mut map)? {
            odd.insert(key.into_owned(), value);
        }
    }
    Ok(members)
}

/// Reads the value of a field. Returns a value of the wrong type as it is.
pub(crate) fn put<'de, A: MapAccess<'de>, T: Lenient>(
    field: &mut T,
    map: &mut A,
) -> Result<Option<Value>, A::Error> {
    Ok(match map.next_value::<Read<T>>()?.0 {
        Ok(value) => {
            *field = value;
            None
        }
        Err(Value::Null) => None,
        Err(value) => Some(value),
    })
}

/// A type that is read without errors: one odd value must not make a response unreadable.
///
/// Objects and lists are read as they arrive. Other values are small, so they are buffered as a [`Value`].
pub(crate) trait Lenient: Sized {
    /// Reads a value. Returns a value of the wrong type as it is.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Result<Self, Value>, D::Error> {
        deserializer.deserialize_any(AnyValue(PhantomData))
    }

    fn read_map<'de, A: MapAccess<'de>>(map: A) -> Result<Result<Self, Value>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Self::read_value)
    }

    fn read_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Result<Self, Value>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Self::read_value)
    }

    fn read_value(value: Value) -> Result<Self, Value>;
}

/// Implements [`Lenient`] for types that are not lists, or objects that `object!` defines.
macro_rules! lenient {
    ($($T:ty),*) => { $(
        impl $crate::api::read::Lenient for $T {
            fn read_value(value: ::serde_json::Value) -> ::std::result::Result<$T, ::serde_json::Value> {
                ::serde::Deserialize::deserialize(&value).map_err(|_| value)
            }
        }
    )* };
}
pub(crate) use lenient;

lenient!(String, f64, u8, Map<String, Value>);

/// Reads also a string of `true` or `false`, in any case.
impl Lenient for bool {
    fn read_value(value: Value) -> Result<bool, Value> {
        let string = value.as_str().and_then(|string| string.to_ascii_lowercase().parse().ok());
        value.as_bool().or(string).ok_or(value)
    }
}

/// Reads an integer as [`integer`] does.
impl Lenient for i64 {
    fn read_value(value: Value) -> Result<i64, Value> {
        integer(&value).ok().flatten().ok_or(value)
    }
}

impl<T: Lenient> Lenient for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Result<Self, Value>, D::Error> {
        Ok(T::read(deserializer)?.map(Some))
    }

    fn read_value(value: Value) -> Result<Self, Value> {
        T::read_value(value).map(Some)
    }
}

impl<T: Lenient> Lenient for Box<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Result<Self, Value>, D::Error> {
        Ok(T::read(deserializer)?.map(Box::new))
    }

    fn read_value(value: Value) -> Result<Self, Value> {
        T::read_value(value).map(Box::new)
    }
}

impl Lenient for Value {
    fn read_value(value: Value) -> Result<Value, Value> {
        if value.is_null() { Err(value) } else { Ok(value) }
    }
}

/// Leaves out items of the wrong type. An object in place of a list is its only item.
impl<T: Lenient> Lenient for Vec<T> {
    fn read_map<'de, A: MapAccess<'de>>(map: A) -> Result<Result<Self, Value>, A::Error> {
        Ok(T::read_map(map)?.map(|item| vec![item]))
    }

    fn read_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Result<Self, Value>, A::Error> {
        let mut items = Vec::new();
        while let Some(Read(item)) = list.next_element()? {
            items.extend(item.ok());
        }
        Ok(Ok(items))
    }

    fn read_value(value: Value) -> Result<Self, Value> {
        Err(value)
    }
}

/// A value, as it is if it has the wrong type.
pub(crate) struct Read<T>(pub(crate) Result<T, Value>);

impl<'de, T: Lenient> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Read<T>, D::Error> {
        T::read(deserializer).map(Read)
    }
}

/// An object with at least one key, whose values all have the right type.
pub(crate) struct Regular<T>(pub(crate) T);

impl<T: Object + Serialize> Lenient for Regular<T> {
    fn read_map<'de, A: MapAccess<'de>>(map: A) -> Result<Result<Self, Value>, A::Error> {
        let Some(Members { object, odd }) = members::<_, T>(map)? else { return Ok(Err(Map::new().into())) };
        if odd.is_empty() {
            return Ok(number(object).map(Regular));
        }
        let mut members = serde_json::to_value(object).map_err(de::Error::custom)?;
        members.as_object_mut().into_iter().for_each(|members| members.extend(odd.clone()));
        Ok(Err(members))
    }

    fn read_value(value: Value) -> Result<Self, Value> {
        Err(value)
    }
}

/// Implements [`Lenient::read_map`] for objects.
pub(crate) fn any_members<'de, A: MapAccess<'de>, T: Object>(map: A) -> Result<Result<T, Value>, A::Error> {
    Ok(members(map)?.map_or_else(|| Ok(T::default()), |members| number(members.object)))
}

/// With its feature `arbitrary_precision`, serde_json gives a number as an object with one key.
fn number<T: Object>(mut object: T) -> Result<T, Value> {
    object.extra_mut().remove("$serde_json::private::Number").map_or(Ok(object), Err)
}

struct AnyValue<T>(PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for AnyValue<T> {
    type Value = Result<T, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::read_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::read_list(list)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(T::read_value(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(T::read_value(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(T::read_value(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(T::read_value(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(T::read_value(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(T::read_value(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(T::read_value(value.into()))
    }
}
