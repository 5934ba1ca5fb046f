//! Chat Completions: errors, streaming, and reading and writing requests.

#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
mod golden;

#[path = "chat/random.rs"]
mod random;
#[path = "chat/responses.rs"]
mod responses;

use niello::{
    Base64, Error, ErrorKind, Media, Segment,
    chat::{
        self, Content, Function, JsonSchema, Message, Modality, Part, PartKind, ReasoningEffort, Request,
        ResponseFormat, Role, Stop, StreamOptions, Tool, ToolCall, ToolChoice,
    },
};
use serde_json::{Value, json};

fn media(mime: &str) -> Media {
    Media::from_bytes(&b"\xFF\xFE\xFD\xFC"[..], mime).unwrap()
}

fn new() -> Request {
    Request::new("m")
}

fn sent(request: &Request) -> Vec<u8> {
    let mut sent = Vec::new();
    request.body().unwrap().write_to(&mut sent).unwrap();
    sent
}

fn full() -> Request {
    let unknown: Part =
        serde_json::from_value(json!({"type": "x_hologram", "x_hologram": {"n": 1}})).unwrap();
    let mut refusal = Message::assistant([Part::from(PartKind::Refusal("no".into()))]);
    refusal.refusal = Some("no".into());
    new()
        .messages([
            Message::system("S").name("rules").extra("x_message", json!([1, null])),
            Message::developer([Part::text("D").extra("cache_control", json!({"type": "ephemeral"}))]),
            Message::user([
                Part::text("U"),
                Part::video(media("video/mp4")).detail("low").inner_extra("fps", 1.5).extra("uuid", "u1"),
                Part::video("https://example.com/v.mp4?a=1&b=\"2\""),
                Part::audio(media("audio/ogg")).inner_extra("x", true),
                Part::image(media("image/png")).detail("high"),
                Part::input_audio(media("audio/wav")).inner_extra("x", true).extra("y", false),
                Part::input_audio(media("audio/x-unheard")).format("mp3"),
                Part::file(media("application/pdf")).filename("a \"b\".pdf").inner_extra("x", 0),
                Part::file_id("file-1"),
                unknown,
            ]),
            Message::new(Role::Assistant).tool_calls([ToolCall::function(
                "call_1",
                "save_clip",
                "{\"start\": 1}",
            )
            .extra("extra_content", json!({"google": {"thought_signature": "c2ln"}}))]),
            Message::tool("call_1", "saved"),
            refusal,
            Message::new("x_role").content("R"),
        ])
        .max_tokens(1024)
        .max_completion_tokens(0)
        .temperature(0.1)
        .top_p(0.0)
        .n(1)
        .stop(["END", "\n"])
        .seed(-7)
        .stream(false)
        .stream_options(StreamOptions::new().include_usage(true).extra("include_obfuscation", false))
        .presence_penalty(-2.0)
        .frequency_penalty(0.25)
        .logit_bias([("50256", -100), ("11", 5)])
        .logprobs(true)
        .top_logprobs(20)
        .response_format(
            ResponseFormat::json_schema(
                JsonSchema::new("clip", json!({"type": "object"}))
                    .description("A clip.")
                    .strict(true)
                    .extra("x_schema", 1),
            )
            .extra("x_format", 1),
        )
        .tool(Tool::from(
            Function::new("save_clip")
                .description("Saves.")
                .parameters(json!({"type": "object", "properties": {"start": {"type": "number"}}}))
                .strict(false)
                .extra("x_function", 1),
        ))
        .tools([Tool::new("custom").extra("custom", json!({"name": "grep"}))])
        .tool_choice(ToolChoice::Function("save_clip".into()))
        .parallel_tool_calls(false)
        .reasoning_effort(ReasoningEffort::High)
        .user("u")
        .metadata([("k", "v")])
        .modalities([Modality::Text, "x_smell".into()])
        .extra("top_k", 0)
        .extra("thinking", json!({"type": "enabled", "budget_tokens": 1024}))
}

#[test]
fn every_field_is_written_and_read_back() {
    let request = full();
    let mut options = request.clone();
    options.messages.clear();
    options.tools.truncate(1);
    assert!(!format!("{options:?}").contains("None"), "a field is not set: {options:?}");

    let expected = include_str!("data/chat_full.json");
    let got = sent(&request);
    let difference =
        golden::difference("", &golden::strict(expected.as_bytes()).unwrap(), &golden::strict(&got).unwrap());
    assert_eq!(difference, None, "{}", String::from_utf8(got).unwrap());
    assert!(got == serde_json::to_vec(&request).unwrap());

    let read: Request = serde_json::from_slice(&got).unwrap();
    assert!(sent(&read) == got, "a stored request makes the same body");
}

