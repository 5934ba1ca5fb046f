//! The API's own tools. Which of them a gateway offers is for it to say.

use crate::api::{
    extra::Extra,
    lenient::{integer, null_as_default},
    open_enum::open_enum,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Search in the web: `googleSearch`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct GoogleSearch {
    /// `timeRangeFilter`: only what was published then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_range_filter: Option<Interval>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl GoogleSearch {
    /// Only what was published from `start` to `end`: RFC 3339, such as `2026-11-01T00:00:00Z`.
    pub fn between(start: impl Into<String>, end: impl Into<String>) -> GoogleSearch {
        Interval { end_time: Some(end.into()), ..Interval::since(start) }.into()
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> GoogleSearch {
        self.extra.insert(key, value);
        self
    }
}

impl From<Interval> for GoogleSearch {
    fn from(interval: Interval) -> GoogleSearch {
        GoogleSearch { time_range_filter: Some(interval), ..GoogleSearch::default() }
    }
}

/// A span of time, which may be open at either end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Interval {
    /// `startTime`: RFC 3339; part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// `endTime`: RFC 3339; no part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Interval {
    /// From a time on: RFC 3339, such as `2026-11-01T00:00:00Z`.
    pub fn since(start: impl Into<String>) -> Interval {
        Interval { start_time: Some(start.into()), ..Interval::default() }
    }

    /// Until a time: RFC 3339, such as `2026-11-01T00:00:00Z`.
    pub fn until(end: impl Into<String>) -> Interval {
        Interval { end_time: Some(end.into()), ..Interval::default() }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Interval {
        self.extra.insert(key, value);
        self
    }
}

/// Search in the web, for models before Gemini 2: `googleSearchRetrieval`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct GoogleSearchRetrieval {
    /// `dynamicRetrievalConfig`: when to search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_retrieval_config: Option<DynamicRetrievalConfig>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl GoogleSearchRetrieval {
    /// Searches where the model finds it useful to this degree, 0 to 1.
    pub fn dynamic(threshold: f64) -> GoogleSearchRetrieval {
        let config = DynamicRetrievalConfig {
            mode: Some(RetrievalMode::Dynamic),
            dynamic_threshold: Some(threshold),
            ..DynamicRetrievalConfig::default()
        };
        GoogleSearchRetrieval { dynamic_retrieval_config: Some(config), ..GoogleSearchRetrieval::default() }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> GoogleSearchRetrieval {
        self.extra.insert(key, value);
        self
    }
}

open_enum! {
    /// When to search: `mode` of [`DynamicRetrievalConfig`].
    pub enum RetrievalMode {
        /// `MODE_UNSPECIFIED`: always.
        Unspecified = "MODE_UNSPECIFIED",
        /// `MODE_DYNAMIC`: where the model finds it useful.
        Dynamic = "MODE_DYNAMIC",
    }
}

/// When to search: `dynamicRetrievalConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct DynamicRetrievalConfig {
    /// `mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<RetrievalMode>,
    /// `dynamicThreshold`: how useful a search must seem, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_threshold: Option<f64>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl DynamicRetrievalConfig {
    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> DynamicRetrievalConfig {
        self.extra.insert(key, value);
        self
    }
}

/// The model writes code and runs it: `codeExecution`. It has no options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct CodeExecution {
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl CodeExecution {
    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> CodeExecution {
        self.extra.insert(key, value);
        self
    }
}

/// The model reads the pages that the prompt links to: `urlContext`. It has no options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct UrlContext {
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl UrlContext {
    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> UrlContext {
        self.extra.insert(key, value);
        self
    }
}

open_enum! {
    /// What the model works in: `environment` of [`ComputerUse`].
    pub enum Environment {
        /// `ENVIRONMENT_UNSPECIFIED`: a browser.
        Unspecified = "ENVIRONMENT_UNSPECIFIED",
        /// `ENVIRONMENT_BROWSER`.
        Browser = "ENVIRONMENT_BROWSER",
    }
}

/// The model works with a computer that the caller drives: `computerUse`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ComputerUse {
    /// `environment`: what it works in. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// `excludedPredefinedFunctions`: names of those that it is not to use.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub excluded_predefined_functions: Vec<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ComputerUse {
    /// Work in an environment, which the caller shows it in screenshots and acts on for it.
    pub fn new(environment: impl Into<Environment>) -> ComputerUse {
        ComputerUse { environment: Some(environment.into()), ..ComputerUse::default() }
    }

    /// `excludedPredefinedFunctions`: names of those that it is not to use.
    pub fn exclude(mut self, functions: impl IntoIterator<Item = impl Into<String>>) -> ComputerUse {
        self.excluded_predefined_functions = functions.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> ComputerUse {
        self.extra.insert(key, value);
        self
    }
}

/// Search in stores of uploaded files: `fileSearch`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileSearch {
    /// `fileSearchStoreNames`: such as `fileSearchStores/mine`.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub file_search_store_names: Vec<String>,
    /// `metadataFilter`: only the files that it fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_filter: Option<String>,
    /// `topK`: how many passages to find.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub top_k: Option<i64>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl FileSearch {
    /// Search in these stores: `fileSearchStoreNames`.
    pub fn new(stores: impl IntoIterator<Item = impl Into<String>>) -> FileSearch {
        let stores = stores.into_iter().map(Into::into).collect();
        FileSearch { file_search_store_names: stores, ..FileSearch::default() }
    }

    /// `metadataFilter`: only the files that it fits.
    pub fn metadata_filter(mut self, filter: impl Into<String>) -> FileSearch {
        self.metadata_filter = Some(filter.into());
        self
    }

    /// `topK`: how many passages to find.
    pub fn top_k(mut self, passages: impl Into<i64>) -> FileSearch {
        self.top_k = Some(passages.into());
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> FileSearch {
        self.extra.insert(key, value);
        self
    }
}

/// What Google Maps knows of places: `googleMaps`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct GoogleMaps {
    /// `enableWidget`: whether the answer comes with what a map widget needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_widget: Option<bool>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl GoogleMaps {
    /// Whether the answer comes with what a map widget needs.
    pub fn new(enable_widget: bool) -> GoogleMaps {
        GoogleMaps { enable_widget: Some(enable_widget), ..GoogleMaps::default() }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> GoogleMaps {
        self.extra.insert(key, value);
        self
    }
}
