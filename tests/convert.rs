//! Conversion of requests between the formats.

#[path = "gemini/cases.rs"]
mod cases;
#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
mod golden;
#[path = "convert/names.rs"]
mod names;
#[path = "convert/random.rs"]
mod random;
#[path = "convert/rejected.rs"]
mod rejected;

use niello::{Body, Media, Segment, chat, gemini};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashSet;

fn media_count(body: &Body) -> usize {
    body.segments().filter(|(_, segment)| matches!(segment, Segment::Base64(_))).count()
}

fn value(request: &impl Serialize) -> Value {
    golden::strict(&serde_json::to_vec(request).unwrap()).unwrap()
}

fn expected(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(golden::case(name).join("expected.json")).unwrap()).unwrap()
}

#[track_caller]
fn assert_same(what: &str, want: &Value, got: &Value) {
    if let Some(difference) = golden::difference("", want, got) {
        panic!("{what}: {difference}");
    }
}

/// The golden cases of both formats with the same meaning.
const PAIRS: &[(&str, &str)] = &[
    ("seed_chat_video", "seed_gemini_video"),
    ("seed_chat_audio", "seed_gemini_audio"),
    ("chat_all_audio_mimes", "gemini_all_audio_mimes"),
    ("chat_all_video_mimes", "gemini_all_video_mimes"),
    ("chat_base_url_slash", "gemini_base_url_slash"),
    ("chat_bytes3", "gemini_bytes3"),
    ("chat_content_string", "gemini_contents_string"),
    ("chat_media_first", "gemini_media_first"),
    ("chat_mixed_av", "gemini_mixed_av"),
    ("chat_multi_turn", "gemini_multi_turn"),
    ("chat_response_format_schema", "gemini_response_json_schema"),
    ("chat_stream", "gemini_stream"),
    ("chat_system_string", "gemini_system_instruction"),
    ("chat_tools", "gemini_tools"),
    ("chat_videos_many", "gemini_videos_many"),
    ("chat_youtube", "gemini_youtube"),
];

/// Replaces other names of MIME types by those that both services document.
fn with_documented_names(body: Value) -> Value {
    let mut json = body.to_string();
    for (name, documented) in [
        ("video/quicktime", "video/mov"),
        ("audio/mpeg", "audio/mp3"),
        ("audio/mp4", "audio/m4a"),
        ("audio/opus", "audio/ogg"),
    ] {
        json = json.replace(name, documented);
    }
    serde_json::from_str(&json).unwrap()
}

/// Returns a Chat Completions body with the spelling that a conversion gives it.
fn as_converted(chat: Value) -> Value {
    let mut chat = with_documented_names(chat);
    for message in chat["messages"].as_array_mut().unwrap() {
        if let Some([part]) = message["content"].as_array().map(Vec::as_slice)
            && part["type"] == "text"
        {
            message["content"] = part["text"].clone();
        }
    }
    let body = chat.as_object_mut().unwrap();
    body.remove("stream");
    for tool in body.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten() {
        tool["function"].as_object_mut().unwrap().remove("strict");
    }
    if let Some(format) = body.get_mut("response_format") {
        format["json_schema"]["name"] = "response".into();
    }
    chat
}

#[test]
fn golden_cases_convert_into_each_other() {
    for (of_chat, of_gemini) in PAIRS {
        let built = cases::request(of_gemini).unwrap();
        let media = media_count(&built.body().unwrap());
        let chat_value = expected(of_chat);
        let model = chat_value["model"].as_str().unwrap();

        let chat = built.to_chat(model).unwrap();
        let body = chat.body().unwrap();
        assert_eq!(media_count(&body), media, "{of_chat}: media is still streamed");
        assert_same(of_chat, &as_converted(chat_value.clone()), &value(&chat));

        // The converted request has media; the deserialized one has data URIs instead.
        let read: chat::Request = serde_json::from_value(chat_value.clone()).unwrap();
        for (chat, media) in [(chat, media), (read, 0)] {
            let gemini = chat.to_gemini().unwrap();
            assert_eq!(media_count(&gemini.body().unwrap()), media, "{of_gemini}: media is still streamed");
            let mut want = with_documented_names(expected(of_gemini));
            if let Some(function) = want.pointer_mut("/tools/0/functionDeclarations/0") {
                let schema = function["parameters"].to_string().replace("OBJECT", "object");
                let schema = schema.replace("NUMBER", "number").replace("STRING", "string");
                function.as_object_mut().unwrap().remove("parameters");
                function["parametersJsonSchema"] = serde_json::from_str(&schema).unwrap();
            }
            assert_same(of_gemini, &want, &value(&gemini));
        }
        let read: gemini::Request = serde_json::from_value(expected(of_gemini)).unwrap();
        assert_same(of_chat, &as_converted(chat_value.clone()), &value(&read.to_chat(model).unwrap()));
    }
}

