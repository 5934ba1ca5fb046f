//! The guard acts on a fault of a window that is being read, and on nothing else: every other SIGBUS goes where it
//! would have gone without it.
#![cfg(unix)]

mod common;

use common::{
    DONE, Random, assert_same, base64_of, inner, job, noise, process, rest_of,
    victim::{Shared, Victim, body_of},
};
use niello::{Access, Body, ErrorKind};
use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    mem::{self, ManuallyDrop},
    os::unix::{net::UnixStream, process::ExitStatusExt},
    panic::{AssertUnwindSafe, catch_unwind},
    process::{Output, exit},
    ptr, slice,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

/// Touches a page of a mapping past the end of its file: a SIGBUS that is none of niello's business.
/// Returns what was read there, if anybody made it readable.
fn foreign_fault() -> u8 {
    // SAFETY: mapped; that it faults is the point.
    unsafe { lost_page().read_volatile() }
}

/// A page of a mapping that is past the end of its file. It stays mapped. A handler that did nothing would have it
/// fault for ever, which an alarm ends.
fn lost_page() -> *mut u8 {
    // SAFETY: takes a number.
    unsafe { libc::alarm(20) };
    let victim = Victim::new(&noise(PAGE));
    let shared = ManuallyDrop::new(Shared::new(&victim.file, PAGE));
    victim.file.set_len(0).unwrap();
    FAULT.store(shared.start() as usize, Ordering::Relaxed);
    shared.start()
}

const PAGE: usize = 4096;

static FAULT: AtomicUsize = AtomicUsize::new(0);
const CALLED: i32 = DONE + 1;

extern "C" fn earlier(signal: libc::c_int) {
    // SAFETY: may be called in a signal handler.
    unsafe { libc::_exit(if signal == libc::SIGBUS { CALLED } else { 1 }) }
}

extern "C" fn earlier_with_info(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid `info` on, and so must whoever was called in between. A null stack only
    // asks, and zeros are a valid one.
    let (address, stack) = unsafe {
        let mut stack: libc::stack_t = std::mem::zeroed();
        libc::sigaltstack(ptr::null(), &mut stack);
        ((*info).si_addr() as usize, stack)
    };
    // On the stack for signals: that of the thread may be what has run out.
    let right = signal == libc::SIGBUS
        && !context.is_null()
        && address == FAULT.load(Ordering::Relaxed)
        && stack.ss_flags & libc::SS_ONSTACK != 0;
    // SAFETY: as above.
    unsafe { libc::_exit(if right { CALLED } else { 1 }) }
}

/// For SIGBUS.
fn install(handler: usize, flags: libc::c_int) {
    // SAFETY: zeros are a valid `sigaction`, and the handler has the signature that the flags name.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        assert_eq!(libc::sigaction(libc::SIGBUS, &action, ptr::null_mut()), 0);
    }
}

/// A handler that is told of the fault.
type Informed = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

fn install_with_info(handler: Informed) {
    install(handler as *const () as usize, libc::SA_SIGINFO | libc::SA_ONSTACK);
}

/// The handler for SIGBUS.
fn installed() -> usize {
    // SAFETY: zeros are a valid `sigaction`, and a null action only asks.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        assert_eq!(libc::sigaction(libc::SIGBUS, ptr::null(), &mut now), 0);
        now.sa_sigaction
    }
}

/// Where a group of the media's text starts in the body: who pulls from there on has it encoded right into the buffer.
const GROUP: u64 = r#"["the clip",""#.len() as u64 + 4000;

/// Maps a file, loses it, and touches what was lost: here niello's own handler has been called, once, and has done
/// its work.
fn lose_a_file() {
    lose_a_file_and_pull(50_000);
}

