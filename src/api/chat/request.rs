//! The request.

use super::{
    Message, Modality, ReasoningEffort, ResponseFormat, Stop, StreamOptions, Tool, ToolChoice, check,
};
use crate::{api::object::object, body::Body, error::Result};
use std::{collections::BTreeMap, mem};

object! {
    /// A request of the Chat Completions API.
    ///
    /// Plain data: set the fields directly, or with the methods of the same name. `None`, empty lists and empty maps are
    /// left out of the JSON; zeros and `false` are sent. A request that was stored as JSON can be read back, with `data:`
    /// URIs in place of media.
    ///
    /// # Examples
    /// Keys that this type does not have go into [`extra`](Request#structfield.extra):
    ///
    /// ```
    /// use niello::chat::{Message, Request};
    ///
    /// let request = Request::new("databricks-claude-sonnet-4-5")
    ///     .message(Message::user("Hi"))
    ///     .extra("thinking", serde_json::json!({"type": "enabled", "budget_tokens": 1024}))
    ///     .extra("top_k", 40);
    /// # request.body().unwrap();
    /// ```
    #[object(request, root)]
    pub struct Request {
        /// `model`: a model service such as `system.ai.gemini-3-1-pro`, or an endpoint such as
        /// `databricks-gemini-3-1-pro`. Any name is sent.
        pub model: String,
        /// `messages`: the conversation, oldest message first.
        #[skip_if("crate::api::lenient::never")]
        #[add(message)]
        pub messages: Vec<Message>,
        /// `max_tokens`: the maximum number of tokens in the response. For most models, that includes reasoning.
        pub max_tokens: Option<i64>,
        /// `max_completion_tokens`: the replacement for `max_tokens` in newer OpenAI models.
        pub max_completion_tokens: Option<i64>,
        /// `temperature`: the randomness of the response, from 0 (the most likely tokens) to 2.
        pub temperature: Option<f64>,
        /// `top_p`: the total probability of the tokens to choose from, 0 to 1. Less likely tokens are not considered.
        pub top_p: Option<f64>,
        /// `n`: the number of [`choices`](super::Response#structfield.choices) in the response. The API's default is 1.
        pub n: Option<i64>,
        /// `stop`: the strings at which the response ends.
        #[skip_if("Stop::is_empty")]
        #[setter(none)]
        pub stop: Stop,
        /// `seed`: the seed of the randomness. With the same seed, a server repeats its response as far as it can.
        pub seed: Option<i64>,
        /// `stream`: whether the response is a stream of server-sent events, each a [`Chunk`](super::Chunk).
        pub stream: Option<bool>,
        /// `stream_options`: options for a streamed response.
        pub stream_options: Option<StreamOptions>,
        /// `presence_penalty`: the penalty for tokens that occur in the text so far, -2 to 2.
        pub presence_penalty: Option<f64>,
        /// `frequency_penalty`: the penalty for tokens by how often they occur in the text so far, -2 to 2.
        pub frequency_penalty: Option<f64>,
        /// `logit_bias`: how much more likely tokens become, from -100 (never) to 100 (always). The keys are token IDs, as
        /// strings.
        pub logit_bias: BTreeMap<String, i64>,
        /// `logprobs`: whether the response contains the log probability of each token.
        pub logprobs: Option<bool>,
        /// `top_logprobs`: the number of most likely tokens to return at each position, 0 to 20. Requires `logprobs`.
        pub top_logprobs: Option<i64>,
        /// `response_format`: the format of the response: any text, any JSON object, or JSON that matches a schema.
        pub response_format: Option<ResponseFormat>,
        /// `tools`: the tools that the model may call.
        #[add(tool)]
        pub tools: Vec<Tool>,
        /// `tool_choice`: whether the model may, must or must not call a tool, and which.
        pub tool_choice: Option<ToolChoice>,
        /// `parallel_tool_calls`: whether one response may call several tools.
        pub parallel_tool_calls: Option<bool>,
        /// `reasoning_effort`: how much a reasoning model thinks before it responds.
        pub reasoning_effort: Option<ReasoningEffort>,
        /// `user`: an identifier of your end user.
        pub user: Option<String>,
        /// `metadata`: names and values to store with the request.
        pub metadata: BTreeMap<String, String>,
        /// `modalities`: the kinds of output that the response may contain.
        pub modalities: Vec<Modality>,
        /// Keys that this type does not have, such as `thinking`, `top_k` or `service_tier`. NaN and infinity become
        /// `null`: see [`Extra`](crate::Extra).
        pub extra: Extra,
    }
}

impl Request {
    /// Creates a request for `model`, without messages.
    pub fn new(model: impl Into<String>) -> Request {
        Request { model: model.into(), ..Request::default() }
    }

    /// Checks the request and makes its body, as [`Body::json`] does.
    ///
    /// Only the first bytes of each media are read.
    ///
    /// # Errors
    /// - [`Invalid`](crate::ErrorKind::Invalid): no server would accept the request. The message begins with the path of
    ///   the field, such as `messages[1].content[0].video_url.url`. Reported are
    ///   - an empty model, or no messages;
    ///   - a message without a role, without content and tool calls, or with the role `tool` and no `tool_call_id`;
    ///   - a function without a name, and a missing function, file or schema;
    ///   - a number that is NaN or infinite;
    ///   - a URL that is empty, has no scheme, or contains a space or a control character;
    ///   - a string that is not base64;
    ///   - a setter of [`Part`](super::Part) that does not apply to the part;
    ///   - an extra key that repeats a field that is set.
    /// - [`MimeType`](crate::ErrorKind::MimeType): input audio is neither WAV nor MP3, and its format is not set.
    /// - All errors of [`Body::json`].
    pub fn body(&self) -> Result<Body> {
        self.check()?;
        Body::request(self, None)
    }

    pub(crate) fn check(&self) -> Result<()> {
        check::request(self)
    }

    /// Adds to `stop`: the strings at which the response ends.
    pub fn stop(mut self, stop: impl IntoIterator<Item = impl Into<String>>) -> Request {
        let mut strings = Vec::from(mem::take(&mut self.stop));
        strings.extend(stop.into_iter().map(Into::into));
        self.stop = Stop::List(strings);
        self
    }
}
