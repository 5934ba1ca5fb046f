//! Ogg (RFC 3533): the pages that begin a stream say which codecs are in it.
//!
//! They all come before any other page, so a stream that describes the others (Ogg Skeleton) hides none of
//! them.

use super::{Found, probe::Probe};
use std::io::{self, Read, Seek};

/// Detects the content, or returns `None` if it is not Ogg.
pub(super) fn detect<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<Option<Found>> {
    let mut position = 0_u64;
    let (mut has_video, mut has_audio) = (false, false);
    loop {
        let header = probe.bytes(position, 27)?;
        let is_page = header.len() == 27 && header.starts_with(b"OggS");
        if !is_page || header[5] & 2 == 0 {
            break;
        }
        let segments = usize::from(header[26]);
        let lengths = probe.bytes(position.saturating_add(27), segments)?;
        let len: u64 = lengths.iter().map(|len| u64::from(*len)).sum();
        let data = position.saturating_add(27 + segments as u64);
        let codec = probe.bytes(data, 8)?;
        let audio: [&[u8]; 7] =
            [b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ", b"PCM     ", b"\x80celt", b"CELT    "];
        let video: [&[u8]; 5] = [b"\x80theora", b"BBCD\0", b"OVP80", b"\x01video", b"\x80daala"];
        has_audio |= audio.iter().any(|magic| codec.starts_with(magic));
        has_video |= video.iter().any(|magic| codec.starts_with(magic));
        position = data.saturating_add(len);
    }
    Ok(match (has_video, has_audio, position) {
        (true, _, _) => Some(Found::is("video/ogg")),
        (false, true, _) => Some(Found::is("audio/ogg")),
        (false, false, 0) => None,
        (false, false, _) => Some(Found::is("application/ogg")),
    })
}
