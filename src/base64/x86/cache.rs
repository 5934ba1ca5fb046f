//! How the kernels use the caches: what they prefetch, and from which size on their output bypasses the caches.
//!
//! # Prefetching
//!
//! A CPU prefetches by itself within a page of 4 KiB, and only what is read. A store to a line that is in no cache waits for
//! the line to be read. So on Intel's CPUs, the kernels prefetch their source and their output a page ahead, to the L1. Zen 4
//! gets slower with that, probably because its L1 then has too many requests in flight. All CPUs but Intel's are treated like
//! Zen 4: there, the encoders prefetch only their source, to the L2.
//!
//! To the L2, the AVX2 encoder prefetches each line of mapped files, and of any source if the output bypasses the caches. It
//! does not prefetch other slices: they are usually in a cache, and prefetching them would cost 2 to 4%. On Intel's CPUs, what
//! is left after prefetching to the L1 is prefetched this way: the last page, or a source of up to a page.
//!
//! It also prefetches past the end of the source, where the source of the next call usually is. That makes bodies of mapped
//! files 1.02 to 1.1 times as fast in pulls of 4 to 16 KiB (Zen 3). With non-temporal stores, it is 1.3 times as fast as
//! without prefetching. One line in three would make it slower: 0.75 times as fast (Zen 3).
//!
//! The AVX-512 encoder prefetches one line in 2.5 KiB: with each line, it would be 1.15 times as fast in pulls of 16 to 256
//! KiB, but 5% slower in chunks of 1 MiB and 10% slower in pulls of 8 KiB, and with a source that is in a cache. With
//! non-temporal stores, it prefetches one line in three.
//!
//! The speed of the encoder with prefetching, divided by the speed without it, in prototypes with aligned output (no other CPU
//! was measured):
//!
//! | source | output | Emerald Rapids, AVX-512 | Granite Rapids, AVX-512 | Zen 4, AVX-512 | the same, as on Intel | Zen 4, AVX2 | Zen 3, AVX2 |
//! |---|---|---:|---:|---:|---:|---:|---:|
//! | in no cache | in no cache | 1.4 | 1.14 | 1.0 to 1.08 | 0.8 | 1.0 | 1.0 to 1.09 |
//! | mapped file | 16 KiB, reused | 1.2 | 1.07 | 1.1 | 0.7 | 1.0 | 1.15 to 1.2 |
//! | mapped file | 64 KiB, reused | | | 1.2 | | 1.4 | 1.1 to 1.26 |
//! | mapped file | 1 MiB, reused | 1.16 | 1.03 | 1.02 to 1.3 | 0.7 | 1.0 | 1.1 to 1.2 |
//! | 384 KiB, reused | 512 KiB, reused | 1.03 | 1.23 | 1.0 | 0.85 | 1.0 | 0.97 |
//!
//! In the body of a mapped file, pulled 64 KiB at a time, few stores are aligned. On Zen 4, such a body is 1.4 times as fast
//! with AVX2, and no faster with AVX-512.
//!
//! The decoders do not prefetch to the L2: on Zen 4, in prototypes, outputs of 16 to 256 KiB gain up to 1.5 with AVX2 and 1.2
//! with AVX-512, but cold buffers lose up to 0.2, and text that has just been received is in a cache.
//!
//! The kernels for Huffman streams also prefetch the next stream, on every CPU ([`prefetch_stream`]).
//!
//! # Outputs that bypass the caches
//!
//! A store to a line that is in no cache first reads the line. A non-temporal store does not. But it waits until a cache
//! that holds the line has written it to memory, and leaves the output there, from where its consumer has to read it. So
//! it pays only for an output that no cache holds before the call, and that none could hold after it: if source and output
//! together are larger than the last-level cache.
//!
//! GB/s of media with plain stores and with non-temporal ones, in prototypes for AVX-512, by size of the media, on Granite
//! Rapids (2 MiB L2, 480 MiB L3) and Zen 4 (1 MiB L2, 32 MiB L3):
//!
//! | output of the encoder | Granite Rapids, 2 MiB | 8 MiB | 256 MiB | Zen 4, 20 MiB | 64 MiB |
//! |---|---|---|---|---|---|
//! | the same stores wrote it before | 12.5, 15.1 | 12.3, 11.5 | 6.3, 9.0 | 9.9, 16.4 | 10.2, 15.5 |
//! | read before | 12.9, 4.3 | 11.6, 5.1 | 6.2, 8.5 | 11.9, 16.0 | 10.3, 15.4 |
//! | copied afterwards, copy included | 8.0, 2.9 | 6.2, 3.3 | 3.5, 4.2 | 5.2, 5.7 | 4.9, 5.6 |
//! | new memory, in pages of 4 KiB | 2.3, 1.4 | 2.3, 1.3 | 2.1, 1.3 | 1.44, 1.32 | 1.52, 1.40 |
//! | new memory, in pages of 2 MiB | | | | 5.2, 5.5 | 5.3, 5.4 |
//!
//! | output of the decoder | Granite Rapids, 2 MiB | 8 MiB | 256 MiB | Zen 4, 20 MiB | 64 MiB |
//! |---|---|---|---|---|---|
//! | the same stores wrote it before | 12.8, 13.7 | 12.6, 12.5 | 6.5, 6.5 | 14.3, 18.8 | 12.0, 14.6 |
//! | read before | 13.0, 5.6 | 12.1, 6.5 | 6.3, 6.5 | 15.2, 18.2 | 11.7, 14.6 |
//! | copied afterwards, copy included | 9.1, 3.8 | 7.6, 4.2 | 4.1, 4.1 | 7.2, 7.5 | 5.8, 6.5 |
//! | new memory, in pages of 4 KiB | 2.8, 1.8 | 2.7, 1.7 | 2.5, 1.6 | 1.85, 1.72 | 1.88, 1.74 |
//! | new memory, in pages of 2 MiB | | | | 6.4, 6.8 | 6.2, 6.8 |
//!
//! New memory is what the system has not handed out before, such as a large allocation. The system fills each page with zeros
//! at the first store to it, so the page is in a cache when the stores arrive. Bypassing then takes 1.6 to 1.8 times as long
//! on Granite Rapids, and 1.08 times on Zen 4, in pages of 4 KiB. The code cannot tell new memory from other memory. On Granite
//! Rapids, only more than 206 MiB of media are affected.
//!
//! The AVX2 decoder has no non-temporal stores: its stores overlap.

