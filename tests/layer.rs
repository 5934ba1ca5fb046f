//! The tower layer replaces marks in JSON requests, and passes every other request on unchanged.

mod common;

use common::{assert_same, base64_of, noise};
use http_body_util::{BodyExt, Full, StreamBody};
use niello::{
    Access, ContentEncoding, Error, ErrorKind, Marks, MarksBody, MarksLayer, Media,
    bytes::Bytes,
    http::{HeaderMap, Request, Response, header},
    http_body::{Body, Frame, SizeHint},
};
use std::{
    convert::Infallible,
    error::Error as StdError,
    fs::{self, File},
    future::{Ready, ready},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tower::{Layer, Service, ServiceExt, service_fn};

type BoxError = Box<dyn StdError + Send + Sync>;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Returns the request that leaves a layer.
fn through<B>(layer: &MarksLayer, request: Request<B>) -> Result<Request<MarksBody<B>>, BoxError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let last = Arc::new(Mutex::new(None));
    let kept = last.clone();
    let inner = service_fn(move |request: Request<MarksBody<B>>| {
        *kept.lock().unwrap() = Some(request);
        ready(Ok::<_, Infallible>(Response::new(())))
    });
    block_on(layer.layer(inner).oneshot(request))?;
    let request = last.lock().unwrap().take();
    Ok(request.expect("the inner service was called"))
}

fn json_request<B>(body: B) -> Request<B> {
    Request::post("http://localhost/").header("content-type", "application/json").body(body).unwrap()
}

fn frames<B: Body<Data = Bytes, Error: std::fmt::Debug> + Unpin>(
    mut body: B,
) -> Vec<Result<Bytes, HeaderMap>> {
    let mut frames = Vec::new();
    while let Some(frame) = block_on(body.frame()) {
        assert!(frames.len() < 1000, "the body does not end");
        let frame = frame.unwrap();
        frames.push(frame.into_data().map_err(|frame| frame.into_trailers().unwrap()));
    }
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(block_on(body.frame()).is_none(), "the end stays the end");
    frames
}

fn data<B: Body<Data = Bytes, Error: std::fmt::Debug> + Unpin>(body: B) -> Vec<u8> {
    let expected = body.size_hint().exact().unwrap();
    let data = frames(body).into_iter().map(|frame| frame.expect("no trailers")).collect::<Vec<_>>().concat();
    assert_eq!(data.len() as u64, expected);
    data
}

/// A body with these frames, which says its length only if `is_known`.
#[derive(Clone)]
struct Frames {
    frames: Vec<Result<Bytes, HeaderMap>>,
    next: usize,
    is_known: bool,
    is_read: Arc<Mutex<bool>>,
}

impl Frames {
    fn new(frames: impl IntoIterator<Item = Result<Bytes, HeaderMap>>) -> Frames {
        Frames { frames: frames.into_iter().collect(), next: 0, is_known: true, is_read: Arc::default() }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        *self.is_read.lock().unwrap() = true;
        // Every second poll has to wait.
        if self.next.is_multiple_of(2) {
            self.next += 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = self.frames.get(self.next / 2).cloned();
        self.next += usize::from(frame.is_some());
        Poll::Ready(frame.map(|frame| Ok(frame.map_or_else(Frame::trailers, Frame::data))))
    }

    fn is_end_stream(&self) -> bool {
        self.next / 2 == self.frames.len()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.frames.iter().skip(self.next / 2).flatten().map(|data| data.len() as u64).sum();
        if self.is_known || self.is_end_stream() { SizeHint::with_exact(rest) } else { SizeHint::default() }
    }
}

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([(header::ETAG, "1".parse().unwrap())])
}

#[test]
fn a_marked_request_streams_its_media_with_its_length() {
    let marks = Marks::new();
    let bytes = noise(3_000_001);
    let media = Media::from_bytes(bytes.clone(), "video/mp4").unwrap();
    let scope = marks.scope();
    let json = |url: &str| format!(r#"{{"video_url":{{"url":"{url}"}}}}"#);
    let marked = json(&scope.data_uri(&media));
    let expected = json(&format!("data:video/mp4;base64,{}", base64_of(&bytes)));
    // The layer takes any framing of the JSON, a length that was set for it, and every JSON type.
    let pieces = marked.as_bytes().chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece)));
    for content_type in
        ["application/json", "Application/JSON; charset=utf-8", "text/json", "application/vnd.api+json"]
    {
        let mut request = json_request(Frames::new(pieces.clone()));
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        request.headers_mut().insert("content-length", marked.len().into());
        request.headers_mut().insert("authorization", "Bearer token".parse().unwrap());
        let request = through(&MarksLayer::new(&marks), request).unwrap();
        let headers = request.headers();
        assert_eq!(
            headers.get_all("content-length").iter().collect::<Vec<_>>(),
            [&expected.len().to_string()]
        );
        assert!(!headers.contains_key("content-encoding"));
        assert_eq!(
            (&headers["content-type"], &headers["authorization"]),
            (&content_type.parse().unwrap(), &"Bearer token".parse().unwrap())
        );
        assert_eq!(request.body().inlaid_body().unwrap().len(), expected.len() as u64);
        assert_same(&data(request.into_body()), expected.as_bytes(), content_type);
    }
}

