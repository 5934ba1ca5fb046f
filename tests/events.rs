//! Server-sent events: a stream has the same events wherever it is cut.

use niello::{ErrorKind, Extracted, chat, events::Events, gemini};
use proptest::{collection::vec, prelude::*};
use std::{io, iter};

/// Returns the data of an event with its media in it.
fn text(event: Extracted) -> String {
    io::read_to_string(&mut event.body().unwrap()).unwrap()
}

/// Returns the events of a stream that arrives in these parts, with `None` for an error.
fn read<'a>(limit: usize, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<Option<String>> {
    let mut events = Events::with_limit(limit);
    let mut read = Vec::new();
    for part in parts {
        events.push(part);
        read.extend(iter::from_fn(|| events.next_event()).map(|event| event.ok().map(text)));
    }
    read
}

#[test]
fn streams_are_parsed_as_the_html_standard_says() {
    let cases: &[(&[u8], &[&str])] = &[
        (b"", &[]),
        (b"data: a\n\n", &["a"]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", &["a", "b", "c"]),
        (b"data: a\r\n\n", &["a"]),
        (b"\r\n\r\n\n\rdata: a\n\n\n\n", &["a"]),
        (b"data:a\ndata: b\ndata:  c\n\n", &["a\nb\n c"]),
        (b"data\n\n", &[""]),
        (b"data:\n\n", &[""]),
        (b"data\ndata\n\n", &["\n"]),
        (b": comment\n\n:\n\ndata: a\n: comment\n\n", &["a"]),
        (b"event: x\nid: 7\nretry: 1\ndata: a\nx\n\n", &["a"]),
        (b"event: x\n\n", &[]),
        (b"datax: a\nDATA: b\n data: c\n\n", &[]),
        (b"data: a: b\n\n", &["a: b"]),
        (b"\xEF\xBB\xBFdata: a\n\n\xEF\xBB\xBFdata: b\n\n", &["a"]),
        (b"\xEF\xBB\xBF\n\ndata: a\n\n", &["a"]),
        (b"data: [DONE]\n\n", &["[DONE]"]),
        (b"data: a\n", &[]),
        (b"data: a", &[]),
        ("data: é中😀\u{2028}\u{85}\n\n".as_bytes(), &["é中😀\u{2028}\u{85}"]),
        (b"data: \xFF\xE4\xB8\n\n", &["\u{FFFD}\u{FFFD}"]),
        (b"data: a\0b\tc\n\n", &["a\0b\tc"]),
    ];
    for (stream, events) in cases {
        let want: Vec<_> = events.iter().map(|event| Some((*event).to_owned())).collect();
        let shown = String::from_utf8_lossy(stream);
        assert_eq!(read(100, [*stream]), want, "{shown:?}");
        assert_eq!(read(100, stream.chunks(1)), want, "{shown:?} byte by byte");
    }
}

#[test]
fn events_in_one_event_come_before_an_object_after_it() {
    let stream = b"data: {\"a\":1}\ndata: {\"a\":2}\n{\"a\":3}\n";
    let want = [1, 2, 3].map(|n| Some(format!("{{\"a\":{n}}}")));
    assert_eq!(read(100, [&stream[..]]), want);
    assert_eq!(read(100, stream.chunks(1)), want);
}

#[test]
fn pushing_a_blank_line_ends_an_unfinished_event() {
    let mut events = Events::new();
    events.push(b"data: a");
    assert!(events.next_event().is_none());
    events.push(b"\n\n");
    assert_eq!(events.next_event().unwrap().unwrap().text(), "a");
    assert!(events.next_event().is_none());
}

#[test]
fn event_over_the_limit_is_one_error_and_later_events_are_read() {
    for (stream, sizes) in [
        ("data: 12345\n\n", [Some(5)].as_slice()),
        ("data: 123456\n\ndata: 1\n\n", &[None, Some(1)]),
        ("data:123456\n\ndata: 1\n\n", &[None, Some(1)]),
        ("\u{FEFF}data: 12345\n\n", &[Some(5)]),
        ("data: 12\ndata: 34\n\n", &[Some(5)]),
        ("data: 12\ndata: 345\ndata: 6\n\ndata: 7\n\n", &[None, Some(1)]),
        ("data: 1234567890123456789012345678901234567890\n\ndata: 1\n\n", &[None, Some(1)]),
        (": 1234567890123456789012345678901234567890\ndata: 1\n\n", &[Some(1)]),
        ("id: 1234567890123456789012345678901234567890\n\n", &[]),
    ] {
        let read = read(5, [stream.as_bytes()]);
        let got: Vec<_> = read.iter().map(|event| event.as_ref().map(String::len)).collect();
        assert_eq!(got, sizes, "{stream:?}");
    }
    let mut events = Events::with_limit(5);
    events.push(b"data: 123456\n\n");
    let error = events.next_event().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("5 bytes"), "{error}");
}

