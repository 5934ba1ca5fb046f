//! A request in the other format.
//!
//! A copy of the request is taken apart: what the other format says as well is taken out of the copy, and
//! what is left at the end is refused. So there is no list of what cannot be converted, and a new field is
//! refused, not lost, until somebody converts it.

mod schema;
mod to_chat;
mod to_gemini;

use crate::{
    api::{
        chat::{self, ReasoningEffort},
        extra::Extra,
        gemini::{self, ThinkingLevel},
    },
    error::{Error, ErrorKind, Result},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fmt;

static EFFORTS: [(ReasoningEffort, ThinkingLevel); 4] = [
    (ReasoningEffort::Minimal, ThinkingLevel::Minimal),
    (ReasoningEffort::Low, ThinkingLevel::Low),
    (ReasoningEffort::Medium, ThinkingLevel::Medium),
    (ReasoningEffort::High, ThinkingLevel::High),
];

static MODALITIES: [(chat::Modality, gemini::Modality); 3] = [
    (chat::Modality::Text, gemini::Modality::Text),
    (chat::Modality::Audio, gemini::Modality::Audio),
    (chat::Modality::Image, gemini::Modality::Image),
];

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";

/// The format that is converted into.
#[derive(Clone, Copy)]
enum Target {
    Chat,
    Gemini,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Target::Chat => "Chat Completions",
            Target::Gemini => "the Gemini format",
        })
    }
}

impl Target {
    fn lacks(self, at: &str) -> Error {
        invalid(format!("`{at}` cannot be said in {self}; leave it out, or send this request as it is"))
    }

    /// Refuses what is left of a value from which everything was taken that this format has. No media may
    /// be left in it: it is written out in memory.
    fn has_all<T: Serialize + Default>(self, left: &T, at: &str) -> Result<()> {
        let json = |value| serde_json::to_value(value).map_err(|cause| not_json(at, cause));
        match difference(&json(left)?, &json(&T::default())?) {
            None => Ok(()),
            Some(path) if at.is_empty() => Err(self.lacks(path.trim_start_matches('.'))),
            Some(path) => Err(self.lacks(&format!("{at}{path}"))),
        }
    }
}

/// The path of the first thing that `value` has and `blank` has not.
fn difference(value: &Value, blank: &Value) -> Option<String> {
    match (value, blank) {
        (value, blank) if value == blank => None,
        (Value::Object(value), Value::Object(blank)) => value.iter().find_map(|(key, value)| {
            let path = blank.get(key).map_or(Some(String::new()), |blank| difference(value, blank))?;
            Some(format!(".{key}{path}"))
        }),
        _ => Some(String::new()),
    }
}

fn not_json(at: &str, cause: serde_json::Error) -> Error {
    Error::with_source(ErrorKind::Json, format!("`{at}` cannot be written as JSON"), cause)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

/// Converts each element, with its path.
fn each<A, B>(list: Vec<A>, at: &str, mut convert: impl FnMut(A, &str) -> Result<B>) -> Result<Vec<B>> {
    list.into_iter().enumerate().map(|(i, item)| convert(item, &format!("{at}[{i}]"))).collect()
}

/// Takes a field out if it can be converted; else it is left, to be refused.
fn take<A, B>(field: &mut Option<A>, convert: impl FnOnce(&A) -> Option<B>) -> Option<B> {
    let converted = convert(field.as_ref()?)?;
    *field = None;
    Some(converted)
}

/// A text that is a JSON object.
fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

/// Where Google's own Chat Completions have the thought signature of a tool call.
const EXTRA_CONTENT: &str = "extra_content";

fn signed(signature: &str) -> Value {
    json!({"google": {"thought_signature": signature}})
}

fn take_signature(extra: &mut Extra) -> Option<String> {
    let content = extra.get(EXTRA_CONTENT)?;
    let signature = content["google"]["thought_signature"].as_str()?.to_owned();
    // Only if nothing else is said, which would be lost.
    (*content == signed(&signature)).then(|| {
        extra.remove(EXTRA_CONTENT);
        signature
    })
}
