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

mod json_lines;
mod line;

use crate::{
    error::{Error, ErrorKind, Result, excerpt},
    json::{Extracted, ExtractedLines, Extractor, Spool, Store},
};
use json_lines::are_events;
use line::Line;
use memchr::memchr2;
use serde::de::IgnoredAny;
use std::{collections::VecDeque, fmt, iter, mem};

/// An incremental parser of server-sent events.
///
/// Alternate between [`push`](Events::push) and [`read`](Events::read), or [`next_event`](Events::next_event)
/// for the data of each event. Where the stream is cut makes no difference to the events.
///
/// Media in an event, such as an image of 40 MB, is decoded while it arrives, as an [`Extractor`] does.
///
/// An event is complete only at the blank line after it. Call [`finish`](Events::finish) at the end of the
/// stream, and read once more: for an event without a blank line, and for errors about what cannot be read.
///
/// Servers also send errors and responses that are not in an event: an object `{..}` on lines of its own, or
/// in a list, is read like an event. So is each line of an event whose data is not JSON but whose lines are.
///
/// An event is one error if its data, without its media, exceeds the limit, which is the kind
/// [`TooLarge`](ErrorKind::TooLarge), or if its media is not base64 or cannot be stored. The events after it can still be
/// read.
///
/// `Events` holds the bytes that were pushed and not yet read, and the data of an incomplete event up to the limit. Media
/// is in the [`Store`].
pub struct Events<S: Store = Spool> {
    /// The data of the current event, or JSON outside of events.
    extractor: Extractor<S>,
    holds: Holds,
    /// The bytes that were pushed, read up to `position`.
    pushed: Vec<u8>,
    position: usize,
    /// The end of the current line in `pushed`, or of all that was pushed when it was searched.
    line_end: usize,
    line: Line,
    /// The start of the current line until it is known what it is, and the whole line if it is short.
    start: Vec<u8>,
    /// The last line ended with a carriage return. A line feed directly after it belongs to the same line
    /// ending.
    after_cr: bool,
    first_line: bool,
    /// Events that are complete but not yet returned.
    ready: VecDeque<Result<Extracted<S::Stored>>>,
    /// An event whose lines are events.
    lines: Option<ExtractedLines<S::Stored>>,
    /// The start of other text outside of events.
    text: Vec<u8>,
    /// Some of that text does not even look like a field.
    has_foreign_text: bool,
    has_events: bool,
    /// The stream has ended, and what is left of it is not yet in `ready`.
    finished: bool,
}

/// What the extractor holds.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Nothing,
    /// The data of the current event.
    Data,
    /// An object outside of events, which is not complete.
    Json,
}

/// A value that [`Events::read`] parses from the data of an event.
///
/// The implementors are [`chat::Chunk`](crate::chat::Chunk) and
/// [`gemini::Response`](crate::gemini::Response). The trait is sealed; for other formats, use
/// [`Extracted::parse`] with the events that [`Events::next_event`] returns.
pub trait FromEvent: sealed::Sealed + Sized {
    /// Parses the data of one event. Returns `None` for an event without a value, such as `[DONE]`.
    ///
    /// # Errors
    /// - [`Api`](ErrorKind::Api): the event is an error that the server reports within the stream.
    /// - [`Json`](ErrorKind::Json): the data is not valid JSON, or not an event of this API.
    /// - [`TooLarge`](ErrorKind::TooLarge): the event would take more memory than 32 times its
    ///   length and 1 MiB, or has more than 16 MiB of media for which this API has no field.
    fn from_event(event: &Extracted) -> Result<Option<Self>>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

const BOM: &[u8] = b"\xEF\xBB\xBF";
const DATA: &[u8] = b"data:";
const DONE: &[u8] = b"[DONE]";

impl Events {
    /// The default limit for the data of one event without its media: 16 MiB.
    pub const LIMIT: usize = 16 * 1024 * 1024;

