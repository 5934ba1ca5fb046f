//! Paths that name a descriptor of this process.

use std::path::Path;

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
