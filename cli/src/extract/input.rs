//! The JSON or events to extract from: a file, a pipe or standard input.

use crate::{
    args::Extract,
    descriptor::is_stdin,
    escape::{escape, shorten, shorten_to},
    progress::Bar,
    similar,
};
use anyhow::{Result, anyhow, bail, ensure};
use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
};

pub struct Input {
    reader: Box<dyn Read>,
    name: String,
    len: Option<u64>,
    is_events: bool,
    has_progress: bool,
}

/// The size of a read. The input and the decoded bytes fit into the L2 cache together.
const READ: usize = 128 * 1024;
/// A buffer at the start of a page is copied to faster.
const PAGE: usize = 4096;
/// The number of bytes by which something that is not JSON is recognized.
const HEAD: usize = 64;

impl Input {
    pub fn open(args: &Extract) -> Result<Input> {
        let path = args.file.as_deref().unwrap_or(Path::new("-"));
        let is_events = args.events;
        if is_stdin(path) {
            let stdin = io::stdin();
            if args.file.is_none() && stdin.is_terminal() {
                bail!("standard input is a terminal; pipe JSON into it, or name a file");
            }
            let name = "standard input".to_owned();
            return Ok(Input {
                reader: Box::new(stdin.lock()),
                name,
                len: None,
                is_events,
                has_progress: false,
            });
        }
        let name = shorten(&path.display().to_string());
        let file = File::open(path).map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::NotFound => similar::hint(path).unwrap_or_default(),
                _ => String::new(),
            };
            anyhow!("cannot open {name}: {error}{hint}")
        })?;
        let len = file.metadata().ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.len());
        Ok(Input { reader: Box::new(file), name, len, is_events, has_progress: false })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Shows progress, if standard error is a terminal.
    pub fn with_progress(self) -> Input {
        Input { has_progress: io::stderr().is_terminal(), ..self }
    }

    /// Calls `take` with all bytes, without a byte order mark at the start.
    pub fn read(&mut self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut bar = self.has_progress.then(|| Bar::new(self.len, &self.name));
        let mut position = 0;
        let read = self.read_all(|bytes| {
            take(bytes)?;
            position += bytes.len() as u64;
            bar.iter_mut().for_each(|bar| bar.advance(position));
            Ok(())
        });
        bar.iter().for_each(Bar::clear);
        read
    }

    fn read_all(&mut self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut buffer = vec![0; READ + PAGE];
        let start = buffer.as_ptr().align_offset(PAGE).min(PAGE);
        let buffer = &mut buffer[start..start + READ];
        let mut len = 0;
        while len < HEAD {
            match self.fill(&mut buffer[len..])? {
                0 => break,
                read => len += read,
            }
        }
        self.check_start(&buffer[..len.min(HEAD)])?;
        let mark = if buffer[..len].starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut bytes = &buffer[mark..len];
        while !bytes.is_empty() {
            take(bytes)?;
            len = self.fill(buffer)?;
            bytes = &buffer[..len];
        }
        Ok(())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(|error| anyhow!("cannot read {}: {error}", self.name)),
            }
        }
    }

    /// Fails if the start of the input shows that it is something else.
    fn check_start(&self, start: &[u8]) -> Result<()> {
        let name = &self.name;
        ensure!(!start.is_empty(), "{name} is empty; check what wrote it");
        ensure!(
            !start.starts_with(b"\x1f\x8b"),
            "{name} is compressed with gzip; call curl with --compressed"
        );
        ensure!(
            !start.starts_with(b"\xff\xfe") && !start.contains(&0),
            "{name} is neither JSON nor events; if it is UTF-16, convert it to UTF-8"
        );
        if self.is_events {
            return Ok(());
        }
        let start = String::from_utf8_lossy(start);
        let start = start.trim_start_matches('\u{feff}').trim_start();
        ensure!(
            !["data:", "event:", "id:", "retry:", ":"].iter().any(|field| start.starts_with(field)),
            "{name} has server-sent events; read them with --events"
        );
        let is_json = start.starts_with(|c: char| "{[\"-0123456789tfn".contains(c));
        ensure!(
            start.is_empty() || is_json,
            "{name} is not JSON; it starts with {:?}",
            escape(&shorten_to(40, start.trim_end_matches('\u{fffd}').trim_end()))
        );
        Ok(())
    }
}
