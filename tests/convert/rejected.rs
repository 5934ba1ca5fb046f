//! A conversion rejects what the other format cannot express, and names its path.

use crate::value;
use niello::{ErrorKind, Media, chat, gemini};
use serde_json::{Map, Value, json};

#[track_caller]
fn assert_rejected<T>(path: &str, converted: niello::Result<T>) {
    let Err(error) = converted else { panic!("{path} is not rejected") };
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let message = error.to_string();
    let starts_with_path = message.strip_prefix(path).is_some_and(|rest| rest.starts_with([':', ' ']));
    assert!(starts_with_path, "{error}: does not start with {path}");
}

fn chat_request(keys: Value) -> chat::Request {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
    request.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    serde_json::from_value(request).unwrap()
}

fn gemini_request(keys: Value) -> gemini::Request {
    let mut request = json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}]});
    request.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    serde_json::from_value(request).unwrap()
}

#[test]
fn fields_that_gemini_lacks_are_rejected() {
    let user = |part: Value| {
        let text = json!({"type": "text", "text": "t"});
        json!({"messages": [{"role": "user", "content": [text, part]}]})
    };
    let call = |call: Value| json!({"messages": [{"role": "assistant", "tool_calls": [call]}]});
    let content = "messages[0].content[1]";
    let cases = [
        (content, "type", user(json!({"type": "refusal", "refusal": "no"}))),
        (content, "type", user(json!({"type": "hologram", "hologram": 1}))),
        (content, "uuid", user(json!({"type": "text", "text": "x", "uuid": "u"}))),
        (
            content,
            "image_url.detail",
            user(json!({"type": "image_url", "image_url": {"url": "https://a/i.png", "detail": "squint"}})),
        ),
        (
            content,
            "video_url.fps",
            user(json!({"type": "video_url", "video_url": {"url": "https://a/i.mp4", "fps": null}})),
        ),
        (content, "video_url.url", user(json!({"type": "video_url", "video_url": {"url": "https://a/b"}}))),
        (content, "audio_url.url", user(json!({"type": "audio_url", "audio_url": {"url": "data:,x"}}))),
        (
            content,
            "audio_url.url",
            user(json!({"type": "audio_url", "audio_url": {"url": "data:;base64,AAAA"}})),
        ),
        (
            content,
            "input_audio.format",
            user(json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "amr"}})),
        ),
        (
            content,
            "file.file_data",
            user(json!({"type": "file", "file": {"file_data": "AAAA", "filename": "b"}})),
        ),
        (
            content,
            "video_url.url",
            user(json!({"type": "video_url", "video_url": {"url": "data:video/mp4;base64,A%2BA="}})),
        ),
        (content, "file.file_id", user(json!({"type": "file", "file": {"file_id": "f"}}))),
        (content, "file.file_data", user(json!({"type": "file", "file": {}}))),
        ("messages[0].tool_calls[0]", "id2", call(json!({"id": "a", "id2": 1, "function": {"name": "f"}}))),
        ("messages[0].tool_calls[0]", "type", call(json!({"id": "a", "type": "custom"}))),
        ("messages[0].tool_calls[0]", "function", call(json!({"id": "a"}))),
        (
            "messages[0].tool_calls[0]",
            "function.arguments",
            call(json!({"id": "a", "function": {"name": "f", "arguments": "[1]"}})),
        ),
        (
            "messages[0].tool_calls[0]",
            "extra_content",
            call(json!({"id": "a", "function": {"name": "f"}, "extra_content": {"google": {"x": 1}}})),
        ),
    ];
    for (at, key, keys) in cases {
        assert_rejected(&format!("{at}.{key}"), chat_request(keys).to_gemini());
    }
    for (path, keys) in [
        (
            "messages[1].role",
            json!({"messages": [
                {"role": "user", "content": "x"}, {"role": "system", "content": "x"},
            ]}),
        ),
        ("messages[0].role", json!({"messages": [{"role": "critic", "content": "x"}]})),
        ("messages[0].name", json!({"messages": [{"role": "user", "content": "x", "name": "n"}]})),
        (
            "messages[0].tool_call_id",
            json!({"messages": [
                {"role": "user", "content": "x", "tool_call_id": "a"},
            ]}),
        ),
        (
            "messages[0].reasoning_content",
            json!({"messages": [
                {"role": "assistant", "content": "x", "reasoning_content": "n"},
            ]}),
        ),
        (
            "messages[0].tool_call_id",
            json!({"messages": [
                {"role": "tool", "content": "x", "tool_call_id": "a"},
            ]}),
        ),
        (
            "messages[1].content[0].image_url.detail",
            json!({"messages": [
                {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f"}}]},
                {"role": "tool", "tool_call_id": "a", "content": [
                    {"type": "image_url", "image_url": {"url": "https://a/i.png", "detail": "low"}},
                ]},
            ]}),
        ),
        ("max_completion_tokens", json!({"max_tokens": 1, "max_completion_tokens": 2})),
        ("reasoning_effort", json!({"reasoning_effort": "xhigh"})),
        ("modalities[1]", json!({"modalities": ["text", "smell"]})),
        ("response_format.type", json!({"response_format": {"type": "grammar"}})),
        ("response_format.json_schema", json!({"response_format": {"type": "json_schema"}})),
        (
            "response_format.json_schema.schema",
            json!({"response_format": {
                "type": "json_schema", "json_schema": {"name": "n"},
            }}),
        ),
        (
            "response_format.json_schema.description",
            json!({"response_format": {
                "type": "json_schema", "json_schema": {"name": "n", "schema": {"description": "s"}, "description": "d"},
            }}),
        ),
        ("tools[0].type", json!({"tools": [{"type": "web_search"}]})),
        ("tools[0].function.strict", json!({"tools": [{"function": {"name": "f", "strict": true}}]})),
        ("tool_choice", json!({"tool_choice": {"type": "allowed_tools"}})),
        ("top_k", json!({"top_k": 0.5})),
        ("top_a", json!({"top_a": 5})),
        ("thinking", json!({"thinking": {"type": "enabled", "budget_tokens": 5, "x": 1}})),
        ("thinking", json!({"thinking": {"type": "disabled"}, "reasoning_effort": "low"})),
        ("parallel_tool_calls", json!({"parallel_tool_calls": false})),
        ("stream_options", json!({"stream_options": {"include_obfuscation": false}})),
    ] {
        assert_rejected(path, chat_request(keys).to_gemini());
    }
}

