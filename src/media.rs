//! Media: bytes with a length fixed when opened and a MIME type.

// Files that are read need none.
#![cfg_attr(not(all(unix, feature = "mmap")), forbid(unsafe_code))]

#[cfg(all(unix, feature = "mmap"))]
mod guard;
#[cfg(all(unix, feature = "mmap"))]
mod map;
/// Without the feature, or where there is no such mapping, every file is read.
#[cfg(not(all(unix, feature = "mmap")))]
mod map {
    pub(super) use super::unmapped::Map;
}
mod file;
mod mime;
mod open;
#[cfg(not(all(unix, feature = "mmap")))]
mod unmapped;

pub(crate) use mime::{is_valid as is_valid_mime, of_extension as mime_of_extension};
pub use open::MediaOptions;
pub(crate) use open::Untyped;

use crate::{
    base64,
    error::{Error, ErrorKind, Result},
};
use bytes::{BufMut, Bytes};
use std::{fmt, path::Path, sync::Arc};

/// Bytes with a length fixed when opened and a MIME type: a mapped file, a file that is read, or bytes
/// in memory.
///
/// A clone is the same media and costs nothing. As a field of a serde type it is a *leaf*: bare base64
/// ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-4) section 4, padded) stands there;
/// [`DataUri`](crate::DataUri) is the leaf that puts `data:<mime>;base64,` before it.
///
/// ```no_run
/// use niello::{Access, Media};
///
/// let clip = Media::open("clip.mp4")?;
/// println!("{} bytes of {}, {} as base64", clip.len(), clip.mime(), clip.encoded_len());
///
/// // A type that neither content nor name tell, and no mapping:
/// let raw = Media::options().mime("audio/pcm;rate=16000").access(Access::Read).open("talk.raw")?;
/// # Ok::<(), niello::Error>(())
/// ```
///
/// # MIME types
/// Found by content first and by the extension of the name second, and then called what the Gemini API and Vertex call it
/// ([video](https://ai.google.dev/gemini-api/docs/video-understanding),
/// [audio](https://ai.google.dev/gemini-api/docs/audio),
/// [images](https://ai.google.dev/gemini-api/docs/image-understanding),
/// [documents](https://ai.google.dev/gemini-api/docs/document-processing); as of November 2026):
///
/// - `video/`: `mp4` `mpeg` `mpg` `mov` `avi` `x-flv` `webm` `wmv` `3gpp`
/// - `audio/`: `wav` `mp3` `aiff` `aac` `ogg` `flac` `m4a` `webm`
/// - `image/`: `png` `jpeg` `webp` `heic` `heif`
/// - `application/pdf`
///
/// Any other type is an error unless [it is given](MediaOptions::mime): a server drops what it does not know without
/// a word. One that is given is used as it is.
///
/// # A file that changes
/// The file that was opened is the one that is sent: renaming, unlinking, replacing it by a rename or
/// changing its rights is no change. If its length or modification time is no longer as it was when it
/// was opened, the next pull from a body is an error of kind [`Changed`](ErrorKind::Changed) and none of
/// the bytes made from it are handed on. A mapped file that is truncated is that error too, never a
/// dead process. What cannot be seen: a writer who keeps the length and puts the modification time
/// back, or writes within the same tick of the file system's clock, or writes through a shared mapping of
/// its own, which moves the modification time late or never.
#[derive(Clone)]
pub struct Media(Arc<Inner>);

struct Inner {
    source: Arc<Source>,
    len: u64,
    encoded_len: u64,
    mime: Box<str>,
    /// What errors call it.
    name: Box<str>,
}

enum Source {
    Map(map::Map, file::Opened),
    File(file::Opened),
    Bytes(Bytes),
}

/// How the bytes of a file are had.
///
/// Both give the same bytes and the same errors. A warm file that was written in large strokes is mapped 1.5 times as
/// fast as it is read; one in small pieces of the page cache may be read faster. Many files that are open at once take
/// less memory if they are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// Mapped, a window of 6 MiB at a time; a file that cannot be mapped is read. On unix, with the feature `mmap`: the
    /// first mapped file installs a handler for SIGBUS that makes a truncated file an error and passes every other
    /// SIGBUS on to the handler that was there before. Elsewhere the same as [`Read`](Access::Read).
    #[default]
    Map,
    /// Read at positions, into a buffer of 768 KiB for each pull that is going on; up to two are kept for
    /// later ones. No signal handler.
    Read,
}

impl Media {
    /// Opens a file: maps it, fixes its length, and finds its [MIME type](Media#mime-types). Of its content, only what
    /// tells the type is read: the head, and in some formats the places further on where streams are described.
    ///
    /// A pipe is copied to an unlinked temporary file first (feature `spool`); one from which no bytes come is
    /// an error, since it was read before. An empty file is valid.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) if there is no such file, it is a directory or a device, or may not be
    /// read; [`MimeType`](ErrorKind::MimeType) if its type is not found or is none that the gateways
    /// document (see [`MediaOptions::mime`]).
    pub fn open(path: impl AsRef<Path>) -> Result<Media> {
        Media::options().open(path)
    }

    /// Media from bytes in memory.
    ///
    /// # Errors
    /// [`MimeType`](ErrorKind::MimeType) if `mime` is not of the form `type/subtype`.
    ///
    /// ```
    /// let tone = niello::Media::from_bytes(&b"RIFF...."[..], "audio/wav")?;
    /// assert_eq!((tone.len(), tone.encoded_len()), (8, 12));
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn from_bytes(bytes: impl Into<Bytes>, mime: impl Into<String>) -> Result<Media> {
        Media::options().mime(mime).from_bytes(bytes)
    }

