//! What a model can use: functions of the caller, and how it is to call them.

use super::{
    Schema,
    builtin::{
        CodeExecution, ComputerUse, FileSearch, GoogleMaps, GoogleSearch, GoogleSearchRetrieval, UrlContext,
    },
};
use crate::api::{object::object, open_enum::open_enum};
use serde_json::Value;

object! {
    /// Functions of the caller, or a tool of the API's own: one of `tools`.
    ///
    /// ```
    /// use niello::gemini::{FunctionDeclaration, Schema, Tool};
    /// let save = FunctionDeclaration::new("save_clip")
    ///     .description("Saves a clip.")
    ///     .parameters(Schema::object([("start", Schema::number())]).required(["start"]));
    /// let tools = [Tool::functions([save]), Tool::google_search()];
    /// ```
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct Tool {
        /// `functionDeclarations`: functions that the caller runs.
        pub function_declarations: Vec<FunctionDeclaration>,
        /// `googleSearch`: in the web.
        #[setter(none)]
        pub google_search: Option<GoogleSearch>,
        /// `googleSearchRetrieval`: for models before Gemini 2.
        pub google_search_retrieval: Option<GoogleSearchRetrieval>,
        /// `codeExecution`: the model writes code and runs it.
        #[setter(none)]
        pub code_execution: Option<CodeExecution>,
        /// `urlContext`: the model reads the pages that the prompt links to.
        #[setter(none)]
        pub url_context: Option<UrlContext>,
        /// `computerUse`: the model works with a computer that the caller drives.
        pub computer_use: Option<ComputerUse>,
        /// `fileSearch`: in stores of uploaded files.
        pub file_search: Option<FileSearch>,
        /// `googleMaps`: what Google Maps knows of places.
        pub google_maps: Option<GoogleMaps>,
    }
}

impl Tool {
    /// Functions that the caller runs: `functionDeclarations`.
    pub fn functions(functions: impl IntoIterator<Item = FunctionDeclaration>) -> Tool {
        Tool { function_declarations: functions.into_iter().collect(), ..Tool::default() }
    }

    /// Search in the web, with no options: `googleSearch`.
    pub fn google_search() -> Tool {
        Tool::from(GoogleSearch::default())
    }

    /// The model writes code and runs it: `codeExecution`.
    pub fn code_execution() -> Tool {
        Tool::from(CodeExecution::default())
    }

    /// The model reads the pages that the prompt links to: `urlContext`.
    pub fn url_context() -> Tool {
        Tool::from(UrlContext::default())
    }
}

impl From<GoogleSearch> for Tool {
    fn from(search: GoogleSearch) -> Tool {
        Tool { google_search: Some(search), ..Tool::default() }
    }
}

impl From<GoogleSearchRetrieval> for Tool {
    fn from(search: GoogleSearchRetrieval) -> Tool {
        Tool { google_search_retrieval: Some(search), ..Tool::default() }
    }
}

impl From<FunctionDeclaration> for Tool {
    fn from(function: FunctionDeclaration) -> Tool {
        Tool::functions([function])
    }
}

impl From<CodeExecution> for Tool {
    fn from(execution: CodeExecution) -> Tool {
        Tool { code_execution: Some(execution), ..Tool::default() }
    }
}

impl From<UrlContext> for Tool {
    fn from(context: UrlContext) -> Tool {
        Tool { url_context: Some(context), ..Tool::default() }
    }
}

impl From<ComputerUse> for Tool {
    fn from(computer: ComputerUse) -> Tool {
        Tool { computer_use: Some(computer), ..Tool::default() }
    }
}

impl From<FileSearch> for Tool {
    fn from(search: FileSearch) -> Tool {
        Tool { file_search: Some(search), ..Tool::default() }
    }
}

impl From<GoogleMaps> for Tool {
    fn from(maps: GoogleMaps) -> Tool {
        Tool { google_maps: Some(maps), ..Tool::default() }
    }
}

open_enum! {
    /// Whether the model waits for a function: `behavior`.
    pub enum Behavior {
        /// `UNSPECIFIED`: as `BLOCKING`.
        Unspecified = "UNSPECIFIED",
        /// `BLOCKING`: it waits for the response.
        Blocking = "BLOCKING",
        /// `NON_BLOCKING`: it goes on, and takes up the response when that comes.
        NonBlocking = "NON_BLOCKING",
    }
}

object! {
    /// A function that the caller runs: one of `functionDeclarations`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct FunctionDeclaration {
        /// `name`: letters, digits, `_`, `.`, `:` and `-`, up to 64.
        pub name: String,
        /// `description`: what it does, for the model to read.
        pub description: Option<String>,
        /// `parameters`: what it takes, an object.
        pub parameters: Option<Schema>,
        /// `parametersJsonSchema`: what it takes, as JSON Schema; instead of `parameters`.
        pub parameters_json_schema: Option<Value>,
        /// `response`: what it gives.
        pub response: Option<Schema>,
        /// `responseJsonSchema`: what it gives, as JSON Schema; instead of `response`.
        pub response_json_schema: Option<Value>,
        /// `behavior`: whether the model waits for it.
        pub behavior: Option<Behavior>,
    }
}

impl FunctionDeclaration {
    /// A function that takes nothing.
    pub fn new(name: impl Into<String>) -> FunctionDeclaration {
        FunctionDeclaration { name: name.into(), ..FunctionDeclaration::default() }
    }
}
