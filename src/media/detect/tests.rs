//! Content made by hand: what the structure says, wherever it is and however it is cut.

use super::{Found, detect};
use proptest::prelude::*;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

fn found(content: &[u8]) -> Found {
    detect(Cursor::new(content)).unwrap()
}

fn is(mime: &'static str) -> Found {
    Found::is(mime)
}

/// A box of ISO BMFF.
fn atom(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(8 + content.len()).unwrap();
    [&len.to_be_bytes(), &kind[..], content].concat()
}

fn ftyp(brands: &[&[u8; 4]]) -> Vec<u8> {
    let brands: Vec<_> = brands.iter().flat_map(|brand| **brand).collect();
    let (major, compatible) = brands.split_at(4);
    atom(b"ftyp", &[major, &[0; 4], compatible].concat())
}

fn track(handler: &[u8; 4], enabled: bool) -> Vec<u8> {
    let flags = [0, 0, 0, u8::from(enabled)];
    let tkhd = atom(b"tkhd", &[&flags[..], &[0; 80]].concat());
    let hdlr = atom(b"hdlr", &[&[0; 8], &handler[..], &[0; 13]].concat());
    let mdia = atom(b"mdia", &[atom(b"mdhd", &[0; 24]), hdlr, atom(b"minf", &[0; 64])].concat());
    atom(b"trak", &[tkhd, mdia].concat())
}

fn moov(tracks: &[Vec<u8>]) -> Vec<u8> {
    atom(b"moov", &[atom(b"mvhd", &[0; 100]), tracks.concat()].concat())
}

#[test]
fn tracks_decide_and_brands_name_the_container() {
    let (video, audio) = (track(b"vide", true), track(b"soun", true));
    for (brand, with_video, without) in [
        (b"isom", is("video/mp4"), is("audio/mp4")),
        (b"M4A ", is("video/mp4"), is("audio/mp4")),
        (b"CAEP", is("video/mp4"), is("audio/mp4")),
        (b"zzzz", is("video/mp4"), is("audio/mp4")),
        (b"qt  ", is("video/quicktime"), Found::AudioOnly("QuickTime")),
        (b"3gp4", is("video/3gpp"), Found::AudioOnly("3GPP")),
        (b"3g2a", is("video/3gpp2"), Found::AudioOnly("3GPP2")),
    ] {
        let ftyp = ftyp(&[brand, b"mp42"]);
        for (tracks, expected) in [
            (vec![audio.clone(), video.clone()], &with_video),
            (vec![track(b"text", true), video.clone()], &with_video),
            (vec![audio.clone(), track(b"text", true)], &without),
        ] {
            assert_eq!(found(&[ftyp.clone(), moov(&tracks)].concat()), *expected, "{brand:?}");
        }
    }
    assert_eq!(found(&[ftyp(&[b"isom"]), moov(&[track(b"text", true)])].concat()), is("application/mp4"));
}

#[test]
fn canon_raw_photos_are_not_videos() {
    let tracks = [track(b"vide", true), track(b"vide", true), track(b"meta", true)];
    let photo = [ftyp(&[b"crx ", b"crx ", b"isom"]), moov(&tracks)].concat();
    assert_eq!(found(&photo), is("image/x-canon-cr3"));
}

#[test]
fn chapter_images_do_not_make_an_audio_book_a_video() {
    let tracks = [track(b"soun", true), track(b"vide", false)];
    assert_eq!(found(&[ftyp(&[b"M4A "]), moov(&tracks)].concat()), is("audio/mp4"));
    // Some writers enable no track at all.
    let tracks = [track(b"soun", false), track(b"vide", false)];
    assert_eq!(found(&[ftyp(&[b"isom"]), moov(&tracks)].concat()), is("video/mp4"));
}

#[test]
fn the_index_is_found_behind_any_number_of_boxes() {
    let moov = moov(&[track(b"soun", true)]);
    for boxes in [1, 300, 10_000] {
        let fragments = [atom(b"moof", &[0; 8]), atom(b"mdat", &[0xFF; 5000])].concat().repeat(boxes);
        assert_eq!(found(&[ftyp(&[b"iso5"]), fragments, moov.clone()].concat()), is("audio/mp4"), "{boxes}");
    }
}

