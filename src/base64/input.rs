//! The input of the kernels: bytes that may be mapped.

use super::Backend;
use bytes::BufMut;
use std::{marker::PhantomData, ops::Range};

/// Bytes to encode. Other processes may write to them meanwhile, if they are those of a mapped file, so they cannot be
/// a `&[u8]`.
///
/// Every byte value is valid input, so if the bytes change, the output is a mixture of old and new content.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    start: *const u8,
    len: usize,
    is_shared: bool,
    bytes: PhantomData<&'a [u8]>,
}

impl<'a> From<&'a [u8]> for Input<'a> {
    fn from(bytes: &'a [u8]) -> Input<'a> {
        Input { start: bytes.as_ptr(), len: bytes.len(), is_shared: false, bytes: PhantomData }
    }
}

impl Input<'_> {
    /// Creates an input that other processes may write to.
    ///
    /// # Safety
    ///
    /// As long as the input exists, `start` must be valid for reads of `len` bytes, and this process must not write to
    /// them.
    #[cfg(all(any(target_os = "linux", target_os = "android"), feature = "mmap"))]
    pub(crate) unsafe fn shared(start: *const u8, len: usize) -> Self {
        Input { start, len, is_shared: true, bytes: PhantomData }
    }

    /// Returns a part of the input, or `None` if the input does not contain it.
    pub(crate) fn get(self, range: Range<usize>) -> Option<Self> {
        (range.start <= range.end && range.end <= self.len).then(|| {
            // SAFETY: the line above checks that the range is within the input.
            let start = unsafe { self.start.add(range.start) };
            Input { start, len: range.len(), ..self }
        })
    }

    /// Appends the base64 of the input to `out` and returns its length. Reads only the input, and may read a byte more
    /// than once.
    ///
    /// # Panics
    ///
    /// Panics if the next chunk of `out` is too short.
    #[inline]
    pub(crate) fn encode_into(self, out: &mut impl BufMut) -> usize {
        let backend = Backend::active();
        // SAFETY: `active` returns only available backends. The input is valid for reads, and nothing in this process
        // writes to it, so `out`, which is borrowed mutably, does not overlap it.
        let written = unsafe {
            match self.is_shared {
                true => backend.encode_raw::<true>(self.start, self.len, out.chunk_mut()),
                false => backend.encode_raw::<false>(self.start, self.len, out.chunk_mut()),
            }
        };
        // SAFETY: `encode_raw` has initialized the first `written` bytes of the chunk.
        unsafe { out.advance_mut(written) };
        written
    }

    /// Appends up to `len` characters of the base64 of the input, from character `phase` of its first group on. Returns
    /// their number, which is smaller only if the input has no more.
    ///
    /// # Panics
    ///
    /// Panics if the next chunk of `out` is too short.
    #[inline]
    pub(crate) fn encode_part_into(self, phase: usize, len: usize, out: &mut impl BufMut) -> usize {
        let group = |index: usize| {
            let mut characters = [0; 4];
            let bytes = self.get(3 * index..self.len.min(3 * index + 3));
            bytes.map(|bytes| bytes.encode_into(&mut &mut characters[..]));
            characters
        };
        let len = len.min((4 * self.len.div_ceil(3)).saturating_sub(phase));
        let mut next = 0;
        let mut left = len;
        if phase > 0 {
            let part = &group(0)[phase..];
            let part = &part[..part.len().min(left)];
            out.put_slice(part);
            left -= part.len();
            next = 1;
        }
        let end = next + left / 4;
        if let Some(whole) = self.get(3 * next..self.len.min(3 * end)) {
            left -= whole.encode_into(out);
        }
        out.put_slice(&group(end)[..left]);
        len
    }

    /// Appends the [Huffman stream](super::huffman) of the input, of whole groups, to `out` and returns its length,
    /// which is that of the input. Reads only the input, and may read a byte more than once.
    ///
    /// # Panics
    ///
    /// Panics if the next chunk of `out` is too short, or if the length of the input is not a multiple of 3.
    #[inline]
    pub(crate) fn huffman_into(self, out: &mut impl BufMut) -> usize {
        // SAFETY: the conditions are those of `encode_into`.
        unsafe {
            Backend::active().huffman_raw(self.start, self.len, out.chunk_mut());
            out.advance_mut(self.len);
        }
        self.len
    }
}
