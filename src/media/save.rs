//! Writing the bytes of media as they are: to a writer, or to a file that appears at once.

use super::{
    Media, Source,
    file::{Buffer, STEP},
    name::{NameKind, redact, shortened},
};
use crate::error::{Error, ErrorKind, Result};
use std::{
    fs::{self, File, Metadata, OpenOptions, Permissions},
    hash::{BuildHasher, RandomState},
    io::{self, Write},
    path::{self, Path, PathBuf},
    time::SystemTime,
};

impl Media {
    /// Copies the bytes to `writer`, flushes it, and returns their number.
    ///
    /// # Examples
    ///
    /// ```
    /// let tone = niello::Media::from_bytes(&b"RIFF...."[..], "audio/wav")?;
    /// let mut copy = Vec::new();
    /// assert_eq!(tone.copy_to(&mut copy)?, 8);
    /// assert_eq!(copy, b"RIFF....");
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Io`](ErrorKind::Io): the writer fails or accepts no more bytes, or the file cannot be read.
    /// - [`Changed`](ErrorKind::Changed): the file was truncated, grown or rewritten after it was opened.
    ///
    /// The writer may have received a part of the bytes by then, but none that were read after a change.
    ///
    /// # Performance
    ///
    /// Files are read by positional reads into one buffer of at most 768 KiB, and never mapped. Bytes in memory are
    /// written without a copy.
    pub fn copy_to(&self, mut writer: impl Write) -> Result<u64> {
        self.copy(&mut writer, |cause| {
            let message = format!("cannot write {} to the writer", shortened(self.name()));
            Error::with_source(ErrorKind::Io, message, cause)
        })?;
        Ok(self.len())
    }

    /// Saves the bytes as the file `path`.
    ///
    /// They are written to a new file in the same folder, which is then renamed to `path`. So a reader of `path` sees
    /// either the previous file or the complete new one, and after an error the previous file is unchanged and
    /// nothing else remains.
    ///
    /// - An existing file is replaced. On Unix, the new file has its permissions, but not its owner, access control
    ///   list, extended attributes and other hard links. A file that you may not write to is not replaced.
    /// - If `path` is a symbolic link, the file that it points to is replaced or created, and the link stays.
    /// - `path` may be the file that the media was opened from. The media keeps the file it has open; with
    ///   [`Access::Reopen`](crate::Access::Reopen) it has none, and the saved file counts as a change.
    ///
    /// The data is not synchronized to the disk. If it must survive a power failure, open the file afterwards and call
    /// [`File::sync_all`]. If the process is killed, a file named `.niello-*.part` may remain.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("tone.wav");
    /// let tone = niello::Media::from_bytes(&b"RIFF...."[..], "audio/wav")?;
    /// tone.save(&path)?;
    /// assert_eq!(std::fs::read(&path)?, b"RIFF....");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Io`](ErrorKind::Io): `path` names a directory, device or pipe, or is in a folder that does not exist; a file
    ///   in that folder cannot be created or written; or the file of the media cannot be read.
    /// - [`Changed`](ErrorKind::Changed): the file of the media was truncated, grown or rewritten after it was opened.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let failed = |cause| {
            let path = path.display().to_string();
            let path = match NameKind::of(path.trim_start()) {
                NameKind::Path => shortened(&path),
                _ => redact(&path).into(),
            };
            let message = format!("cannot save {} to {path}", shortened(self.name()));
            Error::with_source(ErrorKind::Io, message, cause)
        };
        let replaced = permissions_to_keep(path).map_err(failed)?;
        let target = follow_links(path);
        let (unfinished, mut file) = Unfinished::create(&target, replaced).map_err(failed)?;
        self.copy(&mut file, failed)?;
        // Windows renames only closed files.
        drop(file);
        fs::rename(&unfinished.0, &target).map_err(failed)
    }

    /// Copies the bytes to `writer`, whose errors `failed` describes.
    fn copy(&self, writer: &mut dyn Write, failed: impl Fn(io::Error) -> Error) -> Result<()> {
        match &*self.0.source {
            Source::Bytes(bytes) => writer.write_all(bytes).map_err(&failed)?,
            Source::Map(..) | Source::File(_) | Source::Closed(_) => {
                let mut buffer = Buffer::take(self.len().min(STEP as u64) as usize);
                let mut position = 0;
                // The loop runs at least once, so that an empty file is checked for changes.
                loop {
                    let len = (self.len() - position).min(STEP as u64) as usize;
                    let bytes = buffer.bytes(position, len);
                    self.read_exact_at(position, bytes)?;
                    writer.write_all(bytes).map_err(&failed)?;
                    position += len as u64;
                    if position == self.len() {
                        break;
                    }
                }
                buffer.release();
            }
        }
        writer.flush().map_err(failed)
    }
}

