//! One part of a turn: a payload and what describes it.

mod read;

use super::{
    CodeExecutionResult, ExecutableCode, FileData, FunctionCall, FunctionResponse, InlineData,
    PartMediaResolution, VideoMetadata,
};
use crate::{
    api::{conversions::conversions, extra::Extra, source::Source},
    media::Media,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// One part of a turn: one of `parts`.
///
/// Reading a part never loses a key: a payload that this crate does not know or cannot read stays in
/// [`extra`](Part#structfield.extra), and is written from there.
///
/// # Examples
/// ```
/// use niello::gemini::Part;
/// use std::time::Duration;
///
/// let part = Part::file("https://www.youtube.com/watch?v=9hE5-98ZeCg")
///     .start(Duration::from_secs(40))
///     .end(Duration::from_millis(81_500))
///     .fps(0.5);
/// let json = serde_json::json!({
///     "fileData": { "fileUri": "https://www.youtube.com/watch?v=9hE5-98ZeCg" },
///     "videoMetadata": { "startOffset": "40s", "endOffset": "81.500s", "fps": 0.5 }
/// });
/// assert_eq!(serde_json::to_value(&part).unwrap(), json);
/// ```
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "setters return the changed value"]
#[non_exhaustive]
pub struct Part {
    /// The payload, under the key that its variant names.
    #[serde(flatten)]
    pub kind: PartKind,
    /// `videoMetadata`: the section of a video that the model sees, and its frame rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_metadata: Option<Box<VideoMetadata>>,
    /// `thought`: whether the part belongs to the model's reasoning instead of its response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thought: Option<bool>,
    /// `thoughtSignature`: an opaque string. Send it back unchanged with this part in the next request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thought_signature: Option<String>,
    /// `mediaResolution`: the resolution at which the model sees this part. Gemini 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_resolution: Option<Box<PartMediaResolution>>,
    /// `partMetadata`: your own data about this part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_metadata: Option<Box<Map<String, Value>>>,
    /// Keys that this type does not have, including the payload of a part of kind [`PartKind::Other`].
    #[serde(flatten)]
    pub extra: Extra,
    /// The setter for media that was called on another part, for the check to report.
    #[serde(skip)]
    pub(super) misplaced: Option<&'static str>,
}

/// The payload of a [`Part`].
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PartKind {
    /// `text`: a string, which may be empty.
    Text(String),
    /// `inlineData`: media in the body.
    InlineData(Box<InlineData>),
    /// `fileData`: a file that the server fetches.
    FileData(Box<FileData>),
    /// `functionCall`: a call that the model asks for.
    FunctionCall(Box<FunctionCall>),
    /// `functionResponse`: the result of a call.
    FunctionResponse(Box<FunctionResponse>),
    /// `executableCode`: code that the model wrote for the server to run.
    ExecutableCode(Box<ExecutableCode>),
    /// `codeExecutionResult`: the result of running it.
    CodeExecutionResult(Box<CodeExecutionResult>),
    /// None of these: the payload, if there is one, is in [`extra`](Part#structfield.extra).
    #[default]
    #[serde(untagged)]
    Other,
}

impl PartKind {
    /// Returns the key of the payload, or `None` for [`Other`](PartKind::Other).
    pub fn key(&self) -> Option<&'static str> {
        Some(match self {
            PartKind::Text(_) => "text",
            PartKind::InlineData(_) => "inlineData",
            PartKind::FileData(_) => "fileData",
            PartKind::FunctionCall(_) => "functionCall",
            PartKind::FunctionResponse(_) => "functionResponse",
            PartKind::ExecutableCode(_) => "executableCode",
            PartKind::CodeExecutionResult(_) => "codeExecutionResult",
            PartKind::Other => return None,
        })
    }
}

