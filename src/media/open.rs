//! Opening media: from a path, bytes in memory, or a reader of unknown length.

use super::{Access, Media, Source, file::Opened, map::Map, mime};
use crate::error::{Error, ErrorKind, Result};
use bytes::Bytes;
use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    path::Path,
};

/// How to open media: [`Media::options`] makes one.
///
/// ```
/// use niello::Media;
/// let tone = Media::options().mime("audio/wav").name("the tone").from_bytes(&b"RIFF"[..])?;
/// assert_eq!((tone.mime(), tone.name()), ("audio/wav", "the tone"));
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it opens nothing until `open`, `from_bytes` or `from_reader`"]
pub struct MediaOptions {
    mime: Option<String>,
    access: Access,
    name: Option<String>,
    max_spool: Option<u64>,
}

impl MediaOptions {
    /// Gives the MIME type, and uses it as it is: nothing is detected.
    ///
    /// It is `type/subtype`, with `;name=value` parameters perhaps, as in `audio/pcm;rate=16000`, of characters that
    /// end neither a JSON string nor the header of a data URI
    /// ([RFC 2397](https://www.rfc-editor.org/rfc/rfc2397)); that is checked when the media is opened.
    pub fn mime(mut self, mime: impl Into<String>) -> MediaOptions {
        self.mime = Some(mime.into());
        self
    }

    /// Chooses how the bytes of a file are had. Bytes in memory have no use for it.
    pub fn access(mut self, access: Access) -> MediaOptions {
        self.access = access;
        self
    }

    /// What errors call it, instead of its path or origin.
    pub fn name(mut self, name: impl Into<String>) -> MediaOptions {
        self.name = Some(name.into());
        self
    }

    /// Refuses a pipe or a reader of more than so many bytes, as an error of kind
    /// [`TooLarge`](ErrorKind::TooLarge); it would otherwise be copied to the temporary folder however long it is.
    /// Files are not copied: see [`Limit`](crate::Limit) for what a body may hold.
    pub fn max_spool(mut self, bytes: u64) -> MediaOptions {
        self.max_spool = Some(bytes);
        self
    }

