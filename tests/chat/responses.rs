//! Responses, chunks, and errors that the API reports.

use niello::{
    ErrorKind, Extracted,
    chat::{Chunk, Content, FinishReason, Message, PartKind, Request, Response, Role},
    events::{Events, FromEvent},
};
use serde_json::{Value, json};

fn read(response: &Value) -> Response {
    Response::from_slice(response.to_string().as_bytes()).unwrap()
}

fn of_message(message: Value) -> Response {
    read(&json!({"choices": [{"message": message}]}))
}

#[test]
fn every_field_of_a_response_is_read() {
    let response = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1763900000, "model": "gemini-3.1-pro",
        "system_fingerprint": null, "service_tier": "default",
        "choices": [{
            "index": 0,
            "finish_reason": "tool_calls",
            "logprobs": {"content": [
                {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1.5}]},
            ]},
            "message": {
                "role": "assistant", "content": "Saving.", "refusal": null, "annotations": [], "audio": null,
                "reasoning_content": "Hm.",
                "tool_calls": [{
                    "id": "call_1", "type": "function",
                    "function": {"name": "save_clip", "arguments": "{\"start\":1}"},
                    "extra_content": {"google": {"thought_signature": "c2ln"}},
                }],
            },
        }],
        "usage": {
            "prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12, "reasoning_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 3, "audio_tokens": 0, "video_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
    });
    let response = read(&response);
    assert_eq!(response.id.as_deref(), Some("chatcmpl-1"));
    assert_eq!(response.model.as_deref(), Some("gemini-3.1-pro"));
    assert_eq!(response.created, Some(1_763_900_000));
    assert_eq!(response.extra["service_tier"], "default");
    assert_eq!(response.text().as_deref(), Some("Saving."));
    assert_eq!(response.finish_reason(), Some(&FinishReason::ToolCalls));
    let logprobs = response.choices[0].logprobs.as_ref().unwrap();
    assert_eq!(logprobs.content[0].top_logprobs[0].logprob, -1.5);
    let [call] = response.tool_calls() else { panic!("one call") };
    assert_eq!(call.function.as_ref().unwrap().arguments, "{\"start\":1}");
    let usage = response.usage.as_ref().unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), (7, 5, 12));
    assert_eq!(usage.extra["reasoning_tokens"], 2);
    let details = usage.prompt_tokens_details.as_ref().unwrap();
    assert_eq!((details.cached_tokens, details.audio_tokens), (Some(3), Some(0)));
    assert_eq!(details.extra["video_tokens"], 4);
    assert_eq!(usage.completion_tokens_details.as_ref().unwrap().reasoning_tokens, Some(2));

    // Back into the conversation: the signature is kept, nulls and empty lists are removed.
    let request = Request::new("m")
        .message(Message::user("x"))
        .messages(response.message())
        .message(Message::tool(&call.id, "saved"));
    request.body().unwrap();
    assert_eq!(
        serde_json::to_value(&request.messages[1]).unwrap(),
        json!({
            "role": "assistant", "content": "Saving.", "reasoning_content": "Hm.",
            "tool_calls": [{
                "id": "call_1", "type": "function",
                "function": {"name": "save_clip", "arguments": "{\"start\":1}"},
                "extra_content": {"google": {"thought_signature": "c2ln"}},
            }],
        })
    );
}

#[test]
fn text_of_a_response_joins_the_text_parts() {
    let reasoning = json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]});
    for (content, text) in [
        (json!("a"), Some("a")),
        (json!(""), Some("")),
        (Value::Null, None),
        (json!([]), None),
        (json!([reasoning]), None),
        (json!([reasoning, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), Some("ab")),
        (json!(["a", null, {"type": "text", "text": "b"}]), Some("ab")),
        (json!([{"type": "text", "text": null}, {"type": "x"}, {"type": "text", "text": "b"}]), Some("b")),
    ] {
        let response = of_message(json!({"role": "assistant", "content": content}));
        assert_eq!(response.text().as_deref(), text, "{content}");
    }
    let response = of_message(json!({"content": [reasoning]}));
    let message = response.message().unwrap();
    assert_eq!(message.role, Role::Assistant);
    let Some(Content::Parts(parts)) = &message.content else { panic!("parts") };
    assert!(matches!(&parts[0].kind, PartKind::Other(kind) if kind == "reasoning"));
    assert_eq!(parts[0].extra["summary"], reasoning["summary"]);
}

