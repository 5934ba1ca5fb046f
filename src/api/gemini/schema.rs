//! The shape of a value, in the API's own dialect of OpenAPI.

use crate::api::{object::object, open_enum::open_enum};
use serde_json::Value;

open_enum! {
    /// The type of a value in a [`Schema`]: `type`.
    pub enum Type {
        /// `TYPE_UNSPECIFIED`.
        Unspecified = "TYPE_UNSPECIFIED",
        /// `STRING`.
        String = "STRING",
        /// `NUMBER`.
        Number = "NUMBER",
        /// `INTEGER`.
        Integer = "INTEGER",
        /// `BOOLEAN`.
        Boolean = "BOOLEAN",
        /// `ARRAY`.
        Array = "ARRAY",
        /// `OBJECT`.
        Object = "OBJECT",
        /// `NULL`.
        Null = "NULL",
    }
}

object! {
    /// The shape of a value: `responseSchema`, and what a function takes and gives.
    ///
    /// Where JSON Schema is wanted, the fields beside it take that: `response_json_schema`,
    /// `parameters_json_schema`.
    ///
    /// ```
    /// use niello::gemini::Schema;
    /// let clip = Schema::object([
    ///     ("title", Schema::string()),
    ///     ("tags", Schema::array(Schema::string()).max_items(5)),
    ///     ("start", Schema::number().description("Seconds from the beginning").nullable(true)),
    /// ])
    /// .required(["title", "tags"]);
    /// ```
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct Schema {
        /// `type`: what sort of value it is.
        #[serde(rename = "type")]
        pub kind: Option<Type>,
        /// `format`: such as `int32`, `double`, `date-time`, or `enum`.
        pub format: Option<String>,
        /// `title`: what the value is called.
        pub title: Option<String>,
        /// `description`: what the value means, for the model to read.
        pub description: Option<String>,
        /// `nullable`: whether it may be null.
        pub nullable: Option<bool>,
        /// `enum`: the values that a string may have.
        #[serde(rename = "enum")]
        pub enum_values: Vec<String>,
        /// `items`: the shape of an array's elements.
        pub items: Option<Box<Schema>>,
        /// `minItems`: the fewest elements of an array.
        pub min_items: Option<i64>,
        /// `maxItems`: the most elements of an array.
        pub max_items: Option<i64>,
        /// `properties`: what an object has, by name, in the order in which the model is to write them.
        #[serde(serialize_with = "properties::serialize")]
        #[read("properties::deserialize")]
        #[setter(none)]
        pub properties: Vec<(String, Schema)>,
        /// `required`: names of the properties that an object must have.
        pub required: Vec<String>,
        /// `propertyOrdering`: names of the properties in the order in which the model is to write them.
        pub property_ordering: Vec<String>,
        /// `minProperties`: the fewest properties of an object.
        pub min_properties: Option<i64>,
        /// `maxProperties`: the most properties of an object.
        pub max_properties: Option<i64>,
        /// `minimum`: of a number.
        pub minimum: Option<f64>,
        /// `maximum`: of a number.
        pub maximum: Option<f64>,
        /// `minLength`: of a string, in characters.
        pub min_length: Option<i64>,
        /// `maxLength`: of a string, in characters.
        pub max_length: Option<i64>,
        /// `pattern`: a regular expression that a string matches.
        pub pattern: Option<String>,
        /// `anyOf`: the value has the shape of one of these.
        #[setter(none)]
        pub any_of: Vec<Schema>,
        /// `example`: a value of this shape.
        pub example: Option<Value>,
        /// `default`: the value that is meant where there is none.
        #[serde(rename = "default")]
        pub default_value: Option<Value>,
    }
}

impl Schema {
    /// A value of a type.
    pub fn new(kind: impl Into<Type>) -> Schema {
        Schema { kind: Some(kind.into()), ..Schema::default() }
    }

    /// A string: `STRING`.
    pub fn string() -> Schema {
        Schema::new(Type::String)
    }

    /// A number: `NUMBER`.
    pub fn number() -> Schema {
        Schema::new(Type::Number)
    }

    /// A whole number: `INTEGER`.
    pub fn integer() -> Schema {
        Schema::new(Type::Integer)
    }

    /// True or false: `BOOLEAN`.
    pub fn boolean() -> Schema {
        Schema::new(Type::Boolean)
    }

    /// An array of elements of one shape: `ARRAY`, with `items`.
    pub fn array(items: Schema) -> Schema {
        Schema { items: Some(items.into()), ..Schema::new(Type::Array) }
    }

    /// An object with these properties, none of them required, in the order in which they are given: `OBJECT`, with
    /// `properties`.
    pub fn object<K: Into<String>>(properties: impl IntoIterator<Item = (K, Schema)>) -> Schema {
        let properties = properties.into_iter().map(|(name, schema)| (name.into(), schema)).collect();
        Schema { properties, ..Schema::new(Type::Object) }
    }

    /// One of several shapes: `anyOf`.
    pub fn any_of(shapes: impl IntoIterator<Item = Schema>) -> Schema {
        Schema { any_of: shapes.into_iter().collect(), ..Schema::default() }
    }
}

/// A JSON object that keeps its order, which a model follows.
mod properties {
    use super::Schema;
    use serde::{Deserializer, Serializer, de};
    use std::fmt;

    pub(super) fn serialize<S: Serializer>(
        properties: &[(String, Schema)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(properties.iter().map(|(name, schema)| (name, schema)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, Schema)>, D::Error> {
        struct Object;
        impl<'de> de::Visitor<'de> for Object {
            type Value = Vec<(String, Schema)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of schemas")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut properties = Vec::new();
                while let Some(property) = object.next_entry()? {
                    properties.push(property);
                }
                Ok(properties)
            }
        }
        deserializer.deserialize_any(Object)
    }
}
