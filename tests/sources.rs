//! One rule for the strings that name media, in every constructor of both formats: what only names a local file is an
//! error when the body is made.

use niello::{DataUri, ErrorKind, Media, NameKind, Source, chat, gemini};
use proptest::prelude::*;

/// A request for each constructor that takes a URL, with the JSON path of that URL.
fn requests(url: &str) -> Vec<(&'static str, niello::Result<niello::Body>)> {
    fn chat(part: chat::Part) -> niello::Result<niello::Body> {
        chat::Request::new("m").message(chat::Message::user([part])).body()
    }
    fn gemini(part: gemini::Part) -> niello::Result<niello::Body> {
        gemini::Request::new().content(gemini::Content::user([part])).body()
    }
    let media_url = |url| chat::PartKind::VideoUrl(chat::MediaUrl::new(url)).into();
    let file = |url| chat::PartKind::File(chat::FileData::default().file_data(url)).into();
    let file_data = |url| gemini::PartKind::FileData(gemini::FileData::new(url).into()).into();
    let read = serde_json::from_value(
        serde_json::json!({ "contents": [{ "parts": [{ "fileData": { "fileUri": url } }] }] }),
    );
    vec![
        ("messages[0].content[0].video_url.url", chat(chat::Part::video(url))),
        ("messages[0].content[0].audio_url.url", chat(chat::Part::audio(url))),
        ("messages[0].content[0].image_url.url", chat(chat::Part::image(url))),
        ("messages[0].content[0].file.file_data", chat(chat::Part::file(url))),
        ("messages[0].content[0].", chat(chat::Part::media(url))),
        ("messages[0].content[0].video_url.url", chat(media_url(url))),
        ("messages[0].content[0].video_url.url", chat(chat::Part::video(Source::Url(url.to_owned())))),
        ("messages[0].content[0].file.file_data", chat(file(url))),
        ("contents[0].parts[0].fileData.fileUri", gemini(gemini::Part::file(url))),
        ("contents[0].parts[0].fileData.fileUri", gemini(gemini::Part::media(url))),
        ("contents[0].parts[0].fileData.fileUri", gemini(file_data(url))),
        // What is read from JSON is checked at the same time.
        ("contents[0].parts[0].fileData.fileUri", read.map(|read: gemini::Request| read.body()).unwrap()),
    ]
}

#[track_caller]
fn assert_rejected(url: &str, hint: &str) {
    for (at, body) in requests(url) {
        let error = body.expect_err(url);
        let message = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{message}");
        assert!(message.starts_with(at) && message.contains(hint), "{message}");
        assert!(!message.contains("SECRET") && message.len() < 500, "{message}");
    }
}

#[test]
fn paths_are_errors_that_name_media_open() {
    for path in [
        "clip.mp4",
        "my clip.mp4",
        "/tmp/x.mp4",
        "./x",
        "~/x",
        "..\\x",
        "C:\\x.mp4",
        "C:/x.mp4",
        "take:2.mp4",
        "videos/clip.mp4",
        "files/clip.mp4",
        "clip.mp4?SECRET",
        "\u{e9}:/x",
        &"x/".repeat(1000),
    ] {
        assert_rejected(path, "is not a URL; open local files with Media::open");
    }
    for url in ["file:///tmp/x.mp4", "FILE://localhost/x.mp4", "file:x.mp4?SECRET"] {
        assert_rejected(url, "is a local file, which servers cannot fetch; open it with Media::open");
    }
}

#[test]
fn mistyped_urls_are_errors_that_name_the_url_that_is_meant() {
    for (url, meant) in [
        ("htp://example.com/x.mp4?SECRET", "https://example.com/x.mp4?"),
        ("hhtps://user:SECRET@example.com/x.mp4", "https://...@example.com/x.mp4?"),
        ("https:/example.com/x.mp4", "https://example.com/x.mp4?"),
        ("www.example.com/x.mp4#SECRET", "https://www.example.com/x.mp4?"),
        ("example.com/x.mp4", "https://example.com/x.mp4?"),
    ] {
        assert_rejected(url, &format!("did you mean {meant}"));
    }
}