#[test]
fn a_clone_of_the_body_sends_the_rest_again() {
    let marks = Marks::new();
    let mark = marks.base64(&Media::from_bytes(noise(5_000_000), "video/mp4").unwrap());
    for json in [format!("[\"{mark}\"]"), "[1]".to_owned()] {
        let trailing = Frames::new([Ok(Bytes::from("  ")), Ok(json.into()), Err(trailers())]);
        let request = through(&MarksLayer::new(&marks), json_request(trailing)).unwrap();
        let mut body = request.into_body();
        let all = frames(body.clone());
        assert!(all.last().unwrap().is_err(), "the trailers are kept");
        for sent in 0..=all.len() {
            assert!(frames(body.clone()) == all[sent..], "{sent} frames of {} were sent", all.len());
            block_on(body.frame());
        }
    }
    let request = through(&MarksLayer::new(&marks), Request::new(Full::from("[1]"))).unwrap();
    assert_eq!(data(request.body().clone()), data(request.into_body()));
}

#[test]
fn a_content_coding_is_applied_and_labeled_only_where_media_is() {
    let marks = Marks::new();
    let bytes = noise(500_000);
    let mark = marks.base64(&Media::from_bytes(bytes.clone(), "video/mp4").unwrap());
    let layer = MarksLayer::new(&marks).content_encoding(ContentEncoding::Zstd);
    let request = through(&layer, json_request(Full::<Bytes>::from(format!("[\"{mark}\"]")))).unwrap();
    assert_eq!(request.headers()["content-encoding"], "zstd");
    let length: u64 = request.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let coded = data(request.into_body());
    assert_eq!(coded.len() as u64, length);
    assert!(length < 510_000, "{length}");
    let text = zstd::decode_all(&coded[..]).unwrap();
    assert_same(&text, format!("[\"{}\"]", base64_of(&bytes)).as_bytes(), "zstd");

    let request = through(&layer, json_request(Full::<Bytes>::from("[1]"))).unwrap();
    assert!(!request.headers().contains_key("content-encoding"));
}

#[test]
fn the_coding_identity_is_no_coding() {
    let marks = Marks::new();
    let mark = marks.base64(&Media::from_bytes("abc", "video/mp4").unwrap());
    for (coding, expected) in [(ContentEncoding::Identity, None), (ContentEncoding::Zstd, Some("zstd"))] {
        let mut request = json_request(Full::<Bytes>::from(format!("[\"{mark}\"]")));
        for name in ["identity", "Identity"] {
            request.headers_mut().append("content-encoding", name.parse().unwrap());
        }
        let request = through(&MarksLayer::new(&marks).content_encoding(coding), request).unwrap();
        let codings: Vec<_> = request.headers().get_all("content-encoding").iter().collect();
        assert_eq!(codings, Vec::from_iter(expected));
        let sent = data(request.into_body());
        let text = if expected.is_some() { zstd::decode_all(&sent[..]).unwrap() } else { sent };
        assert_eq!(text, b"[\"YWJj\"]");
    }
}

#[test]
fn every_other_request_passes_unchanged() {
    let marks = Marks::new();
    let mark = marks.base64(&Media::from_bytes("a", "video/mp4").unwrap());
    let marked = Bytes::from(format!("[\"{mark}\"]"));
    let len = marked.len() as u64;
    let layer = MarksLayer::new(&marks);
    let all = |data: &Bytes| {
        Frames::new([Ok(data.slice(..1)), Ok(Bytes::new()), Ok(data.slice(1..)), Err(trailers())])
    };
    let with = |name: &'static str, value: &str, body: Frames| {
        let mut request = json_request(body);
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let unknown = Frames { is_known: false, ..all(&marked) };
    for (what, layer, request, is_read) in [
        ("JSON without a mark", layer.clone(), json_request(all(&Bytes::from("[1]"))), true),
        ("text", layer.clone(), with("content-type", "text/plain", all(&marked)), false),
        (
            "a name that contains JSON",
            layer.clone(),
            with("content-type", "application/json-seq", all(&marked)),
            false,
        ),
        ("coded", layer.clone(), with("content-encoding", "gzip", all(&marked)), false),
        ("coded twice", layer.clone(), with("content-encoding", "identity, gzip", all(&marked)), false),
        ("without a type", layer.clone(), Request::new(all(&marked)), false),
        ("of unknown length", layer.clone(), json_request(unknown), false),
        ("above the limit", layer.clone().max_json(len - 1), json_request(all(&marked)), false),
    ] {
        let (head, body) = request.into_parts();
        let read = body.is_read.clone();
        let sent = through(&layer, Request::from_parts(head.clone(), body.clone())).unwrap();
        assert_eq!(*read.lock().unwrap(), is_read, "{what}");
        assert_eq!(sent.headers(), &head.headers, "{what}");
        assert!(sent.body().inlaid_body().is_none(), "{what}");
        assert_eq!(sent.body().size_hint().exact(), body.size_hint().exact(), "{what}");
        assert_eq!(frames(sent.into_body()), frames(body), "{what}");
    }
    let at_the_limit = through(&layer.max_json(len), json_request(all(&marked))).unwrap();
    assert!(at_the_limit.body().inlaid_body().is_some());
}

