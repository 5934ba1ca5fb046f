//! Marks: placeholder strings for media in JSON that someone else writes.
//!
//! - `prefix` is what all marks of a set begin with. Extraction shares it.
//! - `find` finds marks in serialized JSON, and parts of marks.
//! - `scope` forgets the marks of one request.
//! - `layer` replaces marks in the requests of a tower service.

mod find;
#[cfg(feature = "tower")]
mod layer;
mod prefix;
mod scope;

#[cfg(feature = "tower")]
pub use layer::{MarksBody, MarksFuture, MarksLayer, MarksService};
pub(super) use prefix::Prefix;
pub use scope::Scope;

use crate::{
    base64::Decoder,
    body::{Body, plan::Plan},
    error::{Error, ErrorKind, Result},
    media::Media,
};
use bytes::buf::UninitSlice;
use find::{Found, MARK};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Placeholder strings for media, for types of other crates whose fields are `String` and for clients that write the
/// JSON themselves.
///
/// A mark is a string of 60 letters and digits: the words `nielloMarkedFile`, 128 random bits that all marks of a set
/// share, and a number. It is replaced by the encoded media, anywhere in the JSON, in strings and in keys, any number of
/// times:
///
/// - [`body`](Marks::body) creates a body from a value that contains marks.
/// - [`inlay`](Marks::inlay) creates a body from JSON that a client has already written. Call it where the client hands
///   over the request, or let `MarksLayer` (feature `tower`) do it.
///
/// If you can change the type, use [`Media`] and [`DataUri`](crate::DataUri) as fields instead.
///
/// # Sharing
///
/// A set is a handle: clones share the marks, and all methods take `&self`, so one set serves a program with many requests
/// in flight. Create the marks of each request with a [`scope`](Marks::scope), which forgets them. Marks that you create on
/// the set itself keep their files open as long as the set lives.
///
/// # Changed marks
///
/// Media is never sent for a mark that is not complete. The random bits of a set are found wherever a client puts them,
/// and what is not a mark that the set holds is an error of kind [`Invalid`](ErrorKind::Invalid): a mark that was
/// forgotten, cut, split, changed in case, or encoded as base64 once more. Marks of other sets are text, because another
/// part of the program may replace them.
///
/// # Clients that encode bytes
///
/// Some clients take bytes and encode them as base64. Give them [`raw`](Marks::raw): bytes whose base64, in either
/// alphabet, is a mark. The media itself is always encoded in the standard alphabet with padding.
///
/// # Examples
///
/// ```
/// use niello::{Marks, Media};
///
/// #[derive(serde::Serialize)]
/// struct Theirs { url: String, data: String }
///
/// let clip = Media::from_bytes(&b"abc"[..], "video/mp4")?;
/// let marks = Marks::new();
/// let theirs = Theirs { url: marks.data_uri(&clip), data: marks.base64(&clip) };
/// let mut body = marks.body(&theirs)?;
/// let text = std::io::read_to_string(&mut body).unwrap();
/// assert_eq!(text, r#"{"url":"data:video/mp4;base64,YWJj","data":"YWJj"}"#);
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone)]
pub struct Marks(Arc<Set>);

struct Set {
    prefix: Prefix,
    given: Mutex<Given>,
}

/// The marks that a set has given out.
#[derive(Default)]
struct Given {
    /// The number of the next mark. No number is given twice, so a forgotten mark never gets other media.
    next: u64,
    media: BTreeMap<u64, Marked>,
}

struct Marked {
    media: Media,
    /// `false` if the mark was created on the set itself.
    is_in_scope: bool,
}

impl Marks {
    /// Creates an empty set with random bits of its own.
    pub fn new() -> Marks {
        Marks(Arc::new(Set { prefix: Prefix::new(), given: Mutex::default() }))
    }

