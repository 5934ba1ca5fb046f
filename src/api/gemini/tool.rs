//! The tools that the model may use: your functions, and the API's own tools.

use super::{
    Schema,
    builtin::{
        CodeExecution, ComputerUse, FileSearch, GoogleMaps, GoogleSearch, GoogleSearchRetrieval, UrlContext,
    },
};
use crate::api::{conversions::conversions, object::object, open_enum::open_enum};
use serde_json::Value;

object! {
    /// Functions that you run, or a tool of the API: one of `tools`.
    ///
    /// Every tool of the API converts into it. Set one that this crate does not know with
    /// [`extra`](Tool::extra()).
    ///
    /// # Examples
    /// ```
    /// use niello::gemini::{FunctionDeclaration, Schema, Tool};
    ///
    /// let save = FunctionDeclaration::new("save_clip")
    ///     .description("Saves a clip.")
    ///     .parameters(Schema::object([("start", Schema::number())]).required(["start"]));
    /// let tools = [Tool::functions([save]), Tool::google_search()];
    /// ```
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct Tool {
        /// `functionDeclarations`: the functions that you run.
        pub function_declarations: Vec<FunctionDeclaration>,
        /// `googleSearch`: web search.
        #[setter(none)]
        pub google_search: Option<GoogleSearch>,
        /// `googleSearchRetrieval`: web search for models before Gemini 2.
        #[setter(none)]
        pub google_search_retrieval: Option<GoogleSearchRetrieval>,
        /// `codeExecution`: code that the model writes and the server runs.
        #[setter(none)]
        pub code_execution: Option<CodeExecution>,
        /// `urlContext`: reading the pages that the prompt links to.
        #[setter(none)]
        pub url_context: Option<UrlContext>,
        /// `computerUse`: operating a computer through you.
        #[setter(none)]
        pub computer_use: Option<ComputerUse>,
        /// `fileSearch`: search in stores of uploaded files.
        #[setter(none)]
        pub file_search: Option<FileSearch>,
        /// `googleMaps`: what Google Maps knows about places.
        #[setter(none)]
        pub google_maps: Option<GoogleMaps>,
    }
}

impl Tool {
    /// Creates a tool of functions that you run: `functionDeclarations`.
    pub fn functions(functions: impl IntoIterator<Item = FunctionDeclaration>) -> Tool {
        Tool::default().function_declarations(functions)
    }

    /// Creates a web search without options: `googleSearch`.
    pub fn google_search() -> Tool {
        Tool::from(GoogleSearch::default())
    }

    /// Creates the tool for code that the model writes and the server runs: `codeExecution`.
    pub fn code_execution() -> Tool {
        Tool::from(CodeExecution::default())
    }

    /// Creates the tool for reading the pages that the prompt links to: `urlContext`.
    pub fn url_context() -> Tool {
        Tool::from(UrlContext::default())
    }
}

conversions! { Tool:
    FunctionDeclaration: function => Tool::functions([function]),
    GoogleSearch: tool => Tool { google_search: Some(tool), ..Tool::default() },
    GoogleSearchRetrieval: tool => Tool { google_search_retrieval: Some(tool), ..Tool::default() },
    CodeExecution: tool => Tool { code_execution: Some(tool), ..Tool::default() },
    UrlContext: tool => Tool { url_context: Some(tool), ..Tool::default() },
    ComputerUse: tool => Tool { computer_use: Some(tool), ..Tool::default() },
    FileSearch: tool => Tool { file_search: Some(tool), ..Tool::default() },
    GoogleMaps: tool => Tool { google_maps: Some(tool), ..Tool::default() },
}

open_enum! {
    /// Whether the model waits for the result of a function: `behavior`.
    pub enum Behavior {
        /// `UNSPECIFIED`: the same as `BLOCKING`.
        Unspecified = "UNSPECIFIED",
        /// `BLOCKING`: the model waits for the result.
        Blocking = "BLOCKING",
        /// `NON_BLOCKING`: the model continues, and uses the result when it arrives.
        NonBlocking = "NON_BLOCKING",
    }
}

object! {
    /// A function that you run: one of `functionDeclarations`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct FunctionDeclaration {
        /// `name`: the name, up to 64 letters, digits, `_`, `.`, `:` and `-`.
        pub name: String,
        /// `description`: what the function does, for the model.
        pub description: Option<String>,
        /// `parameters`: the schema of the arguments, an object.
        pub parameters: Option<Box<Schema>>,
        /// `parametersJsonSchema`: the JSON Schema of the arguments, instead of `parameters`.
        pub parameters_json_schema: Option<Value>,
        /// `response`: the schema of the result.
        pub response: Option<Box<Schema>>,
        /// `responseJsonSchema`: the JSON Schema of the result, instead of `response`.
        pub response_json_schema: Option<Value>,
        /// `behavior`: whether the model waits for the result.
        pub behavior: Option<Behavior>,
    }
}

impl FunctionDeclaration {
    /// Creates a function without parameters.
    pub fn new(name: impl Into<String>) -> FunctionDeclaration {
        FunctionDeclaration::default().name(name)
    }
}
