//! Writes the media of a JSON body, or of the first event of a stream, to a file: `extracting FORM BODY FILE`.
//! `benches/compare/extract` runs it.

use base64_turbo::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use std::{env, fs};

fn main() {
    let words: Vec<_> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let [form, body, file] = &words[..] else {
        return println!("usage: extracting FORM BODY FILE");
    };
    let body = fs::read(body).unwrap();
    let json = match body.strip_prefix(b"data: ") {
        Some(events) => &events[..events.iter().position(|byte| *byte == b'\n').unwrap()],
        None => &body,
    };
    let media = match form.as_str() {
        "borrowed" => {
            let body: Body<'_> = serde_json::from_slice(json).unwrap();
            STANDARD.decode(body.contents[0].parts[0].inline_data.data)
        }
        "value" => {
            let body: Value = serde_json::from_slice(json).unwrap();
            STANDARD.decode(body["contents"][0]["parts"][0]["inlineData"]["data"].as_str().unwrap())
        }
        other => panic!("unknown form {other}"),
    };
    fs::write(file, media.unwrap()).unwrap();
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    contents: Vec<Content<'a>>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    parts: Vec<Part<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    inline_data: InlineData<'a>,
}

#[derive(Deserialize)]
struct InlineData<'a> {
    data: &'a str,
}