#[test]
fn fields_that_are_missing_null_new_or_of_the_wrong_type_are_not_errors() {
    for response in [
        json!({"choices": [null, {"message": "x"}]}),
        json!({"choices": [], "error": ""}),
        json!({"choices": [], "error": false}),
        json!({"choices": [], "error": {}}),
        json!({"choices": [], "error_code": 0}),
        json!({"choices": [{"message": {"role": 7, "name": 5, "refusal": {}, "tool_call_id": {}, "tool_calls": [null, 7]}}]}),
        json!({"choices": []}),
        json!({"choices": null, "error": null, "usage": null, "id": null, "model": null, "created": null}),
        json!({"choices": [{}]}),
        json!({"choices": [{"message": null, "finish_reason": null, "index": null, "logprobs": null}]}),
        json!({"choices": [{"message": {"role": null, "content": null, "tool_calls": null}}]}),
        json!({"choices": [{"message": {}, "finish_reason": {"type": "x"}, "index": "0"}], "id": 7}),
        json!({"choices": [{}], "created": "2026", "usage": [], "x": 1}),
        json!({"choices": [{}], "usage": {"prompt_tokens": "7", "prompt_tokens_details": 7}}),
    ] {
        let response = read(&response);
        assert_eq!(response.text(), None);
        assert!(response.tool_calls().is_empty());
        response.message();
    }
    let call = json!({"id": null, "type": null, "function": {"name": null, "arguments": {"start": 1}}});
    let response = of_message(json!({"tool_calls": [call, {"function": null}, {}]}));
    assert_eq!(response.tool_calls()[0].function.as_ref().unwrap().arguments, "{\"start\":1}");
    assert_eq!(response.tool_calls().len(), 3);
    let call = json!({"id": 7, "type": {}, "function": {"name": 5, "arguments": null}});
    let response =
        of_message(json!({"name": 5, "content": "a", "tool_calls": [null, call, {"function": "f"}]}));
    assert_eq!(response.text().unwrap(), "a");
    let [call, odd] = response.tool_calls() else { panic!("two calls") };
    assert_eq!((&*call.id, &*call.function.as_ref().unwrap().name), ("7", "5"));
    assert_eq!(odd.function, None);
    let response = read(&json!({"choices": [{"finish_reason": "x_tired"}]}));
    assert_eq!(response.finish_reason().unwrap().as_str(), "x_tired");
}

#[test]
fn numbers_are_read_from_strings_and_floats() {
    let usage = json!({"prompt_tokens": 12.0, "completion_tokens": "7", "total_tokens": 19,
        "prompt_tokens_details": {"cached_tokens": "3", "audio_tokens": 4.0}});
    let response = read(&json!({"created": 1.0, "choices": [{"index": "1"}], "usage": usage}));
    let usage = response.usage.as_ref().unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), (12, 7, 19));
    let details = usage.prompt_tokens_details.as_ref().unwrap();
    assert_eq!((details.cached_tokens, details.audio_tokens), (Some(3), Some(4)));
    assert_eq!((response.created, response.choices[0].index), (Some(1), 1));
}

#[test]
fn message_of_a_response_is_none_or_makes_a_body() {
    for nothing in [
        json!({"content": null}),
        json!({}),
        json!({"content": [], "tool_calls": [], "annotations": []}),
        json!({"content": [{}, null, {"text": "untyped"}, {"type": "text", "text": null}, {"type": "x"}]}),
        json!({"content": null, "tool_calls": [{}, {"id": "1", "function": {"name": ""}}]}),
    ] {
        assert!(of_message(nothing.clone()).message().is_none(), "{nothing}");
    }
    for something in [
        json!({"content": ""}),
        json!({"content": [{}, {"type": "text", "text": ""}]}),
        json!({"content": ["a", {"type": "x", "y": 1}, 7]}),
        json!({"content": {"type": "text", "text": "a"}}),
        json!({"content": 7}),
        json!({"refusal": "no"}),
        json!({"reasoning_content": "Hm."}),
        json!({"content": null, "tool_calls": [{}, {"id": "1", "function": {"name": "f"}}]}),
    ] {
        let message = of_message(something.clone()).message().unwrap_or_else(|| panic!("{something}"));
        Request::new("m").message(message).body().unwrap_or_else(|error| panic!("{something}: {error}"));
    }
}

#[test]
fn errors_show_no_media() {
    let media = "A".repeat(100_000);
    let echoed = json!({"detail": [{"input": {"url": format!("data:video/mp4;base64,{media}")}}]});
    let error = Response::from_slice(echoed.to_string().as_bytes()).unwrap_err();
    let source = error.api_error().unwrap();
    assert!(source.message.len() > 100_000, "the field has all of it");
    for shown in [error.to_string(), format!("{error:?}"), format!("{source:?}")] {
        assert!(shown.len() < 3000 && shown.contains("(truncated"), "{} bytes", shown.len());
    }
    let odd = json!({"choices": format!("data:video/mp4;base64,{media}")});
    let error = Response::from_slice(odd.to_string().as_bytes()).unwrap_err();
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(shown.len() < 3000 && shown.contains("(truncated"), "{} bytes", shown.len());
    }
}

#[test]
fn byte_order_marks_and_invalid_characters_are_tolerated() {
    let response = b"\xEF\xBB\xBF{\"choices\":[{\"message\":{\"content\":\"a\\ud800b\\ud83d\\ude00\xFF\"}}]}";
    assert_eq!(Response::from_slice(response).unwrap().text().unwrap(), "a\u{FFFD}b\u{1F600}\u{FFFD}");
}

