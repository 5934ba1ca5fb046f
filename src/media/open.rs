//! Opening media: from a path, an open file, bytes in memory, or a reader of unknown length.

use super::{
    Access, Media, Mime, Source,
    file::{self, OpenFile},
    map::Map,
    mime::{self, Undetected},
    name::{NameKind, redact, shortened},
};
use crate::error::{Error, ErrorKind, Result};
use bytes::Bytes;
use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    path::Path,
};

/// Options for opening media, created by [`Media::options`].
///
/// Options can be used any number of times.
///
/// # Examples
///
/// ```
/// use niello::Media;
///
/// let tone = Media::options().mime("audio/wav").name("the tone").from_bytes(&b"RIFF"[..])?;
/// assert_eq!((tone.mime(), tone.name()), ("audio/wav", "the tone"));
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options open nothing until a method such as `open` is called"]
pub struct MediaOptions {
    mime: Option<String>,
    access: Access,
    name: Option<String>,
    max_spool: Option<u64>,
}

impl MediaOptions {
    /// Sets the MIME type. It is used verbatim, and nothing is detected.
    ///
    /// The form is `type/subtype`, optionally followed by `;name=value` parameters, as in
    /// `audio/pcm;rate=16000`. Characters that could end a JSON string or the header of a data URI ([RFC
    /// 2397](https://www.rfc-editor.org/rfc/rfc2397)) are not allowed. The form is checked when the media is
    /// opened.
    pub fn mime(mut self, mime: impl Into<String>) -> MediaOptions {
        self.mime = Some(mime.into());
        self
    }

    /// Sets how files are accessed. The default is [`Access::Map`]. Bytes in memory ignore it.
    pub fn access(mut self, access: Access) -> MediaOptions {
        self.access = access;
        self
    }

    /// Sets the name that error messages use, instead of the path or a description of the origin.
    pub fn name(mut self, name: impl Into<String>) -> MediaOptions {
        self.name = Some(name.into());
        self
    }

    /// Limits how many bytes of a pipe or a reader are copied to the temporary folder.
    ///
    /// Opening more than `bytes` bytes is an error of kind [`TooLarge`](ErrorKind::TooLarge). By default
    /// there is no limit. Regular files are not copied; use [`Limit`](crate::Limit) to bound the length of a
    /// body.
    pub fn max_spool(mut self, bytes: u64) -> MediaOptions {
        self.max_spool = Some(bytes);
        self
    }

