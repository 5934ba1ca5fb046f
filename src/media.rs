//! Media: bytes with a MIME type and a length that is fixed when they are opened.

// Only mapping needs unsafe code.
#![cfg_attr(not(all(any(target_os = "linux", target_os = "android"), feature = "mmap")), forbid(unsafe_code))]

mod detect;
mod file;
#[cfg(all(any(target_os = "linux", target_os = "android"), feature = "mmap"))]
mod guard;
#[cfg_attr(
    not(all(any(target_os = "linux", target_os = "android"), feature = "mmap")),
    path = "media/unmapped.rs"
)]
mod map;
mod mime;
mod name;
mod open;
mod reader;
mod save;

pub(crate) use mime::{
    canonical as canonical_mime, is_valid as is_valid_mime, of_audio_format as mime_of_audio_format,
    of_extension as mime_of_extension,
};
pub use name::NameKind;
pub(crate) use name::{data_uri, redact};
pub use open::MediaOptions;
pub(crate) use open::OpenedMedia;
pub use reader::MediaReader;
pub(crate) use reader::seek_from;

use crate::{
    base64::{self, Input},
    error::{Error, ErrorKind, Result},
};
use bytes::{BufMut, Bytes};
use std::{fmt, fs::File, io, path::Path, sync::Arc};

/// Media to embed in JSON: a mapped file, a file that is read, or bytes in memory.
///
/// Media has a MIME type and a length that is fixed when it is opened. Cloning is cheap, and clones are
/// handles to the same media.
///
/// As a field of a `Serialize` type it becomes a string of plain base64
/// ([RFC 4648 section 4](https://www.rfc-editor.org/rfc/rfc4648#section-4), padded). Use
/// [`DataUri`](crate::DataUri) to put `data:<mime>;base64,` in front of it. To get the bytes themselves, use
/// [`save`](Media::save), [`copy_to`](Media::copy_to) or [`reader`](Media::reader).
///
/// # Examples
///
/// ```no_run
/// use niello::{Access, Media};
///
/// let clip = Media::open("clip.mp4")?;
/// println!("{}: {} bytes, {} as base64", clip.mime(), clip.len(), clip.encoded_len());
///
/// // Raw samples have no detectable type, so set it. Read the file instead of mapping it.
/// let raw = Media::options().mime("audio/pcm;rate=16000").access(Access::Read).open("talk.raw")?;
/// # Ok::<(), niello::Error>(())
/// ```
///
/// # MIME types
///
/// The type is detected from the content, and from the extension of the file name if the content is
/// inconclusive. It is reported under the name that the Gemini API and Vertex AI document
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
/// Any other type is an error, because servers silently drop media of types they do not know. To send it
/// anyway, [set the type explicitly](MediaOptions::mime); it is then used verbatim.
///
/// A wrong label is worse than an error, so detection reads the structure of a file, with a bounded number of
/// reads:
///
/// | content | its type is decided by |
/// |---|---|
/// | MP4, QuickTime, 3GPP | the enabled tracks, wherever the index (`moov`) is; the brand names the container |
/// | HEIF, AVIF | the brand that names an image format, major or compatible |
/// | WebM | the types of its tracks |
/// | Ogg | the codecs of its streams |
/// | MP3, AAC, FLAC behind ID3 tags | what follows the tags |
/// | MP3, AAC | two frames in a row |
/// | AVI, FLV, WMV, MPEG | the signature, and whether there is a video stream |
/// | everything else | the signature |
///
/// Text is never media, whatever its name: the error names error pages, Git LFS pointers and base64 text. Audio
/// alone in a container whose only documented type is for video (QuickTime, 3GPP, FLV, AVI, MPEG) is an error:
/// convert it to MP3 or M4A, or set the type explicitly.
///
/// # Files that change
///
/// The open file is what is sent. Renaming, unlinking or replacing it, or changing its permissions, has no
/// effect, except with [`Access::Reopen`].
///
/// If its length or modification time changes, reading from a body or a [`reader`](Media::reader), copying and saving
/// return an error of kind [`Changed`](ErrorKind::Changed) and deliver no bytes that were read after the change. This
/// includes the truncation of a mapped file, which would otherwise kill the process.
///
/// These changes are not detected:
///
/// - a write that preserves the length, if the modification time is restored afterwards;
/// - a write within the same tick of the file system's clock;
/// - a write through a shared mapping, until the system updates the modification time, which may never happen;
/// - a write to a file that was empty when it was opened, when a body or a reader is read: they read nothing of it.
#[derive(Clone)]
pub struct Media(Arc<Inner>);

struct Inner {
    source: Arc<Source>,
    len: u64,
    encoded_len: u64,
    mime: Mime,
    /// The name in error messages.
    name: Box<str>,
}

