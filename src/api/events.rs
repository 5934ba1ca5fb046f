//! Server-sent events: a parser for streamed responses.
//!
//! [`Events`] takes the bytes of a `text/event-stream` as they arrive and yields the data of each event, as the
//! [HTML standard](https://html.spec.whatwg.org/multipage/server-sent-events.html) defines it. It ignores the
//! names and ids of events, which neither API uses, and does not wait or reconnect.
//!
//! # Examples
//! ```
//! use niello::{chat, events::Events};
//!
//! let mut events = Events::new();
//! let mut text = String::new();
//! // As read from a socket, cut at any byte.
//! for bytes in ["data: {\"choices\":[{\"delta\":{\"content\":\"Go", "al!\"}}]}\r\n\r", "\ndata: [DONE]\n\n"] {
//!     events.push(bytes.as_bytes());
//!     for chunk in events.read::<chat::Chunk>() {
//!         text.push_str(&chunk?.text().unwrap_or_default());
//!     }
//! }
//! assert_eq!(text, "Goal!");
//! # Ok::<(), niello::Error>(())
//! ```

use crate::error::{Error, ErrorKind, Result};
use std::{fmt, iter, mem};

/// An incremental parser of server-sent events.
///
/// Alternate between [`push`](Events::push) and [`read`](Events::read), or
/// [`next_event`](Events::next_event) for the data of each event as a string. Where the stream is cut makes no
/// difference to the events.
///
/// An event is complete only at the blank line after it, so the last event of a truncated stream is never mistaken
/// for a complete one. If a server omits the last blank line, push `b"\n\n"` at the end of the stream.
///
/// An event with more data than the limit is reported as one error of kind [`TooLarge`](ErrorKind::TooLarge). The
/// events after it can still be read.
///
/// `Events` holds the bytes that were pushed and not yet read, and up to twice the limit of an incomplete event.
pub struct Events {
    limit: usize,
    /// The bytes that were pushed, read up to `position`.
    pushed: Vec<u8>,
    position: usize,
    /// The start of the current line, as far as it can matter.
    line: Vec<u8>,
    /// The data of the current event, if it has any.
    data: Option<Vec<u8>>,
    /// The data of the current event is over the limit.
    too_large: bool,
    /// The last line ended with a carriage return. A line feed directly after it belongs to the same line ending.
    after_cr: bool,
    first_line: bool,
}

/// A value that [`Events::read`] parses from the data of an event.
///
/// The implementors are [`chat::Chunk`](crate::chat::Chunk) and [`gemini::Response`](crate::gemini::Response). The
/// trait is sealed; for other formats, parse the strings that [`Events::next_event`] returns.
pub trait FromEvent: sealed::Sealed + Sized {
    /// Parses the data of one event. Returns `None` for an event without a value, such as `[DONE]`.
    ///
    /// # Errors
    /// - [`Api`](ErrorKind::Api): the event is an error that the server reports within the stream.
    /// - [`Json`](ErrorKind::Json): the data is not valid JSON, or not an event of this API.
    fn from_event(data: &str) -> Result<Option<Self>>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

const BOM: &[u8] = b"\xEF\xBB\xBF";
const FIELD: &[u8] = b"data";

impl Events {
    /// The default limit for the data of one event: 16 MiB, since an event may hold an image or audio.
    pub const LIMIT: usize = 16 * 1024 * 1024;

    /// Creates a parser for one stream, with the default [`LIMIT`](Events::LIMIT).
    pub fn new() -> Events {
        Events::with_limit(Events::LIMIT)
    }

    /// Creates a parser that accepts up to `limit` bytes of data per event.
    pub fn with_limit(limit: usize) -> Events {
        Events {
            limit,
            pushed: Vec::new(),
            position: 0,
            line: Vec::new(),
            data: None,
            too_large: false,
            after_cr: false,
            first_line: true,
        }
    }

