//! The NEON kernel for [Huffman streams](super::super::huffman).

use super::{
    super::huffman::{CODES, huffman_portable},
    VECTOR, combine, look_up, separate, table,
};
use core::arch::aarch64::*;

/// Encodes 16 groups at a time. The output begins with the last group of the source: where `end` bytes of the source are
/// left, the next output belongs at `out + len - end`.
///
/// # Safety
///
/// - [`has_neon`](super::has_neon) must be true.
/// - `src` must be valid for reads of `len` bytes, a multiple of 3, except that another process may write to them.
/// - `out` must be valid for writes of `len` bytes.
/// - The two must not overlap.
#[target_feature(enable = "neon")]
pub(in super::super) unsafe fn huffman(src: *const u8, len: usize, out: *mut u8) {
    const LEN: usize = 3 * VECTOR;

    if len < LEN {
        // SAFETY: the requirements are the same.
        return unsafe { huffman_portable(src, len, out) };
    }
    let codes = const { table(CODES) };
    let mut end = len;
    while end > LEN {
        // SAFETY: `48 < end <= len`, so the 48 bytes before `end` can be read, and 48 bytes of output are left.
        unsafe { huffman_vector(src.add(end - LEN), codes, out.add(len - end)) };
        end -= LEN;
    }
    // SAFETY: `len >= 48`.
    unsafe { huffman_vector(src, codes, out.add(len - LEN)) };
}

/// Encodes 16 groups.
///
/// # Safety
///
/// `src` must be valid for reads and `out` for writes of 48 bytes.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn huffman_vector(src: *const u8, codes: uint8x16x4_t, out: *mut u8) {
    // SAFETY: the caller promises that `src` is valid. The load needs no alignment.
    let bytes = unsafe { vld3q_u8(src) };
    let [first, second, third] = combine(look_up(codes, separate(bytes)));
    let reversed = uint8x16x3_t(reverse(third), reverse(second), reverse(first));
    // SAFETY: the caller promises that `out` is valid. The store needs no alignment.
    unsafe { vst3q_u8(out, reversed) };
}

#[inline]
#[target_feature(enable = "neon")]
fn reverse(bytes: uint8x16_t) -> uint8x16_t {
    let halves = vrev64q_u8(bytes);
    vextq_u8::<8>(halves, halves)
}
