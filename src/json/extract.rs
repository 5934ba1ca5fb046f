//! Extraction: takes media out of JSON while it arrives.
//!
//! - `path` says which strings are media.
//! - `scanner` finds and decodes them.
//! - `store` is the destination of decoded media.
//! - `extracted` is the result: the media and the rest of the JSON.
//! - `resolve` deserializes it.

mod extracted;
mod path;
mod resolve;
mod scanner;
mod store;

pub(crate) use extracted::ExtractedLines;
pub use extracted::{Extracted, ExtractedMedia};
pub use path::{JsonPath, Place};
pub(crate) use resolve::{decode, extracted};
pub(crate) use store::join;
pub use store::{Spool, Spooled, Store};

use crate::error::{Error, ErrorKind, Result};
use scanner::{Limits, Scanner};
use serde::de::IgnoredAny;
use std::{
    fmt,
    io::{ErrorKind as IoErrorKind, Read},
    mem,
    sync::Arc,
};

/// Takes media out of JSON while it arrives.
///
/// [`push`](Extractor::push) accepts the bytes of a response or a request, cut anywhere. Strings that are media are
/// decoded at once into the [`Store`]; by default, each becomes a [`Media`](crate::Media). The rest of the JSON is small
/// and is kept as text. [`finish`](Extractor::finish) returns both.
///
/// The path of a string decides whether it is media: [`Place::of`] lists the paths of the APIs, and
/// [`rule`](Extractor::rule) sets other ones. Media that is nested in more than 128 objects and lists remains text.
///
/// Base64 is decoded strictly, in the standard and the URL-safe alphabet, with or without padding. JSON escapes in it are
/// resolved, and line breaks and tabs are skipped.
///
/// # Examples
///
/// ```
/// use niello::Extractor;
///
/// let mut extractor = Extractor::new();
/// // As received from a socket, cut at any byte.
/// for bytes in [r#"{"created": 1, "data": [{"b64_json": "iVBORw0K"#, r#"GgoAAAANSUhEUg=="}]}"#] {
///     extractor.push(bytes.as_bytes())?;
/// }
/// let extracted = extractor.finish()?;
/// let image = &extracted.media()[0];
/// assert_eq!(image.path(), "$.data[0].b64_json");
/// assert_eq!((image.stored().len(), image.stored().mime()), (16, "image/png"));
/// # Ok::<(), niello::Error>(())
/// ```
///
/// # Performance
///
/// An extractor holds a buffer of 96 KiB, the text, and media up to the threshold of the [`Spool`]. Larger media is
/// written to a temporary file, which blocks as long as the system takes to copy the bytes to its page cache.
pub struct Extractor<S: Store = Spool> {
    scanner: Scanner<S>,
    text: Vec<u8>,
}

impl Extractor {
    /// Creates an extractor that keeps media in a [`Spool`].
    pub fn new() -> Extractor {
        Extractor::with_store(Spool::new())
    }
}

impl<S: Store> Extractor<S> {
    /// The default limit for the text: 16 MiB.
    pub const MAX_TEXT: usize = 16 * 1024 * 1024;
    /// The default limit for the number of media: 10,000.
    pub const MAX_MEDIA: usize = 10_000;

    /// Creates an extractor that writes media to `store`.
    pub fn with_store(store: S) -> Extractor<S> {
        let limits = Limits {
            text: Extractor::<S>::MAX_TEXT,
            count: Extractor::<S>::MAX_MEDIA,
            bytes: u64::MAX,
            text_hint: "raise `Extractor::max_text`",
        };
        Extractor { scanner: Scanner::new(store, limits, Arc::new(Place::of)), text: Vec::new() }
    }

    /// Sets the rule for which strings are media, instead of [`Place::of`].
    pub fn rule(mut self, rule: impl Fn(&JsonPath) -> Place + Send + Sync + 'static) -> Extractor<S> {
        self.scanner.rule = Arc::new(rule);
        self
    }

    /// Sets the limit for the text: the JSON without its media, in bytes. The default is
    /// [`MAX_TEXT`](Extractor::MAX_TEXT).
    pub fn max_text(mut self, bytes: usize) -> Extractor<S> {
        self.scanner.limits.text = bytes;
        self
    }

    /// Sets the limit for the number of media. The default is [`MAX_MEDIA`](Extractor::MAX_MEDIA).
    ///
    /// Each media above the threshold of a [`Spool`] is an open file.
    pub fn max_media(mut self, count: usize) -> Extractor<S> {
        self.scanner.limits.count = count;
        self
    }

    /// Sets the limit for the length of all media together, in decoded bytes. By default there is none.
    pub fn max_media_bytes(mut self, bytes: u64) -> Extractor<S> {
        self.scanner.limits.bytes = bytes;
        self
    }

    /// Sets what the error for a text over the limit advises.
    pub(crate) fn text_hint(mut self, hint: &'static str) -> Extractor<S> {
        self.scanner.limits.text_hint = hint;
        self
    }

    /// Returns the limit for the text.
    pub(crate) fn text_limit(&self) -> usize {
        self.scanner.limits.text
    }