    /// Returns a new mark for the encoded media, without a `data:` prefix.
    #[must_use = "`body` returns an error if a mark is not used"]
    pub fn base64(&self, media: &Media) -> String {
        self.0.prefix.mark(self.add(media, false))
    }

    /// Returns a new mark with the prefix of a data URI: `data:<mime>;base64,<mark>`.
    #[must_use = "`body` returns an error if a mark is not used"]
    pub fn data_uri(&self, media: &Media) -> String {
        data_uri(media, &self.base64(media))
    }

    /// Returns 45 bytes whose base64 is a new mark, for clients that encode bytes themselves.
    ///
    /// # Examples
    ///
    /// ```
    /// use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    /// use niello::{Marks, Media};
    ///
    /// let clip = Media::from_bytes(&b"abc"[..], "video/mp4")?;
    /// let marks = Marks::new();
    /// let json = format!(r#"{{"bytes":"{}"}}"#, URL_SAFE_NO_PAD.encode(marks.raw(&clip)));
    /// let mut body = marks.inlay(json.as_bytes())?.expect("the JSON contains a mark");
    /// assert_eq!(std::io::read_to_string(&mut body).unwrap(), r#"{"bytes":"YWJj"}"#);
    /// # Ok::<(), niello::Error>(())
    /// ```
    #[must_use = "`body` returns an error if a mark is not used"]
    pub fn raw(&self, media: &Media) -> Vec<u8> {
        raw(&self.base64(media))
    }

    /// Creates a scope, whose marks are forgotten when it is dropped.
    ///
    /// Use one for each request, and keep it until the response has arrived, because retries need the marks.
    pub fn scope(&self) -> Scope {
        Scope::new(self.clone())
    }

    /// Creates the body for a serde value, with the marks of this set replaced by their media.
    ///
    /// # Errors
    ///
    /// - [`Invalid`](ErrorKind::Invalid): the value does not contain one of the marks that were created on the set itself,
    ///   not on a scope; or it contains a mark that was forgotten or [changed](Marks#changed-marks).
    /// - The errors of [`Body::json`].
    pub fn body<T: Serialize + ?Sized>(&self, value: &T) -> Result<Body> {
        let given = self.given();
        let own = given.media.iter().filter(|(_, marked)| !marked.is_in_scope).map(|(number, _)| *number);
        let own: Vec<_> = own.collect();
        drop(given);
        self.body_with(value, &own, "set")
    }

    /// Creates the body for a serde value that must contain the marks with the numbers `own`.
    fn body_with<T: Serialize + ?Sized>(&self, value: &T, own: &[u64], owner: &str) -> Result<Body> {
        let mut seen = Vec::new();
        let plan = Plan::json(value, None)?.rewrite(|text, plan| {
            let found = self.0.prefix.find_all(text.as_bytes())?;
            seen.extend(found.iter().map(|found| found.number));
            self.push(text.as_bytes(), &found, plan)
        })?;
        seen.sort_unstable();
        let Some(unused) = own.iter().position(|number| seen.binary_search(number).is_err()) else {
            return Ok(Body::new(plan));
        };
        let given = self.given();
        let name = given.media.get(&own[unused]).map_or("media", |marked| marked.media.name());
        let message = format!(
            "mark {} of this {owner}, for {name}, does not appear in the value; put it in a field, or do not create it",
            unused + 1
        );
        Err(Error::new(ErrorKind::Invalid, message))
    }

