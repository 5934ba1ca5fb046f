//! What the API says when it does not answer.

use crate::error::{Error, ErrorKind, Result};
use serde_json::Value;
use std::{error, fmt};

/// The error object of an answer or of an event: OpenAI's `{"error": {"message": ..}}`, Databricks'
/// `{"error_code": .., "message": ..}`, and their kin.
///
/// It is the source of the [`Error`] of kind [`Api`](ErrorKind::Api) that reading the answer gives:
///
/// ```
/// use niello::{ErrorKind, chat::{ApiError, Response}};
/// use std::error::Error;
///
/// let answer = br#"{"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "Too many tokens per minute."}"#;
/// let error = Response::from_slice(answer).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Api);
/// let said = error.source().unwrap().downcast_ref::<ApiError>().unwrap();
/// assert_eq!(said.code.as_deref(), Some("REQUEST_LIMIT_EXCEEDED"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// `message`: for people.
    pub message: String,
    /// `code` or `error_code`: for programs; a number as text.
    pub code: Option<String>,
    /// `type` or `status`: what sort of error it is.
    pub kind: Option<String>,
    /// `param`: the field of the request that is wrong.
    pub param: Option<String>,
}

impl ApiError {
    /// The error that an answer holds, if it holds one.
    pub(super) fn find(answer: &Value) -> Option<ApiError> {
        // Some servers give a list of one.
        let answer = answer.get(0).unwrap_or(answer);
        match &answer["error"] {
            Value::Null => {}
            Value::String(kind) => {
                let message = text(&answer["error_description"]).or_else(|| text(&answer["message"]));
                let (message, kind) = match message {
                    Some(message) => (message, Some(kind.clone())),
                    None => (kind.clone(), None),
                };
                return Some(ApiError { message, kind, ..ApiError::read(answer) });
            }
            error => return Some(ApiError::read(error)),
        }
        let is_error = !answer["error_code"].is_null() || answer["object"] == "error";
        is_error.then(|| ApiError::read(answer))
    }

    fn read(error: &Value) -> ApiError {
        ApiError {
            message: text(&error["message"])
                .or_else(|| text(&error["detail"]))
                .unwrap_or_else(|| error.to_string()),
            code: text(&error["error_code"]).or_else(|| text(&error["code"])),
            kind: text(&error["type"]).or_else(|| text(&error["status"])),
            param: text(&error["param"]),
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

/// The JSON of an answer that holds no error.
pub(super) fn answer(bytes: &[u8]) -> Result<Value> {
    let answer = serde_json::from_slice(bytes).map_err(|cause| {
        // A proxy's page, often: its first words say whose.
        let start: String = String::from_utf8_lossy(bytes).chars().take(120).collect();
        Error::with_source(ErrorKind::Json, format!("the answer is no JSON, but {start:?}"), cause)
    })?;
    if let Some(error) = ApiError::find(&answer) {
        return Err(error.into());
    }
    // A gateway's or a framework's own words for it, as `{"detail": "Not Found"}`.
    if answer.is_object() && answer.get("choices").is_none() {
        return Err(ApiError::read(&answer).into());
    }
    Ok(answer)
}

/// An answer whose JSON is not of the shape that the API has.
pub(super) fn misshapen(cause: serde_json::Error) -> Error {
    Error::with_source(ErrorKind::Json, "the answer is not one of Chat Completions", cause)
}
