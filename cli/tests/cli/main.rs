//! Runs the command the way a person or a script does.

mod bodies;
mod errors;
mod extract;
#[path = "../../../tests/golden/mod.rs"]
mod golden;
mod help;
mod inspect;
mod lines;
mod output;
mod sources;
#[cfg(unix)]
#[path = "../stage/mod.rs"]
mod stage;
#[cfg(unix)]
mod terminal;

use assert_cmd::{Command, assert::Assert};
use predicates::{prelude::*, str::contains};

const CLIP: &str = "../tests/data/clip.mp4";

fn niello() -> Command {
    Command::new(env!("CARGO_BIN_EXE_niello"))
}

/// Returns a command that succeeds as it is, and to which tests add arguments.
fn chat() -> Command {
    let mut command = niello();
    command.args(["chat", "--model", "m", "--text", "x"]);
    command
}

/// Asserts that the command fails with this exit status and a message that contains `message`, and writes
/// nothing to standard output. With status 1 the message must be a single line.
#[track_caller]
fn fails(command: &mut Command, status: i32, message: &str) -> Assert {
    let assert = command.assert().code(status).stdout("").stderr(contains(message));
    if status == 1 {
        let is_one_line =
            predicate::function(|text: &str| text.starts_with("niello: ") && text.lines().count() == 1);
        return assert.stderr(is_one_line);
    }
    assert
}
