//! Bodies: the same bytes through every interface and in chunks of any size; progress, limits and sizes.

mod common;

use common::{Origin, Random, SIZES, STEP, WINDOW, assert_same, base64_of, noise, rest_of};
use niello::{Body, Chunks, DataUri, Error, Media, MediaOptions, Segment};
use proptest::prelude::*;
use serde::Serialize;
use std::{
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::OnceLock,
};

/// Returns a body with the same media twice, and its expected bytes.
fn request(origin: Origin, len: usize) -> (Body, Vec<u8>) {
    #[derive(Serialize)]
    struct Request<'a> {
        note: &'a str,
        clip: &'a Media,
        cover: DataUri,
        end: u8,
    }
    let bytes = noise(len);
    let clip = origin.media(&bytes);
    let value = Request { note: "a \"clip\"", clip: &clip, cover: DataUri::from(&clip), end: 7 };
    let text = base64_of(&bytes);
    let expected =
        format!(r#"{{"note":"a \"clip\"","clip":"{text}","cover":"data:video/mp4;base64,{text}","end":7}}"#);
    (Body::json(&value).unwrap(), expected.into_bytes())
}

/// The position of the clip's base64 output in that body.
const CLIP: usize = r#"{"note":"a \"clip\"","clip":""#.len();

/// Lengths around the ends of steps and of a window.
fn border_lengths() -> impl Iterator<Item = usize> {
    [STEP, 2 * STEP, WINDOW].into_iter().flat_map(|border| border - 4..=border + 4)
}

/// Reads the rest of a body through buffers of the lengths that `next` returns.
fn read_all(body: &mut Body, mut next: impl FnMut() -> usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = vec![0; next()];
        let n = body.read(&mut buffer).unwrap();
        assert!(n > 0 || body.remaining() == 0, "0 is returned only at the end");
        bytes.extend_from_slice(&buffer[..n]);
        assert_eq!(body.read(&mut []).unwrap(), 0);
        if n == 0 {
            return bytes;
        }
    }
}

/// A writer that accepts up to `room` bytes, at most `step` per call, and then does `then`.
struct Limited {
    accepted: Vec<u8>,
    room: usize,
    step: usize,
    then: Then,
}

#[derive(Clone, Copy, Debug)]
enum Then {
    Zero,
    Fail(ErrorKind),
    Panic,
}

impl Limited {
    fn new(room: usize, step: usize, then: Then) -> Limited {
        Limited { accepted: Vec::new(), room, step, then }
    }
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!bytes.is_empty(), "a body never writes an empty buffer");
        let n = bytes.len().min(self.step).min(self.room - self.accepted.len());
        self.accepted.extend_from_slice(&bytes[..n]);
        match self.then {
            _ if n > 0 => Ok(n),
            Then::Zero => Ok(0),
            Then::Fail(kind) => Err(kind.into()),
            Then::Panic => resume_unwind(Box::new("the writer panics")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("a body does not flush")
    }
}

#[test]
fn body_matches_an_independent_encoder() {
    for origin in Origin::ALL {
        for len in SIZES.into_iter().chain(border_lengths()) {
            let (mut body, expected) = request(origin, len);
            assert_eq!(body.len(), expected.len() as u64, "{origin:?} {len}");
            assert_same(&rest_of(&mut body), &expected, format_args!("{origin:?} {len}"));
            assert_eq!((body.position(), body.remaining()), (body.len(), 0));
        }
    }
}

#[test]
fn body_matches_serde_json() {
    for origin in Origin::ALL {
        for len in SIZES.into_iter().chain([STEP + 1, WINDOW + 1]) {
            let clip = origin.media(&noise(len));
            let value = (&clip, "\u{2028}\n", DataUri::from(&clip));
            let mut body = Body::json(&value).unwrap();
            let expected = serde_json::to_vec(&value).unwrap();
            assert_same(&rest_of(&mut body), &expected, format_args!("{origin:?} {len}"));
        }
    }
}

