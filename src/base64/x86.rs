//! The AVX-512 VBMI and AVX2 kernels.
//!
//! Both return how many bytes they encoded: all whole groups of three if there
//! are enough of them for one vector, and otherwise none. Both count in groups:
//! group `g` is the 3 bytes at `src + 3 * g` and the 4 characters at `out + 4 * g`.
//!
//! The last vector is placed so that it ends with the last group, and so it mostly
//! overlaps the one before. That costs less than encoding what is left one group
//! at a time, and it makes the same text, unless another process changes the
//! source in between. Then the text is that of some mix of the two states, which
//! is all that anyone can expect of a file that changes while it is read.

use core::{arch::x86_64::*, mem::transmute, ptr::read_volatile};

#[cfg(not(miri))]
use core::arch::x86_64::{_mm512_multishift_epi64_epi8 as vpmultishiftqb, _mm512_permutexvar_epi8 as vpermb};

// Miri runs the kernels, but these two instructions it does not know.
#[cfg(miri)]
use model::{vpermb, vpmultishiftqb};

use super::ALPHABET;

#[cfg(any(test, miri))]
mod model;

/// Returns true if this CPU can run [`encode_avx512`].
#[inline]
pub(super) fn has_avx512() -> bool {
    // The compiler takes AVX-512 BW to come with VBMI.
    has_avx2()
        && std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512vbmi")
}

/// Returns true if this CPU can run [`encode_avx2`].
#[inline]
pub(super) fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2")
}

/// Returns how many groups, at least one and at most a vector of them, come
/// before the next address in `out` that is a multiple of `vector`. If whole
/// groups do not lead to one, this is a vector of them.
///
/// Stores that straddle cache lines cost about 5 % with AVX2 on Zen 3, and a
/// large `Vec` from glibc, which starts 16 bytes into a page, has them.
#[inline]
fn groups_to_aligned(out: *mut u8, vector: usize) -> usize {
    let gap = vector - out.addr() % vector;
    if gap.is_multiple_of(4) { gap / 4 } else { vector / 4 }
}

/// Encodes 16 groups at a time with three instructions (Mula and Lemire,
/// arXiv:1910.05109).
///
/// # Safety
///
/// * [`has_avx512`] must be true.
/// * `src` must be valid for reads of `len` bytes, except that another process
///   may write to them.
/// * `out` must be valid for writes of the text of `len` bytes.
/// * The two must not overlap.
#[target_feature(enable = "avx2,avx512f,avx512vbmi")]
pub(super) unsafe fn encode_avx512(src: *const u8, len: usize, out: *mut u8) -> usize {
    const VECTOR: usize = 16;
    /// The fewest groups for which the alignment gets one more vector: below,
    /// that costs up to 3 %, from here on it wins 6 to 8 % on Zen 4.
    const LONG: usize = 64 * VECTOR;

    let groups = len / 3;
    // A load takes in 64 bytes, of which it uses 48. 22 groups have them.
    if groups < 22 {
        // SAFETY: `has_avx512` asks for AVX2 as well, and the rest of the
        // contract is the same.
        return unsafe { encode_avx2(src, len, out) };
    }

    let k = Avx512::new();
    // SAFETY: there are 22 groups, which is 66 bytes, so 64 can be read.
    unsafe { k.encode(src, k.first48, out) };
    let mut at = VECTOR;
    if groups >= LONG {
        let skip = groups_to_aligned(out, 64);
        // SAFETY: `skip <= 16`, so this reads bytes up to 48 + 64 and writes
        // groups up to 16 + 16, and there are `LONG` groups.
        unsafe { k.encode(src.add(3 * skip), k.first48, out.add(4 * skip)) };
        at = skip + VECTOR;
    }

    // From here on loads end where their last group does. Thus they need no
    // bytes past it, but 16 before their first group, and `at >= 16`.
    // Unrolled 2, 4, 8 or 16 times the loop is as fast.
    while at + VECTOR < groups {
        // SAFETY: `16 <= at` and `at + 16 < groups`.
        unsafe { k.encode(src.add(3 * at - 16), k.last48, out.add(4 * at)) };
        at += VECTOR;
    }
    let at = groups - VECTOR;
    // SAFETY: `at + 16 == groups`, and `groups >= 22` makes `at` at least 6,
    // before which there are 18 bytes.
    unsafe { k.encode(src.add(3 * at - 16), k.last48, out.add(4 * at)) };
    3 * groups
}