#[test]
fn tool_calls_and_results_convert_both_ways() {
    let chat = json!({
        "model": "m",
        "messages": [
            {"role": "user", "content": "Both?"},
            {"role": "assistant", "content": "Looking.", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "see", "arguments": "{\"at\":1.5}"},
                 "extra_content": {"google": {"thought_signature": "c2ln+/="}}},
                {"id": "b", "type": "function", "function": {"name": "hear", "arguments": "{}"}},
            ]},
            {"role": "tool", "content": "A cat.", "tool_call_id": "a"},
            {"role": "tool", "content": "{\"sound\":[\"meow\"]}", "tool_call_id": "b"},
            {"role": "user", "content": "So?"},
        ],
    });
    let gemini = json!({
        "contents": [
            {"role": "user", "parts": [{"text": "Both?"}]},
            {"role": "model", "parts": [
                {"text": "Looking."},
                {"functionCall": {"id": "a", "name": "see", "args": {"at": 1.5}}, "thoughtSignature": "c2ln+/="},
                {"functionCall": {"id": "b", "name": "hear", "args": {}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "a", "name": "see", "response": {"output": "A cat."}}},
                {"functionResponse": {"id": "b", "name": "hear", "response": {"sound": ["meow"]}}},
            ]},
            {"role": "user", "parts": [{"text": "So?"}]},
        ],
    });
    let request: chat::Request = serde_json::from_value(chat.clone()).unwrap();
    assert_same("to Gemini", &gemini, &value(&request.to_gemini().unwrap()));
    let request: gemini::Request = serde_json::from_value(gemini).unwrap();
    assert_same("to chat", &chat, &value(&request.to_chat("m").unwrap()));
}

