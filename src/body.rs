//! The body: a plan and a position in it.

mod chunks;
mod coding;
#[cfg(feature = "http-body")]
mod http;
mod limit;
mod lines;
pub(crate) mod plan;
mod progress;
#[cfg(feature = "http-body")]
mod read_ahead;
mod zstd;

pub use chunks::Chunks;
pub use coding::ContentEncoding;
pub use limit::Limit;
pub use plan::Segment;
pub use progress::Progress;
#[cfg(feature = "http-body")]
pub use read_ahead::ReadAhead;

use crate::{
    error::{Error, ErrorKind, Result},
    media::{READ_UNIT, seek_from},
};
use bytes::{BufMut, Bytes};
use plan::Plan;
use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// A request body: JSON with media embedded as base64.
///
/// The body knows its exact length before any media is encoded, and encodes media directly into the caller's
/// buffer as it is consumed. Cloning is cheap and gives an independent position, which is all a retry needs.
///
/// # Reading
///
/// Pull bytes with [`Read`] or [`chunks`](Self::chunks), or push them with [`write_to`](Self::write_to).
/// [`Seek`] moves to any byte offset in constant time, and [`reset`](Self::reset) to the start. These can be
/// mixed, because the position alone determines the bytes.
///
/// # Errors
///
/// A body is never silently cut short. If a file changes or cannot be read, the current call and every later
/// one return the same error until the position is changed with [`Seek`] or [`reset`](Self::reset). Bytes
/// delivered before the error are correct, and the position is just past them.
///
/// # Examples
///
/// ```
/// use niello::{Body, DataUri, Media};
/// use std::io::Read;
///
/// #[derive(serde::Serialize)]
/// struct Song<'a> { note: &'a str, tone: Media, cover: Option<DataUri> }
///
/// let tone = Media::from_bytes(&b"RIFF"[..], "audio/wav")?;
/// let mut body = Body::json(&Song { note: "a \"tone\"", tone, cover: None })?;
/// assert_eq!(body.len(), 52);
/// let mut text = String::new();
/// body.read_to_string(&mut text).unwrap();
/// assert_eq!(text, r#"{"note":"a \"tone\"","tone":"UklGRg==","cover":null}"#);
/// # Ok::<(), niello::Error>(())
/// ```
///
/// # In a client
///
/// Send [`len`](Self::len) as the `Content-Length`. A client that does not know the length sends
/// `Transfer-Encoding: chunked`, which some proxies and gateways reject. hyper and reqwest take the length
/// from the body's size hint. The endpoints of [`chat`](crate::chat) and [`gemini`](crate::gemini) (feature
/// `http`) create a whole `http::Request<Body>`:
///
/// | client | pass it as |
/// |---|---|
/// | hyper | `client.request(request)`, or `client.request(request.map(Body::read_ahead))` |
/// | reqwest | `client.execute(request.map(reqwest::Body::wrap).try_into()?)` |
/// | reqwest, blocking | `reqwest::blocking::Body::sized(body, len)`, without a timeout shorter than the upload |
/// | ureq | `agent.run(request.map(ureq::SendBody::from_owned_reader))` |
/// | tower | `request.clone()` for each retry |
/// | [`Stream`](https://docs.rs/futures-core/latest/futures_core/stream/trait.Stream.html) of `Bytes` | `http_body_util::BodyDataStream::new(body)` |
/// | [`AsyncRead`](https://docs.rs/tokio/latest/tokio/io/trait.AsyncRead.html) | `tokio_util::io::StreamReader::new(BodyDataStream::new(body))` |
/// | a socket, a pipe, a file | [`write_to`](Self::write_to) |
///
/// `examples/` in the repository has a program for each client. All of them report an error of the body;
/// hyper does not say over HTTP/2 which one it was.
///
/// With the feature `http-body`, a body is an `http_body::Body` in two forms:
///
/// - `Body` itself reads and encodes within `poll_frame`, which blocks the executor's thread while it waits for the
///   disk. Use it in blocking clients, on runtimes with several threads, for files in the page cache, and for many
///   bodies at once. It holds one chunk.
/// - [`read_ahead`](Self::read_ahead) reads and encodes on a thread of its own. Use it for slow or remote disks, and
///   where timers or other tasks share the executor's thread. It costs that thread and up to three more chunks.
///
/// # Performance
///
/// Medians on a 2-core Zen 4 virtual machine that client and server share, by `cargo bench --features http`
/// with `--bench upload`, `in_flight` and `timer`. The results are in `benches/results/zen4-epyc-2-cores`.
///
/// | | `Body` | `read_ahead` | a body without content |
/// |---|---|---|---|
/// | throughput of a cached 1 GiB file through reqwest | 0.87 | 0.83 | 1 |
/// | peak memory of 256 bodies of a 100 MB file in flight | 274 MiB | 1,006 MiB | 266 MiB |
/// | 1 ms timer on the same thread, 99th percentile, cached file | 81 ms (32 to 89) | 1.3 ms (0.6 to 2.5) | 40 ms (25 to 56) |
/// | the same, cold 2 GiB file | 57 ms (50 to 231) | 1.1 ms (1.0 to 7.2) | |
///
/// Clone one [`Media`](crate::Media) for all bodies of a file. Each mapped file that is opened keeps a window
/// of its own resident: 256 of them took 1,081 MiB, or 267 MiB with [`Access::Read`](crate::Access::Read).
#[derive(Clone)]
pub struct Body {
    plan: Arc<Plan>,
    position: u64,
    chunk_len: usize,
    /// The length of the first chunk of the next `write_to`. It is shorter than `chunk_len` after a writer
    /// stopped within a chunk.
    write_len: usize,
    /// The error that every call returns until the position is changed.
    failed: Option<Error>,
    progress: Option<Arc<AtomicU64>>,
}

