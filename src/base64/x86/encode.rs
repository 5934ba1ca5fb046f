//! The AVX-512 VBMI and AVX2 kernels of the encoder.
//!
//! Both return the number of bytes they encoded: all whole groups of three bytes if these fill at least one
//! vector, and otherwise 0. Both count in groups: group `g` is the 3 bytes at `src + 3 * g` and the 4
//! characters at `out + 4 * g`.
//!
//! The last vector ends with the last group and therefore usually overlaps the one before it. That is faster
//! than encoding the remaining groups one by one, and gives the same output. If another process changes the
//! source in between, the output is a mixture of old and new content, as it is for any file that changes
//! while it is read.

use super::{
    super::ALPHABET,
    bytes_256, bytes_512,
    cache::{self, ahead, prefetch},
    vpermb, vpmultishiftqb,
};
use core::{arch::x86_64::*, mem::transmute, ops::Range, ptr::read_volatile};

/// The order of the bytes of a group in which each of its four fields is contiguous: fields 0 and 1 are in the
/// first two bytes, 2 and 3 in the other two, with the high byte last.
const ORDER: [u8; 4] = [1, 0, 2, 1];

/// The indexes with which [`Avx512::separate`] selects the bytes of 16 groups, beginning at byte `start`.
pub(super) const fn spread_512(start: u8) -> [u8; 64] {
    let mut index = [0; 64];
    let mut i = 0;
    while i < 64 {
        index[i] = start + (i / 4 * 3) as u8 + ORDER[i % 4];
        i += 1;
    }
    index
}

/// The first bits of the fields of two groups in that order.
pub(super) const SHIFTS: [u8; 8] = [10, 4, 22, 16, 32 + 10, 32 + 4, 32 + 22, 32 + 16];

/// Returns the number of groups before the next address in `out` that is a multiple of `vector`: at least one
/// and at most a full vector. If no multiple is a whole number of groups away, returns a full vector.
///
/// Stores that straddle cache lines cost about 5% with AVX2 on Zen 3. They occur in a large `Vec` from glibc,
/// which starts 16 bytes into a page.
#[inline]
fn groups_to_aligned(out: *mut u8, vector: usize) -> usize {
    let gap = vector - out.addr() % vector;
    if gap.is_multiple_of(4) { gap / 4 } else { vector / 4 }
}

/// Encodes 16 groups at a time with three instructions (Mula and Lemire, arXiv:1910.05109).
///
/// # Safety
///
/// - [`has_avx512`](super::has_avx512) must be true.
/// - `src` must be valid for reads of `len` bytes, except that another process may write to them.
/// - `out` must be valid for writes of the base64 of `len` bytes.
/// - The two must not overlap.
#[target_feature(enable = "avx2,avx512f,avx512vbmi")]
pub(in super::super) unsafe fn encode_avx512(src: *const u8, len: usize, out: *mut u8) -> usize {
    const VECTOR: usize = 16;
    /// The smallest number of groups for which an extra vector aligns the stores. On Zen 4 that gains 6 to 8%
    /// from here on, and costs up to 3% below.
    const LONG: usize = 64 * VECTOR;

    let groups = len / 3;
    // A load reads 64 bytes, of which 48 are used. 22 groups are 66 bytes.
    if groups < 22 {
        // SAFETY: `has_avx512` implies `has_avx2`, and the other requirements are the same.
        return unsafe { encode_avx2(src, len, out) };
    }

    let k = Avx512::new();
    // SAFETY: there are at least 22 groups, which are 66 bytes, so 64 can be read.
    unsafe { k.encode(src, k.first48, out) };
    let mut at = VECTOR;
    if groups >= LONG {
        let skip = groups_to_aligned(out, 64);
        // SAFETY: `skip <= 16`, so this reads bytes up to 48 + 64 and writes groups up to 16 + 16, and there
        // are at least `LONG` groups.
        unsafe { k.encode(src.add(3 * skip), k.first48, out.add(4 * skip)) };
        at = skip + VECTOR;
    }

    let ahead = ahead(groups);
    // From here on, each load ends with its last group. It needs no bytes after that group, but 16 bytes before
    // the first one, which exist because `at >= 16`.
    if groups >= LONG && cache::is_outgrown_by(3 * groups) && out.addr().is_multiple_of(4) {
        while at + 4 * VECTOR < groups {
            if at + ahead < groups {
                prefetch::<3, 0>(src.wrapping_add(3 * (at + ahead)), out);
            }
            // SAFETY: `16 <= at` and `at + 64 < groups`. `skip` has aligned the stores, because the address of the
            // output is a multiple of a group's 4 bytes.
            unsafe { k.stream_four(src.add(3 * at - 16), out.add(4 * at)) };
            at += 4 * VECTOR;
        }
        // Only this orders non-temporal stores before later stores.
        _mm_sfence();
    }
    // Four vectors take three lines of source.
    while at + ahead < groups {
        prefetch::<3, 4>(src.wrapping_add(3 * (at + ahead)), out.wrapping_add(4 * (at + ahead)));
        for _ in 0..4 {
            // SAFETY: `16 <= at`. `ahead` is at least 64, as asserted there, so before the first vector `at + 64 < groups`.
            unsafe { k.encode(src.add(3 * at - 16), k.last48, out.add(4 * at)) };
            at += VECTOR;
        }
    }
    // Unrolling this loop 2, 4, 8 or 16 times gains nothing.
    while at + VECTOR < groups {
        // SAFETY: `16 <= at` and `at + 16 < groups`.
        unsafe { k.encode(src.add(3 * at - 16), k.last48, out.add(4 * at)) };
        at += VECTOR;
    }
    let at = groups - VECTOR;
    // SAFETY: `at + 16 == groups`, and `groups >= 22` makes `at` at least 6, so there are at least 18 bytes
    // before it.
    unsafe { k.encode(src.add(3 * at - 16), k.last48, out.add(4 * at)) };
    3 * groups
}

