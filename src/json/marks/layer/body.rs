//! The bodies that leave a `MarksService`.

use super::BoxError;
use crate::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use std::{
    borrow::Cow,
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

/// The body of a request that a [`MarksService`](crate::MarksService) passes on: media and JSON, or the original body.
///
/// A clone has the position of the original, so clone it before it is sent to send it again. Cloning is cheap for a body
/// with media and for JSON that was searched. An original body is cloned as its type does.
pub struct MarksBody<B> {
    content: Content<B>,
    trailers: Trailers,
}

enum Content<B> {
    /// JSON with media in the place of its marks.
    Inlaid(Body),
    /// The data frames of a body without marks, and the index of the next one.
    Collected(Arc<[Bytes]>, usize),
    /// A body that was not searched.
    Original(Pin<Box<B>>),
}

/// The trailers of a collected body.
#[derive(Clone, Default)]
struct Trailers {
    all: Option<Arc<HeaderMap>>,
    is_sent: bool,
}

impl Trailers {
    fn next(&mut self) -> Option<Frame<Bytes>> {
        let trailers = self.all.as_deref().filter(|_| !self.is_sent)?;
        self.is_sent = true;
        Some(Frame::trailers(trailers.clone()))
    }

    fn is_end(&self) -> bool {
        self.is_sent || self.all.is_none()
    }
}

/// The frames of a body.
pub(super) struct Collected {
    data: Vec<Bytes>,
    trailers: Option<HeaderMap>,
}

/// Reads a body to its end.
pub(super) async fn collect<B: http_body::Body<Data = Bytes>>(body: B) -> Result<Collected, B::Error> {
    let mut collected = Collected { data: Vec::new(), trailers: None };
    let mut body = pin!(body);
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        match frame?.into_data() {
            Ok(data) => collected.data.push(data),
            Err(frame) => collected.trailers = frame.into_trailers().ok(),
        }
    }
    Ok(collected)
}

impl Collected {
    /// Returns the data of all frames.
    pub(super) fn bytes(&self) -> Cow<'_, [u8]> {
        match &*self.data {
            [] => Cow::Borrowed(&[]),
            [data] => Cow::Borrowed(data),
            frames => Cow::Owned(frames.concat()),
        }
    }
}

impl<B> MarksBody<B> {
    pub(super) fn original(body: B) -> MarksBody<B> {
        MarksBody { content: Content::Original(Box::pin(body)), trailers: Trailers::default() }
    }

    pub(super) fn collected(collected: Collected) -> MarksBody<B> {
        MarksBody::new(Content::Collected(collected.data.into(), 0), collected.trailers)
    }

    pub(super) fn inlaid(body: Body, collected: Collected) -> MarksBody<B> {
        MarksBody::new(Content::Inlaid(body), collected.trailers)
    }

    fn new(content: Content<B>, trailers: Option<HeaderMap>) -> MarksBody<B> {
        MarksBody { content, trailers: Trailers { all: trailers.map(Arc::new), is_sent: false } }
    }

    /// Returns the body with media, or `None` if the request contained no mark.
    pub fn inlaid_body(&self) -> Option<&Body> {
        match &self.content {
            Content::Inlaid(body) => Some(body),
            _ => None,
        }
    }
}

/// An empty body, which a layer that follows redirects sends with `GET`.
impl<B> Default for MarksBody<B> {
    fn default() -> MarksBody<B> {
        MarksBody::new(Content::Collected(Arc::default(), 0), None)
    }
}

impl<B: Clone> Clone for MarksBody<B> {
    fn clone(&self) -> MarksBody<B> {
        let content = match &self.content {
            Content::Inlaid(body) => Content::Inlaid(body.clone()),
            Content::Collected(frames, next) => Content::Collected(frames.clone(), *next),
            Content::Original(body) => Content::Original(Box::pin(B::clone(body))),
        };
        MarksBody { content, trailers: self.trailers.clone() }
    }
}

/// - A body with media has the frames of [`Body`], and an original body its own.
/// - `size_hint` is exactly what remains, or that of the original body.
impl<B> http_body::Body for MarksBody<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match &mut self.content {
            Content::Original(body) => {
                return body
                    .as_mut()
                    .poll_frame(context)
                    .map(|frame| frame.map(|frame| frame.map_err(Into::into)));
            }
            Content::Inlaid(body) => match Pin::new(body).poll_frame(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(frame) => frame.map(|frame| frame.map_err(Into::into)),
            },
            Content::Collected(frames, next) => {
                let frame = frames.get(*next).cloned();
                *next += usize::from(frame.is_some());
                frame.map(|data| Ok(Frame::data(data)))
            }
        };
        Poll::Ready(frame.or_else(|| self.trailers.next().map(Ok)))
    }

    fn is_end_stream(&self) -> bool {
        self.trailers.is_end()
            && match &self.content {
                Content::Original(body) => body.is_end_stream(),
                Content::Inlaid(body) => body.is_end_stream(),
                Content::Collected(frames, next) => *next == frames.len(),
            }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Original(body) => body.size_hint(),
            Content::Inlaid(body) => body.size_hint(),
            Content::Collected(frames, next) => {
                SizeHint::with_exact(frames[*next..].iter().map(|data| data.len() as u64).sum())
            }
        }
    }
}

/// Shows lengths, never content.
impl<B> fmt::Debug for MarksBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Original(_) => f.write_str("Original"),
            Content::Inlaid(body) => f.debug_tuple("Inlaid").field(body).finish(),
            Content::Collected(frames, _) => {
                let len: usize = frames.iter().map(Bytes::len).sum();
                f.debug_tuple("Collected").field(&len).finish()
            }
        }
    }
}