#[test]
fn errors_of_every_shape_are_recognized() {
    for (response, said) in [
        (
            json!({"error": {"message": "Bad.", "type": "invalid_request_error", "param": "n", "code": null}}),
            "invalid_request_error: Bad. (`n`)",
        ),
        (json!({"error": {"message": "Slow.", "code": 429, "status": "EXHAUSTED"}}), "429: EXHAUSTED: Slow."),
        (json!([{"error": {"message": "Bad.", "code": 400}}]), "400: Bad."),
        (json!({"error_code": "BAD_REQUEST", "message": "No."}), "BAD_REQUEST: No."),
        (json!({"error": "nope"}), "nope"),
        (json!({"error": "invalid_client", "error_description": "Who?"}), "invalid_client: Who?"),
        (json!({"object": "error", "message": "No.", "code": 404}), "404: No."),
        (json!({"detail": "Not Found"}), "Not Found"),
        (json!({"error": {"x": 1}}), "{\"x\":1}"),
        (json!({"choices": [], "error": {"message": "Late."}}), "Late."),
        (json!({"error_code": 0}), "0: {\"error_code\":0}"),
        (json!({"error": "", "x": 1}), "{\"error\":\"\",\"x\":1}"),
    ] {
        let error = Response::from_slice(response.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api, "{error}");
        assert_eq!(error.to_string(), format!("the API returned an error: {said}"));
        let source = error.api_error().unwrap();
        assert_eq!(source.to_string(), said);
    }
    for (response, words) in [
        (&b"<html>Bad gateway</html>"[..], "<html>Bad gateway"),
        (b"", "empty"),
        (b"{\"choices\":[{\"mess", "not valid JSON"),
        (b"\xFF\xFE", "not valid JSON"),
        (b"7", "not a Chat Completions response"),
        (b"{\"choices\":7}", "not a Chat Completions response"),
    ] {
        let error = Response::from_slice(response).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Json);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn chunks_of_a_stream_are_read() {
    let stream = b": hello\r\n\r\n\
        data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n\
        data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"reasoning\",\"summary\":[]}]}}]}\n\n\
        data: {\"choices\":[{\"delta\":{\"content\":\"Go\"}}]}\n\n\
        data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"al\"}]}}]}\n\n\
        data: {\"choices\":[{\"delta\":{\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"c\",\
            \"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]},\"finish_reason\":\"stop\"}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"total_tokens\":9}}\n\n\
        data: {\"choices\":null,\"x\":1}\n\n\
        data:\n\n\
        data: [DONE]\n\n";
    let mut events = Events::new();
    events.push(stream);
    let chunks: Vec<Chunk> = events.read().collect::<Result<_, _>>().unwrap();
    assert_eq!(chunks.len(), 8);
    let text: String = chunks.iter().filter_map(|chunk| chunk.text().map(String::from)).collect();
    assert_eq!(text, "Goal");
    let reasons: Vec<_> = chunks.iter().filter_map(Chunk::finish_reason).collect();
    assert_eq!(reasons, [&FinishReason::Stop]);
    let call = &chunks[5].choices[0].delta.tool_calls[0];
    assert_eq!((call.id.as_deref(), call.function.as_ref().unwrap().arguments.as_str()), (Some("c"), "{"));
    assert_eq!(chunks[6].usage.as_ref().unwrap().total_tokens, 9);
}

#[test]
fn error_within_a_stream_is_an_error() {
    let error =
        Chunk::from_event(&Extracted::from(r#"{"error":{"message":"Overloaded.","code":503}}"#)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert!(error.to_string().ends_with("503: Overloaded."));
    assert_eq!(Chunk::from_event(&Extracted::from("no JSON")).unwrap_err().kind(), ErrorKind::Json);
    assert_eq!(Chunk::from_event(&Extracted::from("7")).unwrap_err().kind(), ErrorKind::Json);
    assert!(Chunk::from_event(&Extracted::from("{}")).unwrap().is_some());
    assert!(Chunk::from_event(&Extracted::from(" [DONE]")).unwrap().is_none());
}

#[test]
fn error_of_a_router_shows_what_the_provider_said() {
    let response = include_bytes!("../data/faults/orerr.json");
    let error = Response::from_slice(response).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    for said in ["400", "Provider returned error", "Google", "bad mime"] {
        assert!(error.to_string().contains(said), "{error}");
    }
    let event = std::str::from_utf8(response).unwrap().trim();
    assert_eq!(Chunk::from_event(&Extracted::from(event)).unwrap_err().to_string(), error.to_string());

    // However long the provider's error is, a message stays short.
    let long = event.replace("bad mime", &"long words ".repeat(1000));
    let error = Response::from_slice(long.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("Google: long words") && error.len() < 300, "{error}");
}

#[test]
fn message_in_place_of_a_delta_is_read() {
    for choice in [
        r#"{"index": 0, "message": {"role": "assistant", "content": "text"}}"#,
        r#"{"index": 0, "delta": {}, "message": {"content": "text"}}"#,
        r#"{"message": {"content": [{"type": "text", "text": "text"}]}, "finish_reason": ""}"#,
    ] {
        let chunk =
            Chunk::from_event(&Extracted::from(&*format!(r#"{{"choices": [{choice}]}}"#))).unwrap().unwrap();
        assert_eq!(chunk.text().as_deref(), Some("text"), "{choice}");
        assert_eq!(chunk.finish_reason(), None);
    }
}
