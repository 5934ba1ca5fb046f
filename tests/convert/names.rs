//! A conversion uses the names that the target documents, and converts whatever it has a field for.

use crate::value;
use niello::{Media, chat, gemini};
use serde_json::{Value, json};

/// Other names of documented MIME types, in the notation of RFC 2045, and the documented name.
const NAMES: &[(&str, &str)] = &[
    ("image/jpg", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("IMAGE/JPEG", "image/jpeg"),
    ("image/x-png", "image/png"),
    ("audio/x-wav", "audio/wav"),
    ("audio/wave", "audio/wav"),
    ("audio/vnd.wave;codec=1", "audio/wav"),
    ("audio/mpeg", "audio/mp3"),
    ("Audio/MPEG; charset=binary", "audio/mp3"),
    ("audio/x-m4a", "audio/m4a"),
    ("audio/mp4;codecs=mp4a.40.2", "audio/m4a"),
    ("audio/ogg; codecs=opus", "audio/ogg"),
    ("audio/webm;codecs=opus", "audio/webm"),
    ("audio/x-flac", "audio/flac"),
    ("audio/x-aiff", "audio/aiff"),
    ("audio/aacp", "audio/aac"),
    ("video/quicktime", "video/mov"),
    ("video/x-msvideo", "video/avi"),
    ("video/x-ms-wmv", "video/wmv"),
    ("video/x-m4v", "video/mp4"),
    ("video/mp4;codecs=avc1.42E01E", "video/mp4"),
    ("application/x-pdf", "application/pdf"),
    ("text/plain;charset=utf-8", "text/plain"),
    ("audio/L16;codec=pcm;rate=24000", "audio/L16;rate=24000"),
];

fn to_gemini(parts: Value) -> Value {
    let request = json!({"model": "m", "messages": [{"role": "user", "content": parts}]});
    let request: chat::Request = serde_json::from_value(request).unwrap();
    value(&request.to_gemini().unwrap())["contents"][0]["parts"].take()
}

fn to_chat(part: Value) -> Value {
    let request = json!({"contents": [{"parts": [part, {"text": "x"}]}]});
    let request: gemini::Request = serde_json::from_value(request).unwrap();
    value(&request.to_chat("m").unwrap())["messages"][0]["content"][0].take()
}

#[test]
fn gemini_gets_documented_mime_types() {
    let request: chat::Request = serde_json::from_str(include_str!("../data/faults/data_jpg.json")).unwrap();
    let part = json!({"inlineData": {"mimeType": "image/jpeg", "data": "AAAA"}});
    assert_eq!(value(&request.to_gemini().unwrap())["contents"][0]["parts"][0], part);
    for (name, documented) in NAMES {
        let inline = json!([{"inlineData": {"mimeType": documented, "data": "AAAA"}}]);
        for url in [format!("data:{name};base64,AAAA"), format!("DATA:{name};BASE64,AAAA")] {
            for kind in ["video_url", "audio_url", "image_url"] {
                assert_eq!(to_gemini(json!([{"type": kind, (kind): {"url": url}}])), inline, "{url}");
            }
            assert_eq!(to_gemini(json!([{"type": "file", "file": {"file_data": url}}])), inline, "{url}");
        }
        let media = Media::from_bytes(&b"\0\0\0"[..], *name).unwrap();
        let message = chat::Message::user([chat::Part::media(&media), chat::Part::file(&media)]);
        let gemini = value(&chat::Request::new("m").message(message).to_gemini().unwrap());
        for part in gemini["contents"][0]["parts"].as_array().unwrap() {
            assert_eq!(*part, inline[0], "{name}");
        }
    }
}

#[test]
fn chat_completions_gets_documented_mime_types() {
    for (name, documented) in NAMES {
        let part = to_chat(json!({"inlineData": {"mimeType": name, "data": "AAAA"}}));
        let kind = part["type"].as_str().unwrap();
        let expected = match documented.split('/').next().unwrap() {
            "video" => "video_url",
            "audio" => "audio_url",
            "image" => "image_url",
            _ => "file",
        };
        assert_eq!(kind, expected, "{name}");
        let url = if kind == "file" { &part["file"]["file_data"] } else { &part[kind]["url"] };
        assert_eq!(*url, format!("data:{documented};base64,AAAA"), "{name}");
        let media = Media::from_bytes(&b"\0\0\0"[..], *name).unwrap();
        let content = gemini::Content::user([gemini::Part::inline(&media)]);
        let chat = value(&gemini::Request::new().content(content).to_chat("m").unwrap());
        assert_eq!(chat["messages"][0]["content"][0], part, "{name}");
    }
    // Chat Completions has no field for the type of a URL, but any name of the type that the extension implies will do.
    for (url, mime) in [
        ("https://h/a.mov", "video/quicktime"),
        ("https://h/a.mp3", "audio/mpeg"),
        ("https://h/a.jpg", "image/jpg"),
        ("https://h/a.mpg", "video/mpeg"),
        ("https://h/a.mpeg", "video/mpg"),
        ("https://h/a.ogg", "audio/ogg; codecs=opus"),
    ] {
        let part = to_chat(json!({"fileData": {"fileUri": url, "mimeType": mime}}));
        let kind = part["type"].as_str().unwrap();
        assert_eq!(part[kind]["url"], url);
    }
}

#[test]
fn every_documented_audio_format_converts() {
    let request: chat::Request = serde_json::from_str(include_str!("../data/faults/ia_flac.json")).unwrap();
    let part = json!({"inlineData": {"mimeType": "audio/flac", "data": "AAAA"}});
    assert_eq!(value(&request.to_gemini().unwrap())["contents"][0]["parts"][0], part);
    for (format, mime) in [
        ("wav", "audio/wav"),
        ("WAV", "audio/wav"),
        ("audio/wav", "audio/wav"),
        ("x-wav", "audio/wav"),
        ("mp3", "audio/mp3"),
        ("mpeg", "audio/mp3"),
        ("audio/mpeg", "audio/mp3"),
        ("FLAC", "audio/flac"),
        ("ogg", "audio/ogg"),
        ("oga", "audio/ogg"),
        ("opus", "audio/ogg"),
        ("aac", "audio/aac"),
        ("aiff", "audio/aiff"),
        ("aif", "audio/aiff"),
        ("m4a", "audio/m4a"),
        ("mp4", "audio/m4a"),
        ("webm", "audio/webm"),
        ("audio/webm;codecs=opus", "audio/webm"),
        ("pcm", "audio/pcm"),
        ("audio/pcm;rate=16000", "audio/pcm;rate=16000"),
    ] {
        let part = json!([{"type": "input_audio", "input_audio": {"data": "AAAA", "format": format}}]);
        let inline = json!([{"inlineData": {"mimeType": mime, "data": "AAAA"}}]);
        assert_eq!(to_gemini(part), inline, "{format}");
    }
}

#[test]
fn details_and_names_of_media_convert_both_ways() {
    let image = |detail: &str| json!({"type": "image_url", "image_url": {"url": "https://h/i.png", "detail": detail}});
    let file = json!({"fileUri": "https://h/i.png", "mimeType": "image/png"});
    for (detail, level) in [("low", "MEDIA_RESOLUTION_LOW"), ("high", "MEDIA_RESOLUTION_HIGH")] {
        let part = json!({"fileData": file, "mediaResolution": {"level": level}});
        assert_eq!(to_gemini(json!([image(detail)])), json!([part]));
        assert_eq!(to_chat(part), image(detail));
    }
    // Gemini has more levels than Chat Completions documents, and no name for the default.
    let part = json!({"fileData": file, "mediaResolution": {"level": "MEDIA_RESOLUTION_MEDIUM"}});
    assert_eq!(to_gemini(json!([image("medium")])), json!([part]));
    assert_eq!(to_gemini(json!([image("auto")])), json!([{"fileData": file}]));

    let named = json!({"type": "file", "file": {"filename": "d.pdf", "file_data": "data:application/pdf;base64,AAAA"}});
    let inline =
        json!({"inlineData": {"mimeType": "application/pdf", "data": "AAAA", "displayName": "d.pdf"}});
    assert_eq!(to_gemini(json!([named])), json!([inline]));
    assert_eq!(to_chat(inline.clone()), named);
    // Some servers take bare base64; its type is that of the name.
    let bare = json!({"type": "file", "file": {"filename": "d.pdf", "file_data": "AAAA"}});
    assert_eq!(to_gemini(json!([bare])), json!([inline]));
}

#[test]
fn settings_that_vendors_document_convert_both_ways() {
    let message = json!([{"role": "user", "content": "x"}]);
    let contents = json!([{"role": "user", "parts": [{"text": "x"}]}]);
    for (key, set, config) in [
        ("top_k", json!(40), json!({"topK": 40})),
        (
            "thinking",
            json!({"type": "enabled", "budget_tokens": 512}),
            json!({"thinkingConfig": {"thinkingBudget": 512}}),
        ),
        ("reasoning_effort", json!("none"), json!({"thinkingConfig": {"thinkingBudget": 0}})),
    ] {
        let chat = json!({"model": "m", "messages": message, (key): set});
        let gemini = json!({"contents": contents, "generationConfig": config});
        let request: chat::Request = serde_json::from_value(chat.clone()).unwrap();
        assert_eq!(value(&request.to_gemini().unwrap()), gemini);
        let request: gemini::Request = serde_json::from_value(gemini).unwrap();
        assert_eq!(value(&request.to_chat("m").unwrap()), chat);
    }
    for same in [
        json!({"stream": true, "stream_options": {"include_usage": true}}),
        json!({"parallel_tool_calls": true}),
        json!({"max_tokens": null}),
    ] {
        let mut chat = json!({"model": "m", "messages": message});
        chat.as_object_mut().unwrap().extend(same.as_object().unwrap().clone());
        let request: chat::Request = serde_json::from_value(chat).unwrap();
        assert_eq!(value(&request.to_gemini().unwrap()), json!({"contents": contents}), "{same}");
    }
    let chat = json!({"model": "m", "messages": message, "max_tokens": 5, "max_completion_tokens": 5});
    let request: chat::Request = serde_json::from_value(chat).unwrap();
    assert_eq!(value(&request.to_gemini().unwrap())["generationConfig"], json!({"maxOutputTokens": 5}));
}

#[test]
fn defaults_that_are_spelled_out_convert() {
    let request = json!({
        "contents": [
            {"role": "model", "parts": [{"text": "a", "thought": false}, {"functionCall": {"id": "1", "name": "f"}}]},
            {"role": "user", "parts": [{"functionResponse": {"id": "1", "name": "f", "willContinue": false}}]},
        ],
        "tools": [{"functionDeclarations": [{"name": "f", "behavior": "BLOCKING"}]}],
        "generationConfig": {"thinkingConfig": {"includeThoughts": false}},
    });
    let request: gemini::Request = serde_json::from_value(request).unwrap();
    let chat = value(&request.to_chat("m").unwrap());
    assert_eq!(chat["tools"], json!([{"type": "function", "function": {"name": "f"}}]));
    assert_eq!(chat["messages"][0]["content"], "a");
}

#[test]
fn choice_among_several_functions_converts_both_ways() {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
    let chat = json!({
        "model": "m",
        "messages": [{"role": "user", "content": "x"}],
        "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [tool("a"), tool("b")]}},
    });
    let request: chat::Request = serde_json::from_value(chat.clone()).unwrap();
    let gemini = request.to_gemini().unwrap();
    let config = json!({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["a", "b"]}});
    assert_eq!(value(&gemini)["toolConfig"], config);
    assert_eq!(value(&gemini.to_chat("m").unwrap()), chat);
}

