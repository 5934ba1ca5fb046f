//! The response that the chunks of a stream are together.

use super::{
    Choice, Chunk, Content, Delta, FunctionCall, Message, Part, Response, Role, ToolCall, ToolCallDelta,
};
use crate::{
    api::{extra::Extra, source::Base64},
    error::{Error, ErrorKind, Result},
    json::join,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Collects the chunks of a streamed response into one.
///
/// # Examples
/// ```
/// use niello::{chat::{Collector, FinishReason}, events::Events};
///
/// let mut events = Events::new();
/// events.push(br#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Go"}}]}"#);
/// events.push(b"\n\n");
/// events.push(br#"data: {"choices":[{"index":0,"delta":{"content":"al!"},"finish_reason":"stop"}]}"#);
/// events.push(b"\n\ndata: [DONE]\n\n");
/// events.finish();
/// let mut collector = Collector::default();
/// for chunk in events.read() {
///     collector.push(chunk?);
/// }
/// let response = collector.finish()?;
/// assert_eq!(response.text().as_deref(), Some("Goal!"));
/// assert_eq!(response.finish_reason(), Some(&FinishReason::Stop));
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Collector {
    response: Response,
    /// The position of each choice in the response, by its index.
    positions: BTreeMap<i64, usize>,
    /// The position of each tool call in its message, by the indexes of the choice and of the call.
    calls: BTreeMap<(i64, i64), usize>,
    /// The pieces of the speech of each choice, by its position.
    speech: BTreeMap<usize, Vec<Base64>>,
}

impl Collector {
    /// Adds a chunk.
    ///
    /// Text, refusals and the arguments of tool calls are appended. So are strings and lists among the extra keys of a
    /// delta, such as `reasoning_content`. Other fields replace earlier ones.
    pub fn push(&mut self, chunk: Chunk) {
        for choice in chunk.choices {
            let next = self.response.choices.len();
            let position = *self.positions.entry(choice.index).or_insert(next);
            if position == next {
                let message = Message::new(Role::Assistant);
                self.response.choices.push(Choice { index: choice.index, message, ..Choice::default() });
            }
            let collected = &mut self.response.choices[position];
            let mut delta = choice.delta;
            if let Some(piece) = delta.audio.as_mut().and_then(|audio| audio.data.take()) {
                self.speech.entry(position).or_default().push(piece);
            }
            add_delta(&mut collected.message, delta, choice.index, &mut self.calls);
            collected.finish_reason = choice.finish_reason.or(collected.finish_reason.take());
            if let Some(logprobs) = choice.logprobs {
                let target = collected.logprobs.get_or_insert_default();
                target.content.extend(logprobs.content);
                target.refusal.extend(logprobs.refusal);
                target.extra.extend(logprobs.extra);
            }
            collected.extra.extend(choice.extra);
        }
        let response = &mut self.response;
        response.id = chunk.id.or(response.id.take());
        response.model = chunk.model.or(response.model.take());
        response.created = chunk.created.or(response.created);
        response.usage = chunk.usage.or(response.usage.take());
        response.extra.extend(chunk.extra);
        if response.extra.get("object").is_some_and(|object| object == "chat.completion.chunk") {
            response.extra.insert("object", "chat.completion");
        }
    }

    /// Returns what was collected so far, without the pieces of speech, which [`finish`](Collector::finish) joins.
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// Returns the response, with the choices in the order of their indexes.
    ///
    /// # Errors
    /// - [`Json`](ErrorKind::Json): a choice has no finish reason, so the stream was cut off.
    /// - [`Invalid`](ErrorKind::Invalid): a piece of speech is not base64.
    /// - [`Io`](ErrorKind::Io): speech cannot be written to a temporary file.
    pub fn finish(mut self) -> Result<Response> {
        for (position, pieces) in self.speech {
            let pieces = pieces.iter().map(Base64::decode);
            let audio = self.response.choices[position].message.audio.get_or_insert_default();
            audio.data = Some(join(pieces)?.into());
        }
        let choices = &mut self.response.choices;
        choices.sort_by_key(|choice| choice.index);
        if choices.is_empty() || choices.iter().any(|choice| choice.finish_reason.is_none()) {
            return Err(Error::new(ErrorKind::Json, "the stream ended without a finish reason"));
        }
        Ok(self.response)
    }
}

fn add_delta(message: &mut Message, delta: Delta, choice: i64, calls: &mut BTreeMap<(i64, i64), usize>) {
    message.role = delta.role.unwrap_or(std::mem::take(&mut message.role));
    message.content = match (message.content.take(), delta.content) {
        (Some(content), Some(added)) => Some(append(content, added)),
        (content, added) => content.or(added),
    };
    if let Some(refusal) = delta.refusal {
        message.refusal.get_or_insert_default().push_str(&refusal);
    }
    if let Some(added) = delta.audio {
        let audio = message.audio.get_or_insert_default();
        audio.id = added.id.or(audio.id.take());
        audio.expires_at = added.expires_at.or(audio.expires_at);
        if let Some(transcript) = added.transcript {
            audio.transcript.get_or_insert_default().push_str(&transcript);
        }
        add_extra(&mut audio.extra, added.extra);
    }
    message.images.extend(delta.images);
    for call in delta.tool_calls {
        let next = message.tool_calls.len();
        let position = calls.entry((choice, call.index)).or_insert(next);
        // Some servers give no index, which is read as 0: a name with another id begins another call.
        if message.tool_calls.get(*position).is_some_and(|current| begins_another(current, &call)) {
            *position = next;
        }
        if *position == next {
            message.tool_calls.push(ToolCall::default());
        }
        add_call(&mut message.tool_calls[*position], call);
    }
    add_extra(&mut message.extra, delta.extra);
}

fn begins_another(call: &ToolCall, delta: &ToolCallDelta) -> bool {
    let has_name = delta.function.as_ref().is_some_and(|function| function.name.is_some());
    let has_other_id = delta.id.as_ref().is_some_and(|id| !id.is_empty() && *id != call.id);
    has_name && has_other_id && !call.id.is_empty()
}

fn append(content: Content, added: Content) -> Content {
    let parts = |content| match content {
        Content::Text(text) if text.is_empty() => Vec::new(),
        Content::Text(text) => vec![Part::text(text)],
        Content::Parts(parts) => parts,
    };
    match (content, added) {
        (Content::Text(text), Content::Text(added)) => Content::Text(text + &added),
        (content, added) => {
            let mut all = parts(content);
            all.extend(parts(added));
            Content::Parts(all)
        }
    }
}

fn add_call(call: &mut ToolCall, delta: ToolCallDelta) {
    // Some servers repeat what they have said in the first delta.
    call.id = delta.id.filter(|id| !id.is_empty()).unwrap_or(std::mem::take(&mut call.id));
    call.kind = delta.kind.unwrap_or(std::mem::take(&mut call.kind));
    if let Some(function) = delta.function {
        let target = call.function.get_or_insert_with(FunctionCall::default);
        if let Some(name) = function.name.filter(|name| !name.is_empty()) {
            target.name = name;
        }
        target.arguments.push_str(&function.arguments);
        add_extra(&mut target.extra, function.extra);
    }
    add_extra(&mut call.extra, delta.extra);
}

/// Adds extra keys: appends strings and lists, and replaces everything else, but not by `null`.
fn add_extra(extra: &mut Extra, added: Extra) {
    for (key, value) in added {
        match (extra.get_mut(&key), value) {
            (Some(Value::String(earlier)), Value::String(added)) => earlier.push_str(&added),
            (Some(Value::Array(earlier)), Value::Array(added)) => earlier.extend(added),
            (Some(_), Value::Null) => {}
            (_, value) => _ = extra.insert(key, value),
        }
    }
}
