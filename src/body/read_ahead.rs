//! A body whose reading and encoding is done by a thread of its own.

use super::Body;
use crate::error::{Error, ErrorKind, Result};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

/// A body that is read and encoded on another thread, up to two chunks ahead: made by
/// [`Body::read_ahead`].
///
/// The thread starts with the first poll and ends with the last chunk, an error, or, once the chunk that it
/// is at is done, the drop of this value. A clone starts at the position of the original, with a thread
/// of its own.
///
/// # Errors
/// Those of [`Body`], and [`Io`](ErrorKind::Io) if the thread cannot be started; each stays, as those of a body do.
#[derive(Debug)]
#[must_use = "nothing is read until it is polled"]
pub struct ReadAhead {
    /// At the position of what has been handed on.
    body: Body,
    queue: Option<Arc<Queue>>,
    /// So many rests are due to the executor before the next chunk.
    rests: u8,
    /// Bytes handed on since its last rest.
    since_rest: usize,
}

/// Enough to keep both sides busy; each costs a chunk of memory.
const AHEAD: usize = 2;

/// A rest is due after so many bytes: it costs the same for small chunks as for large ones.
const REST_AFTER: usize = 1024 * 1024;

/// How often the executor is then made to wait for the other thread.
///
/// A client polls for as long as there are chunks, and so keeps its thread from timers and other tasks for
/// tens of milliseconds: tokio looks at its timers when it has nothing to run, or after 61 tasks. The
/// first wait is over before the client has sent what it holds; in the second, nothing is left to run.
const RESTS: u8 = 2;

/// What a rest lasts, at least: an executor needs some microseconds to find that it has nothing to run.
const REST: Duration = Duration::from_micros(50);

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    /// Somebody took a chunk, or left.
    taken: Condvar,
}

#[derive(Debug, Default)]
struct State {
    chunks: VecDeque<Result<Bytes>>,
    waker: Option<Waker>,
    /// The one to be woken could go on, but is given a rest.
    resting: bool,
    /// Nobody takes any more.
    left: bool,
    /// Nobody puts any more: the thread is done, or it panicked.
    ended: bool,
}

impl Body {
    /// The form for an executor that must not wait for a disk: reading and encoding is done by a thread of
    /// the body's own, at most two chunks ahead. Needs no particular executor.
    ///
    /// After each mebibyte it lets the executor look at its timers and other tasks, which a client that finds
    /// chunk after chunk does not. That costs some speed from the page cache, a thread, and memory:
    /// [`Body`](Body#in-a-client) says when it is worth it, in figures. `examples/hyper.rs` uses it:
    ///
    /// ```
    /// # fn request() -> http::Request<niello::Body> { http::Request::new(niello::Body::default()) }
    /// # use niello::http;
    /// let request: http::Request<niello::Body> = request();
    /// let request = request.map(niello::Body::read_ahead);
    /// ```
    pub fn read_ahead(self) -> ReadAhead {
        ReadAhead { body: self, queue: None, rests: 0, since_rest: 0 }
    }
}

impl ReadAhead {
    /// The plain body, at the position of what has been handed on.
    pub fn into_body(mut self) -> Body {
        self.leave();
        self.body.clone()
    }

    fn start(body: &Body) -> Result<Arc<Queue>> {
        let queue = Arc::new(Queue::default());
        let (mut body, filling) = (body.clone(), Filling(queue.clone()));
        // Progress is what has been handed on, not what lies in the queue.
        body.progress = None;
        thread::Builder::new()
            .name("niello-ahead".to_owned())
            .spawn(move || while body.remaining() > 0 && filling.0.put(body.next_chunk()) {})
            .map_err(|cause| {
                Error::with_source(ErrorKind::Io, "cannot start the thread that reads ahead", cause)
            })?;
        Ok(queue)
    }

    /// The next chunk, never an empty one. Not to be called at the end.
    fn next_chunk(&mut self, context: &Context<'_>) -> Poll<Result<Bytes>> {
        let queue = match &self.queue {
            Some(queue) => queue,
            None => self.queue.insert(ReadAhead::start(&self.body)?),
        };
        if self.rests > 0 && queue.rest(context) {
            self.rests -= 1;
            return Poll::Pending;
        }
        let chunk = queue.take(context);
        self.rests = 0;
        match &chunk {
            Poll::Ready(chunk) => self.since_rest += chunk.as_ref().map_or(0, Bytes::len),
            Poll::Pending => self.since_rest = 0,
        }
        if self.since_rest >= REST_AFTER {
            (self.rests, self.since_rest) = (RESTS, 0);
        }
        chunk
    }

    fn leave(&mut self) {
        if let Some(queue) = self.queue.take() {
            queue.lock().left = true;
            queue.taken.notify_one();
        }
    }
}

