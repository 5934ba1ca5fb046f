//! All interleavings of the thread that reads ahead and the executor, by loom: `tests/interleavings/run`.
//!
//! loom runs each test once for every order in which the threads can take the locks of the queue. Longer tests bound the
//! number of preemptions. A thread that waits forever is a deadlock, which loom reports.

use super::{
    ReadAhead, YIELD_AFTER,
    queue::{Queue, SenderGuard},
    sync::{Condvar, Mutex},
};
use crate::{
    body::Body,
    error::{ErrorKind, Result},
    media::Media,
};
use bytes::Bytes;
use http_body::Body as _;
use loom::{model::Builder, thread};
use std::{
    io::{Seek, SeekFrom},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Runs a test in all interleavings, or in those with at most `preemptions` switches away from a thread that could
/// continue.
fn interleave(preemptions: Option<usize>, test: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    let runs = Arc::new(AtomicUsize::new(0));
    let count = runs.clone();
    builder.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        test();
    });
    println!("{} interleavings", runs.load(Ordering::Relaxed));
}

/// The executor's thread, which waits until it is woken.
#[derive(Default)]
struct Executor {
    is_woken: Mutex<bool>,
    woken: Condvar,
}

impl Wake for Executor {
    fn wake(self: Arc<Self>) {
        *self.is_woken.lock().unwrap() = true;
        self.woken.notify_one();
    }
}

impl Executor {
    fn wait(&self) {
        let mut is_woken = self.is_woken.lock().unwrap();
        while !*is_woken {
            is_woken = self.woken.wait(is_woken).unwrap();
        }
        *is_woken = false;
    }
}

/// Polls once.
fn poll(ahead: &mut ReadAhead, waker: &Waker) -> Poll<Option<Result<Bytes>>> {
    let frame = Pin::new(ahead).poll_frame(&mut Context::from_waker(waker));
    frame.map(|frame| frame.map(|frame| frame.map(|frame| frame.into_data().unwrap())))
}

/// Polls until there is a chunk, and waits in between. Returns `None` at the end.
fn next(ahead: &mut ReadAhead) -> Option<Result<Bytes>> {
    let executor = Arc::new(Executor::default());
    let waker = Waker::from(executor.clone());
    loop {
        match poll(ahead, &waker) {
            Poll::Ready(chunk) => return chunk,
            Poll::Pending => executor.wait(),
        }
    }
}

/// Half of what is delivered between two yields.
const CHUNK: usize = YIELD_AFTER / 2;

/// The text of a body.
const TEXT: &str = "\"first..second..third...fourth..fifth..sixth..\"";

/// Returns a body of `chunks` chunks.
fn body(chunks: usize) -> Body {
    Body::json(&TEXT[1..chunks * CHUNK - 1]).unwrap().with_chunk_len(CHUNK)
}

/// Asserts that the rest of a body from `at` on is delivered, and that it stays at its end.
fn assert_rest(ahead: &mut ReadAhead, body: &Body, at: u64) {
    let mut expected = body.clone();
    expected.seek(SeekFrom::Start(at)).unwrap();
    for chunk in expected.chunks() {
        assert_eq!(next(ahead).unwrap().unwrap(), chunk.unwrap());
    }
    assert!(next(ahead).is_none());
    assert!(ahead.is_end_stream());
}

#[test]
fn every_chunk_is_delivered_in_order() {
    let body = body(5);
    interleave(Some(4), move || assert_rest(&mut body.clone().read_ahead(), &body, 0));
}

/// The thread ends too, or loom would report a deadlock.
#[test]
fn a_body_can_be_dropped_at_any_time() {
    for polls in 0..=5 {
        let body = body(4);
        interleave(None, move || {
            let mut ahead = body.clone().read_ahead();
            for _ in 0..polls {
                let _ = poll(&mut ahead, Waker::noop());
            }
        });
    }
}

#[test]
fn the_last_waker_is_woken() {
    let body = body(4);
    interleave(Some(4), move || {
        let mut ahead = body.clone().read_ahead();
        let mut at = 0;
        for _ in 0..2 {
            if let Poll::Ready(chunk) = poll(&mut ahead, Waker::noop()) {
                at += chunk.unwrap().unwrap().len() as u64;
            }
        }
        assert_rest(&mut ahead, &body, at);
    });
}

#[test]
fn a_body_goes_on_after_a_seek_while_the_old_thread_still_runs() {
    let body = body(4);
    interleave(Some(3), move || {
        let mut ahead = body.clone().read_ahead();
        let first = next(&mut ahead).unwrap().unwrap();
        let mut rest = ahead.into_body();
        assert_eq!(rest.position(), first.len() as u64);
        rest.seek(SeekFrom::Start(3)).unwrap();
        assert_rest(&mut rest.read_ahead(), &body, 3);
    });
}

#[test]
fn an_error_comes_after_the_chunks_before_it_and_stays() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(60).unwrap();
    let clip = file.try_clone().unwrap();
    let media = Media::options().mime("video/mp4").access(crate::Access::Read).from_file(clip).unwrap();
    let body = Body::json(&(&TEXT[1..2 * CHUNK], media)).unwrap().with_chunk_len(CHUNK);
    file.set_len(59).unwrap();
    interleave(None, move || {
        let mut ahead = body.clone().read_ahead();
        let mut delivered = 0;
        let error = loop {
            match next(&mut ahead).expect("the body ended early") {
                Ok(chunk) => delivered += chunk.len(),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Changed);
        assert_eq!(delivered, 2 * CHUNK + 4);
        assert_eq!(next(&mut ahead).unwrap().unwrap_err().kind(), ErrorKind::Changed);
        assert_eq!(ahead.into_body().position(), delivered as u64);
    });
}

/// A thread that panics drops its end of the queue and no more, because it holds no lock when it encodes or wakes.
#[test]
fn a_thread_that_panics_is_an_error_after_its_chunks() {
    for chunks in 0..=4 {
        let body = body(6);
        interleave(Some(4), move || {
            let queue = Arc::new(Queue::default());
            let mut ahead = body.clone().read_ahead();
            ahead.queue = Some(queue.clone());
            let sent: Vec<Bytes> = body.clone().chunks().take(chunks).map(|chunk| chunk.unwrap()).collect();
            let expected = sent.clone();
            thread::spawn(move || {
                let sender = SenderGuard(queue);
                sent.into_iter().for_each(|chunk| assert!(sender.0.push(Ok(chunk))));
            });
            for chunk in expected {
                assert_eq!(next(&mut ahead).unwrap().unwrap(), chunk);
            }
            for _ in 0..2 {
                let error = next(&mut ahead).unwrap().unwrap_err();
                assert!(error.to_string().contains("panicked"), "{error}");
            }
        });
    }
}
