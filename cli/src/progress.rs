//! The progress bar: the file that is being written or read, and how much of it is done.

use crate::escape::{escape, shorten_to};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use niello::{Body, Segment};
use std::{
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

/// A bar for less time than this would only flicker.
const HIDDEN: Duration = Duration::from_millis(500);

/// The largest number of bytes of a file name on the bar.
const NAME_LEN: usize = 24;

/// A bar on standard error.
pub struct Bar {
    bar: ProgressBar,
    start: Instant,
    is_shown: bool,
}

impl Bar {
    /// Creates a bar for `len` bytes, if that is known, of a file.
    pub fn new(len: Option<u64>, file: &str) -> Bar {
        let bar = ProgressBar::with_draw_target(len, ProgressDrawTarget::hidden());
        bar.set_message(base_name(file));
        Bar { bar, start: Instant::now(), is_shown: false }
    }

    /// Shows that the first `position` bytes are done.
    pub fn advance(&mut self, position: u64) {
        self.bar.set_position(position);
        if !self.is_shown && self.start.elapsed() >= HIDDEN {
            self.is_shown = true;
            let template = match self.bar.length() {
                Some(_) => "{msg} {wide_bar} {percent:>3}%  {bytes} of {total_bytes}  {eta}",
                None => "{msg} {bytes}  {bytes_per_sec}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style);
            }
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// A writer that shows on standard error how much of a body went through it.
pub struct Progress<W> {
    writer: W,
    bar: Bar,
    written: u64,
    /// The media files that are not complete yet, last first: where each ends in the body, and its name.
    files: Vec<(u64, String)>,
}

impl<W: Write> Progress<W> {
    pub fn new(body: &Body, writer: W) -> Progress<W> {
        let files = body.segments().filter_map(|(offset, segment)| match segment {
            Segment::Base64(media) | Segment::Zstd(media) => {
                Some((offset + segment.len(), base_name(media.name())))
            }
            _ => None,
        });
        let mut files: Vec<_> = files.collect();
        files.reverse();
        Progress { writer, bar: Bar::new(Some(body.len()), ""), written: 0, files }
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.bar.clear();
    }

    fn advance(&mut self, len: usize) {
        self.written += len as u64;
        while self.files.last().is_some_and(|(end, _)| *end <= self.written) {
            self.files.pop();
        }
        self.bar.advance(self.written);
        if self.bar.is_shown
            && let Some((_, name)) = self.files.last()
            && self.bar.bar.message() != *name
        {
            self.bar.bar.set_message(name.clone());
        }
    }
}

impl<W: Write> Write for Progress<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.writer.write(bytes)?;
        self.advance(len);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

fn base_name(name: &str) -> String {
    let base = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
    escape(&shorten_to(NAME_LEN, &base))
}
