//! From arguments to a body, and out.

pub mod args;
mod completions;
mod descriptor;
mod dry_run;
mod help;
mod man;
mod open;
mod output;
mod preview;
mod prompt;
pub mod readable;
mod request;
mod source;
mod stop;
pub mod usage;

use args::{Cli, Command};

/// An error is the one line for standard error.
pub fn run(cli: Cli) -> Result<(), String> {
    stop::let_writes_fail();
    let (body, output, template) = match &cli.command {
        Command::Chat(chat) => (request::chat(chat)?, &chat.output, None),
        Command::Gemini(gemini) => (request::gemini(gemini)?, &gemini.output, None),
        Command::Fill(fill) => (request::fill(fill)?, &fill.output, Some(fill.template.as_path())),
        Command::Completions(completions) => return completions::show(completions.shell),
        Command::Man(man) => return man::run(man),
    };
    if let Some(limit) = output.limit {
        body.check(limit).map_err(|error| error.to_string())?;
    }
    match &output.file {
        _ if output.preview => preview::show(&body),
        _ if output.dry_run => dry_run::show(&body, output.format),
        Some(file) => {
            output::spare(file, &body, template)?;
            output::write(body, file)
        }
        None => output::write_to_standard_output(body),
    }
}
