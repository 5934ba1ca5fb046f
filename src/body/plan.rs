//! Plans: what a body consists of.

use super::zstd;
use crate::{
    error::{Error, ErrorKind, Result},
    media::Media,
};
use bytes::BufMut;
use std::{fmt, ops::Range, sync::Arc};

/// The segments of a body in order, with their exact total length.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The plan that this one is a coding of.
    plain: Option<Arc<Plan>>,
    /// The JSON text of all segments, or the framing of a coding, end to end.
    text: Vec<u8>,
    /// The length of the text in complete segments.
    placed: usize,
    segments: Vec<Placed>,
    len: u64,
}

/// A segment and its position in the body.
#[derive(Debug)]
struct Placed {
    start: u64,
    content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    /// A range of the text of the plan, or of the plan that this one is a coding of.
    Text(Range<usize>),
    Base64(Media),
    /// A range of the framing.
    Framing(Range<usize>),
    Zstd(Media),
}

/// A segment of a body: a run of JSON text, or the encoding of one `Media`.
///
/// [`Body::segments`](crate::Body::segments) returns them. They show what a body contains without reading its
/// media. A body with a [content coding](crate::Body::encode) has text, framing and [`Zstd`](Segment::Zstd) segments.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Segment<'a> {
    /// JSON text.
    Text(&'a str),
    /// The base64 output of one `Media`.
    Base64(&'a Media),
    /// Headers of the content coding.
    Framing(&'a [u8]),
    /// The blocks that decode to the base64 output of one `Media`.
    Zstd(&'a Media),
}

impl Segment<'_> {
    /// Returns the length of the segment in bytes, which is never 0 for a segment of a body.
    #[expect(clippy::len_without_is_empty, reason = "no segment of a body is empty")]
    pub fn len(&self) -> u64 {
        match self {
            Segment::Text(text) => text.len() as u64,
            Segment::Base64(media) => media.encoded_len(),
            Segment::Framing(bytes) => bytes.len() as u64,
            Segment::Zstd(media) => zstd::encoded_len(media),
        }
    }
}

/// Shows the length of the text, not the text.
impl fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Text(text) => f.debug_tuple("Text").field(&text.len()).finish(),
            Segment::Base64(media) => f.debug_tuple("Base64").field(media).finish(),
            Segment::Framing(bytes) => f.debug_tuple("Framing").field(&bytes.len()).finish(),
            Segment::Zstd(media) => f.debug_tuple("Zstd").field(media).finish(),
        }
    }
}

/// The initial capacity for text, enough for a small request.
const TEXT: usize = 1024;

impl Plan {
    /// Creates a plan without segments.
    pub(crate) fn new() -> Plan {
        Plan { text: Vec::with_capacity(TEXT), ..Plan::default() }
    }

    /// Creates a plan without segments for a coding of `plain`.
    pub(super) fn coding(plain: Arc<Plan>) -> Plan {
        Plan { plain: Some(plain), ..Plan::default() }
    }

    /// Returns the plan that this one is a coding of.
    pub(super) fn plain(&self) -> Option<&Arc<Plan>> {
        self.plain.as_ref()
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Returns the length of the text of all segments, including the one that is being written.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    /// Returns a range of the text of all segments.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.text[range]
    }

