//! The NEON kernel of the decoder.

use super::{super::decode::VALUES, VECTOR, combine};
use core::{arch::aarch64::*, mem::transmute};

/// A bit that is set in every field. Where the index is too large, a look-up returns zero, so a byte without this bit is not a
/// field.
const GOOD: u8 = 1 << 7;

/// The first bytes of the two tables. The second table ends with `z`. No character of base64 is outside of them.
const LOW: u8 = b'+';
const HIGH: u8 = LOW + 48;

/// The fields of the `N` bytes from `first` on, marked as [`GOOD`], and zero for bytes that are not in the alphabets.
const fn fields<const N: usize>(first: u8) -> [u8; N] {
    let mut fields = [0; N];
    let mut i = 0;
    while i < N {
        let field = VALUES[first as usize + i];
        if field < 64 {
            fields[i] = GOOD | field;
        }
        i += 1;
    }
    fields
}

/// Decodes whole groups up to the first byte that is not in the alphabets, and returns how many characters precede that
/// byte or the end. Group `g` is the 4 characters at `src + 4 * g` and the 3 bytes at `out + 3 * g`. The output of later
/// groups is unspecified.
///
/// # Safety
///
/// - [`has_neon`](super::has_neon) must be true.
/// - There must be at least 16 groups.
/// - `src` must be valid for reads of `groups` groups of 4 bytes, and `out` for writes of as many groups of 3.
/// - The two must not overlap.
#[target_feature(enable = "neon")]
pub(in super::super) unsafe fn decode(src: *const u8, groups: usize, out: *mut u8) -> usize {
    let k = Neon::new();
    let mut at = 0;
    while at + VECTOR < groups {
        // SAFETY: `at + 16 < groups`.
        if let Some(count) = unsafe { k.decode(src.add(4 * at), out.add(3 * at)) } {
            return 4 * at + count;
        }
        at += VECTOR;
    }
    let at = groups - VECTOR;
    // SAFETY: `at + 16 == groups`, and the caller promises that there are 16 groups.
    let count = unsafe { k.decode(src.add(4 * at), out.add(3 * at)) };
    4 * at + count.unwrap_or(4 * VECTOR)
}

/// The tables that [`decode`] keeps in registers.
#[derive(Clone, Copy)]
struct Neon {
    low: uint8x16x3_t,
    high: uint8x16x2_t,
}

impl Neon {
    #[inline]
    fn new() -> Neon {
        const {
            // SAFETY: the sizes are equal, and any bits are a valid value of these types.
            unsafe {
                Neon {
                    low: transmute::<[u8; 48], uint8x16x3_t>(fields(LOW)),
                    high: transmute::<[u8; 32], uint8x16x2_t>(fields(HIGH)),
                }
            }
        }
    }

    /// Decodes 16 groups and returns the number of characters before the first other byte. The output of groups from that
    /// byte on is unspecified.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads of 64 bytes and `out` for writes of 48.
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn decode(self, src: *const u8, out: *mut u8) -> Option<usize> {
        // SAFETY: the caller promises that `src` is valid. The load needs no alignment.
        let uint8x16x4_t(a, b, c, d) = unsafe { vld4q_u8(src) };
        let [a, b, c, d] = [self.look_up(a), self.look_up(b), self.look_up(c), self.look_up(d)];
        let [first, second, third] = combine([a, b, c, d]);
        // SAFETY: the caller promises that `out` is valid. The store needs no alignment.
        unsafe { vst3q_u8(out, uint8x16x3_t(first, second, third)) };
        let all = vandq_u8(vandq_u8(a, b), vandq_u8(c, d));
        (vminvq_u8(all) < GOOD).then(|| count_good([a, b, c, d]))
    }

    /// Returns the fields of the characters, marked as [`GOOD`], and zero for other bytes.
    #[inline]
    #[target_feature(enable = "neon")]
    fn look_up(self, characters: uint8x16_t) -> uint8x16_t {
        let low = vqtbl3q_u8(self.low, vsubq_u8(characters, vdupq_n_u8(LOW)));
        let high = vqtbl2q_u8(self.high, vsubq_u8(characters, vdupq_n_u8(HIGH)));
        vorrq_u8(low, high)
    }
}

/// Returns the number of characters before the first that is not [`GOOD`].
#[inline]
#[target_feature(enable = "neon")]
fn count_good([a, b, c, d]: [uint8x16_t; 4]) -> usize {
    // The marks of a group become the high half of a byte, the first one lowest, and then 4 bits of 64.
    let marks = vsriq_n_u8::<1>(d, vsriq_n_u8::<1>(c, vsriq_n_u8::<1>(b, a)));
    let halves = vreinterpretq_u16_u8(vshrq_n_u8::<4>(marks));
    let marks = vmovn_u16(vsraq_n_u16::<4>(halves, halves));
    vget_lane_u64::<0>(vreinterpret_u64_u8(marks)).trailing_ones() as usize
}
