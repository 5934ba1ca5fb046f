//! Base64 text of bytes: RFC 4648 section 4, standard alphabet, padded.

use base64_simd::{Out, STANDARD};
use bytes::buf::UninitSlice;
use std::mem::MaybeUninit;

/// Length of the padded base64 text of `len` bytes; `None` where it does not fit in 64 bits.
pub const fn encoded_len(len: u64) -> Option<u64> {
    len.div_ceil(3).checked_mul(4)
}

/// Encodes `src` at the front of `out`; returns the length of the text.
///
/// # Panics
/// If `out` is shorter than the text.
pub fn encode<'a>(src: &[u8], out: impl Into<&'a mut UninitSlice>) -> usize {
    // SAFETY: a slice is `len` readable bytes.
    unsafe { encode_raw(src.as_ptr(), src.len(), out.into()) }
}

/// # Safety
/// `src` must be valid for reads of `len` bytes.
pub(crate) unsafe fn encode_raw(src: *const u8, len: usize, out: &mut UninitSlice) -> usize {
    let text = len.div_ceil(3) * 4;
    assert!(text <= out.len());
    // SAFETY: as the caller promises, and `out` has room for the text.
    unsafe {
        let src = std::slice::from_raw_parts(src, len);
        let out = std::slice::from_raw_parts_mut(out.as_mut_ptr().cast::<MaybeUninit<u8>>(), text);
        let _ = STANDARD.encode(src, Out::from_uninit_slice(out));
    }
    text
}
