//! The Gemini format: golden cases, checks, and reading requests and responses.

#[path = "gemini/cases.rs"]
mod cases;
#[path = "gemini/full.rs"]
mod full;
#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
mod golden;
#[path = "gemini/invalid.rs"]
mod invalid;
#[path = "gemini/random.rs"]
mod random;
#[path = "gemini/responses.rs"]
mod responses;
#[path = "gemini/shapes.rs"]
mod shapes;

use niello::{
    Access, Body, Media, Segment,
    gemini::{
        CodeExecution, Content, FunctionDeclaration, FunctionResponse, GenerationConfig, GoogleSearch,
        Interval, Part, Request,
    },
};

/// Returns the bytes of a body. They must be what serde_json writes.
fn bytes(request: &Request) -> Vec<u8> {
    let body = request.body().unwrap();
    let len = body.len();
    let mut bytes = Vec::new();
    body.clone().write_to(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, len);
    assert!(bytes == serde_json::to_vec(request).unwrap(), "the body is what serde_json writes");
    bytes
}

fn media_of(body: &Body) -> usize {
    body.segments().filter(|(_, segment)| matches!(segment, Segment::Base64(_))).count()
}

/// Returns the cases of this format but the one with empty media, which only a template can send.
fn case_names() -> impl Iterator<Item = String> {
    golden::names().into_iter().filter(|name| name.contains("gemini_") && name != "gemini_bytes0")
}

#[test]
fn golden_cases_are_built_from_types() {
    let names: Vec<_> = case_names().collect();
    assert_eq!(names.len(), 39);
    for name in &names {
        let request = cases::request(name).unwrap_or_else(|| panic!("{name} is not in the table"));
        golden::judge(name, &bytes(&request));
        let template = std::fs::read_to_string(golden::case(name).join("template.json")).unwrap();
        let expected = template.matches("$base64").count();
        assert_eq!(media_of(&request.body().unwrap()), expected, "{name}: all media is streamed");
    }
}

#[test]
fn golden_cases_read_back() {
    for name in &case_names().collect::<Vec<_>>() {
        let expected = std::fs::read(golden::case(name).join("expected.json")).unwrap();
        let request: Request = serde_json::from_slice(&expected).unwrap();
        golden::judge(name, &bytes(&request));
        let built = bytes(&cases::request(name).unwrap());
        let again: Request = serde_json::from_slice(&built).unwrap();
        assert!(bytes(&again) == built, "{name}: differs after it was read back");
    }
}

#[test]
fn media_is_a_segment_in_every_kind_of_part() {
    let large = tempfile::NamedTempFile::new().unwrap();
    large.as_file().set_len(5 * 1024 * 1024).unwrap();
    let open = |access| Media::options().mime("video/mp4").access(access).open(large.path()).unwrap();
    let clip = open(Access::Map);
    let response = FunctionResponse::new("f", serde_json::Map::new())
        .part(Part::inline(&clip).extra("x", 1))
        .extra("y", 2);
    let request = Request::new()
        .content(Content::user([
            Part::inline(&clip).fps(2.0).extra("x", 1),
            Part::media(open(Access::Read)).display_name("v"),
            Part::function_response(response),
        ]))
        .system(Part::inline(&clip))
        .extra("x", 1);
    let body = request.body().unwrap();
    assert_eq!(media_of(&body), 4);
    let text: u64 = body
        .segments()
        .map(|(_, segment)| if let Segment::Text(text) = segment { text.len() as u64 } else { 0 })
        .sum();
    assert!(text < 1000, "{text} bytes of text");
    bytes(&request);
}

#[test]
fn request_stored_by_another_program_reads_back() {
    let stored = serde_json::json!({
        "contents": [{ "role": "user", "parts": [
            { "text": null, "fileData": { "fileUri": "gs://a/b", "mimeType": null }, "thought": null },
            { "inlineData": { "mimeType": "a/b", "data": "_-8" }, "videoMetadata": { "startOffset": "1.5s", "fps": 5 } },
            { "holograph": { "deep": [1, null, { "a": 0.1 }] }, "thought": false },
        ] }],
        "systemInstruction": null,
        "tools": null,
        "labels": null,
        "generationConfig": {
            "topK": 40.0,
            "seed": "-9007199254740993",
            "stopSequences": null,
            "responseSchema": { "type": "object", "minItems": "5", "properties": null, "enum": null },
        },
    });
    let request: Request = serde_json::from_value(stored).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&bytes(&request)).unwrap();
    let expected = serde_json::json!({
        "contents": [{ "role": "user", "parts": [
            { "fileData": { "fileUri": "gs://a/b" } },
            { "inlineData": { "mimeType": "a/b", "data": "_-8" }, "videoMetadata": { "startOffset": "1.500s", "fps": 5.0 } },
            { "holograph": { "deep": [1, null, { "a": 0.1 }] }, "thought": false },
        ] }],
        "generationConfig": {
            "topK": 40,
            "seed": -9007199254740993_i64,
            "responseSchema": { "type": "OBJECT", "minItems": 5 },
        },
    });
    assert_eq!(written, expected);

    for bad in [r#"{"topK":1.5}"#, r#"{"seed":"1x"}"#, r#"{"seed":1e300}"#, r#"{"logprobs":true}"#] {
        assert!(serde_json::from_str::<GenerationConfig>(bad).is_err(), "{bad}");
    }
}

#[test]
fn strings_media_and_tools_convert() {
    let text = String::from("x");
    let still = Media::from_bytes("x", "image/png").unwrap();
    let request = Request::new()
        .content(Content::user(&text).part("y").part(&still))
        .system([Part::text("S")])
        .tool(FunctionDeclaration::new("f"))
        .tool(CodeExecution::default())
        .tool(GoogleSearch::from(Interval::since("2026-11-01T00:00:00Z")));
    let written: serde_json::Value = serde_json::from_slice(&bytes(&request)).unwrap();
    let expected = serde_json::json!({
        "contents": [{ "role": "user", "parts": [
            { "text": "x" }, { "text": "y" }, { "inlineData": { "mimeType": "image/png", "data": "eA==" } },
        ] }],
        "systemInstruction": { "parts": [{ "text": "S" }] },
        "tools": [
            { "functionDeclarations": [{ "name": "f" }] },
            { "codeExecution": {} },
            { "googleSearch": { "timeRangeFilter": { "startTime": "2026-11-01T00:00:00Z" } } },
        ],
    });
    assert_eq!(written, expected);
}

/// Writes all bodies of these tests to the directory `NIELLO_BODIES`, for `tests/protobuf/run`.
#[test]
fn write_bodies() {
    let Some(folder) = std::env::var_os("NIELLO_BODIES") else { return };
    let folder = std::path::Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    for name in &case_names().collect::<Vec<_>>() {
        std::fs::write(folder.join(name).with_extension("json"), bytes(&cases::request(name).unwrap()))
            .unwrap();
    }
    std::fs::write(folder.join("full.json"), bytes(&full::request())).unwrap();
}
