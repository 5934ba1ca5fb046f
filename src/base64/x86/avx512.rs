//! The AVX-512 VBMI kernels: the encoder is here, those of the [decoder](decode) and of [Huffman streams](huffman) are in files
//! of their own.

use super::{
    super::ALPHABET,
    ORDER, avx2,
    cache::{self, TO_L2, ahead_to_l1, ahead_to_l2, prefetch_to_l1, prefetch_to_l2},
    groups_to_aligned,
};
use core::{arch::x86_64::*, mem::transmute};
// The names of these instructions are shorter than those of their functions.
use core::arch::x86_64::{
    _mm512_multishift_epi64_epi8 as vpmultishiftqb, _mm512_permutex2var_epi8 as vpermi2b,
    _mm512_permutexvar_epi8 as vpermb,
};

pub(in crate::base64) mod decode;
pub(in crate::base64) mod huffman;
#[cfg(test)]
mod model;

/// Returns `true` if this CPU can run the AVX-512 VBMI kernels.
#[inline]
pub(in crate::base64) fn has_avx512() -> bool {
    // The compiler assumes that VBMI implies AVX-512 BW.
    avx2::has_avx2()
        && std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512vbmi")
}

/// The indexes with which [`Avx512::separate`] selects the bytes of 16 groups, beginning at byte `start`.
const fn spread_512(start: u8) -> [u8; 64] {
    let mut index = [0; 64];
    let mut i = 0;
    while i < 64 {
        index[i] = start + (i / 4 * 3) as u8 + ORDER[i % 4];
        i += 1;
    }
    index
}

/// The first bits of the fields of two groups whose bytes are in the order of [`ORDER`].
const SHIFTS: [u8; 8] = [10, 4, 22, 16, 32 + 10, 32 + 4, 32 + 22, 32 + 16];

/// Encodes 16 groups at a time with three instructions (Mula and Lemire, arXiv:1910.05109).
///
/// # Safety
///
/// - [`has_avx512`] must be true.
/// - `src` must be valid for reads of `len` bytes, except that another process may write to them.
/// - `out` must be valid for writes of the base64 of `len` bytes.
/// - The two must not overlap.
#[target_feature(enable = "avx2,avx512f,avx512vbmi")]
pub(in crate::base64) unsafe fn encode(src: *const u8, len: usize, out: *mut u8) -> usize {
    const VECTOR: usize = 16;
    /// The smallest number of groups for which an extra vector aligns the stores. On Zen 4 that gains 6 to 8%
    /// from here on, and costs up to 3% below.
    const LONG: usize = 64 * VECTOR;

    let groups = len / 3;
    // A load reads 64 bytes, of which 48 are used. 22 groups are 66 bytes.
    if groups < 22 {
        // SAFETY: `has_avx512` implies `has_avx2`, and the other requirements are the same.
        return unsafe { avx2::encode::<false>(src, len, out) };
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

    let (to_l1, to_l2) = (ahead_to_l1(groups), ahead_to_l2(groups));
    // From here on, each load ends with its last group. It needs no bytes after that group, but 16 bytes before
    // the first one, which exist because `at >= 16`.
    if groups >= LONG && cache::is_outgrown_by(3 * groups) && out.addr().is_multiple_of(4) {
        while at + 4 * VECTOR < groups {
            if at + to_l1 < groups {
                prefetch_to_l1::<3, 0>(src.wrapping_add(3 * (at + to_l1)), out);
            } else if at + to_l2 < groups {
                prefetch_to_l2::<1>(src.wrapping_add(3 * (at + to_l2)));
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
    while at + to_l1 < groups {
        let next = at + to_l1;
        prefetch_to_l1::<3, 4>(src.wrapping_add(3 * next), out.wrapping_add(4 * next));
        for _ in 0..4 {
            // SAFETY: `16 <= at`. By the condition of the loop, `to_l1` is not `groups`, so it is at least 66, as asserted in
            // `ahead_to_l1`. So before the first vector, `at + 64 < groups`.
            unsafe { k.encode(src.add(3 * at - 16), k.last48, out.add(4 * at)) };
            at += VECTOR;
        }
    }
    while at + to_l2 < groups {
        /// LLVM unrolls the loop over a pair, with which prefetching gains up to 0.1 more.
        const PAIRS: usize = TO_L2 / (2 * VECTOR);
        const { assert!(PAIRS > 0, "the loop advances") };
        prefetch_to_l2::<1>(src.wrapping_add(3 * (at + to_l2)));
        for _ in 0..PAIRS {
            for _ in 0..2 {
                // SAFETY: `16 <= at`. The outer loop runs only if `to_l2` is `TO_L2` and more than `TO_L2` groups are left. All
                // pairs together have at most `TO_L2` groups, so `at + 16 < groups` before each vector.
                unsafe { k.encode(src.add(3 * at - 16), k.last48, out.add(4 * at)) };
                at += VECTOR;
            }
        }
    }
    // Unrolling this loop, which prefetches nothing, 2, 4, 8 or 16 times gains nothing.
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

/// The constants that [`encode`] keeps in registers.
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
    fn separate(self, bytes: __m512i, spread: __m512i) -> __m512i {
        vpmultishiftqb(self.shifts, vpermb(spread, bytes))
    }
}

const fn bytes_512(bytes: [u8; 64]) -> __m512i {
    // SAFETY: the sizes are equal, and any bits are a valid `__m512i`.
    unsafe { transmute::<[u8; 64], __m512i>(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_selects_the_three_bytes_of_each_group_in_field_order() {
        for start in [0, 16] {
            let groups = (0..16).flat_map(|g| [1, 0, 2, 1].map(|byte| start + 3 * g + byte));
            assert!(spread_512(start).into_iter().eq(groups));
        }
    }

    #[test]
    fn vector_constants_keep_the_order_of_their_bytes() {
        let bytes: [u8; 64] = core::array::from_fn(|i| i as u8);
        // SAFETY: the sizes are equal, and any bits are a valid value of these types.
        assert_eq!(unsafe { transmute::<__m512i, [u8; 64]>(bytes_512(bytes)) }, bytes);
    }
}
