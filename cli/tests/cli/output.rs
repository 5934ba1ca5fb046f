//! Where the body goes: files that appear only when they are complete, open files and pipes, and signals.

use super::{CLIP, chat, fails, niello};
use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use std::{fs, io::Write, path::Path, process::Stdio};
use tempfile::TempDir;

#[test]
fn output_file_is_complete_or_unchanged() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("a b ü.json");
    let assert_no_other_file = || {
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["a b ü.json"]);
    };

    let body = chat().args(["--video", CLIP]).assert().success().get_output().stdout.clone();
    chat().args(["--video", CLIP, "-o"]).arg(&out).assert().success().stdout("");
    assert_eq!(fs::read(&out).unwrap(), body);
    assert_no_other_file();

    // This file has fewer bytes than its metadata says, so it fails while the body is being written.
    let short = Path::new("/sys/kernel/uevent_seqnum");
    if short.exists() {
        fs::write(&out, "old").unwrap();
        let src = format!("{};type=video/mp4", short.display());
        fails(chat().args(["--video", &src, "-o"]).arg(&out), 1, "uevent_seqnum");
        assert_eq!(fs::read(&out).unwrap(), b"old");
        assert_no_other_file();
    }
}

#[test]
fn output_to_a_directory_is_an_error() {
    let folder = TempDir::new().unwrap();
    fails(chat().arg("-o").arg(folder.path()), 1, "it is a directory");
    fails(chat().args(["-o", "new/"]), 1, "it is a directory");
}

#[test]
fn devices_are_written_in_place() {
    chat().args(["-o", "/dev/null"]).assert().success();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

/// The names are not UTF-8, shortened in messages because they look like a URL, or hidden behind standard
/// input.
#[cfg(target_os = "linux")]
#[test]
fn output_over_an_input_with_an_unusual_name_is_an_error() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt, process::Command};
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("example.com")).unwrap();
    let clip = fs::read(CLIP).unwrap();
    fs::copy(CLIP, folder.path().join("clip.mp4")).unwrap();
    let template: &[u8] = br#"{"a":{"$base64":{"file":"clip.mp4"}}}"#;
    let chat = ["chat", "--model", "m", "--video"];
    let assert_fails = |args: &[&str], last: &OsStr, out: &Path, stdin: Stdio| {
        let mut niello = Command::new(env!("CARGO_BIN_EXE_niello"));
        let args = niello.current_dir(&folder).args(args).arg(last).arg("-o").arg(out);
        let output = args.stdin(stdin).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && error.contains("would overwrite a file"), "{error}");
    };
    for (name, bytes, command) in [
        (&b"bad\xff.mp4"[..], clip.as_slice(), chat.as_slice()),
        (b"example.com/v?1.mp4", &clip, &chat),
        (b"t.json", template, &["fill"]),
    ] {
        let path = folder.path().join(OsStr::from_bytes(name));
        fs::write(&path, bytes).unwrap();
        assert_fails(command, OsStr::from_bytes(name), &path, Stdio::null());
        // As standard input, redirected by a shell's `<`.
        assert_fails(command, OsStr::new("-"), &path, fs::File::open(&path).unwrap().into());
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn output_over_an_input_is_an_error() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::copy(CLIP, at("clip.mp4")).unwrap();
    let template = r#"{"a":{"$base64":{"file":"clip.mp4"}}}"#;
    fs::write(at("t.json"), template).unwrap();
    for out in ["clip.mp4", "./clip.mp4", "t.json"] {
        let fill = ["fill", "t.json", "-o", out];
        fails(niello().current_dir(&folder).args(fill), 1, "would overwrite a file");
        if out != "t.json" {
            let gemini = ["gemini", "--video", "clip.mp4", "-o", out];
            fails(niello().current_dir(&folder).args(gemini), 1, "would overwrite a file");
        }
    }
    assert_eq!(fs::read_to_string(at("t.json")).unwrap(), template);
    assert!(fs::read(at("clip.mp4")).unwrap() == fs::read(CLIP).unwrap());
}

