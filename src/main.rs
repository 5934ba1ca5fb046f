//! The command `niello`: a request body with media in it, from the command line.

mod cli;

use clap::Parser;
use std::{
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    match cli::run(cli::args::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // One line, whatever a path or a cause has in it.
            let line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            // If it cannot be said, the exit code still says that something went wrong.
            let _ = writeln!(io::stderr(), "niello: {line}");
            ExitCode::FAILURE
        }
    }
}