fn lose_a_file_and_pull(len: usize) {
    let bytes = noise(100_000);
    let victim = Victim::new(&bytes);
    let (mut body, _) = body_of(&victim.media(Access::Map), &bytes);
    victim.file.set_len(0).unwrap();
    body.seek(SeekFrom::Start(GROUP)).unwrap();
    let error = body.read(&mut vec![0; len]).unwrap_err();
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
            for job in [
                "fault",
                "fault on a thread",
                "fault that is ignored",
                "fault that Rust handles",
                "sent",
                "sent by kill",
            ] {
                assert_eq!(outcome(test, job).status.signal(), Some(libc::SIGBUS), "{job}");
            }
        }
        Some(job) => {
            match job {
                // The handler of Rust's runtime, which looks for a stack that has run out.
                "fault that Rust handles" => assert!(![libc::SIG_DFL, libc::SIG_IGN].contains(&installed())),
                // The kernel ignores no fault.
                "fault that is ignored" => install(libc::SIG_IGN, 0),
                _ => install(libc::SIG_DFL, 0),
            }
            lose_a_file();
            match job {
                "fault on a thread" => drop(thread::spawn(foreign_fault).join()),
                // SAFETY: a signal for this process.
                "sent" => drop(unsafe { libc::raise(libc::SIGBUS) }),
                // Any thread may take it.
                // SAFETY: these take numbers.
                "sent by kill" => unsafe {
                    libc::kill(libc::getpid(), libc::SIGBUS);
                    libc::alarm(20);
                    libc::pause();
                },
                _ => drop(foreign_fault()),
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
                "with info" => install_with_info(earlier_with_info),
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

/// A read that a SIGBUS comes into the middle of goes on where the handler before the guard asked for that, and is
/// interrupted where it did not.
#[test]
fn a_call_is_restarted_as_it_would_be_without_the_guard() {
    extern "C" fn nothing(_: libc::c_int) {}
    let test = "a_call_is_restarted_as_it_would_be_without_the_guard";
    let Some(job) = job() else {
        for job in ["restarted", "interrupted"] {
            assert_eq!(outcome(test, job).status.code(), Some(DONE), "{job}");
        }
        return;
    };
    install(nothing as *const () as usize, if job == "restarted" { libc::SA_RESTART } else { 0 });
    lose_a_file();
    // SAFETY: takes nothing.
    let reader = unsafe { libc::pthread_self() } as usize;
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    let restarted = job == "restarted";
    thread::spawn(move || {
        // However long it takes until the reader waits.
        for sent in 0.. {
            thread::sleep(Duration::from_millis(10));
            // SAFETY: that thread waits for this one, or ends the process.
            unsafe { libc::pthread_kill(reader as libc::pthread_t, libc::SIGBUS) };
            if restarted && sent == 20 {
                theirs.write_all(b"x").unwrap();
            }
        }
    });
    // One that never comes back is a failure.
    // SAFETY: takes a number.
    unsafe { libc::alarm(20) };
    let read = ours.read(&mut [0]).map_err(|error| error.kind());
    assert_eq!(read, if restarted { Ok(1) } else { Err(io::ErrorKind::Interrupted) });
    exit(DONE);
}

/// The buffer of who pulls may be a mapping too, and then its fault comes while a window is being read.
#[test]
fn a_fault_in_the_buffer_of_a_pull_is_somebody_else_s() {
    let test = "a_fault_in_the_buffer_of_a_pull_is_somebody_else_s";
    if job().is_none() {
        assert_eq!(outcome(test, "buffer").status.code(), Some(CALLED));
        return;
    }
    install_with_info(earlier_with_info);
    let bytes = noise(100_000);
    let (mut body, _) = body_of(&Victim::new(&bytes).media(Access::Map), &bytes);
    body.seek(SeekFrom::Start(GROUP)).unwrap();
    // SAFETY: it stays mapped, and nobody else knows of it. That it faults is the point.
    let buffer = unsafe { slice::from_raw_parts_mut(lost_page(), PAGE) };
    let _ = body.read(buffer);
    exit(1);
}

/// Called since the last look.
static LATER: AtomicUsize = AtomicUsize::new(0);
/// The handler before [`later`].
static BEFORE: AtomicUsize = AtomicUsize::new(0);

extern "C" fn later(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    LATER.fetch_add(1, Ordering::Relaxed);
    // SAFETY: what was installed before is the guard, with this signature.
    let before: Informed = unsafe { mem::transmute(BEFORE.load(Ordering::Relaxed)) };
    before(signal, info, context);
}

/// The guard is installed once: later files do not put it before the handlers of others, and what those pass on
/// it takes.
#[test]
fn a_later_handler_stays_and_the_guard_takes_what_it_passes_on() {
    let test = "a_later_handler_stays_and_the_guard_takes_what_it_passes_on";
    if !cfg!(feature = "mmap") {
        return println!("skipped: there is no guard");
    }
    if job().is_none() {
        assert_eq!(outcome(test, "later").status.code(), Some(DONE));
        return;
    }
    let first = installed();
    lose_a_file();
    let guard = installed();
    assert_ne!(guard, first);
    lose_a_file();
    assert_eq!(installed(), guard);

    BEFORE.store(guard, Ordering::Relaxed);
    install_with_info(later);
    for _ in 0..3 {
        lose_a_file();
        thread::spawn(lose_a_file).join().unwrap();
        assert_eq!(installed(), later as *const () as usize);
        // Once for each file: zeros stand in for all that is left of a window.
        assert_eq!(LATER.swap(0, Ordering::Relaxed), 2);
    }
    // A few bytes, up to 48 of the file, are read and not touched.
    [1, 3, 64].into_iter().for_each(lose_a_file_and_pull);
    assert_eq!(LATER.swap(0, Ordering::Relaxed), 0);
    lose_a_file_and_pull(68);
    assert_eq!(LATER.swap(0, Ordering::Relaxed), 1);
    exit(DONE);
}

/// Without the feature no file is mapped.
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
    let access = if cfg!(feature = "mmap") { Access::Read } else { Access::Map };
    let (mut body, _) = body_of(&victim.media(access), &bytes);
    victim.file.set_len(0).unwrap();
    body.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(installed(), earlier as *const () as usize);
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
    assert_same(&rest_of(&mut body), &expected, "the file that was not lost");
}

/// Mappings come and go beside those that are read, and some of these are lost: each thread gets the bytes of its
/// own media, and loses no more than what was truncated.
#[test]
fn many_threads_pull_many_media_and_drop_them_meanwhile() {
    const LEN: usize = 300_000;
    let bytes = noise(LEN);
    let victims = [(); 4].map(|()| Victim::new(&bytes));
    let open = |victim: &Victim| Body::json(&victim.media(Access::Map)).unwrap();
    let bodies = [0, 1, 2, 3].map(|index| open(&victims[index]));
    let is_lost = |index: usize| index % 2 == 1;
    let rounds = AtomicUsize::new(0);
    let (whole, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for seed in 0..8 {
            let (bytes, victims, bodies, rounds) = (&bytes, &victims, &bodies, &rounds);
            let (whole, lost) = (&whole, &lost);
            scope.spawn(move || {
                let mut random = Random::new(seed);
                for _ in 0..40 {
                    let index = random.below(4) as usize;
                    let mut body = match is_lost(index) || random.below(2) == 0 {
                        true => bodies[index].clone(),
                        false => open(&victims[index]),
                    };
                    rounds.fetch_add(1, Ordering::Relaxed);
                    let expected = format!("\"{}\"", base64_of(bytes)).into_bytes();
                    let mut got = Vec::new();
                    // Some are dropped on the way.
                    let enough = random.below(2 * expected.len() as u64);
                    while (got.len() as u64) < enough {
                        let mut buffer = vec![0; random.length(100_000)];
                        match body.clone().read(&mut buffer) {
                            Ok(0) => break,
                            Ok(n) => got.extend_from_slice(&buffer[..n]),
                            Err(error) => {
                                assert_eq!(inner(&error).kind(), ErrorKind::Changed);
                                assert!(is_lost(index), "{error}");
                                lost.fetch_add(1, Ordering::Relaxed);
                                break;
                            }
                        }
                        body.seek(SeekFrom::Start(got.len() as u64)).unwrap();
                    }
                    assert_same(&got, &expected[..got.len()], index);
                    whole.fetch_add(usize::from(got.len() == expected.len()), Ordering::Relaxed);
                }
            });
        }
        while rounds.load(Ordering::Relaxed) < 50 {
            thread::yield_now();
        }
        (0..4).filter(|index| is_lost(*index)).for_each(|index| victims[index].file.set_len(5000).unwrap());
    });
    println!("{whole:?} were whole, {lost:?} were lost on the way");
    assert!(whole.into_inner() > 0 && lost.into_inner() > 0);
}
