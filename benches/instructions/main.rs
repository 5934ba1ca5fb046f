//! Counts the instructions of the hot paths and compares them with the numbers in `counts.txt`:
//! `cargo run --release -p niello-instructions [-- --write]`.
//!
//! Fails if a count has grown by more than 5%. Counts hardly vary between runs and machines, where times do: valgrind
//! emulates a CPU with AVX2 whatever the machine has. They depend on the compiler and on the C library; after an update
//! of these, or after a change that is meant, write the file again with `--write`.

mod cases;

use std::{
    env,
    fmt::Write as _,
    fs,
    process::{Command, ExitCode},
};

const COUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/counts.txt");

/// The growth that is accepted.
const LIMIT: f64 = 0.05;

/// The difference between two runs, one of which repeats a case this many times more often, is free of what happens
/// once.
const TIMES: u64 = 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *words {
        [] => check(),
        ["--write"] => write(),
        // valgrind runs this program with these arguments.
        [case, times] => cases::run(case, times.parse().expect("a number")),
        _ => panic!("the only argument is --write"),
    }
}

fn write() -> ExitCode {
    let lines = cases::NAMES.iter().fold(String::new(), |mut lines, case| {
        writeln!(lines, "{:9} {case}", count(case)).unwrap();
        lines
    });
    fs::write(COUNTS, &lines).unwrap();
    print!("{lines}");
    ExitCode::SUCCESS
}

fn check() -> ExitCode {
    let counts = fs::read_to_string(COUNTS).unwrap();
    let mut expected =
        counts.lines().map(|line| line.trim_start().split_once(' ').expect("a count and a case"));
    println!("{:>9} {:>9} {:>7}", "expected", "counted", "growth");
    let mut failed = false;
    for case in cases::NAMES {
        let (expected, name) = expected.next().expect("a line for each case; write counts.txt again");
        assert_eq!(name, *case, "the cases have changed; write counts.txt again");
        let (expected, counted) = (expected.parse::<u64>().unwrap(), count(case));
        let growth = counted as f64 / expected as f64 - 1.0;
        println!("{expected:9} {counted:9} {:6.1}% {case}", 100.0 * growth);
        failed |= growth > LIMIT;
    }
    if failed {
        eprintln!(
            "a count has grown by more than {:.0}%; find out why, or accept it with --write",
            100.0 * LIMIT
        );
    }
    ExitCode::from(u8::from(failed))
}

/// Returns the number of instructions that a case takes.
fn count(case: &str) -> u64 {
    (total(case, 1 + TIMES) - total(case, 1)) / TIMES
}

/// Returns the number of instructions of a process that runs a case `times` times.
fn total(case: &str, times: u64) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().unwrap())
        .args([case, &times.to_string()])
        .output()
        .expect("valgrind can be started; install the package valgrind");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{case}: {report}");
    let total = report.lines().find_map(|line| line.split_once("Collected : "));
    total.and_then(|(_, total)| total.trim().parse().ok()).unwrap_or_else(|| panic!("no count in {report}"))
}
