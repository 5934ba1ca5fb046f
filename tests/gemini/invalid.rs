//! Invalid requests: the error when a body is made, and the field that it names.

use niello::{
    ErrorKind, Media,
    gemini::{
        Content, FileData, FileSearch, FunctionCall, FunctionDeclaration, FunctionResponse, GenerationConfig,
        GoogleSearchRetrieval, InlineData, Part, PartMediaResolution, Request, SafetySetting, Schema,
        SpeechConfig, ThinkingConfig, Tool, ToolConfig, VideoMetadata,
    },
};
use serde_json::{Map, json};
use std::time::Duration;

fn with_part(part: Part) -> Request {
    // The part under test is the third of the second turn.
    let parts = [Part::text("a"), Part::text("b"), part];
    Request::new().content(Content::user("x")).content(Content::user(parts))
}

fn inline(mime: &str) -> Part {
    Part::inline(Media::from_bytes(&b"abc"[..], "video/mp4").unwrap()).mime(mime)
}

fn config(config: GenerationConfig) -> Request {
    Request::new().content(Content::user("x")).generation_config(config)
}

fn tool(tool: impl Into<Tool>) -> Request {
    Request::new().content(Content::user("x")).tool(Tool::code_execution()).tool(tool)
}

fn function(function: FunctionDeclaration) -> Request {
    tool(Tool::functions([function]))
}

fn expect_error(request: Request, kind: ErrorKind, field: &str) {
    let error = request.body().expect_err(field);
    assert_eq!(error.kind(), kind, "{error}");
    let message = error.to_string();
    let rest = message.strip_prefix(field).unwrap_or_else(|| panic!("{error} does not begin with {field}"));
    assert!(rest.starts_with([' ', ':']), "{error} names more than {field}");
}

/// Expects an error for a key that appears twice in an object, in one spelling or two.
fn expect_duplicate(request: Request, object: &str) {
    let error = request.body().expect_err(object);
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.to_string().starts_with(&format!("{object} has the key")), "{error}");
}

#[test]
fn invalid_field_is_named_by_its_path() {
    const PART: &str = "contents[1].parts[2]";
    let invalid = |request, field: &str| expect_error(request, ErrorKind::Invalid, field);
    let part =
        |part, field: &str| expect_error(with_part(part), ErrorKind::Invalid, &format!("{PART}{field}"));

    invalid(Request::new(), "contents");
    invalid(Request::new().system("S"), "contents");
    invalid(with_part(Part::text("x")).content(Content::model(vec![])), "contents[2].parts");
    invalid(with_part(Part::text("x")).system(Content::new(vec![])), "systemInstruction.parts");
    invalid(with_part(Part::text("x")).system(Part::default()), "systemInstruction.parts[0]");

    part(Part::default(), "");
    part(Part::default().thought(true), "");
    part(Part::text("x").extra("fileData", json!({ "fileUri": "https://a/b" })), "");
    part(serde_json::from_value(json!({ "text": "x", "functionCall": { "name": "f" } })).unwrap(), "");
    part(serde_json::from_value(json!({ "inlineData": { "mimeType": 7 } })).unwrap(), ".inlineData");
    part(Part::file("https://a/b\r\n"), ".fileData.fileUri");
    assert!(with_part(Part::file("gs://bucket/my clip.mp4")).body().is_ok());
    for (setter, misplaced) in [
        ("mime", Part::text("x").mime("video/mp4")),
        ("display_name", Part::text("x").display_name("x")),
        ("fps", Part::text("x").fps(1.0)),
        ("start", Part::text("x").start(Duration::ZERO)),
        ("end", Part::text("x").end(Duration::from_secs(1))),
        ("video_metadata", Part::text("x").video_metadata(VideoMetadata::default())),
        ("media_resolution", Part::text("x").media_resolution("MEDIA_RESOLUTION_LOW")),
    ] {
        let error = with_part(misplaced.clone()).body().unwrap_err();
        assert!(error.to_string().contains(&format!("{setter}()")), "{error} does not name {setter}");
        part(misplaced, "");
    }

    for data in ["data:video/mp4;base64,AAAA", "not base64 \n-_", "+/8", "AA%3D"] {
        part(Part::inline(InlineData::new("video/mp4", data)), ".inlineData.data");
    }

    for uri in ["data:video/mp4;base64,AAAA", "DATA:,x", " data:,x", ""] {
        part(Part::file(uri), ".fileData.fileUri");
    }
    part(Part::media("data:video/mp4;base64,AAAA"), ".fileData.fileUri");

    for fps in [0.0, -0.0, -1.0, 24.000001, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        part(inline("video/mp4").fps(fps), ".videoMetadata.fps");
    }
    let (early, late) = (Duration::from_secs(1), Duration::from_secs(2));
    part(inline("video/mp4").start(late).end(early), ".videoMetadata.startOffset");
    part(inline("video/mp4").start(late).end(late), ".videoMetadata.startOffset");

    part(Part::function_call(FunctionCall::default()), ".functionCall.name");
    part(Part::function_response(FunctionResponse::default()), ".functionResponse.name");
    invalid(function(FunctionDeclaration::new("")), "tools[1].functionDeclarations[0].name");
    let nested = FunctionResponse::new("g", Map::new());
    for foreign in [
        Part::default(),
        Part::text("hi"),
        Part::function_call(FunctionCall::new("g", Default::default())),
        Part::function_response(nested),
        inline("video/mp4").thought(false),
        inline("video/mp4").thought_signature("s"),
        inline("video/mp4").fps(1.0),
        inline("video/mp4").media_resolution("MEDIA_RESOLUTION_LOW"),
    ] {
        let response = FunctionResponse::new("f", Map::new()).part(inline("image/png")).part(foreign);
        part(Part::function_response(response), ".functionResponse.parts[1]");
    }
}