/// A MIME type, and whether it was detected instead of set.
#[derive(Clone)]
struct Mime {
    name: Box<str>,
    is_detected: bool,
}

/// A read of media is shortened only to end at a multiple of this, or to be as long as a multiple of this. A block of a
/// body with the content coding zstd has as many bytes, and its four streams cannot be encoded from a part.
///
/// Steps, windows, chunks and blocks are multiples of it. A fuzzer crosses their borders in microseconds because the unit
/// is smaller there.
pub(crate) const READ_UNIT: usize = if cfg!(fuzzing) { 768 } else { 96 * 1024 };

enum Source {
    Map(map::Map, file::OpenFile),
    File(file::OpenFile),
    Closed(file::ClosedFile),
    Bytes(Bytes),
}

/// How a file is accessed.
///
/// All ways give the same bytes.
///
/// # Performance
///
/// If the page cache holds the file in large folios, as after large writes, mapping is 1.5 times as fast as
/// reading. If it holds the file in small pages, reading may be faster. Reading also takes less memory when
/// many files are open at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// Maps the file and keeps a window of at most 6 MiB resident. Files that cannot be mapped are read.
    ///
    /// # Platform-specific behavior
    ///
    /// Mapping requires Linux or Android and the feature `mmap`. Otherwise this is the same as [`Read`](Access::Read):
    /// macOS and the BSDs keep the pages of a window resident when they are told to drop them, and Windows would not let
    /// other programs truncate or replace a file that is being sent.
    ///
    /// Reading a mapped file that another process truncates raises SIGBUS. Mapping therefore changes how the
    /// process handles that signal:
    ///
    /// - Opening the first mapped file installs a handler for SIGBUS. It turns faults in niello's own reads
    ///   into errors, and calls the previously installed handler for every other SIGBUS.
    /// - A handler that you install later must call the one it replaces, or a truncated file ends the process.
    /// - The handler maps zero pages over the missing ones. If that fails, a truncated file ends the process: after
    ///   `mlockall(MCL_FUTURE)` at the limit of locked memory, or when the process reaches its limit of mappings a
    ///   second time.
    /// - Every thread that reads mapped media unblocks SIGBUS for itself, permanently, because a fault kills
    ///   a thread that blocks the signal. If your process blocks SIGBUS everywhere in order to `sigwait` for
    ///   it, that no longer works on these threads.
    /// - The handler uses a thread-local variable. Where these are emulated, as on Android before version 10, a SIGBUS that
    ///   is not niello's own, on a thread that never read mapped media, allocates memory in the handler.
    ///
    /// Use [`Read`](Access::Read) if your process cannot allow this.
    #[default]
    Map,
    /// Reads the file with positional reads and installs no signal handler.
    ///
    /// Each read in progress uses a buffer of 768 KiB. Up to two buffers are kept for later reads.
    Read,
    /// Opens the file again for each read, and keeps nothing open in between.
    ///
    /// Use it for bodies with more files than the process may have open, such as [`Body::json_lines`] for batch APIs.
    /// (The usual limit is 1,024.) Otherwise this is the same as [`Read`](Access::Read), whose speed it has on local
    /// file systems.
    ///
    /// The file must stay at its path until it is sent. If it is gone, or replaced by a directory or a pipe, reading is an
    /// error of kind [`Io`](ErrorKind::Io). Another file in its place is one of kind [`Changed`](ErrorKind::Changed), unless both have
    /// the same length and modification time.
    ///
    /// Pipes and files without a path, as those of [`Media::from_file`], stay open.
    ///
    /// [`Body::json_lines`]: crate::Body::json_lines
    Reopen,
}

impl Media {
    /// Opens a file, fixes its length, and detects its [MIME type](Media#mime-types).
    ///
    /// Only as much of the content is read as detection needs: the head of the file, and for some formats the
    /// places that describe its streams. An empty file is valid.
    ///
    /// A pipe is copied to an unlinked temporary file (feature `spool`), which blocks until all its writers
    /// have closed it. A named pipe (FIFO) without a writer blocks until one opens it. An empty pipe is an
    /// error, because it has probably been read before. Files that report a length of 0 but have content, as
    /// in `/proc`, are copied in the same way.
    ///
    /// # Errors
    ///
    /// - [`Io`](ErrorKind::Io): the file does not exist, cannot be read, or is a directory, device or socket;
    ///   or a pipe cannot be copied.
    /// - [`MimeType`](ErrorKind::MimeType): the type cannot be detected, or is not one that the gateways
    ///   document. [Set it explicitly](MediaOptions::mime) to use the file anyway.
    pub fn open(path: impl AsRef<Path>) -> Result<Media> {
        Media::options().open(path)
    }

