//! How an answer is made: `generationConfig`.

use super::{MediaResolution, Schema, SpeechConfig};
use crate::api::{
    extra::Extra,
    lenient::{integer, null_as_default},
    open_enum::open_enum,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[must_use = "its methods give back what they set"]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct GenerationConfig {
    /// `maxOutputTokens`: the most tokens of an answer; thoughts count.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<i64>,
    /// `temperature`: 0 for the likeliest tokens, up to 2 for more variety.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// `topP`: tokens are drawn from the likeliest that together reach this probability, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// `topK`: tokens are drawn from this many of the likeliest.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub top_k: Option<i64>,
    /// `candidateCount`: how many answers; the API's default is 1.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub candidate_count: Option<i64>,
    /// `stopSequences`: texts at which the answer ends, up to 5.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<String>,
    /// `seed`: for answers that are much the same each time.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// `presencePenalty`: above 0, tokens that stand in the answer already are less likely; -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// `frequencyPenalty`: the same, for each time that a token stands there; -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// `responseLogprobs`: whether the answer comes with log probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_logprobs: Option<bool>,
    /// `logprobs`: for how many of the likeliest tokens at each step, up to 20.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<i64>,
    /// `responseMimeType`: `text/plain`, `application/json` or `text/x.enum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mime_type: Option<String>,
    /// `responseSchema`: the shape of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_schema: Option<Schema>,
    /// `responseJsonSchema`: the shape of the answer, as JSON Schema; instead of `response_schema`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_json_schema: Option<Value>,
    /// `responseModalities`: what the answer may consist of.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub response_modalities: Vec<Modality>,
    /// `speechConfig`: the voice of a spoken answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speech_config: Option<SpeechConfig>,
    /// `thinkingConfig`: how much the model thinks first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_config: Option<ThinkingConfig>,
    /// `imageConfig`: the form of images in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_config: Option<ImageConfig>,
    /// `mediaResolution`: how finely media are seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_resolution: Option<MediaResolution>,
    /// `audioTimestamp`: whether the model is told the time within audio. Vertex only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_timestamp: Option<bool>,
    /// `enableEnhancedCivicAnswers`: whether answers about civic matters are enhanced. Not for all models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_enhanced_civic_answers: Option<bool>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl GenerationConfig {
    /// Everything left to the model's defaults.
    pub fn new() -> GenerationConfig {
        GenerationConfig::default()
    }

    /// `maxOutputTokens`: the most tokens of an answer; thoughts count.
    pub fn max_output_tokens(mut self, tokens: impl Into<i64>) -> GenerationConfig {
        self.max_output_tokens = Some(tokens.into());
        self
    }

    /// `temperature`: 0 for the likeliest tokens, up to 2 for more variety.
    pub fn temperature(mut self, temperature: f64) -> GenerationConfig {
        self.temperature = Some(temperature);
        self
    }

    /// `topP`: tokens are drawn from the likeliest that together reach this probability, 0 to 1.
    pub fn top_p(mut self, top_p: f64) -> GenerationConfig {
        self.top_p = Some(top_p);
        self
    }

    /// `topK`: tokens are drawn from this many of the likeliest.
    pub fn top_k(mut self, top_k: impl Into<i64>) -> GenerationConfig {
        self.top_k = Some(top_k.into());
        self
    }

    /// `candidateCount`: how many answers; the API's default is 1.
    pub fn candidate_count(mut self, count: impl Into<i64>) -> GenerationConfig {
        self.candidate_count = Some(count.into());
        self
    }

    /// `stopSequences`: texts at which the answer ends, up to 5.
    pub fn stop_sequences(
        mut self,
        sequences: impl IntoIterator<Item = impl Into<String>>,
    ) -> GenerationConfig {
        self.stop_sequences = sequences.into_iter().map(Into::into).collect();
        self
    }

    /// `seed`: for answers that are much the same each time.
    pub fn seed(mut self, seed: impl Into<i64>) -> GenerationConfig {
        self.seed = Some(seed.into());
        self
    }

    /// `presencePenalty`: above 0, tokens that stand in the answer already are less likely; -2 to 2.
    pub fn presence_penalty(mut self, penalty: f64) -> GenerationConfig {
        self.presence_penalty = Some(penalty);
        self
    }

    /// `frequencyPenalty`: the same, for each time that a token stands there; -2 to 2.
    pub fn frequency_penalty(mut self, penalty: f64) -> GenerationConfig {
        self.frequency_penalty = Some(penalty);
        self
    }

    /// `responseLogprobs`: whether the answer comes with log probabilities.
    pub fn response_logprobs(mut self, wanted: bool) -> GenerationConfig {
        self.response_logprobs = Some(wanted);
        self
    }

    /// `logprobs`: for how many of the likeliest tokens at each step, up to 20.
    pub fn logprobs(mut self, tokens: impl Into<i64>) -> GenerationConfig {
        self.logprobs = Some(tokens.into());
        self
    }

    /// `responseMimeType`: `text/plain`, `application/json` or `text/x.enum`.
    pub fn response_mime_type(mut self, mime: impl Into<String>) -> GenerationConfig {
        self.response_mime_type = Some(mime.into());
        self
    }

    /// `responseSchema`: the shape of the answer.
    pub fn response_schema(mut self, schema: Schema) -> GenerationConfig {
        self.response_schema = Some(schema);
        self
    }

    /// `responseJsonSchema`: the shape of the answer, as JSON Schema; instead of `responseSchema`.
    pub fn response_json_schema(mut self, schema: impl Into<Value>) -> GenerationConfig {
        self.response_json_schema = Some(schema.into());
        self
    }

    /// `responseModalities`: what the answer may consist of.
    pub fn response_modalities(
        mut self,
        modalities: impl IntoIterator<Item = impl Into<Modality>>,
    ) -> GenerationConfig {
        self.response_modalities = modalities.into_iter().map(Into::into).collect();
        self
    }

    /// `speechConfig`: the voice of a spoken answer.
    pub fn speech_config(mut self, config: SpeechConfig) -> GenerationConfig {
        self.speech_config = Some(config);
        self
    }

    /// `thinkingConfig`: how much the model thinks first.
    pub fn thinking_config(mut self, config: ThinkingConfig) -> GenerationConfig {
        self.thinking_config = Some(config);
        self
    }

    /// `imageConfig`: the form of images in the answer.
    pub fn image_config(mut self, config: ImageConfig) -> GenerationConfig {
        self.image_config = Some(config);
        self
    }

    /// `mediaResolution`: how finely media are seen.
    pub fn media_resolution(mut self, resolution: impl Into<MediaResolution>) -> GenerationConfig {
        self.media_resolution = Some(resolution.into());
        self
    }

    /// `audioTimestamp`: whether the model is told the time within audio. Vertex only.
    pub fn audio_timestamp(mut self, wanted: bool) -> GenerationConfig {
        self.audio_timestamp = Some(wanted);
        self
    }

    /// `enableEnhancedCivicAnswers`: whether answers about civic matters are enhanced. Not for all models.
    pub fn enable_enhanced_civic_answers(mut self, wanted: bool) -> GenerationConfig {
        self.enable_enhanced_civic_answers = Some(wanted);
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> GenerationConfig {
        self.extra.insert(key, value);
        self
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

/// How much the model thinks before it answers: `thinkingConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ThinkingConfig {
    /// `includeThoughts`: whether thoughts come with the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_thoughts: Option<bool>,
    /// `thinkingBudget`: the most tokens of thoughts; 0 for none, -1 for as many as the model sees fit.
    /// Gemini 2.5.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<i64>,
    /// `thinkingLevel`: instead of a budget. Gemini 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<ThinkingLevel>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ThinkingConfig {
    /// Everything left to the model's defaults.
    pub fn new() -> ThinkingConfig {
        ThinkingConfig::default()
    }

    /// `includeThoughts`: whether thoughts come with the answer.
    pub fn include_thoughts(mut self, wanted: bool) -> ThinkingConfig {
        self.include_thoughts = Some(wanted);
        self
    }

    /// `thinkingBudget`: the most tokens of thoughts; 0 for none, -1 for as many as the model sees fit.
    /// Gemini 2.5.
    pub fn thinking_budget(mut self, tokens: impl Into<i64>) -> ThinkingConfig {
        self.thinking_budget = Some(tokens.into());
        self
    }

    /// `thinkingLevel`: instead of a budget. Gemini 3.
    pub fn thinking_level(mut self, level: impl Into<ThinkingLevel>) -> ThinkingConfig {
        self.thinking_level = Some(level.into());
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> ThinkingConfig {
        self.extra.insert(key, value);
        self
    }
}

/// The form of images in the answer: `imageConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageConfig {
    /// `aspectRatio`: such as `16:9`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<String>,
    /// `imageSize`: `1K`, `2K` or `4K`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ImageConfig {
    /// Everything left to the model's defaults.
    pub fn new() -> ImageConfig {
        ImageConfig::default()
    }

    /// `aspectRatio`: such as `16:9`.
    pub fn aspect_ratio(mut self, ratio: impl Into<String>) -> ImageConfig {
        self.aspect_ratio = Some(ratio.into());
        self
    }

    /// `imageSize`: `1K`, `2K` or `4K`.
    pub fn image_size(mut self, size: impl Into<String>) -> ImageConfig {
        self.image_size = Some(size.into());
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> ImageConfig {
        self.extra.insert(key, value);
        self
    }
}
