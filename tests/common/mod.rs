//! Helpers of the integration tests. Each test file is its own crate and uses only some of them.
#![allow(dead_code)]

#[cfg(unix)]
pub(crate) mod victim;

use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{Access, Body, Media};
use std::{
    env,
    fmt::Display,
    fs::File,
    io::{Read, Write},
    path::PathBuf,
    process::Command,
    sync::OnceLock,
};
use tempfile::{NamedTempFile, TempDir};

/// The maximum number of bytes per read of a file, and the window of a mapped file.
pub(crate) const STEP: usize = 768 * 1024;
pub(crate) const WINDOW: usize = 6 * 1024 * 1024;

/// Lengths around the ends of base64 groups, the stack buffer (51 bytes) and 16-bit counts.
pub(crate) const SIZES: [usize; 14] = [0, 1, 2, 3, 4, 5, 50, 51, 52, 57, 58, 65535, 65536, 65537];

/// Where the bytes of media come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Origin {
    Map,
    Read,
    Bytes,
}

impl Origin {
    pub(crate) const ALL: [Origin; 3] = [Origin::Map, Origin::Read, Origin::Bytes];

    /// Returns media of type `video/mp4` with these bytes. If it is a file, it is already unlinked.
    pub(crate) fn media(self, bytes: &[u8]) -> Media {
        let access = match self {
            Origin::Map => Access::Map,
            Origin::Read => Access::Read,
            Origin::Bytes => return Media::from_bytes(bytes.to_vec(), "video/mp4").unwrap(),
        };
        let mut file = NamedTempFile::new_in(folder_of_files()).unwrap();
        file.write_all(bytes).unwrap();
        Media::options().mime("video/mp4").access(access).open(file.path()).unwrap()
    }
}

/// Creates a temporary folder.
pub(crate) fn scratch() -> TempDir {
    TempDir::new_in(folder_of_files()).unwrap()
}

/// Creates a temporary file that has no name.
pub(crate) fn unnamed_file() -> File {
    tempfile::tempfile_in(folder_of_files()).unwrap()
}

/// Returns the folder of `TMPDIR`, to test other file systems. By default files are on disk, not in `/tmp`, which may be
/// in memory.
fn folder_of_files() -> PathBuf {
    env::var_os("TMPDIR").unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into()).into()
}

/// Creates a temporary folder on disk, whatever `TMPDIR` says. In memory, files would count as memory.
pub(crate) fn scratch_on_disk() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Pseudorandom numbers, the same in every run (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number less than `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }

    /// Returns a length from 1 to `max` that is usually small.
    pub(crate) fn length(&mut self, max: u64) -> usize {
        let max = [3, 17, 4097, 70_000, max][self.below(5) as usize].min(max);
        1 + self.below(max) as usize
    }
}

/// Returns pseudorandom bytes, the same in every run.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    static NOISE: OnceLock<Vec<u8>> = OnceLock::new();
    let noise = NOISE.get_or_init(|| {
        let mut random = Random::new(1);
        (0..2 * WINDOW as u64 / 8 + 100).flat_map(|_| random.below(u64::MAX).to_le_bytes()).collect()
    });
    noise[..len].to_vec()
}

/// Returns the base64 of `bytes` from another implementation.
pub(crate) fn base64_of(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Like `assert_eq!`, but reports where two long byte strings differ instead of printing them.
#[track_caller]
pub(crate) fn assert_same(got: &[u8], expected: &[u8], what: impl Display) {
    if got != expected {
        let at = got.iter().zip(expected).take_while(|(got, expected)| got == expected).count();
        let near = |bytes: &[u8]| String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 40)]).into_owned();
        panic!(
            "{what}: got {} bytes and expected {}, which differ at {at}: got {:?}, expected {:?}",
            got.len(),
            expected.len(),
            near(got),
            near(expected)
        );
    }
}

/// Reads the rest of a body.
#[track_caller]
pub(crate) fn rest_of(body: &mut Body) -> Vec<u8> {
    let mut rest = Vec::new();
    body.read_to_end(&mut rest).unwrap();
    rest
}

/// Returns the niello error inside an `io::Error`.
#[track_caller]
pub(crate) fn inner(error: &std::io::Error) -> &niello::Error {
    let inner = error.get_ref().unwrap_or_else(|| panic!("{error:?} contains no error"));
    inner.downcast_ref().unwrap_or_else(|| panic!("{error:?} contains no error of niello"))
}

const JOB: &str = "NIELLO_TEST_JOB";

/// Returns the job of a test that runs itself again in its own process, or `None` in the parent process.
pub(crate) fn job() -> Option<String> {
    env::var(JOB).ok()
}

/// The program that runs tests on this platform, and its arguments, if the system cannot start them by itself.
const RUNNER: &str = "NIELLO_TEST_RUNNER";

/// Returns a command that runs the test `test` again in its own process, with a job.
pub(crate) fn process(test: &str, job: &str) -> Command {
    let test_program = env::current_exe().unwrap();
    let runner = env::var(RUNNER).unwrap_or_default();
    let mut runner = runner.split_whitespace();
    let mut command = match runner.next() {
        None => Command::new(test_program),
        Some(program) => {
            let mut command = Command::new(program);
            command.args(runner).arg(test_program);
            command
        }
    };
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(JOB, job);
    #[cfg(unix)]
    // Restores Rust's defaults for faults, whatever the parent was started with, and writes no core dumps for
    // processes that are expected to die.
    // SAFETY: these calls are allowed between fork and exec, and allocate nothing.
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

/// The exit code of a job that came to its end. Not 0, because a process that ran no test exits with 0.
pub(crate) const DONE: i32 = 40;