#[test]
fn fields_that_chat_completions_lacks_are_rejected() {
    let parts = |role: &str, parts: Value| json!({"contents": [{"role": role, "parts": parts}]});
    let video = json!({"fileUri": "https://a/b.mp4"});
    let schema = |schema: Value| json!({"generationConfig": {"responseMimeType": "application/json", "responseSchema": schema}});
    for (path, keys) in [
        ("contents[0].role", parts("critic", json!([{"text": "x"}]))),
        ("contents[0].x", json!({"contents": [{"parts": [{"text": "x"}], "x": 1}]})),
        (
            "contents[0].parts[1].videoMetadata",
            parts(
                "user",
                json!([
                    {"text": "x"}, {"fileData": video, "videoMetadata": {"fps": 2}},
                ]),
            ),
        ),
        (
            "contents[0].parts[0].mediaResolution",
            parts(
                "user",
                json!([
                    {"fileData": video, "mediaResolution": {"numTokens": 2}},
                ]),
            ),
        ),
        (
            "contents[0].parts[0].fileData.displayName",
            parts(
                "user",
                json!([
                    {"fileData": {"fileUri": "https://a/b.mp4", "displayName": "x"}},
                ]),
            ),
        ),
        (
            "contents[0].parts[0].fileData.mimeType",
            parts(
                "user",
                json!([
                    {"fileData": {"fileUri": "https://a/b", "mimeType": "video/mp4"}},
                ]),
            ),
        ),
        (
            "contents[0].parts[0].inlineData.displayName",
            parts(
                "user",
                json!([
                    {"inlineData": {"mimeType": "video/mp4", "data": "AAAA", "displayName": "x"}},
                ]),
            ),
        ),
        (
            "contents[0].parts[0].fileData.mimeType",
            parts("user", json!([{"fileData": {"fileUri": "https://x/a.mp4", "mimeType": "video/webm"}}])),
        ),
        (
            "contents[0].parts[0].fileData.mimeType",
            parts("user", json!([{"fileData": {"fileUri": "https://x/a.wav", "mimeType": "audio/mp3"}}])),
        ),
        (
            "contents[1].parts[1].functionResponse",
            json!({"contents": [
                {"role": "model", "parts": [{"functionCall": {"name": "f"}}]},
                {"role": "user", "parts": [{"text": "x"}, {"functionResponse": {"name": "f"}}]},
            ]}),
        ),
        (
            "contents[2].parts[0].functionResponse",
            json!({"contents": [
                {"role": "model", "parts": [{"functionCall": {"name": "f"}}]},
                {"role": "user", "parts": [{"text": "x"}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "f"}}]},
            ]}),
        ),
        ("contents[0].parts[0].thought", parts("model", json!([{"text": "x", "thought": true}]))),
        (
            "contents[0].parts[0].thoughtSignature",
            parts("model", json!([{"text": "x", "thoughtSignature": "s"}])),
        ),
        ("contents[0].parts[0].thoughtSignature", parts("model", json!([{"thoughtSignature": "s"}]))),
        ("contents[0].parts[0].executableCode", parts("model", json!([{"executableCode": {"code": "1"}}]))),
        ("contents[0].parts[0].functionCall", parts("user", json!([{"functionCall": {"name": "f"}}]))),
        (
            "contents[0].parts[0].functionCall.x",
            parts("model", json!([{"functionCall": {"name": "f", "x": 1}}])),
        ),
        (
            "contents[0].parts[0].functionResponse",
            parts("model", json!([{"functionResponse": {"name": "f"}}])),
        ),
        (
            "contents[0].parts[0].functionResponse",
            parts("user", json!([{"functionResponse": {"name": "f"}}])),
        ),
        (
            "contents[0].parts[0].functionResponse.willContinue",
            parts(
                "user",
                json!([
                    {"functionResponse": {"name": "f", "willContinue": true}},
                ]),
            ),
        ),
        ("contents[0].parts[1]", parts("model", json!([{"functionCall": {"name": "f"}}, {"text": "x"}]))),
        (
            "systemInstruction.parts[0].partMetadata",
            json!({"systemInstruction": {
                "parts": [{"text": "x", "partMetadata": {"a": 1}}],
            }}),
        ),
        ("systemInstruction.x", json!({"systemInstruction": {"parts": [{"text": "x"}], "x": {}}})),
        ("tools[1].googleSearch", json!({"tools": [{}, {"googleSearch": {}}]})),
        (
            "tools[0].functionDeclarations[0].behavior",
            json!({"tools": [
                {"functionDeclarations": [{"name": "f", "behavior": "NON_BLOCKING"}]},
            ]}),
        ),
        (
            "tools[0].functionDeclarations[0].parameters.properties.a.propertyOrdering",
            json!({"tools": [
                {"functionDeclarations": [{"name": "f", "parameters": {
                    "type": "OBJECT", "properties": {"a": {"propertyOrdering": ["b"]}},
                }}]},
            ]}),
        ),
        (
            "tools[0].functionDeclarations[0].parameters",
            json!({"tools": [
                {"functionDeclarations": [{"name": "f", "parameters": {}, "parametersJsonSchema": {}}]},
            ]}),
        ),
        ("toolConfig.retrievalConfig", json!({"toolConfig": {"retrievalConfig": {}}})),
        (
            "toolConfig.functionCallingConfig.mode",
            json!({"toolConfig": {
                "functionCallingConfig": {"mode": "VALIDATED"},
            }}),
        ),
        (
            "toolConfig.functionCallingConfig.allowedFunctionNames",
            json!({"toolConfig": {
                "functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["a", "b"]},
            }}),
        ),
        (
            "generationConfig.responseSchema.items.example",
            schema(json!({"items": {"example": 1, "examples": [2]}})),
        ),
        (
            "generationConfig.responseSchema.additionalProperties.oneOf",
            schema(json!({"type": "OBJECT", "additionalProperties": {"oneOf": [{}]}})),
        ),
        ("generationConfig.responseSchema.oneOf", schema(json!({"oneOf": [{"type": "STRING"}]}))),
        ("generationConfig.responseSchema.enum", schema(json!({"type": "INTEGER", "enum": ["1", "two"]}))),
        ("generationConfig.audioTimestamp", json!({"generationConfig": {"audioTimestamp": true}})),
        (
            "generationConfig.responseMimeType",
            json!({"generationConfig": {"responseMimeType": "text/x.enum"}}),
        ),
        ("generationConfig.responseJsonSchema", json!({"generationConfig": {"responseJsonSchema": {}}})),
        (
            "generationConfig.responseSchema",
            json!({"generationConfig": {
                "responseMimeType": "application/json", "responseSchema": {}, "responseJsonSchema": {},
            }}),
        ),
        (
            "generationConfig.responseModalities[0]",
            json!({"generationConfig": {
                "responseModalities": ["VIDEO"],
            }}),
        ),
        (
            "generationConfig.thinkingConfig.thinkingBudget",
            json!({"generationConfig": {
                "thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"},
            }}),
        ),
        ("labels", json!({"labels": {"a": "b"}})),
    ] {
        assert_rejected(path, gemini_request(keys).to_chat("m"));
    }
}

