//! The body of any value is what `serde_json::to_vec` writes, with its media streamed.

mod common;

use common::{Origin, assert_same, base64_of, noise, rest_of};
use niello::{Body, DataUri, Error, ErrorKind, Media, Segment, bytes::Bytes};
use proptest::prelude::*;
use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap, SerializeStruct},
};
use std::{
    collections::BTreeMap,
    error::Error as _,
    fmt::{self, Write as _},
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, OnceLock},
};

/// Returns the body of a value. It must be what serde_json writes, with exactly these media streamed, in order.
#[track_caller]
fn streams<T: Serialize + ?Sized>(value: &T, media: &[&Media]) -> Vec<u8> {
    let expected = serde_json::to_vec(value).unwrap();
    let mut body = Body::json(value).unwrap();
    assert_eq!(body.len(), expected.len() as u64);
    assert_eq!(body.position(), 0);

    let (mut end, mut streamed) = (0, Vec::new());
    for (start, segment) in body.segments() {
        assert_eq!(start, end, "segments are adjacent");
        end += segment.len();
        assert!(segment.len() > 0);
        match segment {
            Segment::Text(text) => {
                assert_same(text.as_bytes(), &expected[start as usize..end as usize], "a segment of text")
            }
            Segment::Base64(media) => streamed.push(media.clone()),
            _ => panic!("{segment:?}"),
        }
    }
    assert_eq!(end, body.len());
    assert!(
        streamed.len() == media.len()
            && streamed.iter().zip(media).all(|(streamed, media)| streamed.ptr_eq(media)),
        "streamed {streamed:?} for {media:?}"
    );
    assert_same(&rest_of(&mut body), &expected, "the body");
    expected
}

/// Returns the kind and the message of the error for a value.
#[track_caller]
fn fails<T: Serialize + ?Sized>(value: &T) -> (ErrorKind, String) {
    let error = Body::json(value).unwrap_err();
    (error.kind(), error.to_string())
}

fn clip() -> Media {
    Origin::Map.media(&noise(70_001))
}

/// Media whose base64 output is just over, and exactly, the 1 MiB that may be buffered.
fn over_limit() -> Media {
    Origin::Read.media(&noise(768 * 1024 + 1))
}
fn at_limit() -> Media {
    Origin::Read.media(&noise(768 * 1024))
}

#[derive(Serialize)]
struct Holder<'a> {
    before: &'a str,
    media: &'a Media,
    uri: DataUri,
    after: Option<u8>,
}

impl<'a> Holder<'a> {
    fn of(media: &'a Media) -> Holder<'a> {
        Holder { before: "a \"b\"\\\n\u{1}\u{2028}é🎞", media, uri: DataUri::from(media), after: None }
    }
}

/// Calls a function for its value when it is serialized.
struct Made<F>(F);

impl<T: Serialize, F: Fn() -> Result<T, String>> Serialize for Made<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0)().map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// Serializes through serde_path_to_error.
struct Traced<T>(T);

impl<T: Serialize> Serialize for Traced<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut track = serde_path_to_error::Track::new();
        self.0
            .serialize(serde_path_to_error::Serializer::new(serializer, &mut track))
            .map_err(|error| S::Error::custom(format!("{}: {error}", track.path())))
    }
}

/// Serializes media, and then panics.
struct PanicsAfter<'a>(&'a Media);

impl Serialize for PanicsAfter<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("media", self.0)?;
        resume_unwind(Box::new("in the middle"))
    }
}

/// Returns media whose file was changed after it was opened.
fn changed() -> Media {
    let folder = common::scratch();
    let path = folder.path().join("clip.mp4");
    std::fs::write(&path, noise(5000)).unwrap();
    let media = Media::options().mime("video/mp4").open(&path).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(4000).unwrap();
    media
}

