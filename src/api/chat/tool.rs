//! Tools, the choice among them, and calls of them.

use crate::api::{
    extra::Extra,
    lenient::{null_as_default, or_default, text_or_json},
    open_enum::open_enum,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

open_enum! {
    /// `type` of a tool or of a tool call.
    #[derive(Default)]
    pub enum ToolKind {
        /// A function with arguments by a JSON Schema.
        #[default]
        Function = "function",
    }
}

/// What a model may call: one of `tools`.
///
/// ```
/// use niello::chat::{Function, Message, Request};
/// use serde_json::json;
///
/// let request = Request::new("system.ai.gemini-3-1-pro")
///     .message(Message::user("When does the goal fall?"))
///     .tool(Function::new("save_clip").parameters(json!({
///         "type": "object",
///         "properties": {"start": {"type": "number"}},
///         "required": ["start"],
///     })))
///     .tool_choice("required");
/// # request.body().unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Tool {
    /// `type`.
    #[serde(rename = "type", deserialize_with = "null_as_default")]
    pub kind: ToolKind,
    /// `function`: with the type of that name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// Keys beside these, which tools of other types are made of.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Tool {
    /// A tool of any type, all other keys of which are given by [`extra`](Tool::extra()).
    pub fn new(kind: impl Into<ToolKind>) -> Tool {
        Tool { kind: kind.into(), ..Tool::default() }
    }

    /// Adds a key that a vendor takes and this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Tool {
        self.extra.insert(key, value);
        self
    }
}

impl From<Function> for Tool {
    fn from(function: Function) -> Tool {
        Tool { function: Some(function), ..Tool::default() }
    }
}

/// A function that a model may call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Function {
    /// `name`: letters, digits, `_` and `-`, 64 at most.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// `description`: when to call it and how, told to the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `parameters`: a JSON Schema of its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// `strict`: whether arguments are held to the schema exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Function {
    /// A function without parameters.
    pub fn new(name: impl Into<String>) -> Function {
        Function { name: name.into(), ..Function::default() }
    }

    /// Sets [`description`](Function#structfield.description).
    pub fn description(mut self, description: impl Into<String>) -> Function {
        self.description = Some(description.into());
        self
    }

    /// Sets [`parameters`](Function#structfield.parameters).
    pub fn parameters(mut self, schema: impl Into<Value>) -> Function {
        self.parameters = Some(schema.into());
        self
    }

    /// Sets [`strict`](Function#structfield.strict).
    pub fn strict(mut self, strict: bool) -> Function {
        self.strict = Some(strict);
        self
    }

    /// Adds a key that a vendor takes and this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Function {
        self.extra.insert(key, value);
        self
    }
}

/// Whether a model may, must, or must not call a tool: `tool_choice`.
///
/// A text converts into it as one of the API's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
#[non_exhaustive]
pub enum ToolChoice {
    /// `"none"`: it must not.
    None,
    /// `"auto"`: it may.
    Auto,
    /// `"required"`: it must.
    Required,
    /// It must call the function of this name.
    Function(String),
    /// Anything else, passed on as it is.
    Other(Value),
}

impl From<String> for ToolChoice {
    fn from(word: String) -> ToolChoice {
        ToolChoice::from(Value::from(word))
    }
}

impl From<&str> for ToolChoice {
    fn from(word: &str) -> ToolChoice {
        ToolChoice::from(Value::from(word))
    }
}

impl From<Value> for ToolChoice {
    fn from(value: Value) -> ToolChoice {
        match value.as_str() {
            Some("none") => return ToolChoice::None,
            Some("auto") => return ToolChoice::Auto,
            Some("required") => return ToolChoice::Required,
            _ => {}
        }
        let name = value["function"]["name"].as_str().map(|name| ToolChoice::Function(name.to_owned()));
        match name {
            // Only if nothing else is said, which would be lost.
            Some(choice) if Value::from(choice.clone()) == value => choice,
            _ => ToolChoice::Other(value),
        }
    }
}

impl From<ToolChoice> for Value {
    fn from(choice: ToolChoice) -> Value {
        match choice {
            ToolChoice::None => "none".into(),
            ToolChoice::Auto => "auto".into(),
            ToolChoice::Required => "required".into(),
            ToolChoice::Function(name) => json!({"type": "function", "function": {"name": name}}),
            ToolChoice::Other(value) => value,
        }
    }
}

/// A call of a tool, in an assistant's message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCall {
    /// `id`: by which the [result](super::Message::tool) names its call.
    #[serde(deserialize_with = "text_or_json")]
    pub id: String,
    /// `type`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: ToolKind,
    /// `function`: with the type of that name.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub function: Option<FunctionCall>,
    /// Keys beside these, as `extra_content` with a thought signature: keep them when the call goes back
    /// into a history.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ToolCall {
    /// A call of a function, with its arguments as JSON text.
    pub fn function(
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> ToolCall {
        let function =
            FunctionCall { name: name.into(), arguments: arguments.into(), ..FunctionCall::default() };
        ToolCall { id: id.into(), function: Some(function), ..ToolCall::default() }
    }

    /// Adds a key that a vendor takes and this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> ToolCall {
        self.extra.insert(key, value);
        self
    }

    /// Whether it calls nothing: its function is missing, or has no name.
    pub(super) fn is_blank(&self) -> bool {
        match &self.function {
            Some(function) => function.name.is_empty(),
            None => self.kind == ToolKind::Function,
        }
    }
}

/// Which function is called, and with what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FunctionCall {
    /// `name`.
    #[serde(deserialize_with = "text_or_json")]
    pub name: String,
    /// `arguments`: JSON text, written by the model: it may be no JSON, or not what the schema asks for.
    #[serde(deserialize_with = "text_or_json")]
    pub arguments: String,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}
