//! The prefix that all marks of a set share.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::Arc,
};

/// What every mark begins with. It tells a person who finds a mark in a log or in a request what it is.
pub(super) const WORDS: &str = "nielloMarkedFile";

/// The hexadecimal digits that a set has at random.
pub(super) const RANDOM: usize = 32;

/// The hexadecimal digits of the number at the end of a mark.
pub(super) const NUMBER: usize = 12;

// A mark is base64 without padding, and short enough for errors to show it.
const _: () = assert!(
    (WORDS.len() + RANDOM + NUMBER).is_multiple_of(4) && WORDS.len() + RANDOM + NUMBER < crate::error::HIDDEN
);

/// What all marks of a set begin with: the words, and 32 hexadecimal digits that nobody else can guess.
#[derive(Clone)]
pub(in crate::json) struct Prefix(Arc<str>);

impl Prefix {
    pub(in crate::json) fn new() -> Prefix {
        // The hasher of the standard library has a key from the operating system. Without the key, its hashes can
        // neither be guessed nor be told from random bits.
        let key = RandomState::new();
        let half = |n: u8| {
            let mut hasher = key.build_hasher();
            hasher.write_u8(n);
            hasher.finish()
        };
        Prefix(format!("{WORDS}{:016x}{:016x}", half(0), half(1)).into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the random digits.
    pub(super) fn random(&self) -> &str {
        &self.0[WORDS.len()..]
    }

    /// Returns the mark with a number.
    pub(in crate::json) fn mark(&self, number: u64) -> String {
        format!("{}{number:0NUMBER$x}", self.0)
    }

    /// Returns the number in the text after a prefix.
    pub(super) fn number(after: &[u8]) -> Option<u64> {
        let digits = after.first_chunk::<NUMBER>()?;
        // The parser also accepts a sign and capitals, which no mark contains.
        let is_number = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok().filter(|_| is_number)
    }

    /// Finds the first mark in `text` with a number below `count`. Returns the text before it, the number, and the text
    /// after it.
    pub(in crate::json) fn find<'t>(&self, text: &'t str, count: u64) -> Option<(&'t str, u64, &'t str)> {
        text.match_indices(&*self.0).find_map(|(start, prefix)| {
            let end = start + prefix.len();
            let number = Prefix::number(&text.as_bytes()[end..]).filter(|number| *number < count)?;
            Some((&text[..start], number, &text[end + NUMBER..]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_that_resemble_a_mark_are_not_found() {
        let prefix = Prefix::new();
        let mark = prefix.mark(1);
        assert_eq!(mark.len(), 60);
        assert_eq!(prefix.find(&format!("é{mark}é"), 2), Some(("é", 1, "é")));
        let start = prefix.as_str();
        let alike = [
            mark[..mark.len() - 1].to_owned(),
            mark[1..].to_owned(),
            mark.to_uppercase(),
            format!("{start}+00000000001"),
            format!("{start}00000000000A"),
            format!("{start}éééééé"),
            Prefix::new().mark(1),
        ];
        for alike in alike {
            assert_eq!(prefix.find(&alike, 16), None, "{alike}");
        }
        assert_eq!(prefix.find(&mark, 1), None, "the number was not given yet");
        // A partial mark right before a mark does not hide it.
        assert_eq!(prefix.find(&format!("{start}{mark}"), 2), Some((start, 1, "")));
    }
}
