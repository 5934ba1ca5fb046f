//! The AVX-512 VBMI and AVX2 kernels for [Huffman streams](super::super::huffman).
//!
//! Both separate the fields as the encoders do, look up their codes, and combine four codes into three bytes again. The
//! output begins with the last group of the source: where `end` bytes of the source are left, the next output belongs
//! at `out + len - end`.
//!
//! As with the encoders, vectors at the ends may overlap others.

use super::{
    super::huffman::{CODES, code, huffman_portable},
    PAIR, QUAD, bytes_256, bytes_512, cache, encode, twice, vpermb,
};
use core::arch::x86_64::*;

/// The indexes that move the 3 bytes of `N / 4` groups from the low bytes of their double words to the first bytes of
/// a vector, in reverse order.
const fn pack<const N: usize>() -> [u8; N] {
    // An index with the highest bit set makes a shuffle of AVX2 write zeros; these bytes are not used.
    let mut index = [0x80; N];
    let mut i = 0;
    while i < N / 4 * 3 {
        index[i] = (N - 4 - i / 3 * 4 + i % 3) as u8;
        i += 1;
    }
    index
}

/// Prefetches the `LINES` cache lines before `end` of the stream that follows this one in a full block of zstd.
///
/// A stream is read from its end, and the next one from an address that is two streams ahead of where this one was left.
/// No CPU foresees that: without this, bodies of mapped files are a third slower with AVX-512, and half as fast with AVX2
/// (Zen 5). The lines go to the L2: the L1 has fewer requests in flight, and 15 GB/s are 10 with it (Zen 4). It is only a
/// hint, so the address need not be valid.
#[inline]
#[target_feature(enable = "sse")]
fn prefetch<const LINES: usize>(end: *const u8) {
    const STREAM: usize = 24 * 1024;
    for line in 1..=LINES {
        let line = end.wrapping_add(STREAM).wrapping_sub(64 * line);
        // SAFETY: a prefetch accesses nothing, whatever the address is.
        #[allow(unused_unsafe, reason = "not all versions of the standard library declare it unsafe")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T1>(line.cast())
        };
    }
}

/// Encodes 16 groups at a time.
///
/// # Safety
///
/// - [`has_avx512`](super::has_avx512) must be true.
/// - `src` must be valid for reads of `len` bytes, a multiple of 3, except that another process may write to them.
/// - `out` must be valid for writes of `len` bytes.
/// - The two must not overlap.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vbmi")]
pub(in super::super) unsafe fn huffman_avx512(src: *const u8, len: usize, out: *mut u8) {
    /// Four vectors are three cache lines.
    const UNROLL: usize = 4;

    // A load reads 64 bytes, of which 48 are used.
    if len < 64 {
        // SAFETY: `has_avx512` implies `has_avx2`, and the other requirements are the same.
        return unsafe { huffman_avx2(src, len, out) };
    }
    let k = Avx512::new();
    let (groups, ahead) = (len / 3, cache::ahead(len / 3));
    let mut end = len;
    while end >= UNROLL * 48 + 16 {
        prefetch::<3>(src.wrapping_add(end));
        if ahead < groups {
            cache::prefetch::<0, 3>(src, out.wrapping_add(len - end + 3 * ahead));
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

/// The constants that [`huffman_avx512`] keeps in registers, except for the alphabet of the encoder.
#[derive(Clone, Copy)]
struct Avx512 {
    fields: encode::Avx512,
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
            fields: encode::Avx512::new(),
            codes: const { bytes_512(CODES) },
            pairs: _mm512_set1_epi16(PAIR),
            quads: _mm512_set1_epi32(QUAD),
            pack: const { bytes_512(pack()) },
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

/// Encodes 8 groups at a time.
///
/// # Safety
///
/// [`has_avx2`](super::has_avx2) must be true. The other requirements are those of [`huffman_avx512`].
#[target_feature(enable = "avx2")]
pub(in super::super) unsafe fn huffman_avx2(src: *const u8, len: usize, out: *mut u8) {
    const VECTOR: usize = 24;
    const UNROLL: usize = 4;

    if len < VECTOR {
        // SAFETY: the requirements are the same.
        return unsafe { huffman_portable(src, len, out) };
    }
    let k = Avx2::new();
    // SAFETY: `len >= 24`.
    unsafe { k.encode(src.add(len - VECTOR), out) };
    let (groups, ahead) = (len / 3, cache::ahead(len / 3));
    let mut end = len - VECTOR;
    while end >= UNROLL * VECTOR + 4 {
        prefetch::<2>(src.wrapping_add(end));
        if ahead < groups {
            cache::prefetch::<0, 2>(src, out.wrapping_add(len - end + 3 * ahead));
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

/// The constants that [`huffman_avx2`] keeps in registers.
#[derive(Clone, Copy)]
struct Avx2 {
    fields: encode::Avx2,
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
            fields: encode::Avx2::new(),
            last_letter: _mm256_set1_epi8(51),
            offsets: const { bytes_256(twice(OFFSETS)) },
            pairs: _mm256_set1_epi16(PAIR),
            quads: _mm256_set1_epi32(QUAD),
            pack: const { bytes_256(twice(pack())) },
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
