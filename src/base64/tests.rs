//! Tests of every backend that this CPU can run, against another implementation.

use base64::{Engine as _, engine::general_purpose::STANDARD as ORACLE};

use super::*;

/// Fills output buffers, to reveal which bytes were not written. Not a base64 character.
pub(super) const CANARY: u8 = 0xA5;

/// Defines tests that run the function of the same name in `suite` for each available backend.
macro_rules! for_each_backend {
    ($($name:ident),+ $(,)?) => {$(
        #[test]
        fn $name() {
            for backend in Backend::available() {
                suite::$name(backend);
            }
        }
    )+};
}

for_each_backend!(
    every_length_up_to_600,
    lengths_around_block_sizes,
    long_inputs,
    every_byte_value_at_every_place,
    every_alignment,
    source_shared_with_other_processes,
);
#[cfg(target_os = "linux")]
for_each_backend!(nothing_outside_the_buffers_is_touched);

mod suite {
    use super::*;

    pub fn every_length_up_to_600(backend: Backend) {
        let src = noise(600);
        for len in 0..=600 {
            check(backend, &src[..len]);
        }
    }

    /// Multiples of the vectors of all kernels, of the unrolled loop, of the lengths from which the kernels
    /// align their stores and use non-temporal ones, and of the blocks of [`encode_shared`].
    pub fn lengths_around_block_sizes(backend: Backend) {
        for around in [192, 384, 768, 3072, 6144, 12_288] {
            for len in around - 50..around + 70 {
                check(backend, &noise(len));
            }
        }
    }

    pub fn long_inputs(backend: Backend) {
        for factor in noise(30) {
            check(backend, &noise(usize::from(factor) * 3001));
        }
    }

    pub fn every_byte_value_at_every_place(backend: Backend) {
        for byte in 0..=255 {
            let mut src = [byte; 99];
            check(backend, &src);
            for (i, b) in src.iter_mut().enumerate() {
                *b = b.wrapping_add(i as u8 * 2);
            }
            check(backend, &src);
        }
    }

    pub fn every_alignment(backend: Backend) {
        // Long enough for every kernel to align its stores, and then for non-temporal stores.
        let src = noise(64 + 12_700);
        let mut out = vec![0; 64 + 17_100];
        for from in 0..64 {
            for to in 0..64 {
                for len in [5, 70, 640 + from, 3072 + from, 12_600 + from] {
                    check_at(backend, &src[from..from + len], &mut out, to);
                }
            }
        }
    }

    pub fn source_shared_with_other_processes(backend: Backend) {
        let src = noise(20_000);
        let mut out = vec![0; 20_000 / 3 * 4 + 4];
        for len in [0, 1, 23, 24, 100, 6143, 6144, 6145, 12_288, 20_000] {
            // SAFETY: the backend is available, and `src` is a slice.
            let n = unsafe { backend.encode_raw::<true>(src.as_ptr(), len, UninitSlice::new(&mut out)) };
            assert!(out[..n] == *ORACLE.encode(&src[..len]).as_bytes(), "{backend}: {len} bytes");
        }
    }

    /// Source and output are at the beginning and at the end of accessible pages, so that a read or write
    /// outside of them ends the process.
    #[cfg(target_os = "linux")]
    pub fn nothing_outside_the_buffers_is_touched(backend: Backend) {
        let (src, out) = (guarded(), guarded());
        src.copy_from_slice(&noise(src.len()));
        let max = out.len() / 4 * 3;
        for len in (0..1000).chain(3000..3200).chain((1000..max).step_by(97)).chain([max]) {
            for src in [&src[..len], &src[src.len() - len..]] {
                let want = ORACLE.encode(src);
                let at_end = out.len() - want.len();
                for (at, shared) in [(0, false), (0, true), (at_end, false), (at_end, true)] {
                    out[at..at + want.len()].fill(CANARY);
                    let (start, part) = (src.as_ptr(), UninitSlice::new(&mut out[at..]));
                    // SAFETY: the backend is available, and `src` is a slice that does not overlap `out`.
                    unsafe {
                        match shared {
                            true => backend.encode_raw::<true>(start, len, part),
                            false => backend.encode_raw::<false>(start, len, part),
                        }
                    };
                    assert!(out[at..at + want.len()] == *want.as_bytes(), "{backend}: {len} bytes");
                }
            }
        }
    }
}

#[test]
fn encoded_len_is_exact_and_checked() {
    assert_eq!([0, 1, 2, 3, 4].map(encoded_len), [0, 4, 4, 4, 8].map(Some));
    // The largest input whose encoded length fits in a u64.
    let max = u64::MAX / 4 * 3;
    assert_eq!(encoded_len(max), Some(u64::MAX - 3));
    assert_eq!(encoded_len(max + 1), None);
    assert_eq!(encoded_len(u64::MAX), None);
}

