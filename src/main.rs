//! The command `niello`: a request body with media in it, from the command line.

mod cli;

use clap::{
    Parser,
    builder::styling::{AnsiColor, Style},
};
use std::{io::Write, process::ExitCode};

const NAME: Style = AnsiColor::Red.on_default().bold();

fn main() -> ExitCode {
    let args = cli::args::Cli::try_parse().unwrap_or_else(|error| cli::usage::with_advice(error).exit());
    match cli::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // One line, whatever a path or a cause has in it.
            let line = cli::readable::readable(&message);
            // If it cannot be said, the exit code still says that something went wrong.
            let _ = writeln!(anstream::stderr(), "{NAME}niello:{NAME:#} {line}");
            ExitCode::FAILURE
        }
    }
}
