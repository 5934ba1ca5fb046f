//! The result of an extraction: media, and JSON with marks in its place.

use super::{
    resolve::{Marked, with_media},
    scanner::Found,
};
use crate::{
    body::{Body, plan::Plan},
    error::{Error, ErrorKind, Result, excerpt},
    json::marks::Prefix,
    media::Media,
};
use serde::de::DeserializeOwned;
use std::{fmt, iter::Peekable, vec};

/// JSON whose media an [`Extractor`](super::Extractor) has taken out.
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

    /// Returns what the [`Store`](super::Store) made of the media: a [`Media`] by default.
    pub fn stored(&self) -> &M {
        &self.stored
    }

    /// Returns what the [`Store`](super::Store) made of the media.
    pub fn into_stored(self) -> M {
        self.stored
    }
}

impl<M> Extracted<M> {
    pub(super) fn new(text: String, prefix: Prefix, found: Vec<Found<M>>) -> Extracted<M> {
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
