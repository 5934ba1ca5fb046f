//! Every kind of part reads back as itself, in both formats, and no field of the full requests is lost.
//!
//! The kinds come from the source, so a new one fails here until it is built below and in the full request.

#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
mod golden;

use niello::{
    Body, Media, chat,
    gemini::{self, CodeExecutionResult, ExecutableCode, FunctionCall, FunctionResponse, Language, Outcome},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, fmt::Debug};

const CHAT_SOURCE: &str = include_str!("../src/api/chat/part.rs");
const GEMINI_SOURCE: &str = include_str!("../src/api/gemini/part.rs");
const CHAT_FULL: &str = include_str!("data/chat_full.json");
const GEMINI_FULL: &str = include_str!("data/gemini_full.json");

fn media(mime: &str) -> Media {
    Media::from_bytes(&b"\xFB\xEF\xBE\xFF"[..], mime).unwrap()
}

/// Returns the variants of `PartKind` that a source file declares.
fn declared(source: &str) -> BTreeSet<&str> {
    let (_, after) = source.split_once("pub enum PartKind {\n").unwrap();
    let (variants, _) = after.split_once("\n}").unwrap();
    variants
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.split(['(', '{', ',']).next().unwrap().trim())
        .collect()
}

/// Returns the name of the variant, which the derived `Debug` begins with.
fn variant(kind: &impl Debug) -> String {
    format!("{kind:?}").split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
}

fn strict(body: Body) -> Value {
    golden::strict(&body.chunks().flat_map(|chunk| chunk.unwrap()).collect::<Vec<_>>()).unwrap()
}

#[track_caller]
fn assert_all_declared<'a>(source: &str, built: impl IntoIterator<Item = &'a str>) {
    let built = built.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(declared(source), built, "the declared kinds, and the kinds that this test builds");
}

/// One part for each kind of Chat Completions, or several.
fn chat_parts() -> Vec<(&'static str, chat::Part)> {
    use chat::{Part, PartKind};
    let other = json!({"type": "hologram", "hologram": {"n": 1}, "uuid": "u"});
    vec![
        ("Text", Part::text("")),
        ("Text", Part::text("a \"b\"\n").extra("cache_control", json!({"type": "ephemeral"}))),
        ("VideoUrl", Part::video(media("video/mp4")).detail("low").inner_extra("fps", 1.5)),
        ("VideoUrl", Part::video("https://www.youtube.com/watch?v=9hE5-98ZeCg")),
        ("AudioUrl", Part::audio(media("audio/ogg; codecs=opus")).extra("uuid", "u")),
        ("AudioUrl", Part::audio("https://example.com/a.mp3")),
        ("ImageUrl", Part::image(media("image/png")).detail("high")),
        ("ImageUrl", Part::image("https://example.com/a.png")),
        ("InputAudio", Part::input_audio(media("audio/wav")).inner_extra("x", true)),
        ("InputAudio", Part::input_audio("++//").format("mp3")),
        ("File", Part::file(media("application/pdf")).filename("a.pdf")),
        ("File", Part::file_id("file-1")),
        ("Refusal", PartKind::Refusal("no".into()).into()),
        ("Other", serde_json::from_value(other).unwrap()),
    ]
}

#[test]
fn chat_kinds_read_back_as_themselves() {
    let parts = chat_parts();
    assert_all_declared(CHAT_SOURCE, parts.iter().map(|(name, _)| *name));
    for (name, part) in parts {
        assert_eq!(variant(&part.kind), name);
        let request = chat::Request::new("m").message(chat::Message::user([part.clone()]));
        let written = strict(request.body().unwrap());
        let json = &written["messages"][0]["content"][0];
        assert_eq!(json["type"], part.kind.as_str());
        assert!(json.get(part.kind.as_str()).is_some(), "{name} is written under its type: {json}");

        let read: chat::Request = serde_json::from_value(written.clone()).unwrap();
        let Some(chat::Content::Parts(parts)) = &read.messages[0].content else {
            panic!("{name}: {written}")
        };
        assert_eq!(variant(&parts[0].kind), name, "{json}");
        assert_eq!(
            parts[0].extra.len(),
            if name == "Other" { 2 } else { part.extra.len() },
            "{name}: {json}"
        );
        assert_eq!(strict(read.body().unwrap()), written, "{name}");
    }
}

