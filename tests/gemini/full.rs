//! A request in which every field is set, against the golden file.

use crate::golden;
use niello::{
    Media,
    gemini::{
        Behavior, CodeExecutionResult, ComputerUse, Content, Environment, ExecutableCode, FileData,
        FileSearch, FunctionCall, FunctionCallingMode, FunctionDeclaration, FunctionResponse,
        GenerationConfig, GoogleMaps, GoogleSearch, GoogleSearchRetrieval, HarmCategory, ImageConfig,
        InlineData, Language, MediaResolution, Modality, Outcome, Part, PartMediaResolution, Request,
        SafetySetting, Scheduling, Schema, SpeechConfig, ThinkingConfig, ThinkingLevel, Threshold, Tool,
        ToolConfig, Type,
    },
};
use serde_json::{Map, Value, json};
use std::time::Duration;

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

fn media(mime: &str) -> Media {
    Media::from_bytes(&b"\xFB\xEF\xBE\xFF"[..], mime).unwrap()
}

fn schema() -> Schema {
    let text = Schema::string()
        .format("enum")
        .title("Title")
        .description("a \"title\"")
        .nullable(false)
        .enum_values(["a", "b"])
        .min_length(0)
        .max_length(9)
        .pattern("^\\w+$")
        .example("a")
        .default_value("b");
    let tags = Schema::array(Schema::number().minimum(-0.5).maximum(0.0)).min_items(0).max_items(5_i64);
    Schema::object([
        ("z", text),
        ("a", tags),
        ("n", Schema::any_of([Schema::integer(), Schema::boolean(), Schema::new(Type::Null)])),
    ])
    .required(["z"])
    .property_ordering(["z", "a", "n"])
    .min_properties(1)
    .max_properties(3)
    .extra("x-schema", 1)
}

fn voices() -> SpeechConfig {
    let mut speech = SpeechConfig::new()
        .language_code("en-US")
        .voice("Kore")
        .speaker("Ann", "Kore")
        .speaker("Bob", "Puck");
    let voice = speech.voice_config.as_mut().unwrap();
    voice.extra.insert("x", 1);
    voice.prebuilt_voice_config.as_mut().unwrap().extra.insert("x", 2);
    let speakers = speech.multi_speaker_voice_config.as_mut().unwrap();
    speakers.extra.insert("x", 3);
    speakers.speaker_voice_configs[1].extra.insert("x", 4);
    speech.extra("x", 5)
}

