//! What templates copy, replace and reject.

use super::*;

fn fill(text: &str) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.bin"), b"\x01\x02\x03\x04").unwrap();
    fs::write(folder.path().join("a.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    let mut body = Template::new(text).folder(folder.path()).body()?;
    let filled = std::io::read_to_string(&mut body).unwrap();
    assert_eq!(body.len(), filled.len() as u64);
    Ok(filled)
}

#[test]
fn everything_but_directives_is_copied_verbatim() {
    let text = r#"{"z":1.50,"a":-0.0,"big":12345678901234567890123,"s":"p\u00e9\/","n":[null,true,{}]}"#;
    assert_eq!(fill(text).unwrap(), text);
    assert_eq!(fill(" [ 1 ,\n\t2 ] ").unwrap(), "[1,2]");
    assert_eq!(fill("\"x\"").unwrap(), "\"x\"");
    // Numbers that no f64 holds, and a key that means something to serde_json.
    let odd = r#"[1e400,-1E-999,{"$serde_json::private::RawValue":"1"}]"#;
    assert_eq!(fill(odd).unwrap(), odd);
}

#[test]
fn byte_order_mark_is_ignored() {
    assert_eq!(fill("\u{feff}{}").unwrap(), "{}");
    assert_eq!(fill("\u{feff}\u{feff}{}").unwrap_err().kind(), ErrorKind::Json);
    // In a string it is text.
    assert_eq!(fill("[\"\u{feff}\"]").unwrap(), "[\"\u{feff}\"]");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "\u{feff} [1]").unwrap();
    assert_eq!(Template::open(file.path()).unwrap().body().unwrap().len(), 3);
}

#[test]
fn file_that_is_not_utf8_is_an_error_that_names_utf16() {
    let utf16 = |text: &str, to_bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to_bytes).collect();
    let is_utf16 = "it is UTF-16; convert it to UTF-8";
    let cases: [(Vec<u8>, &str); 6] = [
        (utf16("\u{feff}{}", u16::to_le_bytes), is_utf16),
        (utf16("\u{feff}{}", u16::to_be_bytes), is_utf16),
        (utf16("[\"é\"]", u16::to_le_bytes), is_utf16),
        (utf16(" {}", u16::to_be_bytes), is_utf16),
        (b"[\"\xe9\"]".to_vec(), "it is not UTF-8: byte 3 is invalid"),
        (b"\0\0\0\x20ftyp\xff".to_vec(), "it is not UTF-8: byte 9 is invalid"),
    ];
    for (bytes, expected) in cases {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, bytes).unwrap();
        let error = Template::open(file.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(error.to_string(), format!("cannot read {}: {expected}", file.path().display()));
    }
}

