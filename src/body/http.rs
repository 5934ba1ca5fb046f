//! A body is an [`http_body::Body`].

use super::Body;
use crate::error::{Error, Result};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// What each call returns:
///
/// - `poll_frame`: always ready. A data frame of up to 1 MiB ([`Body::with_chunk_len`]), full but for the last and for
///   one before an error; `None` after the last; after an error that same error, until the body is rewound or sought.
/// - `size_hint`: exactly what remains.
/// - `is_end_stream`: true right after the last byte.
///
/// A frame is read and encoded within `poll_frame`: from the page cache that takes some 0.1 ms; from a cold
/// or slow disk it waits for the disk, and the executor's thread with it.
/// [`read_ahead`](Body::read_ahead) is the form that does not.
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
