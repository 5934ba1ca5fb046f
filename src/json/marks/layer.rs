//! A tower layer that replaces marks in the bodies of HTTP requests.
//!
//! ```text
//! client -> retries -> MarksLayer -> retries, redirects -> transport
//!           JSON in memory        MarksBody<B>
//! ```

mod body;

pub use body::MarksBody;

use super::Marks;
use crate::body::ContentEncoding;
use body::collect;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
};
use std::{
    error::Error as StdError,
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
};
use tower_layer::Layer;
use tower_service::Service;

/// The error of a [`MarksService`] and of a [`MarksBody`]: one of the inner service or body, or an
/// [`Error`](crate::Error).
pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// A tower layer that streams media in the place of marks: it calls [`Marks::inlay`] for every `http::Request`.
///
/// The layer replaces the body of a request if
///
/// - its `Content-Type` is `application/json` or `text/json`, or ends with `+json`,
/// - it has no `Content-Encoding` other than `identity`,
/// - its [`size_hint`](http_body::Body::size_hint) is exact and at most [`max_json`](MarksLayer::max_json), and
/// - it contains a mark of the set.
///
/// It then sets `Content-Length`. Every other request passes unchanged, frame by frame. If there is a mark in it, the
/// server receives the mark.
///
/// # Where to put the layer
///
/// - What signs, hashes or caches requests goes below the layer. Above it, requests have marks instead of media.
/// - What logs bodies goes above the layer. It then logs marks, which begin with `nielloMarkedFile`.
/// - Retries work above the layer, which reads the JSON again, and below it, because a [`MarksBody`] is cheap to
///   clone. Above it, they need the [`Scope`](crate::Scope) of the marks.
/// - Redirects with status 307 and 308 send the body again. Follow them above or below the layer with a policy that clones
///   the body, as `tower_http::follow_redirect::policy::clone_body_fn(|body| Some(body.clone()))` does.
///
/// # Errors
///
/// The service fails with an [`Error`](crate::Error) in the box if a mark was forgotten or
/// [changed](Marks#changed-marks). Nothing is sent then.
///
/// # Examples
///
/// ```
/// use http_body_util::Full;
/// use hyper_util::{client::legacy::Client, rt::TokioExecutor};
/// use niello::{Marks, MarksLayer, Media, bytes::Bytes, http::Request};
/// use tower::{Layer, Service};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let marks = Marks::new();
/// let hyper = Client::builder(TokioExecutor::new()).build_http();
/// let mut client = MarksLayer::new(&marks).layer(hyper);
///
/// let scope = marks.scope();
/// let json = serde_json::json!({"video": scope.data_uri(&Media::open("video.mp4")?)});
/// let request = Request::post("http://localhost:8000/")
///     .header("content-type", "application/json")
///     .body(Full::<Bytes>::from(json.to_string()))?;
/// let response = client.call(request).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MarksLayer {
    marks: Marks,
    max_json: u64,
    encoding: ContentEncoding,
}

impl MarksLayer {
    /// The default limit for the JSON: 16 MiB.
    pub const MAX_JSON: u64 = 16 * 1024 * 1024;

    /// Creates a layer for the marks of a set.
    pub fn new(marks: &Marks) -> MarksLayer {
        MarksLayer {
            marks: marks.clone(),
            max_json: MarksLayer::MAX_JSON,
            encoding: ContentEncoding::Identity,
        }
    }

    /// Sets the largest JSON, in bytes without media, that the layer searches. The default is
    /// [`MAX_JSON`](MarksLayer::MAX_JSON).
    ///
    /// Larger bodies pass unchanged, with their marks. The layer holds the JSON in memory.
    pub fn max_json(mut self, bytes: u64) -> MarksLayer {
        self.max_json = bytes;
        self
    }

    /// Sets the content coding of bodies with media, and their `Content-Encoding` header. The default is none.
    ///
    /// Use it only for a server that decodes it. See [`ContentEncoding`].
    pub fn content_encoding(mut self, encoding: ContentEncoding) -> MarksLayer {
        self.encoding = encoding;
        self
    }

    /// Returns `true` if the layer has to search the body of a request.
    fn searches(&self, headers: &HeaderMap, size: &http_body::SizeHint) -> bool {
        size.exact().is_some_and(|size| size <= self.max_json)
            && headers.get_all(CONTENT_ENCODING).iter().all(is_identity)
            && headers.get(CONTENT_TYPE).is_some_and(is_json)
    }

    /// Replaces the body of a request by one with media, if it contains a mark.
    async fn inlay<B>(&self, request: Request<B>) -> Result<Request<MarksBody<B>>, BoxError>
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
    {
        let (mut head, body) = request.into_parts();
        if !self.searches(&head.headers, &body.size_hint()) {
            return Ok(Request::from_parts(head, MarksBody::original(body)));
        }
        let collected = collect(body).await.map_err(Into::into)?;
        let Some(body) = self.marks.inlay(&collected.bytes())? else {
            return Ok(Request::from_parts(head, MarksBody::collected(collected)));
        };
        let body = body.encode(self.encoding)?;
        // The transport decides by the length how to send the body.
        head.headers.remove(TRANSFER_ENCODING);
        head.headers.insert(CONTENT_LENGTH, body.len().into());
        head.headers.remove(CONTENT_ENCODING);
        if self.encoding != ContentEncoding::Identity {
            head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(self.encoding.as_str()));
        }
        Ok(Request::from_parts(head, MarksBody::inlaid(body, collected)))
    }
}

/// Returns `true` for `application/json`, `text/json` and types that end with `+json`, with any parameters.
fn is_json(value: &HeaderValue) -> bool {
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = essence.trim_ascii().to_ascii_lowercase();
    essence == b"application/json" || essence == b"text/json" || essence.ends_with(b"+json")
}

/// Returns `true` for the content coding that changes nothing, which some clients name.
fn is_identity(value: &HeaderValue) -> bool {
    value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")
}

impl<S> Layer<S> for MarksLayer {
    type Service = MarksService<S>;

    fn layer(&self, inner: S) -> MarksService<S> {
        MarksService { layer: self.clone(), inner }
    }
}

/// The service of a [`MarksLayer`].
#[derive(Clone, Debug)]
pub struct MarksService<S> {
    layer: MarksLayer,
    inner: S,
}

impl<S> MarksService<S> {
    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

/// The future of a [`MarksService`].
pub struct MarksFuture<T>(Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>);

impl<T> Future for MarksFuture<T> {
    type Output = Result<T, BoxError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<T> fmt::Debug for MarksFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MarksFuture").finish_non_exhaustive()
    }
}

impl<S, B> Service<Request<B>> for MarksService<S>
where
    S: Service<Request<MarksBody<B>>, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = MarksFuture<S::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> MarksFuture<S::Response> {
        // The service that is ready is the one to call; the clone takes its place.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let layer = self.layer.clone();
        MarksFuture(Box::pin(async move {
            let request = layer.inlay(request).await?;
            inner.call(request).await.map_err(Into::into)
        }))
    }
}
