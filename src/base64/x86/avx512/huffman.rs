//! The AVX-512 VBMI kernel for [Huffman streams](crate::base64::huffman).

use super::{
    super::{super::huffman::CODES, PAIR, QUAD, avx2, cache, packed_backwards},
    bytes_512, vpermb,
};
use core::arch::x86_64::*;

/// Encodes 16 groups at a time.
///
/// # Safety
///
/// - [`has_avx512`](super::has_avx512) must be true.
/// - `src` must be valid for reads of `len` bytes, a multiple of 3, except that another process may write to them.
/// - `out` must be valid for writes of `len` bytes.
/// - The two must not overlap.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vbmi")]
pub(in crate::base64) unsafe fn huffman(src: *const u8, len: usize, out: *mut u8) {
    /// Four vectors are three cache lines.
    const UNROLL: usize = 4;

    // A load reads 64 bytes, of which 48 are used.
    if len < 64 {
        // SAFETY: `has_avx512` implies `has_avx2`, and the other requirements are the same.
        return unsafe { avx2::huffman::huffman(src, len, out) };
    }
    let k = Avx512::new();
    let (groups, ahead) = (len / 3, cache::ahead_to_l1(len / 3));
    let mut end = len;
    while end >= UNROLL * 48 + 16 {
        cache::prefetch_stream::<3>(src.wrapping_add(end));
        if ahead < groups {
            cache::prefetch_to_l1::<0, 3>(src, out.wrapping_add(len - end + 3 * ahead));
        }
        for i in 0..UNROLL {
            // SAFETY: by the condition of the loop, 16 bytes before the vectors can be read, and 16 bytes of output are
            // left after them.
            unsafe { k.encode_over(src.add(end - 48 * i - 64), out.add(len - end + 48 * i)) };
        }
        end -= UNROLL * 48;
    }
    while end >= 64 {
        // SAFETY: `64 <= end <= len`, so the 64 bytes before `end` can be read, and as many bytes of output are left.
        unsafe { k.encode_over(src.add(end - 64), out.add(len - end)) };
        end -= 48;
    }
    // Now `end` is 16 to 63, and at least 48 below `len`.
    if end > 48 {
        // SAFETY: this reads the bytes from `end - 48` to `end + 16`, and 48 bytes of output are left.
        unsafe { k.encode(src.add(end - 48), k.fields.first48, out.add(len - end)) };
    }
    // SAFETY: `len >= 64`.
    unsafe { k.encode(src, k.fields.first48, out.add(len - 48)) };
}

/// The constants that [`huffman`] keeps in registers, except for the alphabet of the encoder.
#[derive(Clone, Copy)]
struct Avx512 {
    fields: super::Avx512,
    codes: __m512i,
    pairs: __m512i,
    quads: __m512i,
    pack: __m512i,
}

impl Avx512 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new() -> Avx512 {
        Avx512 {
            fields: super::Avx512::new(),
            codes: const { bytes_512(CODES) },
            pairs: _mm512_set1_epi16(PAIR),
            quads: _mm512_set1_epi32(QUAD),
            pack: const { bytes_512(packed_backwards()) },
        }
    }

    /// Encodes the 16 groups that `spread` selects from the 64 bytes at `src`.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads of 64 bytes and `out` for writes of 48.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    unsafe fn encode(self, src: *const u8, spread: __m512i, out: *mut u8) {
        /// The first 12 double words.
        const FIRST_48: __mmask16 = (1 << 12) - 1;
        // SAFETY: the caller promises that both are valid, `out` for the bytes that the mask selects. Neither the load nor
        // the store needs alignment.
        unsafe {
            let codes = self.encode_spread(_mm512_loadu_si512(src.cast()), spread);
            _mm512_mask_storeu_epi32(out.cast(), FIRST_48, codes);
        }
    }

    /// Encodes the last 16 groups of the 64 bytes at `src`, and writes 16 bytes more than they take, without a
    /// mask.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads and `out` for writes of 64 bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    unsafe fn encode_over(self, src: *const u8, out: *mut u8) {
        // SAFETY: the caller promises that both are valid. Neither the load nor the store needs alignment.
        unsafe {
            let codes = self.encode_spread(_mm512_loadu_si512(src.cast()), self.fields.last48);
            _mm512_storeu_si512(out.cast(), codes);
        }
    }

    /// Returns the codes of the 16 groups that `spread` selects from `bytes`, in the first 48 bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn encode_spread(self, bytes: __m512i, spread: __m512i) -> __m512i {
        let codes = vpermb(self.fields.separate(bytes, spread), self.codes);
        let groups = _mm512_madd_epi16(_mm512_maddubs_epi16(codes, self.pairs), self.quads);
        vpermb(self.pack, groups)
    }
}
