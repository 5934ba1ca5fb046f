//! A file that changes after it was opened is an error, never a wrong body or a crash.
#![cfg(unix)]

mod common;

use base64::{Engine, engine::general_purpose::STANDARD};
use common::{
    Random, WINDOW, assert_same, base64_of, inner, noise, rest_of,
    victim::{Shared, Victim, body_of},
};
use niello::{Access, Body, ContentEncoding, ErrorKind};
use std::{
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

const ACCESSES: [Access; 3] = [Access::Map, Access::Read, Access::Reopen];

/// Reads a body up to its end or its first error, by a random mixture of all interfaces.
fn deliver(
    body: &mut Body,
    random: &mut Random,
    max: u64,
    progress: &AtomicUsize,
) -> (Vec<u8>, io::Result<()>) {
    let mut got = Vec::new();
    loop {
        let mut buffer = vec![0; random.length(max)];
        let read = match random.below(3) {
            0 => body.read(&mut buffer),
            1 => {
                let mut chunks = body.clone().with_chunk_len(buffer.len()).chunks();
                let chunk = chunks.next().unwrap_or_else(|| Ok(Default::default()));
                *body = chunks.into_body();
                chunk.map(|chunk| {
                    buffer[..chunk.len()].copy_from_slice(&chunk);
                    chunk.len()
                })
            }
            _ => {
                // The writer is full after one buffer. Errors of the body come first.
                let len = buffer.len();
                *body = body.clone().with_chunk_len(len);
                let mut free = &mut buffer[..];
                let result = body.write_to(&mut free);
                let written = len - free.len();
                result.map(|_| written).or_else(|error| match error.kind() {
                    io::ErrorKind::WriteZero => Ok(written),
                    _ if written > 0 => Ok(written),
                    _ => Err(error),
                })
            }
        };
        match read {
            Ok(0) => return (got, Ok(())),
            Ok(n) => got.extend_from_slice(&buffer[..n]),
            Err(error) => return (got, Err(error)),
        }
        assert_eq!(body.position() as usize, got.len());
        progress.store(got.len(), Ordering::Relaxed);
    }
}

/// Asserts that every further read, by any interface, returns the same error and does not move the position.
fn assert_sticky(body: &mut Body, error: &io::Error) {
    let (position, message) = (body.position(), error.to_string());
    let same = |again: io::Error| {
        assert_eq!((again.kind(), again.to_string()), (error.kind(), message.clone()));
        assert_eq!(inner(&again).kind(), inner(error).kind());
    };
    for _ in 0..2 {
        same(body.read(&mut [0; 100]).unwrap_err());
        same(body.read(&mut [0; 1]).unwrap_err());
        same(body.write_to(&mut Vec::new()).unwrap_err());
        same(body.clone().read(&mut [0; 5000]).unwrap_err());
        assert_eq!(body.position(), position);
    }
    let mut chunks = body.clone().chunks();
    assert!(chunks.size_hint().0 <= 1 && chunks.size_hint().1.is_none_or(|most| most >= 1));
    same(chunks.next().unwrap().unwrap_err());
    assert!(chunks.next().is_none() && chunks.next().is_none(), "the error ends the chunks");
    assert_eq!(chunks.size_hint(), (0, Some(0)));
    assert_eq!(chunks.into_body().position(), position);
}

type Change = fn(&Victim, len: u64);

/// Changes to a file, with the words by which the error describes each.
const CHANGES: [(&str, Change); 9] = [
    ("truncated from {len} to 0 bytes", |victim, _| victim.file.set_len(0).unwrap()),
    ("truncated from {len} to 1 bytes", |victim, _| victim.file.set_len(1).unwrap()),
    ("truncated from {len} to 4096 bytes", |victim, _| victim.file.set_len(4096).unwrap()),
    ("truncated from {len} to {less} bytes", |victim, len| victim.file.set_len(len - 1).unwrap()),
    ("grew from {len} to {more} bytes", |victim, len| victim.file.set_len(len + 1).unwrap()),
    ("rewritten", |victim, len| victim.file.write_all_at(&vec![0; len as usize], 0).unwrap()),
    ("rewritten", |victim, len| victim.file.write_all_at(b"x", len - 1).unwrap()),
    ("rewritten", |victim, len| {
        victim.file.set_len(0).unwrap();
        victim.file.set_len(len).unwrap();
    }),
    ("rewritten", |victim, _| {
        victim.file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000)).unwrap()
    }),
];