/// 1 MiB of base64, from 768 KiB of media. Shorter chunks are slower over TCP. Chunks of 2 MiB are 5 to 14%
/// faster but double the memory of each body (`benches/results/zen4-epyc-2-cores/body.txt`).
const CHUNK_LEN: usize = 8 * READ_UNIT / 3 * 4;

/// The shortest chunk that is encoded for a writer that accepts little at a time: 4 KiB.
const MIN_WRITE: usize = CHUNK_LEN / 256;

impl Body {
    pub(crate) fn new(plan: Plan) -> Body {
        Body {
            plan: Arc::new(plan),
            position: 0,
            chunk_len: CHUNK_LEN,
            write_len: CHUNK_LEN,
            failed: None,
            progress: None,
        }
    }

    /// Sets the chunk size, in bytes, for [`chunks`](Self::chunks) and [`write_to`](Self::write_to). The
    /// default is 1 MiB.
    ///
    /// Larger chunks are up to 14% faster over TCP and use proportionally more memory per body. A size of 0
    /// is treated as 1. If a chunk cannot be allocated, the read returns an error of kind
    /// [`TooLarge`](ErrorKind::TooLarge).
    #[must_use = "returns the changed body"]
    pub fn with_chunk_len(mut self, len: usize) -> Body {
        self.chunk_len = len.max(1);
        self.write_len = self.chunk_len;
        self
    }

    /// Returns the exact length of the body in bytes, at any position: the `Content-Length`.
    pub fn len(&self) -> u64 {
        self.plan.len()
    }

    /// Returns `true` if the body has no bytes. JSON always has some; `Body::default()` has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the position in bytes: the number of bytes that were delivered, or the position after a seek.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns the number of bytes from the position to the end. It is 0 past the end.
    pub fn remaining(&self) -> u64 {
        self.len().saturating_sub(self.position)
    }

    /// Moves to the start and clears an error, so that the body can be sent again.
    ///
    /// The same as [`Seek::rewind`], which returns a `Result`.
    pub fn reset(&mut self) {
        self.set_position(0);
    }

    /// Returns the segments of the body in order, each with its position in bytes.
    ///
    /// # Examples
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

    /// Returns an iterator over the rest of the body in chunks of [`with_chunk_len`](Self::with_chunk_len)
    /// bytes.
    ///
    /// Every chunk is full, except the last one and one before an error.
    ///
    /// # Examples
    ///
    /// ```
    /// let body = niello::Body::json("four letters")?.with_chunk_len(4);
    /// let chunks: Vec<_> = body.chunks().collect::<Result<_, _>>().unwrap();
    /// assert_eq!(chunks, ["\"fou", "r le", "tter", "s\""]);
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn chunks(self) -> Chunks {
        Chunks::new(self)
    }

    /// Writes the rest of the body to `writer` and returns the number of bytes. Does not flush.
    ///
    /// # Examples
    ///
    /// ```
    /// # let mut body = niello::Body::json("all of it")?;
    /// let mut file = Vec::new();
    /// assert_eq!(body.write_to(&mut file).unwrap(), body.len());
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - The error of the writer, or [`WriteZero`](io::ErrorKind::WriteZero) if it accepts no bytes.
    ///   [`Interrupted`](io::ErrorKind::Interrupted) is retried.
    /// - An [`io::Error`] that contains an [`Error`](crate::Error), if the body cannot be delivered.
    ///
    /// The position is then just past the last byte that the writer accepted, so calling this again continues
    /// there, for example after [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// # Performance
    ///
    /// One chunk is encoded at a time. If the writer returns an error in the middle of a chunk, the rest of
    /// the chunk is discarded and encoded again by the next call. That call therefore starts with a chunk of
    /// what the writer accepted in the call before, at least 4 KiB, and continues with longer ones up to the
    /// chunk length.
    pub fn write_to<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<u64> {
        let first = self.position;
        let mut buffer = Vec::new();
        loop {
            let len = self.next_len().min(self.write_len);
            reserve(&mut buffer, len)?;
            let len = self.plan.align_to_groups(self.position, len);
            let filled = self.fill(&mut (&mut buffer).limit(len))?;
            if filled == 0 {
                return Ok(self.position - first);
            }
            let written = self.write_chunk(writer, &buffer[..filled]);
            let accepted = usize::try_from(self.position - first).unwrap_or(usize::MAX);
            let least = if written.is_ok() { self.write_len } else { MIN_WRITE };
            self.write_len = accepted.max(least).min(self.chunk_len);
            written?;
        }
    }

