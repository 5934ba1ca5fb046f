//! Upper bounds for any encoder and decoder: loops that read and write as many bytes as one, in the widest vectors that the
//! CPU has, and compute nothing. The second one of each pair has non-temporal stores.

/// Reads `src` and writes 4 bytes to `out` for every 3 of it.
pub fn read_n_write_4n_3(src: &[u8], out: &mut [u8]) {
    grow::<false>(src, out);
}

/// As [`read_n_write_4n_3`]. `out` must start at a multiple of 64.
pub fn read_n_stream_4n_3(src: &[u8], out: &mut [u8]) {
    grow::<true>(src, out);
}

/// Reads `src` and writes 3 bytes to `out` for every 4 of it.
pub fn read_n_write_3n_4(src: &[u8], out: &mut [u8]) {
    shrink::<false>(src, out);
}

/// As [`read_n_write_3n_4`]. `out` must start at a multiple of 64.
pub fn read_n_stream_3n_4(src: &[u8], out: &mut [u8]) {
    shrink::<true>(src, out);
}

fn grow<const STREAM: bool>(src: &[u8], out: &mut [u8]) {
    assert!(out.len() / 4 >= src.len() / 3);
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx512f") {
        // SAFETY: the line above has detected AVX-512F.
        return unsafe { x86::grow_avx512::<STREAM>(src, out) };
    } else if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the line above has detected AVX2.
        return unsafe { x86::grow_avx2::<STREAM>(src, out) };
    }
    for (quads, triples) in out.chunks_exact_mut(32).zip(src.chunks_exact(24)) {
        quads[..24].copy_from_slice(triples);
        quads[24..].copy_from_slice(&triples[..8]);
    }
}

fn shrink<const STREAM: bool>(src: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx512f") {
        // SAFETY: the line above has detected AVX-512F.
        return unsafe { x86::shrink_avx512::<STREAM>(src, out) };
    } else if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the line above has detected AVX2.
        return unsafe { x86::shrink_avx2::<STREAM>(src, out) };
    }
    for (triples, quads) in out.chunks_exact_mut(24).zip(src.chunks_exact(32)) {
        triples[..8].copy_from_slice(&quads[24..]);
        triples[8..].copy_from_slice(&quads[8..24]);
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    /// For each load of 32 bytes, of which an encoder uses 24, stores 32.
    #[target_feature(enable = "avx2")]
    pub fn grow_avx2<const STREAM: bool>(src: &[u8], out: &mut [u8]) {
        for (i, out) in out.as_chunks_mut::<128>().0.iter_mut().enumerate() {
            let Some(src) = src.get(96 * i..96 * i + 104) else { break };
            let src: &[u8; 104] = src.try_into().unwrap();
            let vectors = [0, 24, 48, 72].map(|at| {
                // SAFETY: the last load ends at 72 + 32.
                unsafe { _mm256_loadu_si256(src.as_ptr().add(at).cast()) }
            });
            store_256::<STREAM, 4>(vectors, out.as_chunks_mut().0);
        }
        _mm_sfence();
    }

    /// For each load of 64 bytes, of which an encoder uses 48, stores 64.
    #[target_feature(enable = "avx512f")]
    pub fn grow_avx512<const STREAM: bool>(src: &[u8], out: &mut [u8]) {
        for (i, out) in out.as_chunks_mut::<256>().0.iter_mut().enumerate() {
            let Some(src) = src.get(192 * i..192 * i + 208) else { break };
            let src: &[u8; 208] = src.try_into().unwrap();
            let vectors = [0, 48, 96, 144].map(|at| {
                // SAFETY: the last load ends at 144 + 64.
                unsafe { _mm512_loadu_si512(src.as_ptr().add(at).cast()) }
            });
            store_512::<STREAM, 4>(vectors, out.as_chunks_mut().0);
        }
        _mm_sfence();
    }

    /// Loads four vectors and stores three.
    #[target_feature(enable = "avx2")]
    pub fn shrink_avx2<const STREAM: bool>(src: &[u8], out: &mut [u8]) {
        let mut fourths = _mm256_setzero_si256();
        for (src, out) in src.as_chunks::<128>().0.iter().zip(out.as_chunks_mut::<96>().0) {
            let [a, b, c, fourth] = [0, 32, 64, 96].map(|at| {
                // SAFETY: the last load ends at 96 + 32.
                unsafe { _mm256_loadu_si256(src.as_ptr().add(at).cast()) }
            });
            store_256::<STREAM, 3>([a, b, c], out.as_chunks_mut().0);
            fourths = _mm256_or_si256(fourths, fourth);
        }
        _mm_sfence();
        std::hint::black_box(fourths);
    }

    /// Loads four vectors and stores three.
    #[target_feature(enable = "avx512f")]
    pub fn shrink_avx512<const STREAM: bool>(src: &[u8], out: &mut [u8]) {
        let mut fourths = _mm512_setzero_si512();
        for (src, out) in src.as_chunks::<256>().0.iter().zip(out.as_chunks_mut::<192>().0) {
            let [a, b, c, fourth] = [0, 64, 128, 192].map(|at| {
                // SAFETY: the last load ends at 192 + 64.
                unsafe { _mm512_loadu_si512(src.as_ptr().add(at).cast()) }
            });
            store_512::<STREAM, 3>([a, b, c], out.as_chunks_mut().0);
            fourths = _mm512_or_si512(fourths, fourth);
        }
        _mm_sfence();
        std::hint::black_box(fourths);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store_256<const STREAM: bool, const N: usize>(vectors: [__m256i; N], out: &mut [[u8; 32]]) {
        assert!(!STREAM || out.as_ptr().addr().is_multiple_of(32));
        for (vector, out) in vectors.into_iter().zip(out) {
            let out = out.as_mut_ptr().cast();
            // SAFETY: `out` has 32 bytes, and is a multiple of 32 for `STREAM`.
            unsafe {
                match STREAM {
                    true => _mm256_stream_si256(out, vector),
                    false => _mm256_storeu_si256(out, vector),
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn store_512<const STREAM: bool, const N: usize>(vectors: [__m512i; N], out: &mut [[u8; 64]]) {
        assert!(!STREAM || out.as_ptr().addr().is_multiple_of(64));
        for (vector, out) in vectors.into_iter().zip(out) {
            let out = out.as_mut_ptr().cast();
            // SAFETY: `out` has 64 bytes, and is a multiple of 64 for `STREAM`.
            unsafe {
                match STREAM {
                    true => _mm512_stream_si512(out, vector),
                    false => _mm512_storeu_si512(out, vector),
                }
            }
        }
    }
}