#[test]
fn test_vectors_of_rfc_4648() {
    let want = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
    for (len, want) in want.into_iter().enumerate() {
        let mut out = [CANARY; 8];
        let n = encode(&b"foobar"[..len], &mut out[..]);
        assert_eq!(&out[..n], want.as_bytes());
    }
}

#[test]
fn output_may_be_uninitialized() {
    let mut out = Vec::<u8>::with_capacity(1336);
    let n = encode(&noise(1000), &mut out.spare_capacity_mut()[..1336]);
    // SAFETY: `encode` wrote `n` bytes.
    unsafe { out.set_len(n) };
    assert_eq!(out, ORACLE.encode(noise(1000)).as_bytes());
}

#[test]
fn output_that_is_too_short_panics_and_is_not_written() {
    for backend in Backend::available() {
        for len in [1_usize, 3, 24, 100, 1000] {
            let mut out = vec![CANARY; len.div_ceil(3) * 4 - 1];
            let call = std::panic::AssertUnwindSafe(|| backend.encode(&noise(len), &mut out[..]));
            assert!(std::panic::catch_unwind(call).is_err());
            assert!(out.iter().all(|&b| b == CANARY));
        }
    }
}

#[test]
fn unavailable_backend_panics() {
    for backend in Backend::ALL {
        if Backend::available().all(|b| b != backend) {
            let call = || backend.encode(b"niello", &mut [0; 8][..]);
            assert!(std::panic::catch_unwind(call).is_err());
        }
    }
}

#[test]
fn active_backend_is_available() {
    assert!(Backend::available().any(|b| b == Backend::active()));
    assert_eq!(Backend::available().last(), Some(Backend::Portable));
}

/// Compares runtime detection with what Linux reports.
#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn available_backends_match_the_cpu_flags_of_the_kernel() {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags")).unwrap();
    let has = |flag| flags.split_whitespace().any(|word| word == flag);
    let available = |backend| Backend::available().any(|available| available == backend);
    assert_eq!(available(Backend::Avx2), has("avx2"));
    assert_eq!(
        available(Backend::Avx512),
        ["avx2", "avx512f", "avx512bw", "avx512vbmi"].into_iter().all(has)
    );
}

#[test]
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
fn best_backend_of_aarch64_is_neon() {
    assert_eq!(Backend::available().next(), Some(Backend::Neon));
}

#[test]
fn display_pads_the_name_of_a_backend() {
    let shown = Backend::ALL.map(|backend| format!("{backend:>9}"));
    assert_eq!(shown, ["   avx512", "     avx2", "     neon", " portable"]);
}

#[test]
fn name_selects_a_backend_and_others_are_ignored() {
    for backend in Backend::available() {
        assert_eq!(Backend::choose(Some(backend.name().as_ref())), backend);
    }
    let best = Backend::available().next().unwrap();
    for name in [None, Some(""), Some("AVX2"), Some("sse2")] {
        assert_eq!(Backend::choose(name.map(str::as_ref)), best);
    }
}

fn check(backend: Backend, src: &[u8]) {
    let mut out = vec![0; src.len().div_ceil(3) * 4 + 64];
    check_at(backend, src, &mut out, 0);
}

/// Encodes to `out[at..]`, and checks that only the output is written.
fn check_at(backend: Backend, src: &[u8], out: &mut [u8], at: usize) {
    out.fill(CANARY);
    let n = backend.encode(src, &mut out[at..]);
    let want = ORACLE.encode(src);
    assert_eq!(n, want.len());
    assert!(out[at..at + n] == *want.as_bytes(), "{backend}: {} bytes to {at}", src.len());
    let untouched = |bytes: &[u8]| bytes == vec![CANARY; bytes.len()];
    assert!(untouched(&out[..at]) && untouched(&out[at + n..]), "{backend}: {} bytes to {at}", src.len());
}

/// Returns pseudorandom bytes, the same on each call (xorshift).
pub(super) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Maps pages between two inaccessible ones. They are never unmapped.
#[cfg(target_os = "linux")]
pub(super) fn guarded() -> &'static mut [u8] {
    use libc::{MAP_ANONYMOUS, MAP_PRIVATE, PROT_NONE, PROT_READ, PROT_WRITE};
    // A multiple of every common page size: 4, 16 and 64 KiB.
    const LEN: usize = 64 * 1024;
    // SAFETY: this creates a mapping and changes no other. The part of it that becomes a slice is readable and
    // writable, and nothing else refers to it.
    unsafe {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS;
        let map = libc::mmap(core::ptr::null_mut(), 3 * LEN, PROT_NONE, flags, -1, 0);
        assert_ne!(map, libc::MAP_FAILED);
        let middle = map.byte_add(LEN);
        assert_eq!(libc::mprotect(middle, LEN, PROT_READ | PROT_WRITE), 0);
        core::slice::from_raw_parts_mut(middle.cast(), LEN)
    }
}