#[test]
fn responses_without_ids_match_the_calls_in_order() {
    let call = |name: &str| json!({"functionCall": {"name": name}});
    let response = |name: &str, n: u8| json!({"functionResponse": {"name": name, "response": {"n": n}}});
    let request = json!({"contents": [
        {"role": "model", "parts": [
            call("a"), call("b"), {"functionCall": {"id": "call_2", "name": "a"}}, call("a"),
        ]},
        {"parts": [response("b", 1), response("a", 2), response("a", 3), response("a", 4), {"text": "x"}]},
    ]});
    let request: gemini::Request = serde_json::from_value(request).unwrap();
    let chat = value(&request.to_chat("m").unwrap());
    let ids = ["call_0", "call_1", "call_2", "call_3"];
    for (call, id) in ids.iter().enumerate() {
        assert_eq!(chat["messages"][0]["tool_calls"][call]["id"], *id);
        assert_eq!(chat["messages"][0]["tool_calls"][call]["function"]["arguments"], "{}");
    }
    let results: Vec<_> = chat["messages"].as_array().unwrap()[1..]
        .iter()
        .map(|message| (message["tool_call_id"].as_str(), message["content"].as_str().unwrap()))
        .collect();
    assert_eq!(
        results,
        [
            (Some("call_1"), r#"{"n":1}"#),
            (Some("call_0"), r#"{"n":2}"#),
            (Some("call_2"), r#"{"n":3}"#),
            (Some("call_3"), r#"{"n":4}"#),
            (None, "x"),
        ]
    );
}

/// The lookups have to be fast: if each scanned all calls, this test would take minutes.
#[test]
fn thirty_thousand_calls_convert_both_ways() {
    const CALLS: usize = 30_000;
    let id = |i: usize| format!("id{i}");
    let calls: Vec<_> = (0..CALLS)
        .map(
            |i| json!({"id": id(i), "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}),
        )
        .collect();
    let mut messages = vec![json!({"role": "assistant", "tool_calls": calls})];
    messages.extend(
        (0..CALLS)
            .rev()
            .map(|i| json!({"role": "tool", "tool_call_id": id(i), "content": format!("result {i}")})),
    );
    let request: chat::Request = serde_json::from_value(json!({"model": "m", "messages": messages})).unwrap();
    let gemini = request.to_gemini().unwrap();
    assert_same("back to chat", &value(&request), &value(&gemini.to_chat("m").unwrap()));

    // Without ids, responses match calls in order. The second half of the calls has the ids that the first half
    // would get.
    let calls: Vec<_> = (0..CALLS)
        .map(|i| match i < CALLS / 2 {
            true => json!({"functionCall": {"name": "f"}}),
            false => json!({"functionCall": {"name": "f", "id": format!("call_{}", i - CALLS / 2)}}),
        })
        .collect();
    let responses: Vec<_> =
        (0..CALLS).map(|i| json!({"functionResponse": {"name": "f", "response": {"i": i}}})).collect();
    let contents = json!([{"role": "model", "parts": calls}, {"role": "user", "parts": responses}]);
    let request: gemini::Request = serde_json::from_value(json!({"contents": contents})).unwrap();
    let chat = request.to_chat("m").unwrap();
    let ids: Vec<_> = chat.messages[0].tool_calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids[0], format!("call_{}", CALLS / 2));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), CALLS, "every id is unique");
    let responded: Vec<_> = chat.messages[1..].iter().map(|m| m.tool_call_id.as_deref().unwrap()).collect();
    assert_eq!(responded, ids);
}

#[test]
fn media_is_shared_and_keeps_the_type_of_its_part() {
    let sound = Media::from_bytes("RIFF", "audio/x-wav").unwrap();
    let clip = Media::from_bytes("clip", "video/mp4").unwrap();
    let request = chat::Request::new("m")
        .message(chat::Message::user([chat::Part::input_audio(&sound), chat::Part::file(&clip)]));
    let gemini = request.to_gemini().unwrap();
    assert_eq!(media_count(&gemini.body().unwrap()), 2);
    let parts = json!([
        {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
        {"inlineData": {"mimeType": "video/mp4", "data": "Y2xpcA=="}},
    ]);
    assert_eq!(value(&gemini)["contents"][0]["parts"], parts);
    let chat = gemini.to_chat("m").unwrap();
    assert_eq!(media_count(&chat.body().unwrap()), 2);
    let parts = json!([
        {"type": "audio_url", "audio_url": {"url": "data:audio/wav;base64,UklGRg=="}},
        {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,Y2xpcA=="}},
    ]);
    assert_eq!(value(&chat)["messages"][0]["content"], parts);
    let is_shared = chat.body().unwrap().segments().any(|(_, segment)| match segment {
        Segment::Base64(media) => media.ptr_eq(&sound),
        _ => false,
    });
    assert!(is_shared, "the media is copied");
}

#[test]
fn inline_data_becomes_a_data_uri_with_standard_base64() {
    for (data, expected) in [("_-_-", "/+/+"), ("_-8", "/+8="), ("_w", "/w=="), ("AA==", "AA==")] {
        let part = gemini::Part::inline(gemini::InlineData::new("image/png", data));
        let request = gemini::Request::new().content(gemini::Content::user([part]));
        let chat = value(&request.to_chat("m").unwrap());
        let url = &chat["messages"][0]["content"][0]["image_url"]["url"];
        assert_eq!(url, &format!("data:image/png;base64,{expected}"));
    }
}

#[test]
fn gemini_schema_becomes_json_schema() {
    use gemini::{Content, FunctionDeclaration, Request, Schema, Tool};
    let schema = Schema::object([
        ("type", Schema::string().enum_values(["A", "STRING"]).nullable(true)),
        ("list", Schema::array(Schema::integer().format("int32")).min_items(1)),
        (
            "either",
            Schema::any_of([Schema::number().minimum(0.5), Schema::string().example("x")]).nullable(true),
        ),
    ])
    .required(["list"]);
    let request = Request::new()
        .content(Content::user("x"))
        .tool(Tool::functions([FunctionDeclaration::new("f").parameters(schema)]));
    assert_eq!(
        value(&request.to_chat("m").unwrap())["tools"][0]["function"]["parameters"],
        json!({
            "type": "object",
            "properties": {
                "type": {"type": ["string", "null"], "enum": ["A", "STRING", null]},
                "list": {"type": "array", "items": {"type": "integer", "format": "int32"}, "minItems": 1},
                "either": {"anyOf": [
                    {"type": "number", "minimum": 0.5}, {"type": "string", "examples": ["x"]}, {"type": "null"},
                ]},
            },
            "required": ["list"],
        })
    );
}
