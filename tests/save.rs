//! Media as bytes again: copied to a writer, read, and saved to a file that appears at once.

mod common;
#[cfg(unix)]
#[path = "save/on_unix.rs"]
mod on_unix;

use common::{DONE, Origin, Random, SIZES, STEP, WINDOW, assert_same, job, noise, process, scratch};
use niello::{Access, ErrorKind, Media};
use std::{
    fs,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
    process::exit,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::UNIX_EPOCH,
};

/// Lengths around the buffer of a copy, and beyond a window.
const LONG: [usize; 6] = [STEP - 1, STEP, STEP + 1, 2 * STEP, 2 * STEP + 4097, WINDOW + 5];

/// Returns the names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

/// Asserts that the media cannot be saved to `path`, for a reason that contains `why`.
#[track_caller]
fn assert_not_saved(media: &Media, path: &Path, kind: io::ErrorKind, why: &str) {
    let error = media.save(path).unwrap_err();
    let message = error.to_string();
    let start = format!("cannot save {} to {}: ", media.name(), path.display());
    assert!(message.starts_with(&start), "{message:?} does not start with {start:?}");
    assert!(message.contains(why), "{message:?} does not say {why:?}");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(io::Error::from(error).kind(), kind, "{message}");
}

/// What a writer returns when it has no more room.
type End = fn() -> io::Result<usize>;

/// A writer that accepts a few bytes at a time, is interrupted at random, and fails after a number of bytes.
struct Sink {
    received: Vec<u8>,
    random: Random,
    room: usize,
    end: End,
}

impl Sink {
    fn new(room: usize, end: End) -> Sink {
        Sink { received: Vec::new(), random: Random::new(room as u64), room, end }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.room - self.received.len();
        if room == 0 {
            return (self.end)();
        }
        if self.random.below(4) == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let len = self.random.length(300_000).min(bytes.len()).min(room);
        self.received.extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn copied_read_and_saved_bytes_are_those_of_the_media() {
    let folder = scratch();
    let path = folder.path().join("saved");
    for len in SIZES.into_iter().chain(LONG) {
        let bytes = noise(len);
        for origin in Origin::ALL {
            let media = origin.media(&bytes);
            let mut copy = Vec::new();
            assert_eq!(media.copy_to(&mut copy).unwrap(), len as u64);
            assert_same(&copy, &bytes, format_args!("{origin:?} copied"));

            let mut read = Vec::new();
            assert_eq!(media.reader().read_to_end(&mut read).unwrap(), len);
            assert_same(&read, &bytes, format_args!("{origin:?} read"));

            media.save(&path).unwrap();
            assert_same(&fs::read(&path).unwrap(), &bytes, format_args!("{origin:?} saved"));
        }
    }
    assert_eq!(names(folder.path()), ["saved"]);
}

#[cfg(feature = "spool")]
#[test]
fn media_from_a_reader_can_be_saved_and_opened_again() {
    let folder = scratch();
    let path = folder.path().join("tone.wav");
    let tone = Media::from_reader(&b"RIFF\x04\0\0\0WAVE"[..]).unwrap();
    tone.save(&path).unwrap();
    let again = Media::open(&path).unwrap();
    assert_eq!((again.len(), again.mime()), (tone.len(), tone.mime()));
}

#[test]
fn reader_reads_any_range_after_any_seek() {
    const LEN: usize = 2 * STEP + 777;
    let bytes = noise(LEN);
    for origin in Origin::ALL {
        let mut reader = origin.media(&bytes).reader();
        let mut random = Random::new(5);
        let mut position = 0;
        for _ in 0..2000 {
            let to = random.below(LEN as u64 + 10);
            let seek = match random.below(4) {
                0 => SeekFrom::Start(to),
                1 => SeekFrom::Current(to as i64 - position as i64),
                2 => SeekFrom::End(to as i64 - LEN as i64),
                _ => SeekFrom::Current(0),
            };
            if seek != SeekFrom::Current(0) {
                position = to;
            }
            assert_eq!(reader.seek(seek).unwrap(), position);
            let mut got = vec![0; random.length(100_000) - 1];
            let read = reader.read(&mut got).unwrap();
            let rest = &bytes[LEN.min(position as usize)..];
            assert_eq!(read, got.len().min(rest.len()), "a read is short only at the end");
            assert_same(&got[..read], &rest[..read], format_args!("{origin:?} at {position}"));
            position += read as u64;
            assert_eq!(reader.stream_position().unwrap(), position);
        }
    }
}

#[test]
fn rejected_seek_leaves_the_position_of_a_reader() {
    let mut reader = Origin::Bytes.media(&noise(100)).reader();
    reader.seek(SeekFrom::Start(5)).unwrap();
    for before in [SeekFrom::Current(-6), SeekFrom::End(-101), SeekFrom::End(i64::MIN)] {
        let error = reader.seek(before).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), "cannot seek to a position before the start of the media");
        assert_eq!(reader.stream_position().unwrap(), 5);
    }
    assert_eq!(reader.seek(SeekFrom::Start(u64::MAX)).unwrap(), u64::MAX);
    assert_eq!(reader.read(&mut [0; 10]).unwrap(), 0, "past the end");
    let error = reader.seek(SeekFrom::Current(1)).unwrap_err();
    assert_eq!(error.to_string(), "cannot seek to a position that exceeds 64 bits");
}

