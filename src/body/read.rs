//! A body is a reader that seeks.

use super::Body;
use std::io::{self, Read, Seek, SeekFrom};

/// `Ok(0)` is the end of the body and nothing else, but for a `buffer` of no bytes. Any buffer does; one of 64 KiB or
/// more keeps the cost of a pull small beside the encoding.
///
/// # Errors
/// An [`io::Error`] that holds an [`Error`](crate::Error), if the promised length cannot be delivered; the same again
/// until the body is rewound or sought.
impl Read for Body {
    fn read(&mut self, mut buffer: &mut [u8]) -> io::Result<usize> {
        let filled = self.fill(&mut buffer)?;
        self.hand_on(filled);
        Ok(filled)
    }
}

/// Arithmetic only: nothing is read. Past the end is allowed, and reads as the end.
impl Seek for Body {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        let position = position.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "seek of a body to before its start")
        })?;
        self.move_to(position);
        Ok(position)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position)
    }
}
