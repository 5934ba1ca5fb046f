//! How tools are to be used: `toolConfig`.

use crate::api::{extra::Extra, lenient::null_as_default, open_enum::open_enum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How tools are to be used: `toolConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ToolConfig {
    /// `functionCallingConfig`: for functions that the caller runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_calling_config: Option<FunctionCallingConfig>,
    /// `retrievalConfig`: for search and maps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrieval_config: Option<RetrievalConfig>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
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

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> ToolConfig {
        self.extra.insert(key, value);
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

/// Whether functions are called, and which: `functionCallingConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct FunctionCallingConfig {
    /// `mode`: whether they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<FunctionCallingMode>,
    /// `allowedFunctionNames`: with the modes `ANY` and `VALIDATED`, the only ones that may be called.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub allowed_function_names: Vec<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl FunctionCallingConfig {
    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> FunctionCallingConfig {
        self.extra.insert(key, value);
        self
    }
}

/// What search and maps know of the user: `retrievalConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct RetrievalConfig {
    /// `latLng`: where the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat_lng: Option<LatLng>,
    /// `languageCode`: the user's language, BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl RetrievalConfig {
    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> RetrievalConfig {
        self.extra.insert(key, value);
        self
    }
}

/// A place on Earth: `latLng`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct LatLng {
    /// `latitude`: degrees, -90 to 90.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// `longitude`: degrees, -180 to 180.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl LatLng {
    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> LatLng {
        self.extra.insert(key, value);
        self
    }
}
