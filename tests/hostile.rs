//! Reading n bytes of JSON takes at most 32 n + 1 MiB of memory, whatever they contain.

#[path = "common/heap.rs"]
mod heap;
#[path = "common/hostile.rs"]
mod inputs;

use heap::most_held;
use inputs::{Input, inputs};
use niello::{
    Extracted, chat,
    events::{Events, FromEvent},
    gemini,
};
use serde_json::{Value, json};

/// A reader of JSON, and the most memory that it may take for it.
fn assert_bounded<T>(what: &str, at: &str, json: &str, read: impl FnOnce(&str) -> T) {
    let most = most_held(|| read(json));
    let bound = 32 * json.len() + (1 << 20);
    assert!(
        most <= bound as isize,
        "{what} of {} bytes took {most}, {} a byte: {at}",
        json.len(),
        most as usize / json.len(),
    );
}

/// Reads an event of a stream, which arrives in pieces.
fn event<T: FromEvent>(json: &str) {
    let mut events = Events::new();
    for bytes in format!("data: {json}\n\n").as_bytes().chunks(4096) {
        events.push(bytes);
        events.read::<T>().for_each(drop);
    }
}

/// Values that are short as JSON.
const ITEMS: [&str; 9] = [
    "{}",
    "[]",
    "0",
    "null",
    "\"\"",
    "[0]",
    r#"{"a":0}"#,
    r#"{"":{}}"#,
    r#"{"text":"","name":"","type":""}"#,
];

/// The length of a hostile value.
const LEN: usize = 40_000;

