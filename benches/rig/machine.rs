//! The machine that runs the benchmark.

use std::{env::consts::ARCH, fs};

/// Returns the name, family and model of the CPU, or the architecture if the system does not report them.
///
/// The name alone may be as vague as "AMD EPYC".
pub fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let fields = info.lines().filter_map(|line| line.split_once(':'));
    let field = |name| fields.clone().find(|(key, _)| key.trim_end() == name).map(|(_, value)| value.trim());
    match (field("model name"), field("cpu family"), field("model")) {
        (Some(name), Some(family), Some(model)) => format!("{name} (family {family} model {model})"),
        (name, ..) => name.unwrap_or(ARCH).to_owned(),
    }
}
