//! A mapped file, of which at most one window stays resident between reads.
//!
//! # Why mapping is sound here
//!
//! Another process may write to a mapped file or truncate it at any time. A `&[u8]` over bytes that change is
//! undefined behavior, whatever is done with it. Therefore:
//!
//! - Mapped bytes never become a slice and never leave this module. [`Map`] returns neither pointers nor
//!   references; the encoder gets an [`Input`] for the duration of one call, which is a raw pointer and a length.
//! - Every byte value is valid input for the encoders, which only mask and shift bytes and use 6 or 12 bits at a
//!   time as an index into a table of 64 or 4096. Bytes that change while they are read make the output wrong, but
//!   never make a read unsound. The length and modification time are compared after encoding, so the
//!   output is discarded if they show a change.
//! - Reading a page that no longer exists raises SIGBUS. [`guard`](super::guard) replaces it with zeros and
//!   sets a flag, which is checked after encoding.
//!
//! One doubt remains, as for every program that maps files: Rust has no notion of memory that another process
//! changes, so strictly speaking a racing read is undefined behavior even through a raw pointer. This module
//! relies on the compiler not to read a source byte twice and draw conclusions from both values:
//!
//! - The kernels use vector loads through intrinsics, each of which is executed once. The last vector
//!   overlaps the one before it; if the bytes differ between the two loads, only the output is affected.
//! - The few bytes after the last vector are read with volatile reads.
//! - The portable backend copies each block to the stack and encodes the copy.
//!
//! If you would rather not rely on that, use [`Access::Read`](super::Access::Read).

use super::{READ_UNIT, guard};
use crate::base64::Input;
use std::{
    fs::File,
    io,
    os::fd::AsRawFd,
    ptr,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence},
};

/// The size of a window, the part of a file that is resident at one time: 6 MiB.
///
/// It is a multiple of 3, so that no base64 group spans two windows, and of [`BLOCK`].
const WINDOW: usize = 64 * READ_UNIT;
const _: () = assert!(WINDOW.is_multiple_of(BLOCK) || cfg!(fuzzing));

/// What a fault maps at most, in addition to the page that it is about: a folio of the page cache, or the pages around
/// it that are in the same page table (`fault_around_bytes`, 64 KiB by default). Both are up to 2 MiB, and aligned to
/// their size: folios in the file, and page tables in the address space.
///
/// The mapping starts at a multiple of it, so that what a fault maps does not extend into another window, where it would
/// not be dropped. The kernel does this itself only on some file systems. (With pages of 16 or 64 KiB, both can be larger.
/// A window then leaves up to a folio of its neighbors resident.)
const BLOCK: usize = 2 * 1024 * 1024;

pub(super) struct Map {
    map: Mapping,
    /// Set by the guard when a page is missing, and never cleared.
    broken: AtomicBool,
    /// The partly read window that is still resident, or `NONE` if the last read ended at the end of its
    /// window.
    resident: AtomicUsize,
}

const NONE: usize = usize::MAX;

