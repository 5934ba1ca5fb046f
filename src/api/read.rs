//! Reads the objects that [`object!`](super::object) defines.

use super::{extra::Extra, json_name::is_same_field};
use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeOwned, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Map, Value};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// A JSON object of an API, which is read key by key: no value is buffered, except those of unknown keys.
pub(crate) trait Object: Default {
    const SPELLING: Spelling;
    /// The names of the fields, at most 64.
    const FIELDS: &'static [&'static str];

    /// Reads the value of the field `name`, which is one of [`FIELDS`](Object::FIELDS).
    fn read_field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;

    fn extra_mut(&mut self) -> &mut Extra;
}

/// How an API spells the names of its fields.
#[derive(Clone, Copy)]
pub(crate) enum Spelling {
    /// As the fields of this crate: `top_k`.
    Exact,
    /// As protocol buffers: `topK`, and also `top_k` when it is read.
    Json,
}

impl Spelling {
    pub(crate) fn matches(self, field: &str, key: &str) -> bool {
        match self {
            Spelling::Exact => field == key,
            Spelling::Json => is_same_field(field, key),
        }
    }
}

/// A key, borrowed from the JSON if it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads an object; any other value is an error.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Object>(deserializer: D) -> Result<T, D::Error> {
    struct Strict<T>(PhantomData<T>);
    impl<'de, T: Object> Visitor<'de> for Strict<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            members(map)
        }
    }
    deserializer.deserialize_map(Strict(PhantomData))
}

fn members<'de, A: MapAccess<'de>, T: Object>(mut map: A) -> Result<T, A::Error> {
    let mut object = T::default();
    // A bit for each field that was read.
    let mut seen = 0u64;
    while let Some(Key(key)) = map.next_key()? {
        let Some(index) = T::FIELDS.iter().position(|field| T::SPELLING.matches(field, &key)) else {
            let value: Value = map.next_value()?;
            object.extra_mut().insert(key, value);
            continue;
        };
        if seen & 1 << index != 0 {
            return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
        }
        seen |= 1 << index;
        object.read_field(T::FIELDS[index], &mut map)?;
    }
    Ok(object)
}

/// A type that is read without errors: one odd value must not make a response unreadable.
///
/// Objects and lists are read as they arrive. Other values are small, so they are buffered as a [`Value`].
pub(crate) trait Lenient: DeserializeOwned {
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

    fn read_value(value: Value) -> Result<Self, Value> {
        Self::deserialize(&value).map_err(|_| value)
    }
}

/// Implements [`Lenient`] for types that are not lists, or objects that `object!` defines.
macro_rules! lenient {
    ($($T:ty),*) => { $(impl $crate::api::read::Lenient for $T {})* };
}
pub(crate) use lenient;

lenient!(String, bool, f64, u8, Map<String, Value>);

impl Lenient for Value {
    fn read_value(value: Value) -> Result<Value, Value> {
        if value.is_null() { Err(value) } else { Ok(value) }
    }
}

impl<T: Lenient> Lenient for Box<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Result<Self, Value>, D::Error> {
        Ok(T::read(deserializer)?.map(Box::new))
    }
}

/// Leaves out items of the wrong type.
impl<T: Lenient> Lenient for Vec<T> {
    fn read_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Result<Self, Value>, A::Error> {
        let mut items = Vec::new();
        while let Some(Item(item)) = list.next_element()? {
            items.extend(item);
        }
        Ok(Ok(items))
    }
}

/// An item of a list, or `None` if it has the wrong type.
struct Item<T>(Option<T>);

impl<'de, T: Lenient> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Item<T>, D::Error> {
        Ok(Item(T::read(deserializer)?.ok()))
    }
}

/// Implements [`Lenient::read_map`] for objects.
pub(crate) fn lenient_members<'de, A: MapAccess<'de>, T: Object>(
    map: A,
) -> Result<Result<T, Value>, A::Error> {
    let mut object: T = members(map)?;
    // With its feature `arbitrary_precision`, serde_json gives a number as an object with this key.
    Ok(match object.extra_mut().remove("$serde_json::private::Number") {
        Some(number) => Err(number),
        None => Ok(object),
    })
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
