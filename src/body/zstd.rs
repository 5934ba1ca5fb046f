//! The content coding zstd (RFC 8878), without a compressor.
//!
//! Base64 is a third longer than the media. Huffman codes of 6 bits for its 64 characters undo that, and the codes of
//! some media are the media itself with its 6-bit fields renamed ([`Input::huffman_into`]). So this coding needs no more
//! memory than base64, and with AVX2 no more time. The length of the media alone determines the length of its blocks,
//! and the position determines the bytes, as in a plain body.
//!
//! A coded body is one frame:
//!
//! ```text
//! frame header                magic number, 128 KiB window, length of the plain body, no checksum
//! raw blocks                  JSON text, up to 128 KiB each
//! blocks of a media           one with the table of the codes, full ones, and one that is shorter
//! raw block of a media        base64 of what is too short for a block: up to 59 bytes, or 239 without any block
//! ...
//! raw block, empty, the last
//! ```
//!
//! A block of a media is four Huffman streams and no sequences, so nothing in a frame refers back, and a decoder needs
//! no more memory than the window. Full blocks are 96 KiB of media, of which the window of a mapped file is 64.
//!
//! Not in scope: compressing text, or media whose bytes are redundant.

use super::plan::{Content, Plan, put_from};
use crate::{
    base64::Input,
    error::Result,
    media::{Media, READ_UNIT},
};
use bytes::BufMut;
use std::{ops::Range, sync::Arc};

/// The most that a block decodes to: 128 KiB, which is also the window.
const BLOCK: usize = READ_UNIT / 3 * 4;

/// The bytes of media in each of the four streams of a full block.
const STREAM: u64 = BLOCK as u64 / 4 / 4 * 3;
// No read ends within a stream. All blocks start at a multiple of this, and only the last one is shorter.
const _: () = assert!(READ_UNIT as u64 == 4 * STREAM);

/// The length of the frame header with the content size.
const FRAME_HEADER: usize = 14;
/// The length of a block header.
const HEADER: usize = 3;

/// The length of what precedes the streams in a block with the table.
const MAX_HEAD: usize = HEADER + 5 + TABLE.len() + 6;

/// Block types.
const RAW: u32 = 0;
const COMPRESSED: u32 = 2;

/// The description of the Huffman codes: weights of the symbols 0 to 121, 4 bits each. They are 1 for the characters of
/// base64, and 0 for others. The weight of `z`, the last symbol, is implied.
const TABLE: [u8; 62] = {
    let mut table = [0; 62];
    // Says that weights follow without compression, and how many.
    table[0] = 127 + b'z';
    let mut symbol = 0;
    while symbol < b'z' {
        if symbol.is_ascii_alphanumeric() || symbol == b'+' || symbol == b'/' {
            table[1 + symbol as usize / 2] |= if symbol.is_multiple_of(2) { 1 << 4 } else { 1 };
        }
        symbol += 1;
    }
    table
};

/// Returns the plan of the frame that decodes to the body of `plain`.
pub(super) fn encode(plain: Arc<Plan>) -> Result<Plan> {
    let mut plan = Plan::coding(plain.clone());
    plan.push_text(&frame_header(plain.len()));
    for content in plain.contents() {
        match content {
            Content::Text(text) => {
                for text in split(&plain, text.clone()) {
                    plan.push_text(&block_header(RAW, text.len() as u64, false));
                    plan.push(text.len() as u64, Content::Text(text))?;
                }
            }
            Content::Base64(media) => plan.push(encoded_len(media), Content::Zstd(media.clone()))?,
            Content::Framing(_) | Content::Zstd(_) => debug_assert!(false, "the plan has no coding"),
        }
    }
    plan.push_text(&block_header(RAW, 0, true));
    plan.end_text()?;
    Ok(plan)
}

/// Splits a range of text into ranges for blocks, none of which splits a character.
fn split(plan: &Plan, text: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    // Bytes of a character after its first are 0b10xx_xxxx in UTF-8.
    let is_boundary = move |at: usize| at == text.end || plan.bytes(at..at + 1)[0] & 0xc0 != 0x80;
    let mut start = text.start;
    std::iter::from_fn(move || {
        let mut end = text.end.min(start + BLOCK);
        while !is_boundary(end) {
            end -= 1;
        }
        let block = start..end;
        start = end;
        (!block.is_empty()).then_some(block)
    })
}

