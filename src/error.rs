//! The error type.

mod excerpt;

pub(crate) use excerpt::{HIDDEN, beginning, excerpt};

use std::{
    borrow::Cow,
    error,
    fmt::{self, Write as _},
    io, iter,
    sync::Arc,
};

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// The error of every fallible function of this crate.
///
/// The message says what failed, on what (a path, field or position), why, and what to do. It contains no media and no
/// token. Use [`kind`](Error::kind) to decide what to do about an error, and [`api_error`](Error::api_error) for
/// details of an error that an API reported.
///
/// Cloning is cheap and gives the same error.
///
/// # Causes
///
/// [`Display`](fmt::Display) prints the message and its cause. [`source`](error::Error::source) returns only what is
/// below that cause, so printing an error together with its sources prints each cause once.
///
/// Paths, URLs, keys and the text of servers may contain anything. `Display` escapes control characters and characters
/// that change the direction of text, such as `\u001b`, so a message is one line and safe to print to a terminal.
///
/// # Conversion to `io::Error`
///
/// Most errors of a body surface through [`Read`](io::Read), so an `Error` converts into an [`io::Error`], from which
/// `downcast` recovers it:
///
/// ```
/// use std::io;
/// let error = niello::Media::open("no such file.mp4").unwrap_err();
/// assert_eq!(error.kind(), niello::ErrorKind::Io);
/// let error = io::Error::from(error);
/// assert_eq!(error.kind(), io::ErrorKind::NotFound);
/// let error = error.downcast::<niello::Error>().unwrap();
/// assert!(error.to_string().starts_with("cannot open no such file.mp4: "));
/// ```
///
/// | [`ErrorKind`] | [`io::ErrorKind`] |
/// |---|---|
/// | [`Io`](ErrorKind::Io) | that of the cause |
/// | [`Changed`](ErrorKind::Changed) | [`InvalidData`](io::ErrorKind::InvalidData) |
/// | [`TooLarge`](ErrorKind::TooLarge) | [`FileTooLarge`](io::ErrorKind::FileTooLarge) |
/// | [`Api`](ErrorKind::Api) | [`Other`](io::ErrorKind::Other) |
/// | all others | [`InvalidInput`](io::ErrorKind::InvalidInput) |
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    cause: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system reported an error, such as a missing file, a missing permission or a failing disk. The
    /// kind of the [`io::Error`] that this error converts into says which.
    Io,
    /// A file was truncated, grown or rewritten after it was opened. Open it again.
    Changed,
    /// A MIME type cannot be detected, is not documented by the gateways, or is not of the form `type/subtype`.
    MimeType,
    /// A value cannot be written as JSON, or a string is not valid JSON.
    Json,
    /// A field of a request or an option has a value that the API cannot accept.
    Invalid,
    /// A body exceeds a limit, media would have to be held in memory, a chunk cannot be allocated, or an event of a
    /// stream exceeds its limit.
    TooLarge,
    /// The API reported an error, which [`api_error`](Error::api_error) returns.
    Api,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
        Error(Arc::new(Inner { kind, message: message.into(), cause: None }))
    }

    pub(crate) fn with_source(
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        cause: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Error {
        Error(Arc::new(Inner { kind, message: message.into(), cause: Some(cause.into()) }))
    }

    /// Returns the kind of this error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the cause that the message ends with, which `source` does not return.
    pub(crate) fn cause(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }

    /// Returns the kind of the first I/O error among the causes.
    fn io_kind(&self) -> Option<io::ErrorKind> {
        iter::successors(self.cause(), |cause| cause.source()).find_map(|cause| {
            let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            io.or_else(|| cause.downcast_ref::<Error>()?.io_kind())
        })
    }
}

// By hand: a derived `source` would return the cause that `Display` prints already.
impl error::Error for Inner {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause.as_ref()?.source()
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut escaped = Escaped(f);
        escaped.write_str(&self.message)?;
        match &self.cause {
            Some(cause) => write!(escaped, ": {cause}"),
            None => Ok(()),
        }
    }
}

/// Escapes, as JSON does, the characters that a terminal interprets or that make text look like other text.
pub(crate) struct Escaped<W>(pub(crate) W);

impl<W: fmt::Write> fmt::Write for Escaped<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        match c {
            '\n' => self.0.write_str("\\n"),
            '\r' => self.0.write_str("\\r"),
            '\t' => self.0.write_str("\\t"),
            // Direction characters, and the line breaks of Unicode.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                write!(self.0, "\\u{:04x}", u32::from(c))
            }
            c if c.is_control() => write!(self.0, "\\u{:04x}", u32::from(c)),
            c => self.0.write_char(c),
        }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("cause", &self.cause)
            .finish()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        let kind = match error.kind() {
            ErrorKind::Io => error.io_kind().unwrap_or(io::ErrorKind::Other),
            ErrorKind::TooLarge => io::ErrorKind::FileTooLarge,
            ErrorKind::Api => io::ErrorKind::Other,
            ErrorKind::MimeType | ErrorKind::Json | ErrorKind::Invalid => io::ErrorKind::InvalidInput,
            // Not UnexpectedEof, which a reader may take for a regular end.
            ErrorKind::Changed => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiError, Template, chat};

    /// Prints an error and its sources, as anyhow and tracing do.
    fn chain(error: &(dyn error::Error + 'static)) -> String {
        let messages = iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
        messages.collect::<Vec<_>>().join(": ")
    }

    #[test]
    fn every_way_of_printing_prints_each_cause_once() {
        struct Refuses;
        impl serde::Serialize for Refuses {
            fn serialize<S: serde::Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("the reason"))
            }
        }
        #[derive(Debug, thiserror::Error)]
        #[error("the outer reason")]
        struct Outer(#[source] io::Error);

        let missing = r#"[{"$base64": {"file": "no such file"}}]"#;
        let nested = Outer(io::Error::new(io::ErrorKind::TimedOut, "the inner reason"));
        let cases = [
            (crate::Media::open("no such file").unwrap_err(), vec!["cannot open no such file", "os error"]),
            (crate::Body::json(&Refuses).unwrap_err(), vec!["cannot be written as JSON", "the reason"]),
            (Error::from(ApiError::default()), vec!["the API"]),
            (
                chat::Response::from_slice(br#"{"error": {"message": "the reason"}}"#).unwrap_err(),
                vec!["the reason"],
            ),
            (Template::new(missing).body().unwrap_err(), vec!["template: $[0]", "cannot open", "os error"]),
            (
                Error::with_source(ErrorKind::Io, "cannot read", nested),
                vec!["cannot read", "the outer reason", "the inner reason"],
            ),
        ];
        for (error, parts) in cases {
            let through = io::Error::from(error.clone());
            assert_eq!(through.to_string(), error.to_string());
            for printed in [chain(&error), chain(&through), chain(&io::Error::other(through))] {
                for part in &parts {
                    assert_eq!(printed.matches(part).count(), 1, "{part:?} in {printed:?}");
                }
            }
            let back = io::Error::from(error.clone()).downcast::<Error>().unwrap();
            assert_eq!((back.kind(), back.to_string()), (error.kind(), error.to_string()));
        }
    }

    #[test]
    fn the_kind_of_an_io_cause_is_found_at_any_depth() {
        let error = Template::new(r#"[{"$base64": {"file": "no such file"}}]"#).body().unwrap_err();
        assert_eq!((error.kind(), io::Error::from(error).kind()), (ErrorKind::Io, io::ErrorKind::NotFound));
        let error = Error::with_source(ErrorKind::Io, "cannot read", "no I/O error");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::Other);
    }
}
