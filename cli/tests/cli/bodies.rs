//! The bodies that arguments produce.

use super::{CLIP, chat, fails, golden, niello};
use predicates::{prelude::PredicateBooleanExt, str::contains};
use std::{fs, io::Write};
use tempfile::TempDir;

#[test]
fn fill_produces_every_golden_body() {
    for name in golden::names() {
        let body = niello().arg("fill").arg(golden::case(&name).join("template.json")).assert().success();
        golden::judge(&name, &body.get_output().stdout);
    }
}

#[test]
fn coded_body_decodes_to_the_plain_one() {
    let folder = TempDir::new().unwrap();
    for command in [&["chat", "-m", "m", "--video", CLIP][..], &["gemini", "--video", CLIP]] {
        let plain = niello().args(command).assert().success().get_output().stdout.clone();
        let file = folder.path().join("body.json.zst");
        let coded = ["--content-encoding", "zstd", "-o"];
        // The limit applies to the plain body.
        let limit = plain.len().to_string();
        niello().args(command).args(coded).arg(&file).args(["--limit", &limit]).assert().success();
        let coded = fs::read(&file).unwrap();
        assert!(coded.len() < plain.len());
        assert!(zstd::decode_all(&coded[..]).unwrap() == plain);
        let over = (plain.len() - 1).to_string();
        fails(
            niello().args(command).args(["--content-encoding", "zstd", "--limit", &over]),
            1,
            "over the limit",
        );
    }
    fails(chat().args(["--text", "Hi", "--content-encoding", "gzip"]), 2, "zstd");
}

#[test]
fn chat_and_gemini_produce_the_golden_bodies_of_the_seed_cases() {
    let cases = [
        ("seed_chat_video", "chat --model system.ai.gemini-3-1-pro", "--video video.mp4 --max-tokens 1024"),
        ("seed_chat_audio", "chat --model system.ai.gemini-3-1-pro", "--audio audio.mp3 --max-tokens 1024"),
        ("seed_gemini_video", "gemini", "--video video.mp4 --max-output-tokens 1024"),
        ("seed_gemini_audio", "gemini", "--audio audio.mp3 --max-output-tokens 1024"),
        ("seed_gemini_video_curl", "gemini", "--video video.mp4"),
        ("seed_gemini_audio_curl", "gemini", "--audio audio.mp3;type=audio/mp3"),
    ];
    for (name, command, rest) in cases {
        // Each case has a text, a media URL, and a media file in its directory.
        let (text, media) = match name.contains("video") {
            true => {
                let text = "Summarize what happens in these videos.";
                (text, ["--video", "https://example.com/sample-video.mp4"])
            }
            false => {
                let text = "Transcribe this audio and summarize the key points.";
                (text, ["--audio", "https://example.com/sample-audio.mp3"])
            }
        };
        let mut niello = niello();
        niello.current_dir(golden::case(name)).args(command.split(' '));
        niello.args(["--text", text]).args(media).args(rest.split(' '));
        golden::judge(name, &niello.assert().success().get_output().stdout);
    }
}

