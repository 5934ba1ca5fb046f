//! `--list`: shows the media of JSON.

use super::{Input, names, read};
use crate::{args::Extract, escape::escape, output};
use anyhow::Result;
use clap::builder::styling::Style;
use niello::{Media, Store};
use std::{
    borrow::Cow,
    io::{self, Write},
};

pub fn print(args: &Extract) -> Result<()> {
    let mut rows = Vec::new();
    let input = Input::open(args)?.with_progress();
    read(
        args,
        input,
        Sizes::default(),
        || Ok(()),
        |extracted| {
            for media in extracted.into_media() {
                let path = escape(media.path());
                let Listed { name, len, mime } = media.into_stored();
                rows.push([name, len.to_string(), mime, path]);
            }
            Ok(())
        },
    )?;
    output::print(&table(&rows))
}

/// Paths are the last column because only the terminal knows how wide they are.
fn table(rows: &[[String; 4]]) -> String {
    const BOLD: Style = Style::new().bold();
    let header = ["file", "size", "MIME type", "path"].map(str::to_owned);
    let rows: Vec<_> = [&header].into_iter().chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (file, size, mime) = (width(0), width(1), width(2));
    let lines = rows.iter().enumerate().map(|(i, [a, b, c, path])| {
        let line = format!("{a:<file$}  {b:>size$}  {c:<mime$}  {path}\n");
        if i == 0 { format!("{BOLD}{line}{BOLD:#}") } else { line }
    });
    lines.collect()
}

/// The bytes of a media by which its type is detected.
const START: usize = 64 * 1024;

/// Keeps no media.
#[derive(Default)]
struct Sizes {
    count: usize,
}

/// The name that a media file would have, and the length and the type of the media.
struct Listed {
    name: String,
    len: u64,
    mime: String,
}

#[derive(Default)]
struct Counter {
    number: usize,
    len: u64,
    start: Vec<u8>,
}

impl Store for Sizes {
    type Writer = Counter;
    type Stored = Listed;

    fn create(&mut self, _: &str) -> io::Result<Counter> {
        self.count += 1;
        Ok(Counter { number: self.count, ..Counter::default() })
    }

    fn finish(&mut self, counter: Counter, _: &str, mime: Option<&str>) -> io::Result<Listed> {
        let Counter { number, len, start } = counter;
        let open = || Media::options().from_bytes(start.clone());
        let name = names::name(number, mime, open);
        let mime = mime.map_or_else(|| names::detected(open()), Cow::Borrowed).into_owned();
        Ok(Listed { name, len, mime })
    }
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.len += bytes.len() as u64;
        let room = START - self.start.len();
        self.start.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
