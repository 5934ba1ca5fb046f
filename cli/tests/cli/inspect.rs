//! What `--dry-run` and `--preview` show instead of writing the body.

use super::{CLIP, chat, fails, niello};
use predicates::{prelude::*, str::contains};
use std::{fs, path::Path};
use tempfile::TempDir;

#[test]
fn dry_run_shows_the_exact_length_and_the_segments() {
    let body = chat().args(["--video", CLIP]).assert().success();
    let len = body.get_output().stdout.len();
    let size = fs::metadata(CLIP).unwrap().len();
    chat().args(["--video", CLIP, "--dry-run"]).assert().success().stdout(
        contains(len.to_string())
            .and(contains(size.to_string()))
            .and(contains("clip.mp4"))
            .and(contains("video/mp4")),
    );

    let shown = chat().args(["--video", CLIP, "--dry-run", "--format", "json"]).assert().success();
    let shown: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(shown["length"], len);
    let segments = shown["segments"].as_array().unwrap();
    assert_eq!(segments.iter().map(|segment| segment["length"].as_u64().unwrap()).sum::<u64>(), len as u64);
    assert_eq!((&segments[0]["kind"], &segments[1]["kind"]), (&"text".into(), &"base64".into()));
    assert_eq!((&segments[1]["mime"], &segments[1]["size"]), (&"video/mp4".into(), &size.into()));
    assert_eq!(segments[1]["offset"], segments[0]["length"]);
}

#[test]
fn dry_run_shows_both_lengths_of_a_coded_body() {
    let plain = chat().args(["--video", CLIP]).assert().success().get_output().stdout.len();
    let coded = ["--video", CLIP, "--content-encoding", "zstd"];
    let len = chat().args(coded).assert().success().get_output().stdout.len();
    let table = chat().args(coded).arg("--dry-run").assert().success();
    table.stdout(
        contains(format!("{plain}  ")).and(contains(format!("{len}  "))).and(contains("total as zstd")),
    );

    let shown = chat().args(coded).args(["--dry-run", "--format", "json"]).assert().success();
    let shown: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(shown["length"], plain);
    assert_eq!(shown["coded"], serde_json::json!({"content_encoding": "zstd", "length": len}));
}

#[test]
fn dry_run_writes_no_file() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.json");
    fails(chat().args(["--dry-run", "-o"]).arg(&out), 2, "cannot be used with");
    assert!(!out.exists());
}

#[test]
fn preview_is_the_indented_body_with_shortened_media() {
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
    let expected = format!(
        r#"{{
  "z": 1.50,
  "a": [
    1E400,
    "p\u00e9\/ \u009b"
  ],
  "empty": {{}},
  "v": "data:video/mp4;base64,{head}…" <{rest} more base64 characters of mein clip ü.mp4>,
  "w": "{head}…" <{rest} more base64 characters of mein clip ü.mp4>
}}
<{} bytes in total>
"#,
        body.len()
    );
    assert_eq!(fill(&["--preview"]), expected);
}

#[test]
fn preview_checks_the_limit_and_writes_no_file() {
    let preview = |args: &[&str]| {
        let mut command = chat();
        command.args(["--video", CLIP, "--preview"]).args(args);
        command
    };
    preview(&["--limit", "databricks"]).assert().success().stdout(contains("more base64 characters of"));
    fails(&mut preview(&["--limit", "50"]), 1, "limit of 50 bytes");
    fails(&mut preview(&["--dry-run"]), 2, "cannot be used with");
    fails(&mut preview(&["-o", "out.json"]), 2, "cannot be used with");
    assert!(!Path::new("out.json").exists());
}

/// Reading 64 TiB would take hours.
#[test]
#[cfg(target_os = "linux")]
fn preview_and_dry_run_do_not_read_the_whole_file() {
    let folder = TempDir::new().unwrap();
    let big = folder.path().join("big.bin");
    let made = fs::File::create(&big).unwrap().set_len(64 << 40);
    // Not every file system supports files of this size.
    let len: u64 = if made.is_ok() { 64 << 40 } else { 1 << 40 };
    fs::File::create(&big).unwrap().set_len(len).unwrap();
    let src = format!("{};type=video/mp4", big.display());
    let base64 = len.div_ceil(3) * 4;
    chat().args(["--video", &src, "--preview"]).assert().success().stdout(contains(format!(
        "base64,{}…\" <{} more base64 characters",
        "A".repeat(32),
        base64 - 32
    )));
    chat().args(["--video", &src, "--dry-run"]).assert().success().stdout(contains(base64.to_string()));
}

/// Texts and file names from elsewhere must not control the terminal.
#[test]
fn control_and_direction_characters_are_escaped() {
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
        let failed = niello().args(["gemini"]).args(args).assert().code(code);
        failed.stderr(contains(r"\u009b").and(contains("\u{9b}").not()));
    }
    // clap's tips, too.
    let failed = niello().args(["fill", "--\u{9b}31m"]).assert().code(2);
    failed.stderr(contains(r"\u009b").and(contains("\u{9b}").not()));
}
