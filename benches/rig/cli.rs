//! Command-line arguments.

use std::env;

/// Returns the arguments, without the `--bench` that `cargo bench` adds.
pub fn words() -> Vec<String> {
    env::args().skip(1).filter(|word| word != "--bench").collect()
}

/// Returns the argument at `index` as a number, or `default` if it is absent.
pub fn number(index: usize, default: usize) -> usize {
    words().get(index).map_or(default, |word| word.parse().expect("a number"))
}