    /// Opens a file. See [`Media::open`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Media::open`], and [`MimeType`](ErrorKind::MimeType) if the type set by
    /// [`mime`](MediaOptions::mime) is malformed.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Media> {
        self.open_untyped(Path::new(""), path.as_ref())?.typed()
    }

    /// Opens a file, whether or not its type can be detected. A relative path starts from `folder`.
    pub(crate) fn open_untyped(&self, folder: &Path, path: &Path) -> Result<OpenedMedia> {
        let (given, path) = (path, folder.join(path));
        let name = self.name.clone().unwrap_or_else(|| path.display().to_string());
        let file = File::open(&path).map_err(|cause| {
            let not_a_path = not_a_path(given, self.name.as_deref(), cause.kind());
            not_a_path.unwrap_or_else(|| cannot_open(&name, cause))
        })?;
        let extension = given.extension().and_then(|extension| extension.to_str());
        self.open_file(file, Some(&path), name, extension)
    }

    /// Creates media from an open file. See [`Media::from_file`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Media::from_file`], and [`MimeType`](ErrorKind::MimeType) if the type set by
    /// [`mime`](MediaOptions::mime) is malformed.
    pub fn from_file(&self, file: File) -> Result<Media> {
        let name = self.name.clone().unwrap_or_else(|| "the given file".into());
        self.open_file(file, None, name, None)?.typed()
    }

    /// Creates media from bytes in memory. Without [`mime`](MediaOptions::mime), the type is detected from
    /// the content.
    ///
    /// # Errors
    ///
    /// Returns [`MimeType`](ErrorKind::MimeType) if the type cannot be detected, is not one that the gateways
    /// document, or is malformed.
    pub fn from_bytes(&self, bytes: impl Into<Bytes>) -> Result<Media> {
        self.bytes_untyped(bytes.into())?.typed()
    }

    /// Creates media from bytes in memory, whether or not its type can be detected.
    pub(crate) fn bytes_untyped(&self, bytes: Bytes) -> Result<OpenedMedia> {
        let (len, name) = (bytes.len() as u64, self.name.as_deref().unwrap_or("media in memory"));
        let mime = self.mime_of(Cursor::new(&bytes), name, None);
        OpenedMedia::new(Source::Bytes(bytes), len, name, mime)
    }

    /// Creates media from a reader of unknown length, by copying it to an unlinked temporary file. See
    /// [`Media::from_reader`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Media::from_reader`], [`MimeType`](ErrorKind::MimeType) if the type set by
    /// [`mime`](MediaOptions::mime) is malformed, and [`TooLarge`](ErrorKind::TooLarge) if the reader yields
    /// more than [`max_spool`](MediaOptions::max_spool) bytes.
    #[cfg(feature = "spool")]
    pub fn from_reader(&self, reader: impl Read) -> Result<Media> {
        let name = self.name.clone().unwrap_or_else(|| "media from a reader".into());
        self.spool(reader, name, None)?.typed()
    }

    /// Creates media from an open regular file, whether or not its type can be detected.
    #[cfg(feature = "spool")]
    pub(crate) fn file_untyped(&self, file: File) -> Result<OpenedMedia> {
        self.open_regular(file, None, self.name.clone().unwrap_or_default(), None)
    }

    /// Opens whatever `file` is: a regular file is used as it is, and a pipe is copied. `path` is where it was opened.
    fn open_file(
        &self,
        file: File,
        path: Option<&Path>,
        name: String,
        extension: Option<&str>,
    ) -> Result<OpenedMedia> {
        let metadata = file.metadata().map_err(|cause| cannot_open(&name, cause))?;
        if metadata.is_dir() {
            let cause = io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; open a file in it");
            return Err(cannot_open(&name, cause));
        }
        if is_pipe(&metadata) {
            return self.open_pipe(file, name, extension);
        }
        if !metadata.is_file() {
            let cause = io::Error::new(io::ErrorKind::Unsupported, "it is neither a regular file nor a pipe");
            return Err(cannot_open(&name, cause));
        }
        if metadata.len() == 0 && has_bytes(&file).map_err(|cause| cannot_open(&name, cause))? {
            return self.spool(file::Reader::new(&file), name, extension);
        }
        self.open_regular(file, path, name, extension)
    }

    /// A pipe can be read only once. One that was read before would silently be empty media, so an empty pipe
    /// is an error.
    fn open_pipe(&self, pipe: File, name: String, extension: Option<&str>) -> Result<OpenedMedia> {
        let opened = self.spool(pipe, name, extension)?;
        if opened.media.is_empty() {
            let message = format!(
                "cannot open {}: the pipe is empty; was it read before?",
                shortened(opened.media.name())
            );
            return Err(Error::new(ErrorKind::Io, message));
        }
        Ok(opened)
    }

    fn open_regular(
        &self,
        file: File,
        path: Option<&Path>,
        name: String,
        extension: Option<&str>,
    ) -> Result<OpenedMedia> {
        // Length and time are fixed before anything is read: every later write counts as a change.
        let file = OpenFile::new(file).map_err(|cause| cannot_open(&name, cause))?;
        let len = file.len();
        let mime = self.mime_of(file.reader(), &name, extension);
        let source = match (self.access, path) {
            (Access::Map, _) => match Map::new(file.file(), len) {
                Ok(map) => Source::Map(map, file),
                Err(_) => Source::File(file),
            },
            (Access::Reopen, Some(path)) => {
                Source::Closed(file.close(path).map_err(|cause| cannot_open(&name, cause))?)
            }
            (Access::Read, _) | (Access::Reopen, None) => Source::File(file),
        };
        OpenedMedia::new(source, len, &name, mime)
    }

    #[cfg(feature = "spool")]
    fn spool(&self, reader: impl Read, name: String, extension: Option<&str>) -> Result<OpenedMedia> {
        let max = self.max_spool.unwrap_or(u64::MAX);
        let spooled = tempfile::tempfile().and_then(|mut file| {
            let len = io::copy(&mut reader.take(max.saturating_add(1)), &mut file)?;
            Ok((file, len))
        });
        let (file, len) = spooled.map_err(|cause| {
            let folder = tempfile::env::temp_dir();
            let message = format!("cannot copy {name} to a temporary file in {}", folder.display());
            Error::with_source(ErrorKind::Io, message, cause)
        })?;
        if len > max {
            let message =
                format!("{name} has more than the {max} bytes allowed; raise the limit or send it as a URL");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        self.open_regular(file, None, name, extension)
    }

    #[cfg(not(feature = "spool"))]
    fn spool(&self, _: impl Read, name: String, _: Option<&str>) -> Result<OpenedMedia> {
        let why = "its length is unknown; enable niello's feature `spool` to copy it to a temporary file";
        Err(cannot_open(&name, io::Error::new(io::ErrorKind::Unsupported, why)))
    }

    /// Returns the MIME type that was set, or else detects one.
    fn mime_of(&self, content: impl Read + Seek, name: &str, extension: Option<&str>) -> Result<Mime> {
        let name = &*shortened(name);
        if let Some(mime) = &self.mime {
            return check_mime(mime, name).map(|mime| Mime { name: mime.into(), is_detected: false });
        }
        let unusable = |message| Err(Error::new(ErrorKind::MimeType, message));
        let detected = mime::detect(content, extension)
            .map_err(|cause| Error::with_source(ErrorKind::Io, format!("cannot read {name}"), cause))?;
        detected.map(|mime| Mime { name: mime.into(), is_detected: true }).or_else(|why| {
            unusable(match why {
                Undetected::Undocumented(other) => format!(
                    "{name} has the media type {other}, which Gemini does not support; convert it, or set the type \
                     explicitly"
                ),
                Undetected::AudioOnly(container) => format!(
                    "{name} is {container} without a video track, and no audio type is documented for that; convert it \
                     to MP3 or M4A, or set the type explicitly"
                ),
                Undetected::NoIndex => format!(
                    "{name} does not say which tracks it has: its index (`moov` in MP4 files) is missing; check that it \
                     was recorded or downloaded to the end"
                ),
                Undetected::Text(kind) => format!("{name} is {kind}, not media{}", advice(kind)),
                Undetected::Unknown => {
                    let clues = if extension.is_some() { "content or file name" } else { "content" };
                    format!("cannot detect the media type of {name} from its {clues}; set it explicitly")
                }
            })
        })
    }
}

