//! A body is an iterator of chunks.

use super::Body;
use crate::error::Result;
use bytes::{BufMut, Bytes};
use std::{io, iter::FusedIterator};

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
