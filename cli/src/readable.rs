//! Text that a terminal shows and does not act on.

use std::fmt::Write;

/// The text, with `\u009b` and the like for what a terminal would act on.
pub fn readable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|c| push(&mut shown, c));
    shown
}

/// In JSON the escape is the same character, so that a text shown by this is still the one that is sent.
pub fn push(shown: &mut String, c: char) {
    match acts(c) {
        // Writing to a string does not fail, and all of them have four digits.
        true => _ = write!(shown, "\\u{:04x}", u32::from(c)),
        false => shown.push(c),
    }
}

/// Control characters, those that begin escape sequences and line breaks among them, and what turns the
/// direction of text, which lets a name or a prompt look like another.
fn acts(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_acts_is_escaped() {
        let plain = "naïve 日本 👩‍👧 \"\\u0000\" …";
        assert_eq!(readable(plain), plain);
        assert_eq!(readable("a\x1b[2J\u{9b}b\nc\u{7f}"), r"a\u001b[2J\u009bb\u000ac\u007f");
        assert_eq!(readable("x\u{202e}y\u{2066}z\u{2028}"), r"x\u202ey\u2066z\u2028");
    }

    #[test]
    fn in_json_it_is_the_same_text() {
        let text = "\u{9b}31m\u{202e}gp4.exe\u{7f}";
        let shown = readable(&serde_json::to_string(text).unwrap());
        assert!(!shown.contains(acts));
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}