#[test]
fn urls_and_names_of_uploaded_files_are_sent_unchanged() {
    for url in [
        "https://example.com/x.mp4?signature=a%20b#c",
        "HTTP://localhost:8080/x",
        "https://www.youtube.com/watch?v=x",
        "gs://bucket/x.mp4",
        "s3://bucket/x.mp4",
        "dbfs:/Volumes/main/default/clips/x.mp4",
        "files/abc-123",
        "file-abc123",
        "file_011CNha8iCJcU1wXNR6q4V8w",
    ] {
        for (at, body) in requests(url) {
            let sent = std::io::read_to_string(body.unwrap_or_else(|error| panic!("{at}: {error}"))).unwrap();
            assert!(sent.contains(&format!("{url:?}")), "{at}: {sent}");
        }
    }
}

#[test]
fn data_uris_and_base64_pass_only_where_they_are_embedded_media() {
    let base64 = "AAAAIGZ0eXBpc29tAAACAGlzb21pc28y".repeat(1000);
    for (url, in_file_data, in_urls) in [
        ("data:video/mp4;base64,AAAA", true, true),
        ("AAAA", true, false),
        ("q83vEg==", true, false),
        (&base64, true, false),
        // Short, and more likely a path.
        ("/tmp/abc", false, false),
    ] {
        for (at, body) in requests(url) {
            let expected = match at {
                "contents[0].parts[0].fileData.fileUri" => false,
                "messages[0].content[0].file.file_data" => in_file_data,
                // `Part::media` makes a file of what has no type.
                "messages[0].content[0]." => in_file_data,
                _ => in_urls,
            };
            assert_eq!(body.is_ok(), expected, "{at}: {url:.50}");
            if let Err(error) = body {
                assert!(!error.to_string().contains(&url[..url.len().min(17)]) || url.len() < 17, "{error}");
                assert!(error.to_string().len() < 200, "{error}");
            }
        }
    }
    assert_eq!(NameKind::of(&base64), NameKind::Base64);
}

#[test]
fn media_of_another_kind_is_an_error_unless_its_type_was_set() {
    const MP3: &[u8] = b"ID3\x04\0\0\0\0\0\0";
    let detected = Media::options().name("talk").from_bytes(MP3).unwrap();
    let set = Media::from_bytes(MP3, "audio/mp3").unwrap();
    let body = |part| chat::Request::new("m").message(chat::Message::user([part])).body();
    for (kind, part) in
        [("video", chat::Part::video as fn(Media) -> chat::Part), ("image", |media| chat::Part::image(media))]
    {
        let error = body(part(detected.clone())).unwrap_err();
        let message = format!(
            "messages[0].content[0].{kind}_url.url: talk has the media type audio/mp3; use Part::audio, or set the \
             type explicitly"
        );
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::MimeType, message));
        assert!(body(part(set.clone())).is_ok());
    }
    for part in [chat::Part::audio(&detected), chat::Part::media(&detected), chat::Part::file(&detected)] {
        assert!(body(part).is_ok());
    }
}

#[test]
fn empty_media_is_an_error_in_typed_requests_only() {
    let empty = Media::options().name("clip.mp4").mime("video/mp4").from_bytes("").unwrap();
    for part in [
        chat::Part::video(&empty),
        chat::Part::file(&empty),
        chat::Part::input_audio(&empty).format("wav"),
        chat::Part::input_audio("").format("wav"),
    ] {
        let error = chat::Request::new("m").message(chat::Message::user([part])).body().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("is empty"), "{error}");
    }
    for part in [gemini::Part::inline(&empty), gemini::Part::inline(gemini::InlineData::new("a/b", ""))] {
        let error = gemini::Request::new().content(gemini::Content::user([part])).body().unwrap_err();
        assert!(error.to_string().contains("is empty"), "{error}");
    }
    assert!(niello::Body::json(&DataUri(empty)).is_ok());
}

proptest! {
    #[test]
    fn no_relative_path_passes(
        start in prop::sample::select(vec!["", "./", "../", "~/", "/", "..\\", "C:\\", "D:/"]),
        folders in prop::collection::vec("[A-Za-z0-9_. -]{1,12}", 0..4),
        separator in prop::sample::select(vec!["/", "\\"]),
        name in "[A-Za-z0-9_ -]{1,12}\\.(mp4|MOV|mp3|wav|png|pdf|mkv)",
    ) {
        let folders: String = folders.iter().map(|folder| format!("{folder}{separator}")).collect();
        let path = format!("{start}{folders}{name}");
        for (at, body) in requests(&path) {
            prop_assert!(body.is_err(), "{}: {}", at, path);
        }
    }

    #[test]
    fn every_url_passes(
        scheme in prop::sample::select(vec!["http", "https", "HTTPS", "gs", "s3", "abfss"]),
        host in "[a-z0-9-]{1,20}(\\.[a-z]{2,8}){0,2}(:[0-9]{1,4})?",
        rest in "(/[!$-~]{0,40})?",
    ) {
        let url = format!("{scheme}://{host}{rest}");
        for (at, body) in requests(&url) {
            prop_assert!(body.is_ok(), "{}: {}: {:?}", at, url, body);
        }
    }
}

