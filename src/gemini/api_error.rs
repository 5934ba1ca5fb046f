//! What the API says when it does not answer.

use crate::error::{Error, ErrorKind, Result};
use serde_json::Value;
use std::{error, fmt};

/// The error object of an answer or of an event: Google's `{"error": {"code", "message", "status"}}`, also
/// as a list of one, and Databricks' `{"error_code", "message"}`.
///
/// It is the source of the [`Error`] of kind [`Api`](ErrorKind::Api) that reading the answer gives:
///
/// ```
/// use niello::{ErrorKind, gemini::{ApiError, Response}};
/// use std::error::Error;
///
/// let answer = br#"{"error": {"code": 400, "message": "Unknown name \"fps\"", "status": "INVALID_ARGUMENT"}}"#;
/// let error = Response::from_slice(answer).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Api);
/// let said = error.source().unwrap().downcast_ref::<ApiError>().unwrap();
/// assert_eq!(said.status.as_deref(), Some("INVALID_ARGUMENT"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ApiError {
    /// `message`: for people.
    pub message: String,
    /// `code` or `error_code`: the HTTP status, or Databricks' name for the error; a number as text.
    pub code: Option<String>,
    /// `status`: Google's name for the error, such as `RESOURCE_EXHAUSTED`.
    pub status: Option<String>,
    /// `details`: objects with an `@type`, such as which field is wrong, or when to try again.
    pub details: Vec<Value>,
}

impl ApiError {
    /// The error that an answer holds, if it holds one.
    fn find(answer: &Value) -> Option<ApiError> {
        match &answer["error"] {
            Value::Null => {}
            error @ Value::String(kind) => {
                let said = ["message", "error_description"].iter().find_map(|key| text(&answer[key]));
                return Some(ApiError {
                    status: said.is_some().then(|| kind.clone()),
                    message: said.or_else(|| text(error)).unwrap_or_default(),
                    ..ApiError::read(answer)
                });
            }
            error => return Some(ApiError::read(error)),
        }
        // A gateway's or a framework's own words for it, as `{"detail": "Not Found"}`.
        let has = |key: &&str| !answer[key].is_null();
        let is_answer = ["candidates", "promptFeedback", "usageMetadata"].iter().any(has);
        let is_error = ["error_code", "message", "detail"].iter().any(has);
        (is_error && !is_answer).then(|| ApiError::read(answer))
    }

    fn read(error: &Value) -> ApiError {
        ApiError {
            message: ["message", "detail"]
                .iter()
                .find_map(|key| text(&error[key]))
                .unwrap_or_else(|| error.to_string()),
            code: ["error_code", "code"].iter().find_map(|key| text(&error[key])),
            status: text(&error["status"]),
            details: error["details"].as_array().cloned().unwrap_or_default(),
        }
    }
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
        for name in self.code.iter().chain(&self.status) {
            write!(f, "{name}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl error::Error for ApiError {}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Error {
        Error::with_source(ErrorKind::Api, "the API answered with an error", error)
    }
}

/// The JSON of an answer that holds no error.
pub(super) fn answer(bytes: &[u8]) -> Result<Value> {
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
    match ApiError::find(&answer) {
        Some(error) => Err(error.into()),
        None => Ok(answer),
    }
}
