//! The golden cases of Chat Completions, built with `niello::chat`.

#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
mod golden;

use niello::{
    Media, Segment,
    chat::{
        AudioFormat, Detail, Function, JsonSchema, Message, Modality, Part, ReasoningEffort, Request,
        ResponseFormat, Stop, StreamOptions, ToolChoice,
    },
};
use serde_json::json;
use std::collections::BTreeSet;

const MODEL: &str = "system.ai.gemini-3-1-pro";
const VIDEO: &str = "https://example.com/sample-video.mp4";
const AUDIO: &str = "https://example.com/sample-audio.mp3";
const YOUTUBE: &str = "https://www.youtube.com/watch?v=9hE5-98ZeCg";
const SUMMARIZE: &str = "Summarize what happens in these videos.";

/// The media files of a case, by its name.
struct Files(&'static str);

impl Files {
    fn open(&self, file: &str, mime: &str) -> Media {
        Media::options().mime(mime).open(golden::case(self.0).join(file)).unwrap()
    }

    fn mp4(&self) -> Media {
        self.open("video.mp4", "video/mp4")
    }
}

type Build = fn(&Files) -> Request;

fn new() -> Request {
    Request::new(MODEL)
}

/// Returns a message with text and the URL of a video.
fn query(text: &str) -> Message {
    Message::user([Part::text(text), Part::video(VIDEO)])
}

fn save_clip() -> Function {
    Function::new("save_clip")
        .description("Save a \"clip\".")
        .parameters(json!({
            "type": "object",
            "properties": {"start": {"type": "number"}, "label": {"type": "string"}},
            "required": ["start"],
        }))
        .strict(false)
}

const CASES: &[(&str, Build)] = &[
    ("chat_all_audio_mimes", |files| {
        let audio = [
            ("audio.wav", "audio/wav"),
            ("audio.mp3", "audio/mp3"),
            ("audio.mp3", "audio/mpeg"),
            ("audio.aiff", "audio/aiff"),
            ("audio.aac", "audio/aac"),
            ("audio.ogg", "audio/ogg"),
            ("audio.flac", "audio/flac"),
            ("audio.m4a", "audio/m4a"),
            ("audio.m4a", "audio/mp4"),
            ("audio.opus", "audio/opus"),
            ("audio.weba", "audio/webm"),
        ];
        let mut parts = vec![Part::text("x")];
        parts.extend(audio.map(|(file, mime)| Part::audio(files.open(file, mime))));
        new().message(Message::user(parts))
    }),
    ("chat_all_video_mimes", |files| {
        let videos = [
            ("video.mp4", "video/mp4"),
            ("video.mpeg", "video/mpeg"),
            ("video.mov", "video/mov"),
            ("video.mov", "video/quicktime"),
            ("video.avi", "video/avi"),
            ("video.flv", "video/x-flv"),
            ("video.mpg", "video/mpg"),
            ("video.webm", "video/webm"),
            ("video.wmv", "video/wmv"),
            ("video.3gp", "video/3gpp"),
            ("video.mkv", "video/x-matroska"),
        ];
        let mut parts = vec![Part::text("x")];
        parts.extend(videos.map(|(file, mime)| Part::media(files.open(file, mime))));
        new().message(Message::user(parts))
    }),
    ("chat_base_url_slash", |_| new().message(Message::user(Part::text("x")))),
    ("chat_bytes3", |files| {
        new().message(Message::user([Part::text("x"), Part::video(files.open("bytes3.bin", "video/mp4"))]))
    }),
    ("chat_content_string", |_| new().message(Message::user("Hi"))),
    ("chat_developer_role", |_| new().messages([Message::developer("Be brief."), query(SUMMARIZE)])),
    ("chat_extra_body", |_| {
        new()
            .message(query("x"))
            .max_tokens(8)
            .extra("thinking", json!({"type": "enabled", "budget_tokens": 1024}))
            .extra("usage_context", json!({"project": "pé"}))
            .extra("databricks_options", json!({"return_trace": true, "n": null}))
    }),
    ("chat_extra_in_part", |_| {
        let ephemeral = json!({"type": "ephemeral"});
        new().message(Message::user([
            Part::text("x"),
            Part::video(VIDEO)
                .detail(Detail::Low)
                .inner_extra("fps", 1)
                .extra("cache_control", ephemeral.clone())
                .extra("uuid", "u1"),
            Part::text("t").extra("cache_control", ephemeral),
        ]))
    }),
    ("chat_file_part", |files| {
        let pdf = files.open("bytes_all256.bin", "application/pdf");
        new().message(Message::user([Part::text("x"), Part::file(pdf).filename("a.pdf")]))
    }),
    ("chat_image_url", |files| {
        new().message(Message::user([
            Part::text("x"),
            Part::image("https://example.com/i.png").detail("high"),
            Part::image(files.open("bytes_all256.bin", "image/png")),
            Part::video(VIDEO),
        ]))
    }),
    ("chat_input_audio", |files| {
        new().message(Message::user([
            Part::text("x"),
            Part::input_audio(files.open("audio.wav", "audio/wav")),
            Part::input_audio(files.open("audio.mp3", "application/x-unnamed")).format(AudioFormat::Mp3),
        ]))
    }),
    ("chat_media_first", |files| {
        new().message(Message::user([
            Part::video(VIDEO),
            Part::text("after"),
            Part::audio(AUDIO),
            Part::text("between"),
            Part::video(files.open("video.webm", "video/webm")),
        ]))
    }),
    ("chat_mixed_av", |files| {
        new().message(Message::user([
            Part::text("Does the audio match?"),
            Part::media(files.mp4()),
            Part::media(files.open("audio.wav", "audio/wav")),
            Part::media(YOUTUBE),
        ]))
    }),
    ("chat_model_endpoint", |_| Request::new("databricks-gemini-2-5-flash").message(query("x"))),
    ("chat_multi_turn", |files| {
        new()
            .messages([
                Message::system("S"),
                Message::user([Part::text(SUMMARIZE), Part::video(files.mp4())]),
                Message::assistant("A test card."),
                query("And this one?"),
                Message::assistant([Part::text("Another.")]),
                Message::user(vec![Part::text("Compare \"both\".")]),
            ])
            .max_tokens(64)
    }),
    ("chat_params_more", |_| {
        let mut request = new()
            .message(query("x"))
            .max_completion_tokens(512)
            .reasoning_effort(ReasoningEffort::Low)
            .parallel_tool_calls(false)
            .logit_bias([("50256", -100)])
            .metadata([("k", "v")])
            .modalities([Modality::Text])
            .extra("service_tier", "auto")
            .extra("store", false)
            .extra("verbosity", "low");
        request.stop = Stop::One("END".into());
        request
    }),
    ("chat_response_format_object", |_| {
        new().message(query("x")).response_format(ResponseFormat::json_object())
    }),
    ("chat_response_format_schema", |_| {
        let schema = json!({
            "type": "object",
            "properties": {"title": {"type": "string"}, "n": {"type": ["integer", "null"]}},
            "required": ["title", "n"],
            "additionalProperties": false,
        });
        new()
            .message(query("x"))
            .response_format(ResponseFormat::json_schema(JsonSchema::new("clip", schema).strict(true)))
    }),
    ("chat_stream", |files| {
        new()
            .message(Message::user([Part::text(SUMMARIZE), Part::video(VIDEO), Part::video(files.mp4())]))
            .max_tokens(1024)
            .stream(true)
    }),
    ("chat_stream_options", |_| {
        new().message(query(SUMMARIZE)).stream(true).stream_options(StreamOptions::new().include_usage(true))
    }),
    ("chat_system_parts", |_| {
        new().messages([
            Message::system([Part::text("You are a film critic."), Part::text("Be brief.")]),
            query(SUMMARIZE),
        ])
    }),
    ("chat_system_string", |_| new().messages([Message::system("You are a film critic."), query(SUMMARIZE)])),
    ("chat_text_empty", |_| {
        new().message(Message::user([Part::text(""), Part::text(" "), Part::text("\n"), Part::video(VIDEO)]))
    }),
    ("chat_tool_choice_auto", |_| new().message(query("x")).tool(save_clip()).tool_choice("auto")),
    ("chat_tools", |_| {
        new().message(query("x")).tools([save_clip()]).tool_choice(ToolChoice::Function("save_clip".into()))
    }),
    ("chat_user_name", |_| new().message(Message::user([Part::text("x"), Part::audio(AUDIO)]).name("alice"))),
    ("chat_videos_many", |files| {
        let clip = files.mp4();
        let mut parts = vec![Part::text(SUMMARIZE)];
        parts.extend((0..5).map(|n| Part::video(format!("https://example.com/v{n}.mp4"))));
        parts.extend((0..5).map(|_| Part::video(&clip)));
        new().message(Message::user(parts))
    }),
    ("chat_youtube", |_| new().message(Message::user([Part::text("Summarize."), Part::video(YOUTUBE)]))),
    ("seed_chat_audio", |files| {
        new()
            .message(Message::user([
                Part::text("Transcribe this audio and summarize the key points."),
                Part::audio(AUDIO),
                Part::audio(files.open("audio.mp3", "audio/mp3")),
            ]))
            .max_tokens(1024)
    }),
    ("seed_chat_video", |files| {
        new()
            .message(Message::user([Part::text(SUMMARIZE), Part::video(VIDEO), Part::video(files.mp4())]))
            .max_tokens(1024)
    }),
];

#[test]
fn table_contains_every_case() {
    let table: BTreeSet<_> = CASES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let folders: BTreeSet<_> = golden::names()
        .into_iter()
        .filter(|name| name.starts_with("chat_") || name.starts_with("seed_chat_"))
        // Only a template can send empty media.
        .filter(|name| name != "chat_bytes0")
        .collect();
    assert_eq!(table, folders);
}

#[test]
fn every_case_has_the_expected_value() {
    for (name, build) in CASES {
        let request = build(&Files(name));
        let mut body = request.body().unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut sent = Vec::new();
        body.write_to(&mut sent).unwrap();
        assert_eq!(body.len(), sent.len() as u64, "{name}");
        assert!(sent == serde_json::to_vec(&request).unwrap(), "{name}: not what serde_json writes");
        golden::judge(name, &sent);
    }
}

#[test]
fn every_case_streams_its_media() {
    for (name, build) in CASES {
        let template = std::fs::read_to_string(golden::case(name).join("template.json")).unwrap();
        let media = template.matches("\"file\": \"").count();
        let body = build(&Files(name)).body().unwrap();
        let streamed = body.segments().filter(|(_, segment)| matches!(segment, Segment::Base64(_))).count();
        assert_eq!(streamed, media, "{name}");
    }
}

#[test]
fn every_case_reads_back_and_makes_the_same_body() {
    for (name, build) in CASES {
        let written = serde_json::to_vec(&build(&Files(name))).unwrap();
        let read: Request = serde_json::from_slice(&written).unwrap();
        assert!(serde_json::to_vec(&read).unwrap() == written, "{name}");
        let mut sent = Vec::new();
        read.body().unwrap().write_to(&mut sent).unwrap();
        assert!(sent == written, "{name}: the stored request makes another body");
    }
}

#[test]
fn duplicate_keys_are_an_error() {
    assert!(golden::strict(br#"{"a": [{"b": 1, "c": 2.5}], "b": null}"#).is_ok());
    for duplicate in [&br#"{"a": 1, "a": 1}"#[..], br#"[{"a": {"b": 1, "\u0062": 2}}]"#] {
        let error = golden::strict(duplicate).unwrap_err().to_string();
        assert!(error.starts_with("duplicate key"), "{error}");
    }
}
