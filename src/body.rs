//! The body: a plan and a position in it.

mod chunks;
#[cfg(feature = "http-body")]
mod http;
mod progress;
mod read;
#[cfg(feature = "http-body")]
mod read_ahead;
mod write;

pub use chunks::Chunks;
pub use progress::Progress;
#[cfg(feature = "http-body")]
pub use read_ahead::ReadAhead;

use crate::{
    error::{Error, ErrorKind, Result},
    plan::{Piece, Plan},
};
use bytes::BufMut;
use serde::Serialize;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// A request body: JSON text with media streamed into it as base64.
///
/// Its exact length is known before more than the first bytes of each media has been read. It is pulled
/// ([`Read`](std::io::Read), [`chunks`](Body::chunks)) or pushed ([`write_to`](Body::write_to)), and holds
/// no buffer; a seek is free. A clone shares the plan, stands at the same position, and
/// costs nothing: that is a retry.
///
/// If the promised length can't be delivered, because a file changed or a disk failed, the pull is an
/// error, and so is every pull after it until the body is rewound or sought: a body never ends short.
/// After any error the position stands just past the last byte that was handed on.
///
/// ```
/// use niello::{Body, DataUri, Media};
/// use std::io::Read;
///
/// #[derive(serde::Serialize)]
/// struct Mine<'a> { note: &'a str, tone: Media, cover: Option<DataUri> }
///
/// let tone = Media::from_bytes(&b"RIFF"[..], "audio/wav")?;
/// let mut body = Body::json(&Mine { note: "a \"tone\"", tone, cover: None })?;
/// assert_eq!(body.len(), 52);
/// let mut text = String::new();
/// body.read_to_string(&mut text).unwrap();
/// assert_eq!(text, r#"{"note":"a \"tone\"","tone":"UklGRg==","cover":null}"#);
/// # Ok::<(), niello::Error>(())
/// ```
///
/// # In a client
/// Send [`len`](Body::len) as the Content-Length: a client that knows no length sends `Transfer-Encoding: chunked`, which
/// some proxies and gateways refuse. hyper and reqwest have it from the body's size hint. An endpoint (feature `http`)
/// sets the header, too, and makes an `http::Request<Body>`:
///
/// | client | takes it as |
/// |---|---|
/// | hyper | `client.request(request)`, or `request.map(Body::read_ahead)` |
/// | reqwest | `client.execute(request.map(reqwest::Body::wrap).try_into()?)` |
/// | reqwest, blocking | `reqwest::blocking::Body::sized(body, len)`; give it no timeout that is shorter than the upload |
/// | ureq | `agent.run(request.map(ureq::SendBody::from_owned_reader))` |
/// | tower | `request.clone()` for each retry |
/// | a socket, a pipe, a file | [`write_to`](Body::write_to) |
///
/// A whole program for each is in `examples/`. After an error every client that was tried reports one; over HTTP/2,
/// hyper does not say what it was.
///
/// With the feature `http-body` a body is an `http_body::Body` in two forms, and which is right depends on
/// what else runs on the thread that polls it. Medians, on two cores of a Zen 4 virtual machine that client and
/// sink share; by `cargo bench --features http` with `--bench upload`, `in_flight` or `timer`, whose
/// results are in `benches/results/zen4-epyc-2-cores`:
///
/// | | plain | `read_ahead` | a body that costs nothing |
/// |---|---|---|---|
/// | warm 1 GiB file by reqwest, of the speed of that last | 0.75 | 0.55 | 1 |
/// | 256 bodies of a 100 MB file in flight, peak of the process | 274 MiB | 1,006 MiB | 266 MiB |
/// | a 1 ms timer on the same thread, 99th percentile, warm file | 45 ms | 1.0 ms, 0.9 to 9.5 | 34 ms |
/// | the same, cold file of 2 GiB | 54 ms, up to 315 | 6.7 ms, 1.0 to 13 | |
///
/// - Plain: for blocking clients, a runtime of several threads, warm files, and many bodies at once. It holds
///   one chunk in flight; [`with_chunk_len`](Body::with_chunk_len) makes that less.
/// - Read ahead: for cold, slow or remote disks, and where timers or other tasks share the thread. A thread
///   and up to three chunks more for each body. Timers then are about as punctual as an idle thread's (1.1 ms);
///   where more threads than cores are busy, late by some milliseconds.
///
/// Bodies of one file are best made of clones of one [`Media`](crate::Media): each mapped media that is opened
/// keeps a window of its own resident (256 of them took 1,081 MiB, 267 MiB with
/// [`Access::Read`](crate::Access::Read)). With a `String` per request, 16 took 2,292 MiB.
#[derive(Clone)]
pub struct Body {
    plan: Arc<Plan>,
    position: u64,
    chunk_len: usize,
    failed: Option<Error>,
    progress: Option<Arc<AtomicU64>>,
}

/// 1 MiB of text, from 768 KiB of media: shorter ones are slower to a socket, twice as long ones 5 to 14 % faster, for
/// twice the memory of each body (`benches/results/zen4-epyc-2-cores/body.txt`).
const CHUNK_LEN: usize = 1024 * 1024;

