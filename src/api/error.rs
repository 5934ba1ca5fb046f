//! What an API says when it does not answer, in either format.

use crate::error::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{borrow::Cow, error, fmt};

/// The error object of an answer or of an event: OpenAI's `{"error": {"message", "type", "param", "code"}}`,
/// Google's `{"error": {"code", "message", "status", "details"}}`, also as a list of one, Databricks'
/// `{"error_code", "message"}`, and their kin.
///
/// It is the source of the [`Error`] of kind [`Api`](ErrorKind::Api) that reading the answer gives:
///
/// ```
/// use niello::{ApiError, ErrorKind, gemini::Response};
/// use std::error::Error;
///
/// let answer = br#"{"error": {"code": 400, "message": "Unknown name \"fps\"", "status": "INVALID_ARGUMENT"}}"#;
/// let error = Response::from_slice(answer).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Api);
/// let said = error.source().unwrap().downcast_ref::<ApiError>().unwrap();
/// assert_eq!(said.code.as_deref(), Some("400"));
/// assert_eq!(said.kind.as_deref(), Some("INVALID_ARGUMENT"));
/// ```
///
/// Some servers repeat the request in it, with its media: the fields have all of that, but what is shown of
/// it is cut.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// `message`: for people.
    pub message: String,
    /// `code` or `error_code`: for programs, such as the HTTP status or Databricks' name for the error; a
    /// number as text.
    pub code: Option<String>,
    /// `type` or `status`: what sort of error it is, such as `RESOURCE_EXHAUSTED`.
    pub kind: Option<String>,
    /// `param`: the field of the request that is wrong. Chat Completions.
    pub param: Option<String>,
    /// `details`: objects with an `@type`, such as which field is wrong, or when to try again. Google. Or
    /// `metadata`, whose `raw` is what the model's own server said. OpenRouter.
    pub details: Vec<Value>,
}

impl ApiError {
    /// The error that an answer or an event holds, if it holds one. `own` are keys by which an answer is
    /// known: beside them, what says nothing is no error.
    fn find(answer: &Value, own: &[&str]) -> Option<ApiError> {
        let has = |key: &&str| !answer[*key].is_null();
        let is_answer = own.iter().any(has);
        match &answer["error"] {
            Value::String(error) if !error.is_empty() => {
                let said = first_text(answer, &["error_description", "message"]);
                return Some(ApiError {
                    kind: said.is_some().then(|| error.clone()),
                    message: said.unwrap_or_else(|| error.clone()),
                    ..ApiError::read(answer)
                });
            }
            Value::Object(error) if !error.is_empty() => return Some(ApiError::read(&answer["error"])),
            Value::Null => {}
            _ if is_answer => {}
            _ => return Some(ApiError::read(answer)),
        }
        // A gateway's or a framework's own words for it, as `{"detail": "Not Found"}`.
        let is_error = answer["object"] == "error"
            || (!is_answer && ["error_code", "message", "detail"].iter().any(has));
        is_error.then(|| ApiError::read(answer))
    }

    /// What an object that is an error says: its JSON if it has no words for people.
    pub(crate) fn read(error: &Value) -> ApiError {
        ApiError {
            message: first_text(error, &["message", "detail"]).unwrap_or_else(|| error.to_string()),
            code: first_text(error, &["error_code", "code"]),
            kind: first_text(error, &["type", "status"]),
            param: text(&error["param"]),
            details: match (&error["details"], &error["metadata"]) {
                (Value::Array(details), _) => details.clone(),
                (_, metadata @ Value::Object(_)) => vec![metadata.clone()],
                _ => Vec::new(),
            },
        }
    }
}

fn first_text(object: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(&object[*key]))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    }
}

/// The most characters of a foreign text that an error shows.
const SHOWN: usize = 1000;

/// A text as far as it is shown.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        None => text.into(),
        Some((end, _)) => format!("{}... (cut, of {} bytes)", &text[..end], text.len()).into(),
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in self.code.iter().chain(&self.kind) {
            write!(f, "{}: ", cut(name))?;
        }
        f.write_str(&cut(&self.message))?;
        self.param.as_ref().map_or(Ok(()), |param| write!(f, " (`{}`)", cut(param)))
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &Option<String>| text.as_deref().map(|text| cut(text).into_owned());
        f.debug_struct("ApiError")
            .field("message", &cut(&self.message))
            .field("code", &shown(&self.code))
            .field("kind", &shown(&self.kind))
            .field("param", &shown(&self.param))
            .field("details", &cut(&Value::from(self.details.clone()).to_string()))
            .finish()
    }
}

