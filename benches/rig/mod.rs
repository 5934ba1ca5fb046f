//! What the benchmarks share: arguments, warm files, sinks, and measuring in rounds.
#![allow(dead_code, unused_imports, reason = "each benchmark uses a part")]

pub mod cli;
pub mod file;
pub mod limit;
pub mod machine;
pub mod rounds;
pub mod sink;
