//! The command line, as a person or a script runs it.

mod bodies;
mod errors;
mod files;
#[path = "../../../tests/golden/mod.rs"]
mod golden;
mod help;
mod shown;
mod sources;
#[cfg(unix)]
#[path = "../stage/mod.rs"]
mod stage;
#[cfg(unix)]
mod terminal;

use assert_cmd::{Command, assert::Assert};
use predicates::{prelude::*, str::contains};

fn niello() -> Command {
    Command::new(env!("CARGO_BIN_EXE_niello"))
}

const CLIP: &str = "../tests/data/clip.mp4";

fn chat() -> Command {
    let mut command = niello();
    command.args(["chat", "--model", "m", "--text", "x"]);
    command
}

/// Exit 1 or 2, nothing on standard output, one line on standard error that says what.
#[track_caller]
fn refused(command: &mut Command, code: i32, says: &str) -> Assert {
    let assert = command.assert().code(code).stdout("").stderr(contains(says));
    if code == 1 {
        let one_line =
            predicate::function(|text: &str| text.starts_with("niello: ") && text.lines().count() == 1);
        return assert.stderr(one_line);
    }
    assert
}
