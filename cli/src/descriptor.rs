//! Paths that name a descriptor of this process.

use std::{fs, path::Path};

/// Its number. Such a path is for the file that is open, as it is: its place may be past the start, and
/// to a shell's `>> log` belongs what others write.
pub fn descriptor(path: &Path) -> Option<u32> {
    match path.to_str()? {
        "/dev/stdin" => Some(0),
        "/dev/stdout" => Some(1),
        "/dev/stderr" => Some(2),
        path => path.strip_prefix("/dev/fd/").or(path.strip_prefix("/proc/self/fd/"))?.parse().ok(),
    }
}

/// Whether all that is written to a descriptor goes to the end of its file, as with `>>` in a shell. Only Linux
/// says it without an unsafe call.
pub fn appends(descriptor: u32) -> bool {
    const O_APPEND: u32 = 0o2000;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    flags
        .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok())
        .is_some_and(|flags| flags & O_APPEND != 0)
}

/// `-`, or a path that names standard input.
pub fn is_stdin(path: &Path) -> bool {
    path == Path::new("-") || descriptor(path) == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_descriptors() {
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
