//! The one error type.

use std::{borrow::Cow, error, fmt, io, iter, sync::Arc};

/// What every fallible call of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a media could not be opened, a plan not be made, or a body not be delivered.
///
/// The message says what happened, where (path, field or piece) and what to do, cause included; it never
/// holds media or a token. [`kind`](Error::kind) is for programs, and [`source`](error::Error::source)
/// is the cause as a value where there is one.
///
/// It turns into an [`io::Error`] from which it can be had back, since most bodies fail inside of somebody else's
/// `Read`:
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
/// Its kind as an `io::Error` is that of the cause for [`Io`](ErrorKind::Io); [`InvalidData`](io::ErrorKind::InvalidData)
/// for [`Changed`](ErrorKind::Changed), [`FileTooLarge`](io::ErrorKind::FileTooLarge) for
/// [`TooLarge`](ErrorKind::TooLarge), [`Other`](io::ErrorKind::Other) for [`Api`](ErrorKind::Api), and
/// [`InvalidInput`](io::ErrorKind::InvalidInput) for the rest.
///
/// A clone is the same error, and costs nothing.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused: no such file, no permission, a failing disk. The source is the
    /// [`io::Error`].
    Io,
    /// A file is no longer as it was when it was opened: truncated, grown or rewritten. Open it again.
    Changed,
    /// A MIME type is unknown, not documented by the gateways, or not of the form `type/subtype`.
    MimeType,
    /// A value cannot be written as JSON, or what was given as JSON is none.
    Json,
    /// A field of a request or an option has a value that the API does not take.
    Invalid,
    /// The body is longer than a limit, a part of it would have to be held in memory, there is no memory for a chunk of
    /// that length, or an event of a stream is longer than its reader takes.
    TooLarge,
    /// The API answered with an error; the source is what it said, an [`ApiError`](crate::ApiError).
    Api,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
        Error(Arc::new(Inner { kind, message: message.into(), source: None }))
    }

    pub(crate) fn with_source(
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Error {
        Error(Arc::new(Inner { kind, message: message.into(), source: Some(source.into()) }))
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        // Whole by itself: it is often all that is printed, as by an `io::Error` around it.
        self.0.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        let kind = match error.kind() {
            ErrorKind::Io => iter::successors(error::Error::source(&error), |error| error.source())
                .find_map(|source| source.downcast_ref::<io::Error>())
                .map_or(io::ErrorKind::Other, io::Error::kind),
            ErrorKind::TooLarge => io::ErrorKind::FileTooLarge,
            ErrorKind::Api => io::ErrorKind::Other,
            ErrorKind::MimeType | ErrorKind::Json | ErrorKind::Invalid => io::ErrorKind::InvalidInput,
            // Not UnexpectedEof: a reader that was promised a length may take that for a plain end.
            ErrorKind::Changed => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}
