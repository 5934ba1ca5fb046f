//! Tests of every backend that this CPU can run, against another implementation.

#[cfg(target_os = "linux")]
use super::super::tests::guarded;
use super::{
    super::tests::{CANARY, noise},
    *,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as ORACLE, STANDARD_NO_PAD as UNPADDED_ORACLE},
};

/// Defines tests that run the function of the same name in `suite` for each available backend.
macro_rules! for_each_backend {
    ($($name:ident),+ $(,)?) => {$(
        #[test]
        fn $name() {
            for backend in Backend::available() {
                suite::$name(backend);
            }
        }
    )+};
}

for_each_backend!(
    every_length_up_to_300,
    lengths_around_block_sizes,
    each_alphabet_and_both,
    every_byte_value_at_every_place,
    every_alignment,
    long_runs_end_at_other_bytes,
    short_runs_between_other_bytes,
    every_cut_gives_the_same_result,
    every_room_gives_the_same_result,
);
#[cfg(target_os = "linux")]
for_each_backend!(nothing_outside_the_buffers_is_touched);

mod suite {
    use super::*;

    pub fn every_length_up_to_300(backend: Backend) {
        let media = noise(300);
        for len in 0..=300 {
            check(backend, &mixed(&media[..len]));
        }
    }

    /// Multiples of the vectors of all kernels, of their unrolled loops, and of the blocks of [`decode_portable`].
    pub fn lengths_around_block_sizes(backend: Backend) {
        for around in [192, 384, 768, 12_288, 24_576] {
            for len in around - 30..around + 30 {
                check(backend, ORACLE.encode(noise(len)).as_bytes());
            }
        }
    }

    pub fn each_alphabet_and_both(backend: Backend) {
        let len = 40_000;
        let standard = ORACLE.encode(noise(len));
        let url_safe = standard.replace('+', "-").replace('/', "_");
        let (half, _) = standard.split_at(len / 2);
        for src in [&standard, &url_safe, &format!("{half}{}", &url_safe[len / 2..])] {
            check(backend, src.as_bytes());
        }
        check(backend, &mixed(&noise(len)));
    }

    pub fn every_byte_value_at_every_place(backend: Backend) {
        let src = mixed(&noise(225));
        let expected = oracle(&src, Padding::Required).unwrap();
        for at in 0..src.len() {
            for byte in 0..=255 {
                let mut src = src.clone();
                src[at] = byte;
                check(backend, &src);

                let mut out = vec![0; expected.len()];
                let mut decoder = backend.decoder();
                let progress = decoder.decode(&src, UninitSlice::new(&mut out));
                if VALUES[usize::from(byte)] == OTHER {
                    assert_eq!(
                        progress,
                        Ok(Progress { read: at, written: at / 4 * 3 }),
                        "{backend}: {byte} at {at}"
                    );
                    assert_eq!(decoder.position(), at as u64);
                    assert_eq!(out[..at / 4 * 3], expected[..at / 4 * 3]);
                }
            }
        }
    }

    pub fn every_alignment(backend: Backend) {
        for from in 0..64 {
            for to in 0..64 {
                for len in [5, 70, 240 + from] {
                    let mut src = vec![b' '; from];
                    src.extend_from_slice(&mixed(&noise(len)));
                    check_at(backend, &src[from..], to);
                }
            }
        }
    }

    /// Long enough for stores that bypass the caches, which tests see as small, at every alignment of the output.
    pub fn long_runs_end_at_other_bytes(backend: Backend) {
        let src = mixed(&noise(14_000));
        let expected = oracle(&src, Padding::Required).unwrap();
        for to in 0..64 {
            check_at(backend, &src, to);
            for at in [to, 256 + to, 4096 + 5 * to, 16_500 + 13 * to, src.len() - 4 - to] {
                let mut src = src.clone();
                src[at] = b'"';
                let mut out = vec![CANARY; to + expected.len()];
                let progress = backend.decoder().decode(&src, UninitSlice::new(&mut out[to..]));
                assert_eq!(
                    progress,
                    Ok(Progress { read: at, written: at / 4 * 3 }),
                    "{backend}: {at} to {to}"
                );
                assert!(out[to..][..at / 4 * 3] == expected[..at / 4 * 3], "{backend}: {at} to {to}");
            }
        }
    }

