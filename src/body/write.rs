//! A body writes itself.

use super::Body;
use bytes::BufMut;
use std::io::{self, Write};

impl Body {
    /// Writes the rest of the body, a chunk at a time; returns how much. Does not flush.
    ///
    /// # Errors
    /// The error of the writer, or `WriteZero` if it takes nothing; the position then stands just past
    /// the last byte that it took, so that calling this again goes on (after `WouldBlock`, say).
    /// `Interrupted` is tried again. If the body can't be delivered, an [`io::Error`] that holds an
    /// [`Error`](crate::Error).
    ///
    /// ```
    /// # let mut body = niello::Body::json("all of it")?;
    /// let mut file = Vec::new();
    /// assert_eq!(body.write_to(&mut file).unwrap(), body.len());
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn write_to<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<u64> {
        let first = self.position;
        let mut buffer = self.buffer()?;
        loop {
            let len = self.plan.whole_groups(self.position, self.next_len());
            buffer.clear();
            let filled = self.fill(&mut (&mut buffer).limit(len))?;
            if filled == 0 {
                return Ok(self.position - first);
            }
            let mut rest = &buffer[..filled];
            while !rest.is_empty() {
                match writer.write(rest) {
                    Ok(0) => {
                        return Err(io::Error::new(
                            io::ErrorKind::WriteZero,
                            "the writer takes no more of the body",
                        ));
                    }
                    Ok(taken) => {
                        let taken = taken.min(rest.len());
                        rest = &rest[taken..];
                        self.hand_on(taken);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}
