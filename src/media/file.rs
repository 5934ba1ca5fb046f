//! Positional reads, and the identity of an opened file.

use crate::base64;
use bytes::BufMut;
use std::{
    fmt,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// An opened file with its length and modification time as they were then.
pub(super) struct OpenFile {
    file: File,
    len: u64,
    /// `None` where the platform keeps none.
    modified: Option<SystemTime>,
}

/// What became of a file since it was opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Truncated { from: u64, to: u64 },
    Grown { from: u64, to: u64 },
    Rewritten,
}

/// One step of reading: at 768 KiB the text of a step is 1 MiB, a chunk; a multiple of 3, so that no group is cut.
const STEP: usize = 768 * 1024;

/// So few bytes are read onto the stack.
pub(super) const MAX_STACK_READ: usize = 48;

impl OpenFile {
    pub(super) fn new(file: File) -> io::Result<OpenFile> {
        let metadata = file.metadata()?;
        Ok(OpenFile { len: metadata.len(), modified: metadata.modified().ok(), file })
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::new(&self.file)
    }

    /// Compares length and modification time with those at opening. Not the change time and not the
    /// path: a rename, an unlink or a chmod leaves the opened file as it was.
    pub(super) fn detect_change(&self) -> io::Result<Option<Change>> {
        let metadata = self.file.metadata()?;
        let (from, to) = (self.len, metadata.len());
        Ok(if to < from {
            Some(Change::Truncated { from, to })
        } else if to > from {
            Some(Change::Grown { from, to })
        } else if metadata.modified().ok() != self.modified {
            Some(Change::Rewritten)
        } else {
            None
        })
    }

    /// Encodes up to a step of the `len` bytes at `start`.
    pub(super) fn encode(&self, start: u64, len: usize, out: &mut impl BufMut) -> io::Result<usize> {
        let len = len.min(STEP);
        if len <= MAX_STACK_READ {
            let mut small = [0; MAX_STACK_READ];
            let bytes = &mut small[..len];
            self.read_at(bytes, start)?;
            return Ok(base64::encode_into(bytes, out));
        }
        let mut buffer = Buffer::take(len);
        let bytes = buffer.bytes(start, len);
        self.read_at(bytes, start)?;
        let text = base64::encode_into(bytes, out);
        buffer.release();
        Ok(text)
    }

    /// Fills `bytes`. Where the file is shorter than it promised, that is an error of kind `UnexpectedEof`: the
    /// caller finds out why, if the file itself says it (those below /proc and /sys do not).
    fn read_at(&self, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match read_at(&self.file, bytes, offset) {
                Ok(0) => {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        format!("it ends at byte {offset}, but said {} bytes when opened", self.len),
                    ));
                }
                Ok(n) => {
                    bytes = &mut bytes[n..];
                    offset += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Reads a file from its start with a position of its own.
///
/// The position of a [`File`] is shared with all duplicates of its handle, so using it would disturb other users of the
/// file, and they would disturb us.
pub(super) struct Reader<'a> {
    file: &'a File,
    position: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a File) -> Reader<'a> {
        Reader { file, position: 0 }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = read_at(self.file, bytes, self.position)?;
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

/// Files are not for such a target, media in memory are.
#[cfg(not(any(unix, windows)))]
pub(super) fn read_at(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Truncated { from, to } => write!(f, "was truncated from {from} to {to} bytes"),
            Change::Grown { from, to } => write!(f, "grew from {from} to {to} bytes"),
            Change::Rewritten => write!(f, "was rewritten"),
        }
    }
}

/// A buffer to read into, in which bytes stand as far into a page as they do in the file: a copy between two
/// alignments costs the kernel up to half of its speed. A large `Vec` from glibc starts 16 bytes into a page,
/// and steps start anywhere.
struct Buffer {
    memory: Vec<u8>,
}

/// Buffers between two pulls. As many are in use as threads pull at the same time; a few are kept.
static IDLE: Mutex<Vec<Buffer>> = Mutex::new(Vec::new());
const MAX_IDLE: usize = 2;

impl Buffer {
    const PAGE: usize = 4096;

    fn take(len: usize) -> Buffer {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(buffer) if buffer.memory.len() >= len + 2 * Buffer::PAGE => buffer,
            // Zeroed, which is nothing beside the reading, where the allocator does it itself; and a buffer is made
            // anew only where none is kept.
            _ => Buffer { memory: vec![0; len + 2 * Buffer::PAGE] },
        }
    }

    /// The place for `len` bytes from `offset` of the file on.
    fn bytes(&mut self, offset: u64, len: usize) -> &mut [u8] {
        let page = self.memory.as_ptr().align_offset(Buffer::PAGE);
        let start = page + (offset % Buffer::PAGE as u64) as usize;
        &mut self.memory[start..start + len]
    }

    fn release(self) {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(self);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_as_far_into_a_page_as_in_the_file() {
        let page = Buffer::PAGE as u64;
        // A buffer that was kept and is almost long enough is not.
        for len in [1, 49, STEP - page as usize + 100, STEP] {
            for offset in [0, 1, 3, page - 1, page, page + 1, STEP as u64, 7 * STEP as u64 + 5] {
                let mut buffer = Buffer::take(len);
                let bytes = buffer.bytes(offset, len);
                assert_eq!(bytes.len(), len);
                assert_eq!(bytes.as_ptr().addr() as u64 % page, offset % page);
                buffer.release();
            }
        }
    }

    #[test]
    fn few_buffers_are_kept() {
        let idle = || IDLE.lock().unwrap().len();
        let taken: Vec<_> = (0..5).map(|_| Buffer::take(1000)).collect();
        taken.into_iter().for_each(Buffer::release);
        assert!(idle() <= MAX_IDLE, "{}", idle());
    }
}
