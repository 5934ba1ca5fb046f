//! Parts of a message's content.

use super::payload::{AudioFormat, Detail, FileData, InputAudio, MediaUrl};
use crate::{
    api::{
        extra::Extra,
        source::{Base64, MediaKind, Source},
    },
    media::Media,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser::SerializeMap};
use serde_json::{Map, Value};

/// One part of a message's content: a text, or something to see or to hear.
///
/// ```
/// use niello::{Media, chat::{Detail, Part}};
///
/// let still = Media::from_bytes(&b"\x89PNG"[..], "image/png")?;
/// let parts = [
///     Part::text("Is this the same place?"),
///     Part::video("https://www.youtube.com/watch?v=9hE5-98ZeCg"),
///     Part::image(&still).detail(Detail::Low),
/// ];
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "its methods give back what they set"]
#[non_exhaustive]
pub struct Part {
    /// What the part is: its `type`, and the value under the key of the same name.
    pub kind: PartKind,
    /// Keys beside `type` and that one, as `cache_control`.
    pub extra: Extra,
    /// The setter that found nothing here to set, for the check to name.
    pub(super) misplaced: Option<&'static str>,
}

/// What a part is: its `type`, with what stands under the key of that name.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PartKind {
    /// `text`.
    Text(String),
    /// `video_url`.
    VideoUrl(MediaUrl),
    /// `audio_url`.
    AudioUrl(MediaUrl),
    /// `image_url`.
    ImageUrl(MediaUrl),
    /// `input_audio`: WAV or MP3 as bare base64.
    InputAudio(InputAudio),
    /// `file`.
    File(FileData),
    /// `refusal`: in answers, why the model does not answer.
    Refusal(String),
    /// A `type` that this crate does not know, or a known one of unknown shape. All its other keys are in
    /// [`extra`](Part#structfield.extra).
    Other(String),
}

impl PartKind {
    /// The `type`, which is also the key of the value.
    pub fn as_str(&self) -> &str {
        match self {
            PartKind::Text(_) => "text",
            PartKind::VideoUrl(_) => "video_url",
            PartKind::AudioUrl(_) => "audio_url",
            PartKind::ImageUrl(_) => "image_url",
            PartKind::InputAudio(_) => "input_audio",
            PartKind::File(_) => "file",
            PartKind::Refusal(_) => "refusal",
            PartKind::Other(kind) => kind,
        }
    }
}

impl Part {
    /// A text: `text`.
    pub fn text(text: impl Into<String>) -> Part {
        PartKind::Text(text.into()).into()
    }

    /// A video, by URL (one of YouTube, too) or from a [`Media`]: `video_url`.
    pub fn video(video: impl Into<Source>) -> Part {
        PartKind::VideoUrl(MediaUrl::new(video.into())).into()
    }

    /// Audio, by URL or from a [`Media`]: `audio_url`. OpenAI's own models take [`input_audio`](Part::input_audio).
    pub fn audio(audio: impl Into<Source>) -> Part {
        PartKind::AudioUrl(MediaUrl::new(audio.into())).into()
    }

    /// An image, by URL or from a [`Media`]: `image_url`.
    pub fn image(image: impl Into<Source>) -> Part {
        PartKind::ImageUrl(MediaUrl::new(image.into())).into()
    }

    /// Video, audio, image or file, by the type of the [`Media`] or the extension of the URL. A URL that
    /// does not tell is a file, but one of YouTube a video.
    ///
    /// ```
    /// use niello::chat::{Part, PartKind};
    /// let part = Part::media("https://example.com/talk.mp3");
    /// assert!(matches!(part.kind, PartKind::AudioUrl(_)));
    /// ```
    pub fn media(media: impl Into<Source>) -> Part {
        let media = media.into();
        match media.kind() {
            MediaKind::Video => Part::video(media),
            MediaKind::Audio => Part::audio(media),
            MediaKind::Image => Part::image(media),
            MediaKind::File => Part::file(media),
        }
    }

    /// WAV or MP3 as bare base64: a [`Media`], with its format by the MIME type, or a text that is base64
    /// already, whose [`format`](Part::format) has to be said.
    pub fn input_audio(audio: impl Into<Base64>) -> Part {
        PartKind::InputAudio(InputAudio::new(audio.into())).into()
    }

    /// Any file, as a data URI: `file` with `file_data`. OpenAI wants a [`filename`](Part::filename) with it.
    pub fn file(file: impl Into<Source>) -> Part {
        PartKind::File(FileData { file_data: Some(file.into()), ..FileData::default() }).into()
    }

    /// A file that was uploaded before, by its id: `file` with `file_id`.
    pub fn file_id(id: impl Into<String>) -> Part {
        PartKind::File(FileData { file_id: Some(id.into()), ..FileData::default() }).into()
    }

    /// Sets `detail`, which stands beside the URL of a video, audio or image. On any other part, it is an error
    /// when a body is made.
    pub fn detail(mut self, detail: impl Into<Detail>) -> Part {
        match &mut self.kind {
            PartKind::VideoUrl(url) | PartKind::AudioUrl(url) | PartKind::ImageUrl(url) => {
                url.detail = Some(detail.into());
            }
            _ => self.misplaced = Some("detail"),
        }
        self
    }