    /// Opens a file.
    ///
    /// # Errors
    /// As [`Media::open`]; [`MimeType`](ErrorKind::MimeType) also if the type that was given has not the form of
    /// one.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Media> {
        self.open_untyped(path.as_ref())?.typed()
    }

    /// Opens a file, whether or not its type is found.
    pub(crate) fn open_untyped(self, path: &Path) -> Result<Untyped> {
        let name = self.name.clone().unwrap_or_else(|| path.display().to_string());
        let failed = |cause| Error::with_source(ErrorKind::Io, format!("cannot open {name}"), cause);

        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let extension = path.extension().and_then(|extension| extension.to_str());
        if metadata.is_dir() {
            return Err(failed(io::Error::new(
                io::ErrorKind::IsADirectory,
                "it is a directory; name a file in it",
            )));
        }
        if is_pipe(&metadata) {
            let media = self.spool(file, name, extension)?;
            // What a pipe had can be read once: the second to open it would find a media of no bytes.
            return match media.any().is_empty() {
                false => Ok(media),
                true => Err(Error::new(
                    ErrorKind::Io,
                    format!("{}: no bytes come from this pipe; was it read before?", media.any().name()),
                )),
            };
        }
        if metadata.is_file() && metadata.len() == 0 && has_bytes(&file).map_err(failed)? {
            return self.spool(file, name, extension);
        }
        if !metadata.is_file() {
            return Err(failed(io::Error::new(
                io::ErrorKind::Unsupported,
                "it is a device; name a file or a pipe",
            )));
        }
        self.opened(file, name, extension)
    }

    /// Media from bytes in memory. Without [`mime`](MediaOptions::mime) the type is found by content.
    ///
    /// # Errors
    /// [`MimeType`](ErrorKind::MimeType) if the type is not found, is none that the gateways document, or has not
    /// the form of one.
    pub fn from_bytes(self, bytes: impl Into<Bytes>) -> Result<Media> {
        let bytes = bytes.into();
        let (len, name) = (bytes.len() as u64, self.name.as_deref().unwrap_or("media in memory"));
        let mime = self.mime_of(Cursor::new(&bytes), name, None)?;
        Media::new(Source::Bytes(bytes), len, mime, name.into())
    }

    /// Media from a reader of unknown length, which is copied to an unlinked temporary file.
    ///
    /// # Errors
    /// As [`Media::from_reader`], and [`TooLarge`](ErrorKind::TooLarge) beyond
    /// [`max_spool`](MediaOptions::max_spool).
    #[cfg(feature = "spool")]
    pub fn from_reader(self, reader: impl Read) -> Result<Media> {
        let name = self.name.clone().unwrap_or_else(|| "media from a reader".into());
        self.spool(reader, name, None)?.typed()
    }

    /// A file that is opened and regular.
    fn opened(self, file: File, name: String, extension: Option<&str>) -> Result<Untyped> {
        let failed = |cause| Error::with_source(ErrorKind::Io, format!("cannot open {name}"), cause);
        // Before anything is read: what is written from here on is a change.
        let file = Opened::new(file).map_err(failed)?;
        let len = file.len();
        let mime = self.mime_of(file.file(), &name, extension);
        let map = match self.access {
            Access::Map => Map::new(file.file(), len).ok(),
            Access::Read => None,
        };
        let source = match map {
            Some(map) => Source::Map(map, file),
            None => Source::File(file),
        };
        Ok(Untyped { media: Media::new(source, len, ANY_TYPE.into(), name.into())?, mime })
    }

    #[cfg(feature = "spool")]
    fn spool(self, reader: impl Read, name: String, extension: Option<&str>) -> Result<Untyped> {
        let max = self.max_spool.unwrap_or(u64::MAX);
        let spooled = tempfile::tempfile().and_then(|mut file| {
            let len = io::copy(&mut reader.take(max.saturating_add(1)), &mut file)?;
            file.rewind()?;
            Ok((file, len))
        });
        let (file, len) = spooled.map_err(|cause| {
            let folder = std::env::temp_dir();
            let message = format!("cannot copy {name} to a temporary file in {}", folder.display());
            Error::with_source(ErrorKind::Io, message, cause)
        })?;
        if len > max {
            let message = format!("{name} has more than the {max} bytes that are allowed; send it as a URL");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        self.opened(file, name, extension)
    }

    #[cfg(not(feature = "spool"))]
    fn spool(self, _: impl Read, name: String, _: Option<&str>) -> Result<Untyped> {
        let why = "its length is not known; enable the feature `spool` of niello";
        let cause = io::Error::new(io::ErrorKind::Unsupported, why);
        Err(Error::with_source(ErrorKind::Io, format!("cannot open {name}"), cause))
    }

    /// The MIME type that was given, or else the one that is found.
    fn mime_of(&self, content: impl Read + Seek, name: &str, extension: Option<&str>) -> Result<Box<str>> {
        if let Some(mime) = &self.mime {
            return given(mime, name).map(Box::from);
        }
        let wrong = |message| Err(Error::new(ErrorKind::MimeType, message));
        let found = mime::detect(content, extension)
            .map_err(|cause| Error::with_source(ErrorKind::Io, format!("cannot read {name}"), cause))?;
        match found {
            Ok(mime) => Ok(mime.into()),
            Err(Some(found)) => wrong(format!(
                "{name}: its type is {found}, which the gateways do not document; convert it, or give a MIME type"
            )),
            Err(None) => wrong(format!(
                "{name}: its type is not to be told from its content or its name; give a MIME type"
            )),
        }
    }
}

/// A file that is open, and the type that was given or found for it, or why none was.
pub(crate) struct Untyped {
    media: Media,
    mime: Result<Box<str>>,
}

/// The type of bytes of which nothing is known (RFC 2046 section 4.5.1).
const ANY_TYPE: &str = "application/octet-stream";

impl Untyped {
    /// For a place where no type stands.
    pub(crate) fn any(&self) -> Media {
        self.media.clone()
    }

    /// Under the type that was given or found.
    pub(crate) fn typed(&self) -> Result<Media> {
        self.mime.as_ref().map(|mime| self.media.with_mime(mime)).map_err(Error::clone)
    }

    /// Under another type, which is given.
    pub(crate) fn of(&self, mime: &str) -> Result<Media> {
        given(mime, self.media.name()).map(|mime| self.media.with_mime(mime))
    }
}

/// A type that was given, if it has the form of one.
fn given<'a>(mime: &'a str, name: &str) -> Result<&'a str> {
    if mime::is_valid(mime) {
        return Ok(mime);
    }
    let message = format!("{name}: {mime:?} is no MIME type; give one such as \"video/mp4\"");
    Err(Error::new(ErrorKind::MimeType, message))
}

/// Whether a file that says it is empty has bytes all the same, as those below /proc do. One that is being written says
/// so when it is asked again.
fn has_bytes(mut file: &File) -> io::Result<bool> {
    let bytes = file.read(&mut [0])?;
    file.rewind()?;
    Ok(bytes > 0 && file.metadata()?.len() == 0)
}

#[cfg(unix)]
fn is_pipe(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// It said that it was empty a moment ago, perhaps, when its writer had not begun.
    #[test]
    fn a_file_that_says_how_long_it_is_is_not_copied() {
        let mut file = tempfile::tempfile().unwrap();
        assert!(!has_bytes(&file).unwrap());
        io::Write::write_all(&mut file, b"written since").unwrap();
        file.rewind().unwrap();
        assert!(!has_bytes(&file).unwrap());
        assert!(has_bytes(&File::open("/proc/self/status").unwrap()).unwrap());
    }
}