#[test]
fn cloned_reader_has_its_own_position_and_keeps_the_media_open() {
    let bytes = noise(1000);
    for origin in Origin::ALL {
        let mut reader = origin.media(&bytes).reader();
        reader.read_exact(&mut [0; 300]).unwrap();
        let mut clone = reader.clone();
        let rest = |reader: &mut dyn Read| {
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).unwrap();
            rest
        };
        assert_same(&rest(&mut reader), &bytes[300..], "the reader");
        assert_same(&rest(&mut clone), &bytes[300..], "its clone");
    }
}

#[test]
fn short_and_interrupted_writes_of_a_copy_are_continued() {
    let bytes = noise(2 * STEP + 10);
    for origin in Origin::ALL {
        let mut sink = Sink::new(bytes.len(), || unreachable!("nothing is written after the last byte"));
        assert_eq!(origin.media(&bytes).copy_to(&mut sink).unwrap(), bytes.len() as u64);
        assert_same(&sink.received, &bytes, format_args!("{origin:?}"));
    }
}

#[test]
fn copy_ends_with_the_error_of_the_writer() {
    let bytes = noise(2 * STEP + 10);
    let ends: [(End, io::ErrorKind); 2] = [
        (|| Err(io::Error::new(io::ErrorKind::StorageFull, "no more room")), io::ErrorKind::StorageFull),
        (|| Ok(0), io::ErrorKind::WriteZero),
    ];
    for origin in Origin::ALL {
        let media = origin.media(&bytes);
        for (end, kind) in ends {
            for room in [0, 1, STEP - 1, STEP, STEP + 1, bytes.len() - 1] {
                let mut sink = Sink::new(room, end);
                let error = media.copy_to(&mut sink).unwrap_err();
                assert_same(&sink.received, &bytes[..room], "received before the error");
                assert_eq!(error.kind(), ErrorKind::Io);
                let start = format!("cannot write {} to the writer: ", media.name());
                assert!(error.to_string().starts_with(&start), "{error}");
                assert_eq!(io::Error::from(error).kind(), kind);
            }
        }
    }
}

/// A buffered writer that is dropped after the copy would hide its last error.
#[test]
fn error_of_a_buffered_writer_is_not_lost() {
    for origin in Origin::ALL {
        let media = origin.media(&noise(100));
        let sink = Sink::new(50, || Err(io::ErrorKind::StorageFull.into()));
        let error = media.copy_to(BufWriter::new(sink)).unwrap_err();
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::StorageFull);
    }
}

