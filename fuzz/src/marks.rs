//! Marks of any number of scopes, whole and damaged, in a value, in JSON and in a request that arrives in frames: each
//! whole mark becomes its own media, and what remains of a damaged one is an error.

use super::judged::Judged;
use arbitrary::{Arbitrary, Result, Unstructured};
use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{
    Marks, MarksBody, MarksLayer, Media, Scope,
    bytes::Bytes,
    http::{Request, header},
    http_body::{Body, Frame, SizeHint},
};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::{Ready, ready},
    io::Read,
    pin::{Pin, pin},
    sync::{Arc, LazyLock, Mutex},
    task::{Context, Poll, Waker},
};
use tower_layer::Layer;
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The media: none, a padded group, and more.
static MEDIA: LazyLock<[(Media, Vec<u8>); 3]> = LazyLock::new(|| {
    [&b""[..], b"abcd", &[0xfb; 300]].map(|bytes| {
        let media = Media::from_bytes(bytes, "video/mp4").unwrap();
        (media, STANDARD.encode(bytes).into_bytes())
    })
});

#[derive(Arbitrary)]
enum Step {
    Scope,
    /// Ends the scope with this index.
    End(u8),
    Mark {
        /// The index of a scope, or `None` for the set itself.
        scope: Option<u8>,
        media: u8,
        how: How,
    },
    CloneSet,
}

#[derive(Arbitrary)]
enum How {
    Base64,
    DataUri,
    Raw,
}

/// A part of the text that a client writes.
#[derive(Arbitrary)]
enum Piece<'a> {
    Text(&'a str),
    Byte(u8),
    Mark(u8),
    /// A part of a mark.
    Cut {
        mark: u8,
        start: u8,
        end: u8,
    },
    /// A mark with something in it.
    Split {
        mark: u8,
        at: u8,
        with: &'a str,
    },
    Capitals(u8),
    /// A mark that was encoded once more.
    Encoded(u8),
    Foreign,
}

/// The lengths of the parts of a mark: words, random digits, the digits of a number.
const WORDS: usize = 16;
const RANDOM: usize = 32;
const NUMBER: usize = 12;
const PREFIX: usize = WORDS + RANDOM;
const MARK: usize = PREFIX + NUMBER;

const MAX: usize = 12;

