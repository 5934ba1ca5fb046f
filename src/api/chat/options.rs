//! The options of a request that are more than a number or a text.

use crate::api::{extra::Extra, open_enum::open_enum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

open_enum! {
    /// How much a reasoning model thinks before it answers: `reasoning_effort`.
    pub enum ReasoningEffort {
        /// Not at all.
        None = "none",
        /// As little as it can.
        Minimal = "minimal",
        /// Little.
        Low = "low",
        /// What most models do if nothing is said.
        Medium = "medium",
        /// Much.
        High = "high",
        /// More than that.
        Xhigh = "xhigh",
    }
}

open_enum! {
    /// What an answer may be made of: `modalities`.
    pub enum Modality {
        /// Text.
        Text = "text",
        /// Audio.
        Audio = "audio",
        /// Images.
        Image = "image",
    }
}

/// Where an answer ends: `stop`.
///
/// [`Request::stop`](super::Request::stop()) gives a list, since some servers take nothing else.
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
    /// True for an empty list.
    pub fn is_empty(&self) -> bool {
        matches!(self, Stop::List(texts) if texts.is_empty())
    }
}

impl Default for Stop {
    fn default() -> Stop {
        Stop::List(Vec::new())
    }
}

/// What a stream has beside the answer: `stream_options`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StreamOptions {
    /// `include_usage`: whether the last chunk says how many tokens were used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_usage: Option<bool>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl StreamOptions {
    /// Options with nothing set.
    pub fn new() -> StreamOptions {
        StreamOptions::default()
    }

    /// Sets [`include_usage`](StreamOptions#structfield.include_usage).
    pub fn include_usage(mut self, include: bool) -> StreamOptions {
        self.include_usage = Some(include);
        self
    }

    /// Adds a key that a vendor takes and this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> StreamOptions {
        self.extra.insert(key, value);
        self
    }
}

open_enum! {
    /// `type` of a [`ResponseFormat`].
    #[derive(Default)]
    pub enum FormatKind {
        /// Free text.
        #[default]
        Text = "text",
        /// Any JSON object.
        JsonObject = "json_object",
        /// JSON by a schema.
        JsonSchema = "json_schema",
    }
}

/// What form an answer has: `response_format`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ResponseFormat {
    /// `type`.
    #[serde(rename = "type")]
    pub kind: FormatKind,
    /// `json_schema`: with the type of that name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<JsonSchema>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ResponseFormat {
    /// A format of any type, all other keys of which are given by [`extra`](ResponseFormat::extra()).
    pub fn new(kind: impl Into<FormatKind>) -> ResponseFormat {
        ResponseFormat { kind: kind.into(), ..ResponseFormat::default() }
    }

    /// Free text: `text`.
    pub fn text() -> ResponseFormat {
        ResponseFormat::new(FormatKind::Text)
    }

    /// Any JSON object: `json_object`.
    pub fn json_object() -> ResponseFormat {
        ResponseFormat::new(FormatKind::JsonObject)
    }

    /// JSON by a schema: `json_schema`.
    pub fn json_schema(schema: JsonSchema) -> ResponseFormat {
        ResponseFormat { json_schema: Some(schema), ..ResponseFormat::new(FormatKind::JsonSchema) }
    }

    /// Adds a key that a vendor takes and this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> ResponseFormat {
        self.extra.insert(key, value);
        self
    }
}

/// A schema that an answer is held to: `json_schema` of a [`ResponseFormat`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct JsonSchema {
    /// `name`: letters, digits, `_` and `-`, 64 at most.
    pub name: String,
    /// `description`: what the format is for, told to the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `schema`: a JSON Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// `strict`: whether the answer is held to the schema exactly; then only a subset of JSON Schema may
    /// be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl JsonSchema {
    /// A JSON Schema, and a name for it of letters, digits, `_` and `-`.
    pub fn new(name: impl Into<String>, schema: impl Into<Value>) -> JsonSchema {
        JsonSchema { name: name.into(), schema: Some(schema.into()), ..JsonSchema::default() }
    }

    /// Sets [`description`](JsonSchema#structfield.description).
    pub fn description(mut self, description: impl Into<String>) -> JsonSchema {
        self.description = Some(description.into());
        self
    }

    /// Sets [`strict`](JsonSchema#structfield.strict).
    pub fn strict(mut self, strict: bool) -> JsonSchema {
        self.strict = Some(strict);
        self
    }

    /// Adds a key that a vendor takes and this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> JsonSchema {
        self.extra.insert(key, value);
        self
    }
}
