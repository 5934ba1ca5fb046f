//! Chat Completions requests with arbitrary fields.

use super::{judged::Judged, mutate::draw, request::check};
use arbitrary::{Result, Unstructured};
use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{
    Media,
    chat::{Message, Part, Request},
};
use serde_json::{Value, value::RawValue};
use std::sync::LazyLock;

/// A request with all fields.
static FULL: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../tests/data/chat_full.json")).unwrap());

/// The messages of a body, of which only the last one is parsed.
#[derive(serde::Deserialize)]
struct Sent<'a> {
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

pub fn chat(data: &[u8], judged: &mut Judged) {
    // An error means that the data is used up, which ends the test.
    let _ = build_and_check(&mut Unstructured::new(data), judged);
}

fn build_and_check(data: &mut Unstructured<'_>, judged: &mut Judged) -> Result<()> {
    let parts = parts(data)?;
    let Some(request) = request(data)? else { return Ok(()) };
    let (parts, bytes): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let request = request.message(Message::user(parts));
    let Some(json) = check(&request, request.body(), judged) else { return Ok(()) };

    let sent: Sent<'_> = serde_json::from_slice(&json).unwrap();
    let message: Value = serde_json::from_str(sent.messages.last().unwrap().get()).unwrap();
    for (part, bytes) in message["content"].as_array().unwrap().iter().zip(bytes) {
        let Some(bytes) = bytes else { continue };
        let inner = &part[part["type"].as_str().unwrap()];
        let data = inner["url"].as_str().or(inner["data"].as_str()).or(inner["file_data"].as_str()).unwrap();
        let data = data.split_once(";base64,").map_or(data, |(_, data)| data);
        assert_eq!(STANDARD.decode(data).unwrap(), bytes);
        judged.step(bytes.len());
    }
    Ok(())
}

/// Returns a request with some of all fields and with unusual values, or `None` if one of them has the wrong type.
pub(crate) fn request(data: &mut Unstructured<'_>) -> Result<Option<Request>> {
    let mut value = draw(&FULL, data)?;
    // Without a model or messages, nothing else is checked.
    if let Value::Object(fields) = &mut value {
        fields.entry("model").or_insert_with(|| "m".into());
        fields.entry("messages").or_insert_with(|| Value::Array(Vec::new()));
    }
    Ok(serde_json::from_value(value).ok())
}

/// Returns parts, each with the bytes of its media if it has any.
pub(crate) fn parts(data: &mut Unstructured<'_>) -> Result<Vec<(Part, Option<Vec<u8>>)>> {
    let mut parts = vec![(Part::text("x"), None)];
    for _ in 0..data.int_in_range(0..=4)? {
        let bytes: Vec<u8> = data.arbitrary()?;
        let media = |mime: &str| Media::from_bytes(bytes.clone(), mime).unwrap();
        let text: String = data.arbitrary()?;
        let part = match data.int_in_range(0..=8)? {
            0 => Part::video(media("video/mp4")),
            1 => Part::audio(media("audio/ogg; codecs=opus")),
            2 => Part::image(media("image/png")).detail(&*text),
            3 => Part::input_audio(media("audio/wav")),
            4 => Part::file(media("application/pdf")).filename(text),
            5 => Part::media(media("video/webm")).extra(text, 1),
            6 => {
                parts.push((Part::text(text), None));
                continue;
            }
            7 => {
                parts.push((Part::video(text), None));
                continue;
            }
            _ => {
                parts.push((Part::media(text), None));
                continue;
            }
        };
        parts.push((part, Some(bytes)));
    }
    Ok(parts)
}
