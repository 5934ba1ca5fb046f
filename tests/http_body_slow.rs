//! A body that is read ahead delivers the chunks that are ready while its source is slow.
//!
//! The source is memory of which one page cannot be read until the test says so. It is a test binary of its own, because
//! the handler of SIGSEGV that waits for that belongs to the whole process.
#![cfg(target_os = "linux")]

use niello::{Body, Media, ReadAhead, bytes::Bytes, http_body::Body as _};
use std::{
    io, mem,
    pin::Pin,
    ptr, slice,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

/// The largest page of any platform. Where pages are smaller, several of them are slow.
const PAGE: usize = 64 * 1024;
/// The bytes of a chunk of 1 MiB.
const CHUNK: usize = 768 * 1024;
const CHUNKS: usize = 10;
/// The index of the chunk with the slow page.
const SLOW: usize = 5;

static SLOW_PAGE: AtomicUsize = AtomicUsize::new(0);
static IS_READING: AtomicBool = AtomicBool::new(false);
static MAY_READ: AtomicBool = AtomicBool::new(false);

/// Makes the slow page readable when the test says so.
extern "C" fn on_fault(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO, the kernel passes a valid `info`.
    let address = unsafe { (*info).si_addr() as usize };
    let page = SLOW_PAGE.load(SeqCst);
    if address & !(PAGE - 1) != page {
        // SAFETY: `_exit` is async-signal-safe.
        unsafe { libc::_exit(9) }
    }
    IS_READING.store(true, SeqCst);
    let pause = libc::timespec { tv_sec: 0, tv_nsec: 100_000 };
    while !MAY_READ.load(SeqCst) {
        // SAFETY: `pause` is valid, and `nanosleep` is async-signal-safe.
        unsafe { libc::nanosleep(&pause, ptr::null_mut()) };
    }
    // SAFETY: the page is one of the mapping that `Memory` never unmaps.
    unsafe { libc::mprotect(page as *mut libc::c_void, PAGE, libc::PROT_READ) };
}

/// Memory that is never unmapped.
struct Memory(&'static [u8]);

impl Memory {
    fn new() -> Memory {
        let len = CHUNKS * CHUNK;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping at an address that the kernel chooses.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, libc::PROT_READ, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED, "{}", io::Error::last_os_error());
        // SAFETY: the mapping has `len` readable bytes, and nothing writes to it.
        Memory(unsafe { slice::from_raw_parts(start.cast(), len) })
    }

    /// Makes a page within the slow chunk unreadable.
    fn set_slow(&self) {
        let page = (self.0.as_ptr() as usize + SLOW * CHUNK + CHUNK / 2) & !(PAGE - 1);
        SLOW_PAGE.store(page, SeqCst);
        IS_READING.store(false, SeqCst);
        MAY_READ.store(false, SeqCst);
        // SAFETY: the page is one of the mapping. A read of it waits in the handler until it is readable again.
        assert_eq!(unsafe { libc::mprotect(page as *mut libc::c_void, PAGE, libc::PROT_NONE) }, 0);
    }
}

struct Woken(mpsc::Sender<()>);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

fn poll(body: &mut ReadAhead, waker: &Waker) -> Poll<Bytes> {
    let frame = Pin::new(body).poll_frame(&mut Context::from_waker(waker));
    frame.map(|frame| frame.unwrap().unwrap().into_data().unwrap())
}

/// Returns the longest time that a poll took while the source was slow and a chunk was ready.
fn longest_poll(memory: &Memory) -> Duration {
    memory.set_slow();
    let media = Media::from_bytes(Bytes::from_static(memory.0), "video/mp4").unwrap();
    let mut body = Body::json(&media).unwrap().read_ahead();
    let (sender, woken) = mpsc::channel();
    let waker = Waker::from(Arc::new(Woken(sender)));
    let next = |body: &mut ReadAhead| {
        loop {
            match poll(body, &waker) {
                Poll::Ready(chunk) => return chunk,
                Poll::Pending => woken.recv_timeout(Duration::from_secs(20)).expect("the body does not wake"),
            }
        }
    };
    // The thread begins the slow chunk after the two chunks before it are in the queue.
    (0..SLOW - 2).for_each(|_| assert_eq!(next(&mut body).len(), 1 << 20));
    let start = Instant::now();
    while !IS_READING.load(SeqCst) {
        assert!(start.elapsed() < Duration::from_secs(20), "the thread does not read the slow chunk");
        std::thread::yield_now();
    }
    let polls = [(); 2].map(|()| {
        let start = Instant::now();
        assert!(poll(&mut body, &waker).is_ready(), "a chunk in the queue waits for the slow one");
        start.elapsed()
    });
    assert!(poll(&mut body, &waker).is_pending(), "the slow chunk cannot be ready");
    MAY_READ.store(true, SeqCst);
    while body.size_hint().exact().unwrap() > 0 {
        next(&mut body);
    }
    polls.into_iter().max().unwrap()
}

#[test]
fn ready_chunks_are_delivered_within_5_ms_while_the_source_is_slow() {
    // SAFETY: all-zero bytes are a valid `sigaction`, and the handler has the signature that SA_SIGINFO requires.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = on_fault as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        assert_eq!(libc::sigaction(libc::SIGSEGV, &action, ptr::null_mut()), 0);
    }
    let memory = Memory::new();
    // A loaded machine may suspend this thread in the middle of a poll, but hardly each time.
    let polls: Vec<_> = (0..20).map(|_| longest_poll(&memory)).collect();
    let fastest = polls.iter().min().unwrap();
    assert!(*fastest < Duration::from_millis(5), "{polls:?}");
}
