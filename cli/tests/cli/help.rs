//! Help, completions and manual pages.

use super::niello;
#[cfg(unix)]
use super::stage::Stage;
use predicates::{prelude::*, str::contains};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

const COMMANDS: [&str; 6] = ["chat", "gemini", "fill", "extract", "completions", "man"];

fn stdout(args: &[&str]) -> String {
    let output = niello().args(args).env("COLUMNS", "80").assert().success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

#[test]
fn help_and_version_are_printed() {
    for command in ["chat", "gemini", "fill"] {
        for help in ["-h", "--help"] {
            let output = contains("--dry-run").and(contains("--preview"));
            niello().args([command, help]).assert().success().stdout(output);
        }
    }
    let output =
        contains("--events").and(contains("media-1.png")).and(contains("curl -s -X POST -T body.json"));
    niello().args(["extract", "--help"]).assert().success().stdout(output);
    niello().arg("--version").assert().success().stdout(contains(env!("CARGO_PKG_VERSION")));
    // Without arguments, the help goes to standard error, because no body was written.
    niello().assert().code(2).stdout("").stderr(contains("chat").and(contains("gemini")));
}

/// Returns the examples of a help text as a script.
fn examples(help: &str) -> String {
    let (_, examples) = help.split_once("\nExamples:\n").unwrap();
    let lines = examples.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    lines.map(|line| line.strip_prefix("  ").unwrap_or(line).to_owned() + "\n").collect()
}

/// Replaces curl: responds with an image if somebody reads it.
#[cfg(unix)]
const CURL: &str = r#"test -s body.json
case "$*" in
    *-N*) printf 'data: {"b64_json":"iVBORw0KGgoAAAANSUhEUg=="}\n\n' ;;
    -s*) cat response.json ;;
esac"#;

