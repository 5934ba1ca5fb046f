//! Manual pages, generated from the help.

use crate::{
    args::{self, Cli},
    escape::shorten,
    output,
};
use anyhow::{Result, anyhow, bail};
use clap::{Command, CommandFactory};
use clap_mangen::{
    Man,
    roff::{Roff, roman},
};
use std::{fs, io, path::Path};

pub fn run(args: &args::Man) -> Result<()> {
    let niello = niello();
    match (&args.dir, &args.command) {
        (Some(dir), _) => write_all(&niello, dir),
        (None, None) => print(&niello),
        (None, Some(name)) => match niello.find_subcommand(name) {
            Some(command) => print(command),
            None => {
                let names: Vec<_> = niello.get_subcommands().map(Command::get_name).collect();
                bail!("unknown command {:?}; the commands are {}", shorten(name), names.join(", "))
            }
        },
    }
}

/// Returns the definition of the whole command, without `niello help`, which needs no page.
fn niello() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true).subcommand_help_heading("COMMANDS");
    command.build();
    command
}

fn print(command: &Command) -> Result<()> {
    output::print(&String::from_utf8_lossy(&page(command)?))
}

/// Writes a page for niello and one for each of its commands.
fn write_all(niello: &Command, dir: &Path) -> Result<()> {
    let name = shorten(&dir.display().to_string());
    let failed = |error| anyhow!("cannot write to {name}: {error}");
    if dir.exists() && !dir.is_dir() {
        bail!("cannot write to {name}: it is not a directory; choose another one");
    }
    fs::create_dir_all(dir).map_err(failed)?;
    for command in [niello].into_iter().chain(niello.get_subcommands()) {
        fs::write(dir.join(man(command).get_filename()), page(command)?).map_err(failed)?;
    }
    Ok(())
}

fn man(command: &Command) -> Man {
    let source = format!("niello {}", env!("CARGO_PKG_VERSION"));
    // Pages are dated by their version. With an empty date, groff would print the source in its place.
    Man::new(command.clone()).date(" ").source(source).manual("User Commands")
}

/// Renders a page.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let (man, mut page) = (man(command), Vec::new());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis(command).to_writer(&mut page)?;
    // Without a long description, there is only the summary, which the NAME section already contains.
    if command.get_long_about().is_some() {
        man.render_description_section(&mut page)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    if let Some(text) = command.get_after_long_help() {
        sections(&text.to_string()).to_writer(&mut page)?;
    }
    Ok(page)
}

/// Renders the usage line of the help. The one of clap_mangen lists every option.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).text([roman(usage.trim_start_matches("Usage: "))]);
    roff
}

/// Renders the sections at the end of the help. Lines are not refilled, so that examples can be copied.
fn sections(text: &str) -> Roff {
    let title =
        |line: &'_ str| line.strip_suffix(':').filter(|title| !title.starts_with(' ')).map(str::to_uppercase);
    let mut roff = Roff::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(title) = title(line) {
            roff.control("fi", []).control("SH", [title.as_str()]).control("nf", []);
        } else if !line.is_empty() || lines.peek().is_some_and(|next| title(next).is_none()) {
            // The blank line before a heading is left out, because the heading adds one.
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
    }
    roff.control("fi", []);
    roff
}
