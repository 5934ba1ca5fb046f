//! A body that is read and encoded on a thread of its own.

use super::{Body, CHUNK_LEN};
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

/// A body that is read and encoded on a thread of its own, up to two chunks ahead. [`Body::read_ahead`] creates it.
///
/// The thread starts with the first poll. It ends after the last chunk, after an error, or, when this value is dropped,
/// after the chunk that it is encoding. A clone starts at the position of the original, with its own thread. After
/// `fork`, the thread does not exist in the child: use a clone there.
///
/// # Errors
///
/// The errors of [`Body`], and [`Io`](ErrorKind::Io) if the thread cannot be started. Every later call returns the same
/// error.
#[derive(Debug)]
#[must_use = "a body reads nothing until it is polled"]
pub struct ReadAhead {
    /// At the position after the last chunk that was delivered.
    body: Body,
    queue: Option<Arc<Queue>>,
    /// The number of yields to the executor that are due before the next chunk.
    pending_yields: u8,
    /// The number of bytes delivered since the last yield.
    since_yield: usize,
}

/// The number of chunks in the queue. Two keep both threads busy; each costs a chunk of memory.
const AHEAD: usize = 2;

/// The number of bytes between yields: 2 MiB. A number of bytes rather than of chunks, so that small chunks are not
/// slower. With 1 MiB, a cached file is sent at 0.73 of the speed of [`Body`], with 2 MiB as fast, while a timer of 1 ms is not later
/// (Zen 4, reqwest).
const YIELD_AFTER: usize = 2 * CHUNK_LEN;

/// The number of yields at a time.
///
/// A client polls as long as chunks are ready, which keeps its thread from timers and other tasks for tens of
/// milliseconds: tokio looks at its timers when it has nothing to run, or after 61 tasks. The first yield ends before
/// the client has sent what it holds; during the second, nothing is left to run.
const YIELDS: u8 = 2;

/// The minimum duration of a yield. An executor needs a few microseconds to find that it has nothing to run.
const YIELD: Duration = Duration::from_micros(50);

/// The chunks between the thread that encodes (the sender) and the executor (the receiver).
#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    /// Notifies the sender that a chunk was taken or that the receiver changed its state.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    chunks: VecDeque<Result<Bytes>>,
    waker: Option<Waker>,
    /// The receiver waits for a yield to end, though a chunk is ready.
    is_yielding: bool,
    /// The sender has made a chunk for which there was no room, so it can end a yield at once.
    sender_waits: bool,
    /// The receiver takes no more chunks.
    receiver_closed: bool,
    /// The sender adds no more chunks: it has finished or panicked.
    sender_done: bool,
}

impl Body {
    /// Converts into a body that is read and encoded on a thread of its own, so that the executor never waits for a
    /// disk.
    ///
    /// The thread is at most two chunks ahead. It works with any executor. After every 2 MiB it yields to the executor, so
    /// that timers and other tasks run even if chunks are always ready. [`Body`](Body#in-a-client) says when to use it
    /// and what it costs.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn request() -> http::Request<niello::Body> { http::Request::new(niello::Body::default()) }
    /// # use niello::http;
    /// let request: http::Request<niello::Body> = request();
    /// let request = request.map(niello::Body::read_ahead);
    /// ```
    pub fn read_ahead(self) -> ReadAhead {
        ReadAhead { body: self, queue: None, pending_yields: 0, since_yield: 0 }
    }
}

impl ReadAhead {
    /// Returns the body, at the position after the last chunk that was delivered.
    pub fn into_body(mut self) -> Body {
        self.close();
        self.body.clone()
    }

    fn start(body: &Body) -> Result<Arc<Queue>> {
        let queue = Arc::new(Queue::default());
        let (mut body, sender) = (body.clone(), SenderGuard(queue.clone()));
        // Progress counts delivered bytes, not those in the queue.
        body.progress = None;
        thread::Builder::new()
            .name("niello-ahead".to_owned())
            .spawn(move || while body.remaining() > 0 && sender.0.push(body.next_chunk()) {})
            .map_err(|cause| {
                Error::with_source(ErrorKind::Io, "cannot start the thread that reads the body ahead", cause)
            })?;
        Ok(queue)
    }