#[test]
fn a_forgotten_mark_sends_nothing_and_the_error_is_of_niello() {
    let marks = Marks::new();
    let json = format!("[\"{}\"]", marks.scope().base64(&Media::from_bytes("a", "video/mp4").unwrap()));
    let error = through(&MarksLayer::new(&marks), json_request(Full::<Bytes>::from(json))).unwrap_err();
    assert_eq!(error.downcast_ref::<Error>().unwrap().kind(), ErrorKind::Invalid);
}

#[test]
fn errors_of_the_body_and_of_the_service_are_kept() {
    let marks = Marks::new();
    let broken = || {
        let frames = [Ok(Frame::data(Bytes::from("["))), Err("cut")];
        Exact(StreamBody::new(futures_util::stream::iter(frames)), 3)
    };
    let error = through(&MarksLayer::new(&marks), json_request(broken())).unwrap_err();
    assert_eq!(error.to_string(), "cut");
    // A body that is not read fails where it is sent.
    let mut body = through(&MarksLayer::new(&marks), Request::new(broken())).unwrap().into_body();
    block_on(body.frame()).unwrap().unwrap();
    assert_eq!(block_on(body.frame()).unwrap().unwrap_err().to_string(), "cut");

    let failing = service_fn(|_: Request<MarksBody<Full<Bytes>>>| ready(Err::<(), _>("refused")));
    let sent = MarksLayer::new(&marks).layer(failing).oneshot(json_request(Full::from("[]")));
    assert_eq!(block_on(sent).unwrap_err().to_string(), "refused");
}

#[test]
fn a_body_whose_file_is_truncated_fails_and_never_ends_short() {
    let folder = common::scratch();
    let path = folder.path().join("clip.mp4");
    for access in [Access::Map, Access::Read] {
        fs::write(&path, noise(3_000_000)).unwrap();
        let media = Media::options().mime("video/mp4").access(access).open(&path).unwrap();
        let marks = Marks::new();
        let json = Bytes::from(format!("[\"{}\"]", marks.base64(&media)));
        let sent = Frames::new([Ok(json), Err(trailers())]);
        let mut body = through(&MarksLayer::new(&marks), json_request(sent)).unwrap().into_body();
        block_on(body.frame()).unwrap().unwrap();
        File::options().write(true).open(&path).unwrap().set_len(1000).unwrap();
        let mut frames = 0;
        while block_on(body.frame()).unwrap().is_ok() {
            frames += 1;
            assert!(frames < 1000, "the body does not fail");
        }
        // Neither the end nor the trailers follow an error.
        for _ in 0..3 {
            let error = block_on(body.frame()).unwrap().unwrap_err();
            assert_eq!(error.downcast_ref::<Error>().unwrap().kind(), ErrorKind::Changed);
        }
        assert!(!body.is_end_stream());
    }
}

/// A body with a length that its type does not know.
struct Exact<B>(B, u64);

impl<B: Body<Data = Bytes> + Unpin> Body for Exact<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.1)
    }
}

/// A service that must be ready before each call, as those with a limit are.
#[derive(Debug, Default)]
struct Strict {
    is_ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Strict {
        Strict::default()
    }
}

impl<B> Service<Request<B>> for Strict {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called before it was ready");
        ready(Ok(()))
    }
}

#[test]
fn the_service_that_is_ready_is_called() {
    let mut service = MarksLayer::new(&Marks::new()).layer(Strict::default());
    block_on(async {
        for _ in 0..3 {
            let ready = ServiceExt::<Request<Full<Bytes>>>::ready(&mut service).await.unwrap();
            ready.call(json_request(Full::from("[]"))).await.unwrap();
        }
    });
    assert!(!service.get_ref().is_ready && !service.into_inner().is_ready);
}

#[test]
fn debug_shows_neither_marks_nor_json() {
    let marks = Marks::new();
    let mark = marks.base64(&Media::from_bytes("a", "video/mp4").unwrap());
    let layer = MarksLayer::new(&marks);
    for json in [format!("[\"secret {mark}\"]"), "[\"secret\"]".to_owned()] {
        let request = through(&layer, json_request(Full::<Bytes>::from(json))).unwrap();
        let shown = format!("{layer:?} {:?} {:?}", request.body(), layer.layer(()));
        assert!(!shown.contains("secret") && !shown.contains(&mark[16..]), "{shown}");
    }
}

#[test]
fn bodies_and_services_cross_threads() {
    fn check<T: Send + Sync>() {}
    check::<MarksLayer>();
    check::<MarksBody<Full<Bytes>>>();
    fn send<T: Send>(_: T) {}
    send(
        MarksLayer::new(&Marks::new()).layer(Strict::default()).call(json_request(Full::<Bytes>::default())),
    );
}
