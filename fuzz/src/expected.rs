//! What a body should consist of, without making its megabytes for each input.

use super::{
    judged::Judged,
    sizes::{STEP, UNIT, WINDOW, noise},
};
use arbitrary::Arbitrary;
use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{Access, DataUri, Media};
use serde::Serialize;
use std::{ops::Range, sync::LazyLock};

/// The files: two pages, a byte more than a step, and more than two windows.
static FILES: LazyLock<[Content; 3]> =
    LazyLock::new(|| [SMALL, STEP + 1, 2 * WINDOW + 1000].map(Content::new));

/// The length of the smallest file.
const SMALL: usize = 5000;

/// A file, with all kinds of access, and its base64.
struct Content {
    media: Vec<Media>,
    encoded: Vec<u8>,
}

impl Content {
    fn new(len: usize) -> Content {
        let bytes = noise(len);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let open = |access| Media::options().mime("video/mp4").access(access).open(file.path()).unwrap();
        let mut media = vec![open(Access::Map), open(Access::Read)];
        // What is opened for each read needs its name, so this file stays behind.
        if len == SMALL {
            media.push(open(Access::Reopen));
            file.keep().unwrap();
        }
        Content { media, encoded: STANDARD.encode(&bytes).into_bytes() }
    }
}

/// What a body is made from.
#[derive(Arbitrary)]
pub(crate) enum Field {
    Text(String),
    Bytes(Vec<u8>),
    File { len: u8, access: u8, is_uri: bool },
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Element {
    Text(String),
    Media(Media),
    Uri(DataUri),
}

/// The bytes of a body that is a list of fields.
pub(crate) struct Expected {
    /// All of its text.
    text: Vec<u8>,
    runs: Vec<Run>,
    len: usize,
}

struct Run {
    start: usize,
    part: Part,
}

enum Part {
    Text(Range<usize>),
    File(&'static [u8]),
}

/// A place near a border at which the library cuts.
#[derive(Arbitrary)]
pub(crate) struct Place {
    run: u8,
    border: u8,
    by: i8,
}

impl Expected {
    /// Returns the elements of a body and what it should consist of.
    pub(crate) fn new(fields: impl IntoIterator<Item = Field>) -> (Vec<Element>, Expected) {
        let mut expected = Expected { text: vec![b'['], runs: Vec::with_capacity(8), len: 0 };
        let mut elements = Vec::with_capacity(8);
        for (i, field) in fields.into_iter().enumerate() {
            if i > 0 {
                expected.text.push(b',');
            }
            elements.push(expected.add(field));
        }
        expected.text.push(b']');
        expected.end_text();
        (elements, expected)
    }

    fn add(&mut self, field: Field) -> Element {
        match field {
            Field::Text(text) => {
                serde_json::to_writer(&mut self.text, &text).unwrap();
                Element::Text(text)
            }
            Field::Bytes(bytes) => {
                self.text.push(b'"');
                self.text.extend_from_slice(STANDARD.encode(&bytes).as_bytes());
                self.text.push(b'"');
                Element::Media(Media::from_bytes(bytes, "audio/wav").unwrap())
            }
            Field::File { len, access, is_uri } => {
                let content = &FILES[usize::from(len) % FILES.len()];
                let media = content.media[usize::from(access) % content.media.len()].clone();
                let start: &[u8] = if is_uri { b"\"data:video/mp4;base64," } else { b"\"" };
                self.text.extend_from_slice(start);
                self.end_text();
                self.push(content.encoded.len(), Part::File(&content.encoded));
                self.text.push(b'"');
                if is_uri { Element::Uri(DataUri(media)) } else { Element::Media(media) }
            }
        }
    }

    fn end_text(&mut self) {
        let start = self.runs.iter().rev().find_map(|run| match &run.part {
            Part::Text(text) => Some(text.end),
            Part::File(_) => None,
        });
        let text = start.unwrap_or(0)..self.text.len();
        self.push(text.len(), Part::Text(text));
    }

    fn push(&mut self, len: usize, part: Part) {
        self.runs.push(Run { start: self.len, part });
        self.len += len;
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the number of bytes from a position on.
    pub(crate) fn rest(&self, at: u64) -> usize {
        usize::try_from(at).map_or(0, |at| self.len.saturating_sub(at))
    }

    /// Checks bytes of the body that begin at a position, and counts them.
    pub(crate) fn check(&self, at: u64, mut bytes: &[u8], judged: &mut Judged) {
        judged.step(bytes.len());
        if bytes.is_empty() {
            return;
        }
        let mut at = usize::try_from(at).unwrap();
        assert!(at + bytes.len() <= self.len, "the body is too long");
        let first = self.runs.partition_point(|run| run.start <= at) - 1;
        for run in &self.runs[first..] {
            let content = match &run.part {
                Part::Text(text) => &self.text[text.clone()],
                Part::File(encoded) => encoded,
            };
            let content = &content[at - run.start..];
            let (here, rest) = bytes.split_at(bytes.len().min(content.len()));
            assert!(here == &content[..here.len()], "different bytes between {at} and {}", at + here.len());
            if rest.is_empty() {
                return;
            }
            at += here.len();
            bytes = rest;
        }
    }

    /// Returns a position near the start of a run, or near where a unit, a step or a window ends in it.
    pub(crate) fn place(&self, place: &Place) -> u64 {
        let index = usize::from(place.run) % self.runs.len();
        let start = self.runs[index].start;
        let end = self.runs.get(index + 1).map_or(self.len, |run| run.start);
        let unit = [UNIT, STEP, WINDOW][usize::from(place.border) % 3] / 3 * 4;
        let border = end.min(start + unit * usize::from(place.border / 3 % 4));
        (border as u64).saturating_add_signed(place.by.into())
    }
}