#[derive(Serialize)]
#[serde(tag = "tag")]
enum Internal<'a> {
    Struct { media: &'a Media, uri: DataUri },
    Newtype(Holder<'a>),
    Inner(External<'a>),
    Map(BTreeMap<&'a str, &'a Media>),
}

#[derive(Serialize)]
enum External<'a> {
    Newtype(&'a Media),
    Tuple(u8, &'a Media, DataUri),
    Struct { media: &'a Media, uri: DataUri },
}

#[derive(Serialize)]
#[serde(tag = "tag", content = "content")]
enum Adjacent<'a> {
    Newtype(&'a Media),
    Tuple(u8, &'a Media, DataUri),
    Struct { media: &'a Media, uri: DataUri },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Untagged<'a> {
    Newtype(&'a Media),
    Tuple(u8, &'a Media, DataUri),
    Struct { media: &'a Media, uri: DataUri },
}

#[test]
fn media_can_be_the_whole_value() {
    for media in [clip(), over_limit(), Media::from_bytes(&b"x"[..], "audio/wav").unwrap()] {
        streams(&media, &[&media]);
        streams(&DataUri::from(&media), &[&media]);
        streams(&Some(Box::new(&media)), &[&media]);
        let text = streams(&std::sync::Arc::<DataUri>::new(media.clone().into()).as_ref(), &[&media]);
        assert!(text.starts_with(format!("\"data:{};base64,", media.mime()).as_bytes()));
    }
}

#[test]
fn media_is_streamed_from_structs_and_collections() {
    #[derive(Serialize)]
    struct Nested<'a> {
        one: Holder<'a>,
        many: Vec<Holder<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        none: Option<Media>,
        tuple: (u8, Media, [DataUri; 2]),
        unit: (),
        newtype: Newtype<'a>,
    }
    #[derive(Serialize)]
    struct Newtype<'a>(&'a Media);

    let (a, b) = (clip(), over_limit());
    let value = Nested {
        one: Holder::of(&a),
        many: vec![Holder::of(&b), Holder::of(&a)],
        none: None,
        tuple: (1, b.clone(), [(&a).into(), (&b).into()]),
        unit: (),
        newtype: Newtype(&a),
    };
    streams(&value, &[&a, &a, &b, &b, &a, &a, &b, &a, &b, &a]);
    streams(&Vec::<Media>::new(), &[]);
    streams(&[&a, &a], &[&a, &a]);
}

#[test]
fn media_is_streamed_from_keys_and_values_of_maps() {
    struct Pairs<'a>(Vec<(&'a dyn erased_serde::Serialize, &'a Media)>);
    impl Serialize for Pairs<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().copied())
        }
    }
    let (a, b) = (clip(), over_limit());
    streams(&BTreeMap::from([("a", &a), ("b", &b)]), &[&a, &b]);
    streams(&BTreeMap::from([(3, DataUri::from(&a))]), &[&a]);
    streams(&Pairs(vec![(&a, &b), (&"text", &a), (&DataUri(b.clone()), &b)]), &[&a, &b, &a, &b, &b]);
}

#[test]
fn media_is_streamed_from_flattened_fields() {
    #[derive(Serialize)]
    struct Outer<'a> {
        first: u8,
        #[serde(flatten)]
        holder: Holder<'a>,
        #[serde(flatten)]
        more: BTreeMap<&'a str, Media>,
        #[serde(flatten)]
        none: Option<BTreeMap<&'a str, Media>>,
        #[serde(flatten)]
        tagged: Internal<'a>,
        #[serde(flatten)]
        newtype: External<'a>,
    }
    let (a, b) = (clip(), over_limit());
    let value = Outer {
        first: 1,
        holder: Holder::of(&b),
        more: BTreeMap::from([("more", a.clone())]),
        none: None,
        tagged: Internal::Struct { media: &b, uri: DataUri::from(&a) },
        newtype: External::Newtype(&b),
    };
    streams(&value, &[&b, &b, &a, &b, &a, &b]);
}

#[test]
fn media_is_streamed_from_every_enum_representation() {
    let media = over_limit();
    let (m, uri) = (&media, || DataUri::from(&media));
    streams(&External::Newtype(m), &[m]);
    streams(&External::Tuple(1, m, uri()), &[m, m]);
    streams(&External::Struct { media: m, uri: uri() }, &[m, m]);
    streams(&Internal::Struct { media: m, uri: uri() }, &[m, m]);
    streams(&Internal::Newtype(Holder::of(m)), &[m, m]);
    streams(&Internal::Map(BTreeMap::from([("media", m)])), &[m]);
    streams(&Internal::Inner(External::Newtype(m)), &[m]);
    streams(&Adjacent::Newtype(m), &[m]);
    streams(&Adjacent::Tuple(1, m, uri()), &[m, m]);
    streams(&Adjacent::Struct { media: m, uri: uri() }, &[m, m]);
    streams(&Untagged::Newtype(m), &[m]);
    streams(&Untagged::Tuple(1, m, uri()), &[m, m]);
    streams(&Untagged::Struct { media: m, uri: uri() }, &[m, m]);
}

#[test]
fn media_is_streamed_from_trait_objects_and_wrapped_serializers() {
    let media = over_limit();
    let boxed: Vec<Box<dyn erased_serde::Serialize + '_>> = vec![
        Box::new(1),
        Box::new(&media),
        Box::new(Holder::of(&media)),
        Box::new(DataUri::from(&media)),
        Box::new(Internal::Newtype(Holder::of(&media))),
    ];
    streams(&boxed, &[&media; 6]);
    streams(&Traced(Holder::of(&media)), &[&media; 2]);
    streams(&Traced(&boxed), &[&media; 6]);
    streams(&Traced(BTreeMap::from([("a", Traced(&media))])), &[&media]);
}

/// Returns the values that are buffered before they are written, each with what the error for it names as the cause.
fn buffered(media: &Media) -> Vec<(&'static str, Box<dyn erased_serde::Serialize + '_>)> {
    #[derive(Serialize)]
    struct Flat<'a> {
        #[serde(flatten)]
        variant: External<'a>,
    }
    let (variant, value, text) = (
        "inside an internally tagged enum or under `flatten`",
        "`serde_json::to_value` or `json!`",
        "`to_string`",
    );
    let message = |error: serde_json::Error| error.to_string();
    vec![
        (variant, Box::new(Internal::Inner(External::Tuple(1, media, DataUri::from(media))))),
        (variant, Box::new(Internal::Inner(External::Struct { media, uri: DataUri::from(media) }))),
        (variant, Box::new(Flat { variant: External::Struct { media, uri: DataUri::from(media) } })),
        (value, Box::new(Made(move || serde_json::to_value(Holder::of(media)).map_err(message)))),
        (text, Box::new(Made(move || serde_json::to_string(media).map_err(message)))),
    ]
}

#[test]
fn media_that_serde_buffers_is_correct_but_not_streamed() {
    for media in [clip(), at_limit()] {
        for (_, value) in buffered(&media) {
            let text = streams(&value, &[]);
            // Media after it is streamed.
            let after = streams(&(&value, &media), &[&media]);
            assert!(after.len() > text.len() + media.encoded_len() as usize);
        }
    }
}

#[test]
fn media_too_large_to_buffer_is_an_error() {
    let media = over_limit();
    for (cause, value) in buffered(&media) {
        let (kind, message) = fails(&value);
        assert_eq!(kind, ErrorKind::TooLarge, "{message}");
        for said in [media.name(), cause, &media.encoded_len().to_string(), "1048576"] {
            assert!(message.contains(said), "{said:?} in {message}");
        }
        // Outside a body, the limit applies to a `Value` only.
        match serde_json::to_vec(&value) {
            Ok(text) => assert!(text.len() as u64 > media.encoded_len()),
            Err(error) => assert!(cause.contains("to_value") && error.to_string().contains(cause), "{error}"),
        }
        streams(&media, &[&media]);
    }
}

/// `json!` calls `to_value` before a body exists, so the body cannot stream the media.
#[test]
fn large_media_in_a_json_value_is_an_error_that_names_the_way_out() {
    let media = over_limit();
    let failures = [
        serde_json::to_value(&media),
        serde_json::to_value(DataUri::from(&media)),
        serde_json::to_value(Some([Holder::of(&media)])),
        serde_json::to_value(BTreeMap::from([("media", &media)])),
        serde_json::to_value(External::Tuple(1, &media, DataUri::from(&media))),
        serde_json::to_value(Internal::Newtype(Holder::of(&media))),
        serde_json::to_value(Untagged::Newtype(&media)),
        serde_json::to_value(Traced(Holder::of(&media))),
    ];
    for failure in failures {
        let message = failure.unwrap_err().to_string();
        for said in [media.name(), "`json!`", "1048580 bytes", "1048576", "a struct", "`Marks`", "`Template`"]
        {
            assert!(message.contains(said), "{said:?} in {message}");
        }
    }
    let panics = catch_unwind(|| Body::json(&serde_json::json!({"input": media}))).unwrap_err();
    assert!(panics.downcast_ref::<String>().unwrap().contains("put a mark of `Marks`"));

    let small = at_limit();
    streams(&serde_json::json!({"input": small, "uri": DataUri::from(&small)}), &[]);
    // A serializer that hides its type from the media.
    let erased: &dyn erased_serde::Serialize = &media;
    assert!(serde_json::to_value(erased).unwrap().is_string());
}

#[test]
fn large_media_is_written_by_every_text_serializer() {
    let media = over_limit();
    let holder = Holder::of(&media);
    let text = streams(&holder, &[&media, &media]);
    assert_same(serde_json::to_string(&holder).unwrap().as_bytes(), &text, "to_string");
    assert_same(serde_json::value::to_raw_value(&holder).unwrap().get().as_bytes(), &text, "to_raw_value");
    assert_same(&serde_json::to_vec(&Traced(&holder)).unwrap(), &text, "a wrapped serializer");
    let erased: &dyn erased_serde::Serialize = &holder;
    assert_same(&serde_json::to_vec(erased).unwrap(), &text, "a trait object");
    let pretty: serde_json::Value =
        serde_json::from_slice(&serde_json::to_vec_pretty(&holder).unwrap()).unwrap();
    assert_eq!(pretty, serde_json::from_slice::<serde_json::Value>(&text).unwrap());
}

#[test]
fn serialize_impl_can_create_a_body_itself() {
    let (outer, within) = (over_limit(), clip());
    let made = || {
        let mut body = Body::json(&Holder::of(&within)).map_err(|error| error.to_string())?;
        let streamed = body.segments().filter(|(_, segment)| matches!(segment, Segment::Base64(_))).count();
        Ok((streamed, String::from_utf8(rest_of(&mut body)).unwrap()))
    };
    streams(&(&outer, Made(made), &outer), &[&outer, &outer]);

    let depth_two = || {
        let mut body = Body::json(&(&outer, Made(made))).map_err(|error| error.to_string())?;
        Ok(rest_of(&mut body).len())
    };
    streams(&(&outer, Made(depth_two), &outer), &[&outer, &outer]);

    let failing = || Ok(Body::json(&buffered(&outer)[0].1).unwrap_err().to_string());
    let mut body = Body::json(&(&outer, Made(failing), &within)).unwrap();
    let text = rest_of(&mut body);
    assert!(
        String::from_utf8(text).unwrap().contains("serde buffers"),
        "the inner error is text in the outer body"
    );
}

#[test]
fn serialize_impl_can_ignore_the_error_of_a_media_field() {
    let (bad, good) = (changed(), clip());
    let recovers = || Ok(serde_json::to_string(&bad).unwrap_or_else(|_| "nothing".to_owned()));
    let text = streams(&(Made(recovers), &good), &[&good]);
    assert!(text.starts_with(br#"["nothing","#));

    let refuses = Made(|| Err::<(), _>("the value refuses".to_owned()));
    let (kind, message) = fails(&(Made(recovers), refuses));
    assert_eq!(kind, ErrorKind::Json, "a later error is not attributed to the media: {message}");
}

#[test]
fn a_panic_does_not_affect_later_bodies() {
    let media = over_limit();
    for _ in 0..3 {
        assert!(catch_unwind(|| Body::json(&(&media, PanicsAfter(&media)))).is_err());
        let caught = || Ok(catch_unwind(AssertUnwindSafe(|| Body::json(&PanicsAfter(&media)))).is_err());
        streams(&(&media, Made(caught), &media), &[&media, &media]);

        streams(&Holder::of(&media), &[&media, &media]);
        // A thread that still counted as making a plan would reject this.
        assert!(serde_json::to_string(&media).is_ok());
    }
}

/// Panics before the media, while its first fragment is offered, and after that.
#[test]
fn a_panicking_writer_does_not_leak_the_media() {
    struct Panics(usize);
    impl Write for Panics {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).unwrap_or_else(|| resume_unwind(Box::new("a writer")));
            Ok(text.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let bytes: Arc<[u8]> = noise(10_000).into();
    let mut writes = 0;
    loop {
        let media = Media::from_bytes(Bytes::from_owner(bytes.clone()), "video/mp4").unwrap();
        let written = catch_unwind(AssertUnwindSafe(|| serde_json::to_writer(Panics(writes), &media)));
        drop(media);
        assert_eq!(Arc::strong_count(&bytes), 1, "after {writes} writes");
        if written.is_ok() {
            break;
        }
        writes += 1;
    }
    assert!(writes > 4, "two quotes, the offered fragment, and the others");
    let media = over_limit();
    streams(&Holder::of(&media), &[&media, &media]);
}

#[test]
fn strings_equal_to_the_encoded_media_stay_strings() {
    for len in [1, 2, 3, 4, 3000, 70_001] {
        let bytes = noise(len);
        let media = Origin::Bytes.media(&bytes);
        let text = base64_of(&bytes);
        let uri = format!("data:video/mp4;base64,{text}");
        let value =
            (&text, &text[..4], &media, &text[..4], &text, DataUri::from(&media), &uri, (&media, &text));
        streams(&value, &[&media, &media, &media]);
        streams(&BTreeMap::from([(&text, &media), (&uri, &media)]), &[&media, &media]);
    }
}

/// Displays media through its `Serialize` for a `fmt::Formatter`, in uppercase if `alters`.
struct Relayed<'a> {
    media: &'a Media,
    alters: bool,
}

impl fmt::Display for Relayed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Whole<'a>(&'a Media);
        impl fmt::Display for Whole<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.serialize(f)
            }
        }
        struct Upper<'a, 'b>(&'a mut fmt::Formatter<'b>);
        impl fmt::Write for Upper<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.write_str(&text.to_ascii_uppercase())
            }
        }
        match self.alters {
            false => write!(f, "media: {}", Whole(self.media)),
            true => write!(Upper(f), "{}", Whole(self.media)),
        }
    }
}

