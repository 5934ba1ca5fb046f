//! Shapes that Google's servers and SDKs accept beside the documented ones: both spellings of a key, one object in
//! place of a list, capitals, and durations as objects.

use crate::golden;
use niello::{
    ErrorKind,
    events::Events,
    gemini::{FinishReason, GenerationConfig, InlineData, Part, Request, Response, Role, Tool},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

const FULL: &str = include_str!("../data/gemini_full.json");

/// Fields whose keys are names that the user chose, at every depth.
const FREE_FORM: &[&str] =
    &["args", "responseJsonSchema", "parametersJsonSchema", "example", "default", "labels", "partMetadata"];

/// Keys of the full request that are not fields of the API.
const UNKNOWN: &[&str] = &["vendorField", "routingConfig"];

fn snake_case(key: &str) -> String {
    let words = key
        .chars()
        .map(|c| if c.is_ascii_uppercase() { format!("_{}", c.to_ascii_lowercase()) } else { c.into() });
    words.collect()
}

/// Rewrites the keys that `choose` selects to the spelling of `.proto` files.
fn respell(value: &Value, object: &str, choose: &mut impl FnMut() -> bool) -> Value {
    match value {
        Value::Object(keys) => {
            let respelled = keys.iter().map(|(key, value)| {
                let is_name = object == "properties" || UNKNOWN.contains(&&**key);
                let is_free_form = UNKNOWN.contains(&&**key)
                    || FREE_FORM.contains(&&**key) && object != "properties"
                    || object == "functionResponse" && key == "response";
                let value = if is_free_form { value.clone() } else { respell(value, key, choose) };
                let key = if !is_name && choose() { snake_case(key) } else { key.clone() };
                (key, value)
            });
            Value::Object(respelled.collect())
        }
        Value::Array(list) => list.iter().map(|item| respell(item, "", choose)).collect(),
        value => value.clone(),
    }
}

fn written(request: &Request) -> Value {
    serde_json::from_slice(&crate::bytes(request)).unwrap()
}

fn read(request: &str) -> Request {
    serde_json::from_str(request).unwrap()
}

#[test]
fn every_key_of_a_request_is_read_in_both_spellings() {
    let full: Value = serde_json::from_str(FULL).unwrap();
    let mut count = 0;
    let respelled = respell(&full, "", &mut || {
        count += 1;
        true
    });
    assert!(respelled != full && !respelled.to_string().contains("mimeType"));
    let difference = |request: &Request| golden::difference("", &full, &written(request));
    assert_eq!(difference(&serde_json::from_value(respelled.clone()).unwrap()), None);
    assert_eq!(difference(&read(&respelled.to_string())), None);

    // Each key alone, so that an object has both spellings for different keys.
    for chosen in 0..count {
        let mut at = 0;
        let respelled = respell(&full, "", &mut || {
            at += 1;
            at == chosen + 1
        });
        assert_eq!(difference(&read(&respelled.to_string())), None, "key {chosen}");
    }
}

#[test]
fn free_form_values_keep_their_keys() {
    let request = json!({
        "contents": [{ "parts": [
            { "function_call": { "name": "f", "args": { "a_b": 1, "aB": { "c_d": 2 } } } },
            { "function_response": { "name": "f", "response": { "a_b": 1, "aB": 2 } } },
            { "text": "x", "part_metadata": { "a_b": 1 } },
        ] }],
        "tools": [{ "function_declarations": [{
            "name": "f",
            "parameters": { "type": "OBJECT", "properties": { "a_b": { "min_items": 1 }, "aB": {} }, "required": ["a_b"] },
            "response_json_schema": { "a_b": 1 },
        }] }],
        "labels": { "a_b": "x", "aB": "y" },
    });
    let request = written(&serde_json::from_value(request).unwrap());
    let parts = &request["contents"][0]["parts"];
    assert_eq!(parts[0]["functionCall"]["args"], json!({ "a_b": 1, "aB": { "c_d": 2 } }));
    assert_eq!(parts[1]["functionResponse"]["response"], json!({ "a_b": 1, "aB": 2 }));
    assert_eq!(parts[2]["partMetadata"], json!({ "a_b": 1 }));
    let function = &request["tools"][0]["functionDeclarations"][0];
    assert_eq!(function["parameters"]["properties"], json!({ "a_b": { "minItems": 1 }, "aB": {} }));
    assert_eq!(function["responseJsonSchema"], json!({ "a_b": 1 }));
    assert_eq!(request["labels"], json!({ "a_b": "x", "aB": "y" }));
}

#[test]
fn requests_of_googles_curl_examples_are_read() {
    let request = read(include_str!("../data/faults/snake.json"));
    let expected = json!({ "contents": [{ "role": "user", "parts": [
        { "inlineData": { "mimeType": "image/png", "data": "AAAA" } },
        { "fileData": { "fileUri": "gs://b/c.mp4", "mimeType": "video/mp4" } },
    ] }] });
    assert_eq!(written(&request), expected);
    for (request, path, value) in [
        (
            r#"{"contents": "x", "system_instruction": {"parts": {"text": "s"}}}"#,
            "/systemInstruction/parts/0/text",
            json!("s"),
        ),
        (
            r#"{"contents": "x", "generation_config": {"max_output_tokens": "5", "thinking_config": {"thinking_budget": 0}}}"#,
            "/generationConfig",
            json!({ "maxOutputTokens": 5, "thinkingConfig": { "thinkingBudget": 0 } }),
        ),
        (
            r#"{"contents": "x", "safety_settings": [{"category": "harm_category_harassment", "threshold": "block_none"}]}"#,
            "/safetySettings/0",
            json!({ "category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE" }),
        ),
    ] {
        assert_eq!(written(&read(request)).pointer(path), Some(&value), "{request}");
    }
}

#[test]
fn key_in_both_spellings_is_an_error() {
    for object in [
        r#"{"contents": "x", "cachedContent": "a", "cached_content": "b"}"#,
        r#"{"contents": "x", "cached_content": "b", "cachedContent": "a"}"#,
        r#"{"contents": "x", "tool_config": {"retrieval_config": {"language_code": "a", "languageCode": "b"}}}"#,
        r#"{"contents": {"parts": {"inline_data": {"mime_type": "a/b", "mimeType": "a/b", "data": "AAAA"}}}}"#,
        r#"{"contents": {"parts": {"inline_data": {"mime_type": "a/b", "data": "AAAA"}, "inlineData": {"mime_type": "c/d", "data": "AAAA"}}}}"#,
    ] {
        let sent = serde_json::from_str::<Request>(object).map(|request| request.body());
        assert!(!matches!(sent, Ok(Ok(_))), "{object}");
    }
}

#[test]
fn response_is_read_in_both_spellings() {
    let response = include_bytes!("../data/faults/snakeresp.json");
    let streamed = format!("data: {}\n\n", std::str::from_utf8(response).unwrap().trim());
    let mut events = Events::new();
    events.push(streamed.as_bytes());
    let streamed = events.read::<Response>().next().unwrap().unwrap();
    for response in [Response::from_slice(response).unwrap(), streamed] {
        assert_eq!(response.finish_reason(), Some(&FinishReason::Stop));
        assert_eq!(response.usage_metadata.as_ref().unwrap().total_token_count, Some(3));
        let content = serde_json::to_value(response.content().unwrap()).unwrap();
        let parts = json!([{ "inlineData": { "mimeType": "image/png", "data": "AAAA" } }]);
        assert_eq!(content["parts"], parts);
    }
    let response = json!({
        "candidates": { "content": { "parts": { "text": "t", "thought_signature": "s" } }, "avg_logprobs": 0.5 },
        "prompt_feedback": { "block_reason": "safety" },
        "model_version": "m",
        "response_id": "r",
        "usage_metadata": { "prompt_tokens_details": [{ "modality": "VIDEO", "token_count": "7" }] },
    });
    let response = Response::from_slice(response.to_string().as_bytes()).unwrap();
    let text = json!([{ "text": "t", "thoughtSignature": "s" }]);
    assert_eq!(serde_json::to_value(&response).unwrap()["candidates"][0]["content"]["parts"], text);
    assert_eq!(response.candidates[0].avg_logprobs, Some(0.5));
    assert_eq!(response.usage_metadata.unwrap().prompt_tokens_details[0].token_count, Some(7));
    assert_eq!(response.prompt_feedback.unwrap().block_reason.unwrap(), "SAFETY");
    // Of a field in both spellings, the first is read, and nothing is lost.
    let both = br#"{"usage_metadata": {"total_token_count": 1}, "usageMetadata": {"totalTokenCount": 2}}"#;
    let both = Response::from_slice(both).unwrap();
    assert_eq!(both.usage_metadata.unwrap().total_token_count, Some(1));
    assert_eq!(both.extra["usageMetadata"]["totalTokenCount"], 2);
    for only in ["usage_metadata", "prompt_feedback", "model_version", "response_id"] {
        let response = Response::from_slice(format!(r#"{{"{only}": {{}}}}"#).as_bytes());
        assert!(response.is_ok(), "{only} alone is a response");
    }
}

#[test]
fn one_object_is_a_list_of_one() {
    let request = read(include_str!("../data/faults/vobj.json"));
    assert_eq!(request.contents[0].role, Some(Role::User));
    assert_eq!(written(&request), json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] }));

    let request = json!({
        "contents": [{ "role": "Model", "parts": { "text": "a" } }, "b"],
        "systemInstruction": "s",
        "tools": { "functionDeclarations": { "name": "f", "parameters": { "type": "object", "required": "a" } } },
        "safetySettings": { "category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF" },
        "toolConfig": { "functionCallingConfig": { "mode": "any", "allowedFunctionNames": "f" } },
        "generationConfig": { "stopSequences": "END", "responseModalities": "audio", "seed": "7" },
    });
    let expected = json!({
        "contents": [{ "role": "model", "parts": [{ "text": "a" }] }, { "parts": [{ "text": "b" }] }],
        "systemInstruction": { "parts": [{ "text": "s" }] },
        "tools": [{ "functionDeclarations": [{ "name": "f", "parameters": { "type": "OBJECT", "required": ["a"] } }] }],
        "safetySettings": [{ "category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF" }],
        "toolConfig": { "functionCallingConfig": { "mode": "ANY", "allowedFunctionNames": ["f"] } },
        "generationConfig": { "stopSequences": ["END"], "responseModalities": ["AUDIO"], "seed": 7 },
    });
    assert_eq!(written(&serde_json::from_value(request.clone()).unwrap()), expected);
    assert_eq!(written(&read(&request.to_string())), expected);
    assert_eq!(written(&read(&expected.to_string())), expected);
}

