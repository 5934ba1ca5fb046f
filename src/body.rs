//! The body: a plan and a position in it.

#[cfg(feature = "http-body")]
mod http;
mod limit;
pub(crate) mod plan;
#[cfg(feature = "http-body")]
mod read_ahead;

pub use limit::Limit;
pub use plan::Segment;
#[cfg(feature = "http-body")]
pub use read_ahead::ReadAhead;

use crate::error::{Error, ErrorKind, Result};
use bytes::{BufMut, Bytes};
use plan::Plan;
use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom, Write},
    iter::FusedIterator,
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
    pub fn reset(&mut self) {
        self.move_to(0);
    }

    /// The segments in order, each with the position in bytes at which it starts.
    ///
    /// ```
    /// use niello::{Body, Media, Segment};
    ///
    /// let tone = Media::from_bytes(&b"RIFF"[..], "audio/wav")?;
    /// let body = Body::json(&[&tone])?;
    /// let shown: Vec<_> = body
    ///     .segments()
    ///     .map(|(start, segment)| match segment {
    ///         Segment::Text(text) => format!("{start}: {text}"),
    ///         Segment::Base64(media) => format!("{start}: {} bytes of {}", media.len(), media.mime()),
    ///         _ => unreachable!(),
    ///     })
    ///     .collect();
    /// assert_eq!(shown, ["0: [\"", "2: 4 bytes of audio/wav", "10: \"]"]);
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn segments(&self) -> impl ExactSizeIterator<Item = (u64, Segment<'_>)> {
        self.plan.segments()
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

/// A body of no bytes: middleware that follows redirects wants one for the GET after a status 303.
impl Default for Body {
    fn default() -> Body {
        Body::new(Plan::default())
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

/// `Ok(0)` is the end of the body and nothing else, but for a `buffer` of no bytes. Any buffer does; one of 64 KiB or
/// more keeps the cost of a pull small beside the encoding.
///
/// # Errors
/// An [`io::Error`] that holds an [`Error`](crate::Error), if the promised length cannot be delivered; the same again
/// until the body is rewound or sought.
impl Read for Body {
    fn read(&mut self, mut buffer: &mut [u8]) -> io::Result<usize> {
        let filled = self.fill(&mut buffer)?;
        self.hand_on(filled);
        Ok(filled)
    }
}

/// Arithmetic only: nothing is read. Past the end is allowed, and reads as the end.
impl Seek for Body {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        let position = position.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "seek of a body to before its start")
        })?;
        self.move_to(position);
        Ok(position)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position)
    }
}

impl Body {
    /// Writes the rest of the body, a chunk at a time; returns how much. Does not flush.
    ///
    /// # Errors
    /// The error of the writer, or `WriteZero` if it takes nothing; the position then stands just past
    /// the last byte that it took, so that calling this again goes on (after `WouldBlock`, say).
    /// `Interrupted` is tried again. If the body can't be delivered, an [`io::Error`] that holds an
    /// [`Error`](crate::Error).
    ///
    /// ```
    /// # let mut body = niello::Body::json("all of it")?;
    /// let mut file = Vec::new();
    /// assert_eq!(body.write_to(&mut file).unwrap(), body.len());
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn write_to<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<u64> {
        let first = self.position;
        let mut buffer = self.buffer()?;
        loop {
            let len = self.plan.whole_groups(self.position, self.next_len());
            buffer.clear();
            let filled = self.fill(&mut (&mut buffer).limit(len))?;
            if filled == 0 {
                return Ok(self.position - first);
            }
            let mut rest = &buffer[..filled];
            while !rest.is_empty() {
                match writer.write(rest) {
                    Ok(0) => {
                        return Err(io::Error::new(
                            io::ErrorKind::WriteZero,
                            "the writer takes no more of the body",
                        ));
                    }
                    Ok(taken) => {
                        let taken = taken.min(rest.len());
                        rest = &rest[taken..];
                        self.hand_on(taken);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

/// The chunks of a body: made by [`Body::chunks`].
///
/// After an error there are no more; the error has been yielded, an [`io::Error`] that holds an
/// [`Error`](crate::Error).
#[derive(Clone, Debug)]
#[must_use = "nothing is read until a chunk is asked for"]
pub struct Chunks {
    body: Body,
    ended: bool,
}

impl Body {
    /// The rest of the body in chunks of 1 MiB (see [`with_chunk_len`](Body::with_chunk_len)), each full
    /// but the last and one before an error.
    ///
    /// ```
    /// let body = niello::Body::json("four letters")?.with_chunk_len(4);
    /// let chunks: Vec<_> = body.chunks().collect::<Result<_, _>>().unwrap();
    /// assert_eq!(chunks, ["\"fou", "r le", "tter", "s\""]);
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn chunks(self) -> Chunks {
        Chunks { body: self, ended: false }
    }

    /// The next chunk; empty at the end.
    pub(super) fn next_chunk(&mut self) -> Result<Bytes> {
        let len = self.next_len();
        let mut chunk = self.buffer()?;
        let filled = self.fill(&mut (&mut chunk).limit(len))?;
        chunk.truncate(filled);
        self.hand_on(filled);
        Ok(chunk.into())
    }
}

impl Chunks {
    /// The body, at the position that the chunks have come to.
    pub fn into_body(self) -> Body {
        self.body
    }
}

impl Iterator for Chunks {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.ended {
            return None;
        }
        let chunk = self.body.next_chunk();
        self.ended = !matches!(&chunk, Ok(chunk) if !chunk.is_empty());
        match chunk {
            Ok(chunk) if chunk.is_empty() => None,
            chunk => Some(chunk.map_err(io::Error::from)),
        }
    }

    /// As many as there are chunks, and one more at most: an error may come before the end of any.
    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.ended || self.body.remaining() == 0 {
            return (0, Some(0));
        }
        let chunks = self.body.remaining().div_ceil(self.body.chunk_len as u64);
        (1, usize::try_from(chunks).ok().and_then(|chunks| chunks.checked_add(1)))
    }
}

impl FusedIterator for Chunks {}

/// How far a body has got: made by [`Body::progress`].
///
/// Readable from any thread while a client has the body. A replay sets it back: it follows whichever clone
/// moved last.
#[derive(Clone, Debug)]
pub struct Progress {
    sent: Arc<AtomicU64>,
    total: u64,
}

impl Progress {
    /// Bytes that have been handed to the client, which may still hold some of them.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Length of the whole body in bytes.
    pub fn total(&self) -> u64 {
        self.total
    }
}

impl Body {
    /// A handle on how far this body gets, to be taken before the body is handed over; clones of the body
    /// that are made from now on move it, too.
    ///
    /// ```
    /// let mut body = niello::Body::json("abcdef")?;
    /// let progress = body.progress();
    /// let replay = body.clone();
    /// body.write_to(&mut std::io::sink()).unwrap();
    /// assert_eq!((progress.sent(), progress.total()), (8, 8));
    /// let _ = replay.with_chunk_len(3).chunks().next();
    /// assert_eq!(progress.sent(), 3);
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn progress(&mut self) -> Progress {
        let position = self.position;
        let sent = self.progress.get_or_insert_with(|| Arc::new(AtomicU64::new(position))).clone();
        Progress { sent, total: self.len() }
    }
}