impl Queue {
    /// Waits for room; false when nobody wants more.
    fn put(&self, chunk: Result<Bytes>) -> bool {
        let more = chunk.is_ok();
        let mut state = self.lock();
        while !state.left {
            if state.chunks.len() < AHEAD {
                state.chunks.push_back(chunk);
                self.wake(state);
                return more;
            }
            state = if state.resting {
                self.wake(state);
                self.lock()
            } else {
                self.taken.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
        false
    }

    /// Gives the executor's thread a rest: the thread that reads ahead wakes it, once its next chunk is made. False
    /// if that has ended, or is behind: a slow disk is no rest.
    fn rest(&self, context: &Context<'_>) -> bool {
        let mut state = self.lock();
        if state.ended || state.chunks.len() < AHEAD {
            return false;
        }
        state.wait_for(context);
        state.resting = true;
        self.taken.notify_one();
        true
    }

    fn take(&self, context: &Context<'_>) -> Poll<Result<Bytes>> {
        let mut state = self.lock();
        match state.chunks.pop_front() {
            Some(chunk) => {
                self.taken.notify_one();
                Poll::Ready(chunk)
            }
            // More was promised than has come.
            None if state.ended => Poll::Ready(Err(Error::new(
                ErrorKind::Io,
                "the thread that reads ahead ended too early; if it panicked, that is a bug in niello",
            ))),
            None => {
                state.wait_for(context);
                Poll::Pending
            }
        }
    }

    /// Wakes whoever waits, after a rest if it is one. Outside of the lock, which the waker may want.
    fn wake<'a>(&'a self, mut state: MutexGuard<'a, State>) {
        if std::mem::take(&mut state.resting) {
            drop(state);
            thread::sleep(REST);
            state = self.lock();
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait_for(&mut self, context: &Context<'_>) {
        match &mut self.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
    }
}

/// The thread's end of the queue: however the thread ends, by a panic as well, nobody waits for it longer.
struct Filling(Arc<Queue>);

impl Drop for Filling {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ended = true;
        self.0.wake(state);
    }
}

/// As that of [`Body`], but `poll_frame` waits for no disk.
impl http_body::Body for ReadAhead {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if let Some(error) = &this.body.failed {
            return Poll::Ready(Some(Err(error.clone())));
        }
        if this.body.remaining() == 0 {
            return Poll::Ready(None);
        }
        this.next_chunk(context).map(|chunk| {
            let chunk = chunk.inspect_err(|error| this.body.failed = Some(error.clone()));
            Some(chunk.map(|chunk| {
                this.body.hand_on(chunk.len());
                Frame::data(chunk)
            }))
        })
    }

    fn is_end_stream(&self) -> bool {
        http_body::Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        http_body::Body::size_hint(&self.body)
    }
}

/// A body of no bytes, as [`Body::default`] is.
impl Default for ReadAhead {
    fn default() -> ReadAhead {
        Body::default().read_ahead()
    }
}

impl Clone for ReadAhead {
    fn clone(&self) -> ReadAhead {
        self.body.clone().read_ahead()
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Media;
    use http_body::Body as _;
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
        time::Instant,
    };

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn wait_until(what: &str, is_so: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(20), "{what}");
            thread::yield_now();
        }
    }

    /// Before each of the first chunks, how many polls were pending though the queue was full. Each is woken.
    fn rests(chunk_len: usize, chunks: usize) -> Vec<usize> {
        let media = Media::from_bytes(vec![0; 12 << 20], "video/mp4").unwrap();
        let mut ahead = crate::Body::json(&media).unwrap().with_chunk_len(chunk_len).read_ahead();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut poll = |rests: &mut usize| {
            while Pin::new(&mut ahead).poll_frame(&mut Context::from_waker(&waker)).is_pending() {
                *rests += 1;
                wait_until("nobody was woken", || woken.0.load(Ordering::SeqCst) > 0);
                woken.0.store(0, Ordering::SeqCst);
                is_full(ahead.queue.as_ref().unwrap());
            }
            is_full(ahead.queue.as_ref().unwrap());
        };
        // The first poll starts the thread, and may be before it.
        poll(&mut 0);
        (1..chunks)
            .map(|_| {
                let mut rests = 0;
                poll(&mut rests);
                rests
            })
            .collect()
    }

    fn is_full(queue: &Queue) {
        wait_until("nothing is read ahead", || queue.lock().chunks.len() >= AHEAD);
        assert_eq!(queue.lock().chunks.len(), AHEAD);
    }

    #[test]
    fn the_executor_rests_twice_after_each_mebibyte() {
        const MIB: usize = 1 << 20;
        assert_eq!(rests(MIB, 6), [2; 5]);
        assert_eq!(rests(3 * MIB, 3), [2; 2]);
        assert_eq!(rests(MIB / 4, 10), [0, 0, 0, 2, 0, 0, 0, 2, 0]);
        assert_eq!(rests(MIB / 4 + 1, 9), [0, 0, 0, 2, 0, 0, 0, 2]);
        assert_eq!(rests(MIB / 4 - 1, 10), [0, 0, 0, 0, 2, 0, 0, 0, 0]);
    }

    /// A slow disk is rest enough: who finds nothing ready waits for the chunk, and not twice more.
    #[test]
    fn who_is_ahead_of_the_thread_waits_once_for_each_chunk() {
        let queue = Queue::default();
        let waker = Waker::from(Arc::new(Woken::default()));
        let context = Context::from_waker(&waker);
        for full in 0..AHEAD {
            assert!(!queue.rest(&context), "{full} chunks are no full queue");
            assert!(queue.put(Ok(Bytes::new())));
        }
        assert!(queue.rest(&context));
        queue.lock().ended = true;
        assert!(!queue.rest(&context), "nobody is there to wake it");
    }
}
