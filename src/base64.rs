//! Standard base64 (RFC 4648, section 4, with padding), as fast as memory allows.
//!
//! [`encode`] is all that most callers want. [`Backend`] names the instruction
//! sets it can use, for benchmarks and for tests that have to run every one.

use core::{fmt, mem::MaybeUninit, slice};
use std::{ffi::OsStr, sync::LazyLock};

use base64_simd::{Out, STANDARD};
use bytes::buf::{BufMut, UninitSlice};

#[cfg(target_arch = "x86_64")]
mod x86;

/// The 64 characters, in the order of their values.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns the length of the text that `len` bytes encode to, or `None` if it
/// does not fit in a `u64`.
///
/// # Examples
///
/// ```
/// assert_eq!(niello::base64::encoded_len(4), Some(8));
/// assert_eq!(niello::base64::encoded_len(u64::MAX), None);
/// ```
pub const fn encoded_len(len: u64) -> Option<u64> {
    len.div_ceil(3).checked_mul(4)
}

/// Encodes `src` at the start of `out` and returns the length of the text.
///
/// Bytes of `out` past the text are left as they were.
///
/// # Panics
///
/// If `out` is shorter than the text, which [`encoded_len`] gives.
///
/// # Examples
///
/// ```
/// let mut out = [b'.'; 10];
/// assert_eq!(niello::base64::encode(b"niello", &mut out[..]), 8);
/// assert_eq!(&out, b"bmllbGxv..");
/// ```
#[inline]
pub fn encode<'a>(src: &[u8], out: impl Into<&'a mut UninitSlice>) -> usize {
    // SAFETY: `active` returns no backend that is not available. `src` is a
    // slice, and `out` is borrowed mutably, so they do not overlap.
    unsafe { Backend::active().encode_raw::<false>(src.as_ptr(), src.len(), out.into()) }
}

/// [`encode`] onto the end of `out`, which may be uninitialized up to there.
///
/// # Panics
///
/// If the next chunk of `out` is shorter than the text.
#[inline]
pub(crate) fn put(src: &[u8], out: &mut impl BufMut) -> usize {
    let text = encode(src, out.chunk_mut());
    // SAFETY: `encode` has written that many bytes of the chunk.
    unsafe { out.advance_mut(text) };
    text
}

/// [`put`] for bytes that no `&[u8]` may be formed over, such as those of a
/// mapped file that another process can write to.
///
/// Nothing outside of `src..src + len` is read. Each byte may be read more
/// than once, and the text is made of whatever was found there: every byte is
/// valid input, so a change meanwhile can give wrong text and nothing worse.
///
/// # Panics
///
/// As [`put`] does.
///
/// # Safety
///
/// `src` must be valid for reads of `len` bytes, except that other processes
/// may write to them, and they must not overlap `out`.
#[cfg(all(unix, feature = "mmap"))]
pub(crate) unsafe fn put_raw(src: *const u8, len: usize, out: &mut impl BufMut) -> usize {
    // SAFETY: `active` returns no backend that is not available. The rest is
    // this function's own contract.
    let text = unsafe { Backend::active().encode_raw::<true>(src, len, out.chunk_mut()) };
    // SAFETY: that many bytes of the chunk have been written.
    unsafe { out.advance_mut(text) };
    text
}

/// An implementation of [`encode`].
///
/// All variants exist on all targets, but only those that
/// [`Backend::available`] yields can be used.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Backend {
    /// 512-bit vectors on x86-64, with the byte permutations of AVX-512 VBMI.
    Avx512,
    /// 256-bit vectors on x86-64.
    Avx2,
    /// The `base64-simd` crate: vectors on most targets, scalar code elsewhere.
    Portable,
}

impl Backend {
    /// Every backend, best first.
    const ALL: [Backend; 3] = [Backend::Avx512, Backend::Avx2, Backend::Portable];

    /// Returns the backends that this CPU can run, best first.
    pub fn available() -> impl Iterator<Item = Backend> {
        Backend::ALL.into_iter().filter(|backend| backend.is_available())
    }

    /// Returns the backend that [`encode`] uses.
    ///
    /// This is the first of [`Backend::available`], unless the environment
    /// variable `NIELLO_BACKEND` has the [name](Backend::name) of another one
    /// of them. Any other value of it is ignored, since it comes from outside
    /// of the program and the text is the same either way. Both are looked at
    /// once per process.
    #[inline]
    pub fn active() -> Backend {
        static ACTIVE: LazyLock<Backend> =
            LazyLock::new(|| Backend::choose(std::env::var_os("NIELLO_BACKEND").as_deref()));
        *ACTIVE
    }

    /// Returns the available backend of this name, else the best available.
    fn choose(name: Option<&OsStr>) -> Backend {
        Backend::available()
            .find(|backend| name.is_some_and(|name| name == backend.name()))
            .or_else(|| Backend::available().next())
            .unwrap_or(Backend::Portable)
    }