    /// Appends the next bytes of the stream.
    ///
    /// They are buffered until the events in them are read. To keep the buffer small, read all events before
    /// the next push.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pushed.drain(..mem::take(&mut self.position));
        self.pushed.extend_from_slice(bytes);
    }

    /// Returns the data of the next complete event: its `data:` lines joined by line feeds.
    ///
    /// Returns `None` if more bytes are needed. That is not the end of the stream: events may follow after the
    /// next [`push`](Events::push). Bytes that are not UTF-8 are replaced by U+FFFD.
    ///
    /// # Errors
    /// [`TooLarge`](ErrorKind::TooLarge): the event is over the limit. The events after it can still be read.
    pub fn next_event(&mut self) -> Option<Result<String>> {
        while self.read_line() {
            let event = self.process_line();
            self.line.clear();
            if event.is_some() {
                return event;
            }
        }
        None
    }

    /// Returns an iterator over the values of the events that are complete by now, each a
    /// [`chat::Chunk`](crate::chat::Chunk) or a [`gemini::Response`](crate::gemini::Response).
    ///
    /// Events without a value, such as `[DONE]`, are skipped. When the iterator ends, [`push`](Events::push) more
    /// bytes and call `read` again.
    ///
    /// # Errors
    /// The errors of [`from_event`](FromEvent::from_event), and [`TooLarge`](ErrorKind::TooLarge) for an event over
    /// the limit. The events after it can still be read.
    pub fn read<T: FromEvent>(&mut self) -> impl Iterator<Item = Result<T>> {
        iter::from_fn(|| self.next_event())
            .filter_map(|data| data.and_then(|data| T::from_event(&data)).transpose())
    }

    /// Moves the rest of the current line from `pushed` to `line`. Returns `true` if the line is complete.
    fn read_line(&mut self) -> bool {
        let mut rest = &self.pushed[self.position..];
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            if rest[0] == b'\n' {
                self.position += 1;
                rest = &rest[1..];
            }
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let content = &rest[..end.unwrap_or(rest.len())];
        // A longer line of data is over the limit, and no other line is needed in full.
        let longest = self.limit.saturating_add(BOM.len() + FIELD.len() + ": ".len() + 1);
        self.line.extend_from_slice(&content[..content.len().min(longest - self.line.len())]);
        self.position += content.len();
        let Some(end) = end else { return false };
        self.after_cr = rest[end] == b'\r';
        self.position += 1;
        true
    }

    /// Adds the current line to the current event. Returns the event if the line ends it.
    fn process_line(&mut self) -> Option<Result<String>> {
        let mut line = &self.line[..];
        if mem::take(&mut self.first_line) {
            line = line.strip_prefix(BOM).unwrap_or(line);
        }
        if line.is_empty() {
            return self.take_event();
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        if field == FIELD {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            let held = self.data.as_ref().map_or(0, |data| data.len() + 1);
            if self.too_large || held + value.len() > self.limit {
                self.too_large = true;
                self.data = None;
            } else if let Some(data) = &mut self.data {
                data.push(b'\n');
                data.extend_from_slice(value);
            } else {
                self.data = Some(value.to_vec());
            }
        }
        None
    }

    fn take_event(&mut self) -> Option<Result<String>> {
        let data = self.data.take();
        if mem::take(&mut self.too_large) {
            let message = format!(
                "an event of the stream has more than {} bytes; raise the limit with `Events::with_limit`",
                self.limit
            );
            return Some(Err(Error::new(ErrorKind::TooLarge, message)));
        }
        data.map(|data| {
            Ok(String::from_utf8(data)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
        })
    }
}

impl Default for Events {
    fn default() -> Events {
        Events::new()
    }
}

/// Shows lengths, never content.
impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("limit", &self.limit)
            .field("pushed", &(self.pushed.len() - self.position))
            .field("unfinished", &self.data.as_ref().map_or(0, Vec::len))
            .finish_non_exhaustive()
    }
}
