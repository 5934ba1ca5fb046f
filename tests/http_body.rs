//! Both forms of a body as an `http_body::Body`: exact lengths, errors, clones, progress, and the thread that reads
//! ahead.

mod common;

use common::{DONE, Origin, assert_same, base64_of, job, noise, process, scratch};
use futures_util::StreamExt;
use http_body_util::BodyDataStream;
use niello::{
    Access, Body, Error, ErrorKind, Media, ReadAhead,
    bytes::Bytes,
    http_body::{self, Body as _},
};
use std::{
    fs::{self, File, OpenOptions},
    path::Path,
    pin::Pin,
    process::exit,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};
use tokio::io::AsyncReadExt;
use tokio_util::io::StreamReader;

/// The longest time that anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Wakes the thread that created it, and remembers that it did.
struct Unpark(thread::Thread, AtomicBool);

impl Unpark {
    fn new() -> Arc<Unpark> {
        Arc::new(Unpark(thread::current(), AtomicBool::new(false)))
    }

    #[track_caller]
    fn wait(&self) {
        let start = Instant::now();
        while !self.1.swap(false, Ordering::SeqCst) {
            assert!(start.elapsed() < PATIENCE, "the waker was not called");
            thread::park_timeout(PATIENCE);
        }
    }
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.1.store(true, Ordering::SeqCst);
        self.0.unpark();
    }
}

/// One of the two forms.
trait Form: http_body::Body<Data = Bytes, Error = Error> + Unpin + Clone + Send + Sync + 'static {
    fn of(body: Body) -> Self;
    fn body(self) -> Body;
}

impl Form for Body {
    fn of(body: Body) -> Body {
        body
    }

    fn body(self) -> Body {
        self
    }
}

impl Form for ReadAhead {
    fn of(body: Body) -> ReadAhead {
        body.read_ahead()
    }

    fn body(self) -> Body {
        self.into_body()
    }
}

fn poll(body: &mut impl Form, waker: &Waker) -> Poll<Option<Result<Bytes, Error>>> {
    Pin::new(body)
        .poll_frame(&mut Context::from_waker(waker))
        .map(|frame| frame.map(|frame| frame.map(|frame| frame.into_data().unwrap())))
}

/// Waits for the next frame.
#[track_caller]
fn next(body: &mut impl Form) -> Option<Result<Bytes, Error>> {
    let unpark = Unpark::new();
    let waker = Waker::from(unpark.clone());
    loop {
        match poll(body, &waker) {
            Poll::Ready(frame) => return frame,
            Poll::Pending => unpark.wait(),
        }
    }
}

/// Reads the rest, and checks the remaining length before and after each frame.
#[track_caller]
fn rest(body: &mut impl Form) -> Vec<u8> {
    let total = body.size_hint().exact().unwrap();
    let mut rest = Vec::new();
    loop {
        let left = total - rest.len() as u64;
        assert_eq!(body.size_hint().exact(), Some(left));
        assert_eq!(body.is_end_stream(), left == 0);
        match next(body) {
            Some(frame) => {
                let frame = frame.unwrap();
                assert!(!frame.is_empty());
                rest.extend_from_slice(&frame);
            }
            None => break,
        }
    }
    assert_eq!(rest.len() as u64, total);
    assert!(next(body).is_none() && body.is_end_stream());
    rest
}

fn remaining_length_is_exact_after_each_frame<F: Form>() {
    for origin in Origin::ALL {
        for (len, chunk_len) in [(0, 1), (1, 1), (100, 7), (1_000_000, 65_536), (5_000_000, 1 << 20)] {
            let bytes = noise(len);
            let body = Body::json(&("text", origin.media(&bytes), 1)).unwrap().with_chunk_len(chunk_len);
            let expected = format!("[\"text\",\"{}\",1]", base64_of(&bytes));
            assert_same(&rest(&mut F::of(body)), expected.as_bytes(), format_args!("{origin:?}, {len}"));
        }
    }
}

#[test]
fn remaining_length_is_exact_after_each_frame_in_the_plain_form() {
    remaining_length_is_exact_after_each_frame::<Body>();
}

#[test]
fn remaining_length_is_exact_after_each_frame_read_ahead() {
    remaining_length_is_exact_after_each_frame::<ReadAhead>();
}

/// Returns media that is a file of this length, and the file.
fn open(folder: &Path, access: Access, len: usize) -> (Media, File) {
    let path = folder.join(format!("{access:?}.mp4"));
    fs::write(&path, noise(len)).unwrap();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    (Media::options().mime("video/mp4").access(access).open(&path).unwrap(), file)
}