#[test]
fn every_chunking_delivers_the_same_bytes() {
    for origin in Origin::ALL {
        for len in SIZES {
            let (mut body, expected) = request(origin, len);
            // Tiny buffers only slow down long media, so skip them.
            let all = |lens: &[usize]| -> Vec<_> {
                lens.iter().copied().filter(|buffer| len < 100 || *buffer > 2).collect()
            };
            for buffer in all(&[1, 2, 3, 4, 5, 4097]) {
                let bytes = read_all(&mut body, || buffer);
                assert_same(&bytes, &expected, format_args!("{origin:?} {len}, reads of {buffer}"));
                body.reset();
            }
            for seed in 0..4 {
                let mut random = Random::new(seed);
                let bytes = read_all(&mut body, || random.length(200_000));
                assert_same(&bytes, &expected, format_args!("{origin:?} {len}, random reads {seed}"));
                body.reset();
            }
            for chunk_len in all(&[0, 1, 2, 3, 4, 5, 7, 4096, 65_535, 1 << 20]) {
                let chunks: Vec<_> =
                    body.clone().with_chunk_len(chunk_len).chunks().map(Result::unwrap).collect();
                let (last, full) = chunks.split_last().unwrap();
                assert!(full.iter().all(|chunk| chunk.len() == chunk_len.max(1)));
                assert!(!last.is_empty());
                let bytes = chunks.concat();
                assert_same(&bytes, &expected, format_args!("{origin:?} {len}, chunks of {chunk_len}"));
            }
            for (chunk_len, step) in [(5, 2), (4096, 4095), (4096, 7), (1 << 20, 4097)] {
                let mut body = body.clone().with_chunk_len(chunk_len);
                let mut writer = Limited::new(usize::MAX, step, Then::Zero);
                assert_eq!(body.write_to(&mut writer).unwrap(), body.len());
                let what = format_args!("{origin:?} {len}, writes of {chunk_len} by {step}");
                assert_same(&writer.accepted, &expected, what);
            }
        }
    }
}

#[test]
fn reads_across_buffer_and_window_boundaries_match() {
    for origin in Origin::ALL {
        let (body, expected) = request(origin, 2 * WINDOW + 5);
        for border in (STEP..=2 * WINDOW).step_by(STEP) {
            let border = CLIP + border / 3 * 4;
            for start in border - 6..=border + 6 {
                for buffer in [1, 2, 3, 4, 5, 13, 4097] {
                    let mut body = body.clone();
                    body.seek(SeekFrom::Start(start as u64)).unwrap();
                    let mut bytes = vec![0; 40];
                    for part in bytes.chunks_mut(buffer) {
                        body.read_exact(part).unwrap();
                    }
                    let what = format_args!("{origin:?}, from {start} by {buffer}");
                    assert_same(&bytes, &expected[start..start + 40], what);
                }
            }
        }
        let mut random = Random::new(1);
        let bytes = read_all(&mut body.clone(), || random.length(3 << 20));
        assert_same(&bytes, &expected, format_args!("{origin:?}, random reads"));
        assert_same(
            &read_all(&mut body.clone(), || 4097),
            &expected,
            format_args!("{origin:?}, reads of 4097"),
        );
        for chunk_len in [1 << 20, (1 << 20) + 1, 5 << 20] {
            let chunks: Vec<_> =
                body.clone().with_chunk_len(chunk_len).chunks().map(Result::unwrap).collect();
            assert_same(&chunks.concat(), &expected, format_args!("{origin:?}, chunks of {chunk_len}"));
        }
    }
}

#[test]
fn seek_reaches_every_offset() {
    for origin in Origin::ALL {
        for len in [0, 1, 2, 3, 58] {
            let (mut body, expected) = request(origin, len);
            for start in 0..=expected.len() {
                assert_eq!(body.seek(SeekFrom::Start(start as u64)).unwrap(), start as u64);
                assert_eq!(body.remaining(), (expected.len() - start) as u64);
                assert_same(&rest_of(&mut body), &expected[start..], format_args!("{origin:?} {start}"));
            }
        }
    }
}

