//! Media out of JSON: every cut, every spelling, every limit.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use niello::{DataUri, Error, ErrorKind, Extracted, Extractor, Media, Place, Result, Store};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{fs, io};

fn bytes(media: &Media) -> Vec<u8> {
    let mut bytes = Vec::new();
    media.copy_to(&mut bytes).unwrap();
    bytes
}

/// The path of a media, its MIME type and its bytes.
type Found = (String, Option<String>, Vec<u8>);

/// Returns all media, and the JSON with `*` in the place of their base64.
fn summary(extracted: &Extracted) -> (Vec<Found>, String) {
    let media = extracted
        .media()
        .iter()
        .map(|media| (media.path().to_owned(), media.mime().map(str::to_owned), bytes(media.stored())));
    let media: Vec<_> = media.collect();
    let mut text = extracted.text().to_owned();
    for (n, media) in extracted.media().iter().enumerate() {
        assert_eq!(text.matches(media.mark()).count(), 1, "{n}");
        text = text.replace(media.mark(), "*");
    }
    (media, text)
}

fn extract(json: &str) -> Result<Extracted> {
    Extractor::new().read(json.as_bytes())
}

fn error(json: &str) -> Error {
    extract(json).expect_err(json)
}

/// Extracts JSON that is cut before each of the given bytes.
fn extract_cut(json: &[u8], cuts: impl IntoIterator<Item = usize>) -> Result<Extracted> {
    let mut extractor = Extractor::new();
    let mut start = 0;
    for cut in cuts {
        extractor.push(&json[start..cut])?;
        start = cut;
    }
    extractor.push(&json[start..])?;
    extractor.finish()
}

#[test]
fn media_is_found_by_its_place_and_by_the_prefix_of_a_data_uri() {
    let (media, text) = summary(
        &extract(
            r#"{"a":{"inlineData":{"mimeType":"image/png","data":"AAECAw=="}},"b":{"inline_data":{"data":"AQ==","mime_type":"audio/wav"}},
"audio":{"data":"Ag==","id":"x"},"input_audio":{"format":"mp3","data":"Aw=="},"file":{"file_data":"data:text/csv;base64,BA=="},
"data":[{"b64_json":"BQ=="}],"url":["data:video/mp4;base64,Bg==","https://a"],"text":"data:video/mp4;base64,Bg==","empty":"data:image/png;base64,"}"#,
        )
        .unwrap(),
    );
    let media: Vec<_> =
        media.iter().map(|(path, mime, bytes)| (&**path, mime.as_deref(), &**bytes)).collect();
    assert_eq!(
        media,
        [
            ("$.a.inlineData.data", Some("image/png"), &[0, 1, 2, 3][..]),
            ("$.b.inline_data.data", Some("audio/wav"), &[1]),
            ("$.audio.data", None, &[2]),
            ("$.input_audio.data", Some("audio/mp3"), &[3]),
            ("$.file.file_data", Some("text/csv"), &[4]),
            ("$.data[0].b64_json", None, &[5]),
            ("$.url[0]", Some("video/mp4"), &[6]),
        ]
    );
    assert_eq!(
        text,
        r#"{"a":{"inlineData":{"mimeType":"image/png","data":"*"}},"b":{"inline_data":{"data":"*","mime_type":"audio/wav"}},
"audio":{"data":"*","id":"x"},"input_audio":{"format":"mp3","data":"*"},"file":{"file_data":"data:text/csv;base64,*"},
"data":[{"b64_json":"*"}],"url":["data:video/mp4;base64,*","https://a"],"text":"data:video/mp4;base64,Bg==","empty":"data:image/png;base64,"}"#
    );
}

