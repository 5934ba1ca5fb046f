//! The cases: requests that are small, and one chunk of each kind.

use niello::{
    Access, Body, ContentEncoding, Extractor, Marks, Media,
    base64::{decode, encode},
    chat,
    events::Events,
    gemini,
};
use std::{
    hint::black_box,
    io::{Read, Seek, SeekFrom},
    process::ExitCode,
};

/// The size of a chunk: one pull of a client.
const CHUNK: usize = 64 << 10;

pub const NAMES: &[&str] = &[
    "build a chat request and its body",
    "build a gemini request and its body",
    "make the body of 10 media fields",
    "make the body of a document with a mark",
    "make and read a small body",
    "pull 64 KiB of a body, mapped",
    "pull 64 KiB of a body, read",
    "pull 64 KiB of a body, in memory",
    "pull 64 KiB of a zstd body, mapped",
    "seek and read one byte, mapped",
    "encode 48 KiB",
    "decode 64 KiB",
    "extract 64 KiB of base64",
    "read a small chat response",
    "read 100 events of chat text",
];

/// Runs a case `times` times.
pub fn run(case: &str, times: u64) -> ExitCode {
    let mut work = work(case).unwrap_or_else(|| panic!("no case {case}"));
    (0..times).for_each(|_| work());
    ExitCode::SUCCESS
}

/// Prepares a case.
fn work(case: &str) -> Option<Box<dyn FnMut()>> {
    let small = Media::from_bytes(noise(3 << 10), "video/mp4").unwrap();
    Some(match case {
        "build a chat request and its body" => Box::new(move || _ = black_box(chat(&small).body().unwrap())),
        "build a gemini request and its body" => {
            Box::new(move || _ = black_box(gemini(&small).body().unwrap()))
        }
        "make the body of 10 media fields" => {
            let value = vec![small; 10];
            Box::new(move || _ = black_box(Body::json(&value).unwrap()))
        }
        "make the body of a document with a mark" => {
            let marks = Marks::new();
            let url = marks.data_uri(&small);
            let value = serde_json::json!([{"text": text()}, {"video_url": {"url": url}}]);
            Box::new(move || _ = black_box(marks.body(&value).unwrap()))
        }
        "make and read a small body" => {
            let request = chat(&small);
            let mut out = Vec::with_capacity(16 << 10);
            Box::new(move || {
                out.clear();
                request.body().unwrap().read_to_end(&mut out).unwrap();
            })
        }
        "pull 64 KiB of a body, mapped" => pull(&Body::json(&file(Access::Map)).unwrap()),
        "pull 64 KiB of a body, read" => pull(&Body::json(&file(Access::Read)).unwrap()),
        "pull 64 KiB of a body, in memory" => {
            pull(&Body::json(&Media::from_bytes(noise(1 << 20), "video/mp4").unwrap()).unwrap())
        }
        "pull 64 KiB of a zstd body, mapped" => {
            let body = Body::json(&file(Access::Map)).unwrap();
            pull(&body.encode(ContentEncoding::Zstd).unwrap())
        }
        "seek and read one byte, mapped" => {
            let mut body = Body::json(&file(Access::Map)).unwrap();
            Box::new(move || {
                body.seek(SeekFrom::Start(1_000_001)).unwrap();
                body.read_exact(&mut [0]).unwrap();
            })
        }
        "encode 48 KiB" => {
            let (media, mut out) = (noise(CHUNK / 4 * 3), vec![0; CHUNK]);
            Box::new(move || _ = black_box(encode(&media, &mut out[..])))
        }
        "decode 64 KiB" => {
            let (base64, mut out) = (base64(CHUNK / 4 * 3), vec![0; CHUNK]);
            Box::new(move || _ = black_box(decode(&base64, &mut out[..]).unwrap()))
        }
        "extract 64 KiB of base64" => {
            let base64 = String::from_utf8(base64(CHUNK / 4 * 3)).unwrap();
            let part = serde_json::json!({"inlineData": {"mimeType": "image/png", "data": base64}});
            let json = serde_json::to_vec(&serde_json::json!({"parts": [part]})).unwrap();
            Box::new(move || {
                let extracted = Extractor::new().read(&json[..]).unwrap();
                assert_eq!(extracted.media().len(), 1);
            })
        }
        "read a small chat response" => {
            let choice = serde_json::json!({"index": 0, "message": {"role": "assistant", "content": text()}});
            let response = serde_json::json!({"id": "1", "choices": [choice], "usage": {"total_tokens": 7}});
            let json = serde_json::to_vec(&response).unwrap();
            Box::new(move || _ = black_box(chat::Response::from_slice(&json).unwrap()))
        }
        "read 100 events of chat text" => {
            let event = r#"data: {"id":"1","choices":[{"index":0,"delta":{"content":"a word or two"}}]}"#;
            let stream = format!("{event}\n\n").repeat(100);
            Box::new(move || {
                let mut events = Events::new();
                let mut read = 0;
                // As they come from a socket.
                for part in stream.as_bytes().chunks(4096) {
                    events.push(part);
                    read += events.read::<chat::Chunk>().map(Result::unwrap).count();
                }
                assert_eq!(read, 100);
            })
        }
        _ => return None,
    })
}

fn text() -> String {
    "Summarize what happens in this video. ".repeat(27)
}

fn chat(media: &Media) -> chat::Request {
    chat::Request::new("system.ai.gemini-3-1-pro")
        .message(chat::Message::user([chat::Part::text(text()), chat::Part::video(media)]))
}

fn gemini(media: &Media) -> gemini::Request {
    gemini::Request::new()
        .content(gemini::Content::user([gemini::Part::text(text()), gemini::Part::from(media)]))
}

/// Reads one chunk after the other, which begin and end within groups.
fn pull(body: &Body) -> Box<dyn FnMut()> {
    let mut body = body.clone();
    let mut chunk = vec![0; CHUNK];
    Box::new(move || {
        if body.remaining() < CHUNK as u64 {
            body.reset();
        }
        body.read_exact(&mut chunk).unwrap();
    })
}

/// Returns 1 MiB of media in a file that exists as long as the media.
fn file(access: Access) -> Media {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &noise(1 << 20)).unwrap();
    Media::options().mime("video/mp4").access(access).from_file(file).unwrap()
}

/// Returns pseudorandom bytes (xorshift).
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Returns the base64 of `len` bytes.
fn base64(len: usize) -> Vec<u8> {
    let mut base64 = vec![0; len.div_ceil(3) * 4];
    encode(&noise(len), &mut base64[..]);
    base64
}
