//! Bounded reads at positions of the content.

use std::{
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};

/// Content that is read at positions, a block at a time and a limited number of times.
///
/// An index may be at the end of a file of any size, so the reads are limited by their number, not by a
/// position. What lies beyond the limit reads as the end of the content: a file that is made of nothing but
/// things to skip is not detected.
pub(super) struct Probe<R> {
    content: Behind<R>,
    block: Vec<u8>,
    /// The offset of `block`.
    offset: u64,
    reads_left: u32,
}

/// The content from a position on, as if nothing were before it.
pub(super) struct Behind<R> {
    content: R,
    start: u64,
}

/// One block holds the whole header of most formats.
const BLOCK: usize = 4096;

/// An MP4 file of 16,000 fragments with its index at the end is still found.
const MAX_READS: u32 = 16 * 1024;

impl<R: Read + Seek> Probe<R> {
    pub(super) fn new(content: R) -> Probe<R> {
        Probe { content: Behind { content, start: 0 }, block: Vec::new(), offset: 0, reads_left: MAX_READS }
    }

    /// Returns up to `len` bytes at `offset`, fewer only at the end of the content. `len` is at most a block.
    pub(super) fn bytes(&mut self, offset: u64, len: usize) -> io::Result<&[u8]> {
        debug_assert!(len <= BLOCK);
        let held = self.offset..self.offset + self.block.len() as u64;
        let wanted = offset..offset.saturating_add(len as u64);
        if !(held.contains(&wanted.start) && wanted.end <= held.end) {
            self.read_block(offset)?;
        }
        let start = ((offset - self.offset) as usize).min(self.block.len());
        let end = (start + len).min(self.block.len());
        Ok(&self.block[start..end])
    }

    /// Returns the `N` bytes at `offset`, or `None` if the content ends before.
    pub(super) fn array<const N: usize>(&mut self, offset: u64) -> io::Result<Option<[u8; N]>> {
        Ok(self.bytes(offset, N)?.try_into().ok())
    }

    /// Returns the bytes of a range that lies within its first block.
    pub(super) fn range(&mut self, range: Range<u64>) -> io::Result<&[u8]> {
        let len = range.end.saturating_sub(range.start).min(BLOCK as u64);
        self.bytes(range.start, len as usize)
    }

    /// Goes on as if the first `len` bytes were not there.
    pub(super) fn skip(&mut self, len: u64) {
        self.content.start += len;
        self.block.clear();
        self.offset = 0;
    }

    /// The first 64 KiB.
    pub(super) fn head(&mut self) -> io::Result<Vec<u8>> {
        const HEAD: u64 = 64 * 1024;
        let mut head = Vec::new();
        self.content.rewind()?;
        (&mut self.content).take(HEAD).read_to_end(&mut head)?;
        Ok(head)
    }

    /// The content, for a reader of its own, which has what is left of the reads.
    pub(super) fn content(&mut self) -> io::Result<LimitedReads<'_, R>> {
        self.content.rewind()?;
        Ok(LimitedReads { content: &mut self.content, left: &mut self.reads_left })
    }

    fn read_block(&mut self, offset: u64) -> io::Result<()> {
        self.block.clear();
        self.offset = offset;
        if self.reads_left == 0 {
            return Ok(());
        }
        self.reads_left -= 1;
        self.content.seek(SeekFrom::Start(offset))?;
        (&mut self.content).take(BLOCK as u64).read_to_end(&mut self.block)?;
        Ok(())
    }
}

impl<R: Read> Read for Behind<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.content.read(bytes)
    }
}

impl<R: Seek> Seek for Behind<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(position) => SeekFrom::Start(self.start.saturating_add(position)),
            to => to,
        };
        let position = self.content.seek(to)?;
        position.checked_sub(self.start).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

/// A reader that fails when its reads are used up: a file can be made of nothing but things to skip.
pub(super) struct LimitedReads<'a, R> {
    content: &'a mut Behind<R>,
    left: &'a mut u32,
}

impl<R: Read> Read for LimitedReads<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        *self.left =
            self.left.checked_sub(1).ok_or_else(|| io::Error::other("too many reads to detect the type"))?;
        self.content.read(bytes)
    }
}

impl<R: Seek> Seek for LimitedReads<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content.seek(to)
    }
}
