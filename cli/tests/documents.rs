//! The shell commands of the documents, as they are printed. What uses the command `niello` is run, with a server
//! of this machine in place of the gateway; what builds, tests or measures is a step of `.ci/run`.
#![cfg(unix)]

#[path = "documents/gateway.rs"]
mod gateway;
mod stage;

use gateway::Gateway;
use stage::{ROOT, Stage};
use std::{fs, path::Path};

fn read(document: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(document)).unwrap()
}

/// The shell blocks of a document, all of which are called `sh`.
fn blocks(document: &str) -> Vec<String> {
    let text = read(document);
    for other in ["bash", "shell", "console", "zsh"] {
        assert!(!text.contains(&format!("```{other}")), "{document}: a block of {other} is not run");
    }
    let mut lines = text.lines().map(|line| line.strip_prefix("//! ").unwrap_or(line));
    let mut blocks = Vec::new();
    while lines.any(|line| line == "```sh") {
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(block.join("\n"));
    }
    blocks
}

/// What takes minutes: stand-ins only write down how they were called.
const LONG: [&str; 5] = ["bin/cargo", ".ci/run", "fuzz/run", "benches/compare/run", "benches/compare/grow"];

/// A command without what may be less when a machine runs it often: its numbers.
fn words(command: &str) -> Vec<&str> {
    let is_number = |word: &str| word.trim_end_matches(['G', 'M']).parse::<u32>().is_ok();
    command.split_whitespace().filter(|word| !is_number(word) && *word != "--").collect()
}

#[test]
fn every_shell_command_runs() {
    let gateway = Gateway::start();
    let calls = LONG.map(|name| format!(r#"echo {} "$@" >>"$HOME/called""#, name.trim_start_matches("bin/")));
    let long = LONG.into_iter().zip(calls.iter().map(String::as_str));
    let stage = Stage::new([("data/clip.mp4", "clip.mp4"), ("data/media/audio.mp3", "talk.mp3")], long);
    let variables = [("DATABRICKS_HOST", gateway.url()), ("DATABRICKS_TOKEN", gateway::TOKEN)];
    let mut posts = 0;
    for document in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "DESIGN.md", "COMPARE.md", "src/lib.rs"] {
        let blocks = blocks(document);
        // The first of the README builds: `.ci/run readme` takes it from there.
        let built = usize::from(document == "README.md");
        if built == 1 {
            assert!(blocks[0].starts_with("cargo run ") && !blocks[0].contains('\n'));
            assert_eq!(blocks[1], "cargo test --workspace --all-features", "what .ci/run calls");
        }
        for block in &blocks[built..] {
            let says = stage.run(block, variables);
            assert!(!says.contains("warning"), "{block}\n{says}");
            posts += block.matches("curl ").count();
        }
    }
    assert!(posts > 1, "the README sends requests");
    assert_eq!(gateway.requests(), posts, "each is sent, whole");

    let ci = read(".ci/run");
    let steps = ci.lines().filter_map(|line| Some(line.split_once("step ")?.1));
    let steps: Vec<_> = steps.map(words).collect();
    for call in fs::read_to_string(stage.at("called")).unwrap().lines() {
        match call.strip_prefix(".ci/run") {
            Some(parts) => {
                for part in parts.split_whitespace() {
                    assert!(ci.contains(&format!("\n{part}() {{")), ".ci/run has no {part}");
                }
            }
            None => assert!(steps.contains(&words(call)), "`{call}` is no step of .ci/run"),
        }
    }
}
