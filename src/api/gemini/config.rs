//! How an answer is made: `generationConfig`.

use super::{MediaResolution, Schema, SpeechConfig};
use crate::api::{object::object, open_enum::open_enum};
use serde_json::Value;

object! {
    /// How an answer is made: `generationConfig`. What is not set is left to the model's defaults; zeros and
    /// `false` that are set are sent.
    ///
    /// ```
    /// use niello::gemini::GenerationConfig;
    /// let config = GenerationConfig::new().max_output_tokens(1024).temperature(0.0).stop_sequences(["END"]);
    /// assert_eq!(
    ///     serde_json::to_string(&config).unwrap(),
    ///     r#"{"maxOutputTokens":1024,"temperature":0.0,"stopSequences":["END"]}"#
    /// );
    /// ```
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct GenerationConfig {
        /// `maxOutputTokens`: the most tokens of an answer; thoughts count.
        pub max_output_tokens: Option<i64>,
        /// `temperature`: 0 for the likeliest tokens, up to 2 for more variety.
        pub temperature: Option<f64>,
        /// `topP`: tokens are drawn from the likeliest that together reach this probability, 0 to 1.
        pub top_p: Option<f64>,
        /// `topK`: tokens are drawn from this many of the likeliest.
        pub top_k: Option<i64>,
        /// `candidateCount`: how many answers; the API's default is 1.
        pub candidate_count: Option<i64>,
        /// `stopSequences`: texts at which the answer ends, up to 5.
        pub stop_sequences: Vec<String>,
        /// `seed`: for answers that are much the same each time.
        pub seed: Option<i64>,
        /// `presencePenalty`: above 0, tokens that stand in the answer already are less likely; -2 to 2.
        pub presence_penalty: Option<f64>,
        /// `frequencyPenalty`: the same, for each time that a token stands there; -2 to 2.
        pub frequency_penalty: Option<f64>,
        /// `responseLogprobs`: whether the answer comes with log probabilities.
        pub response_logprobs: Option<bool>,
        /// `logprobs`: for how many of the likeliest tokens at each step, up to 20.
        pub logprobs: Option<i64>,
        /// `responseMimeType`: `text/plain`, `application/json` or `text/x.enum`.
        pub response_mime_type: Option<String>,
        /// `responseSchema`: the shape of the answer.
        pub response_schema: Option<Schema>,
        /// `responseJsonSchema`: the shape of the answer, as JSON Schema; instead of `response_schema`.
        pub response_json_schema: Option<Value>,
        /// `responseModalities`: what the answer may consist of.
        pub response_modalities: Vec<Modality>,
        /// `speechConfig`: the voice of a spoken answer.
        pub speech_config: Option<SpeechConfig>,
        /// `thinkingConfig`: how much the model thinks first.
        pub thinking_config: Option<ThinkingConfig>,
        /// `imageConfig`: the form of images in the answer.
        pub image_config: Option<ImageConfig>,
        /// `mediaResolution`: how finely media are seen.
        pub media_resolution: Option<MediaResolution>,
        /// `audioTimestamp`: whether the model is told the time within audio. Vertex only.
        pub audio_timestamp: Option<bool>,
        /// `enableEnhancedCivicAnswers`: whether answers about civic matters are enhanced. Not for all models.
        pub enable_enhanced_civic_answers: Option<bool>,
    }
}

impl GenerationConfig {
    /// Everything left to the model's defaults.
    pub fn new() -> GenerationConfig {
        GenerationConfig::default()
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == GenerationConfig::default()
    }
}

open_enum! {
    /// What content is made of: one of `responseModalities`, and `modality` in counts of tokens.
    pub enum Modality {
        /// `MODALITY_UNSPECIFIED`.
        Unspecified = "MODALITY_UNSPECIFIED",
        /// `TEXT`.
        Text = "TEXT",
        /// `IMAGE`.
        Image = "IMAGE",
        /// `AUDIO`.
        Audio = "AUDIO",
        /// `VIDEO`: in counts of tokens.
        Video = "VIDEO",
        /// `DOCUMENT`: in counts of tokens.
        Document = "DOCUMENT",
    }
}

open_enum! {
    /// How much the model thinks: `thinkingLevel`. Gemini 3.
    pub enum ThinkingLevel {
        /// `THINKING_LEVEL_UNSPECIFIED`.
        Unspecified = "THINKING_LEVEL_UNSPECIFIED",
        /// `MINIMAL`.
        Minimal = "MINIMAL",
        /// `LOW`.
        Low = "LOW",
        /// `MEDIUM`.
        Medium = "MEDIUM",
        /// `HIGH`.
        High = "HIGH",
    }
}

object! {
    /// How much the model thinks before it answers: `thinkingConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct ThinkingConfig {
        /// `includeThoughts`: whether thoughts come with the answer.
        pub include_thoughts: Option<bool>,
        /// `thinkingBudget`: the most tokens of thoughts; 0 for none, -1 for as many as the model sees fit.
        /// Gemini 2.5.
        pub thinking_budget: Option<i64>,
        /// `thinkingLevel`: instead of a budget. Gemini 3.
        pub thinking_level: Option<ThinkingLevel>,
    }
}

impl ThinkingConfig {
    /// Everything left to the model's defaults.
    pub fn new() -> ThinkingConfig {
        ThinkingConfig::default()
    }
}

object! {
    /// The form of images in the answer: `imageConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct ImageConfig {
        /// `aspectRatio`: such as `16:9`.
        pub aspect_ratio: Option<String>,
        /// `imageSize`: `1K`, `2K` or `4K`.
        pub image_size: Option<String>,
    }
}

impl ImageConfig {
    /// Everything left to the model's defaults.
    pub fn new() -> ImageConfig {
        ImageConfig::default()
    }
}
