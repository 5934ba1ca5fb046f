//! From arguments to a body, and out.

pub mod args;
mod descriptor;
mod dry_run;
mod output;
mod request;
mod source;
mod stop;

use args::{Cli, Command};

/// An error is the one line for standard error.
pub fn run(cli: Cli) -> Result<(), String> {
    stop::let_writes_fail();
    let (body, output) = match &cli.command {
        Command::Chat(chat) => (request::chat(chat)?, &chat.output),
        Command::Gemini(gemini) => (request::gemini(gemini)?, &gemini.output),
        Command::Fill(fill) => (request::fill(fill)?, &fill.output),
    };
    if let Some(limit) = output.limit {
        body.check(limit).map_err(|error| error.to_string())?;
    }
    match output.dry_run {
        true => dry_run::show(&body, output.format),
        false => output::write(body, output.file.as_deref()),
    }
}
