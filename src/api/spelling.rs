//! How the APIs spell the names of fields: as in this crate, or in the two ways of protocol buffers.

use std::mem;

/// How an API spells the names of its fields.
#[derive(Clone, Copy)]
pub(crate) enum Spelling {
    /// As the fields of this crate: `top_k`.
    Exact,
    /// As protocol buffers: `topK`, and also `top_k` when it is read.
    Json,
}

impl Spelling {
    pub(crate) fn matches(self, field: &str, key: &str) -> bool {
        match self {
            Spelling::Exact => field == key,
            Spelling::Json => is_same_field(field, key),
        }
    }
}

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
