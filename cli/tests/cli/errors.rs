//! Error messages: one line that names the problem and the way out.

use super::{CLIP, chat, fails, niello};
use predicates::{prelude::*, str::contains};
use std::fs;
use tempfile::TempDir;

#[test]
fn media_that_cannot_be_sent_is_an_error() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (empty, unknown) = (file("empty.mp4", b""), file("unknown.bin", &[1, 2, 3]));

    fails(chat().args(["--video", "none.mp4"]), 1, "none.mp4");
    fails(chat().args(["--video", "none.mp4;typ=a/b"]), 1, ";type=");
    fails(chat().args(["--video", "~/none.mp4"]), 1, "the shell expands ~");
    fails(chat().args(["--video", "example.com/clip.mp4"]), 1, "a URL starts with https://");
    fails(chat().args(["--video", "https:/example.com/clip.mp4"]), 1, "a URL starts with https://");
    fails(chat().args(["--video", "file:///clip.mp4"]), 1, "give the path");
    fails(chat().args(["--video", &empty]), 1, "the file is empty");
    fails(niello().args(["gemini", "--video", "-;type=video/mp4"]), 1, "standard input is empty");
    fails(chat().args(["--audio", CLIP]), 1, "the media type is video/mp4; use --video");
    fails(niello().args(["gemini", "--video", "../tests/data/media/audio.wav"]), 1, "use --audio");
    fails(chat().args(["--audio", "../tests/data/media/video.webm"]), 1, "webm;type=audio/webm'");
    fails(chat().args(["--video", "src"]), 1, "it is a directory");
    fails(chat().args(["--video", "/dev/null"]), 1, "neither a regular file nor a pipe");
    fails(chat().args(["--video", &unknown]), 1, "unknown.bin;type=video/<SUBTYPE>'");
    fails(chat().args(["--video", &format!(r#"{unknown};type=video/mp4","x":""#)]), 1, "MIME type");
    fails(chat().args(["--video", CLIP, "--limit", "50"]), 1, "clip.mp4");
    fails(chat().args(["--video", CLIP, "--limit", "50"]), 1, "URL");
}

#[test]
fn options_that_the_format_does_not_have_are_errors() {
    fails(chat().args(["--video", &format!("{CLIP};fps=2")]), 1, "use `niello gemini`");
    fails(chat().args(["--video", "https://h/v;type=video/mp4"]), 1, "remove ;type=");
    fails(niello().args(["gemini", "--model", "m", "--text", "x"]), 2, "in the URL");
    fails(niello().args(["fill", "t.json", "--text", "x"]), 2, "niello chat");
}

#[test]
fn invalid_fields_are_errors() {
    fails(chat().args(["--temperature", "nan"]), 1, "temperature");
    fails(chat().args(["--set", "messages=[]"]), 1, "use --system, --text");
    fails(chat().args(["--set", "a=1", "--set", "a=2"]), 1, "--set a=...: this field is set twice");
    fails(chat().args(["--set", "tools=5"]), 1, "--set tools=...");
    fails(chat().args(["--set", "a=text"]), 2, "put strings in double quotes: 'a=\"text\"'");
    fails(chat().args(["--set", "a"]), 2, "expected KEY=JSON");
    fails(niello().args(["gemini", "--text", "x", "--config", "topK=5"]), 1, "use --top-k");
    fails(niello().args(["gemini", "--video", "https://h/v.mp4;fps=25"]), 1, "fps");
}

#[test]
fn invalid_arguments_are_errors_with_a_tip() {
    fails(chat().args(["--limit", "few"]), 2, "databricks");
    fails(chat().args(["--limit", "-1"]), 2, "databricks");
    fails(chat().args(["--format", "json"]), 2, "--dry-run");
    fails(chat().args(["--video", "my", "clip.mp4"]), 2, "quote arguments that contain spaces");
    fails(chat().args(["--prompt", "x"]), 2, "use --text");
    fails(niello().arg("clip.mp4"), 2, "niello chat --model MODEL --video clip.mp4");
    fails(niello().arg("chta"), 2, "a similar subcommand exists: 'chat'");
    fails(niello().args(["chat", "--model", "m"]), 2, "--text");
    fails(niello().args(["chat", "--text", "x"]), 2, "--model");
}

#[test]
fn invalid_templates_are_errors() {
    fails(niello().args(["fill", "none.json"]), 1, "none.json");
    fails(niello().args(["fill", CLIP]), 1, "a template is JSON");
    fails(niello().args(["fill", "-"]).write_stdin("{\"a\":}"), 1, "line 1 column");
}

#[test]
fn missing_media_creates_no_output_file() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.json");
    fails(chat().args(["--video", "none.mp4", "-o"]).arg(&out), 1, "none.mp4");
    assert!(!out.exists());
}

#[test]
fn line_breaks_in_a_path_are_escaped() {
    fails(chat().args(["--video", "no\nsuch\x1bfile"]), 1, r"no\u000asuch\u001bfile");
}

#[cfg(target_os = "linux")]
#[test]
fn exit_status_reports_the_error_if_standard_error_is_full() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_niello"));
    let status = command.args(["chat", "--model", "m", "--video", "none.mp4"]).stderr(full()).status();
    assert_eq!(status.unwrap().code(), Some(1));
}

#[test]
fn messages_contain_no_tokens_and_no_media() {
    for src in [
        "https://h/v.mp4?sig=SECRET;type=video/mp4",
        "h.com/v.mp4?sig=SECRET",
        "data:video/mp4;base64,SECRET",
    ] {
        fails(chat().args(["--video", src]), 1, "").stderr(contains("SECRET").not());
    }
}

#[test]
fn explicit_media_type_overrides_the_detected_one() {
    let (audio, image) = (format!("{CLIP};type=video/mp4"), format!("{CLIP};type=image/x"));
    chat().args(["--audio", &audio]).assert().success().stdout(contains("audio_url"));
    niello().args(["gemini", "--image", &image]).assert().success();
}
