//! What a person sees on a terminal.

use super::CLIP;
use std::{
    fs::File,
    io::Read,
    os::fd::{FromRawFd, OwnedFd},
    process::{Command, ExitStatus, Stdio},
    ptr, thread,
    time::{Duration, Instant},
};

/// Opens a terminal of 80 columns. Returns the end of the person and the end of the process.
fn terminal() -> (File, OwnedFd) {
    let (mut person, mut process) = (-1, -1);
    let mut size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let (name, size) = (ptr::null_mut(), &raw mut size);
    // SAFETY: the pointers to both descriptors and to the size are valid; no name and no settings are passed.
    let opened = unsafe { libc::openpty(&mut person, &mut process, name, ptr::null_mut(), size) };
    assert_eq!(opened, 0);
    let [person, process] = [person, process].map(|end| {
        // SAFETY: the descriptor was just opened, and nothing else owns it.
        let end = unsafe { OwnedFd::from_raw_fd(end) };
        // A clone is closed on exec, so the commands of other tests do not inherit it.
        end.try_clone().unwrap()
    });
    (person.into(), process)
}

/// Returns a command in an environment in which a terminal shows colors.
fn niello(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_niello"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").args(args).stdin(Stdio::null());
    command
}

/// Runs a command with a terminal as standard output. Returns its status, the text on the terminal, and
/// standard error.
fn on_terminal(mut command: Command) -> (ExitStatus, String, String) {
    let (mut person, process) = terminal();
    let mut child = command.stdout(process).stderr(Stdio::piped()).spawn().unwrap();
    // The command holds the process's end open.
    drop(command);
    let mut seen = Vec::new();
    // On Linux, the end of the input is an error.
    let _ = person.read_to_end(&mut seen);
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap(), String::from_utf8(seen).unwrap().replace("\r\n", "\n"), stderr)
}

fn piped(args: &[&str]) -> String {
    String::from_utf8(niello(args).output().unwrap().stdout).unwrap()
}

#[test]
fn coded_body_is_not_written_to_a_terminal() {
    let args = ["chat", "-m", "m", "-t", "Hi", "--content-encoding", "zstd"];
    let (status, seen, error) = on_terminal(niello(&args));
    assert!(!status.success() && seen.is_empty() && error.contains("coded as zstd"), "{seen}{error}");
}

#[test]
fn media_is_written_to_a_terminal_only_on_request() {
    let args = ["chat", "--model", "m", "--text", "x", "--video", CLIP];
    let (status, seen, error) = on_terminal(niello(&args));
    assert_eq!((status.code(), &*seen), (Some(1), ""));
    assert!(error.contains("--preview") && error.contains("-o -") && error.lines().count() == 1, "{error}");

    let (status, seen, _) = on_terminal(niello(&[&args[..], &["-o", "-"]].concat()));
    assert!(status.success() && seen == piped(&args));
    // A body without media is readable. A line break after it keeps the shell prompt apart.
    let (status, seen, _) = on_terminal(niello(&args[..5]));
    assert!(status.success() && seen == piped(&args[..5]) + "\n");
}

#[test]
fn styles_appear_only_on_a_terminal_that_supports_them() {
    for shown in ["--preview", "--dry-run"] {
        let args = ["chat", "--model", "m", "--text", "\u{9b}31m", "--video", CLIP, shown];
        let plain = piped(&args);
        assert!(!plain.contains(['\x1b', '\u{9b}']));
        let (_, styled, _) = on_terminal(niello(&args));
        assert!(styled.contains("\x1b[1m") && !styled.contains('\u{9b}'), "{styled}");
        assert_eq!(anstream::adapter::strip_str(&styled).to_string(), plain);
        for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let mut command = niello(&args);
            command.env(name, value);
            assert_eq!(on_terminal(command).1, plain);
        }
    }
}

