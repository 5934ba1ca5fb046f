//! Media of unknown length, from pipes and from readers that are slow, interrupted or fail.
#![cfg(feature = "spool")]

mod common;

use common::{DONE, Random, WINDOW, assert_same, base64_of, job, noise, process, rest_of, scratch};
use niello::{Access, Body, ErrorKind, Media, MediaOptions};
use std::{
    fs,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    process::exit,
};

/// A reader that returns a few bytes at a time as a network does, with interruptions, and ends as configured.
struct Network<'a> {
    rest: &'a [u8],
    random: Random,
    end: End,
    /// The number of calls of `read`.
    reads: usize,
}

#[derive(Clone, Copy)]
enum End {
    Complete,
    Error(io::ErrorKind),
    Panic,
}

impl<'a> Network<'a> {
    fn new(bytes: &'a [u8], end: End) -> Network<'a> {
        Network { rest: bytes, random: Random::new(bytes.len() as u64), end, reads: 0 }
    }
}

impl Read for Network<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        assert!(!buffer.is_empty(), "an empty read");
        self.reads += 1;
        if self.random.below(3) == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.rest.is_empty() {
            return match self.end {
                End::Complete => Ok(0),
                End::Error(kind) => Err(kind.into()),
                End::Panic => resume_unwind(Box::new("the reader panics")),
            };
        }
        let len = self.random.length(1500).min(buffer.len()).min(self.rest.len());
        let (next, rest) = self.rest.split_at(len);
        buffer[..len].copy_from_slice(next);
        self.rest = rest;
        Ok(len)
    }
}

/// Options for a video, for each access.
fn options() -> [MediaOptions; 2] {
    [Access::Map, Access::Read].map(|access| Media::options().mime("video/mp4").access(access))
}

#[test]
fn slow_reader_is_copied_completely() {
    for len in [0, 1, 48, 49, 5000, 300_001, WINDOW + 1] {
        let bytes = noise(len);
        for options in options() {
            let mut reader = Network::new(&bytes, End::Complete);
            let media = options.from_reader(&mut reader).unwrap();
            assert!(reader.reads > len / 1500);
            assert_eq!(media.len(), len as u64);
            let mut body = Body::json(&media).unwrap();
            let expected = format!("\"{}\"", base64_of(&bytes)).into_bytes();
            for _ in 0..2 {
                assert_same(&rest_of(&mut body), &expected, len);
                body.reset();
            }
        }
    }
}

#[test]
fn type_of_a_reader_is_detected_from_its_content() {
    let flac = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/media/audio.flac");
    let media = Media::from_reader(fs::File::open(flac).unwrap()).unwrap();
    assert_eq!(media.mime(), "audio/flac");
    let expected = format!("\"{}\"", base64_of(&fs::read(flac).unwrap()));
    assert_same(&rest_of(&mut Body::json(&media).unwrap()), expected.as_bytes(), "the file");
    assert_eq!(Media::from_reader(&b"\x01\x02"[..]).unwrap_err().kind(), ErrorKind::MimeType);
}

#[test]
fn error_of_a_reader_is_reported_and_creates_no_short_media() {
    let kinds = [
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::TimedOut,
        io::ErrorKind::WouldBlock,
        io::ErrorKind::UnexpectedEof,
        io::ErrorKind::Other,
    ];
    for len in [0, 1, 5000, 100_000] {
        let bytes = noise(len);
        for kind in kinds {
            for options in options() {
                let reader = Network::new(&bytes, End::Error(kind));
                let error = options.name("the call").from_reader(reader).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Io);
                assert!(error.to_string().contains("the call"), "{error}");
                assert_eq!(io::Error::from(error).kind(), kind);
            }
        }
        for options in options() {
            let reader = AssertUnwindSafe(Network::new(&bytes, End::Panic));
            assert!(catch_unwind(|| options.from_reader({ reader }.0)).is_err());
        }
    }
}

