//! The AVX-512 VBMI and AVX2 kernels of the decoder.
//!
//! Both decode whole groups up to the first byte that is not in the alphabets, and return how many characters precede that
//! byte or the end. Group `g` is the 4 characters at `src + 4 * g` and the 3 bytes at `out + 3 * g`. The output of later
//! groups is unspecified.
//!
//! A loop decodes several vectors until one of them contains another byte. From there on, and at the end, vectors are decoded
//! one at a time. Each reports where its first other byte is, so that short runs of characters need no scalar code.

use super::{
    super::decode::VALUES,
    PAIR, QUAD, bytes_256, bytes_512,
    cache::{self, ahead, prefetch},
    twice, vpermb, vpermi2b,
};
use core::{arch::x86_64::*, ops::Range};

/// The index of byte `i` of the output among groups in double words with their lowest byte last.
const fn packed(i: usize) -> u8 {
    (i / 3 * 4 + 2 - i % 3) as u8
}

/// Decodes 16 groups at a time.
///
/// # Safety
///
/// - [`has_avx512`](super::has_avx512) must be true.
/// - `src` must be valid for reads of `groups` groups of 4 bytes, and `out` for writes of as many groups of 3.
/// - The two must not overlap.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(in super::super) unsafe fn decode_avx512(src: *const u8, groups: usize, out: *mut u8) -> usize {
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

/// The constants that [`decode_avx512`] keeps in registers.
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
            pack: const { bytes_512(pack_512()) },
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
        let ahead = ahead(range.end);
        let mut at = range.start;
        while at + Self::FOUR <= range.end {
            if at + ahead < range.end {
                let (src, out) = (src.wrapping_add(4 * (at + ahead)), out.wrapping_add(3 * (at + ahead)));
                match STREAM {
                    true => prefetch::<4, 0>(src, out),
                    false => prefetch::<4, 3>(src, out),
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

/// The indexes of the bytes of 16 groups, and 16 that are not used.
pub(super) const fn pack_512() -> [u8; 64] {
    let mut index = [0; 64];
    let mut i = 0;
    while i < 48 {
        index[i] = packed(i);
        i += 1;
    }
    index
}

/// The indexes of the 64 bytes that are the vector `n` of the output, in the vectors `n` and `n + 1` of the groups.
pub(super) const fn pack_pair_512(n: usize) -> [u8; 64] {
    let mut index = [0; 64];
    let mut i = 0;
    while i < 64 {
        // Vector `n` of the groups begins with byte `48 * n`.
        index[i] = packed(16 * n + i);
        i += 1;
    }
    index
}

/// Decodes 8 groups at a time.
///
/// # Safety
///
/// [`has_avx2`](super::has_avx2) must be true. The other requirements are those of [`decode_avx512`].
#[target_feature(enable = "avx2")]
pub(in super::super) unsafe fn decode_avx2(src: *const u8, groups: usize, out: *mut u8) -> usize {
    const VECTOR: usize = 8;
    const UNROLL: usize = 4;

    let k = Avx2::new();
    let ahead = ahead(groups);
    let mut at = 0;
    // The last store writes 4 bytes past its groups, so two more groups are required.
    'long: while at + 2 * UNROLL * VECTOR + 2 <= groups {
        if at + ahead < groups {
            prefetch::<4, 3>(src.wrapping_add(4 * (at + ahead)), out.wrapping_add(3 * (at + ahead)));
        }
        for _ in 0..2 {
            // SAFETY: by the condition of the loop, 64 groups are left for the two, and two more.
            if !unsafe { k.decode_many::<UNROLL>(src.add(4 * at), out.add(3 * at)) } {
                break 'long;
            }
            at += UNROLL * VECTOR;
        }
    }
    while at + VECTOR <= groups {
        // SAFETY: 8 groups are left.
        let count = unsafe { k.decode(src.add(4 * at), out.add(3 * at)) };
        if count < 4 * VECTOR {
            return 4 * at + count;
        }
        at += VECTOR;
    }
    // Zero is not a character, so the count below is at most that of the characters that are left.
    let mut characters = [0; 4 * VECTOR];
    let mut bytes = [0; 3 * VECTOR];
    // SAFETY: less than 8 groups are left, and the arrays have room for 8.
    unsafe {
        src.add(4 * at).copy_to_nonoverlapping(characters.as_mut_ptr(), 4 * (groups - at));
        let count = k.decode(characters.as_ptr(), bytes.as_mut_ptr());
        out.add(3 * at).copy_from_nonoverlapping(bytes.as_ptr(), count / 4 * 3);
        4 * at + count
    }
}

/// The constants that [`decode_avx2`] keeps in registers.
#[derive(Clone, Copy)]
struct Avx2 {
    nibble: __m256i,
    rows: __m256i,
    rows_of_column: __m256i,
    shifts: __m256i,
    offsets: __m256i,
    pairs: __m256i,
    quads: __m256i,
    pack: __m256i,
    join: __m256i,
}

impl Avx2 {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new() -> Avx2 {
        Avx2 {
            nibble: _mm256_set1_epi8(0xf),
            rows: const { bytes_256(twice(ROWS)) },
            rows_of_column: const { bytes_256(twice(ROWS_OF_COLUMN)) },
            shifts: const { bytes_256(twice(SHIFTS)) },
            offsets: const { bytes_256(twice(OFFSETS)) },
            pairs: _mm256_set1_epi16(PAIR),
            quads: _mm256_set1_epi32(QUAD),
            pack: const { bytes_256(twice(pack_128())) },
            join: _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7),
        }
    }

    /// Decodes `8 * N` groups, with two stores for each vector, of which 4 bytes are overwritten. Returns `false` if the
    /// groups contain another byte. Their output is then unspecified.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads of its groups. `out` must be valid for writes of its groups and 4 more bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn decode_many<const N: usize>(self, src: *const u8, out: *mut u8) -> bool {
        let mut all_bad = _mm256_setzero_si256();
        for i in 0..N {
            // SAFETY: this reads the groups from `8 * i` to `8 * i + 7`, and `i < N`.
            let characters = unsafe { _mm256_loadu_si256(src.add(32 * i).cast()) };
            let (fields, bad) = self.look_up(characters);
            all_bad = _mm256_or_si256(all_bad, bad);
            let halves = self.combine(fields);
            // SAFETY: the first store takes the place of 12 bytes and 4 of the next 12, and so does the second. `i < N`.
            unsafe {
                let out = out.add(24 * i);
                _mm_storeu_si128(out.cast(), _mm256_castsi256_si128(halves));
                _mm_storeu_si128(out.add(12).cast(), _mm256_extracti128_si256(halves, 1));
            }
        }
        _mm256_testz_si256(all_bad, all_bad) == 1
    }

    /// Decodes 8 groups and returns the number of characters before the first other byte. The output of groups from that byte
    /// on is unspecified.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads of 32 bytes and `out` for writes of 24.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn decode(self, src: *const u8, out: *mut u8) -> usize {
        // SAFETY: the caller promises that `src` is valid. The load needs no alignment.
        let characters = unsafe { _mm256_loadu_si256(src.cast()) };
        let (fields, bad) = self.look_up(characters);
        let bytes = _mm256_permutevar8x32_epi32(self.combine(fields), self.join);
        // SAFETY: this writes 16 bytes and 8 more. The caller promises that `out` is valid. The stores need no alignment.
        unsafe {
            _mm_storeu_si128(out.cast(), _mm256_castsi256_si128(bytes));
            _mm_storel_epi64(out.add(16).cast(), _mm256_extracti128_si256(bytes, 1));
        }
        let good = _mm256_movemask_epi8(_mm256_cmpeq_epi8(bad, _mm256_setzero_si256()));
        good.trailing_ones() as usize
    }

    /// Returns the fields of the characters, and a byte for each that is zero if it is in the alphabets.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn look_up(self, characters: __m256i) -> (__m256i, __m256i) {
        // A shuffle looks up the low half of a byte, or returns 0 if the highest bit is set. Then no row is left.
        let row = _mm256_and_si256(_mm256_srli_epi16(characters, 4), self.nibble);
        let rows_of_column = _mm256_shuffle_epi8(self.rows_of_column, characters);
        let bad = _mm256_andnot_si256(rows_of_column, _mm256_shuffle_epi8(self.rows, row));
        let class = _mm256_add_epi8(row, _mm256_shuffle_epi8(self.shifts, characters));
        (_mm256_add_epi8(characters, _mm256_shuffle_epi8(self.offsets, class)), bad)
    }

    /// Combines the fields of the 8 groups: those of the first 4 in the first 12 bytes of the low half, and those of the
    /// others in the first 12 bytes of the high half.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn combine(self, fields: __m256i) -> __m256i {
        let groups = _mm256_madd_epi16(_mm256_maddubs_epi16(fields, self.pairs), self.quads);
        _mm256_shuffle_epi8(groups, self.pack)
    }
}