#[test]
fn an_index_beyond_4_gib_is_found() {
    /// Zeros, but for a part at each end.
    struct Sparse {
        start: Vec<u8>,
        len: u64,
        end: Vec<u8>,
        position: u64,
    }
    impl Read for Sparse {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let end = self.start.len() as u64 + self.len;
            for (i, byte) in out.iter_mut().enumerate() {
                let at = self.position + i as u64;
                *byte = match at.checked_sub(end) {
                    Some(at) => match self.end.get(at as usize) {
                        Some(byte) => *byte,
                        None => {
                            self.position += i as u64;
                            return Ok(i);
                        }
                    },
                    None => self.start.get(at as usize).copied().unwrap_or(0),
                };
            }
            self.position += out.len() as u64;
            Ok(out.len())
        }
    }
    impl Seek for Sparse {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            let SeekFrom::Start(position) = to else { unreachable!("detection seeks only from the start") };
            self.position = position;
            Ok(position)
        }
    }

    let len = 5 << 32;
    let mdat = [&1_u32.to_be_bytes()[..], b"mdat", &(len + 16_u64).to_be_bytes()].concat();
    let start = [ftyp(&[b"isom"]), mdat].concat();
    let content = Sparse { start, len, end: moov(&[track(b"vide", true)]), position: 0 };
    assert_eq!(detect(content).unwrap(), is("video/mp4"));
}

#[test]
fn a_movie_without_an_index_says_so() {
    for brands in [&[b"isom"][..], &[b"mp42", b"isom"], &[b"qt  "], &[b"3gp4"]] {
        assert_eq!(found(&[ftyp(brands), atom(b"mdat", &[0; 5000])].concat()), Found::NoIndex);
        assert_eq!(found(&ftyp(brands)), Found::NoIndex);
    }
    // A media segment, which is meant to follow an initialization segment.
    assert_eq!(
        found(&[atom(b"styp", b"msdh\0\0\0\0msdh"), atom(b"moof", &[0; 100])].concat()),
        Found::NoIndex
    );
}

#[test]
fn old_quicktime_files_have_no_brand() {
    let video = moov(&[track(b"vide", true)]);
    for start in [vec![], atom(b"wide", &[]), atom(b"mdat", &[7; 100]), atom(b"free", &[0; 9])] {
        assert_eq!(found(&[start, video.clone()].concat()), is("video/quicktime"));
    }
}

#[test]
fn images_are_named_by_the_brand_that_names_one() {
    for (brands, mime) in [
        (&[b"mif1", b"avif", b"miaf"][..], "image/avif"),
        (&[b"avis", b"msf1"], "image/avif"),
        (&[b"mif1", b"heic"], "image/heic"),
        (&[b"heic", b"mif1"], "image/heic"),
        (&[b"mif1", b"miaf"], "image/heif"),
    ] {
        assert_eq!(found(&[ftyp(brands), atom(b"meta", &[0; 100])].concat()), is(mime));
    }
    let sequence = moov(&[track(b"pict", true)]);
    assert_eq!(found(&[ftyp(&[b"msf1", b"hevc"]), sequence].concat()), is("image/heic"));
}

/// An element of EBML.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let len = (content.len() as u64 | 1 << 56).to_be_bytes();
    [id, &len, content].concat()
}

fn ebml(doc_type: &[u8], segment: &[u8]) -> Vec<u8> {
    let header = element(b"\x1A\x45\xDF\xA3", &element(b"\x42\x82", doc_type));
    // Of unknown size, as a live recording.
    [&header[..], b"\x18\x53\x80\x67\xFF", segment].concat()
}

#[test]
fn track_types_decide_for_webm_and_matroska() {
    let entry = |kind: u8| element(b"\xAE", &[element(b"\xD7", &[1]), element(b"\x83", &[kind])].concat());
    let tracks = |kinds: &[u8]| {
        let entries: Vec<_> = kinds.iter().flat_map(|kind| entry(*kind)).collect();
        element(b"\x16\x54\xAE\x6B", &entries)
    };
    let before = [element(b"\xEC", &[0; 9000]), element(b"\x15\x49\xA9\x66", b"info")].concat();
    for (kinds, webm, matroska) in [
        (&[1, 2][..], is("video/webm"), is("video/x-matroska")),
        (&[2, 1], is("video/webm"), is("video/x-matroska")),
        (&[2], is("audio/webm"), is("audio/x-matroska")),
        (&[2, 17], is("audio/webm"), is("audio/x-matroska")),
        (&[17], Found::NoIndex, Found::NoIndex),
    ] {
        let segment = [before.clone(), tracks(kinds)].concat();
        assert_eq!(found(&ebml(b"webm", &segment)), webm);
        assert_eq!(found(&ebml(b"webm\0", &segment)), webm);
        assert_eq!(found(&ebml(b"matroska", &segment)), matroska);
    }
    assert_eq!(found(&ebml(b"webm", &before)), Found::NoIndex);
}

