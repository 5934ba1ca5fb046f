//! The request: everything that stands in the body.

use super::{Content, GenerationConfig, SafetySetting, Tool, ToolConfig, check, json_name::FIELD_NAMES};
use crate::{
    api::{lenient::never, object::object},
    body::Body,
    error::Result,
};
use std::collections::BTreeMap;

object! {
    /// A `generateContent` request. The model stands in the URL, not here; `streamGenerateContent` takes the
    /// same body.
    ///
    /// Plain data: fields may be set as they are or by the methods of the same names. What is `None` or an empty list is
    /// left out; zeros and `false` are sent. It reads back what was stored, media as base64 text.
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct Request {
        /// `contents`: the turns of the conversation, at least one; the last one is to be answered.
        #[skip_if("never")]
        pub contents: Vec<Content>,
        /// `systemInstruction`: what holds for the whole conversation; text only.
        pub system_instruction: Option<Content>,
        /// `tools`: what the model can use.
        pub tools: Vec<Tool>,
        /// `toolConfig`: how it is to use them.
        pub tool_config: Option<ToolConfig>,
        /// `safetySettings`: what is blocked as harmful.
        pub safety_settings: Vec<SafetySetting>,
        /// `generationConfig`: how the answer is made; left out if it is empty.
        #[skip_if("GenerationConfig::is_empty")]
        pub generation_config: GenerationConfig,
        /// `cachedContent`: such as `cachedContents/abc`.
        pub cached_content: Option<String>,
        /// `labels`: for billing. Vertex only.
        pub labels: BTreeMap<String, String>,
    }
}

impl Request {
    /// A request with nothing in it yet; a body wants at least one [`content`](Request::content).
    pub fn new() -> Request {
        Request::default()
    }

    /// Adds a turn at the end of `contents`.
    pub fn content(mut self, content: Content) -> Request {
        self.contents.push(content);
        self
    }

    /// `systemInstruction`: what holds for the whole conversation. Text goes without a role.
    pub fn system(mut self, instruction: impl Into<Content>) -> Request {
        self.system_instruction = Some(instruction.into());
        self
    }

    /// Adds to `tools`: what the model can use.
    pub fn tool(mut self, tool: impl Into<Tool>) -> Request {
        self.tools.push(tool.into());
        self
    }

    /// Adds to `safetySettings`: what is blocked as harmful.
    pub fn safety_setting(mut self, setting: SafetySetting) -> Request {
        self.safety_settings.push(setting);
        self
    }

    /// Adds to `labels`: for billing. Given twice, the last value stands. Vertex only.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Request {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// The body to send: every check, then [`Body::json`]. Of each media, no more than the first bytes are read.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if there are no contents, or a content has no parts; a part
    /// has no data or several, or what stands beside media only; a `fileUri` is empty or a `data:` URI;
    /// the text of inline data is no base64; a function has no name, or gives another part than media; a
    /// number is NaN or infinite; `fps` is not above 0 and up to 24, or a start is not before its end; or
    /// an extra key repeats one that the object has. It names the field, as in
    /// `contents[0].parts[1].inlineData.data`. [`MimeType`](crate::ErrorKind::MimeType) if a MIME type is not of the
    /// form `type/subtype`. And what [`Body::json`] says.
    pub fn body(&self) -> Result<Body> {
        self.check()?;
        Body::request(self, Some(&FIELD_NAMES))
    }

    pub(crate) fn check(&self) -> Result<()> {
        check::request(self)
    }
}