#[test]
fn debug_and_display_of_a_source_hide_media_and_secrets() {
    let source = Source::from("https://user:SECRET@h/v.mp4?X-Amz-Signature=SECRET");
    assert_eq!(source.to_string(), "https://...@h/v.mp4?...");
    assert_eq!(format!("{source:?}"), "Url(\"https://...@h/v.mp4?...\")");
    assert_eq!(Source::from("h\u{1b}.mp4").to_string(), "h\\u001b.mp4");
    assert_eq!(format!("{:?}", niello::Base64::from("SECRET")), "Encoded(6 bytes)");
}

#[test]
fn base64_is_standard_with_padding_or_url_safe() {
    let body = |data: &str| {
        let part = gemini::Part::inline(gemini::InlineData::new("video/mp4", data));
        gemini::Request::new().content(gemini::Content::user([part])).body()
    };
    for good in ["AA==", "AAA=", "AAAA", "+/+/", "-_-_", "-_8=", "AA", "-_8", "0123abcZ"] {
        assert!(body(good).is_ok(), "{good:?}");
    }
    for bad in [
        "A",
        "AAAAA",
        "A===",
        "=",
        "====",
        "AA=",
        "AAAA==",
        "+/8",
        "+/-_",
        "AA==AAAA",
        " AAAA",
        "AAAA\n",
        "AA%3D",
        "\u{e9}\u{e9}",
        "clip.mp4",
        "data:video/mp4;base64,AAAA",
    ] {
        let error = body(bad).unwrap_err().to_string();
        assert!(error.starts_with("contents[0].parts[0].inlineData.data is "), "{bad:?}: {error}");
    }
}

#[test]
fn kind_of_a_part_comes_from_the_type_the_extension_or_youtube() {
    for (url, kind) in [
        ("https://example.com/a.mp4", "video_url"),
        ("https://example.com/a.mp4?x=b.mp3#c.wav", "video_url"),
        ("gs://bucket/talk.FLAC", "audio_url"),
        ("https://example.com/i.png", "image_url"),
        ("https://m.youtube.com/watch?v=x", "video_url"),
        ("https://youtu.be/x", "video_url"),
        ("https://notyoutube.com/x", "file"),
        ("https://example.mp4", "file"),
        ("https://example.com/", "file"),
        ("data:audio/wav;base64,AAAA", "audio_url"),
        ("DATA:audio/wav;base64,AAAA", "audio_url"),
        ("not a URL", "file"),
        ("", "file"),
    ] {
        assert_eq!(chat::Part::media(url).kind.as_str(), kind, "{url}");
    }
}

#[test]
fn opening_what_is_not_a_path_says_what_it_is() {
    let base64 = "iVBORw0KGgoAAAANSUhEUg".repeat(1000);
    for (name, reason) in [
        ("", "cannot open media: the path is empty"),
        ("https://h/v.mp4?SECRET", "cannot open https://h/v.mp4?...: it is a URL, which the server fetches"),
        ("file:///v.mp4", "cannot open file:///v.mp4: it is a URL; give the path without file:"),
        ("www.example.com/v", "did you mean https://www.example.com/v? If so, pass it on as a string"),
        ("data:video/mp4;base64,SECRET", "cannot open data:video/mp4;base64,... (6 more bytes): it is data"),
        (&base64, "cannot open iVBORw0KGgoAAAAN... (22000 bytes): it is data"),
        (&format!(" {base64}"), "cannot open iVBORw0KGgoAAAAN... (22000 bytes): it is data"),
    ] {
        let error = Media::open(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}

#[test]
fn media_in_a_string_after_spaces_is_not_shown() {
    for name in [" data:image/png;base64,", "\n\tdata:image/png;base64,", " "] {
        let url = format!("{name}{}", "iVBORw0KGgoAAAANSUhEUg".repeat(10));
        for (at, body) in requests(&url) {
            let shown = body.map_or_else(|error| error.to_string(), |body| format!("{body:?}"));
            assert!(!shown.contains("SUhEUg"), "{at}: {shown}");
        }
        let shown = format!("{:?}", chat::Part::image(&*url));
        assert!(!shown.contains("SUhEUg"), "{shown}");
    }
}