impl Serialize for Relayed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[test]
fn media_that_is_altered_by_a_formatter_is_text() {
    for media in [clip(), Media::from_bytes(&b"abc"[..], "video/mp4").unwrap()] {
        let text = streams(&(Relayed { media: &media, alters: true }, &media), &[&media]);
        let bytes = serde_json::to_string(&media).unwrap().to_ascii_uppercase();
        assert!(text[1..].starts_with(bytes.as_bytes()));
        streams(&(Relayed { media: &media, alters: false }, &media), &[&media, &media]);
    }
}

#[test]
fn empty_media_is_the_empty_string() {
    for origin in Origin::ALL {
        let empty = origin.media(b"");
        let clip = clip();
        assert_eq!(streams(&empty, &[]), br#""""#);
        assert_eq!(streams(&DataUri::from(&empty), &[]), br#""data:video/mp4;base64,""#);
        streams(&(&empty, &clip, &empty, DataUri::from(&empty), &clip), &[&clip, &clip]);
        buffered(&empty).iter().for_each(|(_, value)| drop(streams(value, &[])));
    }
}

#[test]
fn data_uri_contains_the_parameters_of_the_type() {
    let media = Media::from_bytes(&b"12"[..], "audio/pcm;rate=16000").unwrap();
    assert_eq!(streams(&DataUri::from(&media), &[&media]), br#""data:audio/pcm;rate=16000;base64,MTI=""#);
}

#[test]
fn serde_json_errors_are_in_the_message() {
    #[track_caller]
    fn rejected<T: Serialize + ?Sized>(value: &T, why: &str) {
        let error = Body::json(value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Json);
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.source().is_none(), "the message ends with the cause");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidInput);
    }
    let media = clip();
    let refuses = Made(|| Err::<(), _>("the value refuses".to_owned()));
    rejected(&refuses, "the value refuses");
    rejected(&(&media, &refuses), "the value refuses");
    rejected(&Traced(BTreeMap::from([("at", (&media, &refuses))])), "at[1]: the value refuses");
    let erased: &dyn erased_serde::Serialize = &refuses;
    rejected(erased, "the value refuses");
    rejected(&BTreeMap::from([((1, 2), &media)]), "key must be a string");
    rejected(&BTreeMap::from([(Some(vec![1]), &media)]), "key must be a string");
    streams(&media, &[&media]);
}

#[test]
fn a_struct_with_a_wrong_length_is_written_as_by_serde_json() {
    struct Short<'a>(&'a Media);
    impl Serialize for Short<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut value = serializer.serialize_struct("Short", 0)?;
            value.serialize_field("media", self.0)?;
            value.skip_field("none")?;
            value.end()
        }
    }
    let media = clip();
    streams(&Short(&media), &[&media]);
}

