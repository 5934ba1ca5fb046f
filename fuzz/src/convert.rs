//! Requests with arbitrary fields, converted into the other format and back: what can be converted at all keeps its
//! text, its media and everything else.

use super::{chat, gemini, judged::Judged, mutate::draw};
use arbitrary::{Result, Unstructured};
use niello::{
    Body, ErrorKind, Segment,
    chat::{Message, Request as Chat},
    gemini::{Content, Request as Gemini},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{io::Read, sync::LazyLock};

/// A request with everything that the Gemini format can express.
static CHAT: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "S"},
            {"role": "developer", "content": [{"type": "text", "text": "D"}]},
            {"role": "user", "content": [
                {"type": "text", "text": "U"},
                {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA", "detail": "low"}},
                {"type": "video_url", "video_url": {"url": "https://example.com/v.mp4", "detail": "auto"}},
                {"type": "audio_url", "audio_url": {"url": "data:audio/ogg; codecs=opus;base64,AAAA"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/i.png?a=b", "detail": "high"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
                {"type": "file", "file": {"filename": "b.mp3", "file_data": "AAAA"}},
            ]},
            {"role": "assistant", "content": "A", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"},
                    "extra_content": {"google": {"thought_signature": "c2ln"}}},
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": ""}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "done"},
            {"role": "tool", "tool_call_id": "c1", "content": "{\"output\": \"{}\"}"},
            {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "{\"b\": [2.5]}"}]},
        ],
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_tokens": 9, "max_completion_tokens": 9, "n": 2, "temperature": 0.5, "top_p": 0.5, "seed": -1,
        "presence_penalty": 0.5, "frequency_penalty": -0.5, "logprobs": true, "top_logprobs": 3, "stop": ["E", "F"],
        "modalities": ["text", "image"],
        "response_format": {"type": "json_schema", "json_schema": {
            "name": "r", "description": "R", "strict": true, "schema": {"type": "object"}}},
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "F", "parameters": {"type": "object"}}},
            {"type": "function", "function": {"name": "g", "strict": false}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": true,
        "reasoning_effort": "low",
        "thinking": {"type": "enabled", "budget_tokens": 7},
        "top_k": 5,
    })
});

/// A request with everything that Chat Completions can express.
static GEMINI: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "contents": [
            {"role": "user", "parts": [
                {"text": "U", "thought": false},
                {"inlineData": {"mimeType": "video/quicktime", "data": "AAAA"},
                    "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}},
                {"inlineData": {"mimeType": "application/pdf", "data": "AAAA", "displayName": "a.pdf"}},
                {"fileData": {"mimeType": "video/mp4", "fileUri": "https://example.com/v.mp4"}},
                {"fileData": {"fileUri": "https://youtu.be/v"}},
            ]},
            {"role": "model", "parts": [
                {"text": "A"},
                {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
                {"functionCall": {"id": "call_1", "name": "f", "args": {}}},
                {"functionCall": {"name": "g"}},
            ]},
            {"parts": [
                {"functionResponse": {"name": "f", "response": {"output": "done"}, "willContinue": false}},
                {"functionResponse": {"id": "call_1", "name": "f", "response": {"output": "{}"}}},
                {"functionResponse": {"name": "g", "response": {"b": [2.5]}}},
            ]},
        ],
        "systemInstruction": {"parts": [{"text": "S"}, {"text": "T"}]},
        "generationConfig": {
            "maxOutputTokens": 9, "candidateCount": 2, "temperature": 0.5, "topP": 0.5, "topK": 5, "seed": -1,
            "presencePenalty": 0.5, "frequencyPenalty": -0.5, "responseLogprobs": true, "logprobs": 3,
            "stopSequences": ["E", "F"], "responseModalities": ["TEXT", "IMAGE"],
            "responseMimeType": "application/json",
            "responseSchema": {"type": "OBJECT", "nullable": true, "properties": {
                "e": {"type": "INTEGER", "enum": ["1", "2"]}, "s": {"anyOf": [{"type": "STRING", "example": "x"}]}}},
            "thinkingConfig": {"thinkingBudget": 7, "includeThoughts": false},
        },
        "tools": [{"functionDeclarations": [
            {"name": "f", "description": "F", "parametersJsonSchema": {"type": "object"}, "behavior": "BLOCKING"},
            {"name": "g", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "NUMBER"}}}},
        ]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f", "g"]}},
    })
});

