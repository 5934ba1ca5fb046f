//! A response that is not streamed, and the types that it shares with the chunks of a streamed one.

use super::{Content, Message, Role, ToolCall};
use crate::{
    api::{
        object::object,
        open_enum::open_enum,
        response::{Api, reading},
    },
    media::Media,
};
use serde_json::Value;
use std::borrow::Cow;

/// How responses and chunks of Chat Completions are read.
pub(super) const API: Api = Api { name: "Chat Completions", keys: &["choices"] };

object! {
    /// A response: the API's `chat.completion`.
    ///
    /// Reading is lenient: fields that are missing, `null`, new or of the wrong type are not errors.
    ///
    /// # Examples
    /// ```
    /// use niello::chat::{FinishReason, Message, Request, Response};
    ///
    /// let request = Request::new("system.ai.gemini-3-1-pro").message(Message::user("Who wins?"));
    /// let response = br#"{
    ///     "model": "gemini-3.1-pro",
    ///     "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": [
    ///         {"type": "reasoning", "summary": []},
    ///         {"type": "text", "text": "The guests."}
    ///     ]}}],
    ///     "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    /// }"#;
    /// let response = Response::from_slice(response)?;
    /// assert_eq!(response.text().as_deref(), Some("The guests."));
    /// assert_eq!(response.finish_reason(), Some(&FinishReason::Stop));
    ///
    /// let request = request.messages(response.message()).message(Message::user("By how much?"));
    /// # assert_eq!(request.messages.len(), 3);
    /// # request.body()?;
    /// # Ok::<(), niello::Error>(())
    /// ```
    #[object(response, root)]
    pub struct Response {
        /// `id`: the identifier of the response.
        pub id: Option<String>,
        /// `model`: the model that responded.
        pub model: Option<String>,
        /// `created`: the time of the response, in seconds since the Unix epoch.
        pub created: Option<i64>,
        /// `choices`: the alternatives, as many as [`n`](super::Request#structfield.n) asks for.
        #[read("crate::api::lenient::without_nulls")]
        #[skip_if("crate::api::lenient::never")]
        pub choices: Vec<Choice>,
        /// `usage`: the number of tokens used.
        pub usage: Option<Usage>,
    }
}

object! {
    /// One alternative of a response: one of `choices`.
    #[object(response)]
    pub struct Choice {
        /// `index`: the index of this alternative.
        pub index: i64,
        /// `message`: the message of the model.
        pub message: Message,
        /// `finish_reason`: why the model stopped.
        #[read("crate::api::lenient::finish_reason")]
        #[skip_if("crate::api::lenient::never")]
        pub finish_reason: Option<FinishReason>,
        /// `logprobs`: the log probabilities, if [`logprobs`](super::Request#structfield.logprobs) asks for them.
        pub logprobs: Option<Logprobs>,
        /// Keys that this type does not have, such as OpenRouter's `error`.
        pub extra: Extra,
    }
}

reading! { Response, API }

impl Response {
    /// Returns the text of the first choice, or `None` if it has no text, for example because it only calls tools.
    ///
    /// If the content is a list, its text parts are joined; reasoning is left out.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.choices.first()?.message.text()
    }

    /// Returns why the model stopped, for the first choice.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.choices.first()?.finish_reason.as_ref()
    }

    /// Returns the media of all choices, such as images and speech, with their MIME types.
    pub fn media(&self) -> impl Iterator<Item = &Media> {
        self.choices.iter().flat_map(|choice| choice.message.media())
    }

    /// Returns the tool calls of the first choice.
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.choices.first().map_or(&[], |choice| &choice.message.tool_calls)
    }

    /// Returns the message of the first choice, to send it back as part of the conversation.
    ///
    /// Unknown keys are kept, because one of them may be a signature, unless they are `null` or an empty list. Empty
    /// parts and tool calls without a function are removed. Returns `None` if nothing is left, because servers
    /// reject an empty message.
    pub fn message(&self) -> Option<Message> {
        let mut message = self.choices.first()?.message.clone();
        // `User` is what a missing role is read as.
        if message.role == Role::User || message.role.as_str().is_empty() {
            message.role = Role::Assistant;
        }
        message.extra.retain(|_, value| !value.is_null() && *value != Value::Array(Vec::new()));
        if let Some(Content::Parts(parts)) = &mut message.content {
            parts.retain(|part| !part.is_blank());
        }
        message.tool_calls.retain(|call| !call.is_blank());
        message.has_content().then_some(message)
    }
}

open_enum! {
    /// Why a model stopped: `finish_reason`.
    pub enum FinishReason {
        /// The response is complete, or reached one of the `stop` strings.
        Stop = "stop",
        /// The response reached `max_tokens`, or the limit of the model.
        Length = "length",
        /// The model calls tools.
        ToolCalls = "tool_calls",
        /// Some content was withheld.
        ContentFilter = "content_filter",
    }
}

object! {
    /// The number of tokens used: `usage`.
    #[derive(PartialEq)]
    #[object(response)]
    pub struct Usage {
        /// `prompt_tokens`: the tokens of the request.
        pub prompt_tokens: i64,
        /// `completion_tokens`: the tokens of the response.
        pub completion_tokens: i64,
        /// `total_tokens`: the sum of both.
        pub total_tokens: i64,
        /// `prompt_tokens_details`: the tokens of the request by kind.
        pub prompt_tokens_details: Option<TokenDetails>,
        /// `completion_tokens_details`: the tokens of the response by kind.
        pub completion_tokens_details: Option<TokenDetails>,
    }
}

object! {
    /// The tokens of a request or a response by kind, as far as the server reports them.
    #[derive(PartialEq)]
    #[object(response)]
    pub struct TokenDetails {
        /// `cached_tokens`: the tokens of the request that came from a cache.
        pub cached_tokens: Option<i64>,
        /// `audio_tokens`: the tokens of audio.
        pub audio_tokens: Option<i64>,
        /// `reasoning_tokens`: the tokens of the response that are reasoning.
        pub reasoning_tokens: Option<i64>,
    }
}

object! {
    /// The log probabilities of the tokens of a response: `logprobs`.
    #[derive(PartialEq)]
    #[object(response)]
    pub struct Logprobs {
        /// `content`: the tokens of the content.
        #[skip_if("crate::api::lenient::never")]
        pub content: Vec<TokenLogprob>,
        /// `refusal`: the tokens of the refusal.
        pub refusal: Vec<TokenLogprob>,
    }
}

object! {
    /// A token and its log probability.
    #[derive(PartialEq)]
    #[object(response)]
    pub struct TokenLogprob {
        /// `token`: the token as a string.
        pub token: String,
        /// `logprob`: the natural logarithm of the token's probability.
        pub logprob: f64,
        /// `bytes`: the UTF-8 bytes of the token, which may be part of a character.
        pub bytes: Option<Vec<u8>>,
        /// `top_logprobs`: the most likely tokens at this position.
        pub top_logprobs: Vec<TokenLogprob>,
    }
}
