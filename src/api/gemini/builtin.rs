//! The API's own tools. Which of them a gateway offers is for it to say.

use crate::api::{object::object, open_enum::open_enum};

object! {
    /// Search in the web: `googleSearch`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct GoogleSearch {
        /// `timeRangeFilter`: only what was published then.
        pub time_range_filter: Option<Interval>,
    }
}

impl GoogleSearch {
    /// Only what was published from `start` to `end`: RFC 3339, such as `2026-11-01T00:00:00Z`.
    pub fn between(start: impl Into<String>, end: impl Into<String>) -> GoogleSearch {
        Interval { end_time: Some(end.into()), ..Interval::since(start) }.into()
    }
}

impl From<Interval> for GoogleSearch {
    fn from(interval: Interval) -> GoogleSearch {
        GoogleSearch { time_range_filter: Some(interval), ..GoogleSearch::default() }
    }
}

object! {
    /// A span of time, which may be open at either end.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct Interval {
        /// `startTime`: RFC 3339; part of it.
        pub start_time: Option<String>,
        /// `endTime`: RFC 3339; no part of it.
        pub end_time: Option<String>,
    }
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
}

object! {
    /// Search in the web, for models before Gemini 2: `googleSearchRetrieval`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct GoogleSearchRetrieval {
        /// `dynamicRetrievalConfig`: when to search.
        pub dynamic_retrieval_config: Option<DynamicRetrievalConfig>,
    }
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

object! {
    /// When to search: `dynamicRetrievalConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct DynamicRetrievalConfig {
        /// `mode`.
        pub mode: Option<RetrievalMode>,
        /// `dynamicThreshold`: how useful a search must seem, 0 to 1.
        pub dynamic_threshold: Option<f64>,
    }
}

object! {
    /// The model writes code and runs it: `codeExecution`. It has no options.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct CodeExecution {}
}

object! {
    /// The model reads the pages that the prompt links to: `urlContext`. It has no options.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct UrlContext {}
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

object! {
    /// The model works with a computer that the caller drives: `computerUse`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct ComputerUse {
        /// `environment`: what it works in. Required.
        pub environment: Option<Environment>,
        /// `excludedPredefinedFunctions`: names of those that it is not to use.
        pub excluded_predefined_functions: Vec<String>,
    }
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
}

object! {
    /// Search in stores of uploaded files: `fileSearch`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct FileSearch {
        /// `fileSearchStoreNames`: such as `fileSearchStores/mine`.
        pub file_search_store_names: Vec<String>,
        /// `metadataFilter`: only the files that it fits.
        pub metadata_filter: Option<String>,
        /// `topK`: how many passages to find.
        pub top_k: Option<i64>,
    }
}

impl FileSearch {
    /// Search in these stores: `fileSearchStoreNames`.
    pub fn new(stores: impl IntoIterator<Item = impl Into<String>>) -> FileSearch {
        let stores = stores.into_iter().map(Into::into).collect();
        FileSearch { file_search_store_names: stores, ..FileSearch::default() }
    }
}

object! {
    /// What Google Maps knows of places: `googleMaps`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct GoogleMaps {
        /// `enableWidget`: whether the answer comes with what a map widget needs.
        pub enable_widget: Option<bool>,
    }
}

impl GoogleMaps {
    /// Whether the answer comes with what a map widget needs.
    pub fn new(enable_widget: bool) -> GoogleMaps {
        GoogleMaps { enable_widget: Some(enable_widget), ..GoogleMaps::default() }
    }
}