    /// Returns the text so far.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// - [`Json`](ErrorKind::Json): a string in the place of media is neither base64 nor a URL. The message contains its path
    ///   and the position of the first bad character.
    /// - [`TooLarge`](ErrorKind::TooLarge): the JSON exceeds a limit.
    /// - [`Io`](ErrorKind::Io), or an error of the [`Store`]: media cannot be written.
    ///
    /// After an error, all calls return that error, and all media is discarded.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = &rest[self.scanner.push(rest, &mut self.text)..];
        }
        match self.scanner.error() {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Reads up to the end of the outermost object or list. Returns the number of bytes read, and `true` at the end.
    pub(crate) fn push_value(&mut self, bytes: &[u8]) -> (usize, bool) {
        let read = self.scanner.push(bytes, &mut self.text);
        (read, self.scanner.depth() == 0)
    }

    /// Ends a document without checking its text, and prepares for the next one.
    pub(crate) fn take(&mut self) -> Result<Extracted<S::Stored>> {
        let text = mem::take(&mut self.text);
        let found = self.scanner.finish()?;
        Ok(Extracted::new(to_string(text), self.scanner.prefix.clone(), found))
    }

    /// Returns text in which there is no media.
    pub(crate) fn plain(&self, text: &[u8]) -> Extracted<S::Stored> {
        Extracted::new(to_string(text.to_vec()), self.scanner.prefix.clone(), Vec::new())
    }

    /// Returns the media and the rest of the JSON.
    ///
    /// # Errors
    /// - [`Json`](ErrorKind::Json): the bytes that were pushed are not one valid JSON value.
    /// - The errors of [`push`](Extractor::push).
    pub fn finish(mut self) -> Result<Extracted<S::Stored>> {
        let found = self.scanner.finish()?;
        // The position in the cause is one in the text.
        let message = match found.is_empty() {
            true => "the JSON that media is extracted from is not valid".to_owned(),
            false => format!(
                "the JSON that media is extracted from is not valid, counting {} characters for the base64 of each media",
                self.scanner.prefix.mark(0).len()
            ),
        };
        let text = match String::from_utf8(self.text) {
            Ok(text) => text,
            Err(error) => return Err(Error::with_source(ErrorKind::Json, message, error.utf8_error())),
        };
        if let Err(cause) = serde_json::from_str::<IgnoredAny>(&text) {
            return Err(Error::with_source(ErrorKind::Json, message, cause));
        }
        Ok(Extracted::new(text, self.scanner.prefix, found))
    }

    /// Reads JSON to its end.
    ///
    /// # Examples
    ///
    /// ```
    /// use niello::Extractor;
    ///
    /// let response = br#"{"data": [{"b64_json": "iVBORw0KGgoAAAANSUhEUg=="}]}"#;
    /// let extracted = Extractor::new().read(&response[..])?;
    /// assert_eq!(extracted.media().len(), 1);
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`finish`](Extractor::finish), and [`Io`](ErrorKind::Io) if the reader fails.
    pub fn read(mut self, mut reader: impl Read) -> Result<Extracted<S::Stored>> {
        self.push_all(&mut reader)?;
        self.finish()
    }

    /// Pushes all that a reader yields.
    pub(crate) fn push_all(&mut self, reader: &mut dyn Read) -> Result<()> {
        let mut buffer = vec![0; READ];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(len) => self.push(&buffer[..len])?,
                Err(cause) if cause.kind() == IoErrorKind::Interrupted => {}
                Err(cause) => {
                    return Err(match cause.downcast::<Error>() {
                        Ok(error) => error,
                        Err(cause) => Error::with_source(ErrorKind::Io, "cannot read the JSON", cause),
                    });
                }
            }
        }
    }

    /// Reads the body of an HTTP response or request to its end.
    ///
    /// # Errors
    /// The errors of [`finish`](Extractor::finish), and [`Io`](ErrorKind::Io) if the body fails.
    #[cfg(feature = "http-body")]
    pub async fn read_body<B>(mut self, body: B) -> Result<Extracted<S::Stored>>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.push_body(body).await?;
        self.finish()
    }

    /// Pushes the data of a body.
    #[cfg(feature = "http-body")]
    pub(crate) async fn push_body<B>(&mut self, body: B) -> Result<()>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        use bytes::Buf;
        let mut body = std::pin::pin!(body);
        while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let frame = frame.map_err(|cause| match cause.into().downcast::<Error>() {
                Ok(error) => *error,
                Err(cause) => Error::with_source(ErrorKind::Io, "cannot read the body", cause),
            })?;
            let Ok(mut data) = frame.into_data() else { continue };
            while data.has_remaining() {
                let len = data.chunk().len();
                self.push(data.chunk())?;
                data.advance(len);
            }
        }
        Ok(())
    }
}

/// The size of a read. The input and the decoded bytes fit into the L2 cache together.
const READ: usize = 128 * 1024;

/// Replaces what is not UTF-8 by U+FFFD.
fn to_string(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

impl Default for Extractor {
    fn default() -> Extractor {
        Extractor::new()
    }
}

/// Shows lengths, never content.
impl<S: Store> fmt::Debug for Extractor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extractor").field("text", &self.text.len()).finish_non_exhaustive()
    }
}