#[test]
fn no_more_than_the_limit_is_read() {
    let bytes = noise(100_000);
    for max in [0, 1, 5000, 99_999] {
        for options in options() {
            let mut reader = Network::new(&bytes, End::Panic);
            let error = options.clone().max_spool(max).from_reader(&mut reader).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
            // One more byte, which shows that the limit is exceeded.
            assert_eq!((bytes.len() - reader.rest.len()) as u64, max + 1);
            assert_eq!(options.max_spool(max).from_reader(&bytes[..max as usize]).unwrap().len(), max);
        }
    }
    let endless = Media::options().mime("a/b").max_spool(1000).from_reader(io::repeat(0));
    assert_eq!(endless.unwrap_err().kind(), ErrorKind::TooLarge);
}

/// Runs a test again in a process with its own temporary folder. Returns `true` in that process.
#[cfg(unix)]
fn in_own_temp_dir(test: &str) -> bool {
    if job().is_some() {
        return true;
    }
    let folder = scratch();
    let output = process(test, "folder").env("TMPDIR", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(DONE), "{said}");
    false
}

#[cfg(unix)]
fn files_left() -> usize {
    fs::read_dir(std::env::temp_dir()).unwrap().count()
}

#[test]
#[cfg(unix)]
fn temporary_file_never_appears_in_its_folder() {
    if !in_own_temp_dir("temporary_file_never_appears_in_its_folder") {
        return;
    }
    let bytes = noise(10_000);
    for options in options() {
        let media = options.clone().from_reader(Network::new(&bytes, End::Complete)).unwrap();
        assert_eq!(files_left(), 0, "while the media exists");
        assert_eq!(rest_of(&mut Body::json(&media).unwrap()).len() as u64, media.encoded_len() + 2);
        drop(media);
        options.clone().from_reader(Network::new(&bytes, End::Error(io::ErrorKind::TimedOut))).unwrap_err();
        options.max_spool(5).from_reader(&bytes[..]).unwrap_err();
        assert_eq!(files_left(), 0, "after errors");
    }
    exit(DONE);
}

/// A limit on the size of files stands in for a full disk.
#[test]
#[cfg(unix)]
fn full_disk_is_an_error_that_names_the_folder() {
    if !in_own_temp_dir("full_disk_is_an_error_that_names_the_folder") {
        return;
    }
    let limit = |bytes| {
        let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the pointer is valid for the call.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
    };
    // SAFETY: the arguments are numbers.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    limit(20_000);
    for options in options() {
        let fits = options.clone().from_reader(&noise(20_000)[..]).unwrap();
        assert_eq!(fits.len(), 20_000);
        let error = options.from_reader(&noise(20_001)[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        let folder = std::env::temp_dir();
        assert!(error.to_string().contains(folder.to_str().unwrap()), "{error}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(files_left(), 0);
    }
    // Coverage tools write a file when the process ends.
    limit(libc::RLIM_INFINITY);
    exit(DONE);
}

/// It has probably been read before.
#[test]
#[cfg(unix)]
fn empty_pipe_is_an_error_not_empty_media() {
    let folder = scratch();
    let path = folder.path().join("pipe.mp4");
    let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: the name is a string that ends with a zero.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    for options in options() {
        let writer = {
            let path = path.clone();
            std::thread::spawn(move || drop(fs::OpenOptions::new().write(true).open(path).unwrap()))
        };
        let error = options.open(&path).unwrap_err();
        writer.join().unwrap();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(
            error.to_string().contains("pipe.mp4") && error.to_string().contains("read before"),
            "{error}"
        );
    }
}

#[test]
#[cfg(unix)]
fn missing_temporary_folder_is_an_error_that_names_it_and_files_do_not_need_it() {
    let test = "missing_temporary_folder_is_an_error_that_names_it_and_files_do_not_need_it";
    let Some(path) = job() else {
        let folder = scratch();
        let path = folder.path().join("clip.mp4");
        let output = process(test, path.to_str().unwrap()).env("TMPDIR", "/no such folder").output().unwrap();
        assert_eq!(output.status.code(), Some(DONE), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    };
    // Files are not copied.
    for bytes in [&b""[..], b"abc"] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(Media::open(&path).unwrap().len(), bytes.len() as u64);
    }
    let error = Media::options().mime("a/b").from_reader(&b"abc"[..]).unwrap_err();
    assert!(error.to_string().contains("/no such folder"), "{error}");
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
    exit(DONE);
}
