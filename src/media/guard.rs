//! A SIGBUS handler that turns the truncation of a mapped file into an error.
//!
//! Reading a mapped page past the end of its file raises SIGBUS, and checking the length first cannot prevent
//! it, because the file can shrink between the check and the read. systemd's journal and libwayland solve
//! this with a signal handler, and so does this module. The handler is installed when the first file is
//! mapped.
//!
//! Before a thread reads from a mapping, it registers the span that it is about to read. If a fault hits that
//! span, the handler
//!
//! 1. marks the mapping as broken,
//! 2. maps zero pages over the rest of the span, and
//! 3. returns, so that the read completes.
//!
//! The reader then finds the mapping marked and reports an error instead of delivering the data. The order of
//! the first two steps matters to other threads that read the same mapping: a thread that has read one of
//! these zeros also finds the mapping marked.
//!
//! If the zero pages cannot be mapped, because the process has as many mappings as the system allows or the
//! file is on hugetlbfs (not tested), the handler unmaps a spare page and replaces the whole mapping, which
//! splits none. Other threads that read that mapping then read zeros and find it marked.
//!
//! Every other SIGBUS goes to the previously installed handler.
//!
//! # Signal safety
//!
//! The handler only loads and stores atomics and calls `mmap` and `munmap`. Its thread-local variable is an
//! atomic without a destructor, and [`with_guard`] has accessed it before the first mapped page is touched.
//! (On a thread that never read media, a foreign SIGBUS is the first access. This may allocate if the library
//! was loaded with `dlopen`, or where thread-local variables are emulated, as on Android before version 10.)
//!
//! A fault kills a thread that blocks SIGBUS even if there is a handler. Therefore `with_guard` unblocks the
//! signal, once per thread.
//!
//! # Limitations
//!
//! In these cases a truncated file ends the process, as it would without the guard:
//!
//! - A handler installed later does not call this one.
//! - A thread blocks SIGBUS again after it has read.
//! - Both `mmap` calls of the handler fail: for example because the process has reached its limit of mappings once
//!   more since the spare page was used, or its limit of locked memory after `mlockall(MCL_FUTURE)`.
//! - Another process sends the process a SIGBUS (`kill -BUS`), and the previous handler is the one of Rust's
//!   runtime. That handler restores the default action and returns, so the process survives, but the guard is
//!   gone.
//!
//! The previous handler is simply called: the signals in its own mask are not blocked, and SA_RESETHAND has
//! no effect. A handler that another thread installs at the very moment this one is installed may be lost.
//!
//! [`Access::Read`](super::Access::Read) needs no guard.

use std::{
    cell::Cell,
    io, mem, ptr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicPtr, Ordering, compiler_fence},
    },
};

/// The mapped bytes that a thread is reading.
struct Span {
    start: usize,
    end: usize,
    /// The start and the length of the whole mapping.
    map: (usize, usize),
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

/// A page that the handler unmaps if the process has too many mappings. Null if there is none.
static SPARE: AtomicPtr<libc::c_void> = AtomicPtr::new(ptr::null_mut());

/// Installs the handler, once.
pub(super) fn install() -> io::Result<()> {
    static DONE: OnceLock<Result<(), i32>> = OnceLock::new();
    DONE.get_or_init(|| {
        // SAFETY: all-zero bytes are a valid `sigaction`.
        let mut previous: libc::sigaction = unsafe { mem::zeroed() };
        // SAFETY: with a null action, `sigaction` only queries, and `previous` is valid for its result. The
        // result is stored before the handler can run.
        check_errno(unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), &mut previous) })?;
        let page = page_size();
        let _ = INSTALLED.set(Installed { previous, page });
        // Shared, because the kernel would merge a private page with its neighbors, and unmapping it would
        // split them.
        // SAFETY: a new mapping at an address that the kernel chooses.
        let spare = unsafe {
            libc::mmap(ptr::null_mut(), page, libc::PROT_NONE, libc::MAP_SHARED | libc::MAP_ANONYMOUS, -1, 0)
        };
        if spare != libc::MAP_FAILED {
            SPARE.store(spare, Ordering::Relaxed);
        }

        // SAFETY: all-zero bytes are a valid `sigaction`.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = on_sigbus as *const () as usize;
        // Keeps the previous handler's SA_RESTART setting.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | (previous.sa_flags & libc::SA_RESTART);
        // SAFETY: `action` is initialized, and the handler has the signature that SA_SIGINFO requires.
        check_errno(unsafe { libc::sigaction(libc::SIGBUS, &action, ptr::null_mut()) })
    })
    .map_err(io::Error::from_raw_os_error)
}

/// Returns the number of bytes in a page, which is a power of two.
pub(super) fn page_size() -> usize {
    // SAFETY: the argument is a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

fn check_errno(returned: libc::c_int) -> Result<(), i32> {
    match returned {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)),
    }
}

/// Runs `read`, which may read the `len` mapped bytes at `start`.
///
/// If pages of them are missing, they read as zeros, and `broken` is set. `map` is the mapping that contains
/// them, all of which may then read as zeros.
pub(super) fn with_guard<T>(
    start: *const u8,
    len: usize,
    map: (*const u8, usize),
    broken: &AtomicBool,
    read: impl FnOnce() -> T,
) -> T {
    /// Unregisters the span, even if `read` panics, because the pointer to it is into this stack frame.
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
    let mut span = Span { start, end: start + len, map: (map.0 as usize, map.1), broken };
    GUARDED.with(|guarded| guarded.store(&mut span, Ordering::Relaxed));
    let _clear = ClearOnDrop;
    // The handler runs on this thread, so only the compiler could move the reads before the store.
    compiler_fence(Ordering::SeqCst);
    read()
}

