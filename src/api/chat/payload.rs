//! The payloads of parts: URLs, audio and files.

use crate::{
    api::{
        object::object,
        open_enum::open_enum,
        source::{Base64, Source},
    },
    media::canonical_mime,
};
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

object! {
    /// The payload of a `video_url`, `audio_url` or `image_url` part.
    #[object(request)]
    pub struct MediaUrl {
        /// `url`: a URL that the server fetches, or media, sent as a data URI.
        pub url: Source,
        /// `detail`: how closely the model looks. OpenAI documents it for images.
        pub detail: Option<Detail>,
    }
}

impl MediaUrl {
    /// Creates the payload from a URL or a [`Media`](crate::Media).
    pub fn new(url: impl Into<Source>) -> MediaUrl {
        MediaUrl::default().url(url)
    }
}

object! {
    /// The payload of an `input_audio` part.
    #[object(request)]
    pub struct InputAudio {
        /// `data`: the audio as base64, without a `data:` prefix.
        pub data: Base64,
        /// `format`: the encoding of the audio.
        pub format: Option<AudioFormat>,
    }
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
        InputAudio { data, format, ..InputAudio::default() }
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
