//! A body that is read and encoded on a thread of its own.

#[cfg(all(test, loom))]
mod interleavings;
mod queue;
mod sync;
#[cfg(all(test, not(loom)))]
mod tests;

use super::{Body, CHUNK_LEN};
use crate::error::{Error, ErrorKind, Result};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use queue::{Queue, SenderGuard};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use sync::thread;

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

/// The number of bytes between yields: 2 MiB. A number of bytes rather than of chunks, so that small chunks are not
/// slower. With 1 MiB, a cached file is sent at 0.73 of the speed of [`Body`], with 2 MiB as fast, while a timer of 1 ms is not later
/// (Zen 4, reqwest).
const YIELD_AFTER: usize = if cfg!(loom) { 16 } else { 2 * CHUNK_LEN };

/// The number of yields at a time.
///
/// A client polls as long as chunks are ready, which keeps its thread from timers and other tasks for tens of
/// milliseconds: tokio looks at its timers when it has nothing to run, or after 61 tasks. The first yield ends before
/// the client has sent what it holds; during the second, nothing is left to run.
const YIELDS: u8 = 2;

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
            queue.close();
        }
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
