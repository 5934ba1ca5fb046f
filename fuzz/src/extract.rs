//! Arbitrary bytes as JSON, cut anywhere and with small limits: the media and the text do not depend on the cuts, equal
//! those that serde_json and another decoder find, and make the same JSON again.

use super::{document::document, judged::Judged};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use niello::{Extracted, Extractor, JsonPath, Media, Place, Spool, chat, gemini};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::{fmt, io::Read, iter};

pub fn extract(data: &[u8], judged: &mut Judged) {
    let Some((&[how, cut, text, count, bytes], rest)) = data.split_first_chunk::<5>() else { return };
    let json = if how & 1 == 0 { rest.to_vec() } else { document(rest) };
    let setup = Setup {
        rule: how >> 1 & 7,
        // A small threshold makes a file for each media, which takes long.
        threshold: if how >> 4 == 0 { usize::from(bytes) } else { Spool::THRESHOLD },
        limits: None,
    };
    let whole = setup.read([&json[..]]);
    setup.check_cuts(&json, cut, &whole);
    judged.step(json.len());

    let limits =
        (usize::from(text) << (how >> 4 & 3), usize::from(count % 8), u64::from(bytes) << (how >> 6));
    let limited = Setup { limits: Some(limits), ..setup };
    let within = limited.read([&json[..]]);
    limited.check_cuts(&json, cut, &within);
    match &whole {
        Ok(whole) => {
            judged.case();
            judged.step(whole.media.iter().map(|media| media.bytes.len()).sum());
            assert_eq!(within.is_ok(), whole.fits(limits), "{within:?} {limits:?}");
            assert!(within.is_err() || within.as_ref() == Ok(whole));
        }
        Err(_) => assert!(within.is_err()),
    }

    if setup.is_default() {
        let expected = Expected::of(&json);
        match (&whole, expected) {
            (Ok(whole), expected) => check_body(&setup, &json, whole, expected),
            (Err(error), Ok(expected)) => assert!(expected.may_fail, "{error}"),
            (Err(_), Err(_)) => {}
        }
    }
}

/// Asserts that extracted JSON has the expected media, and becomes the same JSON again.
fn check_body(setup: &Setup, json: &[u8], whole: &Summary, expected: serde_json::Result<Expected>) {
    let extracted = setup.extract([json]).unwrap();
    let mut body = extracted.body().unwrap();
    let mut again = Vec::new();
    body.read_to_end(&mut again).unwrap();
    assert_eq!(again.len() as u64, body.len());
    // An empty string is not media.
    if whole.media.iter().all(|media| !media.bytes.is_empty()) {
        assert_eq!(setup.read([&again[..]]).as_ref(), Ok(whole));
    }

    for media in extracted.media() {
        assert!(std::ptr::eq(extracted.find(media.mark()).unwrap(), media));
    }
    let _ = extracted.parse::<Value>();
    let _ = chat::Response::from_extracted(&extracted).map(|response| format!("{response:?}").len());
    let _ = gemini::Response::from_extracted(&extracted).map(|response| format!("{response:?}").len());

    // serde_json reads less than it skips: no unpaired surrogates, for instance.
    let Ok(expected) = expected else { return };
    assert!(!expected.must_fail);
    if expected.may_fail {
        return;
    }
    assert_eq!(whole.media.len(), expected.media.len(), "{:?} {:?}", whole.media, expected.media);
    for (media, expected) in iter::zip(&whole.media, &expected.media) {
        assert_eq!((&media.bytes, media.is_data_uri), (&expected.bytes, expected.is_data_uri));
        assert!(
            expected.mime == Mime::Unknown || expected.mime == Mime::Is(media.mime.clone()),
            "{media:?} {expected:?}"
        );
        let is_path = match media.path.strip_prefix("...") {
            Some(end) => expected.path.ends_with(end),
            None => expected.path == media.path,
        };
        assert!(is_path, "{media:?} {expected:?}");
    }
    if expected.is_canonical {
        assert_eq!(again, json);
    }
    let of_again = Expected::of(&again).unwrap();
    assert_eq!(of_again.tokens, expected.tokens);
}

/// How JSON is extracted.
#[derive(Clone, Copy)]
struct Setup {
    rule: u8,
    threshold: usize,
    limits: Option<(usize, usize, u64)>,
}

impl Setup {
    fn is_default(&self) -> bool {
        self.rule < 5
    }

