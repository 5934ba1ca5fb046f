//! Decodes the media of the current string.

use super::{BUFFER, Open, Scanner, State, Waiting};
use crate::{
    base64::{DecodeError, Decoder, Padding},
    error::{Error, ErrorKind, Result},
    json::extract::{
        scanner::Found,
        store::{Store, cannot_store},
    },
};
use bytes::buf::UninitSlice;
use std::{io::Write, mem};

impl<S: Store> Scanner<S> {
    /// Decodes the held characters. If they are not base64, the string is text, or that is an error.
    pub(super) fn begin_media(&mut self, or_text: bool) {
        self.decoder = Decoder::new();
        let held = mem::take(&mut self.held);
        let decoded = self.decode_all(&held);
        self.held = held;
        self.state = match decoded {
            Ok(()) => State::Media,
            Err(_) if or_text => {
                self.decoded = 0;
                State::Text { is_held: false }
            }
            Err(error) => return self.fail(error),
        };
    }

    /// Decodes characters, and skips line breaks and tabs.
    fn decode_all(&mut self, mut characters: &[u8]) -> Result<()> {
        while !characters.is_empty() {
            let len = self.decode(characters)?;
            match characters.get(len) {
                None => break,
                Some(b'\t' | b'\n' | b'\r') => characters = &characters[len + 1..],
                Some(_) => return Err(self.not_base64(self.decoder.unexpected())),
            }
        }
        Ok(())
    }

    /// Decodes up to the first byte that is not base64, and returns the number of characters.
    fn decode(&mut self, characters: &[u8]) -> Result<usize> {
        let mut read = 0;
        loop {
            self.buffer.resize(BUFFER, 0);
            let room = UninitSlice::new(&mut self.buffer[self.decoded..]);
            let progress = self.decoder.decode(&characters[read..], room);
            let progress = progress.map_err(|cause| self.not_base64(cause))?;
            read += progress.read;
            self.decoded += progress.written;
            if read == characters.len() || BUFFER - self.decoded >= 3 {
                return Ok(read);
            }
            self.write()?;
        }
    }

    /// Writes the decoded bytes.
    fn write(&mut self) -> Result<()> {
        let decoded = mem::take(&mut self.decoded);
        if decoded as u64 > self.limits.bytes.saturating_sub(self.bytes) {
            let bytes = self.limits.bytes;
            let message =
                format!("the JSON has more than {bytes} bytes of media; raise `Extractor::max_media_bytes`");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        self.bytes += decoded as u64;
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None if self.count >= self.limits.count => {
                let message = format!(
                    "the JSON has more than {} media; raise `Extractor::max_media`",
                    self.limits.count
                );
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
            None => {
                self.count += 1;
                let path = self.path.to_string();
                self.writer.insert(self.store.create(&path).map_err(|cause| cannot_store(&path, cause))?)
            }
        };
        let written = writer.write_all(&self.buffer[..decoded]);
        written.map_err(|cause| cannot_store(&self.path.to_string(), cause))
    }

    /// Reads the characters of media.
    pub(super) fn media(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> usize {
        let mut read = 0;
        loop {
            match self.media_run(&bytes[read..], text) {
                Ok(0) => return read,
                Ok(len) => read += len,
                Err(error) => {
                    self.fail(error);
                    return read;
                }
            }
            if self.state != State::Media {
                return read;
            }
        }
    }

    /// Reads up to and including the next byte that is not base64, and returns the number of bytes. It is 0 only at the
    /// end of the input.
    fn media_run(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> Result<usize> {
        let Some(&first) = bytes.first() else { return Ok(0) };
        if let Some(escape) = self.escape {
            if let Some(c) = self.unescape(escape, first)
                && let Err(error) = self.decode_all(&[c])
            {
                // The character is read all the same: a quote or a backslash in an escape ends nothing.
                self.fail(error);
            }
            return Ok(1);
        }
        let len = self.decode(bytes)?;
        match bytes.get(len) {
            None => return Ok(len),
            Some(b'"') => {
                let ended = self.end_base64();
                self.end_media(ended, text);
                self.keep(b"\"", text);
                self.state = State::Structure;
            }
            Some(b'\\') => self.escape = Some(None),
            Some(_) => return Err(self.not_base64(self.decoder.unexpected())),
        }
        Ok(len + 1)
    }

    /// Checks that the base64 is complete, and decodes the end of it.
    pub(super) fn end_base64(&mut self) -> Result<()> {
        if BUFFER - self.decoded < 3 {
            self.write()?;
        }
        let room = UninitSlice::new(&mut self.buffer[self.decoded..]);
        let end = self.decoder.finish(Padding::Optional, room);
        self.decoded += end.map_err(|cause| self.not_base64(cause))?;
        Ok(())
    }

    /// Ends the media of the current string and appends its mark to the text.
    pub(super) fn end_media(&mut self, ended: Result<()>, text: &mut Vec<u8>) {
        if let Err(error) = ended.and_then(|()| self.write()) {
            return self.fail(error);
        }
        let Some(writer) = self.writer.take() else { return };
        let number = self.count as u64 - 1;
        self.keep(self.prefix.mark(number).as_bytes(), text);
        let path = self.path.to_string().into_boxed_str();
        let is_data_uri = self.header.is_some();
        match self.open.last_mut() {
            Some(open) if !is_data_uri && self.error.is_none() => {
                open.waiting.push(Waiting { number, path, writer });
            }
            _ => {
                let mime = self.header.take();
                self.store_one(Waiting { number, path, writer }, mime, is_data_uri);
            }
        }
    }

    /// Stores the media that waited for the MIME type of their object, which has ended.
    pub(super) fn store(&mut self, open: Open<S::Writer>) {
        for waiting in open.waiting {
            self.store_one(waiting, open.mime.clone(), false);
        }
    }

    fn store_one(&mut self, media: Waiting<S::Writer>, mime: Option<Box<str>>, is_data_uri: bool) {
        if self.error.is_some() {
            return;
        }
        let Waiting { number, path, writer } = media;
        match self.store.finish(writer, &path, mime.as_deref()) {
            Ok(stored) => self.found.push(Found { number, path, mime, is_data_uri, stored }),
            Err(cause) => self.fail(cannot_store(&path, cause)),
        }
    }

    fn not_base64(&self, cause: DecodeError) -> Error {
        let message = format!("the media at {} is not base64", self.path);
        Error::with_source(ErrorKind::Json, message, cause)
    }
}