    /// Creates a body from JSON that a client has written, with the marks of this set replaced by their media. Returns
    /// `None` if the JSON contains no mark of this set.
    ///
    /// The JSON is copied except for its marks, and is not parsed. Marks of the set that it does not contain belong to
    /// other requests, and are not an error.
    ///
    /// Check the `Content-Type` first if the client sends more than JSON: base64 in a URL-encoded form is damaged, because
    /// its `+` means a space there.
    ///
    /// # Examples
    ///
    /// ```
    /// use niello::{Marks, Media};
    ///
    /// let marks = Marks::new(); // one for the program
    /// let scope = marks.scope(); // one for the request
    /// let clip = Media::from_bytes(&b"abc"[..], "video/mp4")?;
    /// let json = serde_json::json!({"video": scope.data_uri(&clip)}).to_string();
    ///
    /// let mut body = marks.inlay(json.as_bytes())?.expect("the JSON contains a mark");
    /// assert_eq!(body.len(), 38);
    /// assert_eq!(std::io::read_to_string(&mut body).unwrap(), r#"{"video":"data:video/mp4;base64,YWJj"}"#);
    ///
    /// assert!(marks.inlay(b"{}")?.is_none());
    /// drop(scope);
    /// assert!(marks.inlay(json.as_bytes()).is_err());
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Invalid`](ErrorKind::Invalid): the JSON contains a mark that was forgotten or [changed](Marks#changed-marks),
    ///   or it contains a mark and is not UTF-8.
    /// - [`TooLarge`](ErrorKind::TooLarge): the length of the body does not fit in 64 bits.
    pub fn inlay(&self, json: &[u8]) -> Result<Option<Body>> {
        let found = self.0.prefix.find_all(json)?;
        if found.is_empty() {
            return Ok(None);
        }
        if let Err(cause) = std::str::from_utf8(json) {
            return Err(Error::with_source(ErrorKind::Invalid, "the JSON with a mark is not UTF-8", cause));
        }
        let mut plan = Plan::new();
        self.push(json, &found, &mut plan)?;
        plan.end_text()?;
        Ok(Some(Body::new(plan)))
    }

    /// Appends `text` to the plan, with media in the place of the marks that were found in it.
    fn push(&self, text: &[u8], found: &[Found], plan: &mut Plan) -> Result<()> {
        let mut end = 0;
        for found in found {
            plan.push_text(&text[end..found.start]);
            plan.push_media(self.media(found.number)?)?;
            end = found.start + MARK;
        }
        plan.push_text(&text[end..]);
        Ok(())
    }

    fn media(&self, number: u64) -> Result<Media> {
        let given = self.given();
        let message = match given.media.get(&number) {
            Some(marked) => return Ok(marked.media.clone()),
            None if number < given.next => {
                "the JSON contains a mark whose `Scope` was dropped, so its media was forgotten; keep the scope until the response has arrived, and create a new mark for a new request"
            }
            None => {
                "the JSON contains a mark that was not created: its number was changed; pass the string through the client unchanged"
            }
        };
        Err(Error::new(ErrorKind::Invalid, message))
    }

    /// Adds media, and returns the number of its mark.
    fn add(&self, media: &Media, is_in_scope: bool) -> u64 {
        let mut given = self.given();
        let number = given.next;
        given.next += 1;
        given.media.insert(number, Marked { media: media.clone(), is_in_scope });
        number
    }

    /// Forgets marks.
    fn forget(&self, numbers: &[u64]) {
        let mut given = self.given();
        let forgotten: Vec<_> = numbers.iter().filter_map(|number| given.media.remove(number)).collect();
        // Files are closed while other threads can use the set.
        drop(given);
        drop(forgotten);
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.0.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn data_uri(media: &Media, mark: &str) -> String {
    format!("data:{};base64,{mark}", media.mime())
}

fn raw(mark: &str) -> Vec<u8> {
    let mut bytes = vec![0; mark.len() / 4 * 3];
    let decoded = Decoder::new().decode(mark.as_bytes(), UninitSlice::new(&mut bytes));
    decoded.expect("a mark is base64");
    bytes
}

impl Default for Marks {
    fn default() -> Marks {
        Marks::new()
    }
}

/// Shows the number of marks. The marks are not shown, so that they cannot be forged from a log; nor is the media, because
/// it belongs to any number of requests.
impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marks").field("marks", &self.given().media.len()).finish_non_exhaustive()
    }
}