    fn extractor(&self) -> Extractor {
        let mut extractor = Extractor::with_store(Spool::with_threshold(self.threshold));
        if let Some((text, count, bytes)) = self.limits {
            extractor = extractor.max_text(text).max_media(count).max_media_bytes(bytes);
        }
        match self.rule {
            5 => extractor.rule(|_: &JsonPath| Place::Media),
            6 => extractor.rule(|_: &JsonPath| Place::DataUri),
            7 => extractor.rule(|path: &JsonPath| match path.key() {
                Some("text" | "url") => Place::Media,
                Some("content") => Place::DataUri,
                _ => Place::Text,
            }),
            _ => extractor,
        }
    }

    fn extract<'j>(&self, parts: impl IntoIterator<Item = &'j [u8]>) -> niello::Result<Extracted> {
        let mut extractor = self.extractor();
        for part in parts {
            extractor.push(part)?;
        }
        extractor.finish()
    }

    fn read<'j>(&self, parts: impl IntoIterator<Item = &'j [u8]>) -> Result<Summary, String> {
        self.extract(parts).map(|extracted| Summary::of(&extracted)).map_err(|error| error.to_string())
    }

    fn check_cuts(&self, json: &[u8], cut: u8, whole: &Result<Summary, String>) {
        let step = usize::from(cut) + 1;
        assert_eq!(&self.read(json.chunks(step)), whole, "cut every {step} bytes");
        let (front, back) = json.split_at(json.len() * usize::from(cut) / 256);
        assert_eq!(&self.read([front, b"", back]), whole, "cut at {}", front.len());
        if json.len() < 4096 {
            assert_eq!(&self.read(json.chunks(1)), whole, "cut at every byte");
        }
    }
}

#[derive(Debug, PartialEq)]
struct Summary {
    media: Vec<Found>,
    /// The text with `*` in the place of marks.
    text: String,
    text_len: usize,
}

#[derive(Debug, PartialEq)]
struct Found {
    path: String,
    mime: Option<String>,
    is_data_uri: bool,
    bytes: Vec<u8>,
}

impl Summary {
    fn of(extracted: &Extracted) -> Summary {
        let mut text = extracted.text().to_owned();
        let media = extracted.media().iter().map(|media| {
            assert_eq!(text.matches(media.mark()).count(), 1);
            text = text.replace(media.mark(), "*");
            Found {
                path: media.path().to_owned(),
                mime: media.mime().map(str::to_owned),
                is_data_uri: media.is_data_uri(),
                bytes: bytes(media.stored()),
            }
        });
        let media = media.collect();
        Summary { media, text, text_len: extracted.text().len() }
    }

    fn fits(&self, (text, count, bytes): (usize, usize, u64)) -> bool {
        let sum: usize = self.media.iter().map(|media| media.bytes.len()).sum();
        self.text_len <= text && self.media.len() <= count && sum as u64 <= bytes
    }
}

fn bytes(media: &Media) -> Vec<u8> {
    let mut bytes = Vec::new();
    assert_eq!(media.copy_to(&mut bytes).unwrap(), media.len());
    bytes
}

/// What serde_json and another decoder find in JSON.
#[derive(Default)]
struct Expected {
    media: Vec<ExpectedMedia>,
    /// Keys and values in their order, with media in its canonical spelling.
    tokens: Vec<String>,
    /// The spelling of all media is canonical.
    is_canonical: bool,
    /// A string in the place of media is not base64.
    must_fail: bool,
    /// So is a long data URI.
    may_fail: bool,
    path: Vec<Step>,
}

#[derive(Debug)]
struct ExpectedMedia {
    path: String,
    mime: Mime,
    is_data_uri: bool,
    bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq)]
