//! The command `niello`: writes JSON request bodies with embedded media.
//!
//! [`args`] parses the command line, [`request`] and [`fill`] turn it into a body, and [`output`] writes the
//! body; [`preview`] and [`dry_run`] describe it instead. [`extract`] goes the other way.

mod advice;
mod args;
mod completions;
mod descriptor;
mod dry_run;
mod escape;
mod expand;
mod extract;
mod fill;
mod help;
mod man;
mod open;
mod output;
mod preview;
mod progress;
mod prompt;
mod request;
mod set;
mod signals;
mod similar;
mod source;
mod text;
mod url;

use anyhow::Result;
use args::{Cli, Command, Output};
use clap::{
    CommandFactory, Parser,
    builder::styling::{AnsiColor, Style},
};
use niello::Body;
use std::{env, io::Write, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let args = expand::expand(&Cli::command(), env::args_os());
    let cli = Cli::try_parse_from(args).unwrap_or_else(|error| advice::improve(error).exit());
    match run(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    signals::ignore_file_size_signal();
    match command {
        Command::Chat(chat) => finish(request::chat(chat)?, &chat.output, &chat.prompt.files()),
        Command::Gemini(gemini) => finish(request::gemini(gemini)?, &gemini.output, &gemini.prompt.files()),
        Command::Fill(fill) if fill.lines => {
            show_or_write(fill::lines(fill)?, &fill.output, &[&fill.template])
        }
        Command::Fill(fill) => finish(fill::fill(fill)?, &fill.output, &[&fill.template]),
        Command::Extract(extract) => extract::extract(extract),
        Command::Completions(completions) => completions::print(completions.shell),
        Command::Man(man) => man::run(man),
    }
}

/// Checks the length of the body, and writes or shows it. `inputs` are the files named on the command line.
fn finish(body: Body, options: &Output, inputs: &[&Path]) -> Result<()> {
    if let Some(limit) = options.limit {
        body.check(limit)?;
    }
    show_or_write(body, options, inputs)
}

/// Writes or shows the body, whichever the options ask for.
fn show_or_write(body: Body, options: &Output, inputs: &[&Path]) -> Result<()> {
    if options.preview {
        return preview::print(&body);
    }
    let coded = body.encode(options.content_encoding.into())?;
    if options.dry_run {
        return dry_run::print(&body, &coded, options.format);
    }
    match &options.file {
        Some(file) => {
            output::check_not_an_input(file, inputs, &body)?;
            output::write_to(coded, file)
        }
        None => output::write_to_stdout(coded),
    }
}

const PROGRAM: Style = AnsiColor::Red.on_default().bold();

/// Prints an error as one line, even if a path or a cause contains line breaks.
fn report(error: &anyhow::Error) {
    // Every message includes its cause, so the chain of sources is not printed.
    let message = escape::escape(&escape::shorten_words(&error.to_string()));
    // Standard error may be closed or full. The exit status still reports the failure.
    let _ = writeln!(anstream::stderr(), "{PROGRAM}niello:{PROGRAM:#} {message}");
}
