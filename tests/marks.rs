//! Marks in the request types of another crate, whose fields are `String`, and in JSON that another crate has written.

mod common;
#[path = "common/heap.rs"]
mod heap;

use async_openai::types::chat::{
    ChatCompletionRequestMessageContentPartAudio as AudioPart,
    ChatCompletionRequestMessageContentPartImage as ImagePart,
    ChatCompletionRequestMessageContentPartText as TextPart, ChatCompletionRequestUserMessage,
    ChatCompletionRequestUserMessageContent, ChatCompletionRequestUserMessageContentPart as Part,
    CreateChatCompletionRequest, ImageDetail, ImageUrl, InputAudio, InputAudioFormat,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use common::{Origin, assert_same, base64_of, noise, rest_of, scratch};
use heap::most_held;
use niello::{Body, ErrorKind, Marks, Media, Scope, Segment};
use serde::Serialize;
use std::{collections::BTreeMap, fs, thread};

/// Returns a request with an image and audio, given as strings.
fn request(image: String, audio: String) -> CreateChatCompletionRequest {
    let parts: Vec<Part> = vec![
        TextPart::from("Who \"speaks\"\n\\?").into(),
        ImagePart::from(ImageUrl { url: image, detail: Some(ImageDetail::High) }).into(),
        AudioPart {
            input_audio: InputAudio { data: audio, format: InputAudioFormat::Wav },
            ..AudioPart::default()
        }
        .into(),
    ];
    let message =
        ChatCompletionRequestUserMessage::from(ChatCompletionRequestUserMessageContent::from(parts));
    CreateChatCompletionRequest {
        model: "system.ai.gemini-3-1-pro".into(),
        messages: vec![message.into()],
        max_completion_tokens: Some(64),
        ..CreateChatCompletionRequest::default()
    }
}

#[test]
fn body_equals_their_json_with_the_encoded_media() {
    let image = noise(70_001);
    for origin in Origin::ALL {
        for len in [1, 2, 3, 768 * 1024 + 1] {
            let sound = noise(len);
            let audio = origin.media(&sound);
            let picture = Media::from_bytes(image.clone(), "image/png").unwrap();
            let marks = Marks::new();
            let marked = request(marks.data_uri(&picture), marks.base64(&audio));
            let mut body = marks.body(&marked).unwrap();

            let streamed: Vec<_> = body
                .segments()
                .filter_map(|(_, segment)| match segment {
                    Segment::Base64(media) => Some(media.clone()),
                    _ => None,
                })
                .collect();
            assert_eq!(streamed.len(), 2);
            assert!(streamed[0].ptr_eq(&picture) && streamed[1].ptr_eq(&audio));

            let real = request(format!("data:image/png;base64,{}", base64_of(&image)), base64_of(&sound));
            let expected = serde_json::to_vec(&real).unwrap();
            assert_eq!(body.len(), expected.len() as u64);
            assert_same(&rest_of(&mut body), &expected, format!("{origin:?}, {len} bytes"));
        }
    }
}

fn media(bytes: &'static str) -> Media {
    Media::from_bytes(bytes, "audio/wav").unwrap()
}

fn text(mut body: Body) -> String {
    let text = String::from_utf8(rest_of(&mut body)).unwrap();
    assert_eq!(text.len() as u64, body.len());
    text
}

/// Returns the text of the body for a value, and checks that the value's JSON gives the same body.
fn replaced(marks: &Marks, value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).unwrap();
    let inlaid = marks.inlay(&json).unwrap().map(text);
    let text = text(marks.body(value).unwrap());
    assert_eq!(inlaid.unwrap_or_else(|| String::from_utf8(json).unwrap()), text);
    text
}

/// Returns the message of the error that the JSON gives, and checks that its value is an error too.
fn error_of(marks: &Marks, json: &str) -> String {
    let error = marks.inlay(json.as_bytes()).expect_err(json);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(json) {
        assert_eq!(marks.body(&value).expect_err(json).kind(), ErrorKind::Invalid);
    }
    let said = error.to_string();
    assert!(!said.contains("nielloMarkedFile"), "{said}");
    said
}

#[test]
fn a_mark_is_base64_that_says_what_it_is() {
    let marks = Marks::new();
    let mark = marks.base64(&media("a"));
    assert_eq!((mark.len(), &mark[..16]), (60, "nielloMarkedFile"));
    assert!(mark.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{mark}");
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        assert_eq!(engine.encode(engine.decode(&mark).unwrap()), mark);
    }
    assert_eq!(marks.data_uri(&media("a"))[..38], *"data:audio/wav;base64,nielloMarkedFile");
}

