//! The two instructions of the AVX-512 kernel that Miri does not know, after the
//! pseudo code in Intel's Intrinsics Guide.
//!
//! Under Miri the kernel runs on these. In other tests they check its constants
//! on machines that have no AVX-512.

#[cfg(miri)]
use core::{arch::x86_64::__m512i, mem::transmute};

/// `_mm512_permutexvar_epi8`: `dst[j] := a[idx[j][5:0]]`.
pub(super) fn permutexvar_epi8(idx: [u8; 64], a: [u8; 64]) -> [u8; 64] {
    idx.map(|id| a[usize::from(id & 63)])
}

/// `_mm512_multishift_epi64_epi8`: bit `l` of byte `j` of a lane of `dst` is
/// bit `(ctrl + l) & 63` of that lane of `b`, where `ctrl` is byte `j` of that
/// lane of `a`, `[5:0]`. In other words, the lane is rotated.
pub(super) fn multishift_epi64_epi8(a: [u8; 64], b: [u8; 64]) -> [u8; 64] {
    let (lanes, _) = b.as_chunks();
    core::array::from_fn(|i| {
        let ctrl = u32::from(a[i] & 63);
        u64::from_le_bytes(lanes[i / 8]).rotate_right(ctrl) as u8
    })
}

#[cfg(miri)]
pub(super) fn vpermb(idx: __m512i, a: __m512i) -> __m512i {
    on_bytes(permutexvar_epi8, idx, a)
}

#[cfg(miri)]
pub(super) fn vpmultishiftqb(a: __m512i, b: __m512i) -> __m512i {
    on_bytes(multishift_epi64_epi8, a, b)
}

#[cfg(miri)]
fn on_bytes(f: fn([u8; 64], [u8; 64]) -> [u8; 64], a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: the sizes are the same, and any bits are a value of either type.
    unsafe {
        transmute::<[u8; 64], __m512i>(f(
            transmute::<__m512i, [u8; 64]>(a),
            transmute::<__m512i, [u8; 64]>(b),
        ))
    }
}

/// One vector of the kernel, on its own constants, for all values of a byte in
/// all places.
#[test]
fn constants_of_the_avx512_kernel() {
    use super::{ALPHABET, SHIFTS, spread_512};
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let shifts = core::array::from_fn(|i| SHIFTS[i % 8]);
    for seed in (0..=255u8).step_by(if cfg!(miri) { 51 } else { 1 }) {
        let bytes: [u8; 64] = core::array::from_fn(|i| seed.wrapping_add((97 * i) as u8));
        for start in [0, 16] {
            let groups = permutexvar_epi8(spread_512(start), bytes);
            let fields = multishift_epi64_epi8(shifts, groups);
            let text = permutexvar_epi8(fields, *ALPHABET);
            let start = usize::from(start);
            assert_eq!(text, STANDARD.encode(&bytes[start..start + 48]).as_bytes());
        }
    }
}
