//! Arbitrary sequences of reads, writes and seeks on a body: the bytes are always the same.

use super::{
    expected::{Expected, Field, Place},
    judged::Judged,
    sizes::Length,
};
use arbitrary::{Arbitrary, Unstructured};
use niello::Body;
use std::{
    cell::RefCell,
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
};

/// More steps take longer and reach nothing that fewer don't.
const MAX_STEPS: usize = 8;

/// The largest number of chunks of one step.
const MAX_CHUNKS: usize = 4;

#[derive(Arbitrary)]
enum Step {
    Read(Length),
    /// Reads a chunk, of the length that was set before if this has none.
    Chunk(Option<Length>),
    Write {
        chunk: Length,
        accepts: Length,
        then: Then,
    },
    Seek(u32),
    By(i32),
    FromEnd(i32),
    Border(Place),
    Clone,
    Rewind,
}

/// What a writer does after it has accepted its number of bytes.
#[derive(Arbitrary)]
enum Then {
    Zero,
    WouldBlock,
    Interrupted,
    Fail,
}

/// Compares what it accepts.
struct Writer<'a> {
    expected: &'a Expected,
    judged: &'a mut Judged,
    at: u64,
    room: usize,
    then: Then,
}

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.room);
        if len > 0 {
            self.expected.check(self.at, &bytes[..len], self.judged);
            self.at += len as u64;
            self.room -= len;
            return Ok(len);
        }
        match std::mem::replace(&mut self.then, Then::Fail) {
            Then::Zero => Ok(0),
            Then::WouldBlock => Err(ErrorKind::WouldBlock.into()),
            Then::Interrupted => Err(ErrorKind::Interrupted.into()),
            Then::Fail => Err(ErrorKind::Other.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

thread_local! {
    /// What bodies are read into.
    static OUT: RefCell<Vec<u8>> = RefCell::new(vec![0; 1 << 20]);
}

pub fn cuts(data: &[u8], judged: &mut Judged) {
    OUT.with_borrow_mut(|out| {
        // An error means that the data is used up, which ends the test.
        let _ = check(Unstructured::new(data), out, judged);
    });
}

fn check(mut data: Unstructured<'_>, out: &mut [u8], judged: &mut Judged) -> arbitrary::Result<()> {
    let count = data.int_in_range(1..=5)?;
    let fields = (0..count).map(|_| data.arbitrary()).collect::<arbitrary::Result<Vec<Field>>>()?;
    let (value, expected) = Expected::new(fields);
    let mut body = Body::json(&value).unwrap();
    assert_eq!(body.len(), expected.len() as u64);
    judged.case();

    // The expected position of the body.
    let mut at = 0_u64;
    for _ in 0..MAX_STEPS {
        if data.is_empty() {
            break;
        }
        match data.arbitrary()? {
            Step::Read(len) => {
                // AddressSanitizer detects writes past the end of the buffer.
                let out = &mut out[(1 << 20) - len.get()..];
                let len = body.read(out).unwrap();
                assert_eq!(len, out.len().min(expected.rest(at)));
                expected.check(at, &out[..len], judged);
                at += len as u64;
            }
            Step::Chunk(len) => {
                if let Some(len) = len {
                    body = body.with_chunk_len(len.get());
                }
                let mut chunks = body.chunks();
                let chunk = chunks.next().transpose().unwrap().unwrap_or_default();
                assert_eq!(chunk.is_empty(), expected.rest(at) == 0);
                if let Some(len) = len {
                    assert_eq!(chunk.len(), len.get().max(1).min(expected.rest(at)));
                }
                expected.check(at, &chunk, judged);
                at += chunk.len() as u64;
                body = chunks.into_body();
            }
            Step::Write { chunk, accepts, then } => {
                body = body.with_chunk_len(chunk.get());
                // A writer that accepts many short chunks takes long.
                let room = accepts.get().min(MAX_CHUNKS * chunk.get().max(1));
                let mut writer = Writer { expected: &expected, judged, at, room, then };
                let written = body.write_to(&mut writer);
                let accepted = (writer.at - at) as usize;
                assert_eq!(accepted, room.min(expected.rest(at)));
                match written {
                    Ok(len) => assert_eq!(len, accepted as u64),
                    Err(_) => assert_eq!(accepted, room),
                }
                at = writer.at;
            }
            Step::Seek(to) => {
                at = u64::from(to) % (body.len() + 2);
                assert_eq!(body.seek(SeekFrom::Start(at)).unwrap(), at);
            }
            Step::By(by) => match at.checked_add_signed(by.into()) {
                Some(to) => {
                    at = to;
                    assert_eq!(body.seek(SeekFrom::Current(by.into())).unwrap(), at);
                }
                None => assert!(body.seek(SeekFrom::Current(by.into())).is_err()),
            },
            Step::FromEnd(by) => match body.len().checked_add_signed(by.into()) {
                Some(to) => {
                    at = to;
                    assert_eq!(body.seek(SeekFrom::End(by.into())).unwrap(), at);
                }
                None => assert!(body.seek(SeekFrom::End(by.into())).is_err()),
            },
            Step::Border(place) => {
                at = expected.place(&place);
                assert_eq!(body.seek(SeekFrom::Start(at)).unwrap(), at);
            }
            Step::Clone => body = body.clone(),
            Step::Rewind => {
                body.reset();
                at = 0;
            }
        }
        assert_eq!(body.position(), at);
        assert_eq!(body.remaining(), expected.rest(at) as u64);
    }
    Ok(())
}