/// Returns values that are hostile in any place: lists of short items, and objects with many keys.
fn hostile_values() -> Vec<String> {
    let list = |item: &str| format!("[{}]", vec![item; LEN / (item.len() + 1)].join(","));
    let object = |item: &str| {
        let members: Vec<_> = (0..LEN / (item.len() + 10)).map(|i| format!("\"k{i}\":{item}")).collect();
        format!("{{{}}}", members.join(","))
    };
    let mut values: Vec<_> = ITEMS.iter().map(|item| list(item)).collect();
    values.extend(["{}", "0", r#"{"a":0}"#].map(object));
    // Lists in lists.
    values.push(list("[[[[]]]]"));
    values.push(list(r#"{"a":{"b":{"c":{}}}}"#));
    values
}

/// Calls `read` with each hostile value in each place of `json`.
fn in_every_place(json: &Value, read: impl Fn(&str, &str)) {
    const PLACE: &str = "the place of a hostile value";
    let values = hostile_values();
    let mut places = Vec::new();
    pointers(json, "", &mut places);
    assert!(places.len() > 5, "{}", places.len());
    for place in places {
        let mut json = json.clone();
        *json.pointer_mut(&place).unwrap() = PLACE.into();
        let json = json.to_string();
        for value in &values {
            let label = format!("{} at {place}", &value[..value.len().min(30)]);
            read(&label, &json.replace(&format!("\"{PLACE}\""), value));
        }
    }
}

/// Lists the places of all values below `json`.
fn pointers(json: &Value, at: &str, places: &mut Vec<String>) {
    let children: Vec<_> = match json {
        Value::Array(list) => list.iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect(),
        Value::Object(object) => object.iter().map(|(key, value)| (key.replace('/', "~1"), value)).collect(),
        _ => return,
    };
    for (key, value) in children {
        let at = format!("{at}/{key}");
        pointers(value, &at, places);
        places.push(at);
    }
}

fn data(name: &str) -> Value {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn reading_a_chat_request_takes_bounded_memory() {
    in_every_place(&data("chat_full.json"), |at, json| {
        assert_bounded("a chat request", at, json, |json| serde_json::from_str::<chat::Request>(json));
    });
}

#[test]
fn reading_a_gemini_request_takes_bounded_memory() {
    in_every_place(&data("gemini_full.json"), |at, json| {
        assert_bounded("a Gemini request", at, json, |json| serde_json::from_str::<gemini::Request>(json));
    });
}

#[test]
fn reading_a_chat_response_takes_bounded_memory() {
    let message = json!({
        "role": "assistant", "content": [{"type": "text", "text": "a"}], "refusal": "r", "name": "n", "x": {},
        "tool_calls": [{"id": "c", "index": 0, "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    });
    let token = json!({"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": []});
    let choice = json!({
        "index": 0, "message": message, "delta": message, "finish_reason": "stop", "x": 1,
        "logprobs": {"content": [token], "refusal": [token]},
    });
    let details = json!({"cached_tokens": 1});
    let response = json!({
        "id": "i", "model": "m", "created": 1, "choices": [choice], "x": {},
        "usage": {"prompt_tokens": 1, "prompt_tokens_details": details, "completion_tokens_details": details},
    });
    let error =
        json!({"error": {"message": "m", "type": "t", "code": 1, "param": "p", "metadata": {"raw": "r"}}});
    for json in [&response, &error] {
        in_every_place(&json!({"in": json}), |at, json| {
            let json = &json[r#"{"in":"#.len()..json.len() - 1];
            assert_bounded("a chat response", at, json, |json| chat::Response::from_slice(json.as_bytes()));
            assert_bounded("a chat chunk", at, json, event::<chat::Chunk>);
        });
    }
}

#[test]
fn reading_a_gemini_response_takes_bounded_memory() {
    let parts = &data("gemini_full.json")["contents"][0]["parts"];
    let rating = json!({"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"});
    let count = json!({"modality": "TEXT", "tokenCount": 1});
    let response = json!({
        "candidates": [{
            "content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0, "safetyRatings": [rating],
            "groundingMetadata": {},
        }],
        "promptFeedback": {"blockReason": "SAFETY", "safetyRatings": [rating]},
        "usageMetadata": {"totalTokenCount": 1, "promptTokensDetails": [count], "cacheTokensDetails": [count]},
        "modelVersion": "v", "responseId": "r",
    });
    let error =
        json!({"error": {"message": "m", "status": "t", "code": 1, "details": [{"fieldViolations": []}]}});
    for json in [&response, &error] {
        in_every_place(&json!({"in": json}), |at, json| {
            let json = &json[r#"{"in":"#.len()..json.len() - 1];
            assert_bounded("a Gemini response", at, json, |json| {
                gemini::Response::from_slice(json.as_bytes())
            });
            assert_bounded("a Gemini event", at, json, event::<gemini::Response>);
        });
    }
}

#[test]
fn inputs_that_once_took_gigabytes_take_bounded_memory() {
    for Input { name, json, run } in inputs(1.0) {
        assert_bounded("the input", name, &json, run);
    }
}

#[test]
fn json_in_strings_takes_bounded_memory() {
    let objects = |count: usize| format!("{{\"a\":[{}]}}", vec![r#"{"b":0}"#; count].join(","));
    // One long string, and many short ones.
    for (strings, objects) in [(1, objects(100_000)), (1000, objects(100))] {
        let args = Value::from(objects).to_string();
        let part = format!(r#"{{"functionCall":{{"name":"f","args":{args}}}}}"#);
        let json = format!(r#"{{"contents":[{{"parts":[{}]}}]}}"#, vec![&*part; strings].join(","));
        assert_bounded("a Gemini request", "args", &json, |json| {
            serde_json::from_str::<gemini::Request>(json)
        });

        let call = format!(r#"{{"id":"i","type":"function","function":{{"name":"f","arguments":{args}}}}}"#);
        let calls = vec![&*call; strings].join(",");
        let json = format!(r#"{{"model":"m","messages":[{{"role":"assistant","tool_calls":[{calls}]}}]}}"#);
        let request: chat::Request = serde_json::from_str(&json).unwrap();
        assert_bounded("a conversion", "arguments", &json, |_| request.to_gemini());

        let json = format!(r#"{{"error":{{"message":"m","metadata":{{"raw":{args}}}}}}}"#);
        let error = chat::Response::from_slice(json.as_bytes()).unwrap_err();
        assert_bounded("an error", "raw", &json, |_| error.to_string());
    }
}

/// Returns `count` items, joined by commas.
fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

#[test]
fn large_ordinary_requests_and_responses_are_read() {
    let response =
        |at: &str, items: String| format!(r#"{{"candidates":[{{"{at}":{{"items":[{items}]}}}}]}}"#);
    for json in [
        response(
            "groundingMetadata",
            list(50_000, |i| {
                format!(r#"{{"web":{{"uri":"https://example.com/{i}","title":"example.com"}}}}"#)
            }),
        ),
        response("groundingMetadata", list(50_000, |i| format!("-0.{i:06}"))),
        response("groundingMetadata", list(50_000, |i| format!("{}", -100 - i as i64))),
        response(
            "logprobsResult",
            list(100_000, |i| format!(r#"{{"token":"t","tokenId":{i},"logProbability":-1.25}}"#)),
        ),
    ] {
        assert_bounded("a large response", &json[..60], &json, |json| {
            gemini::Response::from_slice(json.as_bytes()).unwrap()
        });
    }
    let messages = list(20_000, |_| r#"{"role":"user","content":[{"type":"text","text":"hi"}]}"#.to_owned());
    let json = format!(r#"{{"model":"m","messages":[{messages}]}}"#);
    assert_bounded("messages", "messages", &json, |json| {
        serde_json::from_str::<chat::Request>(json).unwrap()
    });
    let typed = list(4, |i| format!(r#""p{i}":{{"type":"STRING"}}"#));
    let functions = list(1000, |i| {
        format!(r#"{{"name":"f{i}","parameters":{{"type":"OBJECT","properties":{{{typed}}}}}}}"#)
    });
    let json = format!(r#"{{"contents":[],"tools":[{{"functionDeclarations":[{functions}]}}]}}"#);
    assert_bounded("functions", "tools", &json, |json| {
        serde_json::from_str::<gemini::Request>(json).unwrap()
    });
    let properties = list(15, |i| format!(r#""parameter{i}":{{"type":"string"}}"#));
    let tools = list(1000, |i| {
        format!(
            r#"{{"type":"function","function":{{"name":"f{i}","parameters":{{"type":"object","properties":{{{properties}}}}}}}}}"#
        )
    });
    let json = format!(r#"{{"model":"m","messages":[],"tools":[{tools}]}}"#);
    assert_bounded("1000 tools", "tools", &json, |json| serde_json::from_str::<chat::Request>(json).unwrap());
}

#[test]
fn work_of_collecting_parts_is_linear_in_the_number_of_chunks() {
    let collect = |chunks: usize| {
        let json = r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"}]}}]}"#;
        heap::allocations(|| {
            let mut collector = chat::Collector::default();
            (0..chunks).for_each(|_| {
                collector.push(chat::Chunk::from_event(&Extracted::from(json)).unwrap().unwrap())
            });
            collector
        })
    };
    assert!(collect(2000) < 3 * collect(1000));
}

#[test]
fn many_tiny_objects_outside_of_events_take_bounded_memory() {
    for count in [1, 300_000] {
        let stream = "{}".repeat(count);
        assert_bounded("a stream", "unframed", &stream, |stream| {
            let mut events = Events::new();
            events.push(stream.as_bytes());
            events.finish();
            while events.next_event().is_some() {}
        });
    }
}

#[test]
fn deep_schemas_with_long_names_convert_in_bounded_memory() {
    let name = "n".repeat(1000);
    let (open, close) = (format!(r#"{{"properties":{{"{name}":"#).repeat(40), "}}".repeat(40));
    let json = format!(
        r#"{{"contents":[],"generationConfig":{{"responseMimeType":"application/json","responseSchema":{open}{{}}{close}}}}}"#
    );
    let mut request: gemini::Request = serde_json::from_str(&json).unwrap();
    request.contents.push(gemini::Content::user("a"));
    assert_bounded("a body", "schema", &json, |_| request.body().unwrap());
    assert_bounded("a conversion", "schema", &json, |_| request.to_chat("m").unwrap());
}
