//! Survives a file that is truncated while it is mapped.
//!
//! Touching a mapped page past the end of its file raises SIGBUS, and no check before the touch can
//! close the gap between the two. So the signal is handled, as systemd's journal and libwayland's
//! shared-memory pools do: a handler, installed when the first file is mapped, acts only on an address
//! inside the span that this very thread has declared it is reading. It marks the map as broken, puts
//! zero pages over the rest of the span, and returns; the reader goes on over zeros and looks at the
//! mark when it is done. Every other SIGBUS goes to the handler that was there before.
//!
//! The mark is set before the zeros are there, so that another thread which reads the same map cannot
//! take zeros for data: whoever has read a zero finds the mark.
//!
//! The handler does what is safe in a signal handler: it loads and stores atomics and makes one `mmap`
//! call. Its thread-local is a plain atomic without a destructor, and [`with_guard`] touches it before any
//! mapped page, so that it is there when the handler looks. (On a thread that never read, a SIGBUS of somebody
//! else's is the first to touch it: in a library that was loaded with `dlopen` that may allocate.)
//!
//! A thread that blocks SIGBUS is killed by its own, handled or not: so `with_guard` unblocks it, once for each
//! thread.
//!
//! What it can't help: a handler that somebody installs later and that does not pass signals on, or a thread
//! that blocks SIGBUS after it has read. Then a truncated file ends the process, as it would without the
//! guard. A handler that is installed at the very moment in which this one is may be lost. And the handler before
//! it is called as it is: not with the signals of its own mask blocked, and more than once if it asked for
//! SA_RESETHAND. Rust's own handler, when a SIGBUS comes that is no stack overflow, goes back to the default and
//! returns: after one that was merely sent (`kill -BUS`) the process lives on, as it would without the guard, which
//! is gone with that handler. [`Access::Read`](super::Access::Read) needs no guard.

use std::{
    cell::Cell,
    io, mem, ptr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicPtr, Ordering, compiler_fence},
    },
};

/// What a thread has declared that it is reading.
struct Span {
    start: usize,
    end: usize,
    broken: *const AtomicBool,
}

thread_local! {
    static GUARDED: AtomicPtr<Span> = const { AtomicPtr::new(ptr::null_mut()) };
    static UNBLOCKED: Cell<bool> = const { Cell::new(false) };
}

struct Installed {
    previous: libc::sigaction,
    page: usize,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Installs the handler, once.
pub(super) fn install() -> io::Result<()> {
    static DONE: OnceLock<Result<(), i32>> = OnceLock::new();
    DONE.get_or_init(|| {
        // SAFETY: all-zero bytes are a valid `sigaction`.
        let mut previous: libc::sigaction = unsafe { mem::zeroed() };
        // SAFETY: a null action only asks. The answer stands before the handler can run.
        check(unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), &mut previous) })?;
        // SAFETY: takes no pointer.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        let _ = INSTALLED.set(Installed { previous, page: page as usize });

        // SAFETY: as above.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = on_sigbus as *const () as usize;
        // A call that a SIGBUS interrupts goes on as it would have without the guard.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | (previous.sa_flags & libc::SA_RESTART);
        // SAFETY: `action` is whole, and the handler has the signature that SA_SIGINFO asks for.
        check(unsafe { libc::sigaction(libc::SIGBUS, &action, ptr::null_mut()) })
    })
    .map_err(io::Error::from_raw_os_error)
}

fn check(returned: libc::c_int) -> Result<(), i32> {
    match returned {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)),
    }
}

/// Runs `read`, which may touch the `len` mapped bytes at `start`. Pages of it that cannot be had read as
/// zeros, and `broken` says so afterwards.
pub(super) fn with_guard<T>(
    start: *const u8,
    len: usize,
    broken: &AtomicBool,
    read: impl FnOnce() -> T,
) -> T {
    /// Takes the declaration back also when `read` panics: it points into this frame.
    struct ClearOnDrop;
    impl Drop for ClearOnDrop {
        fn drop(&mut self) {
            compiler_fence(Ordering::SeqCst);
            GUARDED.with(|guarded| guarded.store(ptr::null_mut(), Ordering::Relaxed));
        }
    }

    if !UNBLOCKED.replace(true) {
        unblock_sigbus();
    }
    let start = start as usize;
    let mut span = Span { start, end: start + len, broken };
    GUARDED.with(|guarded| guarded.store(&mut span, Ordering::Relaxed));
    let _clear = ClearOnDrop;
    // The handler runs on this thread: only the compiler could move the reads before the store.
    compiler_fence(Ordering::SeqCst);
    read()
}

