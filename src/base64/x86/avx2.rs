//! The AVX2 kernels: the encoder is here, those of the [decoder](decode) and of [Huffman streams](huffman) are in files of
//! their own.

use super::{
    super::ALPHABET,
    ORDER,
    cache::{self, TO_L2, ahead_to_l1, prefetch_to_l1, prefetch_to_l2},
    groups_to_aligned,
};
use core::{arch::x86_64::*, mem::transmute, ops::Range, ptr::read_volatile};

pub(in crate::base64) mod decode;
pub(in crate::base64) mod huffman;

/// Returns `true` if this CPU can run the AVX2 kernels.
#[inline]
pub(in crate::base64) fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2")
}

/// Encodes 8 groups at a time. `SHARED` says that the source is a mapped file, which is probably in no cache. It decides only
/// what is prefetched.
///
/// # Safety
///
/// - [`has_avx2`] must be true.
/// - `src` must be valid for reads of `len` bytes, except that another process may write to them.
/// - `out` must be valid for writes of the base64 of `len` bytes.
/// - The two must not overlap.
#[target_feature(enable = "avx2")]
pub(in crate::base64) unsafe fn encode<const SHARED: bool>(
    src: *const u8,
    len: usize,
    out: *mut u8,
) -> usize {
    const VECTOR: usize = Avx2::VECTOR;
    /// The smallest number of groups for which the unrolled loop is worth its setup.
    const LONG: usize = 16 * VECTOR;

    let groups = len / 3;
    if groups < VECTOR {
        return 0;
    }

    let k = Avx2::new();
    // SAFETY: there are at least 8 groups.
    unsafe { k.encode(src, out) };
    let mut at = VECTOR;
    if groups >= LONG {
        let skip = groups_to_aligned(out, 32);
        // SAFETY: `skip <= 8`, and there are more than 8 + 8 groups.
        unsafe { k.encode(src.add(3 * skip), out.add(4 * skip)) };
        at = skip + VECTOR;
        let bypass = cache::is_outgrown_by(3 * groups) && out.addr().is_multiple_of(4);
        // SAFETY: `8 <= at <= groups`. `skip` has aligned the stores if the address of the output is a multiple of a
        // group's 4 bytes.
        at = unsafe {
            match bypass {
                true => k.encode_long::<true, true>(src, at..groups, out),
                false => k.encode_long::<SHARED, false>(src, at..groups, out),
            }
        };
    }
    while at + VECTOR < groups {
        // SAFETY: `at + 8 < groups`.
        unsafe { k.encode(src.add(3 * at), out.add(4 * at)) };
        at += VECTOR;
    }
    let at = groups - VECTOR;
    // SAFETY: `at + 8 == groups`, and there are 8 groups.
    unsafe { k.encode(src.add(3 * at), out.add(4 * at)) };
    3 * groups
}

/// The constants that [`encode`] keeps in registers.
#[derive(Clone, Copy)]
struct Avx2 {
    outer: __m256i,
    inner: __m256i,
    even: __m256i,
    odd: __m256i,
    odd_mask: __m256i,
    last_letter: __m256i,
    last_capital: __m256i,
    offsets: __m256i,
}

impl Avx2 {
    /// The number of groups in a vector.
    const VECTOR: usize = 8;

    #[inline]
    #[target_feature(enable = "avx2")]
    fn new() -> Avx2 {
        // LLVM recognizes that a multiplication by these is a shift, for which AVX2 has no instruction, and
        // replaces it with a sequence that takes twice as long. A volatile read hides the values from LLVM and
        // costs no more than a plain load.
        static EVEN: __m256i = words_256([1 << 0, 1 << 4]);
        static ODD: __m256i = words_256([1 << 4, 1 << 8]);
        // SAFETY: references to statics are valid.
        let (even, odd) = unsafe { (read_volatile(&EVEN), read_volatile(&ODD)) };
        Avx2 {
            outer: const { bytes_256(spread_256(0, 4)) },
            inner: const { bytes_256(spread_256(4, 0)) },
            even,
            odd,
            odd_mask: const { words_256([63 << 4, 63]) },
            last_letter: _mm256_set1_epi8(51),
            last_capital: _mm256_set1_epi8(25),
            offsets: const { bytes_256(OFFSETS) },
        }
    }

