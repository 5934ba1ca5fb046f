//! Extraction: takes media out of JSON while it arrives.
//!
//! - `path` says which strings are media.
//! - `scanner` finds and decodes them.
//! - `store` is the destination of decoded media.
//! - `resolve` deserializes it.

mod path;
mod resolve;
mod scanner;
mod store;

pub use path::{JsonPath, Place};
pub(crate) use resolve::{decode, extracted};
pub(crate) use store::join;
pub use store::{Spool, Spooled, Store};

use super::marks::Prefix;
use crate::{
    body::{Body, plan::Plan},
    error::{Error, ErrorKind, Result, excerpt},
    media::Media,
};
use resolve::{Marked, with_media};
use scanner::{Found, Limits, Scanner};
use serde::de::{DeserializeOwned, IgnoredAny};
use std::{
    fmt,
    io::{ErrorKind as IoErrorKind, Read},
    iter::Peekable,
    mem,
    sync::Arc,
    vec,
};

/// Takes media out of JSON while it arrives.
///
/// [`push`](Extractor::push) accepts the bytes of a response or a request, cut anywhere. Strings that are media are
/// decoded at once into the [`Store`]; by default, each becomes a [`Media`]. The rest of the JSON is small and is kept as
/// text. [`finish`](Extractor::finish) returns both.
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
    /// - [`Json`](ErrorKind::Json): a string in the place of media is not base64. The message contains its path and the
    ///   position of the first bad character.
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

/// JSON whose media an [`Extractor`] has taken out.
///
/// # Examples
///
/// ```
/// use niello::{Extractor, Media};
///
/// #[derive(serde::Deserialize)]
/// struct Images { data: Vec<Image> }
/// #[derive(serde::Deserialize)]
/// struct Image { b64_json: Media }
///
/// let response = br#"{"data": [{"b64_json": "iVBORw0KGgoAAAANSUhEUg=="}]}"#;
/// let images: Images = Extractor::new().read(&response[..])?.parse()?;
/// assert_eq!(images.data[0].b64_json.mime(), "image/png");
/// # Ok::<(), niello::Error>(())
/// ```
pub struct Extracted<M = Media> {
    text: String,
    prefix: Prefix,
    media: Vec<ExtractedMedia<M>>,
}

/// Media that was taken out of JSON.
pub struct ExtractedMedia<M = Media> {
    path: Box<str>,
    mime: Option<Box<str>>,
    is_data_uri: bool,
    number: u64,
    mark: String,
    stored: M,
}

impl<M> ExtractedMedia<M> {
    /// Returns the JSON path of the string, such as `$.data[0].b64_json`; of a long path, the end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the MIME type in the data URI, or next to the string under the key `mimeType`, `mime_type` or, in
    /// `input_audio`, `format`. If there is none, [`Media::mime`] is detected from the content.
    pub fn mime(&self) -> Option<&str> {
        self.mime.as_deref()
    }

    /// Returns `true` if the string is a data URI, and `false` if it is bare base64.
    pub fn is_data_uri(&self) -> bool {
        self.is_data_uri
    }

    /// Returns the mark in the place of the base64 in [`Extracted::text`].
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// Returns what the [`Store`] made of the media: a [`Media`] by default.
    pub fn stored(&self) -> &M {
        &self.stored
    }

    /// Returns what the [`Store`] made of the media.
    pub fn into_stored(self) -> M {
        self.stored
    }
}

impl<M> Extracted<M> {
    fn new(text: String, prefix: Prefix, found: Vec<Found<M>>) -> Extracted<M> {
        let media = found.into_iter().map(|found| {
            let Found { number, path, mime, is_data_uri, stored } = found;
            ExtractedMedia { path, mime, is_data_uri, number, mark: prefix.mark(number), stored }
        });
        Extracted { media: media.collect(), text, prefix }
    }

    /// Returns the JSON, with a mark in the place of the base64 of each media.
    ///
    /// A mark is an alphanumeric string that cannot be guessed, like those of [`Marks`](crate::Marks).
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the media in the order of the JSON.
    pub fn media(&self) -> &[ExtractedMedia<M>] {
        &self.media
    }

    /// Returns the media in the order of the JSON.
    pub fn into_media(self) -> Vec<ExtractedMedia<M>> {
        self.media
    }

    /// Splits the text into its lines that are not blank, each with its media.
    pub(crate) fn into_lines(self) -> ExtractedLines<M> {
        let Extracted { text, prefix, media } = self;
        ExtractedLines { text, position: 0, prefix, media: media.into_iter().peekable() }
    }

    /// Returns the media of the first mark in `string`, or `None` if there is no mark.
    pub fn find(&self, string: &str) -> Option<&ExtractedMedia<M>> {
        self.split(string).map(|(_, index, _)| &self.media[index])
    }

