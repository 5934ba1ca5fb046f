//! Responses: whatever a server sends, and the errors that it sends instead.

use niello::{
    ErrorKind, Extracted,
    events::{Events, FromEvent},
    gemini::{BlockReason, Collector, Content, FinishReason, Modality, Request, Response, Role},
};
use serde_json::{Value, json};

fn read(value: Value) -> Response {
    Response::from_slice(&serde_json::to_vec(&value).unwrap()).unwrap()
}

fn with_parts(parts: Value) -> Response {
    read(json!({ "candidates": [{ "content": { "parts": parts } }] }))
}

#[test]
fn text_joins_the_text_parts_without_thoughts() {
    let text = |parts| with_parts(parts).text().map(String::from);
    assert_eq!(text(json!([{ "text": "a" }, { "text": "b" }])).as_deref(), Some("ab"));
    assert_eq!(text(json!([{ "text": "t", "thought": true }, { "text": "b" }])).as_deref(), Some("b"));
    assert_eq!(text(json!([{ "text": "a", "thought": false }])).as_deref(), Some("a"));
    assert_eq!(text(json!([{ "text": "", "thoughtSignature": "s" }])).as_deref(), Some(""));
    assert_eq!(text(json!([{ "text": "t", "thought": true }])), None);
    assert_eq!(text(json!([{ "functionCall": { "name": "f" } }])), None);
    assert_eq!(
        text(json!([{ "inlineData": { "mimeType": "a/b", "data": "" } }, { "text": "b" }])).unwrap(),
        "b"
    );
    assert_eq!(text(json!([])), None);
    let two = json!({ "candidates": [
        { "content": { "parts": [{ "text": "first" }] } },
        { "content": { "parts": [{ "text": "second" }] } }
    ] });
    assert_eq!(read(two).text().unwrap(), "first");
}

#[test]
fn a_chunk_about_another_candidate_has_no_text_of_the_first() {
    let chunk = |index: i64, text: &str| {
        let content = json!({ "parts": [{ "text": text }, { "functionCall": { "name": "f" } }] });
        read(json!({ "candidates": [{ "index": index, "content": content, "finishReason": "STOP" }] }))
    };
    let other = chunk(1, "b");
    assert_eq!((other.text(), other.finish_reason(), other.function_calls().count()), (None, None, 0));
    assert!(other.content().is_none());
    let mut collector = Collector::default();
    collector.push(other);
    collector.push(chunk(0, "a"));
    let response = collector.finish().unwrap();
    assert_eq!(response.text().unwrap(), "a");
    assert_eq!(response.candidates[1].index, Some(1));
}

#[test]
fn collected_text_parts_keep_their_other_fields() {
    let mut collector = Collector::default();
    for n in 0..2 {
        let part = json!({ "text": "a", "partMetadata": { "n": n } });
        collector.push(read(
            json!({ "candidates": [{ "content": { "parts": [part] }, "finishReason": "STOP" }] }),
        ));
    }
    let content = collector.finish().unwrap().content().unwrap();
    assert_eq!(content.parts[1].part_metadata.as_ref().unwrap()["n"], 1);
}

#[test]
fn response_without_content_has_no_text() {
    let blocked = read(json!({ "promptFeedback": { "blockReason": "SAFETY", "safetyRatings": [
        { "category": "HARM_CATEGORY_NEW", "probability": "HIGH", "blocked": true, "severityScore": 0.5 }
    ] } }));
    assert_eq!(blocked.prompt_feedback.as_ref().unwrap().block_reason, Some(BlockReason::Safety));
    for empty in [
        blocked,
        read(json!({ "responseId": "r" })),
        read(json!({ "modelVersion": "m" })),
        read(json!({ "candidates": [null, { "content": "x" }] })),
        read(json!({ "candidates": null })),
        read(json!({ "candidates": [] })),
        read(json!({ "candidates": [{}] })),
        read(json!({ "candidates": [{ "content": null, "finishReason": null }] })),
        read(json!({ "candidates": [{ "content": { "role": "model" } }] })),
        read(json!({ "candidates": [{ "content": { "parts": null } }] })),
        with_parts(json!([])),
        with_parts(json!([{ "text": null }, {}, { "thought": true }])),
    ] {
        assert_eq!(empty.text(), None);
        assert_eq!(empty.finish_reason(), None);
        assert_eq!(empty.function_calls().count(), 0);
        assert!(empty.content().is_none());
    }
    let cut = read(json!({ "candidates": [{ "content": {}, "finishReason": "MAX_TOKENS" }] }));
    assert_eq!(cut.finish_reason(), Some(&FinishReason::MaxTokens));
}