impl Part {
    /// Returns the text of the part, which can be next to a payload of another kind in a response.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            PartKind::Text(text) => Some(text),
            _ => self.extra.get("text")?.as_str(),
        }
    }

    /// Creates a part with a string: `text`.
    pub fn text(text: impl Into<String>) -> Part {
        PartKind::Text(text.into()).into()
    }

    /// Creates a part with a file that the server fetches: `fileData`.
    ///
    /// The file is a public web URL (also of a YouTube video), a `gs://` URL, or the name of an uploaded
    /// file. A string has no MIME type: set one with [`mime`](Part::mime), except for YouTube.
    pub fn file(file: impl Into<FileData>) -> Part {
        PartKind::FileData(Box::new(file.into())).into()
    }

    /// Creates a part with media in the body: `inlineData`. A [`Media`] brings its MIME type.
    pub fn inline(data: impl Into<InlineData>) -> Part {
        PartKind::InlineData(Box::new(data.into())).into()
    }

    /// Creates a part with a [`Media`], as [`inline`](Part::inline), or a URL, as [`file`](Part::file) with
    /// the MIME type of its extension.
    ///
    /// # Examples
    /// ```
    /// use niello::gemini::{Part, PartKind};
    ///
    /// let part = Part::media("https://example.com/talk.mp3?t=1");
    /// let PartKind::FileData(file) = part.kind else { unreachable!() };
    /// assert_eq!(file.mime_type.as_deref(), Some("audio/mp3"));
    /// ```
    pub fn media(source: impl Into<Source>) -> Part {
        let source = source.into();
        let mime_type = source.mime().map(str::to_owned);
        match source {
            Source::Media(media) => Part::inline(media),
            Source::Url(url) => Part::file(FileData { mime_type, ..FileData::new(url) }),
        }
    }

    /// Creates a part with a call that the model made, to send it back: `functionCall`.
    pub fn function_call(call: FunctionCall) -> Part {
        PartKind::FunctionCall(Box::new(call)).into()
    }

    /// Creates a part with the result of a call: `functionResponse`.
    pub fn function_response(response: FunctionResponse) -> Part {
        PartKind::FunctionResponse(Box::new(response)).into()
    }

    /// Creates a part with code that the model wrote, to send it back: `executableCode`.
    pub fn executable_code(code: ExecutableCode) -> Part {
        PartKind::ExecutableCode(Box::new(code)).into()
    }

    /// Creates a part with the result of running the model's code, to send it back: `codeExecutionResult`.
    pub fn code_execution_result(result: CodeExecutionResult) -> Part {
        PartKind::CodeExecutionResult(Box::new(result)).into()
    }

    /// Sets `mimeType` of the media or file: `type/subtype`, with optional parameters.
    ///
    /// This and the setters up to [`media_resolution`](Part::media_resolution()) need media: on any other part,
    /// [`Request::body`](super::Request::body) returns an error.
    pub fn mime(mut self, mime: impl Into<String>) -> Part {
        match &mut self.kind {
            PartKind::InlineData(data) => data.mime_type = mime.into(),
            PartKind::FileData(file) => file.mime_type = Some(mime.into()),
            _ => {}
        }
        self.needs_media("mime")
    }

    /// Sets `displayName` of the media or file: a name that other parts can refer to. Vertex only.
    pub fn display_name(mut self, name: impl Into<String>) -> Part {
        match &mut self.kind {
            PartKind::InlineData(data) => data.display_name = Some(name.into()),
            PartKind::FileData(file) => file.display_name = Some(name.into()),
            _ => {}
        }
        self.needs_media("display_name")
    }

    /// Sets `videoMetadata.fps`: the frames that the model sees per second of video, above 0 and up to 24.
    /// The API's default is 1.
    pub fn fps(mut self, fps: impl Into<f64>) -> Part {
        self.video_metadata.get_or_insert_default().fps = Some(fps.into());
        self.needs_media("fps")
    }

    /// Sets `videoMetadata.startOffset`: where the section of the video begins.
    pub fn start(mut self, offset: Duration) -> Part {
        self.video_metadata.get_or_insert_default().start_offset = Some(offset);
        self.needs_media("start")
    }

    /// Sets `videoMetadata.endOffset`: where the section of the video ends, after its start.
    pub fn end(mut self, offset: Duration) -> Part {
        self.video_metadata.get_or_insert_default().end_offset = Some(offset);
        self.needs_media("end")
    }

    /// Sets `videoMetadata`: the section of the video that the model sees, and its frame rate.
    pub fn video_metadata(mut self, metadata: VideoMetadata) -> Part {
        self.video_metadata = Some(Box::new(metadata));
        self.needs_media("video_metadata")
    }

    /// Sets `mediaResolution`: the resolution at which the model sees this part, as a
    /// [`MediaResolution`](super::MediaResolution) or a [`PartMediaResolution`]. Gemini 3.
    pub fn media_resolution(mut self, resolution: impl Into<PartMediaResolution>) -> Part {
        self.media_resolution = Some(Box::new(resolution.into()));
        self.needs_media("media_resolution")
    }

    fn needs_media(mut self, setter: &'static str) -> Part {
        if !self.is_media() {
            self.misplaced = Some(setter);
        }
        self
    }

    /// Sets `thought`: whether the part belongs to the model's reasoning instead of its response.
    pub fn thought(mut self, thought: bool) -> Part {
        self.thought = Some(thought);
        self
    }

    /// Sets `thoughtSignature`: the string that the model returned with this part.
    pub fn thought_signature(mut self, signature: impl Into<String>) -> Part {
        self.thought_signature = Some(signature.into());
        self
    }

    /// Sets `partMetadata`: your own data about this part.
    pub fn part_metadata(mut self, metadata: Map<String, Value>) -> Part {
        self.part_metadata = Some(Box::new(metadata));
        self
    }

    /// Sets a field that this type does not define, replacing an earlier value.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Part {
        self.extra.insert(key, value);
        self
    }

    /// Returns `true` if the payload is media.
    pub(super) fn is_media(&self) -> bool {
        matches!(self.kind, PartKind::InlineData(_) | PartKind::FileData(_))
    }

    /// Returns `true` if all optional fields other than `extra` are unset.
    pub(super) fn is_bare(&self) -> bool {
        self.video_metadata.is_none()
            && self.thought.is_none()
            && self.thought_signature.is_none()
            && self.media_resolution.is_none()
            && self.part_metadata.is_none()
    }

    /// Returns `true` if no server would accept the part because it has no payload. A signature alone is
    /// accepted.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.kind, PartKind::Other) && self.thought_signature.is_none() && self.extra.is_empty()
    }
}

conversions! { Part:
    PartKind: kind => Part { kind, ..Part::default() },
    &str: text => Part::text(text),
    String: text => Part::text(text),
    Media: media => Part::inline(media),
    &Media: media => Part::inline(media),
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn part_is_small() {
        // The map of extra keys is larger if serde_json has the feature `preserve_order`.
        assert!(size_of::<Part>() <= 96 + size_of::<Extra>(), "{}", size_of::<Part>());
    }

    #[test]
    fn reading_and_writing_a_part_loses_nothing() {
        for (json, key) in [
            (json!({ "text": "a", "thought": true, "x": 1 }), Some("text")),
            (json!({ "text": "", "functionCall": { "name": "f" } }), Some("functionCall")),
            (json!({ "inlineData": { "mimeType": 7, "data": "AAAA" } }), None),
            (json!({ "functionCall": 7, "thought": [], "videoMetadata": { "fps": "x" } }), None),
            (json!({ "toolCall": {}, "mediaResolution": { "level": [] } }), None),
            (json!({}), None),
        ] {
            let part: Part = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(part.kind.key(), key, "{json}");
            assert_eq!(serde_json::to_value(&part).unwrap(), json);
        }
    }
}
