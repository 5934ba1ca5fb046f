//! The chunks of a streamed response.

use super::{Audio, Content, FinishReason, Logprobs, Part, Role, ToolKind, Usage, response::API};
use crate::{
    api::{
        events::{FromEvent, sealed::Sealed},
        object::object,
    },
    error::Result,
    json::Extracted,
    media::Media,
};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

object! {
    /// One chunk of a streamed response: the API's `chat.completion.chunk`.
    ///
    /// Read chunks with [`Events::read`](crate::events::Events::read). A complete response has a chunk with a
    /// [`finish_reason`](Chunk::finish_reason); if the stream ends without one, it was cut off.
    #[object(response, root)]
    pub struct Chunk {
        /// `id`: the identifier of the response, the same in all its chunks.
        pub id: Option<String>,
        /// `model`: the model that responds.
        pub model: Option<String>,
        /// `created`: the time of the response, in seconds since the Unix epoch.
        pub created: Option<i64>,
        /// `choices`: what the chunk adds to each alternative. Empty in the chunk with the `usage`.
        #[read("crate::api::lenient::without_nulls")]
        #[skip_if("crate::api::lenient::never")]
        pub choices: Vec<ChunkChoice>,
        /// `usage`: the number of tokens used, in the last chunk if
        /// [`include_usage`](super::StreamOptions#structfield.include_usage) asks for it.
        pub usage: Option<Usage>,
    }
}

object! {
    /// What a chunk adds to one alternative: one of `choices`.
    #[object(response)]
    pub struct ChunkChoice {
        /// `index`: the index of the alternative.
        pub index: i64,
        /// `delta`: the addition to its message.
        pub delta: Delta,
        /// `finish_reason`: why the model stopped, in the last chunk of the alternative.
        #[read("crate::api::lenient::finish_reason")]
        #[skip_if("crate::api::lenient::never")]
        pub finish_reason: Option<FinishReason>,
        /// `logprobs`: the log probabilities, if [`logprobs`](super::Request#structfield.logprobs) asks for them.
        pub logprobs: Option<Logprobs>,
    }
}

object! {
    /// An addition to a message: `delta`.
    #[object(response)]
    pub struct Delta {
        /// `role`: the role of the message, in the first chunk.
        pub role: Option<Role>,
        /// `content`: the next part of the content.
        pub content: Option<Content>,
        /// `tool_calls`: additions to tool calls, by their `index`.
        pub tool_calls: Vec<ToolCallDelta>,
        /// `refusal`: the next part of the explanation why the model refuses.
        pub refusal: Option<String>,
        /// `audio`: the next piece of the speech.
        pub audio: Option<Box<Audio>>,
        /// `images`: more images.
        pub images: Vec<Part>,
        /// Keys that this type does not have, such as `reasoning_content`.
        pub extra: Extra,
    }
}

object! {
    /// An addition to a tool call: one of `tool_calls`.
    #[derive(PartialEq)]
    #[object(response)]
    pub struct ToolCallDelta {
        /// `index`: the index of the call.
        pub index: i64,
        /// `id`: the identifier of the call, in its first delta.
        #[read("crate::api::lenient::optional_string")]
        pub id: Option<String>,
        /// `type`: the kind of tool, in the first delta of the call.
        #[serde(rename = "type")]
        pub kind: Option<ToolKind>,
        /// `function`: the addition to the function call.
        pub function: Option<FunctionDelta>,
        /// Keys that this type does not have, such as `extra_content` with a thought signature.
        pub extra: Extra,
    }
}

object! {
    /// An addition to a function call: `function`.
    #[derive(PartialEq)]
    #[object(response)]
    pub struct FunctionDelta {
        /// `name`: the name of the function, in the first delta of the call.
        #[read("crate::api::lenient::optional_string")]
        pub name: Option<String>,
        /// `arguments`: the next part of the arguments, a string of JSON in all.
        #[read("crate::api::lenient::string_or_json")]
        pub arguments: String,
    }
}

impl Chunk {
    /// Returns the text that the chunk adds to the first choice, or `None` if it adds none. Reasoning is left out.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.first()?.delta.content.as_ref()?.text()
    }

    /// Returns the media that the chunk adds to all choices: images, and pieces of speech.
    pub fn media(&self) -> impl Iterator<Item = &Media> {
        self.choices.iter().flat_map(|choice| {
            let audio = choice.delta.audio.as_ref().and_then(|audio| audio.data.as_ref()?.as_media());
            let parts = match &choice.delta.content {
                Some(Content::Parts(parts)) => &parts[..],
                _ => &[],
            };
            parts.iter().chain(&choice.delta.images).filter_map(Part::as_media).chain(audio)
        })
    }

    /// Returns why the model stopped, in the last chunk of the first choice.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.first()?.finish_reason.as_ref()
    }

    /// Returns the addition to the first choice. If `n` is set, a chunk may be only about another one.
    fn first(&self) -> Option<&ChunkChoice> {
        self.choices.iter().find(|choice| choice.index == 0)
    }
}

impl Sealed for Chunk {}

impl FromEvent for Chunk {
    fn from_event(event: &Extracted) -> Result<Option<Chunk>> {
        let mut chunk: Option<Chunk> = API.read_event(event)?;
        chunk.iter_mut().flat_map(|chunk| &mut chunk.choices).for_each(use_message);
        Ok(chunk)
    }
}

/// Makes a delta of a complete message, which some servers send in a stream.
fn use_message(choice: &mut ChunkChoice) {
    let is_empty = |delta: &Delta| {
        let Delta { role, content, tool_calls, refusal, audio, images, extra } = delta;
        let has_media = audio.is_some() || !images.is_empty();
        let has_text = role.is_some() || content.is_some() || refusal.is_some();
        !has_text && !has_media && tool_calls.is_empty() && extra.is_empty()
    };
    if !is_empty(&choice.delta) || !choice.extra.get("message").is_some_and(Value::is_object) {
        return;
    }
    let Some(message) = choice.extra.remove("message") else { return };
    choice.delta = Delta::deserialize(message).unwrap_or_default();
    // The calls of a message have no index.
    if choice.delta.tool_calls.iter().all(|call| call.index == 0) {
        (0..).zip(&mut choice.delta.tool_calls).for_each(|(index, call)| call.index = index);
    }
}
