//! Base64 (RFC 4648), encoded and decoded as fast as memory allows.
//!
//! [`encode`] writes the standard alphabet with padding. [`decode`] also reads the URL-safe alphabet. Both use the fastest
//! instruction set that the CPU supports.

use core::{fmt, mem::MaybeUninit, slice};
use std::{ffi::OsStr, sync::LazyLock};

use base64_simd::{Out, STANDARD};
use bytes::buf::UninitSlice;

mod decode;
mod huffman;
mod input;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use decode::{DecodeError, decode, decoded_len};
#[doc(hidden)]
pub use decode::{Decoder, Padding, Progress};
pub(crate) use input::Input;

/// The 64 characters in the order of their values.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns the length of `len` bytes as base64, or `None` if it does not fit in a `u64`.
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

/// Encodes `src` into the start of `out` and returns the number of bytes written.
///
/// The rest of `out` is unchanged. `out` may be uninitialized.
///
/// # Examples
///
/// ```
/// let mut out = [b'.'; 10];
/// assert_eq!(niello::base64::encode(b"niello", &mut out[..]), 8);
/// assert_eq!(&out, b"bmllbGxv..");
/// ```
///
/// # Panics
///
/// Panics if `out` is shorter than [`encoded_len`] of `src.len()`.
#[inline]
pub fn encode<'a>(src: &[u8], out: impl Into<&'a mut UninitSlice>) -> usize {
    // SAFETY: `active` returns only available backends. `src` is a slice, and `out` is borrowed mutably, so
    // they do not overlap.
    unsafe { Backend::active().encode_raw::<false>(src.as_ptr(), src.len(), out.into()) }
}

/// An implementation of [`encode`], [`decode`] and of Huffman streams. Public only for this project's tests and benchmarks.
///
/// All variants exist on all targets, but only those that [`Backend::available`] yields can be used.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Backend {
    /// 512-bit vectors on x86-64, with the byte permutations of AVX-512 VBMI.
    Avx512,
    /// 256-bit vectors on x86-64.
    Avx2,
    /// 128-bit vectors on little-endian aarch64.
    Neon,
    /// The `base64-simd` crate: vectors on most targets, scalar code elsewhere.
    Portable,
}

impl Backend {
    /// Every backend, best first.
    const ALL: [Backend; 4] = [Backend::Avx512, Backend::Avx2, Backend::Neon, Backend::Portable];

    /// Returns the backends that this CPU can run, best first.
    pub fn available() -> impl Iterator<Item = Backend> {
        Backend::ALL.into_iter().filter(|backend| backend.is_available())
    }

    /// Returns the backend that [`encode`] uses: the first of [`Backend::available`].
    ///
    /// For tests and benchmarks, the environment variable `NIELLO_BACKEND` selects another available backend
    /// by its [name](Backend::name). Other values are ignored, because all backends produce the same output.
    /// CPU and variable are checked once per process.
    #[inline]
    pub fn active() -> Backend {
        static ACTIVE: LazyLock<Backend> =
            LazyLock::new(|| Backend::choose(std::env::var_os("NIELLO_BACKEND").as_deref()));
        *ACTIVE
    }

    /// Returns the available backend called `name`, or else the best available one.
    fn choose(name: Option<&OsStr>) -> Backend {
        Backend::available()
            .find(|backend| name.is_some_and(|name| name == backend.name()))
            .or_else(|| Backend::available().next())
            .unwrap_or(Backend::Portable)
    }

    /// Does what the function [`encode`] does, with this backend.
    ///
    /// # Panics
    ///
    /// Panics if this backend is not available, or if `out` is too short.
    pub fn encode<'a>(self, src: &[u8], out: impl Into<&'a mut UninitSlice>) -> usize {
        assert!(self.is_available(), "this CPU cannot run the {self} backend");
        // SAFETY: the line above checks that this backend is available. `src` is a slice, and `out` is borrowed
        // mutably, so they do not overlap.
        unsafe { self.encode_raw::<false>(src.as_ptr(), src.len(), out.into()) }
    }

    /// Returns the name by which `NIELLO_BACKEND` selects this backend.
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Avx512 => "avx512",
            Backend::Avx2 => "avx2",
            Backend::Neon => "neon",
            Backend::Portable => "portable",
        }
    }

    /// Returns `true` if this CPU can run this backend. The result never changes within a process.
    #[inline]
    fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => x86::avx512::has_avx512(),
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => x86::avx2::has_avx2(),
            #[cfg(not(target_arch = "x86_64"))]
            Backend::Avx512 | Backend::Avx2 => false,
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            Backend::Neon => neon::has_neon(),
            #[cfg(not(all(target_arch = "aarch64", target_endian = "little")))]
            Backend::Neon => false,
            Backend::Portable => true,
        }
    }

    /// Checks the length of `out`, runs the kernel, and encodes the bytes that the kernel leaves over.
    ///
    /// # Panics
    ///
    /// Panics if `out` is too short.
    ///
    /// # Safety
    ///
    /// This backend must be available. `src` must be valid for reads of `len` bytes, and these must not
    /// overlap `out`. Other processes may write to them only if `SHARED` is true.
    #[inline]
    unsafe fn encode_raw<const SHARED: bool>(
        self,
        src: *const u8,
        len: usize,
        out: &mut UninitSlice,
    ) -> usize {
        let encoded = match encoded_len(len as u64) {
            Some(encoded) if encoded <= out.len() as u64 => encoded as usize,
            _ => too_short(len, out.len()),
        };
        let out = out.as_mut_ptr();
        // SAFETY: the caller promises that the backend is available and `src` valid. `out` is valid for
        // writes of `encoded` bytes by the check above. Without `SHARED`, a slice of the source is allowed.
        let done = unsafe {
            match self {
                #[cfg(target_arch = "x86_64")]
                Backend::Avx512 => x86::avx512::encode(src, len, out),
                #[cfg(target_arch = "x86_64")]
                Backend::Avx2 => x86::avx2::encode::<SHARED>(src, len, out),
                #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
                Backend::Neon => neon::encode(src, len, out),
                _ if SHARED => encode_shared(src, len, out),
                _ => encode_portable(slice::from_raw_parts(src, len), out),
            }
        };
        // SAFETY: `done` is `len` or a multiple of 3 below it, so the output of the remaining bytes belongs at
        // `done / 3 * 4` and fits within `encoded` bytes.
        unsafe { encode_tail(src.add(done), len - done, out.add(done / 3 * 4)) };
        encoded
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
    panic!("the base64 of {len} bytes does not fit in a buffer of {out} bytes");
}

