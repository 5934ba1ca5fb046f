//! Errors as exceptions of `niello._errors`.

use niello::{Error, ErrorKind};
use pyo3::{exceptions::PyTypeError, prelude::*};
use std::io;

/// What messages call by its name in the Rust library, and what to call it in Python.
const NAMES: [(&str, &str); 6] = [
    ("`Extractor::max_text`", "max_text"),
    ("`Extractor::max_media`", "max_media"),
    ("`Extractor::max_media_bytes`", "max_media_bytes"),
    ("`Marks::raw`", "niello.raw"),
    ("whose `Scope` was dropped", "whose string or bytes object was deleted"),
    ("keep the scope until", "keep the object until"),
];

/// Creates the exception for an error.
pub(crate) fn exception(py: Python<'_>, error: Error) -> PyErr {
    let kind = match error.kind() {
        ErrorKind::Io => "io",
        ErrorKind::Changed => "changed",
        ErrorKind::MimeType => "mime_type",
        ErrorKind::Json => "json",
        ErrorKind::Invalid => "invalid",
        ErrorKind::TooLarge => "too_large",
        _ => "other",
    };
    let message =
        NAMES.iter().fold(error.to_string(), |message, (rust, python)| message.replace(rust, python));
    let kind = match io::Error::from(error).kind() {
        io::ErrorKind::NotFound => "not_found",
        io::ErrorKind::PermissionDenied => "permission_denied",
        io::ErrorKind::IsADirectory => "is_a_directory",
        _ => kind,
    };
    let created =
        py.import("niello._errors").and_then(|errors| errors.call_method1("create", (kind, message)));
    created.map_or_else(|error| error, PyErr::from_value)
}

/// Creates the exception for an error of a body or a reader.
pub(crate) fn io_exception(py: Python<'_>, error: io::Error) -> PyErr {
    match error.downcast::<Error>() {
        Ok(error) => exception(py, error),
        Err(error) => error.into(),
    }
}

/// Creates the exception for an attempt to pickle an object.
pub(crate) fn not_picklable(reason: &'static str) -> PyErr {
    PyTypeError::new_err(reason)
}