enum Mime {
    Is(Option<String>),
    /// A format of audio whose type is not checked here.
    Unknown,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Expected {
    fn of(json: &[u8]) -> serde_json::Result<Expected> {
        let mut expected = Expected { is_canonical: true, ..Expected::default() };
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        ValueOf(&mut expected).deserialize(&mut deserializer)?;
        deserializer.end()?;
        expected.may_fail |= expected.must_fail;
        Ok(expected)
    }

    fn key(&self, back: usize) -> Option<&str> {
        match self.path.iter().nth_back(back) {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The rule as the documentation of `Place::of` has it.
    fn place(&self) -> Place {
        let pairs = self.path.windows(2).any(|pair| match pair {
            [Step::Key(outer), Step::Key(inner)] => matches!(
                (&**outer, &**inner),
                ("functionCall" | "function_call", "args")
                    | ("functionResponse" | "function_response", "response")
            ),
            _ => false,
        });
        match (self.key(1), self.key(0)) {
            (Some("inlineData" | "inline_data" | "audio" | "input_audio"), Some("data")) if !pairs => {
                Place::Media
            }
            (_, Some("b64_json" | "file_data")) if !pairs => Place::Media,
            (_, Some("text" | "content" | "arguments" | "input" | "mimeType" | "mime_type")) => Place::Text,
            (Some("input_audio"), Some("format")) => Place::Text,
            _ => Place::DataUri,
        }
    }

    fn add_string(&mut self, string: &str, has_escapes: bool) {
        let place = self.place();
        let header =
            string.split_once(',').filter(|(header, _)| header.len() < 256).and_then(|(header, data)| {
                let mime = header.strip_prefix("data:")?.strip_suffix(";base64")?;
                is_mime(mime).then_some((mime, data))
            });
        let base64 = match (place, header) {
            (Place::Text, _) | (Place::DataUri, None) => "",
            (_, Some((_, data))) => data,
            (_, None) => string,
        };
        self.tokens.push(string.to_owned());
        if base64.is_empty() {
            return;
        }
        let Some(bytes) = decode(base64) else {
            match place {
                Place::Media if is_url(string) => {}
                Place::Media => self.must_fail = true,
                _ => self.may_fail |= base64.len() >= 1024,
            }
            return;
        };
        let canonical = STANDARD.encode(&bytes);
        self.is_canonical &= canonical == base64 && !has_escapes;
        let start = &string[..string.len() - base64.len()];
        *self.tokens.last_mut().unwrap() = format!("{start}{canonical}");
        let path = self.path.iter().map(|step| match step {
            Step::Key(key) => format!(".{key}"),
            Step::Index(index) => format!("[{index}]"),
        });
        self.media.push(ExpectedMedia {
            path: iter::once("$".to_owned()).chain(path).collect(),
            mime: Mime::Is(header.map(|(mime, _)| mime.to_owned())),
            is_data_uri: header.is_some(),
            bytes,
        });
    }
}

fn is_url(string: &str) -> bool {
    ["https:", "http:", "gs:"].iter().any(|scheme| string.starts_with(scheme))
}

fn is_mime(mime: &str) -> bool {
    mime.len() <= 256 && Media::from_bytes(&b""[..], mime).is_ok()
}

fn decode(base64: &str) -> Option<Vec<u8>> {
    let characters = base64.bytes().filter(|c| !b"\t\n\r".contains(c)).map(|c| match c {
        b'-' => b'+',
        b'_' => b'/',
        c => c,
    });
    let characters: Vec<u8> = characters.collect();
    STANDARD.decode(&characters).or_else(|_| STANDARD_NO_PAD.decode(&characters)).ok()
}

/// Reads a value. Returns a string if it is one.
struct ValueOf<'e>(&'e mut Expected);

impl<'de> DeserializeSeed<'de> for ValueOf<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<String>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueOf<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Option<String>, E> {
        self.0.tokens.push("null".to_owned());
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Option<String>, E> {
        self.0.tokens.push(value.to_string());
        Ok(None)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Option<String>, E> {
        self.0.tokens.push(value.to_string());
        Ok(None)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Option<String>, E> {
        self.0.tokens.push(value.to_string());
        Ok(None)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Option<String>, E> {
        self.0.tokens.push(value.to_string());
        Ok(None)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Option<String>, E> {
        self.0.add_string(value, false);
        Ok(Some(value.to_owned()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Option<String>, E> {
        self.0.add_string(value, true);
        Ok(Some(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<String>, A::Error> {
        self.0.tokens.push("[".to_owned());
        for index in 0.. {
            self.0.path.push(Step::Index(index));
            let item = list.next_element_seed(ValueOf(self.0))?;
            self.0.path.pop();
            if item.is_none() {
                break;
            }
        }
        self.0.tokens.push("]".to_owned());
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<String>, A::Error> {
        self.0.tokens.push("{".to_owned());
        // The media of this object, and its type.
        let (mut own, mut mime) = (Vec::new(), Mime::Is(None));
        while let Some(key) = object.next_key::<String>()? {
            self.0.tokens.push(key.clone());
            let is_audio = self.0.key(0) == Some("input_audio");
            let media = self.0.media.len();
            self.0.path.push(Step::Key(key.clone()));
            let string = object.next_value_seed(ValueOf(self.0))?;
            self.0.path.pop();
            let Some(string) = string else { continue };
            match (&*key, &*string) {
                ("mimeType" | "mime_type", string) if is_mime(string) => {
                    mime = Mime::Is(Some(string.to_owned()))
                }
                ("format", "mp3" | "wav") if is_audio => mime = Mime::Is(Some(format!("audio/{string}"))),
                ("format", _) if is_audio => mime = Mime::Unknown,
                _ => own.extend(media..self.0.media.len()),
            }
        }
        for media in own {
            let media = &mut self.0.media[media];
            if !media.is_data_uri {
                media.mime = mime.clone();
            }
        }
        self.0.tokens.push("}".to_owned());
        Ok(None)
    }
}
