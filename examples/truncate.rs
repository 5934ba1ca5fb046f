//! Truncates files at random times while they are mapped and encoded, with every backend, on one thread and
//! on four, and in every second body with the content coding zstd: `cargo run --release --example truncate [COUNT]`. Requires Unix.
//!
//! Exits with 1 if a process died, if a wrong byte was delivered, or if an interrupted body ended in anything
//! but an error of kind `Changed`.

use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{Body, ContentEncoding, ErrorKind, Media, base64::Backend};
use std::{
    env,
    fs::OpenOptions,
    io::{self, Read},
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant, UNIX_EPOCH},
};

/// Set for the processes that read: seed, number of truncations and number of threads.
const JOB: &str = "NIELLO_TRUNCATE";
/// All lengths are multiples of 3, so that the base64 of a shorter file is a prefix of that of a longer one.
const LONGEST: usize = 15 * 1024 * 1024;

fn main() -> ExitCode {
    if let Ok(job) = env::var(JOB) {
        let mut numbers = job.split(' ').map(|number| number.parse().expect("a number"));
        let mut next = || numbers.next().expect("three numbers");
        println!("{}", read_while_truncating(next(), next(), next()));
        return ExitCode::SUCCESS;
    }
    let count: u64 = env::args().nth(1).map_or(1000, |count| count.parse().expect("COUNT is a number"));
    let backends: Vec<_> = Backend::available().collect();
    let each = count.div_ceil(backends.len() as u64 * 2);
    let (mut dead, mut interrupted, mut wrong) = (0, 0, 0);
    println!("backend   threads  truncations  bodies: complete  error  wrong");
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
    // A run without interruptions proves nothing.
    if dead + wrong == 0 && interrupted > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns the numbers of bodies that were delivered completely, that ended with an error, and that were wrong.
fn read_while_truncating(seed: u64, count: u64, threads: u64) -> String {
    let mut random = Random(seed | 1);
    let bytes: Vec<u8> = (0..LONGEST).map(|_| random.next() as u8).collect();
    let base64 = STANDARD.encode(&bytes);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("clip.mp4");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).expect("a file");
    let (mut complete, mut error, mut wrong) = (0, 0, 0);
    std::fs::write(&path, &bytes).expect("written");
    let media = Media::options().mime("video/mp4").open(&path).expect("opened");
    let expected = format!("\"{base64}\"").into_bytes();
    let End::Complete(took) = read(Body::json(&media).expect("a body"), &expected, Random(seed | 1)) else {
        return "0 0 1".to_owned();
    };
    // The time per byte of the last complete body. A truncation happens after up to 1.2 times the expected
    // duration.
    let mut pace = took.div_f64(LONGEST as f64);
    for index in 0..count {
        let len = (1 + random.below(LONGEST as u64 / 3) as usize) * 3;
        std::fs::write(&path, &bytes[..len]).expect("written");
        // An old time, so that a truncation has a later one, however coarse the clock of the file system is.
        // A file that is truncated and extended again within one tick would look unchanged to every program.
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000)).expect("an earlier time");
        let media = Media::options().mime("video/mp4").open(&path).expect("opened");
        let mut body = Body::json(&media).expect("a body");
        let mut expected = format!("\"{}\"", &base64[..len / 3 * 4]).into_bytes();
        if index % 2 == 1 {
            let unchanged = Media::from_bytes(bytes[..len].to_vec(), "video/mp4").expect("media");
            expected.clear();
            coded(&Body::json(&unchanged).expect("a body"))
                .read_to_end(&mut expected)
                .expect("the coded body");
            body = coded(&body);
        }
        let to = truncation(&mut random, len as u64);
        let again = random.below(3) == 0;
        let pause = pace.mul_f64(len as f64).mul_f64(random.below(1200) as f64 / 1000.0);
        let start = Instant::now();
        let ends: Vec<End> = thread::scope(|scope| {
            let readers: Vec<_> = (0..threads)
                .map(|_| {
                    let (body, expected, random) = (body.clone(), &expected, Random(random.next() | 1));
                    scope.spawn(move || read(body, expected, random))
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
                End::Complete(took) => {
                    pace = took.div_f64(len as f64);
                    complete += 1;
                }
                End::Error => error += 1,
                End::Wrong => wrong += 1,
            }
        }
    }
    format!("{complete:>18} {error:>6} {wrong:>6}")
}

/// Returns a length to truncate to: zero, a multiple of the page size, any length, or one byte less.
fn truncation(random: &mut Random, len: u64) -> u64 {
    match random.below(4) {
        0 => 0,
        1 => random.below(len) / 4096 * 4096,
        2 => random.below(len),
        _ => len - 1,
    }
}

enum End {
    Complete(Duration),
    Error,
    Wrong,
}

fn coded(body: &Body) -> Body {
    body.encode(ContentEncoding::Zstd).expect("a coded body")
}

/// Reads the body to its end and compares each byte with `expected`.
fn read(mut body: Body, expected: &[u8], mut random: Random) -> End {
    let start = Instant::now();
    let mut buffer = vec![0; 1 << 20];
    let mut at = 0;
    loop {
        let most = 1 + random.below(buffer.len() as u64) as usize;
        match body.read(&mut buffer[..most]) {
            Ok(0) if at == expected.len() => return End::Complete(start.elapsed()),
            Ok(n) if n > 0 && expected[at..].starts_with(&buffer[..n]) => at += n,
            Err(error) if is_changed(&error) => return End::Error,
            _ => return End::Wrong,
        }
    }
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
