//! Finds the marks of a set in serialized JSON, and what is left of marks that were changed on the way.
//!
//! The client that wrote the JSON is not ours, so a mark may arrive cut, wrapped, in upper case or encoded. Sending it
//! would give the server text that is not media. A mark is therefore searched for by its parts, and a part that is not in
//! a whole mark is an error. Only a mark that lost all its parts, such as one whose every character was escaped, passes
//! as text.

use super::prefix::{NUMBER, Prefix, RANDOM, WORDS};
use crate::{
    base64,
    error::{Error, ErrorKind, Result},
};
use bytes::buf::UninitSlice;
use memchr::memmem;

/// The length of a mark in bytes.
pub(super) const MARK: usize = WORDS.len() + RANDOM + NUMBER;

/// The random digits by whose second half a mark is found. If a mark is cut in two, one part has this half, or the
/// words and at least [`START`] digits.
const HALF: usize = RANDOM / 2;

/// The random digits after the words that say that a mark belongs to this set. Other sets begin with them once in 4
/// billion times.
const START: usize = 8;

/// A mark in a text: its start and its number.
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) number: u64,
}

impl Prefix {
    /// Returns the marks in `text` in order. Marks of other sets are text.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid): the text contains a part of a mark.
    pub(super) fn find_all(&self, text: &[u8]) -> Result<Vec<Found>> {
        self.find_changed(text)?;
        let half = &self.random()[HALF..];
        let mut found = Vec::new();
        let mut end = 0;
        for at in memmem::find_iter(text, half) {
            let after = at + half.len();
            let start = after.checked_sub(self.as_str().len()).filter(|start| *start >= end);
            let start = start.filter(|start| text[*start..after] == *self.as_str().as_bytes());
            let start = start.ok_or_else(|| damaged("its start is missing or was changed"))?;
            if text[..start].last() == Some(&b'\\') {
                // The first letter of the words belongs to an escaped line break, which split the mark.
                return Err(damaged("it follows a backslash, so its first letter may belong to an escape"));
            }
            let number = Prefix::number(&text[after..]).ok_or_else(|| damaged("it was cut or split"))?;
            found.push(Found { start, number });
            end = start + MARK;
        }
        Ok(found)
    }

    /// Returns an error if `text` contains what a change leaves of a mark, except for the second half of its digits.
    fn find_changed(&self, text: &[u8]) -> Result<()> {
        let half = &self.random()[HALF..];
        let capitals = half.to_ascii_uppercase();
        if capitals != half && memmem::find(text, capitals.as_bytes()).is_some() {
            return Err(damaged("its letters are in upper case"));
        }
        for at in memmem::find_iter(text, WORDS) {
            let random = self.random().as_bytes();
            let equal =
                text[at + WORDS.len()..].iter().zip(random).take_while(|(byte, digit)| byte == digit).count();
            if (START..RANDOM).contains(&equal) {
                return Err(damaged("it was cut or split"));
            }
        }
        let mut encoded = [0; (WORDS.len() + RANDOM) / 3 * 4];
        base64::encode(self.as_str().as_bytes(), UninitSlice::new(&mut encoded));
        if memmem::find(text, &encoded).is_none() {
            return Ok(());
        }
        let message = "the JSON contains a mark that was encoded as base64 once more; give `Marks::raw` to a client that encodes bytes itself";
        Err(Error::new(ErrorKind::Invalid, message))
    }
}

/// Returns the error for a mark that is not whole.
fn damaged(how: &str) -> Error {
    let message =
        format!("the JSON contains a damaged mark: {how}; pass the string through the client unchanged");
    Error::new(ErrorKind::Invalid, message)
}
