//! Validates a request before its body is created.
//!
//! The checks report what no server would accept, and leave everything else to the server. The formatter that
//! writes the JSON detects duplicate keys. Every message begins with the JSON path of the field.

use super::{Content, FormatKind, MediaUrl, Message, Part, PartKind, Request, Role, ToolKind};
use crate::{
    api::{
        check::{check_finite, invalid, require},
        source::{Base64, MediaKind, Place},
    },
    error::{Error, ErrorKind, Result},
};
use std::fmt::Arguments;

pub(super) fn request(request: &Request) -> Result<()> {
    require(
        !request.model.is_empty(),
        format_args!("model is empty; set the name of a model or an endpoint"),
    )?;
    require(!request.messages.is_empty(), format_args!("messages is empty; add a message"))?;
    for (name, number) in [
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("presence_penalty", request.presence_penalty),
        ("frequency_penalty", request.frequency_penalty),
    ] {
        check_finite(number, format_args!("{name}"))?;
    }
    if let Some(format) = &request.response_format {
        require(
            format.kind != FormatKind::JsonSchema || format.json_schema.is_some(),
            format_args!("response_format.json_schema is missing; set the schema"),
        )?;
    }
    for (i, tool) in request.tools.iter().enumerate() {
        let name = tool.function.as_ref().map(|function| &*function.name);
        check_function(&tool.kind, name, format_args!("tools[{i}].function"))?;
    }
    for (i, message) in request.messages.iter().enumerate() {
        check_message(message, format_args!("messages[{i}]"))?;
    }
    Ok(())
}

/// Checks the function of a tool or of a tool call.
fn check_function(kind: &ToolKind, name: Option<&str>, at: Arguments<'_>) -> Result<()> {
    require(
        *kind != ToolKind::Function || name.is_some(),
        format_args!("{at} is missing; set it, or a type other than \"function\""),
    )?;
    require(name != Some(""), format_args!("{at}.name is empty; set the name of the function"))
}

fn check_message(message: &Message, at: Arguments<'_>) -> Result<()> {
    require(
        !message.role.as_str().is_empty(),
        format_args!("{at}.role is empty; set it, for example to user"),
    )?;
    for (i, call) in message.tool_calls.iter().enumerate() {
        let name = call.function.as_ref().map(|function| &*function.name);
        check_function(&call.kind, name, format_args!("{at}.tool_calls[{i}].function"))?;
    }
    require(
        message.role != Role::Tool || message.tool_call_id.as_ref().is_some_and(|id| !id.is_empty()),
        format_args!(
            "{at}.tool_call_id is missing; set the id of the call whose result this message contains"
        ),
    )?;
    require(message.has_content(), format_args!("{at}.content is missing; set text, parts or tool calls"))?;
    if let Some(Content::Parts(parts)) = &message.content {
        check_parts(parts, format_args!("{at}.content"))?;
    }
    check_parts(&message.images, format_args!("{at}.images"))
}

fn check_parts(parts: &[Part], at: Arguments<'_>) -> Result<()> {
    parts.iter().enumerate().try_for_each(|(i, part)| check_part(part, format_args!("{at}[{i}]")))
}

fn check_part(part: &Part, at: Arguments<'_>) -> Result<()> {
    let kind = part.kind.as_str();
    let applies = |setter| match part.kind {
        PartKind::VideoUrl(_) | PartKind::AudioUrl(_) | PartKind::ImageUrl(_) => setter == "detail",
        PartKind::InputAudio(_) => setter == "format",
        PartKind::File(_) => setter == "filename",
        _ => false,
    };
    if let Some(setter) = part.misplaced.filter(|setter| !applies(*setter)) {
        let kind: String = kind.chars().take(200).collect();
        return Err(invalid(format!("{at}: {setter}() does not apply to a part of type {kind:?}")));
    }
    let inner = format_args!("{at}.{kind}");
    let check_url = |url: &MediaUrl, kind| url.url.check(Place::MediaUrl(kind), format_args!("{inner}.url"));
    match &part.kind {
        PartKind::VideoUrl(url) => check_url(url, MediaKind::Video),
        PartKind::AudioUrl(url) => check_url(url, MediaKind::Audio),
        PartKind::ImageUrl(url) => check_url(url, MediaKind::Image),
        PartKind::InputAudio(audio) => {
            audio.data.check(format_args!("{inner}.data"))?;
            match (&audio.format, &audio.data) {
                (Some(_), _) => Ok(()),
                (None, Base64::Media(media)) => Err(Error::new(
                    ErrorKind::MimeType,
                    format!(
                        "{inner}: {} is {}, not WAV or MP3, and `input_audio` documents only these; use Part::audio, or \
                         set the format",
                        media.name(),
                        media.mime()
                    ),
                )),
                (None, Base64::Encoded(_)) => {
                    Err(invalid(format!("{inner}.format is missing; set it to wav or mp3")))
                }
            }
        }
        PartKind::File(file) => {
            require(
                file.file_data.is_some() || file.file_id.is_some() || !file.extra.is_empty(),
                format_args!("{inner}.file_data is missing; set file_data or file_id"),
            )?;
            match &file.file_data {
                Some(data) => data.check(Place::FileData, format_args!("{inner}.file_data")),
                None => require(
                    file.file_id.as_deref() != Some(""),
                    format_args!("{inner}.file_id is empty; set the id of an uploaded file"),
                ),
            }
        }
        PartKind::Text(_) | PartKind::Refusal(_) => Ok(()),
        PartKind::Other(_) => {
            require(!kind.is_empty(), format_args!("{at}.type is missing; set the type of the part"))
        }
    }
}
