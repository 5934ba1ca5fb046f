//! Decodes base64 (RFC 4648) that arrives in parts, in either alphabet: the standard one (`+` and `/`), the URL-safe
//! one (`-` and `_`), or both at once.
//!
//! The kernels decode whole groups of four characters. This file decodes the characters around them, one at a time,
//! and checks the padding and the end.

use super::Backend;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use super::neon;
#[cfg(target_arch = "x86_64")]
use super::x86;
use base64_simd::{Out, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::buf::UninitSlice;
use core::mem::{MaybeUninit, swap};
use std::{error, fmt};

/// Values of [`VALUES`] for bytes that are not characters of the alphabets.
const PADDING: u8 = 64;
const OTHER: u8 = 0xff;

/// The field of each character.
pub(super) static VALUES: [u8; 256] = {
    let mut values = [OTHER; 256];
    let mut field = 0;
    while field < 64 {
        values[super::ALPHABET[field] as usize] = field as u8;
        field += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values[b'=' as usize] = PADDING;
    values
};

/// Decodes all of `src` into the start of `out` and returns the number of bytes written.
///
/// Both alphabets of RFC 4648 are accepted, even mixed. Padding is required, the unused bits of the last character must
/// be zero, and nothing else may occur, not even white space. `out` may be uninitialized; its contents past the returned
/// length are unspecified.
///
/// # Examples
///
/// ```
/// use niello::base64::{decode, decoded_len};
///
/// let mut out = vec![0; decoded_len(8) as usize];
/// let len = decode(b"bmllbA==", &mut out[..])?;
/// assert_eq!(&out[..len], b"niel");
///
/// let error = decode(b"bmll*Gxv", &mut out[..]).unwrap_err();
/// assert_eq!(error.position(), 4);
/// # Ok::<(), niello::base64::DecodeError>(())
/// ```
///
/// # Errors
///
/// Returns the first character that does not fit. The contents of `out` are then unspecified.
///
/// # Panics
///
/// Panics if `out` is shorter than [`decoded_len`] of `src.len()`.
#[inline]
pub fn decode<'a>(src: &[u8], out: impl Into<&'a mut UninitSlice>) -> Result<usize, DecodeError> {
    Decoder::new().decode_all(src, out.into())
}

/// Returns the largest number of bytes that `len` characters of base64 decode to.
///
/// Padding makes the data up to two bytes shorter.
///
/// # Examples
///
/// ```
/// # use niello::base64::decoded_len;
/// assert_eq!([4, 6, 7, 8].map(decoded_len), [3, 4, 5, 6]);
/// ```
pub const fn decoded_len(len: u64) -> u64 {
    // The characters after the last whole group have 6 bits each.
    len / 4 * 3 + len % 4 * 6 / 8
}

/// Decodes base64 that arrives in parts.
///
/// Every way of cutting the data yields the same bytes and the same error. Public only for this project's fuzz targets.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Decoder {
    /// An available backend.
    backend: Backend,
    /// The number of characters so far, including padding.
    position: u64,
    /// The number of padding characters so far.
    padding: u8,
    /// The fields of the unfinished group, the last one in the lowest bits.
    fields: u32,
}

/// How far a call of [`Decoder::decode`] has come.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The number of bytes consumed.
    pub read: usize,
    /// The number of bytes written.
    pub written: usize,
}

/// Whether the last group must be padded to four characters.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// All of the padding must be present.
    Required,
    /// All of the padding must be present, or none.
    Optional,
}

impl Decoder {
    /// Creates a decoder that uses the fastest instruction set of the CPU.
    #[inline]
    #[allow(clippy::new_without_default, reason = "public only for fuzz targets")]
    pub fn new() -> Decoder {
        Decoder::with(Backend::active())
    }

    /// Creates a decoder that uses `backend`, which must be available.
    #[inline]
    fn with(backend: Backend) -> Decoder {
        Decoder { backend, position: 0, padding: 0, fields: 0 }
    }

    /// Returns the number of characters so far, including padding.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns the error for a next character that is neither in the alphabets nor `=`.
    pub(crate) fn unexpected(&self) -> DecodeError {
        DecodeError::new(self.position, Reason::Character)
    }

