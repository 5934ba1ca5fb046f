use super::{
    YIELD_AFTER,
    queue::{AHEAD, Queue},
};
use crate::media::Media;
use bytes::Bytes;
use http_body::Body as _;
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Wake, Waker},
    thread,
    time::{Duration, Instant},
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
        assert!(!queue.begin_yield(&context), "the sender does not wait, with {chunks} chunks in the queue");
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