/// What [`encode_avx512`] keeps in registers.
#[derive(Clone, Copy)]
struct Avx512 {
    first48: __m512i,
    last48: __m512i,
    shifts: __m512i,
    alphabet: __m512i,
}

impl Avx512 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new() -> Avx512 {
        Avx512 {
            first48: const { bytes_512(spread_512(0)) },
            last48: const { bytes_512(spread_512(16)) },
            shifts: _mm512_set1_epi64(i64::from_le_bytes(SHIFTS)),
            alphabet: const { bytes_512(*ALPHABET) },
        }
    }

    /// Encodes the 16 groups that `spread` finds in the 64 bytes at `src`.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads and `out` for writes of 64 bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi")]
    unsafe fn encode(self, src: *const u8, spread: __m512i, out: *mut u8) {
        // SAFETY: the caller vouches for it. The load needs no alignment.
        let bytes = unsafe { _mm512_loadu_si512(src.cast()) };
        let groups = vpermb(spread, bytes);
        let fields = vpmultishiftqb(self.shifts, groups);
        // The two bits above each field are noise, which vpermb disregards.
        let text = vpermb(fields, self.alphabet);
        // SAFETY: as for the load.
        unsafe { _mm512_storeu_si512(out.cast(), text) };
    }
}

/// The order of the bytes of a group in which each of its four fields is in
/// one piece: 0 and 1 in the first two, 2 and 3 in the others, high byte last.
const ORDER: [u8; 4] = [1, 0, 2, 1];

/// Where [`Avx512::encode`] finds the bytes of 16 groups from byte `start` on.
const fn spread_512(start: u8) -> [u8; 64] {
    let mut index = [0; 64];
    let mut i = 0;
    while i < 64 {
        index[i] = start + (i / 4 * 3) as u8 + ORDER[i % 4];
        i += 1;
    }
    index
}

/// The bits at which the fields of two groups in that order start.
const SHIFTS: [u8; 8] = [10, 4, 22, 16, 32 + 10, 32 + 4, 32 + 22, 32 + 16];

