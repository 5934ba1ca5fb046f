//! The push parser: finds the strings that are media, decodes them, and copies everything else.
//!
//! It follows the structure of the JSON only as far as it must to know the path of a string. Malformed JSON is never an
//! error here; the remaining text is checked when it is parsed. `string` reads the strings, and `media` decodes them.

mod media;
mod string;

use super::{
    path::{JsonPath, Place},
    store::Store,
};
use crate::{
    base64::Decoder,
    error::{Error, ErrorKind, Result},
    json::marks::Prefix,
    media::READ_UNIT,
};
use std::{mem, sync::Arc};
use string::Escape;

/// Returns the place that a path is.
pub(super) type Rule = Arc<dyn Fn(&JsonPath) -> Place + Send + Sync>;

/// The bounds of an extraction.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) text: usize,
    pub(crate) count: usize,
    pub(crate) bytes: u64,
    /// How to raise the limit of the text, for the error message.
    pub(crate) text_hint: &'static str,
}

/// Media that was found. The text has a mark in the place of its base64.
pub(super) struct Found<M> {
    /// The number of the mark.
    pub(super) number: u64,
    pub(super) path: Box<str>,
    pub(super) mime: Option<Box<str>>,
    pub(super) is_data_uri: bool,
    pub(super) stored: M,
}

pub(super) struct Scanner<S: Store> {
    pub(super) rule: Rule,
    pub(super) store: S,
    pub(super) limits: Limits,
    pub(super) prefix: Prefix,
    /// The path of the current value, up to [`MAX_DEPTH`] steps.
    path: JsonPath,
    /// The objects and lists of the path.
    open: Vec<Open<S::Writer>>,
    /// The number of open objects and lists beyond the path.
    deeper: usize,
    state: State,
    escape: Option<Escape>,
    /// The characters of the current string, unescaped except in a key, while they decide what the string is.
    held: Vec<u8>,
    /// The length of the text up to where the base64 of the current string may begin.
    start: usize,
    /// The MIME type of the data URI of the current string.
    header: Option<Box<str>>,
    decoder: Decoder,
    /// Decoded bytes, of which the first `decoded` are not written yet.
    buffer: Vec<u8>,
    decoded: usize,
    writer: Option<S::Writer>,
    found: Vec<Found<S::Stored>>,
    /// The number of media so far.
    count: usize,
    /// The number of decoded bytes so far.
    bytes: u64,
    /// The first error. After it, the structure is still followed, but nothing is kept.
    error: Option<Error>,
}

/// An object or a list that is open.
struct Open<W> {
    expects_key: bool,
    /// The MIME type next to media. It may come after the media.
    mime: Option<Box<str>>,
    /// Media that waits for the MIME type.
    waiting: Vec<Waiting<W>>,
}

struct Waiting<W> {
    number: u64,
    path: Box<str>,
    writer: W,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Between strings.
    Structure,
    /// In a key. It is held.
    Key,
    /// In a string that is text. It is held if it is a MIME type.
    Text { is_held: bool },
    /// At the start of a string that may be a data URI. It is held.
    Start(Place),
    /// In what should be base64. The first [`MAX_HELD`] characters are held, because the string may still be text.
    Base64 { or_text: bool },
    /// In the base64 of media.
    Media,
}

/// The limit of serde_json.
const MAX_DEPTH: usize = 128;
/// The number of base64 characters after which a string is certainly media.
const MAX_HELD: usize = 1024;
/// The buffer for decoded bytes: 96 KiB. It fits into the L2 cache next to the input.
const BUFFER: usize = READ_UNIT;

impl<S: Store> Scanner<S> {
    pub(super) fn new(store: S, limits: Limits, rule: Rule) -> Scanner<S> {
        Scanner {
            rule,
            store,
            limits,
            prefix: Prefix::new(),
            path: JsonPath::default(),
            open: Vec::new(),
            deeper: 0,
            state: State::Structure,
            escape: None,
            held: Vec::new(),
            start: 0,
            header: None,
            decoder: Decoder::new(),
            buffer: Vec::new(),
            decoded: 0,
            writer: None,
            found: Vec::new(),
            count: 0,
            bytes: 0,
            error: None,
        }
    }

    /// Returns the number of objects and lists that are open.
    pub(super) fn depth(&self) -> usize {
        self.path.len() + self.deeper
    }

