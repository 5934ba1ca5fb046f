//! The parts of a message: a payload, which is text or media, and extra keys.

use super::payload::{AudioFormat, Detail, FileData, InputAudio, MediaUrl};
use crate::{
    api::{
        conversions::conversions,
        extra::Extra,
        read::{Key, Lenient, Read},
        source::{Base64, MediaKind, Source},
    },
    media::Media,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess},
    ser::SerializeMap,
};
use serde_json::{Map, Value};

/// A part of a message: text or media.
///
/// # Examples
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
#[must_use = "setters return the changed value"]
#[non_exhaustive]
pub struct Part {
    /// The `type`, and the payload under the key of that name.
    pub kind: PartKind,
    /// All other keys, such as `cache_control`.
    pub extra: Extra,
    /// The last setter that was called but does not apply to this kind of part, for the check to report.
    pub(super) misplaced: Option<&'static str>,
}

/// The payload of a [`Part`]: its `type`, and the value under the key of that name.
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
    /// `refusal`: in responses, the explanation why the model refuses.
    Refusal(String),
    /// Any other `type`, or one of the above with a value of unknown shape. The value is in
    /// [`extra`](Part#structfield.extra).
    Other(String),
}

impl PartKind {
    /// Returns the `type`, which is also the key of the payload.
    pub fn as_str(&self) -> &str {
        match self {
            PartKind::Text(_) => "text",
            PartKind::VideoUrl(_) => "video_url",
            PartKind::AudioUrl(_) => "audio_url",
            PartKind::ImageUrl(_) => "image_url",
            PartKind::InputAudio(_) => "input_audio",
            PartKind::File(_) => "file",
            PartKind::Refusal(_) => "refusal",
            PartKind::Other(name) => name,
        }
    }

    /// Reads the payload of type `name` from the members of a part. Returns `None` for an unknown type, or a value of
    /// unknown shape.
    fn read(name: &str, members: &Map<String, Value>) -> Option<PartKind> {
        let payload = members.get(name)?;
        // As for a text after the type.
        let string = || match payload {
            Value::Null => None,
            Value::String(string) => Some(string.clone()),
            value => Some(value.to_string()),
        };
        Some(match name {
            "text" => PartKind::Text(string()?),
            "video_url" => PartKind::VideoUrl(media_url(payload)?),
            "audio_url" => PartKind::AudioUrl(media_url(payload)?),
            "image_url" => PartKind::ImageUrl(media_url(payload)?),
            "input_audio" => PartKind::InputAudio(object(payload, "data")?),
            "file" => PartKind::File(FileData::deserialize(payload).ok()?),
            "refusal" => PartKind::Refusal(string()?),
            _ => return None,
        })
    }
}

/// Returns `true` for the types whose payload is a string.
fn is_text(name: &str) -> bool {
    matches!(name, "text" | "refusal")
}

/// Reads a URL from an object, or from a string in place of one.
fn media_url(payload: &Value) -> Option<MediaUrl> {
    payload.as_str().map(MediaUrl::new).or_else(|| object(payload, "url"))
}

/// Reads an object that must have a string under `key`.
fn object<T: DeserializeOwned>(payload: &Value, key: &str) -> Option<T> {
    payload.get(key)?.as_str()?;
    T::deserialize(payload).ok()
}

impl Part {
    /// Creates a text part: `text`.
    pub fn text(text: impl Into<String>) -> Part {
        PartKind::Text(text.into()).into()
    }

    /// Creates a video part from a URL, which may be a YouTube link, or from a [`Media`]: `video_url`.
    pub fn video(video: impl Into<Source>) -> Part {
        PartKind::VideoUrl(MediaUrl::new(video)).into()
    }

    /// Creates an audio part from a URL or a [`Media`]: `audio_url`. For OpenAI's own models, use
    /// [`input_audio`](Part::input_audio).
    pub fn audio(audio: impl Into<Source>) -> Part {
        PartKind::AudioUrl(MediaUrl::new(audio)).into()
    }

    /// Creates an image part from a URL or a [`Media`]: `image_url`.
    pub fn image(image: impl Into<Source>) -> Part {
        PartKind::ImageUrl(MediaUrl::new(image)).into()
    }

    /// Creates a video, audio, image or file part, by the MIME type of the [`Media`] or the extension of the URL.
    ///
    /// YouTube links become videos, and all other URLs without a known extension files.
    ///
    /// # Examples
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

    /// Creates an audio part with bare base64: `input_audio`.
    ///
    /// `audio` is a [`Media`], or a string that is already base64. For a string, and for media that is not WAV or MP3,
    /// set the [`format`](Part::format), or making the body fails.
    pub fn input_audio(audio: impl Into<Base64>) -> Part {
        PartKind::InputAudio(InputAudio::new(audio)).into()
    }

