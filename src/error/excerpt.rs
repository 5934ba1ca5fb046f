//! What errors show of text that a server sent.

use std::fmt::{self, Write as _};

/// The number of characters that errors show of what a server sent. It may contain media.
pub(crate) const SHOWN: usize = 200;

/// The length from which errors hide a run of base64.
pub(crate) const HIDDEN: usize = 64;

/// Returns the first [`SHOWN`] characters of `value`, with its whole length if it has more.
pub(crate) fn excerpt(value: impl fmt::Display) -> String {
    let mut excerpt = Excerpt { start: String::new(), room: SHOWN, len: 0 };
    write!(excerpt, "{value}").expect("writing to an excerpt cannot fail");
    let Excerpt { start, len, .. } = excerpt;
    let shown = hide_base64(&start);
    if len == start.len() { shown } else { format!("{shown}... (truncated from {len} bytes)") }
}

/// Replaces long runs of base64, which may be media, by three dots. A run in lower case is left: it is not base64.
pub(crate) fn hide_base64(string: &str) -> String {
    let is_base64 = |char: char| char.is_ascii_alphanumeric() || "+/=-_".contains(char);
    let mut shown = String::with_capacity(string.len());
    let mut rest = string;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|char| !is_base64(char)).unwrap_or(rest.len()));
        let is_media = run.len() >= HIDDEN && run.contains(|char: char| char.is_ascii_uppercase());
        shown.push_str(if is_media { "..." } else { run });
        let (other, next) = after.split_at(after.find(is_base64).unwrap_or(after.len()));
        shown.push_str(other);
        rest = next;
    }
    shown
}

/// Keeps the start of a string that is written to it.
struct Excerpt {
    start: String,
    /// The number of characters that `start` can still take.
    room: usize,
    /// The length of the whole string, in bytes.
    len: usize,
}

impl fmt::Write for Excerpt {
    fn write_str(&mut self, string: &str) -> fmt::Result {
        self.len += string.len();
        for char in string.chars().take(self.room) {
            self.start.push(char);
            self.room -= 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_end_between_characters() {
        let full = "é".repeat(SHOWN);
        assert_eq!(excerpt(&full), full);
        let longer = format!("{full}é");
        assert_eq!(excerpt(&longer), format!("{full}... (truncated from {} bytes)", longer.len()));
    }
}