    /// Media from a reader of unknown length (standard input, a pipe, a response): copied to an unlinked
    /// temporary file, which goes when the last clone is dropped. [`MediaOptions::max_spool`] bounds it.
    ///
    /// # Errors
    /// As [`open`](Media::open), and [`Io`](ErrorKind::Io) if the reader or the temporary folder fails.
    ///
    /// ```
    /// let tone = niello::Media::from_reader(&b"RIFF\x04\0\0\0WAVE"[..])?;
    /// assert_eq!((tone.len(), tone.mime()), (12, "audio/wav"));
    /// # Ok::<(), niello::Error>(())
    /// ```
    #[cfg(feature = "spool")]
    pub fn from_reader(reader: impl std::io::Read) -> Result<Media> {
        Media::options().from_reader(reader)
    }

    /// Options for opening: MIME type, access, a name for errors, a limit for what has to be copied first.
    pub fn options() -> MediaOptions {
        MediaOptions::default()
    }

    /// Length in bytes, as it was when opened: of the file, not of its text.
    pub fn len(&self) -> u64 {
        self.0.len
    }

    /// True for media of no bytes; its base64 text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Length of its base64 text in bytes, padding included, without the prefix of a data URI.
    pub fn encoded_len(&self) -> u64 {
        self.0.encoded_len
    }

    /// Its MIME type, parameters included.
    pub fn mime(&self) -> &str {
        &self.0.mime
    }

    /// What errors call it: the path it was opened by, or where it came from.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether two handles are of the same opened media, perhaps under another MIME type. A file that is opened
    /// twice is two media.
    pub fn same(&self, other: &Media) -> bool {
        Arc::ptr_eq(&self.0.source, &other.0.source)
    }

    /// The same media under another MIME type, which is a valid one.
    pub(crate) fn with_mime(&self, mime: &str) -> Media {
        if mime == self.mime() {
            return self.clone();
        }
        let Inner { source, len, encoded_len, name, .. } = &*self.0;
        let (source, name) = (source.clone(), name.clone());
        Media(Arc::new(Inner { source, len: *len, encoded_len: *encoded_len, mime: mime.into(), name }))
    }

    fn new(source: Source, len: u64, mime: Box<str>, name: Box<str>) -> Result<Media> {
        let encoded_len = base64::encoded_len(len).ok_or_else(|| {
            Error::new(ErrorKind::TooLarge, format!("{name}: {len} bytes have a base64 text of over 64 bits"))
        })?;
        let source = Arc::new(source);
        Ok(Media(Arc::new(Inner { source, len, encoded_len, mime, name })))
    }

    /// Appends the base64 text from `offset` on to `out`, as much as one step of the source gives; returns how
    /// much. That is 0 only at the end of the text or for an `out` that is full.
    ///
    /// The only way out for the bytes of a media. What it returns was made while the file was as it was
    /// when opened; after an error, what it has appended is good for nothing.
    pub(crate) fn encode_at(&self, offset: u64, out: &mut impl BufMut) -> Result<usize> {
        debug_assert!(offset <= self.0.encoded_len);
        if offset >= self.0.encoded_len || !out.has_remaining_mut() {
            return Ok(0);
        }
        // Four characters are three bytes, so the offset alone says where to go on: no state, no carry.
        let (start, phase) = (offset / 4 * 3, (offset % 4) as usize);
        if phase == 0 && out.chunk_mut().len() >= 4 {
            return self.encode_from(start, out);
        }
        let mut group = [0; 4];
        self.encode_from(start, &mut &mut group[..])?;
        let part = &group[phase..];
        let part = &part[..part.len().min(out.remaining_mut())];
        out.put_slice(part);
        Ok(part.len())
    }

    /// Encodes whole groups from the byte `start` (a multiple of 3), at least one.
    fn encode_from(&self, start: u64, out: &mut impl BufMut) -> Result<usize> {
        let groups = (out.chunk_mut().len() / 4) as u64;
        let len = (self.0.len - start).min(groups * 3) as usize;
        match &*self.0.source {
            Source::Bytes(bytes) => {
                let start = start as usize;
                Ok(base64::put(&bytes[start..start + len], out))
            }
            // A few bytes are read from a mapped file, too: a fault would make a whole folio of it resident.
            Source::Map(map, file) if len > file::SMALL => {
                let text = map.encode(start as usize, len, out);
                self.unchanged(file)?;
                // Without a change that can be seen, a page that could not be had is a failing disk.
                text.ok_or_else(|| self.unreadable(std::io::Error::other("a mapped page could not be read")))
            }
            Source::File(file) | Source::Map(_, file) => {
                let text = file.encode(start, len, out);
                self.unchanged(file)?;
                text.map_err(|cause| self.unreadable(cause))
            }
        }
    }

    /// Refuses bytes that were made from a file which is no longer as it was when it was opened.
    fn unchanged(&self, file: &file::Opened) -> Result<()> {
        match file.change().map_err(|cause| self.unreadable(cause))? {
            None => Ok(()),
            Some(change) => Err(Error::new(
                ErrorKind::Changed,
                format!("{}: {change} since it was opened; open it again", self.0.name),
            )),
        }
    }

    fn unreadable(&self, cause: std::io::Error) -> Error {
        Error::with_source(ErrorKind::Io, format!("cannot read {}", self.0.name), cause)
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("name", &self.0.name)
            .field("mime", &self.0.mime)
            .field("len", &self.0.len)
            .finish_non_exhaustive()
    }
}

impl From<&Media> for Media {
    fn from(media: &Media) -> Media {
        media.clone()
    }
}
