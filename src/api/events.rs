//! Server-sent events: a parser for streamed responses.
//!
//! [`Events`] takes the bytes of a `text/event-stream` as they arrive and yields the data of each event, as
//! the [HTML standard](https://html.spec.whatwg.org/multipage/server-sent-events.html) defines it. It ignores
//! the names and ids of events, which neither API uses, and does not wait or reconnect.
//!
//! # Examples
//! ```
//! use niello::{chat, events::Events};
//!
//! let mut events = Events::new(); let mut text = String::new(); // As read from a socket, cut at any byte.
//! for bytes in ["data: {\"choices\":[{\"delta\":{\"content\":\"Go", "al!\"}}]}\r\n\r", "\ndata: [DONE]\n\n"]
//! {
//!     events.push(bytes.as_bytes());
//!     for chunk in events.read::<chat::Chunk>() {
//!         text.push_str(&chunk?.text().unwrap_or_default());
//!     }
//! }
//! assert_eq!(text, "Goal!");
//! # Ok::<(), niello::Error>(())
//! ```

mod unframed;

use crate::error::{Error, ErrorKind, Result, excerpt};
use serde::de::IgnoredAny;
use std::{collections::VecDeque, fmt, iter, mem};
use unframed::Json;

/// An incremental parser of server-sent events.
///
/// Alternate between [`push`](Events::push) and [`read`](Events::read), or [`next_event`](Events::next_event)
/// for the data of each event as a string. Where the stream is cut makes no difference to the events.
///
/// An event is complete only at the blank line after it. Call [`finish`](Events::finish) at the end of the
/// stream, and read once more: for an event without a blank line, and for errors about what cannot be read.
///
/// Servers also send errors and responses that are not in an event: an object `{..}` on lines of its own, or
/// in a list, is read like an event. So is each line of an event whose data is not JSON but whose lines are.
///
/// An event with more data than the limit is reported as one error of kind [`TooLarge`](ErrorKind::TooLarge).
/// The events after it can still be read.
///
/// `Events` holds the bytes that were pushed and not yet read, and up to twice the limit of an incomplete
/// event.
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
    /// The last line ended with a carriage return. A line feed directly after it belongs to the same line
    /// ending.
    after_cr: bool,
    first_line: bool,
    /// Events that are complete but not yet returned.
    ready: VecDeque<Result<Box<str>>>,
    /// JSON outside of events.
    json: Json,
    /// The start of other text outside of events.
    text: Vec<u8>,
    /// Some of that text does not even look like a field.
    has_foreign_text: bool,
    has_events: bool,
    /// The stream has ended, and what is left of it is not yet in `ready`.
    finished: bool,
}