use core::arch::x86_64::*;
use std::sync::LazyLock;

/// A page of media, in groups.
const TO_L1: usize = if cfg!(fuzzing) { 66 } else { 4096 / 3 };
/// 2.5 KiB of media, in groups. With AVX2 on Zen 4, a page would make outputs of 64 KiB 1.6 times as fast instead of 1.4, but
/// cold buffers 5% slower (in a prototype).
pub(super) const TO_L2: usize = if cfg!(fuzzing) { 64 } else { 2560 / 3 };

/// Returns how many groups ahead a kernel prefetches source and output to the L1. For short inputs, and on CPUs that gain
/// nothing, returns `groups`, which means never.
#[inline]
pub(super) fn ahead_to_l1(groups: usize) -> usize {
    const { assert!(TO_L1 >= 66, "an iteration of a kernel reads up to 66 groups if more than `TO_L1` are left") };
    if groups > TO_L1 && prefetches_to_l1(groups) { TO_L1 } else { groups }
}

/// Returns how many groups ahead the AVX-512 encoder prefetches its source to the L2: [`TO_L2`] or, which means never,
/// `groups`.
#[inline]
pub(super) fn ahead_to_l2(groups: usize) -> usize {
    if groups > TO_L2 && !prefetches_to_l1(groups) { TO_L2 } else { groups }
}

/// Returns `true` on Intel's CPUs. In tests and fuzzers, which have to reach all loops, returns `true` for even numbers.
#[inline]
fn prefetches_to_l1(groups: usize) -> bool {
    static IS_INTEL: LazyLock<bool> = LazyLock::new(is_intel);
    if cfg!(any(test, fuzzing)) { groups.is_multiple_of(2) } else { *IS_INTEL }
}

/// Prefetches `IN` lines from `src` on, which will be read, and `OUT` lines from `out` on, which will be written, to the L1.
/// These are only hints, so the addresses need not be valid.
///
/// Unless `prfchw` is enabled at compile time, both use the same instruction. That is as fast, because the line is
/// writable at once if no other core holds it.
#[inline]
pub(super) fn prefetch_to_l1<const IN: usize, const OUT: usize>(src: *const u8, out: *mut u8) {
    for line in 0..IN {
        prefetch_line::<_MM_HINT_T0>(src.wrapping_add(64 * line));
    }
    for line in 0..OUT {
        prefetch_line::<_MM_HINT_ET0>(out.wrapping_add(64 * line));
    }
}

/// Prefetches `LINES` lines from `src` on to the L2. It is only a hint, so the address need not be valid.
#[inline]
pub(super) fn prefetch_to_l2<const LINES: usize>(src: *const u8) {
    for line in 0..LINES {
        prefetch_line::<_MM_HINT_T1>(src.wrapping_add(64 * line));
    }
}

