//! The strings of a document: keys, text, and what may be media.

use super::{MAX_HELD, Scanner, State};
use crate::{
    json::extract::{path::Place, store::Store},
    media::{is_valid_mime, mime_of_audio_format},
};
use memchr::memchr2;
use std::borrow::Cow;

/// An escape that is not complete: the digits of `\u` and their value, or `None` right after the backslash.
pub(super) type Escape = Option<(u8, u16)>;

/// The longest MIME type, or header of a data URI.
const MAX_HEADER: usize = 256;

impl<S: Store> Scanner<S> {
    /// Begins a string, after its quote.
    pub(super) fn begin_string(&mut self, text_len: usize) {
        self.held.clear();
        self.header = None;
        self.start = text_len;
        let is_key = self.deeper == 0 && self.open.last().is_some_and(|open| open.expects_key);
        self.state = if is_key {
            State::Key
        } else if self.error.is_some() || self.deeper > 0 {
            State::Text { is_held: false }
        } else {
            match (self.rule)(&self.path) {
                _ if self.is_type() => State::Text { is_held: true },
                Place::Text => State::Text { is_held: false },
                place => State::Start(place),
            }
        };
    }

    /// Returns `true` if the current value is a MIME type, or the format of audio.
    fn is_type(&self) -> bool {
        match self.path.key() {
            Some("mimeType" | "mime_type") => true,
            Some("format") => self.path.ends_with(&["input_audio", "format"]),
            _ => false,
        }
    }

    /// Reads a string that is not known to be media. Until it is, its characters are part of the text.
    pub(super) fn string(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> usize {
        let mut next = 0;
        loop {
            if self.state == (State::Text { is_held: false }) && self.escape.is_none() {
                next += memchr2(b'"', b'\\', &bytes[next..]).unwrap_or(bytes.len() - next);
            }
            let Some(&byte) = bytes.get(next) else { break };
            let at = next;
            next += 1;
            if self.escape.is_none() && byte == b'"' {
                self.keep(&bytes[..at], text);
                self.end_string(text);
                self.keep(b"\"", text);
                return at + 1;
            }
            if self.state == State::Key && self.error.is_none() {
                self.held.push(byte);
            }
            let c = match self.escape {
                None if byte == b'\\' => {
                    self.escape = Some(None);
                    continue;
                }
                // JSON strings contain no control characters.
                None if byte < b' ' => b'?',
                None => byte,
                Some(escape) => match self.unescape(escape, byte) {
                    Some(c) => c,
                    None => continue,
                },
            };
            match self.state {
                State::Text { is_held: true } if self.held.len() <= MAX_HEADER => self.held.push(c),
                State::Start(place) => {
                    self.held.push(c);
                    self.start(place);
                    if self.header.is_some() {
                        self.keep(&bytes[..=at], text);
                        self.start = text.len();
                        return at + 1;
                    }
                }
                State::Base64 { or_text } => {
                    self.held.push(c);
                    let is_url = c == b':' && matches!(&*self.held, b"https:" | b"http:" | b"gs:");
                    if is_url && self.header.is_none() {
                        self.state = State::Text { is_held: false };
                    }
                    if self.held.len() == MAX_HELD {
                        self.begin_media(or_text);
                    }
                    if self.state == State::Media {
                        text.truncate(self.start);
                        return at + 1;
                    }
                }
                _ => {}
            }
        }
        self.keep(bytes, text);
        bytes.len()
    }

    /// Returns the character of an escape once it is complete. Characters outside of ASCII become question marks: they
    /// occur neither in base64 nor in MIME types.
    pub(super) fn unescape(&mut self, escape: Escape, byte: u8) -> Option<u8> {
        self.escape = None;
        match (escape, byte) {
            (None, b'u') => self.escape = Some(Some((0, 0))),
            (None, b'n') => return Some(b'\n'),
            (None, b'r') => return Some(b'\r'),
            (None, b't') => return Some(b'\t'),
            (None, b'"' | b'\\' | b'/') => return Some(byte),
            (None, _) => return Some(b'?'),
            (Some((digits, value)), _) => {
                let Some(digit) = char::from(byte).to_digit(16) else { return Some(b'?') };
                let value = value << 4 | digit as u16;
                if digits == 3 {
                    return Some(u8::try_from(value).ok().filter(u8::is_ascii).unwrap_or(b'?'));
                }
                self.escape = Some(Some((digits + 1, value)));
            }
        }
        None
    }

    /// Decides what a string is once its start shows it.
    fn start(&mut self, place: Place) {
        const DATA: &[u8] = b"data:";
        let or_text = place != Place::Media;
        let is_uri = self.held.iter().zip(DATA).all(|(c, expected)| c == expected);
        if is_uri && self.held.ends_with(b",") {
            let header = self.held.strip_prefix(DATA).and_then(|header| header.strip_suffix(b";base64,"));
            let mime = header.and_then(|mime| str::from_utf8(mime).ok()).filter(|mime| is_valid_mime(mime));
            self.header = mime.map(Into::into);
        }
        if self.header.is_some() {
            self.held.clear();
            self.state = State::Base64 { or_text };
        } else if !is_uri || self.held.ends_with(b",") || self.held.len() == MAX_HEADER {
            self.state = if or_text { State::Text { is_held: false } } else { State::Base64 { or_text } };
        }
    }

    /// Ends a string that is text, a key, or media of fewer than [`MAX_HELD`] characters.
    fn end_string(&mut self, text: &mut Vec<u8>) {
        match self.state {
            State::Key => {
                // After an error, it is empty.
                if let (Some(open), Some(step)) = (self.open.last_mut(), self.path.last_mut()) {
                    open.expects_key = false;
                    step.key.clear();
                    step.key.push_str(&unescaped(&self.held));
                }
            }
            State::Text { is_held: true } if self.held.len() <= MAX_HEADER => {
                let held = String::from_utf8_lossy(&self.held);
                let mime = match self.path.key() {
                    Some("format") => mime_of_audio_format(&held),
                    _ => Some(&*held).filter(|mime| is_valid_mime(mime)),
                };
                if let (Some(mime), Some(open)) = (mime, self.open.last_mut()) {
                    open.mime = Some(mime.into());
                }
            }
            State::Start(Place::Media) | State::Base64 { .. } if !self.held.is_empty() => {
                let or_text = self.state == State::Base64 { or_text: true };
                self.begin_media(or_text);
                if self.state == State::Media {
                    match self.end_base64() {
                        Err(_) if or_text => self.decoded = 0,
                        ended => {
                            text.truncate(self.start);
                            self.end_media(ended, text);
                        }
                    }
                }
            }
            _ => {}
        }
        self.state = State::Structure;
    }
}

/// Returns a key without its escapes, or as it is if they are not valid.
fn unescaped(key: &[u8]) -> Cow<'_, str> {
    let key = String::from_utf8_lossy(key);
    let unescaped = key.contains('\\').then(|| serde_json::from_str(&format!("\"{key}\"")).ok());
    unescaped.flatten().map_or(key, Cow::Owned)
}
