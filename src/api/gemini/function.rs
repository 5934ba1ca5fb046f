//! Calls of functions, runs of the model's code, and their results.

use super::Part;
use crate::api::{
    lenient::{object as object_or_json, optional_string, string_or_json},
    object::object,
    open_enum::open_enum,
};
use serde_json::{Map, Value};

object! {
    /// A call that the model asks for: `functionCall`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(shared)]
    pub struct FunctionCall {
        /// `id`: an identifier that the result repeats, if the server sets one.
        #[read("optional_string")]
        pub id: Option<String>,
        /// `name`: the name of the function.
        #[read("string_or_json")]
        pub name: String,
        /// `args`: the arguments, by name.
        #[read("object_or_json")]
        pub args: Option<Map<String, Value>>,
    }
}

impl FunctionCall {
    /// Creates a call from the name of a function and its arguments.
    pub fn new(name: impl Into<String>, args: Map<String, Value>) -> FunctionCall {
        FunctionCall::default().name(name).args(args)
    }
}

open_enum! {
    /// When the model uses the result of a non-blocking function: `scheduling`.
    pub enum Scheduling {
        /// `SCHEDULING_UNSPECIFIED`.
        Unspecified = "SCHEDULING_UNSPECIFIED",
        /// `SILENT`: it keeps the result and does not respond to it.
        Silent = "SILENT",
        /// `WHEN_IDLE`: after its current output.
        WhenIdle = "WHEN_IDLE",
        /// `INTERRUPT`: immediately.
        Interrupt = "INTERRUPT",
    }
}

object! {
    /// The result of a call: `functionResponse`.
    #[serde(rename_all = "camelCase")]
    #[object(shared)]
    pub struct FunctionResponse {
        /// `id`: the identifier of the call.
        pub id: Option<String>,
        /// `name`: the name of the function.
        pub name: String,
        /// `response`: the result, an object. By convention, its key is `output`, or `error` after a failure.
        pub response: Map<String, Value>,
        /// `parts`: media of the result, as [`Part::inline`] or [`Part::file`].
        #[add(part)]
        pub parts: Vec<Part>,
        /// `willContinue`: whether more results of the same call follow.
        pub will_continue: Option<bool>,
        /// `scheduling`: when the model uses the result.
        pub scheduling: Option<Scheduling>,
    }
}

impl FunctionResponse {
    /// Creates a result of the function `name`. An object is the `response` itself, any other value its
    /// `output`.
    ///
    /// # Examples
    /// ```
    /// use niello::gemini::FunctionResponse;
    /// use serde_json::json;
    ///
    /// assert_eq!(FunctionResponse::new("count", json!({"cats": 2})).response["cats"], 2);
    /// assert_eq!(FunctionResponse::new("count", "two").response["output"], "two");
    /// ```
    pub fn new(name: impl Into<String>, response: impl Into<Value>) -> FunctionResponse {
        let response = match response.into() {
            Value::Object(response) => response,
            output => Map::from_iter([("output".into(), output)]),
        };
        FunctionResponse::default().name(name).response(response)
    }
}

open_enum! {
    /// A programming language: `language`.
    pub enum Language {
        /// `LANGUAGE_UNSPECIFIED`.
        Unspecified = "LANGUAGE_UNSPECIFIED",
        /// `PYTHON`: Python 3.10 or later, with numpy and simpy.
        Python = "PYTHON",
    }
}

object! {
    /// Code that the model wrote and the server ran: `executableCode`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(shared)]
    pub struct ExecutableCode {
        /// `language`: the language of the code.
        pub language: Option<Language>,
        /// `code`: the code.
        pub code: String,
    }
}

impl ExecutableCode {
    /// Creates a payload from code and its language.
    pub fn new(language: impl Into<Language>, code: impl Into<String>) -> ExecutableCode {
        ExecutableCode::default().language(language).code(code)
    }
}

open_enum! {
    /// How a run of code ended: `outcome`.
    pub enum Outcome {
        /// `OUTCOME_UNSPECIFIED`.
        Unspecified = "OUTCOME_UNSPECIFIED",
        /// `OUTCOME_OK`.
        Ok = "OUTCOME_OK",
        /// `OUTCOME_FAILED`.
        Failed = "OUTCOME_FAILED",
        /// `OUTCOME_DEADLINE_EXCEEDED`: the run took too long.
        DeadlineExceeded = "OUTCOME_DEADLINE_EXCEEDED",
    }
}

object! {
    /// The result of running the model's code: `codeExecutionResult`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(shared)]
    pub struct CodeExecutionResult {
        /// `outcome`: how the run ended.
        pub outcome: Option<Outcome>,
        /// `output`: standard output after a success, otherwise the error.
        pub output: Option<String>,
    }
}

impl CodeExecutionResult {
    /// Creates a result from the outcome and the output of a run.
    pub fn new(outcome: impl Into<Outcome>, output: impl Into<String>) -> CodeExecutionResult {
        CodeExecutionResult::default().outcome(outcome).output(output)
    }
}
