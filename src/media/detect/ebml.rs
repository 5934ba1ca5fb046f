//! EBML (RFC 8794): WebM and Matroska (RFC 9559).
//!
//! The tracks decide whether the file is video or audio: a browser that records a microphone writes the same
//! header as one that records a screen.

use super::{Found, probe::Probe};
use std::{
    io::{self, Read, Seek},
    ops::Range,
};

const EBML: u32 = 0x1A45_DFA3;
const DOC_TYPE: u32 = 0x4282;
const SEGMENT: u32 = 0x1853_8067;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK_ENTRY: u32 = 0xAE;
const TRACK_TYPE: u32 = 0x83;

/// An element: its identifier, and the range of its content.
struct Element {
    id: u32,
    content: Range<u64>,
}

/// Detects the content, or returns `None` if it is not WebM or Matroska.
pub(super) fn detect<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<Option<Found>> {
    let Some(header) = next(probe, 0..u64::MAX)?.filter(|header| header.id == EBML) else { return Ok(None) };
    let doc_type = find(probe, header.content.clone(), DOC_TYPE)?;
    let Some(doc_type) = doc_type else { return Ok(None) };
    let doc_type = probe.range(doc_type)?.to_vec();
    let (video, audio) = match doc_type.strip_suffix(b"\0").unwrap_or(&doc_type) {
        b"webm" => ("video/webm", "audio/webm"),
        b"matroska" => ("video/x-matroska", "audio/x-matroska"),
        _ => return Ok(None),
    };
    let segment = find(probe, header.content.end..u64::MAX, SEGMENT)?;
    let tracks = match segment {
        Some(segment) => find(probe, segment, TRACKS)?,
        None => None,
    };
    let Some(mut tracks) = tracks else { return Ok(Some(Found::NoIndex)) };
    let (mut has_video, mut has_audio) = (false, false);
    while let Some(entry) = next(probe, tracks.clone())? {
        if entry.id == TRACK_ENTRY
            && let Some(kind) = find(probe, entry.content.clone(), TRACK_TYPE)?
        {
            match probe.range(kind)?.last() {
                Some(1) => has_video = true,
                Some(2) => has_audio = true,
                _ => {}
            }
        }
        tracks.start = entry.content.end;
    }
    Ok(Some(match (has_video, has_audio) {
        (false, true) => Found::is(audio),
        (true, _) => Found::is(video),
        (false, false) => Found::NoIndex,
    }))
}

/// The content of the first element of this identifier in a range.
fn find<R: Read + Seek>(
    probe: &mut Probe<R>,
    mut range: Range<u64>,
    id: u32,
) -> io::Result<Option<Range<u64>>> {
    while let Some(element) = next(probe, range.clone())? {
        if element.id == id {
            return Ok(Some(element.content));
        }
        range.start = element.content.end;
    }
    Ok(None)
}

/// The next element of a range; `None` at its end, or if what is there is not an element.
fn next<R: Read + Seek>(probe: &mut Probe<R>, range: Range<u64>) -> io::Result<Option<Element>> {
    if range.start >= range.end {
        return Ok(None);
    }
    let bytes = probe.bytes(range.start, 12)?;
    let Some((id, id_len)) = number(bytes, 4) else { return Ok(None) };
    let Some((size, size_len)) = number(&bytes[id_len..], 8) else { return Ok(None) };
    let start = range.start.saturating_add((id_len + size_len) as u64);
    let value_bits = 7 * size_len as u32;
    let unknown = (1 << value_bits) - 1;
    // Live recordings have elements of unknown size, which end where their parent does.
    let end = match size & unknown {
        value if value == unknown => range.end,
        value => start.saturating_add(value).min(range.end),
    };
    let id = u32::try_from(id).ok().filter(|_| start <= range.end);
    Ok(id.map(|id| Element { id, content: start..end.max(start) }))
}

/// A number of variable length, its marker bit included, and its length in bytes.
fn number(bytes: &[u8], max_len: usize) -> Option<(u64, usize)> {
    let len = bytes.first()?.leading_zeros() as usize + 1;
    if len > max_len {
        return None;
    }
    let value = bytes.get(..len)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    Some((value, len))
}
