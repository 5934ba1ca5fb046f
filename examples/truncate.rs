//! Truncates files at random times while mapped media of them are encoded, with every backend, on one thread and
//! on four: `cargo run --release --example truncate [COUNT]`. Unix.
//!
//! No process may die, no wrong byte be handed on, and no interrupted body end in anything but an error of
//! kind `Changed`; else it ends with 1.

use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{Body, ErrorKind, Media, base64::Backend};
use std::{
    env,
    fs::OpenOptions,
    io::{self, Read},
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant, UNIX_EPOCH},
};

/// Set for a process that is a victim: seed, count and number of threads.
const JOB: &str = "NIELLO_TRUNCATE";
/// A multiple of 3, and so are all lengths: the text of a shorter file is the front of that of a longer one.
const LONGEST: usize = 15 * 1024 * 1024;

fn main() -> ExitCode {
    if let Ok(job) = env::var(JOB) {
        let mut numbers = job.split(' ').map(|number| number.parse().expect("a number"));
        let mut next = || numbers.next().expect("three numbers");
        println!("{}", victim(next(), next(), next()));
        return ExitCode::SUCCESS;
    }
    let count: u64 = env::args().nth(1).map_or(1000, |count| count.parse().expect("COUNT is a number"));
    let backends: Vec<_> = Backend::available().collect();
    let each = count.div_ceil(backends.len() as u64 * 2);
    let (mut dead, mut interrupted, mut wrong) = (0, 0, 0);
    println!("backend   threads  truncations  bodies: whole  error  wrong");
    for backend in backends {
        for threads in [1, 4] {
            let mut command = Command::new(env::current_exe().expect("this program"));
            command.env("NIELLO_BACKEND", backend.name()).env(JOB, format!("{each} {each} {threads}"));
            let output = command.stderr(Stdio::inherit()).output().expect("a process");
            let said = String::from_utf8_lossy(&output.stdout);
            let bodies: Vec<u64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
            match bodies[..] {
                [_, error, bad] if output.status.success() => {
                    println!("{:<9} {threads:>7} {each:>12} {}", backend.name(), said.trim_end());
                    interrupted += error;
                    wrong += bad;
                }
                _ => {
                    println!("{:<9} {threads:>7} {each:>12}  died: {}", backend.name(), output.status);
                    dead += 1;
                }
            }
        }
    }
    println!("{dead} processes died, {wrong} wrong bodies");
    // One that interrupts nothing has shown nothing.
    if dead + wrong == 0 && interrupted > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The counts of bodies that were delivered whole, that ended in an error, and that were wrong.
fn victim(seed: u64, count: u64, threads: u64) -> String {
    let mut random = Random(seed | 1);
    let bytes: Vec<u8> = (0..LONGEST).map(|_| random.next() as u8).collect();
    let text = STANDARD.encode(&bytes);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("clip.mp4");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).expect("a file");
    let (mut whole, mut error, mut wrong) = (0, 0, 0);
    // How long the last whole body took, by its length: a truncation waits for up to a fifth longer.
    std::fs::write(&path, &bytes).expect("written");
    let media = Media::options().mime("video/mp4").open(&path).expect("opened");
    let End::Whole(took) = read(Body::json(&media).expect("a body"), text.as_bytes(), Random(seed | 1))
    else {
        return "0 0 1".to_owned();
    };
    let mut pace = took.div_f64(LONGEST as f64);
    for _ in 0..count {
        let len = (1 + random.below(LONGEST as u64 / 3) as usize) * 3;
        std::fs::write(&path, &bytes[..len]).expect("written");
        // Long ago, so that a truncation is a later time, however coarse the clock of the file system is: with it put
        // back to its length within a tick, no program could see it.
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000)).expect("an earlier time");
        let media = Media::options().mime("video/mp4").open(&path).expect("opened");
        let body = Body::json(&media).expect("a body");
        let to = truncation(&mut random, len as u64);
        let again = random.below(3) == 0;
        let pause = pace.mul_f64(len as f64).mul_f64(random.below(1200) as f64 / 1000.0);
        let start = Instant::now();
        let ends: Vec<End> = thread::scope(|scope| {
            let readers: Vec<_> = (0..threads)
                .map(|_| {
                    let (body, text, random) =
                        (body.clone(), &text.as_bytes()[..len / 3 * 4], Random(random.next() | 1));
                    scope.spawn(move || read(body, text, random))
                })
                .collect();
            while start.elapsed() < pause {
                std::hint::spin_loop();
            }
            file.set_len(to).expect("truncated");
            if again {
                file.set_len(len as u64).expect("extended again");
            }
            readers.into_iter().map(|reader| reader.join().unwrap_or(End::Wrong)).collect()
        });
        for end in &ends {
            match end {
                End::Whole(took) => {
                    pace = took.div_f64(len as f64);
                    whole += 1;
                }
                End::Error => error += 1,
                End::Wrong => wrong += 1,
            }
        }
    }
    format!("{whole:>15} {error:>6} {wrong:>6}")
}

/// A length to truncate to: zero, a page's border, within a page, just short.
fn truncation(random: &mut Random, len: u64) -> u64 {
    match random.below(4) {
        0 => 0,
        1 => random.below(len) / 4096 * 4096,
        2 => random.below(len),
        _ => len - 1,
    }
}

enum End {
    Whole(Duration),
    Error,
    Wrong,
}

/// Pulls the body to its end, and holds each byte against `text`.
fn read(mut body: Body, text: &[u8], mut random: Random) -> End {
    let start = Instant::now();
    let mut buffer = vec![0; 1 << 20];
    let mut at = 0;
    loop {
        let most = 1 + random.below(buffer.len() as u64) as usize;
        match body.read(&mut buffer[..most]) {
            Ok(0) if at == text.len() + 2 => return End::Whole(start.elapsed()),
            Ok(n) if n > 0 && is_text(&buffer[..n], at, text) => at += n,
            Err(error) if is_changed(&error) => return End::Error,
            _ => return End::Wrong,
        }
    }
}

/// Whether these are the bytes from `at` on of the text in quotes.
fn is_text(bytes: &[u8], at: usize, text: &[u8]) -> bool {
    let quote = |at| at == 0 || at == text.len() + 1;
    let (first, last) = (at, at + bytes.len() - 1);
    let (start, end) = (usize::from(quote(first)), bytes.len() - usize::from(quote(last) && last > 0));
    last < text.len() + 2
        && (start == 0 || bytes[0] == b'"')
        && (end == bytes.len() || bytes[end] == b'"')
        && (start >= end || bytes[start..end] == text[at + start - 1..at + end - 1])
}

fn is_changed(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<niello::Error>());
    inner.is_some_and(|error| error.kind() == ErrorKind::Changed)
}

/// xorshift64*
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
