//! Runs the fuzz targets on their corpora, without a fuzzer, and checks that they compare something.

#[allow(dead_code, reason = "shared with the fuzzer")]
#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::{fs, path::Path};
use targets::Judged;

/// Runs a target on its corpus. It must compare at least as much as `least`.
fn run_on_corpus(target: &str, test: fn(&[u8], &mut Judged), least: Judged) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut judged = Judged::default();
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        test(&fs::read(path).unwrap(), &mut judged);
        judged.inputs += 1;
    }
    println!("{target}: {judged}");
    let is_enough = |judged: u64, least: u64| judged > 0 && judged >= least;
    assert!(
        is_enough(judged.inputs, least.inputs)
            && is_enough(judged.cases, least.cases)
            && is_enough(judged.steps, least.steps)
            && is_enough(judged.bytes, least.bytes),
        "{target} compares too little: {judged}"
    );
}

/// Defines a test for each target: the least numbers of inputs, cases, steps and bytes, which are about half of what
/// the corpus has.
macro_rules! targets {
    ($($target:ident: $inputs:literal, $cases:literal, $steps:literal, $bytes:literal;)*) => {
        $(#[test]
        fn $target() {
            let least = Judged { inputs: $inputs, cases: $cases, steps: $steps, bytes: $bytes };
            run_on_corpus(stringify!($target), targets::$target, least);
        })*
    };
}

targets! {
    encode: 5, 4, 8, 3000;
    decode: 26, 25, 25, 170;
    cuts: 15, 15, 70, 5_000_000;
    coded: 10, 10, 110, 1_500_000;
    ahead: 11, 11, 60, 50_000;
    chat: 140, 95, 200, 140_000;
    gemini: 210, 140, 290, 240_000;
    convert: 220, 86, 170, 530;
    template: 87, 34, 34, 1900;
    marks: 33, 22, 49, 20_000;
    endpoint: 51, 16, 66, 15_000;
    source: 32, 88, 88, 5500;
    events: 70, 24, 94, 4200;
    extract: 79, 31, 109, 880_000;
    mime: 136, 18, 18, 1100;
    detect: 49, 49, 49, 18_000_000;
}