#[test]
fn read_parses_values_and_skips_events_without_one() {
    let mut events = Events::with_limit(60);
    events.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata\n\n");
    events.push(format!("data: {:61}\n\ndata: [DONE]\n\n", "").as_bytes());
    events.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\ndata: {");
    let texts =
        |chunk: niello::Result<chat::Chunk>| chunk.ok().map(|chunk| chunk.text().unwrap().into_owned());
    let read: Vec<_> = events.read().map(texts).collect();
    assert_eq!(read, [Some("a".to_owned()), None, Some("b".to_owned())]);

    let mut events = Events::new();
    events.push(b"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n");
    let response = events.read::<gemini::Response>().next().unwrap().unwrap();
    assert_eq!(response.text().unwrap(), "a");
    assert!(events.read::<gemini::Response>().next().is_none());
}

#[test]
fn line_that_can_never_be_an_event_is_not_kept() {
    let mut events = Events::with_limit(10);
    for _ in 0..1000 {
        events.push(&[b'x'; 1000]);
        assert!(events.next_event().is_none());
    }
    assert!(format!("{events:?}").contains("pushed: 0"), "{events:?}");
}

/// Streams made of the tokens that the parser looks for, or of random bytes.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        &b"data"[..],
        b"data:",
        b"data: ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b":",
        b" ",
        b"event: x",
        b"\xEF\xBB\xBF",
        b"\xF0\x9F\x98\x80",
        b"\xFF",
        b"\0",
    ]);
    prop_oneof![
        4 => vec(token, 0..40).prop_map(|tokens| tokens.concat()),
        // `parse_whole` does not know JSON outside of events.
        1 => vec(any::<u8>().prop_filter("JSON", |byte| !b"{[".contains(byte)), 0..100),
    ]
}

/// Streams of JSON in and outside of events.
fn json_stream() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "data: ",
        "data",
        "error: ",
        "\n",
        "\r",
        "\n\n",
        "[DONE]",
        "{\"a\":1}",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "\\",
        ":",
        "text",
        "<p>",
        "\u{e9}",
    ]);
    vec(token, 0..40).prop_map(|tokens| tokens.concat().into_bytes())
}

/// Returns all that a stream contains, to its end. After each part, at most `count` events are read.
fn read_all<'a>(
    limit: usize,
    parts: impl IntoIterator<Item = &'a [u8]>,
    count: usize,
) -> Vec<Result<String, String>> {
    let mut events = Events::with_limit(limit);
    let mut read = Vec::new();
    for part in parts {
        events.push(part);
        read.extend(iter::from_fn(|| events.next_event()).take(count));
    }
    events.finish();
    read.extend(iter::from_fn(|| events.next_event()));
    read.into_iter().map(|event| event.map(text).map_err(|error| error.to_string())).collect()
}

/// Returns the texts of a stream, and its errors.
fn texts_of_chat(stream: &[u8]) -> Vec<Result<String, String>> {
    let mut events = Events::new();
    events.push(stream);
    events.finish();
    let text = |chunk: chat::Chunk| chunk.text().unwrap_or_default().into_owned();
    events.read().map(|chunk| chunk.map(text).map_err(|error| error.to_string())).collect()
}

fn texts_of_gemini(stream: &[u8]) -> Vec<Result<String, String>> {
    let mut events = Events::new();
    events.push(stream);
    events.finish();
    let text = |response: gemini::Response| response.text().unwrap_or_default().into_owned();
    events.read().map(|chunk| chunk.map(text).map_err(|error| error.to_string())).collect()
}

