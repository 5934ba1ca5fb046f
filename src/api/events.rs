//! Server-sent events: the bytes of a streamed answer in, the data of its events out.
//!
//! In scope: `text/event-stream` as the [HTML standard](https://html.spec.whatwg.org/multipage/server-sent-events.html)
//! reads it. Out of scope: names and ids of events, which neither API uses; waiting and reconnecting.
//!
//! ```
//! use niello::{chat, events::Events};
//!
//! let mut events = Events::new();
//! let mut answer = String::new();
//! // As they come from a socket, cut anywhere.
//! for bytes in ["data: {\"choices\":[{\"delta\":{\"content\":\"Go", "al!\"}}]}\r\n\r", "\ndata: [DONE]\n\n"] {
//!     events.push(bytes.as_bytes());
//!     for chunk in events.read::<chat::Chunk>() {
//!         answer.push_str(&chunk?.text().unwrap_or_default());
//!     }
//! }
//! assert_eq!(answer, "Goal!");
//! # Ok::<(), niello::Error>(())
//! ```

use crate::error::{Error, ErrorKind, Result};
use std::{fmt, mem};

/// A reader of server-sent events. It holds the bytes that were pushed and not yet read, and of an event
/// that is not whole yet no more than twice its limit.
///
/// As an iterator it yields the data of each event, its `data:` lines joined by line feeds. `None` is no
/// end: it means that more bytes are wanted, and after them there may be more events. How the bytes are
/// cut makes no difference to what is yielded.
///
/// An event over the limit is one error of kind [`TooLarge`](ErrorKind::TooLarge), and the events after it
/// are read as ever. An event that is not ended by an empty line is none, so that an answer which was cut
/// off is not taken for a whole one; pushing `b"\n\n"` ends it for a server that doesn't.
pub struct Events {
    limit: usize,
    /// What was pushed, read up to `position`.
    pushed: Vec<u8>,
    position: usize,
    /// The line that is not whole yet, or of a longer one than can matter, its front.
    line: Vec<u8>,
    /// The data of the event that is not whole yet, if it has any.
    data: Option<Vec<u8>>,
    too_large: bool,
    /// The last line ended with a carriage return: a line feed at once after it belongs to it.
    after_cr: bool,
    first_line: bool,
}

/// A value that the data of an event is read as.
pub trait FromEvent: Sized {
    /// Reads the data of one event; `None` for one that holds no value, as `[DONE]`.
    ///
    /// # Errors
    /// [`Json`](ErrorKind::Json) if it is none, and [`Api`](ErrorKind::Api) if it is an error that the
    /// server reports within the stream.
    fn from_event(data: &str) -> Result<Option<Self>>;
}

const BOM: &[u8] = b"\xEF\xBB\xBF";
const FIELD: &[u8] = b"data";

impl Events {
    /// The limit of [`new`](Events::new) in bytes: 16 MiB, since an event may hold an image or a sound.
    pub const LIMIT: usize = 16 * 1024 * 1024;

    /// A reader for one stream, which refuses events of more than [`LIMIT`](Events::LIMIT) bytes.
    pub fn new() -> Events {
        Events::with_limit(Events::LIMIT)
    }

    /// A reader that refuses events of more than `limit` bytes of data.
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

    /// Takes the next bytes of the stream. They are held until they are read: read all events before the
    /// next push.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pushed.drain(..mem::take(&mut self.position));
        self.pushed.extend_from_slice(bytes);
    }

    /// The values of the events that are whole by now: each a [`chat::Chunk`](crate::chat::Chunk), a
    /// [`gemini::Response`](crate::gemini::Response), or another [`FromEvent`]. What that makes no value of, as
    /// `[DONE]`, is left out.
    ///
    /// # Errors
    /// Those of [`from_event`](FromEvent::from_event), and [`TooLarge`](ErrorKind::TooLarge) for an event over the
    /// limit. After either, the events that follow can still be read.
    pub fn read<T: FromEvent>(&mut self) -> impl Iterator<Item = Result<T>> {
        self.filter_map(|data| data.and_then(|data| T::from_event(&data)).transpose())
    }

    /// Takes the rest of a line from what was pushed; true if it is whole.
    fn end_line(&mut self) -> bool {
        let mut rest = &self.pushed[self.position..];
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            if rest[0] == b'\n' {
                self.position += 1;
                rest = &rest[1..];
            }
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let text = &rest[..end.unwrap_or(rest.len())];
        // A line of data that is longer than this is over the limit, and no other line is wanted whole.
        let longest = self.limit.saturating_add(BOM.len() + FIELD.len() + ": ".len() + 1);
        self.line.extend_from_slice(&text[..text.len().min(longest - self.line.len())]);
        self.position += text.len();
        let Some(end) = end else { return false };
        self.after_cr = rest[end] == b'\r';
        self.position += 1;
        true
    }

    /// Takes the line in; the event if the line ends it.
    fn take_line(&mut self) -> Option<Result<String>> {
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
                "an event of the stream has more than {} bytes; allow more with `Events::with_limit`",
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

impl Iterator for Events {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Result<String>> {
        while self.end_line() {
            let event = self.take_line();
            self.line.clear();
            if event.is_some() {
                return event;
            }
        }
        None
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
