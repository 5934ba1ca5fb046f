//! What passes between a model and its tools.

use super::Part;
use crate::api::{
    extra::Extra,
    lenient::{null_as_default, object, optional_text, text_or_json},
    open_enum::open_enum,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A call that the model wants to be made: `functionCall`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct FunctionCall {
    /// `id`: by which the response names its call, where the server gives one.
    #[serde(deserialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `name`: of the function.
    #[serde(deserialize_with = "text_or_json")]
    pub name: String,
    /// `args`: the arguments by name.
    #[serde(deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub args: Option<Map<String, Value>>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl FunctionCall {
    /// A call with these arguments.
    pub fn new(name: impl Into<String>, args: Map<String, Value>) -> FunctionCall {
        FunctionCall { name: name.into(), args: Some(args), ..FunctionCall::default() }
    }

    /// `id`: by which the response names its call.
    pub fn id(mut self, id: impl Into<String>) -> FunctionCall {
        self.id = Some(id.into());
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> FunctionCall {
        self.extra.insert(key, value);
        self
    }
}

open_enum! {
    /// When the model takes up what a non-blocking function gave: `scheduling`.
    pub enum Scheduling {
        /// `SCHEDULING_UNSPECIFIED`.
        Unspecified = "SCHEDULING_UNSPECIFIED",
        /// `SILENT`: kept for later, no answer.
        Silent = "SILENT",
        /// `WHEN_IDLE`: when what goes on has ended.
        WhenIdle = "WHEN_IDLE",
        /// `INTERRUPT`: at once.
        Interrupt = "INTERRUPT",
    }
}

/// What a function gave: `functionResponse`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct FunctionResponse {
    /// `id`: of the call that this is the response to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `name`: of the function.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// `response`: any object; by custom what it gave as `output`, a failure as `error`.
    #[serde(deserialize_with = "null_as_default")]
    pub response: Map<String, Value>,
    /// `parts`: media that it gave, as [`Part::inline`] or [`Part::file`].
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// `willContinue`: whether more responses to the same call follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub will_continue: Option<bool>,
    /// `scheduling`: when the model takes it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduling: Option<Scheduling>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl FunctionResponse {
    /// What the function of that name gave: an object as it is, anything else as the `output` in one.
    ///
    /// ```
    /// use niello::gemini::FunctionResponse;
    /// use serde_json::json;
    /// assert_eq!(FunctionResponse::new("count", json!({"cats": 2})).response["cats"], 2);
    /// assert_eq!(FunctionResponse::new("count", "two").response["output"], "two");
    /// ```
    pub fn new(name: impl Into<String>, response: impl Into<Value>) -> FunctionResponse {
        let response = match response.into() {
            Value::Object(response) => response,
            output => Map::from_iter([("output".into(), output)]),
        };
        FunctionResponse { name: name.into(), response, ..FunctionResponse::default() }
    }

    /// `id`: of the call that this is the response to.
    pub fn id(mut self, id: impl Into<String>) -> FunctionResponse {
        self.id = Some(id.into());
        self
    }

    /// Adds a media that it gave, at the end of `parts`.
    pub fn part(mut self, part: impl Into<Part>) -> FunctionResponse {
        self.parts.push(part.into());
        self
    }

    /// `willContinue`: whether more responses to the same call follow.
    pub fn will_continue(mut self, will_continue: bool) -> FunctionResponse {
        self.will_continue = Some(will_continue);
        self
    }

    /// `scheduling`: when the model takes it up.
    pub fn scheduling(mut self, scheduling: impl Into<Scheduling>) -> FunctionResponse {
        self.scheduling = Some(scheduling.into());
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> FunctionResponse {
        self.extra.insert(key, value);
        self
    }
}

open_enum! {
    /// What language code is in: `language`.
    pub enum Language {
        /// `LANGUAGE_UNSPECIFIED`.
        Unspecified = "LANGUAGE_UNSPECIFIED",
        /// `PYTHON`: 3.10 or later, with numpy and simpy.
        Python = "PYTHON",
    }
}

/// Code that the model wrote and ran: `executableCode`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExecutableCode {
    /// `language`: what it is written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// `code`: its text.
    #[serde(deserialize_with = "null_as_default")]
    pub code: String,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ExecutableCode {
    /// Code in a language.
    pub fn new(language: impl Into<Language>, code: impl Into<String>) -> ExecutableCode {
        ExecutableCode { language: Some(language.into()), code: code.into(), ..ExecutableCode::default() }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> ExecutableCode {
        self.extra.insert(key, value);
        self
    }
}

open_enum! {
    /// How running code ended: `outcome`.
    pub enum Outcome {
        /// `OUTCOME_UNSPECIFIED`.
        Unspecified = "OUTCOME_UNSPECIFIED",
        /// `OUTCOME_OK`.
        Ok = "OUTCOME_OK",
        /// `OUTCOME_FAILED`.
        Failed = "OUTCOME_FAILED",
        /// `OUTCOME_DEADLINE_EXCEEDED`: it ran for too long.
        DeadlineExceeded = "OUTCOME_DEADLINE_EXCEEDED",
    }
}

/// What running the model's code gave: `codeExecutionResult`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct CodeExecutionResult {
    /// `outcome`: how it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// `output`: standard output if it went well, else what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl CodeExecutionResult {
    /// How it ended, and what it printed.
    pub fn new(outcome: impl Into<Outcome>, output: impl Into<String>) -> CodeExecutionResult {
        CodeExecutionResult {
            outcome: Some(outcome.into()),
            output: Some(output.into()),
            ..CodeExecutionResult::default()
        }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> CodeExecutionResult {
        self.extra.insert(key, value);
        self
    }
}
