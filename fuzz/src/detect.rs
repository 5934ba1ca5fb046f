//! Content made of the structures that detection reads: valid files whose tracks are known, text, and structures with
//! any lengths, in any order and depth.

use super::judged::Judged;
use arbitrary::{Arbitrary, Unstructured};
use niello::Media;
use std::{
    fs::{self, File},
    io::{Seek, Write},
};

#[derive(Arbitrary, Debug)]
enum Input {
    /// A file that is valid as far as detection looks.
    File { container: Container, before: Vec<u16>, tracks: Vec<Track>, after: u16 },
    /// Text that may begin like a media file.
    Text { start: u8, text: String },
    /// Anything.
    Pieces(Vec<Piece>),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Container {
    Mp4,
    M4a,
    M4v,
    QuickTime,
    ThreeGpp,
    WebM,
    Matroska,
    Ogg,
}

#[derive(Arbitrary, Debug, Clone, Copy, PartialEq)]
enum Track {
    Video,
    Audio,
    Other,
}

#[derive(Arbitrary, Debug)]
enum Piece {
    Box { kind: u8, size: Size, content: Vec<Piece> },
    Element { id: u8, size: Size, content: Vec<Piece> },
    Page { first: bool, segments: u8, codec: u8, len: u16 },
    Tag { said: u32, len: u16 },
    Frame { header: [u8; 4], len: u16 },
    Magic(u8),
    Bytes(Vec<u8>),
    Zeros(u16),
    Repeat(u16, Box<Piece>),
}

/// The size that a box or an element gives for itself.
#[derive(Arbitrary, Debug)]
enum Size {
    Right,
    Wrong(u32),
    Long(u64),
    Unknown,
}

/// The types of boxes. The first ones may begin a file.
const BOXES: [&[u8; 4]; 14] = [
    b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"wide", b"free", b"skip", b"trak", b"mdia", b"hdlr",
    b"tkhd", b"meta", b"uuid",
];
const ELEMENTS: [&[u8]; 8] = [
    b"\x1A\x45\xDF\xA3",
    b"\x42\x82",
    b"\x18\x53\x80\x67",
    b"\x16\x54\xAE\x6B",
    b"\xAE",
    b"\x83",
    b"\xEC",
    b"\x15\x49\xA9\x66",
];
const CODECS: [&[u8]; 6] =
    [b"\x01vorbis", b"OpusHead", b"\x7fFLAC\x01", b"\x80theora", b"fishead\0", b"\x01video\0"];
/// Starts of files that are text, or that text can have in common with media.
const MAGICS: [&str; 16] = [
    "fLaC",
    "RIFFaaaaWAVE",
    "RIFFaaaaAVI ",
    "RIFFaaaaWEBP",
    "FORMaaaaAIFF",
    "aaaaftypheic",
    "aaaaftypisom",
    "aaaamoov",
    "OggS",
    "ID3",
    "<html>",
    "{",
    "version https://git-lfs.github.com/spec/v1",
    "data:video/mp4;base64,",
    "#!AMR",
    "%!PS",
];

/// No piece becomes much longer.
const MAX_LEN: usize = 2 << 20;

pub fn detect(data: &[u8], judged: &mut Judged) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let mut content = Vec::new();
    match &input {
        Input::File { container, before, tracks, after } => {
            file(*container, before, tracks, &mut content);
            content.resize(content.len() + usize::from(*after), 0);
            check_tracks(&content, tracks, &input);
        }
        Input::Text { start, text } => {
            let text: String = text.chars().filter(|c| !c.is_control()).collect();
            content.extend(MAGICS[usize::from(*start) % MAGICS.len()].bytes());
            content.extend(text.bytes());
            let is_document = |media: &Media| media.mime() == "application/pdf";
            let media = Media::options().from_bytes(content.clone());
            assert!(content.len() < 4 || media.as_ref().ok().is_none_or(is_document), "{input:?}: {media:?}");
        }
        Input::Pieces(pieces) => pieces.iter().for_each(|piece| write(piece, &mut content)),
    }
    check_reads(&content);
    judged.case();
    judged.step(content.len());
}

