//! Arbitrary schedules of a body that is read ahead on another thread: the bytes are the same, and so is an error in
//! the middle of them.

use super::{
    expected::{Element, Expected, Field},
    judged::Judged,
    sizes::Length,
};
use arbitrary::{Arbitrary, Result, Unstructured};
use niello::{Body, ErrorKind, Media, ReadAhead, bytes::Bytes, http_body::Body as HttpBody};
use std::{
    io::{Read, Seek, SeekFrom},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

#[derive(Arbitrary)]
enum Step {
    /// Polls once, and does not wait.
    Poll,
    /// Waits for a chunk.
    Wait,
    /// Waits for a number of chunks.
    WaitForAll(u8),
    /// Lets the other thread run.
    Yield,
    /// Goes on with a clone.
    Clone,
    /// Goes on with the body, after a seek.
    Seek(Option<u16>, Length),
    /// Polls with a waker that nobody waits for.
    OtherWaker,
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// More steps take longer and reach nothing that fewer don't.
const MAX_STEPS: usize = 24;

/// The length of the file that is changed.
const CHANGED: usize = 1000;

pub fn ahead(data: &[u8], judged: &mut Judged) {
    // An error means that the data is used up, which ends the test.
    let _ = check(&mut Unstructured::new(data), judged);
}

fn check(data: &mut Unstructured<'_>, judged: &mut Judged) -> Result<()> {
    let count = data.int_in_range(1..=4)?;
    let fields = (0..count).map(|_| data.arbitrary()).collect::<Result<Vec<Field>>>()?;
    // A file after the fields, which changes before it is read.
    let file = (data.int_in_range(0..=3)? == 3).then(|| tempfile::NamedTempFile::new().unwrap());
    let (mut value, expected) = Expected::new(fields);
    let mut end = expected.len() as u64;
    if let Some(file) = &file {
        file.as_file().set_len(CHANGED as u64).unwrap();
        let media = Media::options().mime("video/mp4").open(file.path()).unwrap();
        value.push(Element::Media(media));
    }
    let mut body = Body::json(&value).unwrap().with_chunk_len(data.arbitrary::<Length>()?.get());
    if let Some(file) = &file {
        // The end of a list is a comma and a quote here.
        end = end - 1 + 2;
        file.as_file().set_len(CHANGED as u64 / 2).unwrap();
    }
    judged.case();

    let mut at = 0;
    let mut ahead = body.read_ahead();
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    for _ in 0..MAX_STEPS {
        if data.is_empty() {
            break;
        }
        let (mut chunks, waker, waits) = match data.arbitrary()? {
            Step::Poll => (1, &waker, false),
            Step::Wait => (1, &waker, true),
            Step::WaitForAll(chunks) => (chunks % 16, &waker, true),
            Step::OtherWaker => (1, Waker::noop(), false),
            Step::Yield => {
                thread::yield_now();
                continue;
            }
            Step::Clone => {
                ahead = ahead.clone();
                continue;
            }
            Step::Seek(to, len) => {
                body = ahead.into_body();
                assert_eq!(body.position(), at);
                if let Some(to) = to {
                    at = u64::from(to) % (end + 1);
                    body.seek(SeekFrom::Start(at)).unwrap();
                }
                ahead = body.with_chunk_len(len.get()).read_ahead();
                continue;
            }
        };
        while chunks > 0 {
            chunks -= 1;
            match next(&mut ahead, waker, waits) {
                None => {}
                Some(Some(Ok(chunk))) => {
                    let text = chunk.len().min((end - at) as usize);
                    assert_eq!(text, chunk.len(), "no byte after the change is delivered");
                    if file.is_none() {
                        expected.check(at, &chunk, judged);
                    } else {
                        // All but the end, which is different.
                        let known = (expected.len() as u64 - 1).saturating_sub(at).min(text as u64);
                        expected.check(at, &chunk[..known as usize], judged);
                    }
                    at += chunk.len() as u64;
                }
                Some(Some(Err(error))) => {
                    assert!(file.is_some() && error.kind() == ErrorKind::Changed, "{error}");
                    assert!(matches!(next(&mut ahead, waker, true), Some(Some(Err(_)))), "it stays an error");
                    judged.step(0);
                    return Ok(());
                }
                Some(None) => {
                    assert!(file.is_none(), "a body never ends short");
                    assert_eq!(at, end);
                    assert!(ahead.is_end_stream());
                }
            }
        }
        if file.is_none() {
            assert_eq!(ahead.size_hint().exact(), Some(end - at));
        }
    }
    // The body goes on where the last chunk ended.
    let mut body = ahead.into_body();
    assert_eq!(body.position(), at);
    if file.is_none() {
        let mut bytes = [0; 64];
        let len = body.read(&mut bytes).unwrap();
        assert_eq!(len, expected.rest(at).min(bytes.len()));
        expected.check(at, &bytes[..len], judged);
    }
    Ok(())
}

/// Polls for a chunk. Returns `None` if the body has no chunk ready.
fn next(ahead: &mut ReadAhead, waker: &Waker, waits: bool) -> Option<Option<niello::Result<Bytes>>> {
    let mut context = Context::from_waker(waker);
    loop {
        match Pin::new(&mut *ahead).poll_frame(&mut context) {
            Poll::Ready(frame) => {
                return Some(frame.map(|frame| frame.map(|frame| frame.into_data().unwrap())));
            }
            Poll::Pending if waits => thread::park(),
            Poll::Pending => return None,
        }
    }
}
