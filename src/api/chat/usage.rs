//! What an answer cost, and how likely it was.

use crate::api::{
    extra::Extra,
    lenient::{count, integer_or_none, or_default},
    open_enum::open_enum,
};
use serde::{Deserialize, Serialize};

open_enum! {
    /// Why an answer ended: `finish_reason`.
    pub enum FinishReason {
        /// By itself, or at a `stop` text.
        Stop = "stop",
        /// At `max_tokens`, or the end of what the model can hold.
        Length = "length",
        /// It calls tools.
        ToolCalls = "tool_calls",
        /// Some of it was withheld.
        ContentFilter = "content_filter",
    }
}

/// How many tokens were used: `usage`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Usage {
    /// `prompt_tokens`: of the request.
    #[serde(deserialize_with = "count")]
    pub prompt_tokens: u64,
    /// `completion_tokens`: of the answer.
    #[serde(deserialize_with = "count")]
    pub completion_tokens: u64,
    /// `total_tokens`: of both.
    #[serde(deserialize_with = "count")]
    pub total_tokens: u64,
    /// `prompt_tokens_details`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub prompt_tokens_details: Option<TokenDetails>,
    /// `completion_tokens_details`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub completion_tokens_details: Option<TokenDetails>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What the tokens of a request or an answer are, as far as the server says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TokenDetails {
    /// `cached_tokens`: of the request, those that were had from a cache.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer_or_none")]
    pub cached_tokens: Option<u64>,
    /// `audio_tokens`: those of audio.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer_or_none")]
    pub audio_tokens: Option<u64>,
    /// `reasoning_tokens`: of the answer, those that the model thought.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer_or_none")]
    pub reasoning_tokens: Option<u64>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How likely the tokens of an answer were: `logprobs`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Logprobs {
    /// `content`: the tokens of the answer.
    #[serde(deserialize_with = "or_default")]
    pub content: Vec<TokenLogprob>,
    /// `refusal`: the tokens of a refusal.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub refusal: Vec<TokenLogprob>,
}

/// How likely a token was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TokenLogprob {
    /// `token`: as text.
    #[serde(deserialize_with = "or_default")]
    pub token: String,
    /// `logprob`: natural logarithm of its probability.
    #[serde(deserialize_with = "or_default")]
    pub logprob: f64,
    /// `bytes`: of its text, which may be a part of a character.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub bytes: Option<Vec<u8>>,
    /// `top_logprobs`: the likeliest tokens at this place.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub top_logprobs: Vec<TokenLogprob>,
}