/// Checks that the type is that of the tracks: audio is never labeled as video, and video never as audio.
fn check_tracks(content: &[u8], tracks: &[Track], input: &Input) {
    let has = |track| tracks.contains(&track);
    if let Ok(media) = Media::options().from_bytes(content.to_vec()) {
        let mime = media.mime();
        assert!(has(Track::Video) || !mime.starts_with("video/"), "{input:?}: {mime}");
        assert!(has(Track::Audio) && !has(Track::Video) || !mime.starts_with("audio/"), "{input:?}: {mime}");
    }
}

/// Checks the number of reads and of the bytes that are read, if the system counts them.
fn check_reads(content: &[u8]) {
    thread_local! {
        static FILE: File = tempfile::tempfile().unwrap();
    }
    FILE.with(|mut file| {
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        file.write_all(content).unwrap();
        let file = file.try_clone().unwrap();
        let Some(before) = reads() else { return };
        let _ = Media::from_file(file);
        let after = reads().unwrap();
        let (calls, bytes) = (after.0 - before.0, after.1 - before.1);
        assert!(calls < 70_000 && bytes < 80 << 20, "{calls} reads of {bytes} bytes");
    });
}

/// Returns the number of reads of this thread, and of the bytes that they returned.
fn reads() -> Option<(u64, u64)> {
    let io = fs::read_to_string("/proc/thread-self/io").ok()?;
    let field = |name| io.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Some((field("syscr:")?, field("rchar:")?))
}

fn file(container: Container, before: &[u16], tracks: &[Track], out: &mut Vec<u8>) {
    let brand = match container {
        Container::Mp4 => b"isom",
        Container::M4a => b"M4A ",
        Container::M4v => b"M4V ",
        Container::QuickTime => b"qt  ",
        Container::ThreeGpp => b"3gp4",
        Container::WebM => return ebml(b"webm", before, tracks, out),
        Container::Matroska => return ebml(b"matroska", before, tracks, out),
        Container::Ogg => return tracks.iter().for_each(|track| page(*track, out)),
    };
    atom(b"ftyp", &[&brand[..], &[0; 4], brand].concat(), out);
    for (i, len) in before.iter().enumerate() {
        atom(if i % 2 == 0 { b"free" } else { b"mdat" }, &vec![7; usize::from(*len)], out);
    }
    let mut moov = Vec::new();
    for track in tracks {
        let handler = match track {
            Track::Video => b"vide",
            Track::Audio => b"soun",
            Track::Other => b"text",
        };
        let (mut hdlr, mut mdia, mut trak) = (Vec::new(), Vec::new(), Vec::new());
        atom(b"hdlr", &[&[0; 8], &handler[..], &[0; 13]].concat(), &mut hdlr);
        atom(b"mdia", &hdlr, &mut mdia);
        atom(b"tkhd", &[0, 0, 0, 1], &mut trak);
        trak.extend(mdia);
        atom(b"trak", &trak, &mut moov);
    }
    atom(b"moov", &moov, out);
}

fn atom(kind: &[u8], content: &[u8], out: &mut Vec<u8>) {
    out.extend(u32::try_from(content.len() + 8).unwrap().to_be_bytes());
    out.extend(kind);
    out.extend(content);
}