#[test]
fn nan_and_infinity_are_errors() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let new = GenerationConfig::new;
        let shape = || Schema::array(Schema::any_of([Schema::string(), Schema::number().minimum(bad)]));
        for (request, field) in [
            (config(new().temperature(bad)), "generationConfig.temperature"),
            (config(new().top_p(bad)), "generationConfig.topP"),
            (config(new().presence_penalty(bad)), "generationConfig.presencePenalty"),
            (config(new().frequency_penalty(bad)), "generationConfig.frequencyPenalty"),
            (
                config(new().response_schema(Schema::object([("a", shape())]))),
                "generationConfig.responseSchema.properties.a.items.anyOf[1].minimum",
            ),
            (
                function(FunctionDeclaration::new("f").parameters(Schema::number().maximum(bad))),
                "tools[1].functionDeclarations[0].parameters.maximum",
            ),
            (
                function(FunctionDeclaration::new("f").response(shape())),
                "tools[1].functionDeclarations[0].response.items.anyOf[1].minimum",
            ),
            (
                tool(GoogleSearchRetrieval::dynamic(bad)),
                "tools[1].googleSearchRetrieval.dynamicRetrievalConfig.dynamicThreshold",
            ),
            (
                with_part(Part::text("x")).tool_config(ToolConfig::default().location(bad, 0.0)),
                "toolConfig.retrievalConfig.latLng.latitude",
            ),
            (
                with_part(Part::text("x")).tool_config(ToolConfig::default().location(0.0, bad)),
                "toolConfig.retrievalConfig.latLng.longitude",
            ),
        ] {
            expect_error(request, ErrorKind::Invalid, field);
        }
    }
}

#[test]
fn malformed_mime_type_is_an_error() {
    for bad in ["", "video", "video/mp4\",\"x\":\"", "video/mp4\n", "vidéo/mp4", "video/mp4 "] {
        let expect_mime_error = |request, field| expect_error(request, ErrorKind::MimeType, field);
        expect_mime_error(with_part(inline(bad)), "contents[1].parts[2].inlineData.mimeType");
        let file = Part::file("https://example.com/a.mp4").mime(bad);
        expect_mime_error(with_part(file.clone()), "contents[1].parts[2].fileData.mimeType");
        let response = FunctionResponse::new("f", Map::new()).part(file);
        let field = "contents[1].parts[2].functionResponse.parts[0].fileData.mimeType";
        expect_mime_error(with_part(Part::function_response(response)), field);
        let config = config(GenerationConfig::new().response_mime_type(bad));
        expect_mime_error(config, "generationConfig.responseMimeType");
    }
}

#[test]
fn media_in_the_place_of_a_mime_type_is_not_shown() {
    let error = with_part(inline(&"iVBORw0KGgoAAAANSUhEUg".repeat(10))).body().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MimeType);
    assert!(!error.to_string().contains("SUhEUg"), "{error}");
}

