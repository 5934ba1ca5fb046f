//! Random requests, each with the JSON value it must be written as.

use super::golden;
use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{
    Extracted, Media,
    chat::{Chunk, Content, Function, Message, Part, Request, Response, Role, ToolCall},
    events::FromEvent,
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};

/// Strings with characters that need care: controls, quotes, backslashes, line separators, non-BMP characters.
fn text() -> impl Strategy<Value = String> {
    let hostile = prop_oneof![
        (0u8..0x20).prop_map(char::from),
        prop::sample::select(vec!['"', '\\', '/', '\u{7F}', '\u{2028}', '\u{2029}', '\u{FEFF}', '\u{FFFF}']),
        prop::sample::select(vec!['é', '中', '😀', '\u{10FFFF}', 'u', 'a', '{']),
        any::<char>(),
    ];
    (vec(hostile, 0..12), any::<bool>()).prop_map(|(chars, backslash)| {
        let mut text: String = chars.into_iter().collect();
        if backslash {
            text.push('\\');
        }
        text
    })
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i16>().prop_map(|n| (f64::from(n) / 8.0).into()),
        text().prop_map(Value::from),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((text(), inner), 0..3).prop_map(|pairs| Map::from_iter(pairs).into()),
        ]
    })
}

/// Keys that no type has, with values.
fn extra() -> impl Strategy<Value = Vec<(String, Value)>> {
    vec((text().prop_map(|key| format!("x{key}")), value()), 0..3)
}

/// Returns the object with extra keys. A later key replaces an earlier one of the same name.
fn with(mut object: Value, extra: &[(String, Value)]) -> Value {
    object.as_object_mut().unwrap().extend(extra.iter().cloned());
    object
}

fn media() -> impl Strategy<Value = (Media, String)> {
    let mime = prop::sample::select(vec!["video/mp4", "audio/ogg; codecs=opus", "image/png", "a/b;c=d"]);
    (vec(any::<u8>(), 1..9), mime).prop_map(|(bytes, mime)| {
        let uri = format!("data:{mime};base64,{}", STANDARD.encode(&bytes));
        (Media::from_bytes(bytes, mime).unwrap(), uri)
    })
}

fn url() -> impl Strategy<Value = String> {
    text().prop_map(|text| {
        let path: String = text.chars().filter(|c| !c.is_ascii_control() && *c != ' ').collect();
        format!("https://example.com/{path}")
    })
}

fn source() -> impl Strategy<Value = (niello::Source, String)> {
    prop_oneof![
        url().prop_map(|url| (url.as_str().into(), url)),
        media().prop_map(|(media, uri)| (media.into(), uri)),
    ]
}

fn part() -> impl Strategy<Value = (Part, Value)> {
    let url = (0..3usize, source(), option::of(text()), extra()).prop_map(
        |(kind, (source, url), detail, extra)| {
            let (key, part) = match kind {
                0 => ("video_url", Part::video(source)),
                1 => ("audio_url", Part::audio(source)),
                _ => ("image_url", Part::image(source)),
            };
            let mut inner = json!({"url": url});
            let part = match detail {
                Some(detail) => {
                    inner["detail"] = json!(detail);
                    part.detail(detail)
                }
                None => part,
            };
            let part = extra.iter().fold(part, |part, (key, value)| part.inner_extra(key, value.clone()));
            (part, json!({"type": key, key: with(inner, &extra)}))
        },
    );
    let audio = (vec(any::<u8>(), 1..9), text()).prop_map(|(bytes, format)| {
        let data = STANDARD.encode(&bytes);
        let media = Media::from_bytes(bytes, "audio/wav").unwrap();
        let value = json!({"type": "input_audio", "input_audio": {"data": data, "format": format}});
        (Part::input_audio(media).format(format), value)
    });
    let file = (source(), text(), extra()).prop_map(|((source, url), name, extra)| {
        let inner = with(json!({"file_data": url, "filename": name}), &extra);
        let part = Part::file(source).filename(name);
        let part = extra.iter().fold(part, |part, (key, value)| part.inner_extra(key, value.clone()));
        (part, json!({"type": "file", "file": inner}))
    });
    let text = text().prop_map(|text| (Part::text(&text), json!({"type": "text", "text": text})));
    (prop_oneof![text, url, audio, file], extra()).prop_map(|((part, value), extra)| {
        let part = extra.iter().fold(part, |part, (key, value)| part.extra(key, value.clone()));
        (part, with(value, &extra))
    })
}