/// A value that [`Events::read`] parses from the data of an event.
///
/// The implementors are [`chat::Chunk`](crate::chat::Chunk) and
/// [`gemini::Response`](crate::gemini::Response). The trait is sealed; for other formats, parse the strings
/// that [`Events::next_event`] returns.
pub trait FromEvent: sealed::Sealed + Sized {
    /// Parses the data of one event. Returns `None` for an event without a value, such as `[DONE]`.
    ///
    /// # Errors
    /// - [`Api`](ErrorKind::Api): the event is an error that the server reports within the stream.
    /// - [`Json`](ErrorKind::Json): the data is not valid JSON, or not an event of this API.
    /// - [`TooLarge`](ErrorKind::TooLarge): the event would take more memory than 32 times its
    ///   length and 1 MiB.
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
            ready: VecDeque::new(),
            json: Json::default(),
            text: Vec::new(),
            has_foreign_text: false,
            has_events: false,
            finished: false,
        }
    }

    /// Appends the next bytes of the stream.
    ///
    /// They are buffered until the events in them are read. To keep the buffer small, read all events before
    /// the next push.
    pub fn push(&mut self, bytes: &[u8]) {
        // Moving the rest only when it is the smaller part keeps the work linear.
        if self.position > self.pushed.len() / 2 {
            self.pushed.drain(..mem::take(&mut self.position));
        }
        self.pushed.extend_from_slice(bytes);
    }

    /// Ends the stream, after which nothing should be pushed. Call [`read`](Events::read) or
    /// [`next_event`](Events::next_event) once more after it, for what is left: the last event if no blank
    /// line follows it, and errors for the rest.
    ///
    /// # Examples
    /// ```
    /// use niello::{chat::Chunk, events::Events};
    ///
    /// let mut events = Events::new();
    /// events.push(b"<html>Bad Gateway</html>");
    /// events.finish();
    /// let error = events.read::<Chunk>().next().unwrap().unwrap_err();
    /// assert!(error.to_string().contains("Bad Gateway"));
    /// ```
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// Returns the data of the next complete event: its `data:` lines joined by line feeds.
    ///
    /// Returns `None` if more bytes are needed. That is not the end of the stream: events may follow after
    /// the next [`push`](Events::push). Bytes that are not UTF-8 are replaced by U+FFFD.
    ///
    /// # Errors
    /// [`TooLarge`](ErrorKind::TooLarge): the event is over the limit. The events after it can still be read.
    pub fn next_event(&mut self) -> Option<Result<String>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.has_events |= event.is_ok();
                return Some(event.map(String::from));
            }
            if self.read_line() {
                self.process_line();
            } else if mem::take(&mut self.finished) {
                self.process_end();
            } else {
                return None;
            }
        }
    }

    /// Returns an iterator over the values of the events that are complete by now, each a
    /// [`chat::Chunk`](crate::chat::Chunk) or a [`gemini::Response`](crate::gemini::Response).
    ///
    /// Events without a value, such as `[DONE]`, are skipped. When the iterator ends, [`push`](Events::push)
    /// more bytes and call `read` again.
    ///
    /// # Errors
    /// The errors of [`from_event`](FromEvent::from_event), and [`TooLarge`](ErrorKind::TooLarge) for an
    /// event over the limit. The events after it can still be read.
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

    /// Adds the current line to what it belongs to.
    fn process_line(&mut self) {
        let whole_line = mem::take(&mut self.line);
        let mut line = &whole_line[..];
        if mem::take(&mut self.first_line) {
            line = line.strip_prefix(BOM).unwrap_or(line);
        }
        if line.is_empty() {
            self.end_event();
        } else {
            self.process_field(line);
        }
        // Its memory is used again.
        self.line = whole_line;
        self.line.clear();
    }

    fn process_field(&mut self, line: &[u8]) {
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            FIELD => self.add_data(value),
            b"" | b"event" | b"id" | b"retry" => {}
            // llama.cpp sends errors so.
            b"error" if !value.is_empty() => self.add_error(value),
            _ => {
                let is_field = field.len() < line.len()
                    && field[0].is_ascii_alphabetic()
                    && field.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
                self.has_foreign_text |= !is_field;
                self.add_unframed(line);
            }
        }
    }

    fn add_data(&mut self, value: &[u8]) {
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

    /// Adds an event to those that are ready. There may be many tiny ones.
    fn add_event(&mut self, event: Result<String>) {
        self.ready.push_back(event.map(String::into_boxed_str));
    }

    fn add_error(&mut self, value: &[u8]) {
        let value = String::from_utf8_lossy(value);
        let json = if is_json(value.as_bytes()) { value.into_owned() } else { quote(&value) };
        self.add_event(Ok(format!("{{\"error\":{json}}}")));
    }

    /// Adds a line that belongs to no event: JSON, whose objects become events, or other text.
    fn add_unframed(&mut self, line: &[u8]) {
        if line.len() > self.limit {
            let is_json = self.json.depth > 0 || matches!(line.trim_ascii_start().first(), Some(b'{' | b'['));
            self.json = Json::default();
            self.add_text(line);
            if !is_json {
                return;
            }
            self.add_event(Err(self.too_large()));
            return;
        }
        if line.trim_ascii() == b"[DONE]" {
            self.add_event(Ok("[DONE]".to_owned()));
            return;
        }
        let mut rest = line;
        while let Some((&byte, after)) = rest.split_first() {
            if self.json.depth == 0 {
                match byte {
                    // What is between the objects of a list.
                    b'[' | b']' | b',' | b' ' | b'\t' => {}
                    b'{' => self.json.push(byte, self.limit),
                    _ => return self.add_text(rest),
                }
            } else {
                self.json.push(byte, self.limit);
                if self.json.depth == 0 {
                    let json = mem::take(&mut self.json);
                    let event =
                        if json.too_large { Err(self.too_large()) } else { Ok(to_string(json.object)) };
                    self.add_event(event);
                }
            }
            rest = after;
        }
        if self.json.depth > 0 {
            self.json.push(b'\n', self.limit);
        }
    }

    fn add_text(&mut self, text: &[u8]) {
        if !self.text.is_empty() {
            self.text.push(b'\n');
        }
        let room = TEXT.saturating_sub(self.text.len());
        self.text.extend_from_slice(&text[..text.len().min(room)]);
        self.text.truncate(TEXT);
    }

    fn end_event(&mut self) {
        let data = self.data.take();
        if mem::take(&mut self.too_large) {
            self.add_event(Err(self.too_large()));
        } else if let Some(data) = data {
            match split_lines(&data) {
                Some(lines) => lines.into_iter().for_each(|line| self.add_event(Ok(line))),
                None => self.add_event(Ok(to_string(data))),
            }
        }
    }

    /// Adds what is left at the end of the stream to `ready`.
    fn process_end(&mut self) {
        self.process_rest();
        let is_value = |data: &[u8]| is_json(data) || data.trim_ascii() == b"[DONE]";
        match self.data.take_if(|data| !is_value(data) && split_lines(data).is_none()) {
            Some(data) if !data.trim_ascii().is_empty() => {
                self.add_event(Err(leftover("the stream ended within an event", &data)));
            }
            _ => self.end_event(),
        }
        let json = mem::take(&mut self.json);
        if json.depth > 0 {
            self.add_event(Err(leftover("the stream ended within JSON", &json.object)));
        }
        let text = mem::take(&mut self.text);
        // In a stream with events, unknown fields are ignored, as the standard says.
        let is_foreign = mem::take(&mut self.has_foreign_text) || !self.has_events;
        if is_foreign && !text.trim_ascii().is_empty() {
            self.add_event(Err(leftover("the stream contains text that is not an event", &text)));
        }
        self.after_cr = false;
        self.first_line = true;
    }

    /// Processes the last line if no line ending follows it.
    fn process_rest(&mut self) {
        if !self.line.is_empty() {
            self.process_line();
        }
    }

    fn too_large(&self) -> Error {
        let message = format!(
            "an event of the stream has more than {} bytes; raise the limit with `Events::with_limit`",
            self.limit
        );
        Error::new(ErrorKind::TooLarge, message)
    }
}

/// The number of bytes that are kept of text outside of events. An error shows less.
const TEXT: usize = 1024;

/// Returns the lines of an event's data, if the data is not JSON but each line is an object: some servers
/// leave out the blank lines between events.
fn split_lines(data: &[u8]) -> Option<Vec<String>> {
    if !data.contains(&b'\n') || is_json(data) {
        return None;
    }
    let is_done = |line: &[u8]| line.trim_ascii() == b"[DONE]";
    let lines = data.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let mut has_json = false;
    for line in lines.clone().filter(|line| !is_done(line)) {
        if !line.trim_ascii_start().starts_with(b"{") || !is_json(line) {
            return None;
        }
        has_json = true;
    }
    has_json.then(|| lines.map(|line| to_string(line.to_vec())).collect())
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

fn quote(string: &str) -> String {
    serde_json::Value::from(string).to_string()
}

fn to_string(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn leftover(problem: &str, bytes: &[u8]) -> Error {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(TEXT)]);
    Error::new(ErrorKind::Json, format!("{problem}; it starts with {:?}", excerpt(start.trim())))
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
