//! A turn: its parts, and who says them.

use super::Part;
use crate::api::{lenient::without_nulls, object::object, open_enum::open_enum};

open_enum! {
    /// Who says a turn: `role`.
    pub enum Role {
        /// `user`.
        User = "user",
        /// `model`.
        Model = "model",
    }
}

object! {
    /// One turn of a conversation: one of `contents`.
    #[serde(rename_all = "camelCase")]
    #[object(shared)]
    pub struct Content {
        /// `role`: who says it; without one, the user.
        pub role: Option<Role>,
        /// `parts`: at least one.
        #[read("without_nulls")]
        pub parts: Vec<Part>,
    }
}

impl Content {
    /// A turn of the user: a text, a part, or several with media among them.
    pub fn user(content: impl Into<Content>) -> Content {
        content.into().role(Role::User)
    }

    /// A turn of the model.
    pub fn model(content: impl Into<Content>) -> Content {
        content.into().role(Role::Model)
    }

    /// Parts with no role, as `systemInstruction` has them.
    pub fn new(content: impl Into<Content>) -> Content {
        content.into()
    }

    /// Adds a part at the end.
    pub fn part(mut self, part: impl Into<Part>) -> Content {
        self.parts.push(part.into());
        self
    }
}

impl From<&String> for Content {
    fn from(text: &String) -> Content {
        Content::from(Part::text(text))
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Content {
        Content::from(Part::text(text))
    }
}

impl From<String> for Content {
    fn from(text: String) -> Content {
        Content::from(Part::text(text))
    }
}

impl From<Part> for Content {
    fn from(part: Part) -> Content {
        Content::from(vec![part])
    }
}

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Content {
        Content { parts, ..Content::default() }
    }
}

impl<const N: usize> From<[Part; N]> for Content {
    fn from(parts: [Part; N]) -> Content {
        Content::from(Vec::from(parts))
    }
}
