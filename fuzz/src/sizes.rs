//! The sizes at which the library cuts files, and lengths that reach them.

use arbitrary::Arbitrary;

/// As in `src/media.rs`: the library is built with a smaller unit for a fuzzer, and with its own for the tests.
pub(crate) const UNIT: usize = if cfg!(fuzzing) { 768 } else { 96 * 1024 };
/// The most that is read from a file at a time.
pub(crate) const STEP: usize = 8 * UNIT;
/// The window of a mapped file.
pub(crate) const WINDOW: usize = 64 * UNIT;

/// A length below four blocks of the coding zstd. Short lengths are as likely as long ones.
#[derive(Arbitrary, Clone, Copy)]
pub(crate) struct Length {
    bits: u8,
    len: u32,
}

impl Length {
    const BITS: u32 = UNIT.ilog2() + 2;

    pub(crate) fn get(self) -> usize {
        self.len as usize % (1 << (u32::from(self.bits) % (Length::BITS + 1)))
    }
}

/// Returns bytes without a pattern.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}
