//! The request.

use super::{
    Message, Modality, ReasoningEffort, ResponseFormat, Stop, StreamOptions, Tool, ToolChoice, check,
};
use crate::{
    api::{
        extra::Extra,
        lenient::{integer, null_as_default},
    },
    body::Body,
    error::Result,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A request of the Chat Completions API.
///
/// Plain data: fields may be set as they are or by the methods of the same names. What is `None` or an
/// empty list is left out; zeros and `false` are sent. It reads back what was stored, media as `data:` URIs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[must_use = "it is sent by nobody until `body` or an endpoint makes something of it"]
#[serde(default)]
#[non_exhaustive]
pub struct Request {
    /// `model`: a model service such as `system.ai.gemini-3-1-pro`, or the name of an endpoint such as
    /// `databricks-gemini-3-1-pro`. Any name is passed on.
    #[serde(deserialize_with = "null_as_default")]
    pub model: String,
    /// `messages`: the conversation, oldest first.
    #[serde(deserialize_with = "null_as_default")]
    pub messages: Vec<Message>,
    /// `max_tokens`: the most tokens that the answer may have, reasoning included for most models.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer")]
    pub max_tokens: Option<u64>,
    /// `max_completion_tokens`: what newer models of OpenAI take in place of `max_tokens`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer")]
    pub max_completion_tokens: Option<u64>,
    /// `temperature`: 0 for the likeliest tokens, up to 2 for the most random ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// `top_p`: only the likeliest tokens that together have this probability are drawn from; 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// `n`: how many answers, as [`choices`](super::Response#structfield.choices). 1 if it is not given.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer")]
    pub n: Option<u64>,
    /// `stop`: texts at which the answer ends.
    #[serde(skip_serializing_if = "Stop::is_empty", deserialize_with = "null_as_default")]
    pub stop: Stop,
    /// `seed`: the same one gives the same answer, as far as the server can.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer")]
    pub seed: Option<i64>,
    /// `stream`: whether the answer comes as a stream of server-sent events, each a
    /// [`Chunk`](super::Chunk).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// `stream_options`: only with `stream`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// `presence_penalty`: -2 to 2; above 0 it favours tokens that the text does not have yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// `frequency_penalty`: -2 to 2; above 0 it disfavours tokens by how often the text has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// `logit_bias`: for token ids (as text), -100 (never) to 100 (always).
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub logit_bias: BTreeMap<String, i64>,
    /// `logprobs`: whether the answer says how likely each of its tokens was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// `top_logprobs`: with `logprobs`, how many of the likeliest tokens at each place; 0 to 20.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "integer")]
    pub top_logprobs: Option<u64>,
    /// `response_format`: text, any JSON object, or JSON by a schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// `tools`: what the model may call.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tools: Vec<Tool>,
    /// `tool_choice`: whether it may, must, or must not call a tool, and which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// `parallel_tool_calls`: whether one answer may call several tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// `reasoning_effort`: how much a reasoning model thinks before it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<ReasoningEffort>,
    /// `user`: an identifier of your end user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `metadata`: names and values that are kept with the request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub metadata: BTreeMap<String, String>,
    /// `modalities`: what the answer may be made of.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub modalities: Vec<Modality>,
    /// Keys beside these: see [`extra`](Request::extra()).
    #[serde(flatten)]
    pub extra: Extra,
}

impl Request {
    /// A request for a model, without messages.
    pub fn new(model: impl Into<String>) -> Request {
        Request { model: model.into(), ..Request::default() }
    }

    /// The body to send: every check, then [`Body::json`]. Of each media, no more than the first bytes
    /// are read.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid), naming the field as in `messages[1].content[0].video_url.url`:
    /// an empty model or no messages; a message without a role, or with neither content nor tool calls; a
    /// tool message without id; a function without a name, a file or a schema that is missing; NaN or
    /// infinity; an empty URL, one without a scheme, or with a space or control character; a text that is no
    /// base64; a setter of another kind of part; an extra key that repeats one of the type's own.
    /// [`MimeType`](crate::ErrorKind::MimeType): input audio that is neither WAV nor MP3. Otherwise as
    /// [`Body::json`].
    pub fn body(&self) -> Result<Body> {
        self.check()?;
        Body::request(self, None)
    }

    pub(crate) fn check(&self) -> Result<()> {
        check::request(self)
    }

    /// Adds a message at the end of [`messages`](Request#structfield.messages).
    pub fn message(mut self, message: Message) -> Request {
        self.messages.push(message);
        self
    }

    /// Adds messages at the end of [`messages`](Request#structfield.messages).
    pub fn messages(mut self, messages: impl IntoIterator<Item = Message>) -> Request {
        self.messages.extend(messages);
        self
    }

    /// Sets [`max_tokens`](Request#structfield.max_tokens).
    pub fn max_tokens(mut self, tokens: u64) -> Request {
        self.max_tokens = Some(tokens);
        self
    }

    /// Sets [`max_completion_tokens`](Request#structfield.max_completion_tokens).
    pub fn max_completion_tokens(mut self, tokens: u64) -> Request {
        self.max_completion_tokens = Some(tokens);
        self
    }

    /// Sets [`temperature`](Request#structfield.temperature).
    pub fn temperature(mut self, temperature: f64) -> Request {
        self.temperature = Some(temperature);
        self
    }

    /// Sets [`top_p`](Request#structfield.top_p).
    pub fn top_p(mut self, probability: f64) -> Request {
        self.top_p = Some(probability);
        self
    }

    /// Sets [`n`](Request#structfield.n).
    pub fn n(mut self, answers: u64) -> Request {
        self.n = Some(answers);
        self
    }

    /// Sets [`stop`](Request#structfield.stop) to a list, which is what every server takes.
    pub fn stop(mut self, texts: impl IntoIterator<Item = impl Into<String>>) -> Request {
        self.stop = Stop::List(texts.into_iter().map(Into::into).collect());
        self
    }

    /// Sets [`seed`](Request#structfield.seed).
    pub fn seed(mut self, seed: i64) -> Request {
        self.seed = Some(seed);
        self
    }

    /// Sets [`stream`](Request#structfield.stream).
    pub fn stream(mut self, stream: bool) -> Request {
        self.stream = Some(stream);
        self
    }

    /// Sets [`stream_options`](Request#structfield.stream_options).
    pub fn stream_options(mut self, options: StreamOptions) -> Request {
        self.stream_options = Some(options);
        self
    }

    /// Sets [`presence_penalty`](Request#structfield.presence_penalty).
    pub fn presence_penalty(mut self, penalty: f64) -> Request {
        self.presence_penalty = Some(penalty);
        self
    }

    /// Sets [`frequency_penalty`](Request#structfield.frequency_penalty).
    pub fn frequency_penalty(mut self, penalty: f64) -> Request {
        self.frequency_penalty = Some(penalty);
        self
    }

    /// Sets [`logit_bias`](Request#structfield.logit_bias).
    pub fn logit_bias(mut self, biases: impl IntoIterator<Item = (impl Into<String>, i64)>) -> Request {
        self.logit_bias = biases.into_iter().map(|(token, bias)| (token.into(), bias)).collect();
        self
    }

    /// Sets [`logprobs`](Request#structfield.logprobs).
    pub fn logprobs(mut self, logprobs: bool) -> Request {
        self.logprobs = Some(logprobs);
        self
    }

    /// Sets [`top_logprobs`](Request#structfield.top_logprobs).
    pub fn top_logprobs(mut self, tokens: u64) -> Request {
        self.top_logprobs = Some(tokens);
        self
    }

    /// Sets [`response_format`](Request#structfield.response_format).
    pub fn response_format(mut self, format: ResponseFormat) -> Request {
        self.response_format = Some(format);
        self
    }

    /// Adds a tool at the end of [`tools`](Request#structfield.tools).
    pub fn tool(mut self, tool: impl Into<Tool>) -> Request {
        self.tools.push(tool.into());
        self
    }

    /// Adds tools at the end of [`tools`](Request#structfield.tools).
    pub fn tools(mut self, tools: impl IntoIterator<Item = impl Into<Tool>>) -> Request {
        self.tools.extend(tools.into_iter().map(Into::into));
        self
    }

    /// Sets [`tool_choice`](Request#structfield.tool_choice).
    pub fn tool_choice(mut self, choice: impl Into<ToolChoice>) -> Request {
        self.tool_choice = Some(choice.into());
        self
    }

    /// Sets [`parallel_tool_calls`](Request#structfield.parallel_tool_calls).
    pub fn parallel_tool_calls(mut self, parallel: bool) -> Request {
        self.parallel_tool_calls = Some(parallel);
        self
    }

    /// Sets [`reasoning_effort`](Request#structfield.reasoning_effort).
    pub fn reasoning_effort(mut self, effort: impl Into<ReasoningEffort>) -> Request {
        self.reasoning_effort = Some(effort.into());
        self
    }

    /// Sets [`user`](Request#structfield.user).
    pub fn user(mut self, user: impl Into<String>) -> Request {
        self.user = Some(user.into());
        self
    }

    /// Sets [`metadata`](Request#structfield.metadata).
    pub fn metadata(
        mut self,
        metadata: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Request {
        self.metadata = metadata.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    /// Sets [`modalities`](Request#structfield.modalities).
    pub fn modalities(mut self, modalities: impl IntoIterator<Item = impl Into<Modality>>) -> Request {
        self.modalities = modalities.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a key that a vendor takes and this type does not have, as `thinking`, `top_k` or
    /// `service_tier`. Given twice, the last value stands. NaN and infinity go as `null`: see [`Extra`].
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
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Request {
        self.extra.insert(key, value);
        self
    }
}
