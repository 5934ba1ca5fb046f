//! Marks of one request.

use super::{Marks, data_uri, raw};
use crate::{body::Body, error::Result, media::Media};
use serde::Serialize;
use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Marks that are forgotten when this value is dropped. [`Marks::scope`] creates it.
///
/// Every clone of the set finds the marks of a scope. After they are forgotten, their files close as soon as no body holds
/// them. JSON that contains one of them, such as a response that repeats the request, is then an error.
///
/// Keep a scope until the response has arrived. A client that retries or follows a redirect needs the marks again.
///
/// # Examples
///
/// ```
/// use niello::{Marks, Media};
///
/// # fn send(json: String) {}
/// # fn ask(marks: &Marks) -> Result<(), niello::Error> {
/// let scope = marks.scope();
/// let clip = Media::open("video.mp4")?;
/// send(format!(r#"{{"video": "{}"}}"#, scope.data_uri(&clip)));
/// // The scope ends here, after the response.
/// # Ok(())
/// # }
/// ```
pub struct Scope {
    marks: Marks,
    numbers: Mutex<Vec<u64>>,
}

impl Scope {
    pub(super) fn new(marks: Marks) -> Scope {
        Scope { marks, numbers: Mutex::default() }
    }

    /// Returns a new mark for the encoded media, without a `data:` prefix.
    #[must_use = "`body` returns an error if a mark is not used"]
    pub fn base64(&self, media: &Media) -> String {
        let number = self.marks.add(media, true);
        self.numbers().push(number);
        self.marks.0.prefix.mark(number)
    }

    /// Returns a new mark with the prefix of a data URI: `data:<mime>;base64,<mark>`.
    #[must_use = "`body` returns an error if a mark is not used"]
    pub fn data_uri(&self, media: &Media) -> String {
        data_uri(media, &self.base64(media))
    }

    /// Returns 45 bytes whose base64 is a new mark, for clients that encode bytes themselves. See [`Marks::raw`].
    #[must_use = "`body` returns an error if a mark is not used"]
    pub fn raw(&self, media: &Media) -> Vec<u8> {
        raw(&self.base64(media))
    }

    /// Creates the body for a serde value, with the marks of the set replaced by their media.
    ///
    /// The body holds its media, so it can be sent after the scope has ended.
    ///
    /// # Errors
    ///
    /// - [`Invalid`](crate::ErrorKind::Invalid): the value does not contain one of the marks of this scope, or it contains a
    ///   mark that was forgotten or [changed](Marks#changed-marks).
    /// - The errors of [`Body::json`].
    pub fn body<T: Serialize + ?Sized>(&self, value: &T) -> Result<Body> {
        let own = self.numbers().clone();
        self.marks.body_with(value, &own, "scope")
    }

    fn numbers(&self) -> MutexGuard<'_, Vec<u64>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.marks.forget(&self.numbers());
    }
}

/// Shows the number of marks, but not the marks, so that they cannot be forged from a log.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("marks", &self.numbers().len()).finish_non_exhaustive()
    }
}
