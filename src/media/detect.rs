//! What the content of a file is, by its structure.
//!
//! A server drops or misreads media whose label does not match its tracks, without a word. So the tracks of
//! containers are read; what has no tracks is recognized by its signature (the `file-format` crate). A tag in
//! front of the content is not a format, and text is never media. The documentation of
//! [`Media`](crate::Media#mime-types) has the table.
//!
//! Reads are bounded in number and size, whatever the content says.

mod ebml;
mod isobmff;
mod mpeg_audio;
mod ogg;
mod probe;
mod text;

use file_format::FileFormat;
use probe::Probe;
use std::{
    borrow::Cow,
    io::{self, Read, Seek},
    ops::RangeInclusive,
};

/// What the content is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A type, by the name that detection has for it.
    Type(Cow<'static, str>),
    /// A container for video in which there is only audio.
    AudioOnly(&'static str),
    /// A container whose description of its tracks is missing.
    NoIndex,
    /// A tag for audio, and nothing recognizable behind it.
    Tag,
    /// Text, and what sort of text.
    Text(&'static str),
    /// Nothing that is known.
    Unknown,
}

impl Found {
    fn is(mime: &'static str) -> Found {
        Found::Type(mime.into())
    }
}

/// Detects what the content is.
pub(super) fn detect(content: impl Read + Seek) -> io::Result<Found> {
    let mut probe = Probe::new(content);
    let tags = id3(&mut probe)?;
    probe.skip(tags);
    // Text may contain what a structure begins with, or be made to.
    let is_text = text::kind(probe.bytes(0, HEAD)?).is_some();
    if !is_text && let Some(found) = by_structure(&mut probe)? {
        return Ok(found);
    }
    if tags > 0 {
        // Some writers get the length of a tag wrong.
        let frames = mpeg_audio::search(&mut probe)?.map(Found::is);
        let found = frames.map_or_else(|| by_signature(&mut probe), Ok)?;
        return Ok(if matches!(found, Found::Unknown | Found::Text(_)) { Found::Tag } else { found });
    }
    by_signature(&mut probe)
}

/// The length of all ID3v2 tags at the start, one behind the other.
fn id3<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<u64> {
    /// Each is read, and nobody writes more than a few.
    const MAX_TAGS: usize = 16;
    let mut len = 0_u64;
    for _ in 0..MAX_TAGS {
        let Some([b'I', b'D', b'3', 2..=4, _, flags, size @ ..]) = probe.array::<10>(len)? else { break };
        if size.iter().any(|byte| byte & 0x80 != 0) {
            break;
        }
        let size = size.iter().fold(0, |size, byte| size << 7 | u64::from(*byte));
        let footer = if flags & 0x10 != 0 { 10 } else { 0 };
        if probe.bytes(len + 10 + size + footer, 1)?.is_empty() {
            // It says that it goes on to the end or beyond: then its length is what is wrong.
            return Ok(len + 10);
        }
        len += 10 + size + footer;
    }
    Ok(len)
}

/// The bytes at the start by which text is recognized.
const HEAD: usize = 4096;

/// Returns `true` for a type whose files are not text.
fn is_media(mime: &str) -> bool {
    mime != "image/svg+xml" && ["audio/", "video/", "image/"].iter().any(|kind| mime.starts_with(kind))
}

fn by_structure<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<Option<Found>> {
    if let Some(found) = isobmff::detect(probe)? {
        return Ok(Some(found));
    }
    if let Some(found) = ebml::detect(probe)? {
        return Ok(Some(found));
    }
    if let Some(found) = ogg::detect(probe)? {
        return Ok(Some(found));
    }
    Ok(mpeg_audio::detect(probe, 0)?.map(Found::is))
}

fn by_signature<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<Found> {
    let head = probe.bytes(0, HEAD)?.to_vec();
    let format = FileFormat::from_reader(probe.content()?)?;
    Ok(match format {
        FileFormat::Empty | FileFormat::ArbitraryBinaryData | FileFormat::PlainText => {
            text::kind(&head).map_or(Found::Unknown, Found::Text)
        }
        FileFormat::AdvancedSystemsFormat => asf(probe)?,
        FileFormat::FlashVideo => flv(&head),
        FileFormat::AudioVideoInterleave if text::kind(&head).is_none() => avi(probe)?,
        FileFormat::Mpeg12Video => program_stream(probe)?,
        _ => match format.media_type() {
            // JSON, XML and HTML have signatures of their own.
            name if name.starts_with("text/") || matches!(name, "application/json" | "application/xml") => {
                Found::Text(text::kind(&head).unwrap_or("text"))
            }
            name => match text::kind(&head) {
                // The signatures of FLAC, WAV and others are letters. Documents, such as PDFs, may be text.
                Some(kind) if is_media(name) => Found::Text(kind),
                _ => Found::Type(name.to_owned().into()),
            },
        },
    })
}

fn contains(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.windows(pattern.len()).any(|window| window == pattern)
}

/// ASF has a header for each stream near its start (ASF specification, sections 3.3 and 10.4).
fn asf<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<Found> {
    const VIDEO: [u8; 16] = *b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";
    const AUDIO: [u8; 16] = *b"\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";
    let head = probe.head()?;
    Ok(Found::is(match (contains(&head, &VIDEO), contains(&head, &AUDIO)) {
        (true, _) => "video/x-ms-wmv",
        (false, true) => "audio/x-ms-wma",
        (false, false) => "application/vnd.ms-asf",
    }))
}

/// FLV says in its header which of the two it has.
fn flv(head: &[u8]) -> Found {
    match head.get(4) {
        Some(flags) if flags & 5 == 4 => Found::AudioOnly("FLV"),
        _ => Found::is("video/x-flv"),
    }
}

/// AVI has a `strh` chunk for each stream, which begins with its kind. An index of 4 KiB may follow each.
fn avi<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<Found> {
    let head = probe.head()?;
    Ok(match (contains(&head, b"vids"), contains(&head, b"auds")) {
        (false, true) => Found::AudioOnly("AVI"),
        _ => Found::is("video/x-msvideo"),
    })
}

/// A packet of an MPEG program stream begins with the identifier of its stream, which also says whether that
/// is video or audio.
fn program_stream<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<Found> {
    let head = probe.head()?;
    let has = |ids: RangeInclusive<u8>| {
        head.windows(4).any(|bytes| bytes.starts_with(b"\0\0\x01") && ids.contains(&bytes[3]))
    };
    let is_elementary = head.starts_with(b"\0\0\x01\xb3");
    Ok(match !is_elementary && !has(0xE0..=0xEF) && has(0xC0..=0xDF) {
        true => Found::AudioOnly("MPEG"),
        false => Found::is("video/mpeg"),
    })
}

#[cfg(test)]
mod tests;