fn content() -> impl Strategy<Value = (Content, Value)> {
    prop_oneof![
        text().prop_map(|text| (Content::from(text.as_str()), text.into())),
        vec(part(), 1..4).prop_map(|parts| {
            let (parts, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
            (parts.into(), values.into())
        }),
    ]
}

fn message() -> impl Strategy<Value = (Message, Value)> {
    let said = (text(), content(), option::of(text())).prop_map(|(role, (content, value), name)| {
        let role = format!("x{role}");
        let message = Message::new(role.as_str()).content(content);
        let value = json!({"role": role, "content": value});
        match name {
            Some(name) => (message.name(&name), with(value, &[("name".into(), name.into())])),
            None => (message, value),
        }
    });
    let calls = vec((text(), text(), text(), extra()), 1..3).prop_map(|calls| {
        let (calls, values): (Vec<_>, Vec<_>) = calls
            .into_iter()
            .map(|(id, name, arguments, extra)| {
                let name = format!("f{name}");
                let value = json!({
                    "id": id, "type": "function", "function": {"name": name, "arguments": arguments},
                });
                let call = ToolCall::function(id, name, arguments);
                let call = extra.iter().fold(call, |call, (key, value)| call.extra(key, value.clone()));
                (call, with(value, &extra))
            })
            .unzip();
        let value = json!({"role": "assistant", "content": null, "tool_calls": values});
        (Message::new(Role::Assistant).tool_calls(calls), value)
    });
    let result = (text(), content()).prop_map(|(id, (content, value))| {
        let id = format!("call{id}");
        let expected = json!({"role": "tool", "content": value, "tool_call_id": id});
        (Message::tool(id, content), expected)
    });
    (prop_oneof![3 => said, 1 => calls, 1 => result], extra()).prop_map(|((message, value), extra)| {
        let message = extra.iter().fold(message, |message, (key, value)| message.extra(key, value.clone()));
        (message, with(value, &extra))
    })
}

fn request() -> impl Strategy<Value = (Request, Value)> {
    let numbers = (any::<i64>(), any::<i64>(), any::<i16>(), any::<bool>());
    // `null` is sent, but read back as a field that is not set.
    let schema = value().prop_filter("no null", |value| !value.is_null());
    let texts = (vec(text(), 1..3), vec((text(), text()), 1..3), text(), schema);
    (text(), vec(message(), 1..4), numbers, texts, extra()).prop_map(
        |(model, messages, (tokens, seed, eighths, stream), (stop, metadata, name, schema), extra)| {
            let model = format!("m{model}");
            let name = format!("f{name}");
            let (messages, values): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
            let temperature = f64::from(eighths) / 8.0;
            let expected = json!({
                "model": model,
                "messages": values,
                "max_tokens": tokens,
                "seed": seed,
                "temperature": temperature,
                "stream": stream,
                "stop": stop,
                "metadata": Map::from_iter(
                    metadata.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))),
                ),
                "tools": [{"type": "function", "function": {"name": name, "parameters": schema}}],
                "reasoning_effort": name,
            });
            let request = Request::new(model)
                .messages(messages)
                .max_tokens(tokens)
                .seed(seed)
                .temperature(temperature)
                .stream(stream)
                .stop(stop)
                .metadata(metadata)
                .tool(Function::new(&name).parameters(schema))
                .reasoning_effort(name);
            let request =
                extra.iter().fold(request, |request, (key, value)| request.extra(key, value.clone()));
            (request, with(expected, &extra))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn body_of_a_random_request_has_the_expected_value((request, expected) in request()) {
        let sent = super::sent(&request);
        let got = golden::strict(&sent).unwrap();
        prop_assert_eq!(golden::difference("", &expected, &got), None);
        prop_assert!(sent == serde_json::to_vec(&request).unwrap());
        let read: Request = serde_json::from_slice(&sent).unwrap();
        prop_assert!(super::sent(&read) == sent);
    }

    #[test]
    fn reading_a_random_response_never_panics(
        values in vec(value(), 9),
        bytes in vec(any::<u8>(), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let [a, b, c, d, e, f, g, h, i] = <[Value; 9]>::try_from(values).unwrap();
        let part = json!({"type": "text", "text": a, "x": b});
        let call = json!({"id": c, "function": {"name": d, "arguments": e}, "index": f});
        let message = json!({"role": g, "content": [part, h], "tool_calls": [call]});
        let choice = json!({"message": message, "delta": message, "finish_reason": i});
        for response in [
            json!({"choices": [choice, a], "usage": b, "model": c, "created": d}),
            json!({"choices": e, "error": f, "error_code": g, "message": h, "object": i}),
            a,
        ] {
            let text = response.to_string();
            let cut = cut.index(text.len() + 1);
            for bytes in [text.as_bytes(), &text.as_bytes()[..cut], &bytes] {
                if let Ok(response) = Response::from_slice(bytes) {
                    let _ = (response.text(), response.finish_reason(), response.tool_calls());
                    // Every message of a model can be sent back.
                    if let Some(message) = response.message().filter(|message| message.role != Role::Tool) {
                        prop_assert!(Request::new("m").message(message).body().is_ok());
                    }
                }
                if let Ok(Some(chunk)) = Chunk::from_event(&Extracted::from(&*String::from_utf8_lossy(bytes))) {
                    let _ = (chunk.text(), chunk.finish_reason());
                }
            }
        }
    }
}