/// The constants that [`encode_avx512`] keeps in registers.
#[derive(Clone, Copy)]
pub(super) struct Avx512 {
    pub(super) first48: __m512i,
    pub(super) last48: __m512i,
    shifts: __m512i,
    alphabet: __m512i,
}

impl Avx512 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn new() -> Avx512 {
        Avx512 {
            first48: const { bytes_512(spread_512(0)) },
            last48: const { bytes_512(spread_512(16)) },
            shifts: _mm512_set1_epi64(i64::from_le_bytes(SHIFTS)),
            alphabet: const { bytes_512(*ALPHABET) },
        }
    }

    /// Encodes the 16 groups that `spread` selects from the 64 bytes at `src`.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads and `out` for writes of 64 bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi")]
    unsafe fn encode(self, src: *const u8, spread: __m512i, out: *mut u8) {
        // SAFETY: the caller promises that both are valid. Neither the load nor the store needs alignment.
        unsafe {
            _mm512_storeu_si512(out.cast(), self.encode_spread(_mm512_loadu_si512(src.cast()), spread))
        };
    }

    /// Encodes 64 groups, each of whose vectors begins 16 bytes after its load, with non-temporal stores. One store at a
    /// time is slower: Emerald Rapids writes 10 GB/s instead of 13 to 15.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads of 16 bytes and 64 groups, and `out` for writes of 64 groups. `out` must be a multiple
    /// of 64.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi")]
    unsafe fn stream_four(self, src: *const u8, out: *mut u8) {
        let mut encoded = [_mm512_setzero_si512(); 4];
        for (i, encoded) in encoded.iter_mut().enumerate() {
            // SAFETY: `i < 4`, so this reads at most the 16 bytes and 64 groups that the caller promises.
            let bytes = unsafe { _mm512_loadu_si512(src.add(48 * i).cast()) };
            *encoded = self.encode_spread(bytes, self.last48);
        }
        for (i, encoded) in encoded.into_iter().enumerate() {
            // SAFETY: `i < 4`, and the caller promises that `out` is valid and aligned.
            unsafe { _mm512_stream_si512(out.add(64 * i).cast(), encoded) };
        }
    }

    /// Returns the base64 of the 16 groups that `spread` selects from `bytes`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi")]
    fn encode_spread(self, bytes: __m512i, spread: __m512i) -> __m512i {
        vpermb(self.separate(bytes, spread), self.alphabet)
    }

    /// Returns the fields, each in a byte of its own, of the 16 groups that `spread` selects from `bytes`. The two bits
    /// above each field are garbage, which vpermb ignores.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi")]
    pub(super) fn separate(self, bytes: __m512i, spread: __m512i) -> __m512i {
        vpmultishiftqb(self.shifts, vpermb(spread, bytes))
    }
}

