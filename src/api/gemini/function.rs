//! What passes between a model and its tools.

use super::Part;
use crate::api::{
    lenient::{object as object_or_json, optional_text, text_or_json},
    object::object,
    open_enum::open_enum,
};
use serde_json::{Map, Value};

object! {
    /// A call that the model wants to be made: `functionCall`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(shared)]
    pub struct FunctionCall {
        /// `id`: by which the response names its call, where the server gives one.
        #[read("optional_text")]
        pub id: Option<String>,
        /// `name`: of the function.
        #[read("text_or_json")]
        pub name: String,
        /// `args`: the arguments by name.
        #[read("object_or_json")]
        pub args: Option<Map<String, Value>>,
    }
}

impl FunctionCall {
    /// A call with these arguments.
    pub fn new(name: impl Into<String>, args: Map<String, Value>) -> FunctionCall {
        FunctionCall { name: name.into(), args: Some(args), ..FunctionCall::default() }
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

object! {
    /// What a function gave: `functionResponse`.
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct FunctionResponse {
        /// `id`: of the call that this is the response to.
        pub id: Option<String>,
        /// `name`: of the function.
        pub name: String,
        /// `response`: any object; by custom what it gave as `output`, a failure as `error`.
        pub response: Map<String, Value>,
        /// `parts`: media that it gave, as [`Part::inline`] or [`Part::file`].
        pub parts: Vec<Part>,
        /// `willContinue`: whether more responses to the same call follow.
        pub will_continue: Option<bool>,
        /// `scheduling`: when the model takes it up.
        pub scheduling: Option<Scheduling>,
    }
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

    /// Adds a media that it gave, at the end of `parts`.
    pub fn part(mut self, part: impl Into<Part>) -> FunctionResponse {
        self.parts.push(part.into());
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

object! {
    /// Code that the model wrote and ran: `executableCode`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct ExecutableCode {
        /// `language`: what it is written in.
        pub language: Option<Language>,
        /// `code`: its text.
        pub code: String,
    }
}

impl ExecutableCode {
    /// Code in a language.
    pub fn new(language: impl Into<Language>, code: impl Into<String>) -> ExecutableCode {
        ExecutableCode { language: Some(language.into()), code: code.into(), ..ExecutableCode::default() }
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

object! {
    /// What running the model's code gave: `codeExecutionResult`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct CodeExecutionResult {
        /// `outcome`: how it ended.
        pub outcome: Option<Outcome>,
        /// `output`: standard output if it went well, else what went wrong.
        pub output: Option<String>,
    }
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
}