impl Map {
    /// Maps the first `len` bytes of a file.
    ///
    /// Fails if the file is empty, its file system does not support mapping, or the address space is too
    /// small.
    pub(super) fn new(file: &File, len: u64) -> io::Result<Map> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        if len == 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        guard::install()?;
        let map = Mapping::new(file, len)?;
        Ok(Map { map, broken: AtomicBool::new(false), resident: AtomicUsize::new(NONE) })
    }

    /// Calls `read` with up to `len` bytes from `start`, but none beyond the end of the window, and returns its
    /// result. Returns `None` if a page is missing.
    pub(super) fn read<T>(&self, start: usize, len: usize, read: impl FnOnce(Input<'_>) -> T) -> Option<T> {
        let window = start / WINDOW;
        let end = self.map.len.min((window + 1) * WINDOW);
        assert!(start <= end, "the start is within the file");
        let len = len.min(end - start);
        let bytes = self.map.start.wrapping_add(start);
        let map = (self.map.start, self.map.len);
        let result = guard::with_guard(bytes, len, map, &self.broken, || {
            // SAFETY: `start + len <= end <= map.len` by the lines above, and the guard makes every page of
            // that range readable until `read` returns, which cannot keep the input. Nothing in this process
            // writes to the mapping, because nothing outside this module has a pointer into it.
            read(unsafe { Input::shared(bytes, len) })
        });
        self.release_window(window, start + len == end);
        // Orders the load of the flag after the reads above, so that a replacement zero is never used without
        // it.
        fence(Ordering::Acquire);
        (!self.broken.load(Ordering::SeqCst)).then_some(result)
    }

    /// Drops the windows that a read has finished with, in whatever order the file is read.
    ///
    /// Between reads, at most one window stays resident. During reads, each reading thread can keep one more.
    ///
    /// If another thread is still reading a dropped window, its pages come back from the page cache.
    fn release_window(&self, window: usize, at_end: bool) {
        let done = if at_end {
            let _ = self.resident.compare_exchange(window, NONE, Ordering::Relaxed, Ordering::Relaxed);
            window
        } else {
            self.resident.swap(window, Ordering::Relaxed)
        };
        if done != NONE && (at_end || done != window) {
            let start = done * WINDOW;
            let len = WINDOW.min(self.map.len - start);
            // If the advice fails, the pages merely stay resident.
            // SAFETY: the range is within the mapping, which is shared and read-only, so dropped pages come back from the
            // file. Pages that the guard has replaced come back as zeros.
            unsafe { libc::madvise(self.map.start.add(start).cast_mut().cast(), len, libc::MADV_DONTNEED) };
        }
    }
}

/// A file that is mapped for reading at a multiple of [`BLOCK`].
struct Mapping {
    start: *const u8,
    len: usize,
}

