//! Runs a command with its output to /dev/null and prints its cost as JSON: `measure COMMAND ARGUMENT...`. With
//! `measure --pipe COMMAND ARGUMENT...`, the output goes to a pipe, which this program reads in parts of 1 MiB. Unix.
//!
//! The scripts in this folder measure everything with it. They could ask the system themselves, but a new
//! process inherits the peak memory of the process that started it, and the peak of an interpreter is larger
//! than most of what is measured here.

fn main() {
    #[cfg(unix)]
    unix::main();
}

#[cfg(unix)]
mod unix {
    use std::{
        env,
        io::Read,
        mem,
        process::{Command, Stdio},
        time::Instant,
    };

    pub fn main() {
        let mut words = env::args_os().skip(1).filter(|word| word != "--bench").peekable();
        let is_piped = words.next_if(|word| word == "--pipe").is_some();
        let Some(program) = words.next() else {
            return println!("usage: measure [--pipe] COMMAND ARGUMENT...");
        };
        let output = if is_piped { Stdio::piped() } else { Stdio::null() };
        let mut buffer = vec![0; 1 << 20];
        let start = Instant::now();
        #[expect(clippy::zombie_processes, reason = "`wait4` waits for it")]
        let mut child = Command::new(program).args(words).stdout(output).spawn().unwrap();
        if let Some(mut pipe) = child.stdout.take() {
            while pipe.read(&mut buffer).unwrap() > 0 {}
        }
        let mut status = 0;
        // SAFETY: all-zero bytes are a valid `rusage`. The call writes to `status` and `usage`, which both
        // outlive it.
        let (waited, usage) = unsafe {
            let mut usage: libc::rusage = mem::zeroed();
            (libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage), usage)
        };
        let wall = start.elapsed().as_secs_f64();
        assert_eq!(waited, child.id() as libc::pid_t);
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        // Linux reports the peak in KiB, macOS in bytes.
        let peak = usage.ru_maxrss * if cfg!(target_os = "macos") { 1 } else { 1024 };
        println!(
            r#"{{"wall":{wall},"user":{},"system":{},"peak":{peak},"minor_faults":{},"major_faults":{},"status":{status}}}"#,
            seconds(usage.ru_utime),
            seconds(usage.ru_stime),
            usage.ru_minflt,
            usage.ru_majflt,
        );
    }
}
