//! The two spellings that protocol buffers have for a field.

use std::mem;

/// Returns the characters of the JSON name of a field: `inlineData` for `inline_data`. Underscores are removed, and
/// an ASCII letter after one becomes uppercase.
pub(crate) fn camel_case(name: &str) -> impl Iterator<Item = char> {
    let mut starts_word = false;
    name.chars().filter_map(move |c| {
        let starts = mem::replace(&mut starts_word, c == '_');
        match c {
            '_' => None,
            c if starts => Some(c.to_ascii_uppercase()),
            c => Some(c),
        }
    })
}

/// Returns `true` if `key` is one of the two spellings of the field `name`.
pub(crate) fn is_same_field(name: &str, key: &str) -> bool {
    camel_case(name).eq(camel_case(key))
}
