//! How a response is generated: `generationConfig`.

use super::{MediaResolution, Schema, SpeechConfig};
use crate::api::{object::object, open_enum::open_enum};
use serde_json::Value;

object! {
    /// How a response is generated: `generationConfig`.
    ///
    /// The model has defaults for fields that are not set. Zeros and `false` are sent.
    ///
    /// # Examples
    /// ```
    /// use niello::gemini::GenerationConfig;
    ///
    /// let config = GenerationConfig::new().max_output_tokens(1024).temperature(0.0).stop_sequences(["END"]);
    /// assert_eq!(
    ///     serde_json::to_string(&config).unwrap(),
    ///     r#"{"maxOutputTokens":1024,"temperature":0.0,"stopSequences":["END"]}"#
    /// );
    /// ```
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request, new)]
    pub struct GenerationConfig {
        /// `maxOutputTokens`: the maximum number of tokens in the response, including thoughts.
        pub max_output_tokens: Option<i64>,
        /// `temperature`: the randomness of the response, from 0 (the most likely tokens) to 2.
        pub temperature: Option<f64>,
        /// `topP`: the total probability of the tokens to choose from, 0 to 1. Less likely tokens are not
        /// considered.
        pub top_p: Option<f64>,
        /// `topK`: the number of most likely tokens to choose from.
        pub top_k: Option<i64>,
        /// `candidateCount`: the number of candidates in the response. The API's default is 1.
        pub candidate_count: Option<i64>,
        /// `stopSequences`: the strings at which the response ends, up to 5.
        pub stop_sequences: Vec<String>,
        /// `seed`: the seed of the randomness. With the same seed, responses are mostly the same.
        pub seed: Option<i64>,
        /// `presencePenalty`: the penalty for tokens that occur in the response so far, -2 to 2.
        pub presence_penalty: Option<f64>,
        /// `frequencyPenalty`: the penalty for tokens by how often they occur in the response so far, -2 to 2.
        pub frequency_penalty: Option<f64>,
        /// `responseLogprobs`: whether the response contains log probabilities.
        pub response_logprobs: Option<bool>,
        /// `logprobs`: the number of most likely tokens to return at each position, up to 20.
        pub logprobs: Option<i64>,
        /// `responseMimeType`: `text/plain`, `application/json` or `text/x.enum`.
        pub response_mime_type: Option<String>,
        /// `responseSchema`: the schema of the response.
        pub response_schema: Option<Box<Schema>>,
        /// `responseJsonSchema`: the JSON Schema of the response, instead of `responseSchema`.
        pub response_json_schema: Option<Value>,
        /// `responseModalities`: the kinds of output that the response may contain.
        pub response_modalities: Vec<Modality>,
        /// `speechConfig`: the voice of a spoken response.
        pub speech_config: Option<SpeechConfig>,
        /// `thinkingConfig`: how much the model thinks before it responds.
        pub thinking_config: Option<ThinkingConfig>,
        /// `imageConfig`: the format of generated images.
        pub image_config: Option<ImageConfig>,
        /// `mediaResolution`: the resolution at which the model sees media.
        pub media_resolution: Option<MediaResolution>,
        /// `audioTimestamp`: whether the model sees timestamps in audio. Vertex only.
        pub audio_timestamp: Option<bool>,
        /// `enableEnhancedCivicAnswers`: whether responses about civic topics are enhanced. Not for all models.
        pub enable_enhanced_civic_answers: Option<bool>,
    }
}

impl GenerationConfig {
    /// Returns `true` if nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == GenerationConfig::default()
    }
}

open_enum! {
    /// A kind of content: one of `responseModalities`, and `modality` of a token count.
    pub enum Modality {
        /// `MODALITY_UNSPECIFIED`.
        Unspecified = "MODALITY_UNSPECIFIED",
        /// `TEXT`.
        Text = "TEXT",
        /// `IMAGE`.
        Image = "IMAGE",
        /// `AUDIO`.
        Audio = "AUDIO",
        /// `VIDEO`: in token counts.
        Video = "VIDEO",
        /// `DOCUMENT`: in token counts.
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
    /// How much the model thinks before it responds: `thinkingConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request, new)]
    pub struct ThinkingConfig {
        /// `includeThoughts`: whether the response contains thoughts.
        pub include_thoughts: Option<bool>,
        /// `thinkingBudget`: the maximum number of tokens of thoughts; 0 turns them off, -1 lets the model
        /// decide. Gemini 2.5.
        pub thinking_budget: Option<i64>,
        /// `thinkingLevel`: how much the model thinks, instead of a budget. Gemini 3.
        pub thinking_level: Option<ThinkingLevel>,
    }
}

object! {
    /// The format of generated images: `imageConfig`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request, new)]
    pub struct ImageConfig {
        /// `aspectRatio`: the ratio of width to height, such as `16:9`.
        pub aspect_ratio: Option<String>,
        /// `imageSize`: `1K`, `2K` or `4K`.
        pub image_size: Option<String>,
    }
}