#[test]
fn raw_json_is_copied() {
    let media = clip();
    let raw = serde_json::value::to_raw_value(&("\u{2028}", [1])).unwrap();
    streams(&(&raw, &media, &raw, DataUri::from(&media)), &[&media, &media]);
    let of_media = serde_json::value::to_raw_value(&media).unwrap();
    streams(&BTreeMap::from([("media", &of_media)]), &[]);
}

#[test]
fn other_serializers_write_the_encoded_media() {
    for media in [clip(), over_limit(), Origin::Bytes.media(b""), Origin::Bytes.media(b"x")] {
        let holder = Holder::of(&media);
        let compact = serde_json::to_string(&holder).unwrap();
        let value: serde_json::Value = serde_json::from_str(&compact).unwrap();
        if media.encoded_len() <= at_limit().encoded_len() {
            assert_eq!(serde_json::to_value(&holder).unwrap(), value);
        }
        assert_eq!(value["uri"].as_str().unwrap().len() as u64, media.encoded_len() + 22);
        let pretty = serde_json::to_string_pretty(&holder).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&pretty).unwrap(), value);
        let mut written = Vec::new();
        serde_json::to_writer(&mut written, &holder).unwrap();
        assert_same(&written, compact.as_bytes(), "to_writer");
    }
}

