//! Base64 as a stream of 6-bit Huffman codes, in the order in which zstd reads them (RFC 8878 section 4.2.2).
//!
//! If all 64 characters have codes of 6 bits, the canonical code of a character is its rank in ASCII: `+` and `/` are 0
//! and 1, digits 2 to 11, uppercase letters 12 to 37, lowercase letters 38 to 63. A field `v` of base64 thus becomes `v + 12`
//! for a letter, `v + 14` for a digit, and `v + 2` for a sign, modulo 64.
//!
//! zstd reads a stream from its last byte to its first, and from the highest bit of a byte to the lowest. The stream of
//! some media is therefore the media itself, with each field renamed and the order of its bytes reversed. Parts of whole
//! groups can be encoded separately, the last part first.

use super::Backend;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use super::neon;
#[cfg(target_arch = "x86_64")]
use super::x86;
use bytes::buf::UninitSlice;
use core::mem::MaybeUninit;

/// Returns the Huffman code of the character of a field.
pub(super) const fn code(field: u8) -> u8 {
    let rank = match field {
        0..52 => field + 12,
        52..62 => field + 14,
        _ => field + 2,
    };
    rank & 63
}

/// The codes of all fields.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
pub(super) const CODES: [u8; 64] = {
    let mut codes = [0; 64];
    let mut field = 0;
    while field < 64 {
        codes[field] = code(field as u8);
        field += 1;
    }
    codes
};

/// The codes of all pairs of fields. With pairs, the portable code is twice as fast as with single fields.
static PAIRS: [u16; 64 * 64] = {
    let mut pairs = [0; 64 * 64];
    let mut pair = 0;
    while pair < pairs.len() {
        pairs[pair] = (code((pair / 64) as u8) as u16) << 6 | code((pair % 64) as u8) as u16;
        pair += 1;
    }
    pairs
};

impl Backend {
    /// Writes the Huffman stream of `src`, which has the same length, to the start of `out`.
    ///
    /// # Panics
    ///
    /// Panics if this backend is not available, if the length of `src` is not a multiple of 3, or if `out` is too short.
    pub fn huffman<'a>(self, src: &[u8], out: impl Into<&'a mut UninitSlice>) {
        assert!(self.is_available(), "this CPU cannot run the {self} backend");
        // SAFETY: the line above checks that this backend is available. `src` is a slice, and `out` is borrowed
        // mutably, so they do not overlap.
        unsafe { self.huffman_raw(src.as_ptr(), src.len(), out.into()) }
    }

    /// Checks the lengths, runs the kernel, and encodes the bytes that the kernel leaves over.
    ///
    /// # Panics
    ///
    /// Panics if `len` is not a multiple of 3, or if `out` is too short.
    ///
    /// # Safety
    ///
    /// This backend must be available. `src` must be valid for reads of `len` bytes, except that other processes may
    /// write to them. These bytes must not overlap `out`.
    #[inline]
    pub(super) unsafe fn huffman_raw(self, src: *const u8, len: usize, out: &mut UninitSlice) {
        assert!(
            len.is_multiple_of(3) && len <= out.len(),
            "the Huffman stream of {len} bytes does not fit in a buffer of {} bytes, or is not of whole groups",
            out.len()
        );
        let out = out.as_mut_ptr();
        // SAFETY: the caller promises that the backend is available and `src` valid. `out` is valid for writes of `len`
        // bytes by the check above.
        unsafe {
            match self {
                #[cfg(target_arch = "x86_64")]
                Backend::Avx512 => x86::avx512::huffman::huffman(src, len, out),
                #[cfg(target_arch = "x86_64")]
                Backend::Avx2 => x86::avx2::huffman::huffman(src, len, out),
                #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
                Backend::Neon => neon::huffman::huffman(src, len, out),
                _ => huffman_portable(src, len, out),
            }
        }
    }
}

/// Encodes copies of blocks that fit into the L1 cache, so that no reference to bytes exists that other processes may
/// write to. That costs 5%.
///
/// # Safety
///
/// `src` must be valid for reads of `len` bytes, a multiple of 3, except that other processes may write to them. `out`
/// must be valid for writes of `len` bytes. The two must not overlap.
pub(super) unsafe fn huffman_portable(src: *const u8, len: usize, out: *mut u8) {
    /// A multiple of 3.
    const BLOCK: usize = 6 * 1024;

    let mut block = [MaybeUninit::<u8>::uninit(); BLOCK];
    let block = block.as_mut_ptr().cast::<u8>();
    let mut left = len;
    while left > 0 {
        let n = BLOCK.min(left);
        // SAFETY: `n <= left <= len` and `n <= BLOCK`, so source and block are valid for `n` bytes. The slice is of the
        // block, to which nothing else has a pointer. The last `n` of the first `left` bytes are the next `n` bytes of
        // the output, which begins with the last bytes of the source.
        unsafe {
            src.add(left - n).copy_to_nonoverlapping(block, n);
            huffman_block(core::slice::from_raw_parts(block, n), out.add(len - left));
        }
        left -= n;
    }
}

/// Encodes two groups at a time.
///
/// # Safety
///
/// `out` must be valid for writes of `src.len()` bytes, a multiple of 3, and must not overlap `src`.
unsafe fn huffman_block(src: &[u8], out: *mut u8) {
    let mut rest = src;
    while let Some((_, word)) = rest.split_last_chunk::<8>() {
        let bits = u64::from_be_bytes(*word);
        let pair = |at: u32| u64::from(PAIRS[(bits >> at) as usize & (PAIRS.len() - 1)]) << at;
        let codes = pair(36) | pair(24) | pair(12) | pair(0);
        // SAFETY: this writes at the distance of `rest` from the end of `src`, and `rest` has at least 8 bytes. The
        // last 2 of the 8 bytes are overwritten by the next group.
        unsafe { out.add(src.len() - rest.len()).cast::<[u8; 8]>().write_unaligned(codes.to_le_bytes()) };
        rest = &rest[..rest.len() - 6];
    }
    while let Some((_, &[a, b, c])) = rest.split_last_chunk::<3>() {
        let bits = u32::from_be_bytes([0, a, b, c]);
        let pair = |at: u32| u32::from(PAIRS[(bits >> at) as usize & (PAIRS.len() - 1)]) << at;
        let [a, b, c, _] = (pair(12) | pair(0)).to_le_bytes();
        // SAFETY: this writes at the distance of `rest` from the end of `src`, and `rest` has at least 3 bytes.
        unsafe { out.add(src.len() - rest.len()).cast::<[u8; 3]>().write_unaligned([a, b, c]) };
        rest = &rest[..rest.len() - 3];
    }
}

#[cfg(test)]
mod tests;
