//! The response, complete or one chunk of a stream, and its usage.

use super::{Content, FunctionCall, Modality, Part, PartKind, Role, SafetyRating};
use crate::{
    api::{
        events::{FromEvent, sealed::Sealed},
        lenient::without_nulls,
        object::object,
        open_enum::open_enum,
        response::{Api, reading},
    },
    error::Result,
    json::Extracted,
    media::Media,
};
use std::borrow::Cow;

const API: Api = Api {
    name: "generateContent",
    keys: &["candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId"],
};

object! {
    /// A response, or one chunk of a streamed response: the API's `GenerateContentResponse`.
    ///
    /// Reading is lenient: fields that are missing, `null`, new or of the wrong type are not errors.
    ///
    /// # Examples
    /// ```
    /// use niello::gemini::{Content, FinishReason, Request, Response};
    ///
    /// let request = Request::new().content(Content::user("Who wins?"));
    /// let response = br#"{
    ///     "candidates": [{
    ///         "content": { "role": "model", "parts": [
    ///             { "text": "Both score once...", "thought": true },
    ///             { "text": "The guests.", "thoughtSignature": "CiQB0e2Kb+/=" }
    ///         ] },
    ///         "finishReason": "STOP"
    ///     }],
    ///     "usageMetadata": { "promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 21 }
    /// }"#;
    /// let response = Response::from_slice(response)?;
    /// assert_eq!(response.text().as_deref(), Some("The guests."));
    /// assert_eq!(response.finish_reason(), Some(&FinishReason::Stop));
    ///
    /// let request = request.contents(response.content()).content(Content::user("By how much?"));
    /// assert_eq!(request.contents[1].parts[1].thought_signature.as_deref(), Some("CiQB0e2Kb+/="));
    /// # request.body()?;
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// To send back the turn of a streamed response, collect the parts of all chunks:
    ///
    /// ```
    /// # use niello::gemini::{Content, Part, Response};
    /// # let chunks: Vec<Response> = Vec::new();
    /// let parts: Vec<Part> =
    ///     chunks.iter().filter_map(Response::content).flat_map(|content| content.parts).collect();
    /// let turn = Content::model(parts);
    /// ```
    #[serde(rename_all = "camelCase")]
    #[object(response, root)]
    pub struct Response {
        /// `candidates`: the alternatives, as many as `candidateCount` asks for; none if the prompt was
        /// blocked.
        #[read("without_nulls")]
        pub candidates: Vec<Candidate>,
        /// `promptFeedback`: why the prompt was blocked.
        pub prompt_feedback: Option<PromptFeedback>,
        /// `usageMetadata`: the number of tokens used.
        pub usage_metadata: Option<UsageMetadata>,
        /// `modelVersion`: the model that responded.
        pub model_version: Option<String>,
        /// `responseId`: the identifier of the response.
        pub response_id: Option<String>,
    }
}

reading! { Response, API }

impl Response {
    /// Returns the text of the first candidate, or `None` if it has no text, for example because it only calls
    /// functions.
    ///
    /// Its text parts are joined; thoughts are left out.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let parts = self.parts().iter().filter(|part| part.thought != Some(true));
        let mut texts = parts.filter_map(Part::as_text);
        let mut joined = Cow::from(texts.next()?);
        texts.for_each(|text| joined += text);
        Some(joined)
    }

    /// Returns why the model stopped, for the first candidate. In a stream, only the last chunk says so.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.first()?.finish_reason.as_ref()
    }

    /// Returns the media of all candidates, such as images and speech, with their MIME types.
    pub fn media(&self) -> impl Iterator<Item = &Media> {
        let contents = self.candidates.iter().filter_map(|candidate| candidate.content.as_ref());
        contents.flat_map(|content| &content.parts).filter_map(|part| match &part.kind {
            PartKind::InlineData(inline) => inline.data.as_media(),
            _ => None,
        })
    }

    /// Returns the function calls of the first candidate, in order.
    pub fn function_calls(&self) -> impl Iterator<Item = &FunctionCall> {
        self.parts().iter().filter_map(|part| match &part.kind {
            PartKind::FunctionCall(call) => Some(&**call),
            _ => None,
        })
    }

    /// Returns the turn of the first candidate, to send it back as part of the conversation.
    ///
    /// Its parts are unchanged, including thoughts and signatures. Parts without a payload are removed.
    /// Returns `None` if nothing is left, because servers reject an empty turn.
    pub fn content(&self) -> Option<Content> {
        let mut content = self.first()?.content.clone()?;
        content.parts.retain(|part| !part.is_blank());
        // In a request, a turn without a role is the user's.
        content.role.get_or_insert(Role::Model);
        (!content.parts.is_empty()).then_some(content)
    }

    /// Returns the first candidate. A chunk of a stream may be only about another one.
    fn first(&self) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.index.unwrap_or_default() == 0)
    }

    fn parts(&self) -> &[Part] {
        let content = self.first().and_then(|candidate| candidate.content.as_ref());
        content.map_or(&[], |content| &content.parts)
    }
}

impl Sealed for Response {}

impl FromEvent for Response {
    fn from_event(event: &Extracted) -> Result<Option<Response>> {
        API.read_event(event)
    }
}

