//! Random requests, including hostile strings, parse back to the values that they were built from.

use crate::golden;
use niello::{
    Media,
    gemini::{Content, FunctionCall, GenerationConfig, Part, Request, Role, Schema},
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Strings that careless JSON writers get wrong: with control characters, line separators, quotes, backslashes at the
/// end, characters of two and four bytes, and what looks like base64 or a template directive.
fn text() -> impl Strategy<Value = String> {
    let hostile = prop_oneof![
        (0_u8..0x20).prop_map(char::from),
        prop::sample::select(vec!['"', '\\', '/', '\u{7F}', '\u{2028}', '\u{2029}', '\u{FEFF}', '\u{FFFF}']),
        prop::sample::select(vec!['é', '😀', '\u{10FFFF}', 'a', '$', '{', '}', '+', '=']),
        any::<char>(),
    ];
    let ending = prop_oneof![Just(""), Just("\\"), Just("\\\\"), Just("\\u"), Just("\"")];
    (vec(hostile, 0..12), ending).prop_map(|(text, ending)| text.into_iter().collect::<String>() + ending)
}

/// A finite number that every parser reads back unchanged.
fn number() -> impl Strategy<Value = f64> {
    any::<i32>().prop_map(|eighths| f64::from(eighths) / 8.0)
}

/// A part and its JSON.
fn part() -> impl Strategy<Value = (Part, Value)> {
    let data = prop_oneof![
        text().prop_map(|text| (Part::text(&*text), json!({ "text": text }))),
        vec(any::<u8>(), 1..40).prop_map(|bytes| {
            use base64::prelude::*;
            let data = json!({ "mimeType": "video/mp4", "data": BASE64_STANDARD.encode(&bytes) });
            let media = Media::from_bytes(bytes, "video/mp4").unwrap();
            (Part::inline(media), json!({ "inlineData": data }))
        }),
        text().prop_map(|uri| {
            let uri = format!("gs://{}", uri.replace(|c: char| c.is_ascii_control(), ""));
            (
                Part::file(&*uri).mime("audio/mp3"),
                json!({ "fileData": { "fileUri": uri, "mimeType": "audio/mp3" } }),
            )
        }),
        (text(), text(), text()).prop_map(|(name, key, value)| {
            let name = format!("f{name}");
            let args = Map::from_iter([(key, Value::from(value))]);
            let call = FunctionCall::new(&*name, args.clone());
            (Part::function_call(call), json!({ "functionCall": { "name": name, "args": args } }))
        }),
    ];
    let others = (option::of(text()), option::of(any::<bool>()), option::of((0_u32..9999, 1_u32..193)));
    (data, others).prop_map(|((mut part, mut value), (signature, thought, video))| {
        if let Some(signature) = signature {
            value["thoughtSignature"] = signature.clone().into();
            part = part.thought_signature(signature);
        }
        if let Some(thought) = thought {
            value["thought"] = thought.into();
            part = part.thought(thought);
        }
        let is_media = value.get("inlineData").or(value.get("fileData")).is_some();
        if let Some((millis, eighths)) = video.filter(|_| is_media) {
            let fps = f64::from(eighths) / 8.0;
            let millis = millis * 10 + 1;
            part = part.start(Duration::from_millis(millis.into())).fps(fps);
            let start = format!("{}.{:03}s", millis / 1000, millis % 1000);
            value["videoMetadata"] = json!({ "startOffset": start, "fps": fps });
        }
        (part, value)
    })
}

fn content() -> impl Strategy<Value = (Content, Value)> {
    (vec(part(), 1..5), option::of(text())).prop_map(|(parts, role)| {
        let (parts, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let (mut content, mut value) = (Content::new(parts), json!({ "parts": values }));
        if let Some(role) = role {
            value["role"] = role.clone().into();
            content = content.role(Role::from(role));
        }
        (content, value)
    })
}

fn config() -> impl Strategy<Value = (GenerationConfig, Value)> {
    (vec(text(), 1..4), number(), any::<u32>(), any::<i64>(), text(), number()).prop_map(
        |(stop, temperature, tokens, seed, name, maximum)| {
            let value = json!({
                "stopSequences": stop,
                "temperature": temperature,
                "maxOutputTokens": tokens,
                "seed": seed,
                "responseSchema": { "type": "OBJECT", "properties": { &*name: { "maximum": maximum } } },
            });
            let shape = Schema::object([(name, Schema::default().maximum(maximum))]);
            let config = GenerationConfig::new()
                .stop_sequences(stop)
                .temperature(temperature)
                .max_output_tokens(tokens)
                .seed(seed)
                .response_schema(shape);
            (config, value)
        },
    )
}

fn request() -> impl Strategy<Value = (Request, Value)> {
    (vec(content(), 1..4), option::of(config()), text(), text(), text()).prop_map(
        |(contents, config, system, key, label)| {
            let (contents, values): (Vec<_>, Vec<_>) = contents.into_iter().unzip();
            let key = format!("x{key}");
            let request = Request::new()
                .contents(contents)
                .system(&*system)
                .label(&*key, &*label)
                .extra(&*key, &*label);
            let mut value = json!({
                "contents": values,
                "systemInstruction": { "parts": [{ "text": system }] },
                "labels": { &*key: &*label },
                &*key: &*label,
            });
            match config {
                Some((config, config_value)) => {
                    value["generationConfig"] = config_value;
                    (request.generation_config(config), value)
                }
                None => (request, value),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn body_parses_back_to_the_values_it_was_built_from((request, value) in request()) {
        let written = crate::bytes(&request);
        let parsed = golden::strict(&written).unwrap();
        prop_assert_eq!(golden::difference("", &value, &parsed), None);
        let read: Request = serde_json::from_slice(&written).unwrap();
        prop_assert!(crate::bytes(&read) == written, "differs after it was read back");
    }
}
