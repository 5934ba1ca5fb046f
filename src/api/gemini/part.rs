//! A part: text, media, or what passes between a model and its tools.

use super::{
    CodeExecutionResult, ExecutableCode, FileData, FunctionCall, FunctionResponse, InlineData,
    PartMediaResolution, VideoMetadata, media,
};
use crate::{
    api::{
        extra::Extra,
        lenient::{boolean, optional_text, or_default},
        source::Source,
    },
    media::Media,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// One part of a turn. It has exactly one of `text`, `inline_data`, `file_data`, `function_call`,
/// `function_response`, `executable_code` and `code_execution_result`, and the other fields beside it.
///
/// A part of a kind that this crate does not know is read with what it has as [`extra`](Part::extra),
/// and written so again.
///
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[must_use = "its methods give back what they set"]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Part {
    /// `text`; empty text is sent.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `inlineData`: media in the body.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub inline_data: Option<InlineData>,
    /// `fileData`: a file that the server fetches.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub file_data: Option<FileData>,
    /// `functionCall`: what the model wants to be called.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub function_call: Option<FunctionCall>,
    /// `functionResponse`: what the function gave.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub function_response: Option<FunctionResponse>,
    /// `executableCode`: code that the model wrote and ran.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub executable_code: Option<ExecutableCode>,
    /// `codeExecutionResult`: what running it gave.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub code_execution_result: Option<CodeExecutionResult>,
    /// `videoMetadata`: beside `inline_data` or `file_data` of a video.
    #[serde(deserialize_with = "media::video_metadata", skip_serializing_if = "Option::is_none")]
    pub video_metadata: Option<VideoMetadata>,
    /// `thought`: whether this is a thought of the model and no part of its answer.
    #[serde(deserialize_with = "boolean", skip_serializing_if = "Option::is_none")]
    pub thought: Option<bool>,
    /// `thoughtSignature`: what the model wants back beside this part in the next turn, byte for byte.
    #[serde(deserialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub thought_signature: Option<String>,
    /// `mediaResolution`: how finely this part is seen. Gemini 3.
    #[serde(deserialize_with = "media::media_resolution", skip_serializing_if = "Option::is_none")]
    pub media_resolution: Option<PartMediaResolution>,
    /// `partMetadata`: of the caller's own, for telling parts apart.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub part_metadata: Option<Map<String, Value>>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
    /// The setter of what stands beside media, where there is none; for the check to name.
    #[serde(skip)]
    pub(super) misplaced: Option<&'static str>,
}

impl Part {
    /// Text: `text`.
    pub fn text(text: impl Into<String>) -> Part {
        Part { text: Some(text.into()), ..Part::default() }
    }

    /// A file that the server fetches (`fileData`): a web URL, YouTube too, a `gs://` URL, or the name of
    /// an uploaded file. It has no MIME type unless [`mime`](Part::mime) gives one.
    pub fn file(uri: impl Into<String>) -> Part {
        FileData::new(uri).into()
    }

    /// Media in the body (`inlineData`), with its own MIME type unless [`mime`](Part::mime) gives another.
    pub fn inline(media: impl Into<Media>) -> Part {
        InlineData::from(media.into()).into()
    }

    /// From either source: a [`Media`] as [`inline`](Part::inline), a URL as [`file`](Part::file) with the
    /// MIME type that its extension tells, and none for YouTube.
    ///
    /// ```
    /// use niello::gemini::Part;
    /// let part = Part::media("https://example.com/talk.mp3?t=1");
    /// assert_eq!(part.file_data.unwrap().mime_type.as_deref(), Some("audio/mp3"));
    /// ```
    pub fn media(source: impl Into<Source>) -> Part {
        let source = source.into();
        let mime_type = source.mime().map(str::to_owned);
        match source {
            Source::Media(media) => Part::inline(media),
            Source::Url(url) => FileData { mime_type, ..FileData::new(url) }.into(),
        }
    }

    /// A call that the model made, for a history: `functionCall`.
    pub fn function_call(call: FunctionCall) -> Part {
        Part { function_call: Some(call), ..Part::default() }
    }

    /// What a function gave, for the model: `functionResponse`.
    pub fn function_response(response: FunctionResponse) -> Part {
        Part { function_response: Some(response), ..Part::default() }
    }

    /// Code that the model wrote and ran, for a history: `executableCode`.
    pub fn executable_code(code: ExecutableCode) -> Part {
        Part { executable_code: Some(code), ..Part::default() }
    }

    /// What running the model's code gave, for a history: `codeExecutionResult`.
    pub fn code_execution_result(result: CodeExecutionResult) -> Part {
        Part { code_execution_result: Some(result), ..Part::default() }
    }

    /// The names of the members with data that are set; there should be one.
    pub(super) fn data(&self) -> impl Iterator<Item = &'static str> {
        let members = [
            ("text", self.text.is_some()),
            ("inlineData", self.inline_data.is_some()),
            ("fileData", self.file_data.is_some()),
            ("functionCall", self.function_call.is_some()),
            ("functionResponse", self.function_response.is_some()),
            ("executableCode", self.executable_code.is_some()),
            ("codeExecutionResult", self.code_execution_result.is_some()),
        ];
        members.into_iter().filter_map(|(name, set)| set.then_some(name))
    }

    /// The names of what stands beside the data.
    pub(super) fn beside(&self) -> impl Iterator<Item = &'static str> {
        let members = [
            ("videoMetadata", self.video_metadata.is_some()),
            ("thought", self.thought.is_some()),
            ("thoughtSignature", self.thought_signature.is_some()),
            ("mediaResolution", self.media_resolution.is_some()),
            ("partMetadata", self.part_metadata.is_some()),
        ];
        members.into_iter().filter_map(|(name, set)| set.then_some(name))
    }

    /// Whether it says nothing. A signature alone is something: a model gave it, and wants it back.
    pub(super) fn is_blank(&self) -> bool {
        self.data().next().is_none() && self.thought_signature.is_none() && self.extra.is_empty()
    }

    /// Notes a setter of what stands beside media, if there is none here.
    fn of_media(mut self, setter: &'static str) -> Part {
        if self.inline_data.is_none() && self.file_data.is_none() {
            self.misplaced = Some(setter);
        }
        self
    }

    /// Sets `mimeType` of the media or file, whatever its own is: `type/subtype`, with parameters perhaps. This and
    /// the setters after it, up to [`media_resolution`](Part::media_resolution()), are an error on a part without
    /// media when a body is made.
    pub fn mime(mut self, mime: impl Into<String>) -> Part {
        match (&mut self.inline_data, &mut self.file_data) {
            (Some(inline), _) => inline.mime_type = mime.into(),
            (_, Some(file)) => file.mime_type = Some(mime.into()),
            _ => {}
        }
        self.of_media("mime")
    }

    /// `displayName` of the media or file. Vertex only.
    pub fn display_name(mut self, name: impl Into<String>) -> Part {
        match (&mut self.inline_data, &mut self.file_data) {
            (Some(inline), _) => inline.display_name = Some(name.into()),
            (_, Some(file)) => file.display_name = Some(name.into()),
            _ => {}
        }
        self.of_media("display_name")
    }

    /// `videoMetadata.fps`: frames seen for each second of video, above 0 and up to 24; the API's default
    /// is 1.
    pub fn fps(mut self, fps: f64) -> Part {
        self.video_metadata.get_or_insert_default().fps = Some(fps);
        self.of_media("fps")
    }

    /// `videoMetadata.startOffset`: where in the video to begin.
    pub fn start(mut self, offset: Duration) -> Part {
        self.video_metadata.get_or_insert_default().start_offset = Some(offset);
        self.of_media("start")
    }

    /// `videoMetadata.endOffset`: where in the video to end; after the start.
    pub fn end(mut self, offset: Duration) -> Part {
        self.video_metadata.get_or_insert_default().end_offset = Some(offset);
        self.of_media("end")
    }

    /// `videoMetadata`: which part of the video is seen, and how often.
    pub fn video_metadata(mut self, metadata: VideoMetadata) -> Part {
        self.video_metadata = Some(metadata);
        self.of_media("video_metadata")
    }

    /// `mediaResolution`: how finely this part is seen, as a
    /// [`MediaResolution`](super::MediaResolution) or [`PartMediaResolution`].
    pub fn media_resolution(mut self, resolution: impl Into<PartMediaResolution>) -> Part {
        self.media_resolution = Some(resolution.into());
        self.of_media("media_resolution")
    }

    /// `thought`: whether this is a thought of the model and no part of its answer.
    pub fn thought(mut self, thought: bool) -> Part {
        self.thought = Some(thought);
        self
    }

    /// `thoughtSignature`: as the model gave it, byte for byte.
    pub fn thought_signature(mut self, signature: impl Into<String>) -> Part {
        self.thought_signature = Some(signature.into());
        self
    }

    /// `partMetadata`: of the caller's own, for telling parts apart.
    pub fn part_metadata(mut self, metadata: Map<String, Value>) -> Part {
        self.part_metadata = Some(metadata);
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Part {
        self.extra.insert(key, value);
        self
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
        Part::inline(media)
    }
}

impl From<&Media> for Part {
    fn from(media: &Media) -> Part {
        Part::inline(media)
    }
}

impl From<InlineData> for Part {
    fn from(data: InlineData) -> Part {
        Part { inline_data: Some(data), ..Part::default() }
    }
}

impl From<FileData> for Part {
    fn from(file: FileData) -> Part {
        Part { file_data: Some(file), ..Part::default() }
    }
}
