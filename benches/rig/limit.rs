//! An upper bound for any encoder: a loop that reads and writes as many bytes as one, in the widest vectors
//! that the CPU has, and computes nothing.

/// Reads `src` and writes 4 bytes to `out` for every 3 of it.
pub fn read_n_write_4n_3(src: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx512f") {
        // SAFETY: the line above has detected AVX-512F.
        return unsafe { avx512(src, out) };
    } else if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the line above has detected AVX2.
        return unsafe { avx2(src, out) };
    }
    for (quads, triples) in out.chunks_exact_mut(32).zip(src.chunks_exact(24)) {
        quads[..24].copy_from_slice(triples);
        quads[24..].copy_from_slice(&triples[..8]);
    }
}

/// Loads 32 bytes, of which an encoder uses 24, and stores 32.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(src: &[u8], out: &mut [u8]) {
    use core::arch::x86_64::*;

    const UNROLL: usize = 4;
    assert!(out.len() / 4 >= src.len() / 3);
    let mut at = 0;
    while 24 * at + 24 * UNROLL + 8 <= src.len() {
        for i in at..at + UNROLL {
            // SAFETY: the last load ends 8 bytes after its 24, which the loop's condition keeps within `src`.
            // Each store of 32 bytes stands for a load of 24, so the assertion keeps it within `out`.
            unsafe {
                let bytes = _mm256_loadu_si256(src.as_ptr().add(24 * i).cast());
                _mm256_storeu_si256(out.as_mut_ptr().add(32 * i).cast(), bytes);
            }
        }
        at += UNROLL;
    }
}

/// Loads 64 bytes, of which an encoder uses 48, and stores 64.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512(src: &[u8], out: &mut [u8]) {
    use core::arch::x86_64::*;

    assert!(out.len() / 4 >= src.len() / 3);
    let mut at = 0;
    while 48 * at + 64 <= src.len() {
        // SAFETY: the loop's condition keeps the load within `src`. Each store of 64 bytes stands for a load
        // of 48, so the assertion keeps it within `out`.
        unsafe {
            let bytes = _mm512_loadu_si512(src.as_ptr().add(48 * at).cast());
            _mm512_storeu_si512(out.as_mut_ptr().add(64 * at).cast(), bytes);
        }
        at += 1;
    }
}

/// Reads `src` and writes 3 bytes to `out` for every 4 of it.
pub fn read_n_write_3n_4(src: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx512f") {
        // SAFETY: the line above has detected AVX-512F.
        return unsafe { shrink_avx512(src, out) };
    } else if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the line above has detected AVX2.
        return unsafe { shrink_avx2(src, out) };
    }
    for (triples, quads) in out.chunks_exact_mut(24).zip(src.chunks_exact(32)) {
        triples[..8].copy_from_slice(&quads[24..]);
        triples[8..].copy_from_slice(&quads[8..24]);
    }
}

/// Loads four vectors and stores three.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn shrink_avx2(src: &[u8], out: &mut [u8]) {
    use core::arch::x86_64::*;

    let mut fourth = _mm256_setzero_si256();
    for (triples, quads) in out.chunks_exact_mut(96).zip(src.chunks_exact(128)) {
        for i in 0..3 {
            // SAFETY: `i < 3`, and the chunks are three vectors and four.
            unsafe {
                let bytes = _mm256_loadu_si256(quads.as_ptr().add(32 * i).cast());
                _mm256_storeu_si256(triples.as_mut_ptr().add(32 * i).cast(), bytes);
            }
        }
        // SAFETY: as above.
        fourth = _mm256_or_si256(fourth, unsafe { _mm256_loadu_si256(quads.as_ptr().add(96).cast()) });
    }
    std::hint::black_box(fourth);
}

/// Loads four vectors and stores three.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn shrink_avx512(src: &[u8], out: &mut [u8]) {
    use core::arch::x86_64::*;

    let mut fourth = _mm512_setzero_si512();
    for (triples, quads) in out.chunks_exact_mut(192).zip(src.chunks_exact(256)) {
        for i in 0..3 {
            // SAFETY: `i < 3`, and the chunks are three vectors and four.
            unsafe {
                let bytes = _mm512_loadu_si512(quads.as_ptr().add(64 * i).cast());
                _mm512_storeu_si512(triples.as_mut_ptr().add(64 * i).cast(), bytes);
            }
        }
        // SAFETY: as above.
        fourth = _mm512_or_si512(fourth, unsafe { _mm512_loadu_si512(quads.as_ptr().add(192).cast()) });
    }
    std::hint::black_box(fourth);
}
