//! What a part shows: media in the body, or a file that the server fetches.

use super::offset;
use crate::{
    api::{
        extra::Extra,
        lenient::{integer, null_as_default, or_default},
        open_enum::open_enum,
        source::Base64,
    },
    media::Media,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Media in the body: `inlineData`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct InlineData {
    /// `mimeType`: such as `video/mp4`. Required.
    #[serde(deserialize_with = "null_as_default")]
    pub mime_type: String,
    /// `data`: the media, as base64.
    #[serde(deserialize_with = "null_as_default")]
    pub data: Base64,
    /// `displayName`: a name that other parts can refer to. Vertex only.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl InlineData {
    /// Data of the given MIME type: a [`Media`], or a text that is base64 already.
    pub fn new(mime_type: impl Into<String>, data: impl Into<Base64>) -> InlineData {
        InlineData { mime_type: mime_type.into(), data: data.into(), ..InlineData::default() }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> InlineData {
        self.extra.insert(key, value);
        self
    }
}

/// The media, with its own MIME type.
impl From<Media> for InlineData {
    fn from(media: Media) -> InlineData {
        InlineData::new(media.mime(), &media)
    }
}

/// The media, with its own MIME type.
impl From<&Media> for InlineData {
    fn from(media: &Media) -> InlineData {
        InlineData::new(media.mime(), media)
    }
}

/// A file that the server fetches: `fileData`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileData {
    /// `mimeType`: such as `video/mp4`; left out for YouTube.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// `fileUri`: a web URL, a `gs://` URL, or the name of an uploaded file; passed on byte for byte.
    #[serde(deserialize_with = "null_as_default")]
    pub file_uri: String,
    /// `displayName`: a name that other parts can refer to. Vertex only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl FileData {
    /// The file at a URI, with no MIME type.
    pub fn new(uri: impl Into<String>) -> FileData {
        FileData { file_uri: uri.into(), ..FileData::default() }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> FileData {
        self.extra.insert(key, value);
        self
    }
}

/// Which part of a video is seen, and how often: `videoMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct VideoMetadata {
    /// `startOffset`: where in the video to begin.
    #[serde(with = "offset", skip_serializing_if = "Option::is_none")]
    pub start_offset: Option<Duration>,
    /// `endOffset`: where in the video to end; after `start_offset`.
    #[serde(with = "offset", skip_serializing_if = "Option::is_none")]
    pub end_offset: Option<Duration>,
    /// `fps`: frames seen for each second, above 0 and up to 24; the API's default is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl VideoMetadata {
    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> VideoMetadata {
        self.extra.insert(key, value);
        self
    }
}

/// Reads one of an odd shape, as with an offset below zero, with all its keys as extra ones. So it is no error
/// of an answer, and a request with it is not sent without it, since the check names such keys.
pub(super) fn video_metadata<'de, D>(deserializer: D) -> Result<Option<VideoMetadata>, D::Error>
where
    D: Deserializer<'de>,
{
    let value = Value::deserialize(deserializer)?;
    let odd = || {
        let extra = Extra::deserialize(&value).ok()?;
        Some(VideoMetadata { extra, ..VideoMetadata::default() })
    };
    Ok(Option::<VideoMetadata>::deserialize(&value).unwrap_or_else(|_| odd()))
}

open_enum! {
    /// How finely media are seen, which is how many tokens they cost: `mediaResolution`.
    pub enum MediaResolution {
        /// `MEDIA_RESOLUTION_UNSPECIFIED`: as the model's default.
        Unspecified = "MEDIA_RESOLUTION_UNSPECIFIED",
        /// `MEDIA_RESOLUTION_LOW`.
        Low = "MEDIA_RESOLUTION_LOW",
        /// `MEDIA_RESOLUTION_MEDIUM`.
        Medium = "MEDIA_RESOLUTION_MEDIUM",
        /// `MEDIA_RESOLUTION_HIGH`.
        High = "MEDIA_RESOLUTION_HIGH",
        /// `MEDIA_RESOLUTION_ULTRA_HIGH`: for one part only, not for a request.
        UltraHigh = "MEDIA_RESOLUTION_ULTRA_HIGH",
    }
}

/// How finely one part is seen: `mediaResolution` of a part. Gemini 3.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct PartMediaResolution {
    /// `level`: one of the steps that the API has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<MediaResolution>,
    /// `numTokens`: how many tokens the part costs.
    #[serde(deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub num_tokens: Option<i64>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl PartMediaResolution {
    /// By the number of tokens that the part costs.
    pub fn num_tokens(tokens: impl Into<i64>) -> PartMediaResolution {
        PartMediaResolution { num_tokens: Some(tokens.into()), ..PartMediaResolution::default() }
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> PartMediaResolution {
        self.extra.insert(key, value);
        self
    }
}

impl From<MediaResolution> for PartMediaResolution {
    fn from(level: MediaResolution) -> PartMediaResolution {
        PartMediaResolution { level: Some(level), ..PartMediaResolution::default() }
    }
}

/// Reads the object, or as some write it the name of the level alone.
pub(super) fn media_resolution<'de, D>(deserializer: D) -> Result<Option<PartMediaResolution>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::String(level) => Some(PartMediaResolution::from(&*level)),
        value => Option::deserialize(value).unwrap_or_default(),
    })
}

/// The name of a level, such as `MEDIA_RESOLUTION_HIGH`.
impl From<&str> for PartMediaResolution {
    fn from(level: &str) -> PartMediaResolution {
        MediaResolution::from(level).into()
    }
}