    /// As if from a JSON string with escapes.
    pub fn short_runs_between_other_bytes(backend: Backend) {
        let media = noise(5000);
        let src = ORACLE.encode(&media);
        for run in [1, 2, 3, 4, 5, 31, 64, 65, 76, 100, 255, 257] {
            let mut decoder = backend.decoder();
            let mut out = vec![0; media.len()];
            let (mut read, mut written) = (0, 0);
            let runs: Vec<_> = src.as_bytes().chunks(run).collect();
            let src = runs.join(&b'\\');
            for run in runs {
                let progress = decoder.decode(&src[read..], UninitSlice::new(&mut out[written..])).unwrap();
                assert_eq!(progress.read, run.len());
                read += progress.read + 1;
                written += progress.written;
            }
            written += decoder.finish(Padding::Required, UninitSlice::new(&mut out[written..])).unwrap();
            assert_eq!(written, media.len());
            assert!(out == media, "{backend}: runs of {run}");
        }
    }

    pub fn every_cut_gives_the_same_result(backend: Backend) {
        let mut inputs = vec![mixed(&noise(110)), mixed(&noise(112)), mixed(&noise(109))];
        for (at, byte) in [(1, b'='), (70, b'='), (70, b'!'), (149, b'B'), (150, b'='), (151, b'A')] {
            let mut bad = mixed(&noise(112));
            bad[at] = byte;
            inputs.push(bad);
        }
        for src in inputs {
            for padding in [Padding::Required, Padding::Optional] {
                let whole = in_parts(backend, &[&src], usize::MAX, padding);
                for first in 0..=src.len() {
                    for second in first..=src.len() {
                        let parts = [&src[..first], &src[first..second], &src[second..]];
                        assert_eq!(
                            in_parts(backend, &parts, usize::MAX, padding),
                            whole,
                            "{first}, {second}"
                        );
                    }
                }
            }
        }
    }

    pub fn every_room_gives_the_same_result(backend: Backend) {
        for len in 110..113 {
            let media = noise(len);
            let src = mixed(&media);
            for room in 3..len + 2 {
                let bytes = in_parts(backend, &[&src], room, Padding::Required);
                assert_eq!(bytes.as_ref(), Ok(&media), "{backend}: {room} bytes of room");
            }
        }
    }

    /// Source and output are at the beginning and at the end of accessible pages, so that a read or write
    /// outside of them ends the process.
    #[cfg(target_os = "linux")]
    pub fn nothing_outside_the_buffers_is_touched(backend: Backend) {
        let (src, out) = (guarded(), guarded());
        let max = src.len() / 4 * 3;
        for len in (0..600).chain((600..max).step_by(997)).chain([max]) {
            let media = noise(len);
            let encoded = ORACLE.encode(&media);
            let room = decoded_len(encoded.len() as u64) as usize;
            for from in [0, src.len() - encoded.len()] {
                src[from..][..encoded.len()].copy_from_slice(encoded.as_bytes());
                for to in [0, out.len() - room] {
                    let n = backend.decode(&src[from..][..encoded.len()], &mut out[to..][..room]);
                    assert_eq!(n, Ok(len));
                    assert!(out[to..to + len] == media, "{backend}: {len} bytes");
                }
            }
        }
    }
}

#[test]
fn test_vectors_of_rfc_4648() {
    let encoded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
    for (len, encoded) in encoded.into_iter().enumerate() {
        let mut out = [0; 6];
        let n = decode(encoded.as_bytes(), &mut out[..]).unwrap();
        assert_eq!(&out[..n], &b"foobar"[..len]);
    }
}