#[track_caller]
fn assert_read(read: &[Result<String, String>], texts: &[&str], error: Option<&str>) {
    let got: Vec<_> = read.iter().filter_map(|item| item.as_deref().ok()).collect();
    assert_eq!(got, texts, "{read:?}");
    let errors: Vec<_> = read.iter().filter_map(|item| item.as_ref().err()).collect();
    assert_eq!(errors.len(), usize::from(error.is_some()), "{read:?}");
    assert!(errors.iter().zip(error).all(|(got, want)| got.contains(want)), "{read:?}");
}

#[test]
fn nothing_that_a_server_says_is_dropped() {
    let raw_error = include_bytes!("data/faults/raw_error.sse");
    assert_read(&texts_of_gemini(raw_error), &["The clip"], Some("quota is used up"));
    let llama = include_bytes!("data/faults/llama_err.sse");
    assert_read(&texts_of_chat(llama), &[], Some("exceeds the available context"));
    assert_read(&texts_of_gemini(include_bytes!("data/faults/array.sse")), &["a", "b"], None);
    assert_read(&texts_of_chat(include_bytes!("data/faults/noblank.sse")), &["a", "b"], None);

    let chunk = r#"{"choices":[{"delta":{"content":"a"}}]}"#;
    let whole = r#"{"choices":[{"message":{"content":"a"}}]}"#;
    for (stream, texts, error) in [
        (format!("data: {chunk}"), &["a"][..], None),
        (format!("data: {chunk}\n"), &["a"], None),
        (format!("data:\n{chunk}\n\n"), &["a"], None),
        (format!("{chunk}\n{chunk}"), &["a", "a"], None),
        (whole.to_owned(), &["a"], None),
        (format!("data: {whole}\n\n"), &["a"], None),
        (format!("data: {chunk}\n\ndata: {{\"cho"), &["a"], Some("within an event")),
        (format!("data: {chunk}\n\n{{\"error\":"), &["a"], Some("within JSON")),
        // JSON does not allow a form feed. A line with nothing else is blank.
        (format!("data: \u{c}{chunk}"), &[], Some("within an event")),
        (format!("data: \u{c}\ndata: {chunk}"), &["a"], None),
        ("error: out of memory\n\n".to_owned(), &[], Some("out of memory")),
        (r#"{"error":{"message":"busy"}}"#.to_owned(), &[], Some("busy")),
        (r#"[{"error":{"message":"busy"}}]"#.to_owned(), &[], Some("busy")),
        ("<html>\n<p>Bad Gateway".to_owned(), &[], Some("Bad Gateway")),
        ("upstream: timed out\n\n".to_owned(), &[], Some("upstream: timed out")),
        (": comment\n\nevent: x\nid: 1\n\ndata: [DONE]".to_owned(), &[], None),
    ] {
        assert_read(&texts_of_chat(stream.as_bytes()), texts, error);
    }
}

#[test]
fn text_outside_of_events_is_shown_up_to_200_characters() {
    let read = read_all(100_000, ["<p>".repeat(10_000).as_bytes()], usize::MAX);
    let [Err(error)] = &read[..] else { panic!("{read:?}") };
    // 66 times three characters are 198, and the 67th is cut.
    assert_eq!(error.matches("<p>").count(), 66, "{error}");
}

#[test]
fn unframed_json_over_the_limit_is_one_error() {
    for stream in ["{\"a\":1234567890}\n", "{\"a\":\n1234567890,\n\"b\":1}\n"] {
        let read = read_all(12, [stream.as_bytes(), b"data: 1\n\n"], usize::MAX);
        assert!(matches!(&read[..], [Err(error), Ok(_), ..] if error.contains("12 bytes")), "{read:?}");
    }
}

#[test]
fn empty_finish_reasons_are_none() {
    let mut events = Events::new();
    events.push(include_bytes!("data/faults/fr_empty.sse"));
    let chunks: Vec<chat::Chunk> = events.read().collect::<niello::Result<_>>().unwrap();
    let reasons: Vec<_> = chunks.iter().map(chat::Chunk::finish_reason).collect();
    assert_eq!(reasons, [None, None, Some(&chat::FinishReason::Stop)]);
    let whole = br#"{"choices":[{"message":{"content":"a"},"finish_reason":""}]}"#;
    assert_eq!(chat::Response::from_slice(whole).unwrap().finish_reason(), None);
    for reason in ["", "FINISH_REASON_UNSPECIFIED"] {
        let response = format!(r#"{{"candidates":[{{"finishReason":"{reason}"}}]}}"#);
        assert_eq!(gemini::Response::from_slice(response.as_bytes()).unwrap().finish_reason(), None);
    }
}

/// A parser that follows the standard literally, over the whole stream at once.
fn parse_whole(limit: usize, stream: &[u8]) -> Vec<Option<String>> {
    let stream = stream.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(stream);
    let mut lines = vec![vec![]];
    let mut bytes = stream.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if(|next| **next == b'\n');
                lines.push(vec![]);
            }
            b'\n' => lines.push(vec![]),
            byte => lines.last_mut().unwrap().push(*byte),
        }
    }
    lines.pop();
    let mut events = Vec::new();
    let mut data: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        if line.is_empty() {
            if !data.is_empty() {
                let joined = std::mem::take(&mut data).join(&b'\n');
                events.push((joined.len() <= limit).then(|| String::from_utf8_lossy(&joined).into_owned()));
            }
        } else if line == b"data" {
            data.push(vec![]);
        } else if let Some(value) = line.strip_prefix(b"data:") {
            data.push(value.strip_prefix(b" ").unwrap_or(value).to_vec());
        }
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn nothing_depends_on_where_the_stream_is_cut(stream in json_stream(), step in 1..9usize, limit in 0..40usize) {
        let whole = read_all(limit, [&stream[..]], usize::MAX);
        prop_assert_eq!(read_all(limit, stream.chunks(step), usize::MAX), whole.clone());
        prop_assert_eq!(read_all(limit, stream.chunks(1), usize::MAX), whole);
    }

    #[test]
    fn nothing_depends_on_when_events_are_read(stream in json_stream(), step in 1..9usize, count in 0..3usize, limit in 0..40usize) {
        let whole = read_all(limit, [&stream[..]], usize::MAX);
        prop_assert_eq!(read_all(limit, stream.chunks(step), count), whole);
    }

    #[test]
    fn events_do_not_depend_on_where_the_stream_is_cut(stream in stream(), cuts in vec(any::<prop::sample::Index>(), 0..8), limit in 0..40usize) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let parts = cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]]);
        let want = parse_whole(limit, &stream);
        prop_assert_eq!(read(limit, parts), want.clone());
        prop_assert_eq!(read(limit, stream.chunks(1)), want);
    }
}