#[test]
fn strings_elsewhere_are_text_whatever_they_look_like() {
    for json in [
        r#"{"data":"AAAA","inlineData":"AAAA","b64_json":"","audio":{"data":""}}"#,
        r#"{"functionCall":{"args":{"audio":{"data":"no base64"},"b64_json":"x"}}}"#,
        r#"{"function_response":{"response":{"inlineData":{"data":"no base64"}}}}"#,
        r#"["data:", "data:,AAAA", "data:image/png,AAAA", "data:;base64,AAAA", "DATA:image/png;base64,AAAA"]"#,
        r#"["data:image/png;base64,is how a data URI begins", "data:image/png;base64,AAAAA", "data:image/png;base64"]"#,
        r#"{"inlineData":{"data":7},"audio":{"data":null},"b64_json":{"b64_json":[true]}}"#,
        r#"{"\"inlineData":{"data":"no base64"},"b64\\_json":"no base64"}"#,
        "\"a string\"",
        "17",
        " [ ] ",
    ] {
        let extracted = extract(json).unwrap();
        assert_eq!((extracted.media().len(), extracted.text()), (0, json), "{json}");
    }
    // However long it is.
    let long = format!(r#"["data:image/png;base64,{}!"]"#, "A".repeat(900));
    assert_eq!(extract(&long).unwrap().text(), long);
}

#[test]
fn a_data_uri_in_the_arguments_of_a_function_is_media() {
    let extracted = extract(r#"{"functionCall":{"args":{"image":"data:image/png;base64,AAAA"}}}"#).unwrap();
    assert_eq!(extracted.media()[0].path(), "$.functionCall.args.image");
    assert!(extracted.media()[0].is_data_uri());
}

#[test]
fn keys_and_base64_may_be_written_with_escapes() {
    for json in [
        r#"{"\u0069nlineD\u0061ta":{"d\u0061ta":"+\/+\/\u002b\u002F+/"}}"#,
        r#"{"inlineData":{"data":"\u002b/+/+\/+/"}}"#,
        r#"{"inlineData":{"data":"-_-_+/-_"}}"#,
        r#"{"inlineData":{"data":"+/-_\r\n\t+/+/\n"}}"#,
    ] {
        let (media, _) = summary(&extract(json).unwrap());
        assert_eq!(media[0].2, STANDARD.decode("+/+/+/+/").unwrap(), "{json}");
    }
    let extracted = extract(r#"["data:image\/png;base64,AAAA"]"#).unwrap();
    assert_eq!(extracted.media()[0].mime(), Some("image/png"));
}

#[test]
fn keys_outside_of_ascii_may_be_written_with_escapes() {
    for json in [r#"{"größe 😀\n":"AAAA"}"#, r#"{"gr\u00f6\u00dfe \ud83d\ude00\n":"AAAA"}"#] {
        let rule = |path: &niello::JsonPath| match path.key() {
            Some("größe 😀\n") => Place::Media,
            _ => Place::Text,
        };
        let extracted = Extractor::new().rule(rule).read(json.as_bytes()).unwrap();
        assert_eq!(extracted.media()[0].path(), "$.größe 😀\n", "{json}");
    }
}

#[test]
fn a_url_in_the_place_of_media_is_text() {
    for json in [
        r#"{"file_data":"https://a/b.pdf"}"#,
        r#"{"file_data":"http:\/\/a/b.pdf"}"#,
        r#"{"file_data":"gs\u003a//a/b.pdf"}"#,
    ] {
        for cut in 0..json.len() {
            let extracted = extract_cut(json.as_bytes(), [cut]).unwrap();
            assert_eq!((extracted.text(), extracted.media().len()), (json, 0));
        }
    }
    for json in [r#"{"file_data":"C:\\b.pdf"}"#, r#"{"b64_json":"data:image/png;base64,https://a"}"#] {
        assert_eq!(error(json).kind(), ErrorKind::Json, "{json}");
    }
}

#[test]
fn every_cut_gives_the_same_media_and_text() {
    let json = format!(
        r#"{{"inlineData":{{"data":"{}","mimeType":"image\/png"}},"é\"":["data:image/png;base64,{}","\ud83d\ude00\\"],"b64_json":"Zm\u0039v\n"}}"#,
        STANDARD.encode([7; 3000]),
        STANDARD.encode([8; 1500])
    );
    let json = json.as_bytes();
    let whole = summary(&extract_cut(json, []).unwrap());
    assert_eq!(whole.0.len(), 3);
    for cut in 0..=json.len() {
        assert_eq!(summary(&extract_cut(json, [cut]).unwrap()), whole, "{cut}");
    }
    assert_eq!(summary(&extract_cut(json, 0..json.len()).unwrap()), whole);
}

#[test]
fn every_rfc_4648_vector_is_read_with_and_without_padding() {
    for (bytes, encoded) in [
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        for encoded in [encoded, encoded.trim_end_matches('=')] {
            let (media, _) = summary(&extract(&format!(r#"{{"b64_json":"{encoded}"}}"#)).unwrap());
            assert_eq!(media[0].2, bytes.as_bytes(), "{encoded}");
        }
    }
}

#[test]
fn what_is_not_base64_is_an_error_with_its_path_and_position() {
    for (string, position) in [
        ("Zm9v!mFy", Some(4)),
        ("Z", Some(0)),
        ("Zm9vY", Some(4)),
        ("Zg=", None),
        ("Zg=v", Some(3)),
        ("Zg==Zg==", Some(4)),
        ("Zm=9v", None),
        ("=", Some(0)),
        ("Zh==", None),
        ("Zm9=", None),
        (r#"Zm9v\""#, Some(4)),
        (r"Zm9v\\", Some(4)),
        (r"Zm\u0000", Some(2)),
        ("Zm9vé", Some(4)),
        ("data:image/png;base64,Zm9v!", Some(4)),
        ("data:image/png,Zm9v", None),
        ("ftp://example.com/a.png", Some(3)),
    ] {
        let error = error(&format!(r#"{{"data":[{{"b64_json":"{string}"}}]}}"#));
        let message = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Json, "{string}: {message}");
        assert!(message.contains("the media at $.data[0].b64_json is not base64"), "{string}: {message}");
        if let Some(position) = position {
            assert!(message.contains(&format!("at position {position}:")), "{string}: {message}");
        }
    }
    // Also far behind the start.
    let long = "A".repeat(5000);
    for tail in ["!", "AA=A", "B==", r"\u0041\u0000"] {
        assert_eq!(error(&format!(r#"{{"b64_json":"{long}{tail}"}}"#)).kind(), ErrorKind::Json, "{tail}");
    }
    let cut = Extractor::new().read(format!(r#"{{"b64_json":"{long}"#).as_bytes()).unwrap_err();
    assert!(cut.to_string().contains("cut off"), "{cut}");
}

#[test]
fn a_quote_or_a_backslash_at_any_place_never_panics() {
    let vector = STANDARD.encode([0x5a; 1200]);
    for at in (0..vector.len()).filter(|at| !(40..1000).contains(at)) {
        for inserted in ["\"", r"\", r#"\""#, r"\u", r"\u00", "=", "\n", "\0", "é"] {
            let json = format!(r#"{{"b64_json":"{}{inserted}{}"}}"#, &vector[..at], &vector[at..]);
            assert!(extract(&json).is_err(), "{at} {inserted:?}");
        }
    }
}

#[test]
fn json_that_is_not_valid_is_an_error() {
    for json in
        ["", "{", "[1", "{\"a\":1}}", "nul", "[DONE]", "{\"b64_json\":\"AAAA\"", "{\"b64_json\":\"AAAA\"}]"]
    {
        let error = error(json);
        assert_eq!(error.kind(), ErrorKind::Json, "{json}");
    }
    let not_utf8 = Extractor::new().read(&b"\"\xff\""[..]).unwrap_err();
    assert_eq!(not_utf8.kind(), ErrorKind::Json);
}

#[test]
fn position_of_an_error_after_media_is_explained() {
    let error = error(r#"{"b64_json":"AAAA"},"#);
    let expected = "is not valid, counting 60 characters for the base64 of each media: trailing characters at line 1 column 76";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn the_body_of_extracted_json_is_the_same_json() {
    let mut bodies = 0;
    for folder in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).unwrap().flatten() {
        let Ok(json) = fs::read(folder.path().join("expected.json")) else { continue };
        let mut extracted = Extractor::new().read(&json[..]).unwrap().body().unwrap();
        let body = io::read_to_string(&mut extracted).unwrap();
        assert_eq!(body.as_bytes(), json, "{}", folder.path().display());
        bodies += 1;
    }
    assert!(bodies > 50);
}

#[test]
fn each_limit_is_an_error_that_says_how_to_raise_it() {
    let json =
        format!(r#"["data:image/png;base64,{0}","data:image/png;base64,{0}"]"#, STANDARD.encode([1; 100]));
    let cases: [(Extractor, Option<&str>); 6] = [
        (Extractor::new().max_media(2), None),
        (Extractor::new().max_media(1), Some("more than 1 media; raise `Extractor::max_media`")),
        (Extractor::new().max_media_bytes(200), None),
        (
            Extractor::new().max_media_bytes(199),
            Some("more than 199 bytes of media; raise `Extractor::max_media_bytes`"),
        ),
        (Extractor::new().max_text(51 + 80 + 148), None),
        (
            Extractor::new().max_text(50),
            Some("more than 50 bytes besides its media; raise `Extractor::max_text`"),
        ),
    ];
    for (extractor, expected) in cases {
        match (extractor.read(json.as_bytes()), expected) {
            (Ok(extracted), None) => assert_eq!(extracted.media().len(), 2),
            (Err(error), Some(expected)) => {
                assert_eq!(error.kind(), ErrorKind::TooLarge);
                assert!(error.to_string().contains(expected), "{error}");
            }
            (result, expected) => panic!("{result:?} {expected:?}"),
        }
    }
}

#[test]
fn a_limit_that_is_lowered_holds_from_then_on() {
    for lower in [|e: Extractor| e.max_media_bytes(1), |e: Extractor| e.max_media(1)] {
        let mut extractor = Extractor::new();
        extractor.push(br#"[{"b64_json":"AAAAAAAA"},{"b64_json":"AAAAAAAA"},"#).unwrap();
        let mut extractor = lower(extractor);
        let error = extractor.push(br#"{"b64_json":"AAAAAAAA"}]"#).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
}

#[test]
fn base64_counts_as_text_only_if_it_is_not_media() {
    let text = |len, tail| format!(r#"["data:a/b;base64,{}{tail}"]"#, "A".repeat(len));
    for json in [text(4, ""), text(1000, ""), text(1400, ""), text(4, "!"), text(1000, "!")] {
        let limit = extract(&json).unwrap().text().len();
        assert!(limit < 100 || json.contains('!'));
        let json = json.as_bytes();
        for cut in 0..json.len() {
            for (max, is_ok) in [(limit, true), (limit - 1, false)] {
                let mut extractor = Extractor::new().max_text(max);
                let extracted = extractor.push(&json[..cut]).and_then(|()| extractor.push(&json[cut..]));
                let extracted = extracted.and_then(|()| extractor.finish());
                assert_eq!(extracted.is_ok(), is_ok, "{} bytes cut at {cut}, {max}", json.len());
            }
        }
    }
}

#[test]
fn mime_types_of_more_than_256_bytes_are_ignored() {
    for (len, is_type) in [(254, true), (255, false), (1000, false)] {
        let mime = format!("a/{}", "x".repeat(len));
        let json = format!(r#"{{"inlineData":{{"mimeType":"{mime}","data":"AAAA"}}}}"#);
        assert_eq!(extract(&json).unwrap().media()[0].mime(), is_type.then_some(&*mime), "{len}");
    }
}

#[test]
fn a_rule_decides_what_is_media() {
    let rule = |path: &niello::JsonPath| match path.key() {
        Some("wav") => Place::Media,
        _ => Place::Text,
    };
    let mut extractor = Extractor::new().rule(rule);
    extractor
        .push(br#"{"wav":"AAAA","b64_json":"AAAA","x":"data:a/b;base64,AAAA","y":[["wav"],{"wav":"AA=="}]}"#)
        .unwrap();
    let extracted = extractor.finish().unwrap();
    let paths: Vec<_> = extracted.media().iter().map(|media| media.path()).collect();
    assert_eq!(paths, ["$.wav", "$.y[1].wav"]);
}

/// A store whose writers fail after `room` bytes, and write `step` bytes at a time.
struct Faulty {
    room: usize,
    step: usize,
}

struct FaultyWriter {
    written: Vec<u8>,
    room: usize,
    step: usize,
}

impl io::Write for FaultyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.step).min(self.room - self.written.len());
        if len == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.written.extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Store for Faulty {
    type Writer = FaultyWriter;
    type Stored = Vec<u8>;

    fn create(&mut self, _: &str) -> io::Result<FaultyWriter> {
        Ok(FaultyWriter { written: Vec::new(), room: self.room, step: self.step })
    }

    fn finish(&mut self, writer: FaultyWriter, _: &str, _: Option<&str>) -> io::Result<Vec<u8>> {
        Ok(writer.written)
    }
}

#[test]
fn short_writes_lose_nothing_and_a_full_disk_is_an_error() {
    let bytes: Vec<u8> = (0..200_000u32).map(|n| (n * 7) as u8).collect();
    let json = format!(r#"{{"b64_json":"{}"}}"#, STANDARD.encode(&bytes));
    let extracted =
        Extractor::with_store(Faulty { room: bytes.len(), step: 1000 }).read(json.as_bytes()).unwrap();
    assert_eq!(*extracted.media()[0].stored(), bytes);
    let error = Extractor::with_store(Faulty { room: bytes.len() - 1, step: 1000 })
        .read(json.as_bytes())
        .unwrap_err();
    assert_eq!((error.kind(), io::Error::from(error).kind()), (ErrorKind::Io, io::ErrorKind::StorageFull));
}

#[test]
fn a_million_small_media_are_too_many_and_cost_little() {
    let many = format!("[{}0]", r#"{"b64_json":"AAAA"},"#.repeat(1_000_000));
    assert_eq!(error(&many).kind(), ErrorKind::TooLarge);
    let extracted =
        Extractor::new().max_media(1_000_000).max_text(100_000_000).read(many.as_bytes()).unwrap();
    assert_eq!(extracted.media().len(), 1_000_000);
    assert_eq!(extracted.media()[999_999].path(), "$[999999].b64_json");
}

#[test]
fn media_in_very_deep_json_remains_text() {
    for depth in [127, 128, 200, 100_000] {
        let json = format!(r#"{}{{"b64_json":"AAAA"}}{}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
        let extracted = extract(&json).unwrap();
        assert_eq!(extracted.media().len(), usize::from(depth <= 128), "{depth}");
        assert_eq!(extracted.parse::<Value>().is_ok(), depth < 128, "{depth}");
    }
}

#[test]
fn long_keys_make_no_long_paths() {
    let key = "k".repeat(100_000);
    let extracted = extract(&format!(r#"{{"{key}":{{"b64_json":"AAAA"}}}}"#)).unwrap();
    assert_eq!(extracted.media()[0].path(), "....b64_json");
}

#[test]
fn media_is_read_into_fields_of_any_type() {
    #[derive(Debug, serde::Deserialize)]
    struct Image {
        b64_json: Media,
        #[serde(flatten)]
        rest: Value,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(untagged)]
    enum Either {
        #[allow(dead_code)]
        Number(u64),
        Image(Image),
        Uri(DataUri),
        Theirs {
            file_data: String,
        },
    }
    let json = r#"[{"b64_json":"AAECAw==","n":1},"data:video/mp4;base64,BAU=",{"file_data":"Bg=="}]"#;
    let extracted = extract(json).unwrap();
    let values: Vec<Either> = extracted.parse().unwrap();
    let [Either::Image(image), Either::Uri(DataUri(video)), Either::Theirs { file_data }] = &values[..]
    else {
        panic!("{values:?}");
    };
    assert_eq!((bytes(&image.b64_json), &image.rest), (vec![0, 1, 2, 3], &json!({"n": 1})));
    assert_eq!((bytes(video), video.mime()), (vec![4, 5], "video/mp4"));
    assert_eq!(bytes(extracted.find(file_data).unwrap().stored()), [6]);

    // Without extraction, the string is decoded.
    let image: Image = serde_json::from_str(r#"{"b64_json":"AAECAw=="}"#).unwrap();
    assert_eq!(bytes(&image.b64_json), [0, 1, 2, 3]);
    assert!(serde_json::from_str::<Media>("\"no base64\"").is_err());
}

/// A random document with media, and what serde_json and the crate base64 make of it.
fn document() -> impl Strategy<Value = Value> {
    let media = (0..5000usize, any::<u8>()).prop_map(|(len, byte)| STANDARD.encode(vec![byte; len]));
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::from),
        Just(Value::Null),
        ".{0,20}".prop_map(Value::from),
        media.clone().prop_map(|data| json!({"inlineData": {"mimeType": "image/png", "data": data}})),
        media.clone().prop_map(|data| json!(format!("data:audio/wav;base64,{data}"))),
        media.prop_map(|data| json!({"text": format!("data:audio/wav;base64,{data}"), "b64_json": data})),
    ];
    leaf.prop_recursive(4, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Returns the media of a document in the order of its JSON.
fn decode_all(value: &Value, key: &str, media: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| decode_all(value, key, media)),
        Value::Array(list) => list.iter().for_each(|value| decode_all(value, "", media)),
        Value::String(string) if key != "text" => {
            let data = match string.strip_prefix("data:audio/wav;base64,") {
                Some(data) => data,
                None if key == "data" || key == "b64_json" => string,
                None => return,
            };
            if !data.is_empty() {
                media.push(STANDARD.decode(data).unwrap());
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn random_documents_agree_with_serde_json_and_base64(
        document in document(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        pretty in any::<bool>(),
    ) {
        let json = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
        let json = json.unwrap();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(json.len() + 1)).collect();
        cuts.sort_unstable();
        let extracted = extract_cut(json.as_bytes(), cuts).unwrap();
        let mut expected = Vec::new();
        decode_all(&document, "", &mut expected);
        let found: Vec<_> = extracted.media().iter().map(|media| bytes(media.stored())).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(io::read_to_string(&mut extracted.body().unwrap()).unwrap(), json);
    }
}

#[cfg(feature = "spool")]
#[test]
fn media_above_the_threshold_is_in_a_file_and_below_it_in_memory() {
    for (threshold, len) in [(0, 1), (10, 10), (10, 11), (usize::MAX, 300_000), (1000, 300_000)] {
        let extractor = Extractor::with_store(niello::Spool::with_threshold(threshold));
        let content: Vec<u8> = (0..len).map(|n| n as u8).collect();
        let json = format!(r#"{{"b64_json":"{}"}}"#, STANDARD.encode(&content));
        let extracted = extractor.read(json.as_bytes()).unwrap();
        assert_eq!(bytes(extracted.media()[0].stored()), content);
    }
}