impl Body {
    /// The body for any serde value; [`Media`](crate::Media) and [`DataUri`](crate::DataUri) anywhere in
    /// it are streamed. It is byte for byte what `serde_json::to_vec` makes of the value. Of each media, no more than
    /// the first three bytes are read.
    ///
    /// Works through structs, `flatten`, enums of every tagging, `Option`, sequences, maps and
    /// `dyn erased_serde::Serialize`. In some places serde collects a value in memory before it is
    /// written: a tuple or struct variant inside an internally tagged enum, a struct variant of an externally
    /// tagged one under `flatten`, and wherever a `Serialize` calls `to_value`. There the result is right, but
    /// in memory, so that a media of over 1 MiB of text is an error.
    ///
    /// # Errors
    /// [`Json`](crate::ErrorKind::Json) if serde_json cannot write the value (map keys that are no text,
    /// an error of a `Serialize`); [`TooLarge`](crate::ErrorKind::TooLarge) if a media would have to be
    /// held in memory; [`Changed`](crate::ErrorKind::Changed) or [`Io`](crate::ErrorKind::Io) if a file
    /// can't be read or is no longer as it was.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Body> {
        Plan::json(value).map(Body::new)
    }

    pub(crate) fn new(plan: Plan) -> Body {
        Body { plan: Arc::new(plan), position: 0, chunk_len: CHUNK_LEN, failed: None, progress: None }
    }

    /// Sets how many bytes [`chunks`](Body::chunks) yield and [`write_to`](Body::write_to) writes at a
    /// time, which is also the memory that they take. 1 MiB if it is not called: shorter ones are slower to a
    /// socket, longer ones little faster. 0 counts as 1; one that there is no memory for is an error of kind
    /// [`TooLarge`](ErrorKind::TooLarge).
    #[must_use = "it gives the body back"]
    pub fn with_chunk_len(mut self, len: usize) -> Body {
        self.chunk_len = len.max(1);
        self
    }

    /// Exact length in bytes of the whole body, wherever the position is: the Content-Length.
    pub fn len(&self) -> u64 {
        self.plan.len()
    }

    /// True for a body of no bytes, which JSON never is; `Body::default()` (feature `http-body`) is one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes have been handed on, or where a seek went to.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// How many bytes are still to come from the position on; 0 past the end.
    pub fn remaining(&self) -> u64 {
        self.len().saturating_sub(self.position)
    }

    /// Goes back to the start, as [`Seek`](std::io::Seek) does but without a result. After an error the body can then
    /// be tried again.
    pub fn rewind(&mut self) {
        self.move_to(0);
    }

    /// The pieces in order, each with the position in bytes at which it starts.
    ///
    /// ```
    /// use niello::{Body, Media, Piece};
    ///
    /// let tone = Media::from_bytes(&b"RIFF"[..], "audio/wav")?;
    /// let body = Body::json(&[&tone])?;
    /// let shown: Vec<_> = body
    ///     .pieces()
    ///     .map(|(start, piece)| match piece {
    ///         Piece::Text(text) => format!("{start}: {text}"),
    ///         Piece::Base64(media) => format!("{start}: {} bytes of {}", media.len(), media.mime()),
    ///         _ => unreachable!(),
    ///     })
    ///     .collect();
    /// assert_eq!(shown, ["0: [\"", "2: 4 bytes of audio/wav", "10: \"]"]);
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn pieces(&self) -> impl ExactSizeIterator<Item = (u64, Piece<'_>)> {
        self.plan.pieces()
    }

    fn move_to(&mut self, position: u64) {
        self.position = position;
        self.failed = None;
        self.show_progress();
    }

    /// So many bytes of what [`fill`](Body::fill) made have found a taker.
    fn hand_on(&mut self, bytes: usize) {
        self.position += bytes as u64;
        self.show_progress();
    }

    fn show_progress(&self) {
        if let Some(progress) = &self.progress {
            progress.store(self.position, Ordering::Relaxed);
        }
    }

    /// Fills `out` from the position on, which stays; returns how much, less than `out` holds only at the end
    /// or before an error, which the next call returns. The one loop of every way to pull or push.
    ///
    /// What `out` has got beyond that, when an error cut it short, is no part of the body.
    fn fill(&mut self, out: &mut impl BufMut) -> Result<usize> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let mut filled = 0;
        while out.has_remaining_mut() {
            match self.plan.copy_at(self.position + filled as u64, out) {
                Ok(0) => {
                    debug_assert!(self.position + filled as u64 >= self.len());
                    break;
                }
                Ok(n) => filled += n,
                Err(error) if filled == 0 => {
                    self.failed = Some(error.clone());
                    return Err(error);
                }
                // Comes again, or comes right, when the next call starts here.
                Err(_) => break,
            }
        }
        Ok(filled)
    }

    /// An empty buffer for the next chunk, whose length the caller chose.
    fn buffer(&self) -> Result<Vec<u8>> {
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(self.next_len()).map_err(|cause| {
            let message = format!("no memory for a chunk of {} bytes; set a shorter one", self.next_len());
            Error::with_source(ErrorKind::TooLarge, message, cause)
        })?;
        Ok(buffer)
    }

    /// Length of the next chunk.
    fn next_len(&self) -> usize {
        usize::try_from(self.remaining()).unwrap_or(usize::MAX).min(self.chunk_len)
    }
}

/// Shows lengths, never content.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("len", &self.len())
            .field("position", &self.position)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
