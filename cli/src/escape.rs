//! Makes text from elsewhere fit for messages: escapes what a terminal would interpret, and cuts what is long.

use std::fmt::Write;

/// Returns the text with control and direction characters replaced by escapes such as `\u009b`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    text.chars().for_each(|c| push(&mut escaped, c));
    escaped
}

/// Appends a character, escaped if necessary.
///
/// The escapes are those of JSON strings, so escaped JSON still has the same value, and those of the library's errors.
pub fn push(text: &mut String, c: char) {
    match c {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        // All of these characters have at most four hexadecimal digits. Writing to a `String` never fails.
        c if needs_escape(c) => _ = write!(text, "\\u{:04x}", u32::from(c)),
        c => text.push(c),
    }
}

/// The largest number of bytes of a name or value in a message. With [`shorten_again`], it is 200 in all.
const SHOWN_LEN: usize = 140;

/// Returns the text if it is short. Otherwise returns its start and its end, which often is an extension.
pub fn shorten(text: &str) -> String {
    shorten_to(SHOWN_LEN, text)
}

/// Shortens a name that the message contains a second time, as in a suggestion.
pub fn shorten_again(text: &str) -> String {
    if text.len() <= 100 { text.to_owned() } else { shorten_to(60, text) }
}

/// Like [`shorten`], but to `len` bytes.
pub fn shorten_to(len: usize, text: &str) -> String {
    const OMITTED: &str = "...";
    if text.len() <= len {
        return text.to_owned();
    }
    let tail_len = len / 3;
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let head = (0..=len - tail_len - OMITTED.len()).rev().find(is_boundary).unwrap_or(0);
    let tail = (text.len() - tail_len..text.len()).find(is_boundary).unwrap_or(text.len());
    format!("{}{OMITTED}{}", &text[..head], &text[tail..])
}

/// Shortens each word of a message. This is for names and values that the library repeats.
pub fn shorten_words(text: &str) -> String {
    let words: Vec<_> = text.split(' ').map(shorten).collect();
    words.join(" ")
}

/// Control characters start escape sequences and break lines; direction characters make a name or a prompt
/// look like another one.
fn needs_escape(c: char) -> bool {
    let is_line_break_or_direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_line_break_or_direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_escaped_and_nothing_else() {
        let plain = "naïve 日本 👩‍👧 \"\\u0000\" …";
        assert_eq!(escape(plain), plain);
        assert_eq!(escape("a\x1b[2J\u{9b}b\nc\u{7f}"), r"a\u001b[2J\u009bb\nc\u007f");
        assert_eq!(escape("x\u{202e}y\u{2066}z\u{2028}"), r"x\u202ey\u2066z\u2028");
    }

    #[test]
    fn long_text_keeps_its_start_and_its_end() {
        let text = format!("{}.mp4", "é".repeat(1000));
        let short = shorten(&text);
        assert!(short.len() <= SHOWN_LEN && short.starts_with("éé") && short.ends_with("é.mp4"), "{short}");
        assert_eq!(shorten_to(10, "0123456789"), "0123456789");
        assert_eq!(shorten_to(10, "0123456789a"), "0123...89a");
        assert_eq!(shorten_words(&format!("a  {text} b")), format!("a  {short} b"));
    }

    #[test]
    fn escaped_json_has_the_same_value() {
        let text = "\u{9b}31m\u{202e}gp4.exe\u{7f}";
        let escaped = escape(&serde_json::to_string(text).unwrap());
        assert!(!escaped.contains(needs_escape));
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }
}
