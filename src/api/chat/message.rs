//! Messages and their content.

use super::{Part, PartKind, ToolCall};
use crate::{
    api::{conversions::conversions, object::object, open_enum::open_enum, read::Lenient, source::Base64},
    media::Media,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess},
};
use serde_json::Value;
use std::borrow::Cow;

open_enum! {
    /// The author of a message: `role`.
    #[derive(Default)]
    pub enum Role {
        /// Instructions for the whole conversation.
        System = "system",
        /// The replacement for `system` in newer OpenAI models.
        Developer = "developer",
        /// The person or program that asks.
        #[default]
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// The result of a tool call.
        Tool = "tool",
    }
}

object! {
    /// A message of a conversation, in a request or a response.
    ///
    /// # Examples
    /// ```
    /// use niello::chat::{Message, Request, Role, ToolCall};
    ///
    /// // A conversation in which the model called a tool, and the result of the call.
    /// let request = Request::new("system.ai.gemini-3-1-pro").messages([
    ///     Message::system("You find goals."),
    ///     Message::user("When was the first goal?"),
    ///     Message::new(Role::Assistant).tool_calls([ToolCall::function("c1", "find", r#"{"what": "goal"}"#)]),
    ///     Message::tool("c1", r#"{"seconds": 81.5}"#),
    /// ]);
    /// # request.body()?;
    /// # Ok::<(), niello::Error>(())
    /// ```
    #[object(shared)]
    pub struct Message {
        /// `role`: the author of the message.
        pub role: Role,
        /// `content`: a string or a list of parts. `None` is written as `null`, which an assistant message with tool
        /// calls may have.
        #[read("crate::api::lenient::null_as_default")]
        #[skip_if("crate::api::lenient::never")]
        pub content: Option<Content>,
        /// `name`: a name that distinguishes participants with the same role.
        pub name: Option<String>,
        /// `tool_calls`: the tool calls of an assistant message.
        pub tool_calls: Vec<ToolCall>,
        /// `tool_call_id`: the [`id`](ToolCall#structfield.id) of the call whose result a tool message contains.
        #[read("crate::api::lenient::optional_string")]
        pub tool_call_id: Option<String>,
        /// `refusal`: the explanation of an assistant message that refuses.
        pub refusal: Option<String>,
        /// `audio`: the speech of an assistant message.
        pub audio: Option<Box<Audio>>,
        /// `images`: the images of an assistant message, as OpenRouter and LiteLLM send them.
        pub images: Vec<Part>,
        /// Keys that this type does not have, such as `reasoning_content`.
        pub extra: Extra,
    }
}

impl Message {
    /// Creates a message without content. Set it with [`content`](Message::content()), or set only
    /// [`tool_calls`](Message::tool_calls()).
    pub fn new(role: impl Into<Role>) -> Message {
        Message { role: role.into(), ..Message::default() }
    }

    /// Creates a message with instructions for the whole conversation.
    pub fn system(content: impl Into<Content>) -> Message {
        Message::new(Role::System).content(content)
    }

    /// Creates a message with instructions for newer OpenAI models.
    pub fn developer(content: impl Into<Content>) -> Message {
        Message::new(Role::Developer).content(content)
    }

    /// Creates a message of the user: a string, or parts with text and media.
    pub fn user(content: impl Into<Content>) -> Message {
        Message::new(Role::User).content(content)
    }

    /// Creates a message of the model. For one with only tool calls, use
    /// `Message::new(Role::Assistant).tool_calls(..)`.
    pub fn assistant(content: impl Into<Content>) -> Message {
        Message::new(Role::Assistant).content(content)
    }

    /// Creates a message with the result of the tool call `tool_call_id`.
    pub fn tool(tool_call_id: impl Into<String>, content: impl Into<Content>) -> Message {
        Message::new(Role::Tool).content(content).tool_call_id(tool_call_id)
    }

