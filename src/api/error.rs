//! The errors that an API reports.

use super::meter::{Meter, parse};
use crate::error::{Error, ErrorKind, Escaped, excerpt};
use serde_json::Value;
use std::{
    fmt::{self, Write as _},
    iter,
};

/// An error that an API reports in a response or in an event of a stream.
///
/// It is read from OpenAI's `{"error": {"message", "type", "param", "code"}}`, Google's
/// `{"error": {"code", "message", "status", "details"}}` (also in a list of one), Databricks'
/// `{"error_code", "message"}` and similar objects.
///
/// Reading such a response returns an [`Error`] of kind [`Api`](ErrorKind::Api), whose
/// [`api_error`](Error::api_error) is the `ApiError`.
///
/// Some servers quote the request in the error, with its media. The fields hold everything the server sent;
/// `Display` shows at most 200 characters of it, with control characters escaped, and `Debug` at most 200 of each field.
///
/// # Examples
/// ```
/// use niello::{ErrorKind, gemini::Response};
///
/// let response = br#"{"error": {"code": 400, "message": "Unknown name \"fps\"", "status": "INVALID_ARGUMENT"}}"#;
/// let error = Response::from_slice(response).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Api);
/// let error = error.api_error().unwrap();
/// assert_eq!(error.code.as_deref(), Some("400"));
/// assert_eq!(error.kind.as_deref(), Some("INVALID_ARGUMENT"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// `message`: a description for people.
    pub message: String,
    /// `code` or `error_code`: an identifier for programs, such as the HTTP status or Databricks' name of the
    /// error. A number is given as a string.
    pub code: Option<String>,
    /// `type` or `status`: the category of the error, such as `RESOURCE_EXHAUSTED`.
    pub kind: Option<String>,
    /// `param`: the invalid field of the request. Chat Completions only.
    pub param: Option<String>,
    /// `details` (Google): objects with an `@type` that say, for example, which field is invalid or when to
    /// retry. Or `metadata` (OpenRouter), whose `raw` is the error of the model's own server.
    pub details: Vec<Value>,
}

/// The keys from which an [`ApiError`] is read.
pub(super) const KEYS: [&str; 12] = [
    "error",
    "error_description",
    "object",
    "error_code",
    "code",
    "message",
    "detail",
    "type",
    "status",
    "param",
    "details",
    "metadata",
];

impl ApiError {
    /// Returns the error that a response or an event contains, if any. `keys` are those of a response that is
    /// not an error: next to one of them, an empty error is ignored.
    pub(super) fn find(response: &Value, keys: &[&str]) -> Option<ApiError> {
        let has = |key: &&str| !response[*key].is_null();
        let is_response = keys.iter().any(has);
        match &response["error"] {
            Value::String(error) if !error.is_empty() => {
                let message = first_string(response, &["error_description", "message"]);
                return Some(ApiError {
                    kind: message.is_some().then(|| error.clone()),
                    message: message.unwrap_or_else(|| error.clone()),
                    ..ApiError::from_json(response)
                });
            }
            Value::Object(error) if !error.is_empty() => {
                return Some(ApiError::from_json(&response["error"]));
            }
            Value::Null => {}
            _ if is_response => {}
            _ => return Some(ApiError::from_json(response)),
        }
        // The error of a gateway or a web framework, such as `{"detail": "Not Found"}`.
        let is_error = response["object"] == "error"
            || (!is_response && ["error_code", "message", "detail"].iter().any(has));
        is_error.then(|| ApiError::from_json(response))
    }

    /// Returns what is shown to people: code, kind, message, field and cause.
    fn summary(&self) -> String {
        let names: String = self.code.iter().chain(&self.kind).map(|name| format!("{name}: ")).collect();
        let param = self.param.as_ref().map(|param| format!(" (`{param}`)")).unwrap_or_default();
        let causes: String =
            self.details.iter().filter_map(cause).map(|cause| format!(": {cause}")).collect();
        excerpt(format_args!("{names}{}{param}{causes}", self.message))
    }

    /// Reads the fields of an error object. The message of an object without one is its JSON.
    pub(super) fn from_json(error: &Value) -> ApiError {
        ApiError {
            message: first_string(error, &["message", "detail"]).unwrap_or_else(|| error.to_string()),
            code: first_string(error, &["error_code", "code"]),
            kind: first_string(error, &["type", "status"]),
            param: string(&error["param"]),
            details: match (&error["details"], &error["metadata"]) {
                (Value::Array(details), _) => details.clone(),
                (_, metadata @ Value::Object(_)) => vec![metadata.clone()],
                _ => Vec::new(),
            },
        }
    }
}

/// Returns what one of [`details`](ApiError::details) says of the cause: OpenRouter's provider and the message of
/// its error, or the fields that Google rejects.
fn cause(detail: &Value) -> Option<String> {
    violations(detail)
        .or_else(|| join(": ", [string(&detail["provider_name"]), raw_message(&detail["raw"])].into_iter()))
}

