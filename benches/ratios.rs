//! Ratios of every available backend to the limit of memory and to its peers.
//!
//! Both sides of a ratio run in turn, in one process and on the same buffers,
//! so that a change of clock or of neighbours meets both alike. Printed is the
//! median over all turns. Run it with `cargo bench --bench ratios`.

use std::{hint::black_box, time::Instant};

use base64_simd::Out;
use niello::base64::Backend;

#[path = "limit.rs"]
mod limit;

const TURNS: usize = 301;
/// What a turn encodes at least, so that the clock's resolution is no matter.
const BYTES_PER_TURN: usize = 4 << 20;

const PAGE: usize = 4096;

type Encoder<'a> = &'a dyn Fn(&[u8], &mut [u8]);

fn main() {
    let copy: Encoder = &|src, out| limit::read_n_write_4n_3(src, out);
    let simd: Encoder = &|src, out| _ = base64_simd::STANDARD.encode(src, Out::from_slice(out));
    // Takes AVX-512 or AVX2, whichever is best here.
    let turbo: Encoder = &|src, out| _ = base64_turbo::STANDARD.encode_slice(src, out).unwrap();
    println!("backend      input   GB/s  of limit  of base64-turbo  of base64-simd");
    for backend in Backend::available() {
        let turbo = match backend {
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => &|src: &[u8], out: &mut [u8]| {
                // SAFETY: this CPU has AVX2, or the backend were not available; `out` is as long as the text.
                unsafe { base64_turbo::STANDARD.encode_avx2(src, out) }
            },
            _ => turbo,
        };
        for len in [256 << 10, 4 << 20] {
            let encode: Encoder = &|src, out| _ = backend.encode(src, out);
            let (speed, of_copy) = ratio(len, encode, copy);
            let (_, of_turbo) = ratio(len, encode, turbo);
            let (_, of_simd) = ratio(len, encode, simd);
            println!(
                "{backend:<9} {:>5} KiB {speed:6.2} {of_copy:9.3} {of_turbo:16.3} {of_simd:15.3}",
                len >> 10
            );
        }
    }
}

/// Returns the speed of `a` in GB/s of input and its ratio to that of `b`.
fn ratio(len: usize, a: Encoder, b: Encoder) -> (f64, f64) {
    // At the start of a page, so that no side is helped by aligning its stores.
    let src: Vec<u8> = (0..len + PAGE).map(|i| ((i * i) >> 7) as u8).collect();
    let src = &src[src.as_ptr().align_offset(PAGE)..][..len];
    let mut out = vec![0; len.div_ceil(3) * 4 + PAGE];
    let start = out.as_ptr().align_offset(PAGE);
    let out = &mut out[start..][..len.div_ceil(3) * 4];
    let mut time = |encode: Encoder| {
        let start = Instant::now();
        for _ in 0..BYTES_PER_TURN / len {
            encode(black_box(src), black_box(out));
        }
        start.elapsed().as_secs_f64()
    };
    let (mut speeds, mut ratios) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        // Neither is always the one that finds the other's caches.
        let (a, b) = if turn % 2 == 0 {
            let a = time(a);
            (a, time(b))
        } else {
            let b = time(b);
            (time(a), b)
        };
        speeds.push(BYTES_PER_TURN as f64 / a / 1e9);
        ratios.push(b / a);
    }
    (median(speeds), median(ratios))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