/// One part for each kind of Google Gemini, or several.
fn gemini_parts() -> Vec<(&'static str, gemini::Part)> {
    use gemini::Part;
    let args = Map::from_iter([("start".to_owned(), json!(1.5))]);
    vec![
        ("Text", Part::text("")),
        ("Text", Part::text("a \"b\"\n").thought(true).thought_signature("c2ln")),
        ("InlineData", Part::inline(media("video/mp4")).fps(2.0).display_name("v.mp4")),
        ("FileData", Part::file("gs://bucket/a.mp4").mime("video/mp4")),
        ("FileData", Part::file("https://www.youtube.com/watch?v=9hE5-98ZeCg")),
        ("FunctionCall", Part::function_call(FunctionCall::new("f", args).id("1"))),
        ("FunctionResponse", Part::function_response(FunctionResponse::new("f", "done").id("1"))),
        ("ExecutableCode", Part::executable_code(ExecutableCode::new(Language::Python, "print(1)"))),
        ("CodeExecutionResult", Part::code_execution_result(CodeExecutionResult::new(Outcome::Ok, "1\n"))),
        ("Other", serde_json::from_value(json!({"hologram": {"n": 1}})).unwrap()),
    ]
}

#[test]
fn gemini_kinds_read_back_as_themselves() {
    let parts = gemini_parts();
    assert_all_declared(GEMINI_SOURCE, parts.iter().map(|(name, _)| *name));
    for (name, part) in parts {
        assert_eq!(variant(&part.kind), name);
        let request = gemini::Request::new().content(gemini::Content::user([part.clone()]));
        let written = strict(request.body().unwrap());
        let json = &written["contents"][0]["parts"][0];
        let key = part.kind.key().unwrap_or("hologram");
        assert!(json.get(key).is_some(), "{name} is written under its key: {json}");

        let read: gemini::Request = serde_json::from_value(written.clone()).unwrap();
        let read_part = &read.contents[0].parts[0];
        assert_eq!(variant(&read_part.kind), name, "{json}");
        assert_eq!(read_part.extra.len(), usize::from(name == "Other"), "{name}: {json}");
        assert_eq!(strict(read.body().unwrap()), written, "{name}");
    }
}

/// The fuzz targets start from these files too, so every kind has to be in them.
#[test]
fn full_requests_contain_every_kind() {
    let chat: chat::Request = serde_json::from_str(CHAT_FULL).unwrap();
    let mut kinds = Vec::new();
    for message in &chat.messages {
        if let Some(chat::Content::Parts(parts)) = &message.content {
            kinds.extend(parts.iter().map(|part| variant(&part.kind)));
        }
    }
    assert_all_declared(CHAT_SOURCE, kinds.iter().map(String::as_str));

    let gemini: gemini::Request = serde_json::from_str(GEMINI_FULL).unwrap();
    let parts = gemini.contents.iter().flat_map(|content| &content.parts);
    let mut kinds: Vec<_> = parts.map(|part| variant(&part.kind)).collect();
    // Google's classes, which tests/protobuf parses this request with, accept no other kind.
    kinds.push("Other".to_owned());
    assert_all_declared(GEMINI_SOURCE, kinds.iter().map(String::as_str));
}

#[track_caller]
fn assert_survives<T: DeserializeOwned + Serialize>(file: &str, body: impl Fn(&T) -> niello::Result<Body>) {
    let before = golden::strict(file.as_bytes()).unwrap();
    let request: T = serde_json::from_str(file).unwrap();
    let difference = golden::difference("", &before, &strict(body(&request).unwrap()));
    assert_eq!(difference, None);
}

#[test]
fn every_field_of_the_full_requests_survives_a_round_trip() {
    assert_survives(CHAT_FULL, chat::Request::body);
    assert_survives(GEMINI_FULL, gemini::Request::body);
}
