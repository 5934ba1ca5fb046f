//! The bound that no encoder can pass: it reads and writes as many bytes as
//! one, in the widest vectors that the CPU has, and does nothing in between.

/// Reads `src` and writes 4 bytes to `out` for every 3 of it.
pub fn read_n_write_4n_3(src: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx512f") {
        // SAFETY: this CPU has AVX-512, as was just checked.
        return unsafe { avx512(src, out) };
    } else if std::is_x86_feature_detected!("avx2") {
        // SAFETY: this CPU has AVX2, as was just checked.
        return unsafe { avx2(src, out) };
    }
    for (text, bytes) in out.chunks_exact_mut(32).zip(src.chunks_exact(24)) {
        text[..24].copy_from_slice(bytes);
        text[24..].copy_from_slice(&bytes[..8]);
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
            // SAFETY: the loop's condition bounds the load, whose last byte is
            // 8 after its 24, and the assertion bounds the store by the load.
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
        // SAFETY: the loop's condition bounds the load, and the assertion the
        // store by the load.
        unsafe {
            let bytes = _mm512_loadu_si512(src.as_ptr().add(48 * at).cast());
            _mm512_storeu_si512(out.as_mut_ptr().add(64 * at).cast(), bytes);
        }
        at += 1;
    }
}