    /// Encodes 8 groups.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads of 24 bytes and `out` for writes of 32.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn encode(self, src: *const u8, out: *mut u8) {
        // SAFETY: the 16 bytes at 0 and the 16 bytes at 8 are within the 24 bytes for which the caller promises
        // that `src` is valid, as it does for `out`. Neither the loads nor the store need alignment.
        unsafe {
            let bytes = _mm256_loadu2_m128i(src.add(8).cast(), src.cast());
            _mm256_storeu_si256(out.cast(), self.encode_spread(bytes, self.outer));
        }
    }

    /// Encodes a range of the groups, except for the last ones, and returns the number of the first one that is left. If
    /// `PREFETCH` is true, prefetches the source, and if `STREAM` is true, the output bypasses the caches.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads and `out` for writes of the groups up to the end of the range, which must begin with
    /// group 8 or later. If `STREAM` is true, group `range.start` must begin at a multiple of 32 in `out`.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn encode_long<const PREFETCH: bool, const STREAM: bool>(
        self,
        src: *const u8,
        range: Range<usize>,
        out: *mut u8,
    ) -> usize {
        /// 4 is 4% slower. 8 costs only code size.
        const UNROLL: usize = 8;

        let to_l1 = ahead_to_l1(range.end);
        let mut at = range.start;
        // Eight vectors take three lines of source and fill four lines.
        while at + to_l1 < range.end {
            let next = at + to_l1;
            let (next_src, next_out) = (src.wrapping_add(3 * next), out.wrapping_add(4 * next));
            match STREAM {
                true => prefetch_to_l1::<3, 0>(next_src, next_out),
                false => prefetch_to_l1::<3, 4>(next_src, next_out),
            }
            // SAFETY: the loop runs only if `to_l1` is not `range.end`. Then it is at least 66, as asserted in `ahead_to_l1`,
            // so 64 groups and two more follow. The last load reads 4 bytes of those two. The first load also reads 4 bytes
            // before group `at`, which exist because `at >= 8`. Each iteration writes 256 bytes, so the output stays aligned.
            unsafe { self.encode_many::<UNROLL, STREAM>(src.add(3 * at), out.add(4 * at)) };
            at += UNROLL * Self::VECTOR;
        }
        // The load of the last vector reads 4 bytes past its groups, so two more groups are required. The iterations are
        // counted: with a comparison of `at` with the end, the loop was about 2% slower (Zen 3).
        let count = range.end.saturating_sub(at + 2) / (UNROLL * Self::VECTOR);
        for _ in 0..count {
            if PREFETCH {
                // The lines may be past the end of the source: see `cache`.
                prefetch_to_l2::<3>(src.wrapping_add(3 * (at + TO_L2)));
            }
            // SAFETY: by the definition of `count`, 64 groups and two more follow. The loads before and after them and the
            // alignment are as above.
            unsafe { self.encode_many::<UNROLL, STREAM>(src.add(3 * at), out.add(4 * at)) };
            at += UNROLL * Self::VECTOR;
        }
        if STREAM {
            // Only this orders non-temporal stores before later stores.
            _mm_sfence();
        }
        at
    }

    /// Encodes `8 * N` groups, with non-temporal stores if `STREAM` is true. Each vector takes one load instead of
    /// the two of [`Avx2::encode`], which makes this 10% faster.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads from 4 bytes before it to 4 bytes past its groups, and `out` for writes of
    /// their base64. If `STREAM` is true, `out` must be a multiple of 32.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn encode_many<const N: usize, const STREAM: bool>(self, src: *const u8, out: *mut u8) {
        // All loads come before the first store. LLVM keeps that order, and it makes the loop 4% faster.
        let mut bytes = [_mm256_setzero_si256(); N];
        for (i, bytes) in bytes.iter_mut().enumerate() {
            // SAFETY: this reads from 4 bytes before group `8 * i` to 4 bytes past group `8 * i + 7`, and
            // `i < N`.
            *bytes = unsafe { _mm256_loadu_si256(src.add(24 * i).sub(4).cast()) };
        }
        for (i, bytes) in bytes.into_iter().enumerate() {
            let (encoded, out) = (self.encode_spread(bytes, self.inner), out.wrapping_add(32 * i).cast());
            // SAFETY: this writes groups `8 * i` to `8 * i + 7`. For `STREAM`, the caller promises alignment.
            unsafe {
                match STREAM {
                    true => _mm256_stream_si256(out, encoded),
                    false => _mm256_storeu_si256(out, encoded),
                }
            }
        }
    }

    /// Returns the base64 of the 8 groups that `spread` selects from `bytes`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn encode_spread(self, bytes: __m256i, spread: __m256i) -> __m256i {
        let fields = self.separate(bytes, spread);
        // The class is 0 for capital letters, 1 for small letters, and 2 and above for the other characters.
        let class = _mm256_sub_epi8(
            _mm256_subs_epu8(fields, self.last_letter),
            _mm256_cmpgt_epi8(fields, self.last_capital),
        );
        _mm256_add_epi8(fields, _mm256_shuffle_epi8(self.offsets, class))
    }

    /// Returns the fields, each in a byte of its own, of the 8 groups that `spread` selects from `bytes`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn separate(self, bytes: __m256i, spread: __m256i) -> __m256i {
        // The shuffle makes each group two words: one with fields 0 and 1 beginning at bits 10 and 4, and one
        // with fields 2 and 3 beginning at bits 6 and 0. Then fields 0 and 2 move to the low bytes of their
        // words, and 1 and 3 to the high bytes.
        let groups = _mm256_shuffle_epi8(bytes, spread);
        let even = _mm256_srli_epi16(_mm256_mullo_epi16(groups, self.even), 10);
        let odd = _mm256_mullo_epi16(_mm256_and_si256(groups, self.odd_mask), self.odd);
        _mm256_or_si256(even, odd)
    }
}

