//! The AVX2 kernel of the decoder.

use super::{
    super::{
        super::decode::VALUES,
        PAIR, QUAD,
        cache::{ahead_to_l1, prefetch_to_l1},
        packed,
    },
    bytes_256, twice,
};
use core::arch::x86_64::*;

/// Decodes 8 groups at a time.
///
/// # Safety
///
/// - [`has_avx2`](super::has_avx2) must be true.
/// - `src` must be valid for reads of `groups` groups of 4 bytes, and `out` for writes of as many groups of 3.
/// - The two must not overlap.
#[target_feature(enable = "avx2")]
pub(in crate::base64) unsafe fn decode(src: *const u8, groups: usize, out: *mut u8) -> usize {
    const VECTOR: usize = 8;
    const UNROLL: usize = 4;

    let k = Avx2::new();
    let ahead = ahead_to_l1(groups);
    let mut at = 0;
    // The last store writes 4 bytes past its groups, so two more groups are required. The iterations are counted, because
    // comparing `at` with the end takes more instructions: the loop would be 2 to 5% slower (Zen 3).
    'long: for _ in 0..groups.saturating_sub(2) / (2 * UNROLL * VECTOR) {
        if at + ahead < groups {
            prefetch_to_l1::<4, 3>(src.wrapping_add(4 * (at + ahead)), out.wrapping_add(3 * (at + ahead)));
        }
        for _ in 0..2 {
            // SAFETY: by the number of iterations, 64 groups are left for the two, and two more.
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

/// The constants that [`decode`] keeps in registers.
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
            pack: const { bytes_256(twice(packed())) },
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
