//! The request of `generateContent`.

use super::{
    Content, GenerationConfig, SafetySetting, Tool, ToolConfig, check,
    content::{content, contents},
    json_name::FIELD_NAMES,
};
use crate::{
    api::{lenient::never, object::object},
    body::Body,
    error::Result,
};
use std::collections::BTreeMap;

object! {
    /// A request of the Gemini API: the body of `generateContent` and `streamGenerateContent`.
    ///
    /// The model is in the URL.
    ///
    /// Plain data: set the fields directly, or with the methods of the same name. `None`, empty lists and empty
    /// maps are left out of the JSON; zeros and `false` are sent. A request can be deserialized from
    /// JSON; its media is then base64 strings.
    #[serde(rename_all = "camelCase")]
    #[object(request, root)]
    pub struct Request {
        /// `contents`: the turns of the conversation, oldest first, at least one.
        #[read("contents")]
        #[skip_if("never")]
        #[add(content)]
        pub contents: Vec<Content>,
        /// `systemInstruction`: instructions for the whole conversation. Text only.
        #[read("content")]
        #[setter(none)]
        pub system_instruction: Option<Content>,
        /// `tools`: the tools that the model may use.
        #[add(tool)]
        pub tools: Vec<Tool>,
        /// `toolConfig`: how the model may use the tools.
        pub tool_config: Option<ToolConfig>,
        /// `safetySettings`: the thresholds above which harmful content is blocked.
        #[add(safety_setting)]
        pub safety_settings: Vec<SafetySetting>,
        /// `generationConfig`: how the response is generated.
        #[skip_if("GenerationConfig::is_empty")]
        pub generation_config: GenerationConfig,
        /// `cachedContent`: the name of cached content to use, such as `cachedContents/abc`.
        pub cached_content: Option<String>,
        /// `labels`: names and values for billing. Vertex only.
        #[add(label)]
        pub labels: BTreeMap<String, String>,
        /// Fields that this type does not define. NaN and infinity become `null`: see [`Extra`](crate::Extra).
        pub extra: Extra,
    }
}

impl Request {
    /// Creates a request without contents. Add a turn with [`content`](Request::content).
    pub fn new() -> Request {
        Request::default()
    }

    /// Sets `systemInstruction`: instructions for the whole conversation. Text only.
    pub fn system(mut self, instruction: impl Into<Content>) -> Request {
        self.system_instruction = Some(instruction.into());
        self
    }

    /// Checks the request and creates its body (see [`Body::json`]).
    ///
    /// At most the first three bytes of each media are read.
    ///
    /// # Errors
    /// - [`Invalid`](crate::ErrorKind::Invalid): no server would accept the request. The message begins with
    ///   the path of the field, such as `contents[0].parts[1].inlineData.data`. These are errors:
    ///   - no contents, or a turn without parts;
    ///   - a part with no payload, with two payloads, or with a payload of an undocumented type;
    ///   - a media setter of [`Part`](super::Part) called on a part without media;
    ///   - a `fileUri` that is empty, is a `data:` URI, or contains a control character;
    ///   - a string of inline data that is not base64;
    ///   - a function without a name;
    ///   - a function result that contains a part other than plain media;
    ///   - a number that is NaN or infinite;
    ///   - an `fps` of 0 or less, or above 24; a `startOffset` at or after the `endOffset`;
    ///   - an extra key that repeats a field that is set.
    /// - [`MimeType`](crate::ErrorKind::MimeType): a MIME type does not have the form `type/subtype`.
    /// - All errors of [`Body::json`].
    pub fn body(&self) -> Result<Body> {
        self.check()?;
        Body::request(self, Some(&FIELD_NAMES))
    }

    pub(crate) fn check(&self) -> Result<()> {
        check::request(self)
    }
}