/// Returns the permissions that the new file must have, or an error if the file at `path` must not be replaced.
fn permissions_to_keep(path: &Path) -> io::Result<Option<Permissions>> {
    let directory = |what| Err(io::Error::new(io::ErrorKind::IsADirectory, what));
    let ends_with_separator = path.to_string_lossy().ends_with(path::is_separator);
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => directory("it is a directory; name a file in it"),
        Ok(metadata) if !metadata.is_file() => {
            let what = "it is not a regular file; open it and use `copy_to`";
            Err(io::Error::new(io::ErrorKind::InvalidInput, what))
        }
        Ok(metadata) => {
            // A rename does not check whether you may write to the file that it replaces.
            OpenOptions::new().write(true).open(path).map_err(|cause| {
                let reason = format!("the existing file cannot be written: {cause}; choose another path");
                io::Error::new(cause.kind(), reason)
            })?;
            Ok(access_of(&metadata))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) if ends_with_separator || path.file_name().is_none() => {
            directory("the path names no file; append a file name")
        }
        Err(_) => Ok(None),
    }
}

/// Returns the permissions of a file for its replacement, without the set-user-ID and set-group-ID bits, because the
/// replacement may have another owner.
#[cfg(unix)]
fn access_of(metadata: &Metadata) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(metadata.permissions().mode() & 0o777))
}

/// Elsewhere a file is only read-only or not, and a read-only one is not replaced.
#[cfg(not(unix))]
fn access_of(_: &Metadata) -> Option<Permissions> {
    None
}

/// Returns the path that a write to `path` would create or replace.
fn follow_links(path: &Path) -> PathBuf {
    // As many as Linux follows. A loop was an error before.
    const MAX_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(link) => target = folder_of(&target).join(link),
            Err(_) => break,
        }
    }
    target
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path of a new file, which is removed at the end, unless it has been renamed.
struct Unfinished(PathBuf);

impl Unfinished {
    /// Creates a file in the folder of `target`, with the given permissions.
    fn create(target: &Path, permissions: Option<Permissions>) -> io::Result<(Unfinished, File)> {
        let folder = folder_of(target);
        // The key of a `RandomState` is random, but a forked process has the same one.
        let random = RandomState::new().hash_one(SystemTime::now());
        let path = folder.join(format!(".niello-{random:016x}.part"));
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        if permissions.is_some() {
            // Until the file has its permissions, nobody else may open it.
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let file = options.write(true).create_new(true).open(&path);
        let file = file.map_err(|cause| cannot_create_in(folder, cause))?;
        let unfinished = Unfinished(path);
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        Ok((unfinished, file))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After the rename, there is no such file.
        let _ = fs::remove_file(&self.0);
    }
}

fn cannot_create_in(folder: &Path, cause: io::Error) -> io::Error {
    let shown = folder.display().to_string();
    let shown = shortened(&shown);
    let reason = if folder.exists() {
        format!(
            "cannot create a file in {shown}: {cause}; choose another folder, or open the file and use `copy_to`"
        )
    } else {
        format!("the folder {shown} does not exist; create it first")
    };
    io::Error::new(cause.kind(), reason)
}
