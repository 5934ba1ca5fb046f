//! The fuzz targets over their corpus, without a fuzzer.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::{fs, path::Path};

fn over(target: &str, run: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        run(&fs::read(path).unwrap());
        inputs += 1;
    }
    assert!(inputs > 5, "{target} has a corpus");
}

macro_rules! targets {
    ($($target:ident),*) => {
        $(#[test]
        fn $target() {
            over(stringify!($target), targets::$target);
        })*
    };
}

targets!(encode, cuts, chat, gemini, template, events, mime);