#[test]
fn seek_rejects_only_positions_before_the_start_or_past_64_bits() {
    for origin in Origin::ALL {
        let (mut body, expected) = request(origin, 1000);
        let len = body.len();
        let mut next = [0];

        assert_eq!(body.seek(SeekFrom::End(-1)).unwrap(), len - 1);
        assert_eq!((body.read(&mut next).unwrap(), next[0]), (1, b'}'));
        assert_eq!(body.seek(SeekFrom::Current(-2)).unwrap(), len - 2);
        assert_eq!((body.read(&mut next).unwrap(), next[0]), (1, b'7'));
        assert_eq!(body.seek(SeekFrom::End(-(len as i64))).unwrap(), 0);

        for past in [SeekFrom::Start(len), SeekFrom::End(1), SeekFrom::Start(u64::MAX)] {
            let position = body.seek(past).unwrap();
            assert!(position >= len);
            assert_eq!((body.position(), body.remaining()), (position, 0));
            assert_eq!(body.read(&mut next).unwrap(), 0);
            assert_eq!(body.write_to(&mut Vec::new()).unwrap(), 0);
            assert_eq!(body.clone().chunks().size_hint(), (0, Some(0)));
            assert!(body.clone().chunks().next().is_none());
            assert_eq!(body.position(), position);
        }
        let error = body.seek(SeekFrom::Current(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), "cannot seek to a position that exceeds 64 bits");

        body.seek(SeekFrom::Start(5)).unwrap();
        for before in [SeekFrom::Current(-6), SeekFrom::End(-(len as i64) - 1), SeekFrom::End(i64::MIN)] {
            let error = body.seek(before).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), "cannot seek to a position before the start of the body");
            assert_eq!((body.position(), body.stream_position().unwrap()), (5, 5));
        }
        assert_same(&rest_of(&mut body), &expected[5..], "after a rejected seek");

        body.reset();
        assert_eq!(body.position(), 0);
        assert_same(&rest_of(&mut body), &expected, "after a reset");
        // `rewind` is `Seek`'s; no inherent method shadows it.
        body.rewind().unwrap();
        assert_eq!(body.position(), 0);
        assert_same(&rest_of(&mut body), &expected, "after a rewind");
    }
}

#[test]
fn clone_starts_at_the_same_position_and_moves_independently() {
    for origin in Origin::ALL {
        let (mut body, expected) = request(origin, 70_000);
        for at in [1, CLIP + 1, CLIP + 70_000, expected.len() - 1] {
            body.reset();
            body.read_exact(&mut vec![0; at]).unwrap();
            let mut clone = body.clone();
            assert_same(&rest_of(&mut body), &expected[at..], "the first");
            assert_eq!(clone.position(), at as u64);
            assert_same(&rest_of(&mut clone), &expected[at..], "its clone");
        }
    }
}

#[test]
fn position_is_just_past_the_bytes_that_a_failing_writer_accepted() {
    let stops = [
        Then::Zero,
        Then::Panic,
        Then::Fail(ErrorKind::WouldBlock),
        Then::Fail(ErrorKind::BrokenPipe),
        Then::Fail(ErrorKind::Other),
    ];
    for origin in Origin::ALL {
        let (body, expected) = request(origin, 70_000);
        for then in stops {
            for (room, step, chunk_len) in
                [(0, 1, 1 << 20), (1, 1, 1), (CLIP + 1, 3, 4096), (4096, 4096, 4096), (90_000, 999, 1 << 20)]
            {
                let mut body = body.clone().with_chunk_len(chunk_len);
                let mut got = Vec::new();
                while body.remaining() > 0 {
                    let first = body.position();
                    let mut writer = Limited::new(room, step, then);
                    match catch_unwind(AssertUnwindSafe(|| body.write_to(&mut writer))) {
                        Ok(Ok(written)) => assert_eq!(written, writer.accepted.len() as u64),
                        Ok(Err(error)) => match then {
                            Then::Zero => assert_eq!(error.kind(), ErrorKind::WriteZero),
                            Then::Fail(kind) => assert_eq!(error.kind(), kind),
                            Then::Panic => panic!("{error}"),
                        },
                        Err(_) => assert!(matches!(then, Then::Panic)),
                    }
                    got.extend_from_slice(&writer.accepted);
                    assert_eq!(body.position(), first + writer.accepted.len() as u64);
                    if room <= 1 && got.len() >= 40 {
                        got.extend(rest_of(&mut body));
                    } else if room == 0 {
                        // Reading continues at the same position.
                        let mut next = [0; 7];
                        body.read_exact(&mut next).unwrap();
                        got.extend_from_slice(&next);
                    }
                }
                assert_same(&got, &expected, format_args!("{origin:?} {then:?} {room} {step} {chunk_len}"));
            }
        }
    }
}