pub fn convert(data: &[u8], judged: &mut Judged) {
    // An error means that the data is used up, which ends the test.
    let _ = build_and_check(&mut Unstructured::new(data), judged);
}

fn build_and_check(data: &mut Unstructured<'_>, judged: &mut Judged) -> Result<()> {
    // Most of the other requests have a field that cannot be converted.
    let is_convertible = data.int_in_range(0..=3)? < 3;
    if data.arbitrary()? {
        let parts = chat::parts(data)?;
        let request = if is_convertible {
            serde_json::from_value::<Chat>(draw(&CHAT, data)?).ok()
        } else {
            chat::request(data)?
        };
        let Some(mut request) = request else { return Ok(()) };
        if request.model.is_empty() {
            request.model = "m".to_owned();
        }
        check_chat(&request.message(Message::user(without_bytes(parts))), judged);
    } else {
        let parts = gemini::parts(data)?;
        let request = if is_convertible {
            serde_json::from_value::<Gemini>(draw(&GEMINI, data)?).ok()
        } else {
            gemini::request(data)?
        };
        let Some(request) = request else { return Ok(()) };
        check_gemini(&request.content(Content::user(without_bytes(parts))), judged);
    }
    Ok(())
}

fn without_bytes<P, B>(parts: Vec<(P, B)>) -> Vec<P> {
    parts.into_iter().map(|(part, _)| part).collect()
}

fn check_chat(request: &Chat, judged: &mut Judged) {
    let Some(there) = converted(request.to_gemini()) else { return };
    let before = Carried::of(request.body());
    let between = Carried::of(there.body());
    assert_eq!(before, between);
    judged.case();
    judged.step(before.len());
    let Some(back) = converted(there.to_chat(request.model.clone())) else { return };
    assert_eq!(Carried::of(back.body()), between);
    let again = back.to_gemini().expect("a converted request can be converted again");
    assert_eq!(json(&again), json(&there));
    judged.step(before.len());
}

fn check_gemini(request: &Gemini, judged: &mut Judged) {
    let Some(there) = converted(request.to_chat("m")) else { return };
    let before = Carried::of(request.body());
    let between = Carried::of(there.body());
    assert_eq!(before, between);
    judged.case();
    judged.step(before.len());
    let Some(back) = converted(there.to_gemini()) else { return };
    assert_eq!(Carried::of(back.body()), between);
    let again = back.to_chat("m").expect("a converted request can be converted again");
    assert_eq!(json(&again), json(&there));
    judged.step(before.len());
}

/// Returns a converted request, or `None` if the format cannot express it.
fn converted<T>(request: niello::Result<T>) -> Option<T> {
    let kinds = [ErrorKind::Invalid, ErrorKind::MimeType, ErrorKind::Json];
    request.inspect_err(|error| assert!(kinds.contains(&error.kind()), "{error}")).ok()
}

fn json(request: &impl Serialize) -> String {
    serde_json::to_string(request).unwrap()
}

/// What every format carries: the texts of a request and the bytes of its media, in order.
#[derive(Debug, PartialEq)]
struct Carried {
    texts: Vec<String>,
    media: Vec<Vec<u8>>,
}

impl Carried {
    fn of(body: niello::Result<Body>) -> Carried {
        let mut body = body.expect("a request that is or can be converted is valid");
        let mut json = vec![0; body.len() as usize];
        body.read_exact(&mut json).unwrap();
        let request: Value = serde_json::from_slice(&json).unwrap();
        let mut texts = Vec::new();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for message in list(&request["messages"]) {
            // The result of a tool is not a text in the other format.
            if message["role"] != "tool" {
                texts.extend(message["content"].as_str().map(str::to_owned));
                texts.extend(
                    list(&message["content"])
                        .iter()
                        .filter_map(|part| part["text"].as_str())
                        .map(str::to_owned),
                );
            }
        }
        for content in [request["systemInstruction"].clone()].into_iter().chain(list(&request["contents"])) {
            texts.extend(
                list(&content["parts"]).iter().filter_map(|part| part["text"].as_str()).map(str::to_owned),
            );
        }
        let media = body.segments().filter_map(|(_, segment)| match segment {
            Segment::Base64(media) => {
                let mut bytes = Vec::new();
                media.copy_to(&mut bytes).unwrap();
                Some(bytes)
            }
            _ => None,
        });
        Carried { texts, media: media.collect() }
    }

    /// Returns the number of bytes.
    fn len(&self) -> usize {
        self.texts.iter().map(String::len).chain(self.media.iter().map(Vec::len)).sum()
    }
}
