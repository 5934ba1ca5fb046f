//! A directory in which the shell commands of the documents and of the help run as printed.

use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

pub struct Stage {
    folder: TempDir,
    path: OsString,
}

impl Stage {
    /// Creates the directory. `files` are copied from `tests` under a new name; `scripts` are shell scripts
    /// by name. Those in `bin` are on the `PATH`, where they replace programs.
    pub fn new<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        scripts: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Stage {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        for (file, name) in files {
            fs::copy(Path::new(ROOT).join("tests").join(file), at(name)).unwrap();
        }
        for (name, script) in scripts {
            let path = at(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let niello = Path::new(env!("CARGO_BIN_EXE_niello")).parent().unwrap();
        let others = env::var_os("PATH").unwrap();
        let paths = [folder.path().join("bin"), niello.to_owned()];
        let path = env::join_paths(paths.into_iter().chain(env::split_paths(&others))).unwrap();
        Stage { folder, path }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs shell commands, none of which may fail. Returns standard error.
    pub fn run<'a>(&self, text: &str, variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", text]).current_dir(&self.folder).stdin(Stdio::null());
        bash.env("PATH", &self.path).env("HOME", self.folder.path()).envs(variables);
        let output = bash.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{text}\n{stderr}");
        stderr
    }
}