fn frame_header(decoded_len: u64) -> [u8; FRAME_HEADER] {
    /// 8 bytes of content size, no checksum, no dictionary.
    const DESCRIPTOR: u8 = 3 << 6;
    /// 2^17 bytes, as 7 more than 2^10.
    const WINDOW: u8 = 7 << 3;
    let mut header = [0; FRAME_HEADER];
    header[..6].copy_from_slice(&[0x28, 0xb5, 0x2f, 0xfd, DESCRIPTOR, WINDOW]);
    header[6..].copy_from_slice(&decoded_len.to_le_bytes());
    header
}

fn block_header(kind: u32, len: u64, is_last: bool) -> [u8; HEADER] {
    let header = u32::from(is_last) | kind << 1 | (len as u32) << 3;
    let [a, b, c, _] = header.to_le_bytes();
    [a, b, c]
}

/// Returns the length of a media in a coded body, which depends on nothing but its length.
pub(super) fn encoded_len(media: &Media) -> u64 {
    Layout::new(media).len()
}

/// Appends a media of a coded body to `out`, starting at `offset` of it. Encodes as much as one read of the media covers
/// and returns its length, which is 0 only if `offset` is the end or `out` is full.
pub(super) fn read_at(media: &Media, mut offset: u64, out: &mut impl BufMut) -> Result<usize> {
    let layout = Layout::new(media);
    for blocks in &layout.blocks {
        match offset.checked_sub(blocks.len()) {
            None => return blocks.read_at(media, offset, out),
            Some(rest) => offset = rest,
        }
    }
    let tail = layout.tail.end - layout.tail.start;
    match offset.checked_sub(HEADER as u64) {
        _ if tail == 0 => Ok(0),
        None => Ok(put_from(&block_header(RAW, tail, false), offset, out)),
        Some(rest) => media.encode_at(layout.tail.end.min(layout.tail.start.saturating_add(rest)), out),
    }
}

/// How a media is divided.
struct Layout {
    /// The block with the table, the full ones, and a shorter one. All but the first may be missing, or all three.
    blocks: [Blocks; 3],
    /// The base64 that is sent as text.
    tail: Range<u64>,
}

impl Layout {
    fn new(media: &Media) -> Layout {
        let first = Blocks::new(0, media.len(), 1);
        let full = Blocks::new(first.end(), media.len(), u64::MAX);
        let short = Blocks::new(full.end(), media.len(), 1);
        let tail = short.end() / 3 * 4..media.encoded_len();
        Layout { blocks: [first, full, short], tail }
    }

    fn len(&self) -> u64 {
        let tail = self.tail.end - self.tail.start;
        let header = if tail > 0 { HEADER as u64 } else { 0 };
        self.blocks.iter().map(Blocks::len).sum::<u64>() + header + tail
    }
}

/// Blocks of one length, end to end.
///
/// | bytes | |
/// |---|---|
/// | 3 | block header |
/// | 5 | literals header: 4 streams, lengths of 18 bits |
/// | 62, or 0 if the table is that of the block before | table |
/// | 6 | lengths of the first three streams |
/// | 4 × (`stream` + 1) | the streams, each with a byte whose highest bit is the start (which is at the end) |
/// | 1 | no sequences |
struct Blocks {
    /// The first byte of the media in them.
    start: u64,
    /// The bytes of media in each stream, a multiple of 3.
    stream: u64,
    count: u64,
}

impl Blocks {
    /// Returns up to `max` of the longest blocks that fit between `start` and `len`, the length of the media. The first
    /// block of a media has the table.
    fn new(start: u64, len: u64, max: u64) -> Blocks {
        let stream = ((len - start) / 12 * 3).min(STREAM);
        let mut blocks = Blocks { start, stream, count: 0 };
        // A block must be shorter than what it decodes to.
        if blocks.block_len() - (HEADER as u64) < blocks.decoded_len() {
            blocks.count = ((len - start) / (4 * stream)).min(max);
        }
        blocks
    }

    /// Returns the end of the bytes of the media in the blocks.
    fn end(&self) -> u64 {
        self.start + self.count * 4 * self.stream
    }

    fn len(&self) -> u64 {
        self.count * self.block_len()
    }

    fn block_len(&self) -> u64 {
        self.head_len() + 4 * (self.stream + 1) + 1
    }

    /// Returns the length of a block in base64.
    fn decoded_len(&self) -> u64 {
        4 * self.stream / 3 * 4
    }

