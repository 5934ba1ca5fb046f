//! Stops writing when a signal asks the process to end, so that no partial file is left behind.

#[cfg(unix)]
use std::{fs, thread};
use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Records the signals that ask the process to end, instead of ending it.
pub struct Signals {
    received: Vec<(i32, Arc<AtomicBool>)>,
}

impl Signals {
    #[cfg(unix)]
    pub fn listen() -> io::Result<Signals> {
        let received = ending().map(|signal| Ok((signal, flag(signal)?))).collect::<io::Result<_>>()?;
        Ok(Signals { received })
    }

    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Signals> {
        Ok(Signals { received: Vec::new() })
    }

    /// Returns a signal that has been received.
    pub fn received(&self) -> Option<i32> {
        self.received.iter().find(|(_, flag)| flag.load(Ordering::Relaxed)).map(|(signal, _)| *signal)
    }

    /// Wraps a writer so that its writes fail once a signal has been received.
    pub fn interrupt<W: Write>(&self, writer: W) -> impl Write {
        Interruptible { writer, signals: self }
    }

    /// Ends the process as the received signal would have. Returns if no signal was received.
    pub fn end_process(&self) {
        #[cfg(unix)]
        if let Some(signal) = self.received() {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}

/// Calls `clean_up` when a signal asks the process to end, which then ends as the signal would have ended it.
///
/// Unlike [`Signals`], this also works while the process waits for input.
#[cfg(unix)]
pub fn before_the_end(clean_up: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let ending: Vec<_> = ending().collect();
    for signal in &ending {
        flag(*signal)?;
    }
    let mut received = signal_hook::iterator::Signals::new(ending)?;
    thread::Builder::new().spawn(move || {
        if let Some(signal) = received.forever().next() {
            clean_up();
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    })?;
    Ok(())
}

#[cfg(not(unix))]
pub fn before_the_end(_: impl FnOnce() + Send + 'static) -> io::Result<()> {
    Ok(())
}

/// Returns the signals that ask the process to end, except those that it was started to ignore.
#[cfg(unix)]
fn ending() -> impl Iterator<Item = i32> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
    let ignored = ignored_at_start();
    [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU]
        .into_iter()
        .filter(move |signal| ignored & 1 << (signal - 1) == 0)
}

/// Returns a flag that a signal sets. A second signal ends the process at once, in case a write never returns.
#[cfg(unix)]
fn flag(signal: i32) -> io::Result<Arc<AtomicBool>> {
    use signal_hook::flag;
    let flag = Arc::new(AtomicBool::new(false));
    flag::register_conditional_default(signal, flag.clone())?;
    flag::register(signal, flag.clone())?;
    Ok(flag)
}

/// Makes writes beyond the file size limit (`ulimit -f`) fail, as they do on a full disk, instead of ending
/// the process.
#[cfg(unix)]
pub fn ignore_file_size_signal() {
    // Any handler will do. If it cannot be installed, the signal ends the process, as it does by default.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

#[cfg(not(unix))]
pub fn ignore_file_size_signal() {}

/// Returns the signals that the process was started to ignore, for example by `nohup`, as a mask in which
/// signal 1 is the lowest bit. They stay ignored.
///
/// Only Linux has a way to ask without unsafe code; elsewhere the mask is 0.
#[cfg(unix)]
fn ignored_at_start() -> u64 {
    let status = fs::read("/proc/self/status").unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

struct Interruptible<'a, W> {
    writer: W,
    signals: &'a Signals,
}

impl<W: Write> Write for Interruptible<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.signals.received() {
            Some(_) => Err(io::Error::other("interrupted by a signal")),
            None => self.writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