#[test]
fn an_escape_that_is_not_base64_ends_no_string() {
    for bad in [r#"\"}"#, r"\\", r"\u0022}", r"\u005c", "\u{e9}", "!}"] {
        let stream = format!("{{\"b64_json\":\"{}{bad}\"}}\n{{\"choices\":[]}}\n", "A".repeat(1024));
        for cut in 1000..stream.len() {
            let parts = [&stream.as_bytes()[..cut], &stream.as_bytes()[cut..]];
            assert_eq!(read(1000, parts), [None, Some(r#"{"choices":[]}"#.to_owned())], "{bad} {cut}");
        }
    }
}

#[test]
fn each_line_of_an_event_has_its_own_media() {
    let many = r#",{"b64_json":"AAAA"}"#.repeat(9999);
    let text = "x".repeat(2 << 20);
    let stream = format!(
        "data: {{\"data\":[\"{text}\"{many}]}}\ndata: {{\"b64_json\":\"\"}}\ndata: {{\"b64_json\":\"AAAA\"}}\n\n"
    );
    let mut events = Events::new();
    events.push(stream.as_bytes());
    let counts = std::iter::from_fn(|| events.next_event()).map(|event| event.unwrap().media().len());
    assert_eq!(counts.collect::<Vec<_>>(), [9999, 0, 1]);
}

#[test]
fn unknown_fields_are_ignored_in_a_stream_with_events() {
    for stream in ["foo: bar\ndata: {\"choices\":[]}\n\n", "data: {\"choices\":[]}\n\nx-request-id: 7\n\n"] {
        let mut events = Events::new();
        events.push(stream.as_bytes());
        events.finish();
        assert!(events.read::<chat::Chunk>().all(|chunk| chunk.is_ok()), "{stream:?}");
    }
    for stream in ["Error: no such model\n", "data: {\"choices\":[]}\n\nInternal Server Error\n"] {
        let mut events = Events::new();
        events.push(stream.as_bytes());
        events.finish();
        assert!(events.read::<chat::Chunk>().any(|chunk| chunk.is_err()), "{stream:?}");
    }
}