    /// Decodes the characters of `src` up to the first byte that is neither in the alphabets nor `=`, or until `out` has no
    /// room for another group of three bytes.
    ///
    /// Stopping at another byte is not an error: the caller decides what it is. If less than three bytes of room are
    /// left, the byte may be a base64 character. Up to three characters of a group are kept until its fourth arrives. The
    /// contents of `out` past the bytes written are unspecified.
    ///
    /// # Errors
    ///
    /// Returns the first character that does not fit: padding that is not at the end of a group, characters after the
    /// padding, and unused bits before the padding that are not zero. The decoder then cannot continue.
    #[inline]
    pub fn decode(&mut self, src: &[u8], out: &mut UninitSlice) -> Result<Progress, DecodeError> {
        let mut progress = Progress::default();
        // Ends the group that the previous part has begun.
        if !self.is_between_groups() && !self.decode_slowly(src, out, &mut progress)? {
            return Ok(progress);
        }
        let rest = &src[progress.read..];
        // SAFETY: `Decoder::with` is called only with available backends.
        let count = unsafe { self.backend.decode_groups(rest, &mut out[progress.written..]) };
        progress.read += count;
        progress.written += count / 4 * 3;
        self.position += count as u64;
        for &byte in &rest[count & !3..count] {
            self.fields = self.fields << 6 | u32::from(VALUES[usize::from(byte)]);
        }
        while self.decode_slowly(src, out, &mut progress)? {}
        Ok(progress)
    }