/// Returns what to do about a file that is text.
fn advice(kind: &str) -> &'static str {
    match kind {
        "a Git LFS pointer" => "; fetch the file with `git lfs pull`",
        "base64 text" | "a data: URI" => "; decode it first",
        _ => "; check how it was downloaded",
    }
}

/// Media that is open, and the type that was set or detected for it, or the error that explains why there is
/// none.
pub(crate) struct OpenedMedia {
    media: Media,
    mime: Result<Mime>,
}

/// The type of unknown content (RFC 2046 section 4.5.1).
const UNKNOWN_TYPE: &str = "application/octet-stream";

impl From<Media> for OpenedMedia {
    fn from(media: Media) -> OpenedMedia {
        let mime = Ok(media.0.mime.clone());
        OpenedMedia { media, mime }
    }
}

impl OpenedMedia {
    fn new(source: Source, len: u64, name: &str, mime: Result<Mime>) -> Result<OpenedMedia> {
        let unknown = Mime { name: UNKNOWN_TYPE.into(), is_detected: true };
        Ok(OpenedMedia { media: Media::new(source, len, unknown, name.into())?, mime })
    }

    /// Returns the media with its type, which is `application/octet-stream` if none was set or detected.
    pub(crate) fn typed_if_known(self) -> Media {
        match self.mime {
            Ok(mime) => self.media.with(mime),
            Err(_) => self.media,
        }
    }

