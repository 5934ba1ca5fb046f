//! Writes a body to standard output, to a device or pipe, or to a file that appears only when it is complete.
//!
//! Bodies are written verbatim. Everything meant for people goes through [`print()`].

use crate::{
    descriptor::{appends, descriptor, is_stdin},
    escape::{shorten, shorten_to},
    progress::Progress,
    signals::Signals,
};
use anyhow::{Result, anyhow, bail, ensure};
use niello::{Body, ContentEncoding, Segment};
use same_file::Handle;
use std::{
    fs::{self, File},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

const STDOUT: &str = "/dev/stdout";

/// Prints text to standard output. Styles are removed unless it is a terminal that shows them
/// (<https://no-color.org>).
pub fn print(text: &str) -> Result<()> {
    let printed = anstream::stdout().lock().write_all(text.as_bytes());
    allow_closed_pipe(printed).map_err(|error| write_error(&error, Path::new(STDOUT)))
}

/// Writes the body to standard output, unless that would show base64 on a terminal.
pub fn write_to_stdout(body: Body) -> Result<()> {
    let stdout = Path::new(STDOUT);
    if !io::stdout().is_terminal() {
        return write_to(body, stdout);
    }
    if body.segments().any(|(_, segment)| !matches!(segment, Segment::Text(_))) {
        let content = match body.content_encoding() {
            ContentEncoding::Identity => "contains media, which".to_owned(),
            encoding => format!("is coded as {encoding}, which"),
        };
        bail!(
            "the body has {} bytes and {content} is not written to a terminal; \
             use -o FILE or --preview, or -o - to write it anyway",
            body.len()
        );
    }
    write_to(body, stdout)?;
    print("\n")
}

/// Writes the body to a file, or to standard output for `-`.
pub fn write_to(mut body: Body, file: &Path) -> Result<()> {
    let written = match target(file) {
        Ok(Target::InPlace(out)) => {
            #[cfg(target_os = "linux")]
            if body.len() > PIPE_LEN as u64 {
                enlarge_pipe(&out);
            }
            allow_closed_pipe(copy(&mut body, &out, &out))
        }
        Ok(Target::New(target)) => replace(body, &target),
        Err(error) => Err(error),
    };
    written.map_err(|error| write_error(&error, file))
}

/// Writes text to what [`target`] opened, and keeps the error of a pipe whose reader has closed it.
pub fn write_text(out: &mut File, file: Option<&Path>, text: &str) -> Result<()> {
    out.write_all(text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => error.into(),
        _ => write_error(&error, file.unwrap_or(Path::new(STDOUT))),
    })
}

/// Returns `true` for the error of a pipe whose reader has closed it.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Where output goes.
pub enum Target {
    /// An open file, a device or a pipe.
    InPlace(File),
    /// The path of a regular file, which may exist. It is to be replaced when the output is complete.
    New(PathBuf),
}

/// Finds out where the output to a file goes; `-` is standard output.
pub fn target(file: &Path) -> io::Result<Target> {
    let file = if file == Path::new("-") { Path::new(STDOUT) } else { file };
    let target = resolve_links(file.to_owned());
    Ok(open_in_place(&target)?.map_or(Target::New(target), Target::InPlace))
}

/// What a pipe holds after [`enlarge_pipe`].
#[cfg(target_os = "linux")]
const PIPE_LEN: usize = 1 << 20;

/// Enlarges a pipe from the 64 KiB that it has by default to 1 MiB, the default limit of Linux, so that writer and reader wait
/// for each other less often.
///
/// Errors are ignored: other files have no such size, and a user's pipes may have reached their limit (pipe(7)).
#[cfg(target_os = "linux")]
fn enlarge_pipe(file: &File) {
    use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size};
    if fcntl_getpipe_size(file).is_ok_and(|len| len == 64 << 10) {
        _ = fcntl_setpipe_size(file, PIPE_LEN);
    }
}

/// Fails if the output file is one of the files that the body is made from, under whatever name.
pub fn check_not_an_input(file: &Path, inputs: &[&Path], body: &Body) -> Result<()> {
    let Some(output) = handle(file) else { return Ok(()) };
    let media = body.segments().filter_map(|(_, segment)| match segment {
        Segment::Base64(media) => Some(Path::new(media.name())),
        _ => None,
    });
    let is_input = inputs.iter().copied().chain(media).any(|input| handle(input).as_ref() == Some(&output));
    ensure!(
        !is_input,
        "-o {} would overwrite a file that the body is made from; choose another name",
        shorten(&file.display().to_string())
    );
    Ok(())
}

/// Returns `true` if two paths, of which `-` is standard input, name the same regular file.
pub fn is_same(a: &Path, b: &Path) -> bool {
    handle(a).is_some_and(|a| handle(b) == Some(a))
}

/// Opens a regular file to compare it. Others are not compared: writing to a device or a pipe destroys nothing, and
/// opening one may block.
fn handle(path: &Path) -> Option<Handle> {
    match is_stdin(path) {
        true => Handle::stdin().ok(),
        false if fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) => Handle::from_path(path).ok(),
        false => None,
    }
}