/// A discarded rest of a chunk is encoded again, so chunks become short for a writer that stops within them.
#[test]
fn little_is_encoded_twice_for_a_writer_that_would_block() {
    /// Accepts `room` bytes until it is refilled, and counts the bytes of the chunks that it is offered.
    struct Blocking {
        accepted: Vec<u8>,
        room: usize,
        encoded: usize,
        starts_chunk: bool,
    }
    impl Write for Blocking {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if std::mem::take(&mut self.starts_chunk) {
                self.encoded += bytes.len();
            }
            let n = bytes.len().min(self.room);
            if n == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.accepted.extend_from_slice(&bytes[..n]);
            self.room -= n;
            self.starts_chunk = n == bytes.len();
            Ok(n)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for origin in Origin::ALL {
        let (body, expected) = request(origin, 3 << 20);
        let mut random = Random::new(7);
        let rooms: [&mut dyn FnMut() -> usize; 5] =
            [&mut || 1 << 16, &mut || 10_000, &mut || 1_000_003, &mut || 3 << 20, &mut || {
                random.length(300_000)
            }];
        for (index, room) in rooms.into_iter().enumerate() {
            let mut body = body.clone();
            let mut writer = Blocking { accepted: Vec::new(), room: 0, encoded: 0, starts_chunk: true };
            let mut calls = 0;
            while body.remaining() > 0 {
                (writer.room, writer.starts_chunk) = (room(), true);
                calls += 1;
                if let Err(error) = body.write_to(&mut writer) {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                }
            }
            assert_same(&writer.accepted, &expected, format_args!("{origin:?} {index}"));
            let limit = 3 * expected.len() + calls * 4096 + (1 << 20);
            assert!(writer.encoded <= limit, "{origin:?} {index}: {} > {limit}", writer.encoded);

            // The next writer gets whole chunks again.
            body.reset();
            let mut whole =
                Blocking { room: usize::MAX, accepted: Vec::new(), encoded: 0, starts_chunk: true };
            body.write_to(&mut whole).unwrap();
            assert_eq!(whole.encoded, expected.len());
        }
    }
}

/// The next write then starts with a whole group, which is encoded directly into the buffer.
#[test]
fn writes_end_on_group_boundaries_unless_shorter_than_the_group() {
    struct Lengths(Vec<usize>);
    impl Write for Lengths {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for len in [1, 2, 3, 100, 5000] {
        let (body, expected) = request(Origin::Bytes, len);
        for chunk_len in (1..20).chain([50, 51, 4095, 4096, 4097]) {
            let mut body = body.clone().with_chunk_len(chunk_len);
            let mut writer = Lengths(Vec::new());
            body.write_to(&mut writer).unwrap();
            assert_eq!(writer.0.iter().sum::<usize>(), expected.len());
            let mut end = 0;
            for (index, written) in writer.0.iter().enumerate() {
                end += *written as u64;
                let what = format_args!("{len} bytes, chunks of {chunk_len}, to {end}");
                let cut = body.segments().find_map(|(start, segment)| match segment {
                    Segment::Base64(media) if (start..start + media.encoded_len()).contains(&end) => {
                        Some((end - start) as usize % 4)
                    }
                    _ => None,
                });
                let is_last = index + 1 == writer.0.len();
                match cut {
                    // A write that lies within one group cannot be aligned.
                    Some(cut) => assert!(cut == 0 || *written <= cut, "{what}"),
                    None => assert!(*written == chunk_len || is_last, "{what}"),
                }
                assert!(*written + 3 >= chunk_len || is_last, "{what}: {written} bytes are too few");
            }
        }
    }
}

#[test]
fn interrupted_writes_are_retried() {
    struct Interrupted(Vec<u8>, u32);
    impl Write for Interrupted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 += 1;
            if !self.1.is_multiple_of(3) {
                return Err(ErrorKind::Interrupted.into());
            }
            self.0.write(&bytes[..bytes.len().min(1000)])
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (mut body, expected) = request(Origin::Map, 70_000);
    let mut writer = Interrupted(Vec::new(), 0);
    assert_eq!(body.write_to(&mut writer).unwrap(), body.len());
    assert_same(&writer.0, &expected, "interrupted");
}

#[test]
fn writer_that_claims_too_many_bytes_is_capped() {
    struct Overcounting(Vec<u8>);
    impl Write for Overcounting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(bytes);
            Ok(bytes.len().saturating_mul(2).max(usize::MAX / 2))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (body, expected) = request(Origin::Read, 70_000);
    let mut body = body.with_chunk_len(999);
    let mut writer = Overcounting(Vec::new());
    assert_eq!(body.write_to(&mut writer).unwrap(), body.len());
    assert_eq!(body.position(), body.len());
    assert_same(&writer.0, &expected, "an overcounting writer");
}

#[test]
fn write_to_accepts_trait_objects() {
    let (mut body, expected) = request(Origin::Bytes, 10);
    let mut bytes = Vec::new();
    let writer: &mut dyn Write = &mut bytes;
    body.write_to(writer).unwrap();
    assert_eq!(bytes, expected);
}

#[test]
fn chunks_size_hint_allows_one_extra_chunk_for_an_error() {
    for origin in Origin::ALL {
        let (mut body, expected) = request(origin, 1000);
        for start in [0, 1, expected.len() - 1, expected.len()] {
            body.seek(SeekFrom::Start(start as u64)).unwrap();
            for chunk_len in
                [0, 1, 2, 999, expected.len() - 1, expected.len(), expected.len() + 1, usize::MAX]
            {
                let mut chunks = body.clone().with_chunk_len(chunk_len).chunks();
                let mut remaining = (expected.len() - start).div_ceil(chunk_len.max(1));
                loop {
                    // An error can cut a chunk in two.
                    let most = if remaining == 0 { Some(0) } else { remaining.checked_add(1) };
                    assert_eq!(chunks.size_hint(), (remaining.min(1), most), "from {start} by {chunk_len}");
                    let Some(chunk) = chunks.next() else { break };
                    assert!(!chunk.unwrap().is_empty());
                    remaining -= 1;
                }
                assert_eq!(remaining, 0);
                assert!((0..3).all(|_| chunks.next().is_none()), "chunks are fused");
                assert_eq!(chunks.size_hint(), (0, Some(0)));
                assert_eq!(chunks.into_body().position(), expected.len() as u64);
            }
        }
    }
}

#[test]
fn into_body_of_chunks_keeps_the_position() {
    let (body, expected) = request(Origin::Map, 2_000_000);
    assert_eq!(body.clone().chunks().next().unwrap().unwrap().len(), 1 << 20, "the default");
    let mut chunks = body.with_chunk_len(1001).chunks();
    chunks.by_ref().take(3).for_each(|chunk| assert_eq!(chunk.unwrap().len(), 1001));
    let mut body = chunks.into_body();
    assert_eq!(body.position(), 3003);
    assert_same(&rest_of(&mut body), &expected[3003..], "after three chunks");
}

#[test]
fn handles_are_small_and_thread_safe() {
    fn goes<T: Send + Sync + Unpin + Clone + std::fmt::Debug + 'static>(size: usize) {
        let (is, name) = (size_of::<T>(), std::any::type_name::<T>());
        assert!(is <= size.next_multiple_of(align_of::<T>()), "{name} is {is} bytes");
    }
    let word = size_of::<usize>();
    goes::<Media>(word);
    goes::<DataUri>(word);
    goes::<Error>(word);
    assert_eq!(size_of::<Result<(), Error>>(), word, "`Result<(), Error>` is one word");
    goes::<Body>(5 * word + 8);
    goes::<Chunks>(size_of::<Body>() + word);
    goes::<MediaOptions>(6 * word + 24);
    fn is_error<T: std::error::Error>() {}
    is_error::<Error>();
    fn is_fused<T: std::iter::FusedIterator>() {}
    is_fused::<Chunks>();
}

#[test]
fn progress_never_exceeds_the_total() {
    let (mut body, _) = request(Origin::Bytes, 1000);
    body.seek(SeekFrom::End(100)).unwrap();
    let progress = body.progress();
    assert_eq!(progress.sent(), progress.total());
    for (to, sent) in [(7, 7), (u64::MAX, body.len()), (body.len() + 1, body.len()), (0, 0)] {
        body.seek(SeekFrom::Start(to)).unwrap();
        assert_eq!(progress.sent(), sent);
    }
}

#[test]
fn public_types_are_send_sync_and_unpin() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<Body>();
    check::<Chunks>();
    check::<niello::Progress>();
    check::<niello::Limit>();
    check::<Segment<'_>>();
    check::<DataUri>();
    check::<niello::Marks>();
    check::<niello::Template<'_>>();
    check::<niello::Extra>();
    check::<Error>();
    check::<niello::ErrorKind>();
    #[cfg(feature = "http-body")]
    check::<niello::ReadAhead>();
}

