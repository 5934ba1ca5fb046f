//! The machine that runs the benchmark.

use std::{env::consts::ARCH, fs};

/// Returns the CPU's model name, or the architecture if the system does not report one.
pub fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or(ARCH, |(_, name)| name).to_owned()
}