/// Encodes all of `src` with `base64-simd` and returns `src.len()`.
///
/// # Safety
///
/// `out` must be valid for writes of the output and must not overlap `src`.
unsafe fn encode_portable(src: &[u8], out: *mut u8) -> usize {
    let encoded = src.len().div_ceil(3) * 4;
    // SAFETY: the caller promises that `out` is valid for writes, and `MaybeUninit` needs no initialization.
    let out = unsafe { slice::from_raw_parts_mut(out.cast::<MaybeUninit<u8>>(), encoded) };
    let _ = STANDARD.encode(src, Out::from_uninit_slice(out));
    src.len()
}

/// Like [`encode_portable`], but for a source that other processes may write to, so that no slice of it may
/// exist. Copies blocks that fit into the L1 cache and encodes the copies, which is about 20% slower.
///
/// # Safety
///
/// `src` must be valid for reads of `len` bytes, except that other processes may write to them. `out` must be
/// valid for writes of their base64. The two must not overlap.
unsafe fn encode_shared(src: *const u8, len: usize, out: *mut u8) -> usize {
    #[repr(align(64))]
    struct Block([MaybeUninit<u8>; BLOCK]);
    /// A multiple of 3, so that only the last block is padded. All sizes from 1.5 to 24 KiB are equally fast.
    const BLOCK: usize = 6 * 1024;

    let mut block = Block([MaybeUninit::uninit(); BLOCK]);
    let block = block.0.as_mut_ptr().cast::<u8>();
    let mut done = 0;
    while done < len {
        let n = BLOCK.min(len - done);
        // SAFETY: `done + n <= len` and `n <= BLOCK`, so source and block are valid for `n` bytes. The slice
        // is of the block, to which nothing else has a pointer. `done` is a multiple of 3, so the output of
        // the previous blocks ends at `done / 3 * 4`.
        unsafe {
            src.add(done).copy_to_nonoverlapping(block, n);
            encode_portable(slice::from_raw_parts(block, n), out.add(done / 3 * 4));
        }
        done += n;
    }
    len
}

/// Encodes the bytes that the kernels leave over, one group at a time, and adds the padding.
///
/// # Safety
///
/// The requirements of [`encode_shared`] apply.
#[inline]
unsafe fn encode_tail(src: *const u8, len: usize, out: *mut u8) {
    let byte = |i| {
        debug_assert!(i < len);
        // SAFETY: every call below has `i < len`. Another process may write to the byte, so the read is
        // volatile: it happens exactly once, whatever is done with the value.
        u32::from(unsafe { src.add(i).read_volatile() })
    };
    let write = |group: usize, characters: [u8; 4]| {
        // SAFETY: every call below is for a group with at least one byte in `src`, for which `out` has four
        // bytes.
        unsafe { out.cast::<[u8; 4]>().add(group).write_unaligned(characters) };
    };
    let character = |field: u32| ALPHABET[field as usize & 63];

    let groups = len / 3;
    for g in 0..groups {
        let bits = byte(3 * g) << 16 | byte(3 * g + 1) << 8 | byte(3 * g + 2);
        write(g, [bits >> 18, bits >> 12, bits >> 6, bits].map(character));
    }
    let last = 3 * groups;
    match len - last {
        1 => {
            let bits = byte(last) << 4;
            write(groups, [character(bits >> 6), character(bits), b'=', b'=']);
        }
        2 => {
            let bits = (byte(last) << 8 | byte(last + 1)) << 2;
            let [first, second, third] = [bits >> 12, bits >> 6, bits].map(character);
            write(groups, [first, second, third, b'=']);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
