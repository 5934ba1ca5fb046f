//! The implementation of `http_body::Body` for a body.

use super::Body;
use crate::error::{Error, Result};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// - `poll_frame` is always ready. It returns a data frame of [`with_chunk_len`](Body::with_chunk_len) bytes, shorter
///   only at the end and before an error, and then `None`, or the same error until the position is changed.
/// - `size_hint` is exactly what remains.
/// - `is_end_stream` is `true` right after the last byte.
///
/// `poll_frame` reads and encodes. For a file in the page cache that takes about 0.1 ms; otherwise it blocks the
/// executor's thread until the disk responds. [`read_ahead`](Body::read_ahead) does not.
impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        Poll::Ready(match self.get_mut().next_chunk() {
            Ok(chunk) if chunk.is_empty() => None,
            chunk => Some(chunk.map(Frame::data)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.remaining() == 0 && self.failed.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining())
    }
}
