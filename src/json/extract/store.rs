//! The destination of decoded media.

use crate::{
    error::{Error, ErrorKind, Result},
    media::{Access, Media, MediaOptions, OpenedMedia},
};
use std::io;

/// Receives the media that an [`Extractor`](super::Extractor) decodes.
///
/// [`Spool`] is the default. Implement this trait to write media to files, hash it, or send it on.
///
/// # Examples
///
/// ```
/// use niello::{Extractor, Store};
///
/// /// Keeps only the length of each media.
/// struct Lengths;
///
/// #[derive(Default)]
/// struct Counter(u64);
///
/// impl std::io::Write for Counter {
///     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
///         self.0 += bytes.len() as u64;
///         Ok(bytes.len())
///     }
///     fn flush(&mut self) -> std::io::Result<()> {
///         Ok(())
///     }
/// }
///
/// impl Store for Lengths {
///     type Writer = Counter;
///     type Stored = u64;
///
///     fn create(&mut self, _path: &str) -> std::io::Result<Counter> {
///         Ok(Counter::default())
///     }
///     fn finish(&mut self, counter: Counter, _path: &str, _mime: Option<&str>) -> std::io::Result<u64> {
///         Ok(counter.0)
///     }
/// }
///
/// let mut extractor = Extractor::with_store(Lengths);
/// extractor.push(br#"{"data": [{"b64_json": "iVBORw=="}]}"#)?;
/// let extracted = extractor.finish()?;
/// assert_eq!(*extracted.media()[0].stored(), 4);
/// # Ok::<(), niello::Error>(())
/// ```
pub trait Store {
    /// Receives the bytes of one media. If it is dropped without [`finish`](Store::finish), it must discard them.
    type Writer: io::Write;
    /// What media becomes.
    type Stored;

    /// Begins the media at `path`.
    ///
    /// # Errors
    /// Extraction ends with any error that this returns.
    fn create(&mut self, path: &str) -> io::Result<Self::Writer>;

    /// Ends the media at `path`. `mime` is the MIME type in its data URI or next to it, which has the form `type/subtype`.
    ///
    /// # Errors
    /// Extraction ends with any error that this returns.
    fn finish(&mut self, writer: Self::Writer, path: &str, mime: Option<&str>) -> io::Result<Self::Stored>;
}

/// Keeps media as [`Media`]: in memory up to a threshold, and beyond it in an unlinked temporary file.
///
/// Without the feature `spool` all media is kept in memory.
#[derive(Clone, Debug)]
pub struct Spool {
    threshold: usize,
}

impl Spool {
    /// The default threshold: 64 KiB.
    pub const THRESHOLD: usize = 64 * 1024;

    /// Creates a spool with the default [`THRESHOLD`](Spool::THRESHOLD).
    pub fn new() -> Spool {
        Spool::with_threshold(Spool::THRESHOLD)
    }

    /// Creates a spool that keeps media of up to `bytes` bytes in memory.
    pub fn with_threshold(bytes: usize) -> Spool {
        Spool { threshold: bytes }
    }

    /// Creates a spool that keeps all media in memory.
    pub fn in_memory() -> Spool {
        Spool::with_threshold(usize::MAX)
    }

    /// Opens decoded media, with the MIME type that is known, or else one that is detected.
    pub(super) fn media(
        name: String,
        mime: Option<&str>,
        open: impl FnOnce(MediaOptions) -> Result<OpenedMedia>,
    ) -> Result<Media> {
        // Reading needs no signal handler, and nobody else can truncate the file.
        let options = Media::options().access(Access::Read).name(name);
        let options = match mime {
            Some(mime) => options.mime(mime),
            None => options,
        };
        open(options).map(OpenedMedia::typed_if_known)
    }
}

impl Default for Spool {
    fn default() -> Spool {
        Spool::new()
    }
}

impl Store for Spool {
    type Writer = Spooled;
    type Stored = Media;

    fn create(&mut self, _: &str) -> io::Result<Spooled> {
        Ok(Spooled { place: Place::Memory(Vec::new()), threshold: self.threshold })
    }

    fn finish(&mut self, writer: Spooled, path: &str, mime: Option<&str>) -> io::Result<Media> {
        let name = format!("the media at {path}");
        Ok(match writer.place {
            Place::Memory(bytes) => Spool::media(name, mime, |options| options.bytes_untyped(bytes.into()))?,
            #[cfg(feature = "spool")]
            Place::File(file) => Spool::media(name, mime, |options| options.file_untyped(file))?,
        })
    }
}

/// Joins pieces of media to one.
pub(crate) fn join(pieces: impl Iterator<Item = Result<Media>>) -> Result<Media> {
    const PATH: &str = "the pieces of a stream";
    let mut spool = Spool::new();
    let stored = spool.create(PATH).and_then(|mut writer| {
        for piece in pieces {
            piece?.copy_to(&mut writer)?;
        }
        spool.finish(writer, PATH, None)
    });
    stored.map_err(|cause| cannot_store(PATH, cause))
}

/// The bytes of one media in a [`Spool`].
pub struct Spooled {
    place: Place,
    #[cfg_attr(not(feature = "spool"), expect(dead_code, reason = "without files, all media is in memory"))]
    threshold: usize,
}

enum Place {
    Memory(Vec<u8>),
    #[cfg(feature = "spool")]
    File(std::fs::File),
}

impl io::Write for Spooled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.place {
            #[cfg(feature = "spool")]
            Place::Memory(held) if held.len().saturating_add(bytes.len()) > self.threshold => {
                let mut file = tempfile::tempfile().map_err(in_temporary_folder)?;
                file.write_all(held).map_err(in_temporary_folder)?;
                self.place = Place::File(file);
                self.write(bytes)
            }
            Place::Memory(held) => {
                held.try_reserve(bytes.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
                held.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            #[cfg(feature = "spool")]
            Place::File(file) => file.write(bytes).map_err(in_temporary_folder),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Adds the folder of temporary files to an error.
#[cfg(feature = "spool")]
fn in_temporary_folder(cause: io::Error) -> io::Error {
    let folder = tempfile::env::temp_dir();
    io::Error::new(cause.kind(), format!("temporary file in {}: {cause}", folder.display()))
}

/// Converts an error of a store.
pub(super) fn cannot_store(path: &str, cause: io::Error) -> Error {
    cause.downcast::<Error>().unwrap_or_else(|cause| {
        Error::with_source(ErrorKind::Io, format!("cannot store the media at {path}"), cause)
    })
}