#[test]
fn fields_that_are_not_set_are_left_out() {
    let request = new().message(Message::user("")).stop([""; 0]).modalities([""; 0]);
    assert_eq!(sent(&request), br#"{"model":"m","messages":[{"role":"user","content":""}]}"#);
    let call = Message::new(Role::Assistant).content([]).tool_calls([ToolCall::function("1", "f", "")]);
    let call = serde_json::to_value(new().message(call)).unwrap();
    assert_eq!(call["messages"][0]["content"], Value::Null);
}

#[test]
fn media_is_streamed_next_to_extra_keys() {
    let clip = Media::from_bytes(vec![7; 1_500_000], "video/mp4").unwrap();
    let talk = Media::from_bytes(vec![8; 1_500_000], "audio/wav").unwrap();
    let parts = [
        Part::video(&clip),
        Part::video(&clip).inner_extra("fps", 1).extra("uuid", "u").detail("low"),
        Part::audio(&talk).inner_extra("x", 1).extra("y", 2),
        Part::image(&clip).inner_extra("x", 1).extra("y", 2),
        Part::input_audio(&talk).inner_extra("x", 1).extra("y", 2),
        Part::file(&clip).inner_extra("x", 1).extra("y", 2).filename("f"),
        Part::media(&clip),
    ];
    let count = parts.len();
    let message = Message::user(parts).extra("x", 1).name("n");
    let request = new().message(message.clone()).message(message).extra("x", 1);
    let body = request.body().unwrap();
    let streamed = body.segments().filter(|(_, segment)| matches!(segment, Segment::Base64(_))).count();
    assert_eq!(streamed, 2 * count);
    let held: u64 = body
        .segments()
        .filter_map(|(_, segment)| matches!(segment, Segment::Text(_)).then_some(segment.len()))
        .sum();
    assert!(held < 4096, "{held}");
    assert!(sent(&request) == serde_json::to_vec(&request).unwrap());
}

/// Returns a request whose second message has the part as its second one.
fn one(part: Part) -> Request {
    new().message(Message::user("x")).message(Message::user([Part::text("y"), part]))
}

fn error(request: &Request) -> Error {
    request.body().unwrap_err()
}

#[test]
fn errors_begin_with_the_path_of_the_field() {
    let hi = || new().message(Message::user("Hi"));
    let call = ToolCall::function("1", "f", "{}");
    let bare = Message::new(Role::Assistant);
    let mut misnamed_function = Function::new("f").parameters(json!({}));
    misnamed_function.extra.insert("parameters", 1);
    let mut misnamed_call = call.clone();
    misnamed_call.function.as_mut().unwrap().extra.insert("arguments", "{}");
    let unnamed: Part = serde_json::from_value(json!({"text": "x"})).unwrap();
    let file =
        |file: Value| -> Part { serde_json::from_value(json!({"type": "file", "file": file})).unwrap() };
    let path = "messages[1].content[1]";

    let cases: Vec<(Request, String)> = vec![
        (Request::new("").message(Message::user("Hi")), "model is empty".into()),
        (new(), "messages is empty".into()),
        (hi().temperature(f64::NAN), "temperature is NaN".into()),
        (hi().top_p(f64::INFINITY), "top_p is inf".into()),
        (hi().presence_penalty(f64::NEG_INFINITY), "presence_penalty is -inf".into()),
        (hi().frequency_penalty(f64::NAN), "frequency_penalty is NaN".into()),
        (hi().extra("model", "x"), "the request has the key \"model\" twice".into()),
        (hi().max_tokens(2).extra("max_tokens", 1), "the request has the key \"max_tokens\"".into()),
        (hi().tool(Tool::new("x")).extra("tools", json!([])), "the request has the key \"tools\"".into()),
        (
            hi().stream_options(StreamOptions::new().include_usage(true).extra("include_usage", true)),
            "stream_options has the key \"include_usage\" twice".into(),
        ),
        (
            hi().response_format(ResponseFormat::text().extra("type", "x")),
            "response_format has the key \"type\" twice".into(),
        ),
        (
            hi().response_format(ResponseFormat::json_schema(JsonSchema::new("n", 1).extra("schema", 1))),
            "response_format.json_schema has the key \"schema\" twice".into(),
        ),
        (
            hi().tool(Tool::new("x")).tool(Tool::from(Function::new("f")).extra("function", 1)),
            "tools[1] has".into(),
        ),
        (hi().tool(misnamed_function), "tools[0].function has the key \"parameters\" twice".into()),
        (
            hi().message(Message::user("x").extra("content", "y")),
            "messages[1] has the key \"content\" twice".into(),
        ),
        (hi().message(Message::new("").content("x")), "messages[1].role is empty".into()),
        (
            hi().response_format(ResponseFormat::new("json_schema")),
            "response_format.json_schema is missing".into(),
        ),
        (hi().tool(Tool::new("function")), "tools[0].function is missing".into()),
        (hi().tool(Function::new("")), "tools[0].function.name is empty".into()),
        (
            hi().message(bare.clone().tool_calls([ToolCall::default()])),
            "messages[1].tool_calls[0].function is missing".into(),
        ),
        (
            hi().message(bare.clone().tool_calls([ToolCall::function("1", "", "{}")])),
            "messages[1].tool_calls[0].function.name is empty".into(),
        ),
        (hi().message(bare.clone()), "messages[1].content is missing".into()),
        (hi().message(Message::user([])), "messages[1].content is missing".into()),
        (hi().message(Message::user([]).extra("x", 1)), "messages[1].content is missing".into()),
        (hi().message(Message::new(Role::Tool).content("x")), "messages[1].tool_call_id is missing".into()),
        (hi().message(Message::tool("", "x")), "messages[1].tool_call_id is missing".into()),
        (
            hi().message(bare.clone().tool_calls([call.clone(), call.extra("id", 2)])),
            "messages[1].tool_calls[1] has the key \"id\" twice".into(),
        ),
        (
            hi().message(bare.tool_calls([misnamed_call])),
            "messages[1].tool_calls[0].function has the key \"arguments\" twice".into(),
        ),
        (one(Part::video("")), format!("{path}.video_url.url is empty")),
        (
            one(Part::audio("https://example.com/a b")),
            format!("{path}.audio_url.url: \"https://example.com/a b\" contains a space"),
        ),
        (
            one(Part::image("https://example.com/\n")),
            format!("{path}.image_url.url: \"https://example.com/\\n\" contains"),
        ),
        (one(Part::video("clip.mp4")), format!("{path}.video_url.url: \"clip.mp4\" is not a URL")),
        (one(Part::image("C:\\i.png")), format!("{path}.image_url.url: \"C:\\\\i.png\" is not a URL")),
        (one(Part::file("\0")), format!("{path}.file.file_data: ")),
        (one(file(json!({}))), format!("{path}.file.file_data is missing")),
        (one(file(json!({"filename": "f"}))), format!("{path}.file.file_data is missing")),
        (one(Part::file_id("")), format!("{path}.file.file_id is empty")),
        (
            one(Part::text("x").detail("low")),
            format!("{path}: detail() does not apply to a part of type \"text\""),
        ),
        (one(Part::text("x").filename("f")), format!("{path}: filename() does not apply")),
        (
            one(Part::video("https://a/b").format("wav")),
            format!("{path}: format() does not apply to a part of type \"video_url\""),
        ),
        (
            one(Part::input_audio("data:audio/wav;base64,AAAA").format("wav")),
            format!("{path}.input_audio.data is "),
        ),
        (one(Part::input_audio("talk.wav").format("wav")), format!("{path}.input_audio.data is ")),
        (one(Part::text("x").extra("text", "y")), format!("{path} has the key \"text\" twice")),
        (one(Part::text("x").extra("type", "y")), format!("{path} has the key \"type\" twice")),
        (
            one(Part::video("https://u").inner_extra("url", "y")),
            format!("{path}.video_url has the key \"url\" twice"),
        ),
        (
            one(Part::video("https://u").detail("low").inner_extra("detail", "y")),
            format!("{path}.video_url has the key \"detail\" twice"),
        ),
        (
            one(Part::file("https://u").filename("f").inner_extra("filename", "y")),
            format!("{path}.file has the key \"filename\" twice"),
        ),
        (
            one(Part::input_audio(media("audio/wav")).inner_extra("data", "y")),
            format!("{path}.input_audio has the key \"data\" twice"),
        ),
        (one(unnamed), format!("{path}.type is missing")),
        (
            hi().message(
                Message::assistant("x").images([Part::image("https://a/i.png"), Part::image("i.png")]),
            ),
            "messages[1].images[1].image_url.url: \"i.png\" is not a URL".into(),
        ),
        (one(Part::input_audio("AA==")), format!("{path}.input_audio.format is missing")),
    ];
    for (request, at) in cases {
        let error = error(&request);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().starts_with(&at), "{error}: should start with {at}");
    }

    let error = error(&one(Part::input_audio(media("audio/flac"))));
    assert_eq!(error.kind(), ErrorKind::MimeType);
    let expected = format!("{path}.input_audio: media in memory is audio/flac, not WAV or MP3");
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[test]
fn values_that_an_api_might_accept_are_sent() {
    let call = ToolCall::function("", "f", "no JSON");
    for request in [
        new().message(Message::user("Hi")).temperature(-1.0).top_p(7.0),
        new().message(Message::new(Role::Assistant).tool_calls([call])),
        new().message(Message::new(Role::Assistant).extra("audio", json!({"id": "audio_1"}))),
        new().message(Message::assistant("x").extra("tool", 1)),
        one(Part::text("").extra("video_url", 1)),
        one(Part::video("gs://bucket/a.mp4")),
        one(Part::input_audio(media("audio/flac")).format("flac")),
        one(Part::input_audio("-_8").format("wav")),
        one(Part::file("AAAA")),
        one(Part::text("x").inner_extra("k", 1)),
        // Keys of fields that are not set, and of no field.
        new().message(Message::user("Hi")).extra("max_tokens", 1).extra("maxTokens", 2),
    ] {
        assert!(sent(&request) == serde_json::to_vec(&request).unwrap());
    }
}

#[test]
fn format_of_input_audio_comes_from_the_mime_type() {
    for (mime, format) in [
        ("audio/wav", Some("wav")),
        ("audio/x-wav", Some("wav")),
        ("audio/wav;codec=1", Some("wav")),
        ("audio/mp3", Some("mp3")),
        ("audio/mpeg", Some("mp3")),
        ("audio/ogg", None),
        ("video/mp4", None),
    ] {
        let PartKind::InputAudio(audio) = Part::input_audio(media(mime)).kind else { panic!("{mime}") };
        assert_eq!(audio.format.as_ref().map(|format| format.as_str()), format, "{mime}");
        assert!(matches!(audio.data, Base64::Media(_)));
    }
}

#[test]
fn kind_of_a_media_part_comes_from_the_mime_type_or_the_extension() {
    for (part, kind) in [
        (Part::media(media("video/webm")), "video_url"),
        (Part::media(media("audio/ogg")), "audio_url"),
        (Part::media(media("image/webp")), "image_url"),
        (Part::media(media("application/pdf")), "file"),
        (Part::media("https://example.com/a.mov"), "video_url"),
        (Part::media("DATA:video/mp4;base64,AAAA"), "video_url"),
        (Part::from(&media("video/webm")), "video_url"),
        (Part::from("x"), "text"),
        (Part::media("https://youtu.be/x"), "video_url"),
        (Part::media("https://example.com/"), "file"),
    ] {
        assert_eq!(part.kind.as_str(), kind);
    }
}

#[test]
fn parts_of_unknown_kind_or_shape_are_written_as_they_were_read() {
    for part in [
        json!({"type": "x_hologram", "x_hologram": {"n": [1, null]}, "k": 1.5}),
        json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "t", "signature": "s"}]}),
        json!({"type": "text"}),
        json!({"type": "text", "text": "t", "thoughtSignature": "s", "annotations": []}),
        json!({"type": "video_url", "video_url": ["https://example.com"]}),
        json!({"type": "image_url", "image_url": {"file_id": "f"}}),
        json!({"type": "image_url", "image_url": {"url": "u", "detail": "x_squint", "k": {}}}),
        json!({"type": "input_audio", "input_audio": {"data": "AA==", "format": "x"}}),
        json!({"type": "file", "file": {"file_id": "f", "k": 1}, "k": 1}),
        json!({"text": "t"}),
        json!({}),
    ] {
        let read: Part = serde_json::from_value(part.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), part);
    }
}