#[test]
fn extra_key_that_repeats_a_field_is_an_error() {
    let whole = Part::inline(InlineData::new("video/mp4", "AAAA").extra("data", "AAAA"));
    let file = Part::file(FileData::new("https://a/b").extra("file_uri", "https://a/b"));
    let video = inline("video/mp4").video_metadata(VideoMetadata::default().fps(1.0).extra("fps", 2));
    let call = FunctionCall::new("f", Default::default()).extra("args", 1);
    let response = FunctionResponse::new("f", Map::new()).extra("name", "g");
    let part = "contents[1].parts[2]";
    for (request, object) in [
        (with_part(Part::text("x").extra("text", "y")), part.to_owned()),
        (with_part(inline("a/b").extra("inlineData", 1)), part.to_owned()),
        (with_part(whole), format!("{part}.inlineData")),
        (with_part(file), format!("{part}.fileData")),
        (with_part(video), format!("{part}.videoMetadata")),
        (with_part(Part::function_call(call)), format!("{part}.functionCall")),
        (with_part(Part::function_response(response)), format!("{part}.functionResponse")),
        (
            with_part(
                inline("a/b").media_resolution(PartMediaResolution::num_tokens(1).extra("numTokens", 2)),
            ),
            format!("{part}.mediaResolution"),
        ),
        (with_part(Part::text("x")).content(Content::user("x").extra("role", "model")), "contents[2]".into()),
        (with_part(Part::text("x")).system(Content::new("x").extra("parts", 1)), "systemInstruction".into()),
        (config(GenerationConfig::new().top_p(0.5).extra("topP", 1)), "generationConfig".into()),
        (
            config(
                GenerationConfig::new()
                    .thinking_config(ThinkingConfig::new().thinking_budget(1).extra("thinking_budget", 1)),
            ),
            "generationConfig.thinkingConfig".into(),
        ),
        (
            config(
                GenerationConfig::new()
                    .speech_config(SpeechConfig::new().language_code("de").extra("languageCode", 1)),
            ),
            "generationConfig.speechConfig".into(),
        ),
        (
            config(
                GenerationConfig::new()
                    .response_schema(Schema::array(Schema::string().enum_values(["a"]).extra("enum", 1))),
            ),
            "generationConfig.responseSchema.items".into(),
        ),
        (with_part(inline("a/b").extra("inline_data", 1)), part.to_owned()),
        (tool(Tool::url_context().extra("urlContext", 1)), "tools[1]".into()),
        (tool(FileSearch::new(["a"]).top_k(1).extra("topK", 1)), "tools[1].fileSearch".into()),
        (function(FunctionDeclaration::new("f").extra("name", 1)), "tools[1].functionDeclarations[0]".into()),
        (
            with_part(Part::text("x"))
                .tool_config(ToolConfig::default().location(0.0, 0.0).extra("retrievalConfig", 1)),
            "toolConfig".into(),
        ),
        (
            with_part(Part::text("x")).safety_setting(SafetySetting::new("a", "b").extra("category", 1)),
            "safetySettings[0]".into(),
        ),
    ] {
        expect_duplicate(request, &object);
    }
    for (key, says) in [
        ("contents", "the request has the key \"contents\" twice"),
        ("cached_content", "the request has the keys \"cachedContent\" and \"cached_content\""),
    ] {
        let error = with_part(Part::text("x")).cached_content("x").extra(key, 1).body().unwrap_err();
        assert!(error.to_string().starts_with(says), "{error}");
    }

    let twice = Schema::object([("a", Schema::string()), ("a", Schema::number())]);
    let request = config(GenerationConfig::new().response_schema(twice));
    expect_duplicate(request, "generationConfig.responseSchema.properties");
}

#[test]
fn keys_that_are_your_own_names_have_one_spelling() {
    let both = || json!({"a_b": 1, "aB": 2, "in": [{"c_d": 1, "cD": 2}]});
    let map = || both().as_object().unwrap().clone();
    let shape = || Schema::object([("a_b", Schema::string()), ("aB", Schema::number())]);
    for request in [
        with_part(Part::function_call(FunctionCall::new("f", map()))),
        with_part(Part::function_response(FunctionResponse::new("f", map()))),
        with_part(Part::text("x").extra("partMetadata", both())),
        config(GenerationConfig::new().response_json_schema(both())),
        config(GenerationConfig::new().response_schema(shape().example(both()).default_value(both()))),
        function(FunctionDeclaration::new("f").parameters(shape()).response(Schema::array(shape()))),
        with_part(Part::text("x")).label("a_b", "1").label("aB", "2"),
        // Fields that are not set.
        with_part(Part::text("x")).extra("cachedContent", "x"),
    ] {
        request.body().unwrap();
    }
    // The keys of a schema are fields, also in `response`.
    let twice = Schema::string().title("x").extra("title", 1);
    expect_duplicate(
        function(FunctionDeclaration::new("f").response(twice)),
        "tools[1].functionDeclarations[0].response",
    );
    expect_duplicate(
        config(
            GenerationConfig::new().response_schema(Schema::object([(
                "a",
                Schema::string().min_items(1).extra("min_items", 1),
            )])),
        ),
        "generationConfig.responseSchema.properties.a",
    );
}

#[test]
fn unusual_values_are_left_to_the_api() {
    let unknown: Part = serde_json::from_str(r#"{"toolCall":{"id":"1"}}"#).unwrap();
    let signature: Part = serde_json::from_str(r#"{"thoughtSignature":"+/="}"#).unwrap();
    for part in [
        unknown,
        signature,
        inline("video/mp4").fps(24.0),
        inline("video/mp4").fps(f64::MIN_POSITIVE),
        inline("application/x-anything;a=b"),
        inline("video/mp4").start(Duration::from_secs(1)),
        Part::inline(InlineData::new("video/mp4", "-_8")),
        Part::file("files/abc-123"),
        Part::file("gs://bucket/with space and \"quotes\".mp4"),
        Part::text("\0"),
    ] {
        with_part(part).body().unwrap();
    }
    config(GenerationConfig::new().temperature(-7.0).top_k(-1).max_output_tokens(0)).body().unwrap();
    Request::new().content(Content::model("x")).content(Content::model("y")).body().unwrap();
}
