//! What a shell sources to complete the command.

use super::{args::Cli, output};
use clap::CommandFactory;
use clap_complete::{Shell, generate};

pub fn show(shell: Shell) -> Result<(), String> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    // Not to standard output itself: it panics where it cannot write.
    let mut script = Vec::new();
    generate(shell, &mut command, name, &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