    /// Creates a parser for one stream, with the default [`LIMIT`](Events::LIMIT).
    pub fn new() -> Events {
        Events::with_limit(Events::LIMIT)
    }

    /// Creates a parser that accepts up to `limit` bytes of data per event, without its media.
    pub fn with_limit(limit: usize) -> Events {
        Events::with_extractor(
            Extractor::new().max_text(limit).text_hint("raise the limit with `Events::with_limit`"),
        )
    }

    /// Returns an iterator over the values of the events that are complete by now, each a
    /// [`chat::Chunk`](crate::chat::Chunk) or a [`gemini::Response`](crate::gemini::Response).
    ///
    /// Events without a value, such as `[DONE]`, are skipped. When the iterator ends, [`push`](Events::push)
    /// more bytes and call `read` again.
    ///
    /// # Errors
    /// The errors of [`from_event`](FromEvent::from_event) and of [`next_event`](Events::next_event). The events after
    /// it can still be read.
    pub fn read<T: FromEvent>(&mut self) -> impl Iterator<Item = Result<T>> {
        iter::from_fn(|| self.next_event())
            .filter_map(|event| event.and_then(|event| T::from_event(&event)).transpose())
    }
}

impl<S: Store> Events<S> {
    /// Creates a parser that takes the media out of events with an extractor, whose limits hold for each event.
    pub fn with_extractor(extractor: Extractor<S>) -> Events<S> {
        Events {
            extractor,
            holds: Holds::Nothing,
            pushed: Vec::new(),
            position: 0,
            line_end: 0,
            line: Line::Start,
            start: Vec::new(),
            after_cr: false,
            first_line: true,
            ready: VecDeque::new(),
            lines: None,
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
            self.line_end = self.line_end.saturating_sub(self.position);
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

    /// Returns the data of the next complete event: its `data:` lines joined by line feeds, with its media taken out.
    ///
    /// Returns `None` if more bytes are needed. That is not the end of the stream: events may follow after
    /// the next [`push`](Events::push). Bytes that are not UTF-8 are replaced by U+FFFD.
    ///
    /// # Errors
    /// The errors of [`Extractor::push`], of which [`TooLarge`](ErrorKind::TooLarge) says that the event is over the
    /// limit. The events after it can still be read.
    pub fn next_event(&mut self) -> Option<Result<Extracted<S::Stored>>> {
        loop {
            // The lines were complete before what is ready by now.
            let line = self.lines.as_mut().and_then(Iterator::next).map(Ok);
            if let Some(event) = line.or_else(|| self.ready.pop_front()) {
                self.has_events |= event.is_ok();
                return Some(event);
            }
            self.lines = None;
            if !self.process() {
                match mem::take(&mut self.finished) {
                    true => self.process_end(),
                    false => return None,
                }
            }
        }
    }

    /// Processes bytes up to the end of a line or of an event. Returns `false` if there are none.
    fn process(&mut self) -> bool {
        let Some(next) = self.pushed.get(self.position) else { return false };
        if mem::take(&mut self.after_cr) && *next == b'\n' {
            self.position += 1;
        }
        let pushed = mem::take(&mut self.pushed);
        if self.line_end <= self.position {
            let rest = &pushed[self.position..];
            self.line_end = self.position + memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        }
        self.position += self.process_content(&pushed[self.position..self.line_end]);
        // A line that had no end when it was searched may have gone on since, and is searched again.
        if self.position == self.line_end
            && let Some(end @ (b'\n' | b'\r')) = pushed.get(self.line_end)
        {
            self.after_cr = *end == b'\r';
            self.position += 1;
            self.end_line();
        }
        self.pushed = pushed;
        true
    }

    /// Begins a line of data.
    fn begin_data(&mut self) {
        match self.holds {
            Holds::Nothing => {}
            Holds::Data => _ = self.extractor.push(b"\n"),
            Holds::Json => self.end_json(),
        }
        self.holds = Holds::Data;
    }

    fn add_event(&mut self, event: Extracted<S::Stored>) {
        self.ready.push_back(Ok(event));
    }

    fn add_error(&mut self, value: &[u8]) {
        let value = String::from_utf8_lossy(value);
        let json = if is_json(value.as_bytes()) { value.into_owned() } else { quote(&value) };
        self.add_event(self.extractor.plain(format!("{{\"error\":{json}}}").as_bytes()));
    }

    /// Adds JSON that belongs to no event, up to the end of an object, which becomes one. Returns the number of bytes
    /// read.
    fn add_json(&mut self, content: &[u8]) -> usize {
        let mut read = 0;
        while let Some(&byte) = content.get(read) {
            if self.holds == Holds::Json {
                let (len, is_end) = self.extractor.push_value(&content[read..]);
                read += len;
                if is_end {
                    self.holds = Holds::Nothing;
                    let event = self.extractor.take();
                    self.ready.push_back(event);
                    break;
                }
                continue;
            }
            match byte {
                // What is between the objects of a list.
                b'[' | b']' | b',' | b' ' | b'\t' => read += 1,
                b'{' => {
                    self.end_event();
                    self.holds = Holds::Json;
                }
                _ => {
                    self.line = Line::Text;
                    self.has_foreign_text = true;
                    self.begin_text();
                    break;
                }
            }
        }
        read
    }

    /// Begins a line of other text.
    fn begin_text(&mut self) {
        if !self.text.is_empty() {
            self.add_text(b"\n");
        }
    }

    fn add_text(&mut self, text: &[u8]) {
        let room = TEXT.saturating_sub(self.text.len());
        self.text.extend_from_slice(&text[..text.len().min(room)]);
    }

    /// Ends the event whose data the extractor holds.
    fn end_event(&mut self) {
        if self.holds != Holds::Data {
            return;
        }
        self.holds = Holds::Nothing;
        match self.extractor.take() {
            Ok(event) if are_events(event.text()) => {
                self.lines = Some(event.into_lines());
            }
            event => self.ready.push_back(event),
        }
    }

    /// Reports JSON outside of events that is not complete.
    fn end_json(&mut self) {
        self.end_with("the stream ended within JSON");
    }

    /// Reports what the extractor holds as the start of something that did not end.
    fn end_with(&mut self, problem: &str) {
        self.holds = Holds::Nothing;
        let error = match self.extractor.push(b"") {
            Ok(()) => leftover(problem, self.extractor.text()),
            Err(error) => error,
        };
        let _ = self.extractor.take();
        self.ready.push_back(Err(error));
    }

    /// Adds what is left at the end of the stream to `ready`.
    fn process_end(&mut self) {
        if self.line != Line::Start || !self.start.is_empty() {
            self.end_line();
        }
        let data = self.extractor.text();
        match self.holds {
            Holds::Json => self.end_json(),
            Holds::Data if !is_complete(data) => self.end_with("the stream ended within an event"),
            _ => self.end_event(),
        }
        let text = mem::take(&mut self.text);
        // In a stream with events, unknown fields are ignored, as the standard says.
        let is_foreign = mem::take(&mut self.has_foreign_text) || !self.has_events;
        if is_foreign && !text.trim_ascii().is_empty() {
            self.ready.push_back(Err(leftover("the stream contains text that is not an event", &text)));
        }
        self.after_cr = false;
        self.first_line = true;
    }
}

/// The number of bytes that are kept of text outside of events. An error shows less.
const TEXT: usize = 1024;

/// Returns `true` if the data of an event that no blank line ends can be all of it.
fn is_complete(data: &[u8]) -> bool {
    let trimmed = data.trim_ascii();
    trimmed.is_empty() || trimmed == DONE || is_json(data) || str::from_utf8(data).is_ok_and(are_events)
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

fn quote(string: &str) -> String {
    serde_json::Value::from(string).to_string()
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
impl<S: Store> fmt::Debug for Events<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("pushed", &(self.pushed.len() - self.position))
            .field("unfinished", &self.extractor.text().len())
            .finish_non_exhaustive()
    }
}