#[test]
fn every_chat_option_sets_its_field() {
    let body = niello()
        .args(["chat", "--model", "m", "--system", "S", "--text", "a", "--image", "https://h/i.png"])
        .args(["--text", "b", "--audio", "https://h/a;b=c", "--max-tokens", "7"])
        .args(["--temperature", "0", "--top-p", "0.5"])
        .args(["--stop", "END", "--stop", "\n", "--seed", "-3", "--stream"])
        .args(["--set", r#"reasoning_effort="low""#, "--set", r#"top_k=4"#])
        .assert()
        .success();
    let expected = serde_json::json!({
        "model": "m",
        "messages": [
            { "role": "system", "content": "S" },
            { "role": "user", "content": [
                { "type": "text", "text": "a" },
                { "type": "image_url", "image_url": { "url": "https://h/i.png" } },
                { "type": "text", "text": "b" },
                { "type": "audio_url", "audio_url": { "url": "https://h/a;b=c" } },
            ] },
        ],
        "max_tokens": 7, "temperature": 0, "top_p": 0.5, "stop": ["END", "\n"], "seed": -3, "stream": true,
        "reasoning_effort": "low", "top_k": 4,
    });
    assert_eq!(golden::difference("", &expected, &golden::strict(&body.get_output().stdout).unwrap()), None);
}

#[test]
fn every_gemini_option_sets_its_field() {
    let body = niello()
        .args(["gemini", "--system", "S", "--video", "https://youtu.be/x;fps=2;start=1.5s;end=80"])
        .args(["--text", "a"])
        .args(["--image", "https://h/i;type=image/png", "--max-output-tokens", "7", "--temperature", "0"])
        .args(["--top-p", "0.5", "--top-k", "4", "--stop", "END", "--seed", "-3"])
        .args(["--config", r#"responseMimeType="application/json""#, "--config", "vendor=1"])
        .args(["--set", r#"labels={"team":"v"}"#, "--set", "other=null"])
        .assert()
        .success();
    let expected = serde_json::json!({
        "systemInstruction": { "parts": [{ "text": "S" }] },
        "contents": [{ "role": "user", "parts": [
            { "fileData": { "fileUri": "https://youtu.be/x" },
              "videoMetadata": { "fps": 2, "startOffset": "1.500s", "endOffset": "80s" } },
            { "text": "a" },
            { "fileData": { "fileUri": "https://h/i", "mimeType": "image/png" } },
        ] }],
        "generationConfig": { "maxOutputTokens": 7, "temperature": 0, "topP": 0.5, "topK": 4, "stopSequences": ["END"],
            "seed": -3, "responseMimeType": "application/json", "vendor": 1 },
        "labels": { "team": "v" }, "other": null,
    });
    assert_eq!(golden::difference("", &expected, &golden::strict(&body.get_output().stdout).unwrap()), None);
}

#[test]
fn seeds_have_64_bits_in_chat_and_32_bits_in_gemini() {
    let widest = i64::MIN.to_string();
    chat().args(["--seed", &widest]).assert().success().stdout(contains(format!("\"seed\":{widest}")));
    fails(chat().args(["--seed", "9223372036854775808"]), 2, "--seed");
    fails(niello().args(["gemini", "--text", "x", "--seed", "2147483648"]), 2, "2147483647");
}

#[test]
fn snake_case_and_camel_case_are_the_same_field_in_gemini_only() {
    let gemini = |args: &[&str], message| {
        fails(niello().args(["gemini", "--text", "x"]).args(args), 1, message);
    };
    gemini(&["--set", "system_instruction={}"], "--system");
    gemini(&["--set", "generation_config={}"], "--config");
    for (key, option) in [
        ("max_output_tokens", "--max-output-tokens"),
        ("top_p", "--top-p"),
        ("top_k", "--top-k"),
        ("stop_sequences", "--stop"),
    ] {
        gemini(&["--config", &format!("{key}=1")], option);
    }
    gemini(&["--set", "safetySettings=[]", "--set", "safety_settings=[]"], "twice");
    // Other services may treat them as two fields.
    chat().args(["--set", "top_k=1", "--set", "topK=1"]).assert().success();
}

#[test]
fn response_schema_properties_keep_their_order() {
    let schema =
        r#"responseSchema={"type":"OBJECT","properties":{"z":{"type":"STRING"},"a":{"type":"STRING"}}}"#;
    let mut command = niello();
    let output = command.args(["gemini", "--text", "x", "--config", schema]).assert().success();
    output.stdout(contains(r#""properties":{"z":{"type":"STRING"},"a":{"type":"STRING"}}"#));
}

#[test]
fn mapping_and_reading_a_file_produce_the_same_body() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("f.bin");
    let bytes: Vec<u8> = (0..5_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::File::create(&file).unwrap().write_all(&bytes).unwrap();
    let src = format!("{};type=video/mp4", file.display());
    let map =
        chat().args(["--video", &src, "--access", "map"]).assert().success().get_output().stdout.clone();
    let read =
        chat().args(["--video", &src, "--access", "read"]).assert().success().get_output().stdout.clone();
    assert!(map == read && map.len() > 6_666_666);
}

#[test]
fn dot_in_a_key_leads_into_an_object() {
    let body = |args: &[&str]| {
        let output = niello().args(args).assert().success();
        golden::strict(&output.get_output().stdout).unwrap()
    };
    let config = body(&["gemini", "--text", "x", "--set", "generation_config.max_output_tokens=5"]);
    assert_eq!(config["generationConfig"], serde_json::json!({ "maxOutputTokens": 5 }));
    assert!(config.get("generation_config").is_none());
    let config = body(&[
        "gemini",
        "--text",
        "x",
        "--set",
        "generationConfig.thinking_config.include_thoughts=true",
        "--set",
        "generation_config.thinkingConfig.thinkingBudget=0",
        "--config",
        "seed2=1",
        "--top-k",
        "4",
        "--set",
        r#"tool_config.function_calling_config.mode="ANY""#,
        "--set",
        r#"toolConfig.functionCallingConfig.allowed_function_names=["f"]"#,
        "--set",
        r#"labels.a_b="x""#,
        "--set",
        r#"labels.aB="y""#,
    ]);
    assert_eq!(
        config["generationConfig"],
        serde_json::json!({ "topK": 4, "seed2": 1, "thinkingConfig": { "includeThoughts": true, "thinkingBudget": 0 } })
    );
    assert_eq!(
        config["toolConfig"],
        serde_json::json!({ "functionCallingConfig": { "mode": "ANY", "allowedFunctionNames": ["f"] } })
    );
    assert_eq!(config["labels"], serde_json::json!({ "a_b": "x", "aB": "y" }));
    let chat = body(&["chat", "--model", "m", "--text", "x", "--set", r#"metadata.team="v""#]);
    assert_eq!(chat["metadata"], serde_json::json!({ "team": "v" }));

    for (args, message) in [
        (&["--set", "generationConfig.topK=1", "--set", "generation_config.top_k=1"][..], "twice"),
        (&["--set", "generation_config.top_k=1", "--top-k", "2"], "--top-k"),
        (&["--set", "generation_config.top_k=1.5"], "--set generation_config.top_k=...: "),
        (&["--set", "toolConfig={}", "--set", "tool_config.retrievalConfig={}"], "twice"),
        (&["--set", "toolConfig..a=1"], "before or after a dot"),
        (&["--set", "system_instruction.parts=[]"], "--system"),
        (&["--set", "generationConfig={}"], "--config"),
    ] {
        fails(niello().args(["gemini", "--text", "x"]).args(args), 1, message);
    }
}

#[test]
fn fields_in_snake_case_are_written_in_camel_case_in_gemini() {
    let output = niello()
        .args(["gemini", "--text", "x", "--config", r#"response_mime_type="application/json""#])
        .args(["--set", r#"safety_settings={"category":"harm_category_harassment","threshold":"off"}"#])
        .assert()
        .success();
    output.stdout(
        contains(r#""safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}]"#)
            .and(contains(r#""generationConfig":{"responseMimeType":"application/json"}"#)),
    );
}
