//! The AVX2 kernel for [Huffman streams](crate::base64::huffman).

use super::{
    super::{
        super::huffman::{code, huffman_portable},
        PAIR, QUAD, cache, packed_backwards,
    },
    bytes_256, twice,
};
use core::arch::x86_64::*;

/// Encodes 8 groups at a time.
///
/// # Safety
///
/// - [`has_avx2`](super::has_avx2) must be true.
/// - `src` must be valid for reads of `len` bytes, a multiple of 3, except that another process may write to them.
/// - `out` must be valid for writes of `len` bytes.
/// - The two must not overlap.
#[target_feature(enable = "avx2")]
pub(in crate::base64) unsafe fn huffman(src: *const u8, len: usize, out: *mut u8) {
    const VECTOR: usize = 24;
    const UNROLL: usize = 4;

    if len < VECTOR {
        // SAFETY: the requirements are the same.
        return unsafe { huffman_portable(src, len, out) };
    }
    let k = Avx2::new();
    // SAFETY: `len >= 24`.
    unsafe { k.encode(src.add(len - VECTOR), out) };
    let (groups, ahead) = (len / 3, cache::ahead_to_l1(len / 3));
    let mut end = len - VECTOR;
    while end >= UNROLL * VECTOR + 4 {
        cache::prefetch_stream::<2>(src.wrapping_add(end));
        if ahead < groups {
            cache::prefetch_to_l1::<0, 2>(src, out.wrapping_add(len - end + 3 * ahead));
        }
        // SAFETY: by the condition of the loop, this reads only bytes of the source: 4 before the vectors, and 4 past
        // them, which the first vector has encoded. More than 4 bytes of output are left after the vectors.
        unsafe { k.encode_many::<UNROLL>(src.add(end), out.add(len - end)) };
        end -= UNROLL * VECTOR;
    }
    while end > VECTOR {
        // SAFETY: `24 < end <= len`.
        unsafe { k.encode(src.add(end - VECTOR), out.add(len - end)) };
        end -= VECTOR;
    }
    // SAFETY: `len >= 24`.
    unsafe { k.encode(src, out.add(len - VECTOR)) };
}

/// The constants that [`huffman`] keeps in registers.
#[derive(Clone, Copy)]
struct Avx2 {
    fields: super::Avx2,
    last_letter: __m256i,
    offsets: __m256i,
    pairs: __m256i,
    quads: __m256i,
    pack: __m256i,
    swap_halves: __m256i,
    first24: __m256i,
}

impl Avx2 {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new() -> Avx2 {
        Avx2 {
            fields: super::Avx2::new(),
            last_letter: _mm256_set1_epi8(51),
            offsets: const { bytes_256(twice(OFFSETS)) },
            pairs: _mm256_set1_epi16(PAIR),
            quads: _mm256_set1_epi32(QUAD),
            pack: const { bytes_256(twice(packed_backwards())) },
            swap_halves: _mm256_setr_epi32(4, 5, 6, 0, 1, 2, 3, 7),
            first24: _mm256_setr_epi32(-1, -1, -1, -1, -1, -1, 0, 0),
        }
    }

    /// Encodes 8 groups.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads and `out` for writes of 24 bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn encode(self, src: *const u8, out: *mut u8) {
        // SAFETY: the 16 bytes at 0 and the 16 bytes at 8 are within the 24 bytes for which the caller promises that
        // `src` is valid. The loads need no alignment.
        let bytes = unsafe { _mm256_loadu2_m128i(src.add(8).cast(), src.cast()) };
        let halves = self.encode_spread(bytes, self.fields.outer);
        let packed = _mm256_permutevar8x32_epi32(halves, self.swap_halves);
        // SAFETY: the mask selects 24 bytes, for which the caller promises that `out` is valid. The store needs no
        // alignment.
        unsafe { _mm256_maskstore_epi32(out.cast(), self.first24, packed) };
    }

    /// Encodes the `8 * N` groups before `src`. Each vector takes one load instead of the two of [`Avx2::encode`], and
    /// two stores of which 4 bytes are overwritten, which makes this twice as fast.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads of its groups, of the 4 bytes before them, and of 4 bytes after them. `out` must be
    /// valid for writes of its groups and 4 more bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn encode_many<const N: usize>(self, src: *const u8, out: *mut u8) {
        // All loads come before the first store, as in the encoder.
        let mut bytes = [_mm256_setzero_si256(); N];
        for (i, bytes) in bytes.iter_mut().enumerate() {
            // SAFETY: this reads from 4 bytes before 8 groups to 4 bytes past them, and `i < N`.
            *bytes = unsafe { _mm256_loadu_si256(src.sub(24 * i + 28).cast()) };
        }
        for (i, bytes) in bytes.into_iter().enumerate() {
            let halves = self.encode_spread(bytes, self.fields.inner);
            // SAFETY: the first store takes the place of 12 bytes and 4 of the next 12, and so does the second. `i < N`.
            unsafe {
                let out = out.add(24 * i);
                _mm_storeu_si128(out.cast(), _mm256_extracti128_si256(halves, 1));
                _mm_storeu_si128(out.add(12).cast(), _mm256_castsi256_si128(halves));
            }
        }
    }

    /// Returns the codes of the 8 groups that `spread` selects from `bytes`: those of the first 4 in the first 12 bytes of
    /// the low half, and those of the others in the first 12 bytes of the high half.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn encode_spread(self, bytes: __m256i, spread: __m256i) -> __m256i {
        let fields = self.fields.separate(bytes, spread);
        // The class is 0 for letters, 1 to 10 for digits, and 11 and 12 for the signs.
        let class = _mm256_subs_epu8(fields, self.last_letter);
        let codes = _mm256_add_epi8(fields, _mm256_shuffle_epi8(self.offsets, class));
        let groups = _mm256_madd_epi16(_mm256_maddubs_epi16(codes, self.pairs), self.quads);
        _mm256_shuffle_epi8(groups, self.pack)
    }
}

/// The difference between a code and its field, by class.
const OFFSETS: [u8; 16] = {
    let mut offsets = [0; 16];
    let mut field = 0;
    while field < 64 {
        offsets[(field as usize).saturating_sub(51)] = code(field).wrapping_sub(field);
        field += 1;
    }
    offsets
};