#[cfg(unix)]
#[test]
fn output_to_a_link_to_an_input_is_an_error() {
    let folder = TempDir::new().unwrap();
    fs::copy(CLIP, folder.path().join("clip.mp4")).unwrap();
    fs::write(folder.path().join("t.json"), r#"{"a":{"$base64":{"file":"clip.mp4"}}}"#).unwrap();
    std::os::unix::fs::symlink("clip.mp4", folder.path().join("link")).unwrap();
    for args in
        [["fill", "t.json", "-o", "link"].as_slice(), &["gemini", "--video", "clip.mp4", "-o", "link"]]
    {
        fails(niello().current_dir(&folder).args(args), 1, "would overwrite a file");
    }
    assert!(fs::read(folder.path().join("clip.mp4")).unwrap() == fs::read(CLIP).unwrap());
}

#[cfg(unix)]
#[test]
fn output_file_keeps_its_permissions_and_its_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = TempDir::new().unwrap();
    let (file, link) = (folder.path().join("file.json"), folder.path().join("link.json"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

    fs::write(&file, "old").unwrap();
    let default = mode(&file);
    fs::remove_file(&file).unwrap();
    chat().arg("-o").arg(&file).assert().success();
    assert_eq!(mode(&file), default);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    chat().arg("-o").arg(&link).args(["--text", "new"]).assert().success();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().contains("new"));
    assert_eq!(mode(&file), 0o640);
}

#[cfg(unix)]
#[test]
fn output_to_a_dangling_link_creates_its_target() {
    use std::os::unix::fs::symlink;
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);

    symlink("there.json", at("dangling")).unwrap();
    symlink("dangling", at("to dangling")).unwrap();
    chat().arg("-o").arg(at("to dangling")).assert().success();
    assert!(fs::symlink_metadata(at("dangling")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(at("there.json")).unwrap().is_file());

    symlink("none/there.json", at("nowhere")).unwrap();
    fails(chat().arg("-o").arg(at("nowhere")), 1, "does not exist; create it first");
}

#[cfg(unix)]
#[test]
fn output_to_a_loop_of_links_is_an_error() {
    use std::os::unix::fs::symlink;
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    symlink("b", at("a")).unwrap();
    symlink("a", at("b")).unwrap();
    fails(chat().arg("-o").arg(at("a")), 1, "symbolic links");
    assert!(fs::symlink_metadata(at("a")).unwrap().is_symlink());
}

#[test]
fn output_to_a_missing_directory_is_an_error() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("none/out.json");
    let assert = fails(chat().arg("-o").arg(out), 1, "does not exist; create it first");
    assert.stderr(contains("none/out.json").and(contains(".niello-").not()));
}

#[cfg(unix)]
#[test]
fn read_only_output_file_is_unchanged() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(folder.path(), 0o777);
    fs::write(at("out.json"), "old").unwrap();
    mode(&at("out.json"), 0o444);
    // A copy, because another user may not be allowed to run the original. Another process makes it: a command
    // that another test starts meanwhile would inherit the open file, and a file open for writing cannot run.
    let copied =
        std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_niello")).arg(at("niello")).status();
    assert!(copied.unwrap().success());

    let mut command = std::process::Command::new(at("niello"));
    if fs::File::options().write(true).open(at("out.json")).is_ok() {
        // To root no file is read-only, so run it as another user.
        command.uid(65534).gid(65534);
    }
    command.args(["chat", "--model", "m", "--text", "x", "-o"]).arg(at("out.json"));
    fails(&mut command.into(), 1, "make it writable");
    assert_eq!(fs::read(at("out.json")).unwrap(), b"old");
}

#[cfg(target_os = "linux")]
#[test]
fn open_files_keep_what_was_written_before() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log");
    for (file, redirected) in [
        ("/dev/stdout", ">>"),
        ("/dev/fd/1", ">>"),
        ("/proc/self/fd/1", ">"),
        ("/dev/stderr", "2>>"),
        ("/dev/fd/7", "7>>"),
        ("link", ">>"),
    ] {
        let _ = std::os::unix::fs::symlink("/dev/stdout", folder.path().join("link"));
        fs::write(&log, "before\n").unwrap();
        let script = format!(
            "{{ echo first >{to}; $0 chat --model m --text x -o {file}; echo last >{to}; }} {redirected} log",
            to = match redirected.trim_end_matches('>') {
                "" => "&1",
                "2" => "&2",
                _ => "&7",
            },
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_niello")]).current_dir(folder.path());
        shell.assert().success();
        let got = fs::read_to_string(&log).unwrap();
        let before = if redirected == ">" { "" } else { "before\n" };
        assert!(got.starts_with(&format!("{before}first\n{{\"model\"")), "{file} {redirected}: {got}");
        assert!(got.ends_with("}last\n"), "{file} {redirected}: {got}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn open_file_that_does_not_append_is_an_error() {
    let folder = TempDir::new().unwrap();
    let mut shell = Command::new("sh");
    let script = "$0 chat --model m --text x -o /dev/fd/3 3> log";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_niello")]).current_dir(folder.path());
    fails(&mut shell, 1, "name the file itself");
}

/// A limit on the file size makes the same writes fail as a full disk.
#[test]
#[cfg(unix)]
fn full_disk_is_an_error_and_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("clip.mp4"), vec![0; 100_000]).unwrap();
    for (args, message) in [
        ("--video 'clip.mp4;type=video/mp4' -o body.json", "cannot write to body.json: File too large"),
        ("--video '-;type=video/mp4'", "cannot copy standard input to a temporary file"),
    ] {
        let niello = env!("CARGO_BIN_EXE_niello");
        let script = format!("ulimit -f 16; cat clip.mp4 | {niello} chat --model m {args} | wc -c");
        let mut bash = std::process::Command::new("bash");
        let output = bash.args(["-o", "pipefail", "-c", &script]).current_dir(&folder).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(message), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert_eq!(output.stdout, b"0\n");
    }
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["clip.mp4"]);
}

