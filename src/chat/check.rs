//! What is refused before a body is made. Only what no server can take: the rest is the server's to say.

use super::{Content, Message, Part, PartKind, Request, Role, Tool, ToolCall};
use crate::{
    error::{Error, ErrorKind, Result},
    extra::HasExtra,
    source::Base64,
};

pub(super) fn request(request: &Request) -> Result<()> {
    request.check_extra("")?;
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
            return Err(invalid(format!("`{name}` is {number}, which JSON does not have")));
        }
    }
    if let Some(options) = &request.stream_options {
        options.check_extra("stream_options")?;
    }
    if let Some(format) = &request.response_format {
        format.check_extra("response_format")?;
        if let Some(schema) = &format.json_schema {
            schema.check_extra("response_format.json_schema")?;
        }
    }
    for (index, checked) in request.tools.iter().enumerate() {
        tool(checked, &format!("tools[{index}]"))?;
    }
    for (index, checked) in request.messages.iter().enumerate() {
        message(checked, &format!("messages[{index}]"))?;
    }
    Ok(())
}

fn tool(tool: &Tool, at: &str) -> Result<()> {
    tool.check_extra(at)?;
    tool.function.as_ref().map_or(Ok(()), |function| function.check_extra(&format!("{at}.function")))
}

fn message(message: &Message, at: &str) -> Result<()> {
    message.check_extra(at)?;
    for (index, call) in message.tool_calls.iter().enumerate() {
        tool_call(call, &format!("{at}.tool_calls[{index}]"))?;
    }
    if message.role == Role::Tool && message.tool_call_id.as_ref().is_none_or(String::is_empty) {
        return Err(invalid(format!(
            "`{at}.tool_call_id` is missing; a tool's message names the call that it answers"
        )));
    }
    match &message.content {
        Some(Content::Text(_)) => Ok(()),
        Some(Content::Parts(parts)) if !parts.is_empty() => parts
            .iter()
            .enumerate()
            .try_for_each(|(index, checked)| part(checked, &format!("{at}.content[{index}]"))),
        _ if has_other_content(message) => Ok(()),
        _ => Err(invalid(format!("`{at}.content` is missing; give a text, a part, or tool calls"))),
    }
}

/// Whether a message without content says something nevertheless: an assistant's may do so in a key that
/// only a vendor has.
fn has_other_content(message: &Message) -> bool {
    !message.tool_calls.is_empty()
        || message.refusal.is_some()
        || (matches!(message.role, Role::Assistant | Role::Other(_)) && !message.extra.is_empty())
}

fn tool_call(call: &ToolCall, at: &str) -> Result<()> {
    call.check_extra(at)?;
    call.function.as_ref().map_or(Ok(()), |function| function.check_extra(&format!("{at}.function")))
}

fn part(part: &Part, at: &str) -> Result<()> {
    part.check_extra(at)?;
    let inner = format!("{at}.{}", part.kind.as_str());
    match &part.kind {
        PartKind::VideoUrl(url) | PartKind::AudioUrl(url) | PartKind::ImageUrl(url) => {
            url.check_extra(&inner)?;
            url.url.check(&format!("{inner}.url"))
        }
        PartKind::InputAudio(audio) => {
            audio.check_extra(&inner)?;
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
                (None, Base64::Text(_)) => {
                    Err(invalid(format!("`{inner}.format` is missing; say whether it is WAV or MP3")))
                }
            }
        }
        PartKind::File(file) => {
            file.check_extra(&inner)?;
            file.file_data.as_ref().map_or(Ok(()), |data| data.check(&format!("{inner}.file_data")))
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
