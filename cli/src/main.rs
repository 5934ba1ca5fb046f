//! The command `niello`: a request body with media in it, from the command line.

mod args;
mod completions;
mod descriptor;
mod dry_run;
mod help;
mod man;
mod open;
mod output;
mod preview;
mod prompt;
mod readable;
mod request;
mod source;
mod stop;
mod usage;

use args::{Cli, Command};
use clap::{
    Parser,
    builder::styling::{AnsiColor, Style},
};
use niello::Segment;
use std::{io::Write, path::Path, process::ExitCode};

const NAME: Style = AnsiColor::Red.on_default().bold();

fn main() -> ExitCode {
    let args = Cli::try_parse().unwrap_or_else(|error| usage::with_advice(error).exit());
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // One line, whatever a path or a cause has in it.
            let line = readable::readable(&message);
            // If it cannot be said, the exit code still says that something went wrong.
            let _ = writeln!(anstream::stderr(), "{NAME}niello:{NAME:#} {line}");
            ExitCode::FAILURE
        }
    }
}

/// An error is the one line for standard error.
fn run(cli: Cli) -> Result<(), String> {
    stop::let_writes_fail();
    let (body, output, files) = match &cli.command {
        Command::Chat(chat) => (request::chat(chat)?, &chat.output, chat.prompt.files()),
        Command::Gemini(gemini) => (request::gemini(gemini)?, &gemini.output, gemini.prompt.files()),
        Command::Fill(fill) => (request::fill(fill)?, &fill.output, vec![fill.template.as_path()]),
        Command::Completions(completions) => return completions::show(completions.shell),
        Command::Man(man) => return man::run(man),
    };
    if let Some(limit) = output.limit {
        body.check(limit).map_err(|error| error.to_string())?;
    }
    if output.preview {
        return preview::show(&body);
    }
    if output.dry_run {
        return dry_run::show(&body, output.format);
    }
    match &output.file {
        Some(file) => {
            // Those that a template names.
            let media = body.segments().filter_map(|(_, segment)| match segment {
                Segment::Base64(media) => Some(Path::new(media.name())),
                _ => None,
            });
            output::spare(file, files.into_iter().chain(media))?;
            output::write(body, file)
        }
        None => output::write_to_standard_output(body),
    }
}
