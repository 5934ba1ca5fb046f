//! Manual pages, made of what the help says.

use super::{
    args::{self, Cli},
    output,
};
use clap::{Command, CommandFactory};
use clap_mangen::{
    Man,
    roff::{Roff, roman},
};
use std::{fs, io, path::Path};

pub fn run(args: &args::Man) -> Result<(), String> {
    let command = command();
    match (&args.dir, &args.command) {
        (Some(dir), _) if dir.exists() && !dir.is_dir() => {
            Err(format!("--dir {}: it is no folder; name one", dir.display()))
        }
        (Some(dir), _) => {
            write_all(&command, dir).map_err(|error| format!("cannot write to {}: {error}", dir.display()))
        }
        (None, None) => show(&command),
        (None, Some(name)) => match command.find_subcommand(name) {
            Some(command) => show(command),
            None => {
                let names: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
                Err(format!("there is no command {name:?}; its pages are of {}", names.join(", ")))
            }
        },
    }
}

/// The whole command; `niello help` has no page of its own.
fn command() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    command
}

fn show(command: &Command) -> Result<(), String> {
    let mut page = Vec::new();
    render(command, &mut page).map_err(|error| error.to_string())?;
    output::print(&String::from_utf8_lossy(&page))
}

/// A page for the command and one for each of its own commands, in a folder that is made where there is none.
fn write_all(command: &Command, dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for command in [command].into_iter().chain(command.get_subcommands()) {
        let mut page = Vec::new();
        render(command, &mut page)?;
        fs::write(dir.join(man(command).get_filename()), page)?;
    }
    Ok(())
}

fn man(command: &Command) -> Man {
    let source = format!("niello {}", env!("CARGO_PKG_VERSION"));
    // A page of a version needs no date; an empty one would let the source take its place.
    Man::new(command.clone()).date(" ").source(source).manual("User Commands")
}

fn render(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = man(command);
    man.render_title(page)?;
    man.render_name_section(page)?;
    synopsis(command).to_writer(page)?;
    // A short one is the name's.
    if command.get_long_about().is_some() {
        man.render_description_section(page)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    man.render_options_section(page)?;
    if let Some(text) = command.get_after_long_help() {
        sections(&text.to_string()).to_writer(page)?;
    }
    Ok(())
}

/// As the help has it.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).text([roman(usage.trim_start_matches("Usage: "))]);
    roff
}

/// The sections that stand at the end of the help, each line as it is there: examples are to be copied.
fn sections(text: &str) -> Roff {
    let mut roff = Roff::new();
    for line in text.lines() {
        match line.strip_suffix(':').filter(|title| !title.starts_with(' ')) {
            Some(title) => {
                roff.control("fi", []).control("SH", [title.to_uppercase().as_str()]).control("nf", []);
            }
            None => {
                roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
        }
    }
    roff.control("fi", []);
    roff
}
