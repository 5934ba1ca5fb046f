//! The request: everything that stands in the body.

use super::{Content, GenerationConfig, SafetySetting, Tool, ToolConfig, check, json_name::FIELD_NAMES};
use crate::{
    api::{extra::Extra, lenient::null_as_default},
    body::Body,
    error::Result,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A `generateContent` request. The model stands in the URL, not here; `streamGenerateContent` takes the
/// same body.
///
/// Plain data: fields may be set as they are or by the methods of the same names. What is `None` or an empty list is
/// left out; zeros and `false` are sent. It reads back what was stored, media as base64 text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[must_use = "it is sent by nobody until `body` or an endpoint makes something of it"]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Request {
    /// `contents`: the turns of the conversation, at least one; the last one is to be answered.
    #[serde(deserialize_with = "null_as_default")]
    pub contents: Vec<Content>,
    /// `systemInstruction`: what holds for the whole conversation; text only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_instruction: Option<Content>,
    /// `tools`: what the model can use.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// `toolConfig`: how it is to use them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_config: Option<ToolConfig>,
    /// `safetySettings`: what is blocked as harmful.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub safety_settings: Vec<SafetySetting>,
    /// `generationConfig`: how the answer is made; left out if it is empty.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "GenerationConfig::is_empty")]
    pub generation_config: GenerationConfig,
    /// `cachedContent`: such as `cachedContents/abc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_content: Option<String>,
    /// `labels`: for billing. Vertex only.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
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

    /// Adds turns at the end of `contents`.
    pub fn contents(mut self, contents: impl IntoIterator<Item = Content>) -> Request {
        self.contents.extend(contents);
        self
    }

    /// `systemInstruction`: what holds for the whole conversation. Text goes without a role.
    pub fn system(mut self, instruction: impl Into<Content>) -> Request {
        self.system_instruction = Some(instruction.into());
        self
    }

    /// `generationConfig`: how the answer is made.
    pub fn generation_config(mut self, config: GenerationConfig) -> Request {
        self.generation_config = config;
        self
    }

    /// Adds to `tools`: what the model can use.
    pub fn tool(mut self, tool: impl Into<Tool>) -> Request {
        self.tools.push(tool.into());
        self
    }

    /// Adds to `tools`, one after the other: what the model can use.
    pub fn tools(mut self, tools: impl IntoIterator<Item = Tool>) -> Request {
        self.tools.extend(tools);
        self
    }

    /// `toolConfig`: how the model is to use tools.
    pub fn tool_config(mut self, config: ToolConfig) -> Request {
        self.tool_config = Some(config);
        self
    }

    /// Adds to `safetySettings`: what is blocked as harmful.
    pub fn safety_setting(mut self, setting: SafetySetting) -> Request {
        self.safety_settings.push(setting);
        self
    }

    /// Adds to `safetySettings`, one after the other: what is blocked as harmful.
    pub fn safety_settings(mut self, settings: impl IntoIterator<Item = SafetySetting>) -> Request {
        self.safety_settings.extend(settings);
        self
    }

    /// `cachedContent`: such as `cachedContents/abc`.
    pub fn cached_content(mut self, name: impl Into<String>) -> Request {
        self.cached_content = Some(name.into());
        self
    }

    /// Adds to `labels`: for billing. Given twice, the last value stands. Vertex only.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Request {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// Adds to `labels`, one after the other: for billing. Vertex only.
    pub fn labels<K: Into<String>, V: Into<String>>(
        mut self,
        labels: impl IntoIterator<Item = (K, V)>,
    ) -> Request {
        self.labels.extend(labels.into_iter().map(|(key, value)| (key.into(), value.into())));
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands. NaN and infinity go as `null`:
    /// see [`Extra`].
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Request {
        self.extra.insert(key, value);
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