    /// Returns the error that ended the extraction.
    pub(super) fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Reads bytes up to the end of the outermost object or list, appends their text, and returns their number.
    pub(super) fn push(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> usize {
        let mut read = 0;
        while let Some(rest) = bytes.get(read..).filter(|rest| !rest.is_empty()) {
            let (len, is_end) = match self.state {
                State::Structure => self.structure(rest, text),
                State::Media => (self.media(rest, text), false),
                _ => (self.string(rest, text), false),
            };
            read += len;
            if is_end {
                break;
            }
        }
        read
    }

    /// Ends the document. Returns the media in the order of their marks, or the error.
    pub(super) fn finish(&mut self) -> Result<Vec<Found<S::Stored>>> {
        if self.state == State::Media {
            self.fail(json_error(format!("the JSON ends within the media at {}; it was cut off", self.path)));
        }
        // Only in JSON that ends within an object.
        while let Some(open) = self.open.pop() {
            self.store(open);
        }
        let result = match self.error.take() {
            Some(error) => Err(error),
            None => Ok(mem::take(&mut self.found)),
        };
        self.reset();
        result.map(|mut found| {
            found.sort_unstable_by_key(|found| found.number);
            found
        })
    }

    /// Prepares for another document.
    pub(super) fn reset(&mut self) {
        self.path.clear();
        self.open.clear();
        self.deeper = 0;
        self.state = State::Structure;
        self.escape = None;
        self.held = Vec::new();
        self.decoded = 0;
        self.writer = None;
        self.found.clear();
        self.count = 0;
        self.bytes = 0;
        self.error = None;
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
        self.writer = None;
        self.decoded = 0;
        self.held = Vec::new();
        self.found.clear();
        self.open.iter_mut().for_each(|open| open.waiting.clear());
        if !matches!(self.state, State::Structure | State::Key) {
            self.state = State::Text { is_held: false };
        }
    }

    /// Appends to the text, within its limit.
    fn keep(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        if self.error.is_some() {
            return;
        }
        // What may be base64 is short, and counts only if it remains text.
        let may_be_media = matches!(self.state, State::Start(_) | State::Base64 { .. });
        if !may_be_media && text.len().saturating_add(bytes.len()) > self.limits.text {
            let Limits { text, text_hint, .. } = self.limits;
            let message = format!("the JSON has more than {text} bytes besides its media; {text_hint}");
            return self.fail(Error::new(ErrorKind::TooLarge, message));
        }
        text.extend_from_slice(bytes);
    }

    /// Reads up to the next string, or to the end of the outermost object or list.
    fn structure(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'"' => {
                    self.keep(&bytes[..=at], text);
                    self.begin_string(text.len());
                    return (at + 1, false);
                }
                b'{' => self.begin(true),
                b'[' => self.begin(false),
                b',' => self.next(),
                b'}' | b']' if self.end() => {
                    self.keep(&bytes[..=at], text);
                    return (at + 1, true);
                }
                _ => {}
            }
        }
        self.keep(bytes, text);
        (bytes.len(), false)
    }

    fn begin(&mut self, is_object: bool) {
        if self.path.len() == MAX_DEPTH {
            self.deeper += 1;
        } else {
            self.path.push(is_object);
            self.open.push(Open { expects_key: is_object, mime: None, waiting: Vec::new() });
        }
    }

    fn next(&mut self) {
        if self.deeper == 0
            && let (Some(open), Some(step)) = (self.open.last_mut(), self.path.last_mut())
        {
            open.expects_key = step.is_object;
            step.index += 1;
        }
    }

    /// Ends an object or a list. Returns `true` if it is the outermost.
    fn end(&mut self) -> bool {
        if self.deeper > 0 {
            self.deeper -= 1;
            return false;
        }
        let Some(open) = self.open.pop() else { return false };
        self.store(open);
        self.path.pop();
        self.open.is_empty()
    }
}

fn json_error(message: String) -> Error {
    Error::new(ErrorKind::Json, message)
}

#[cfg(test)]
mod tests {
    use super::{super::Spool, *};

    #[test]
    fn nothing_is_kept_of_a_key_after_an_error() {
        let limits = Limits { text: 100, count: 1, bytes: 0, text_hint: "" };
        let mut scanner = Scanner::new(Spool::new(), limits, Arc::new(Place::of));
        let mut text = Vec::new();
        scanner.push(b"{\"", &mut text);
        for _ in 0..1000 {
            scanner.push(&[b'k'; 1000], &mut text);
            assert!(scanner.held.capacity() < 10_000 && text.len() < 1000);
        }
        assert!(scanner.error().is_some());
    }
}
