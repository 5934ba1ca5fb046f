//! What is wrong, said in a line.

use super::{CLIP, chat, niello, refused};
use predicates::{prelude::*, str::contains};
use std::fs;
use tempfile::TempDir;

#[test]
fn what_is_wrong_is_said_in_a_line() {
    let folder = TempDir::new().unwrap();
    let unknown = folder.path().join("unknown.bin");
    fs::write(&unknown, [1, 2, 3]).unwrap();
    let unknown = unknown.to_str().unwrap();
    let out = folder.path().join("out.json");

    let empty = folder.path().join("empty.mp4");
    fs::write(&empty, "").unwrap();
    let empty = empty.to_str().unwrap();

    refused(chat().args(["--video", "none.mp4"]), 1, "none.mp4");
    refused(chat().args(["--video", "none.mp4;typ=a/b"]), 1, ";type=");
    refused(chat().args(["--video", "~/none.mp4"]), 1, "knows ~");
    refused(chat().args(["--video", "example.com/clip.mp4"]), 1, "https://");
    refused(chat().args(["--video", "https:/example.com/clip.mp4"]), 1, "https://");
    refused(chat().args(["--video", "file:///clip.mp4"]), 1, "give the path");
    refused(chat().args(["--video", empty]), 1, "no bytes");
    refused(niello().args(["gemini", "--video", "-;type=video/mp4"]), 1, "no bytes");
    refused(chat().args(["--audio", CLIP]), 1, "use --video");
    refused(niello().args(["gemini", "--video", "../tests/data/media/audio.wav"]), 1, "use --audio");
    refused(chat().args(["--audio", "../tests/data/media/video.webm"]), 1, "webm;type=audio/webm'");
    refused(chat().args(["--video", "src"]), 1, "is a directory");
    refused(chat().args(["--video", "/dev/null"]), 1, "neither a regular file nor a pipe");
    refused(chat().args(["--video", unknown]), 1, ";type=");
    refused(chat().args(["--video", &format!(r#"{unknown};type=video/mp4","x":""#)]), 1, "MIME type");
    refused(chat().args(["--temperature", "nan"]), 1, "temperature");
    refused(chat().args(["--set", "messages=[]"]), 1, "messages");
    refused(chat().args(["--set", "a=1", "--set", "a=2"]), 1, "twice");
    refused(chat().args(["--set", "tools=5"]), 1, "tools");
    refused(chat().args(["--set", "a=text"]), 2, "quotes");
    refused(chat().args(["--video", &format!("{CLIP};fps=2")]), 1, "niello gemini");
    refused(chat().args(["--video", "https://h/v;type=video/mp4"]), 1, "no type");
    refused(chat().args(["--video", CLIP, "--limit", "50"]), 1, "clip.mp4");
    refused(chat().args(["--video", CLIP, "--limit", "50"]), 1, "URL");
    refused(chat().args(["--limit", "few"]), 2, "databricks");
    refused(chat().args(["--limit", "-1"]), 2, "is no limit");
    refused(chat().args(["--format", "json"]), 2, "--dry-run");
    refused(niello().args(["gemini", "--model", "m", "--text", "x"]), 2, "in the URL");
    refused(chat().args(["--video", "my", "clip.mp4"]), 2, "want quotes");
    refused(chat().args(["--prompt", "x"]), 2, "--text");
    refused(niello().arg("clip.mp4"), 2, "niello chat --model MODEL --video clip.mp4");
    refused(niello().arg("chta"), 2, "a similar subcommand exists: 'chat'");
    refused(niello().args(["fill", "t.json", "--text", "x"]), 2, "niello chat");
    refused(niello().args(["chat", "--model", "m"]), 2, "--text");
    refused(niello().args(["chat", "--text", "x"]), 2, "--model");
    refused(niello().args(["gemini", "--text", "x", "--config", "topK=5"]), 1, "--top-k");
    refused(niello().args(["gemini", "--video", "https://h/v.mp4;fps=25"]), 1, "fps");
    refused(niello().args(["fill", "none.json"]), 1, "none.json");
    refused(niello().args(["fill", CLIP]), 1, "a template is JSON");
    refused(niello().args(["fill", "-"]).write_stdin("{\"a\":}"), 1, "line 1 column");
    refused(chat().args(["--video", "none.mp4", "-o", out.to_str().unwrap()]), 1, "none.mp4");
    assert!(!out.exists());
}

#[test]
fn a_path_with_a_line_break_makes_one_line() {
    refused(chat().args(["--video", "no\nsuch\x1bfile"]), 1, r"no\u000asuch\u001bfile");
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_that_cannot_be_said_is_no_panic() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_niello"));
    let failed = command.args(["chat", "--model", "m", "--video", "none.mp4"]).stderr(full()).status();
    assert_eq!(failed.unwrap().code(), Some(1));
}

#[test]
fn no_message_has_a_token_or_media() {
    for src in [
        "https://h/v.mp4?sig=SECRET;type=video/mp4",
        "h.com/v.mp4?sig=SECRET",
        "data:video/mp4;base64,SECRET",
    ] {
        refused(chat().args(["--video", src]), 1, "").stderr(contains("SECRET").not());
    }
}

#[test]
fn a_type_that_is_given_stands() {
    chat()
        .args(["--audio", &format!("{CLIP};type=video/mp4")])
        .assert()
        .success()
        .stdout(contains("audio_url"));
    niello().args(["gemini", "--image", &format!("{CLIP};type=image/x")]).assert().success();
}
