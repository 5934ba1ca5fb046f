//! A file that things happen to while its media is open.

use super::{base64_of, scratch};
use niello::{Access, Body, Media};
use std::{
    fs::{File, OpenOptions},
    os::fd::AsRawFd,
    path::PathBuf,
    ptr,
    time::{Duration, SystemTime},
};
use tempfile::TempDir;

pub(crate) struct Victim {
    pub(crate) file: File,
    path: PathBuf,
    _folder: TempDir,
}

impl Victim {
    /// Last written long ago, so that every change is a later time, whatever the tick of the clock.
    pub(crate) fn new(bytes: &[u8]) -> Victim {
        let folder = scratch();
        let path = folder.path().join("victim.mp4");
        std::fs::write(&path, bytes).unwrap();
        let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
        Victim { file, path, _folder: folder }
    }

    pub(crate) fn media(&self, access: Access) -> Media {
        Media::options().mime("video/mp4").access(access).open(&self.path).unwrap()
    }
}

/// The body of one media, and what it must be while the file is as it was.
pub(crate) fn body_of(media: &Media, bytes: &[u8]) -> (Body, Vec<u8>) {
    let body = Body::json(&("the clip", media, "its end")).unwrap();
    (body, format!(r#"["the clip","{}","its end"]"#, base64_of(bytes)).into_bytes())
}

/// A mapping of a file through which it can be written to, as another program might have one.
pub(crate) struct Shared {
    start: *mut u8,
    len: usize,
}

// SAFETY: it is memory of the process, and only `fill` touches it.
unsafe impl Sync for Shared {}

impl Shared {
    pub(crate) fn new(file: &File, len: usize) -> Shared {
        let (rights, fd) = (libc::PROT_READ | libc::PROT_WRITE, file.as_raw_fd());
        // SAFETY: a new mapping of an open file, at a place that the kernel chooses.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, rights, libc::MAP_SHARED, fd, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        Shared { start: start.cast(), len }
    }

    pub(crate) fn start(&self) -> *mut u8 {
        self.start
    }

    /// Writes this byte everywhere.
    pub(crate) fn fill(&self, byte: u8) {
        for at in 0..self.len {
            // SAFETY: within the mapping, to which no reference exists.
            unsafe { self.start.add(at).write_volatile(byte) };
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: this very mapping, to which no reference exists.
        assert_eq!(unsafe { libc::munmap(self.start.cast(), self.len) }, 0);
    }
}