#[test]
fn type_or_text_that_is_not_a_string_is_read_as_its_json() {
    for (part, written) in [
        (r#"{"type": "text", "text": 7}"#, r#"{"type":"text","text":"7"}"#),
        (r#"{"type": "text", "text": null}"#, r#"{"type":"text"}"#),
        (r#"{"text": null, "type": "text"}"#, r#"{"type":"text"}"#),
        (r#"{"refusal": true, "type": "refusal"}"#, r#"{"type":"refusal","refusal":"true"}"#),
        (r#"{"type": "refusal", "refusal": true}"#, r#"{"type":"refusal","refusal":"true"}"#),
        (r#"{"type": 7, "text": "t"}"#, r#"{"type":"7","text":"t"}"#),
    ] {
        let read: Part = serde_json::from_str(part).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
    }
}

#[test]
fn url_may_be_a_string_instead_of_an_object() {
    let request: Request = serde_json::from_str(include_str!("data/faults/url_str.json")).unwrap();
    let sent = serde_json::to_value(&request).unwrap();
    let expected = json!([{"type": "image_url", "image_url": {"url": "https://example.com/pic.jpg"}}]);
    assert_eq!(sent["messages"][0]["content"], expected);
    for kind in ["video_url", "audio_url", "image_url"] {
        for url in ["https://h/a", "data:video/mp4;base64,AAAA", ""] {
            let part = json!({"type": kind, (kind): url, "uuid": "u"});
            let object = json!({"type": kind, (kind): {"url": url}, "uuid": "u"});
            let read: Part = serde_json::from_str(&part.to_string()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), object);
            let read: Part = serde_json::from_value(part).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), object);
        }
    }
}

#[test]
fn requests_of_other_clients_are_read() {
    let messages = json!([
        {"role": "x_role", "content": "c", "x": 1},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}, "index": 0},
            {"id": "2", "type": "custom", "custom": {"name": "g", "input": "i"}},
        ]},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "r"}]},
    ]);
    for choice in [
        json!("auto"),
        json!("none"),
        json!("required"),
        json!("x_maybe"),
        json!({"type": "function", "function": {"name": "f"}}),
        json!({"type": "function", "function": {"name": "f"}, "x": 1}),
        json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}),
    ] {
        let request = json!({"model": "m", "messages": messages, "stop": "END", "tool_choice": choice});
        let read: Request = serde_json::from_value(request.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), request);
        read.body().unwrap();
    }

    let nulls = json!({"model": null, "messages": [
        {"role": null, "content": null, "name": null, "tool_calls": null, "tool_call_id": null},
    ], "stop": null, "tools": null, "logit_bias": null, "metadata": null, "modalities": null, "n": null});
    let read: Request = serde_json::from_value(nulls).unwrap();
    assert_eq!(
        serde_json::to_value(&read).unwrap(),
        json!({"model": "", "messages": [{"role": "user", "content": null}]})
    );
}

