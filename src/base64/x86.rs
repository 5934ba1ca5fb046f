//! The kernels for x86-64, in two versions each: one for AVX-512 VBMI, and one for AVX2.

use core::{arch::x86_64::*, mem::transmute};
// The names of these instructions are shorter than those of their functions.
use core::arch::x86_64::{
    _mm512_multishift_epi64_epi8 as vpmultishiftqb, _mm512_permutex2var_epi8 as vpermi2b,
    _mm512_permutexvar_epi8 as vpermb,
};

mod cache;
pub(super) mod decode;
pub(super) mod encode;
pub(super) mod huffman;
#[cfg(test)]
mod model;

/// Returns `true` if this CPU can run the AVX-512 VBMI kernels.
#[inline]
pub(super) fn has_avx512() -> bool {
    // The compiler assumes that VBMI implies AVX-512 BW.
    has_avx2()
        && std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512vbmi")
}

/// Returns `true` if this CPU can run the AVX2 kernels.
#[inline]
pub(super) fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2")
}

/// Multipliers that combine two fields of 6 bits, and two pairs of fields.
const PAIR: i16 = i16::from_le_bytes([1 << 6, 1]);
const QUAD: i32 = 1 << 12 | 1 << 16;

/// Repeats 16 bytes, because a shuffle looks up the two halves of a vector separately.
const fn twice(half: [u8; 16]) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut i = 0;
    while i < 32 {
        bytes[i] = half[i % 16];
        i += 1;
    }
    bytes
}

const fn bytes_256(bytes: [u8; 32]) -> __m256i {
    // SAFETY: the sizes are equal, and any bits are a valid `__m256i`.
    unsafe { transmute::<[u8; 32], __m256i>(bytes) }
}

const fn bytes_512(bytes: [u8; 64]) -> __m512i {
    // SAFETY: the sizes are equal, and any bits are a valid `__m512i`.
    unsafe { transmute::<[u8; 64], __m512i>(bytes) }
}
