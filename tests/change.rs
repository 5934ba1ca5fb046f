//! A file that changes after it was opened is an error: never altered bytes, never a dead process.
#![cfg(unix)]

mod common;

use common::{DONE, Random, WINDOW, assert_same, base64_of, inner, job, noise, process, scratch};
use niello::{Access, Body, ErrorKind, Media};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::{
        fd::AsRawFd,
        unix::{fs::FileExt, process::ExitStatusExt},
    },
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process::{Output, exit},
    ptr,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};
use tempfile::TempDir;

const ACCESSES: [Access; 2] = [Access::Map, Access::Read];

/// A file that can be changed, and the body of its media.
struct Victim {
    file: File,
    path: PathBuf,
    _folder: TempDir,
}

impl Victim {
    /// Last written long ago, so that every change is a later time, whatever the tick of the clock.
    fn new(bytes: &[u8]) -> Victim {
        let folder = scratch();
        let path = folder.path().join("victim.mp4");
        std::fs::write(&path, bytes).unwrap();
        let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
        Victim { file, path, _folder: folder }
    }

    fn media(&self, access: Access) -> Media {
        Media::options().mime("video/mp4").access(access).open(&self.path).unwrap()
    }
}

/// The body of one media, and what it must be while the file is as it was.
fn body_of(media: &Media, bytes: &[u8]) -> (Body, Vec<u8>) {
    let body = Body::json(&("the clip", media, "its end")).unwrap();
    (body, format!(r#"["the clip","{}","its end"]"#, base64_of(bytes)).into_bytes())
}

/// What a body hands on up to its end or its first error, which stays until it is rewound.
fn deliver(
    body: &mut Body,
    random: &mut Random,
    max: u64,
    progress: &AtomicUsize,
) -> (Vec<u8>, io::Result<()>) {
    let mut got = Vec::new();
    loop {
        let mut buffer = vec![0; random.length(max)];
        let pulled = match random.below(3) {
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
                // A writer that is full after one buffer; errors of the body come first.
                let len = buffer.len();
                *body = body.clone().with_chunk_len(len);
                let mut room = &mut buffer[..];
                let written = body.write_to(&mut room);
                let taken = len - room.len();
                written.map(|_| taken).or_else(|error| match error.kind() {
                    io::ErrorKind::WriteZero => Ok(taken),
                    _ if taken > 0 => Ok(taken),
                    _ => Err(error),
                })
            }
        };
        match pulled {
            Ok(0) => return (got, Ok(())),
            Ok(n) => got.extend_from_slice(&buffer[..n]),
            Err(error) => return (got, Err(error)),
        }
        assert_eq!(body.position() as usize, got.len());
        progress.store(got.len(), Ordering::Relaxed);
    }
}

/// That every further pull, of any kind, is this same error, and moves nothing.
fn is_sticky(body: &mut Body, error: &io::Error) {
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

/// What can become of a file, and what the error says of it.
const CHANGES: [(&str, Change); 9] = [
    ("truncated from {len} to 0 bytes", |victim, _| victim.file.set_len(0).unwrap()),
    ("truncated from {len} to 1 bytes", |victim, _| victim.file.set_len(1).unwrap()),
    ("truncated from {len} to 4096 bytes", |victim, _| victim.file.set_len(4096).unwrap()),
    ("truncated from {len} to {less} bytes", |victim, len| victim.file.set_len(len - 1).unwrap()),
    ("grown from {len} to {more} bytes", |victim, len| victim.file.set_len(len + 1).unwrap()),
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
fn a_change_is_an_error_that_says_which_and_stays() {
    for len in [5000, 100_000, WINDOW + 4097] {
        let bytes = noise(len);
        for access in ACCESSES {
            for (index, (says, change)) in CHANGES.into_iter().enumerate() {
                let says = says
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
                    assert_same(&got, &expected[..got.len()], "what was handed on");
                    // Nothing but what was made before the change, and text of the plan.
                    assert!(got.len() <= before.max(13), "{says}: {} bytes after {before}", got.len());
                    assert_eq!(inner(&error).kind(), ErrorKind::Changed, "{error}");
                    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                    let message = error.to_string();
                    assert!(message.contains(&says), "{message:?} does not say {says:?}");
                    assert!(message.contains(media.name()), "{message:?} does not name the file");
                    is_sticky(&mut body, &error);

                    // Tried again, it is the same again.
                    body.rewind();
                    assert_eq!(body.position(), 0);
                    let (again, end) = deliver(&mut body, &mut random, 2_000_000, &AtomicUsize::new(0));
                    assert_eq!(end.unwrap_err().to_string(), message);
                    assert_same(&again, &br#"["the clip",""#[..again.len()], "after a rewind");
                    body.seek(SeekFrom::Start(500)).unwrap();
                    let error = body.read(&mut [0; 9]).unwrap_err();
                    assert_eq!(error.to_string(), message);
                    is_sticky(&mut body, &error);
                    // The text beside it can still be had.
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

/// Zeros that stood in for pages that were gone stay in the mapping: the mark must outlive them.
#[test]
fn a_mapped_file_that_was_gone_and_is_back_never_gives_zeros() {
    let bytes = noise(WINDOW + 100_000);
    let victim = Victim::new(&bytes);
    let modified = victim.file.metadata().unwrap().modified().unwrap();
    let (mut body, expected) = body_of(&victim.media(Access::Map), &bytes);
    victim.file.set_len(4096).unwrap();
    // From the middle of a window, far enough to touch what is gone.
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
        assert_same(&got, &expected[start..start + got.len()], "what is handed on again");
    }
}

/// Pulls a body on a thread of its own and changes the file when the pulls have come to some random
/// place; whatever was handed on must be right. Returns whether it was interrupted.
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
    // Some come before the first pull, and some between two pulls or within one.
    let moment = random.below(len * 4 / 3 + len / 4).saturating_sub(len / 4) as usize;
    let (spin, max) = (random.below(20_000), [4097, 70_000, 3 << 20][random.below(3) as usize]);
    let mut lengths = Random::new(random.below(u64::MAX));

    let progress = AtomicUsize::new(0);
    let ended = AtomicUsize::new(0);
    let (got, end) = thread::scope(|scope| {
        let puller = scope.spawn(|| {
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
        puller.join().unwrap()
    });
    assert_same(&got, &expected[..got.len()], format_args!("handed on before {end:?}"));
    match end {
        Ok(()) => assert_eq!(got.len(), expected.len(), "a body never ends short"),
        Err(ref error) => {
            let kind = inner(error).kind();
            assert!(matches!(kind, ErrorKind::Changed | ErrorKind::Io), "{error:?}");
            is_sticky(&mut body, error);
        }
    }
    end.is_err()
}

#[test]
fn a_file_truncated_while_it_is_pulled_kills_nobody_and_alters_nothing() {
    let bytes = noise(3 * 1024 * 1024 + 1234);
    for (access, times) in [(Access::Map, 300), (Access::Read, 100)] {
        let mut random = Random::new(times);
        let interrupted = (0..times).filter(|_| race(access, &bytes, &mut random)).count();
        println!("{access:?}: {interrupted} of {times} were interrupted");
        // A test of interruptions that meets none would hold nothing.
        assert!(interrupted as u64 > times / 10, "{interrupted} of {times}");
    }
}

#[test]
fn many_threads_pull_one_media() {
    let bytes = noise(2 * WINDOW + 777);
    for access in ACCESSES {
        for truncated in [false, true] {
            let victim = Victim::new(&bytes);
            let (body, expected) = body_of(&victim.media(access), &bytes);
            let start = Barrier::new(9);
            let pulled = AtomicUsize::new(0);
            thread::scope(|scope| {
                for seed in 0..8 {
                    let (mut body, expected, start, pulled) = (body.clone(), &expected, &start, &pulled);
                    scope.spawn(move || {
                        start.wait();
                        let mut random = Random::new(seed);
                        let (got, end) = deliver(&mut body, &mut random, 300_000, pulled);
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
                    while pulled.load(Ordering::Relaxed) < expected.len() / 4 {
                        thread::yield_now();
                    }
                    victim.file.set_len(5000).unwrap();
                }
            });
        }
    }
}

/// Touches a page of a mapping past the end of its file: a SIGBUS that is none of niello's business.
/// Returns what was read there, if anybody made it readable.
fn foreign_fault() -> u8 {
    let victim = Victim::new(&noise(10_000));
    // SAFETY: a new mapping of an open file.
    let page = unsafe {
        libc::mmap(ptr::null_mut(), 8192, libc::PROT_READ, libc::MAP_SHARED, victim.file.as_raw_fd(), 0)
    };
    assert_ne!(page, libc::MAP_FAILED);
    victim.file.set_len(0).unwrap();
    FAULT.store(page as usize, Ordering::Relaxed);
    // SAFETY: mapped; that it faults is the point. A handler that does nothing would have it fault for
    // ever, which the alarm ends.
    unsafe {
        libc::alarm(20);
        page.cast::<u8>().read_volatile()
    }
}

static FAULT: AtomicUsize = AtomicUsize::new(0);
const CALLED: i32 = DONE + 1;

extern "C" fn earlier(signal: libc::c_int) {
    // SAFETY: may be called in a signal handler.
    unsafe { libc::_exit(if signal == libc::SIGBUS { CALLED } else { 1 }) }
}

extern "C" fn earlier_with_info(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid `info` on, and so must whoever was called in between.
    let address = unsafe { (*info).si_addr() } as usize;
    let right = signal == libc::SIGBUS && !context.is_null() && address == FAULT.load(Ordering::Relaxed);
    // SAFETY: as above.
    unsafe { libc::_exit(if right { CALLED } else { 1 }) }
}

fn install(handler: usize, flags: libc::c_int) {
    // SAFETY: zeros are a valid `sigaction`, and the handler has the signature that the flags name.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        assert_eq!(libc::sigaction(libc::SIGBUS, &action, ptr::null_mut()), 0);
    }
}

/// Maps a file, and loses it: here niello's own handler has been called and has done its work.
fn lose_a_file() {
    let bytes = noise(100_000);
    let victim = Victim::new(&bytes);
    let (mut body, _) = body_of(&victim.media(Access::Map), &bytes);
    victim.file.set_len(0).unwrap();
    let error = body.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(inner(&error).kind(), ErrorKind::Changed);
}

/// Runs a job of this test in a process of its own.
fn outcome(test: &str, job: &str) -> Output {
    let output = process(test, job).output().unwrap();
    println!("{job}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    output
}

/// As a process may be started, and as some servers start their threads.
#[test]
fn a_thread_that_blocks_sigbus_survives_a_lost_file() {
    let test = "a_thread_that_blocks_sigbus_survives_a_lost_file";
    match job() {
        None => assert_eq!(outcome(test, "blocked").status.code(), Some(DONE)),
        Some(_) => {
            // SAFETY: an empty set is a whole one, and all of it is on this stack.
            unsafe {
                let mut all = std::mem::zeroed();
                libc::sigfillset(&mut all);
                libc::pthread_sigmask(libc::SIG_BLOCK, &all, ptr::null_mut());
            }
            lose_a_file();
            thread::spawn(lose_a_file).join().unwrap();
            exit(DONE);
        }
    }
}

#[test]
fn a_sigbus_of_somebody_else_still_kills() {
    let test = "a_sigbus_of_somebody_else_still_kills";
    match job().as_deref() {
        None => {
            for job in ["fault", "fault on a thread", "sent"] {
                assert_eq!(outcome(test, job).status.signal(), Some(libc::SIGBUS), "{job}");
            }
        }
        Some(job) => {
            // The default action, where the runtime of Rust has put a handler of its own.
            install(libc::SIG_DFL, 0);
            lose_a_file();
            match job {
                "fault" => drop(foreign_fault()),
                "fault on a thread" => drop(thread::spawn(foreign_fault).join()),
                // SAFETY: a signal for this process.
                _ => drop(unsafe { libc::raise(libc::SIGBUS) }),
            }
            exit(1);
        }
    }
}

#[test]
fn a_sigbus_of_somebody_else_reaches_the_handler_that_was_there_before() {
    let test = "a_sigbus_of_somebody_else_reaches_the_handler_that_was_there_before";
    match job().as_deref() {
        None => {
            for (job, code) in [
                ("plain", CALLED),
                ("with info", CALLED),
                ("sent", CALLED),
                ("sent and ignored", DONE),
                ("ours", DONE),
            ] {
                assert_eq!(outcome(test, job).status.code(), Some(code), "{job}");
            }
        }
        Some(job) => {
            match job {
                "with info" => install(earlier_with_info as *const () as usize, libc::SA_SIGINFO),
                "sent and ignored" => install(libc::SIG_IGN, 0),
                _ => install(earlier as *const () as usize, 0),
            }
            // Neither installing nor a file of niello's own calls it.
            lose_a_file();
            match job {
                "ours" => {}
                // SAFETY: a signal for this process.
                "sent" | "sent and ignored" => drop(unsafe { libc::raise(libc::SIGBUS) }),
                _ => drop(foreign_fault()),
            }
            if job == "sent and ignored" {
                // The guard is still there.
                lose_a_file();
            }
            exit(DONE);
        }
    }
}

/// Nothing but niello's own handler has to be there for a file that is only read.
#[test]
fn a_file_that_is_only_read_installs_no_handler() {
    let test = "a_file_that_is_only_read_installs_no_handler";
    if job().is_none() {
        assert_eq!(outcome(test, "read").status.code(), Some(DONE));
        return;
    }
    install(earlier as *const () as usize, 0);
    let bytes = noise(100_000);
    let victim = Victim::new(&bytes);
    let (mut body, _) = body_of(&victim.media(Access::Read), &bytes);
    victim.file.set_len(0).unwrap();
    body.read_to_end(&mut Vec::new()).unwrap_err();
    // SAFETY: zeros are a valid `sigaction`, and a null action only asks.
    let now = unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        assert_eq!(libc::sigaction(libc::SIGBUS, ptr::null(), &mut now), 0);
        now.sa_sigaction
    };
    assert_eq!(now, earlier as *const () as usize);
    exit(DONE);
}

/// A panic between declaring a span and taking it back can come only from the writer, outside of it.
#[test]
fn a_writer_that_panics_over_a_lost_file_leaves_the_guard_in_order() {
    struct Panics;
    impl io::Write for Panics {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            std::panic::resume_unwind(Box::new("the writer panics"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let bytes = noise(100_000);
    let victim = Victim::new(&bytes);
    let (mut body, expected) = body_of(&victim.media(Access::Map), &bytes);
    assert!(catch_unwind(AssertUnwindSafe(|| body.write_to(&mut Panics))).is_err());
    assert_eq!(body.position(), 0);
    lose_a_file();
    assert_same(&common::rest_of(&mut body), &expected, "the file that was not lost");
}
