//! No message contains what a terminal would interpret, wherever the text of the message comes from.

use niello::{Body, Error, Limit, Media, Template, chat, events::Events, gemini};
use std::{fs, io};

/// An escape sequence that clears the screen, its C1 form, a line break, and characters that reverse the text.
const HOSTILE: &str = "a\u{1b}[2J\u{9b}b\r\n\u{202e}c\u{2066}d\u{200f}\u{2028}\u{7f}";

/// Returns the errors of every kind that can repeat text from elsewhere.
fn errors() -> Vec<(&'static str, Error)> {
    let chat = |part| chat::Request::new("m").message(chat::Message::user([part])).body().unwrap_err();
    let gemini = |part| gemini::Request::new().content(gemini::Content::user([part])).body().unwrap_err();
    let clip = Media::options().name(HOSTILE).mime("video/mp4").from_bytes("RIFF").unwrap();
    let object = |json: String| json.replace("HOSTILE", &serde_json::to_string(HOSTILE).unwrap());
    let template = |json: &str| Template::new(object(json.to_owned())).body().unwrap_err();
    let api = object(
        r#"{"error": {"message": HOSTILE, "code": HOSTILE, "type": HOSTILE, "param": HOSTILE}}"#.into(),
    );
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("\u{1b}\u{202e}");
    fs::create_dir(&directory).unwrap();
    let mut stream = Events::new();
    stream.push(format!("data: {api}\n\n").as_bytes());
    stream.finish();
    vec![
        ("missing file", Media::open(HOSTILE).unwrap_err()),
        ("directory", Media::open(directory).unwrap_err()),
        ("named media", Media::options().name(HOSTILE).from_bytes(&b"\x01"[..]).unwrap_err()),
        ("type", Media::from_bytes("", HOSTILE).unwrap_err()),
        ("URL as path", Media::open(format!("https://h/{HOSTILE}")).unwrap_err()),
        ("template", Template::new(format!("[{HOSTILE}]")).body().unwrap_err()),
        ("template file", template(r#"[{"$base64": {"file": HOSTILE}}]"#)),
        ("template key", template(r#"{HOSTILE: {"$base64": {"file": "x"}}}"#)),
        ("template keys", template(r#"{HOSTILE: 1, HOSTILE: 2}"#)),
        ("template path", Template::open(HOSTILE).unwrap_err()),
        ("custom", Template::new(r#"[{"$base64": {"file": "x"}}]"#).body_with(|_| Err(HOSTILE)).unwrap_err()),
        ("limit", Body::json(&clip).unwrap().check(Limit::bytes(1)).unwrap_err()),
        ("limit name", HOSTILE.parse::<Limit>().unwrap_err()),
        ("path in a part", chat(chat::Part::video(HOSTILE))),
        ("URL in a part", chat(chat::Part::video(format!("https://h/{HOSTILE}")))),
        ("mistyped URL", chat(chat::Part::video(format!("htp://h/{HOSTILE}")))),
        ("path in fileUri", gemini(gemini::Part::file(HOSTILE))),
        ("mimeType", gemini(gemini::Part::inline(&clip).mime(HOSTILE))),
        ("kind", chat(chat::Part::from(chat::PartKind::Other(HOSTILE.into())).detail("low"))),
        ("key", chat(chat::Part::text("x").extra(HOSTILE, 1).extra("text", 1))),
        ("conversion", chat::Request::new("m").extra(HOSTILE, 1).to_gemini().unwrap_err()),
        ("API", chat::Response::from_slice(api.as_bytes()).unwrap_err()),
        ("API, Gemini", gemini::Response::from_slice(api.as_bytes()).unwrap_err()),
        ("event", stream.read::<chat::Chunk>().find_map(|chunk| chunk.err()).unwrap()),
        ("not JSON", chat::Response::from_slice(HOSTILE.as_bytes()).unwrap_err()),
    ]
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || ('\u{200e}'..='\u{200f}').contains(&c)
        || ('\u{2028}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
        || c == '\u{61c}'
}

#[test]
fn no_error_contains_control_or_direction_characters() {
    for (what, error) in errors() {
        let through = io::Error::from(error.clone());
        for printed in [error.to_string(), format!("{error:?}"), through.to_string(), format!("{error:#}")] {
            assert!(!printed.contains(is_hostile), "{what}: {printed:?}");
        }
        if let Some(error) = error.api_error() {
            assert!(!error.to_string().contains(is_hostile), "{error}");
        }
    }
}
