//! The shape of a value, in the API's own dialect of OpenAPI.

use crate::api::{
    extra::Extra,
    lenient::{integer, null_as_default},
    open_enum::open_enum,
};
use serde::{Deserialize, Serialize};
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[must_use = "its methods give back what they set"]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Schema {
    /// `type`: what sort of value it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub schema_type: Option<Type>,
    /// `format`: such as `int32`, `double`, `date-time`, or `enum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// `title`: what the value is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// `description`: what the value means, for the model to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `nullable`: whether it may be null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nullable: Option<bool>,
    /// `enum`: the values that a string may have.
    #[serde(rename = "enum", deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub enum_values: Vec<String>,
    /// `items`: the shape of an array's elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Schema>>,
    /// `minItems`: the fewest elements of an array.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub min_items: Option<i64>,
    /// `maxItems`: the most elements of an array.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub max_items: Option<i64>,
    /// `properties`: what an object has, by name, in the order in which the model is to write them.
    #[serde(with = "properties", skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<(String, Schema)>,
    /// `required`: names of the properties that an object must have.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// `propertyOrdering`: names of the properties in the order in which the model is to write them.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub property_ordering: Vec<String>,
    /// `minProperties`: the fewest properties of an object.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub min_properties: Option<i64>,
    /// `maxProperties`: the most properties of an object.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub max_properties: Option<i64>,
    /// `minimum`: of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// `maximum`: of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// `minLength`: of a string, in characters.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub min_length: Option<i64>,
    /// `maxLength`: of a string, in characters.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub max_length: Option<i64>,
    /// `pattern`: a regular expression that a string matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// `anyOf`: the value has the shape of one of these.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<Schema>,
    /// `example`: a value of this shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
    /// `default`: the value that is meant where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Schema {
    /// A value of a type.
    pub fn new(schema_type: impl Into<Type>) -> Schema {
        Schema { schema_type: Some(schema_type.into()), ..Schema::default() }
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

    /// `format`: such as `int32`, `double`, `date-time`, or `enum`.
    pub fn format(mut self, format: impl Into<String>) -> Schema {
        self.format = Some(format.into());
        self
    }

    /// `title`: what the value is called.
    pub fn title(mut self, title: impl Into<String>) -> Schema {
        self.title = Some(title.into());
        self
    }

    /// `description`: what the value means, for the model to read.
    pub fn description(mut self, description: impl Into<String>) -> Schema {
        self.description = Some(description.into());
        self
    }

    /// `nullable`: whether it may be null.
    pub fn nullable(mut self, nullable: bool) -> Schema {
        self.nullable = Some(nullable);
        self
    }

    /// `enum`: the values that a string may have.
    pub fn enum_values(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Schema {
        self.enum_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// `minItems`: the fewest elements of an array.
    pub fn min_items(mut self, items: impl Into<i64>) -> Schema {
        self.min_items = Some(items.into());
        self
    }

    /// `maxItems`: the most elements of an array.
    pub fn max_items(mut self, items: impl Into<i64>) -> Schema {
        self.max_items = Some(items.into());
        self
    }

    /// `required`: names of the properties that an object must have.
    pub fn required(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Schema {
        self.required = names.into_iter().map(Into::into).collect();
        self
    }

    /// `propertyOrdering`: names of the properties in the order in which the model is to write them.
    pub fn property_ordering(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Schema {
        self.property_ordering = names.into_iter().map(Into::into).collect();
        self
    }

    /// `minProperties`: the fewest properties of an object.
    pub fn min_properties(mut self, properties: impl Into<i64>) -> Schema {
        self.min_properties = Some(properties.into());
        self
    }

    /// `maxProperties`: the most properties of an object.
    pub fn max_properties(mut self, properties: impl Into<i64>) -> Schema {
        self.max_properties = Some(properties.into());
        self
    }

    /// `minimum`: of a number.
    pub fn minimum(mut self, minimum: f64) -> Schema {
        self.minimum = Some(minimum);
        self
    }

    /// `maximum`: of a number.
    pub fn maximum(mut self, maximum: f64) -> Schema {
        self.maximum = Some(maximum);
        self
    }

    /// `minLength`: of a string, in characters.
    pub fn min_length(mut self, length: impl Into<i64>) -> Schema {
        self.min_length = Some(length.into());
        self
    }

    /// `maxLength`: of a string, in characters.
    pub fn max_length(mut self, length: impl Into<i64>) -> Schema {
        self.max_length = Some(length.into());
        self
    }

    /// `pattern`: a regular expression that a string matches.
    pub fn pattern(mut self, pattern: impl Into<String>) -> Schema {
        self.pattern = Some(pattern.into());
        self
    }

    /// `example`: a value of this shape. NaN and infinity go as `null`: see [`Extra`].
    pub fn example(mut self, example: impl Into<Value>) -> Schema {
        self.example = Some(example.into());
        self
    }

    /// `default`: the value that is meant where there is none. NaN and infinity go as `null`: see
    /// [`Extra`].
    pub fn default_value(mut self, value: impl Into<Value>) -> Schema {
        self.default = Some(value.into());
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Schema {
        self.extra.insert(key, value);
        self
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
