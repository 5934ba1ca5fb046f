//! Bodies with the content coding zstd: decoders that share no code with niello give the plain body, every way of reading
//! gives the same bytes, and the length is exact.

mod common;

use common::{Origin, Random, WINDOW, assert_same, noise, rest_of, scratch};
use niello::{
    Access, Body, ContentEncoding, DataUri, ErrorKind, Limit, Marks, Media, Segment, Template,
    chat::{Message, Part, Request},
};
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    iter,
    path::Path,
    process::{Command, Stdio},
    thread,
};

/// The bytes of media in a full block.
const BLOCK: usize = 96 * 1024;

fn coded(body: &Body) -> Body {
    body.encode(ContentEncoding::Zstd).unwrap()
}

/// Returns the bytes of the coded body, after comparing what they decode to with the plain body.
#[track_caller]
fn check(plain: &Body, what: &str) -> Vec<u8> {
    let mut body = coded(plain);
    let bytes = rest_of(&mut body);
    assert_eq!((bytes.len() as u64, body.remaining()), (body.len(), 0), "{what}");
    let expected = rest_of(&mut plain.clone());
    assert_eq!(body.decoded_len(), expected.len() as u64, "{what}");

    let decoded = zstd::decode_all(&bytes[..]).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_same(&decoded, &expected, format_args!("{what}, by libzstd"));
    let mut decoded = Vec::new();
    let decoder = ruzstd::decoding::StreamingDecoder::new(&bytes[..]);
    decoder.unwrap().read_to_end(&mut decoded).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_same(&decoded, &expected, format_args!("{what}, by ruzstd"));
    bytes
}