/// Returns the fields that Google rejects.
fn violations(detail: &Value) -> Option<String> {
    let list = ["fieldViolations", "field_violations"].iter().find_map(|key| detail[*key].as_array())?;
    let violation = |violation: &Value| {
        join(": ", [string(&violation["field"]), string(&violation["description"])].into_iter())
    };
    join("; ", list.iter().map(violation))
}

/// Returns the message of a provider's error, which is an object, the JSON of one, or a string.
fn raw_message(raw: &Value) -> Option<String> {
    let parsed = raw.as_str().and_then(|raw| parse(raw, &Meter::new()).ok());
    let error = match parsed.as_ref().unwrap_or(raw) {
        Value::Array(list) if list.len() == 1 => &list[0],
        error => error,
    };
    match ApiError::find(error, &[]) {
        Some(error) => {
            let causes = error.details.iter().map(violations);
            join(": ", iter::once(Some(error.message.clone())).chain(causes))
        }
        None => string(raw),
    }
}

/// Joins the non-empty strings. Returns `None` if all are empty.
fn join(separator: &str, strings: impl Iterator<Item = Option<String>>) -> Option<String> {
    let strings: Vec<_> = strings.flatten().filter(|string| !string.is_empty()).collect();
    (!strings.is_empty()).then(|| strings.join(separator))
}

fn first_string(object: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| string(&object[*key]))
}

/// Returns the content of a string, or the JSON of any other value but `null`.
fn string(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(string) => Some(string.clone()),
        value => Some(value.to_string()),
    }
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(f).write_str(&self.summary())
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("message", &excerpt(&self.message))
            .field("code", &self.code.as_ref().map(excerpt))
            .field("kind", &self.kind.as_ref().map(excerpt))
            .field("param", &self.param.as_ref().map(excerpt))
            .field("details", &excerpt(Value::from(self.details.clone())))
            .finish()
    }
}

impl Error {
    /// Returns the error that an API reported, if this error is of kind [`Api`](ErrorKind::Api).
    pub fn api_error(&self) -> Option<&ApiError> {
        self.cause()?.downcast_ref()
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Error {
        Error::with_source(ErrorKind::Api, "the API returned an error", error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_shows_the_cause_that_a_provider_or_google_gives() {
        for (error, shown) in [
            (
                r#"{"id": null, "choices": null, "error": {"message": "Provider returned error", "code": 400,
                    "metadata": {"raw": "{\"error\":{\"message\":\"bad mime\"}}", "provider_name": "Google"}}}"#,
                "400: Provider returned error: Google: bad mime",
            ),
            (
                r#"{"error": {"message": "m", "metadata": {"raw": "overloaded", "provider_name": "P"}}}"#,
                "m: P: overloaded",
            ),
            (
                r#"{"error": {"message": "m", "metadata": {"raw": "[{\"error\":{\"message\":\"quota\"}}]"}}}"#,
                "m: quota",
            ),
            (
                r#"{"error": {"message": "m", "status": "INVALID_ARGUMENT", "details": [
                    {"@type": "BadRequest", "fieldViolations": [
                        {"field": "contents[0]", "description": "no such field"}, {"description": "second"}]},
                    {"@type": "Help"}]}}"#,
                "INVALID_ARGUMENT: m: contents[0]: no such field; second",
            ),
            (
                r#"{"error": {"message": "m", "metadata": {"provider_name": "Google", "raw": {"error": {
                    "message": "invalid", "details": [{"field_violations": [{"field": "fps", "description": "is 0"}]}]}}}}}"#,
                "m: Google: invalid: fps: is 0",
            ),
            (r#"{"error": {"message": "m", "metadata": {"raw": null, "provider_name": ""}}}"#, "m"),
            (r#"{"error": {"message": "m", "details": [{"fieldViolations": [{}, 7]}, 7, "x"]}}"#, "m"),
        ] {
            let error = ApiError::find(&serde_json::from_str(error).unwrap(), &["choices"]).unwrap();
            assert_eq!(error.to_string(), shown);
        }
    }

    #[test]
    fn errors_show_no_base64() {
        let error = ApiError {
            message: format!("bad data {} in a", "iVBORw0K".repeat(10)),
            details: vec![serde_json::json!({"raw": "QUJD".repeat(100)})],
            ..ApiError::default()
        };
        assert!(error.to_string().starts_with("bad data ... in a: ..."), "{error}");
        assert!(!format!("{error:?}").contains("iVBOR"), "{error:?}");
    }

    #[test]
    fn display_shows_at_most_200_characters_of_all_fields_together() {
        let error = ApiError {
            message: "m".repeat(150),
            code: Some("c".repeat(30)),
            param: Some("p".repeat(30)),
            ..ApiError::default()
        };
        let shown = error.to_string();
        let (start, end) = shown.split_at(200);
        assert!(start.starts_with("ccc") && start.ends_with("ppp"), "{shown}");
        assert_eq!(end, "... (truncated from 217 bytes)");
    }
}
