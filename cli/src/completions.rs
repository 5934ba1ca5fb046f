//! Completion scripts for shells.

use crate::{args::Cli, output};
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{Shell, generate};

pub fn print(shell: Shell) -> Result<()> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    // `generate` panics if it cannot write, so it writes to memory.
    let mut script = Vec::new();
    generate(shell, &mut command, name, &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
