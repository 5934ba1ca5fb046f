//! The checks before a body is made: what no API could take, named by its place in the request.
//!
//! What one server refuses and another may take is for the server to say.

mod settings;

use super::{Content, FileData, FunctionResponse, Part, Request, VideoMetadata};
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
    if let Some(setter) = part.misplaced {
        let message = format!("has neither inlineData nor fileData, beside which {setter}() sets something");
        return Err(invalid(at, &message));
    }
    check_data(part, at)?;
    if let Some(data) = &part.inline_data {
        let at = format_args!("{at}.inlineData");
        check_mime(&data.mime_type, format_args!("{at}.mimeType"))?;
        data.data.check(format_args!("{at}.data"))?;
    }
    if let Some(file) = &part.file_data {
        check_file(file, format_args!("{at}.fileData"))?;
    }
    if let Some(metadata) = &part.video_metadata {
        check_video(metadata, format_args!("{at}.videoMetadata"))?;
    }
    if let Some(call) = &part.function_call {
        check_name(&call.name, format_args!("{at}.functionCall"))?;
    }
    if let Some(response) = &part.function_response {
        check_response(response, format_args!("{at}.functionResponse"))?;
    }
    Ok(())
}

/// One member with data, or none for a part of a kind that only its extra keys say.
fn check_data(part: &Part, at: Arguments<'_>) -> Result<()> {
    let mut data = part.data();
    match (data.next(), data.next()) {
        (Some(first), Some(second)) => {
            Err(invalid(at, &format!("has {first} and {second}: a part has one of them")))
        }
        _ if part.is_blank() => {
            Err(invalid(at, "has no data: a part has text, inlineData, fileData or the like"))
        }
        _ => Ok(()),
    }
}

fn check_response(response: &FunctionResponse, at: Arguments<'_>) -> Result<()> {
    check_name(&response.name, at)?;
    for (i, part) in response.parts.iter().enumerate() {
        let at = format_args!("{at}.parts[{i}]");
        // Media is all that the API has there, and nothing beside it.
        let media = ["inlineData", "fileData"];
        if let Some(other) = part.data().chain(part.beside()).find(|key| !media.contains(key)) {
            return Err(invalid(at, &format!("has {other}: a function gives inlineData or fileData alone")));
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