/// Unblocks SIGBUS for this thread.
fn unblock_sigbus() {
    let mut signals = mem::MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initializes the set before it is used, and the old set is not requested.
    unsafe {
        libc::sigemptyset(signals.as_mut_ptr());
        libc::sigaddset(signals.as_mut_ptr(), libc::SIGBUS);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, signals.as_ptr(), ptr::null_mut());
    }
}

extern "C" fn on_sigbus(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO, the kernel passes a valid `info`.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    // SAFETY: a span that is not null is in a live stack frame of `with_guard` on this thread, which
    // unregisters it before it returns.
    let span = unsafe { GUARDED.with(|guarded| guarded.load(Ordering::Relaxed)).as_ref() };
    // A fault has a positive code. A signal that was sent has no address.
    if code > 0
        && let (Some(span), Some(installed)) = (span, INSTALLED.get())
        && let page = page_of(address, installed.page)
        && (page_of(span.start, installed.page)..span.end).contains(&page)
    {
        // SAFETY: the same frame of `with_guard` borrows `broken`.
        unsafe { (*span.broken).store(true, Ordering::SeqCst) };
        // SAFETY: the pages from the one that faulted to the end of the span belong to the mapping that is
        // being read, and so do those of the whole mapping, which starts at a page. Its owner keeps it while
        // the span is registered and unmaps it as a whole. No reference points into it.
        let replaced = unsafe {
            map_zeros(page, span.end - page, installed.page) || {
                let spare = SPARE.swap(ptr::null_mut(), Ordering::Relaxed);
                if !spare.is_null() {
                    libc::munmap(spare, installed.page);
                }
                map_zeros(span.map.0, span.map.1, installed.page)
            }
        };
        if replaced {
            return;
        }
    }
    forward(signal, info, context);
}

/// Returns the address of the page that contains `address`. s390x reports no more of the address of a fault than this.
fn page_of(address: usize, page: usize) -> usize {
    address & !(page - 1)
}

/// Replaces the `len` bytes at `start`, which is the address of a page, by zero pages. Returns `false` if it
/// cannot.
///
/// # Safety
///
/// All pages with these bytes belong to one mapping, which is only read, and never through references.
unsafe fn map_zeros(start: usize, len: usize, page: usize) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    let len = len.next_multiple_of(page);
    // SAFETY: the caller promises that nothing but the mapping is replaced, and that it may be.
    let zeros = unsafe { libc::mmap(start as *mut libc::c_void, len, libc::PROT_READ, flags, -1, 0) };
    zeros != libc::MAP_FAILED
}

/// The signature of a handler with SA_SIGINFO.
type SigactionHandler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

/// Does what would happen without the guard.
fn forward(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let previous = INSTALLED.get().map(|installed| installed.previous);
    let handler = previous.map_or(libc::SIG_DFL, |previous| previous.sa_sigaction);
    // SAFETY: with SA_SIGINFO, the kernel passes a valid `info`.
    let sent = unsafe { (*info).si_code } <= 0;
    match (handler, previous) {
        (libc::SIG_IGN, _) if sent => {}
        (libc::SIG_DFL | libc::SIG_IGN, _) | (_, None) => {
            // A fault happens again as soon as this returns, but a signal that was sent must be raised again.
            // SAFETY: all-zero bytes are a valid `sigaction`, whose handler is SIG_DFL. Both calls are
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
            // SAFETY: with SA_SIGINFO, the address is that of a handler with this signature.
            let handler: SigactionHandler = unsafe { mem::transmute(handler) };
            handler(signal, info, context);
        }
        (handler, Some(_)) => {
            // SAFETY: without SA_SIGINFO, the address is that of a handler with this signature.
            let handler: extern "C" fn(libc::c_int) = unsafe { mem::transmute(handler) };
            handler(signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    /// Returns the span that this thread has registered.
    fn registered() -> Option<(usize, usize)> {
        let span = GUARDED.with(|guarded| guarded.load(Ordering::Relaxed));
        // SAFETY: the pointer is null, or into a live stack frame of `with_guard`.
        unsafe { span.as_ref() }.map(|span| (span.start, span.end))
    }

    /// The registered pointer is into a stack frame, so it must not outlive it.
    #[test]
    fn span_is_registered_only_while_it_is_read() {
        let (bytes, broken) = ([0; 10], AtomicBool::new(false));
        let (start, map) = (bytes.as_ptr() as usize, (bytes.as_ptr(), bytes.len()));
        let read = || with_guard(bytes.as_ptr(), bytes.len(), map, &broken, registered);
        assert_eq!(registered(), None);
        assert_eq!(read(), Some((start, start + 10)));
        assert_eq!(registered(), None);
        let panics =
            || with_guard(bytes.as_ptr(), bytes.len(), map, &broken, || resume_unwind(Box::new("within")));
        catch_unwind(AssertUnwindSafe::<&dyn Fn()>(&panics)).unwrap_err();
        assert_eq!(registered(), None);
    }
}
