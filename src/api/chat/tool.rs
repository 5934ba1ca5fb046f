//! Tools, the choice among them, and tool calls.

use crate::api::{conversions::conversions, object::object, open_enum::open_enum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

open_enum! {
    /// The `type` of a tool or a tool call.
    #[derive(Default)]
    pub enum ToolKind {
        /// A function whose arguments are described by a JSON Schema.
        #[default]
        Function = "function",
    }
}

object! {
    /// A tool that a model may call: one of `tools`. A [`Function`] converts into it.
    ///
    /// # Examples
    /// ```
    /// use niello::chat::{Function, Message, Request};
    /// use serde_json::json;
    ///
    /// let request = Request::new("system.ai.gemini-3-1-pro")
    ///     .message(Message::user("Save a clip of the goal."))
    ///     .tool(Function::new("save_clip").parameters(json!({
    ///         "type": "object",
    ///         "properties": {"start": {"type": "number"}},
    ///         "required": ["start"],
    ///     })))
    ///     .tool_choice("required");
    /// # request.body().unwrap();
    /// ```
    #[derive(PartialEq)]
    #[object(request)]
    pub struct Tool {
        /// `type`: the kind of tool.
        #[serde(rename = "type")]
        #[setter(none)]
        pub kind: ToolKind,
        /// `function`: the function, if that is the `type`.
        pub function: Option<Function>,
        /// Keys that this type does not have: those of other kinds of tools.
        pub extra: Extra,
    }
}

impl Tool {
    /// Creates a tool of any `type`. Set its other keys with [`extra`](Tool::extra()).
    pub fn new(kind: impl Into<ToolKind>) -> Tool {
        Tool { kind: kind.into(), ..Tool::default() }
    }
}

conversions! { Tool:
    Function: function => Tool { function: Some(function), ..Tool::default() },
}

object! {
    /// A function that a model may call: `function` of a [`Tool`].
    #[derive(PartialEq)]
    #[object(request)]
    pub struct Function {
        /// `name`: up to 64 letters, digits, `_` and `-`.
        pub name: String,
        /// `description`: when and how to call the function, for the model.
        pub description: Option<String>,
        /// `parameters`: a JSON Schema of the arguments.
        pub parameters: Option<Value>,
        /// `strict`: whether the arguments are guaranteed to match the schema.
        pub strict: Option<bool>,
    }
}

impl Function {
    /// Creates a function without parameters.
    pub fn new(name: impl Into<String>) -> Function {
        Function { name: name.into(), ..Function::default() }
    }
}

/// Whether a model may, must or must not call a tool: `tool_choice`.
///
/// The strings `"none"`, `"auto"` and `"required"` convert into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
#[non_exhaustive]
pub enum ToolChoice {
    /// `"none"`: the model must not call a tool.
    None,
    /// `"auto"`: the model may call tools.
    Auto,
    /// `"required"`: the model must call a tool.
    Required,
    /// The model must call the function of this name.
    Function(String),
    /// Any other choice, sent verbatim.
    Other(Value),
}

conversions! { ToolChoice:
    String: choice => ToolChoice::from(Value::from(choice)),
    &str: choice => ToolChoice::from(Value::from(choice)),
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
            // Only if that is all: other keys would be lost.
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

object! {
    /// A tool call, in an assistant message: one of `tool_calls`.
    #[derive(PartialEq)]
    #[object(shared)]
    pub struct ToolCall {
        /// `id`: the identifier by which a [tool message](super::Message::tool) refers to the call.
        #[read("crate::api::lenient::string_or_json")]
        pub id: String,
        /// `type`: the kind of tool.
        #[serde(rename = "type")]
        #[setter(none)]
        pub kind: ToolKind,
        /// `function`: the function call, if that is the `type`.
        #[setter(none)]
        pub function: Option<FunctionCall>,
        /// Keys that this type does not have, such as `extra_content` with a thought signature. Keep them when you
        /// send the call back as part of the conversation.
        pub extra: Extra,
    }
}

impl ToolCall {
    /// Creates a call of the function `name`. `arguments` is a string of JSON.
    pub fn function(
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> ToolCall {
        let function = FunctionCall::default().name(name).arguments(arguments);
        ToolCall { id: id.into(), function: Some(function), ..ToolCall::default() }
    }

    /// Returns `true` if there is nothing to call: the function is missing or has no name.
    pub(super) fn is_blank(&self) -> bool {
        match &self.function {
            Some(function) => function.name.is_empty(),
            None => self.kind == ToolKind::Function,
        }
    }
}

object! {
    /// The function that a model calls, and its arguments: `function` of a [`ToolCall`].
    #[derive(PartialEq)]
    #[object(shared)]
    pub struct FunctionCall {
        /// `name`: the name of the function.
        #[read("crate::api::lenient::string_or_json")]
        pub name: String,
        /// `arguments`: the arguments, as a string of JSON. The model writes it, so it may be invalid or not match the
        /// schema.
        #[read("crate::api::lenient::string_or_json")]
        pub arguments: String,
    }
}
