//! What stands inside parts: URLs, audio and files.

use crate::api::{
    extra::Extra,
    open_enum::open_enum,
    source::{Base64, Source},
};
use serde::{Deserialize, Serialize};

open_enum! {
    /// How closely a model looks: `detail` beside a URL.
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
    /// What the bytes of [`InputAudio`] are: its `format`.
    pub enum AudioFormat {
        /// WAV.
        Wav = "wav",
        /// MP3.
        Mp3 = "mp3",
    }
}

/// The object in a `video_url`, `audio_url` or `image_url` part.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MediaUrl {
    /// `url`: a URL that the server fetches, or a media, as a data URI.
    pub url: Source,
    /// `detail`: how closely the model looks; OpenAI documents it for images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl MediaUrl {
    pub(super) fn new(url: Source) -> MediaUrl {
        MediaUrl { url, detail: None, extra: Extra::default() }
    }
}

/// The object in an `input_audio` part.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputAudio {
    /// `data`: the audio as base64, without a `data:` prefix.
    pub data: Base64,
    /// `format`: what the audio is. Of a media of type WAV or MP3 it is known; of any other it has to be
    /// set before a body can be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<AudioFormat>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl InputAudio {
    pub(super) fn new(data: Base64) -> InputAudio {
        let mime = match &data {
            Base64::Media(media) => media.mime(),
            Base64::Encoded(_) => "",
        };
        let format = match mime.split(';').next().unwrap_or_default() {
            "audio/wav" | "audio/wave" | "audio/x-wav" | "audio/vnd.wave" => Some(AudioFormat::Wav),
            "audio/mp3" | "audio/mpeg" => Some(AudioFormat::Mp3),
            _ => None,
        };
        InputAudio { data, format, extra: Extra::default() }
    }
}

/// The object in a `file` part.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FileData {
    /// `filename`: what the model is told that the file is called. OpenAI wants one beside `file_data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// `file_data`: the file as a data URI; some servers take a URL as well. This or `file_id` has to be
    /// set before a body can be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_data: Option<Source>,
    /// `file_id`: the id of a file that was uploaded before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_id: Option<String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}
