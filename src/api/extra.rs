//! Keys that a type of ours does not have, written beside those that it has.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ops::{Deref, DerefMut};

/// Keys that an API takes or gives and the type does not spell out; written and read beside its own.
///
/// A map of JSON values, in the field `extra` of the type that has them. A key that the type has itself is
/// refused when a body is made. NaN and infinity become `null` where they are made a JSON value, which cannot
/// be told from a `null` that is meant: look for them before.
///
/// ```
/// use niello::chat::{Message, Request, Response};
///
/// // To send: by the builder, or into the field.
/// let mut request = Request::new("m").message(Message::user("Hi")).extra("top_k", 40);
/// request.extra.insert("service_tier", "flex");
/// // Read back: what an answer has beside the fields of its type.
/// let answer = br#"{"choices": [{"message": {"content": "Hi.", "reasoning_content": "A greeting."}}]}"#;
/// let answer = Response::from_slice(answer)?;
/// assert_eq!(answer.choices[0].message.extra["reasoning_content"], "A greeting.");
///
/// // Not to send: a key that is written already.
/// let error = request.extra("model", 1).body().unwrap_err();
/// assert_eq!(error.kind(), niello::ErrorKind::Invalid);
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extra(Map<String, Value>);

impl Deref for Extra {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl DerefMut for Extra {
    fn deref_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }
}

impl Extra {
    /// Sets a key. Given twice, the last value stands.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(key.into(), value.into());
    }
}
