//! The lines of a stream: what each one is, as soon as its start shows it.

use super::{BOM, DATA, DONE, Events, Holds, TEXT};
use crate::json::Store;
use std::mem;

/// What the current line is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Line {
    /// Not known yet.
    Start,
    /// Data, of which a first space is skipped if the flag is set.
    Data { skip_space: bool },
    /// JSON outside of events.
    Json,
    /// A line that is read as a whole: any other field, or text.
    Short,
    /// The rest of a line of text after JSON.
    Text,
}

impl<S: Store> Events<S> {
    /// Processes bytes of a line, at most up to the end of an event, and returns their number.
    pub(super) fn process_content(&mut self, content: &[u8]) -> usize {
        let mut read = 0;
        while read < content.len() && self.ready.is_empty() {
            let rest = &content[read..];
            read += match &mut self.line {
                Line::Start => self.begin_line(rest),
                Line::Data { skip_space } => {
                    let space = usize::from(mem::take(skip_space) && rest[0] == b' ');
                    // An error is returned at the end of the event.
                    let _ = self.extractor.push(&rest[space..]);
                    rest.len()
                }
                Line::Json => self.add_json(rest),
                Line::Short => {
                    let room = self.extractor.text_limit().saturating_sub(self.start.len());
                    self.start.extend_from_slice(&rest[..rest.len().min(room)]);
                    rest.len()
                }
                Line::Text => {
                    self.add_text(rest);
                    rest.len()
                }
            };
        }
        read
    }

    /// Reads bytes until it is known what the line is, and returns their number.
    fn begin_line(&mut self, content: &[u8]) -> usize {
        for (at, byte) in content.iter().enumerate() {
            self.start.push(*byte);
            if self.first_line && self.start.len() <= BOM.len() && BOM.starts_with(&self.start) {
                if self.start.len() == BOM.len() {
                    self.start.clear();
                    self.first_line = false;
                }
                continue;
            }
            self.first_line = false;
            let Some(line) = self.classify() else { continue };
            self.line = line;
            match line {
                Line::Data { .. } => self.begin_data(),
                Line::Json => {
                    let start = mem::take(&mut self.start);
                    let read = self.add_json(&start);
                    self.add_text(&start[read..]);
                }
                _ => {}
            }
            return at + 1;
        }
        content.len()
    }

    /// Returns what a line with this start is, if that is known.
    fn classify(&self) -> Option<Line> {
        let trimmed = self.start.trim_ascii_start();
        if DATA.starts_with(&self.start) {
            (self.start == DATA).then_some(Line::Data { skip_space: true })
        } else if self.holds == Holds::Json && !self.start[0].is_ascii_alphabetic() {
            Some(Line::Json)
        } else if trimmed.is_empty() {
            (self.start.len() > TEXT).then_some(Line::Short)
        } else if DONE.starts_with(trimmed) {
            (trimmed == DONE).then_some(Line::Short)
        } else {
            Some(if matches!(trimmed[0], b'{' | b'[' | b']' | b',') { Line::Json } else { Line::Short })
        }
    }

    pub(super) fn end_line(&mut self) {
        match self.line {
            Line::Start if self.start.is_empty() => self.end_event(),
            Line::Start | Line::Short => {
                let line = mem::take(&mut self.start);
                self.process_field(&line);
                // Its memory is used again.
                self.start = line;
            }
            Line::Json if self.holds == Holds::Json => _ = self.extractor.push(b"\n"),
            Line::Json | Line::Data { .. } | Line::Text => {}
        }
        self.start.clear();
        self.first_line = false;
        self.line = Line::Start;
    }

    /// Processes a line that is not data.
    fn process_field(&mut self, line: &[u8]) {
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => self.begin_data(),
            b"" | b"event" | b"id" | b"retry" => {}
            // llama.cpp sends errors so.
            b"error" if !value.is_empty() => self.add_error(value),
            _ if line.trim_ascii() == DONE => self.add_event(self.extractor.plain(line.trim_ascii())),
            _ => {
                let is_field = field.len() < line.len()
                    && field[0].is_ascii_alphabetic()
                    && field.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
                self.has_foreign_text |= !is_field;
                self.begin_text();
                self.add_text(line);
            }
        }
    }
}
