//! Schemas: the types of responses, arguments and results.

use crate::api::{object::object, open_enum::open_enum};
use serde_json::Value;

open_enum! {
    /// The type of a value: `type` of a [`Schema`].
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
    /// A schema: `responseSchema`, and `parameters` and `response` of a function.
    ///
    /// It is the API's own dialect of OpenAPI. For JSON Schema, use `response_json_schema` and
    /// `parameters_json_schema` instead.
    ///
    /// # Examples
    /// ```
    /// use niello::gemini::Schema;
    ///
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
        /// `type`: the type of the value.
        #[serde(rename = "type")]
        pub kind: Option<Type>,
        /// `format`: the format of the value, such as `int32`, `double`, `date-time` or `enum`.
        pub format: Option<String>,
        /// `title`: the title of the value.
        pub title: Option<String>,
        /// `description`: what the value means, for the model.
        pub description: Option<String>,
        /// `nullable`: whether the value may be null.
        pub nullable: Option<bool>,
        /// `enum`: the possible values of a string.
        #[serde(rename = "enum")]
        pub enum_values: Vec<String>,
        /// `items`: the schema of the elements of an array.
        pub items: Option<Box<Schema>>,
        /// `minItems`: the minimum number of elements of an array.
        pub min_items: Option<i64>,
        /// `maxItems`: the maximum number of elements of an array.
        pub max_items: Option<i64>,
        /// `properties`: the names and schemas of the properties of an object. The model writes them in this
        /// order.
        #[serde(serialize_with = "properties::serialize")]
        #[read("properties::deserialize")]
        #[setter(none)]
        pub properties: Vec<(String, Box<Schema>)>,
        /// `required`: the names of the properties that an object must have.
        pub required: Vec<String>,
        /// `propertyOrdering`: the names of the properties in the order in which the model writes them.
        pub property_ordering: Vec<String>,
        /// `minProperties`: the minimum number of properties of an object.
        pub min_properties: Option<i64>,
        /// `maxProperties`: the maximum number of properties of an object.
        pub max_properties: Option<i64>,
        /// `minimum`: the minimum of a number.
        pub minimum: Option<f64>,
        /// `maximum`: the maximum of a number.
        pub maximum: Option<f64>,
        /// `minLength`: the minimum length of a string, in characters.
        pub min_length: Option<i64>,
        /// `maxLength`: the maximum length of a string, in characters.
        pub max_length: Option<i64>,
        /// `pattern`: a regular expression that a string matches.
        pub pattern: Option<String>,
        /// `anyOf`: schemas of which the value matches at least one.
        #[setter(none)]
        pub any_of: Vec<Schema>,
        /// `example`: an example of the value. NaN and infinity become `null`: see [`Extra`](crate::Extra).
        pub example: Option<Value>,
        /// `default`: the value if there is none. NaN and infinity become `null`: see [`Extra`](crate::Extra).
        #[serde(rename = "default")]
        pub default_value: Option<Value>,
    }
}

impl Schema {
    /// Creates a schema for values of a type.
    pub fn new(kind: impl Into<Type>) -> Schema {
        Schema::default().kind(kind)
    }

    /// Creates a schema for strings: `STRING`.
    pub fn string() -> Schema {
        Schema::new(Type::String)
    }

    /// Creates a schema for numbers: `NUMBER`.
    pub fn number() -> Schema {
        Schema::new(Type::Number)
    }

    /// Creates a schema for integers: `INTEGER`.
    pub fn integer() -> Schema {
        Schema::new(Type::Integer)
    }

    /// Creates a schema for `true` and `false`: `BOOLEAN`.
    pub fn boolean() -> Schema {
        Schema::new(Type::Boolean)
    }

    /// Creates a schema for arrays with elements of one schema: `ARRAY`, with `items`.
    pub fn array(items: Schema) -> Schema {
        Schema::new(Type::Array).items(items)
    }

    /// Creates a schema for objects: `OBJECT`, with `properties`, which are all optional.
    pub fn object<K: Into<String>>(properties: impl IntoIterator<Item = (K, Schema)>) -> Schema {
        let properties = properties.into_iter().map(|(name, schema)| (name.into(), schema.into())).collect();
        Schema { properties, ..Schema::new(Type::Object) }
    }

    /// Creates a schema for values that match at least one of `schemas`: `anyOf`.
    pub fn any_of(schemas: impl IntoIterator<Item = Schema>) -> Schema {
        Schema { any_of: schemas.into_iter().collect(), ..Schema::default() }
    }
}

/// A JSON object whose order is kept, because models write in that order.
mod properties {
    use super::Schema;
    use serde::{Deserializer, Serializer, de};
    use std::fmt;

    pub(super) fn serialize<S: Serializer>(
        properties: &[(String, Box<Schema>)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(properties.iter().map(|(name, schema)| (name, schema)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, Box<Schema>)>, D::Error> {
        struct Properties;
        impl<'de> de::Visitor<'de> for Properties {
            type Value = Vec<(String, Box<Schema>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of schemas")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut properties = Vec::new();
                // Not as a box, whose size would tell the meter nothing.
                while let Some((name, schema)) = object.next_entry::<String, Schema>()? {
                    properties.push((name, schema.into()));
                }
                Ok(properties)
            }
        }
        deserializer.deserialize_any(Properties)
    }
}
