//! What the benchmarks of whole bodies stand on: a warm file, sinks, turns.
#![allow(dead_code, unused_imports, reason = "each of them uses a part")]

pub mod cli;
pub mod file;
pub mod sink;
pub mod turns;