#[test]
fn a_failing_writer_is_an_error_of_serde_json() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let media = clip();
    for room in [0, 1, 2, 4, 5, 6, 30, 4096, 5000, 90_000] {
        let error = serde_json::to_writer(Full(room), &media).unwrap_err();
        assert!(error.is_io(), "{error}");
        let error = serde_json::to_writer_pretty(Full(room), &Holder::of(&media)).unwrap_err();
        assert!(error.is_io(), "{error}");
        streams(&media, &[&media]);
    }
}

#[test]
fn media_of_a_changed_file_is_an_error() {
    let media = changed();
    let writes: [fn(&Media) -> serde_json::Result<()>; 5] = [
        |media| serde_json::to_vec(media).map(drop),
        |media| serde_json::to_string_pretty(&DataUri::from(media)).map(drop),
        |media| serde_json::to_value(Holder::of(media)).map(drop),
        |media| serde_json::to_writer(io::sink(), &(1, media)),
        |media| buffered(media).iter().try_for_each(|(_, value)| serde_json::to_vec(value).map(drop)),
    ];
    for write in writes {
        let message = write(&media).unwrap_err().to_string();
        assert!(message.contains("truncated from 5000 to 4000 bytes"), "{message}");
    }
    for (_, value) in buffered(&media) {
        let (kind, message) = fails(&value);
        assert_eq!(kind, ErrorKind::Changed, "{message}");
    }
    assert_eq!(fails(&Holder::of(&media)).0, ErrorKind::Changed);
    assert_eq!(fails(&Traced(&media)).0, ErrorKind::Changed);
    let erased: &dyn erased_serde::Serialize = &media;
    assert_eq!(fails(erased).0, ErrorKind::Changed);
    streams(&clip().mime(), &[]);
}

