//! Arbitrary sequences of reads, writes and seeks on a body: the bytes are always the same.

use arbitrary::{Arbitrary, Unstructured};
use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{Access, Body, DataUri, Media};
use serde::Serialize;
use std::{
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    sync::LazyLock,
};

/// The size of the file, in bytes: more than one read buffer.
const FILE: usize = 800_000;

/// The same file with both kinds of access, and its base64.
static FILES: LazyLock<([Media; 2], String)> = LazyLock::new(|| {
    let bytes: Vec<u8> = (0..FILE as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes).unwrap();
    let open = |access| Media::options().mime("video/mp4").access(access).open(file.path()).unwrap();
    ([Access::Map, Access::Read].map(open), STANDARD.encode(&bytes))
});

#[derive(Arbitrary)]
enum Field {
    Text(String),
    Bytes(Vec<u8>),
    File(bool),
    Uri(bool),
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Element {
    Text(String),
    Media(Media),
    Uri(DataUri),
}

#[derive(Arbitrary)]
enum Step {
    Read(u32),
    Chunk(u16),
    Write { chunk: u16, accepts: u16, then: Then },
    Seek(u32),
    By(i32),
    FromEnd(i32),
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

struct Writer {
    accepted: Vec<u8>,
    room: usize,
    then: Then,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.room);
        if len > 0 {
            self.room -= len;
            self.accepted.extend_from_slice(&bytes[..len]);
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

pub fn cuts(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(fields) = Vec::<Field>::arbitrary(&mut data) else { return };
    let (value, json): (Vec<Element>, Vec<String>) = fields.into_iter().take(8).map(element).unzip();
    let expected = format!("[{}]", json.join(",")).into_bytes();
    let mut body = Body::json(&value).unwrap();
    assert_eq!(body.len(), expected.len() as u64);

    // The expected position of the body, and the bytes after a position.
    let mut at = 0_u64;
    let rest = |at: u64| usize::try_from(at).ok().and_then(|at| expected.get(at..)).unwrap_or_default();
    while !data.is_empty() {
        let Ok(step) = data.arbitrary::<Step>() else { return };
        match step {
            Step::Read(len) => {
                let mut out = vec![0; len as usize % (expected.len() + 2)];
                let len = body.read(&mut out).unwrap();
                assert_eq!(len, out.len().min(rest(at).len()));
                assert!(out[..len] == rest(at)[..len]);
                at += len as u64;
            }
            Step::Chunk(len) => {
                let len = usize::from(len).max(1);
                let mut chunks = body.with_chunk_len(len).chunks();
                let chunk = chunks.next().transpose().unwrap().unwrap_or_default();
                assert!(chunk == rest(at)[..len.min(rest(at).len())]);
                at += chunk.len() as u64;
                body = chunks.into_body();
            }
            Step::Write { chunk, accepts, then } => {
                body = body.with_chunk_len(usize::from(chunk));
                let mut writer = Writer { accepted: Vec::new(), room: accepts.into(), then };
                let written = body.write_to(&mut writer);
                assert!(writer.accepted == rest(at)[..writer.accepted.len()]);
                match written {
                    Ok(len) => assert_eq!(len, rest(at).len() as u64),
                    Err(_) => assert_eq!(writer.accepted.len(), usize::from(accepts)),
                }
                at += writer.accepted.len() as u64;
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
            Step::Clone => body = body.clone(),
            Step::Rewind => {
                body.reset();
                at = 0;
            }
        }
        assert_eq!(body.position(), at);
        assert_eq!(body.remaining(), rest(at).len() as u64);
    }
}

/// Returns a value for the body, and its JSON.
fn element(field: Field) -> (Element, String) {
    let (files, encoded) = &*FILES;
    let file = |mapped| files[usize::from(mapped)].clone();
    match field {
        Field::Text(text) => {
            let json = serde_json::to_string(&text).unwrap();
            (Element::Text(text), json)
        }
        Field::Bytes(bytes) => {
            let json = format!("\"{}\"", STANDARD.encode(&bytes));
            (Element::Media(Media::from_bytes(bytes, "audio/wav").unwrap()), json)
        }
        Field::File(mapped) => (Element::Media(file(mapped)), format!("\"{encoded}\"")),
        Field::Uri(mapped) => {
            (Element::Uri(DataUri(file(mapped))), format!("\"data:video/mp4;base64,{encoded}\""))
        }
    }
}
