//! Writes media to temporary files in a directory, which get their names when the JSON is known to be complete.

use super::names;
use crate::{
    escape::shorten,
    output::{self, tempfile_builder},
    signals,
};
use anyhow::{Result, anyhow};
use niello::{Access, Media, Store};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    mem,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tempfile::TempPath;

/// The files of a run. All that are not kept are removed when it is dropped, or when a signal ends the process.
pub struct Files {
    dir: PathBuf,
    force: bool,
    shared: Shared,
}

#[derive(Clone)]
struct Shared(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The temporary files, by the number of the media, or [`OUTPUT`].
    temporary: BTreeMap<usize, TempPath>,
    /// The files that have their names, but are not kept yet.
    named: Vec<TempPath>,
    /// The first error.
    error: Option<anyhow::Error>,
}

/// The number of the file with the template. Media begins at 1.
const OUTPUT: usize = 0;

impl State {
    fn remove_files(&mut self) {
        self.temporary.clear();
        self.named.clear();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an error of the store, which is better than what an extractor makes of it.
    fn fail(&self, message: String) -> io::Error {
        self.lock().error.get_or_insert(anyhow!(message));
        io::Error::other("see the error of the store")
    }
}

impl Files {
    pub fn new(dir: &Path, force: bool) -> Result<Files> {
        let shared = Shared(Arc::default());
        let state = shared.clone();
        signals::before_the_end(move || {
            let mut state = state.lock();
            state.remove_files();
            // It stays locked, so that no more files are created.
            mem::forget(state);
        })?;
        Ok(Files { dir: dir.to_owned(), force, shared })
    }

    /// Returns a store that writes media to the directory.
    pub fn store(&self) -> Directory {
        Directory { dir: self.dir.clone(), force: self.force, shared: self.shared.clone(), count: 0 }
    }

    /// Creates the temporary file of a template.
    pub fn create_output(&self, path: &Path) -> io::Result<File> {
        let mut state = self.shared.lock();
        let (file, temporary) = output::create(path)?.into_parts();
        state.temporary.insert(OUTPUT, temporary);
        Ok(file)
    }

    /// Returns the first error of the store.
    pub fn check(&self) -> Result<()> {
        self.shared.lock().error.take().map_or(Ok(()), Err)
    }

    /// Gives media files their names.
    pub fn name<'a>(&self, media: impl Iterator<Item = &'a Stored>) -> Result<()> {
        let mut state = self.shared.lock();
        for Stored { number, name } in media {
            let Some(temporary) = state.temporary.remove(number) else { continue };
            let path = self.dir.join(name);
            // Nothing can fail after the file has its name.
            let absolute = std::path::absolute(&path)?;
            let renamed = match self.force {
                true => temporary.persist(&path),
                false => temporary.persist_noclobber(&path),
            };
            renamed.map_err(|error| match error.error.kind() {
                io::ErrorKind::AlreadyExists => anyhow!(exists(&path)),
                _ => anyhow!("cannot write to {}: {}", shown(&path), error.error),
            })?;
            state.named.push(TempPath::try_from_path(absolute)?);
        }
        Ok(())
    }

    /// Gives the template its name.
    pub fn name_output(&self, path: &Path) -> io::Result<()> {
        let temporary = self.shared.lock().temporary.remove(&OUTPUT);
        temporary.map_or(Ok(()), |temporary| temporary.persist(path).map_err(|error| error.error))
    }

    /// Keeps the files that have their names.
    pub fn keep(&self) {
        // It fails only on Windows, where a file can be marked as temporary.
        self.shared.lock().named.drain(..).for_each(|path| drop(path.keep()));
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.shared.lock().remove_files();
    }
}

fn shown(path: &Path) -> String {
    shorten(&path.display().to_string())
}

fn exists(path: &Path) -> String {
    format!("{} exists; overwrite it with --force, or choose another directory", shown(path))
}

/// The [`Store`] of [`Files`].
pub struct Directory {
    dir: PathBuf,
    force: bool,
    shared: Shared,
    count: usize,
}

/// The file of one media.
pub struct Partial {
    /// `None` if it cannot be created.
    file: Option<File>,
    number: usize,
    dir: PathBuf,
    shared: Shared,
}

/// Media in a file that has no name yet, and the name that it will have.
pub struct Stored {
    number: usize,
    name: String,
}

impl Stored {
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Store for Directory {
    type Writer = Partial;
    type Stored = Stored;

    fn create(&mut self, _: &str) -> io::Result<Partial> {
        self.count += 1;
        let number = self.count;
        // A signal must not come between the file and its entry.
        let mut state = self.shared.lock();
        let file = match tempfile_builder().tempfile_in(&self.dir) {
            Ok(temporary) => {
                let (file, path) = temporary.into_parts();
                state.temporary.insert(number, path);
                Some(file)
            }
            Err(error) => {
                let message = format!(
                    "cannot create a file in {}: {}; choose another directory",
                    shown(&self.dir),
                    io::Error::from(error.kind())
                );
                state.error.get_or_insert(anyhow!(message));
                None
            }
        };
        drop(state);
        Ok(Partial { file, number, dir: self.dir.clone(), shared: self.shared.clone() })
    }

    fn finish(&mut self, partial: Partial, _: &str, mime: Option<&str>) -> io::Result<Stored> {
        let number = partial.number;
        let path =
            self.shared.lock().temporary.get(&number).map(|path| path.to_path_buf()).unwrap_or_default();
        let name = names::name(number, mime, || Media::options().access(Access::Read).open(path));
        // The media after it need not be read.
        let path = self.dir.join(&name);
        if !self.force && fs::symlink_metadata(&path).is_ok() {
            self.shared.fail(exists(&path));
        }
        Ok(Stored { number, name })
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::Other.into()) };
        match file.write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                Err(self.shared.fail(format!("cannot write to a file in {}: {error}", shown(&self.dir))))
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
