//! A mapped file, of which no more than a window is resident between two pulls.
//!
//! # Why mapping a file is sound here
//! Another process may write to a mapped file, or truncate it, at any time. In Rust the usual way to
//! look at memory is a slice, and a `&[u8]` whose bytes change is undefined behaviour, whatever is done
//! with it. So:
//!
//! - Mapped bytes never become a slice and never leave this module. [`Map`] hands out neither a pointer
//!   nor a reference; the encoder gets a raw pointer and a length, for the time of one call.
//! - For the encoder every input byte is valid: it shifts and masks them, and looks up no more than six
//!   bits at a time in a table of 64. Bytes that
//!   change while they are read give wrong text, never an unsound read, and wrong text is not handed
//!   on: length and modification time are compared after it was made.
//! - A page that is gone when it is touched raises SIGBUS, which [`guard`](super::guard) turns into zeros
//!   and a mark; the mark is looked at after the text was made.
//!
//! A doubt remains, as it does for every program that maps files: the language has no notion of memory
//! that an outside process changes, so a racing read through a raw pointer is, to the letter,
//! undefined. What is relied on is that the compiler does not read a source byte twice and draw
//! conclusions from both. The kernels are vector loads through intrinsics, each executed once (the last of them
//! overlaps the one before, and what the two saw differently gives different text, nothing else); the few bytes at
//! the end are volatile loads; and the portable path copies a block to the stack before it looks at it. Who does not want to rely on that has
//! [`Access::Read`](super::Access::Read).

use super::guard;
use crate::base64;
use bytes::BufMut;
use memmap2::{MmapOptions, MmapRaw, UncheckedAdvice};
use std::{
    fs::File,
    io,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence},
};

/// The span that is resident at one time. A multiple of 3, so that no group of the encoder lies in two
/// windows; and of 2 MiB, which is the largest folio of the page cache: touching a page maps its whole folio,
/// which must not reach into a window that is not dropped.
const WINDOW: usize = 6 * 1024 * 1024;

pub(super) struct Map {
    map: MmapRaw,
    /// A page could not be had: set by the guard, never unset.
    broken: AtomicBool,
    /// The window in which the last pull ended, still resident; `NONE` if it ended at a border.
    resident: AtomicUsize,
}

const NONE: usize = usize::MAX;

