//! Runs the fuzz targets on their corpora, without a fuzzer.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::{fs, path::Path};

fn run_on_corpus(target: &str, test: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        test(&fs::read(path).unwrap());
        inputs += 1;
    }
    assert!(inputs > 5, "the corpus of {target} has only {inputs} inputs");
}

macro_rules! targets {
    ($($target:ident),*) => {
        $(#[test]
        fn $target() {
            run_on_corpus(stringify!($target), targets::$target);
        })*
    };
}

targets!(encode, decode, cuts, coded, chat, gemini, template, events, extract, mime, detect);
