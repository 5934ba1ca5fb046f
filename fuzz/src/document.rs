//! Writes JSON documents with media in all places and spellings, and some that are not valid.

use super::sizes::UNIT;
use arbitrary::{Result, Unstructured};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

/// Keys that say what a string is, and others.
const KEYS: [&str; 19] = [
    "data",
    "mimeType",
    "inlineData",
    "b64_json",
    "inline_data",
    "mime_type",
    "audio",
    "input_audio",
    "format",
    "file_data",
    "text",
    "content",
    "functionCall",
    "args",
    "functionResponse",
    "response",
    "url",
    "é",
    "a key that is longer than most",
];

const TYPES: [&str; 9] = [
    "image/png",
    "audio/L16;codec=pcm;rate=24000",
    "a/b",
    "mp3",
    "wav",
    "",
    "no type",
    "image/",
    "text/csv; charset=utf-8",
];

/// The number of levels, which bounds the length of a document together with the input.
const DEPTH: usize = 8;

pub(super) fn document(data: &[u8]) -> Vec<u8> {
    let mut document = Document { data: Unstructured::new(data), json: String::new() };
    // The input is used up at any point.
    let _ = document.value(0);
    let mut json = document.json.into_bytes();
    let _ = corrupt(&mut json, &mut document.data);
    json
}

/// Changes a byte of some documents.
fn corrupt(json: &mut Vec<u8>, data: &mut Unstructured<'_>) -> Result<()> {
    if json.is_empty() || !rarely(8, data)? {
        return Ok(());
    }
    let at = data.choose_index(json.len())?;
    match data.int_in_range(0..=2)? {
        0 => json[at] = data.arbitrary()?,
        1 => _ = json.remove(at),
        _ => json.truncate(at),
    }
    Ok(())
}

/// Returns `true` once in `n` times, and `false` if the data is used up, unlike [`Unstructured::ratio`].
fn rarely(n: u8, data: &mut Unstructured<'_>) -> Result<bool> {
    Ok(data.int_in_range(1..=n)? == n)
}

struct Document<'a> {
    data: Unstructured<'a>,
    json: String,
}

impl Document<'_> {
    fn value(&mut self, depth: usize) -> Result<()> {
        self.space()?;
        match self.data.int_in_range(0..=15)? {
            _ if depth == DEPTH || self.data.is_empty() => self.json.push_str("null"),
            0 => self.json.push_str("-1.5e3"),
            1 => self.json.push_str("true"),
            2..=4 => self.list(depth)?,
            5..=9 => self.object(depth)?,
            10..=12 => self.media()?,
            _ => self.any_string()?,
        }
        self.space()
    }

    fn list(&mut self, depth: usize) -> Result<()> {
        self.json.push('[');
        for n in 0..self.data.int_in_range(0..=4)? {
            if n > 0 {
                self.json.push(',');
            }
            self.value(depth + 1)?;
        }
        self.json.push(']');
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<()> {
        self.json.push('{');
        for n in 0..self.data.int_in_range(1..=4)? {
            if n > 0 {
                self.json.push(',');
            }
            let key = *self.data.choose(&KEYS)?;
            self.string(key)?;
            self.json.push(':');
            match key {
                "mimeType" | "mime_type" | "format" => self.mime()?,
                "data" | "b64_json" | "file_data" if self.data.ratio(7, 8)? => self.media()?,
                _ => self.value(depth + 1)?,
            }
        }
        self.json.push('}');
        Ok(())
    }

    fn space(&mut self) -> Result<()> {
        if rarely(8, &mut self.data)? {
            self.json.push_str(self.data.choose(&[" ", "\n", "\t\r\n"])?);
        }
        Ok(())
    }

    fn mime(&mut self) -> Result<()> {
        let mime = *self.data.choose(&TYPES)?;
        if rarely(16, &mut self.data)? {
            // Longer than any type.
            let subtype = "x".repeat(self.data.int_in_range(245..=260)?);
            return self.string(&format!("a/{subtype}"));
        }
        self.string(mime)
    }

    /// A string of base64, with or without the header of a data URI.
    fn media(&mut self) -> Result<()> {
        let len = match self.data.arbitrary::<u8>()? {
            0..=191 => self.data.int_in_range(0..=20)?,
            // 1024 characters, after which a string is media.
            192..=239 => self.data.int_in_range(762..=774)?,
            240..=253 => self.data.int_in_range(1000..=3000)?,
            // The buffer.
            _ => UNIT + self.data.int_in_range(0..=8)? - 4,
        };
        let seed = self.data.arbitrary::<u8>()?;
        let bytes: Vec<u8> = (0..len).map(|n| ((n * 167) >> 3) as u8 ^ seed).collect();
        let engine = *self.data.choose(&[&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD])?;
        let mut base64 = engine.encode(bytes);
        if rarely(4, &mut self.data)? {
            let at = self.data.int_in_range(0..=base64.len())?;
            base64.insert_str(
                at,
                self.data.choose(&["=", "\n", "\r\n", "!", "=\n", "A", " ", "\"", "\\", "é", "\0"])?,
            );
        }
        if rarely(3, &mut self.data)? {
            let mime = *self.data.choose(&TYPES)?;
            base64 = format!("data:{mime};base64,{base64}");
        }
        self.string(&base64)
    }

    fn any_string(&mut self) -> Result<()> {
        let string = self.data.arbitrary::<&str>()?;
        self.string(string)
    }

    /// Writes a string, with more escapes than it needs.
    fn string(&mut self, string: &str) -> Result<()> {
        // How often characters are escaped.
        let every = match self.data.int_in_range(0..=7)? {
            n @ 1..=2 => n,
            3 => 7,
            _ => usize::MAX,
        };
        self.json.push('"');
        for (n, c) in string.chars().enumerate() {
            match c {
                '"' => self.json.push_str("\\\""),
                '\\' => self.json.push_str("\\\\"),
                '\n' => self.json.push_str("\\n"),
                '\r' => self.json.push_str("\\r"),
                '/' if n % every == 0 => self.json.push_str("\\/"),
                c if c < ' ' || n % every == every - 1 => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        self.json.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                c => self.json.push(c),
            }
        }
        self.json.push('"');
        Ok(())
    }
}