#[test]
fn invalid_requests_are_rejected_as_by_their_body() {
    let error = chat::Request::new("m").to_gemini().unwrap_err();
    assert!(error.to_string().starts_with("messages is empty"), "{error}");
    let part = gemini::Part::text("x").mime("video/mp4");
    let error = gemini::Request::new().content(gemini::Content::user(part)).to_chat("m").unwrap_err();
    assert!(error.to_string().contains("mime()"), "{error}");
}

/// The file is truncated, so reading it to find what remains of the request would fail.
#[test]
fn media_is_not_read_to_reject_a_field() {
    let large = tempfile::NamedTempFile::new().unwrap();
    large.as_file().set_len(1 << 20).unwrap();
    let clip = Media::options().mime("video/mp4").open(large.path()).unwrap();
    large.as_file().set_len(0).unwrap();
    let result = gemini::FunctionResponse::new("f", Map::new()).part(gemini::Part::inline(&clip));
    let result = gemini::Part::function_response(result);
    for content in [gemini::Content::user(result.clone()), gemini::Content::model(result)] {
        let request = gemini::Request::new().content(content.part(gemini::Part::inline(&clip)));
        let error = request.to_chat("m").unwrap_err();
        assert!(error.to_string().starts_with("contents[0].parts[0].functionResponse"), "{error}");
    }
    let inline = gemini::Part::inline(&clip).fps(1.0);
    assert_rejected(
        "contents[0].parts[0].videoMetadata",
        gemini::Request::new().content(gemini::Content::user(inline)).to_chat("m"),
    );
    let message = chat::Message::user(chat::Part::video(&clip).detail("squint"));
    assert_rejected(
        "messages[0].content[0].video_url.detail",
        chat::Request::new("m").message(message).to_gemini(),
    );
}

