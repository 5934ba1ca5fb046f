//! The answer.

use super::{Content, FinishReason, Logprobs, Message, Role, ToolCall, Usage};
use crate::{
    api::{
        error as api_error,
        extra::Extra,
        lenient::{count, integer_or_none, or_default, without_nulls},
    },
    error::Result,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// The keys by which an answer is known.
pub(super) const OWN: &[&str] = &["choices"];
/// What errors call it.
pub(super) const API: &str = "Chat Completions";

/// An answer: the API's `chat.completion`.
///
/// Reads what is there: a field that is missing, `null` or new is no error.
///
/// ```
/// use niello::chat::{FinishReason, Message, Request, Response};
///
/// let request = Request::new("system.ai.gemini-3-1-pro").message(Message::user("Who wins?"));
/// let answer = br#"{
///     "model": "gemini-3.1-pro",
///     "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": [
///         {"type": "reasoning", "summary": []},
///         {"type": "text", "text": "The guests."}
///     ]}}],
///     "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
/// }"#;
/// let answer = Response::from_slice(answer)?;
/// assert_eq!(answer.text().as_deref(), Some("The guests."));
/// assert_eq!(answer.finish_reason(), Some(&FinishReason::Stop));
///
/// let request = request.messages(answer.message()).message(Message::user("By how much?"));
/// # assert_eq!(request.messages.len(), 3);
/// # request.body()?;
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Response {
    /// `id`: of the answer.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub id: Option<String>,
    /// `model`: the one that answered.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub model: Option<String>,
    /// `created`: when, in seconds since 1970 (Unix time).
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer_or_none")]
    pub created: Option<i64>,
    /// `choices`: the answers, as many as `n` asks for.
    #[serde(deserialize_with = "without_nulls")]
    pub choices: Vec<Choice>,
    /// `usage`: how many tokens were used.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub usage: Option<Usage>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One of the answers to a request: one of `choices`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Choice {
    /// `index`: which of the answers.
    #[serde(deserialize_with = "count")]
    pub index: u64,
    /// `message`: what the model says.
    #[serde(deserialize_with = "or_default")]
    pub message: Message,
    /// `finish_reason`: why it ended.
    #[serde(deserialize_with = "or_default")]
    pub finish_reason: Option<FinishReason>,
    /// `logprobs`: if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub logprobs: Option<Logprobs>,
    /// Keys beside these, as `error` of OpenRouter.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Response {
    /// Reads the body of an answer, whatever its HTTP status is.
    ///
    /// # Errors
    /// [`Api`](crate::ErrorKind::Api) if the API reports an error: its message says what, and its source is
    /// the [`ApiError`](crate::ApiError). [`Json`](crate::ErrorKind::Json) if it is no JSON, or no answer
    /// of this API.
    pub fn from_slice(bytes: &[u8]) -> Result<Response> {
        api_error::parse(api_error::answer(bytes, OWN)?, API)
    }

    /// The text of the first answer; `None` if it has none, as when it only calls tools. Of content that
    /// is a list, it is the text items joined: reasoning is left out.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.choices.first()?.message.text()
    }

    /// Why the first answer ended.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.choices.first()?.finish_reason.as_ref()
    }

    /// The tools that the first answer calls.
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.choices.first().map_or(&[], |choice| &choice.message.tool_calls)
    }

    /// The message of the first answer, to go back into a history. Keys that this crate does not know are
    /// kept, since a signature may be among them, unless they are `null` or an empty list. Parts that say
    /// nothing and calls of nothing are left out; `None` if nothing is left, since no server takes that back.
    pub fn message(&self) -> Option<Message> {
        let mut message = self.choices.first()?.message.clone();
        // A server that names no role leaves the default one.
        if message.role == Role::User || message.role.as_str().is_empty() {
            message.role = Role::Assistant;
        }
        message.extra.retain(|_, value| !value.is_null() && *value != Value::Array(Vec::new()));
        if let Some(Content::Parts(parts)) = &mut message.content {
            parts.retain(|part| !part.is_blank());
        }
        message.tool_calls.retain(|call| !call.is_blank());
        message.says_something().then_some(message)
    }
}
