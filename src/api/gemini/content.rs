//! A turn: its parts, and who says them.

use super::Part;
use crate::api::{
    extra::Extra,
    lenient::{or_default, without_nulls},
    open_enum::open_enum,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

open_enum! {
    /// Who says a turn: `role`.
    pub enum Role {
        /// `user`.
        User = "user",
        /// `model`.
        Model = "model",
    }
}

/// One turn of a conversation: one of `contents`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[must_use = "its methods give back what they set"]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Content {
    /// `role`: who says it; without one, the user.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// `parts`: at least one.
    #[serde(deserialize_with = "without_nulls", skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Keys beside these.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Content {
    /// A turn of the user: a text, a part, or several with media among them.
    pub fn user(parts: impl Into<Parts>) -> Content {
        Content::new(parts).role(Role::User)
    }

    /// A turn of the model.
    pub fn model(parts: impl Into<Parts>) -> Content {
        Content::new(parts).role(Role::Model)
    }

    /// Parts with no role, as `systemInstruction` has them.
    pub fn new(parts: impl Into<Parts>) -> Content {
        Content { parts: parts.into().0, ..Content::default() }
    }

    /// Sets `role`: who says it.
    pub fn role(mut self, role: impl Into<Role>) -> Content {
        self.role = Some(role.into());
        self
    }

    /// Adds a part at the end.
    pub fn part(mut self, part: impl Into<Part>) -> Content {
        self.parts.push(part.into());
        self
    }

    /// Adds a key that this type does not have. Given twice, the last value stands.
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<Value>) -> Content {
        self.extra.insert(key, value);
        self
    }
}

/// What the parts of a turn can be made from: one text, one [`Part`], or several.
#[derive(Clone, Debug)]
pub struct Parts(Vec<Part>);

impl From<&String> for Parts {
    fn from(text: &String) -> Parts {
        Parts::from(Part::text(text))
    }
}

impl From<&str> for Parts {
    fn from(text: &str) -> Parts {
        Parts::from(Part::text(text))
    }
}

impl From<String> for Parts {
    fn from(text: String) -> Parts {
        Parts::from(Part::text(text))
    }
}

impl From<Part> for Parts {
    fn from(part: Part) -> Parts {
        Parts(vec![part])
    }
}

impl From<Vec<Part>> for Parts {
    fn from(parts: Vec<Part>) -> Parts {
        Parts(parts)
    }
}

impl<const N: usize> From<[Part; N]> for Parts {
    fn from(parts: [Part; N]) -> Parts {
        Parts(parts.into())
    }
}

impl From<&String> for Content {
    fn from(text: &String) -> Content {
        Content::new(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Content {
        Content::new(text)
    }
}

impl From<String> for Content {
    fn from(text: String) -> Content {
        Content::new(text)
    }
}

impl From<Part> for Content {
    fn from(part: Part) -> Content {
        Content::new(part)
    }
}

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Content {
        Content::new(parts)
    }
}

impl<const N: usize> From<[Part; N]> for Content {
    fn from(parts: [Part; N]) -> Content {
        Content::new(parts)
    }
}