#[test]
fn every_change_is_a_lasting_error_that_describes_it() {
    for len in [5000, 100_000, WINDOW + 4097] {
        let bytes = noise(len);
        for access in ACCESSES {
            for (index, (words, change)) in CHANGES.into_iter().enumerate() {
                let words = words
                    .replace("{len}", &len.to_string())
                    .replace("{less}", &(len - 1).to_string())
                    .replace("{more}", &(len + 1).to_string());
                for before in [0, 20, 4000, len] {
                    let victim = Victim::new(&bytes);
                    let media = victim.media(access);
                    let (mut body, expected) = body_of(&media, &bytes);
                    let mut got = vec![0; before];
                    body.read_exact(&mut got).unwrap();
                    change(&victim, len as u64);

                    let mut random = Random::new((len + index + before) as u64);
                    let (more, end) = deliver(&mut body, &mut random, 2_000_000, &AtomicUsize::new(0));
                    let error = end.unwrap_err();
                    got.extend(more);
                    assert_same(&got, &expected[..got.len()], "delivered before the error");
                    // Only what was made before the change, and the JSON text in front of the media.
                    assert_eq!(got.len(), before.max(13), "{words}: after {before}");
                    assert_eq!(inner(&error).kind(), ErrorKind::Changed, "{error}");
                    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                    let message = error.to_string();
                    assert!(message.contains(&words), "{message:?} does not say {words:?}");
                    assert!(message.contains(media.name()), "{message:?} does not name the file");
                    assert_sticky(&mut body, &error);

                    // Another attempt fails in the same way.
                    body.reset();
                    assert_eq!(body.position(), 0);
                    let (again, end) = deliver(&mut body, &mut random, 2_000_000, &AtomicUsize::new(0));
                    assert_eq!(end.unwrap_err().to_string(), message);
                    assert_same(&again, &br#"["the clip",""#[..again.len()], "after a rewind");
                    body.seek(SeekFrom::Start(500)).unwrap();
                    let error = body.read(&mut [0; 9]).unwrap_err();
                    assert_eq!(error.to_string(), message);
                    assert_sticky(&mut body, &error);
                    // The JSON text after the media can still be read.
                    body.seek(SeekFrom::End(-8)).unwrap();
                    assert_eq!(common::rest_of(&mut body), &expected[expected.len() - 8..]);

                    assert_eq!(Body::json(&media).unwrap_err().kind(), ErrorKind::Changed);
                    let opened_again = victim.media(access);
                    assert!(Body::json(&opened_again).is_ok());
                }
            }
        }
    }
}

/// Zero pages that replaced missing ones stay in the mapping, so it must stay marked as broken.
#[test]
fn mapped_file_that_was_truncated_and_restored_never_delivers_zeros() {
    let bytes = noise(WINDOW + 100_000);
    let victim = Victim::new(&bytes);
    let modified = victim.file.metadata().unwrap().modified().unwrap();
    let (mut body, expected) = body_of(&victim.media(Access::Map), &bytes);
    victim.file.set_len(4096).unwrap();
    // This read begins in the middle of a window and reaches into the missing part.
    body.seek(SeekFrom::Start(8000)).unwrap();
    let error = body.read(&mut vec![0; 100_000]).unwrap_err();
    assert_eq!(inner(&error).kind(), ErrorKind::Changed);

    victim.file.write_all_at(&bytes, 0).unwrap();
    victim.file.set_modified(modified).unwrap();
    for start in [0, 2000, 8000, 70_000, expected.len() - 5000] {
        body.seek(SeekFrom::Start(start as u64)).unwrap();
        let mut got = Vec::new();
        if let Err(error) = body.read_to_end(&mut got) {
            assert_eq!(inner(&error).kind(), ErrorKind::Io, "{error}");
        }
        assert_same(&got, &expected[start..start + got.len()], "delivered after the file was restored");
    }
}

/// Reads a body on another thread and changes the file when a random position is reached. All delivered bytes
/// must be correct. Returns whether the body was interrupted.
fn race(access: Access, bytes: &[u8], random: &mut Random) -> bool {
    let victim = Victim::new(bytes);
    let (mut body, expected) = body_of(&victim.media(access), bytes);
    let len = bytes.len() as u64;
    let to = match random.below(4) {
        0 => 0,
        1 => random.below(len / 4096) * 4096,
        _ => random.below(len),
    };
    let re_extended = random.below(3) == 0;
    // Some changes happen before the first read, others between two reads or during one.
    let moment = random.below(len * 4 / 3 + len / 4).saturating_sub(len / 4) as usize;
    let (spin, max) = (random.below(20_000), [4097, 70_000, 3 << 20][random.below(3) as usize]);
    let mut lengths = Random::new(random.below(u64::MAX));

    let progress = AtomicUsize::new(0);
    let ended = AtomicUsize::new(0);
    let (got, end) = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let delivered = deliver(&mut body, &mut lengths, max, &progress);
            ended.store(1, Ordering::Relaxed);
            delivered
        });
        while progress.load(Ordering::Relaxed) < moment && ended.load(Ordering::Relaxed) == 0 {
            std::hint::spin_loop();
        }
        (0..spin).for_each(|_| std::hint::spin_loop());
        victim.file.set_len(to).unwrap();
        if re_extended {
            victim.file.set_len(len).unwrap();
        }
        reader.join().unwrap()
    });
    assert_same(&got, &expected[..got.len()], format_args!("delivered before {end:?}"));
    match end {
        Ok(()) => assert_eq!(got.len(), expected.len(), "a body never ends early"),
        Err(ref error) => {
            let kind = inner(error).kind();
            assert!(matches!(kind, ErrorKind::Changed | ErrorKind::Io), "{error:?}");
            assert_sticky(&mut body, error);
        }
    }
    end.is_err()
}

