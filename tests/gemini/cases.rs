//! The golden cases, built from types.

use crate::golden;
use niello::{
    Media,
    gemini::{
        Content, FunctionCallingMode, FunctionDeclaration, GenerationConfig, HarmCategory, MediaResolution,
        Modality, Part, PartMediaResolution, Request, SafetySetting, Schema, SpeechConfig, ThinkingConfig,
        ThinkingLevel, Threshold, Tool, ToolConfig,
    },
};
use serde_json::json;
use std::time::Duration;

const SUMMARIZE: &str = "Summarize what happens in these videos.";
const VIDEO: &str = "https://example.com/sample-video.mp4";
const AUDIO: &str = "https://example.com/sample-audio.mp3";
const YOUTUBE: &str = "https://www.youtube.com/watch?v=9hE5-98ZeCg";

fn user(parts: impl Into<Content>) -> Request {
    Request::new().content(Content::user(parts))
}

/// Text and a video by URL, as in many cases.
fn about_video() -> Request {
    user([Part::text("x"), Part::media(VIDEO)])
}

/// Returns the request of a case, or `None` if it is not in the table.
pub(crate) fn request(name: &str) -> Option<Request> {
    let open =
        |file: &str, mime: &str| Media::options().mime(mime).open(golden::case(name).join(file)).unwrap();
    let mp4 = || Part::inline(open("video.mp4", "video/mp4"));
    let each = |files: &[(&str, &str)]| {
        let media = files.iter().map(|(mime, file)| Part::inline(open(file, mime)));
        user([Part::text("x")].into_iter().chain(media).collect::<Vec<_>>())
    };
    let limit = |tokens: u32| GenerationConfig::new().max_output_tokens(tokens);

    Some(match name {
        "seed_gemini_video" | "gemini_stream" => {
            user([Part::text(SUMMARIZE), Part::file(VIDEO).mime("video/mp4"), mp4()])
                .generation_config(limit(1024))
        }
        "seed_gemini_video_curl" => user([Part::text(SUMMARIZE), Part::file(VIDEO).mime("video/mp4"), mp4()]),
        "seed_gemini_audio" | "seed_gemini_audio_curl" => {
            let request = user([
                Part::text("Transcribe this audio and summarize the key points."),
                Part::file(AUDIO).mime("audio/mp3"),
                Part::inline(open("audio.mp3", "audio/mp3")),
            ]);
            if name == "seed_gemini_audio" { request.generation_config(limit(1024)) } else { request }
        }
        "gemini_all_audio_mimes" => each(&[
            ("audio/wav", "audio.wav"),
            ("audio/mp3", "audio.mp3"),
            ("audio/mpeg", "audio.mp3"),
            ("audio/aiff", "audio.aiff"),
            ("audio/aac", "audio.aac"),
            ("audio/ogg", "audio.ogg"),
            ("audio/flac", "audio.flac"),
            ("audio/m4a", "audio.m4a"),
            ("audio/mp4", "audio.m4a"),
            ("audio/opus", "audio.opus"),
            ("audio/webm", "audio.weba"),
        ]),
        "gemini_all_video_mimes" => each(&[
            ("video/mp4", "video.mp4"),
            ("video/mpeg", "video.mpeg"),
            ("video/mov", "video.mov"),
            ("video/quicktime", "video.mov"),
            ("video/avi", "video.avi"),
            ("video/x-flv", "video.flv"),
            ("video/mpg", "video.mpg"),
            ("video/webm", "video.webm"),
            ("video/wmv", "video.wmv"),
            ("video/3gpp", "video.3gp"),
            ("video/x-matroska", "video.mkv"),
        ]),
        "gemini_audio_timestamp" => user([Part::text("x"), Part::media(AUDIO)])
            .generation_config(GenerationConfig::new().audio_timestamp(true)),
        "gemini_base_url_slash"
        | "gemini_model_dotted"
        | "gemini_model_prefix"
        | "gemini_model_publishers" => user("x"),
        "gemini_bytes3" => each(&[("video/mp4", "bytes3.bin")]),
        "gemini_cached_content" => user("x").cached_content("cachedContents/abc"),
        "gemini_contents_string" => user("Hi"),
        "gemini_display_name" => user([Part::text("x"), mp4().display_name("v.mp4")]),
        "gemini_extra_body" => user("x").extra("vendorField", json!({ "a": [1, null] })),
        "gemini_generation_config_all" => about_video().generation_config(
            GenerationConfig::new()
                .temperature(0.5)
                .top_p(0.25)
                .top_k(40)
                .candidate_count(1)
                .max_output_tokens(1024)
                .stop_sequences(["END", "\n\n"])
                .presence_penalty(0.5)
                .frequency_penalty(-0.5)
                .seed(42)
                .response_mime_type("application/json")
                .response_schema(
                    Schema::object([
                        ("title", Schema::string().description("a \"title\"")),
                        ("n", Schema::integer().nullable(true).format("int32")),
                        ("tags", Schema::array(Schema::string().enum_values(["a", "b"]))),
                    ])
                    .required(["title"])
                    .property_ordering(["title", "n", "tags"]),
                )
                .response_logprobs(true)
                .logprobs(3)
                .thinking_config(ThinkingConfig::new().include_thoughts(true).thinking_budget(1024))
                .media_resolution(MediaResolution::Medium)
                .response_modalities([Modality::Text]),
        ),
        "gemini_labels" => user("x").label("team", "v"),
        "gemini_media_first" => user([
            Part::media(VIDEO),
            Part::text("after"),
            Part::media(AUDIO),
            Part::text("between"),
            Part::inline(open("video.webm", "video/webm")),
        ]),
        "gemini_media_only" => user(mp4()),
        "gemini_media_resolution" => {
            about_video().generation_config(GenerationConfig::new().media_resolution(MediaResolution::Low))
        }
        "gemini_mixed_av" => user([
            Part::text("Does the audio match?"),
            mp4(),
            Part::inline(open("audio.wav", "audio/wav")),
            Part::media(YOUTUBE),
        ]),
        "gemini_multi_turn" => Request::new()
            .system("S")
            .contents([
                Content::user([Part::text(SUMMARIZE), mp4()]),
                Content::model("A test card."),
                Content::user([Part::text("And this one?"), Part::media(VIDEO)]),
                Content::model("Another."),
                Content::user("Compare \"both\"."),
            ])
            .generation_config(limit(64)),
        "gemini_no_role" => Request::new().content(Content::new([Part::text("x"), Part::media(AUDIO)])),
        "gemini_part_media_resolution" => {
            user([Part::text("x"), Part::media(VIDEO).media_resolution(MediaResolution::High)])
        }
        "gemini_part_media_resolution_tokens" => {
            user([Part::text("x"), Part::media(VIDEO).media_resolution(PartMediaResolution::num_tokens(256))])
        }
        "gemini_response_json_schema" => about_video().generation_config(
            GenerationConfig::new().response_mime_type("application/json").response_json_schema(json!({
                "type": "object",
                "properties": { "title": { "type": "string" }, "n": { "type": ["integer", "null"] } },
                "required": ["title", "n"],
                "additionalProperties": false
            })),
        ),
        "gemini_safety_settings" => about_video().safety_settings([
            SafetySetting::new(HarmCategory::Harassment, Threshold::OnlyHigh),
            SafetySetting::new(HarmCategory::HateSpeech, Threshold::Off),
            SafetySetting::new(HarmCategory::SexuallyExplicit, Threshold::None),
            SafetySetting::new(HarmCategory::DangerousContent, Threshold::LowAndAbove),
            SafetySetting::new("HARM_CATEGORY_CIVIC_INTEGRITY", "BLOCK_MEDIUM_AND_ABOVE"),
        ]),
        "gemini_speech_config" => user("Say hi").generation_config(
            GenerationConfig::new()
                .response_modalities([Modality::Audio])
                .speech_config(SpeechConfig::new().language_code("en-US").voice("Kore")),
        ),
        "gemini_system_instruction" => {
            user([Part::text(SUMMARIZE), Part::media(VIDEO)]).system("You are a film critic.")
        }
        "gemini_text_empty" => user([Part::text(""), Part::text(" "), Part::media(VIDEO)]),
        "gemini_thinking_level" => about_video().generation_config(
            GenerationConfig::new().thinking_config(ThinkingConfig::new().thinking_level(ThinkingLevel::Low)),
        ),
        "gemini_tools" => about_video()
            .tool(Tool::functions([FunctionDeclaration::new("save_clip")
                .description("Save a \"clip\".")
                .parameters(
                    Schema::object([("start", Schema::number()), ("label", Schema::string())])
                        .required(["start"]),
                )]))
            .tool_config(ToolConfig::mode(FunctionCallingMode::Any).allow(["save_clip"])),
        "gemini_tools_builtin" => {
            about_video().tools([Tool::google_search(), Tool::code_execution(), Tool::url_context()])
        }
        "gemini_video_metadata" => user([
            Part::media(YOUTUBE).start(Duration::from_secs(40)).end(Duration::from_secs(80)),
            mp4().fps(5.0),
            mp4().start(Duration::from_millis(1500)).end(Duration::from_millis(1750)).fps(0.5),
            Part::text("Summarize."),
        ]),
        "gemini_videos_many" => {
            let urls = (0..5).map(|i| Part::media(format!("https://example.com/v{i}.mp4")));
            let text = [Part::text(SUMMARIZE)];
            user(text.into_iter().chain(urls).chain((0..5).map(|_| mp4())).collect::<Vec<_>>())
        }
        "gemini_youtube" => user([Part::text("Summarize."), Part::media(YOUTUBE)]),
        "gemini_youtube_mime" => user([Part::text("Summarize."), Part::media(YOUTUBE).mime("video/mp4")]),
        _ => return None,
    })
}