#[test]
fn bytes_that_a_client_encodes_in_any_alphabet_are_a_mark() {
    let marks = Marks::new();
    let scope = marks.scope();
    for raw in [marks.raw(&media("abc")), scope.raw(&media("abc"))] {
        assert_eq!(raw.len(), 45);
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            let json = format!(r#"{{"bytes":"{}"}}"#, engine.encode(&raw));
            assert_eq!(text(marks.inlay(json.as_bytes()).unwrap().unwrap()), r#"{"bytes":"YWJj"}"#);
        }
    }
}

#[test]
fn marks_are_replaced_anywhere_in_the_json() {
    let marks = Marks::new();
    let (one, two) = (marks.base64(&media("a")), marks.base64(&media("bc")));
    // Text around a mark, another mark, a quote, a line break.
    assert_eq!(replaced(&marks, &format!("{one}{two}\n\"{one}\" é{two}")), r#""YQ==YmM=\n\"YQ==\" éYmM=""#);
    // In a key.
    assert_eq!(replaced(&marks, &BTreeMap::from([(&one, &two)])), r#"{"YQ==":"YmM="}"#);
    // In JSON within a string, as in the arguments of a tool call, twice.
    let inner = serde_json::json!({"a": &one, "b": &two}).to_string();
    assert_eq!(replaced(&marks, &[&inner]), r#"["{\"a\":\"YQ==\",\"b\":\"YmM=\"}"]"#);
    let outer = serde_json::to_string(&inner).unwrap();
    assert_eq!(replaced(&marks, &outer), r#""\"{\\\"a\\\":\\\"YQ==\\\",\\\"b\\\":\\\"YmM=\\\"}\"""#);

    // If the mark is written in fragments, or is part of raw JSON.
    struct Split<'a>(&'a str);
    impl Serialize for Split<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let (first, second) = self.0.split_at(7);
            serializer.collect_str(&format_args!("{first}{second}"))
        }
    }
    let raw = serde_json::value::to_raw_value(&[&two]).unwrap();
    assert_eq!(replaced(&marks, &(Split(&one), raw)), r#"["YQ==",["YmM="]]"#);
}

#[test]
fn json_keeps_its_spaces_and_escapes() {
    let marks = Marks::new();
    let mark = marks.base64(&media("a"));
    let json =
        |data: &str| format!("{{ \"u\\/rl\" :\n\t\"\\u00e9\\uD83D\\uDE00 é {data}\",\"n\":1.50e+3 }}\n");
    let inlaid = marks.inlay(json(&mark).as_bytes()).unwrap().unwrap();
    assert_eq!(text(inlaid), json("YQ=="));
}

#[test]
fn media_fields_and_marks_mix() {
    let (a, none) = (media("a"), media(""));
    let marks = Marks::new();
    let marked = (&a, marks.base64(&none), &a, marks.data_uri(&a));
    let body = marks.body(&marked).unwrap();
    assert_eq!(body.segments().len(), 7);
    assert_eq!(text(body), r#"["YQ==","","YQ==","data:audio/wav;base64,YQ=="]"#);
    // JSON whose only mark is of empty media is still a body.
    assert_eq!(text(marks.inlay(format!("[\"{}\"]", marked.1).as_bytes()).unwrap().unwrap()), r#"[""]"#);
}

#[test]
fn json_without_a_mark_is_left_to_the_client() {
    let marks = Marks::new();
    let _in_flight = marks.base64(&media("a"));
    let words = "nielloMarkedFile";
    for json in ["", "{}", "not JSON", words, &format!("[\"{words}\", \"{words}0123456789abcdef\"]"), "\"é\""]
    {
        assert!(marks.inlay(json.as_bytes()).unwrap().is_none(), "{json}");
    }
    assert!(marks.inlay(b"\xff\xfe{\0}\0").unwrap().is_none());
}

#[test]
fn json_with_a_mark_that_is_not_utf8_is_an_error() {
    let marks = Marks::new();
    let json = [b"\xff".as_slice(), marks.base64(&media("a")).as_bytes()].concat();
    let error = marks.inlay(&json).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("not UTF-8"), "{error}");
}

#[test]
fn a_mark_that_appears_twice_sends_its_media_twice() {
    let marks = Marks::new();
    let mark = marks.base64(&media("abc"));
    assert_eq!(replaced(&marks, &[&mark, &mark]), r#"["YWJj","YWJj"]"#);
}

#[test]
fn marks_of_another_set_are_text_that_its_set_replaces() {
    let (one, two) = (media("x"), media("y"));
    let (a, b) = (Marks::new(), Marks::default());
    let (mark_a, mark_b) = (a.base64(&one), b.base64(&two));
    assert_ne!(mark_a, mark_b);
    let first = replaced(&a, &[&mark_a, &mark_b]);
    assert_eq!(first, format!(r#"["eA==","{mark_b}"]"#));
    assert_eq!(text(b.inlay(first.as_bytes()).unwrap().unwrap()), r#"["eA==","eQ=="]"#);
    assert!(a.inlay(mark_b.as_bytes()).unwrap().is_none());
}

#[test]
fn a_forgotten_mark_is_an_error_and_never_other_media() {
    let marks = Marks::new();
    let scope = marks.scope();
    let json = format!("[\"{}\"]", scope.data_uri(&media("secret")));
    let body = scope.body(&serde_json::from_str::<serde_json::Value>(&json).unwrap()).unwrap();
    drop(scope);
    // As if a server had repeated the request, and the response was sent again.
    let _other = marks.base64(&media("other"));
    let said = error_of(&marks, &json);
    for part in ["`Scope` was dropped", "keep the scope until the response", "create a new mark"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(text(body), r#"["data:audio/wav;base64,c2VjcmV0"]"#, "a body keeps its media");
}

#[test]
fn a_mark_that_is_cut_anywhere_never_sends_media() {
    let marks = Marks::new();
    let mark = marks.base64(&media("a"));
    for len in 0..mark.len() {
        for (part, is_head) in [(&mark[..len], true), (&mark[mark.len() - len..], false)] {
            let json = serde_json::json!({"data": part}).to_string();
            // Fewer than eight of the random digits do not say whose mark it was, nor does a tail without the second half
            // of the digits.
            let is_known = len >= if is_head { 24 } else { 28 };
            if is_known {
                assert!(error_of(&marks, &json).contains("a damaged mark: "), "{part}");
            } else {
                assert!(marks.inlay(json.as_bytes()).unwrap().is_none(), "{part}");
            }
        }
    }
}

#[test]
fn a_mark_that_is_split_anywhere_is_an_error() {
    let marks = Marks::new();
    let mark = marks.base64(&media("a"));
    for at in 1..mark.len() {
        let (head, tail) = mark.split_at(at);
        // Line breaks of MIME and PEM, escaped and not; an escaped character; a string that is written in two.
        for split in ["\\r\\n", "\\n", "\r\n", "=\\n", "\\u000a", "\" + \"", " ", "\\"] {
            error_of(&marks, &format!("{{\"data\":\"{head}{split}{tail}\"}}"));
        }
        // A mark before it does not hide it.
        error_of(&marks, &format!("[\"{mark}\",\"{head}\\n{tail}\"]"));
        error_of(&marks, &format!("[\"{head}\\n{tail}\",\"{mark}\"]"));
    }
    // `\n` instead of the first letter.
    assert!(error_of(&marks, &format!("[\"\\{mark}\"]")).contains("it follows a backslash"));
}

#[test]
fn a_mark_with_escaped_characters_never_sends_media() {
    let marks = Marks::new();
    let mark = marks.base64(&media("a"));
    let escape = |char: char| format!("\\u{:04x}", char as u32);
    for at in 0..mark.len() {
        let escaped = format!("{}{}{}", &mark[..at], escape(mark.as_bytes()[at].into()), &mark[at + 1..]);
        let error = marks.inlay(format!("[\"{escaped}\"]").as_bytes()).unwrap_err();
        assert!(error.to_string().contains("a damaged mark: "), "{error}");
    }
    // Nothing of this is found. The server receives the mark.
    let all: String = mark.chars().map(escape).collect();
    assert!(marks.inlay(format!("[\"{all}\"]").as_bytes()).unwrap().is_none());
}

#[test]
fn a_mark_in_another_case_is_an_error() {
    // The digits of a few sets have no letters. 64 sets are enough to see every branch most of the time.
    for _ in 0..64 {
        let marks = Marks::new();
        let mark = marks.base64(&media("a"));
        for changed in [mark.to_uppercase(), mark.to_lowercase()] {
            assert!(error_of(&marks, &format!("[\"{changed}\"]")).contains("a damaged mark: "), "{changed}");
        }
    }
}

#[test]
fn a_mark_with_another_number_is_an_error() {
    let marks = Marks::new();
    let mark = marks.base64(&media("a"));
    let prefix = &mark[..48];
    for (number, said) in [
        ("000000000001", "was not created"),
        ("ffffffffffff", "was not created"),
        ("00000000000A", "a damaged mark"),
        ("+00000000000", "a damaged mark"),
        ("éééééé", "a damaged mark"),
        ("", "a damaged mark"),
    ] {
        assert!(error_of(&marks, &format!("[\"{prefix}{number}\"]")).contains(said), "{number}");
    }
    // A partial mark right before a mark is not text.
    error_of(&marks, &format!("\"{prefix}{mark}\""));
}

#[test]
fn a_mark_that_a_client_encodes_as_bytes_is_an_error_that_names_raw() {
    let marks = Marks::new();
    let json = format!("[\"{}\"]", STANDARD.encode(marks.base64(&media("a"))));
    assert!(error_of(&marks, &json).contains("`Marks::raw`"));
}

#[test]
fn an_unused_mark_is_an_error() {
    let audio = media("RIFF");
    let marks = Marks::new();
    let _in_scope = marks.scope().base64(&audio);
    let mark = marks.base64(&audio);
    let error = marks.body(&request("https://example.com/i.png".into(), "none".into())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("mark 1 of this set, for media in memory"), "{error}");
    marks.body(&request("https://example.com/i.png".into(), mark)).unwrap();
    assert!(Marks::new().body(&"nothing").is_ok());
}

#[test]
fn a_scope_asks_for_its_own_marks_only() {
    let marks = Marks::new();
    let [mine, other] = [marks.scope(), marks.scope()];
    let _unused = (marks.base64(&media("a")), other.base64(&media("b")));
    let (first, second) = (mine.base64(&media("c")), mine.base64(&media("d")));
    assert_eq!(text(mine.body(&[&first, &second]).unwrap()), r#"["Yw==","ZA=="]"#);
    let error = mine.body(&[&first]).unwrap_err();
    assert!(error.to_string().contains("mark 2 of this scope, for media in memory"), "{error}");
    // JSON of one request does not use the marks of others.
    assert_eq!(text(marks.inlay(first.as_bytes()).unwrap().unwrap()), "Yw==");
}

#[test]
fn scopes_on_many_threads_send_their_own_media() {
    let marks = Marks::new();
    thread::scope(|threads| {
        for thread in 0..8 {
            let marks = marks.clone();
            threads.spawn(move || {
                for round in 0..200 {
                    let bytes = format!("{thread} {round}").into_bytes();
                    let scope = marks.scope();
                    let own = Media::from_bytes(bytes.clone(), "video/mp4").unwrap();
                    let json = serde_json::json!([scope.data_uri(&own), scope.base64(&own)]).to_string();
                    let expected = serde_json::json!([
                        format!("data:video/mp4;base64,{}", base64_of(&bytes)),
                        base64_of(&bytes)
                    ]);
                    assert_eq!(text(marks.inlay(json.as_bytes()).unwrap().unwrap()), expected.to_string());
                }
            });
        }
    });
}

#[test]
fn a_million_scopes_keep_no_memory_and_no_file() {
    let folder = scratch();
    let path = folder.path().join("clip.mp4");
    fs::write(&path, noise(4096)).unwrap();
    let marks = Marks::new();
    let own = media("abc");
    let ask = |scope: &Scope, media: &Media| {
        let json = format!(r#"{{"url":"{}"}}"#, scope.data_uri(media));
        marks.inlay(json.as_bytes()).unwrap().unwrap().len()
    };
    // Others are in flight all the time.
    let in_flight = marks.scope();
    let _kept = in_flight.base64(&own);
    let held = |requests: u32| {
        most_held(|| {
            for request in 0..requests {
                let scope = marks.scope();
                assert_eq!(ask(&scope, &own), 36);
                if request % 100 == 0 {
                    let file = Media::options().mime("video/mp4").open(&path).unwrap();
                    assert_eq!(ask(&scope, &file), 32 + 5464);
                }
            }
        })
    };
    held(1000);
    let files = open_files();
    let few = held(1000);
    assert_eq!(held(1_000_000), few);
    assert_eq!(open_files(), files);
}

/// Returns the number of open files of the process, where the system says it.
fn open_files() -> usize {
    // Other tests of this process open files for a moment, so only those of the folder count.
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return 0 };
    let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.filter(|link| link.ends_with("clip.mp4")).count()
}

#[test]
fn debug_shows_numbers_of_marks_only() {
    let folder = scratch();
    let path = folder.path().join("clip.mp4");
    fs::write(&path, noise(4096)).unwrap();
    let file = Media::options().mime("video/mp4").open(&path).unwrap();
    let marks = Marks::new();
    let scope = marks.scope();
    let _marks = [marks.base64(&media("a")), scope.base64(&file), scope.data_uri(&file)];
    assert_eq!(format!("{marks:?} {scope:?}"), "Marks { marks: 3, .. } Scope { marks: 2, .. }");
}

#[test]
fn handles_are_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Marks>();
    check::<Scope>();
}
