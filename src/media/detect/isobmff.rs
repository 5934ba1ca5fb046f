//! The ISO base media file format (ISO/IEC 14496-12): MP4, QuickTime, 3GPP, HEIF and their relatives.
//!
//! The brand says who wrote the file, the tracks say what is in it: an `isom` file may hold nothing but
//! audio, and an `M4A ` file may hold video. So the tracks of the `moov` box decide, and the brands say what
//! the container is called.

use super::{Found, probe::Probe};
use std::{
    io::{self, Read, Seek},
    ops::Range,
};

/// A box: its type, and the range of its content.
struct Atom {
    kind: [u8; 4],
    content: Range<u64>,
}

/// The boxes that start a file of this format. `ftyp` does in all but old QuickTime files and in media
/// segments.
const FIRST: [&[u8; 4]; 8] = [b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"wide", b"free", b"skip"];

/// Detects the content, or returns `None` if it does not start with a box of this format.
pub(super) fn detect<R: Read + Seek>(probe: &mut Probe<R>) -> io::Result<Option<Found>> {
    let Some(first) = next(probe, 0..u64::MAX)? else { return Ok(None) };
    if !FIRST.contains(&&first.kind) {
        return Ok(None);
    }
    let brands = match &first.kind {
        b"ftyp" | b"styp" => brands(probe.range(first.content)?),
        // QuickTime files had no brand before 2005. Other formats may begin with the same four letters, so
        // the index must be there.
        _ => vec![*b"qt  "],
    };
    // Canon's raw photos have tracks of pictures.
    if brands.first() == Some(b"crx ") {
        return Ok(None);
    }
    let has_brands = matches!(&first.kind, b"ftyp" | b"styp");

    let mut has_media_data = false;
    let mut rest = 0..u64::MAX;
    while let Some(atom) = next(probe, rest.clone())? {
        match &atom.kind {
            b"moov" => {
                let tracks = tracks(probe, atom.content)?;
                return Ok(Some(by_tracks(&tracks, &brands)));
            }
            b"mdat" | b"moof" => has_media_data = true,
            _ => {}
        }
        rest.start = atom.content.end;
    }
    Ok(match image(&brands) {
        Some(mime) => Some(Found::is(mime)),
        None if !has_brands => None,
        // Other uses of the format, such as JPEG 2000 and raw images, are told by their brand alone.
        None if !has_media_data && !is_movie(&brands) => None,
        None => Some(Found::NoIndex),
    })
}

/// The next box of a range; `None` at its end, or if what is there is not a box.
fn next<R: Read + Seek>(probe: &mut Probe<R>, range: Range<u64>) -> io::Result<Option<Atom>> {
    if range.end.saturating_sub(range.start) < 8 {
        return Ok(None);
    }
    let Some(header) = probe.array::<8>(range.start)? else { return Ok(None) };
    let [a, b, c, d, kind @ ..] = header;
    let (header_len, size) = match u32::from_be_bytes([a, b, c, d]) {
        // To the end of the range.
        0 => (8, range.end - range.start),
        1 => match probe.array::<8>(range.start.saturating_add(8))? {
            Some(size) => (16, u64::from_be_bytes(size)),
            None => return Ok(None),
        },
        size => (8, u64::from(size)),
    };
    if size < header_len {
        return Ok(None);
    }
    let end = range.start.saturating_add(size).min(range.end);
    Ok(Some(Atom { kind, content: range.start.saturating_add(header_len)..end }))
}

/// Calls `visit` with each box of a range.
fn each<R: Read + Seek>(
    probe: &mut Probe<R>,
    mut range: Range<u64>,
    mut visit: impl FnMut(&mut Probe<R>, &Atom) -> io::Result<()>,
) -> io::Result<()> {
    while let Some(atom) = next(probe, range.clone())? {
        visit(probe, &atom)?;
        range.start = atom.content.end;
    }
    Ok(())
}

/// The major brand, then the compatible ones.
fn brands(content: &[u8]) -> Vec<[u8; 4]> {
    let (brands, _) = content.as_chunks::<4>();
    let minor_version = 1;
    brands.iter().enumerate().filter(|(i, _)| *i != minor_version).map(|(_, brand)| *brand).collect()
}

#[derive(Default)]
struct Tracks {
    video: bool,
    audio: bool,
}

/// The kinds of the enabled tracks. Chapter images and other helpers of a player are tracks that are not
/// enabled; if no track is, all count.
fn tracks<R: Read + Seek>(probe: &mut Probe<R>, moov: Range<u64>) -> io::Result<Tracks> {
    let (mut enabled, mut all) = (Tracks::default(), Tracks::default());
    each(probe, moov, |probe, atom| {
        if atom.kind != *b"trak" {
            return Ok(());
        }
        let (mut is_enabled, mut handler) = (true, None);
        each(probe, atom.content.clone(), |probe, atom| {
            match &atom.kind {
                b"tkhd" => {
                    let flags = probe.array::<4>(atom.content.start)?;
                    is_enabled = flags.is_none_or(|flags| flags[3] & 1 != 0);
                }
                b"mdia" => each(probe, atom.content.clone(), |probe, atom| {
                    if atom.kind == *b"hdlr" && handler.is_none() {
                        handler = probe.array::<4>(atom.content.start.saturating_add(8))?;
                    }
                    Ok(())
                })?,
                _ => {}
            }
            Ok(())
        })?;
        for tracks in [Some(&mut all), is_enabled.then_some(&mut enabled)].into_iter().flatten() {
            match handler.as_ref() {
                Some(b"vide") => tracks.video = true,
                Some(b"soun") => tracks.audio = true,
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(if enabled.video || enabled.audio { enabled } else { all })
}

fn by_tracks(tracks: &Tracks, brands: &[[u8; 4]]) -> Found {
    let (video, container) = match brands.first() {
        Some(b"qt  ") => ("video/quicktime", Some("QuickTime")),
        Some([b'3', b'g', b'2', _]) => ("video/3gpp2", Some("3GPP2")),
        Some([b'3', b'g', ..]) => ("video/3gpp", Some("3GPP")),
        _ => ("video/mp4", None),
    };
    match (tracks.video, tracks.audio, container) {
        (true, _, _) => Found::is(video),
        (false, true, Some(container)) => Found::AudioOnly(container),
        (false, true, None) => Found::is("audio/mp4"),
        // Image sequences have tracks of pictures.
        (false, false, _) => Found::is(image(brands).unwrap_or("application/mp4")),
    }
}

/// The image format, by the first brand that names one: `mif1` and `msf1` are common to all of them.
fn image(brands: &[[u8; 4]]) -> Option<&'static str> {
    let named = brands.iter().find_map(|brand| match brand {
        b"avif" | b"avis" => Some("image/avif"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => Some("image/heic"),
        _ => None,
    });
    named.or_else(|| {
        brands.iter().any(|brand| matches!(brand, b"mif1" | b"mif2" | b"msf1")).then_some("image/heif")
    })
}

/// Whether a brand says that the file holds audio or video, which then needs an index.
fn is_movie(brands: &[[u8; 4]]) -> bool {
    brands.iter().any(|brand| {
        matches!(
            brand,
            b"isom" | b"mp41" | b"mp42" | b"avc1" | b"qt  " | b"M4A " | b"M4V " | b"M4B " | b"dash" | b"iso2"
        ) || brand.starts_with(b"3g")
    })
}
