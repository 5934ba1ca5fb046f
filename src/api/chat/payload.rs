//! The payloads of parts: URLs, audio and files.

use crate::{
    api::{
        extra::Extra,
        object::object,
        open_enum::open_enum,
        source::{Base64, Source},
    },
    media::canonical_mime,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

open_enum! {
    /// How closely a model looks at an image or video: `detail`.
    pub enum Detail {
        /// The model decides.
        Auto = "auto",
        /// Few tokens.
        Low = "low",
        /// Many tokens.
        High = "high",
    }
}

open_enum! {
    /// The encoding of [`InputAudio`]: `format`.
    pub enum AudioFormat {
        /// WAV.
        Wav = "wav",
        /// MP3.
        Mp3 = "mp3",
    }
}

// `MediaUrl` and `InputAudio` do not use `object!` because `url` and `data` have no default: a part that lacks them
// is read as `PartKind::Other`.

/// The payload of a `video_url`, `audio_url` or `image_url` part.
///
/// A string is read as the `url`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct MediaUrl {
    /// `url`: a URL that the server fetches, or media, sent as a data URI.
    pub url: Source,
    /// `detail`: how closely the model looks. OpenAI documents it for images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
    /// Fields that this type does not define.
    #[serde(flatten)]
    pub extra: Extra,
}

impl MediaUrl {
    /// Creates the payload from a URL or a [`Media`](crate::Media).
    pub fn new(url: impl Into<Source>) -> MediaUrl {
        MediaUrl { url: url.into(), detail: None, extra: Extra::default() }
    }
}

impl Serialize for MediaUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MediaUrl::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for MediaUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MediaUrl, D::Error> {
        struct UrlOrObject;
        impl<'de> Visitor<'de> for UrlOrObject {
            type Value = MediaUrl;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a URL, or an object with a url")
            }

            fn visit_str<E>(self, url: &str) -> Result<MediaUrl, E> {
                Ok(MediaUrl::new(url))
            }

            fn visit_string<E>(self, url: String) -> Result<MediaUrl, E> {
                Ok(MediaUrl::new(url))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MediaUrl, A::Error> {
                MediaUrl::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(UrlOrObject)
    }
}

/// The payload of an `input_audio` part.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputAudio {
    /// `data`: the audio as base64, without a `data:` prefix.
    pub data: Base64,
    /// `format`: the encoding of the audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<AudioFormat>,
    /// Fields that this type does not define.
    #[serde(flatten)]
    pub extra: Extra,
}

impl InputAudio {
    /// Creates the payload from a [`Media`](crate::Media), or from a string that is already base64.
    ///
    /// Sets the format if the media is WAV or MP3. Otherwise set it yourself, or making the body fails.
    pub fn new(data: impl Into<Base64>) -> InputAudio {
        let data = data.into();
        let mime = match &data {
            Base64::Media(media) => media.mime(),
            Base64::Encoded(_) => "",
        };
        let format = match &*canonical_mime(mime) {
            "audio/wav" => Some(AudioFormat::Wav),
            "audio/mp3" => Some(AudioFormat::Mp3),
            _ => None,
        };
        InputAudio { data, format, extra: Extra::default() }
    }
}

object! {
    /// The payload of a `file` part. Either `file_data` or `file_id` is required.
    #[object(request)]
    pub struct FileData {
        /// `filename`: the name of the file, for the model. OpenAI requires it with `file_data`.
        pub filename: Option<String>,
        /// `file_data`: the file as a data URI. Some servers accept a URL as well.
        pub file_data: Option<Source>,
        /// `file_id`: the identifier of an uploaded file.
        pub file_id: Option<String>,
    }
}