/// Starts `niello` from a shell line, with media of `len` bytes and an output file, and sends it a signal
/// once part of the body is written. Returns the exit status and the lengths of the files in the output
/// directory.
#[cfg(unix)]
fn interrupted(line: &str, len: u64, signal: libc::c_int) -> (std::process::ExitStatus, Vec<u64>) {
    let (folder, out) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let big = folder.path().join("big.mp4");
    fs::File::create(&big).unwrap().set_len(len).unwrap();
    let lengths = || -> Vec<u64> {
        let files = fs::read_dir(out.path()).unwrap();
        files.filter_map(|file| Some(file.unwrap().metadata().ok()?.len())).collect()
    };
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", line, env!("CARGO_BIN_EXE_niello"), "chat", "--model", "m", "--video"])
        .arg(format!("{};type=video/mp4", big.display()))
        .arg("-o")
        .arg(out.path().join("body.json"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // The tests may have been started with the signal ignored, for example by `nohup`.
    // SAFETY: `signal` may be called between fork and exec, and allocates nothing.
    unsafe {
        std::os::unix::process::CommandExt::pre_exec(&mut command, move || {
            libc::signal(signal, libc::SIG_DFL);
            Ok(())
        });
    }
    let mut child = command.spawn().unwrap();
    while lengths().iter().all(|len| *len == 0) {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    // SAFETY: the child has not been waited for, so the number is its own.
    assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, signal) }, 0);
    (child.wait().unwrap(), lengths())
}

#[cfg(unix)]
#[test]
fn signal_leaves_no_partial_file_behind() {
    use std::os::unix::process::ExitStatusExt;
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
        let (status, left) = interrupted("exec \"$0\" \"$@\"", 20 << 30, signal);
        assert_eq!((status.signal(), left.len()), (Some(signal), 0));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ignored_signal_stays_ignored() {
    let (status, left) = interrupted("trap '' HUP; exec \"$0\" \"$@\"", 192 << 20, libc::SIGHUP);
    assert!(status.success() && left.len() == 1 && left[0] > 256 << 20, "{status} {left:?}");
}

#[test]
fn closed_pipe_is_not_an_error() {
    let folder = TempDir::new().unwrap();
    let big = folder.path().join("big.mp4");
    fs::File::create(&big).unwrap().set_len(64 << 20).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_niello"))
        .args(["chat", "--model", "m", "--video"])
        .arg(format!("{};type=video/mp4", big.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
#[cfg(target_os = "linux")]
fn pipe_is_enlarged_for_a_large_body_only() {
    use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size, pipe};
    use std::io::Read;
    let large = 1 << 20;
    let (_reader, writer) = pipe().unwrap();
    let usual = fcntl_getpipe_size(&writer).unwrap();
    if usual != 64 << 10 || fcntl_setpipe_size(&writer, large).is_err() {
        eprintln!("pipes have another size here, or may not have 1 MiB: skipped");
        return;
    }
    for (text, expected) in [("x".to_owned(), usual), ("x".repeat(large + 1), large)] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_niello"))
            .args(["chat", "--model", "m", "--text", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let out = child.stdout.as_mut().unwrap();
        assert!(out.read_to_end(&mut Vec::new()).unwrap() > text.len());
        assert_eq!(fcntl_getpipe_size(out).unwrap(), expected);
        assert!(child.wait().unwrap().success());
    }
}