/// Frames of MPEG audio, layer III, 128 kbit/s, 44,100 Hz: 417 bytes each.
fn mp3(frames: usize) -> Vec<u8> {
    [&[0xFF, 0xFB, 0x90, 0x64][..], &[0; 413]].concat().repeat(frames)
}

fn tag(len: usize, said: usize) -> Vec<u8> {
    let size = [said >> 21 & 127, said >> 14 & 127, said >> 7 & 127, said & 127].map(|byte| byte as u8);
    [b"ID3\x04\0\0", &size[..], &vec![0; len]].concat()
}

#[test]
fn a_tag_is_looked_behind() {
    let adts = [0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let adts = adts.repeat(3);
    for len in [0, 100, 5000, 200_000] {
        let tag = tag(len, len);
        assert_eq!(found(&[tag.clone(), mp3(2)].concat()), is("audio/mpeg"), "{len}");
        assert_eq!(found(&[tag.clone(), tag.clone(), mp3(1)].concat()), is("audio/mpeg"));
        assert_eq!(found(&[tag.clone(), adts.clone()].concat()), is("audio/aac"));
        assert_eq!(found(&[tag.clone(), b"fLaC\0\0\0\x22".to_vec()].concat()), is("audio/flac"));
        assert_eq!(found(&[tag.clone(), vec![1; 100]].concat()), Found::Tag);
        assert_eq!(found(&[tag.clone(), b"This is text".to_vec()].concat()), Found::Tag);
        assert_eq!(found(&tag), Found::Tag);
    }
}

#[test]
fn a_tag_of_a_wrong_length_hides_no_frames() {
    for (len, said) in [(100, 90), (100, 111), (1000, 0), (0, 3000), (100, 100_000)] {
        assert_eq!(found(&[tag(len, said), mp3(20)].concat()), is("audio/mpeg"), "{len}, but says {said}");
    }
}

#[test]
fn frames_say_which_layer_they_are_of() {
    assert_eq!(found(&mp3(1)), is("audio/mpeg"), "one whole frame");
    assert_eq!(found(&[&mp3(1)[..], b"TAG", &[0; 125]].concat()), is("audio/mpeg"));
    let layer_two = [&[0xFF, 0xFD, 0x80, 0x04][..], &[0; 413]].concat();
    assert_eq!(found(&layer_two.repeat(2)), is("audio/mp2"));
    let layer_one = [&[0xFF, 0xFF, 0x80, 0x04][..], &[0; 276 - 4]].concat();
    assert_eq!(found(&layer_one.repeat(2)), is("audio/mp1"));
}

#[test]
fn text_is_never_media() {
    for (text, kind) in [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a Git LFS pointer"),
        ("404: Not Found", "text"),
        ("  <!DOCTYPE HTML>\n<title>Gr\u{fc}n</title>", "an HTML page"),
        ("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML"),
        ("{\"error\": {\"code\": 404}}", "JSON"),
        ("[1, 2, 3]", "JSON"),
        ("AAAAIGZ0eXBpc29tAAACAGlzb21pc28yYXZjMW1wNDE=\n", "base64 text"),
        ("data:video/mp4;base64,AAAAIGZ0eXA=", "a data: URI"),
        ("\u{feff}caf\u{e9} and more", "text"),
        ("fLaC is a lossless codec", "text"),
        ("aaaaftypheic", "text"),
        ("RIFFaaaaWAVEfmt aaaa", "text"),
        ("RIFFaaaaAVI LISTaaaa", "text"),
        ("RIFFaaaaWEBPVP8 aaaa", "text"),
        ("{\"aaftypheicaaaaheic\"}", "JSON"),
    ] {
        assert_eq!(found(text.as_bytes()), Found::Text(kind), "{text}");
    }
    assert_eq!(
        found(b"<html>caf\xe9 in Latin-1, as old servers send it</html>"),
        Found::Text("an HTML page")
    );
    for text in ["\u{feff}Not Found", "Not Found"] {
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let utf_16: Vec<_> = text.encode_utf16().flat_map(bytes).collect();
            assert_eq!(found(&utf_16), Found::Text("UTF-16 text"));
        }
    }
    assert_ne!(found(b"ID3 is a tag for MP3 files"), Found::Tag);
    assert_eq!(found(b"\x01\x02\x03\x04"), Found::Unknown);
    assert_eq!(
        found(b"%PDF-1.4\n1 0 obj\n"),
        is("application/pdf"),
        "a PDF is a document even if its start looks like text"
    );
}