#[test]
fn file_truncated_while_it_is_read_is_an_error_not_a_crash_or_wrong_bytes() {
    let bytes = noise(3 * 1024 * 1024 + 1234);
    for (access, times) in [(Access::Map, 300), (Access::Read, 100), (Access::Reopen, 100)] {
        let mut random = Random::new(times);
        let interrupted = (0..times).filter(|_| race(access, &bytes, &mut random)).count();
        println!("{access:?}: {interrupted} of {times} were interrupted");
        // Without interruptions this test would prove nothing.
        assert!(interrupted as u64 > times / 10, "only {interrupted} of {times}");
    }
}

#[test]
fn many_threads_read_one_media() {
    let bytes = noise(2 * WINDOW + 777);
    for access in ACCESSES {
        for truncated in [false, true] {
            let victim = Victim::new(&bytes);
            let (body, expected) = body_of(&victim.media(access), &bytes);
            let start = Barrier::new(9);
            let progress = AtomicUsize::new(0);
            thread::scope(|scope| {
                for seed in 0..8 {
                    let (mut body, expected, start, progress) = (body.clone(), &expected, &start, &progress);
                    scope.spawn(move || {
                        start.wait();
                        let mut random = Random::new(seed);
                        let (got, end) = deliver(&mut body, &mut random, 300_000, progress);
                        assert_same(&got, &expected[..got.len()], format_args!("thread {seed}"));
                        match end {
                            Ok(()) => assert_eq!(got.len(), expected.len()),
                            Err(error) => {
                                assert!(truncated, "{error}");
                                assert!(matches!(inner(&error).kind(), ErrorKind::Changed | ErrorKind::Io));
                            }
                        }
                    });
                }
                start.wait();
                if truncated {
                    while progress.load(Ordering::Relaxed) < expected.len() / 4 {
                        thread::yield_now();
                    }
                    victim.file.set_len(5000).unwrap();
                }
            });
        }
    }
}

