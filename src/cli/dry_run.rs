//! The pieces of a body as a table, or as JSON for programs.

use super::args::Format;
use niello::{Body, Piece};
use serde_json::json;
use std::io::{self, Write};

pub fn show(body: &Body, format: Format) -> Result<(), String> {
    let text = match format {
        Format::Text => table(body),
        Format::Json => object(body),
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}

fn object(body: &Body) -> String {
    let pieces = body.pieces().map(|(offset, piece)| match piece {
        Piece::Base64(media) => json!({
            "kind": "base64", "offset": offset, "length": piece.len(),
            "name": media.name(), "mime": media.mime(), "bytes": media.len(),
        }),
        _ => json!({ "kind": "text", "offset": offset, "length": piece.len() }),
    });
    format!("{}\n", json!({ "length": body.len(), "pieces": pieces.collect::<Vec<_>>() }))
}

fn table(body: &Body) -> String {
    let header = ["piece", "MIME type", "file bytes", "bytes", "offset"].map(str::to_owned);
    let rows = body.pieces().map(|(offset, piece)| {
        let (what, mime, bytes) = match piece {
            Piece::Base64(media) => {
                (one_line(media.name()), media.mime().to_owned(), media.len().to_string())
            }
            _ => ("JSON text".to_owned(), String::new(), String::new()),
        };
        [what, mime, bytes, piece.len().to_string(), offset.to_string()]
    });
    let total = ["total".to_owned(), String::new(), String::new(), body.len().to_string(), String::new()];
    let rows: Vec<_> = [header].into_iter().chain(rows).chain([total]).collect();

    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let width: [usize; 5] = std::array::from_fn(width);
    let mut table = String::new();
    for row in &rows {
        let [what, mime, numbers @ ..] = row;
        let mut line = format!("{what:<0$}  {mime:<1$}", width[0], width[1]);
        for (number, width) in numbers.iter().zip(&width[2..]) {
            line += &format!("  {number:>width$}");
        }
        table += line.trim_end();
        table.push('\n');
    }
    table
}

fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