#[test]
fn new_null_and_mistyped_fields_are_not_errors() {
    let response = json!({
        "candidates": [{
            "content": { "role": "model", "parts": [
                { "text": "a", "thought": "True", "thoughtSignature": null, "mediaResolution": "HIGH",
                  "videoMetadata": { "startOffset": "-1s" } },
                null,
                { "functionCall": { "id": 7, "name": "f", "args": "{\"x\":1}" } },
                { "toolCall": { "id": "1", "deep": [null, 1.5] } },
                { "executableCode": { "id": "x", "language": "COBOL", "code": "1" } }
            ], "newInContent": 1 },
            "finishReason": "NEW_REASON",
            "index": "0",
            "safetyRatings": [{ "category": 7 }],
            "avgLogprobs": "NaN",
            "tokenCount": null,
            "groundingMetadata": { "webSearchQueries": ["q"] }
        }],
        "usageMetadata": {
            "promptTokenCount": 5.0,
            "thoughtsTokenCount": {},
            "totalTokenCount": "12",
            "trafficType": "ON_DEMAND",
            "promptTokensDetails": [{ "modality": "VIDEO", "tokenCount": 5 }, { "modality": "SMELL" }],
            "cacheTokensDetails": null
        },
        "modelVersion": "gemini-3-1-pro",
        "responseId": "r",
        "createTime": "2026-11-23T00:00:00Z"
    });
    let response = read(response);
    assert_eq!(response.finish_reason(), Some(&"NEW_REASON".into()));
    assert_eq!(response.extra["createTime"], "2026-11-23T00:00:00Z");
    assert_eq!(response.candidates[0].extra["groundingMetadata"]["webSearchQueries"][0], "q");
    let usage = response.usage_metadata.as_ref().unwrap();
    assert_eq!((usage.prompt_token_count, usage.total_token_count), (Some(5), Some(12)));
    assert_eq!(usage.thoughts_token_count, None);
    assert_eq!(usage.extra["trafficType"], "ON_DEMAND");
    assert_eq!(usage.prompt_tokens_details[0].modality, Some(Modality::Video));

    let content = response.content().unwrap();
    assert_eq!(
        serde_json::to_value(&content).unwrap(),
        json!({ "role": "model", "newInContent": 1, "parts": [
            { "text": "a", "thought": true, "mediaResolution": { "level": "HIGH" },
              "videoMetadata": { "startOffset": "-1s" } },
            { "functionCall": { "id": "7", "name": "f", "args": { "x": 1 } } },
            { "toolCall": { "id": "1", "deep": [null, 1.5] } },
            { "executableCode": { "id": "x", "language": "COBOL", "code": "1" } }
        ] })
    );
    // An offset that cannot be read is sent back as it came.
    let mut body = Request::new().content(content).body().unwrap();
    let sent = std::io::read_to_string(&mut body).unwrap();
    assert!(sent.contains(r#""videoMetadata":{"startOffset":"-1s"}"#), "{sent}");

    let again: Response = serde_json::from_slice(&serde_json::to_vec(&response).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&response).unwrap());
}

#[test]
fn content_is_sent_back_with_its_signatures() {
    let signature = "CiQB0e2Kb+/\u{2028}\\\"=\n";
    let response = with_parts(json!([
        { "text": "hm", "thought": true },
        { "functionCall": { "id": "1", "name": "save", "args": { "start": 1 } }, "thoughtSignature": signature },
        { "functionCall": { "name": "load" } },
        { "thoughtSignature": signature },
        { "text": null, "thought": false }
    ]));
    let names: Vec<_> = response.function_calls().map(|call| &*call.name).collect();
    assert_eq!(names, ["save", "load"]);
    let request = Request::new().content(Content::user("x")).contents(response.content());
    let mut written = Vec::new();
    request.body().unwrap().write_to(&mut written).unwrap();
    let written: Value = serde_json::from_slice(&written).unwrap();
    let turn = &written["contents"][1];
    assert_eq!(turn["role"], "model");
    assert_eq!(turn["parts"][1]["thoughtSignature"], signature);
    assert_eq!(turn["parts"][2], json!({ "functionCall": { "name": "load" } }));
    assert_eq!(turn["parts"][3], json!({ "thoughtSignature": signature }));
    assert_eq!(turn["parts"].as_array().unwrap().len(), 4, "a part without a payload is left out");
}

#[test]
fn api_error_has_code_status_and_message() {
    let google = json!({ "error": {
        "code": 429,
        "message": "Quota exceeded.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s" }]
    } });
    let databricks = json!({ "error_code": "BAD_REQUEST", "message": "Model not found." });
    for (response, code, status, message) in [
        (json!([google]), "429", Some("RESOURCE_EXHAUSTED"), "Quota exceeded."),
        (google, "429", Some("RESOURCE_EXHAUSTED"), "Quota exceeded."),
        (databricks, "BAD_REQUEST", None, "Model not found."),
    ] {
        let error = Response::from_slice(&serde_json::to_vec(&response).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api);
        let said = error.api_error().unwrap();
        assert_eq!((said.code.as_deref(), said.kind.as_deref()), (Some(code), status));
        assert_eq!(said.message, message);
        for word in [code, message] {
            assert!(error.to_string().contains(word), "{error}");
        }
        if status.is_some() {
            assert_eq!(said.details[0]["retryDelay"], "7s");
        }
    }
    for (response, message) in [
        (r#"{"error":"invalid_grant","error_description":"Token expired."}"#, "Token expired."),
        (r#"{"error":"unauthorized"}"#, "unauthorized"),
        (r#"{"detail":"Not Found"}"#, "Not Found"),
        (r#"{"error":{"code":500}}"#, "500"),
        (r#"{"candidates":[],"error":{"message":"late"}}"#, "late"),
        (r#"{"errors":["no"],"success":false}"#, r#"{"errors":["no"],"success":false}"#),
        (r#"{"predictions":[]}"#, "predictions"),
        (r#"{"response":{"candidates":[]}}"#, "response"),
    ] {
        let error = Response::from_slice(response.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api);
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn details_from_a_router_are_kept() {
    let response = br#"{"error":{"message":"Provider returned error","metadata":{"raw":"because"}}}"#;
    let error = Response::from_slice(response).unwrap_err();
    let said = error.api_error().unwrap();
    assert_eq!(said.details[0]["raw"], "because");
}

#[test]
fn event_with_only_unknown_keys_is_read() {
    let event = Response::from_event(&Extracted::from(r#"{"type":"ping"}"#)).unwrap().unwrap();
    assert_eq!(event.text(), None);
    assert_eq!(event.extra["type"], "ping");
}

#[test]
fn stream_reads_the_same_at_any_chunk_size() {
    let stream = concat!(
        "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"Gö\"}],\"role\": \"model\"}}]}\r\n\r\n",
        ": still there\r\n\r\n",
        "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"al!\"}, ",
        "{\"text\": \"\", \"thoughtSignature\": \"s\"}]}, \"finishReason\": \"STOP\"}]}\r\n\r\n",
        "data: [DONE]\n\n",
        "data: {\"error\": {\"code\": 503, \"message\": \"Overloaded.\", \"status\": \"UNAVAILABLE\"}}\n\n",
    );
    for size in [1, 2, 3, 7, 64, stream.len()] {
        let mut events = Events::new();
        let mut read = Vec::new();
        for bytes in stream.as_bytes().chunks(size) {
            events.push(bytes);
            read.extend(events.read::<Response>());
        }
        let error = read.pop().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api);
        assert!(error.to_string().contains("Overloaded."), "{error}");
        let chunks: Vec<_> = read.into_iter().map(Result::unwrap).collect();
        assert_eq!(chunks.len(), 2);
        assert_eq!(chunks.iter().filter_map(Response::text).collect::<String>(), "Göal!");
        assert_eq!(chunks[0].finish_reason(), None);
        assert_eq!(chunks[1].finish_reason(), Some(&FinishReason::Stop));
        let parts: Vec<_> = chunks.iter().filter_map(Response::content).flat_map(|turn| turn.parts).collect();
        assert_eq!(parts[2].thought_signature.as_deref(), Some("s"));
        Request::new().content(Content::user("x")).content(Content::model(parts)).body().unwrap();
    }
}

#[test]
fn body_that_is_not_a_response_is_a_json_error() {
    for (bytes, says) in [
        (&b""[..], "empty"),
        (b"<html>502 Bad Gateway", "502 Bad Gateway"),
        (b"\xFF\xFE", "not valid JSON"),
        (b"7", "generateContent"),
        (b"[]", "generateContent"),
        (b"[{},{}]", "generateContent"),
        (br#"{"candidates":7}"#, "generateContent"),
    ] {
        let error = Response::from_slice(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Json);
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn payload_that_says_nothing_displaces_no_text() {
    for other in [
        json!({"functionCall": 7}),
        json!({"inlineData": {}}),
        json!({"functionCall": {}}),
        json!({"executableCode": "x"}),
        json!({"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}}),
    ] {
        let mut part = other.clone();
        part["text"] = "hello".into();
        let response = json!({"candidates": [{"content": {"parts": [part]}}]}).to_string();
        let response = Response::from_slice(response.as_bytes()).unwrap();
        assert_eq!(response.text().as_deref(), Some("hello"), "{other}");
    }
}

#[test]
fn unknown_names_can_be_matched() {
    let name = match Role::from("critic") {
        Role::User | Role::Model => unreachable!(),
        Role::Unknown(name) => name.to_string(),
        _ => unreachable!(),
    };
    assert_eq!(name, "critic");
}

#[test]
fn media_without_a_field_becomes_text_again_even_if_you_hold_it() {
    let json = r#"{"candidates":[{"other":{"b64_json":"QUJD"}}]}"#;
    let extracted = niello::Extractor::new().read(json.as_bytes()).unwrap();
    let held = extracted.media()[0].stored().clone();
    let response = Response::from_extracted(&extracted).unwrap();
    assert_eq!(response.candidates[0].extra["other"]["b64_json"], "QUJD");
    assert_eq!(held.len(), 3);
}
