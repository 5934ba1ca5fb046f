//! Tests of every backend that this CPU can run, against the definition: the base64 of another implementation, coded one
//! character at a time.

use super::super::{
    Input,
    tests::{CANARY, noise},
};
use super::*;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Returns the Huffman stream of whole groups.
fn stream(src: &[u8]) -> Vec<u8> {
    let mut characters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".to_owned();
    characters.sort();
    let rank = |c: &u8| characters.binary_search(c).unwrap() as u32;
    let text = STANDARD.encode(src);
    let mut bytes: Vec<u8> = text
        .as_bytes()
        .chunks(4)
        .flat_map(|group| {
            group.iter().fold(0, |bits, c| bits << 6 | rank(c)).to_be_bytes().into_iter().skip(1)
        })
        .collect();
    bytes.reverse();
    bytes
}

/// Encodes to `out[at..]` with every backend, and checks that only the output is written.
fn check_at(src: &[u8], out: &mut [u8], at: usize) {
    let want = stream(src);
    for backend in Backend::available() {
        out.fill(CANARY);
        backend.huffman(src, &mut out[at..]);
        assert!(out[at..at + want.len()] == *want, "{backend}: {} bytes to {at}", src.len());
        let untouched = |bytes: &[u8]| bytes.iter().all(|byte| *byte == CANARY);
        assert!(
            untouched(&out[..at]) && untouched(&out[at + want.len()..]),
            "{backend}: {} bytes",
            src.len()
        );
    }
}

fn check(src: &[u8]) {
    check_at(src, &mut vec![0; src.len() + 64], 0);
}

#[test]
fn every_length_up_to_900() {
    let src = noise(900);
    for len in (0..=900).step_by(3) {
        check(&src[..len]);
    }
}

/// Multiples of the block of the portable code, and a stream of a full block of zstd.
#[test]
fn lengths_around_block_sizes() {
    let src = noise(25_000);
    for around in [6144, 12_288, 24_576] {
        (around - 99..around + 99).step_by(3).for_each(|len| check(&src[..len]));
    }
}

#[test]
fn every_byte_value_at_every_place() {
    for byte in 0..=255 {
        let mut src = [byte; 210];
        check(&src);
        for (i, b) in src.iter_mut().enumerate() {
            *b = b.wrapping_add((i as u8).wrapping_mul(2));
        }
        check(&src);
    }
}

#[test]
fn every_alignment() {
    let src = noise(64 + 1200);
    let mut out = vec![0; 64 + 1200];
    for from in 0..64 {
        for to in 0..64 {
            for len in [6, 72, 600 + from / 3 * 3] {
                check_at(&src[from..from + len], &mut out, to);
            }
        }
    }
}

/// A full block of zstd writes its streams from its inputs without a copy.
#[test]
fn parts_of_an_input_are_parts_of_the_stream_from_its_end() {
    let src = noise(3000);
    let want = stream(&src);
    let input = Input::from(&*src);
    for (start, end) in [(0, 3000), (0, 3), (2997, 3000), (300, 900), (9, 9)] {
        let mut out = vec![0; end - start];
        assert_eq!(input.get(start..end).unwrap().huffman_into(&mut &mut out[..]), end - start);
        assert!(out == want[3000 - end..3000 - start]);
    }
    assert!(input.get(0..3001).is_none() && input.get(3001..3001).is_none());
}

/// Source and output are at the beginning and at the end of accessible pages, so that a read or write outside of them
/// ends the process.
#[test]
#[cfg(target_os = "linux")]
fn nothing_outside_the_buffers_is_touched() {
    use super::super::tests::guarded;

    let (src, out) = (guarded(), guarded());
    src.copy_from_slice(&noise(src.len()));
    let max = src.len() / 3 * 3;
    for len in (0..900).step_by(3).chain((900..max).step_by(291)).chain([24_576, max]) {
        for src in [&src[..len], &src[src.len() - len..]] {
            let want = stream(src);
            let at_end = out.len() - len;
            for (at, backend) in
                [0, at_end].into_iter().flat_map(|at| Backend::available().map(move |b| (at, b)))
            {
                backend.huffman(src, &mut out[at..]);
                assert!(out[at..at + len] == *want, "{backend}: {len} bytes");
            }
        }
    }
}

#[test]
fn split_groups_and_short_buffers_panic() {
    for backend in Backend::available() {
        for (len, room) in [(1, 64), (98, 128), (3, 2), (96, 95), (600, 599)] {
            let mut out = vec![CANARY; room];
            let call = std::panic::AssertUnwindSafe(|| backend.huffman(&noise(len), &mut out[..]));
            assert!(std::panic::catch_unwind(call).is_err());
            assert!(out.iter().all(|&b| b == CANARY));
        }
    }
}
