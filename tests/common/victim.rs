//! A file that is changed while its media is open.

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
    /// Creates a file with an old modification time, so that every change has a later one, however coarse the
    /// clock is.
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

/// Returns a body with one media, and the expected bytes if the file does not change.
pub(crate) fn body_of(media: &Media, bytes: &[u8]) -> (Body, Vec<u8>) {
    let body = Body::json(&("the clip", media, "its end")).unwrap();
    (body, format!(r#"["the clip","{}","its end"]"#, base64_of(bytes)).into_bytes())
}

/// Returns the number of bytes in a page.
pub(crate) fn page_size() -> usize {
    // SAFETY: the argument is a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// A writable mapping of a file, such as another program might have.
pub(crate) struct Shared {
    start: *mut u8,
    len: usize,
}

// SAFETY: the memory belongs to the whole process, and only `fill` accesses it.
unsafe impl Sync for Shared {}

impl Shared {
    pub(crate) fn new(file: &File, len: usize) -> Shared {
        let (rights, fd) = (libc::PROT_READ | libc::PROT_WRITE, file.as_raw_fd());
        // SAFETY: this maps an open file at an address that the kernel chooses.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, rights, libc::MAP_SHARED, fd, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        Shared { start: start.cast(), len }
    }

    pub(crate) fn start(&self) -> *mut u8 {
        self.start
    }

    /// Overwrites the whole mapping with `byte`.
    pub(crate) fn fill(&self, byte: u8) {
        for at in 0..self.len {
            // SAFETY: the address is within the mapping, to which there are no references.
            unsafe { self.start.add(at).write_volatile(byte) };
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the range is that of the mapping, to which there are no references.
        assert_eq!(unsafe { libc::munmap(self.start.cast(), self.len) }, 0);
    }
}