#[test]
fn saving_replaces_a_file_whose_readers_keep_the_previous_content() {
    let folder = scratch();
    let path = folder.path().join("saved");
    fs::write(&path, "the previous content, which is longer").unwrap();
    let mut previous = fs::File::open(&path).unwrap();
    Origin::Bytes.media(b"new").save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(io::read_to_string(&mut previous).unwrap(), "the previous content, which is longer");
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn media_can_be_saved_over_its_own_file() {
    let folder = scratch();
    let path = folder.path().join("clip.mp4");
    let bytes = noise(WINDOW + 5);
    for access in [niello::Access::Map, niello::Access::Read] {
        fs::write(&path, &bytes).unwrap();
        let media = Media::options().mime("video/mp4").access(access).open(&path).unwrap();
        for _ in 0..2 {
            media.save(&path).unwrap();
            assert_same(&fs::read(&path).unwrap(), &bytes, "saved");
        }
    }
}

#[test]
fn path_is_never_seen_with_a_part_of_the_bytes() {
    let folder = scratch();
    let path = folder.path().join("saved");
    let [first, second] = [noise(STEP + 4097), vec![b'x'; 2 * STEP + 1]];
    let media = [&first, &second].map(|bytes| Origin::Read.media(bytes));
    media[0].save(&path).unwrap();
    let done = AtomicBool::new(false);
    let seen = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = [0, 0];
            while !done.load(Ordering::Relaxed) || seen.contains(&0) {
                let content = fs::read(&path).unwrap();
                match [&first, &second].iter().position(|bytes| **bytes == content) {
                    Some(index) => seen[index] += 1,
                    None => return Err(content.len()),
                }
            }
            Ok(seen)
        });
        let mut round = 0;
        // Saves until the reader has seen both.
        while round < 200 || !reader.is_finished() {
            media[round % 2].save(&path).unwrap();
            round += 1;
            done.store(round >= 200, Ordering::Relaxed);
        }
        reader.join().unwrap()
    });
    assert!(seen.is_ok(), "a reader saw {} bytes", seen.unwrap_err());
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn threads_that_save_to_one_path_leave_one_complete_file() {
    let folder = scratch();
    let path = folder.path().join("saved");
    let contents: Vec<_> = (0..8).map(|thread| vec![thread; STEP + usize::from(thread)]).collect();
    thread::scope(|scope| {
        for bytes in &contents {
            let (media, path) = (Origin::Read.media(bytes), &path);
            scope.spawn(move || (0..20).for_each(|_| media.save(path).unwrap()));
        }
    });
    let saved = fs::read(&path).unwrap();
    assert!(contents.contains(&saved), "{} bytes", saved.len());
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn path_that_cannot_be_saved_to_is_an_error_that_says_what_to_do() {
    let folder = scratch();
    let folder = folder.path();
    let media = Origin::Bytes.media(&noise(5000));
    fs::create_dir(folder.join("inner")).unwrap();
    fs::write(folder.join("inner/kept"), "kept").unwrap();
    fs::write(folder.join("file"), "a file").unwrap();

    let missing = format!("the folder {} does not exist; create it first", folder.join("missing").display());
    assert_not_saved(&media, &folder.join("missing/saved"), io::ErrorKind::NotFound, &missing);
    let directory = "it is a directory; name a file in it";
    for name in ["inner", "inner/", "inner/..", "."] {
        assert_not_saved(&media, &folder.join(name), io::ErrorKind::IsADirectory, directory);
    }
    let unnamed = "the path names no file; append a file name";
    assert_not_saved(&media, &folder.join("missing/"), io::ErrorKind::IsADirectory, unnamed);
    // Windows removes the last two names.
    #[cfg(unix)]
    assert_not_saved(&media, &folder.join("missing/.."), io::ErrorKind::IsADirectory, unnamed);
    // WASI takes it for the current folder.
    #[cfg(not(target_os = "wasi"))]
    assert_not_saved(&media, Path::new(""), io::ErrorKind::IsADirectory, unnamed);

    assert_eq!(names(folder), ["file", "inner"]);
    assert_eq!(names(&folder.join("inner")), ["kept"]);
    assert_eq!(fs::read(folder.join("inner/kept")).unwrap(), b"kept");
}

#[test]
fn error_about_a_url_as_the_target_does_not_contain_its_signature() {
    let error = Origin::Bytes.media(b"abc").save("https://example.com/clip.mp4?sig=SECRET").unwrap_err();
    let message = error.to_string();
    assert!(message.contains("https://example.com/clip.mp4?...") && !message.contains("SECRET"), "{message}");
}

/// The current folder belongs to the process, so the test runs in its own.
#[test]
fn relative_path_is_saved_in_the_current_folder() {
    if job().is_some() {
        Origin::Bytes.media(b"abc").save("saved").unwrap();
        exit(DONE);
    }
    let folder = scratch();
    let mut child = process("relative_path_is_saved_in_the_current_folder", "save");
    let output = child.current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(DONE), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(folder.path()), ["saved"]);
    assert_eq!(fs::read(folder.path().join("saved")).unwrap(), b"abc");
}

#[test]
fn media_saved_over_its_own_file_is_changed_only_if_it_is_opened_again() {
    let folder = scratch();
    let path = folder.path().join("clip.mp4");
    let options = Media::options().mime("video/mp4");
    for access in [Access::Map, Access::Read, Access::Reopen] {
        fs::write(&path, noise(1000)).unwrap();
        // The new file has another time even if it is written within the same tick.
        fs::File::options().write(true).open(&path).unwrap().set_modified(UNIX_EPOCH).unwrap();
        let media = options.clone().access(access).open(&path).unwrap();
        media.save(&path).unwrap();
        let again = media.copy_to(io::sink()).map_err(|error| error.kind());
        let expected = if access == Access::Reopen { Err(ErrorKind::Changed) } else { Ok(1000) };
        assert_eq!(again, expected, "{access:?}");
    }
}
