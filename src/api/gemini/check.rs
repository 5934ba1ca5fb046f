//! Validates a request before its body is created.
//!
//! The checks report what no server would accept, and leave everything else to the server. The formatter that
//! writes the JSON detects duplicate keys. Every message begins with the JSON path of the field.

use super::{
    Content, FileData, FunctionResponse, GenerationConfig, Part, PartKind, Request, Schema, Tool, ToolConfig,
    VideoMetadata, json_name,
};
use crate::{
    api::{
        check::{check_finite, invalid, require},
        source::{Place, check_url},
    },
    error::{Error, ErrorKind, Result},
    media::{is_valid_mime, redact},
};
use std::fmt::Arguments;

pub(super) fn request(request: &Request) -> Result<()> {
    require(!request.contents.is_empty(), format_args!("contents is empty; add a turn"))?;
    for (i, content) in request.contents.iter().enumerate() {
        check_content(content, format_args!("contents[{i}]"))?;
    }
    if let Some(instruction) = &request.system_instruction {
        check_content(instruction, format_args!("systemInstruction"))?;
    }
    for (i, tool) in request.tools.iter().enumerate() {
        check_tool(tool, format_args!("tools[{i}]"))?;
    }
    if let Some(config) = &request.tool_config {
        check_tool_config(config)?;
    }
    check_generation_config(&request.generation_config)
}

fn check_content(content: &Content, at: Arguments<'_>) -> Result<()> {
    require(!content.parts.is_empty(), format_args!("{at}.parts is empty; add a part"))?;
    let mut parts = content.parts.iter().enumerate();
    parts.try_for_each(|(i, part)| check_part(part, format_args!("{at}.parts[{i}]")))
}

fn check_part(part: &Part, at: Arguments<'_>) -> Result<()> {
    check_payload(part, at)?;
    if let Some(setter) = part.misplaced.filter(|_| !part.is_media()) {
        return Err(invalid(format!("{at}: {setter}() needs a part with inlineData or fileData")));
    }
    if let Some(metadata) = &part.video_metadata {
        check_video(metadata, format_args!("{at}.videoMetadata"))?;
    }
    let at = format_args!("{at}.{}", part.kind.key().unwrap_or_default());
    match &part.kind {
        PartKind::InlineData(data) => {
            check_mime(Some(&data.mime_type), format_args!("{at}.mimeType"))?;
            data.data.check(format_args!("{at}.data"))
        }
        PartKind::FileData(file) => check_file(file, at),
        PartKind::FunctionCall(call) => check_name(&call.name, at),
        PartKind::FunctionResponse(response) => check_function_response(response, at),
        _ => Ok(()),
    }
}

/// Checks that the part has a payload, and no second known one. Payloads unknown to this crate are in `extra`.
fn check_payload(part: &Part, at: Arguments<'_>) -> Result<()> {
    require(
        !part.is_blank(),
        format_args!("{at} has no payload; set text, inlineData, fileData or another payload"),
    )?;
    for (key, _) in part.extra.iter() {
        let key = json_name(key);
        if !PartKind::KEYS.contains(&&*key) {
            continue;
        }
        match part.kind.key() {
            None => {
                return Err(invalid(format!(
                    "{at}.{key} is an extra key, not the payload, or does not have the type that the API documents; set \
                     it with a constructor of Part"
                )));
            }
            Some(kind) if kind != key => {
                return Err(invalid(format!("{at} has both {kind} and {key}; a part has one payload")));
            }
            // The formatter reports a key that appears twice.
            Some(_) => {}
        }
    }
    Ok(())
}

fn check_function_response(response: &FunctionResponse, at: Arguments<'_>) -> Result<()> {
    check_name(&response.name, at)?;
    for (i, part) in response.parts.iter().enumerate() {
        let at = format_args!("{at}.parts[{i}]");
        require(
            part.is_media() && part.is_bare(),
            format_args!("{at} may contain only inlineData or fileData; remove its other fields"),
        )?;
        check_part(part, at)?;
    }
    Ok(())
}