/// Any JSON value, with media.
#[derive(Clone, Debug)]
enum Node {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Char(char),
    Text(String),
    Bytes(Vec<u8>),
    Media(usize),
    Uri(usize),
    Some(Box<Node>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Variant(Box<Node>),
}

fn media_of(index: usize) -> &'static Media {
    static MEDIA: OnceLock<Vec<Media>> = OnceLock::new();
    let media = MEDIA.get_or_init(|| {
        let lens = [0, 1, 2, 3, 48, 49, 3073, 3074];
        Origin::ALL.into_iter().flat_map(|origin| lens.map(|len| origin.media(&noise(len)))).collect()
    });
    &media[index % media.len()]
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Null => serializer.serialize_unit(),
            Node::Bool(value) => value.serialize(serializer),
            Node::Signed(value) => value.serialize(serializer),
            Node::Unsigned(value) => value.serialize(serializer),
            Node::Float(value) => value.serialize(serializer),
            Node::Char(value) => value.serialize(serializer),
            Node::Text(value) => value.serialize(serializer),
            Node::Bytes(value) => serializer.serialize_bytes(value),
            Node::Media(index) => media_of(*index).serialize(serializer),
            Node::Uri(index) => DataUri::from(media_of(*index)).serialize(serializer),
            Node::Some(node) => serializer.serialize_some(node),
            Node::List(nodes) => nodes.serialize(serializer),
            Node::Map(pairs) => serializer.collect_map(pairs.iter().map(|(key, value)| (key, value))),
            Node::Variant(node) => serializer.serialize_newtype_variant("Node", 0, "variant\n", node),
        }
    }
}

