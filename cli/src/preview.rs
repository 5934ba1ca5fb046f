//! `--preview`: shows a body for reading, indented and with only the start of each media file. JSON Lines begin on lines
//! of their own.
//!
//! The notes make the preview invalid JSON on purpose, so that no service can mistake it for a body.

use crate::{escape, output};
use anyhow::Result;
use clap::builder::styling::Style;
use niello::{Body, Segment};
use std::{
    io::{Read, Seek, SeekFrom},
    mem,
};

/// The number of base64 characters shown of each media file, enough to recognize the format.
const HEAD_LEN: u64 = 32;

const KEY: Style = Style::new().bold();
const NOTE: Style = Style::new().dimmed();

pub fn print(body: &Body) -> Result<()> {
    let mut preview = Preview::default();
    for (offset, segment) in body.segments() {
        match segment {
            Segment::Text(json) => preview.push_json(json),
            Segment::Base64(media) => {
                let mut head = vec![0; segment.len().min(HEAD_LEN) as usize];
                let mut reader = body.clone();
                reader.seek(SeekFrom::Start(offset))?;
                reader.read_exact(&mut head)?;
                let omitted = segment.len() - head.len() as u64;
                preview.push_media(&String::from_utf8_lossy(&head), omitted, media.name());
            }
            _ => {}
        }
    }
    output::print(&format!("{}\n{NOTE}<{} bytes in total>{NOTE:#}\n", preview.text.trim_end(), body.len()))
}

/// Indents compact JSON incrementally.
#[derive(Default)]
struct Preview {
    /// The output so far.
    text: String,
    /// The open brackets.
    open: Vec<char>,
    /// Whether the last bracket was just opened. If it is closed right away, both stay on one line.
    just_opened: bool,
    /// Whether the next string is a key.
    expects_key: bool,
    string: Option<OpenString>,
}

/// An unterminated string.
struct OpenString {
    is_key: bool,
    /// Whether the last character was a backslash that escapes the next one.
    escapes: bool,
    /// Shown after the closing quote.
    note: String,
}

impl Preview {
    /// Adds compact JSON. It may be split anywhere, even inside a string.
    fn push_json(&mut self, json: &str) {
        for c in json.chars() {
            match &mut self.string {
                None => self.push_outside_string(c),
                Some(string) => {
                    escape::push(&mut self.text, c);
                    let is_escaped = mem::replace(&mut string.escapes, false);
                    match c {
                        '\\' => string.escapes = !is_escaped,
                        '"' if !is_escaped => self.close_string(),
                        _ => {}
                    }
                }
            }
        }
    }

    fn push_outside_string(&mut self, c: char) {
        let just_opened = mem::take(&mut self.just_opened);
        let closes = matches!(c, '}' | ']');
        if closes {
            self.open.pop();
        }
        // The first element starts a new line, and so does a closing bracket after the last one.
        if closes != just_opened {
            self.new_line();
        }
        if c == '"' {
            let is_key = self.expects_key;
            if is_key {
                self.text += &KEY.to_string();
            }
            self.string = Some(OpenString { is_key, escapes: false, note: String::new() });
        }
        self.text.push(c);
        match c {
            '{' | '[' => {
                self.open.push(c);
                self.just_opened = true;
                self.expects_key = c == '{';
            }
            ',' => {
                self.new_line();
                self.expects_key = self.open.last() == Some(&'{');
            }
            ':' => {
                self.text.push(' ');
                self.expects_key = false;
            }
            // The end of a line in JSON Lines.
            '\n' => self.expects_key = false,
            _ => {}
        }
    }

    fn close_string(&mut self) {
        if let Some(string) = self.string.take() {
            if string.is_key {
                self.text += &format!("{KEY:#}");
            }
            self.text += &string.note;
        }
    }

    /// Adds the start of the base64 of a media file, and notes how many characters were omitted.
    fn push_media(&mut self, head: &str, omitted: u64, name: &str) {
        if omitted == 0 {
            self.text += head;
            return;
        }
        self.text += &format!("{NOTE}{head}…{NOTE:#}");
        if let Some(string) = &mut self.string {
            let name = escape::escape(name);
            string.note += &format!(" {NOTE}<{omitted} more base64 characters of {name}>{NOTE:#}");
        }
    }

    fn new_line(&mut self) {
        self.text.push('\n');
        self.text.extend(self.open.iter().map(|_| "  "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the preview of segments without styles. `Err` is media: its head and the number of omitted
    /// characters.
    fn preview(segments: &[Result<&str, (&str, u64)>]) -> String {
        let mut preview = Preview::default();
        for segment in segments {
            match segment {
                Ok(json) => preview.push_json(json),
                Err((head, omitted)) => preview.push_media(head, *omitted, "clip.mp4"),
            }
        }
        anstream::adapter::strip_str(&preview.text).to_string()
    }

    #[test]
    fn json_is_indented_with_its_spelling_unchanged() {
        let json = r#"{"z":[1.50,-0.0,1E400,"p\u00e9\/\\",true,null],"a":{},"b":[],"{,\":":"[\\\"}"}"#;
        let expected = r#"{
  "z": [
    1.50,
    -0.0,
    1E400,
    "p\u00e9\/\\",
    true,
    null
  ],
  "a": {},
  "b": [],
  "{,\":": "[\\\"}"
}"#;
        assert_eq!(preview(&[Ok(json)]), expected);
        let characters: Vec<_> = json.split_inclusive(|_| true).map(Ok).collect();
        assert_eq!(preview(&characters), expected, "split after every character");
    }

    #[test]
    fn json_lines_are_indented_one_by_one() {
        let expected = "{\n  \"a\": 1\n}\n{}\n\"b\"\n[\n  2\n]\n";
        assert_eq!(preview(&[Ok("{\"a\":1}\n{}\n\"b\"\n[2]\n")]), expected);
        let mut preview = Preview::default();
        preview.push_json("{}\n\"not a key\"\n");
        assert!(!preview.text.contains(&KEY.to_string()));
    }

    #[test]
    fn media_is_shortened_and_the_note_is_outside_its_string() {
        let preview = preview(&[
            Ok(r#"["data:video/mp4;base64,"#),
            Err(("AAAA", 7)),
            Ok(r#"",""#),
            Err(("YQ==", 0)),
            Ok(r#""]"#),
        ]);
        assert_eq!(
            preview,
            "[\n  \"data:video/mp4;base64,AAAA…\" <7 more base64 characters of clip.mp4>,\n  \"YQ==\"\n]"
        );
        assert!(serde_json::from_str::<serde_json::Value>(&preview).is_err());
    }

    #[test]
    fn keys_are_bold_and_values_are_not() {
        let mut preview = Preview::default();
        preview.push_json(r#"{"k":"v","l":["s",{"m":1}]}"#);
        let bold: Vec<_> = preview.text.split(&KEY.to_string()).skip(1).map(|text| &text[..3]).collect();
        assert_eq!(bold, [r#""k""#, r#""l""#, r#""m""#]);
    }
}