#[test]
fn asf_file_is_wmv_if_its_head_declares_video() {
    const ASF: &[u8] = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";
    const VIDEO: &[u8] = b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";
    const AUDIO: &[u8] = b"\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";
    for at in [100, 5000, 65_000] {
        let before = [ASF, &vec![0; at - ASF.len()]].concat();
        assert_eq!(found(&[&before, AUDIO, VIDEO].concat()), is("video/x-ms-wmv"), "{at}");
        assert_eq!(found(&[&before, AUDIO].concat()), is("audio/x-ms-wma"), "{at}");
        assert_eq!(found(&before), is("application/vnd.ms-asf"), "{at}");
    }
}

#[test]
fn flv_and_avi_say_which_streams_they_have() {
    for (flags, expected) in [(5, is("video/x-flv")), (1, is("video/x-flv")), (4, Found::AudioOnly("FLV"))] {
        assert_eq!(found(&[b"FLV\x01", &[flags][..], b"\0\0\0\x09\0\0\0\0"].concat()), expected);
    }
    let avi = |streams: &[&[u8; 4]]| {
        let headers: Vec<_> =
            streams.iter().flat_map(|kind| [b"strh8\0\0\0", &kind[..], &[0; 52 + 4096]].concat()).collect();
        [b"RIFF\0\x10\0\0AVI LIST\0\x02\0\0hdrl", &headers[..]].concat()
    };
    assert_eq!(found(&avi(&[b"vids", b"auds"])), is("video/x-msvideo"));
    assert_eq!(found(&avi(&[b"auds", b"auds", b"vids"])), is("video/x-msvideo"));
    assert_eq!(found(&avi(&[b"auds"])), Found::AudioOnly("AVI"));
}

/// Counts the bytes that are read and the reads.
struct Counted<'a>(Cursor<&'a [u8]>, &'a mut (usize, usize));

impl Read for Counted<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(bytes)?;
        self.1.0 += 1;
        self.1.1 += n;
        Ok(n)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn reads_are_bounded_whatever_the_content_says() {
    let len = 90 << 20;
    let repeated = |pattern: &[u8]| pattern.repeat(len / pattern.len());
    for content in [
        [ftyp(&[b"isom"]), repeated(&atom(b"free", &[0; 5000]))].concat(),
        [ftyp(&[b"isom"]), repeated(&[0, 0, 0, 8, b'f', b'r', b'e', b'e'])].concat(),
        ebml(b"webm", &repeated(&element(b"\xEC", &[0; 5000]))),
        repeated(&tag(0, 0)),
        repeated(&tag(10_000, 10_000)),
        repeated(&[b"OggS\0\x02", &[0; 20][..], &[255], &[255; 255], &[0; 255 * 255]].concat()),
        repeated(&[0xFF; 4096]),
        repeated(&[0xFF, 0xFB, 0x90, 0x64]),
    ] {
        let mut read = (0, 0);
        let _ = detect(Counted(Cursor::new(&content), &mut read));
        assert!(read.0 < 70_000 && read.1 <= 80 << 20, "{read:?} for {:?}", &content[..32]);
    }
}

proptest! {
    /// What is said by the structure may be anything; nothing overflows, and nothing is read forever.
    #[test]
    fn hostile_structure_is_no_panic(
        start in prop::sample::select(vec![
            ftyp(&[b"isom"]),
            [ftyp(&[b"isom"]), moov(&[track(b"vide", true)])].concat(),
            ebml(b"webm", &element(b"\x16\x54\xAE\x6B", &element(b"\xAE", &element(b"\x83", &[1])))),
            tag(20, 20),
            mp3(2),
            b"OggS\0\x02".to_vec(),
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut content = [start, rest].concat();
        for (index, byte) in changes {
            let at = index.index(content.len());
            content[at] = byte;
        }
        let _ = found(&content);
    }
}
