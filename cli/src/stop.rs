//! Signals to end, seen between two writes, so that no half of a file is left behind.

#[cfg(unix)]
use std::fs;
use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// What listens for them.
pub struct Stop {
    signals: Vec<(i32, Arc<AtomicBool>)>,
}

impl Stop {
    #[cfg(unix)]
    pub fn listen() -> io::Result<Stop> {
        use signal_hook::{
            consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU},
            flag,
        };
        let ignored = ignored();
        let mut signals = Vec::new();
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU] {
            if ignored & 1 << (signal - 1) == 0 {
                let raised = Arc::new(AtomicBool::new(false));
                // The second one ends the process at once: a disk may hang.
                flag::register_conditional_default(signal, raised.clone())?;
                flag::register(signal, raised.clone())?;
                signals.push((signal, raised));
            }
        }
        Ok(Stop { signals })
    }

    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Stop> {
        Ok(Stop { signals: Vec::new() })
    }

    pub fn raised(&self) -> Option<i32> {
        self.signals.iter().find(|(_, raised)| raised.load(Ordering::Relaxed)).map(|(signal, _)| *signal)
    }

    /// A writer that takes nothing more after a signal.
    pub fn over<W: Write>(&self, writer: W) -> impl Write {
        Stoppable { writer, stop: self }
    }

    /// Ends the process as the signal would have, if there was one.
    pub fn end(&self) {
        #[cfg(unix)]
        if let Some(signal) = self.raised() {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}

/// Lets a write over the limit on the size of files fail, as one to a full disk does, where its signal would end the
/// process.
#[cfg(unix)]
pub fn let_writes_fail() {
    // Any handler will do. Without one, it is as it was.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

#[cfg(not(unix))]
pub fn let_writes_fail() {}

/// The signals that this process was started to ignore, as `nohup` does, and is to go on ignoring; signal 1 is
/// the lowest bit. Only Linux says it without an unsafe call.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = fs::read("/proc/self/status").unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

struct Stoppable<'a, W> {
    writer: W,
    stop: &'a Stop,
}

impl<W: Write> Write for Stoppable<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.stop.raised() {
            Some(_) => Err(io::Error::other("stopped by a signal")),
            None => self.writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
