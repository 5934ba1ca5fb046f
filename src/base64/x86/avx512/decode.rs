//! The AVX-512 VBMI kernel of the decoder.

use super::{
    super::{
        super::decode::VALUES,
        PAIR, QUAD,
        cache::{self, ahead_to_l1, prefetch_to_l1},
        packed, packed_byte,
    },
    bytes_512, vpermb, vpermi2b,
};
use core::{arch::x86_64::*, ops::Range};

/// Decodes 16 groups at a time.
///
/// # Safety
///
/// - [`has_avx512`](super::has_avx512) must be true.
/// - `src` must be valid for reads of `groups` groups of 4 bytes, and `out` for writes of as many groups of 3.
/// - The two must not overlap.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(in crate::base64) unsafe fn decode(src: *const u8, groups: usize, out: *mut u8) -> usize {
    /// The number of groups that are decoded before the rest may bypass the caches, because most runs end earlier.
    const LONG: usize = if cfg!(fuzzing) { 1 } else { 64 } * Avx512::FOUR;

    let k = Avx512::new();
    // SAFETY: the range is one of the groups.
    let mut at = unsafe { k.decode_long::<false>(src, 0..groups.min(LONG), out) };
    if at == LONG {
        let aligned = LONG - Avx512::FOUR + first_aligned_group(out);
        // SAFETY: `aligned < LONG <= groups`. The output of each 64 groups is a multiple of 64 bytes, so group `aligned`
        // begins at a multiple of 64.
        at = unsafe {
            match cache::is_outgrown_by(3 * groups) {
                true => k.decode_long::<true>(src, aligned..groups, out),
                false => k.decode_long::<false>(src, LONG..groups, out),
            }
        };
    }
    // SAFETY: `at <= groups`.
    unsafe { k.decode(src, at..groups, out) }
}

/// Returns the number of the first group that begins at a multiple of 64 in `out`: at most 63.
fn first_aligned_group(out: *mut u8) -> usize {
    // 43 groups are 129 bytes, and 128 is a multiple of 64.
    out.addr().wrapping_neg().wrapping_mul(43) % 64
}

/// The constants that [`decode`] keeps in registers.
#[derive(Clone, Copy)]
struct Avx512 {
    low: __m512i,
    high: __m512i,
    pairs: __m512i,
    quads: __m512i,
    pack: __m512i,
    pack_pairs: [__m512i; 3],
}

impl Avx512 {
    /// The number of groups in a vector.
    const VECTOR: usize = 16;
    /// The number of groups in four vectors of characters, which are three of bytes.
    const FOUR: usize = 4 * Self::VECTOR;

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new() -> Avx512 {
        Avx512 {
            low: const { bytes_512(values_512(0)) },
            high: const { bytes_512(values_512(64)) },
            pairs: _mm512_set1_epi16(PAIR),
            quads: _mm512_set1_epi32(QUAD),
            pack: const { bytes_512(packed()) },
            pack_pairs: const {
                [bytes_512(pack_pair_512(0)), bytes_512(pack_pair_512(1)), bytes_512(pack_pair_512(2))]
            },
        }
    }

