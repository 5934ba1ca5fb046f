//! The way out: standard output, a device or pipe, or a file that appears when it is whole.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use niello::Body;
use std::{
    fs::{self, File},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

pub fn write(body: Body, file: Option<&Path>) -> Result<(), String> {
    let progress = progress(body.len(), file);
    let written = match file.filter(|file| *file != Path::new("-")) {
        Some(file) => to_file(body, file, &progress),
        None => to_stdout(body, &progress),
    };
    progress.finish_and_clear();
    written
}

/// Shown on standard error if that is a terminal to which the body does not go.
fn progress(len: u64, file: Option<&Path>) -> ProgressBar {
    let shown = io::stderr().is_terminal() && (file.is_some() || !io::stdout().is_terminal());
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = "{wide_bar} {bytes} of {total_bytes}  {bytes_per_sec}  {eta}";
    let progress = ProgressBar::with_draw_target(Some(len), target);
    match ProgressStyle::with_template(style) {
        Ok(style) => progress.with_style(style),
        Err(_) => progress,
    }
}

fn to_stdout(mut body: Body, progress: &ProgressBar) -> Result<(), String> {
    // Past the line buffer of `io::stdout`.
    let stdout = raw_stdout().map_err(|error| format!("cannot write to standard output: {error}"))?;
    match body.write_to(&mut progress.wrap_write(stdout)) {
        // Whoever reads has had enough: no error to them.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map(drop).map_err(|error| whose(error, "standard output")),
    }
}

#[cfg(unix)]
fn raw_stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn raw_stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stdout().as_handle().try_clone_to_owned().map(File::from)
}

/// The message of an error of `write_to`: of the body, which says where, or of the writer.
fn whose(error: io::Error, writer: &str) -> String {
    match error.get_ref().is_some_and(|inner| inner.is::<niello::Error>()) {
        true => error.to_string(),
        false => format!("cannot write to {writer}: {error}"),
    }
}

fn to_file(mut body: Body, file: &Path, progress: &ProgressBar) -> Result<(), String> {
    let failed = |error| whose(error, &file.display().to_string());
    // A link stays one: what it points to is replaced.
    let file: PathBuf = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let there = fs::metadata(&file).ok();
    if there.as_ref().is_some_and(fs::Metadata::is_dir) {
        return Err(failed(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a directory; name a file in it",
        )));
    }
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        let device = File::options().write(true).open(&file).map_err(failed)?;
        return body.write_to(&mut progress.wrap_write(device)).map(drop).map_err(failed);
    }

    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside =
        named_as_usual(tempfile::Builder::new().prefix(".niello-")).tempfile_in(folder).map_err(failed)?;
    if let Some(there) = there {
        beside.as_file().set_permissions(there.permissions()).map_err(failed)?;
    }
    let stop = Stop::listen().map_err(failed)?;
    let written = body.write_to(&mut progress.wrap_write(Stoppable { file: beside.as_file(), stop: &stop }));
    if let Err(error) = written {
        // The file goes first: a signal that stopped the writing ends the process.
        drop(beside);
        stop.end();
        return Err(failed(error));
    }
    beside.persist(&file).map_err(|error| failed(error.error))?;
    Ok(())
}

/// With the permissions that a newly made file has.
fn named_as_usual<'a, 'b, 'c>(
    builder: &'c mut tempfile::Builder<'a, 'b>,
) -> &'c mut tempfile::Builder<'a, 'b> {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// A signal to end, seen between two writes, so that no half of a file is left behind.
struct Stop {
    #[cfg(unix)]
    signals: [(i32, Arc<AtomicBool>); 3],
}

#[cfg(unix)]
impl Stop {
    fn listen() -> io::Result<Stop> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let signals = [SIGHUP, SIGINT, SIGTERM].map(|signal| (signal, Arc::new(AtomicBool::new(false))));
        for (signal, raised) in &signals {
            signal_hook::flag::register(*signal, raised.clone())?;
        }
        Ok(Stop { signals })
    }

    fn raised(&self) -> Option<i32> {
        self.signals.iter().find(|(_, raised)| raised.load(Ordering::Relaxed)).map(|(signal, _)| *signal)
    }

    /// Ends the process as the signal would have, if there was one.
    fn end(&self) {
        if let Some(signal) = self.raised() {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}

#[cfg(not(unix))]
impl Stop {
    fn listen() -> io::Result<Stop> {
        Ok(Stop {})
    }

    fn raised(&self) -> Option<i32> {
        None
    }

    fn end(&self) {}
}

struct Stoppable<'a> {
    file: &'a File,
    stop: &'a Stop,
}

impl Write for Stoppable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.stop.raised() {
            Some(_) => Err(io::Error::other("stopped by a signal")),
            None => self.file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
