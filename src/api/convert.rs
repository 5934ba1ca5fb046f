//! Conversion of requests between the two formats.
//!
//! A conversion takes a copy of the request apart. It moves out of the copy what the other format can express, and
//! rejects the request if anything remains. This needs no list of unsupported fields: a new field is rejected,
//! not lost, until its conversion is written.

mod calls;
mod schema;
mod to_chat;
mod to_gemini;

use crate::{
    api::{
        chat::{self, ReasoningEffort},
        check::invalid,
        extra::Extra,
        gemini::{self, GenerationConfig, ThinkingLevel},
        meter::{Meter, TOO_LARGE, parse},
    },
    error::{Error, ErrorKind, Result},
};
use serde::{Serialize, de::IgnoredAny};
use serde_json::{Map, Value, json};
use std::{fmt, mem};

const TEXT_MIME: &str = "text/plain";
const JSON_MIME: &str = "application/json";

/// The format that a request is converted to.
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
    /// The error for a field that this format does not have.
    fn unsupported(self, path: &str) -> Error {
        invalid(format!("{path} has no equivalent in {self}; remove it, or send the request unconverted"))
    }

    /// The error for a field that this format requires.
    fn missing(self, path: &str) -> Error {
        invalid(format!("{path} is missing, and {self} requires it; set it"))
    }

    /// Rejects the first field that remains in a value after a conversion.
    ///
    /// The value must not contain media, which this would write to memory.
    fn ensure_empty<T: Serialize + Default>(self, remaining: &T, path: &str) -> Result<()> {
        let to_json = |value| serde_json::to_value(value).map_err(|cause| not_json(path, cause));
        match first_difference(&to_json(remaining)?, &to_json(&T::default())?) {
            None => Ok(()),
            Some(field) if path.is_empty() => Err(self.unsupported(field.trim_start_matches('.'))),
            Some(field) => Err(self.unsupported(&format!("{path}{field}"))),
        }
    }
}

/// Returns the path of the first field in which `value` differs from `default`.
fn first_difference(value: &Value, default: &Value) -> Option<String> {
    match (value, default) {
        (value, default) if value == default => None,
        (Value::Object(value), Value::Object(default)) => value.iter().find_map(|(key, value)| {
            let path =
                default.get(key).map_or(Some(String::new()), |default| first_difference(value, default))?;
            Some(format!(".{key}{path}"))
        }),
        _ => Some(String::new()),
    }
}

fn not_json(path: &str, cause: serde_json::Error) -> Error {
    Error::with_source(ErrorKind::Json, format!("{path} cannot be written as JSON"), cause)
}

/// Converts the items of the list at `path`, each with its own path.
fn convert_all<A, B>(
    list: Vec<A>,
    path: &str,
    mut convert: impl FnMut(A, &str) -> Result<B>,
) -> Result<Vec<B>> {
    list.into_iter().enumerate().map(|(i, item)| convert(item, &format!("{path}[{i}]"))).collect()
}

/// Takes the value of a field if it can be converted. Otherwise leaves it, to be rejected.
fn take_if<A, B>(field: &mut Option<A>, convert: impl FnOnce(&A) -> Option<B>) -> Option<B> {
    let converted = convert(field.as_ref()?)?;
    *field = None;
    Some(converted)
}

/// Parses a string that contains a JSON object. Returns `None` for any other string.
fn parse_object(json: &str, meter: &Meter) -> Result<Option<Map<String, Value>>> {
    match parse(json, meter) {
        Ok(object) => Ok(Some(object)),
        Err(_) if meter.is_exhausted() => {
            Err(Error::new(ErrorKind::TooLarge, format!("the strings of the tool calls: {TOO_LARGE}")))
        }
        Err(_) => Ok(None),
    }
}

/// Returns `true` for a string that contains a JSON object.
fn is_object(json: &str) -> bool {
    json.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(json).is_ok()
}

/// The values of `reasoning_effort` and of `thinkingLevel`.
static EFFORTS: [(ReasoningEffort, ThinkingLevel); 4] = [
    (ReasoningEffort::Minimal, ThinkingLevel::Minimal),
    (ReasoningEffort::Low, ThinkingLevel::Low),
    (ReasoningEffort::Medium, ThinkingLevel::Medium),
    (ReasoningEffort::High, ThinkingLevel::High),
];

/// The values of `modalities` and of `responseModalities`.
static MODALITIES: [(chat::Modality, gemini::Modality); 3] = [
    (chat::Modality::Text, gemini::Modality::Text),
    (chat::Modality::Audio, gemini::Modality::Audio),
    (chat::Modality::Image, gemini::Modality::Image),
];

/// Looks up the Gemini value of a pair.
fn gemini_value<C: PartialEq, G: Clone>(pairs: &[(C, G)], chat: &C) -> Option<G> {
    pairs.iter().find(|(known, _)| known == chat).map(|(_, gemini)| gemini.clone())
}

/// Looks up the Chat Completions value of a pair.
fn chat_value<C: Clone, G: PartialEq>(pairs: &[(C, G)], gemini: &G) -> Option<C> {
    pairs.iter().find(|(_, known)| known == gemini).map(|(chat, _)| chat.clone())
}

/// Exchanges the settings that have the same meaning and type in both formats. For a conversion, one of the two is
/// new and receives the settings of the other.
fn swap_settings(chat: &mut chat::Request, gemini: &mut GenerationConfig) {
    mem::swap(&mut chat.max_tokens, &mut gemini.max_output_tokens);
    mem::swap(&mut chat.n, &mut gemini.candidate_count);
    mem::swap(&mut chat.temperature, &mut gemini.temperature);
    mem::swap(&mut chat.top_p, &mut gemini.top_p);
    mem::swap(&mut chat.seed, &mut gemini.seed);
    mem::swap(&mut chat.presence_penalty, &mut gemini.presence_penalty);
    mem::swap(&mut chat.frequency_penalty, &mut gemini.frequency_penalty);
    mem::swap(&mut chat.logprobs, &mut gemini.response_logprobs);
    mem::swap(&mut chat.top_logprobs, &mut gemini.logprobs);
}

/// Keys of Chat Completions that vendors document.
const TOP_K: &str = "top_k";
const THINKING: &str = "thinking";

/// The value of [`THINKING`] for a number of tokens.
fn enabled_thinking(tokens: i64) -> Value {
    json!({"type": "enabled", "budget_tokens": tokens})
}

/// The `tool_choice` for a call of one of several functions.
fn allowed_tools<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    let tools: Vec<_> = names.map(|name| json!({"type": "function", "function": {"name": name}})).collect();
    json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": tools}})
}

/// Takes the value of an extra key if it can be converted.
fn take_extra<T>(extra: &mut Extra, key: &str, convert: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
    let converted = convert(extra.get(key)?)?;
    extra.remove(key);
    Some(converted)
}

/// The extra key of a tool call in which Google's Chat Completions endpoint carries the thought signature.
const EXTRA_CONTENT: &str = "extra_content";

fn extra_content(signature: &str) -> Value {
    json!({"google": {"thought_signature": signature}})
}

fn take_signature(extra: &mut Extra) -> Option<String> {
    let content = extra.get(EXTRA_CONTENT)?;
    let signature = content["google"]["thought_signature"].as_str()?.to_owned();
    // With anything next to the signature, all of it remains, to be rejected.
    (*content == extra_content(&signature)).then(|| {
        extra.remove(EXTRA_CONTENT);
        signature
    })
}
