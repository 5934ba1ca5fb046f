//! Gemini requests with arbitrary fields.

use super::{
    judged::Judged,
    mutate::{any_float, draw},
    request::check,
};
use arbitrary::{Result, Unstructured};
use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{
    Media,
    gemini::{Content, Part, Request},
};
use serde_json::{Value, value::RawValue};
use std::{sync::LazyLock, time::Duration};

/// A request with all fields.
static FULL: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../tests/data/gemini_full.json")).unwrap());

/// The contents of a body, of which only the last one is parsed.
#[derive(serde::Deserialize)]
struct Sent<'a> {
    #[serde(borrow)]
    contents: Vec<&'a RawValue>,
}

pub fn gemini(data: &[u8], judged: &mut Judged) {
    // An error means that the data is used up, which ends the test.
    let _ = build_and_check(&mut Unstructured::new(data), judged);
}

fn build_and_check(data: &mut Unstructured<'_>, judged: &mut Judged) -> Result<()> {
    let parts = parts(data)?;
    let Some(request) = request(data)? else { return Ok(()) };
    let (parts, bytes): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let request = request.content(Content::user(parts));
    let Some(json) = check(&request, request.body(), judged) else { return Ok(()) };

    let sent: Sent<'_> = serde_json::from_slice(&json).unwrap();
    let content: Value = serde_json::from_str(sent.contents.last().unwrap().get()).unwrap();
    for (part, bytes) in content["parts"].as_array().unwrap().iter().zip(bytes) {
        let Some(bytes) = bytes else { continue };
        assert_eq!(STANDARD.decode(part["inlineData"]["data"].as_str().unwrap()).unwrap(), bytes);
        judged.step(bytes.len());
    }
    Ok(())
}

/// Returns a request with some of all fields and with unusual values, or `None` if one of them has the wrong type.
pub(crate) fn request(data: &mut Unstructured<'_>) -> Result<Option<Request>> {
    Ok(serde_json::from_value(draw(&FULL, data)?).ok())
}

/// Returns parts, each with the bytes of its media if it has any.
pub(crate) fn parts(data: &mut Unstructured<'_>) -> Result<Vec<(Part, Option<Vec<u8>>)>> {
    let mut parts = vec![(Part::text("x"), None)];
    for _ in 0..data.int_in_range(0..=4)? {
        let bytes: Vec<u8> = data.arbitrary()?;
        let media = Media::from_bytes(bytes.clone(), "video/mp4").unwrap();
        let text: String = data.arbitrary()?;
        let part = match data.int_in_range(0..=7)? {
            0 => (Part::inline(media), Some(bytes)),
            1 => (Part::inline(media).mime(text), Some(bytes)),
            2 => (Part::media(media).fps(any_float(data)?), Some(bytes)),
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
