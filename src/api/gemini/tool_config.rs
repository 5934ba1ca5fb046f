//! How the model may use the tools: `toolConfig`.

use crate::api::{object::object, open_enum::open_enum};

object! {
    /// How the model may use the tools: `toolConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct ToolConfig {
        /// `functionCallingConfig`: for the functions that you run.
        pub function_calling_config: Option<FunctionCallingConfig>,
        /// `retrievalConfig`: for search and maps.
        pub retrieval_config: Option<RetrievalConfig>,
    }
}

impl ToolConfig {
    /// Creates a configuration that says whether the model calls functions: `functionCallingConfig.mode`.
    pub fn mode(mode: impl Into<FunctionCallingMode>) -> ToolConfig {
        ToolConfig::default().function_calling_config(FunctionCallingConfig::default().mode(mode))
    }

    /// Adds to `functionCallingConfig.allowedFunctionNames`: the only functions that may be called, in the
    /// modes `ANY` and `VALIDATED`.
    pub fn allow(mut self, functions: impl IntoIterator<Item = impl Into<String>>) -> ToolConfig {
        let config = self.function_calling_config.take().unwrap_or_default();
        self.function_calling_config(config.allowed_function_names(functions))
    }

    /// Sets `retrievalConfig.latLng`: the location of the user, in degrees.
    pub fn location(mut self, latitude: f64, longitude: f64) -> ToolConfig {
        let config = self.retrieval_config.take().unwrap_or_default();
        self.retrieval_config(config.lat_lng(LatLng::default().latitude(latitude).longitude(longitude)))
    }

    /// Sets `retrievalConfig.languageCode`: the language of the user as a BCP 47 code, such as `en-US`.
    pub fn language_code(mut self, code: impl Into<String>) -> ToolConfig {
        let config = self.retrieval_config.take().unwrap_or_default();
        self.retrieval_config(config.language_code(code))
    }
}

open_enum! {
    /// Whether the model calls functions: `mode` of [`FunctionCallingConfig`].
    pub enum FunctionCallingMode {
        /// `MODE_UNSPECIFIED`.
        Unspecified = "MODE_UNSPECIFIED",
        /// `AUTO`: the model decides.
        Auto = "AUTO",
        /// `ANY`: always.
        Any = "ANY",
        /// `NONE`: never.
        None = "NONE",
        /// `VALIDATED`: the model decides, and its calls match the schema.
        Validated = "VALIDATED",
    }
}

object! {
    /// Whether the model calls functions, and which: `functionCallingConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct FunctionCallingConfig {
        /// `mode`: whether the model calls functions.
        pub mode: Option<FunctionCallingMode>,
        /// `allowedFunctionNames`: the only functions that may be called, in the modes `ANY` and `VALIDATED`.
        pub allowed_function_names: Vec<String>,
    }
}

object! {
    /// What search and maps may know about the user: `retrievalConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct RetrievalConfig {
        /// `latLng`: the location of the user.
        pub lat_lng: Option<LatLng>,
        /// `languageCode`: the language of the user as a BCP 47 code, such as `en-US`.
        pub language_code: Option<String>,
    }
}

object! {
    /// A location on Earth: `latLng`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct LatLng {
        /// `latitude`: degrees, -90 to 90.
        pub latitude: Option<f64>,
        /// `longitude`: degrees, -180 to 180.
        pub longitude: Option<f64>,
    }
}