// The following three tests document the limitations that the documentation of `Media` lists. If one of these
// changes becomes detectable, remove it there. Even undetected changes never crash the process or change the
// length of a body.

#[test]
fn rewrite_with_a_restored_modification_time_is_not_detected() {
    for len in [5000, WINDOW + 4097] {
        for access in ACCESSES {
            for before in [0, 1000, len] {
                let (old, new) = (noise(len), vec![b'x'; len]);
                let victim = Victim::new(&old);
                let modified = victim.file.metadata().unwrap().modified().unwrap();
                let (mut body, expected) = body_of(&victim.media(access), &old);
                let mut got = vec![0; before];
                body.read_exact(&mut got).unwrap();
                assert_same(&got, &expected[..before], "before");

                victim.file.write_all_at(&new, 0).unwrap();
                victim.file.set_modified(modified).unwrap();
                let rewritten = format!(r#"["the clip","{}","its end"]"#, base64_of(&new)).into_bytes();
                assert_same(&rest_of(&mut body), &rewritten[before..], "after");
            }
        }
    }
}

/// Whether a write right after opening has a later modification time depends on the clock of the file system.
/// Since Linux 6.13 it usually has, because a timestamp that was queried is not used again.
#[test]
fn write_within_one_clock_tick_is_detected_or_gives_a_complete_body() {
    let mut detected = 0;
    for round in 0..100 {
        let access = ACCESSES[round % 3];
        let victim = Victim::new(b"");
        let (old, new) = (noise(5000), vec![b'x'; 5000]);
        victim.file.write_all_at(&old, 0).unwrap();
        let media = victim.media(access);
        victim.file.write_all_at(&new, 0).unwrap();
        let Ok(mut body) = Body::json(&media) else {
            detected += 1;
            continue;
        };
        let expected = format!("\"{}\"", base64_of(&new));
        assert_eq!(body.len(), expected.len() as u64);
        let mut got = Vec::new();
        match body.read_to_end(&mut got) {
            Ok(_) => assert_same(&got, expected.as_bytes(), "not detected"),
            Err(error) => {
                assert_eq!(inner(&error).kind(), ErrorKind::Changed);
                detected += 1;
            }
        }
    }
    println!("{detected} of 100 writes were detected");
}

/// Sets a flag at the end of a scope, even if that is a panic.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A byte that changes while it is encoded is either the old or the new one, and does not affect its neighbors.
#[test]
fn write_through_a_mapping_is_detected_or_gives_a_complete_body_of_old_and_new_bytes() {
    const LEN: usize = 300_001;
    let victim = Victim::new(&[0; LEN]);
    let shared = Shared::new(&victim.file, LEN);
    // After the first write to a page, further writes do not update the time until the page is written to disk.
    shared.fill(0);
    for access in ACCESSES {
        let (mut complete, mut mixed) = (0, 0);
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let _done = SetOnDrop(&done);
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    shared.fill(0xff);
                    shared.fill(0);
                }
            });
            for round in 0..200 {
                let Ok(plain) = Body::json(&victim.media(access)) else { continue };
                let encoding = [ContentEncoding::Identity, ContentEncoding::Zstd][round % 2];
                let mut body = plain.encode(encoding).unwrap();
                let mut got = Vec::new();
                // Reads may end within a group. The rest of the group is then encoded from later content.
                match body.write_to(&mut got) {
                    Ok(_) => {
                        assert_eq!(got.len() as u64, body.len());
                        if encoding == ContentEncoding::Zstd {
                            got = zstd::decode_all(&got[..]).unwrap();
                        }
                        let bytes = STANDARD.decode(&got[1..got.len() - 1]).unwrap();
                        assert_eq!(bytes.len(), LEN);
                        assert!(bytes.iter().all(|byte| matches!(byte, 0 | 0xff)));
                        complete += 1;
                        mixed += u32::from(bytes.windows(2).any(|pair| pair[0] != pair[1]));
                    }
                    Err(error) => assert_eq!(inner(&error).kind(), ErrorKind::Changed),
                }
            }
        });
        println!("{access:?}: {complete} of 200 were complete, {mixed} of them a mixture");
        assert!(complete > 0);
    }
}
