//! The shell commands of the documents, as they are printed. What uses the command `niello` is run, with a server
//! of this machine in place of the gateway; what builds, tests or measures is a step of `.ci/run`.
#![cfg(unix)]

#[path = "documents/gateway.rs"]
mod gateway;

use gateway::Gateway;
use std::{env, ffi::OsString, fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(document: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(document)).unwrap()
}

/// The shell blocks of a document.
fn blocks(document: &str) -> Vec<String> {
    let text = read(document);
    let mut lines = text.lines().map(|line| line.strip_prefix("//! ").unwrap_or(line));
    let mut blocks = Vec::new();
    while lines.any(|line| line == "```sh") {
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(block.join("\n"));
    }
    blocks
}

/// A folder to run them in: with the files that they name, and with stand-ins, which only write down how they were
/// called, for what takes minutes.
struct Place {
    folder: tempfile::TempDir,
    path: OsString,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for (name, media) in [("clip.mp4", "clip.mp4"), ("talk.mp3", "media/audio.mp3")] {
            fs::copy(Path::new(ROOT).join("tests/data").join(media), place(name)).unwrap();
        }
        let stand_ins = ["bin/cargo", ".ci/run", "fuzz/run", "benches/compare/run", "benches/compare/grow"];
        for name in stand_ins {
            let name_of_it = name.trim_start_matches("bin/");
            let called = place("called");
            let script = format!("#!/bin/sh\necho {name_of_it} \"$@\" >>'{}'\n", called.display());
            fs::create_dir_all(place(name).parent().unwrap()).unwrap();
            fs::write(place(name), script).unwrap();
            fs::set_permissions(place(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let niello = Path::new(env!("CARGO_BIN_EXE_niello")).parent().unwrap().to_owned();
        let others = env::var_os("PATH").unwrap();
        let paths = [place("bin"), niello].into_iter().chain(env::split_paths(&others));
        let path = env::join_paths(paths).unwrap();
        Place { folder, path }
    }

    fn run(&self, block: &str, gateway: &Gateway) {
        let done = Command::new("bash")
            .args(["-euo", "pipefail", "-c", block])
            .current_dir(&self.folder)
            .env("PATH", &self.path)
            .env("DATABRICKS_HOST", gateway.url())
            .env("DATABRICKS_TOKEN", gateway::TOKEN)
            .output()
            .unwrap();
        let says = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{block}\n{says}");
        assert!(!says.contains("warning"), "{block}\n{says}");
    }

    /// How the stand-ins were called.
    fn called(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder.path().join("called")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }
}

/// A command without what may be less when a machine runs it often: its numbers.
fn words(command: &str) -> Vec<&str> {
    let is_number = |word: &str| word.trim_end_matches(['G', 'M']).parse::<u32>().is_ok();
    command.split_whitespace().filter(|word| !is_number(word) && *word != "--").collect()
}

#[test]
fn every_shell_command_runs() {
    let gateway = Gateway::start();
    let place = Place::new();
    let mut posts = 0;
    for document in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "DESIGN.md", "COMPARE.md", "src/lib.rs"] {
        let blocks = blocks(document);
        // The first of the README builds: `.ci/run readme` takes it from there.
        let built = usize::from(document == "README.md");
        if built == 1 {
            assert!(blocks[0].starts_with("cargo run ") && !blocks[0].contains('\n'));
            assert_eq!(blocks[1], "cargo test --all-features", "what .ci/run calls");
        }
        for block in &blocks[built..] {
            place.run(block, &gateway);
            posts += block.matches("curl ").count();
        }
    }
    assert!(posts > 1, "the README sends requests");
    assert_eq!(gateway.requests(), posts, "each is sent, whole");

    let ci = read(".ci/run");
    let steps = ci.lines().filter_map(|line| Some(line.split_once("step ")?.1));
    let steps: Vec<_> = steps.map(words).collect();
    for call in place.called() {
        match call.strip_prefix(".ci/run") {
            Some(parts) => {
                for part in parts.split_whitespace() {
                    assert!(ci.contains(&format!("\n{part}() {{")), ".ci/run has no {part}");
                }
            }
            None => assert!(steps.contains(&words(&call)), "`{call}` is no step of .ci/run"),
        }
    }
}
