//! What an API says when it does not answer, in either format.

use crate::error::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{error, fmt};

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// `details`: objects with an `@type`, such as which field is wrong, or when to try again. Google.
    pub details: Vec<Value>,
}

impl ApiError {
    /// The error that an answer holds, if it holds one. `own` are keys by which an answer is known.
    fn find(answer: &Value, own: &[&str]) -> Option<ApiError> {
        match &answer["error"] {
            Value::Null => {}
            error @ Value::String(kind) => {
                let said = first_text(answer, &["error_description", "message"]);
                return Some(ApiError {
                    kind: said.is_some().then(|| kind.clone()),
                    message: said.or_else(|| text(error)).unwrap_or_default(),
                    ..ApiError::read(answer)
                });
            }
            error => return Some(ApiError::read(error)),
        }
        let has = |key: &&str| !answer[*key].is_null();
        let is_answer = own.iter().any(has);
        // A gateway's or a framework's own words for it, as `{"detail": "Not Found"}`.
        let is_error = has(&"error_code")
            || answer["object"] == "error"
            || (!is_answer && ["message", "detail"].iter().any(has));
        is_error.then(|| ApiError::read(answer))
    }

    /// What an object that is an error says: its JSON if it has no words for people.
    pub(crate) fn read(error: &Value) -> ApiError {
        ApiError {
            message: first_text(error, &["message", "detail"]).unwrap_or_else(|| error.to_string()),
            code: first_text(error, &["error_code", "code"]),
            kind: first_text(error, &["type", "status"]),
            param: text(&error["param"]),
            details: error["details"].as_array().cloned().unwrap_or_default(),
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

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in self.code.iter().chain(&self.kind) {
            write!(f, "{name}: ")?;
        }
        f.write_str(&self.message)?;
        self.param.as_ref().map_or(Ok(()), |param| write!(f, " (`{param}`)"))
    }
}

impl error::Error for ApiError {}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Error {
        Error::with_source(ErrorKind::Api, "the API answered with an error", error)
    }
}

/// The JSON of an answer, or of an event of a stream, that holds no error. `own` are keys by which an answer
/// is known.
pub(crate) fn answer(bytes: &[u8], own: &[&str]) -> Result<Value> {
    let mut answer = serde_json::from_slice(bytes).map_err(|cause| {
        // A proxy's page, often: its first words say whose.
        let start: String = String::from_utf8_lossy(bytes).chars().take(120).collect();
        Error::with_source(ErrorKind::Json, format!("the answer is no JSON, but {start:?}"), cause)
    })?;
    if let Value::Array(list) = &mut answer
        && list.len() == 1
    {
        answer = list.remove(0);
    }
    match ApiError::find(&answer, own) {
        Some(error) => Err(error.into()),
        None => Ok(answer),
    }
}

/// Reads JSON of the shape that the answers of an API have.
pub(crate) fn parse<T: DeserializeOwned>(answer: Value, api: &str) -> Result<T> {
    serde_json::from_value(answer).map_err(|cause| {
        Error::with_source(ErrorKind::Json, format!("the answer is not one of {api}"), cause)
    })
}