    /// Returns the media for a place in which its type does not appear.
    pub(crate) fn untyped(&self) -> Media {
        self.media.clone()
    }

    /// Returns the media with the type that was set or detected.
    pub(crate) fn typed(&self) -> Result<Media> {
        self.mime.clone().map(|mime| self.media.with(mime))
    }

    /// Returns the media with the given type.
    pub(crate) fn with_mime(&self, mime: &str) -> Result<Media> {
        check_mime(mime, self.media.name()).map(|mime| self.media.with_mime(mime))
    }
}

/// Describes why opening failed, if the path is something else by its form. A mistyped URL may be the path of a file.
fn not_a_path(path: &Path, name: Option<&str>, kind: io::ErrorKind) -> Option<Error> {
    let path = path.to_str()?;
    let reason = match NameKind::of(path.trim_start()) {
        NameKind::Path if path.is_empty() => "the path is empty; name a file".to_owned(),
        NameKind::Url => "it is a URL, which the server fetches; pass it on as a string".to_owned(),
        NameKind::Mistyped { meant }
            if matches!(
                kind,
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
            ) =>
        {
            format!("no such file; did you mean {meant}? If so, pass it on as a string")
        }
        NameKind::FileUrl => "it is a URL; give the path without file:".to_owned(),
        NameKind::DataUri | NameKind::Base64 => {
            "it is data, not the path of a file; pass it on as a string, or decode it".to_owned()
        }
        NameKind::Mistyped { .. } | NameKind::Path | NameKind::Uploaded => return None,
    };
    let shown = match name.unwrap_or(path) {
        "" => "media".to_owned(),
        name => redact(name),
    };
    Some(cannot_open(&shown, io::Error::new(kind, reason)))
}

fn cannot_open(name: &str, cause: io::Error) -> Error {
    Error::with_source(ErrorKind::Io, format!("cannot open {}", shortened(name)), cause)
}

/// Returns `mime` if it is well-formed.
fn check_mime<'a>(mime: &'a str, name: &str) -> Result<&'a str> {
    if mime::is_valid(mime) {
        return Ok(mime);
    }
    let (name, mime) = (shortened(name), shortened(mime));
    let message = format!("{name}: {mime:?} is not a valid MIME type; the form is type/subtype");
    Err(Error::new(ErrorKind::MimeType, message))
}

/// Returns whether a file of length 0 has bytes all the same, as files in /proc do. The length is checked again
/// afterwards, because a file that is just being written may have grown.
fn has_bytes(file: &File) -> io::Result<bool> {
    let bytes = file::read_at(file, &mut [0], 0)?;
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

    #[test]
    fn a_path_like_a_url_is_called_one_only_if_no_such_file_exists() {
        let path = Path::new("example.com/clip.mp4");
        let error = not_a_path(path, None, io::ErrorKind::NotFound).unwrap();
        assert!(error.to_string().contains("did you mean https://example.com/clip.mp4?"), "{error}");
        assert!(not_a_path(path, None, io::ErrorKind::PermissionDenied).is_none());
    }

    #[test]
    fn only_files_that_keep_reporting_length_zero_have_hidden_bytes() {
        let mut file = tempfile::tempfile().unwrap();
        assert!(!has_bytes(&file).unwrap());
        io::Write::write_all(&mut file, b"written after the length was checked").unwrap();
        assert!(!has_bytes(&file).unwrap());
        assert!(has_bytes(&File::open("/proc/self/status").unwrap()).unwrap());
    }
}
