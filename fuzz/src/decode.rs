//! Arbitrary bytes, cut anywhere and decoded into buffers of any length: the result equals that of another decoder on the
//! whole, except that the decoder stops at bytes that are not base64.

use super::judged::Judged;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use niello::{
    base64::{Backend, DecodeError, Padding, Progress},
    bytes::buf::UninitSlice,
};

/// Stands for all bytes that are neither characters nor padding.
const OTHER: u8 = b'!';

/// The character of the standard alphabet for each byte. A table, because a fuzzer instruments each comparison.
static STANDARD_OF: [u8; 256] = {
    let mut table = [OTHER; 256];
    let characters = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    let mut i = 0;
    while i < characters.len() {
        table[characters[i] as usize] = characters[i];
        i += 1;
    }
    table[b'-' as usize] = b'+';
    table[b'_' as usize] = b'/';
    table
};

/// Surrounds the output, and must not be written.
const UNTOUCHED: [u8; 64] = [0xa5; 64];

/// The largest input: more than the unrolled loops of all kernels decode at a time.
const MAX: usize = 340;

pub fn decode(data: &[u8], judged: &mut Judged) {
    let Some((&[how, cut, room, offset], bytes)) = data.split_first_chunk::<4>() else { return };
    let bytes = &bytes[..bytes.len().min(MAX)];
    // Most bytes of a fuzzer are not base64, so half of the inputs are made of characters.
    let bytes: Vec<u8> = match how & 1 {
        0 => bytes.to_vec(),
        _ => STANDARD.encode(bytes).into_bytes(),
    };
    // And the alphabet of some is changed.
    let bytes: Vec<u8> = match how & 2 {
        0 => bytes,
        _ => bytes
            .into_iter()
            .enumerate()
            .map(|(i, byte)| url_safe(byte, usize::from(how) >> (i % 8) & 1))
            .collect(),
    };
    let padding = if how & 4 == 0 { Padding::Required } else { Padding::Optional };
    // The other implementation knows one alphabet at a time.
    let standard: Vec<u8> = bytes.iter().map(|byte| STANDARD_OF[usize::from(*byte)]).collect();
    let end = standard.iter().position(|byte| *byte == OTHER).unwrap_or(bytes.len());
    let expected = oracle(&standard[..end], padding);
    let padded = oracle(&standard, Padding::Required);

    judged.case();
    for backend in Backend::available() {
        let whole = in_parts(backend, &bytes, usize::MAX, usize::MAX, 0, padding);
        assert_eq!(whole.as_ref().ok().map(|whole| &whole.0), expected.as_ref(), "{backend}");
        let parts = in_parts(backend, &bytes, cut.into(), room.into(), usize::from(offset % 64), padding);
        assert_eq!(parts, whole, "{backend}");
        if let Ok((_, read)) = parts {
            assert_eq!(read, end);
        }

        judged.step(expected.as_ref().map_or(0, Vec::len));

        let mut out = vec![0; bytes.len()];
        let result = backend.decode(&bytes, &mut out[..]);
        match &padded {
            Some(expected) => assert_eq!(&out[..result.unwrap()], *expected, "{backend}"),
            None => assert!(result.unwrap_err().position() <= end as u64, "{backend}"),
        }
    }
}

fn url_safe(byte: u8, change: usize) -> u8 {
    match byte {
        b'+' if change > 0 => b'-',
        b'/' if change > 0 => b'_',
        _ => byte,
    }
}

/// Decodes parts of about `cut` bytes into buffers of about `room`, until the end or the first byte that is not base64.
/// Returns the bytes and how much was read.
fn in_parts(
    backend: Backend,
    mut src: &[u8],
    cut: usize,
    room: usize,
    offset: usize,
    padding: Padding,
) -> Result<(Vec<u8>, usize), DecodeError> {
    let mut decoder = backend.decoder();
    let mut bytes = Vec::new();
    let len = src.len();
    let mut out = vec![0; offset + src.len() + 3 + UNTOUCHED.len()];
    // The lengths vary, so that groups are cut at each place, and there is room for one after at most four calls.
    for i in 0.. {
        let part = &src[..cut.saturating_add(i % 7).min(src.len())];
        let room = room.saturating_add(i % 4).min(part.len() + 3);
        let (before, out) = out.split_at_mut(offset);
        let (out, after) = out.split_at_mut(room);
        before.copy_from_slice(&UNTOUCHED[..offset]);
        after[..UNTOUCHED.len()].copy_from_slice(&UNTOUCHED);
        let Progress { read, written } = decoder.decode(part, UninitSlice::new(out))?;
        assert!(*before == UNTOUCHED[..offset] && after[..UNTOUCHED.len()] == UNTOUCHED);
        bytes.extend_from_slice(&out[..written]);
        src = &src[read..];
        let is_stopped = read < part.len() && room - written >= 3;
        if src.is_empty() || is_stopped {
            break;
        }
    }
    let at = decoder.position();
    assert_eq!(at, (len - src.len()) as u64);
    let mut out = [0; 2];
    let n = decoder.finish(padding, UninitSlice::new(&mut out))?;
    bytes.extend_from_slice(&out[..n]);
    Ok((bytes, len - src.len()))
}

/// Decodes with another implementation.
fn oracle(standard: &[u8], padding: Padding) -> Option<Vec<u8>> {
    let unpadded = || match padding {
        Padding::Required => None,
        Padding::Optional => STANDARD_NO_PAD.decode(standard).ok(),
    };
    STANDARD.decode(standard).ok().or_else(unpadded)
}
