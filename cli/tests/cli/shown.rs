//! What is shown instead of a body: the dry run and the preview.

use super::{CLIP, chat, niello, refused};
use predicates::{prelude::*, str::contains};
use std::{fs, path::Path};
use tempfile::TempDir;

#[test]
fn a_dry_run_shows_the_exact_length() {
    let body = chat().args(["--video", CLIP]).assert().success();
    let len = body.get_output().stdout.len();
    let bytes = fs::metadata(CLIP).unwrap().len();
    chat().args(["--video", CLIP, "--dry-run"]).assert().success().stdout(
        contains(len.to_string())
            .and(contains(bytes.to_string()))
            .and(contains("clip.mp4"))
            .and(contains("video/mp4")),
    );

    let shown = chat().args(["--video", CLIP, "--dry-run", "--format", "json"]).assert().success();
    let shown: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(shown["length"], len);
    let segments = shown["segments"].as_array().unwrap();
    assert_eq!(segments.iter().map(|segment| segment["length"].as_u64().unwrap()).sum::<u64>(), len as u64);
    assert_eq!((&segments[1]["kind"], &segments[1]["bytes"]), (&"base64".into(), &bytes.into()));
    assert_eq!(segments[1]["offset"], segments[0]["length"]);
}

#[test]
fn a_dry_run_writes_no_file() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.json");
    refused(chat().args(["--dry-run", "-o"]).arg(&out), 2, "cannot be used with");
    assert!(!out.exists());
}

#[test]
fn a_preview_is_the_body_without_most_of_the_media() {
    let folder = TempDir::new().unwrap();
    fs::copy(CLIP, folder.path().join("mein clip ü.mp4")).unwrap();
    let template = r#"{ "z": 1.50, "a": [1E400, "p\u00e9\/ \u009b"], "empty": {},
        "v": {"$data_uri": {"file": "mein clip ü.mp4"}}, "w": {"$base64": {"file": "mein clip ü.mp4"}} }"#;
    fs::write(folder.path().join("t.json"), template).unwrap();
    let fill = |args: &[&str]| {
        let output =
            niello().current_dir(folder.path()).args(["fill", "t.json"]).args(args).assert().success();
        String::from_utf8(output.get_output().stdout.clone()).unwrap()
    };
    let body = fill(&[]);
    let base64 = body.split(";base64,").nth(1).unwrap().split('"').next().unwrap();
    let (head, rest) = (&base64[..32], base64.len() - 32);
    let want = format!(
        r#"{{
  "z": 1.50,
  "a": [
    1E400,
    "p\u00e9\/ \u009b"
  ],
  "empty": {{}},
  "v": "data:video/mp4;base64,{head}…" <{rest} bytes more, of mein clip ü.mp4>,
  "w": "{head}…" <{rest} bytes more, of mein clip ü.mp4>
}}
<{} bytes in all>
"#,
        body.len()
    );
    assert_eq!(fill(&["--preview"]), want);
}

#[test]
fn a_preview_is_held_to_the_limit_and_goes_to_no_file() {
    let preview = |args: &[&str]| {
        let mut command = chat();
        command.args(["--video", CLIP, "--preview"]).args(args);
        command
    };
    preview(&["--limit", "databricks"]).assert().success().stdout(contains("bytes more, of"));
    refused(&mut preview(&["--limit", "50"]), 1, "over the limit of 50 bytes");
    refused(&mut preview(&["--dry-run"]), 2, "cannot be used with");
    refused(&mut preview(&["-o", "out.json"]), 2, "cannot be used with");
    assert!(!Path::new("out.json").exists());
}

/// Of 64 TiB, which nobody reads in the time of a test.
#[test]
#[cfg(target_os = "linux")]
fn what_is_shown_reads_no_more_than_heads() {
    let folder = TempDir::new().unwrap();
    let big = folder.path().join("big.bin");
    let made = fs::File::create(&big).unwrap().set_len(64 << 40);
    // Not every file system holds as much.
    let len: u64 = if made.is_ok() { 64 << 40 } else { 1 << 40 };
    fs::File::create(&big).unwrap().set_len(len).unwrap();
    let src = format!("{};type=video/mp4", big.display());
    let base64 = len.div_ceil(3) * 4;
    chat().args(["--video", &src, "--preview"]).assert().success().stdout(contains(format!(
        "base64,{}…\" <{} bytes more",
        "A".repeat(32),
        base64 - 32
    )));
    chat().args(["--video", &src, "--dry-run"]).assert().success().stdout(contains(base64.to_string()));
}

/// Text of others on a terminal: it shows itself and does nothing.
#[test]
fn what_a_terminal_would_act_on_is_escaped() {
    let text = "\u{1b}]0;x\u{7}\u{9b}31m\u{202e}gp4.exe";
    let shown = niello().args(["chat", "--model", "m", "--text", text, "--preview"]).assert().success();
    shown.stdout(contains(r#""\u001b]0;x\u0007\u009b31m\u202egp4.exe""#));

    let folder = TempDir::new().unwrap();
    let name = "\u{9b}31m\u{202e}.mp4";
    fs::copy(CLIP, folder.path().join(name)).unwrap();
    for shown in ["--preview", "--dry-run"] {
        let mut command = niello();
        command.current_dir(folder.path()).args(["gemini", "--video", name, shown]);
        command.assert().success().stdout(contains(r"\u009b31m\u202e.mp4").and(contains("\u{9b}").not()));
    }
    let wrong = format!("{name};fps=x");
    for (args, code) in [(["--video", "no\u{9b}"], 1), (["--video", &wrong], 2), (["--\u{9b}", "x"], 2)] {
        let says = niello().args(["gemini"]).args(args).assert().code(code);
        says.stderr(contains(r"\u009b").and(contains("\u{9b}").not()));
    }
}
