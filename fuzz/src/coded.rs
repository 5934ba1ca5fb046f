//! Any body with the content coding zstd: it decodes to the plain body, and every read from every position gives the same
//! bytes.

use super::{
    expected::Element,
    judged::Judged,
    sizes::{Length, STEP, UNIT, noise},
};
use arbitrary::{Arbitrary, Unstructured};
use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{Access, Body, ContentEncoding, DataUri, Media, Segment};
use std::{
    cell::RefCell,
    io::{Read, Seek, SeekFrom},
    sync::LazyLock,
};
use zstd::bulk::Decompressor;

/// One short block, a full and a short one, and more than a read of a file covers. A full block is a unit.
const FILES: [usize; 3] = [UNIT - 100, UNIT + 61, STEP + UNIT / 3];

static NOISE: LazyLock<Vec<u8>> = LazyLock::new(|| noise(FILES[2]));

/// The base64 of the noise.
static TEXT: LazyLock<String> = LazyLock::new(|| STANDARD.encode(&*NOISE));

/// The files, with both kinds of access.
static CODED: LazyLock<Vec<Coded>> = LazyLock::new(|| {
    let files = FILES.iter().flat_map(|len| [Access::Map, Access::Read].map(|access| (*len, access)));
    files.map(|(len, access)| Coded::new(len, access)).collect()
});

/// A file, and its blocks, which are the same in every body. They are decoded once, because that takes longer than all
/// the rest of an input.
struct Coded {
    media: Media,
    blocks: Vec<u8>,
}

impl Coded {
    fn new(len: usize, access: Access) -> Coded {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &NOISE[..len]).unwrap();
        let media = Media::options().mime("video/mp4").access(access).open(file.path()).unwrap();
        let body = Body::json(&media).unwrap().encode(ContentEncoding::Zstd).unwrap();
        let (mut bytes, mut text) = (Vec::new(), String::new());
        body.clone().write_to(&mut bytes).unwrap();
        push_base64(len, &mut text);
        assert!(
            zstd::bulk::decompress(&bytes, body.decoded_len() as usize).unwrap()
                == format!("\"{text}\"").into_bytes()
        );
        let blocks = body.segments().find(|(_, segment)| matches!(segment, Segment::Zstd(_)));
        let (start, segment) = blocks.unwrap();
        let blocks = bytes[start as usize..][..segment.len() as usize].to_vec();
        Coded { media, blocks }
    }
}

#[derive(Arbitrary)]
enum Field {
    Text(String),
    LongText { of: char, count: Length },
    Bytes(Vec<u8>),
    Noise(Length),
    File { file: u8, is_uri: bool },
}

#[derive(Arbitrary)]
struct Step {
    seek: Option<u32>,
    len: Length,
}

/// Memory that all inputs share, because allocations are slow with AddressSanitizer.
struct Buffers {
    coded: Vec<u8>,
    frame: Vec<u8>,
    decoded: Vec<u8>,
    part: Vec<u8>,
    decoder: Decompressor<'static>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::new(Buffers {
        coded: Vec::new(),
        frame: Vec::new(),
        decoded: Vec::new(),
        part: vec![0; 1 << 20],
        decoder: Decompressor::new().unwrap(),
    });
}

pub fn coded(data: &[u8], judged: &mut Judged) {
    BUFFERS.with_borrow_mut(|buffers| check(Unstructured::new(data), buffers, judged));
}

