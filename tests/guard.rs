//! The SIGBUS guard handles only faults of a window that is being read. Every other SIGBUS has the same
//! effect as without the guard.
#![cfg(target_os = "linux")]

mod common;

use common::{
    DONE, Random, assert_same, base64_of, inner, job, noise, process, rest_of,
    victim::{Shared, Victim, body_of, page_size},
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

/// Reads a page past the end of a file that was mapped outside of niello, which raises SIGBUS.
/// Returns the byte if a handler made the page readable.
fn foreign_fault() -> u8 {
    // SAFETY: the page is mapped, and the fault is intended.
    unsafe { lost_page().read_volatile() }
}

/// Returns a mapped page that is past the end of its file, and stays mapped. Sets an alarm, because the page
/// would fault forever if a handler did nothing.
fn lost_page() -> *mut u8 {
    // SAFETY: the argument is a number.
    unsafe { libc::alarm(20) };
    let victim = Victim::new(&noise(page_size()));
    let shared = ManuallyDrop::new(Shared::new(&victim.file, page_size()));
    victim.file.set_len(0).unwrap();
    FAULT.store(shared.start() as usize, Ordering::Relaxed);
    shared.start()
}

static FAULT: AtomicUsize = AtomicUsize::new(0);
const CALLED: i32 = DONE + 1;

extern "C" fn earlier(signal: libc::c_int) {
    // SAFETY: `_exit` is async-signal-safe.
    unsafe { libc::_exit(if signal == libc::SIGBUS { CALLED } else { 1 }) }
}

extern "C" fn earlier_with_info(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid `info`, and handlers in between must pass it on. With a null stack,
    // `sigaltstack` only queries, and zeros are a valid `stack_t`.
    let (address, stack) = unsafe {
        let mut stack: libc::stack_t = std::mem::zeroed();
        libc::sigaltstack(ptr::null(), &mut stack);
        ((*info).si_addr() as usize, stack)
    };
    // It must run on the alternate stack, because a stack overflow may be the cause.
    let correct = signal == libc::SIGBUS
        && !context.is_null()
        && address == FAULT.load(Ordering::Relaxed)
        && stack.ss_flags & libc::SS_ONSTACK != 0;
    // SAFETY: `_exit` is async-signal-safe.
    unsafe { libc::_exit(if correct { CALLED } else { 1 }) }
}

/// Installs a handler for SIGBUS.
fn install(handler: usize, flags: libc::c_int) {
    // SAFETY: zeros are a valid `sigaction`, and the handler has the signature that the flags require.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        assert_eq!(libc::sigaction(libc::SIGBUS, &action, ptr::null_mut()), 0);
    }
}

/// The signature of a handler with SA_SIGINFO.
type SigactionHandler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

fn install_with_info(handler: SigactionHandler) {
    install(handler as *const () as usize, libc::SA_SIGINFO | libc::SA_ONSTACK);
}

/// Returns the installed handler for SIGBUS.
fn installed() -> usize {
    // SAFETY: zeros are a valid `sigaction`, and with a null action, `sigaction` only queries.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        assert_eq!(libc::sigaction(libc::SIGBUS, ptr::null(), &mut now), 0);
        now.sa_sigaction
    }
}

/// A position in the body at which a base64 group starts. A read from there encodes directly into the buffer.
const GROUP: u64 = r#"["the clip",""#.len() as u64 + 4000;

/// Maps a file, truncates it and reads the missing part, so that niello's handler is called once.
fn truncate_and_read() {
    truncate_and_read_len(50_000);
}

fn truncate_and_read_len(len: usize) {
    let bytes = noise(100_000);
    let victim = Victim::new(&bytes);
    let (mut body, _) = body_of(&victim.media(Access::Map), &bytes);
    victim.file.set_len(0).unwrap();
    body.seek(SeekFrom::Start(GROUP)).unwrap();
    let error = body.read(&mut vec![0; len]).unwrap_err();
    assert_eq!(inner(&error).kind(), ErrorKind::Changed);
}

