//! The media of a part: in the body, or a file that the server fetches.

mod offset;

use crate::{
    api::{conversions::conversions, object::object, open_enum::open_enum, source::Base64},
    error::Result,
    media::{Media, redact},
};
use std::{fmt, time::Duration};

object! {
    /// Media in the body: `inlineData`.
    #[serde(rename_all = "camelCase")]
    #[object(shared)]
    pub struct InlineData {
        /// `mimeType`: the MIME type, such as `video/mp4`. Required.
        pub mime_type: String,
        /// `data`: the media as base64.
        pub data: Base64,
        /// `displayName`: a name that other parts can refer to. Vertex only.
        pub display_name: Option<String>,
    }
}

impl InlineData {
    /// Creates inline data from a [`Media`], or from a string that is already base64.
    pub fn new(mime_type: impl Into<String>, data: impl Into<Base64>) -> InlineData {
        InlineData { mime_type: mime_type.into(), data: data.into(), ..InlineData::default() }
    }

    /// Returns the media, or decodes the string, in memory, to media of this MIME type.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid): the string is not base64.
    pub fn decode(&self) -> Result<Media> {
        self.data.decode_as(Some(&self.mime_type))
    }
}

conversions! { InlineData:
    Media: media => InlineData::from(&media),
    &Media: media => InlineData::new(media.mime(), media),
}

object! {
    /// A file that the server fetches: `fileData`.
    ///
    /// `Debug` hides the credentials and the query of the URI.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(shared_without_debug)]
    pub struct FileData {
        /// `mimeType`: the MIME type, such as `video/mp4`. Leave it out for YouTube.
        pub mime_type: Option<String>,
        /// `fileUri`: a web URL, a `gs://` URL, or the name of an uploaded file. It is sent unchanged.
        pub file_uri: String,
        /// `displayName`: a name that other parts can refer to. Vertex only.
        pub display_name: Option<String>,
    }
}

impl FileData {
    /// Creates file data from a URI, without a MIME type.
    pub fn new(uri: impl Into<String>) -> FileData {
        FileData { file_uri: uri.into(), ..FileData::default() }
    }
}

impl fmt::Debug for FileData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileData")
            .field("mime_type", &self.mime_type)
            .field("file_uri", &redact(&self.file_uri))
            .field("display_name", &self.display_name)
            .field("extra", &self.extra)
            .finish()
    }
}

conversions! { FileData:
    &str: uri => FileData::new(uri),
    &String: uri => FileData::new(uri),
    String: uri => FileData::new(uri),
}

object! {
    /// The section of a video that the model sees, and its frame rate: `videoMetadata`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct VideoMetadata {
        /// `startOffset`: where the section begins.
        #[serde(serialize_with = "offset::serialize")]
        #[read("offset::deserialize")]
        pub start_offset: Option<Duration>,
        /// `endOffset`: where the section ends, after `start_offset`.
        #[serde(serialize_with = "offset::serialize")]
        #[read("offset::deserialize")]
        pub end_offset: Option<Duration>,
        /// `fps`: the frames that the model sees per second of video, above 0 and up to 24. The API's default
        /// is 1.
        pub fps: Option<f64>,
    }
}

open_enum! {
    /// The resolution at which the model sees media, and so the tokens that they cost: `mediaResolution`.
    pub enum MediaResolution {
        /// `MEDIA_RESOLUTION_UNSPECIFIED`: the model's default.
        Unspecified = "MEDIA_RESOLUTION_UNSPECIFIED",
        /// `MEDIA_RESOLUTION_LOW`.
        Low = "MEDIA_RESOLUTION_LOW",
        /// `MEDIA_RESOLUTION_MEDIUM`.
        Medium = "MEDIA_RESOLUTION_MEDIUM",
        /// `MEDIA_RESOLUTION_HIGH`.
        High = "MEDIA_RESOLUTION_HIGH",
        /// `MEDIA_RESOLUTION_ULTRA_HIGH`: for a part, not for a request.
        UltraHigh = "MEDIA_RESOLUTION_ULTRA_HIGH",
    }
}

object! {
    /// The resolution at which the model sees one part: `mediaResolution` of a part. Gemini 3.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct PartMediaResolution {
        /// `level`: the resolution.
        pub level: Option<MediaResolution>,
        /// `numTokens`: the tokens that the part costs.
        #[setter(none)]
        pub num_tokens: Option<i64>,
    }
}

impl PartMediaResolution {
    /// Creates a resolution from the number of tokens that the part costs: `numTokens`.
    ///
    /// Any integer type is accepted. A number that does not fit becomes `i64::MAX`.
    pub fn num_tokens(tokens: impl TryInto<i64>) -> PartMediaResolution {
        PartMediaResolution {
            num_tokens: Some(tokens.try_into().unwrap_or(i64::MAX)),
            ..PartMediaResolution::default()
        }
    }
}

conversions! { PartMediaResolution:
    MediaResolution: level => PartMediaResolution { level: Some(level), ..PartMediaResolution::default() },
    /// Converts the name of a level, such as `MEDIA_RESOLUTION_HIGH`.
    &str: level => MediaResolution::from(level).into(),
}
