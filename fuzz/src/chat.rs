//! Any Chat Completions request.

use super::{mutate::mutate, request::judge};
use arbitrary::{Result, Unstructured};
use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{
    Media,
    chat::{Message, Part, Request},
};
use serde_json::Value;

pub fn chat(data: &[u8]) {
    // When the data is at its end, the request is whatever it is.
    let _ = make_and_judge(&mut Unstructured::new(data));
}

fn make_and_judge(data: &mut Unstructured<'_>) -> Result<()> {
    let parts = parts(data)?;
    let mut value: Value = serde_json::from_str(include_str!("../../tests/data/chat_full.json")).unwrap();
    mutate(&mut value, data)?;
    let Ok(request) = serde_json::from_value::<Request>(value) else { return Ok(()) };
    let (parts, bytes): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let request = request.message(Message::user(parts));
    let Some(value) = judge(&request, request.body()) else { return Ok(()) };

    let sent = value["messages"].as_array().unwrap().last().unwrap()["content"].as_array().unwrap().clone();
    for (part, bytes) in sent.iter().zip(bytes) {
        let Some(bytes) = bytes else { continue };
        let inner = &part[part["type"].as_str().unwrap()];
        let text = inner["url"].as_str().or(inner["data"].as_str()).or(inner["file_data"].as_str()).unwrap();
        let text = text.split_once(";base64,").map_or(text, |(_, data)| data);
        assert_eq!(STANDARD.decode(text).unwrap(), bytes);
    }
    Ok(())
}

/// Parts, and what the media decodes to of those that have one.
fn parts(data: &mut Unstructured<'_>) -> Result<Vec<(Part, Option<Vec<u8>>)>> {
    let mut parts = vec![(Part::text("x"), None)];
    for _ in 0..data.int_in_range(0..=4)? {
        let bytes: Vec<u8> = data.arbitrary()?;
        let of = |mime: &str| Media::from_bytes(bytes.clone(), mime).unwrap();
        let text: String = data.arbitrary()?;
        let part = match data.int_in_range(0..=8)? {
            0 => Part::video(of("video/mp4")),
            1 => Part::audio(of("audio/ogg; codecs=opus")),
            2 => Part::image(of("image/png")).detail(&*text),
            3 => Part::input_audio(of("audio/wav")),
            4 => Part::file(of("application/pdf")).filename(text),
            5 => Part::media(of("video/webm")).extra(text, 1),
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