/// Treats it as success if the reader of a pipe has closed it.
fn allow_closed_pipe(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Describes an error from `Body::write_to`, which comes either from the body or from the writer.
pub fn write_error(error: &io::Error, file: &Path) -> anyhow::Error {
    if error.get_ref().is_some_and(|inner| inner.is::<niello::Error>()) {
        // It names the media file.
        return anyhow!("{error}");
    }
    match descriptor(file) {
        _ if file == Path::new("-") => anyhow!("cannot write to standard output: {error}"),
        Some(1) => anyhow!("cannot write to standard output: {error}"),
        Some(2) => anyhow!("cannot write to standard error: {error}"),
        _ => anyhow!("cannot write to {}: {error}", shorten(&file.display().to_string())),
    }
}

/// Writes the body, with a progress bar if standard error is a terminal and the body does not go to one.
fn copy(body: &mut Body, mut writer: impl Write, out: &File) -> io::Result<()> {
    if !io::stderr().is_terminal() || out.is_terminal() {
        return body.write_to(&mut writer).map(drop);
    }
    let mut progress = Progress::new(body, writer);
    let written = body.write_to(&mut progress);
    progress.clear();
    written.map(drop)
}

/// Follows symbolic links to the file that they name, which need not exist, so that the links are kept.
fn resolve_links(mut file: PathBuf) -> PathBuf {
    // Linux follows up to 40 links. If there are more, opening the file will report the loop.
    for _ in 0..40 {
        match fs::read_link(&file) {
            Ok(target) if !is_open_file(&file) => {
                file.pop();
                file.push(target);
            }
            _ => break,
        }
    }
    file
}

/// Returns true if a path names a file that some process has open.
fn is_open_file(file: &Path) -> bool {
    descriptor(file).is_some() || file.starts_with("/proc")
}

/// Opens a target that is written to directly: an open file, a device or a pipe. Returns `None` for a regular
/// file, whether or not it exists.
fn open_in_place(file: &Path) -> io::Result<Option<File>> {
    match descriptor(file) {
        Some(1) => return duplicate(io::stdout()).map(Some),
        Some(2) => return duplicate(io::stderr()).map(Some),
        // Opening it again does not share its position, so only appending is safe: other programs may write
        // to it.
        fd if is_open_file(file) && fs::metadata(file)?.is_file() && !fd.is_some_and(appends) => {
            return Err(io::Error::other(
                "it is open, but not for appending; name the file itself, or open it with >>",
            ));
        }
        _ if is_open_file(file) => return File::options().append(true).open(file).map(Some),
        _ => {}
    }
    let metadata = fs::metadata(file);
    let is_dir = metadata.as_ref().is_ok_and(fs::Metadata::is_dir);
    if is_dir || file.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; name a file in it"));
    }
    match metadata {
        Ok(metadata) if !metadata.is_file() => File::options().write(true).open(file).map(Some),
        _ => Ok(None),
    }
}

/// Returns the file behind a standard stream, which bypasses the line buffer of `io::stdout`.
#[cfg(unix)]
fn duplicate(stream: impl std::os::fd::AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn duplicate(stream: impl std::os::windows::io::AsHandle) -> io::Result<File> {
    stream.as_handle().try_clone_to_owned().map(File::from)
}

/// Writes a temporary file in the same directory, and moves it to `file` when it is complete.
fn replace(mut body: Body, file: &Path) -> io::Result<()> {
    // A signal must not leave the temporary file behind.
    let signals = Signals::listen()?;
    let temporary = create(file)?;
    let written = copy(&mut body, signals.interrupt(temporary.as_file()), temporary.as_file());
    if signals.received().is_some() {
        // Dropping it removes the file, which must happen before the process ends.
        drop(temporary);
        signals.end_process();
        return written;
    }
    written?;
    // A signal that arrives now finds the file complete.
    temporary.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Creates a temporary file in the same directory, with the permissions of `file` if it exists.
pub fn create(file: &Path) -> io::Result<NamedTempFile> {
    let permissions = permissions_to_replace(file)?;
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = tempfile_builder().tempfile_in(dir).map_err(|error| create_error(&error, dir))?;
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions)?;
    }
    Ok(temporary)
}

/// Returns the permissions of an existing file, or an error if it is read-only.
///
/// The check is necessary because replacing a file by another one requires write access to the directory
/// only.
fn permissions_to_replace(file: &Path) -> io::Result<Option<fs::Permissions>> {
    match File::options().write(true).open(file) {
        Ok(existing) => Ok(Some(existing.metadata()?.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let message = format!("{error}; make it writable, or choose another file");
            Err(io::Error::new(error.kind(), message))
        }
        Err(error) => Err(error),
    }
}

/// Describes why no temporary file could be created, without its name, which would mean nothing to the user.
fn create_error(error: &io::Error, dir: &Path) -> io::Error {
    let (kind, dir) = (error.kind(), shorten_to(60, &dir.display().to_string()));
    let message = match kind {
        io::ErrorKind::NotFound => format!("the directory {dir} does not exist; create it first"),
        _ => format!("cannot create a file in {dir}: {}; choose another directory", io::Error::from(kind)),
    };
    io::Error::new(kind, message)
}

pub fn tempfile_builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".niello-");
    // The permissions of an ordinary new file: those of a temporary file would let only its owner read it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}
