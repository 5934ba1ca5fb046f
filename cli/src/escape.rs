//! Escapes characters that a terminal would interpret instead of showing them.

use std::fmt::Write;

/// Returns the text with control and direction characters replaced by escapes such as `\u009b`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    text.chars().for_each(|c| push(&mut escaped, c));
    escaped
}

/// Appends a character, escaped if necessary.
///
/// The escapes are those of JSON strings, so escaped JSON still has the same value.
pub fn push(text: &mut String, c: char) {
    if needs_escape(c) {
        // All of these characters have at most four hexadecimal digits. Writing to a `String` never fails.
        let _ = write!(text, "\\u{:04x}", u32::from(c));
    } else {
        text.push(c);
    }
}

/// Control characters start escape sequences and break lines; direction characters make a name or a prompt
/// look like another one.
fn needs_escape(c: char) -> bool {
    let is_direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_line_break = matches!(c, '\u{2028}' | '\u{2029}');
    c.is_control() || is_direction || is_line_break
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_escaped_and_nothing_else() {
        let plain = "naïve 日本 👩‍👧 \"\\u0000\" …";
        assert_eq!(escape(plain), plain);
        assert_eq!(escape("a\x1b[2J\u{9b}b\nc\u{7f}"), r"a\u001b[2J\u009bb\u000ac\u007f");
        assert_eq!(escape("x\u{202e}y\u{2066}z\u{2028}"), r"x\u202ey\u2066z\u2028");
    }

    #[test]
    fn escaped_json_has_the_same_value() {
        let text = "\u{9b}31m\u{202e}gp4.exe\u{7f}";
        let escaped = escape(&serde_json::to_string(text).unwrap());
        assert!(!escaped.contains(needs_escape));
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }
}
