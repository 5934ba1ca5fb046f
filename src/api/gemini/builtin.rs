//! The API's own tools. Not every gateway offers all of them.

use crate::api::{conversions::conversions, object::object, open_enum::open_enum};

object! {
    /// Web search: `googleSearch`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct GoogleSearch {
        /// `timeRangeFilter`: the time in which a result was published.
        pub time_range_filter: Option<Interval>,
    }
}

impl GoogleSearch {
    /// Creates a search for results published from `start` to `end`, in RFC 3339: `2026-11-01T00:00:00Z`.
    pub fn between(start: impl Into<String>, end: impl Into<String>) -> GoogleSearch {
        Interval::since(start).end_time(end).into()
    }
}

conversions! { GoogleSearch:
    Interval: interval => GoogleSearch::default().time_range_filter(interval),
}

object! {
    /// A range of time: `timeRangeFilter`. Either end may be open.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct Interval {
        /// `startTime`: the start, inclusive, in RFC 3339.
        pub start_time: Option<String>,
        /// `endTime`: the end, exclusive, in RFC 3339.
        pub end_time: Option<String>,
    }
}

impl Interval {
    /// Creates a range from `start`, in RFC 3339: `2026-11-01T00:00:00Z`.
    pub fn since(start: impl Into<String>) -> Interval {
        Interval::default().start_time(start)
    }

    /// Creates a range up to `end`, in RFC 3339: `2026-11-01T00:00:00Z`.
    pub fn until(end: impl Into<String>) -> Interval {
        Interval::default().end_time(end)
    }
}

object! {
    /// Web search for models before Gemini 2: `googleSearchRetrieval`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct GoogleSearchRetrieval {
        /// `dynamicRetrievalConfig`: when the model searches.
        pub dynamic_retrieval_config: Option<DynamicRetrievalConfig>,
    }
}

impl GoogleSearchRetrieval {
    /// Creates a search that runs if the model rates its use at `threshold` or above, 0 to 1.
    pub fn dynamic(threshold: f64) -> GoogleSearchRetrieval {
        let config =
            DynamicRetrievalConfig::default().mode(RetrievalMode::Dynamic).dynamic_threshold(threshold);
        GoogleSearchRetrieval::default().dynamic_retrieval_config(config)
    }
}

open_enum! {
    /// When the model searches: `mode` of [`DynamicRetrievalConfig`].
    pub enum RetrievalMode {
        /// `MODE_UNSPECIFIED`: always.
        Unspecified = "MODE_UNSPECIFIED",
        /// `MODE_DYNAMIC`: when the model rates the search as useful.
        Dynamic = "MODE_DYNAMIC",
    }
}

object! {
    /// When the model searches: `dynamicRetrievalConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct DynamicRetrievalConfig {
        /// `mode`: whether the model decides.
        pub mode: Option<RetrievalMode>,
        /// `dynamicThreshold`: the rating from which a search runs, 0 to 1.
        pub dynamic_threshold: Option<f64>,
    }
}

object! {
    /// Code that the model writes and the server runs: `codeExecution`. It has no options.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct CodeExecution {}
}

object! {
    /// Reading the pages that the prompt links to: `urlContext`. It has no options.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct UrlContext {}
}

open_enum! {
    /// What the model operates: `environment` of [`ComputerUse`].
    pub enum Environment {
        /// `ENVIRONMENT_UNSPECIFIED`: a browser.
        Unspecified = "ENVIRONMENT_UNSPECIFIED",
        /// `ENVIRONMENT_BROWSER`: a browser.
        Browser = "ENVIRONMENT_BROWSER",
    }
}

object! {
    /// Operating a computer through you: `computerUse`. You send screenshots and perform the actions.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct ComputerUse {
        /// `environment`: what the model operates. Required.
        pub environment: Option<Environment>,
        /// `excludedPredefinedFunctions`: the names of functions that the model must not use.
        pub excluded_predefined_functions: Vec<String>,
    }
}

impl ComputerUse {
    /// Creates the tool for an environment.
    pub fn new(environment: impl Into<Environment>) -> ComputerUse {
        ComputerUse::default().environment(environment)
    }
}

object! {
    /// Search in stores of uploaded files: `fileSearch`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct FileSearch {
        /// `fileSearchStoreNames`: the names of the stores to search, such as `fileSearchStores/mine`.
        pub file_search_store_names: Vec<String>,
        /// `metadataFilter`: a filter expression for the metadata of the files.
        pub metadata_filter: Option<String>,
        /// `topK`: the number of passages to find.
        pub top_k: Option<i64>,
    }
}

impl FileSearch {
    /// Creates a search in `stores`: `fileSearchStoreNames`.
    pub fn new(stores: impl IntoIterator<Item = impl Into<String>>) -> FileSearch {
        FileSearch::default().file_search_store_names(stores)
    }
}

object! {
    /// What Google Maps knows about places: `googleMaps`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct GoogleMaps {
        /// `enableWidget`: whether the response contains the token for a map widget.
        pub enable_widget: Option<bool>,
    }
}

impl GoogleMaps {
    /// Creates the tool, with or without the token for a map widget: `enableWidget`.
    pub fn new(enable_widget: bool) -> GoogleMaps {
        GoogleMaps::default().enable_widget(enable_widget)
    }
}
