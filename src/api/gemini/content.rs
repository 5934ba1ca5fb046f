//! A turn of a conversation.

use super::Part;
use crate::api::{
    conversions::conversions,
    lenient::{one_or_many, without_nulls},
    object::object,
    open_enum::open_enum,
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

open_enum! {
    /// The author of a turn: `role`.
    pub enum Role {
        /// `user`: the user, also for the results of function calls.
        User = "user",
        /// `model`: the model.
        Model = "model",
    }
}

object! {
    /// A turn of a conversation: one of `contents`.
    ///
    /// A string, a [`Part`], and a `Vec` or array of parts convert into it.
    #[serde(rename_all = "camelCase")]
    #[object(shared)]
    pub struct Content {
        /// `role`: the author. Without one, it is the user.
        pub role: Option<Role>,
        /// `parts`: the text and media of the turn, at least one part.
        #[read("without_nulls")]
        #[add(part)]
        pub parts: Vec<Part>,
    }
}

impl Content {
    /// Creates a turn without a role, such as `systemInstruction`.
    pub fn new(content: impl Into<Content>) -> Content {
        content.into()
    }

    /// Creates a turn of the user: a string, or parts with text and media.
    pub fn user(content: impl Into<Content>) -> Content {
        content.into().role(Role::User)
    }

    /// Creates a turn of the model.
    pub fn model(content: impl Into<Content>) -> Content {
        content.into().role(Role::Model)
    }
}

/// Reads a turn, or a string in place of one that has only text.
pub(super) fn content<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Content>, D::Error> {
    Ok(Option::<ContentOrText>::deserialize(deserializer)?.map(|content| content.0))
}

/// Reads turns as [`content`] does, and a single one in place of a list.
pub(super) fn contents<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Content>, D::Error> {
    Ok(one_or_many::<_, ContentOrText>(deserializer)?.into_iter().map(|content| content.0).collect())
}

struct ContentOrText(Content);

impl<'de> Deserialize<'de> for ContentOrText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ContentOrText, D::Error> {
        deserializer.deserialize_any(ContentVisitor).map(ContentOrText)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with parts, or a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Content, E> {
        Ok(Content::from(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, content: A) -> Result<Content, A::Error> {
        Content::deserialize(MapAccessDeserializer::new(content))
    }
}

conversions! { Content:
    &String: text => Content::from(Part::text(text)),
    &str: text => Content::from(Part::text(text)),
    String: text => Content::from(Part::text(text)),
    Part: part => Content::from(vec![part]),
    const N [Part; N]: parts => Content::from(Vec::from(parts)),
    Vec<Part>: parts => Content { parts, ..Content::default() },
}
