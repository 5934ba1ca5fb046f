//! Gemini requests with arbitrary fields.

use super::{mutate::mutate, request::check};
use arbitrary::{Result, Unstructured};
use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{
    Media,
    gemini::{Content, Part, Request},
};
use serde_json::Value;
use std::time::Duration;

pub fn gemini(data: &[u8]) {
    // An error means that the data is used up, which ends the test.
    let _ = build_and_check(&mut Unstructured::new(data));
}

fn build_and_check(data: &mut Unstructured<'_>) -> Result<()> {
    let parts = parts(data)?;
    let mut value: Value = serde_json::from_str(include_str!("../../tests/data/gemini_full.json")).unwrap();
    mutate(&mut value, data)?;
    let Ok(request) = serde_json::from_value::<Request>(value) else { return Ok(()) };
    let (parts, bytes): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let request = request.content(Content::user(parts));
    let Some(value) = check(&request, request.body()) else { return Ok(()) };

    let sent = value["contents"].as_array().unwrap().last().unwrap()["parts"].as_array().unwrap().clone();
    for (part, bytes) in sent.iter().zip(bytes) {
        let Some(bytes) = bytes else { continue };
        assert_eq!(STANDARD.decode(part["inlineData"]["data"].as_str().unwrap()).unwrap(), bytes);
    }
    Ok(())
}

/// Returns parts, each with the bytes of its media if it has any.
fn parts(data: &mut Unstructured<'_>) -> Result<Vec<(Part, Option<Vec<u8>>)>> {
    let mut parts = vec![(Part::text("x"), None)];
    for _ in 0..data.int_in_range(0..=4)? {
        let bytes: Vec<u8> = data.arbitrary()?;
        let media = Media::from_bytes(bytes.clone(), "video/mp4").unwrap();
        let text: String = data.arbitrary()?;
        let part = match data.int_in_range(0..=7)? {
            0 => (Part::inline(media), Some(bytes)),
            1 => (Part::inline(media).mime(text), Some(bytes)),
            2 => (Part::media(media).fps(data.arbitrary::<f64>()?), Some(bytes)),
            3 => {
                let (start, end) =
                    (Duration::from_nanos(data.arbitrary()?), Duration::from_nanos(data.arbitrary()?));
                (Part::media(media).start(start).end(end), Some(bytes))
            }
            4 => (Part::inline(media).thought_signature(&*text).extra(text, 1), Some(bytes)),
            5 => (Part::text(text), None),
            6 => (Part::file(text), None),
            _ => (Part::media(text), None),
        };
        parts.push(part);
    }
    Ok(parts)
}