fn check_name(name: &str, at: Arguments<'_>) -> Result<()> {
    require(!name.is_empty(), format_args!("{at}.name is empty; set the name of the function"))
}

fn check_file(file: &FileData, at: Arguments<'_>) -> Result<()> {
    check_mime(file.mime_type.as_deref(), format_args!("{at}.mimeType"))?;
    check_url(&file.file_uri, Place::FileUri, format_args!("{at}.fileUri"))
}

fn check_video(metadata: &VideoMetadata, at: Arguments<'_>) -> Result<()> {
    if let Some(fps) = metadata.fps {
        require(
            fps > 0.0 && fps <= 24.0,
            format_args!("{at}.fps is {fps}; set a rate greater than 0 and at most 24"),
        )?;
    }
    if let (Some(start), Some(end)) = (metadata.start_offset, metadata.end_offset) {
        require(
            start < end,
            format_args!("{at}.startOffset ({start:?}) must be before endOffset ({end:?})"),
        )?;
    }
    Ok(())
}

fn check_generation_config(config: &GenerationConfig) -> Result<()> {
    let at = format_args!("generationConfig");
    check_finite(config.temperature, format_args!("{at}.temperature"))?;
    check_finite(config.top_p, format_args!("{at}.topP"))?;
    check_finite(config.presence_penalty, format_args!("{at}.presencePenalty"))?;
    check_finite(config.frequency_penalty, format_args!("{at}.frequencyPenalty"))?;
    check_mime(config.response_mime_type.as_deref(), format_args!("{at}.responseMimeType"))?;
    check_schema(config.response_schema.as_deref(), format_args!("{at}.responseSchema"))
}

fn check_schema(schema: Option<&Schema>, at: Arguments<'_>) -> Result<()> {
    let Some(schema) = schema else { return Ok(()) };
    check_finite(schema.minimum, format_args!("{at}.minimum"))?;
    check_finite(schema.maximum, format_args!("{at}.maximum"))?;
    check_schema(schema.items.as_deref(), format_args!("{at}.items"))?;
    for (i, schema) in schema.any_of.iter().enumerate() {
        check_schema(Some(schema), format_args!("{at}.anyOf[{i}]"))?;
    }
    for (name, property) in &schema.properties {
        check_schema(Some(property), format_args!("{at}.properties.{name}"))?;
    }
    Ok(())
}

fn check_tool(tool: &Tool, at: Arguments<'_>) -> Result<()> {
    for (i, function) in tool.function_declarations.iter().enumerate() {
        let at = format_args!("{at}.functionDeclarations[{i}]");
        check_name(&function.name, at)?;
        check_schema(function.parameters.as_deref(), format_args!("{at}.parameters"))?;
        check_schema(function.response.as_deref(), format_args!("{at}.response"))?;
    }
    let retrieval = tool.google_search_retrieval.as_ref();
    let config = retrieval.and_then(|retrieval| retrieval.dynamic_retrieval_config.as_ref());
    check_finite(
        config.and_then(|config| config.dynamic_threshold),
        format_args!("{at}.googleSearchRetrieval.dynamicRetrievalConfig.dynamicThreshold"),
    )
}

fn check_tool_config(config: &ToolConfig) -> Result<()> {
    let location = config.retrieval_config.as_ref().and_then(|config| config.lat_lng.as_ref());
    let at = format_args!("toolConfig.retrievalConfig.latLng");
    check_finite(location.and_then(|location| location.latitude), format_args!("{at}.latitude"))?;
    check_finite(location.and_then(|location| location.longitude), format_args!("{at}.longitude"))
}

fn check_mime(mime: Option<&str>, at: Arguments<'_>) -> Result<()> {
    match mime.filter(|mime| !is_valid_mime(mime)) {
        None => Ok(()),
        Some(mime) => {
            let message = format!("{at} is {:?}, which does not have the form type/subtype", redact(mime));
            Err(Error::new(ErrorKind::MimeType, message))
        }
    }
}