object! {
    /// One alternative of a response: one of `candidates`.
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct Candidate {
        /// `index`: the index of this alternative.
        pub index: Option<i64>,
        /// `content`: the turn of the model.
        pub content: Option<Content>,
        /// `finishReason`: why the model stopped.
        #[read("crate::api::lenient::finish_reason")]
        pub finish_reason: Option<FinishReason>,
        /// `finishMessage`: an explanation of the reason.
        pub finish_message: Option<String>,
        /// `safetyRatings`: how harmful the content is rated.
        pub safety_ratings: Vec<SafetyRating>,
        /// `tokenCount`: the number of tokens of this alternative.
        pub token_count: Option<i64>,
        /// `avgLogprobs`: the mean log probability of its tokens.
        pub avg_logprobs: Option<f64>,
        /// Keys that this type does not have: `citationMetadata`, `groundingMetadata`, `urlContextMetadata`,
        /// `logprobsResult`.
        pub extra: Extra,
    }
}

open_enum! {
    /// Why the model stopped: `finishReason`.
    pub enum FinishReason {
        /// `FINISH_REASON_UNSPECIFIED`. A response that has it is read as one without a reason.
        Unspecified = "FINISH_REASON_UNSPECIFIED",
        /// `STOP`: the response is complete, or reached one of `stopSequences`.
        Stop = "STOP",
        /// `MAX_TOKENS`: the response reached `maxOutputTokens`.
        MaxTokens = "MAX_TOKENS",
        /// `SAFETY`: the content is harmful.
        Safety = "SAFETY",
        /// `RECITATION`: the content repeats training data.
        Recitation = "RECITATION",
        /// `LANGUAGE`: the language is not supported.
        Language = "LANGUAGE",
        /// `OTHER`.
        Other = "OTHER",
        /// `BLOCKLIST`: the content contains a forbidden term.
        Blocklist = "BLOCKLIST",
        /// `PROHIBITED_CONTENT`.
        ProhibitedContent = "PROHIBITED_CONTENT",
        /// `SPII`: the content contains sensitive personal data.
        Spii = "SPII",
        /// `MALFORMED_FUNCTION_CALL`.
        MalformedFunctionCall = "MALFORMED_FUNCTION_CALL",
        /// `UNEXPECTED_TOOL_CALL`: a call of a tool that the request does not have.
        UnexpectedToolCall = "UNEXPECTED_TOOL_CALL",
        /// `TOO_MANY_TOOL_CALLS`: too many calls in sequence.
        TooManyToolCalls = "TOO_MANY_TOOL_CALLS",
        /// `IMAGE_SAFETY`: a generated image is harmful.
        ImageSafety = "IMAGE_SAFETY",
        /// `IMAGE_PROHIBITED_CONTENT`.
        ImageProhibitedContent = "IMAGE_PROHIBITED_CONTENT",
        /// `IMAGE_RECITATION`.
        ImageRecitation = "IMAGE_RECITATION",
        /// `IMAGE_OTHER`.
        ImageOther = "IMAGE_OTHER",
        /// `NO_IMAGE`: the model generated no image although it should have.
        NoImage = "NO_IMAGE",
    }
}

object! {
    /// Why the prompt was blocked: `promptFeedback`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct PromptFeedback {
        /// `blockReason`: the reason.
        pub block_reason: Option<BlockReason>,
        /// `blockReasonMessage`: an explanation of the reason. Vertex only.
        pub block_reason_message: Option<String>,
        /// `safetyRatings`: how harmful the prompt is rated.
        pub safety_ratings: Vec<SafetyRating>,
    }
}

open_enum! {
    /// Why a prompt was blocked: `blockReason`.
    pub enum BlockReason {
        /// `BLOCK_REASON_UNSPECIFIED`.
        Unspecified = "BLOCK_REASON_UNSPECIFIED",
        /// `SAFETY`: the prompt is harmful.
        Safety = "SAFETY",
        /// `OTHER`.
        Other = "OTHER",
        /// `BLOCKLIST`: the prompt contains a forbidden term.
        Blocklist = "BLOCKLIST",
        /// `PROHIBITED_CONTENT`.
        ProhibitedContent = "PROHIBITED_CONTENT",
        /// `IMAGE_SAFETY`: an image is harmful.
        ImageSafety = "IMAGE_SAFETY",
    }
}

object! {
    /// The number of tokens used: `usageMetadata`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct UsageMetadata {
        /// `promptTokenCount`: the tokens of the request, including cached content.
        pub prompt_token_count: Option<i64>,
        /// `candidatesTokenCount`: the tokens of all candidates.
        pub candidates_token_count: Option<i64>,
        /// `thoughtsTokenCount`: the tokens of thoughts.
        pub thoughts_token_count: Option<i64>,
        /// `toolUsePromptTokenCount`: the tokens of the results of the API's own tools.
        pub tool_use_prompt_token_count: Option<i64>,
        /// `cachedContentTokenCount`: the tokens of the cached content.
        pub cached_content_token_count: Option<i64>,
        /// `totalTokenCount`: the sum.
        pub total_token_count: Option<i64>,
        /// `promptTokensDetails`: the tokens of the request, by modality.
        pub prompt_tokens_details: Vec<ModalityTokenCount>,
        /// `candidatesTokensDetails`: the tokens of the candidates, by modality.
        pub candidates_tokens_details: Vec<ModalityTokenCount>,
        /// `toolUsePromptTokensDetails`: the tokens of the results of tools, by modality.
        pub tool_use_prompt_tokens_details: Vec<ModalityTokenCount>,
        /// `cacheTokensDetails`: the tokens of the cached content, by modality.
        pub cache_tokens_details: Vec<ModalityTokenCount>,
    }
}

object! {
    /// The number of tokens of one modality.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(response)]
    pub struct ModalityTokenCount {
        /// `modality`: the modality.
        pub modality: Option<Modality>,
        /// `tokenCount`: its tokens.
        pub token_count: Option<i64>,
    }
}
