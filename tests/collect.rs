//! Streams collected into one response, in both formats.

use niello::{
    ErrorKind, chat,
    events::{Events, FromEvent},
    gemini,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Reads the values of a stream whose events are these.
fn chunks<T: FromEvent>(events: &[Value]) -> Vec<T> {
    let mut stream = Events::new();
    for event in events {
        stream.push(format!("data: {event}\n\n").as_bytes());
    }
    stream.finish();
    let chunks: Result<Vec<T>, _> = stream.read().collect();
    chunks.unwrap()
}

fn collect_chat(events: &[Value]) -> niello::Result<chat::Response> {
    let mut collector = chat::Collector::default();
    chunks(events).into_iter().for_each(|chunk| collector.push(chunk));
    collector.finish()
}

fn collect_gemini(events: &[Value]) -> niello::Result<gemini::Response> {
    let mut collector = gemini::Collector::default();
    chunks(events).into_iter().for_each(|chunk| collector.push(chunk));
    collector.finish()
}

fn delta(delta: Value) -> Value {
    json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]})
}

#[test]
fn tool_calls_are_merged_by_index() {
    let response = collect_chat(&[
        delta(json!({"role": "assistant", "content": null})),
        delta(json!({"tool_calls": [{"index": 0, "id": "a", "type": "function",
            "function": {"name": "find", "arguments": ""}}]})),
        delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"what\":"}}]})),
        delta(
            json!({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "save", "arguments": "{}"}},
            {"index": 0, "id": "", "function": {"name": "", "arguments": "\"goal\"}"}}]}),
        ),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}}),
    ])
    .unwrap();
    let calls: Vec<_> = response
        .tool_calls()
        .iter()
        .map(|call| (&*call.id, call.function.as_ref().unwrap()))
        .map(|(id, function)| (id, &*function.name, &*function.arguments))
        .collect();
    assert_eq!(calls, [("a", "find", r#"{"what":"goal"}"#), ("b", "save", "{}")]);
    assert_eq!(response.finish_reason(), Some(&chat::FinishReason::ToolCalls));
    assert_eq!(response.usage.as_ref().unwrap().total_tokens, 8);
    assert_eq!(response.extra["object"], "chat.completion");
    // It is a message that goes back into a history.
    chat::Request::new("m").messages(response.message()).body().unwrap();
}

#[test]
fn tool_calls_without_an_index_are_distinguished_by_their_ids() {
    let call = |id: &str, name: &str| {
        delta(json!({"tool_calls": [{"id": id, "function": {"name": name, "arguments": "{}"}}],
            "reasoning_content": null}))
    };
    let response = collect_chat(&[
        delta(json!({"reasoning_content": "Two calls."})),
        call("a", "find"),
        call("b", "save"),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
    ])
    .unwrap();
    let ids: Vec<_> = response.tool_calls().iter().map(|call| &*call.id).collect();
    assert_eq!(ids, ["a", "b"]);
    assert!(response.tool_calls().iter().all(|call| call.function.as_ref().unwrap().arguments == "{}"));
    assert_eq!(response.choices[0].message.extra["reasoning_content"], "Two calls.");
}

#[test]
fn choices_refusals_and_reasoning_are_kept_apart() {
    let choice = |index: i64, delta: Value, finish: Value| json!({"id": "r", "model": "m", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]});
    let response = collect_chat(&[
        choice(1, json!({"content": "se"}), Value::Null),
        choice(0, json!({"reasoning_content": "Let me ", "role": "assistant"}), Value::Null),
        choice(0, json!({"reasoning_content": "see."}), Value::Null),
        choice(0, json!({"refusal": "I can"}), Value::Null),
        choice(1, json!({"content": "cond"}), json!("stop")),
        choice(0, json!({"refusal": "not."}), json!("content_filter")),
    ])
    .unwrap();
    let of = |index: usize| &response.choices[index].message;
    assert_eq!(of(1).text().as_deref(), Some("second"));
    assert_eq!(of(0).refusal.as_deref(), Some("I cannot."));
    assert_eq!(of(0).extra["reasoning_content"], "Let me see.");
    assert_eq!((response.id.as_deref(), response.model.as_deref()), (Some("r"), Some("m")));
}

#[test]
fn gemini_text_is_joined_but_thoughts_and_signatures_stay_parts() {
    let parts = |parts: Value| json!({"candidates": [{"content": {"role": "model", "parts": parts}}]});
    let response = collect_gemini(&[
        parts(json!([{"text": "Both ", "thought": true}])),
        parts(json!([{"text": "score.", "thought": true}])),
        parts(json!([{"text": "The "}, {"text": "guests"}])),
        parts(json!([{"text": ".", "thoughtSignature": "c2ln"}])),
        parts(json!([{"functionCall": {"name": "save", "args": {}}}])),
        json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"totalTokenCount": 21}}),
    ])
    .unwrap();
    let content = response.content().unwrap();
    let shown = serde_json::to_value(&content.parts).unwrap();
    assert_eq!(
        shown,
        json!([
            {"text": "Both score.", "thought": true},
            {"text": "The guests"},
            {"text": ".", "thoughtSignature": "c2ln"},
            {"functionCall": {"name": "save", "args": {}}},
        ])
    );
    assert_eq!(response.text().as_deref(), Some("The guests."));
    assert_eq!(response.usage_metadata.unwrap().total_token_count, Some(21));
}

#[test]
fn stream_without_a_finish_reason_is_an_error() {
    let error = collect_chat(&[delta(json!({"content": "cut o"}))]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Json);
    assert!(error.to_string().contains("without a finish reason"), "{error}");
    assert!(collect_chat(&[]).is_err());
    let part = json!({"candidates": [{"content": {"parts": [{"text": "cut o"}]}}]});
    assert_eq!(collect_gemini(&[part]).unwrap_err().to_string(), error.to_string());
    assert!(collect_gemini(&[]).is_err());
    // A blocked prompt has no candidates, and that is all there is.
    collect_gemini(&[json!({"promptFeedback": {"blockReason": "SAFETY"}})]).unwrap();
}

proptest! {
    #[test]
    fn cuts_of_the_text_make_no_difference(text in "[a-zé\"\\\\\n ]{0,40}", cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(text.chars().count() + 1)).collect();
        ends.sort_unstable();
        let letters: Vec<char> = text.chars().collect();
        let mut pieces = Vec::new();
        let mut start = 0;
        for end in ends.into_iter().chain([letters.len()]) {
            pieces.push(letters[start..end].iter().collect::<String>());
            start = end;
        }
        let mut events: Vec<_> = pieces.iter().map(|piece| delta(json!({"content": piece}))).collect();
        events.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
        let response = collect_chat(&events).unwrap();
        prop_assert_eq!(response.text().unwrap_or_default(), &*text);

        let mut events: Vec<_> =
            pieces.iter().map(|piece| json!({"candidates": [{"content": {"parts": [{"text": piece}]}}]})).collect();
        events.push(json!({"candidates": [{"finishReason": "STOP"}]}));
        let response = collect_gemini(&events).unwrap();
        prop_assert_eq!(response.text().unwrap_or_default(), &*text);
    }
}
