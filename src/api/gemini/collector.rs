//! The response that the chunks of a stream are together.

use super::{Part, PartKind, Response};
use crate::error::{Error, ErrorKind, Result};
use std::collections::BTreeMap;

/// Collects the chunks of a streamed response into one.
///
/// # Examples
/// ```
/// use niello::{events::Events, gemini::{Collector, FinishReason}};
///
/// let mut events = Events::new();
/// events.push(br#"data: {"candidates":[{"content":{"parts":[{"text":"Go"}]}}]}"#);
/// events.push(b"\n\n");
/// events.push(br#"data: {"candidates":[{"content":{"parts":[{"text":"al!"}]},"finishReason":"STOP"}]}"#);
/// events.finish();
/// let mut collector = Collector::default();
/// for chunk in events.read() {
///     collector.push(chunk?);
/// }
/// let response = collector.finish()?;
/// assert_eq!(response.text().as_deref(), Some("Goal!"));
/// assert_eq!(response.content().unwrap().parts.len(), 1);
/// assert_eq!(response.finish_reason(), Some(&FinishReason::Stop));
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Collector {
    response: Response,
    /// The position of each candidate in the response, by its index.
    positions: BTreeMap<i64, usize>,
}

impl Collector {
    /// Adds a chunk. Its parts are appended, text to text of the same kind; other fields replace earlier ones.
    pub fn push(&mut self, chunk: Response) {
        let response = &mut self.response;
        for candidate in chunk.candidates {
            let next = response.candidates.len();
            let position = *self.positions.entry(candidate.index.unwrap_or_default()).or_insert(next);
            if position == next {
                response.candidates.push(candidate);
                continue;
            }
            let collected = &mut response.candidates[position];
            if let Some(content) = candidate.content {
                let target = collected.content.get_or_insert_default();
                target.role = content.role.or(target.role.take());
                content.parts.into_iter().for_each(|part| append(&mut target.parts, part));
                target.extra.extend(content.extra);
            }
            collected.finish_reason = candidate.finish_reason.or(collected.finish_reason.take());
            collected.finish_message = candidate.finish_message.or(collected.finish_message.take());
            if !candidate.safety_ratings.is_empty() {
                collected.safety_ratings = candidate.safety_ratings;
            }
            collected.token_count = candidate.token_count.or(collected.token_count);
            collected.avg_logprobs = candidate.avg_logprobs.or(collected.avg_logprobs);
            collected.extra.extend(candidate.extra);
        }
        response.prompt_feedback = chunk.prompt_feedback.or(response.prompt_feedback.take());
        response.usage_metadata = chunk.usage_metadata.or(response.usage_metadata.take());
        response.model_version = chunk.model_version.or(response.model_version.take());
        response.response_id = chunk.response_id.or(response.response_id.take());
        response.extra.extend(chunk.extra);
    }

    /// Returns what was collected so far.
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// Returns the response, with the candidates in the order of their indexes.
    ///
    /// # Errors
    /// [`Json`](ErrorKind::Json): a candidate has no finish reason, so the stream was cut off.
    pub fn finish(mut self) -> Result<Response> {
        let candidates = &mut self.response.candidates;
        candidates.sort_by_key(|candidate| candidate.index);
        let is_blocked = candidates.is_empty() && self.response.prompt_feedback.is_some();
        let is_complete =
            !candidates.is_empty() && candidates.iter().all(|candidate| candidate.finish_reason.is_some());
        if !is_blocked && !is_complete {
            return Err(Error::new(ErrorKind::Json, "the stream ended without a finish reason"));
        }
        Ok(self.response)
    }
}

/// Appends a part, or its text to the last part if both are nothing but text, or thoughts. A part with a signature or
/// with other fields stays as it is, because they are of that part.
fn append(parts: &mut Vec<Part>, part: Part) {
    let has_other_fields = |part: &Part| {
        part.thought_signature.is_some()
            || part.video_metadata.is_some()
            || part.media_resolution.is_some()
            || part.part_metadata.is_some()
            || !part.extra.is_empty()
    };
    if let (Some(last), PartKind::Text(text)) = (parts.last_mut(), &part.kind)
        && last.thought == part.thought
        && !has_other_fields(last)
        && !has_other_fields(&part)
        && let PartKind::Text(last_text) = &mut last.kind
    {
        last_text.push_str(text);
        return;
    }
    parts.push(part);
}
