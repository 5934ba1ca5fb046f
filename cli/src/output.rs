//! The way out: standard output, a device or pipe, or a file that appears when it is whole.
//!
//! A body is written as it is; what is for people is printed, with styles on a terminal.

use super::{
    descriptor::{appends, descriptor, is_stdin},
    stop::Stop,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use niello::{Body, Segment};
use same_file::Handle;
use std::{
    fs::{self, File},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// Prints what is for people. Styles in it are for a terminal, and not for every one: see <https://no-color.org>.
pub fn print(text: &str) -> Result<(), String> {
    match anstream::stdout().lock().write_all(text.as_bytes()) {
        // Whoever reads has had enough: no error to them.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(whose(error, Path::new(STANDARD_OUTPUT)))
        }
        _ => Ok(()),
    }
}

const STANDARD_OUTPUT: &str = "/dev/stdout";

/// Writes the body to where it goes without a file: nobody reads megabytes of base64 on a terminal.
pub fn write_to_standard_output(body: Body) -> Result<(), String> {
    if !io::stdout().is_terminal() {
        return write(body, Path::new(STANDARD_OUTPUT));
    }
    if body.segments().any(|(_, segment)| matches!(segment, Segment::Base64(_))) {
        return Err(format!(
            "the body is {} bytes with media in base64, nothing for a terminal: write it to a file with -o, or look at it with --preview (-o - writes it here all the same)",
            body.len()
        ));
    }
    write(body, Path::new(STANDARD_OUTPUT))?;
    print("\n")
}

/// Refuses to put the body where a file stands that it is made of, whatever names the two have.
pub fn spare<'a>(file: &Path, mut sources: impl Iterator<Item = &'a Path>) -> Result<(), String> {
    // A device or a pipe loses nothing, and waits for whoever opens it.
    let is_file = |path: &Path| fs::metadata(path).is_ok_and(|there| there.is_file());
    let handle = |path: &Path| match is_stdin(path) {
        true => Handle::stdin().ok(),
        false => is_file(path).then(|| Handle::from_path(path).ok()).flatten(),
    };
    match handle(file).is_some_and(|there| sources.any(|source| handle(source).is_some_and(|it| it == there)))
    {
        true => {
            Err(format!("-o {} would replace a file that the body is made of; name another", file.display()))
        }
        false => Ok(()),
    }
}

/// Writes the body to a file, or to standard output for `-`.
pub fn write(mut body: Body, file: &Path) -> Result<(), String> {
    let file = if file == Path::new("-") { Path::new(STANDARD_OUTPUT) } else { file };
    let failed = |error| whose(error, file);
    let file = follow(file.to_owned());
    match open_as_it_is(&file).map_err(failed)? {
        Some(out) => match copy(&mut body, &out, &out) {
            // Whoever reads has had enough: no error to them.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(failed),
        },
        None => replace(body, &file).map_err(failed),
    }
}

/// The message of an error of `write_to`: of the body, which says where, or of the writer.
fn whose(error: io::Error, file: &Path) -> String {
    let writer = match descriptor(file) {
        Some(1) => "standard output".to_owned(),
        Some(2) => "standard error".to_owned(),
        _ => file.display().to_string(),
    };
    match error.get_ref().is_some_and(|inner| inner.is::<niello::Error>()) {
        true => error.to_string(),
        false => format!("cannot write to {writer}: {error}"),
    }
}

/// Writes the body with a progress bar, on a standard error that is a terminal to which the body does not go.
fn copy(body: &mut Body, to: impl Write, out: &File) -> io::Result<()> {
    let shown = io::stderr().is_terminal() && !out.is_terminal();
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = "{wide_bar} {bytes} of {total_bytes}  {bytes_per_sec}  {eta}";
    let mut progress = ProgressBar::with_draw_target(Some(body.len()), target);
    if let Ok(style) = ProgressStyle::with_template(style) {
        progress = progress.with_style(style);
    }
    let written = body.write_to(&mut progress.wrap_write(to));
    progress.finish_and_clear();
    written.map(drop)
}

/// Where a link leads, whether there is something or not: that is written, and the link stays.
fn follow(mut file: PathBuf) -> PathBuf {
    // As many as Linux follows; of a loop, what comes next says so.
    for _ in 0..40 {
        match fs::read_link(&file) {
            Ok(to) if !is_open(&file) => {
                file.pop();
                file.push(to);
            }
            _ => break,
        }
    }
    file
}

/// Whether a path names what a process has open. If that is a file, what else is in it is not ours.
fn is_open(file: &Path) -> bool {
    descriptor(file).is_some() || file.starts_with("/proc")
}

/// What is written to directly: what is open already, a device, a pipe. None for a file, there or not.
fn open_as_it_is(file: &Path) -> io::Result<Option<File>> {
    match descriptor(file) {
        Some(1) => return standard(io::stdout()).map(Some),
        Some(2) => return standard(io::stderr()).map(Some),
        // Opened anew, it has no place in common with what is open: only the end of a file is a safe one.
        fd if is_open(file) && fs::metadata(file)?.is_file() && !fd.is_some_and(appends) => {
            return Err(io::Error::other(
                "it is open at some place in it, not at its end; name the file itself",
            ));
        }
        _ if is_open(file) => return File::options().append(true).open(file).map(Some),
        _ => {}
    }
    match fs::metadata(file) {
        _ if file.as_os_str().as_encoded_bytes().ends_with(b"/") => {
            Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; name a file in it"))
        }
        Ok(there) if there.is_dir() => {
            Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; name a file in it"))
        }
        Ok(there) if !there.is_file() => File::options().write(true).open(file).map(Some),
        _ => Ok(None),
    }
}

/// Past the line buffer that `io::stdout` has.
#[cfg(unix)]
fn standard(stream: impl std::os::fd::AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn standard(stream: impl std::os::windows::io::AsHandle) -> io::Result<File> {
    stream.as_handle().try_clone_to_owned().map(File::from)
}

/// Writes a file beside the one that is named, which it replaces when it is whole.
fn replace(mut body: Body, file: &Path) -> io::Result<()> {
    // A rename asks for the rights of the folder only.
    let there = match File::options().write(true).open(file) {
        Ok(there) => Some(there.metadata()?.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(says(&error, format!("{error}; make it writable, or name another file")));
        }
        Err(error) => return Err(error),
    };
    // From here on a signal finds a file to take away.
    let stop = Stop::listen()?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = named_as_usual(tempfile::Builder::new().prefix(".niello-")).tempfile_in(folder);
    let beside = beside.map_err(|error| beside_failed(&error, folder))?;
    if let Some(permissions) = there {
        beside.as_file().set_permissions(permissions)?;
    }
    let written = copy(&mut body, stop.over(beside.as_file()), beside.as_file());
    if stop.raised().is_some() {
        // The file goes first: this ends the process.
        drop(beside);
        stop.end();
        return written;
    }
    written?;
    // A signal that comes now finds the file whole.
    beside.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Without the name of the file that nobody named.
fn beside_failed(error: &io::Error, folder: &Path) -> io::Error {
    let folder = folder.display();
    let message = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no folder {folder}; make it first"),
        _ => {
            format!("cannot make a file in {folder}: {}; name another folder", io::Error::from(error.kind()))
        }
    };
    says(error, message)
}

fn says(error: &io::Error, message: String) -> io::Error {
    io::Error::new(error.kind(), message)
}

/// With the permissions that a newly made file has.
fn named_as_usual<'a, 'b, 'c>(
    builder: &'c mut tempfile::Builder<'a, 'b>,
) -> &'c mut tempfile::Builder<'a, 'b> {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}
