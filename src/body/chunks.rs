//! The chunks of a body, as an iterator.

use super::Body;
use bytes::Bytes;
use std::{io, iter::FusedIterator};

/// An iterator over the chunks of a body. [`Body::chunks`] creates it.
///
/// It ends after an error, which is an [`io::Error`] that contains an [`Error`](crate::Error).
#[derive(Clone, Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Chunks {
    body: Body,
    ended: bool,
}

impl Chunks {
    pub(super) fn new(body: Body) -> Chunks {
        Chunks { body, ended: false }
    }

    /// Returns the body, at the position after the last chunk.
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

    /// The upper bound is one more than the number of chunks, because an error can cut a chunk in two.
    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.ended || self.body.remaining() == 0 {
            return (0, Some(0));
        }
        let chunks = self.body.remaining().div_ceil(self.body.chunk_len as u64);
        (1, usize::try_from(chunks).ok().and_then(|chunks| chunks.checked_add(1)))
    }
}

impl FusedIterator for Chunks {}
