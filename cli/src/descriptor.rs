//! Paths that name an open file descriptor of this process, such as `/dev/stdin` and `/dev/fd/3`.
//!
//! Such a path means the open file in its current state: its position may be past the start, and with a
//! shell's `>> log` other programs write to the same file.

use std::{fs, path::Path};

/// Returns the number of the descriptor that a path names.
pub fn descriptor(path: &Path) -> Option<u32> {
    match path.to_str()? {
        "/dev/stdin" => Some(0),
        "/dev/stdout" => Some(1),
        "/dev/stderr" => Some(2),
        path => path.strip_prefix("/dev/fd/").or(path.strip_prefix("/proc/self/fd/"))?.parse().ok(),
    }
}

/// Returns true for `-` and for paths that name standard input.
pub fn is_stdin(path: &Path) -> bool {
    path == Path::new("-") || descriptor(path) == Some(0)
}

/// Returns true if every write to a descriptor goes to the end of its file, as with a shell's `>>`.
///
/// Only Linux has a way to ask without unsafe code; elsewhere the result is false.
pub fn appends(descriptor: u32) -> bool {
    const O_APPEND: u32 = 0o2000;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    flags
        .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok())
        .is_some_and(|flags| flags & O_APPEND != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptor_paths_are_recognized() {
        for (path, number) in [
            ("/dev/stdin", Some(0)),
            ("/dev/stderr", Some(2)),
            ("/dev/fd/0", Some(0)),
            ("/proc/self/fd/63", Some(63)),
            ("/dev/fd/", None),
            ("/dev/fd/x", None),
            ("dev/stdin", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(descriptor(Path::new(path)), number, "{path}");
        }
        assert!(is_stdin(Path::new("-")) && is_stdin(Path::new("/dev/fd/0")));
    }
}