    fn table(&self) -> &'static [u8] {
        if self.start == 0 { &TABLE } else { &[] }
    }

    /// Returns the length of what precedes the streams in a block.
    fn head_len(&self) -> u64 {
        (HEADER + 5 + self.table().len() + 6) as u64
    }

    /// Returns what precedes the streams in a block, in the first [`head_len`](Self::head_len) bytes.
    fn head(&self) -> [u8; MAX_HEAD] {
        /// Literals that are described by a table, and by the table of an earlier block.
        const WITH_TABLE: u64 = 2;
        const TREELESS: u64 = 3;
        const LENGTHS_OF_18_BITS: u64 = 3;

        let kind = if self.table().is_empty() { TREELESS } else { WITH_TABLE };
        let compressed = self.table().len() as u64 + 6 + 4 * (self.stream + 1);
        let literals = kind | LENGTHS_OF_18_BITS << 2 | self.decoded_len() << 4 | compressed << 22;

        let mut head = [0; MAX_HEAD];
        let mut rest = &mut head[..];
        rest.put_slice(&block_header(COMPRESSED, self.block_len() - HEADER as u64, false));
        rest.put_slice(&literals.to_le_bytes()[..5]);
        rest.put_slice(self.table());
        (0..3).for_each(|_| rest.put_u16_le(self.stream as u16 + 1));
        head
    }

    /// Returns the number of the stream that contains `offset` or is the next, and the offset in it.
    fn stream_at(&self, offset: u64) -> (u64, u64) {
        let (block, offset) = (offset / self.block_len(), offset % self.block_len());
        let offset = offset.saturating_sub(self.head_len());
        let (stream, offset) = (offset / (self.stream + 1), offset % (self.stream + 1));
        let (stream, offset) = if offset == self.stream { (stream + 1, 0) } else { (stream, offset) };
        // The last byte of a block is past its streams.
        if stream >= 4 { (4 * (block + 1), 0) } else { (4 * block + stream, offset) }
    }

    /// Returns the bytes of the media whose codes are in a range of the blocks. The streams are read from their ends, so
    /// if there are several, this is all of the first and of the last.
    fn source(&self, range: Range<u64>) -> Range<u64> {
        let ((first, from), (last, to)) = (self.stream_at(range.start), self.stream_at(range.end));
        let at = |stream: u64| self.start + stream * self.stream;
        let end = if to > 0 { at(last + 1) } else { at(last) };
        if first == last {
            return end - to.next_multiple_of(3)..end - from / 3 * 3;
        }
        at(first)..end
    }

    /// Appends the blocks to `out`, starting at `offset` of them. Returns the number of bytes, which is 0 only if `offset`
    /// is the end or `out` is full.
    fn read_at(&self, media: &Media, offset: u64, out: &mut impl BufMut) -> Result<usize> {
        let end = self.len().min(offset.saturating_add(out.chunk_mut().len() as u64));
        let source = self.source(offset..end);
        if source.is_empty() {
            return Ok(self.write(offset..end, Input::from(&[][..]), source.start, out));
        }
        let len = (source.end - source.start) as usize;
        media.read(source.start, len, |bytes| self.write(offset..end, bytes, source.start, out))
    }

    /// Appends a range of the blocks to `out`, as far as `bytes` goes, which begins at byte `start` of the media.
    fn write(&self, range: Range<u64>, bytes: Input<'_>, start: u64, out: &mut impl BufMut) -> usize {
        let mut at = range.start;
        while at < range.end {
            let room = (range.end - at) as usize;
            let (block, in_block) = (at / self.block_len(), at % self.block_len());
            let Some(in_streams) = in_block.checked_sub(self.head_len()) else {
                at += put_from(&self.head()[..self.head_len() as usize], in_block, out) as u64;
                continue;
            };
            let (stream, offset) = (in_streams / (self.stream + 1), in_streams % (self.stream + 1));
            if stream == 4 || offset == self.stream {
                // No sequences, or the mark at the end of a stream.
                at += put_from(&[if stream == 4 { 0 } else { 1 }], 0, out) as u64;
                continue;
            }
            // Of this stream, the first `left` bytes of the media are not encoded yet, the last ones first.
            let left = self.stream - offset / 3 * 3;
            let end = (self.start + (4 * block + stream) * self.stream + left - start) as usize;
            let phase = offset % 3;
            let n = if phase == 0 { (room / 3 * 3).min(left as usize) } else { 0 };
            let len = n.max(3);
            let Some(input) = bytes.get(end - len..end) else { break };
            at += if n > 0 {
                input.huffman_into(out) as u64
            } else {
                let mut group = [0; 3];
                input.huffman_into(&mut &mut group[..]);
                put_from(&group, phase, out) as u64
            };
        }
        (at - range.start) as usize
    }
}
