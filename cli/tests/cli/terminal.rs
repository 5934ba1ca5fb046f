//! What a person sees: standard output, or all, is a terminal.

use super::CLIP;
use std::{
    fs::File,
    io::Read,
    os::fd::{FromRawFd, OwnedFd},
    process::{Command, ExitStatus, Stdio},
    ptr,
};

/// A terminal of 80 columns: the end that a person has, and the one that a process has.
fn terminal() -> (File, OwnedFd) {
    let (mut person, mut process) = (-1, -1);
    let mut size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let usual = ptr::null_mut;
    // SAFETY: both numbers and the size are of this frame; null is "as usual" for the name and the settings.
    let made = unsafe { libc::openpty(&mut person, &mut process, usual(), ptr::null_mut(), &raw mut size) };
    assert_eq!(made, 0);
    let [person, process] = [person, process].map(|end| {
        // SAFETY: just opened, and nobody else's.
        let end = unsafe { OwnedFd::from_raw_fd(end) };
        // A clone is none that the commands of other tests hold open.
        end.try_clone().unwrap()
    });
    (person.into(), process)
}

/// A command in an environment in which a terminal has colours.
fn niello(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_niello"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").args(args).stdin(Stdio::null());
    command
}

/// How it ends, what stands on the terminal, and what it says on standard error, which is none.
fn on_terminal(mut command: Command) -> (ExitStatus, String, String) {
    let (mut person, process) = terminal();
    let mut child = command.stdout(process).stderr(Stdio::piped()).spawn().unwrap();
    // It holds the other end open.
    drop(command);
    let mut seen = Vec::new();
    // Linux has an error for the end.
    let _ = person.read_to_end(&mut seen);
    let mut says = String::new();
    child.stderr.take().unwrap().read_to_string(&mut says).unwrap();
    (child.wait().unwrap(), String::from_utf8(seen).unwrap().replace("\r\n", "\n"), says)
}

fn piped(args: &[&str]) -> String {
    String::from_utf8(niello(args).output().unwrap().stdout).unwrap()
}

#[test]
fn media_goes_to_a_terminal_only_if_it_is_asked_to() {
    let args = ["chat", "--model", "m", "--text", "x", "--video", CLIP];
    let (status, seen, says) = on_terminal(niello(&args));
    assert_eq!((status.code(), &*seen), (Some(1), ""));
    assert!(says.contains("--preview") && says.contains("-o -") && says.lines().count() == 1, "{says}");

    let (status, seen, _) = on_terminal(niello(&[&args[..], &["-o", "-"]].concat()));
    assert!(status.success() && seen == piped(&args));
    // Text may be read there, and the prompt comes on a line of its own.
    let (status, seen, _) = on_terminal(niello(&args[..5]));
    assert!(status.success() && seen == piped(&args[..5]) + "\n");
}

#[test]
fn styles_are_for_a_terminal() {
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
fn an_error_is_red_on_a_terminal_and_plain_elsewhere() {
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

#[test]
fn media_is_not_typed() {
    let (_person, process) = terminal();
    let output = niello(&["gemini", "--video", "-"]).stdin(process).output().unwrap();
    let says = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && says.contains("standard input is a terminal"), "{says}");
}

#[test]
fn help_fits_a_terminal() {
    for args in [&[][..], &["chat"], &["gemini"], &["fill"], &["completions"], &["man"]] {
        for help in ["-h", "--help"] {
            let (status, seen, _) = on_terminal(niello(&[args, &[help]].concat()));
            assert!(status.success() && seen.contains("\x1b[1m"));
            for line in anstream::adapter::strip_str(&seen).to_string().lines() {
                assert!(line.chars().count() <= 80, "{args:?}: {line}");
            }
        }
    }
}