/// Runs a job of this test in its own process.
fn outcome(test: &str, job: &str) -> Output {
    let output = process(test, job).output().unwrap();
    println!("{job}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    output
}

/// Some processes are started with blocked signals, and some servers block them on their threads.
#[test]
fn thread_that_blocks_sigbus_survives_a_truncated_file() {
    let test = "thread_that_blocks_sigbus_survives_a_truncated_file";
    match job() {
        None => assert_eq!(outcome(test, "blocked").status.code(), Some(DONE)),
        Some(_) => {
            // SAFETY: the set is a local variable, and `sigfillset` initializes it.
            unsafe {
                let mut all = std::mem::zeroed();
                libc::sigfillset(&mut all);
                libc::pthread_sigmask(libc::SIG_BLOCK, &all, ptr::null_mut());
            }
            truncate_and_read();
            thread::spawn(truncate_and_read).join().unwrap();
            exit(DONE);
        }
    }
}

/// The handler cannot split the mapping then, and replaces it as a whole.
#[test]
fn truncated_file_is_an_error_at_the_limit_of_mappings() {
    /// Maps pages until that fails. Neighbors have different rights, so that the kernel does not merge them.
    fn exhaust() -> Vec<*mut libc::c_void> {
        let rights = [libc::PROT_READ, libc::PROT_NONE].into_iter().cycle();
        let mut pages = Vec::with_capacity(1 << 20);
        for rights in rights.take(1 << 20) {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            // SAFETY: a new mapping at an address that the kernel chooses.
            match unsafe { libc::mmap(ptr::null_mut(), page_size(), rights, flags, -1, 0) } {
                libc::MAP_FAILED => break,
                page => pages.push(page),
            }
        }
        pages
    }

    let test = "truncated_file_is_an_error_at_the_limit_of_mappings";
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    if limit.trim().parse::<usize>().unwrap() > 1 << 20 {
        return println!("skipped: the limit of {} mappings takes too long to reach", limit.trim());
    }
    match job() {
        None => {
            for free in 0..4 {
                assert_eq!(outcome(test, &free.to_string()).status.code(), Some(DONE), "{free}");
            }
        }
        Some(free) => {
            let bytes = noise(100_000);
            let victims = [(); 2].map(|()| Victim::new(&bytes));
            let bodies = victims.each_ref().map(|victim| body_of(&victim.media(Access::Map), &bytes).0);
            let mut buffer = vec![0; 50_000];
            let mut pages = exhaust();
            for _ in 0..free.parse().unwrap() {
                // SAFETY: the page is one of those mappings, and nothing refers to it.
                unsafe { libc::munmap(pages.pop().unwrap(), page_size()) };
            }
            for (victim, mut body) in victims.iter().zip(bodies) {
                victim.file.set_len(0).unwrap();
                body.seek(SeekFrom::Start(GROUP)).unwrap();
                let error = body.read(&mut buffer).unwrap_err();
                assert_eq!(inner(&error).kind(), ErrorKind::Changed);
                drop(body);
            }
            exit(DONE);
        }
    }
}

#[test]
fn foreign_sigbus_ends_the_process() {
    let test = "foreign_sigbus_ends_the_process";
    match job().as_deref() {
        None => {
            for job in [
                "fault",
                "fault on a thread",
                "fault with SIG_IGN",
                "fault with the handler of Rust",
                "sent",
                "sent by kill",
            ] {
                assert_eq!(outcome(test, job).status.signal(), Some(libc::SIGBUS), "{job}");
            }
        }
        Some(job) => {
            match job {
                // The handler of Rust's runtime, which detects stack overflows.
                "fault with the handler of Rust" => {
                    assert!(![libc::SIG_DFL, libc::SIG_IGN].contains(&installed()))
                }
                // The kernel never ignores faults.
                "fault with SIG_IGN" => install(libc::SIG_IGN, 0),
                _ => install(libc::SIG_DFL, 0),
            }
            truncate_and_read();
            match job {
                "fault on a thread" => drop(thread::spawn(foreign_fault).join()),
                // SAFETY: the argument is a number.
                "sent" => drop(unsafe { libc::raise(libc::SIGBUS) }),
                // Any thread may receive it.
                // SAFETY: the arguments are numbers.
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
fn foreign_sigbus_reaches_the_previous_handler() {
    let test = "foreign_sigbus_reaches_the_previous_handler";
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
            // Neither installing the guard nor a fault of niello's own calls the previous handler.
            truncate_and_read();
            match job {
                "ours" => {}
                // SAFETY: the argument is a number.
                "sent" | "sent and ignored" => drop(unsafe { libc::raise(libc::SIGBUS) }),
                _ => drop(foreign_fault()),
            }
            if job == "sent and ignored" {
                // The guard is still installed.
                truncate_and_read();
            }
            exit(DONE);
        }
    }
}

/// A system call that SIGBUS interrupts is restarted if the previous handler has SA_RESTART, and returns
/// EINTR otherwise.
#[test]
fn system_calls_are_restarted_as_without_the_guard() {
    extern "C" fn nothing(_: libc::c_int) {}
    let test = "system_calls_are_restarted_as_without_the_guard";
    let Some(job) = job() else {
        for job in ["restarted", "interrupted"] {
            assert_eq!(outcome(test, job).status.code(), Some(DONE), "{job}");
        }
        return;
    };
    install(nothing as *const () as usize, if job == "restarted" { libc::SA_RESTART } else { 0 });
    truncate_and_read();
    // SAFETY: no arguments.
    let reader = unsafe { libc::pthread_self() } as usize;
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    let restarted = job == "restarted";
    thread::spawn(move || {
        // Repeated, because it is unknown when the reader starts to wait.
        for sent in 0.. {
            thread::sleep(Duration::from_millis(10));
            // SAFETY: that thread lives until it ends the process.
            unsafe { libc::pthread_kill(reader as libc::pthread_t, libc::SIGBUS) };
            if restarted && sent == 20 {
                theirs.write_all(b"x").unwrap();
            }
        }
    });
    // Ends the process if the read never returns.
    // SAFETY: the argument is a number.
    unsafe { libc::alarm(20) };
    let read = ours.read(&mut [0]).map_err(|error| error.kind());
    assert_eq!(read, if restarted { Ok(1) } else { Err(io::ErrorKind::Interrupted) });
    exit(DONE);
}

/// The buffer of the caller may be mapped as well. Its faults happen while a window is being read, but are
/// not niello's.
#[test]
fn fault_in_the_buffer_of_the_caller_reaches_the_previous_handler() {
    let test = "fault_in_the_buffer_of_the_caller_reaches_the_previous_handler";
    if job().is_none() {
        assert_eq!(outcome(test, "buffer").status.code(), Some(CALLED));
        return;
    }
    install_with_info(earlier_with_info);
    let bytes = noise(100_000);
    let (mut body, _) = body_of(&Victim::new(&bytes).media(Access::Map), &bytes);
    body.seek(SeekFrom::Start(GROUP)).unwrap();
    // SAFETY: the page stays mapped, and nothing else refers to it. The fault is intended.
    let buffer = unsafe { slice::from_raw_parts_mut(lost_page(), page_size()) };
    let _ = body.read(buffer);
    exit(1);
}

/// How often [`later`] was called since the last check.
static LATER_CALLS: AtomicUsize = AtomicUsize::new(0);
/// The handler that [`later`] replaced.
static BEFORE: AtomicUsize = AtomicUsize::new(0);

extern "C" fn later(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    LATER_CALLS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the replaced handler is the guard, which has this signature.
    let before: SigactionHandler = unsafe { mem::transmute(BEFORE.load(Ordering::Relaxed)) };
    before(signal, info, context);
}

/// The guard is installed only once: mapping more files does not move it in front of later handlers, and it
/// handles what they forward.
#[test]
fn later_handler_stays_and_forwards_to_the_guard() {
    let test = "later_handler_stays_and_forwards_to_the_guard";
    if !cfg!(feature = "mmap") {
        return println!("skipped: no guard without the feature `mmap`");
    }
    if job().is_none() {
        assert_eq!(outcome(test, "later").status.code(), Some(DONE));
        return;
    }
    let first = installed();
    truncate_and_read();
    let guard = installed();
    assert_ne!(guard, first);
    truncate_and_read();
    assert_eq!(installed(), guard);

    BEFORE.store(guard, Ordering::Relaxed);
    install_with_info(later);
    for _ in 0..3 {
        truncate_and_read();
        thread::spawn(truncate_and_read).join().unwrap();
        assert_eq!(installed(), later as *const () as usize);
        // Once per file, because zeros replace all missing pages of the read at once.
        assert_eq!(LATER_CALLS.swap(0, Ordering::Relaxed), 2);
    }
    // Up to 51 bytes are read, not accessed through the mapping.
    [1, 3, 64].into_iter().for_each(truncate_and_read_len);
    assert_eq!(LATER_CALLS.swap(0, Ordering::Relaxed), 0);
    truncate_and_read_len(72);
    assert_eq!(LATER_CALLS.swap(0, Ordering::Relaxed), 1);
    exit(DONE);
}

/// Without the feature `mmap`, no file is mapped.
#[test]
fn reading_without_mapping_installs_no_handler() {
    let test = "reading_without_mapping_installs_no_handler";
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

#[test]
fn guard_works_after_a_writer_has_panicked() {
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
    truncate_and_read();
    assert_same(&rest_of(&mut body), &expected, "the file that was not truncated");
}

/// Files are mapped and unmapped on many threads while others are read and some are truncated. Each thread
/// gets the bytes of its own media, or an error if its file was truncated.
#[test]
fn threads_that_open_read_and_drop_media_do_not_affect_each_other() {
    const LEN: usize = 300_000;
    let bytes = noise(LEN);
    let victims = [(); 4].map(|()| Victim::new(&bytes));
    let open = |victim: &Victim| Body::json(&victim.media(Access::Map)).unwrap();
    let bodies = [0, 1, 2, 3].map(|index| open(&victims[index]));
    let is_truncated = |index: usize| index % 2 == 1;
    let rounds = AtomicUsize::new(0);
    let (complete, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for seed in 0..8 {
            let (bytes, victims, bodies, rounds) = (&bytes, &victims, &bodies, &rounds);
            let (complete, failed) = (&complete, &failed);
            scope.spawn(move || {
                let mut random = Random::new(seed);
                for _ in 0..40 {
                    let index = random.below(4) as usize;
                    let mut body = match is_truncated(index) || random.below(2) == 0 {
                        true => bodies[index].clone(),
                        false => open(&victims[index]),
                    };
                    rounds.fetch_add(1, Ordering::Relaxed);
                    let expected = format!("\"{}\"", base64_of(bytes)).into_bytes();
                    let mut got = Vec::new();
                    // Some bodies are dropped before their end.
                    let enough = random.below(2 * expected.len() as u64);
                    while (got.len() as u64) < enough {
                        let mut buffer = vec![0; random.length(100_000)];
                        match body.clone().read(&mut buffer) {
                            Ok(0) => break,
                            Ok(n) => got.extend_from_slice(&buffer[..n]),
                            Err(error) => {
                                assert_eq!(inner(&error).kind(), ErrorKind::Changed);
                                assert!(is_truncated(index), "{error}");
                                failed.fetch_add(1, Ordering::Relaxed);
                                break;
                            }
                        }
                        body.seek(SeekFrom::Start(got.len() as u64)).unwrap();
                    }
                    assert_same(&got, &expected[..got.len()], index);
                    complete.fetch_add(usize::from(got.len() == expected.len()), Ordering::Relaxed);
                }
            });
        }
        while rounds.load(Ordering::Relaxed) < 50 {
            thread::yield_now();
        }
        (0..4)
            .filter(|index| is_truncated(*index))
            .for_each(|index| victims[index].file.set_len(5000).unwrap());
    });
    println!("{complete:?} were complete, {failed:?} failed");
    assert!(complete.into_inner() > 0 && failed.into_inner() > 0);
}