    /// Decodes one character at a time until the end of a group. Returns `false` if it stops before.
    fn decode_slowly(
        &mut self,
        src: &[u8],
        out: &mut UninitSlice,
        progress: &mut Progress,
    ) -> Result<bool, DecodeError> {
        while let Some(&byte) = src.get(progress.read) {
            match VALUES[usize::from(byte)] {
                OTHER => return Ok(false),
                PADDING => self.pad()?,
                _ if self.padding > 0 => return Err(DecodeError::new(self.position, Reason::AfterPadding)),
                field => {
                    let fields = self.fields << 6 | u32::from(field);
                    if self.position % 4 == 3 {
                        let [_, group @ ..] = fields.to_be_bytes();
                        match out.len() - progress.written {
                            ..3 => return Ok(false),
                            _ => out[progress.written..progress.written + 3].copy_from_slice(&group),
                        }
                        progress.written += 3;
                    }
                    self.fields = fields;
                }
            }
            progress.read += 1;
            self.position += 1;
            if self.is_between_groups() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns `true` if the next character is the first of a group, and may be anything but padding.
    fn is_between_groups(&self) -> bool {
        self.position.is_multiple_of(4) && self.padding == 0
    }

    /// Checks that padding may follow.
    fn pad(&mut self) -> Result<(), DecodeError> {
        if self.position % 4 < 2 {
            return Err(DecodeError::new(self.position, Reason::Padding));
        }
        if self.padding == 0 {
            self.check_unused_bits()?;
        }
        self.padding += 1;
        Ok(())
    }

    /// Checks that the bits of the unfinished group after its last whole byte are zero.
    fn check_unused_bits(&self) -> Result<(), DecodeError> {
        let unused = match self.position % 4 {
            2 => 0b1111,
            _ => 0b11,
        };
        match self.fields & unused {
            0 => Ok(()),
            _ => Err(DecodeError::new(self.position - 1, Reason::UnusedBits)),
        }
    }

    /// Ends the data: checks the last group, writes its 0 to 2 bytes to `out`, and returns their number. The decoder then
    /// begins anew.
    ///
    /// # Errors
    ///
    /// Returns an error if a single character is left over, if padding is missing, or if unused bits are not zero.
    ///
    /// # Panics
    ///
    /// Panics if `out` is too short.
    pub fn finish(&mut self, padding: Padding, out: &mut UninitSlice) -> Result<usize, DecodeError> {
        // The number of characters of the last group, without padding.
        let characters = (self.position - u64::from(self.padding)) % 4;
        let len = match characters {
            0 => 0,
            1 => return Err(DecodeError::new(self.position - 1, Reason::LeftOver)),
            _ => {
                if self.padding == 0 {
                    self.check_unused_bits()?;
                }
                let is_padded = self.position.is_multiple_of(4);
                if !is_padded && (self.padding > 0 || padding == Padding::Required) {
                    return Err(DecodeError::new(self.position, Reason::NotPadded));
                }
                characters as usize - 1
            }
        };
        // The first byte in the highest bits.
        let bytes = self.fields << (32 - 6 * characters as u32).min(31);
        out[..len].copy_from_slice(&bytes.to_be_bytes()[..len]);
        *self = Decoder::with(self.backend);
        Ok(len)
    }

    /// Decodes data that is complete in `src`, of which all must be base64 with padding.
    ///
    /// # Panics
    ///
    /// Panics if `out` is shorter than [`decoded_len`] of `src.len()`.
    fn decode_all(mut self, src: &[u8], out: &mut UninitSlice) -> Result<usize, DecodeError> {
        if (out.len() as u64) < decoded_len(src.len() as u64) {
            too_short(src.len(), out.len());
        }
        let Progress { read, written } = self.decode(src, out)?;
        if read < src.len() {
            return Err(DecodeError::new(self.position, Reason::Character));
        }
        Ok(written + self.finish(Padding::Required, &mut out[written..])?)
    }
}

impl Backend {
    /// Does what the function [`decode`] does, with this backend.
    ///
    /// # Panics
    ///
    /// Panics if this backend is not available, or if `out` is too short.
    pub fn decode<'a>(self, src: &[u8], out: impl Into<&'a mut UninitSlice>) -> Result<usize, DecodeError> {
        self.decoder().decode_all(src, out.into())
    }

    /// Creates a decoder that uses this backend.
    ///
    /// # Panics
    ///
    /// Panics if this backend is not available.
    pub fn decoder(self) -> Decoder {
        assert!(self.is_available(), "this CPU cannot run the {self} backend");
        Decoder::with(self)
    }

    /// Decodes whole groups up to the first byte that is not in the alphabets, or until `out` has no room for another group.
    /// Returns how many characters precede that byte or the end. The last `n % 4` of these `n` are not decoded.
    ///
    /// # Safety
    ///
    /// This backend must be available.
    #[inline]
    unsafe fn decode_groups(self, src: &[u8], out: &mut UninitSlice) -> usize {
        let groups = (src.len() / 4).min(out.len() / 3);
        match self {
            // SAFETY: the caller promises that the backend is available. `groups` groups of 4 bytes are in `src`, and as many
            // of 3 bytes in `out`, which is borrowed mutably, so the two do not overlap.
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => unsafe { x86::avx512::decode::decode(src.as_ptr(), groups, out.as_mut_ptr()) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => unsafe { x86::avx2::decode::decode(src.as_ptr(), groups, out.as_mut_ptr()) },
            // SAFETY: as above, and there are enough groups for a vector.
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            Backend::Neon if groups >= neon::VECTOR => unsafe {
                neon::decode::decode(src.as_ptr(), groups, out.as_mut_ptr())
            },
            _ => {
                // SAFETY: only initialized bytes are written to the slice.
                let out = unsafe { out.as_uninit_slice_mut() };
                decode_portable(&src[..4 * groups], &mut out[..3 * groups])
            }
        }
    }
}

#[cold]
#[track_caller]
fn too_short(len: usize, out: usize) -> ! {
    panic!("{len} characters of base64 may not fit in a buffer of {out} bytes");
}

/// Decodes whole groups with `base64-simd`, which knows one alphabet at a time and does not report where it stops. Blocks
/// that grow with each success bound what is decoded in vain. A block that fails is decoded by [`decode_scalar`], and the next
/// one is tried with the other alphabet.
fn decode_portable(src: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    const MIN: usize = 16;
    const MAX: usize = 4096;

    let groups = src.len() / 4;
    let (mut at, mut len) = (0, MIN);
    let (mut alphabet, mut other) = (&STANDARD_NO_PAD, &URL_SAFE_NO_PAD);
    while at < groups {
        let end = groups.min(at + len);
        let (src, out) = (&src[4 * at..4 * end], &mut out[3 * at..3 * end]);
        if alphabet.decode(src, Out::from_uninit_slice(out)).is_ok() {
            at = end;
            len = MAX.min(2 * len);
            continue;
        }
        let done = decode_scalar(src, out);
        if done < src.len() {
            return 4 * at + done;
        }
        at = end;
        swap(&mut alphabet, &mut other);
        len = MIN;
    }
    4 * at
}

/// Decodes whole groups, one at a time.
fn decode_scalar(src: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    let (groups, _) = src.as_chunks::<4>();
    let (triples, _) = out.as_chunks_mut::<3>();
    for (i, (group, triple)) in groups.iter().zip(triples).enumerate() {
        let [a, b, c, d] = group.map(|byte| u32::from(VALUES[usize::from(byte)]));
        if a | b | c | d >= 64 {
            return 4 * i;
        }
        let [_, bytes @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
        *triple = bytes.map(MaybeUninit::new);
    }
    4 * groups.len()
}

/// The error of [`decode`]: data that is not base64.
///
/// It converts into a [`niello::Error`](crate::Error) of the kind [`Invalid`](crate::ErrorKind::Invalid).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    position: u64,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Character,
    Padding,
    AfterPadding,
    UnusedBits,
    LeftOver,
    NotPadded,
}

impl DecodeError {
    fn new(position: u64, reason: Reason) -> DecodeError {
        DecodeError { position, reason }
    }

    /// Returns the position of the first character that does not fit, counted from 0, or the number of characters if the
    /// data ends without its padding.
    pub fn position(&self) -> u64 {
        self.position
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            Reason::Character => "not a character of base64",
            Reason::Padding => "padding in the wrong place",
            Reason::AfterPadding => "a character after the padding",
            Reason::UnusedBits => "bits that no byte uses are not zero",
            Reason::LeftOver => "a single character is left over",
            Reason::NotPadded => "padding is missing",
        };
        write!(f, "invalid base64 at position {}: {reason}", self.position)
    }
}

impl error::Error for DecodeError {}

impl From<DecodeError> for crate::Error {
    fn from(error: DecodeError) -> crate::Error {
        crate::Error::new(crate::ErrorKind::Invalid, error.to_string())
    }
}

#[cfg(test)]
mod tests;