impl error::Error for ApiError {}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Error {
        Error::with_source(ErrorKind::Api, "the API answered with an error", error)
    }
}

/// The JSON of a whole answer. What has none of the keys by which an answer is known is taken for an error,
/// whatever it says.
pub(crate) fn answer(bytes: &[u8], own: &[&str]) -> Result<Value> {
    let answer = json(bytes)?;
    let is_foreign =
        answer.as_object().is_some_and(|answer| own.iter().all(|key| !answer.contains_key(*key)));
    match ApiError::find(&answer, own).or_else(|| is_foreign.then(|| ApiError::read(&answer))) {
        Some(error) => Err(error.into()),
        None => Ok(answer),
    }
}

/// The JSON of an event of a stream, which may hold nothing that is known.
pub(crate) fn event(data: &str, own: &[&str]) -> Result<Value> {
    let event = json(data.as_bytes())?;
    match ApiError::find(&event, own) {
        Some(error) => Err(error.into()),
        None => Ok(event),
    }
}

/// The JSON that stands in `bytes`, without the list of one that Google puts around an error.
fn json(bytes: &[u8]) -> Result<Value> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let value = serde_json::from_slice(bytes).or_else(|cause| {
        serde_json::from_str(&mended(bytes)).map_err(|_| {
            // A proxy's page, often: its first words say whose.
            let start: String = String::from_utf8_lossy(bytes).chars().take(120).collect();
            Error::with_source(ErrorKind::Json, format!("the answer is no JSON, but {start:?}"), cause)
        })
    })?;
    Ok(match value {
        Value::Array(mut list) if list.len() == 1 => list.remove(0),
        value => value,
    })
}

/// The text with U+FFFD for what is no character: bytes, and halves of a surrogate pair, which servers
/// written in Python give as `\ud800`.
fn mended(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut mended = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find('\\') {
        mended.push_str(&rest[..at]);
        rest = &rest[at..];
        let len = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push('\u{FFFD}');
                rest = &rest[6..];
                continue;
            }
            // An escape of two: the second may be a backslash itself.
            _ => rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end),
        };
        mended.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    mended + rest
}

/// The UTF-16 code unit of the escape that a text begins with.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

/// Reads JSON of the shape that the answers of an API have.
pub(crate) fn parse<T: DeserializeOwned>(answer: Value, api: &str) -> Result<T> {
    serde_json::from_value(answer).map_err(|cause| {
        // It may quote what it did not expect, which may be media.
        let cause = cut(&cause.to_string()).into_owned();
        Error::with_source(ErrorKind::Json, format!("the answer is not one of {api}"), cause)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_surrogate_pairs_are_mended() {
        for (text, mended_to) in [
            (r#""\ud83d\ude00 \u00e9""#, r#""\ud83d\ude00 \u00e9""#),
            (r#""\ud800""#, "\"\u{FFFD}\""),
            (r#""\ud800x\udc00""#, "\"\u{FFFD}x\u{FFFD}\""),
            (r#""\ud800\ud83d\ude00""#, "\"\u{FFFD}\\ud83d\\ude00\""),
            (r#""\\ud800\"\\\ud800""#, "\"\\\\ud800\\\"\\\\\u{FFFD}\""),
            (r#""\u12"#, r#""\u12"#),
            ("\\", "\\"),
            ("\\é\\ué", "\\é\\ué"),
        ] {
            assert_eq!(mended(text.as_bytes()), mended_to, "{text}");
        }
        assert_eq!(mended(b"a\xFF"), "a\u{FFFD}");
    }

    #[test]
    fn what_is_shown_is_cut_between_characters() {
        let long = "é".repeat(SHOWN);
        assert_eq!(cut(&long), long);
        let longer = format!("{long}é");
        assert_eq!(cut(&longer), format!("{long}... (cut, of {} bytes)", longer.len()));
    }
}
