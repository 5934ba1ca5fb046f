//! An open file: positional reads, and the detection of changes.

use super::{READ_UNIT, reader::seek_from};
use crate::base64::Input;
use std::{
    fmt,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{self, Path},
    sync::{Mutex, MutexGuard, TryLockError},
    time::SystemTime,
};

/// An open file, with its length and modification time at the moment it was opened.
pub(super) struct OpenFile {
    file: File,
    len: u64,
    /// `None` if the platform has no modification times.
    modified: Option<SystemTime>,
}

/// A file that is opened again for each read. The length and modification time are those of its first opening.
pub(super) struct ClosedFile {
    path: Box<Path>,
    len: u64,
    modified: Option<SystemTime>,
}

impl ClosedFile {
    /// Opens the file, or another one at its path, which [`OpenFile::detect_change`] then reports as a change.
    pub(super) fn open(&self) -> io::Result<OpenFile> {
        // Opening a named pipe would block until another process writes to it.
        if !fs::metadata(&self.path)?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "it is no longer a regular file; restore the file and try again",
            ));
        }
        let file = File::open(&self.path)?;
        Ok(OpenFile { file, len: self.len, modified: self.modified })
    }
}

/// A change to a file after it was opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Truncated { from: u64, to: u64 },
    Grown { from: u64, to: u64 },
    Rewritten,
}

/// The maximum number of bytes per call of [`OpenFile::read`]: 1 MiB of base64, the default chunk. A multiple
/// of 3, so that no group is split.
pub(super) const STEP: usize = 8 * READ_UNIT;

/// Reads of up to this many bytes use a buffer on the stack: the groups of any 64 characters.
pub(super) const MAX_STACK_READ: usize = 51;

impl OpenFile {
    pub(super) fn new(file: File) -> io::Result<OpenFile> {
        let metadata = file.metadata()?;
        Ok(OpenFile { len: metadata.len(), modified: metadata.modified().ok(), file })
    }

    /// Closes the file, which can be opened again at `path`, even if the current directory changes.
    pub(super) fn close(self, path: &Path) -> io::Result<ClosedFile> {
        let path = path::absolute(path)?.into();
        Ok(ClosedFile { path, len: self.len, modified: self.modified })
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

    /// Compares length and modification time with those at opening. The change time (ctime) and the path are
    /// ignored, because renaming, unlinking and chmod do not alter the content of an open file.
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

    /// Calls `read` with up to [`STEP`] of the `len` bytes at `start` and returns its result.
    pub(super) fn read<T>(&self, start: u64, len: usize, read: impl FnOnce(Input<'_>) -> T) -> io::Result<T> {
        let len = len.min(STEP);
        if len <= MAX_STACK_READ {
            let mut small = [0; MAX_STACK_READ];
            let bytes = &mut small[..len];
            self.read_at(bytes, start)?;
            return Ok(read(Input::from(&*bytes)));
        }
        let mut buffer = Buffer::take(len);
        let bytes = buffer.bytes(start, len);
        self.read_at(bytes, start)?;
        let result = read(Input::from(&*bytes));
        buffer.release();
        Ok(result)
    }

    /// Fills `bytes`, or returns an error of kind `UnexpectedEof` if the file is too short. If the file was
    /// truncated, the caller detects that and reports it instead. Files in /sys are shorter than their
    /// reported length from the start.
    pub(super) fn read_at(&self, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match read_at(&self.file, bytes, offset) {
                Ok(0) => {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        format!(
                            "it ends at byte {offset}, but its length was {} when it was opened",
                            self.len
                        ),
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
/// All duplicates of a [`File`] share its position, so using it would interfere with other users of the file.
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
        // A damaged file may lead to where no file can have bytes, and where reading is an error.
        if self.position.saturating_add(bytes.len() as u64) > i64::MAX as u64 {
            return Ok(0);
        }
        let n = read_at(self.file, bytes, self.position)?;
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = seek_from(to, self.position, self.file.metadata()?.len(), "the file")?;
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

/// Moves the position of the file and restores it, because WASI has no stable positional reads.
#[cfg(not(any(unix, windows)))]
pub(super) fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    /// All threads read one after the other, because two of them may share the position.
    static POSITION: Mutex<()> = Mutex::new(());
    let _held = POSITION.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let position = file.stream_position()?;
    file.seek(SeekFrom::Start(offset))?;
    let result = file.read(bytes);
    file.seek(SeekFrom::Start(position))?;
    result
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

/// A read buffer in which bytes have the same offset within a page as in the file. A copy between different
/// offsets costs the kernel up to half of its speed. Without this, offsets differ: a large `Vec` from glibc
/// starts 16 bytes into a page, and reads start anywhere.
pub(super) struct Buffer {
    memory: Vec<u8>,
}

/// Buffers kept for later reads. Each read in progress takes one, and up to [`MAX_IDLE`] are put back.
static IDLE: Mutex<Vec<Buffer>> = Mutex::new(Vec::new());
const MAX_IDLE: usize = 2;

/// Returns the kept buffers, unless another thread uses them at this moment. No thread waits for the lock: if it was
/// held while the process forked, it stays locked in the child.
fn idle() -> Option<MutexGuard<'static, Vec<Buffer>>> {
    match IDLE.try_lock() {
        Ok(idle) => Some(idle),
        Err(TryLockError::Poisoned(idle)) => Some(idle.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl Buffer {
    const PAGE: usize = 4096;

    /// Returns a buffer for reads of up to `len` bytes.
    pub(super) fn take(len: usize) -> Buffer {
        let kept = idle().and_then(|mut idle| idle.pop());
        match kept {
            Some(buffer) if buffer.memory.len() >= len + 2 * Buffer::PAGE => buffer,
            // Zeroing costs little compared with reading, and is needed only when no kept buffer is long
            // enough.
            _ => Buffer { memory: vec![0; len + 2 * Buffer::PAGE] },
        }
    }

    /// Returns the part of the buffer that is for the `len` bytes at `offset` of the file.
    pub(super) fn bytes(&mut self, offset: u64, len: usize) -> &mut [u8] {
        let page = self.memory.as_ptr().align_offset(Buffer::PAGE);
        let start = page + (offset % Buffer::PAGE as u64) as usize;
        &mut self.memory[start..start + len]
    }

    /// Keeps the buffer for later reads.
    pub(super) fn release(self) {
        if let Some(mut idle) = idle()
            && idle.len() < MAX_IDLE
        {
            idle.push(self);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_the_same_page_offset_as_in_the_file() {
        let page = Buffer::PAGE as u64;
        // Ascending lengths: a kept buffer that is slightly too short must not be reused.
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
    fn at_most_two_buffers_are_kept() {
        let idle = || IDLE.lock().unwrap().len();
        let taken: Vec<_> = (0..5).map(|_| Buffer::take(1000)).collect();
        taken.into_iter().for_each(Buffer::release);
        assert!(idle() <= MAX_IDLE, "{}", idle());
    }

    /// As in a child whose parent forked while another thread held the lock.
    #[test]
    fn a_locked_list_of_buffers_does_not_block_reads() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(30_000).unwrap();
        let file = OpenFile::new(file).unwrap();
        let _held = IDLE.lock().unwrap();
        let mut text = Vec::with_capacity(40_000);
        assert_eq!(file.read(0, 30_000, |bytes| bytes.encode_into(&mut text)).unwrap(), 40_000);
    }
}
