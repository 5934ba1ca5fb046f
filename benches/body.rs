//! Bodies by sink, source and chunk size: `cargo bench --bench body`. Throughput is in bytes of the file.

mod rig;

use criterion::{Criterion, SamplingMode, Throughput};
use niello::{Access, Body, Media};
use rig::{
    file, machine,
    sink::{Sink, drain},
};
use std::{fs, time::Duration};

const LEN: u64 = 256 << 20;
const CHUNKS: [(usize, &str); 4] =
    [(64 << 10, "64KiB"), (256 << 10, "256KiB"), (1 << 20, "1MiB"), (2 << 20, "2MiB")];

fn main() {
    drain();
    let path = file::warm("body.mp4", LEN);
    println!("{}, {} MiB, warm, {}", machine::state(), LEN >> 20, file::folios(&path));
    let sources = [
        ("mapped", file::open(&path, Access::Map)),
        ("read", file::open(&path, Access::Read)),
        ("memory", Media::from_bytes(fs::read(&*path).unwrap(), "video/mp4").unwrap()),
    ];

    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(10)
        .configure_from_args();
    for sink in Sink::ALL {
        let mut group = criterion.benchmark_group(format!("body/{}", sink.name()));
        group.throughput(Throughput::Bytes(LEN)).sampling_mode(SamplingMode::Flat);
        for (source, media) in &sources {
            for (len, chunk) in CHUNKS {
                let body = Body::json(&[media]).unwrap().with_chunk_len(len);
                let mut sink = sink.open();
                group.bench_function(format!("{source}/{chunk}"), |b| {
                    b.iter(|| body.clone().write_to(&mut sink).unwrap());
                });
            }
        }
        group.finish();
    }
    criterion.final_summary();
}