    /// Returns the text of the content: see [`Content::text`].
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.content.as_ref()?.text()
    }

    /// Returns the media of the message, such as images and speech, with their MIME types.
    pub fn media(&self) -> impl Iterator<Item = &Media> {
        let content = match &self.content {
            Some(Content::Parts(parts)) => &parts[..],
            _ => &[],
        };
        let audio = self.audio.as_ref().and_then(|audio| audio.data.as_ref()?.as_media());
        content.iter().chain(&self.images).filter_map(Part::as_media).chain(audio)
    }

    /// Returns `true` if a server could accept the message: it has content, tool calls or a refusal, or it is from the
    /// assistant or an unknown role and has a key that only a vendor documents.
    pub(super) fn has_content(&self) -> bool {
        let has_vendor_content = match self.role {
            Role::System | Role::Developer | Role::User | Role::Tool => false,
            _ => !self.extra.is_empty(),
        };
        let content = match &self.content {
            None => false,
            Some(Content::Text(_)) => true,
            Some(Content::Parts(parts)) => !parts.is_empty(),
        };
        let has_media = self.audio.is_some() || !self.images.is_empty();
        content || has_media || !self.tool_calls.is_empty() || self.refusal.is_some() || has_vendor_content
    }
}

object! {
    /// The speech of an assistant message, or in a chunk the next piece of it: `audio`.
    #[object(shared)]
    pub struct Audio {
        /// `id`: the identifier by which a later request refers to the speech.
        pub id: Option<String>,
        /// `data`: the speech. Each piece of a stream is whole base64.
        pub data: Option<Base64>,
        /// `transcript`: the speech as text.
        pub transcript: Option<String>,
        /// `expires_at`: when the identifier becomes invalid, in seconds since the Unix epoch.
        pub expires_at: Option<i64>,
    }
}

/// The content of a message: a string, or parts in order.
///
/// Reading is lenient: a single part is read as a list, `null` in a list is skipped, and any other value becomes a
/// string of its JSON.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// Written as a string.
    Text(String),
    /// Written as a list, or as `null` if it is empty.
    Parts(Vec<Part>),
}

impl Content {
    /// Returns the string or the concatenated text parts, or `None` if there are no text parts.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let parts = match self {
            Content::Text(text) => return Some(text.into()),
            Content::Parts(parts) => parts,
        };
        let mut texts = parts.iter().filter_map(|part| match &part.kind {
            PartKind::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let mut joined = Cow::from(texts.next()?);
        texts.for_each(|text| joined += text);
        Some(joined)
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Content::Text(text) => serializer.serialize_str(text),
            Content::Parts(parts) if parts.is_empty() => serializer.serialize_none(),
            Content::Parts(parts) => parts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Content, D::Error> {
        Ok(match Content::read(deserializer)? {
            Ok(content) => content,
            Err(_null) => Content::Parts(Vec::new()),
        })
    }
}

impl Lenient for Content {
    fn read_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Result<Content, Value>, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = list.next_element::<Option<Part>>()? {
            parts.extend(part);
        }
        Ok(Ok(Content::Parts(parts)))
    }

    fn read_map<'de, A: MapAccess<'de>>(part: A) -> Result<Result<Content, Value>, A::Error> {
        Ok(Part::read_map(part)?.map(Content::from))
    }

    fn read_value(value: Value) -> Result<Content, Value> {
        Ok(match value {
            Value::String(text) => Content::Text(text),
            Value::Null => return Err(value),
            value => Content::Text(value.to_string()),
        })
    }
}

conversions! { Message:
    &str: text => Message::user(text),
    String: text => Message::user(text),
}

conversions! { Content:
    &String: text => Content::Text(text.clone()),
    &str: text => Content::Text(text.to_owned()),
    String: text => Content::Text(text),
    Part: part => Content::Parts(vec![part]),
    const N [Part; N]: parts => Content::Parts(parts.into()),
    Vec<Part>: parts => Content::Parts(parts),
}
