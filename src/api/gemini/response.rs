//! The answer, and the chunks of a streamed one.

use super::{
    BlockReason, Content, FinishReason, FunctionCall, Part, PartKind, Role, SafetyRating, UsageMetadata,
};
use crate::{
    api::{
        error::Api,
        events::{FromEvent, sealed::Sealed},
        lenient::without_nulls,
        object::object,
    },
    error::Result,
};
use std::borrow::Cow;

const API: Api = Api {
    name: "generateContent",
    keys: &["candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId"],
};

object! {
    /// An answer, or one chunk of a streamed one: the API's `GenerateContentResponse`.
    ///
    /// Reads what is there: a field that is missing, `null` or new is no error.
    ///
    /// ```
    /// use niello::gemini::{Content, FinishReason, Request, Response};
    ///
    /// let request = Request::new().content(Content::user("Who wins?"));
    /// let answer = br#"{
    ///     "candidates": [{
    ///         "content": { "role": "model", "parts": [
    ///             { "text": "Both score once...", "thought": true },
    ///             { "text": "The guests.", "thoughtSignature": "CiQB0e2Kb+/=" }
    ///         ] },
    ///         "finishReason": "STOP"
    ///     }],
    ///     "usageMetadata": { "promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 21 }
    /// }"#;
    /// let answer = Response::from_slice(answer)?;
    /// assert_eq!(answer.text().as_deref(), Some("The guests."));
    /// assert_eq!(answer.finish_reason(), Some(&FinishReason::Stop));
    ///
    /// let request = request.contents(answer.content()).content(Content::user("By how much?"));
    /// assert_eq!(request.contents[1].parts[1].thought_signature.as_deref(), Some("CiQB0e2Kb+/="));
    /// # request.body()?;
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// The turn of a streamed answer has the parts of all chunks in order:
    ///
    /// ```
    /// # use niello::gemini::{Content, Part, Response};
    /// # let chunks: Vec<Response> = Vec::new();
    /// let parts: Vec<Part> =
    ///     chunks.iter().filter_map(Response::content).flat_map(|content| content.parts).collect();
    /// let turn = Content::model(parts);
    /// ```
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct Response {
        /// `candidates`: the answers, as many as `candidateCount` asks for; none if the prompt was blocked.
        #[read("without_nulls")]
        pub candidates: Vec<Candidate>,
        /// `promptFeedback`: why the prompt was blocked.
        pub prompt_feedback: Option<PromptFeedback>,
        /// `usageMetadata`: how many tokens were used.
        pub usage_metadata: Option<UsageMetadata>,
        /// `modelVersion`: the model that answered.
        pub model_version: Option<String>,
        /// `responseId`: of the answer.
        pub response_id: Option<String>,
    }
}

impl Response {
    /// Reads the body of an answer, whatever its HTTP status is.
    ///
    /// # Errors
    /// [`Api`](crate::ErrorKind::Api) if the API reports an error: its message says what, and its source is
    /// the [`ApiError`](crate::ApiError). [`Json`](crate::ErrorKind::Json) if it is no JSON, or no answer of
    /// this API.
    pub fn from_slice(bytes: &[u8]) -> Result<Response> {
        API.read_response(bytes)
    }

    /// The text of the first answer: its text parts joined, thoughts left out. `None` if it has none, as
    /// when it only calls functions.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let said = self.parts().iter().filter(|part| part.thought != Some(true));
        let mut texts = said.filter_map(|part| match &part.kind {
            PartKind::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let mut joined = Cow::from(texts.next()?);
        texts.for_each(|text| joined += text);
        Some(joined)
    }

    /// Why the first answer ended; `None` in all chunks of a stream but the last.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.candidates.first()?.finish_reason.as_ref()
    }

    /// The functions that the first answer calls, in order.
    pub fn function_calls(&self) -> impl Iterator<Item = &FunctionCall> {
        self.parts().iter().filter_map(|part| match &part.kind {
            PartKind::FunctionCall(call) => Some(&**call),
            _ => None,
        })
    }

    /// The turn of the first answer, to go back into a history: its parts as they are, signatures and
    /// thoughts included, but those that say nothing, which no server takes back. `None` if none is left.
    pub fn content(&self) -> Option<Content> {
        let mut content = self.candidates.first()?.content.clone()?;
        content.parts.retain(|part| !part.is_blank());
        // In a history, a turn without a role is the user's.
        content.role.get_or_insert(Role::Model);
        (!content.parts.is_empty()).then_some(content)
    }

    fn parts(&self) -> &[Part] {
        let content = self.candidates.first().and_then(|candidate| candidate.content.as_ref());
        content.map_or(&[], |content| &content.parts)
    }
}

impl Sealed for Response {}

impl FromEvent for Response {
    fn from_event(data: &str) -> Result<Option<Response>> {
        API.read_event(data)
    }
}

object! {
    /// One of the answers to a request: one of `candidates`.
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct Candidate {
        /// `index`: which of the answers.
        pub index: Option<i64>,
        /// `content`: what the model says.
        pub content: Option<Content>,
        /// `finishReason`: why it ended.
        pub finish_reason: Option<FinishReason>,
        /// `finishMessage`: the same in words.
        pub finish_message: Option<String>,
        /// `safetyRatings`: how harmful it is found.
        pub safety_ratings: Vec<SafetyRating>,
        /// `tokenCount`: how many tokens it has.
        pub token_count: Option<i64>,
        /// `avgLogprobs`: the mean of its tokens' log probabilities.
        pub avg_logprobs: Option<f64>,
        /// Keys beside these: `citationMetadata`, `groundingMetadata`, `urlContextMetadata`, `logprobsResult`.
        pub extra: Extra,
    }
}

object! {
    /// Why a prompt was blocked: `promptFeedback`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct PromptFeedback {
        /// `blockReason`: what sort of reason it was.
        pub block_reason: Option<BlockReason>,
        /// `blockReasonMessage`: the same in words. Vertex only.
        pub block_reason_message: Option<String>,
        /// `safetyRatings`: how harmful the prompt is found.
        pub safety_ratings: Vec<SafetyRating>,
    }
}