#[test]
fn error_has_the_position_of_the_first_character_that_does_not_fit() {
    use Reason::*;
    let cases: [(&str, u64, Reason); 20] = [
        ("AAAA AAA", 4, Character),
        ("AAAA\u{e9}AAA", 4, Character),
        ("AA\n=", 2, Character),
        ("AA==\n", 4, Character),
        ("=AAA", 0, Reason::Padding),
        ("AAAAA=AA", 5, Reason::Padding),
        ("AAAA====", 4, Reason::Padding),
        ("AA===", 4, Reason::Padding),
        ("AAA==", 4, Reason::Padding),
        ("AA=A", 3, AfterPadding),
        ("AA==AAAA", 4, AfterPadding),
        ("AAA=AAAA", 4, AfterPadding),
        ("AB==", 1, UnusedBits),
        ("AAB=", 2, UnusedBits),
        ("AAAAAAAA/x==", 9, UnusedBits),
        ("AB", 1, UnusedBits),
        ("A", 0, LeftOver),
        ("AAAAA", 4, LeftOver),
        ("AAAAAA", 6, NotPadded),
        ("AA=", 3, NotPadded),
    ];
    for (src, position, reason) in cases {
        // In the first vector, in a later one, and after the unrolled loops.
        for prefix in [0, 64, 256] {
            let src = "A".repeat(prefix) + src;
            let expected = DecodeError { position: position + prefix as u64, reason };
            for backend in Backend::available() {
                let error = backend.decode(src.as_bytes(), &mut vec![0; src.len()][..]).unwrap_err();
                assert_eq!(error, expected, "{backend}: {src}");
            }
        }
    }
}

#[test]
fn optional_padding_is_complete_or_absent() {
    for (src, expected) in [
        ("", Ok(vec![])),
        ("AQ", Ok(vec![1])),
        ("AQ==", Ok(vec![1])),
        ("AQI", Ok(vec![1, 2])),
        ("AQI=", Ok(vec![1, 2])),
        ("AQID", Ok(vec![1, 2, 3])),
        ("AQ=", Err(DecodeError::new(3, Reason::NotPadded))),
        ("AR", Err(DecodeError::new(1, Reason::UnusedBits))),
        ("AQIDA", Err(DecodeError::new(4, Reason::LeftOver))),
    ] {
        assert_eq!(in_parts(Backend::active(), &[src.as_bytes()], 3, Padding::Optional), expected, "{src}");
    }
}

#[test]
fn finished_decoder_begins_anew() {
    let mut decoder = Decoder::new();
    for _ in 0..2 {
        let mut out = [0; 4];
        let progress = decoder.decode(b"bmllbA==", UninitSlice::new(&mut out)).unwrap();
        assert_eq!((progress, decoder.position()), (Progress { read: 8, written: 3 }, 8));
        let n = decoder.finish(Padding::Required, UninitSlice::new(&mut out[3..])).unwrap();
        assert_eq!((n, &out), (1, b"niel"));
    }
}

#[test]
fn three_characters_are_kept_without_room() {
    let mut decoder = Decoder::new();
    let none = Progress::default();
    assert_eq!(decoder.decode(b"bmll", UninitSlice::new(&mut [])), Ok(Progress { read: 3, written: 0 }));
    assert_eq!(decoder.decode(b"l", UninitSlice::new(&mut [0; 2])), Ok(none));
    assert_eq!(decoder.decode(b"l", UninitSlice::new(&mut [0; 3])), Ok(Progress { read: 1, written: 3 }));
}

#[test]
fn decoded_len_is_the_largest_for_its_number_of_characters() {
    let encoded: Vec<_> = (0..20).map(|bytes| UNPADDED_ORACLE.encode(noise(bytes)).len()).collect();
    for len in 0..20 {
        let bytes = encoded.iter().rposition(|encoded| *encoded <= len);
        assert_eq!(decoded_len(len as u64), bytes.unwrap() as u64, "{len}");
    }
    assert_eq!(decoded_len(u64::MAX), u64::MAX / 4 * 3 + 2);
}

#[test]
fn output_may_be_uninitialized() {
    let src = mixed(&noise(1000));
    for backend in Backend::available() {
        let mut out = Vec::<u8>::with_capacity(1002);
        let n = backend.decode(&src, &mut out.spare_capacity_mut()[..1002]).unwrap();
        // SAFETY: `decode` wrote `n` bytes.
        unsafe { out.set_len(n) };
        assert_eq!(out, noise(1000));
    }
}