    /// Creates a part for any file, sent as a data URI: `file` with `file_data`. OpenAI requires a
    /// [`filename`](Part::filename) with it.
    pub fn file(file: impl Into<Source>) -> Part {
        PartKind::File(FileData::default().file_data(file)).into()
    }

    /// Creates a part for an uploaded file: `file` with `file_id`.
    pub fn file_id(id: impl Into<String>) -> Part {
        PartKind::File(FileData::default().file_id(id)).into()
    }

    /// Sets `detail` of a video, audio or image part: how closely the model looks.
    ///
    /// On any other part, making the body fails.
    pub fn detail(mut self, detail: impl Into<Detail>) -> Part {
        match &mut self.kind {
            PartKind::VideoUrl(url) | PartKind::AudioUrl(url) | PartKind::ImageUrl(url) => {
                url.detail = Some(detail.into());
            }
            _ => self.misplaced = Some("detail"),
        }
        self
    }

    /// Sets `filename` of a file part: the name of the file, for the model.
    ///
    /// On any other part, making the body fails.
    pub fn filename(mut self, name: impl Into<String>) -> Part {
        match &mut self.kind {
            PartKind::File(file) => file.filename = Some(name.into()),
            _ => self.misplaced = Some("filename"),
        }
        self
    }

    /// Sets `format` of an input audio part, whatever its MIME type is.
    ///
    /// On any other part, making the body fails.
    pub fn format(mut self, format: impl Into<AudioFormat>) -> Part {
        match &mut self.kind {
            PartKind::InputAudio(audio) => audio.format = Some(format.into()),
            _ => self.misplaced = Some("format"),
        }
        self
    }

    /// Sets a key next to `type`, replacing an earlier value.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Part {
        self.extra.insert(key, value);
        self
    }

    /// Sets a key inside the payload, such as next to `url` in `video_url`, replacing an earlier value.
    ///
    /// If the payload is not an object, as in a text part, the key is set next to `type`.
    ///
    /// # Examples
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

    /// Returns the media of the part, or `None` if it has text, a URL, or a string of base64.
    pub fn as_media(&self) -> Option<&Media> {
        match &self.kind {
            PartKind::VideoUrl(url) | PartKind::AudioUrl(url) | PartKind::ImageUrl(url) => url.url.as_media(),
            PartKind::InputAudio(audio) => audio.data.as_media(),
            PartKind::File(file) => file.file_data.as_ref()?.as_media(),
            PartKind::Text(_) | PartKind::Refusal(_) | PartKind::Other(_) => None,
        }
    }

    /// Returns `true` if the part has no `type`, or nothing but a `type`. Servers reject such a part.
    pub(super) fn is_blank(&self) -> bool {
        match &self.kind {
            PartKind::Other(name) => name.is_empty() || self.extra.iter().all(|(_, value)| value.is_null()),
            _ => false,
        }
    }
}

conversions! { Part:
    PartKind: kind => Part { kind, extra: Extra::default(), misplaced: None },
    &str: text => Part::text(text),
    String: text => Part::text(text),
    Media: media => Part::media(media),
    &Media: media => Part::media(media),
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let key = self.kind.as_str();
        let mut part = serializer.serialize_map(None)?;
        // A part that was read without a `type` has an empty one.
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

/// Reads a part from an object, and a text part from any other value, because some servers send strings.
impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Part, D::Error> {
        let part = <Part as Lenient>::read(deserializer)?;
        Ok(part.unwrap_or_else(|value| Part::text(value.to_string())))
    }
}

impl Lenient for Part {
    fn read_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Result<Part, Value>, A::Error> {
        let mut name = String::new();
        let mut text = None;
        let mut members = Map::new();
        while let Some(Key(key)) = map.next_key()? {
            // The type, and a text after it, need no map, which takes much more memory than they do.
            let is_type = key == "type";
            if !is_type && (key != name || !is_text(&name)) {
                let value: Value = map.next_value()?;
                members.insert(key.into_owned(), value);
                continue;
            }
            let string = match map.next_value::<Read<String>>()?.0 {
                Err(Value::Null) => continue,
                string => string.unwrap_or_else(|value| value.to_string()),
            };
            if is_type {
                name = string;
            } else {
                text = Some(string);
            }
        }
        let kind = match text {
            Some(text) if name == "text" => Some(PartKind::Text(text)),
            Some(text) => Some(PartKind::Refusal(text)),
            None => PartKind::read(&name, &members),
        };
        // A text of null before the type is left out, as one after it is. `Map::remove` would reorder the other members if
        // serde_json's feature `preserve_order` is on.
        let is_null_text = |value: &Value| value.is_null() && is_text(&name);
        members.retain(|key, value| *key != name || kind.is_none() && !is_null_text(value));
        Ok(Ok(Part { extra: members.into(), ..Part::from(kind.unwrap_or(PartKind::Other(name))) }))
    }

    fn read_value(value: Value) -> Result<Part, Value> {
        match value {
            Value::String(text) => Ok(Part::text(text)),
            value => Err(value),
        }
    }
}