#[test]
fn media_of_a_tool_result_stays_in_the_result() {
    let request = json!({"model": "m", "messages": [
        {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "see", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": [
            {"type": "text", "text": "A cat."},
            {"type": "image_url", "image_url": {"url": "data:image/jpg;base64,AAAA"}},
        ]},
        {"role": "tool", "tool_call_id": "a", "content": [
            {"type": "image_url", "image_url": {"url": "https://h/i.png"}},
        ]},
    ]});
    let request: chat::Request = serde_json::from_value(request).unwrap();
    let gemini = request.to_gemini().unwrap();
    gemini.body().unwrap();
    let image = json!({"inlineData": {"mimeType": "image/jpeg", "data": "AAAA"}});
    let file = json!({"fileData": {"fileUri": "https://h/i.png", "mimeType": "image/png"}});
    assert_eq!(
        value(&gemini)["contents"][1]["parts"],
        json!([
            {"functionResponse": {"id": "a", "name": "see", "response": {"output": "A cat."}, "parts": [image]}},
            {"functionResponse": {"id": "a", "name": "see", "response": {}, "parts": [file]}},
        ])
    );
}

#[test]
fn schemas_convert_what_json_schema_has() {
    let schema = |schema: Value| {
        let config = json!({"responseMimeType": "application/json", "responseSchema": schema});
        let request = json!({"contents": "x", "generationConfig": config});
        let request: gemini::Request = serde_json::from_value(request).unwrap();
        value(&request.to_chat("m").unwrap())["response_format"]["json_schema"]["schema"].take()
    };
    assert_eq!(
        schema(json!({"type": "INTEGER", "enum": ["1", "2"]})),
        json!({"type": "integer", "enum": [1, 2]})
    );
    assert_eq!(
        schema(json!({"type": "OBJECT", "additionalProperties": {"type": "STRING", "nullable": true}})),
        json!({"type": "object", "additionalProperties": {"type": ["string", "null"]}})
    );
    let format = json!({"type": "json_schema", "json_schema": {
        "name": "n", "schema": {"type": "object"}, "description": "d",
    }});
    let chat =
        json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "response_format": format});
    let request: chat::Request = serde_json::from_value(chat).unwrap();
    assert_eq!(
        value(&request.to_gemini().unwrap())["generationConfig"]["responseJsonSchema"],
        json!({"type": "object", "description": "d"})
    );
}