/// Lets this thread have SIGBUS.
fn unblock_sigbus() {
    let mut signals = mem::MaybeUninit::uninit();
    // SAFETY: `sigemptyset` makes it a whole set before anything looks at it; no old set is asked for.
    unsafe {
        libc::sigemptyset(signals.as_mut_ptr());
        libc::sigaddset(signals.as_mut_ptr(), libc::SIGBUS);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, signals.as_ptr(), ptr::null_mut());
    }
}

extern "C" fn on_sigbus(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a valid `info`.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    // SAFETY: a span that is not null stands in a frame of `with_guard` on this thread, below this one.
    let span = unsafe { GUARDED.with(|guarded| guarded.load(Ordering::Relaxed)).as_ref() };
    // A fault has a positive code; a signal that somebody sent has no address to look at.
    if code > 0
        && let (Some(span), Some(installed)) = (span, INSTALLED.get())
        && (span.start..span.end).contains(&address)
    {
        // SAFETY: `broken` is borrowed by the same frame of `with_guard`.
        unsafe { (*span.broken).store(true, Ordering::SeqCst) };
        let page = address & !(installed.page - 1);
        let len = span.end.next_multiple_of(installed.page) - page;
        // SAFETY: the pages from the one that faulted to the end of the span belong to the mapping that
        // the span was declared on, which its owner unmaps as a whole; nobody has a reference into it.
        let zeros = unsafe {
            libc::mmap(
                page as *mut libc::c_void,
                len,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            )
        };
        if zeros != libc::MAP_FAILED {
            return;
        }
    }
    forward(signal, info, context);
}

/// A handler that was installed with SA_SIGINFO.
type SigactionHandler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

/// Does what would have been done without the guard.
fn forward(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let previous = INSTALLED.get().map(|installed| installed.previous);
    let handler = previous.map_or(libc::SIG_DFL, |previous| previous.sa_sigaction);
    // SAFETY: as in `on_sigbus`.
    let sent = unsafe { (*info).si_code } <= 0;
    match (handler, previous) {
        (libc::SIG_IGN, _) if sent => {}
        (libc::SIG_DFL | libc::SIG_IGN, _) | (_, None) => {
            // A fault happens again as soon as this returns; a signal that was sent must be raised anew.
            // SAFETY: all-zero bytes are a valid `sigaction`, whose handler is SIG_DFL; both calls are
            // async-signal-safe.
            unsafe {
                let default: libc::sigaction = mem::zeroed();
                libc::sigaction(signal, &default, ptr::null_mut());
                if sent {
                    libc::raise(signal);
                }
            }
        }
        (handler, Some(previous)) if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: SA_SIGINFO says that this address is a handler of this signature.
            let handler: SigactionHandler = unsafe { mem::transmute(handler) };
            handler(signal, info, context);
        }
        (handler, Some(_)) => {
            // SAFETY: without SA_SIGINFO it is one of this signature.
            let handler: extern "C" fn(libc::c_int) = unsafe { mem::transmute(handler) };
            handler(signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    /// The span that this thread has declared.
    fn declared() -> Option<(usize, usize)> {
        let span = GUARDED.with(|guarded| guarded.load(Ordering::Relaxed));
        // SAFETY: null, or in a frame of `with_guard` that is below this one.
        unsafe { span.as_ref() }.map(|span| (span.start, span.end))
    }

    /// It points into a frame: after that, whatever stands there would be taken for a span.
    #[test]
    fn a_declaration_ends_with_the_reading() {
        let (bytes, broken) = ([0; 10], AtomicBool::new(false));
        let start = bytes.as_ptr() as usize;
        let read = || with_guard(bytes.as_ptr(), bytes.len(), &broken, declared);
        assert_eq!(declared(), None);
        assert_eq!(read(), Some((start, start + 10)));
        assert_eq!(declared(), None);
        let panics =
            || with_guard(bytes.as_ptr(), bytes.len(), &broken, || resume_unwind(Box::new("within")));
        catch_unwind(AssertUnwindSafe::<&dyn Fn()>(&panics)).unwrap_err();
        assert_eq!(declared(), None);
    }
}
