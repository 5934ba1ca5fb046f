//! Arguments: `cargo bench` adds `--bench`, which says nothing here.

use std::env;

/// The words after the program's name.
pub fn words() -> Vec<String> {
    env::args().skip(1).filter(|word| word != "--bench").collect()
}

/// The number at `index` of the words, or what it is without one.
pub fn number(index: usize, default: usize) -> usize {
    words().get(index).map_or(default, |word| word.parse().expect("a number"))
}