    /// Returns a handle on the progress of this body and of clones made from now on.
    ///
    /// Call it before you pass the body to a client.
    ///
    /// # Examples
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
        let sent = self.position.min(self.len());
        let sent = self.progress.get_or_insert_with(|| Arc::new(AtomicU64::new(sent))).clone();
        Progress::new(sent, self.len())
    }
}

impl Body {
    fn set_position(&mut self, position: u64) {
        self.position = position;
        self.failed = None;
        self.show_progress();
    }

    /// Advances the position by `bytes`, which the consumer has taken.
    fn advance(&mut self, bytes: usize) {
        self.position += bytes as u64;
        self.show_progress();
    }

    fn show_progress(&self) {
        if let Some(progress) = &self.progress {
            progress.store(self.position.min(self.len()), Ordering::Relaxed);
        }
    }

    /// Fills `out` with the bytes at the current position, without advancing it.
    ///
    /// Returns the number of bytes. A short count means the end of the body, or an error that the next call
    /// returns. In the second case, bytes of `out` past the returned count are unspecified.
    ///
    /// Every way to consume a body goes through this loop.
    fn fill(&mut self, out: &mut impl BufMut) -> Result<usize> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let mut filled = 0;
        while out.has_remaining_mut() {
            match self.plan.read_at(self.position + filled as u64, out) {
                Ok(0) => {
                    debug_assert!(self.position + filled as u64 >= self.len());
                    break;
                }
                Ok(n) => filled += n,
                Err(error) if filled == 0 => {
                    self.failed = Some(error.clone());
                    return Err(error);
                }
                // The next call starts here. It returns the error, unless the cause is gone by then.
                Err(_) => break,
            }
        }
        Ok(filled)
    }

    /// Returns the next chunk, which is empty at the end.
    fn next_chunk(&mut self) -> Result<Bytes> {
        let len = self.next_len();
        let mut chunk = Vec::new();
        reserve(&mut chunk, len)?;
        let filled = self.fill(&mut (&mut chunk).limit(len))?;
        chunk.truncate(filled);
        self.advance(filled);
        Ok(chunk.into())
    }

    /// Writes a chunk that starts at the position, which follows the bytes that `writer` accepts.
    fn write_chunk<W: Write + ?Sized>(&mut self, writer: &mut W, mut chunk: &[u8]) -> io::Result<()> {
        while !chunk.is_empty() {
            match writer.write(chunk) {
                Ok(0) => {
                    return Err(io::Error::new(
                        io::ErrorKind::WriteZero,
                        "the writer accepts no more bytes of the body",
                    ));
                }
                Ok(written) => {
                    let written = written.min(chunk.len());
                    chunk = &chunk[written..];
                    self.advance(written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns the length of the next chunk.
    fn next_len(&self) -> usize {
        usize::try_from(self.remaining()).unwrap_or(usize::MAX).min(self.chunk_len)
    }
}

/// Empties `buffer` and makes room for a chunk of `len` bytes.
///
/// The length is the caller's choice, so a failure is an error and not an abort.
fn reserve(buffer: &mut Vec<u8>, len: usize) -> Result<()> {
    buffer.clear();
    buffer.try_reserve_exact(len).map_err(|cause| {
        let message = format!("cannot allocate a chunk of {len} bytes; set a shorter chunk length");
        Error::with_source(ErrorKind::TooLarge, message, cause)
    })
}

/// A body without bytes, which middleware that follows redirects needs for the GET after a status 303.
impl Default for Body {
    fn default() -> Body {
        Body::new(Plan::default())
    }
}

/// Shows lengths, not content.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("len", &self.len())
            .field("position", &self.position)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// `Ok(0)` means the end of the body, or that `buffer` is empty. Use a buffer of at least 64 KiB, so that the
/// cost of a call is small compared with that of encoding.
///
/// # Errors
///
/// An [`io::Error`] that contains an [`Error`](crate::Error).
impl Read for Body {
    fn read(&mut self, mut buffer: &mut [u8]) -> io::Result<usize> {
        let filled = self.fill(&mut buffer)?;
        self.advance(filled);
        Ok(filled)
    }
}

/// Takes constant time, reads nothing, and clears an error. A position past the end is valid and reads as the
/// end.
impl Seek for Body {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = seek_from(to, self.position, self.len(), "the body")?;
        self.set_position(position);
        Ok(position)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position)
    }
}