fn check(mut data: Unstructured<'_>, buffers: &mut Buffers, judged: &mut Judged) {
    let Ok(fields) = Vec::<Field>::arbitrary(&mut data) else { return };
    let mut json = String::new();
    let value: Vec<Element> = fields.into_iter().take(8).map(|field| element(field, &mut json)).collect();
    let plain = Body::json(&value).unwrap();
    let mut body = plain.encode(ContentEncoding::Zstd).unwrap();

    let Buffers { coded, frame, decoded, part, decoder } = buffers;
    coded.clear();
    coded.resize(body.len() as usize + 1, 0);
    let len = body.read(coded).unwrap();
    coded.truncate(len);
    assert_eq!((len as u64, body.decoded_len()), (body.len(), plain.len()));
    let decoded_len = without_files(&body, coded, frame);
    decoded.clear();
    decoded.reserve(decoded_len as usize);
    decoder.decompress_to_buffer(frame, decoded).unwrap();
    let json = json.strip_suffix(',').unwrap_or_default();
    assert!(decoded[0] == b'[' && decoded[1..].strip_suffix(b"]") == Some(json.as_bytes()));
    judged.case();
    judged.step(decoded_len as usize);

    let mut check_read = |at: usize, body: &mut Body, len: usize| {
        // AddressSanitizer detects writes past the end of the buffer.
        let start = part.len() - len;
        let out = &mut part[start..];
        let read = body.read(out).unwrap();
        let rest = coded.get(at..).unwrap_or_default();
        assert_eq!(read, len.min(rest.len()));
        assert!(out[..read] == rest[..read]);
        judged.step(read);
        assert_eq!(body.position(), (at + read) as u64);
        at + read
    };
    // A few positions that depend on the length.
    for at in (0..coded.len()).step_by(coded.len() / 7 + 1) {
        body.seek(SeekFrom::Start(at as u64)).unwrap();
        check_read(at, &mut body, (at * 31 + coded.len()) % (UNIT / 2));
    }
    body.reset();
    let mut at = 0;
    for _ in 0..64 {
        if data.is_empty() {
            return;
        }
        let Ok(Step { seek, len }) = data.arbitrary() else { return };
        if let Some(to) = seek {
            at = to as usize % (coded.len() + 2);
            body.seek(SeekFrom::Start(at as u64)).unwrap();
        }
        at = check_read(at, &mut body, len.get());
    }
}

/// Checks the blocks of files. Writes the frame without them to `frame`, and returns the length that it decodes to.
fn without_files(body: &Body, coded: &[u8], frame: &mut Vec<u8>) -> u64 {
    frame.clear();
    let mut decoded_len = body.decoded_len();
    for (start, segment) in body.segments() {
        let part = &coded[start as usize..][..segment.len() as usize];
        let file = match segment {
            Segment::Zstd(media) => CODED.iter().find(|file| file.media.ptr_eq(media)),
            _ => None,
        };
        match file {
            Some(file) => {
                assert!(part == file.blocks);
                decoded_len -= file.media.encoded_len();
            }
            None => frame.extend_from_slice(part),
        }
    }
    // The content size is at the end of the frame header.
    assert_eq!(frame[6..14], body.decoded_len().to_le_bytes());
    frame[6..14].copy_from_slice(&decoded_len.to_le_bytes());
    decoded_len
}

/// Appends the base64 of `len` bytes of the noise.
fn push_base64(len: usize, text: &mut String) {
    let whole = len / 3 * 3;
    text.push_str(&TEXT[..whole / 3 * 4]);
    STANDARD.encode_string(&NOISE[whole..len], text);
}

/// Returns a value for the body. Appends its JSON without the base64 of files, and a comma.
fn element(field: Field, json: &mut String) -> Element {
    let media = |bytes| Element::Media(Media::from_bytes(bytes, "audio/wav").unwrap());
    let element = match field {
        Field::Text(text) => {
            json.push_str(&serde_json::to_string(&text).unwrap());
            Element::Text(text)
        }
        Field::LongText { of, count } => {
            let character = serde_json::to_string(&of).unwrap();
            json.push('"');
            json.push_str(&character[1..character.len() - 1].repeat(count.get()));
            json.push('"');
            Element::Text(of.to_string().repeat(count.get()))
        }
        Field::Bytes(bytes) => {
            json.push('"');
            STANDARD.encode_string(&bytes, json);
            json.push('"');
            media(bytes)
        }
        Field::Noise(len) => {
            json.push('"');
            push_base64(len.get(), json);
            json.push('"');
            media(NOISE[..len.get()].to_vec())
        }
        Field::File { file, is_uri } => {
            let media = CODED[usize::from(file) % CODED.len()].media.clone();
            json.push_str(if is_uri { "\"data:video/mp4;base64,\"" } else { "\"\"" });
            if is_uri { Element::Uri(DataUri(media)) } else { Element::Media(media) }
        }
    };
    json.push(',');
    element
}