pub(crate) fn request() -> Request {
    Request::new()
        .system(Content::new("S").extra("x", "system"))
        .content(
            Content::user([
                Part::text("").thought(false).part_metadata(object(json!({ "n": 1 }))).extra("x", 1),
                Part::inline(media("video/mp4"))
                    .display_name("v \"1\".mp4")
                    .fps(24.0)
                    .start(Duration::ZERO)
                    .end(Duration::from_nanos(1))
                    .media_resolution(MediaResolution::UltraHigh),
                Part::inline(media("video/x-matroska")).mime("video/webm").fps(0.001),
                Part::inline(InlineData::new("audio/pcm;rate=16000", "++//").extra("x", Value::Null)),
                Part::file("https://example.com/a b?c=\"d\"&e=%20#f").mime("video/mp4").display_name("f"),
                Part::file(FileData::new("gs://bucket/my film.mp4").extra("x", false)),
                Part::media("https://example.com/talk.MP3")
                    .media_resolution(PartMediaResolution::num_tokens(0).extra("x", 1)),
                Part::media(media("image/png")),
            ])
            .extra("x", "content"),
        )
        .content(Content::model([
            Part::text("Thinking").thought(true),
            Part::function_call(
                FunctionCall::new("save_clip", object(json!({ "start": 1.5 }))).id("1").extra("x", 1),
            )
            .thought_signature("CiQB0e2Kb+/=\u{2028}"),
            Part::executable_code(ExecutableCode::new(Language::Python, "print(1)\n").extra("x", 1)),
            Part::code_execution_result(CodeExecutionResult::new(Outcome::Ok, "1\n").extra("x", 1)),
        ]))
        .content(
            Content::user("").role("function").part(Part::function_response(
                FunctionResponse::new("save_clip", "saved")
                    .id("1")
                    .part(Part::inline(media("image/jpeg")))
                    .will_continue(false)
                    .scheduling(Scheduling::WhenIdle)
                    .extra("x", 1),
            )),
        )
        .tool(
            Tool::functions([
                FunctionDeclaration::new("save_clip")
                    .description("Saves a \"clip\".")
                    .parameters(schema())
                    .response(Schema::new("STRING"))
                    .behavior(Behavior::NonBlocking)
                    .extra("x", 1),
                FunctionDeclaration::new("find_clip")
                    .parameters_json_schema(json!({ "type": "object" }))
                    .response_json_schema(json!(true)),
            ])
            .extra("x-tool", json!({})),
        )
        .tools([
            Tool::google_search(),
            Tool::from(GoogleSearch::between("2026-01-01T00:00:00Z", "2026-11-01T00:00:00Z").extra("x", 1)),
            Tool::from(GoogleSearchRetrieval::dynamic(0.0).extra("x", 1)),
            Tool::code_execution(),
            Tool::url_context(),
            Tool::from(
                ComputerUse::new(Environment::Browser)
                    .excluded_predefined_functions(["drag_and_drop"])
                    .extra("x", 1),
            ),
            Tool::from(
                FileSearch::new(["fileSearchStores/mine"]).metadata_filter("a = 1").top_k(3).extra("x", 1),
            ),
            Tool::from(GoogleMaps::new(false).extra("x", 1)),
        ])
        .tool_config(
            ToolConfig::mode(FunctionCallingMode::Validated)
                .allow(["save_clip"])
                .location(-33.5, 0.0)
                .language_code("en")
                .extra("x", 1),
        )
        .safety_setting(
            SafetySetting::new(HarmCategory::Harassment, Threshold::Off).extra("method", "SEVERITY"),
        )
        .safety_settings([SafetySetting::new("HARM_CATEGORY_JAILBREAK", "BLOCK_NONE")])
        .generation_config(
            GenerationConfig::new()
                .max_output_tokens(0)
                .temperature(0.1)
                .top_p(0.0)
                .top_k(0)
                .candidate_count(1_i64)
                .stop_sequences(["END", "\n\n"])
                .seed(-1)
                .presence_penalty(-2.0)
                .frequency_penalty(0.0)
                .response_logprobs(false)
                .logprobs(0)
                .response_mime_type("application/json")
                .response_schema(schema())
                .response_json_schema(json!({ "type": ["integer", "null"] }))
                .response_modalities([Modality::Text, Modality::Image, Modality::Audio])
                .speech_config(voices())
                .thinking_config(
                    ThinkingConfig::new()
                        .include_thoughts(false)
                        .thinking_budget(-1)
                        .thinking_level(ThinkingLevel::Minimal)
                        .extra("x", 1),
                )
                .image_config(ImageConfig::new().aspect_ratio("16:9").image_size("2K").extra("x", 1))
                .media_resolution(MediaResolution::Low)
                .audio_timestamp(false)
                .enable_enhanced_civic_answers(false)
                .extra("routingConfig", json!({ "autoMode": {} })),
        )
        .cached_content("cachedContents/abc")
        .label("team", "v")
        .labels([("a", "")])
        .extra("vendorField", json!({ "a": [1, null] }))
}

fn golden_file() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/gemini_full.json");
    golden::strict(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_field_matches_the_golden_file() {
    let got = golden::strict(&crate::bytes(&request())).unwrap();
    if let Some(difference) = golden::difference("", &golden_file(), &got) {
        panic!("{difference}");
    }
}

#[test]
fn every_field_reads_back() {
    let written = crate::bytes(&request());
    let read: Request = serde_json::from_slice(&written).unwrap();
    assert!(crate::bytes(&read) == written);
}

#[test]
fn schema_keeps_the_order_of_its_properties() {
    let written = serde_json::to_string(&schema()).unwrap();
    let at = |key: &str| written.find(&format!("\"{key}\":{{")).unwrap();
    assert!(at("z") < at("a") && at("a") < at("n"), "{written}");
    assert_eq!(serde_json::from_str::<Schema>(&written).unwrap(), schema());
}