fn errors_are_sticky<F: Form>() {
    let folder = scratch();
    for access in [Access::Map, Access::Read] {
        let (media, file) = open(folder.path(), access, 8_000_000);
        let mut body = F::of(Body::json(&media).unwrap());
        let total = body.size_hint().exact().unwrap();
        let mut got = next(&mut body).unwrap().unwrap().len() as u64;
        file.set_len(1_000_000).unwrap();
        let error = loop {
            match next(&mut body).expect("the body ended early") {
                Ok(frame) => got += frame.len() as u64,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Changed);
        let mut clone = body.clone();
        for _ in 0..3 {
            assert_eq!(body.size_hint().exact(), Some(total - got));
            assert!(!body.is_end_stream());
            for body in [&mut body, &mut clone] {
                let again = next(body).unwrap().unwrap_err();
                assert_eq!(again.to_string(), error.to_string());
            }
        }
        // A reset does not help: the file is still changed.
        let mut body = body.body();
        assert_eq!(body.position(), got);
        body.reset();
        let mut body = F::of(body);
        while let Some(Ok(_)) = next(&mut body) {}
        assert_eq!(next(&mut body).unwrap().unwrap_err().kind(), ErrorKind::Changed);
    }
}

#[test]
fn errors_are_sticky_in_the_plain_form() {
    errors_are_sticky::<Body>();
}

#[test]
fn errors_are_sticky_read_ahead() {
    errors_are_sticky::<ReadAhead>();
}

fn clone_starts_at_the_position_of_the_original<F: Form>() {
    let bytes = noise(3_000_000);
    for origin in Origin::ALL {
        let body = Body::json(&origin.media(&bytes)).unwrap().with_chunk_len(300_001);
        let expected = format!("\"{}\"", base64_of(&bytes)).into_bytes();
        let mut body = F::of(body);
        let mut got = Vec::new();
        for _ in 0..5 {
            let mut clone = body.clone();
            assert_eq!(clone.size_hint().exact(), body.size_hint().exact());
            assert_same(&rest(&mut clone), &expected[got.len()..], format_args!("{origin:?}"));
            got.extend_from_slice(&next(&mut body).unwrap().unwrap());
        }
        let mut turned = F::of(body.clone().body());
        assert_same(&rest(&mut turned), &expected[got.len()..], format_args!("{origin:?}, turned"));
        assert_same(&rest(&mut body), &expected[got.len()..], format_args!("{origin:?}, the first"));
    }
}

#[test]
fn clone_starts_at_the_position_of_the_original_in_the_plain_form() {
    clone_starts_at_the_position_of_the_original::<Body>();
}

#[test]
fn clone_starts_at_the_position_of_the_original_read_ahead() {
    clone_starts_at_the_position_of_the_original::<ReadAhead>();
}

fn progress_counts_delivered_bytes<F: Form>() {
    let mut body = Body::json(&Origin::Map.media(&noise(1_000_000))).unwrap().with_chunk_len(100_000);
    let progress = body.progress();
    assert_eq!((progress.sent(), progress.total()), (0, body.len()));
    let (first, mut replay) = (body.clone(), F::of(body));
    let mut first = F::of(first);
    for at in 1..=5 {
        next(&mut first).unwrap().unwrap();
        // Time to read ahead, which must not count.
        thread::sleep(Duration::from_millis(5));
        assert_eq!(progress.sent(), at * 100_000);
    }
    drop(first);
    assert_eq!(progress.sent(), 500_000);
    next(&mut replay).unwrap().unwrap();
    assert_eq!(progress.sent(), 100_000);
    rest(&mut replay);
    assert_eq!(progress.sent(), progress.total());
    let mut body = replay.body();
    body.reset();
    assert_eq!(progress.sent(), 0);
}

#[test]
fn progress_counts_delivered_bytes_in_the_plain_form() {
    progress_counts_delivered_bytes::<Body>();
}

#[test]
fn progress_counts_delivered_bytes_read_ahead() {
    progress_counts_delivered_bytes::<ReadAhead>();
}

#[test]
fn stream_and_async_read_yield_the_bytes_of_the_body() {
    async fn check(form: impl Form, expected: &[u8]) {
        let mut stream = BodyDataStream::new(form.clone());
        let mut streamed = Vec::new();
        while let Some(chunk) = stream.next().await {
            streamed.extend_from_slice(&chunk.unwrap());
        }
        assert_same(&streamed, expected, "Stream");

        let mut reader = StreamReader::new(BodyDataStream::new(form));
        let mut read = Vec::new();
        reader.read_to_end(&mut read).await.unwrap();
        assert_same(&read, expected, "AsyncRead");
    }
    let bytes = noise(3_000_000);
    let expected = format!("\"{}\"", base64_of(&bytes)).into_bytes();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for origin in Origin::ALL {
        let body = Body::json(&origin.media(&bytes)).unwrap();
        runtime.block_on(check(body.clone(), &expected));
        runtime.block_on(check(body.read_ahead(), &expected));
    }
}

#[test]
fn async_read_ends_with_the_error_of_the_body() {
    let folder = scratch();
    let (media, file) = open(folder.path(), Access::Map, 3_000_000);
    let mut reader = StreamReader::new(BodyDataStream::new(Body::json(&media).unwrap()));
    file.set_len(5).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(reader.read_to_end(&mut Vec::new())).unwrap_err();
    assert_eq!(error.get_ref().unwrap().downcast_ref::<Error>().unwrap().kind(), ErrorKind::Changed);
}

#[test]
fn frames_start_at_the_position_after_a_seek() {
    use std::io::{Seek, SeekFrom};
    let bytes = noise(300_000);
    let expected = format!("\"{}\"", base64_of(&bytes)).into_bytes();
    let mut body = Body::json(&Origin::Read.media(&bytes)).unwrap();
    for position in [1, 2, 3, 250_001, 400_001, 400_002] {
        body.seek(SeekFrom::Start(position)).unwrap();
        let expected = &expected[position as usize..];
        assert_same(&rest(&mut body.clone()), expected, format_args!("from {position}"));
        assert_same(&rest(&mut body.clone().read_ahead()), expected, format_args!("from {position}, ahead"));
    }
    body.seek(SeekFrom::End(1)).unwrap();
    assert!(rest(&mut body.clone()).is_empty() && rest(&mut body.read_ahead()).is_empty());
}

#[test]
fn only_the_last_waker_is_woken() {
    let media = Origin::Map.media(&noise(1_000_000));
    let mut waited = 0;
    for _ in 0..200 {
        let mut body = Body::json(&media).unwrap().read_ahead();
        let (first, last) = (Unpark::new(), Unpark::new());
        let (first, waker) = (Waker::from(first), Waker::from(last.clone()));
        // If the thread is faster than two polls, this attempt shows nothing.
        if poll(&mut body, &first).is_pending() && poll(&mut body, &waker).is_pending() {
            waited += 1;
            last.wait();
            assert!(poll(&mut body, &waker).is_ready());
        }
    }
    assert!(waited > 0);
}

/// Counts the threads of this process that read ahead.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.trim() == "niello-ahead").count()
}

