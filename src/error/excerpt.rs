//! What errors show of text that a server sent.

use std::fmt::{self, Write as _};

/// The number of characters that errors show of what a server sent. It may contain media.
const SHOWN: usize = 200;

/// The length from which errors hide a run of base64.
pub(crate) const HIDDEN: usize = 64;

/// Returns the first [`SHOWN`] characters of `value`, with its whole length if it has more.
pub(crate) fn excerpt(value: impl fmt::Display) -> String {
    // Enough to see that a run which begins among the first characters is long.
    let mut excerpt = Excerpt { start: String::new(), room: SHOWN + HIDDEN, len: 0 };
    write!(excerpt, "{value}").expect("writing to an excerpt cannot fail");
    let Excerpt { start, len, .. } = excerpt;
    let shown = beginning(&start);
    match len == start.len() && shown == hide_base64(&start) {
        true => shown,
        false => format!("{shown}... (truncated from {len} bytes)"),
    }
}

/// Returns the first [`SHOWN`] characters of a text. Long runs of base64 are replaced by dots, even if most of a run is
/// after these characters.
pub(crate) fn beginning(text: &str) -> String {
    let (start, rest) = text.split_at(text.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| at));
    let run = rest.find(|char| !is_base64(char)).unwrap_or(rest.len());
    hide_base64(&text[..start.len() + run]).chars().take(SHOWN).collect()
}

fn is_base64(char: char) -> bool {
    char.is_ascii_alphanumeric() || "+/=-_".contains(char)
}

/// Replaces long runs of base64, which may be media, by three dots. A run in lower case is left: it is not base64.
fn hide_base64(string: &str) -> String {
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

    #[test]
    fn excerpts_show_no_start_of_a_run_that_goes_on_after_them() {
        let media = "Zm9v".repeat(100);
        for before in 0..300 {
            let text = format!("{}{media}", "é".repeat(before));
            let shown = excerpt(&text);
            assert!(!shown.contains("Zm9v"), "{before}: {shown}");
            assert!(shown.chars().count() < SHOWN + 40, "{before}: {shown}");
            assert!(
                shown.ends_with(&format!("... (truncated from {} bytes)", text.len())),
                "{before}: {shown}"
            );
        }
    }
}
