//! The NEON kernels, for little-endian aarch64: the encoder is here, those of the [decoder](decode) and of [Huffman
//! streams](huffman) are in files of their own.
//!
//! All of them work on 16 groups at a time. A load separates the bytes of each group into vectors of their own (first
//! bytes, second bytes, and so on), and a store puts them together again, so that nothing in between moves from one
//! lane to another.
//!
//! The last vectors end with the last group and therefore usually overlap the ones before them, as in the kernels for
//! x86-64.

use super::ALPHABET;
use core::{arch::aarch64::*, mem::transmute};

pub(super) mod decode;
pub(super) mod huffman;

/// The number of groups that are encoded or decoded at a time.
pub(super) const VECTOR: usize = 16;

/// Returns `true` if this CPU can run the kernels. All CPUs that run operating systems can.
#[inline]
pub(super) fn has_neon() -> bool {
    std::arch::is_aarch64_feature_detected!("neon")
}

/// Encodes 16 groups at a time. Returns the number of bytes it encoded: all whole groups of three bytes if there are at
/// least 16, and otherwise 0.
///
/// # Safety
///
/// - [`has_neon`] must be true.
/// - `src` must be valid for reads of `len` bytes, except that another process may write to them.
/// - `out` must be valid for writes of the base64 of `len` bytes.
/// - The two must not overlap.
#[target_feature(enable = "neon")]
pub(super) unsafe fn encode(src: *const u8, len: usize, out: *mut u8) -> usize {
    let groups = len / 3;
    if groups < VECTOR {
        return 0;
    }
    let alphabet = const { table(*ALPHABET) };
    let mut at = 0;
    while at + VECTOR < groups {
        // SAFETY: `at + 16 < groups`.
        unsafe { encode_vector(src.add(3 * at), alphabet, out.add(4 * at)) };
        at += VECTOR;
    }
    let at = groups - VECTOR;
    // SAFETY: `at + 16 == groups`, and there are 16 groups.
    unsafe { encode_vector(src.add(3 * at), alphabet, out.add(4 * at)) };
    3 * groups
}

/// Encodes 16 groups.
///
/// # Safety
///
/// `src` must be valid for reads of 48 bytes and `out` for writes of 64.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn encode_vector(src: *const u8, alphabet: uint8x16x4_t, out: *mut u8) {
    // SAFETY: the caller promises that `src` is valid. The load needs no alignment.
    let bytes = unsafe { vld3q_u8(src) };
    let [a, b, c, d] = look_up(alphabet, separate(bytes));
    // SAFETY: the caller promises that `out` is valid. The store needs no alignment.
    unsafe { vst4q_u8(out, uint8x16x4_t(a, b, c, d)) };
}

/// Returns the four fields of each group.
#[inline]
#[target_feature(enable = "neon")]
fn separate(uint8x16x3_t(first, second, third): uint8x16x3_t) -> [uint8x16_t; 4] {
    let field = vdupq_n_u8(63);
    [
        vshrq_n_u8::<2>(first),
        vandq_u8(vsliq_n_u8::<4>(vshrq_n_u8::<4>(second), first), field),
        vandq_u8(vsliq_n_u8::<2>(vshrq_n_u8::<6>(third), second), field),
        vandq_u8(third, field),
    ]
}

/// Combines the four fields of each group into bytes. The two bits above a field may have any value.
#[inline]
#[target_feature(enable = "neon")]
fn combine([a, b, c, d]: [uint8x16_t; 4]) -> [uint8x16_t; 3] {
    // `vsliq_n_u8` keeps the bits of its first operand below the shift, and overwrites the others.
    [vsliq_n_u8::<2>(vshrq_n_u8::<4>(b), a), vsliq_n_u8::<4>(vshrq_n_u8::<2>(c), b), vsliq_n_u8::<6>(d, c)]
}

/// Looks up each field in a table.
#[inline]
#[target_feature(enable = "neon")]
fn look_up(table: uint8x16x4_t, fields: [uint8x16_t; 4]) -> [uint8x16_t; 4] {
    let [a, b, c, d] = fields;
    [vqtbl4q_u8(table, a), vqtbl4q_u8(table, b), vqtbl4q_u8(table, c), vqtbl4q_u8(table, d)]
}

const fn table(bytes: [u8; 64]) -> uint8x16x4_t {
    // SAFETY: the sizes are equal, and any bits are a valid `uint8x16x4_t`.
    unsafe { transmute::<[u8; 64], uint8x16x4_t>(bytes) }
}