#[test]
fn whole_numbers_are_read_from_strings_and_floats() {
    let stored = json!({"max_tokens": 10.0, "max_completion_tokens": "7", "n": 1.0, "seed": "-7", "top_logprobs": 2.0});
    let read: Request = serde_json::from_value(stored).unwrap();
    assert_eq!((read.max_tokens, read.max_completion_tokens, read.n), (Some(10), Some(7), Some(1)));
    assert_eq!((read.seed, read.top_logprobs), (Some(-7), Some(2)));
    for bad in [json!({"max_tokens": 1.5}), json!({"seed": "x"}), json!({"seed": u64::MAX})] {
        assert!(serde_json::from_value::<Request>(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn debug_of_a_request_shows_no_media() {
    let stored = serde_json::to_value(new().message(Message::user([
        Part::video(media("video/mp4")),
        Part::file(media("application/pdf")),
        Part::input_audio(media("audio/wav")),
    ])));
    let read: Request = serde_json::from_value(stored.unwrap()).unwrap();
    let shown = format!("{read:?}");
    assert!(!shown.contains("79/A"), "{shown}");
    assert!(shown.contains("data:video/mp4;base64,") && shown.contains("8 more bytes"), "{shown}");
}

#[test]
fn strings_and_media_convert_by_reference() {
    let text = String::from("https://example.com/a.mp4");
    let request = new()
        .message(Message::user(&text))
        .message(Message::user([Part::video(&text), Part::from(&media("image/png")), "x".into()]))
        .tool_choice(String::from("none"));
    assert_eq!(request.tool_choice, Some(ToolChoice::None));
    request.body().unwrap();
}

#[test]
fn text_of_content_joins_the_text_parts() {
    for (content, text) in [
        (Content::from("a"), Some("a")),
        (Content::from(""), Some("")),
        (Content::from(vec![]), None),
        (Content::from([Part::text("a"), Part::video("u"), Part::text("b")]), Some("ab")),
        (Content::from(Part::video("u")), None),
        (Content::from(Part::text("")), Some("")),
    ] {
        assert_eq!(content.text().as_deref(), text);
        assert_eq!(Message::user(content).text().as_deref(), text);
    }
}

#[test]
fn setters_of_lists_and_maps_extend() {
    let call = |id: &str| ToolCall::function(id, "f", "{}");
    let message = Message::new(Role::Assistant).tool_calls([call("1")]).tool_calls([call("2")]);
    let request = new()
        .messages([message])
        .messages([Message::tool("1", "a"), Message::tool("2", "b")])
        .stop(["a"])
        .stop(["b"])
        .logit_bias([("1", 1)])
        .logit_bias([("2", 2)])
        .tools([Tool::new("x")])
        .tools([Function::new("f")])
        .metadata([("a", "1")])
        .metadata([("b", "2")])
        .modalities([Modality::Text])
        .modalities(["audio"]);
    let written = serde_json::to_value(&request).unwrap();
    assert_eq!(written["messages"].as_array().unwrap().len(), 3);
    assert_eq!(written["messages"][0]["tool_calls"].as_array().unwrap().len(), 2);
    assert_eq!(written["stop"], json!(["a", "b"]));
    assert_eq!(written["logit_bias"], json!({"1": 1, "2": 2}));
    assert_eq!(written["tools"].as_array().unwrap().len(), 2);
    assert_eq!(written["metadata"], json!({"a": "1", "b": "2"}));
    assert_eq!(written["modalities"], json!(["text", "audio"]));

    let mut request = new();
    request.stop = Stop::One("a".into());
    assert_eq!(request.stop(["b"]).stop, Stop::List(vec!["a".into(), "b".into()]));
}

/// serde_json sorts the keys of a map, or keeps their order with its feature `preserve_order`. Both are right here.
#[test]
fn extra_keys_of_a_part_keep_their_order() {
    for (start, kind) in [(r#"{"type":"x""#, "x"), (r#"{"type":"text","text":"t""#, "text")] {
        let extra = r#""z":1,"y":2,"a":3,"b":4"#;
        let expected: Value = serde_json::from_str(&format!("{{{extra}}}")).unwrap();
        let expected = format!("{start},{}", &expected.to_string()[1..]);
        let part: Part = serde_json::from_str(&format!("{start},{extra}}}")).unwrap();
        assert_eq!(part.kind.as_str(), kind);
        assert_eq!(serde_json::to_string(&part).unwrap(), expected);
    }
}

#[test]
fn debug_hides_the_query_of_a_url() {
    let request = new().message(Message::user([Part::video("https://h/v.mp4?X-Amz-Signature=SECRET")]));
    let shown = format!("{request:?}");
    assert!(shown.contains("https://h/v.mp4?...") && !shown.contains("SECRET"), "{shown}");
}

#[test]
fn public_types_are_send_sync_and_unpin() {
    fn check<T: Send + Sync + Unpin + 'static>() {}

    check::<(niello::Source, Base64)>();
    check::<(Request, Message, Content, Role, Part, PartKind)>();
    check::<(chat::MediaUrl, chat::InputAudio, chat::FileData, chat::AudioFormat, chat::Detail)>();
    check::<(Tool, Function, ToolChoice, ToolCall, chat::FunctionCall, chat::ToolKind)>();
    check::<(ReasoningEffort, Modality, Stop, StreamOptions)>();
    check::<(ResponseFormat, chat::FormatKind, JsonSchema)>();
    check::<(chat::Response, chat::Choice, chat::FinishReason, chat::Usage, chat::TokenDetails)>();
    check::<(chat::Logprobs, chat::TokenLogprob)>();
    check::<(chat::Chunk, chat::ChunkChoice, chat::Delta, chat::ToolCallDelta, chat::FunctionDelta)>();
}

#[test]
fn setters_of_numbers_accept_every_integer_type() {
    let tokens = |request: Request| request.max_tokens.unwrap();
    assert_eq!(tokens(new().max_tokens(7)), 7);
    assert_eq!(tokens(new().max_tokens(7_u8)), 7);
    assert_eq!(tokens(new().max_tokens(7_u64)), 7);
    assert_eq!(tokens(new().max_tokens("seven".len() + 2)), 7);
    assert_eq!(tokens(new().max_tokens(u64::MAX)), i64::MAX);
}