/// What a set has given out.
#[derive(Default)]
struct Given {
    /// The marks in the order in which they were created.
    marks: Vec<String>,
    /// The base64 for the number of each mark that is not forgotten, and whether it is in a scope.
    live: BTreeMap<u64, (&'static [u8], bool)>,
}

pub fn marks(data: &[u8], judged: &mut Judged) {
    // An error means that the data is used up, which ends the test.
    let _ = build_and_check(&mut Unstructured::new(data), judged);
}

fn build_and_check(data: &mut Unstructured<'_>, judged: &mut Judged) -> Result<()> {
    let mut marks = Marks::new();
    let mut given = Given::default();
    let mut scopes: Vec<Option<(Scope, Vec<u64>)>> = Vec::new();
    // A first mark, which is forgotten.
    let first = marks.scope().base64(&MEDIA[1].0);
    given.marks.push(first);
    for _ in 0..data.int_in_range(0..=MAX)? {
        match data.arbitrary()? {
            Step::Scope => scopes.push(Some((marks.scope(), Vec::new()))),
            Step::End(index) if !scopes.is_empty() => {
                let index = usize::from(index) % scopes.len();
                let (_, numbers) = scopes[index].take().unwrap_or((marks.scope(), Vec::new()));
                numbers.iter().for_each(|number| _ = given.live.remove(number));
            }
            Step::Mark { scope, media, how } => {
                let (media, encoded) = &MEDIA[usize::from(media) % MEDIA.len()];
                let scope = match (scope, scopes.len()) {
                    (Some(index), 1..) => {
                        let index = usize::from(index) % scopes.len();
                        scopes[index].as_mut()
                    }
                    _ => None,
                };
                let mark = match (&how, &scope) {
                    (How::Base64, None) => marks.base64(media),
                    (How::Base64, Some((scope, _))) => scope.base64(media),
                    (How::DataUri, None) => without_header(marks.data_uri(media)),
                    (How::DataUri, Some((scope, _))) => without_header(scope.data_uri(media)),
                    (How::Raw, None) => STANDARD.encode(marks.raw(media)),
                    (How::Raw, Some((scope, _))) => STANDARD.encode(scope.raw(media)),
                };
                let number = u64::from_str_radix(&mark[PREFIX..], 16).unwrap();
                given.live.insert(number, (encoded, scope.is_some()));
                if let Some((_, numbers)) = scope {
                    numbers.push(number);
                }
                given.marks.push(mark);
            }
            Step::End(_) => {}
            Step::CloneSet => marks = marks.clone(),
        }
    }

    let mut text = Vec::new();
    for _ in 0..data.int_in_range(0..=MAX)? {
        write(&data.arbitrary()?, &given.marks, &mut text);
    }
    check_inlay(&marks, &given, &text, data, judged);
    if let Ok(text) = str::from_utf8(&text) {
        check_body(&marks, &given, text, judged);
    }
    Ok(())
}

fn without_header(uri: String) -> String {
    uri.strip_prefix("data:video/mp4;base64,").unwrap().to_owned()
}

fn write(piece: &Piece<'_>, marks: &[String], text: &mut Vec<u8>) {
    let mark = |mark: &u8| &*marks[usize::from(*mark) % marks.len()];
    match piece {
        Piece::Text(piece) => text.extend_from_slice(piece.as_bytes()),
        Piece::Byte(byte) => text.push(*byte),
        Piece::Mark(index) => text.extend_from_slice(mark(index).as_bytes()),
        Piece::Cut { mark: index, start, end } => {
            let start = usize::from(*start) % MARK;
            let end = start + usize::from(*end) % (MARK - start + 1);
            text.extend_from_slice(&mark(index).as_bytes()[start..end]);
        }
        Piece::Split { mark: index, at, with } => {
            let (start, end) = mark(index).split_at(usize::from(*at) % MARK);
            text.extend_from_slice([start, *with, end].concat().as_bytes());
        }
        Piece::Capitals(index) => text.extend_from_slice(mark(index).to_uppercase().as_bytes()),
        Piece::Encoded(index) => text.extend_from_slice(STANDARD.encode(mark(index)).as_bytes()),
        Piece::Foreign => text.extend_from_slice(Marks::new().base64(&MEDIA[1].0).as_bytes()),
    }
}

/// Returns the text with the media of its marks and the numbers of the marks, or `None` if a mark is damaged or forgotten.
fn expect(text: &[u8], given: &Given) -> Option<(Vec<u8>, Vec<u64>)> {
    let (words, random) = given.marks[0][..PREFIX].split_at(WORDS);
    let prefix = [words, random].concat();
    let (mut filled, mut remaining, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        match rest.strip_prefix(prefix.as_bytes()) {
            Some(number) => {
                let (number, after) = number.split_at_checked(NUMBER)?;
                if filled.last() == Some(&b'\\') || number.iter().any(u8::is_ascii_uppercase) {
                    return None;
                }
                let digits = str::from_utf8(number).ok().filter(|number| !number.starts_with('+'))?;
                let number = u64::from_str_radix(digits, 16).ok()?;
                filled.extend_from_slice(given.live.get(&number)?.0);
                // Ends what is before the mark. The end of the number and the text after it may look like the end of the
                // random digits.
                remaining.push(0);
                remaining.extend_from_slice(digits.as_bytes());
                numbers.push(number);
                rest = after;
            }
            None => {
                filled.push(*byte);
                remaining.push(*byte);
                rest = after;
            }
        }
    }
    let half = &random[RANDOM / 2..];
    let start = format!("{words}{}", &random[..8]);
    let parts = [start.as_bytes(), half.as_bytes(), &half.to_uppercase().into_bytes()];
    let encoded = STANDARD.encode(&prefix);
    let has = |part: &[u8]| remaining.windows(part.len()).any(|window| window == part);
    let is_damaged = parts.into_iter().chain([encoded.as_bytes()]).any(has);
    (!is_damaged).then_some((filled, numbers))
}

/// Checks JSON that a client has written, and the same JSON in the frames of a request.
fn check_inlay(marks: &Marks, given: &Given, json: &[u8], data: &mut Unstructured<'_>, judged: &mut Judged) {
    let expected = expect(json, given)
        .filter(|(_, numbers)| numbers.is_empty() || str::from_utf8(json).is_ok())
        .map(|(filled, numbers)| (filled, !numbers.is_empty()));
    let inlaid = marks.inlay(json);
    let Some((filled, has_marks)) = &expected else {
        assert!(inlaid.is_err(), "a damaged or forgotten mark is an error");
        let request = through(marks, json, data);
        assert!(request.is_err(), "a damaged or forgotten mark is an error");
        judged.step(json.len());
        return;
    };
    judged.case();
    let body = inlaid.expect("no mark is damaged");
    assert_eq!(body.is_some(), *has_marks);
    if let Some(mut body) = body {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, body.len());
        assert!(bytes == *filled, "each mark becomes its own media");
        judged.step(bytes.len());
    }
    let request = through(marks, json, data).expect("no mark is damaged");
    assert_eq!(request.body().inlaid_body().is_some(), *has_marks);
    let len = request.headers().get(header::CONTENT_LENGTH).map(|len| len.to_str().unwrap().parse());
    assert_eq!(len, has_marks.then_some(Ok(filled.len())));
    let bytes = collect(request.into_body());
    assert!(bytes == *filled, "each mark becomes its own media");
    judged.step(bytes.len());
}