    /// Decodes a range of the groups, 64 at a time, up to the first 64 that contain another byte. Returns the number of the
    /// first group that is left.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads and `out` for writes of the groups up to the end of the range. If `STREAM` is true, group
    /// `range.start` must begin at a multiple of 64 in `out`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    unsafe fn decode_long<const STREAM: bool>(
        self,
        src: *const u8,
        range: Range<usize>,
        out: *mut u8,
    ) -> usize {
        let ahead = ahead_to_l1(range.end);
        let mut at = range.start;
        while at + Self::FOUR <= range.end {
            if at + ahead < range.end {
                let (src, out) = (src.wrapping_add(4 * (at + ahead)), out.wrapping_add(3 * (at + ahead)));
                match STREAM {
                    true => prefetch_to_l1::<4, 0>(src, out),
                    false => prefetch_to_l1::<4, 3>(src, out),
                }
            }
            // SAFETY: by the condition of the loop, 64 groups are left. They take 192 bytes of the output, so its alignment
            // stays.
            if !unsafe { self.decode_four::<STREAM>(src.add(4 * at), out.add(3 * at)) } {
                break;
            }
            at += Self::FOUR;
        }
        if STREAM {
            // Only this orders non-temporal stores before later stores.
            _mm_sfence();
        }
        at
    }

    /// Decodes 64 groups, with non-temporal stores if `STREAM` is true. Returns `false`, and writes nothing, if they contain
    /// another byte.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads of 256 bytes and `out` for writes of 192. If `STREAM` is true, `out` must be a multiple
    /// of 64.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    unsafe fn decode_four<const STREAM: bool>(self, src: *const u8, out: *mut u8) -> bool {
        let mut groups = [_mm512_setzero_si512(); 4];
        let mut bad = _mm512_setzero_si512();
        for (i, groups) in groups.iter_mut().enumerate() {
            // SAFETY: `i < 4`, so this is within the 256 bytes for which the caller promises that `src` is valid.
            let characters = unsafe { _mm512_loadu_si512(src.add(64 * i).cast()) };
            let fields = vpermi2b(self.low, characters, self.high);
            // A bitwise OR of all three.
            bad = _mm512_ternarylogic_epi32::<0xfe>(bad, characters, fields);
            *groups = self.combine(fields);
        }
        if _mm512_movepi8_mask(bad) != 0 {
            return false;
        }
        for (i, pack) in self.pack_pairs.into_iter().enumerate() {
            let bytes = vpermi2b(groups[i], pack, groups[i + 1]);
            // SAFETY: `i < 3`, so this is within the 192 bytes for which the caller promises that `out` is valid. For
            // `STREAM`, it promises alignment.
            unsafe {
                let out = out.add(64 * i).cast();
                match STREAM {
                    true => _mm512_stream_si512(out, bytes),
                    false => _mm512_storeu_si512(out, bytes),
                }
            }
        }
        true
    }

    /// Decodes a range of the groups, one vector at a time, up to the first other byte. Returns how many characters precede
    /// that byte or the end of the range, counted from `src`.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads and `out` for writes of the groups up to the end of the range.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    unsafe fn decode(self, src: *const u8, range: Range<usize>, out: *mut u8) -> usize {
        let mut at = range.start;
        while at < range.end {
            let groups = (range.end - at).min(Self::VECTOR);
            let mask = u64::MAX >> (64 - 4 * groups);
            // SAFETY: the mask selects the bytes of `groups` groups, at least 1 and at most 16, within the range.
            let characters = unsafe { _mm512_maskz_loadu_epi8(mask, src.add(4 * at).cast()) };
            let fields = vpermi2b(self.low, characters, self.high);
            // Bytes that the mask leaves out are zero, which is not a character. So `count` is at most `4 * groups`.
            let bad = _mm512_movepi8_mask(_mm512_or_si512(characters, fields));
            let count = bad.trailing_zeros() as usize;
            let bytes = vpermb(self.pack, self.combine(fields));
            // SAFETY: the mask selects the bytes of whole groups before the first bad character, which are within the range.
            unsafe { _mm512_mask_storeu_epi8(out.add(3 * at).cast(), (1 << (count / 4 * 3)) - 1, bytes) };
            // The next address does not depend on `count`, so that the CPU needs not wait for it.
            if count < 4 * Self::VECTOR {
                return 4 * at + count;
            }
            at += Self::VECTOR;
        }
        4 * range.end
    }

    /// Combines the fields of each group into 24 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn combine(self, fields: __m512i) -> __m512i {
        _mm512_madd_epi16(_mm512_maddubs_epi16(fields, self.pairs), self.quads)
    }
}

/// The fields of the 64 characters from `first` on. Other bytes have all bits set.
pub(super) const fn values_512(first: usize) -> [u8; 64] {
    let mut values = [0xff; 64];
    let mut i = 0;
    while i < 64 {
        if VALUES[first + i] < 64 {
            values[i] = VALUES[first + i];
        }
        i += 1;
    }
    values
}

/// The indexes of the 64 bytes that are the vector `n` of the output, in the vectors `n` and `n + 1` of the groups.
pub(super) const fn pack_pair_512(n: usize) -> [u8; 64] {
    let mut index = [0; 64];
    let mut i = 0;
    while i < 64 {
        // Vector `n` of the groups begins with byte `48 * n`.
        index[i] = packed_byte(16 * n + i);
        i += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_aligned_group_is_the_first_at_a_multiple_of_64() {
        for address in (0..256).chain(usize::MAX - 256..=usize::MAX) {
            let group = first_aligned_group(core::ptr::without_provenance_mut(address));
            let is_aligned = |group: &usize| address.wrapping_add(3 * group).is_multiple_of(64);
            assert_eq!((0..64).find(is_aligned), Some(group), "{address}");
        }
    }
}