#[test]
fn errors_are_red_on_a_terminal_and_plain_elsewhere() {
    let args = ["chat", "--model", "m", "--video", "none.mp4"];
    let (mut person, process) = terminal();
    let mut command = niello(&args);
    let mut child = command.stdout(Stdio::null()).stderr(process).spawn().unwrap();
    drop(command);
    let mut seen = Vec::new();
    let _ = person.read_to_end(&mut seen);
    child.wait().unwrap();
    let seen = String::from_utf8(seen).unwrap();
    assert!(seen.contains("\x1b[31mniello:\x1b[0m cannot open none.mp4"), "{seen:?}");
    let plain = niello(&args).output().unwrap().stderr;
    assert!(plain.starts_with(b"niello: cannot open none.mp4"));
}

/// Writes a body to a reader that pauses. Returns what is seen on the terminal meanwhile.
fn seen_while_writing(pause: Duration) -> String {
    let folder = tempfile::tempdir().unwrap();
    // More than fits into a pipe.
    let media = folder.path().join("a video with a long name.bin");
    std::fs::write(&media, vec![1; 3 << 20]).unwrap();
    let (mut person, process) = terminal();
    let src = format!("{};type=video/mp4", media.display());
    let mut command = niello(&["chat", "--model", "m", "--video", &src]);
    let mut child = command.stdout(Stdio::piped()).stderr(process).spawn().unwrap();
    drop(command);
    let mut body = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        thread::sleep(pause);
        body.read_to_end(&mut Vec::new()).unwrap()
    });
    let mut seen = Vec::new();
    let _ = person.read_to_end(&mut seen);
    assert!(reader.join().unwrap() > 4 << 20 && child.wait().unwrap().success());
    String::from_utf8(seen).unwrap()
}

#[test]
fn progress_shows_the_file_and_the_percentage_after_half_a_second() {
    let seen = seen_while_writing(Duration::from_millis(700));
    let bar = anstream::adapter::strip_str(&seen).to_string();
    assert!(
        bar.contains("a video with ...name.bin") && bar.contains("% ") && bar.contains("MiB"),
        "{seen:?}"
    );
    let start = Instant::now();
    let seen = seen_while_writing(Duration::ZERO);
    // A busy machine may take longer.
    assert!(seen.is_empty() || start.elapsed() > Duration::from_millis(500), "{seen:?}");
}

#[test]
fn reading_media_from_a_terminal_is_an_error() {
    let (_person, process) = terminal();
    let output = niello(&["gemini", "--video", "-"]).stdin(process).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && error.contains("standard input is a terminal"), "{error}");
}

#[test]
fn template_on_a_terminal_has_no_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("r.json"), "{\n\t\"a\": \"\u{9b}31m\u{202e}\"\n}").unwrap();
    let mut command = niello(&["extract", "r.json", "--dir", "out"]);
    command.current_dir(&folder);
    let (status, seen, _) = on_terminal(command);
    let spaced = seen.replace("        ", "\t");
    assert!(status.success() && spaced == "{\n\t\"a\": \"\\u009b31m\\u202e\"\n}\n", "{seen:?}");
}

#[test]
fn extracting_from_a_terminal_is_an_error() {
    let (_person, process) = terminal();
    let output = niello(&["extract", "--dir", "none"]).stdin(process).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && error.contains("standard input is a terminal"), "{error}");
    assert!(!std::path::Path::new("none").exists());
}

#[test]
fn help_fits_a_terminal_of_80_columns() {
    for args in [&[][..], &["chat"], &["gemini"], &["fill"], &["extract"], &["completions"], &["man"]] {
        for help in ["-h", "--help"] {
            let (status, seen, _) = on_terminal(niello(&[args, &[help]].concat()));
            assert!(status.success() && seen.contains("\x1b[1m"));
            for line in anstream::adapter::strip_str(&seen).to_string().lines() {
                assert!(line.chars().count() <= 80, "{args:?}: {line}");
            }
        }
    }
}