#[test]
fn limits_have_names_that_parse() {
    for limit in niello::Limit::NAMED {
        assert_eq!(limit.name().unwrap().parse::<niello::Limit>().unwrap(), limit);
    }
    assert_eq!(niello::Limit::bytes(7).name(), None);
    assert_eq!("6MB".parse::<niello::Limit>().unwrap(), niello::Limit::bytes(6_000_000));
    let error = "6MX".parse::<niello::Limit>().unwrap_err().to_string();
    let names = "databricks, databricks-custom, gemini, vertex";
    let expected = format!(
        "\"6MX\" is not a limit; give a number of bytes, a size such as 20MB or 4MiB, or one of {names}"
    );
    assert_eq!(error, expected);
}

#[test]
fn a_limit_says_what_to_make_smaller() {
    let clip = Media::from_bytes(vec![0; 30], "video/mp4").unwrap();
    for (text, limit, advice) in [
        ("x".repeat(100), 50, "107 of them are text: shorten it"),
        ("x".repeat(100), 120, "the largest media is media in memory (video/mp4, 30 bytes, 40 as base64)"),
        (String::new(), 10, "the largest media is"),
    ] {
        let body = Body::json(&(text, &clip)).unwrap();
        let error = body.check(niello::Limit::bytes(limit)).unwrap_err();
        assert!(error.to_string().contains(advice), "{error}");
    }
}