impl Node {
    fn media(&self, all: &mut Vec<&Media>) {
        match self {
            // Empty media has no segment.
            Node::Media(index) | Node::Uri(index) if !media_of(*index).is_empty() => {
                all.push(media_of(*index))
            }
            Node::Some(node) | Node::Variant(node) => node.media(all),
            Node::List(nodes) => nodes.iter().for_each(|node| node.media(all)),
            Node::Map(pairs) => pairs.iter().for_each(|(key, value)| {
                key.media(all);
                value.media(all);
            }),
            _ => {}
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    let special = [
        '"', '\\', '/', '\0', '\u{8}', '\u{c}', '\n', '\r', '\t', '\u{1f}', '\u{7f}', '\u{2028}', '\u{2029}',
    ];
    let char = prop_oneof![
        3 => prop::char::range(' ', '~'),
        3 => prop::sample::select(special.to_vec()),
        2 => prop::char::range('\u{10000}', '\u{10ffff}'),
        2 => any::<char>(),
    ];
    prop::collection::vec(char, 0..12).prop_map(String::from_iter)
}

fn node() -> impl Strategy<Value = Node> {
    let key = prop_oneof![
        5 => text().prop_map(Node::Text),
        1 => any::<usize>().prop_map(Node::Media),
        1 => any::<usize>().prop_map(Node::Uri),
        1 => any::<i64>().prop_map(Node::Signed),
    ];
    let leaf = prop_oneof![
        Just(Node::Null),
        any::<bool>().prop_map(Node::Bool),
        any::<i64>().prop_map(Node::Signed),
        any::<u64>().prop_map(Node::Unsigned),
        any::<f64>().prop_map(Node::Float),
        any::<char>().prop_map(Node::Char),
        text().prop_map(Node::Text),
        prop::collection::vec(any::<u8>(), 0..5).prop_map(Node::Bytes),
        any::<usize>().prop_map(Node::Media),
        any::<usize>().prop_map(Node::Media),
        any::<usize>().prop_map(Node::Uri),
    ];
    leaf.prop_recursive(5, 60, 6, move |node| {
        prop_oneof![
            node.clone().prop_map(|node| Node::Some(node.into())),
            node.clone().prop_map(|node| Node::Variant(node.into())),
            prop::collection::vec(node.clone(), 0..6).prop_map(Node::List),
            prop::collection::vec((key.clone(), node), 0..6).prop_map(Node::Map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_value_is_what_serde_json_writes(node in node()) {
        let mut media = Vec::new();
        node.media(&mut media);
        streams(&node, &media);
        streams(&Traced(&node), &media);
        let erased: &dyn erased_serde::Serialize = &node;
        streams(erased, &media);
    }
}

#[test]
fn errors_can_be_cloned_and_converted() {
    let error: Error = Body::json(&changed()).unwrap_err();
    assert_eq!(error.clone().to_string(), error.to_string());
    let through = io::Error::from(error.clone());
    assert_eq!(through.to_string(), error.to_string());
    assert_eq!(common::inner(&through).kind(), ErrorKind::Changed);
}

/// The context that media fields share with plans is gone by then.
#[test]
fn media_serializes_in_the_destructor_of_a_thread_local() {
    struct AtExit(Media, std::sync::mpsc::Sender<[String; 3]>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            let mut body = Body::json(&Holder::of(&self.0)).unwrap();
            let template = niello::Template::new("[]").body().unwrap();
            let texts = [
                serde_json::to_string(&Holder::of(&self.0)).unwrap(),
                String::from_utf8(rest_of(&mut body)).unwrap(),
                template.len().to_string(),
            ];
            self.1.send(texts).unwrap();
        }
    }
    thread_local! {
        static AT_EXIT: std::cell::RefCell<Option<AtExit>> = const { std::cell::RefCell::new(None) };
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let media = clip();
    let at_exit = AtExit(media.clone(), sender);
    std::thread::spawn(move || {
        // Registered first, so destroyed last.
        AT_EXIT.with(|cell| *cell.borrow_mut() = Some(at_exit));
        Body::json(&Holder::of(&clip())).unwrap();
    })
    .join()
    .unwrap();
    let [text, body, template] = receiver.recv().unwrap();
    assert_eq!(text, serde_json::to_string(&Holder::of(&media)).unwrap());
    assert_eq!((body, &*template), (text, "2"));
}

/// Another crate in the build may turn on the features of serde_json that keep the order of keys and the spelling of
/// numbers. `.ci/run features` runs the tests with them.
#[test]
fn requests_are_written_as_they_were_read_if_serde_json_keeps_order_and_numbers() {
    let keeps_order = serde_json::json!({"b": 1, "a": 2}).to_string().starts_with(r#"{"b""#);
    let number: serde_json::Value = serde_json::from_str("1.50").unwrap();
    let keeps_numbers = format!("{number}").ends_with("50");
    let chat = r#"{"model":"m","messages":[{"role":"user","content":[{"type":"x","z":1,"y":2.50,"a":3,"b":4}],"q":1,"c":2}],"z":1.0,"y":[{"d":1,"c":1e+2}]}"#;
    let gemini = r#"{"contents":[{"parts":[{"text":"x","z":1,"y":2.50,"a":{"d":1,"c":1e+2}}],"q":1,"c":2}],"z":1.0,"y":2}"#;
    let written = [
        (chat, Body::json(&serde_json::from_str::<niello::chat::Request>(chat).unwrap()).unwrap()),
        (chat, serde_json::from_str::<niello::chat::Request>(chat).unwrap().body().unwrap()),
        (gemini, Body::json(&serde_json::from_str::<niello::gemini::Request>(gemini).unwrap()).unwrap()),
        (gemini, serde_json::from_str::<niello::gemini::Request>(gemini).unwrap().body().unwrap()),
    ];
    for (read, mut body) in written {
        let text = io::read_to_string(&mut body).unwrap();
        if keeps_order && keeps_numbers {
            assert_eq!(text, read);
        }
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, serde_json::from_str::<serde_json::Value>(read).unwrap());
    }
}
