//! The machine that runs the benchmark.

use std::{env::consts::ARCH, fs};

/// Returns the name, family and model of the CPU, or the architecture if the system does not report them.
///
/// The name alone may be as vague as "AMD EPYC".
fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let fields = info.lines().filter_map(|line| line.split_once(':'));
    let field = |name| fields.clone().find(|(key, _)| key.trim_end() == name).map(|(_, value)| value.trim());
    match (field("model name"), field("cpu family"), field("model")) {
        (Some(name), Some(family), Some(model)) => format!("{name} (family {family} model {model})"),
        (name, ..) => name.unwrap_or(ARCH).to_owned(),
    }
}

/// Returns the CPU, the sizes of its caches, and the load average of the last minute.
pub fn state() -> String {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let mut state = cpu();
    for index in 0..8 {
        let field = |name| file(&format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{name}"));
        if !field("size").is_empty() && field("type").trim() != "Instruction" {
            state += &format!(", L{} {}", field("level").trim(), field("size").trim());
        }
    }
    if let Some((load, _)) = file("/proc/loadavg").split_once(' ') {
        state += &format!(", load {load}");
    }
    state
}