/// The directory contains the files that the examples name. Stubs replace the programs that they call.
#[test]
#[cfg(unix)]
fn examples_run_as_printed() {
    let audio = "golden/seed_chat_audio/audio.mp3";
    let stage = Stage::new(
        [
            ("data/clip.mp4", "clip.mp4"),
            ("data/faults/d.pdf", "a.pdf"),
            ("data/faults/d.pdf", "b c.pdf"),
            (audio, "talk.mp3"),
            (audio, "talk.bin"),
        ],
        [("bin/curl", CURL), ("bin/ffmpeg", "cat talk.mp3"), ("bin/man", "grep -q .TH")],
    );
    fs::write(stage.at("a.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    fs::write(stage.at("question.txt"), "How do they differ?\n").unwrap();
    fs::write(stage.at("request.json"), r#"{"input": {"$base64": {"file": "clip.mp4"}}}"#).unwrap();
    fs::write(stage.at("response.json"), r#"{"data":[{"b64_json":"iVBORw0KGgoAAAANSUhEUg=="}]}"#).unwrap();
    fs::create_dir_all(stage.at(".zfunc")).unwrap();
    fs::create_dir_all(stage.at(".config/fish/completions")).unwrap();
    let variables = [("DATABRICKS_HOST", "https://host"), ("DATABRICKS_TOKEN", "t"), ("PROFILE", "profile")];
    for args in [&[][..]].into_iter().chain(COMMANDS.iter().map(std::slice::from_ref)) {
        let script = examples(&stdout(&[args, &["--help"]].concat()));
        assert!(script.contains("\nniello "), "{script}");
        stage.run(&script, variables);
    }
    for extracted in ["images/media-1.png", "images/response.json", "stream/media-1.png"] {
        assert!(stage.at(extracted).exists(), "{extracted}");
    }
    assert!(stage.at(".local/share/man/man1/niello-chat.1").exists());
}

/// Returns the completions that bash offers for the last word.
#[cfg(unix)]
fn completed(folder: &Path, words: &[&str]) -> Vec<String> {
    let script = r#"
        source <("$0" completions bash)
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        # compopt fails outside of a real completion.
        compopt() { :; }
        _niello niello "${@: -1}" "${@: -2:1}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let mut bash = Command::new("bash");
    bash.args(["-c", script, env!("CARGO_BIN_EXE_niello")]).args(words).current_dir(folder);
    let output = bash.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
#[cfg(unix)]
fn bash_completes_commands_options_values_and_files() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("my clip.mp4"), "").unwrap();
    fs::write(folder.path().join("mü.mp4"), "").unwrap();
    let completed = |words: &[&str]| completed(folder.path(), words);
    assert_eq!(completed(&["niello", "ch"]), ["chat"]);
    assert_eq!(completed(&["niello", "chat", "--pre"]), ["--preview"]);
    assert_eq!(completed(&["niello", "chat", "--model", "m", "--video", "my"]), ["my clip.mp4"]);
    assert_eq!(completed(&["niello", "gemini", "--audio", "m"]).len(), 2);
    assert_eq!(completed(&["niello", "chat", "-m", "m", "--file", "a.pdf", "--lim"]), ["--limit"]);
    assert_eq!(completed(&["niello", "fill", "-o", "mü"]), ["mü.mp4"]);
    assert_eq!(completed(&["niello", "chat", "--limit", "data"]), ["databricks", "databricks-custom"]);
    assert_eq!(completed(&["niello", "gemini", "--access", ""]), ["map", "read"]);
    assert_eq!(completed(&["niello", "extract", "my clip.mp4", "--ev"]), ["--events"]);
    // A text is not a file name.
    assert_eq!(completed(&["niello", "chat", "--text", "m"]), ["m"]);
}

#[test]
fn every_shell_accepts_its_completion_script() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = stdout(&["completions", shell]);
        assert!(script.contains("preview") && script.contains("gemini"), "{shell}");
        // If the shell is installed, let it parse the script.
        if let Ok(mut child) =
            Command::new(shell).arg("-n").stdin(Stdio::piped()).stderr(Stdio::null()).spawn()
        {
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), script.as_bytes()).unwrap();
            assert!(child.wait().unwrap().success(), "{shell}");
        }
    }
    niello().args(["completions", "csh"]).assert().code(2).stderr(contains("fish"));
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("share/man1");
    niello().args(["man", "--dir"]).arg(&dir).assert().success().stdout("");
    let mut names: Vec<_> =
        fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut expected: Vec<_> = COMMANDS.iter().map(|name| format!("niello-{name}.1")).collect();
    expected.push("niello.1".to_owned());
    expected.sort();
    assert_eq!(names, expected);

    for name in names {
        let page = fs::read_to_string(dir.join(&name)).unwrap();
        let command = name.strip_suffix(".1").unwrap();
        assert!(page.contains(&format!(".TH {command} 1")) && page.contains("\n.SH EXAMPLES\n"), "{page}");
        let alone: Vec<_> = ["man"].into_iter().chain(command.strip_prefix("niello-")).collect();
        assert_eq!(page, stdout(&alone));
    }
    niello().args(["man", "nothing"]).assert().code(1).stderr(contains("gemini"));
}

#[test]
fn manual_pages_contain_the_examples_verbatim() {
    for command in COMMANDS {
        let mut groff = Command::new("groff");
        groff.args(["-man", "-Tutf8", "-ww", "-P-c", "-P-b", "-P-u", "-rLL=80n"]).env("GROFF_NO_SGR", "1");
        let groff = groff.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        // Skip the test if groff is not installed.
        let Ok(mut groff) = groff else { return };
        let page = stdout(&["man", command]);
        std::io::Write::write_all(&mut groff.stdin.take().unwrap(), page.as_bytes()).unwrap();
        let output = groff.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command}");
        let read = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = read.lines().map(str::trim).collect();
        assert!(read.lines().all(|line| line.chars().count() <= 80), "{command}: {read}");
        for line in examples(&stdout(&[command, "--help"])).lines() {
            assert!(lines.contains(&line.trim()), "{command}: {line}\n{read}");
        }
    }
}
