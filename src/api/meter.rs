//! Bounds the memory that a value read from JSON takes.
//!
//! An object of 3 bytes, `{},`, can become a struct of several hundred, so a small body could fill the memory. While the
//! JSON is read, each of its bytes earns room, and each item of a list and each entry of a map takes some. When they have
//! taken more than was earned, reading ends with an error: ordinary JSON is far from that.

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use std::{
    any::type_name,
    cell::Cell,
    fmt::{self, Write},
    mem,
};

/// The room that a byte of JSON earns, in bytes. With the text and its copies, a value stays below 32 times its text.
const PER_BYTE: isize = 24;

/// The room for any value, however short: 768 KiB.
const RESERVE: isize = 768 << 10;

/// A growing list can hold its items twice, and room for as many.
const GROWTH: usize = 3;

const VALUE: usize = size_of::<Value>();

/// The memory of a map by its number of entries. A map is a tree: its first node has room for 11 entries, the twelfth
/// splits it into three nodes, and a map that grows at its end leaves half of each node empty. With serde_json's feature
/// `preserve_order`, which makes a `Value` larger, a map is a list.
fn entry(index: usize) -> usize {
    if VALUE != 32 {
        return if index == 0 { 8 * VALUE } else { 7 * VALUE };
    }
    const NODE: usize = 20 * VALUE;
    match index {
        0 => NODE,
        1..11 => 0,
        11 => 3 * NODE,
        _ => 5 * VALUE,
    }
}

/// The memory that is left for a value.
pub(crate) struct Meter(Cell<isize>);

impl Meter {
    pub(crate) fn new() -> Meter {
        Meter(Cell::new(RESERVE))
    }

    /// Returns `true` if reading ended because the value takes too much memory.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.0.get() < 0
    }

    /// Counts `len` bytes of JSON.
    pub(crate) fn earn(&self, len: usize) {
        let len = isize::try_from(len).unwrap_or(isize::MAX);
        self.0.set(self.0.get().saturating_add(len.saturating_mul(PER_BYTE)));
    }

    fn take<E: de::Error>(&self, bytes: usize) -> Result<(), E> {
        self.0.set(self.0.get() - bytes as isize);
        if self.is_exhausted() { Err(E::custom(TOO_LARGE)) } else { Ok(()) }
    }
}

/// The name of a newtype struct that holds a value, or a string of the JSON of an object in place of it.
const EMBEDDED: &str = "niello::api::meter::Embedded";

/// Reads a value, or the object whose JSON a string contains, on the account of the meter if there is one.
pub(crate) fn embedded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    struct Embedded;
    impl<'de> Visitor<'de> for Embedded {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON value")
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
            parse_embedded(Value::deserialize(deserializer)?, &Meter::new()).map_err(de::Error::custom)
        }
    }
    deserializer.deserialize_newtype_struct(EMBEDDED, Embedded)
}

/// Replaces a string of the JSON of an object by the object.
fn parse_embedded(value: Value, meter: &Meter) -> serde_json::Result<Value> {
    let Value::String(json) = &value else { return Ok(value) };
    match parse::<Map<String, Value>>(json, meter) {
        Ok(object) => Ok(object.into()),
        Err(error) if meter.is_exhausted() => Err(error),
        Err(_) => Ok(value),
    }
}

/// Parses JSON on the account of a meter.
pub(crate) fn parse<'de, T: Deserialize<'de>>(json: &'de str, meter: &Meter) -> serde_json::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = T::deserialize(Metered { inner: &mut deserializer, meter })?;
    deserializer.end().map(|()| value)
}

/// What an error says when [`Meter::is_exhausted`].
pub(crate) const TOO_LARGE: &str =
    "the JSON has too many small values: it would take more than 32 times its length in memory";

/// A deserializer, or a seed, that reads on the account of a meter.
pub(crate) struct Metered<'m, T> {
    pub(crate) inner: T,
    pub(crate) meter: &'m Meter,
}

