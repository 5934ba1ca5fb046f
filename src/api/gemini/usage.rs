//! How many tokens were used: `usageMetadata`.

use super::Modality;
use crate::api::object::object;

object! {
    /// How many tokens were used: `usageMetadata`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct UsageMetadata {
        /// `promptTokenCount`: of the request, cached content included.
        pub prompt_token_count: Option<i64>,
        /// `candidatesTokenCount`: of the answers.
        pub candidates_token_count: Option<i64>,
        /// `thoughtsTokenCount`: of the model's thoughts.
        pub thoughts_token_count: Option<i64>,
        /// `toolUsePromptTokenCount`: of what the API's own tools gave.
        pub tool_use_prompt_token_count: Option<i64>,
        /// `cachedContentTokenCount`: of the cached content.
        pub cached_content_token_count: Option<i64>,
        /// `totalTokenCount`: all together.
        pub total_token_count: Option<i64>,
        /// `promptTokensDetails`: by modality.
        pub prompt_tokens_details: Vec<ModalityTokenCount>,
        /// `candidatesTokensDetails`: by modality.
        pub candidates_tokens_details: Vec<ModalityTokenCount>,
        /// `toolUsePromptTokensDetails`: by modality.
        pub tool_use_prompt_tokens_details: Vec<ModalityTokenCount>,
        /// `cacheTokensDetails`: by modality.
        pub cache_tokens_details: Vec<ModalityTokenCount>,
    }
}

object! {
    /// How many tokens one modality took.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct ModalityTokenCount {
        /// `modality`: which one.
        pub modality: Option<Modality>,
        /// `tokenCount`: how many tokens.
        pub token_count: Option<i64>,
    }
}