fn ebml(doc_type: &[u8], before: &[u16], tracks: &[Track], out: &mut Vec<u8>) {
    let (mut header, mut entries) = (Vec::new(), Vec::new());
    element(ELEMENTS[1], doc_type, &mut header);
    element(ELEMENTS[0], &header, out);
    // The segment has an unknown size, as in live recordings.
    out.extend(ELEMENTS[2]);
    out.push(0xFF);
    before.iter().for_each(|len| element(ELEMENTS[6], &vec![7; usize::from(*len)], out));
    for track in tracks {
        let kind = match track {
            Track::Video => 1,
            Track::Audio => 2,
            Track::Other => 17,
        };
        let mut entry = Vec::new();
        element(ELEMENTS[5], &[kind], &mut entry);
        element(ELEMENTS[4], &entry, &mut entries);
    }
    element(ELEMENTS[3], &entries, out);
}

fn element(id: &[u8], content: &[u8], out: &mut Vec<u8>) {
    out.extend(id);
    out.extend((content.len() as u64 | 1 << 56).to_be_bytes());
    out.extend(content);
}

/// Appends the first page of a stream.
fn page(track: Track, out: &mut Vec<u8>) {
    let codec = match track {
        Track::Video => CODECS[3],
        Track::Audio => CODECS[1],
        Track::Other => CODECS[4],
    };
    out.extend(b"OggS\0\x02");
    out.extend([0; 20]);
    out.extend([1, 30]);
    out.extend(codec);
    out.extend(vec![0; 30 - codec.len()]);
}

/// Appends a piece, unless the content is long enough.
fn write(piece: &Piece, out: &mut Vec<u8>) {
    if out.len() > MAX_LEN {
        return;
    }
    match piece {
        Piece::Box { kind, size, content } => {
            let start = out.len();
            out.extend([0; 4]);
            out.extend(BOXES[usize::from(*kind) % BOXES.len()]);
            if let Size::Long(size) = size {
                out.extend(size.to_be_bytes());
            }
            content.iter().for_each(|piece| write(piece, out));
            let size = match size {
                Size::Right => (out.len() - start) as u32,
                Size::Wrong(size) => *size,
                Size::Long(_) => 1,
                Size::Unknown => 0,
            };
            out[start..start + 4].copy_from_slice(&size.to_be_bytes());
        }
        Piece::Element { id, size, content } => {
            let mut inner = Vec::new();
            content.iter().for_each(|piece| write(piece, &mut inner));
            let size = match size {
                Size::Right => inner.len() as u64 | 1 << 56,
                Size::Wrong(size) => u64::from(*size) | 1 << 56,
                Size::Long(size) => *size,
                Size::Unknown => u64::MAX >> 7,
            };
            out.extend(ELEMENTS[usize::from(*id) % ELEMENTS.len()]);
            out.extend(size.to_be_bytes());
            out.append(&mut inner);
        }
        Piece::Page { first, segments, codec, len } => {
            out.extend(b"OggS\0");
            out.push(if *first { 2 } else { 0 });
            out.extend([0; 20]);
            out.push(*segments);
            out.extend(vec![255; usize::from(*segments)]);
            out.extend(CODECS[usize::from(*codec) % CODECS.len()]);
            out.resize(out.len() + usize::from(*len), 0);
        }
        Piece::Tag { said, len } => {
            out.extend(b"ID3\x04\0\0");
            out.extend([21, 14, 7, 0].map(|shift| (said >> shift & 0x7F) as u8));
            out.resize(out.len() + usize::from(*len), 0);
        }
        Piece::Frame { header, len } => {
            out.push(0xFF);
            out.push(header[0] | 0xE0);
            out.extend(&header[1..]);
            out.resize(out.len() + usize::from(*len), 0);
        }
        Piece::Magic(magic) => out.extend(MAGICS[usize::from(*magic) % MAGICS.len()].bytes()),
        Piece::Bytes(bytes) => out.extend(bytes),
        Piece::Zeros(len) => out.resize(out.len() + usize::from(*len), 0),
        Piece::Repeat(times, piece) => {
            let mut once = Vec::new();
            write(piece, &mut once);
            let times = usize::from(*times).min(MAX_LEN / once.len().max(1));
            out.extend(once.repeat(times));
        }
    }
}
