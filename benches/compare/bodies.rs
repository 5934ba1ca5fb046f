//! Many bodies of one file, all in flight at once: `bodies FORM NUMBER FILE`. `benches/compare/grow` runs it.
//!
//! Each body holds one chunk, as a client does that is sending it, and the bodies yield their next chunks one
//! after the other.

use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{Access, Body, Chunks, Media, bytes::Bytes, chat};
use std::{env, fs, hint::black_box, path::Path};

fn main() {
    let words: Vec<_> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let [form, number, path] = &words[..] else {
        return println!("usage: bodies FORM NUMBER FILE");
    };
    let (number, path) = (number.parse().unwrap(), Path::new(path));
    let open = |access| Media::options().mime("video/mp4").access(access).open(path).unwrap();
    match form.as_str() {
        "shared-media" => {
            let body = body(chat::Part::video(open(Access::Map)));
            in_flight((0..number).map(|_| body.clone().chunks()).collect());
        }
        "own-media-mapped" => {
            in_flight((0..number).map(|_| body(chat::Part::video(open(Access::Map))).chunks()).collect());
        }
        "own-media-read" => {
            in_flight((0..number).map(|_| body(chat::Part::video(open(Access::Read))).chunks()).collect());
        }
        "string" => {
            let body = |_| {
                let data = STANDARD.encode(fs::read(path).unwrap());
                let part = chat::Part::video(format!("data:video/mp4;base64,{data}"));
                serde_json::to_string(&request(part)).unwrap()
            };
            black_box((0..number).map(body).collect::<Vec<_>>());
        }
        other => panic!("unknown form {other}"),
    }
}

fn request(part: chat::Part) -> chat::Request {
    chat::Request::new("m").message(chat::Message::user([part]))
}

fn body(part: chat::Part) -> Body {
    request(part).body().unwrap()
}

/// Reads all bodies to their ends.
fn in_flight(mut bodies: Vec<Chunks>) {
    let mut chunks = vec![Bytes::new(); bodies.len()];
    let mut left = true;
    while left {
        left = false;
        for (body, held) in bodies.iter_mut().zip(&mut chunks) {
            if let Some(chunk) = body.next() {
                *held = black_box(chunk.unwrap());
                left = true;
            }
        }
    }
}
