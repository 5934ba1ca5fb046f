//! Writes streams of events with all line endings and fields, and reads them as the HTML standard says.

use arbitrary::{Result, Unstructured};
use serde::de::IgnoredAny;

const ENDINGS: [&str; 3] = ["\n", "\r\n", "\r"];

/// Lines that are not data.
const LINES: [&str; 12] = [
    "event: message",
    "id: 7",
    "id",
    "retry: 10",
    ":",
    ": comment",
    "data",
    "error: {\"code\":1}",
    "[DONE]",
    "<html>",
    "x-field: 1",
    " data: 1",
];

/// Data, and parts of it that make JSON only together.
const DATA: [&str; 16] = [
    "[DONE]",
    "",
    "1",
    "text",
    "{}",
    "{\"a\":",
    "1}",
    "[{\"a\":1},",
    "{\"a\":1}]",
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Go\"},\"finish_reason\":null}]}",
    "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\"}}]}}]}",
    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Go\"}],\"role\":\"model\"}}]}",
    "{\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"iVBORw==\"}}]}}]}",
    "{\"data\":[{\"b64_json\":\"iVBORw==\"}]}",
    "{\"error\":{\"message\":\"no\",\"code\":429}}",
    "{\"data\":{\"data\":\"!\"},\"url\":\"data:a/b;base64,!\"}",
];

/// Returns a stream.
pub(crate) fn stream(data: &mut Unstructured<'_>) -> Vec<u8> {
    let mut stream = String::new();
    // The input is used up at any point.
    let _ = write(data, &mut stream);
    stream.into_bytes()
}

fn write(data: &mut Unstructured<'_>, stream: &mut String) -> Result<()> {
    if data.int_in_range(1..=8)? == 8 {
        stream.push('\u{feff}');
    }
    while !data.is_empty() {
        match data.int_in_range(0..=11)? {
            0..=4 => {
                stream.push_str("data:");
                if data.int_in_range(0..=3)? < 3 {
                    stream.push(' ');
                }
                stream.push_str(data.choose(&DATA)?);
            }
            5 => stream.push_str(data.choose(&DATA)?),
            6 => stream.push_str(data.choose(&LINES)?),
            7 => {
                let string: &str = data.arbitrary()?;
                stream.push_str(if data.arbitrary()? { "data: " } else { "" });
                stream.push_str(string);
            }
            // A blank line ends an event.
            _ => {}
        }
        stream.push_str(data.choose(&ENDINGS)?);
    }
    Ok(())
}

/// An event of a stream.
pub(crate) struct Event {
    pub(crate) data: String,
    /// It is cut off by the end of the stream.
    pub(crate) is_cut: bool,
}

/// Returns the events of a stream as the HTML standard says, except that events that no blank line ends are included.
/// Returns `None` if a line is not one of the standard.
pub(crate) fn reference(stream: &[u8]) -> Option<Vec<Event>> {
    let text = str::from_utf8(stream).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    // What follows the last line ending is a line only if it is not empty.
    let lines = text.strip_suffix('\n').unwrap_or(&text).split('\n');
    let mut events = Vec::new();
    let mut data: Option<Vec<&str>> = None;
    let mut end_event = |data: &mut Option<Vec<&str>>, is_cut| {
        events.extend(data.take().map(|lines| Event { data: lines.join("\n"), is_cut }));
    };
    for line in lines {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        match field {
            _ if line.is_empty() => end_event(&mut data, false),
            "" | "event" | "id" | "retry" => {}
            "data" => data.get_or_insert_default().push(value.strip_prefix(' ').unwrap_or(value)),
            _ => return None,
        }
    }
    end_event(&mut data, true);
    Some(events)
}

/// Returns the events of which the data of one consists: its lines, if they are objects and the whole is not JSON.
pub(crate) fn split(data: &str) -> Vec<&str> {
    let lines: Vec<_> = data.split('\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    let is_done = |line: &&&str| line.trim_ascii() == "[DONE]";
    let is_object = |line: &&str| line.trim_ascii_start().starts_with('{') && is_json(line);
    let mut objects = lines.iter().filter(|line| !is_done(line)).peekable();
    let are_events =
        data.contains('\n') && !is_json(data) && objects.peek().is_some() && objects.all(is_object);
    if are_events { lines } else { vec![data] }
}

pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