#[test]
fn directives_are_replaced_by_media() {
    assert_eq!(fill(r#"[{"$base64":{"file":"a.bin"}}]"#).unwrap(), r#"["AQIDBA=="]"#);
    assert_eq!(
        fill(r#"{"$data_uri":{"file":"a.wav"}}"#).unwrap(),
        r#""data:audio/wav;base64,UklGRgQAAABXQVZF""#
    );
    let given = r#"{"u":{"$data_uri":{"file":"a.bin","mime":"audio/pcm;rate=16000"}}}"#;
    assert_eq!(fill(given).unwrap(), r#"{"u":"data:audio/pcm;rate=16000;base64,AQIDBA=="}"#);
    // A key that is spelled with escapes is the same key.
    assert_eq!(fill(r#"{"\u0024base64":{"file":"a.bin"}}"#).unwrap(), r#""AQIDBA==""#);
}

#[test]
fn errors_name_the_json_path() {
    for (text, kind, place) in [
        (r#"{"a":[{"$base64":{"file":"a.bin"},"x":1}]}"#, ErrorKind::Invalid, "$.a[0]"),
        (r#"{"$base64":{"file":"a.bin"},"$data_uri":{"file":"a.bin"}}"#, ErrorKind::Invalid, "$ "),
        (r#"{"$base64":{"file":"a.bin"},"$base64":{"file":"a.bin"}}"#, ErrorKind::Json, "twice"),
        (r#"{"a":{"b":1,"b":1}}"#, ErrorKind::Json, "$.a"),
        (r#"{"a":{"b":1,"\u0062":1}}"#, ErrorKind::Json, "$.a has the key \"b\" twice"),
        (
            r#"[{"$base64":{"file":"a.bin","mime":"a/b"}}]"#,
            ErrorKind::Invalid,
            "$[0] `$base64` does not accept \"mime\"",
        ),
        (
            r#"[{"$data_uri":{"file":"a.bin","file":"a.bin"}}]"#,
            ErrorKind::Json,
            "$[0] has the key \"file\" twice",
        ),
        (r#"[{"$data_uri":{"mime":"a/b"}}]"#, ErrorKind::Invalid, "has no \"file\""),
        (r#"[{"$data_uri":{"file":""}}]"#, ErrorKind::Invalid, "has no \"file\""),
        (r#"[{"$data_uri":{"file":1}}]"#, ErrorKind::Invalid, "\"file\" that is not a string"),
        (r#"[{"$data_uri":"a.bin"}]"#, ErrorKind::Invalid, "$[0] `$data_uri` is not an object"),
        (r#"[{"$base64":["a.bin"]}]"#, ErrorKind::Invalid, "$[0] `$base64` is not an object"),
        (r#"[{"$data_uri":{"file":"a.bin"}}]"#, ErrorKind::MimeType, "a.bin"),
        (r#"[{"$data_uri":{"file":"a.bin","mime":"a/b\",\"c"}}]"#, ErrorKind::MimeType, "a.bin"),
        (r#"[{"$base64":{"file":"none"}}]"#, ErrorKind::Io, "template: $[0]: cannot open"),
        (
            r#"[{"$base64":{"file":"a.bin"}},{"$base64":{"file":"a.bin/"}}]"#,
            ErrorKind::Io,
            "$[1]: cannot open",
        ),
        (r#"{"a":"#, ErrorKind::Json, "line 1 column 5"),
        (r#"["\ud800"]"#, ErrorKind::Json, "$[0] contains the escape of half a surrogate pair"),
        (r#"{"\ud800":1}"#, ErrorKind::Json, "$ contains the escape of half a surrogate pair"),
        ("[1] 2", ErrorKind::Json, "trailing"),
        ("", ErrorKind::Json, "not valid JSON"),
    ] {
        let error = fill(text).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert!(error.to_string().contains(place), "{text}: {error}");
    }
}

#[test]
fn odd_strings_and_spaces_are_read() {
    let text = " { \"a\\\\\" : \"\\\"}\\\\\" , \"\\u00e9\" :\t[ \"]\" , 1 , { } , [ ] ] ,\r\n\"c\":{\"$base64\" : { \"file\" : \"\\u0061.bin\" } } } ";
    let expected = r#"{"a\\":"\"}\\","é":["]",1,{},[]],"c":"AQIDBA=="}"#;
    assert_eq!(fill(text).unwrap(), expected);
}

#[test]
fn each_name_is_resolved_once_and_errors_keep_their_kind() {
    let media = Media::from_bytes("abc", "audio/wav").unwrap();
    let text =
        r#"[{"$base64":{"file":"x"}},{"$data_uri":{"file":"x"}},{"$data_uri":{"file":"x","mime":"a/b"}}]"#;
    let mut calls = 0;
    let body = Template::new(text).body_with(|name| {
        calls += 1;
        if name == "x" { Ok(media.clone()) } else { Err("unknown") }
    });
    let filled = io::read_to_string(&mut body.unwrap()).unwrap();
    assert_eq!(filled, r#"["YWJj","data:audio/wav;base64,YWJj","data:a/b;base64,YWJj"]"#);
    assert_eq!(calls, 1);

    fn rejected(text: &str, cause: impl Fn() -> Cause) -> (ErrorKind, String) {
        let error = Template::new(text).body_with(|_| Err(cause())).unwrap_err();
        (error.kind(), error.to_string())
    }
    let text = r#"{"a":[{"$base64":{"file":"x"}}]}"#;
    let (kind, message) = rejected(text, || Error::new(ErrorKind::Changed, "it changed").into());
    assert_eq!((kind, &*message), (ErrorKind::Changed, "template: $.a[0]: it changed"));
    let (kind, message) = rejected(text, || io::Error::other("disk").into());
    assert_eq!((kind, &*message), (ErrorKind::Io, "template: $.a[0]: cannot resolve \"x\": disk"));
    assert_eq!(rejected(text, || "no".into()).0, ErrorKind::Invalid);
    let bad = Template::new(r#"[{"$data_uri":{"file":"x","mime":"none"}}]"#)
        .body_with(|_| Ok::<_, Error>(media.clone()));
    assert_eq!(bad.unwrap_err().kind(), ErrorKind::MimeType);
}

#[test]
fn deep_templates_take_linear_time() {
    let text = format!("{}\"{}\"{}", "[".repeat(126), "x".repeat(4 << 20), "]".repeat(126));
    let start = std::time::Instant::now();
    assert_eq!(Template::new(&text).body().unwrap().len(), text.len() as u64);
    assert!(start.elapsed().as_secs() < 10, "read once per level, it takes minutes");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(fill(&nested(100)).is_ok());
    for depth in [200, 100_000] {
        assert_eq!(fill(&nested(depth)).unwrap_err().kind(), ErrorKind::Json);
    }
}

#[test]
#[cfg(all(unix, feature = "spool"))]
fn a_pipe_that_is_named_three_times_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn(move || fs::write(pipe, "abc").unwrap());
    let text = r#"[{"$base64":{"file":"pipe"}},{"$data_uri":{"file":"pipe","mime":"a/b"}},{"$data_uri":{"file":"pipe","mime":"c/d"}}]"#;
    let mut body = Template::new(text).folder(folder.path()).body().unwrap();
    let filled = std::io::read_to_string(&mut body).unwrap();
    assert_eq!(filled, r#"["YWJj","data:a/b;base64,YWJj","data:c/d;base64,YWJj"]"#);
    writer.join().unwrap();
}

#[test]
fn a_file_named_twice_is_opened_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.bin"), b"abc").unwrap();
    let text = r#"[{"$base64":{"file":"a.bin"}},{"$base64":{"file":"a.bin"}}]"#;
    let body = Template::new(text).folder(folder.path()).body().unwrap();
    let media: Vec<_> = body
        .segments()
        .filter_map(|(_, segment)| match segment {
            crate::Segment::Base64(media) => Some(media.clone()),
            _ => None,
        })
        .collect();
    assert!(media[0].ptr_eq(&media[1]));
}
