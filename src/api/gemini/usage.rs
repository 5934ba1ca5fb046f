//! How many tokens were used: `usageMetadata`.

use super::Modality;
use crate::api::{
    extra::Extra,
    lenient::{integer_or_none, list, or_default},
};
use serde::{Deserialize, Serialize};

/// How many tokens were used: `usageMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct UsageMetadata {
    /// `promptTokenCount`: of the request, cached content included.
    #[serde(deserialize_with = "integer_or_none", skip_serializing_if = "Option::is_none")]
    pub prompt_token_count: Option<i64>,
    /// `candidatesTokenCount`: of the answers.
    #[serde(deserialize_with = "integer_or_none", skip_serializing_if = "Option::is_none")]
    pub candidates_token_count: Option<i64>,
    /// `thoughtsTokenCount`: of the model's thoughts.
    #[serde(deserialize_with = "integer_or_none", skip_serializing_if = "Option::is_none")]
    pub thoughts_token_count: Option<i64>,
    /// `toolUsePromptTokenCount`: of what the API's own tools gave.
    #[serde(deserialize_with = "integer_or_none", skip_serializing_if = "Option::is_none")]
    pub tool_use_prompt_token_count: Option<i64>,
    /// `cachedContentTokenCount`: of the cached content.
    #[serde(deserialize_with = "integer_or_none", skip_serializing_if = "Option::is_none")]
    pub cached_content_token_count: Option<i64>,
    /// `totalTokenCount`: all together.
    #[serde(deserialize_with = "integer_or_none", skip_serializing_if = "Option::is_none")]
    pub total_token_count: Option<i64>,
    /// `promptTokensDetails`: by modality.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub prompt_tokens_details: Vec<ModalityTokenCount>,
    /// `candidatesTokensDetails`: by modality.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub candidates_tokens_details: Vec<ModalityTokenCount>,
    /// `toolUsePromptTokensDetails`: by modality.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub tool_use_prompt_tokens_details: Vec<ModalityTokenCount>,
    /// `cacheTokensDetails`: by modality.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub cache_tokens_details: Vec<ModalityTokenCount>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many tokens one modality took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ModalityTokenCount {
    /// `modality`: which one.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub modality: Option<Modality>,
    /// `tokenCount`: how many tokens.
    #[serde(deserialize_with = "integer_or_none", skip_serializing_if = "Option::is_none")]
    pub token_count: Option<i64>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}