    /// Encodes like the function [`encode`], with this backend.
    ///
    /// # Panics
    ///
    /// If this backend is not available, or if `out` is shorter than the text.
    pub fn encode<'a>(self, src: &[u8], out: impl Into<&'a mut UninitSlice>) -> usize {
        assert!(self.is_available(), "this CPU cannot run the {self} backend");
        // SAFETY: it is available, as was just checked. `src` is a slice, and
        // `out` is borrowed mutably, so they do not overlap.
        unsafe { self.encode_raw::<false>(src.as_ptr(), src.len(), out.into()) }
    }

    /// Returns the name of this backend, as `NIELLO_BACKEND` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Avx512 => "avx512",
            Backend::Avx2 => "avx2",
            Backend::Portable => "portable",
        }
    }

    /// Returns true if this CPU can run this backend. The answer is the same
    /// for the lifetime of the process.
    #[inline]
    fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => x86::has_avx512(),
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => x86::has_avx2(),
            #[cfg(not(target_arch = "x86_64"))]
            Backend::Avx512 | Backend::Avx2 => false,
            Backend::Portable => true,
        }
    }

    /// Checks the length of `out`, runs the kernel, and encodes what it leaves.
    ///
    /// `SHARED` tells whether another process may write to the source.
    ///
    /// # Safety
    ///
    /// This backend must be available. `src` must be valid for reads of `len`
    /// bytes, and they must not overlap `out`. Unless `SHARED`, nothing may
    /// write to them.
    #[inline]
    unsafe fn encode_raw<const SHARED: bool>(
        self,
        src: *const u8,
        len: usize,
        out: &mut UninitSlice,
    ) -> usize {
        let text = match encoded_len(len as u64) {
            Some(text) if text <= out.len() as u64 => text as usize,
            _ => too_short(len, out.len()),
        };
        let out = out.as_mut_ptr();
        // SAFETY: the caller vouches for the CPU and for `src`. `out` is valid
        // for writes of the text, as was just checked. Without `SHARED` the
        // source may be a slice.
        let done = unsafe {
            match self {
                #[cfg(target_arch = "x86_64")]
                Backend::Avx512 => x86::encode_avx512(src, len, out),
                #[cfg(target_arch = "x86_64")]
                Backend::Avx2 => x86::encode_avx2(src, len, out),
                _ if SHARED => encode_shared(src, len, out),
                _ => encode_portable(slice::from_raw_parts(src, len), out),
            }
        };
        // SAFETY: `done <= len`, and it is `len` or whole groups, so the text
        // of what is left goes to `done / 3 * 4`, and there is room for it.
        unsafe { encode_tail(src.add(done), len - done, out.add(done / 3 * 4)) };
        text
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cold]
#[track_caller]
fn too_short(len: usize, out: usize) -> ! {
    panic!("{len} bytes do not fit in {out} bytes of base64");
}

/// Encodes all of `src` with `base64-simd`, and returns its length.
///
/// # Safety
///
/// `out` must be valid for writes of the text, and not overlap `src`.
unsafe fn encode_portable(src: &[u8], out: *mut u8) -> usize {
    let text = src.len().div_ceil(3) * 4;
    // SAFETY: the caller vouches for it, and it may be uninitialized.
    let out = unsafe { slice::from_raw_parts_mut(out.cast::<MaybeUninit<u8>>(), text) };
    let _ = STANDARD.encode(src, Out::from_uninit_slice(out));
    src.len()
}

/// [`encode_portable`] for a source that no slice may be formed over. It is
/// copied first, in blocks that stay in the L1 cache, at a loss of about 20 %.
///
/// # Safety
///
/// `src` must be valid for reads of `len` bytes, except that another process
/// may write to them. `out` must be valid for writes of their text, and the two
/// must not overlap.
unsafe fn encode_shared(src: *const u8, len: usize, out: *mut u8) -> usize {
    #[repr(align(64))]
    struct Block([MaybeUninit<u8>; BLOCK]);
    /// A multiple of 3, so that none but the last block is padded. From 1.5 to
    /// 24 KiB the speed is the same.
    const BLOCK: usize = 6 * 1024;

    let mut block = Block([MaybeUninit::uninit(); BLOCK]);
    let block = block.0.as_mut_ptr().cast::<u8>();
    let mut done = 0;
    while done < len {
        let n = BLOCK.min(len - done);
        // SAFETY: `done + n <= len` and `n <= BLOCK`, so both are valid for
        // `n` bytes. The slice is over the copy, to which nothing else has a
        // pointer. `done` is a multiple of 3, so the text of the blocks before
        // this one ends at `done / 3 * 4`.
        unsafe {
            src.add(done).copy_to_nonoverlapping(block, n);
            encode_portable(slice::from_raw_parts(block, n), out.add(done / 3 * 4));
        }
        done += n;
    }
    len
}

/// Encodes what the kernels leave, one group at a time, and pads it.
///
/// # Safety
///
/// As for [`encode_shared`].
#[inline]
unsafe fn encode_tail(src: *const u8, len: usize, out: *mut u8) {
    let byte = |i| {
        debug_assert!(i < len);
        // SAFETY: every call below has `i < len`. Volatile, as another process
        // may write to it: it is read once, whatever is done with it.
        u32::from(unsafe { src.add(i).read_volatile() })
    };
    let write = |group: usize, text: [u8; 4]| {
        // SAFETY: every call below is for a group of which at least one byte
        // is in `src`, so it has its four characters in `out`.
        unsafe { out.cast::<[u8; 4]>().add(group).write_unaligned(text) };
    };
    let character = |field: u32| ALPHABET[field as usize & 63];

    let groups = len / 3;
    for g in 0..groups {
        let bits = byte(3 * g) << 16 | byte(3 * g + 1) << 8 | byte(3 * g + 2);
        write(g, [bits >> 18, bits >> 12, bits >> 6, bits].map(character));
    }
    let rest = 3 * groups;
    match len - rest {
        1 => {
            let bits = byte(rest) << 4;
            write(groups, [character(bits >> 6), character(bits), b'=', b'=']);
        }
        2 => {
            let bits = (byte(rest) << 8 | byte(rest + 1)) << 2;
            let text = [bits >> 12, bits >> 6, bits].map(character);
            write(groups, [text[0], text[1], text[2], b'=']);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
