//! The three newest instructions of the AVX-512 kernels, after the pseudo code in Intel's Intrinsics Guide. They check the
//! kernels' constants on machines without AVX-512.

/// `_mm512_permutexvar_epi8`: `dst[j] := a[idx[j][5:0]]`.
fn permutexvar_epi8(idx: [u8; 64], a: [u8; 64]) -> [u8; 64] {
    idx.map(|id| a[usize::from(id & 63)])
}

/// `_mm512_permutex2var_epi8`: `dst[j] := idx[j][6] ? b[idx[j][5:0]] : a[idx[j][5:0]]`.
fn permutex2var_epi8(a: [u8; 64], idx: [u8; 64], b: [u8; 64]) -> [u8; 64] {
    idx.map(|id| if id & 64 == 0 { a } else { b }[usize::from(id & 63)])
}

/// `_mm512_multishift_epi64_epi8`: bit `l` of byte `j` of a lane of `dst` is
/// bit `(ctrl + l) & 63` of that lane of `b`, where `ctrl` is byte `j` of that
/// lane of `a`, `[5:0]`. In other words, the lane is rotated.
fn multishift_epi64_epi8(a: [u8; 64], b: [u8; 64]) -> [u8; 64] {
    let (lanes, _) = b.as_chunks();
    core::array::from_fn(|i| {
        let ctrl = u32::from(a[i] & 63);
        u64::from_le_bytes(lanes[i / 8]).rotate_right(ctrl) as u8
    })
}

/// One vector of the kernel, on its own constants, for all values of a byte in all places.
#[test]
fn constants_of_the_avx512_kernel() {
    use super::{super::super::ALPHABET, SHIFTS, spread_512};
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let shifts = core::array::from_fn(|i| SHIFTS[i % 8]);
    for seed in 0..=255u8 {
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

/// The tables of the decoder: all characters are looked up, and all bytes of groups are packed.
#[test]
fn constants_of_the_avx512_decoder() {
    use super::{
        super::packed,
        decode::{pack_pair_512, values_512},
    };
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let fields = |first: u8| {
        permutex2var_epi8(values_512(0), core::array::from_fn(|i| first + i as u8), values_512(64))
    };
    for (byte, field) in (0..).zip([fields(0), fields(64)].concat()) {
        let character = match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte,
        };
        let expected = STANDARD.decode([character, b'A', b'A', b'A']).map_or(0xff, |bytes| bytes[0] >> 2);
        assert_eq!(field, expected, "{byte}");
    }

    // Four vectors of groups with their highest byte unused, and the bytes in them.
    let bytes: [u8; 192] = core::array::from_fn(|i| i as u8);
    let groups: Vec<u8> = bytes.chunks(3).flat_map(|group| [group[2], group[1], group[0], 0xa5]).collect();
    let (groups, _) = groups.as_chunks::<64>();
    for n in 0..3 {
        assert_eq!(
            permutex2var_epi8(groups[n], pack_pair_512(n), groups[n + 1]),
            bytes[64 * n..64 * (n + 1)]
        );
    }
    for n in 0..4 {
        assert_eq!(permutexvar_epi8(packed(), groups[n])[..48], bytes[48 * n..48 * (n + 1)]);
    }
}