    /// Finds the first mark in `text`. Returns the text before it, the index of its media, and the text after it.
    fn split<'t>(&self, text: &'t str) -> Option<(&'t str, usize, &'t str)> {
        let count = self.media.last()?.number + 1;
        let (before, number, after) = self.prefix.find(text, count)?;
        let index = self.media.binary_search_by_key(&number, |media| media.number).ok()?;
        Some((before, index, after))
    }
}

impl Extracted {
    /// Deserializes a value from the JSON. Fields of the types [`Media`] and [`DataUri`](crate::DataUri) receive the
    /// extracted media. A `String` field receives the mark; [`find`](Extracted::find) returns its media.
    ///
    /// # Errors
    /// [`Json`](ErrorKind::Json): the JSON is not a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        self.resolving(|| serde_json::from_str(&self.text)).map_err(|cause| {
            let message = format!("the JSON is not a value of the type {}", std::any::type_name::<T>());
            // The message of serde may quote the value that it did not expect.
            Error::with_source(ErrorKind::Json, message, excerpt(cause))
        })
    }

    /// Calls `read`. During the call, media fields find the media of their marks.
    pub(crate) fn resolving<T>(&self, read: impl FnOnce() -> T) -> T {
        if self.media.is_empty() {
            return read();
        }
        let media = self.media.iter().map(|media| (media.number, media.stored.clone(), media.is_data_uri));
        with_media(Marked { prefix: self.prefix.clone(), media: media.collect() }, read)
    }

    /// Returns the text with some marks replaced by their base64, up to `room` bytes in all. `is_text` gets the index of
    /// a media.
    pub(crate) fn restore(&self, mut room: u64, is_text: impl Fn(usize) -> bool) -> Result<String> {
        let mut restored = String::new();
        let mut rest = &*self.text;
        while let Some((before, index, after)) = self.split(rest) {
            let media = &self.media[index];
            restored.push_str(before);
            if is_text(index) {
                room = room.checked_sub(media.stored.encoded_len()).ok_or_else(|| {
                    let path = &media.path;
                    Error::new(
                        ErrorKind::TooLarge,
                        format!("the media at {path} is in no field for media, and too large for text; use `Extracted::media`"),
                    )
                })?;
                let base64 = serde_json::to_string(&media.stored).map_err(|cause| {
                    Error::with_source(ErrorKind::Io, "cannot read extracted media", cause)
                })?;
                restored.push_str(base64.trim_matches('"'));
            } else {
                restored.push_str(&media.mark);
            }
            rest = after;
        }
        restored.push_str(rest);
        Ok(restored)
    }

    /// Creates a body of the same JSON, which streams the media again.
    ///
    /// Its base64 is in the standard alphabet, with padding and without escapes. Everything else is unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use niello::Extractor;
    ///
    /// let json = r#"{"data": [{"b64_json": "iVBORw0KGgoAAAANSUhEUg=="}]}"#;
    /// let mut body = Extractor::new().read(json.as_bytes())?.body()?;
    /// assert_eq!(std::io::read_to_string(&mut body).unwrap(), json);
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TooLarge`](ErrorKind::TooLarge): the length of the body does not fit in 64 bits.
    pub fn body(&self) -> Result<Body> {
        let mut plan = Plan::new();
        let mut rest = &*self.text;
        while let Some((before, index, after)) = self.split(rest) {
            plan.push_text(before.as_bytes());
            plan.push_media(self.media[index].stored.clone())?;
            rest = after;
        }
        plan.push_text(rest.as_bytes());
        plan.end_text()?;
        Ok(Body::new(plan))
    }
}

/// Text in which nothing is media, for [`FromEvent`](crate::events::FromEvent).
impl From<&str> for Extracted {
    fn from(text: &str) -> Extracted {
        Extracted { text: text.to_owned(), prefix: Prefix::new(), media: Vec::new() }
    }
}

/// The lines of extracted JSON.
pub(crate) struct ExtractedLines<M> {
    text: String,
    position: usize,
    prefix: Prefix,
    media: Peekable<vec::IntoIter<ExtractedMedia<M>>>,
}

impl<M> Iterator for ExtractedLines<M> {
    type Item = Extracted<M>;

    fn next(&mut self) -> Option<Extracted<M>> {
        loop {
            let rest = self.text.get(self.position..)?;
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            self.position += line.len() + 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            // The marks are in the order of the media, so each search begins where the last one ended.
            let (mut own, mut rest) = (Vec::new(), line);
            while let Some(media) = self.media.peek()
                && let Some((_, after)) = rest.split_once(&*media.mark)
            {
                rest = after;
                own.extend(self.media.next());
            }
            return Some(Extracted { text: line.to_owned(), prefix: self.prefix.clone(), media: own });
        }
    }
}

/// Shows lengths and paths, never content.
impl<M> fmt::Debug for Extracted<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extracted").field("text", &self.text.len()).field("media", &self.media).finish()
    }
}

/// Shows the path, not the mark, so that it cannot be forged from a log.
impl<M> fmt::Debug for ExtractedMedia<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtractedMedia")
            .field("path", &self.path)
            .field("mime", &self.mime)
            .finish_non_exhaustive()
    }
}