#[test]
fn value_that_is_neither_one_nor_many_is_an_error() {
    for request in [
        r#"{"contents": 7}"#,
        r#"{"contents": true}"#,
        r#"{"contents": [7]}"#,
        r#"{"contents": "x", "tools": "google_search"}"#,
        r#"{"contents": "x", "tools": [null]}"#,
        r#"{"contents": "x", "systemInstruction": 7}"#,
        r#"{"contents": "x", "generationConfig": {"stopSequences": 7}}"#,
    ] {
        assert!(serde_json::from_str::<Request>(request).is_err(), "{request}");
    }
}

#[test]
fn offsets_are_read_as_objects() {
    let request = read(include_str!("../data/faults/off.json"));
    let metadata = request.contents[0].parts[0].video_metadata.as_ref().unwrap();
    assert_eq!(metadata.start_offset, Some(Duration::from_secs(10)));
    assert_eq!(metadata.end_offset, Some(Duration::from_millis(20_500)));
    let expected = json!({ "startOffset": "10s", "endOffset": "20.500s" });
    assert_eq!(written(&request)["contents"][0]["parts"][0]["videoMetadata"], expected);

    // As in requests of Google's SDKs for Python.
    let part = r#"{"inline_data": {"mime_type": "video/mp4", "data": "AAAA"},
        "video_metadata": {"start_offset": {"seconds": "1", "nanos": 5}, "end_offset": "2s"}}"#;
    let part: Part = serde_json::from_str(part).unwrap();
    let expected = json!({ "startOffset": "1.000000005s", "endOffset": "2s" });
    assert_eq!(serde_json::to_value(part).unwrap()["videoMetadata"], expected);
}

#[test]
fn objects_are_read_on_their_own_in_both_spellings() {
    let data: InlineData = serde_json::from_str(r#"{"mime_type": "a/b", "display_name": "n"}"#).unwrap();
    assert_eq!((&*data.mime_type, data.display_name.as_deref()), ("a/b", Some("n")));
    let config: GenerationConfig = serde_json::from_str(r#"{"top_k": 40.0, "topP": 0.5}"#).unwrap();
    assert_eq!((config.top_k, config.top_p), (Some(40), Some(0.5)));
    let tool: Tool = serde_json::from_str(r#"{"google_search": {}, "unknown_tool": {}}"#).unwrap();
    assert!(tool.google_search.is_some());
    // A field that this crate does not know may be one of a gateway, so its spelling is kept.
    assert_eq!(Map::from(tool.extra), Map::from_iter([("unknown_tool".to_owned(), json!({}))]));
    let error = serde_json::from_str::<Request>(r#"{"contents": [], "generation_config": {}}"#).unwrap();
    assert_eq!(error.body().unwrap_err().kind(), ErrorKind::Invalid);
}
