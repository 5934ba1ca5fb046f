//! What the tests share. Each test file is a crate of its own and uses a part of it.
#![allow(dead_code)]

#[cfg(unix)]
pub(crate) mod victim;

use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{Access, Body, Media};
use std::{
    env,
    fmt::Display,
    io::{Read, Write},
    process::Command,
    sync::OnceLock,
};
use tempfile::{NamedTempFile, TempDir};

/// The span that one read of a file fills, and the window of a mapped file.
pub(crate) const STEP: usize = 768 * 1024;
pub(crate) const WINDOW: usize = 6 * 1024 * 1024;

/// Lengths at which groups, the small buffer (48) and 16-bit counts end.
pub(crate) const SIZES: [usize; 14] = [0, 1, 2, 3, 4, 5, 47, 48, 49, 57, 58, 65535, 65536, 65537];

/// Where the bytes of a media come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Origin {
    Map,
    Read,
    Bytes,
}

impl Origin {
    pub(crate) const ALL: [Origin; 3] = [Origin::Map, Origin::Read, Origin::Bytes];

    /// A `video/mp4` of these bytes. Its file is unlinked already.
    pub(crate) fn media(self, bytes: &[u8]) -> Media {
        let access = match self {
            Origin::Map => Access::Map,
            Origin::Read => Access::Read,
            Origin::Bytes => return Media::from_bytes(bytes.to_vec(), "video/mp4").unwrap(),
        };
        let mut file = NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        file.write_all(bytes).unwrap();
        Media::options().mime("video/mp4").access(access).open(file.path()).unwrap()
    }
}

/// A folder on a disk: where `/tmp` is memory, a file counts as memory.
pub(crate) fn scratch() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Random numbers that are the same in every run (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Less than `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }

    /// Mostly small, sometimes up to `max`.
    pub(crate) fn length(&mut self, max: u64) -> usize {
        let max = [3, 17, 4097, 70_000, max][self.below(5) as usize].min(max);
        1 + self.below(max) as usize
    }
}

/// Bytes without a pattern, the same in every run.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    static NOISE: OnceLock<Vec<u8>> = OnceLock::new();
    let noise = NOISE.get_or_init(|| {
        let mut random = Random::new(1);
        (0..2 * WINDOW as u64 / 8 + 100).flat_map(|_| random.below(u64::MAX).to_le_bytes()).collect()
    });
    noise[..len].to_vec()
}

/// The text of another encoder.
pub(crate) fn base64_of(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// As `assert_eq`, but says where two long texts part, and does not print them.
#[track_caller]
pub(crate) fn assert_same(got: &[u8], expected: &[u8], what: impl Display) {
    if got != expected {
        let at = got.iter().zip(expected).take_while(|(got, expected)| got == expected).count();
        let near = |text: &[u8]| String::from_utf8_lossy(&text[at..text.len().min(at + 40)]).into_owned();
        panic!(
            "{what}: {} bytes where {} were expected, parting at {at}: {:?} for {:?}",
            got.len(),
            expected.len(),
            near(got),
            near(expected)
        );
    }
}

/// What is left of a body.
#[track_caller]
pub(crate) fn rest_of(body: &mut Body) -> Vec<u8> {
    let mut rest = Vec::new();
    body.read_to_end(&mut rest).unwrap();
    rest
}

/// The error of this crate that an `io::Error` holds.
#[track_caller]
pub(crate) fn inner(error: &std::io::Error) -> &niello::Error {
    let inner = error.get_ref().unwrap_or_else(|| panic!("{error:?} holds nothing"));
    inner.downcast_ref().unwrap_or_else(|| panic!("{error:?} holds no error of niello"))
}

const JOB: &str = "NIELLO_TEST_JOB";

/// A test that runs itself again in a process of its own gives itself a job there; without one, it is
/// the parent.
pub(crate) fn job() -> Option<String> {
    env::var(JOB).ok()
}

/// The test of this name again, in a process of its own, with a job.
pub(crate) fn process(test: &str, job: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(JOB, job);
    #[cfg(unix)]
    // Whatever the tests were started with: faults as Rust has them, and no core of those that are to die.
    // SAFETY: both calls may be made between fork and exec, and allocate nothing.
    unsafe {
        std::os::unix::process::CommandExt::pre_exec(&mut command, || {
            libc::signal(libc::SIGBUS, libc::SIG_DFL);
            libc::signal(libc::SIGSEGV, libc::SIG_DFL);
            libc::setrlimit(libc::RLIMIT_CORE, &libc::rlimit { rlim_cur: 0, rlim_max: 0 });
            Ok(())
        });
    }
    command
}

/// How a job says that it came to its end: a process that ran no test ends with 0 as well.
pub(crate) const DONE: i32 = 40;