impl Map {
    /// Maps the first `len` bytes of a file. An error where that can't be: an empty file, a file system
    /// or an address space that does not have it.
    pub(super) fn new(file: &File, len: u64) -> io::Result<Map> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        if len == 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        guard::install()?;
        let map = MmapOptions::new().len(len).map_raw_read_only(file)?;
        Ok(Map { map, broken: AtomicBool::new(false), resident: AtomicUsize::new(NONE) })
    }

    /// Encodes the bytes from `start` on, up to `len` of them and to the end of the window; `None` if a
    /// page could not be had.
    pub(super) fn encode(&self, start: usize, len: usize, out: &mut impl BufMut) -> Option<usize> {
        let window = start / WINDOW;
        let end = self.map.len().min((window + 1) * WINDOW);
        assert!(start <= end, "the bytes lie within the file");
        let len = len.min(end - start);
        let bytes = self.map.as_ptr().wrapping_add(start);
        let text = guard::with_guard(bytes, len, &self.broken, || {
            // SAFETY: `start + len` is at most `map.len()`, by the two lines above, and the guard makes
            // every page of the span readable. `out` overlaps no mapping: nothing outside of this module
            // has a pointer into one.
            unsafe { base64::encode_into_raw(bytes, len, out) }
        });
        self.release_window(window, start + len == end);
        // Whoever has read a zero finds the mark: no read above comes after this.
        fence(Ordering::Acquire);
        (!self.broken.load(Ordering::SeqCst)).then_some(text)
    }

    /// Drops what a pull leaves behind, so that whatever the order of pulls no more stays resident than
    /// one window, and one for each thread that is reading. Another thread that still reads a dropped
    /// window gets its pages back from the page cache as it touches them.
    fn release_window(&self, window: usize, at_border: bool) {
        let behind = if at_border {
            let _ = self.resident.compare_exchange(window, NONE, Ordering::Relaxed, Ordering::Relaxed);
            window
        } else {
            self.resident.swap(window, Ordering::Relaxed)
        };
        if behind != NONE && (at_border || behind != window) {
            let start = behind * WINDOW;
            let len = WINDOW.min(self.map.len() - start);
            // Advice that is refused costs memory and nothing else.
            // SAFETY: the mapping is shared and read-only: dropped pages come back from the file. Those that the
            // guard put zeros over come back as zeros.
            let _ = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, len) };
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::{fs, thread};

    const LEN: usize = 3 * WINDOW + 1000;

    impl Map {
        fn of_zeros() -> Map {
            let file = tempfile::tempfile().unwrap();
            file.set_len(LEN as u64).unwrap();
            Map::new(&file, LEN as u64).unwrap()
        }

        /// Encodes this much from there on, in steps; returns what is resident of the map then, in bytes.
        fn after(&self, mut start: usize, mut len: usize) -> usize {
            let mut out = Vec::with_capacity(WINDOW * 2);
            while len > 0 {
                out.clear();
                let text = self.encode(start, len.min(3 << 18), &mut out).unwrap();
                (start, len) = (start + text / 4 * 3, len - text / 4 * 3);
            }
            self.resident()
        }

        fn resident(&self) -> usize {
            let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
            let head = format!("{:x}-", self.map.as_ptr().addr());
            let mut lines = smaps.lines().skip_while(|line| !line.starts_with(&head));
            let rss = lines.find_map(|line| line.strip_prefix("Rss:")).unwrap();
            rss.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
        }
    }

    #[test]
    fn a_window_is_resident_until_its_end_or_until_another_is_read() {
        let map = Map::of_zeros();
        assert_eq!(map.resident(), 0);
        let some = 3 << 20;
        assert!((some..=WINDOW).contains(&map.after(0, some)), "it stays between two pulls");
        assert!((some..=WINDOW).contains(&map.after(300, 300)), "also after a pull of a few bytes");
        assert_eq!(map.after(some, WINDOW - some), 0, "but not beyond its end");

        assert!((some..=WINDOW).contains(&map.after(WINDOW, some)));
        let next = map.after(2 * WINDOW, 300);
        assert!((1..some).contains(&next), "{next}: the window before is dropped");
        let last = map.after(LEN - 1000, 699);
        assert!((1..some).contains(&last), "{last}: one that is not whole, too");
        assert_eq!(map.after(LEN - 300, 300), 0, "to the end of the file");

        let over = map.encode(WINDOW + 3, 2 * WINDOW, &mut Vec::with_capacity(4 * WINDOW));
        assert_eq!(over, Some((WINDOW - 3) / 3 * 4), "no pull goes over the end of a window");
        assert_eq!(map.resident(), 0);
        assert!((1..some).contains(&map.after(300, 300)));
    }

    /// Not before it, where there may be bytes of the file, and not beyond it, where another thread may read.
    #[test]
    fn zeros_stand_in_from_the_page_that_is_gone_to_the_last_of_the_span() {
        const PAGE: usize = 4096;
        for gone in [2, 3] {
            let file = tempfile::tempfile().unwrap();
            file.set_len(LEN as u64).unwrap();
            let map = Map::new(&file, LEN as u64).unwrap();
            file.set_len((gone * PAGE) as u64).unwrap();
            assert_eq!(
                map.encode(0, gone * PAGE, &mut Vec::with_capacity(LEN)),
                Some((gone * PAGE).div_ceil(3) * 4)
            );
            // 3 pages and a bit, so 4.
            assert_eq!(map.encode(gone * PAGE, 3 * PAGE + 3, &mut Vec::with_capacity(LEN)), None);
            assert_eq!(map.encode(0, 300, &mut Vec::with_capacity(LEN)), None, "not even what is there");

            let start = map.map.as_ptr().addr() + gone * PAGE;
            let zeros = format!("{start:x}-{:x} r--p 00000000 00:00 0", start + 4 * PAGE);
            let maps = fs::read_to_string("/proc/self/maps").unwrap();
            assert!(maps.lines().any(|line| line.trim_end() == zeros), "{zeros} in {maps}");
        }
    }

    /// However the threads' pulls fall between each other.
    #[test]
    fn threads_leave_one_window_behind() {
        let map = Map::of_zeros();
        thread::scope(|scope| {
            for thread in 0..4 {
                let map = &map;
                scope.spawn(move || {
                    (0..100).for_each(|turn| _ = map.after((thread + turn) % 3 * WINDOW + 300 * turn, 3000));
                });
            }
        });
        assert!(map.resident() <= WINDOW, "{}", map.resident());
        // Then all of them in order, which leaves the last.
        assert_eq!(map.after(0, LEN - 1000), 0);
    }
}
