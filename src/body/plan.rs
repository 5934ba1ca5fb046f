//! The plan of a body: its segments in order, and their exact total length.

use crate::{
    error::{Error, ErrorKind, Result},
    media::Media,
};
use bytes::BufMut;
use std::ops::Range;

/// The segments of a body in order, and their exact total length.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The JSON text of all segments, end to end.
    text: Vec<u8>,
    /// How much of `text` stands in segments already.
    placed: usize,
    segments: Vec<Placed>,
    len: u64,
}

/// A segment, and where in the body it starts.
#[derive(Debug)]
struct Placed {
    start: u64,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// A range of the plan's text.
    Text(Range<usize>),
    Base64(Media),
}

/// One run of a body, as [`Body::segments`](crate::Body::segments) shows them: to look at a body without reading its
/// media, as a dry run does.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Segment<'a> {
    /// JSON text.
    Text(&'a str),
    /// The base64 text of one media.
    Base64(&'a Media),
}

impl Segment<'_> {
    /// Returns the length of the segment in bytes, which is never 0 for a segment of a body.
    #[expect(clippy::len_without_is_empty, reason = "no segment of a body is empty")]
    pub fn len(&self) -> u64 {
        match self {
            Segment::Text(text) => text.len() as u64,
            Segment::Base64(media) => media.encoded_len(),
        }
    }
}

/// Shows lengths, never content.
impl std::fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Segment::Text(text) => f.debug_tuple("Text").field(&text.len()).finish(),
            Segment::Base64(media) => f.debug_tuple("Base64").field(media).finish(),
        }
    }
}

/// Room for the text of a small request, so that it is made without growing.
const TEXT: usize = 1024;

impl Plan {
    /// No segments yet.
    pub(crate) fn new() -> Plan {
        Plan { text: Vec::with_capacity(TEXT), ..Plan::default() }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Ends the segment of text; the media is the next one. An empty media is none.
    pub(crate) fn push_media(&mut self, media: Media) -> Result<()> {
        if media.is_empty() {
            return Ok(());
        }
        self.end_text()?;
        self.place(media.encoded_len(), Content::Base64(media))
    }

    /// Returns the length of the text of all segments, the one that is being written included.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    /// Returns a range of the text of all segments. It must be UTF-8, as a whole string of the JSON is.
    pub(crate) fn text(&self, range: Range<usize>) -> &str {
        std::str::from_utf8(&self.text[range]).expect("serde_json writes UTF-8")
    }

    /// Returns the number of segments that are complete.
    pub(crate) fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// Goes on with a segment of text.
    pub(crate) fn push_text(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// The text from the last segment on becomes a segment, if there is any.
    pub(crate) fn end_text(&mut self) -> Result<()> {
        let text = self.placed..self.text.len();
        self.placed = text.end;
        if text.is_empty() { Ok(()) } else { self.place(text.len() as u64, Content::Text(text)) }
    }

    fn place(&mut self, len: u64, content: Content) -> Result<()> {
        let start = self.len;
        self.len = start.checked_add(len).ok_or_else(|| {
            Error::new(ErrorKind::TooLarge, "the body is longer than 64 bits can say; send fewer media")
        })?;
        self.segments.push(Placed { start, content });
        Ok(())
    }

    pub(crate) fn segments(&self) -> impl ExactSizeIterator<Item = (u64, Segment<'_>)> {
        self.segments.iter().map(|segment| {
            let content = match &segment.content {
                Content::Text(text) => {
                    let text = std::str::from_utf8(&self.text[text.clone()]);
                    Segment::Text(
                        text.expect("serde_json writes UTF-8, and segments end between its strings"),
                    )
                }
                Content::Base64(media) => Segment::Base64(media),
            };
            (segment.start, content)
        })
    }

    /// The same plan, but for what `find` finds in its text: a media takes its place. `find` tells what stands
    /// before it, the media, and what stands after it.
    pub(crate) fn inlay(&self, find: impl Fn(&str) -> Option<(&str, Media, &str)>) -> Result<Plan> {
        let mut plan = Plan::new();
        for (_, segment) in self.segments() {
            match segment {
                Segment::Base64(media) => plan.push_media(media.clone())?,
                Segment::Text(mut text) => {
                    while let Some((before, media, after)) = find(text) {
                        plan.push_text(before.as_bytes());
                        plan.push_media(media)?;
                        text = after;
                    }
                    plan.push_text(text.as_bytes());
                }
            }
        }
        plan.end_text()?;
        Ok(plan)
    }

    /// Shortens a span so that it cuts no group of a media's text: the next one then begins with a whole group,
    /// which is encoded to where the buffer begins. A span of less than a group stays.
    pub(crate) fn whole_groups(&self, position: u64, len: usize) -> usize {
        let end = position + len as u64;
        let index = self.segments.partition_point(|segment| segment.start <= end);
        match index.checked_sub(1).map(|index| &self.segments[index]) {
            Some(Placed { start, content: Content::Base64(_) }) => {
                let cut = ((end - start) % 4) as usize;
                if cut < len { len - cut } else { len }
            }
            _ => len,
        }
    }

    /// Appends the body from `position` on to `out`, to the end of a segment at most; returns how much. That is 0
    /// only at the end of the body or for an `out` that is full.
    pub(crate) fn copy_at(&self, position: u64, out: &mut impl BufMut) -> Result<usize> {
        let index = self.segments.partition_point(|segment| segment.start <= position);
        let Some(segment) = index.checked_sub(1).map(|index| &self.segments[index]) else { return Ok(0) };
        let offset = position - segment.start;
        match &segment.content {
            Content::Base64(media) => media.encode_at(offset.min(media.encoded_len()), out),
            Content::Text(text) => {
                let text = &self.text[text.clone()];
                let rest =
                    usize::try_from(offset).ok().and_then(|offset| text.get(offset..)).unwrap_or_default();
                let rest = &rest[..rest.len().min(out.remaining_mut())];
                out.put_slice(rest);
                Ok(rest.len())
            }
        }
    }
}
