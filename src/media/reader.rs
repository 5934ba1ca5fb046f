//! Reading the bytes of media as they are.

use super::Media;
use crate::error::Result;
use std::io::{self, Read, Seek, SeekFrom};

/// A reader of the bytes of media, created by [`Media::reader`].
///
/// The reader has a position of its own, and so has each clone. It keeps the media open.
///
/// # Performance
///
/// Files are read by positional reads and never mapped. Each call reads directly into the caller's buffer and checks
/// the file for changes, which takes two system calls. Use a buffer of at least 64 KiB, or wrap the reader in a
/// [`BufReader`](io::BufReader).
#[derive(Clone, Debug)]
#[must_use = "a reader reads nothing until it is used"]
pub struct MediaReader {
    media: Media,
    position: u64,
}

impl Media {
    /// Returns a reader of the bytes, at their start.
    ///
    /// # Examples
    ///
    /// ```
    /// use niello::Media;
    /// use std::io::{Read, Seek, SeekFrom};
    ///
    /// let tone = Media::from_bytes(&b"RIFF\x04\0\0\0WAVE"[..], "audio/wav")?;
    /// let mut reader = tone.reader();
    /// reader.seek(SeekFrom::End(-4))?;
    /// let mut form = String::new();
    /// reader.read_to_string(&mut form)?;
    /// assert_eq!(form, "WAVE");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reader(&self) -> MediaReader {
        MediaReader { media: self.clone(), position: 0 }
    }

    /// Copies bytes from `start` on to `out` and returns their number, which is 0 only at the end or if `out` is
    /// empty. After an error, the content of `out` must not be used.
    fn read_at(&self, start: u64, out: &mut [u8]) -> Result<usize> {
        let len = self.len().saturating_sub(start).min(out.len() as u64) as usize;
        if len > 0 {
            self.read_exact_at(start, &mut out[..len])?;
        }
        Ok(len)
    }
}

/// `Ok(0)` means the end of the media, or that the buffer is empty.
///
/// # Errors
///
/// An [`io::Error`] that contains an [`Error`](crate::Error): of kind [`Changed`](crate::ErrorKind::Changed) if the
/// file was truncated, grown or rewritten after it was opened, and of kind [`Io`](crate::ErrorKind::Io) if it cannot
/// be read. The position is unchanged.
impl Read for MediaReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.media.read_at(self.position, buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

/// Takes constant time and reads nothing. A position past the end is valid and reads as the end.
impl Seek for MediaReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = seek_from(to, self.position, self.media.len(), "the media")?;
        Ok(self.position)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position)
    }
}

/// Returns the position to seek to in `what`, which is at `position` and has `len` bytes.
pub(crate) fn seek_from(to: SeekFrom, position: u64, len: u64, what: &str) -> io::Result<u64> {
    let (base, offset) = match to {
        SeekFrom::Start(position) => (position, 0),
        SeekFrom::End(offset) => (len, offset),
        SeekFrom::Current(offset) => (position, offset),
    };
    base.checked_add_signed(offset).ok_or_else(|| {
        let message = match offset < 0 {
            true => format!("cannot seek to a position before the start of {what}"),
            false => "cannot seek to a position that exceeds 64 bits".to_owned(),
        };
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}