/// Checks a value with the text. It must contain the marks that were created on the set itself.
fn check_body(marks: &Marks, given: &Given, text: &str, judged: &mut Judged) {
    // JSON escapes some of the text, which may damage marks.
    let json = serde_json::to_vec(&[text]).unwrap();
    let expected = expect(&json, given).filter(|(_, numbers)| {
        let own = given.live.iter().filter(|(_, (_, is_in_scope))| !is_in_scope);
        own.into_iter().all(|(number, _)| numbers.contains(number))
    });
    match (marks.body(&[text]), expected) {
        (Ok(mut body), Some((filled, _))) => {
            let mut bytes = Vec::new();
            body.read_to_end(&mut bytes).unwrap();
            assert!(bytes == filled, "each mark becomes its own media");
            judged.case();
            judged.step(bytes.len());
        }
        (Err(_), None) => {}
        (Ok(_), None) => panic!("a damaged, forgotten or unused mark is an error"),
        (Err(error), Some(_)) => panic!("{error}"),
    }
}

/// A body in frames, each of which has to be waited for.
struct Frames {
    frames: Vec<Bytes>,
    len: u64,
    is_ready: bool,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        self.is_ready = !self.is_ready;
        if self.is_ready {
            return Poll::Pending;
        }
        let frame = self.frames.pop();
        self.len -= frame.as_ref().map_or(0, |frame| frame.len() as u64);
        Poll::Ready(frame.map(|frame| Ok(Frame::data(frame))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len)
    }
}

/// Keeps the request that it is called with.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Option<Request<MarksBody<Frames>>>>>);

impl Service<Request<MarksBody<Frames>>> for Kept {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<std::result::Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<MarksBody<Frames>>) -> Self::Future {
        *self.0.lock().unwrap() = Some(request);
        ready(Ok(()))
    }
}

/// Returns the request that leaves the layer for JSON in frames of drawn lengths.
fn through(
    marks: &Marks,
    json: &[u8],
    data: &mut Unstructured<'_>,
) -> std::result::Result<Request<MarksBody<Frames>>, BoxError> {
    let len = 1 + data.int_in_range(0..=2 * MARK).unwrap_or(0);
    let frames = json.chunks(len).map(Bytes::copy_from_slice).rev().collect();
    let body = Frames { frames, len: json.len() as u64, is_ready: false };
    let request = Request::post("/").header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
    let kept = Kept::default();
    let mut service = MarksLayer::new(marks).layer(kept.clone());
    let mut future = pin!(service.call(request));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            result?;
            let request = kept.0.lock().unwrap().take();
            return Ok(request.expect("the inner service was called"));
        }
    }
}

fn collect(body: MarksBody<Frames>) -> Vec<u8> {
    let mut body = pin!(body);
    let mut context = Context::from_waker(Waker::noop());
    let mut bytes = Vec::new();
    loop {
        match body.as_mut().poll_frame(&mut context) {
            Poll::Ready(Some(frame)) => bytes.extend_from_slice(&frame.unwrap().into_data().unwrap()),
            Poll::Ready(None) => return bytes,
            Poll::Pending => {}
        }
    }
}