/// Returns the text segments of a body.
fn text_of(body: &Body) -> String {
    let texts = body.segments().filter_map(|(_, segment)| match segment {
        Segment::Text(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

fn clip(bytes: Vec<u8>) -> Media {
    Media::from_bytes(bytes, "video/mp4").unwrap()
}

#[test]
fn short_media_of_every_length_decodes_to_the_plain_body() {
    for len in 0..1000 {
        check(&Body::json(&("a", clip(noise(len)), "z")).unwrap(), &format!("{len} bytes"));
    }
}

#[test]
fn media_around_every_border_of_blocks_and_windows_decodes_to_the_plain_body() {
    for origin in Origin::ALL {
        for border in [BLOCK, 2 * BLOCK, 8 * BLOCK, WINDOW] {
            // After a full block, from 60 bytes on there is a shorter one.
            for len in (border - 2..border + 2).chain(border + 58..border + 62) {
                let plain = Body::json(&[origin.media(&noise(len))]).unwrap();
                check(&plain, &format!("{origin:?}, {len} bytes"));
            }
        }
    }
}

#[test]
fn media_of_one_repeated_byte_decodes_to_the_plain_body() {
    for byte in 0..=255 {
        check(&Body::json(&clip(vec![byte; BLOCK * 3 / 2])).unwrap(), &format!("byte {byte}"));
    }
}

#[test]
fn several_media_with_long_text_between_them_decode_to_the_plain_body() {
    let (long, short) = (Origin::Map.media(&noise(1_000_003)), clip(noise(300)));
    // Text with characters of 1 to 4 bytes at each border of its blocks.
    for shift in 0..12 {
        let text = "x".repeat(shift) + &"aé€🎞".repeat(40_000);
        let value = (&text, &long, "x", &short, DataUri::from(&long), &text);
        let plain = Body::json(&value).unwrap();
        check(&plain, &format!("shifted by {shift}"));
        assert!(text_of(&coded(&plain)) == text_of(&plain), "text segments show the text");
    }
    check(&Body::json(&"no media").unwrap(), "no media");
    check(&Body::default(), "an empty body");
}

/// Returns a coded body with text, a media of that length, and another one, and its bytes.
fn request(origin: Origin, len: usize) -> (Body, Vec<u8>) {
    let plain = Body::json(&("a \"clip\"", origin.media(&noise(len)), clip(noise(500)))).unwrap();
    let bytes = check(&plain, &format!("{origin:?}, {len} bytes"));
    (coded(&plain), bytes)
}

#[test]
fn seek_reaches_every_offset() {
    for (origin, len) in
        [(Origin::Bytes, 1), (Origin::Map, 250), (Origin::Read, 1000), (Origin::Bytes, BLOCK + 100)]
    {
        let (mut body, expected) = request(origin, len);
        for start in 0..=expected.len() {
            assert_eq!(body.seek(SeekFrom::Start(start as u64)).unwrap(), start as u64);
            let mut bytes = [0; 50];
            let n = body.read(&mut bytes).unwrap();
            assert_eq!(n, bytes.len().min(expected.len() - start));
            assert_same(&bytes[..n], &expected[start..start + n], format_args!("{origin:?} from {start}"));
        }
    }
}

#[test]
fn reads_from_any_offset_and_across_windows_match() {
    for origin in Origin::ALL {
        let (body, expected) = request(origin, 2 * WINDOW - 1234);
        let mut random = Random::new(1);
        for _ in 0..3000 {
            let mut body = body.clone();
            let start = random.below(expected.len() as u64) as usize;
            body.seek(SeekFrom::Start(start as u64)).unwrap();
            let mut bytes = vec![0; random.length(300_000)];
            let n = body.read(&mut bytes).unwrap();
            assert_eq!(n, bytes.len().min(expected.len() - start));
            assert_same(&bytes[..n], &expected[start..start + n], format_args!("{origin:?} from {start}"));
        }
    }
}

#[test]
fn every_interface_delivers_the_same_bytes() {
    for origin in Origin::ALL {
        for len in [0, 59, 60, 239, 240, 5000, BLOCK + 61, 10 * BLOCK] {
            let (mut body, expected) = request(origin, len);
            for buffer in [1, 2, 3, 4, 5, 4097, 24_577, 98_323, 1 << 20] {
                if len > BLOCK && buffer < 5 {
                    continue;
                }
                body.reset();
                let mut bytes = Vec::new();
                let mut part = vec![0; buffer];
                while let n @ 1.. = body.read(&mut part).unwrap() {
                    bytes.extend_from_slice(&part[..n]);
                }
                assert_same(&bytes, &expected, format_args!("{origin:?} {len}, reads of {buffer}"));

                let chunks: Result<Vec<_>, _> = coded(&body).with_chunk_len(buffer).chunks().collect();
                let chunks = chunks.unwrap();
                assert!(chunks.iter().rev().skip(1).all(|chunk| chunk.len() == buffer));
                assert_same(
                    &chunks.concat(),
                    &expected,
                    format_args!("{origin:?} {len}, chunks of {buffer}"),
                );

                let mut bytes = Vec::new();
                let mut body = coded(&body).with_chunk_len(buffer);
                let progress = body.progress();
                assert_eq!(body.write_to(&mut bytes).unwrap(), body.len());
                assert_eq!((progress.sent(), progress.total()), (body.len(), body.len()));
                assert_same(&bytes, &expected, format_args!("{origin:?} {len}, writes of {buffer}"));
            }
        }
    }
}

#[test]
#[cfg(feature = "http-body")]
fn http_bodies_deliver_the_same_bytes() {
    use http_body_util::BodyExt;
    use niello::http_body::Body as _;

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (body, expected) = request(Origin::Map, 3 * WINDOW / 2);
    assert_eq!(body.size_hint().exact(), Some(expected.len() as u64));
    let collected = runtime.block_on(body.clone().collect()).unwrap().to_bytes();
    assert_same(&collected, &expected, "http_body");
    let collected = runtime.block_on(body.read_ahead().collect()).unwrap().to_bytes();
    assert_same(&collected, &expected, "read_ahead");
}

/// Returns a request with up to 8 texts and media, some of them longer than a block.
fn random_request(random: &mut Random, noise: &[u8]) -> Request {
    let count = 1 + random.below(8) as usize;
    let parts = iter::repeat_with(|| {
        let kind = random.below(6) as usize;
        let len = random.length(noise.len() as u64);
        match Origin::ALL.get(kind) {
            Some(origin) => Part::video(origin.media(&noise[..len])),
            None if kind == 3 => Part::image(Media::from_bytes(noise[..len].to_vec(), "image/png").unwrap()),
            None => Part::text("a \"é\"\n🎞".repeat(len % 30_000)),
        }
    });
    Request::new("m").message(Message::user(parts.take(count).collect::<Vec<_>>()))
}

#[test]
fn length_is_exact_in_1000_random_requests_before_anything_is_read() {
    let mut random = Random::new(7);
    let noise = noise(400_000);
    for number in 0..1000 {
        let mut plain = random_request(&mut random, &noise).body().unwrap();
        let mut body = coded(&plain);
        let len = body.len();
        let bytes = rest_of(&mut body);
        assert_eq!(bytes.len() as u64, len, "request {number}");
        let decoded =
            zstd::decode_all(&bytes[..]).unwrap_or_else(|error| panic!("request {number}: {error}"));
        assert_same(&decoded, &rest_of(&mut plain), format_args!("request {number}"));
        let end = body.segments().last().map(|(start, segment)| start + segment.len());
        assert_eq!(end, Some(len), "the segments of request {number} end with the body");
    }
}

#[test]
fn thousands_of_short_media_decode_to_the_plain_body() {
    let bytes = noise(300);
    let value: Vec<_> = (0..20_000).map(|number| clip(bytes[..number % 300].to_vec())).collect();
    check(&Body::json(&value).unwrap(), "20,000 media of 0 to 299 bytes");
}

#[test]
fn bodies_of_marks_and_templates_can_be_coded() {
    let marks = Marks::new();
    let value = ["a".to_owned(), marks.base64(&clip(noise(5000))), "z".to_owned()];
    check(&marks.body(&value).unwrap(), "marks");
    let template = Template::new(r#"{ "text" : "é", "media":{"$base64":{"file":"clip.mp4"}} }"#);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    check(&template.folder(folder).body().unwrap(), "a template");
}

/// A writer that accepts a few bytes, and then would block.
struct Slow<'a> {
    accepted: &'a mut Vec<u8>,
    room: usize,
}

impl Write for Slow<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.room);
        if len == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room -= len;
        self.accepted.extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn write_continues_wherever_the_writer_stopped() {
    let mut random = Random::new(3);
    for origin in Origin::ALL {
        let (mut body, expected) = request(origin, 3 * BLOCK + 61);
        let mut accepted = Vec::new();
        while body.remaining() > 0 {
            let room = random.length(50_000);
            let before = accepted.len();
            match body.write_to(&mut Slow { accepted: &mut accepted, room }) {
                Ok(len) => assert_eq!(len as usize, accepted.len() - before),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            assert_eq!(body.position(), accepted.len() as u64);
        }
        assert_same(&accepted, &expected, format_args!("{origin:?}"));
    }
}

#[test]
fn positions_outside_of_the_body_are_the_end_or_an_error() {
    let (mut body, expected) = request(Origin::Map, 100_000);
    let len = body.len();
    for position in [len, len + 1, u64::MAX] {
        body.seek(SeekFrom::Start(position)).unwrap();
        assert_eq!((body.read(&mut [0; 9]).unwrap(), body.remaining(), body.position()), (0, 0, position));
    }
    assert!(body.seek(SeekFrom::End(-(len as i64) - 1)).is_err());
    body.seek(SeekFrom::End(-5)).unwrap();
    let mut clone = body.clone();
    assert_eq!(rest_of(&mut body), expected[expected.len() - 5..]);
    clone.rewind().unwrap();
    assert_same(&rest_of(&mut clone), &expected, "a clone after rewinding");
}

#[test]
fn coded_body_of_a_large_file_is_as_long_as_the_file() {
    let folder = scratch();
    for (len, most) in [(1_u64 << 30, 1.0003), (6 << 30, 1.0003), (1 << 20, 1.001)] {
        let path = folder.path().join(len.to_string());
        File::create(&path).unwrap().set_len(len).unwrap();
        let media = Media::options().mime("video/mp4").open(&path).unwrap();
        let body = coded(&Body::json(&media).unwrap());
        assert!(body.len() as f64 <= len as f64 * most, "{} for {len}", body.len());
    }
}

/// A sparse file whose length does not fit in 32 bits. It ends with an M.
fn more_than_4_gib(folder: &Path) -> Media {
    let path = folder.join("large");
    let mut file = File::create(&path).unwrap();
    file.seek(SeekFrom::Start((4 << 30) + 300_006)).unwrap();
    file.write_all(b"M").unwrap();
    Media::options().mime("video/mp4").open(&path).unwrap()
}

/// The frame says how long it is, and libzstd checks that.
#[test]
fn media_of_more_than_4_gib_decodes_to_the_plain_length() {
    let folder = scratch();
    let body = coded(&Body::json(&more_than_4_gib(folder.path())).unwrap());
    let decoded_len = body.decoded_len();

    // libzstd is optimized even in a debug build, so this takes seconds.
    let mut decoder = zstd::Decoder::with_buffer(io::BufReader::with_capacity(1 << 20, body)).unwrap();
    let mut last = [0; 5];
    let (mut total, mut part) = (0, vec![0; 1 << 20]);
    while let n @ 1.. = decoder.read(&mut part).unwrap() {
        total += n as u64;
        if n >= 5 {
            last.copy_from_slice(&part[n - 5..n]);
        }
    }
    assert_eq!(total, decoded_len);
    assert_eq!(&last[3..], b"=\"");
}

#[test]
fn media_of_more_than_4_gib_ends_with_its_last_byte() {
    let folder = scratch();
    let plain = Body::json(&more_than_4_gib(folder.path())).unwrap();
    assert_eq!(tail::<7>(plain.clone()), *b"AAAE0=\"");
    assert_eq!(tail::<7>(coded(&plain)), *b"\x08\0\0\"\x01\0\0");
}

/// Returns the last `N` bytes of a body, after a seek to 100,000 bytes before its end.
fn tail<const N: usize>(mut body: Body) -> [u8; N] {
    let mut end = [0; 100_000];
    body.seek(SeekFrom::End(-100_000)).unwrap();
    body.read_exact(&mut end).unwrap();
    *end.last_chunk().unwrap()
}

#[test]
fn encoding_again_replaces_the_coding() {
    let mut plain = Body::json(&clip(noise(5000))).unwrap().with_chunk_len(1001);
    plain.seek(SeekFrom::Start(100)).unwrap();
    let body = coded(&plain);
    assert_eq!((body.position(), body.content_encoding()), (0, ContentEncoding::Zstd));
    assert_eq!(
        body.clone().chunks().next().unwrap().unwrap().len(),
        1001,
        "the chunk length is that of the body"
    );
    assert_eq!(rest_of(&mut coded(&body)), rest_of(&mut body.clone()));
    let mut identity = body.encode(ContentEncoding::Identity).unwrap();
    assert_eq!((identity.content_encoding(), identity.len()), (ContentEncoding::Identity, plain.len()));
    plain.reset();
    assert_eq!(rest_of(&mut identity), rest_of(&mut plain));
    assert_eq!(ContentEncoding::default().to_string(), "identity");
    assert_eq!(format!("{:>5}", ContentEncoding::Zstd), " zstd");
}

#[test]
fn coded_body_shares_its_media_and_shows_it() {
    let media = clip(noise(200_000));
    let body = coded(&Body::json(&(&media, "x")).unwrap());
    let shown: Vec<_> = body.segments().map(|(_, segment)| format!("{segment:?}")).collect();
    assert_eq!(shown.len(), 6, "{shown:?}");
    assert!(
        shown[0].starts_with("Framing(17)") && shown[1] == "Text(2)" && shown[2].starts_with("Zstd(Media")
    );
    let is_shared = |(_, segment)| matches!(segment, Segment::Zstd(coded) if coded.ptr_eq(&media));
    assert!(body.segments().any(is_shared));
}

/// Servers limit what they decode.
#[test]
fn limits_are_compared_with_the_plain_length() {
    let plain = Body::json(&clip(noise(900_000))).unwrap();
    let body = coded(&plain);
    assert!(body.len() < 1_000_000 && plain.len() > 1_000_000);
    let error = body.check(Limit::bytes(1_000_000)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(error.to_string(), plain.check(Limit::bytes(1_000_000)).unwrap_err().to_string());
    body.check(Limit::bytes(plain.len())).unwrap();
    assert!(body.check(Limit::VERTEX).is_ok());
}

/// A decoder that another program runs, in a process of its own.
fn run(decoder: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = decoder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{decoder:?}");
        output.stdout
    })
}

/// Those that are not installed are skipped.
#[test]
fn other_decoders_give_the_plain_body() {
    const PYTHON: &str = "import sys, zstandard; decoder = zstandard.ZstdDecompressor().decompressobj(); \
        sys.stdout.buffer.write(decoder.decompress(sys.stdin.buffer.read())); assert decoder.eof";
    const NODE: &str = "process.stdin.pipe(require('zlib').createZstdDecompress()).pipe(process.stdout)";
    let decoders: [(&str, &[&str], &[&str]); 3] = [
        // With no more memory than the window of the frame.
        ("zstd", &["--version"], &["-d", "-c", "--memory=131072"]),
        ("python3", &["-c", "import zstandard"], &["-c", PYTHON]),
        ("node", &["-e", "require('zlib').createZstdDecompress()"], &["-e", NODE]),
    ];
    let long = Origin::Map.media(&noise(WINDOW + 200_000));
    let text = "é".repeat(200_000);
    let values = [(&text[..2], clip(noise(0))), ("", clip(noise(300))), (&text, long)];
    for (program, probe, args) in decoders {
        let found = Command::new(program).args(probe).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            println!("{program} with zstd is not installed: skipped");
            continue;
        }
        for value in &values {
            let plain = Body::json(value).unwrap();
            let decoded = run(Command::new(program).args(args), &rest_of(&mut coded(&plain)));
            assert_same(&decoded, &rest_of(&mut plain.clone()), program);
        }
    }
}

#[test]
fn file_that_changes_is_a_lasting_error() {
    let folder = scratch();
    let path = folder.path().join("clip");
    for access in [Access::Map, Access::Read, Access::Reopen] {
        for change in [0, 1000, 2 * WINDOW as u64 + 1] {
            fs::write(&path, noise(2 * WINDOW)).unwrap();
            let media = Media::options().mime("video/mp4").access(access).open(&path).unwrap();
            let mut body = coded(&Body::json(&media).unwrap());
            let expected = rest_of(&mut body);
            body.reset();
            let mut start = vec![0; 3_000_000];
            body.read_exact(&mut start).unwrap();
            assert_same(&start, &expected[..start.len()], "before the change");
            File::options().write(true).open(&path).unwrap().set_len(change).unwrap();
            for _ in 0..2 {
                let error = body.read(&mut [0; 5000]).unwrap_err();
                assert_eq!(common::inner(&error).kind(), ErrorKind::Changed);
                assert_eq!(body.position(), start.len() as u64);
            }
        }
    }
}