    /// Sets `filename`, which stands in a file part. On any other part, it is an error when a body is made.
    pub fn filename(mut self, name: impl Into<String>) -> Part {
        match &mut self.kind {
            PartKind::File(file) => file.filename = Some(name.into()),
            _ => self.misplaced = Some("filename"),
        }
        self
    }

    /// Sets `format`, which stands in an input audio part. It is sent whatever the MIME type is. On any other
    /// part, it is an error when a body is made.
    pub fn format(mut self, format: impl Into<AudioFormat>) -> Part {
        match &mut self.kind {
            PartKind::InputAudio(audio) => audio.format = Some(format.into()),
            _ => self.misplaced = Some("format"),
        }
        self
    }

    /// Adds a key that a vendor takes, beside `type`. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Part {
        self.extra.insert(key, value);
        self
    }

    /// Adds a key that a vendor takes, inside the object that the part has under the name of its type, as
    /// beside the `url` in `video_url`. In a part without such an object, a text, it stands beside `type`.
    ///
    /// ```
    /// use niello::chat::{Message, Part, Request};
    ///
    /// let part = Part::video("https://example.com/a.mp4").inner_extra("fps", 1).extra("uuid", "u1");
    /// let json = serde_json::to_value(&part).unwrap();
    /// assert_eq!(json["video_url"]["fps"], 1);
    /// assert_eq!(json["uuid"], "u1");
    /// ```
    pub fn inner_extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Part {
        let inner = match &mut self.kind {
            PartKind::VideoUrl(url) | PartKind::AudioUrl(url) | PartKind::ImageUrl(url) => &mut url.extra,
            PartKind::InputAudio(audio) => &mut audio.extra,
            PartKind::File(file) => &mut file.extra,
            PartKind::Text(_) | PartKind::Refusal(_) | PartKind::Other(_) => &mut self.extra,
        };
        inner.insert(key, value);
        self
    }
}

impl From<PartKind> for Part {
    fn from(kind: PartKind) -> Part {
        Part { kind, extra: Extra::default(), misplaced: None }
    }
}

impl From<&str> for Part {
    fn from(text: &str) -> Part {
        Part::text(text)
    }
}

impl From<String> for Part {
    fn from(text: String) -> Part {
        Part::text(text)
    }
}

impl From<Media> for Part {
    fn from(media: Media) -> Part {
        Part::media(media)
    }
}

impl From<&Media> for Part {
    fn from(media: &Media) -> Part {
        Part::media(media)
    }
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let key = self.kind.as_str();
        let mut part = serializer.serialize_map(None)?;
        // No name is of a part that was read without one.
        if !key.is_empty() {
            part.serialize_entry("type", key)?;
        }
        match &self.kind {
            PartKind::Text(text) | PartKind::Refusal(text) => part.serialize_entry(key, text)?,
            PartKind::VideoUrl(url) | PartKind::AudioUrl(url) | PartKind::ImageUrl(url) => {
                part.serialize_entry(key, url)?;
            }
            PartKind::InputAudio(audio) => part.serialize_entry(key, audio)?,
            PartKind::File(file) => part.serialize_entry(key, file)?,
            PartKind::Other(_) => {}
        }
        for (key, value) in self.extra.iter() {
            part.serialize_entry(key, value)?;
        }
        part.end()
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Part, D::Error> {
        Value::deserialize(deserializer).map(Part::read)
    }
}

impl Part {
    /// Reads an object as a part, and whatever else servers may give in its place as a text.
    pub(super) fn read(value: Value) -> Part {
        let mut keys = match value {
            Value::Object(keys) => keys,
            Value::String(text) => return Part::text(text),
            value => return Part::text(value.to_string()),
        };
        let kind = match keys.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            _ => String::new(),
        };
        let kind = known(&kind, &mut keys).unwrap_or(PartKind::Other(kind));
        if !kind.as_str().is_empty() {
            keys.remove("type");
        }
        let mut part = Part::from(kind);
        part.extra.extend(keys);
        part
    }

    /// Whether it says nothing, or not what it is: such a part no server takes.
    pub(super) fn is_blank(&self) -> bool {
        match &self.kind {
            PartKind::Other(kind) => kind.is_empty() || self.extra.values().all(Value::is_null),
            _ => false,
        }
    }
}

/// The kind of this name, its value taken out of `keys`; `None`, and nothing taken, if there is no such
/// kind or the value is not of its shape.
fn known(kind: &str, keys: &mut Map<String, Value>) -> Option<PartKind> {
    Some(match kind {
        "text" => PartKind::Text(value(kind, keys)?),
        "video_url" => PartKind::VideoUrl(value(kind, keys)?),
        "audio_url" => PartKind::AudioUrl(value(kind, keys)?),
        "image_url" => PartKind::ImageUrl(value(kind, keys)?),
        "input_audio" => PartKind::InputAudio(value(kind, keys)?),
        "file" => PartKind::File(value(kind, keys)?),
        "refusal" => PartKind::Refusal(value(kind, keys)?),
        _ => return None,
    })
}

fn value<T: DeserializeOwned>(key: &str, keys: &mut Map<String, Value>) -> Option<T> {
    let value = T::deserialize(keys.get(key)?).ok()?;
    keys.remove(key);
    Some(value)
}
