//! A file in the page cache, in a known state.

use niello::{Access, Media};
use std::{
    fs::{self, File},
    io::{self, Write},
    ops::Deref,
    path::{Path, PathBuf},
};

/// A file that goes when this value does.
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

/// `len` bytes without a pattern, warm. Written 4 MiB at a time, which is what gives the page cache folios as
/// large as it makes them.
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
    // Writing back while something is measured would be noise.
    file.sync_all().unwrap();
    io::copy(&mut File::open(&path).unwrap(), &mut io::sink()).unwrap();
    Temporary(path)
}

/// `len` bytes of nothing, which take no room on the disk.
pub fn sparse(name: &str, len: u64) -> Temporary {
    let path = path(name);
    File::create(&path).unwrap().set_len(len).unwrap();
    Temporary(path)
}

pub fn open(path: &Path, access: Access) -> Media {
    Media::options().mime("video/mp4").access(access).open(path).unwrap()
}

/// The state of the page cache in words: how many faults it takes to map the whole file in. Small folios take
/// one for each 64 KiB, the largest one for each 2 MiB.
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
        // SAFETY: it lies within the mapping, to which nobody writes.
        unsafe { map.start.add(page).read_volatile() };
    }
    format!("{} minor faults to map {} MiB", faults() - before, map.len >> 20)
}

#[cfg(not(unix))]
pub fn folios(_: &Path) -> String {
    "not to be seen on this system".to_owned()
}

/// A whole file, mapped without any of niello.
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

    /// The bytes. Nobody writes to a file of [`warm`].
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is this long, lives as long as `self`, and nothing writes to it.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }

    /// Gives the pages of a span back; they come again when they are touched.
    pub fn drop_pages(&self, start: usize, len: usize) {
        // SAFETY: the span lies within the mapping, which is shared and read-only.
        unsafe { libc::madvise(self.start.add(start).cast_mut().cast(), len, libc::MADV_DONTNEED) };
    }
}

#[cfg(unix)]
impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own.
        unsafe { libc::munmap(self.start.cast_mut().cast(), self.len) };
    }
}
