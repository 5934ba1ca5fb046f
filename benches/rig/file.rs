//! A file in the page cache, in a known state.

use niello::{Access, Media};
use std::{
    fs::{self, File},
    io::{self, Write},
    ops::Deref,
    path::{Path, PathBuf},
};

/// A file that is deleted on drop.
pub struct Temporary(PathBuf);

impl Deref for Temporary {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Creates a file of `len` random bytes in the page cache.
///
/// It is written 4 MiB at a time, so that the page cache uses the largest folios it has.
pub fn warm(name: &str, len: u64) -> Temporary {
    let path = path(name);
    let mut file = File::create(&path).unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut left = len;
    while left > 0 {
        let block: Vec<u8> = (0..(4 << 20) / 8)
            .flat_map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random.to_le_bytes()
            })
            .take(left.min(4 << 20) as usize)
            .collect();
        file.write_all(&block).unwrap();
        left -= block.len() as u64;
    }
    // Writing back during the measurement would be noise.
    file.sync_all().unwrap();
    io::copy(&mut File::open(&path).unwrap(), &mut io::sink()).unwrap();
    Temporary(path)
}

/// Creates a sparse file of `len` bytes, which takes no space on disk.
pub fn sparse(name: &str, len: u64) -> Temporary {
    let path = path(name);
    File::create(&path).unwrap().set_len(len).unwrap();
    Temporary(path)
}

pub fn open(path: &Path, access: Access) -> Media {
    Media::options().mime("video/mp4").access(access).open(path).unwrap()
}

/// Describes the file's folios in the page cache by the number of faults that mapping the whole file in
/// takes: one per 64 KiB if folios are small, one per 2 MiB if they are as large as possible.
#[cfg(unix)]
pub fn folios(path: &Path) -> String {
    let map = Map::new(path);
    let faults = || {
        // SAFETY: all-zero bytes are a valid `rusage`, and the call writes to that one.
        unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_SELF, &mut usage);
            usage.ru_minflt
        }
    };
    let before = faults();
    for page in (0..map.len).step_by(4096) {
        // SAFETY: `page` is below the length of the mapping, and nothing writes to the file.
        unsafe { map.start.add(page).read_volatile() };
    }
    format!("{} minor faults to map {} MiB", faults() - before, map.len >> 20)
}

#[cfg(not(unix))]
pub fn folios(_: &Path) -> String {
    "minor faults unknown".to_owned()
}

/// A whole file, mapped without niello.
#[cfg(unix)]
pub struct Map {
    pub start: *const u8,
    pub len: usize,
}

#[cfg(unix)]
impl Map {
    pub fn new(path: &Path) -> Map {
        use std::os::fd::AsRawFd;
        let file = File::open(path).unwrap();
        let len = file.metadata().unwrap().len() as usize;
        // SAFETY: a new mapping, at an address of the kernel's choice.
        let start = unsafe {
            libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ, libc::MAP_SHARED, file.as_raw_fd(), 0)
        };
        assert_ne!(start, libc::MAP_FAILED);
        Map { start: start.cast(), len }
    }

    /// Returns the bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping has this length and lives as long as `self`. Nothing writes to a file of
        // [`warm`].
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }

    /// Releases the pages of a span. Touching them maps them again.
    pub fn drop_pages(&self, start: usize, len: usize) {
        // SAFETY: the callers pass spans within the mapping, which is shared and read-only.
        unsafe { libc::madvise(self.start.add(start).cast_mut().cast(), len, libc::MADV_DONTNEED) };
    }
}

#[cfg(unix)]
impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: `new` made this mapping, and `bytes` lends it only as long as `self` lives.
        unsafe { libc::munmap(self.start.cast_mut().cast(), self.len) };
    }
}
