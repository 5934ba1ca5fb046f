//! Bodies with the content coding zstd, against the plain body and a compressor: `cargo bench --bench coded [-- ROUNDS]`.
//!
//! Throughput is in bytes of the file, for the body with each kernel that the CPU has. The file is mapped and in the page
//! cache. libzstd at level 1 compresses the plain text in chunks of the same length.

mod rig;

use niello::{Access, Body, ContentEncoding, base64::Backend};
use rig::{
    cli, file, machine,
    rounds::{self, Side, ratio, speed},
    sink::{Sink, drain},
};
use std::{env, io, process::Command};

const LEN: u64 = 1 << 30;
const BACKEND: &str = "NIELLO_BACKEND";

fn main() {
    drain();
    let rounds = cli::number(0, 11);
    // The kernel is chosen once per process.
    if env::var_os(BACKEND).is_none() {
        for backend in Backend::available() {
            let mut child = Command::new(env::current_exe().unwrap());
            assert!(child.arg(rounds.to_string()).env(BACKEND, backend.name()).status().unwrap().success());
        }
        return;
    }
    let path = file::warm("coded.mp4", LEN);
    let plain = Body::json(&[file::open(&path, Access::Map)]).unwrap();
    let coded = plain.encode(ContentEncoding::Zstd).unwrap();
    println!(
        "{}, {}, {} MiB, warm, {}, {rounds} rounds, medians",
        Backend::active(),
        machine::state(),
        LEN >> 20,
        file::folios(&path)
    );
    println!("{:.5} and {:.5} of the file", plain.len() as f64 / LEN as f64, coded.len() as f64 / LEN as f64);

    let compress = || {
        let mut encoder = zstd::Encoder::new(io::sink(), 1).unwrap();
        encoder.set_pledged_src_size(Some(plain.len())).unwrap();
        plain.clone().write_to(&mut encoder).unwrap();
        encoder.finish().unwrap();
    };
    // A round of the compressor takes as long as dozens of the others.
    let seconds = rounds::run(3.min(rounds), &mut [("libzstd", Box::new(compress))]);
    let libzstd = speed(LEN, &seconds[0]);
    println!("libzstd level 1 on the plain body {libzstd:6.2} GB/s");
    for sink in [Sink::Discard, Sink::Tcp] {
        let (mut first, mut second) = (sink.open(), sink.open());
        let mut sides: [Side<'_>; 2] = [
            ("plain", Box::new(|| _ = plain.clone().write_to(&mut first).unwrap())),
            ("zstd", Box::new(|| _ = coded.clone().write_to(&mut second).unwrap())),
        ];
        let seconds = rounds::run(rounds, &mut sides);
        let own = speed(LEN, &seconds[1]);
        println!(
            "{:<8} plain {:6.2} GB/s, zstd {own:6.2} GB/s: {:.3} of plain, {:.0} times libzstd",
            sink.name(),
            speed(LEN, &seconds[0]),
            ratio(&seconds[1], &seconds[0]),
            own / libzstd
        );
    }
}
