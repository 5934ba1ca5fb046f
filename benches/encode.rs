//! Encoders by size of input: `cargo bench --bench encode`. Throughput is in bytes of input.

mod rig;

use base64::{
    Engine as _,
    engine::general_purpose::{PAD, STANDARD},
};
use base64_simd::Out;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use niello::base64::{Backend, encode};
use rig::{limit, machine};
use std::{hint::black_box, time::Duration};

const SIZES: [(usize, &str); 9] = [
    (64, "64B"),
    (256, "256B"),
    (1 << 10, "1KiB"),
    (4 << 10, "4KiB"),
    (16 << 10, "16KiB"),
    (256 << 10, "256KiB"),
    (768 << 10, "768KiB"),
    (4 << 20, "4MiB"),
    (64 << 20, "64MiB"),
];

fn main() {
    println!("{}", machine::state());
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
        .configure_from_args();
    for (len, name) in SIZES {
        let mut group = criterion.benchmark_group(format!("encode/{name}"));
        group.throughput(Throughput::Bytes(len as u64));
        encoders(&mut group, len);
        group.finish();
    }
    criterion.final_summary();
}

fn encoders(group: &mut BenchmarkGroup<'_, WallTime>, len: usize) {
    let src: Vec<u8> = (0..len).map(|i| ((i * i) >> 7) as u8).collect();
    let mut out = vec![0; len.div_ceil(3) * 4];
    let mut bench = |id: &str, encoder: &dyn Fn(&[u8], &mut [u8])| {
        group.bench_function(id, |b| b.iter(|| encoder(black_box(&src), black_box(&mut out))));
    };

    for backend in Backend::available() {
        bench(&format!("niello-{backend}"), &|src, out| _ = backend.encode(src, out));
    }
    // The same as the first backend, plus the cost of the dispatch.
    bench("niello", &|src, out| _ = encode(src, out));

    bench("base64", &|src, out| _ = STANDARD.encode_slice(src, out).unwrap());
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    {
        let engine = base64::engine::Simd::standard(PAD);
        bench("base64-Simd", &|src, out| _ = engine.encode_slice(src, out).unwrap());
    }
    bench("base64-simd", &|src, out| {
        _ = base64_simd::STANDARD.encode(src, Out::from_slice(out));
    });
    bench("base64-turbo", &|src, out| {
        _ = base64_turbo::STANDARD.encode_slice(src, out).unwrap();
    });
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the line above has detected AVX2. `out` has the exact length of the encoded data.
        bench("base64-turbo-avx2", &|src, out| unsafe { base64_turbo::STANDARD.encode_avx2(src, out) });
    }

    bench("limit-memcpy", &|src, out| out[..src.len()].copy_from_slice(src));
    bench("limit-read-n-write-4n-3", &|src, out| limit::read_n_write_4n_3(src, out));
}
