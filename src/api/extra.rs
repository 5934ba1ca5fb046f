//! Keys that a type of ours does not have, written beside those that it has.

use crate::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{
    fmt::Arguments,
    ops::{Deref, DerefMut},
};

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
/// // Not to send: a key of the type's own.
/// let error = request.extra("max_tokens", 1).body().unwrap_err();
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

/// A type that has an [`Extra`] flattened into it, and either a default for every key of its own or its
/// own `has_key`.
pub(crate) trait HasExtra: DeserializeOwned {
    fn extra(&self) -> &Extra;

    /// Whether the type has this key itself.
    fn has_key(&self, key: &str) -> bool {
        // Serde knows the keys of a type: one that does not come out among the extra ones is its own.
        let is_own = |key: String| {
            let probe = Value::Object(Map::from_iter([(key.clone(), Value::Null)]));
            !serde_json::from_value::<Self>(probe).is_ok_and(|probe| probe.extra().contains_key(&key))
        };
        // Protobuf's JSON, which is Gemini's, reads `inline_data` as `inlineData`.
        is_own(camel_case(key)) || is_own(key.to_owned())
    }

    /// Refuses a key in `extra` that the type has itself: the object would have it twice, or not where
    /// the type's own checks look. `at` names the object, as in `messages[0]`; empty for the request.
    fn check_extra(&self, at: Arguments<'_>) -> Result<()> {
        for key in self.extra().keys() {
            if self.has_key(key) {
                let of = match at.to_string().as_str() {
                    "" => "the request".to_owned(),
                    at => format!("`{at}`"),
                };
                let message =
                    format!("extra key {key:?} of {of} repeats one that it has; set that field instead");
                return Err(Error::new(ErrorKind::Invalid, message));
            }
        }
        Ok(())
    }
}

/// Says that types have their extra keys in the field `extra`.
macro_rules! has_extra {
    ($($Type:ty),+ $(,)?) => {
        $(impl crate::api::extra::HasExtra for $Type {
            fn extra(&self) -> &crate::api::extra::Extra {
                &self.extra
            }
        })+
    };
}
pub(crate) use has_extra;

/// `inlineData` for `inline_data`.
fn camel_case(key: &str) -> String {
    let mut words = key.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.push(letters.next().map_or('_', |first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

impl Extra {
    /// Sets a key. Given twice, the last value stands.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(key.into(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Sample {
        list: Vec<u8>,
        #[serde(rename = "camelCase")]
        number: Option<u8>,
        #[serde(flatten)]
        extra: Extra,
    }

    has_extra!(Sample);

    #[test]
    fn own_keys_are_refused_set_or_not() {
        for (key, refused) in [
            ("list", true),
            ("camelCase", true),
            ("camel_case", true),
            ("camel_Case", true),
            ("number", false),
            ("other", false),
            ("Camel_case", false),
            ("list_", false),
            ("_", false),
            ("", false),
            ("é_é", false),
        ] {
            let mut sample = Sample::default();
            sample.extra.insert(key, 1);
            assert_eq!(sample.check_extra(format_args!("a[0]")).is_err(), refused, "{key}");
        }
    }
}
