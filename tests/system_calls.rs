//! The number of system calls with which a body is read.
#![cfg(target_os = "linux")]

mod common;

use common::{DONE, Origin, job, noise, process};
use niello::Body;
use std::{
    fs,
    io::{Read, Seek, SeekFrom},
    process::{Command, Stdio, exit},
};

const MEDIA: usize = 8 << 20;

/// Reads a body to its end in pulls or chunks of `len` bytes, each of which begins and ends within a base64 group, and
/// returns their number.
fn pull(origin: Origin, interface: &str, len: usize) -> u64 {
    let media = origin.media(&noise(MEDIA));
    let mut body = Body::json(&("the clip", &media)).unwrap();
    body.seek(SeekFrom::Start(1001)).unwrap();
    let pulls = body.remaining() / len as u64;
    // Only the calls between this one and the last one are counted.
    fs::metadata(BEGIN).unwrap_err();
    match interface {
        "read" => {
            let mut buffer = vec![0; len];
            (0..pulls).for_each(|_| body.read_exact(&mut buffer).unwrap());
        }
        "chunks" => {
            let chunks = body.with_chunk_len(len).chunks().take(pulls as usize);
            chunks.for_each(|chunk| assert_eq!(chunk.unwrap().len(), len));
        }
        interface => unreachable!("{interface}"),
    }
    fs::metadata(END).unwrap_err();
    pulls
}

const BEGIN: &str = "/niello-begins-to-read";
const END: &str = "/niello-has-read";

/// One `statx` after the bytes are made and before they are delivered shows a change.
#[test]
fn a_pull_checks_the_file_once_and_reads_only_what_is_not_mapped() {
    const TEST: &str = "a_pull_checks_the_file_once_and_reads_only_what_is_not_mapped";
    if let Some(job) = job() {
        let mut words = job.split(' ');
        let mut next = || words.next().unwrap();
        let origin = if next() == "map" { Origin::Map } else { Origin::Read };
        pull(origin, next(), next().parse().unwrap());
        exit(DONE);
    }
    if !Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success())
    {
        eprintln!("strace is not installed, or may not trace here: skipped");
        return;
    }
    for (origin, reads_per_pull) in [("map", 0), ("read", 1)] {
        for interface in ["read", "chunks"] {
            for len in [8 << 10, 16 << 10, 64 << 10, 256 << 10] {
                let job = format!("{origin} {interface} {len}");
                let calls = calls(process(TEST, &job));
                let pulls = (MEDIA as u64).div_ceil(3) * 4 / len as u64 - 1;
                let count = |name: &str| calls.iter().filter(|call| *call == name).count() as u64;
                // A pull across the end of a window of the mapping, or of a step of reading, has two parts.
                let borders = MEDIA as u64 / (768 << 10) + 1;
                let around =
                    |count: u64, each: u64| (each * pulls..=each * (pulls + borders)).contains(&count);
                assert!(around(count("statx"), 1), "{job}: {} statx in {pulls} pulls", count("statx"));
                assert!(
                    around(count("pread64"), reads_per_pull),
                    "{job}: {} pread64 in {pulls} pulls",
                    count("pread64")
                );
            }
        }
    }
}

/// Runs a command and returns the names of the system calls between the two marks.
fn calls(command: Command) -> Vec<String> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "trace=statx,pread64", "-o"]).arg(log.path());
    strace.arg(command.get_program()).args(command.get_args());
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdout(Stdio::null());
    assert_eq!(strace.status().unwrap().code(), Some(DONE));
    let log = fs::read_to_string(log.path()).unwrap();
    let lines = log.lines().skip_while(|line| !line.contains(BEGIN)).skip(1);
    let lines = lines.take_while(|line| !line.contains(END));
    // Each line is "PID name(arguments...) = result".
    lines
        .filter_map(|line| Some(line.split_once(' ')?.1.trim_start().split_once('(')?.0.to_owned()))
        .collect()
}