#[cfg(target_os = "linux")]
#[track_caller]
fn wait_for_threads(count: usize) {
    let start = Instant::now();
    while threads() != count {
        assert!(start.elapsed() < PATIENCE, "{} threads, not {count}", threads());
        thread::sleep(Duration::from_millis(1));
    }
}

/// Runs in a process of its own, in which no other test has such threads.
#[test]
#[cfg(target_os = "linux")]
fn thread_starts_with_a_poll_and_ends_with_the_body() {
    if job().is_none() {
        let mut alone = process("thread_starts_with_a_poll_and_ends_with_the_body", "alone");
        let output = alone.output().unwrap();
        assert_eq!(output.status.code(), Some(DONE), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let media = Origin::Map.media(&noise(3_000_000));
    let body = Body::json(&media).unwrap().with_chunk_len(100_000);
    drop(body.clone().read_ahead());
    assert_eq!(threads(), 0);

    // Dropped while the thread waits for room in the queue.
    let mut bodies: Vec<_> = (0..10).map(|_| body.clone().read_ahead()).collect();
    bodies.iter_mut().for_each(|body| _ = next(body).unwrap().unwrap());
    thread::sleep(Duration::from_millis(20));
    assert_eq!(threads(), 10);
    bodies.truncate(3);
    wait_for_threads(3);
    let plain = bodies.pop().unwrap().into_body();
    wait_for_threads(2);
    assert_eq!(plain.position(), 100_000);

    // At the end of the body, before it is dropped.
    bodies.iter_mut().for_each(|body| _ = rest(body));
    wait_for_threads(0);

    // After an error.
    let folder = scratch();
    let (media, file) = open(folder.path(), Access::Map, 3_000_000);
    let mut body = Body::json(&media).unwrap().read_ahead();
    next(&mut body).unwrap().unwrap();
    file.set_len(5).unwrap();
    while let Some(Ok(_)) = next(&mut body) {}
    wait_for_threads(0);
    exit(DONE);
}

/// A waker that panics. The thread that reads ahead calls it.
struct Panicking(Arc<Unpark>);

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        self.0.clone().wake();
        panic!("this waker panics on purpose");
    }
}

#[test]
fn a_panic_of_the_thread_is_an_error_and_does_not_hang() {
    let media = Origin::Map.media(&noise(3_000_000));
    for _ in 0..200 {
        let mut body = Body::json(&media).unwrap().with_chunk_len(100_000).read_ahead();
        let unpark = Unpark::new();
        if poll(&mut body, &Waker::from(Arc::new(Panicking(unpark.clone())))).is_ready() {
            continue;
        }
        unpark.wait();
        let error = loop {
            match next(&mut body).expect("the body ended early") {
                Ok(frame) => assert_eq!(frame.len(), 100_000),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("panicked"), "{error}");
        assert!(next(&mut body).unwrap().is_err() && !body.is_end_stream());
        return;
    }
    panic!("the thread was faster than a poll in all 200 attempts");
}

#[test]
fn a_body_without_bytes_is_at_its_end() {
    let mut none = Body::default();
    assert!(none.is_empty() && none.is_end_stream() && rest(&mut none).is_empty());
    let mut none = ReadAhead::default();
    assert!(none.is_end_stream() && rest(&mut none).is_empty());
    assert!(!Body::json(&()).unwrap().is_empty());
}

#[test]
fn bodies_are_send_sync_and_unpin() {
    fn check<T: Send + Sync + Unpin + 'static>() {}
    check::<Body>();
    check::<ReadAhead>();
    check::<niello::Progress>();
}