    /// Returns the number of complete segments.
    pub(crate) fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// Appends to the text segment that is being written.
    pub(crate) fn push_text(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// Ends the text segment that is being written, and adds a segment for the media. Empty media has no
    /// segment.
    pub(crate) fn push_media(&mut self, media: Media) -> Result<()> {
        if media.is_empty() {
            return Ok(());
        }
        self.push(media.encoded_len(), Content::Base64(media))
    }

    /// Ends the text segment that is being written, and adds a segment of `len` bytes.
    pub(super) fn push(&mut self, len: u64, content: Content) -> Result<()> {
        self.end_text()?;
        self.place(len, content)
    }

    /// Ends the text segment that is being written, if it is not empty. In a coding, it is framing.
    pub(crate) fn end_text(&mut self) -> Result<()> {
        let text = self.placed..self.text.len();
        self.placed = text.end;
        let content = if self.plain.is_some() { Content::Framing } else { Content::Text };
        if text.is_empty() { Ok(()) } else { self.place(text.len() as u64, content(text)) }
    }

    fn place(&mut self, len: u64, content: Content) -> Result<()> {
        let start = self.len;
        self.len = start.checked_add(len).ok_or_else(|| {
            Error::new(ErrorKind::TooLarge, "the length of the body exceeds 64 bits; send less media")
        })?;
        self.segments.push(Placed { start, content });
        Ok(())
    }

    /// Returns the contents of the segments.
    pub(super) fn contents(&self) -> impl Iterator<Item = &Content> {
        self.segments.iter().map(|segment| &segment.content)
    }

    /// Returns a range of the JSON text.
    fn text(&self, range: Range<usize>) -> &[u8] {
        self.plain.as_deref().unwrap_or(self).bytes(range)
    }

    /// Returns the segments with their positions.
    pub(crate) fn segments(&self) -> impl ExactSizeIterator<Item = (u64, Segment<'_>)> {
        self.segments.iter().map(|segment| {
            let content = match &segment.content {
                Content::Text(text) => {
                    let text = std::str::from_utf8(self.text(text.clone()));
                    Segment::Text(text.expect("serde_json writes UTF-8"))
                }
                Content::Base64(media) => Segment::Base64(media),
                Content::Framing(framing) => Segment::Framing(self.bytes(framing.clone())),
                Content::Zstd(media) => Segment::Zstd(media),
            };
            (segment.start, content)
        })
    }

    /// Returns a copy of the plan, for which `write` writes each text segment.
    pub(crate) fn rewrite(&self, mut write: impl FnMut(&str, &mut Plan) -> Result<()>) -> Result<Plan> {
        let mut plan = Plan::new();
        for (_, segment) in self.segments() {
            match segment {
                Segment::Base64(media) => plan.push_media(media.clone())?,
                Segment::Text(text) => write(text, &mut plan)?,
                Segment::Framing(_) | Segment::Zstd(_) => {
                    debug_assert!(false, "a plain body has no coded segments")
                }
            }
        }
        plan.end_text()?;
        Ok(plan)
    }

    /// Shortens `len` so that a read of that length from `position` does not end within a base64 group.
    ///
    /// The next read then starts with a whole group, which is encoded directly into the start of the buffer.
    /// A read that lies within one group is not shortened.
    pub(crate) fn align_to_groups(&self, position: u64, len: usize) -> usize {
        let end = position + len as u64;
        let index = self.segments.partition_point(|segment| segment.start <= end);
        match index.checked_sub(1).map(|index| &self.segments[index]) {
            Some(Placed { start, content: Content::Base64(_) }) => {
                let excess = ((end - start) % 4) as usize;
                if excess < len { len - excess } else { len }
            }
            _ => len,
        }
    }

    /// Appends the bytes at `position` to `out`, up to the end of their segment.
    ///
    /// Returns the number of bytes. It is 0 only at the end of the body or if `out` is full.
    pub(crate) fn read_at(&self, position: u64, out: &mut impl BufMut) -> Result<usize> {
        let index = self.segments.partition_point(|segment| segment.start <= position);
        let Some(segment) = index.checked_sub(1).map(|index| &self.segments[index]) else { return Ok(0) };
        let offset = position - segment.start;
        match &segment.content {
            Content::Base64(media) => media.encode_at(offset.min(media.encoded_len()), out),
            Content::Zstd(media) => zstd::read_at(media, offset, out),
            Content::Text(text) => Ok(put_from(self.text(text.clone()), offset, out)),
            Content::Framing(framing) => Ok(put_from(self.bytes(framing.clone()), offset, out)),
        }
    }
}

/// Appends `bytes` from `offset` on to `out`, as far as they fit, and returns their number.
pub(super) fn put_from(bytes: &[u8], offset: u64, out: &mut impl BufMut) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
    let rest = &rest[..rest.len().min(out.remaining_mut())];
    out.put_slice(rest);
    rest.len()
}
