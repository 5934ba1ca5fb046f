//! What the checks of requests in both formats share.

use crate::error::{Error, ErrorKind, Result};
use std::fmt::Arguments;

/// Returns an error with `message`, which begins with the JSON path of a field, unless `condition` is true.
pub(crate) fn require(condition: bool, message: Arguments<'_>) -> Result<()> {
    if condition { Ok(()) } else { Err(invalid(message.to_string())) }
}

/// Checks the number at the JSON path `at`.
pub(crate) fn check_finite(number: Option<f64>, at: Arguments<'_>) -> Result<()> {
    let number = number.unwrap_or_default();
    require(number.is_finite(), format_args!("{at} is {number}; JSON numbers must be finite"))
}

/// Creates an error about a value that no server could accept.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into())
}
