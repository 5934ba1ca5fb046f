//! A body for a person to read: indented, and of each media its first characters.
//!
//! It is not for a program: what stands for the rest of a media, and the length at the end, are no JSON, so
//! that no service takes it for a body.

use super::{output, readable};
use clap::builder::styling::Style;
use niello::{Body, Segment};
use std::{
    io::{Read, Seek, SeekFrom},
    mem,
};

/// So much of the base64 of a media: by it a person knows one file from another.
const HEAD: u64 = 32;

const KEY: Style = Style::new().bold();
const REMARK: Style = Style::new().dimmed();

pub fn show(body: &Body) -> Result<(), String> {
    let mut page = Page::default();
    for (offset, segment) in body.segments() {
        match segment {
            Segment::Text(text) => page.json(text),
            Segment::Base64(media) => {
                let mut head = vec![0; segment.len().min(HEAD) as usize];
                let mut reader = body.clone();
                let read = reader.seek(SeekFrom::Start(offset)).and_then(|_| reader.read_exact(&mut head));
                read.map_err(|error| error.to_string())?;
                page.media(&String::from_utf8_lossy(&head), segment.len() - head.len() as u64, media.name());
            }
            _ => {}
        }
    }
    output::print(&format!("{}\n{REMARK}<{} bytes in all>{REMARK:#}\n", page.text, body.len()))
}

/// What is shown of a body, as far as it has come.
#[derive(Default)]
struct Page {
    text: String,
    /// The brackets that are open.
    open: Vec<char>,
    /// Whether the last of them has nothing in it yet: an empty one closes on its line.
    empty: bool,
    /// Whether a string that comes now is a key.
    key_comes: bool,
    string: Option<Str>,
}

/// A string that is not at its end.
struct Str {
    is_key: bool,
    /// Whether a backslash was the last character.
    escaped: bool,
    /// What is said about it when it ends.
    remark: String,
}

impl Page {
    /// Compact JSON, of which segments may begin and end within strings.
    fn json(&mut self, text: &str) {
        for c in text.chars() {
            match &mut self.string {
                None => self.between(c),
                Some(string) => {
                    readable::push(&mut self.text, c);
                    let was_escaped = string.escaped;
                    string.escaped = c == '\\' && !was_escaped;
                    if c == '"' && !was_escaped {
                        self.end_string();
                    }
                }
            }
        }
    }

    /// A character that is in no string.
    fn between(&mut self, c: char) {
        let was_empty = mem::take(&mut self.empty);
        match c {
            '}' | ']' => {
                self.open.pop();
                if !was_empty {
                    self.new_line();
                }
            }
            _ if was_empty => self.new_line(),
            _ => {}
        }
        if c == '"' {
            let is_key = self.key_comes;
            if is_key {
                self.text += &KEY.to_string();
            }
            self.string = Some(Str { is_key, escaped: false, remark: String::new() });
        }
        self.text.push(c);
        match c {
            '{' | '[' => {
                self.open.push(c);
                self.empty = true;
                self.key_comes = c == '{';
            }
            ',' => {
                self.new_line();
                self.key_comes = self.open.last() == Some(&'{');
            }
            ':' => {
                self.text.push(' ');
                self.key_comes = false;
            }
            _ => {}
        }
    }

    fn end_string(&mut self) {
        if let Some(string) = self.string.take() {
            if string.is_key {
                self.text += &format!("{KEY:#}");
            }
            self.text += &string.remark;
        }
    }

    /// The first characters of a media's text, how many bytes are left out, and whose.
    fn media(&mut self, head: &str, rest: u64, name: &str) {
        if rest == 0 {
            self.text += head;
            return;
        }
        self.text += &format!("{REMARK}{head}…{REMARK:#}");
        if let Some(string) = &mut self.string {
            let name = readable::readable(name);
            string.remark += &format!(" {REMARK}<{rest} bytes more, of {name}>{REMARK:#}");
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

    /// Without styles, as where there is no terminal.
    fn shown(segments: &[Result<&str, (&str, u64)>]) -> String {
        let mut page = Page::default();
        for segment in segments {
            match segment {
                Ok(text) => page.json(text),
                Err((head, rest)) => page.media(head, *rest, "clip.mp4"),
            }
        }
        anstream::adapter::strip_str(&page.text).to_string()
    }

    #[test]
    fn what_is_written_stays_as_it_is_spelled() {
        let text = r#"{"z":[1.50,-0.0,1E400,"p\u00e9\/\\",true,null],"a":{},"b":[],"{,\":":"[\\\"}"}"#;
        let want = r#"{
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
        assert_eq!(shown(&[Ok(text)]), want);
        // A text can be cut anywhere.
        let segments: Vec<_> = text.split_inclusive(|_| true).map(Ok).collect();
        assert_eq!(shown(&segments), want);
    }

    #[test]
    fn media_is_cut_and_what_is_said_of_it_stands_outside_its_string() {
        let got = shown(&[
            Ok(r#"["data:video/mp4;base64,"#),
            Err(("AAAA", 7)),
            Ok(r#"",""#),
            Err(("YQ==", 0)),
            Ok(r#""]"#),
        ]);
        assert_eq!(got, "[\n  \"data:video/mp4;base64,AAAA…\" <7 bytes more, of clip.mp4>,\n  \"YQ==\"\n]");
        assert!(serde_json::from_str::<serde_json::Value>(&got).is_err());
    }

    #[test]
    fn only_keys_are_bold() {
        let mut page = Page::default();
        page.json(r#"{"k":"v","l":["s",{"m":1}]}"#);
        let bold: Vec<_> = page.text.split(&KEY.to_string()).skip(1).map(|text| &text[..3]).collect();
        assert_eq!(bold, [r#""k""#, r#""l""#, r#""m""#]);
    }
}
