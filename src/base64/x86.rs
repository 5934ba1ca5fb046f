//! The kernels for x86-64, in two versions each: one for [AVX-512 VBMI](avx512), and one for [AVX2](avx2).
//!
//! The encoders and decoders count in groups: group `g` is the 3 bytes of media at `3 * g` and the 4 characters at `4 * g`.
//! The kernels for Huffman streams count in bytes.
//!
//! # Encoders
//!
//! They return the number of bytes they encoded: all whole groups of three bytes if these fill at least one vector, and
//! otherwise 0.
//!
//! The last vector ends with the last group and therefore usually overlaps the one before it. That is faster than encoding
//! the remaining groups one by one, and gives the same output. If another process changes the source in between, the output
//! is a mixture of old and new content, as it is for any file that changes while it is read.
//!
//! # Decoders
//!
//! They decode whole groups up to the first byte that is not in the alphabets, and return how many characters precede that
//! byte or the end. The output of later groups is unspecified.
//!
//! A loop decodes several vectors until one of them contains another byte. From there on, and at the end, vectors are decoded
//! one at a time. Each reports where its first other byte is, so that short runs of characters need no scalar code.
//!
//! # Huffman streams
//!
//! The kernels for [Huffman streams](super::huffman) separate the fields as the encoders do, look up their codes, and
//! combine four codes into three bytes again. The output begins with the last group of the source: where `end` bytes of the
//! source are left, the next output belongs at `out + len - end`. As with the encoders, vectors at the ends may overlap
//! others.

pub(super) mod avx2;
pub(super) mod avx512;
mod cache;

/// The order of the bytes of a group in which each of its four fields is contiguous: fields 0 and 1 are in the
/// first two bytes, 2 and 3 in the other two, with the high byte last.
const ORDER: [u8; 4] = [1, 0, 2, 1];

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

/// Multipliers that combine two fields of 6 bits, and two pairs of fields.
const PAIR: i16 = i16::from_le_bytes([1 << 6, 1]);
const QUAD: i32 = 1 << 12 | 1 << 16;

/// An index for bytes that are not used: it makes a shuffle of AVX2 write zeros.
const UNUSED: u8 = 0x80;

/// The index of byte `i` of the output among groups in double words with their lowest byte last.
const fn packed_byte(i: usize) -> u8 {
    (i / 3 * 4 + 2 - i % 3) as u8
}

/// The indexes of the bytes of `N / 4` groups, as in [`packed_byte`].
const fn packed<const N: usize>() -> [u8; N] {
    let mut index = [UNUSED; N];
    let mut i = 0;
    while i < N / 4 * 3 {
        index[i] = packed_byte(i);
        i += 1;
    }
    index
}

/// The indexes that move the 3 bytes of `N / 4` groups from the low bytes of their double words to the first bytes of
/// a vector, in reverse order.
const fn packed_backwards<const N: usize>() -> [u8; N] {
    let mut index = [UNUSED; N];
    let mut i = 0;
    while i < N / 4 * 3 {
        index[i] = (N - 4 - i / 3 * 4 + i % 3) as u8;
        i += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

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