#[test]
fn output_that_is_too_short_panics_and_is_not_written() {
    for backend in Backend::available() {
        for len in [1, 3, 24, 100, 1000] {
            let src = mixed(&noise(len));
            let mut out = vec![CANARY; decoded_len(src.len() as u64) as usize - 1];
            let call = std::panic::AssertUnwindSafe(|| backend.decode(&src, &mut out[..]));
            assert!(std::panic::catch_unwind(call).is_err());
            assert!(out.iter().all(|&b| b == CANARY));
        }
    }
}

#[test]
fn unavailable_backend_panics() {
    for backend in Backend::ALL {
        if Backend::available().all(|b| b != backend) {
            assert!(std::panic::catch_unwind(|| backend.decoder()).is_err());
        }
    }
}

#[test]
fn errors_say_what_and_where() {
    let error = decode(b"bmll*Gxv", &mut [0; 6][..]).unwrap_err();
    assert_eq!(error.to_string(), "invalid base64 at position 4: not a character of base64");
    let converted = crate::Error::from(error.clone());
    assert_eq!((converted.kind(), converted.to_string()), (crate::ErrorKind::Invalid, error.to_string()));
}

/// Returns base64 in which the characters of both alphabets alternate.
fn mixed(media: &[u8]) -> Vec<u8> {
    let mut encoded = ORACLE.encode(media).into_bytes();
    for (i, byte) in encoded.iter_mut().enumerate() {
        match byte {
            b'+' if i % 2 == 0 => *byte = b'-',
            b'/' if i % 2 == 0 => *byte = b'_',
            _ => {}
        }
    }
    encoded
}

/// Decodes with another implementation.
fn oracle(src: &[u8], padding: Padding) -> Option<Vec<u8>> {
    let standard: Vec<u8> = src
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => *byte,
        })
        .collect();
    let unpadded = || UNPADDED_ORACLE.decode(&standard).ok().filter(|_| padding == Padding::Optional);
    ORACLE.decode(&standard).ok().or_else(unpadded)
}

fn check(backend: Backend, src: &[u8]) {
    check_at(backend, src, 0);
}

/// Decodes to `to` in a buffer, and checks the result, and that nothing outside the output is written.
fn check_at(backend: Backend, src: &[u8], to: usize) {
    let room = decoded_len(src.len() as u64) as usize;
    let mut out = vec![CANARY; to + room + 64];
    let result = backend.decode(src, &mut out[to..to + room]).ok();
    let bytes = result.map(|n| &out[to..to + n]);
    assert!(bytes == oracle(src, Padding::Required).as_deref(), "{backend}: {} to {to}", src.escape_ascii());
    let untouched = |bytes: &[u8]| bytes.iter().all(|&byte| byte == CANARY);
    assert!(untouched(&out[..to]) && untouched(&out[to + room..]), "{backend}: {} bytes to {to}", src.len());
}

/// Decodes data that arrives in parts, with `room` bytes of output for each call. All of it must be base64.
fn in_parts(
    backend: Backend,
    parts: &[&[u8]],
    room: usize,
    padding: Padding,
) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = backend.decoder();
    let mut bytes = Vec::new();
    for mut part in parts.iter().copied() {
        loop {
            let mut out = vec![CANARY; room.min(part.len() + 3)];
            let Progress { read, written } = decoder.decode(part, UninitSlice::new(&mut out))?;
            bytes.extend_from_slice(&out[..written]);
            part = &part[read..];
            match part.first() {
                None => break,
                Some(byte) if VALUES[usize::from(*byte)] == OTHER => {
                    return Err(DecodeError::new(decoder.position(), Reason::Character));
                }
                // The output is full.
                Some(_) => assert!(out.len() - written < 3 && read > 0),
            }
        }
    }
    let mut out = [CANARY; 2];
    let n = decoder.finish(padding, UninitSlice::new(&mut out))?;
    bytes.extend_from_slice(&out[..n]);
    Ok(bytes)
}