    /// Returns the next chunk, which is not empty. Must not be called at the end.
    fn next_chunk(&mut self, context: &Context<'_>) -> Poll<Result<Bytes>> {
        let queue = match &self.queue {
            Some(queue) => queue,
            None => self.queue.insert(ReadAhead::start(&self.body)?),
        };
        if self.pending_yields > 0 && queue.begin_yield(context) {
            self.pending_yields -= 1;
            return Poll::Pending;
        }
        let chunk = queue.pop(context);
        match &chunk {
            // A yield that is still due comes once the sender waits.
            Poll::Ready(chunk) => self.since_yield += chunk.as_ref().map_or(0, Bytes::len),
            // The wait for the sender is a yield.
            Poll::Pending => (self.pending_yields, self.since_yield) = (0, 0),
        }
        if self.since_yield >= YIELD_AFTER {
            (self.pending_yields, self.since_yield) = (YIELDS, 0);
        }
        chunk
    }

    fn close(&mut self) {
        if let Some(queue) = self.queue.take() {
            queue.lock().receiver_closed = true;
            queue.changed.notify_one();
        }
    }
}

impl Queue {
    /// Adds a chunk when there is room. Returns `false` if the sender has to stop.
    fn push(&self, chunk: Result<Bytes>) -> bool {
        let more = chunk.is_ok();
        let mut state = self.lock();
        while !state.receiver_closed {
            state.sender_waits = state.chunks.len() >= AHEAD;
            if !state.sender_waits {
                state.chunks.push_back(chunk);
                self.wake(state);
                return more;
            }
            state = if state.is_yielding {
                self.wake(state);
                self.lock()
            } else {
                self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
        false
    }

    /// Begins a yield, which the sender ends.
    ///
    /// Returns `false` if the sender has finished, or does not wait for room. In the second case it reads or encodes,
    /// which may take as long as the disk does, and must not withhold the chunks that are ready.
    fn begin_yield(&self, context: &Context<'_>) -> bool {
        let mut state = self.lock();
        if state.sender_done || !state.sender_waits {
            return false;
        }
        state.wait_for(context);
        state.is_yielding = true;
        self.changed.notify_one();
        true
    }

    fn pop(&self, context: &Context<'_>) -> Poll<Result<Bytes>> {
        let mut state = self.lock();
        match state.chunks.pop_front() {
            Some(chunk) => {
                self.changed.notify_one();
                Poll::Ready(chunk)
            }
            // The body is not at its end, so the sender panicked.
            None if state.sender_done => Poll::Ready(Err(Error::new(
                ErrorKind::Io,
                "the thread that reads the body ahead ended early; if it panicked, please report a bug in niello",
            ))),
            None => {
                state.wait_for(context);
                Poll::Pending
            }
        }
    }

    /// Wakes the receiver, after the duration of a yield if it is in one. Unlocks first, because the waker may lock.
    fn wake<'a>(&'a self, mut state: MutexGuard<'a, State>) {
        if std::mem::take(&mut state.is_yielding) {
            drop(state);
            thread::sleep(YIELD);
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

/// Tells the receiver that the sender is done, even if the sender panicked.
struct SenderGuard(Arc<Queue>);

impl Drop for SenderGuard {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.sender_done = true;
        self.0.wake(state);
    }
}

/// The same as for [`Body`], but `poll_frame` does not block.
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
                this.body.advance(chunk.len());
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

/// A body without bytes, as [`Body::default`] returns.
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
        self.close();
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

    /// Counts wake-ups.
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

    /// Returns the number of polls before each chunk that were pending though the queue was full. Each was woken.
    fn yields(chunk_len: usize, chunks: usize) -> Vec<usize> {
        let media = Media::from_bytes(vec![0; 24 << 20], "video/mp4").unwrap();
        let mut ahead = crate::Body::json(&media).unwrap().with_chunk_len(chunk_len).read_ahead();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut poll = |yields: &mut usize| {
            while Pin::new(&mut ahead).poll_frame(&mut Context::from_waker(&waker)).is_pending() {
                *yields += 1;
                wait_until("the receiver was not woken", || woken.0.load(Ordering::SeqCst) > 0);
                woken.0.store(0, Ordering::SeqCst);
                is_full(ahead.queue.as_ref().unwrap());
            }
            is_full(ahead.queue.as_ref().unwrap());
        };
        // The first poll starts the thread, and may be pending until it has a chunk.
        poll(&mut 0);
        (1..chunks)
            .map(|_| {
                let mut yields = 0;
                poll(&mut yields);
                yields
            })
            .collect()
    }

    /// Waits until the queue is full and the sender has another chunk.
    fn is_full(queue: &Queue) {
        wait_until("the queue does not fill", || {
            let state = queue.lock();
            state.chunks.len() >= AHEAD && state.sender_waits
        });
        assert_eq!(queue.lock().chunks.len(), AHEAD);
    }

    #[test]
    fn the_body_yields_twice_after_every_two_mebibytes() {
        const TWO: usize = 2 << 20;
        assert_eq!(yields(TWO, 6), [2; 5]);
        assert_eq!(yields(3 * TWO / 2, 4), [2; 3]);
        assert_eq!(yields(TWO / 4, 10), [0, 0, 0, 2, 0, 0, 0, 2, 0]);
        assert_eq!(yields(TWO / 4 + 1, 9), [0, 0, 0, 2, 0, 0, 0, 2]);
        assert_eq!(yields(TWO / 4 - 1, 10), [0, 0, 0, 0, 2, 0, 0, 0, 0]);
    }

    /// The wait for a slow disk is a yield already.
    #[test]
    fn consumer_waits_once_per_chunk_when_the_producer_is_slow() {
        let queue = Queue::default();
        let waker = Waker::from(Arc::new(Woken::default()));
        let context = Context::from_waker(&waker);
        for chunks in 0..=AHEAD {
            assert!(
                !queue.begin_yield(&context),
                "the sender does not wait, with {chunks} chunks in the queue"
            );
            if chunks < AHEAD {
                assert!(queue.push(Ok(Bytes::new())));
            }
        }
        thread::scope(|scope| {
            scope.spawn(|| queue.push(Ok(Bytes::new())));
            wait_until("the sender does not wait", || queue.lock().sender_waits);
            assert!(queue.begin_yield(&context));
            assert!(queue.pop(&context).is_ready());
        });
        assert!(!queue.begin_yield(&context), "the sender has added its chunk and makes the next one");
        queue.lock().sender_waits = true;
        queue.lock().sender_done = true;
        assert!(!queue.begin_yield(&context), "no sender would end the yield");
    }

    #[test]
    fn chunks_in_the_queue_are_delivered_while_the_sender_reads() {
        let media = Media::from_bytes(vec![0; 12 << 20], "video/mp4").unwrap();
        let queue = Arc::new(Queue::default());
        let mut ahead = crate::Body::json(&media).unwrap().read_ahead();
        ahead.queue = Some(queue.clone());
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let context = &mut Context::from_waker(&waker);
        let mut poll = || Pin::new(&mut ahead).poll_frame(context).map(|frame| frame.unwrap().unwrap());
        let push = |len: usize| assert!(queue.push(Ok(vec![0; len].into())));

        (0..AHEAD).for_each(|_| push(YIELD_AFTER));
        for _ in 0..3 {
            assert!(poll().is_ready(), "a yield is due after this chunk");
            // The queue is full again, and the sender reads the next chunk for as long as the polls take.
            push(YIELD_AFTER);
        }
        (0..AHEAD).for_each(|_| assert!(poll().is_ready(), "a chunk that is ready is delivered"));
        assert!(poll().is_pending(), "nothing is ready");

        // Yields that were due while the sender did not wait are made up for once it does.
        push(YIELD_AFTER);
        push(1);
        (0..2).for_each(|_| assert!(poll().is_ready()));
        push(1);
        thread::scope(|scope| {
            scope.spawn(|| (0..2).for_each(|_| push(1)));
            wait_until("the sender does not wait", || queue.lock().sender_waits);
            for yields in 1..=2 {
                woken.0.store(0, Ordering::SeqCst);
                assert!(poll().is_pending(), "yield {yields}");
                wait_until("the receiver was not woken", || woken.0.load(Ordering::SeqCst) > 0);
            }
            assert!(poll().is_ready());
        });
    }
}