// SAFETY: the memory belongs to the whole process, and this type only unmaps it.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `len` bytes of a file. `len` is not 0.
    fn new(file: &File, len: usize) -> io::Result<Mapping> {
        // The kernel chooses a range that is too long. The file replaces its aligned part, and the rest is unmapped.
        let reserved = len.checked_add(BLOCK).ok_or(io::ErrorKind::OutOfMemory)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at an address that the kernel chooses.
        let range = unsafe { libc::mmap(ptr::null_mut(), reserved, libc::PROT_NONE, flags, -1, 0) };
        if range == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let before = range.align_offset(BLOCK);
        let start = range.wrapping_byte_add(before);
        let (shared, fd) = (libc::MAP_SHARED | libc::MAP_FIXED, file.as_raw_fd());
        // SAFETY: `before < BLOCK`, so this replaces a part of the range, which nothing else uses.
        if unsafe { libc::mmap(start, len, libc::PROT_READ, shared, fd, 0) } == libc::MAP_FAILED {
            let error = io::Error::last_os_error();
            // SAFETY: nothing else uses the range.
            unsafe { libc::munmap(range, reserved) };
            return Err(error);
        }
        let end = before + len.next_multiple_of(guard::page_size());
        // SAFETY: these are the whole pages of the range before and after the file, and nothing else uses them.
        unsafe {
            libc::munmap(range, before);
            libc::munmap(range.wrapping_byte_add(end), reserved - end);
        }
        Ok(Mapping { start: start.cast(), len })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is exactly this mapping, and nothing refers to its bytes any more.
        unsafe { libc::munmap(self.start.cast_mut().cast(), self.len) };
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::{fs, thread};

    const LEN: usize = 3 * WINDOW + 1000;

    impl Map {
        fn zeros() -> Map {
            let file = tempfile::tempfile().unwrap();
            file.set_len(LEN as u64).unwrap();
            Map::new(&file, LEN as u64).unwrap()
        }

        fn encode(&self, start: usize, len: usize, out: &mut Vec<u8>) -> Option<usize> {
            self.read(start, len, |bytes| bytes.encode_into(out))
        }

        /// Encodes `len` bytes from `start`, 768 KiB at a time, and returns how many bytes of the map are
        /// resident afterwards.
        fn resident_after(&self, mut start: usize, mut len: usize) -> usize {
            let mut out = Vec::with_capacity(WINDOW * 2);
            while len > 0 {
                out.clear();
                let encoded = self.encode(start, len.min(3 << 18), &mut out).unwrap();
                (start, len) = (start + encoded / 4 * 3, len - encoded / 4 * 3);
            }
            self.resident()
        }

        fn resident(&self) -> usize {
            let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
            let head = format!("{:x}-", self.map.start.addr());
            let mut lines = smaps.lines().skip_while(|line| !line.starts_with(&head));
            let rss = lines.find_map(|line| line.strip_prefix("Rss:")).unwrap();
            rss.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
        }
    }

    #[test]
    fn window_is_dropped_at_its_end_or_when_another_is_read() {
        let map = Map::zeros();
        assert_eq!(map.resident(), 0);
        let some = 3 << 20;
        assert!((some..=WINDOW).contains(&map.resident_after(0, some)), "it stays between two reads");
        assert!((some..=WINDOW).contains(&map.resident_after(300, 300)), "it stays after a short read");
        assert_eq!(map.resident_after(some, WINDOW - some), 0, "it is dropped at its end");

        assert!((some..=WINDOW).contains(&map.resident_after(WINDOW, some)));
        let next = map.resident_after(2 * WINDOW, 300);
        assert!((1..some).contains(&next), "{next}: the previous window is dropped");
        let last = map.resident_after(LEN - 1000, 699);
        assert!((1..some).contains(&last), "{last}: so is one before the shorter last window");
        assert_eq!(map.resident_after(LEN - 300, 300), 0, "the end of the file drops it");

        let across = map.encode(WINDOW + 3, 2 * WINDOW, &mut Vec::with_capacity(4 * WINDOW));
        assert_eq!(across, Some((WINDOW - 3) / 3 * 4), "no read crosses the end of a window");
        assert_eq!(map.resident(), 0);
        assert!((1..some).contains(&map.resident_after(300, 300)));
    }

    /// Pages before the range may still have content, and pages after it may be in use by another thread.
    #[test]
    fn guard_replaces_only_missing_pages_within_the_read() {
        let page = guard::page_size();
        for missing in [2, 3] {
            let file = tempfile::tempfile().unwrap();
            file.set_len(LEN as u64).unwrap();
            let map = Map::new(&file, LEN as u64).unwrap();
            file.set_len((missing * page) as u64).unwrap();
            assert_eq!(
                map.encode(0, missing * page, &mut Vec::with_capacity(LEN)),
                Some((missing * page).div_ceil(3) * 4)
            );
            // 3 pages and 3 bytes span 4 pages.
            assert_eq!(map.encode(missing * page, 3 * page + 3, &mut Vec::with_capacity(LEN)), None);
            assert_eq!(
                map.encode(0, 300, &mut Vec::with_capacity(LEN)),
                None,
                "the map stays broken, even where pages exist"
            );

            let start = map.map.start.addr() + missing * page;
            let zeros = format!("{start:x}-{:x} r--p 00000000 00:00 0", start + 4 * page);
            let maps = fs::read_to_string("/proc/self/maps").unwrap();
            assert!(maps.lines().any(|line| line.trim_end() == zeros), "{zeros} in {maps}");
        }
    }

    #[test]
    fn threads_leave_at_most_one_window_resident() {
        let map = Map::zeros();
        thread::scope(|scope| {
            for thread in 0..4 {
                let map = &map;
                scope.spawn(move || {
                    (0..100).for_each(|round| {
                        _ = map.resident_after((thread + round) % 3 * WINDOW + 300 * round, 3000)
                    });
                });
            }
        });
        assert!(map.resident() <= WINDOW, "{}", map.resident());
        // Every window is dropped at its end, and this read ends at one.
        assert_eq!(map.resident_after(0, LEN - 1000), 0);
    }
}
