//! MPEG audio without a container (ISO/IEC 11172-3, 13818-3) and AAC in ADTS (13818-7): a chain of frames.
//!
//! One frame header is too little to go by, since its first eleven bits are all that is fixed. Two frames
//! that follow each other at the distance that the first one says are enough.

use super::probe::Probe;
use std::io::{self, Read, Seek};

/// A frame header: what it is a frame of, and the length of the frame in bytes.
struct Frame {
    mime: &'static str,
    len: u64,
}

/// How far behind an ID3 tag, whose length may be wrong, the first frame is looked for.
const MAX_RESYNC: u64 = 64 * 1024;

/// Detects frames that begin at `start`.
pub(super) fn detect<R: Read + Seek>(probe: &mut Probe<R>, start: u64) -> io::Result<Option<&'static str>> {
    let Some(first) = frame(probe, start)? else { return Ok(None) };
    let end = start.saturating_add(first.len);
    let follows = match frame(probe, end)? {
        Some(next) => next.mime == first.mime,
        // A single frame, which ends the file or has a tag of the old kind behind it.
        None => {
            let is_whole = !probe.bytes(end.saturating_sub(1), 1)?.is_empty();
            let rest = probe.bytes(end, 3)?;
            is_whole && (rest.is_empty() || rest == b"TAG")
        }
    };
    Ok(follows.then_some(first.mime))
}

/// Detects frames that begin somewhere near the start.
pub(super) fn search<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<Option<&'static str>> {
    for position in 0..MAX_RESYNC {
        match probe.bytes(position, 1)? {
            [0xFF] => {
                if let Some(mime) = detect(probe, position)? {
                    return Ok(Some(mime));
                }
            }
            [] => break,
            _ => {}
        }
    }
    Ok(None)
}

fn frame<R: Read + Seek>(probe: &mut Probe<R>, at: u64) -> io::Result<Option<Frame>> {
    let Some(header) = probe.array::<7>(at)? else { return Ok(None) };
    if header[0] != 0xFF || header[1] & 0xE0 != 0xE0 {
        return Ok(None);
    }
    Ok(match (header[1] >> 3 & 3, header[1] >> 1 & 3) {
        // ADTS has the layer 0, and a sync word of twelve bits.
        (2 | 3, 0) => adts(header),
        (version, layer) => mpeg(version, layer, header),
    })
}

fn adts(header: [u8; 7]) -> Option<Frame> {
    let frequency_index = header[2] >> 2 & 15;
    let len = u64::from(header[3] & 3) << 11 | u64::from(header[4]) << 3 | u64::from(header[5]) >> 5;
    (frequency_index < 13 && len >= 7).then_some(Frame { mime: "audio/aac", len })
}

fn mpeg(version: u8, layer: u8, header: [u8; 7]) -> Option<Frame> {
    /// Kilobits a second, by bit rate index.
    const V1_L1: [u64; 14] = [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
    const V1_L2: [u64; 14] = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    const V1_L3: [u64; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const V2_L1: [u64; 14] = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
    const V2_L23: [u64; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

    let divisor = match version {
        3 => 1,
        2 => 2,
        0 => 4,
        _ => return None,
    };
    let frequency = [44_100, 48_000, 32_000].get(usize::from(header[2] >> 2 & 3))? / divisor;
    let rate_index = usize::from(header[2] >> 4).checked_sub(1)?;
    let padding = u64::from(header[2] >> 1 & 1);
    let (mime, rates, samples) = match (version, layer) {
        (3, 3) => ("audio/mp1", &V1_L1, 384),
        (3, 2) => ("audio/mp2", &V1_L2, 1152),
        (3, 1) => ("audio/mpeg", &V1_L3, 1152),
        (_, 3) => ("audio/mp1", &V2_L1, 384),
        (_, 2) => ("audio/mp2", &V2_L23, 1152),
        (_, 1) => ("audio/mpeg", &V2_L23, 576),
        _ => return None,
    };
    let bits = samples * 1000 * rates.get(rate_index)?;
    // Layer I counts in slots of four bytes.
    let len = match layer {
        3 => (bits / 32 / frequency + padding) * 4,
        _ => bits / 8 / frequency + padding,
    };
    Some(Frame { mime, len })
}