    /// Creates media from an open file, such as an upload, a `memfd`, or a file opened relative to a directory.
    ///
    /// This behaves like [`open`](Media::open), but involves no path. There is no file name, so the [MIME
    /// type](Media#mime-types) is detected from the content alone.
    ///
    /// The whole file is sent, regardless of its current position. On Windows, reading the media moves the position.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`open`](Media::open). A file that is not open for reading is an
    /// [`Io`](ErrorKind::Io) error, at the latest when its content is first read.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{fs::File, io::Write};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("upload");
    /// let mut upload = File::options().read(true).write(true).create_new(true).open(&path)?;
    /// upload.write_all(b"RIFF\x04\0\0\0WAVE")?;
    ///
    /// let tone = niello::Media::from_file(upload)?;
    /// assert_eq!((tone.len(), tone.mime()), (12, "audio/wav"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_file(file: File) -> Result<Media> {
        Media::options().from_file(file)
    }

    /// Creates media from bytes in memory.
    ///
    /// # Errors
    ///
    /// Returns [`MimeType`](ErrorKind::MimeType) if `mime` is not of the form `type/subtype`.
    ///
    /// # Examples
    ///
    /// ```
    /// let tone = niello::Media::from_bytes(&b"RIFF...."[..], "audio/wav")?;
    /// assert_eq!((tone.len(), tone.encoded_len()), (8, 12));
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn from_bytes(bytes: impl Into<Bytes>, mime: impl Into<String>) -> Result<Media> {
        Media::options().mime(mime).from_bytes(bytes)
    }

    /// Creates media from a reader of unknown length, such as standard input or a response.
    ///
    /// The bytes are copied to an unlinked temporary file, which is deleted when the last clone is dropped. Use
    /// [`MediaOptions::max_spool`] to limit its size.
    ///
    /// # Errors
    ///
    /// - [`Io`](ErrorKind::Io): the reader fails, or the temporary file cannot be created or written.
    /// - [`MimeType`](ErrorKind::MimeType): the type cannot be detected, or is not one that the gateways
    ///   document.
    ///
    /// # Examples
    ///
    /// ```
    /// let tone = niello::Media::from_reader(&b"RIFF\x04\0\0\0WAVE"[..])?;
    /// assert_eq!((tone.len(), tone.mime()), (12, "audio/wav"));
    /// # Ok::<(), niello::Error>(())
    /// ```
    #[cfg(feature = "spool")]
    pub fn from_reader(reader: impl io::Read) -> Result<Media> {
        Media::options().from_reader(reader)
    }

    /// Returns options for opening media, with which you can set its MIME type, access and name.
    pub fn options() -> MediaOptions {
        MediaOptions::default()
    }

    /// Returns the length of the media in bytes, fixed when it was opened. See
    /// [`encoded_len`](Media::encoded_len) for the length of its base64.
    pub fn len(&self) -> u64 {
        self.0.len
    }

    /// Returns `true` if the media is empty.
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Returns the length of the media as base64 in bytes, including padding but not the prefix of a data URI.
    pub fn encoded_len(&self) -> u64 {
        self.0.encoded_len
    }

    /// Returns the MIME type, including its parameters.
    pub fn mime(&self) -> &str {
        &self.0.mime.name
    }

    /// Returns `true` if the MIME type was detected, and `false` if it was set.
    pub(crate) fn is_type_detected(&self) -> bool {
        self.0.mime.is_detected
    }

    /// Returns the name that error messages use: the path, a description of the origin, or the
    /// [name you set](MediaOptions::name).
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns `true` if both are handles to the same media, regardless of their MIME types.
    ///
    /// Opening a file twice creates two media.
    pub fn ptr_eq(&self, other: &Media) -> bool {
        Arc::ptr_eq(&self.0.source, &other.0.source)
    }

    /// Returns the number of handles to the same media.
    pub(crate) fn handles(&self) -> usize {
        // A handle with another MIME type shares only the source.
        Arc::strong_count(&self.0) + Arc::strong_count(&self.0.source)
    }

    /// Returns the same media with another MIME type that was set, which must be valid.
    pub(crate) fn with_mime(&self, mime: &str) -> Media {
        if mime == self.mime() {
            return self.clone();
        }
        self.with(Mime { name: mime.into(), is_detected: false })
    }

    fn with(&self, mime: Mime) -> Media {
        let Inner { source, len, encoded_len, name, .. } = &*self.0;
        let (source, name) = (source.clone(), name.clone());
        Media(Arc::new(Inner { source, len: *len, encoded_len: *encoded_len, mime, name }))
    }

    fn new(source: Source, len: u64, mime: Mime, name: Box<str>) -> Result<Media> {
        let encoded_len = base64::encoded_len(len).ok_or_else(|| {
            let message =
                format!("{name} is too large: the base64 length of {len} bytes does not fit in 64 bits");
            Error::new(ErrorKind::TooLarge, message)
        })?;
        let source = Arc::new(source);
        Ok(Media(Arc::new(Inner { source, len, encoded_len, mime, name })))
    }

    /// Appends base64 to `out`, starting at `offset` of the output. Encodes as much as one read of the source
    /// covers and returns its length, which is 0 only if `offset` is the end or `out` is full.
    ///
    /// After an error, what was appended to `out` must not be used.
    pub(crate) fn encode_at(&self, offset: u64, out: &mut impl BufMut) -> Result<usize> {
        debug_assert!(offset <= self.0.encoded_len);
        if offset >= self.0.encoded_len || !out.has_remaining_mut() {
            return Ok(0);
        }
        // Every four characters encode three bytes, so the offset determines where to continue, without any
        // state.
        let (start, phase) = (offset / 4 * 3, (offset % 4) as usize);
        let len = (self.0.encoded_len - offset).min(out.chunk_mut().len() as u64) as usize;
        // The groups that the output begins and ends in are read and checked together with those between them.
        let groups = (phase + len).div_ceil(4);
        self.read(start, 3 * groups, |bytes| bytes.encode_part_into(phase, len, out))
    }

    /// Calls `read` with up to `len` bytes at `start`, as many as one read of the source covers.
    ///
    /// All bytes to encode pass through here. The file is checked for changes after `read` and before its result is
    /// returned. After an error, what `read` has made of the bytes must not be used.
    pub(crate) fn read<T>(&self, start: u64, len: usize, read: impl FnOnce(Input<'_>) -> T) -> Result<T> {
        let len = (self.0.len - start).min(len as u64) as usize;
        match &*self.0.source {
            Source::Bytes(bytes) => {
                let start = start as usize;
                Ok(read(Input::from(&bytes[start..start + len])))
            }
            // Short ranges of a mapped file are read, because a page fault would make a whole folio resident.
            Source::Map(map, file) if len > file::MAX_STACK_READ => {
                let result = map.read(start as usize, len, read);
                self.check_unchanged(file)?;
                // If the file has not changed, a missing page means that the disk failed.
                result.ok_or_else(|| self.cannot_read(io::Error::other("a mapped page could not be read")))
            }
            Source::File(file) | Source::Map(_, file) => self.checked(file, file.read(start, len, read)),
            Source::Closed(file) => {
                let file = self.reopen(file)?;
                self.checked(&file, file.read(start, len, read))
            }
        }
    }

    /// Fills `out` with the bytes at `start`, of which there must be enough, without a mapping.
    ///
    /// All bytes that are not encoded pass through here. After an error, the content of `out` must not be used.
    fn read_exact_at(&self, start: u64, out: &mut [u8]) -> Result<()> {
        match &*self.0.source {
            Source::Bytes(bytes) => {
                out.copy_from_slice(&bytes[start as usize..][..out.len()]);
                Ok(())
            }
            Source::File(file) | Source::Map(_, file) => self.checked(file, file.read_at(out, start)),
            Source::Closed(file) => {
                let file = self.reopen(file)?;
                self.checked(&file, file.read_at(out, start))
            }
        }
    }

    /// Returns the result of a read of `file`, unless the file has changed.
    fn checked<T>(&self, file: &file::OpenFile, result: io::Result<T>) -> Result<T> {
        self.check_unchanged(file)?;
        result.map_err(|cause| self.cannot_read(cause))
    }

    fn reopen(&self, file: &file::ClosedFile) -> Result<file::OpenFile> {
        file.open().map_err(|cause| {
            Error::with_source(ErrorKind::Io, format!("cannot open {} again", self.0.name), cause)
        })
    }

    /// Returns an error if the file has changed since it was opened.
    fn check_unchanged(&self, file: &file::OpenFile) -> Result<()> {
        match file.detect_change().map_err(|cause| self.cannot_read(cause))? {
            None => Ok(()),
            Some(change) => Err(Error::new(
                ErrorKind::Changed,
                format!("{} {change} after it was opened; open it again", self.0.name),
            )),
        }
    }

    fn cannot_read(&self, cause: io::Error) -> Error {
        Error::with_source(ErrorKind::Io, format!("cannot read {}", self.0.name), cause)
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("name", &self.0.name)
            .field("mime", &self.0.mime.name)
            .field("len", &self.0.len)
            .finish_non_exhaustive()
    }
}

/// Calls [`Media::from_file`].
impl TryFrom<File> for Media {
    type Error = Error;

    fn try_from(file: File) -> Result<Media> {
        Media::from_file(file)
    }
}