#[test]
fn debug_shows_no_content() {
    let clip = Media::from_bytes(&b"secret bytes"[..], "video/mp4").unwrap();
    let body = Body::json(&("secret text", &clip, DataUri::from(&clip))).unwrap();
    let shown = [
        format!("{body:?} {body:#?}"),
        format!("{:?}", body.clone().chunks()),
        format!("{:?}", body.segments().collect::<Vec<_>>()),
        format!("{clip:?} {:?}", DataUri::from(&clip)),
    ]
    .concat();
    for secret in ["secret", &base64_of(b"secret bytes")[..6], "115, 101", "[115"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    for shown_part in ["video/mp4", "Text(", "Base64(", "position: 0", "len: 12"] {
        assert!(shown.contains(shown_part), "{shown_part} in {shown}");
    }
    assert_eq!(format!("{:?}", Segment::Text("abc")), "Text(3)");
}

/// Returns a body with media of all origins and of lengths with every remainder, some longer than a window.
fn mixture() -> &'static (Body, Vec<u8>) {
    static MIXTURE: OnceLock<(Body, Vec<u8>)> = OnceLock::new();
    MIXTURE.get_or_init(|| {
        let mut fields = Vec::new();
        let mut expected = "[".to_owned();
        for (origin, len) in
            Origin::ALL.into_iter().flat_map(|origin| [0, 1, 2, 3, 49, WINDOW + 2].map(|len| (origin, len)))
        {
            let bytes = noise(len);
            fields.push(DataUri(origin.media(&bytes)));
            expected.push_str(&format!("\"data:video/mp4;base64,{}\",", base64_of(&bytes)));
        }
        expected.pop();
        expected.push(']');
        (Body::json(&fields).unwrap(), expected.into_bytes())
    })
}

