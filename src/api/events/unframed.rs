//! JSON that a server sends outside of events, such as an error in the middle of a stream.

use std::mem;

/// A JSON object that is not in an event, as far as it has arrived.
#[derive(Default)]
pub(super) struct Json {
    pub object: Vec<u8>,
    /// The number of objects and lists that are open.
    pub depth: usize,
    in_string: bool,
    after_backslash: bool,
    pub too_large: bool,
}

impl Json {
    /// Adds a byte. The object is complete when `depth` is 0 again.
    pub fn push(&mut self, byte: u8, limit: usize) {
        if self.object.len() < limit {
            self.object.push(byte);
        } else {
            self.too_large |= !byte.is_ascii_whitespace();
        }
        if self.in_string {
            let is_escaped = mem::take(&mut self.after_backslash);
            self.after_backslash = byte == b'\\' && !is_escaped;
            self.in_string = byte != b'"' || is_escaped;
        } else {
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth -= 1,
                _ => {}
            }
        }
    }
}
