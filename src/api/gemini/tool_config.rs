//! How tools are to be used: `toolConfig`.

use crate::api::{object::object, open_enum::open_enum};

object! {
    /// How tools are to be used: `toolConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct ToolConfig {
        /// `functionCallingConfig`: for functions that the caller runs.
        pub function_calling_config: Option<FunctionCallingConfig>,
        /// `retrievalConfig`: for search and maps.
        pub retrieval_config: Option<RetrievalConfig>,
    }
}

impl ToolConfig {
    /// Whether functions are called: `functionCallingConfig.mode`.
    pub fn mode(mode: impl Into<FunctionCallingMode>) -> ToolConfig {
        let config = FunctionCallingConfig { mode: Some(mode.into()), ..FunctionCallingConfig::default() };
        ToolConfig { function_calling_config: Some(config), ..ToolConfig::default() }
    }

    /// `functionCallingConfig.allowedFunctionNames`: with the modes `ANY` and `VALIDATED`, the only ones that
    /// may be called.
    pub fn allow(mut self, functions: impl IntoIterator<Item = impl Into<String>>) -> ToolConfig {
        self.function_calling_config.get_or_insert_default().allowed_function_names =
            functions.into_iter().map(Into::into).collect();
        self
    }

    /// `retrievalConfig.latLng`: where the user is, in degrees.
    pub fn location(mut self, latitude: f64, longitude: f64) -> ToolConfig {
        let place = LatLng { latitude: Some(latitude), longitude: Some(longitude), ..LatLng::default() };
        self.retrieval_config.get_or_insert_default().lat_lng = Some(place);
        self
    }

    /// `retrievalConfig.languageCode`: the user's language, BCP 47.
    pub fn language_code(mut self, code: impl Into<String>) -> ToolConfig {
        self.retrieval_config.get_or_insert_default().language_code = Some(code.into());
        self
    }
}

open_enum! {
    /// Whether functions are called: `mode` of [`FunctionCallingConfig`].
    pub enum FunctionCallingMode {
        /// `MODE_UNSPECIFIED`.
        Unspecified = "MODE_UNSPECIFIED",
        /// `AUTO`: where the model sees fit.
        Auto = "AUTO",
        /// `ANY`: always.
        Any = "ANY",
        /// `NONE`: never.
        None = "NONE",
        /// `VALIDATED`: where the model sees fit, and then by the schema.
        Validated = "VALIDATED",
    }
}

object! {
    /// Whether functions are called, and which: `functionCallingConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct FunctionCallingConfig {
        /// `mode`: whether they are called.
        pub mode: Option<FunctionCallingMode>,
        /// `allowedFunctionNames`: with the modes `ANY` and `VALIDATED`, the only ones that may be called.
        pub allowed_function_names: Vec<String>,
    }
}

object! {
    /// What search and maps know of the user: `retrievalConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct RetrievalConfig {
        /// `latLng`: where the user is.
        pub lat_lng: Option<LatLng>,
        /// `languageCode`: the user's language, BCP 47.
        pub language_code: Option<String>,
    }
}

object! {
    /// A place on Earth: `latLng`.
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