#[derive(Clone, Debug)]
enum Step {
    Read(usize),
    /// To `share` / 255 of a segment, plus `by`.
    Seek {
        segment: usize,
        share: u8,
        by: i64,
    },
    SeekBy(i64),
    SeekFromEnd(i64),
    Chunk(usize),
    Write {
        room: usize,
        step: usize,
        chunk_len: usize,
        then: Then,
    },
    Clone,
    Rewind,
}

fn step() -> impl Strategy<Value = Step> {
    let len = || prop_oneof![4 => 0..9_usize, 2 => 4090..4100_usize, 1 => 0..2_500_000_usize];
    let then = prop_oneof![
        Just(Then::Zero),
        Just(Then::Panic),
        Just(Then::Fail(ErrorKind::WouldBlock)),
        Just(Then::Fail(ErrorKind::BrokenPipe)),
    ];
    prop_oneof![
        4 => len().prop_map(Step::Read),
        4 => (any::<usize>(), any::<u8>(), -9..9_i64)
            .prop_map(|(segment, share, by)| Step::Seek { segment, share, by }),
        1 => (-5000..5000_i64).prop_map(Step::SeekBy),
        1 => (-5000..50_i64).prop_map(Step::SeekFromEnd),
        3 => len().prop_map(Step::Chunk),
        3 => (len(), 1..5000_usize, len(), then)
            .prop_map(|(room, step, chunk_len, then)| Step::Write { room, step, chunk_len, then }),
        1 => Just(Step::Clone),
        1 => Just(Step::Rewind),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_mixture_of_calls_delivers_the_right_bytes(steps in prop::collection::vec(step(), 1..40)) {
        let (body, expected) = mixture();
        let len = expected.len() as u64;
        let (mut body, mut at) = (body.clone(), 0);
        prop_assert_eq!(body.len(), len);
        for step in steps {
            let rest = expected.get(at as usize..).unwrap_or_default();
            let mut delivered = Vec::new();
            match step.clone() {
                Step::Read(n) => {
                    delivered.resize(n, 0);
                    let n = body.read(&mut delivered).unwrap();
                    delivered.truncate(n);
                    prop_assert!(n > 0 || delivered.capacity() == 0 || rest.is_empty());
                }
                Step::Seek { segment, share, by } => {
                    let (start, segment) = body.segments().nth(segment % body.segments().len()).unwrap();
                    at = (start + segment.len() * u64::from(share) / 255).saturating_add_signed(by);
                    prop_assert_eq!(body.seek(SeekFrom::Start(at)).unwrap(), at);
                }
                Step::SeekBy(by) => match (body.seek(SeekFrom::Current(by)), at.checked_add_signed(by)) {
                    (Ok(got), Some(right)) => {
                        prop_assert_eq!(got, right);
                        at = right;
                    }
                    (got, right) => prop_assert!(got.is_err() && right.is_none()),
                },
                Step::SeekFromEnd(by) => {
                    at = len.checked_add_signed(by).unwrap();
                    prop_assert_eq!(body.seek(SeekFrom::End(by)).unwrap(), at);
                }
                Step::Chunk(chunk_len) => {
                    let mut chunks = body.with_chunk_len(chunk_len).chunks();
                    if let Some(chunk) = chunks.next() {
                        delivered = chunk.unwrap().into();
                    }
                    prop_assert_eq!(delivered.len(), rest.len().min(chunk_len.max(1)));
                    body = chunks.into_body();
                }
                Step::Write { room, step, chunk_len, then } => {
                    body = body.with_chunk_len(chunk_len.max(100));
                    let mut writer = Limited::new(room, step, then);
                    let written = catch_unwind(AssertUnwindSafe(|| body.write_to(&mut writer)));
                    delivered = writer.accepted;
                    prop_assert_eq!(delivered.len(), rest.len().min(room));
                    prop_assert_eq!(matches!(written, Ok(Ok(_))), rest.len() <= room);
                }
                Step::Clone => body = body.clone(),
                Step::Rewind => {
                    body.reset();
                    at = 0;
                }
            }
            prop_assert!(rest.starts_with(&delivered) , "{:?} at {}", step, at);
            at += delivered.len() as u64;
            prop_assert_eq!(body.position(), at, "{:?}", step);
            prop_assert_eq!(body.remaining(), len.saturating_sub(at));
        }
    }
}
