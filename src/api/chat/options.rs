//! The options of a request that are more than a number or a string.

use crate::api::{object::object, open_enum::open_enum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

open_enum! {
    /// How much a reasoning model thinks before it responds: `reasoning_effort`.
    pub enum ReasoningEffort {
        /// No reasoning.
        None = "none",
        /// As little reasoning as possible.
        Minimal = "minimal",
        /// Little reasoning.
        Low = "low",
        /// The default of most models.
        Medium = "medium",
        /// Much reasoning.
        High = "high",
        /// The most reasoning.
        Xhigh = "xhigh",
    }
}

open_enum! {
    /// A kind of output: one of `modalities`.
    pub enum Modality {
        /// Text.
        Text = "text",
        /// Audio.
        Audio = "audio",
        /// Images.
        Image = "image",
    }
}

/// The strings at which a response ends: `stop`.
///
/// [`Request::stop`](super::Request::stop()) always makes a list, because some servers accept nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Stop {
    /// Written as a list; left out if it is empty.
    List(Vec<String>),
    /// Written as a string.
    One(String),
}

impl Stop {
    /// Returns `true` for an empty list.
    pub fn is_empty(&self) -> bool {
        matches!(self, Stop::List(strings) if strings.is_empty())
    }
}

impl Default for Stop {
    fn default() -> Stop {
        Stop::List(Vec::new())
    }
}

impl From<Stop> for Vec<String> {
    fn from(stop: Stop) -> Vec<String> {
        match stop {
            Stop::List(strings) => strings,
            Stop::One(string) => vec![string],
        }
    }
}

object! {
    /// Options for a streamed response: `stream_options`.
    #[derive(PartialEq)]
    #[object(request, new)]
    pub struct StreamOptions {
        /// `include_usage`: whether the last chunk reports how many tokens were used.
        pub include_usage: Option<bool>,
    }
}

open_enum! {
    /// The `type` of a [`ResponseFormat`].
    #[derive(Default)]
    pub enum FormatKind {
        /// Any text.
        #[default]
        Text = "text",
        /// Any JSON object.
        JsonObject = "json_object",
        /// JSON that matches a schema.
        JsonSchema = "json_schema",
    }
}

object! {
    /// The format of a response: `response_format`.
    #[derive(PartialEq)]
    #[object(request)]
    pub struct ResponseFormat {
        /// `type`: the kind of format.
        #[serde(rename = "type")]
        #[setter(none)]
        pub kind: FormatKind,
        /// `json_schema`: the schema, if that is the `type`.
        #[setter(none)]
        pub json_schema: Option<JsonSchema>,
    }
}

impl ResponseFormat {
    /// Creates a format of any `type`. Set its other keys with [`extra`](ResponseFormat::extra()).
    pub fn new(kind: impl Into<FormatKind>) -> ResponseFormat {
        ResponseFormat { kind: kind.into(), ..ResponseFormat::default() }
    }

    /// Creates the format for any text: `text`.
    pub fn text() -> ResponseFormat {
        ResponseFormat::new(FormatKind::Text)
    }

    /// Creates the format for any JSON object: `json_object`.
    pub fn json_object() -> ResponseFormat {
        ResponseFormat::new(FormatKind::JsonObject)
    }

    /// Creates the format for JSON that matches `schema`: `json_schema`.
    pub fn json_schema(schema: JsonSchema) -> ResponseFormat {
        ResponseFormat { json_schema: Some(schema), ..ResponseFormat::new(FormatKind::JsonSchema) }
    }
}

object! {
    /// A schema that a response has to match: `json_schema` of a [`ResponseFormat`].
    #[derive(PartialEq)]
    #[object(request)]
    pub struct JsonSchema {
        /// `name`: up to 64 letters, digits, `_` and `-`.
        pub name: String,
        /// `description`: the purpose of the format, for the model.
        pub description: Option<String>,
        /// `schema`: a JSON Schema.
        pub schema: Option<Value>,
        /// `strict`: whether the response is guaranteed to match the schema. If `true`, only a subset of JSON Schema
        /// is supported.
        pub strict: Option<bool>,
    }
}

impl JsonSchema {
    /// Creates a format from a JSON Schema and a name of up to 64 letters, digits, `_` and `-`.
    pub fn new(name: impl Into<String>, schema: impl Into<Value>) -> JsonSchema {
        JsonSchema { name: name.into(), schema: Some(schema.into()), ..JsonSchema::default() }
    }
}