#[test]
fn speech_is_rejected_whatever_its_length() {
    for len in [10, 1 << 20] {
        let speech = Media::from_bytes(vec![0; len], "audio/wav").unwrap();
        let message = chat::Message::assistant("x").audio(chat::Audio::default().data(speech));
        assert_rejected("messages[0].audio", chat::Request::new("m").message(message).to_gemini());
    }
}

fn full_request(name: &str) -> Map<String, Value> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Each field of a request with all fields is either rejected by its name, or still there after both conversions.
#[test]
fn no_field_is_lost() {
    for (key, set) in full_request("chat_full.json") {
        if matches!(&*key, "model" | "stream" | "stream_options" | "messages") {
            continue;
        }
        match chat_request(json!({&*key: set})).to_gemini() {
            Err(error) => assert!(error.to_string().contains(&key), "{key}: {error}"),
            Ok(gemini) => {
                let back = value(&gemini.to_chat("m").unwrap());
                let key = if key == "max_completion_tokens" { "max_tokens" } else { &key };
                assert!(!back[key].is_null(), "{key} is lost");
            }
        }
    }
    let gemini = full_request("gemini_full.json");
    let Some(Value::Object(config)) = gemini.get("generationConfig") else { panic!("generationConfig") };
    let each = config.iter().map(|(key, set)| (key, json!({"generationConfig": {key: set}})));
    let outer = gemini.iter().filter(|(key, _)| !matches!(&***key, "contents" | "generationConfig"));
    for (key, keys) in each.chain(outer.map(|(key, set)| (key, json!({key: set})))) {
        match gemini_request(keys).to_chat("m") {
            Err(error) => assert!(error.to_string().contains(key.as_str()), "{key}: {error}"),
            Ok(chat) => {
                let back = value(&chat.to_gemini().unwrap());
                let there = !back[key].is_null() || !back["generationConfig"][key].is_null();
                assert!(there, "{key} is lost");
            }
        }
    }
}
