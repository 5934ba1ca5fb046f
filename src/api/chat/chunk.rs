//! The chunks of a streamed answer.

use super::{
    Content, FinishReason, Logprobs, Role, ToolKind, Usage,
    response::{API, OWN},
};
use crate::{
    api::{
        error as api_error,
        events::{FromEvent, sealed::Sealed},
        extra::Extra,
        lenient::{count, integer_or_none, list, optional_text, or_default, text_or_json, without_nulls},
    },
    error::Result,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What one event of a stream adds to an answer, the API's `chat.completion.chunk`: read them with
/// [`Events::read`](crate::events::Events::read).
///
/// An answer that is whole has a chunk with a [`finish_reason`](Chunk::finish_reason); where the stream
/// ends before, it was cut off.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Chunk {
    /// `id`: of the answer, the same in all its chunks.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub id: Option<String>,
    /// `model`: the one that answers.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub model: Option<String>,
    /// `created`: when, in seconds since 1970 (Unix time).
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer_or_none")]
    pub created: Option<i64>,
    /// `choices`: what is added to each of the answers; none in the chunk with the `usage`.
    #[serde(deserialize_with = "without_nulls")]
    pub choices: Vec<ChunkChoice>,
    /// `usage`: how many tokens were used, in the last chunk if `include_usage` asks for it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub usage: Option<Usage>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What a chunk adds to one of the answers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ChunkChoice {
    /// `index`: which of the answers.
    #[serde(deserialize_with = "count")]
    pub index: u64,
    /// `delta`: what is added to its message.
    #[serde(deserialize_with = "or_default")]
    pub delta: Delta,
    /// `finish_reason`: in the last chunk of the answer, why it ended.
    #[serde(deserialize_with = "or_default")]
    pub finish_reason: Option<FinishReason>,
    /// `logprobs`: if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub logprobs: Option<Logprobs>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What is added to a message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Delta {
    /// `role`: in the first chunk.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub role: Option<Role>,
    /// `content`: goes on where that of the last chunk ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// `tool_calls`: goes on with calls, by their `index`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub tool_calls: Vec<ToolCallDelta>,
    /// `refusal`: goes on with the reason why the model does not answer.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub refusal: Option<String>,
    /// Keys beside these, as `reasoning_content`.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What is added to a tool call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallDelta {
    /// `index`: which of the calls.
    #[serde(deserialize_with = "count")]
    pub index: u64,
    /// `id`: in the first delta of the call.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    pub id: Option<String>,
    /// `type`: in the first delta of the call.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub kind: Option<ToolKind>,
    /// `function`: goes on with its name and arguments.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub function: Option<FunctionDelta>,
    /// Keys beside these, as `extra_content` with a thought signature.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What is added to the call of a function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FunctionDelta {
    /// `name`: in the first delta of the call.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    pub name: Option<String>,
    /// `arguments`: goes on with their JSON text.
    #[serde(deserialize_with = "text_or_json")]
    pub arguments: String,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Chunk {
    /// The text that is added to the first answer, reasoning left out; `None` if none is.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.first()?.delta.content.as_ref()?.text()
    }

    /// Why the first answer ended, in its last chunk.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.first()?.finish_reason.as_ref()
    }

    /// With `n`, a chunk may be of a later answer alone.
    fn first(&self) -> Option<&ChunkChoice> {
        self.choices.iter().find(|choice| choice.index == 0)
    }
}

impl Sealed for Chunk {}

impl FromEvent for Chunk {
    fn from_event(data: &str) -> Result<Option<Chunk>> {
        if matches!(data.trim(), "[DONE]" | "") {
            return Ok(None);
        }
        api_error::parse(api_error::event(data, OWN)?, API).map(Some)
    }
}
