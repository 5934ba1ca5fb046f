//! What is refused before a body is made. Only what no server can take: the rest is the server's to say.

use super::{Content, FormatKind, Message, Part, PartKind, Request, Role, Tool, ToolCall, ToolKind};
use crate::{
    api::source::Base64,
    error::{Error, ErrorKind, Result},
};
use std::fmt::Arguments;

pub(super) fn request(request: &Request) -> Result<()> {
    if request.model.is_empty() {
        return Err(invalid("`model` is empty; give the name of a model or an endpoint"));
    }
    if request.messages.is_empty() {
        return Err(invalid("`messages` is empty; add one with `message`"));
    }
    for (name, number) in [
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("presence_penalty", request.presence_penalty),
        ("frequency_penalty", request.frequency_penalty),
    ] {
        if let Some(number) = number.filter(|number| !number.is_finite()) {
            return Err(invalid(format!("`{name}` is {number}, which JSON cannot say")));
        }
    }
    if let Some(format) = &request.response_format
        && format.kind == FormatKind::JsonSchema
        && format.json_schema.is_none()
    {
        return Err(invalid("`response_format.json_schema` is missing; give the schema"));
    }
    for (index, checked) in request.tools.iter().enumerate() {
        tool(checked, format_args!("tools[{index}]"))?;
    }
    for (index, checked) in request.messages.iter().enumerate() {
        message(checked, format_args!("messages[{index}]"))?;
    }
    Ok(())
}

fn tool(tool: &Tool, at: Arguments<'_>) -> Result<()> {
    function(&tool.kind, tool.function.as_ref().map(|function| &function.name), at)
}

/// A tool or a call whose type is function has one, and it has a name.
fn function(kind: &ToolKind, name: Option<&String>, at: Arguments<'_>) -> Result<()> {
    match name {
        Some(name) if name.is_empty() => {
            Err(invalid(format!("`{at}.function.name` is empty; give the name of the function")))
        }
        None if *kind == ToolKind::Function => {
            Err(invalid(format!("`{at}.function` is missing; give the function, or another type")))
        }
        _ => Ok(()),
    }
}

fn message(message: &Message, at: Arguments<'_>) -> Result<()> {
    if message.role.as_str().is_empty() {
        return Err(invalid(format!("`{at}.role` is empty; say who speaks")));
    }
    for (index, call) in message.tool_calls.iter().enumerate() {
        tool_call(call, format_args!("{at}.tool_calls[{index}]"))?;
    }
    if message.role == Role::Tool && message.tool_call_id.as_ref().is_none_or(String::is_empty) {
        return Err(invalid(format!(
            "`{at}.tool_call_id` is missing; a tool's message names the call that it answers"
        )));
    }
    if !message.has_content() {
        return Err(invalid(format!("`{at}.content` is missing; give a text, a part, or tool calls")));
    }
    let Some(Content::Parts(parts)) = &message.content else { return Ok(()) };
    parts
        .iter()
        .enumerate()
        .try_for_each(|(index, checked)| part(checked, format_args!("{at}.content[{index}]")))
}

fn tool_call(call: &ToolCall, at: Arguments<'_>) -> Result<()> {
    function(&call.kind, call.function.as_ref().map(|function| &function.name), at)
}

fn part(part: &Part, at: Arguments<'_>) -> Result<()> {
    if let Some(setter) = part.misplaced {
        let kind = part.kind.as_str();
        let message = format!("`{at}` is of type {kind:?}, which has nothing for {setter}() to set");
        return Err(invalid(message));
    }
    let inner = format_args!("{at}.{}", part.kind.as_str());
    match &part.kind {
        PartKind::VideoUrl(url) | PartKind::AudioUrl(url) | PartKind::ImageUrl(url) => {
            url.url.check_url(format_args!("{inner}.url"))
        }
        PartKind::InputAudio(audio) => {
            audio.data.check(format_args!("{inner}.data"))?;
            match (&audio.format, &audio.data) {
                (Some(_), _) => Ok(()),
                (None, Base64::Media(media)) => Err(Error::new(
                    ErrorKind::MimeType,
                    format!(
                        "`{inner}`: {} is {}, and input audio is WAV or MP3; send it as `Part::audio`, or \
                         name its `format`",
                        media.name(),
                        media.mime()
                    ),
                )),
                (None, Base64::Encoded(_)) => {
                    Err(invalid(format!("`{inner}.format` is missing; say whether it is WAV or MP3")))
                }
            }
        }
        PartKind::File(file) => {
            let id = file.file_id.as_deref();
            match &file.file_data {
                Some(data) => data.check_characters(format_args!("{inner}.file_data")),
                None if id == Some("") => Err(invalid(format!("`{inner}.file_id` is empty"))),
                None if id.is_none() && file.extra.is_empty() => Err(invalid(format!(
                    "`{inner}.file_data` is missing; give the file, or the `file_id` of one"
                ))),
                None => Ok(()),
            }
        }
        PartKind::Text(_) | PartKind::Refusal(_) => Ok(()),
        PartKind::Other(kind) if kind.is_empty() => {
            Err(invalid(format!("`{at}.type` is missing; give the part's type")))
        }
        PartKind::Other(_) => Ok(()),
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into())
}