/// The indexes of the bytes of 4 groups, and 4 that are not used.
const fn pack_128() -> [u8; 16] {
    let mut index = [0x80; 16];
    let mut i = 0;
    while i < 12 {
        index[i] = packed(i);
        i += 1;
    }
    index
}

// In a table of ASCII with 16 columns, the high half of a byte is its row, and the low half its column.

/// A bit for each row with characters of the alphabets, and one bit for all others.
const ROWS: [u8; 16] = {
    let mut rows = [1 << 7; 16];
    let mut row = 2;
    while row < 8 {
        rows[row] = 1 << (row - 2);
        row += 1;
    }
    rows
};

/// The bits of the rows in which a column contains a character of the alphabets.
const ROWS_OF_COLUMN: [u8; 16] = {
    let mut rows = [0; 16];
    let mut byte = 0;
    while byte < 128 {
        if VALUES[byte] < 64 {
            rows[byte % 16] |= ROWS[byte / 16];
        }
        byte += 1;
    }
    rows
};

/// What is added to a row, by column, so that all characters of a class have the same offset. Only row 2 (`+`, `-` and
/// `/`) and row 5 (`P` to `Z`, and `_`) contain more than one offset, and these are the columns of `-`, and of `/` and `_`.
const SHIFTS: [u8; 16] = {
    let mut shifts = [0; 16];
    shifts[0xd] = 8;
    shifts[0xf] = 11;
    shifts
};

/// The difference between a field and its character, by class.
const OFFSETS: [u8; 16] = {
    let mut offsets = [0; 16];
    let mut byte = 0;
    while byte < 128 {
        if VALUES[byte] < 64 {
            let class = (byte / 16 + SHIFTS[byte % 16] as usize) % 16;
            let offset = VALUES[byte].wrapping_sub(byte as u8);
            assert!(
                offsets[class] == 0 || offsets[class] == offset,
                "characters of a class have the same offset"
            );
            offsets[class] = offset;
        }
        byte += 1;
    }
    offsets
};

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
