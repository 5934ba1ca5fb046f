//! Messages and their content.

use super::{Part, PartKind, ToolCall};
use crate::api::{
    extra::Extra,
    lenient::{list, optional_text, or_default},
    open_enum::open_enum,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;

open_enum! {
    /// Who speaks: `role` of a message.
    #[derive(Default)]
    pub enum Role {
        /// Instructions that stand over the conversation.
        System = "system",
        /// What newer models of OpenAI take in place of `system`.
        Developer = "developer",
        /// The one who asks.
        #[default]
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// The result of a tool call.
        Tool = "tool",
    }
}

/// One message of a conversation: of a request, or of an answer.
///
/// ```
/// use niello::chat::{Message, Request, Role, ToolCall};
///
/// // A turn in which the model calls a tool, and what that gave.
/// let request = Request::new("system.ai.gemini-3-1-pro").messages([
///     Message::system("You find goals."),
///     Message::user("When does the first fall?"),
///     Message::new(Role::Assistant).tool_calls([ToolCall::function("c1", "find", r#"{"what": "goal"}"#)]),
///     Message::tool("c1", r#"{"seconds": 81.5}"#),
/// ]);
/// # request.body()?;
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[must_use = "its methods give back what they set"]
#[serde(default)]
#[non_exhaustive]
pub struct Message {
    /// `role`: who speaks.
    #[serde(deserialize_with = "or_default")]
    pub role: Role,
    /// `content`: a text or a list of parts; `None`, as an assistant's message with tool calls may have
    /// it, is written as `null`.
    pub content: Option<Content>,
    /// `name`: tells apart those who speak in the same role.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub name: Option<String>,
    /// `tool_calls`: the tools that an assistant calls.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    pub tool_calls: Vec<ToolCall>,
    /// `tool_call_id`: in a tool's message, the [`id`](ToolCall#structfield.id) of the call that it answers.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    pub tool_call_id: Option<String>,
    /// `refusal`: why an assistant does not answer.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "or_default")]
    pub refusal: Option<String>,
    /// Keys beside these, as `reasoning_content`.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Message {
    /// A message of any role, without content: for one that has none, or gets it by
    /// [`content`](Message::content()).
    pub fn new(role: impl Into<Role>) -> Message {
        Message { role: role.into(), ..Message::default() }
    }

    /// Instructions that stand over the conversation.
    pub fn system(content: impl Into<Content>) -> Message {
        Message::new(Role::System).content(content)
    }

    /// Instructions, as newer models of OpenAI take them.
    pub fn developer(content: impl Into<Content>) -> Message {
        Message::new(Role::Developer).content(content)
    }

    /// What the user says: a text, or parts with media among them.
    pub fn user(content: impl Into<Content>) -> Message {
        Message::new(Role::User).content(content)
    }

    /// An answer of the model. One that is tool calls only is
    /// `Message::new(Role::Assistant).tool_calls(..)`.
    pub fn assistant(content: impl Into<Content>) -> Message {
        Message::new(Role::Assistant).content(content)
    }

    /// The result of the tool call with this id.
    pub fn tool(tool_call_id: impl Into<String>, content: impl Into<Content>) -> Message {
        let mut message = Message::new(Role::Tool).content(content);
        message.tool_call_id = Some(tool_call_id.into());
        message
    }

    /// Sets [`content`](Message#structfield.content).
    pub fn content(mut self, content: impl Into<Content>) -> Message {
        self.content = Some(content.into());
        self
    }

    /// Sets [`name`](Message#structfield.name).
    pub fn name(mut self, name: impl Into<String>) -> Message {
        self.name = Some(name.into());
        self
    }

    /// Sets [`tool_calls`](Message#structfield.tool_calls).
    pub fn tool_calls(mut self, calls: impl IntoIterator<Item = ToolCall>) -> Message {
        self.tool_calls = calls.into_iter().collect();
        self
    }

    /// Adds a key that a vendor takes and this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Message {
        self.extra.insert(key, value);
        self
    }

    /// Whether there is something in it that a server could take. An assistant may say something in a key
    /// that only a vendor has.
    pub(super) fn says_something(&self) -> bool {
        let content = match &self.content {
            None => false,
            Some(Content::Text(_)) => true,
            Some(Content::Parts(parts)) => !parts.is_empty(),
        };
        content
            || !self.tool_calls.is_empty()
            || self.refusal.is_some()
            || (matches!(self.role, Role::Assistant | Role::Unknown(_)) && !self.extra.is_empty())
    }

    /// The text of the content: see [`Content::text`].
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.content.as_ref()?.text()
    }
}

/// What a message says: a text, or parts in order.
///
/// Of what servers give beside the two, one part is read as a list of it, `null` within a list is left out,
/// and anything else is read as a text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// Written as a string.
    Text(String),
    /// Written as a list; as `null` if there is none.
    Parts(Vec<Part>),
}

impl Content {
    /// The text, or the text parts joined with nothing between; `None` if there is no text part.
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
        Ok(match Value::deserialize(deserializer)? {
            Value::String(text) => Content::Text(text),
            Value::Null => Content::Parts(Vec::new()),
            Value::Array(list) => {
                Content::Parts(list.into_iter().filter(|part| !part.is_null()).map(Part::read).collect())
            }
            part @ Value::Object(_) => Content::Parts(vec![Part::read(part)]),
            value => Content::Text(value.to_string()),
        })
    }
}

impl From<&String> for Content {
    fn from(text: &String) -> Content {
        Content::Text(text.clone())
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Content {
        Content::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Content {
        Content::Text(text)
    }
}

impl From<Part> for Content {
    fn from(part: Part) -> Content {
        Content::Parts(vec![part])
    }
}

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Content {
        Content::Parts(parts)
    }
}

impl<const N: usize> From<[Part; N]> for Content {
    fn from(parts: [Part; N]) -> Content {
        Content::Parts(parts.into())
    }
}