/// Prefetches source for the next Huffman stream of a full block of zstd: the `LINES` cache lines before the place in that
/// stream that corresponds to `end` in the current one.
///
/// A kernel reads each stream from its end, so the next stream starts two streams after the place where the current one was
/// left. No CPU foresees that: without this, bodies of mapped files are a third slower with AVX-512, and half as fast with AVX2
/// (Zen 5). The lines go to the L2. With the L1, it would be 10 GB/s instead of 15 (Zen 4). It is only a hint, so the address
/// need not be valid.
#[inline]
pub(super) fn prefetch_stream<const LINES: usize>(end: *const u8) {
    const STREAM: usize = 24 * 1024;
    prefetch_to_l2::<LINES>(end.wrapping_add(STREAM).wrapping_sub(64 * LINES));
}

/// Prefetches the line at `address`.
#[inline]
fn prefetch_line<const HINT: i32>(address: *const u8) {
    #[allow(unused_unsafe, reason = "not all versions of the standard library declare it unsafe")]
    // SAFETY: a prefetch accesses nothing, whatever the address is.
    unsafe {
        _mm_prefetch::<HINT>(address.cast());
    }
}

/// Returns `true` if media of `len` bytes and its base64 together do not fit in the largest cache. If the CPU does not
/// report its caches, everything fits.
#[inline]
pub(super) fn is_outgrown_by(len: usize) -> bool {
    /// As in `src/media/file.rs`. A step of a body is read at once, so it must fit in any case.
    const STEP: usize = 768 << 10;
    static LARGEST: LazyLock<usize> =
        LazyLock::new(|| caches().max().unwrap_or(usize::MAX).max(STEP + STEP / 3 * 4));
    // Tests and fuzzers reach both sides of the limit with short inputs.
    let largest = match () {
        _ if cfg!(test) => 7 << 12,
        _ if cfg!(fuzzing) => 700,
        _ => *LARGEST,
    };
    len.saturating_add(len / 3 * 4) > largest
}

/// Returns the sizes of the caches for data that the CPU reports, in bytes. AMD and Intel have a leaf of CPUID each, in the
/// same format.
///
/// Allocates nothing, because the first read of a body may call it.
fn caches() -> impl Iterator<Item = usize> {
    const INTEL: u32 = 4;
    const AMD: u32 = 0x8000_001d;
    let leaf = match () {
        _ if cpuid(0x8000_0000, 0).eax >= AMD && !is_intel() => Some(AMD),
        _ if cpuid(0, 0).eax >= INTEL => Some(INTEL),
        _ => None,
    };
    // The list ends with an entry of type 0.
    let entries =
        (0..16).map_while(move |index| Some(cpuid(leaf?, index)).filter(|entry| entry.eax & 0x1f != 0));
    let holds_data = |entry: &CpuidResult| entry.eax & 0x1f != 2;
    entries.filter(holds_data).map(|entry| {
        let factors = [entry.ebx >> 22, entry.ebx >> 12 & 0x3ff, entry.ebx & 0xfff, entry.ecx];
        factors.into_iter().fold(1_usize, |size, factor| size.saturating_mul(factor as usize + 1))
    })
}

fn is_intel() -> bool {
    let vendor = cpuid(0, 0);
    let (words, _) = b"GenuineIntel".as_chunks();
    words.iter().map(|word| u32::from_le_bytes(*word)).eq([vendor.ebx, vendor.edx, vendor.ecx])
}

/// Reads a leaf of CPUID. If the CPU does not have that leaf, the result is that of another one.
fn cpuid(leaf: u32, index: u32) -> CpuidResult {
    #[allow(unused_unsafe, reason = "the function is safe since Rust 1.94")]
    // SAFETY: every x86-64 CPU has this instruction.
    unsafe {
        __cpuid_count(leaf, index)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// Compares the sizes with what Linux reports, where it does.
    #[test]
    fn caches_are_those_that_the_kernel_reports() {
        let mut reported = Vec::new();
        for index in 0..16 {
            let file = |name| {
                let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{name}");
                std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
            };
            let (Some(kind), Some(size)) = (file("type"), file("size")) else {
                break;
            };
            if kind != "Instruction" {
                let kib: usize = size.strip_suffix('K').unwrap().parse().unwrap();
                reported.push(kib << 10);
            }
        }
        let found: Vec<_> = caches().collect();
        if !reported.is_empty() {
            assert_eq!(found, reported);
        }
    }
}
