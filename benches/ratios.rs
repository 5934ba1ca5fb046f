//! Every available backend against the limit of memory and against other encoders: `cargo bench --bench
//! ratios`.

mod rig;

use base64_simd::Out;
use niello::base64::Backend;
use rig::{limit, machine, rounds};
use std::{cell::RefCell, hint::black_box};

const ROUNDS: usize = 301;
/// Bytes that each side encodes in a round, enough for the resolution of the clock.
const BYTES: usize = 4 << 20;
const PAGE: usize = 4096;

const LEGEND: &str = "\
GB/s: 10^9 bytes of input per second. \"of X\": the backend's speed divided by X's; more than 1 means that niello
is faster. limit: a loop that loads and stores as many bytes as an encoder, in the CPU's widest vectors, and
computes nothing. base64-turbo uses AVX2 when compared with avx2, and the best that the CPU has otherwise.";

type Encoder<'a> = &'a dyn Fn(&[u8], &mut [u8]);

fn main() {
    let copy: Encoder = &|src, out| limit::read_n_write_4n_3(src, out);
    let simd: Encoder = &|src, out| _ = base64_simd::STANDARD.encode(src, Out::from_slice(out));
    let turbo: Encoder = &|src, out| _ = base64_turbo::STANDARD.encode_slice(src, out).unwrap();
    println!("{}, {ROUNDS} rounds, medians\n{LEGEND}\n", machine::cpu());
    println!("backend      input   GB/s  of limit  of base64-turbo  of base64-simd");
    for backend in Backend::available() {
        let turbo = match backend {
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => &|src: &[u8], out: &mut [u8]| {
                // SAFETY: this CPU has AVX2, or the backend would not be available. `out` has the exact
                // length of the encoded data.
                unsafe { base64_turbo::STANDARD.encode_avx2(src, out) }
            },
            _ => turbo,
        };
        for len in [256 << 10, 4 << 20] {
            let encode: Encoder = &|src, out| _ = backend.encode(src, out);
            let (speed, of_copy) = compare(len, encode, copy);
            let (_, of_turbo) = compare(len, encode, turbo);
            let (_, of_simd) = compare(len, encode, simd);
            println!(
                "{backend:<9} {:>5} KiB {speed:6.2} {of_copy:9.3} {of_turbo:16.3} {of_simd:15.3}",
                len >> 10
            );
        }
    }
}

/// Returns the speed of `a` in GB/s of input, and its ratio to the speed of `b`. Both use the same buffers.
fn compare(len: usize, a: Encoder, b: Encoder) -> (f64, f64) {
    // Both buffers start at a page, so a side that aligns its stores has no advantage.
    let src: Vec<u8> = (0..len + PAGE).map(|i| ((i * i) >> 7) as u8).collect();
    let src = &src[src.as_ptr().align_offset(PAGE)..][..len];
    let mut out = vec![0; len.div_ceil(3) * 4 + PAGE];
    let start = out.as_ptr().align_offset(PAGE);
    let out = RefCell::new(&mut out[start..][..len.div_ceil(3) * 4]);
    let work = |encode: Encoder| {
        for _ in 0..BYTES / len {
            encode(black_box(src), black_box(&mut out.borrow_mut()));
        }
    };
    let seconds = rounds::run(ROUNDS, &mut [("a", Box::new(|| work(a))), ("b", Box::new(|| work(b)))]);
    (rounds::speed(BYTES as u64, &seconds[0]), rounds::ratio(&seconds[0], &seconds[1]))
}