/// The indexes with which [`Avx2::encode_spread`] selects the bytes of 4 groups from the low half of a vector,
/// beginning at byte `low`, and of 4 groups from the high half, beginning at byte `high`.
const fn spread_256(low: u8, high: u8) -> [u8; 32] {
    let mut index = [0; 32];
    let mut i = 0;
    while i < 32 {
        let start = if i < 16 { low } else { high };
        index[i] = start + (i % 16 / 4 * 3) as u8 + ORDER[i % 4];
        i += 1;
    }
    index
}

/// The difference between a character and its field, by class.
const OFFSETS: [u8; 32] = {
    let mut offsets = [0; 32];
    let mut value = 0;
    while value < 64 {
        let class = match value {
            0..26 => 0,
            26..52 => 1,
            _ => value - 50,
        };
        let offset = ALPHABET[value].wrapping_sub(value as u8);
        // A shuffle looks up the two halves of a vector separately.
        offsets[class] = offset;
        offsets[16 + class] = offset;
        value += 1;
    }
    offsets
};

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

const fn words_256(pair: [u16; 2]) -> __m256i {
    // SAFETY: the sizes are equal, and any bits are a valid `__m256i`.
    unsafe { transmute::<[[u16; 2]; 8], __m256i>([pair; 8]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_selects_the_three_bytes_of_each_group_in_field_order() {
        let groups = |start: u8| (0..8).flat_map(move |g| [1, 0, 2, 1].map(|byte| start + 3 * g + byte));
        for (low, high) in [(0, 4), (4, 0)] {
            let halves = groups(low).take(16).chain(groups(high).take(16));
            assert!(spread_256(low, high).into_iter().eq(halves));
        }
    }

    #[test]
    fn vector_constants_keep_the_order_of_their_bytes() {
        let bytes: [u8; 32] = core::array::from_fn(|i| i as u8);
        // SAFETY: the sizes are equal, and any bits are a valid value of these types.
        let (vector, words) = unsafe {
            (
                transmute::<__m256i, [u8; 32]>(bytes_256(bytes)),
                transmute::<__m256i, [[u16; 2]; 8]>(words_256([1, 2])),
            )
        };
        assert_eq!((vector, words), (bytes, [[1, 2]; 8]));
    }
}
