//! The chunks between the thread that reads ahead and the executor.

use super::sync::{Condvar, Mutex, MutexGuard, thread};
use crate::error::{Error, ErrorKind, Result};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

/// The number of chunks in the queue. Two keep both threads busy; each costs a chunk of memory.
pub(super) const AHEAD: usize = 2;

/// The minimum duration of a yield. An executor needs a few microseconds to find that it has nothing to run.
const YIELD: Duration = Duration::from_micros(50);

/// The chunks between the thread that encodes (the sender) and the executor (the receiver).
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Notifies the sender that a chunk was taken or that the receiver changed its state.
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) chunks: VecDeque<Result<Bytes>>,
    waker: Option<Waker>,
    /// The receiver waits for a yield to end, though a chunk is ready.
    is_yielding: bool,
    /// The queue is full, and the sender waits with the next chunk. It can end a yield at once.
    pub(super) sender_waits: bool,
    /// The receiver takes no more chunks.
    receiver_closed: bool,
    /// The sender adds no more chunks: it has finished or panicked.
    pub(super) sender_done: bool,
}

impl Queue {
    /// Adds a chunk when there is room. Returns `false` if the sender has to stop.
    pub(super) fn push(&self, chunk: Result<Bytes>) -> bool {
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
    pub(super) fn begin_yield(&self, context: &Context<'_>) -> bool {
        let mut state = self.lock();
        if state.sender_done || !state.sender_waits {
            return false;
        }
        state.wait_for(context);
        state.is_yielding = true;
        self.changed.notify_one();
        true
    }

    pub(super) fn pop(&self, context: &Context<'_>) -> Poll<Result<Bytes>> {
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

    /// Tells the sender that no more chunks are taken.
    pub(super) fn close(&self) {
        self.lock().receiver_closed = true;
        self.changed.notify_one();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
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
pub(super) struct SenderGuard(pub(super) Arc<Queue>);

impl Drop for SenderGuard {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.sender_done = true;
        self.0.wake(state);
    }
}
