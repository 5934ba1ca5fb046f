//! `--dry-run`: lists the segments of a body, as a table or as JSON.

use crate::{args::Format, escape::escape, output};
use anyhow::Result;
use clap::builder::styling::Style;
use niello::{Body, ContentEncoding, Segment};
use serde::Serialize;

/// The JSON form of the list.
#[derive(Serialize)]
struct Report<'a> {
    length: u64,
    segments: Vec<Row<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coded: Option<Coded>,
}

/// The body with its content coding.
#[derive(Serialize)]
struct Coded {
    content_encoding: &'static str,
    length: u64,
}

/// One segment of the body: where it is and what it contains.
#[derive(Serialize)]
struct Row<'a> {
    offset: u64,
    length: u64,
    #[serde(flatten)]
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Content<'a> {
    Text,
    Base64 { name: &'a str, mime: &'a str, size: u64 },
}

/// Lists the segments of `body`. `coded` is the body that would be written.
pub fn print(body: &Body, coded: &Body, format: Format) -> Result<()> {
    let segments = body.segments().map(|(offset, segment)| {
        let content = match segment {
            Segment::Base64(media) => {
                Content::Base64 { name: media.name(), mime: media.mime(), size: media.len() }
            }
            _ => Content::Text,
        };
        Row { offset, length: segment.len(), content }
    });
    let encoding = coded.content_encoding();
    let coded = (encoding != ContentEncoding::Identity)
        .then(|| Coded { content_encoding: encoding.as_str(), length: coded.len() });
    let report = Report { length: body.len(), segments: segments.collect(), coded };
    output::print(&match format {
        Format::Text => table(&report),
        Format::Json => format!("{}\n", serde_json::to_string(&report)?),
    })
}

/// File names are the last column because only the terminal knows how wide they are.
fn table(report: &Report) -> String {
    const BOLD: Style = Style::new().bold();

    let header = ["offset", "length", "file size", "MIME type", "content"].map(str::to_owned);
    let total =
        |length: u64, what: String| [String::new(), length.to_string(), String::new(), String::new(), what];
    let totals = [total(report.length, "total".to_owned())].into_iter().chain(
        report.coded.iter().map(|coded| total(coded.length, format!("total as {}", coded.content_encoding))),
    );
    let segments = report.segments.iter().map(|row| {
        let (size, mime, content) = match row.content {
            Content::Base64 { name, mime, size } => (size.to_string(), mime.to_owned(), escape(name)),
            Content::Text => (String::new(), String::new(), "JSON".to_owned()),
        };
        [row.offset.to_string(), row.length.to_string(), size, mime, content]
    });
    let rows: Vec<_> = [header].into_iter().chain(segments).chain(totals).collect();

    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (offset, length, size, mime) = (width(0), width(1), width(2), width(3));
    let lines = rows.iter().enumerate().map(|(i, [a, b, c, d, content])| {
        let line = format!("{a:>offset$}  {b:>length$}  {c:>size$}  {d:<mime$}  {content}\n");
        let is_bold = i == 0 || i > report.segments.len();
        if is_bold { format!("{BOLD}{line}{BOLD:#}") } else { line }
    });
    lines.collect()
}