/// Encodes 8 groups at a time.
///
/// # Safety
///
/// [`has_avx2`] must be true. The rest is as for [`encode_avx512`].
#[target_feature(enable = "avx2")]
pub(super) unsafe fn encode_avx2(src: *const u8, len: usize, out: *mut u8) -> usize {
    const VECTOR: usize = 8;
    /// 4 is slower by 4 %, and all that 8 costs is code.
    const UNROLL: usize = 8;
    /// The fewest groups for which the long loop is worth its setup.
    const LONG: usize = 16 * VECTOR;

    let groups = len / 3;
    if groups < VECTOR {
        return 0;
    }

    let k = Avx2::new();
    // SAFETY: there are 8 groups.
    unsafe { k.encode(src, out) };
    let mut at = VECTOR;
    if groups >= LONG {
        let skip = groups_to_aligned(out, 32);
        // SAFETY: `skip <= 8`, and there are more than 8 + 8 groups.
        unsafe { k.encode(src.add(3 * skip), out.add(4 * skip)) };
        at = skip + VECTOR;
        // The load of the last vector takes in 4 bytes past its groups.
        // Hence two groups more.
        while at + UNROLL * VECTOR + 2 <= groups {
            // SAFETY: the condition of the loop says that 64 groups follow
            // and two more, of which the load needs 4 bytes. It needs 4 before
            // `at` as well, and `at >= 8`.
            unsafe { k.encode_many::<UNROLL>(src.add(3 * at), out.add(4 * at)) };
            at += UNROLL * VECTOR;
        }
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

/// What [`encode_avx2`] keeps in registers.
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
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new() -> Avx2 {
        // LLVM knows that a product with these is a shift, for which AVX2 has
        // no instruction, and makes it a long sequence that takes twice the
        // time. A volatile read hides the values at the price of a plain load.
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
        // SAFETY: the 16 bytes at 0 and those at 8 are within the 24 that the
        // caller vouches for, as it does for `out`. Neither the loads nor the
        // store need an alignment.
        unsafe {
            let bytes = _mm256_loadu2_m128i(src.add(8).cast(), src.cast());
            _mm256_storeu_si256(out.cast(), self.text(bytes, self.outer));
        }
    }

    /// Encodes 8 groups `N` times, with one load where [`Avx2::encode`] has
    /// two, which makes it 10 % faster.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads from 4 bytes before it to 4 bytes past
    /// its groups, and `out` for writes of their text.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn encode_many<const N: usize>(self, src: *const u8, out: *mut u8) {
        // All loads stand before the first store, because LLVM keeps that
        // order, and the loop is 4 % faster for it.
        let mut bytes = [_mm256_setzero_si256(); N];
        for (i, bytes) in bytes.iter_mut().enumerate() {
            // SAFETY: this reads from 4 bytes before group `8 * i` to 4 past
            // group `8 * i + 7`, and `i < N`.
            *bytes = unsafe { _mm256_loadu_si256(src.add(24 * i).sub(4).cast()) };
        }
        for (i, bytes) in bytes.into_iter().enumerate() {
            // SAFETY: this writes groups `8 * i` to `8 * i + 7`.
            unsafe { _mm256_storeu_si256(out.add(32 * i).cast(), self.text(bytes, self.inner)) };
        }
    }

    /// Returns the text of the 8 groups that `spread` finds in `bytes`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn text(self, bytes: __m256i, spread: __m256i) -> __m256i {
        // Each group is two words now, one with fields 0 and 1 from bit 10
        // and bit 4 on, and one with fields 2 and 3 from bit 6 and bit 0 on.
        // Fields 0 and 2 go to the low byte of their word, 1 and 3 to the
        // high one.
        let groups = _mm256_shuffle_epi8(bytes, spread);
        let even = _mm256_srli_epi16(_mm256_mullo_epi16(groups, self.even), 10);
        let odd = _mm256_mullo_epi16(_mm256_and_si256(groups, self.odd_mask), self.odd);
        let fields = _mm256_or_si256(even, odd);
        // 0 for capitals, 1 for the other letters, from 2 on for the rest.
        let class = _mm256_sub_epi8(
            _mm256_subs_epu8(fields, self.last_letter),
            _mm256_cmpgt_epi8(fields, self.last_capital),
        );
        _mm256_add_epi8(fields, _mm256_shuffle_epi8(self.offsets, class))
    }
}

/// Where [`Avx2::text`] finds the bytes of 4 groups from byte `low` on of the
/// low half of a vector, and of 4 from byte `high` on of the high half.
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

/// What to add to a field of each class to get its character.
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
        // A shuffle looks up each half of a vector on its own.
        offsets[class] = offset;
        offsets[16 + class] = offset;
        value += 1;
    }
    offsets
};

const fn bytes_256(bytes: [u8; 32]) -> __m256i {
    // SAFETY: the sizes are the same, and any bits are a value of `__m256i`.
    unsafe { transmute::<[u8; 32], __m256i>(bytes) }
}

const fn words_256(pair: [u16; 2]) -> __m256i {
    // SAFETY: as above.
    unsafe { transmute::<[[u16; 2]; 8], __m256i>([pair; 8]) }
}

const fn bytes_512(bytes: [u8; 64]) -> __m512i {
    // SAFETY: as above, for `__m512i`.
    unsafe { transmute::<[u8; 64], __m512i>(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made while compiling, made once more: each group takes its own 3 bytes, in the order of its fields.
    #[test]
    fn a_spread_takes_three_bytes_for_each_group() {
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
    fn vectors_are_made_of_their_bytes_in_order() {
        let bytes: [u8; 64] = core::array::from_fn(|i| i as u8);
        let half: [u8; 32] = core::array::from_fn(|i| i as u8);
        // SAFETY: the sizes are the same, and any bits are a value of each of these.
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
    fn stores_get_aligned_where_whole_groups_lead_there() {
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
