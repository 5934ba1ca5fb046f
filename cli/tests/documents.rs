//! Runs the shell commands of the documents as printed.
//!
//! A local server replaces the gateway. Commands that take minutes are not run here; the test checks that
//! they are steps of `.ci/run` instead.
#![cfg(unix)]

#[path = "documents/gateway.rs"]
mod gateway;
mod stage;

use gateway::Gateway;
use stage::{ROOT, Stage};
use std::{fs, path::Path};

const DOCUMENTS: [&str; 7] =
    ["README.md", "CONTRIBUTING.md", "SECURITY.md", "DESIGN.md", "COMPARE.md", "cli/README.md", "src/lib.rs"];

/// Programs that take minutes. Stubs replace them, which record how they were called.
const SLOW: [&str; 5] = ["bin/cargo", ".ci/run", "fuzz/run", "benches/compare/run", "benches/compare/grow"];

fn read(document: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(document)).unwrap()
}

/// Returns the shell blocks of a document. All of them must be marked `sh`.
fn blocks(document: &str) -> Vec<String> {
    let text = read(document);
    for other in ["bash", "shell", "console", "zsh"] {
        assert!(
            !text.contains(&format!("```{other}")),
            "{document}: mark blocks of {other} as sh, to run them"
        );
    }
    let mut lines = text.lines().map(|line| line.strip_prefix("//! ").unwrap_or(line));
    let mut blocks = Vec::new();
    while lines.any(|line| line == "```sh") {
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(block.join("\n"));
    }
    blocks
}

/// Returns the blocks of a document that this test runs.
fn blocks_to_run(document: &str) -> Vec<String> {
    let mut blocks = blocks(document);
    if document == "README.md" {
        // It builds the command, so `.ci/run` runs it.
        let build = blocks.remove(0);
        assert!(build.starts_with("cargo run ") && !build.contains('\n'), "{build}");
        assert_eq!(blocks[0], "cargo test --workspace --all-features", "the tests that .ci/run runs");
    }
    blocks
}

#[test]
fn shell_commands_of_the_documents_run() {
    let gateway = Gateway::start();
    let stubs = SLOW.map(|name| format!(r#"echo {} "$@" >>"$HOME/called""#, name.trim_start_matches("bin/")));
    let stubs = SLOW.into_iter().zip(stubs.iter().map(String::as_str));
    let stage = Stage::new([("data/clip.mp4", "clip.mp4"), ("data/media/audio.mp3", "talk.mp3")], stubs);
    let variables = [("DATABRICKS_HOST", gateway.url()), ("DATABRICKS_TOKEN", gateway::TOKEN)];
    let mut posts = 0;
    for document in DOCUMENTS {
        for block in blocks_to_run(document) {
            let stderr = stage.run(&block, variables);
            assert!(!stderr.contains("warning"), "{block}\n{stderr}");
            posts += block.matches("curl ").count();
        }
    }
    assert!(posts > 1, "the documents send requests");
    assert_eq!(gateway.accepted(), posts, "the gateway accepts each request");

    let ci = read(".ci/run");
    for call in fs::read_to_string(stage.at("called")).unwrap().lines() {
        assert_ci_runs(&ci, call);
    }
}

/// Asserts that a call of a slow program is a step of `.ci/run`, or calls parts of it.
fn assert_ci_runs(ci: &str, call: &str) {
    if let Some(parts) = call.strip_prefix(".ci/run") {
        for part in parts.split_whitespace() {
            assert!(ci.contains(&format!("\n{part}() {{")), ".ci/run has no part {part}");
        }
        return;
    }
    let mut steps = ci.lines().filter_map(|line| Some(line.split_once("step ")?.1));
    assert!(steps.any(|step| words(step) == words(call)), "`{call}` is not a step of .ci/run");
}

/// Returns the words of a command without numbers, which may be smaller in `.ci/run`.
fn words(command: &str) -> Vec<&str> {
    let is_number = |word: &str| word.trim_end_matches(['G', 'M']).parse::<u32>().is_ok();
    command.split_whitespace().filter(|word| !is_number(word) && *word != "--").collect()
}
