//! Bodies of one file, all in flight at once: `bodies FORM NUMBER FILE`. `benches/compare/grow` runs it.
//!
//! Each body has one chunk in hand, as a client has that is sending it, and takes the next one in its turn.

use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{Access, Body, Chunks, Media, bytes::Bytes, chat};
use std::{env, fs, hint::black_box, path::Path};

fn main() {
    let words: Vec<_> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let [form, number, path] = &words[..] else {
        return println!("bodies FORM NUMBER FILE: nothing to do");
    };
    let (number, path) = (number.parse().unwrap(), Path::new(path));
    let open = |access| Media::options().mime("video/mp4").access(access).open(path).unwrap();
    match form.as_str() {
        "one-media" => {
            let body = body(chat::Part::video(open(Access::Map)));
            in_flight((0..number).map(|_| body.clone().chunks()).collect());
        }
        "media-each" => {
            in_flight((0..number).map(|_| body(chat::Part::video(open(Access::Map))).chunks()).collect());
        }
        "media-each-read" => {
            in_flight((0..number).map(|_| body(chat::Part::video(open(Access::Read))).chunks()).collect());
        }
        "string-each" => {
            let text = |_| {
                let data = STANDARD.encode(fs::read(path).unwrap());
                let part = chat::Part::video(format!("data:video/mp4;base64,{data}"));
                serde_json::to_string(&request(part)).unwrap()
            };
            black_box((0..number).map(text).collect::<Vec<_>>());
        }
        other => panic!("no form {other}"),
    }
}

fn request(part: chat::Part) -> chat::Request {
    chat::Request::new("m").message(chat::Message::user([part]))
}

fn body(part: chat::Part) -> Body {
    request(part).body().unwrap()
}

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
