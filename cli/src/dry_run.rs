//! The segments of a body as a table, or as JSON for programs.

use super::{args::Format, output, readable::readable};
use clap::builder::styling::Style;
use niello::{Body, Segment};
use serde_json::json;

const FRAME: Style = Style::new().bold();

pub fn show(body: &Body, format: Format) -> Result<(), String> {
    output::print(&match format {
        Format::Text => table(body),
        Format::Json => object(body),
    })
}

fn object(body: &Body) -> String {
    let segments = body.segments().map(|(offset, segment)| match segment {
        Segment::Base64(media) => json!({
            "kind": "base64", "offset": offset, "length": segment.len(),
            "name": media.name(), "mime": media.mime(), "bytes": media.len(),
        }),
        _ => json!({ "kind": "text", "offset": offset, "length": segment.len() }),
    });
    format!("{}\n", json!({ "length": body.len(), "segments": segments.collect::<Vec<_>>() }))
}

/// The names stand last: how wide one is, only the terminal knows.
fn table(body: &Body) -> String {
    let header = ["offset", "bytes", "file bytes", "MIME type", "segment"].map(str::to_owned);
    let rows = body.segments().map(|(offset, segment)| {
        let (bytes, mime, what) = match segment {
            Segment::Base64(media) => {
                (media.len().to_string(), media.mime().to_owned(), readable(media.name()))
            }
            _ => (String::new(), String::new(), "JSON text".to_owned()),
        };
        [offset.to_string(), segment.len().to_string(), bytes, mime, what]
    });
    let total = [String::new(), body.len().to_string(), String::new(), String::new(), "in all".to_owned()];
    let rows: Vec<_> = [header].into_iter().chain(rows).chain([total]).collect();

    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (offset, bytes, file, mime) = (width(0), width(1), width(2), width(3));
    let lines = rows.iter().enumerate().map(|(i, row)| {
        let [a, b, c, d, what] = row;
        let line = format!("{a:>offset$}  {b:>bytes$}  {c:>file$}  {d:<mime$}  {what}\n");
        let is_frame = i == 0 || i + 1 == rows.len();
        if is_frame { format!("{FRAME}{line}{FRAME:#}") } else { line }
    });
    lines.collect()
}
