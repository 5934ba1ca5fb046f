//! The checks before a body is made: what no API could take, named by its place in the request.
//!
//! What one server refuses and another may take is for the server to say.

mod settings;

use super::{Content, FileData, FunctionResponse, Part, PartKind, Request, VideoMetadata, json_name};
use crate::{
    api::source::data_uri,
    error::{Error, ErrorKind, Result},
    media::is_valid_mime,
};
use std::fmt::Arguments;

pub(super) fn request(request: &Request) -> Result<()> {
    if request.contents.is_empty() {
        return Err(invalid(format_args!("contents"), "is empty: there is nothing to answer"));
    }
    for (i, content) in request.contents.iter().enumerate() {
        check_content(content, format_args!("contents[{i}]"))?;
    }
    if let Some(instruction) = &request.system_instruction {
        check_content(instruction, format_args!("systemInstruction"))?;
    }
    for (i, tool) in request.tools.iter().enumerate() {
        settings::tool(tool, format_args!("tools[{i}]"))?;
    }
    if let Some(config) = &request.tool_config {
        settings::tool_config(config)?;
    }
    settings::generation_config(&request.generation_config)
}

fn check_content(content: &Content, at: Arguments<'_>) -> Result<()> {
    if content.parts.is_empty() {
        return Err(invalid(format_args!("{at}.parts"), "is empty: a turn has one part or more"));
    }
    content
        .parts
        .iter()
        .enumerate()
        .try_for_each(|(i, part)| check_part(part, format_args!("{at}.parts[{i}]")))
}

fn check_part(part: &Part, at: Arguments<'_>) -> Result<()> {
    check_payload(part, at)?;
    if let Some(setter) = part.misplaced {
        return Err(invalid(at, &format!("has no inlineData or fileData, which {}() needs", setter.name())));
    }
    if let Some(metadata) = &part.video_metadata {
        check_video(metadata, format_args!("{at}.videoMetadata"))?;
    }
    let at = format_args!("{at}.{}", part.kind.key().unwrap_or_default());
    match &part.kind {
        PartKind::InlineData(data) => {
            check_mime(&data.mime_type, format_args!("{at}.mimeType"))?;
            data.data.check(format_args!("{at}.data"))
        }
        PartKind::FileData(file) => check_file(file, at),
        PartKind::FunctionCall(call) => check_name(&call.name, at),
        PartKind::FunctionResponse(response) => check_response(response, at),
        _ => Ok(()),
    }
}

/// Checks that there is one payload, of a type that this crate does not know if it is among the extra keys.
fn check_payload(part: &Part, at: Arguments<'_>) -> Result<()> {
    if part.is_blank() {
        return Err(invalid(at, "has no payload; set text, inlineData, fileData or another one"));
    }
    let mut keys = part.extra.iter().map(|(key, _)| json_name(key));
    let Some(key) = keys.find(|key| PartKind::KEYS.contains(&&**key)) else { return Ok(()) };
    match part.kind.key() {
        None => Err(invalid(format_args!("{at}.{key}"), "does not have the type that the API documents")),
        Some(kind) if kind != key => {
            Err(invalid(at, &format!("has both {kind} and {key}; a part has one payload")))
        }
        // The same key twice is an error of the formatter.
        Some(_) => Ok(()),
    }
}

fn check_response(response: &FunctionResponse, at: Arguments<'_>) -> Result<()> {
    check_name(&response.name, at)?;
    for (i, part) in response.parts.iter().enumerate() {
        let at = format_args!("{at}.parts[{i}]");
        if !part.is_media() || !part.is_bare() {
            return Err(invalid(at, "is not media alone: a result has only inlineData or fileData here"));
        }
        check_part(part, at)?;
    }
    Ok(())
}

fn check_name(name: &str, at: Arguments<'_>) -> Result<()> {
    if name.is_empty() {
        return Err(invalid(format_args!("{at}.name"), "is empty; give the name of the function"));
    }
    Ok(())
}

fn check_file(file: &FileData, at: Arguments<'_>) -> Result<()> {
    if let Some(mime) = &file.mime_type {
        check_mime(mime, format_args!("{at}.mimeType"))?;
    }
    let at = format_args!("{at}.fileUri");
    if file.file_uri.is_empty() {
        return Err(invalid(at, "is empty"));
    }
    // A space may stand in it: `gs://bucket/my clip.mp4`.
    if file.file_uri.contains(|c: char| c.is_ascii_control()) {
        return Err(invalid(at, "is no URI: it has a control character in it"));
    }
    // Whoever reads it trims it.
    if data_uri(file.file_uri.trim_start()).is_some() {
        return Err(invalid(at, "is a data: URI, which no server fetches; inline the media instead"));
    }
    Ok(())
}

fn check_video(metadata: &VideoMetadata, at: Arguments<'_>) -> Result<()> {
    if let Some(fps) = metadata.fps
        && !(fps > 0.0 && fps <= 24.0)
    {
        return Err(invalid(format_args!("{at}.fps"), &format!("is {fps}, not above 0 and up to 24")));
    }
    match (metadata.start_offset, metadata.end_offset) {
        (Some(start), Some(end)) if start >= end => {
            let message = format!("is {start:?}, not before endOffset, {end:?}");
            Err(invalid(format_args!("{at}.startOffset"), &message))
        }
        _ => Ok(()),
    }
}

fn check_mime(mime: &str, at: Arguments<'_>) -> Result<()> {
    if is_valid_mime(mime) {
        return Ok(());
    }
    let message = format!("`{at}` is {mime:?}, not of the form \"type/subtype\"");
    Err(Error::new(ErrorKind::MimeType, message))
}

fn check_finite(number: Option<f64>, at: Arguments<'_>) -> Result<()> {
    match number {
        Some(number) if !number.is_finite() => {
            Err(invalid(at, &format!("is {number}, which JSON cannot say")))
        }
        _ => Ok(()),
    }
}

fn invalid(at: Arguments<'_>, what: &str) -> Error {
    Error::new(ErrorKind::Invalid, format!("`{at}` {what}"))
}
