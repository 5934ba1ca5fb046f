//! What a model can use: functions of the caller, and how it is to call them.

use super::{
    Schema,
    builtin::{
        CodeExecution, ComputerUse, FileSearch, GoogleMaps, GoogleSearch, GoogleSearchRetrieval, UrlContext,
    },
};
use crate::api::{extra::Extra, lenient::null_as_default, open_enum::open_enum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Functions of the caller, or a tool of the API's own: one of `tools`.
///
/// ```
/// use niello::gemini::{FunctionDeclaration, Schema, Tool};
/// let save = FunctionDeclaration::new("save_clip")
///     .description("Saves a clip.")
///     .parameters(Schema::object([("start", Schema::number())]).required(["start"]));
/// let tools = [Tool::functions([save]), Tool::google_search()];
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tool {
    /// `functionDeclarations`: functions that the caller runs.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub function_declarations: Vec<FunctionDeclaration>,
    /// `googleSearch`: in the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub google_search: Option<GoogleSearch>,
    /// `googleSearchRetrieval`: for models before Gemini 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub google_search_retrieval: Option<GoogleSearchRetrieval>,
    /// `codeExecution`: the model writes code and runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_execution: Option<CodeExecution>,
    /// `urlContext`: the model reads the pages that the prompt links to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_context: Option<UrlContext>,
    /// `computerUse`: the model works with a computer that the caller drives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computer_use: Option<ComputerUse>,
    /// `fileSearch`: in stores of uploaded files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_search: Option<FileSearch>,
    /// `googleMaps`: what Google Maps knows of places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub google_maps: Option<GoogleMaps>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
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

    /// Adds a key that this type does not have, such as a tool that this crate does not know. Given twice, the last
    /// value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Tool {
        self.extra.insert(key, value);
        self
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

/// A function that the caller runs: one of `functionDeclarations`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct FunctionDeclaration {
    /// `name`: letters, digits, `_`, `.`, `:` and `-`, up to 64.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// `description`: what it does, for the model to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `parameters`: what it takes, an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Schema>,
    /// `parametersJsonSchema`: what it takes, as JSON Schema; instead of `parameters`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters_json_schema: Option<Value>,
    /// `response`: what it gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Schema>,
    /// `responseJsonSchema`: what it gives, as JSON Schema; instead of `response`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_json_schema: Option<Value>,
    /// `behavior`: whether the model waits for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behavior: Option<Behavior>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl FunctionDeclaration {
    /// A function that takes nothing.
    pub fn new(name: impl Into<String>) -> FunctionDeclaration {
        FunctionDeclaration { name: name.into(), ..FunctionDeclaration::default() }
    }

    /// `description`: what it does, for the model to read.
    pub fn description(mut self, description: impl Into<String>) -> FunctionDeclaration {
        self.description = Some(description.into());
        self
    }

    /// `parameters`: what it takes, an object.
    pub fn parameters(mut self, schema: Schema) -> FunctionDeclaration {
        self.parameters = Some(schema);
        self
    }

    /// `parametersJsonSchema`: what it takes, as JSON Schema; instead of `parameters`.
    pub fn parameters_json_schema(mut self, schema: impl Into<Value>) -> FunctionDeclaration {
        self.parameters_json_schema = Some(schema.into());
        self
    }

    /// `response`: what it gives.
    pub fn response(mut self, schema: Schema) -> FunctionDeclaration {
        self.response = Some(schema);
        self
    }

    /// `responseJsonSchema`: what it gives, as JSON Schema; instead of `response`.
    pub fn response_json_schema(mut self, schema: impl Into<Value>) -> FunctionDeclaration {
        self.response_json_schema = Some(schema.into());
        self
    }

    /// `behavior`: whether the model waits for it.
    pub fn behavior(mut self, behavior: impl Into<Behavior>) -> FunctionDeclaration {
        self.behavior = Some(behavior.into());
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> FunctionDeclaration {
        self.extra.insert(key, value);
        self
    }
}