/// Encodes 8 groups at a time.
///
/// # Safety
///
/// [`has_avx2`](super::has_avx2) must be true. The other requirements are those of [`encode_avx512`].
#[target_feature(enable = "avx2")]
pub(in super::super) unsafe fn encode_avx2(src: *const u8, len: usize, out: *mut u8) -> usize {
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
                true => k.encode_long::<true>(src, at..groups, out),
                false => k.encode_long::<false>(src, at..groups, out),
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

/// The constants that [`encode_avx2`] keeps in registers.
#[derive(Clone, Copy)]
pub(super) struct Avx2 {
    pub(super) outer: __m256i,
    pub(super) inner: __m256i,
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
    pub(super) fn new() -> Avx2 {
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

    /// Encodes a range of the groups, except for the last ones, and returns the number of the first one that is left.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads and `out` for writes of the groups up to the end of the range, which must begin with
    /// group 8 or later. If `STREAM` is true, group `range.start` must begin at a multiple of 32 in `out`.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn encode_long<const STREAM: bool>(
        self,
        src: *const u8,
        range: Range<usize>,
        out: *mut u8,
    ) -> usize {
        /// 4 is 4% slower. 8 costs only code size.
        const UNROLL: usize = 8;

        let ahead = ahead(range.end);
        let mut at = range.start;
        // The load of the last vector reads 4 bytes past its groups, so two more groups are required.
        while at + UNROLL * Self::VECTOR + 2 <= range.end {
            if at + ahead < range.end {
                let (src, out) = (src.wrapping_add(3 * (at + ahead)), out.wrapping_add(4 * (at + ahead)));
                match STREAM {
                    true => prefetch::<3, 0>(src, out),
                    false => prefetch::<3, 4>(src, out),
                }
            }
            // SAFETY: by the condition of the loop, 64 groups follow, and two more, of which the last load reads 4
            // bytes. The first load also reads 4 bytes before `at`, which exist because `at >= 8`.
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
    pub(super) fn separate(self, bytes: __m256i, spread: __m256i) -> __m256i {
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

const fn words_256(pair: [u16; 2]) -> __m256i {
    // SAFETY: the sizes are equal, and any bits are a valid `__m256i`.
    unsafe { transmute::<[[u16; 2]; 8], __m256i>([pair; 8]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_selects_the_three_bytes_of_each_group_in_field_order() {
        let groups = |start: u8| (0..16).flat_map(move |g| [1, 0, 2, 1].map(|byte| start + 3 * g + byte));
        for start in [0, 16] {
            assert!(spread_512(start).into_iter().eq(groups(start)));
        }
        for (low, high) in [(0, 4), (4, 0)] {
            let halves = groups(low).take(16).chain(groups(high).take(16));
            assert!(spread_256(low, high).into_iter().eq(halves));
        }
    }

    #[test]
    fn vector_constants_keep_the_order_of_their_bytes() {
        let bytes: [u8; 64] = core::array::from_fn(|i| i as u8);
        let half: [u8; 32] = core::array::from_fn(|i| i as u8);
        // SAFETY: the sizes are equal, and any bits are a valid value of these types.
        let (whole, low, words) = unsafe {
            (
                transmute::<__m512i, [u8; 64]>(bytes_512(bytes)),
                transmute::<__m256i, [u8; 32]>(bytes_256(half)),
                transmute::<__m256i, [[u16; 2]; 8]>(words_256([1, 2])),
            )
        };
        assert_eq!((whole, low, words), (bytes, half, [[1, 2]; 8]));
    }

    #[test]
    fn stores_are_aligned_if_whole_groups_lead_to_an_aligned_address() {
        for vector in [32, 64] {
            for address in 4096..4096 + 3 * vector {
                let groups = groups_to_aligned(core::ptr::without_provenance_mut(address), vector);
                assert!((1..=vector / 4).contains(&groups), "{groups} from {address}");
                match address % 4 {
                    0 => assert_eq!((address + 4 * groups) % vector, 0, "{address}"),
                    _ => assert_eq!(groups, vector / 4, "{address}"),
                }
            }
        }
    }
}