impl<'m, T> Metered<'m, T> {
    fn with<U>(&self, inner: U) -> Metered<'m, U> {
        Metered { inner, meter: self.meter }
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $T:ty),*))*) => { $(
        fn $method<V: Visitor<'de>>(self, $($argument: $T,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.with(visitor);
            self.inner.$method($($argument,)* visitor)
        }
    )* };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Metered<'_, D> {
    type Error = D::Error;

    forward! {
        deserialize_any() deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_str() deserialize_string()
        deserialize_bytes() deserialize_byte_buf() deserialize_option() deserialize_unit() deserialize_seq()
        deserialize_map() deserialize_identifier() deserialize_ignored_any()
        deserialize_unit_struct(name: &'static str)
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if name == EMBEDDED {
            let meter = self.meter;
            let value = parse_embedded(Value::deserialize(self)?, meter).map_err(de::Error::custom)?;
            return visitor.visit_newtype_struct(value.into_deserializer()).map_err(de::Error::custom);
        }
        let visitor = self.with(visitor);
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit_scalars {
    ($($method:ident($T:ty))*) => { $(
        fn $method<E: de::Error>(self, value: $T) -> Result<V::Value, E> {
            self.meter.earn(1);
            self.inner.$method(value)
        }
    )* };
}

macro_rules! visit_strings {
    ($($method:ident($T:ty))*) => { $(
        fn $method<E: de::Error>(self, value: $T) -> Result<V::Value, E> {
            self.meter.earn(value.len() + r#""""#.len());
            self.inner.$method(value)
        }
    )* };
}

/// Returns a length that no JSON of this number is shorter than: its digits, a point or an exponent, and a sign.
fn float_len(value: f64) -> usize {
    /// Counts the digits before the exponent.
    struct Digits(usize, bool);
    impl Write for Digits {
        fn write_str(&mut self, string: &str) -> fmt::Result {
            for byte in string.bytes() {
                self.1 |= byte == b'e';
                self.0 += usize::from(!self.1 && byte.is_ascii_digit());
            }
            Ok(())
        }
    }
    let mut digits = Digits(0, false);
    write!(digits, "{value:e}").expect("counting cannot fail");
    let zero = usize::from(value != 0.0 && value.abs() < 1.0);
    digits.0 + 1 + zero + usize::from(value < 0.0)
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Metered<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit_scalars! { visit_bool(bool) visit_i128(i128) visit_u128(u128) }
    visit_strings! { visit_str(&str) visit_borrowed_str(&'de str) visit_string(String) }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<V::Value, E> {
        self.meter.earn(1 + value.checked_ilog10().unwrap_or(0) as usize);
        self.inner.visit_u64(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<V::Value, E> {
        let sign = usize::from(value < 0);
        self.meter.earn(sign + 1 + value.unsigned_abs().checked_ilog10().unwrap_or(0) as usize);
        self.inner.visit_i64(value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<V::Value, E> {
        self.meter.earn(float_len(value));
        self.inner.visit_f64(value)
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.meter.earn("null".len());
        self.inner.visit_unit()
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.meter.earn("null".len());
        self.inner.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let deserializer = self.with(deserializer);
        self.inner.visit_some(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let deserializer = self.with(deserializer);
        self.inner.visit_newtype_struct(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        self.meter.earn("[]".len());
        let list = Entries::new(list, self.meter, false);
        self.inner.visit_seq(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.meter.earn("{}".len());
        // Not a struct, but a list or a map of the entries.
        let is_list = size_of::<V::Value>() <= size_of::<Vec<()>>();
        let map = Entries::new(map, self.meter, is_list);
        self.inner.visit_map(map)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Metered<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let deserializer = self.with(deserializer);
        self.inner.deserialize(deserializer)
    }
}

/// The items of a list or the entries of a map.
struct Entries<'m, A> {
    inner: A,
    meter: &'m Meter,
    /// A map that is read into a list of its entries, and not into a struct with a field for each.
    is_list: bool,
    is_first: bool,
    /// The number of values of a map that were read.
    entries: usize,
}

impl<'m, A> Entries<'m, A> {
    fn new(inner: A, meter: &'m Meter, is_list: bool) -> Entries<'m, A> {
        Entries { inner, meter, is_list, is_first: true, entries: 0 }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Entries<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let item = self.inner.next_element_seed(Metered { inner: seed, meter: self.meter })?;
        if item.is_some() {
            let is_first = mem::take(&mut self.is_first);
            self.meter.earn(if is_first { 0 } else { ",".len() });
            // A list starts with room for four items.
            let items = if is_first { GROWTH + 1 } else { GROWTH };
            self.meter.take(items * size_of::<S::Value>())?;
        }
        Ok(item)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_key_seed(Metered { inner: seed, meter: self.meter })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let value = self.inner.next_value_seed(Metered { inner: seed, meter: self.meter })?;
        self.meter.earn(if mem::take(&mut self.is_first) { ":".len() } else { ":,".len() });
        let size = size_of::<S::Value>();
        self.meter.take(if type_name::<S::Value>() == type_name::<Value>() {
            self.entries += 1;
            entry(self.entries - 1)
        } else if self.is_list {
            // A list of entries has boxes, since it grows.
            size + GROWTH * size_of::<(String, Box<()>)>()
        } else if size > VALUE {
            // It may be boxed.
            size
        } else {
            // A field of the object itself.
            0
        })?;
        Ok(value)
    }
}
