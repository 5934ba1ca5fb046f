//! Where media and templates come from: files, standard input and pipes.

use super::{CLIP, chat, fails, niello};
use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use std::{fs, process::Stdio};
use tempfile::TempDir;

#[test]
fn media_is_read_from_standard_input() {
    let piped = chat().args(["--video", "-"]).pipe_stdin(CLIP).unwrap().assert().success();
    let named = chat().args(["--video", CLIP]).assert().success();
    assert_eq!(piped.get_output().stdout, named.get_output().stdout);
}

#[test]
fn template_is_read_from_standard_input() {
    let template = format!(r#"[{{"$data_uri":{{"file":"{CLIP}"}}}}]"#);
    let filled = niello().args(["fill", "-"]).write_stdin(template).assert().success();
    filled.stdout(contains("data:video/mp4;base64,"));
}

#[test]
fn messages_call_it_standard_input() {
    let mut dry_run = chat();
    let dry_run = dry_run.args(["--video", "-", "--dry-run"]).pipe_stdin(CLIP).unwrap().assert().success();
    dry_run.stdout(contains("standard input"));
    let message = "cannot detect the media type of standard input";
    fails(chat().args(["--audio", "-"]).write_stdin("abc"), 1, message);
}

#[test]
fn reading_standard_input_twice_is_an_error() {
    for [a, b] in
        [["-", "-"], ["-", "/dev/stdin"], ["/dev/fd/0", "-;type=a/b"], ["/dev/stdin", "/proc/self/fd/0"]]
    {
        let mut command = chat();
        command.args(["--video", a, "--audio", b]).pipe_stdin(CLIP).unwrap();
        fails(&mut command, 1, "standard input can be read only once");
    }
    for template in ["-", "/dev/stdin"] {
        for file in ["/dev/stdin", "/dev/fd/0"] {
            let text = format!(r#"{{"a":[{{"$base64":{{"file":"{file}"}}}}]}}"#);
            fails(niello().args(["fill", template]).write_stdin(text), 1, "was it read before?");
        }
    }
}

#[test]
fn limit_stops_reading_an_endless_pipe() {
    use std::io::Read;
    for (src, limit) in [("-", "50"), ("/dev/stdin;type=video/mp4", "databricks")] {
        let zeros = Stdio::from(fs::File::open("/dev/zero").unwrap());
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_niello"));
        command.args(["chat", "--model", "m", "--video", src, "--limit", limit]).stdin(zeros);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut message = String::new();
        child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert!(message.contains("standard input has more than the"), "{message}");
        assert_eq!(message.lines().count(), 1);
    }
}

#[test]
fn pipe_of_exactly_the_limit_is_read() {
    let mut command = chat();
    command.args(["--video", "-;type=a/b", "--limit", "3"]).write_stdin("abc");
    fails(&mut command, 1, "the body has");
}

#[cfg(target_os = "linux")]
#[test]
fn file_names_may_contain_invalid_utf8() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    let folder = TempDir::new().unwrap();
    let name = |end: &[u8]| OsString::from_vec([b"\xff;\xc3\xa9.bin", end].concat());
    fs::write(folder.path().join(name(b"")), "abc").unwrap();
    let mut command = chat();
    let output = command.current_dir(folder.path()).arg("--video").arg(name(b";type=video/x")).assert();
    output.success().stdout(contains("data:video/x;base64,YWJj"));
    let none = folder.path().join(OsString::from_vec(b"no\xfe".to_vec()));
    fails(chat().arg("--video").arg(none), 1, "No such file");
}

#[test]
fn hint_about_the_media_type_fits_the_option() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("x y"), [1, 2, 3]).unwrap();
    for command in [&["gemini"][..], &["chat", "--model", "m"]] {
        for kind in ["video", "audio", "image"] {
            let mut niello = niello();
            niello.current_dir(folder.path()).args(command).args([&format!("--{kind}"), "x y"]);
            fails(&mut niello, 1, &format!("'x y;type={kind}/<SUBTYPE>'"));
        }
    }
}

#[test]
fn values_may_start_with_a_hyphen() {
    let mut command = chat();
    command.args(["--system", "-s", "--text", "- a", "--stop", "--", "--video", "-;type=video/x"]);
    command.write_stdin("abc").assert().success().stdout(
        contains(r#""content":"-s""#)
            .and(contains(r#""text":"- a""#))
            .and(contains(r#"["--"]"#))
            .and(contains("data:video/x;base64,YWJj")),
    );
}

/// Runs shell lines in a directory that contains `a.wav` and a file named `-`.
#[test]
#[cfg(unix)]
fn redirections_and_process_substitutions_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    fs::write(folder.path().join("-"), b"no media").unwrap();
    fs::write(folder.path().join("t.json"), r#"{"$base64":{"file":"/dev/stdin"}}"#).unwrap();
    const WAV: &str = "UklGRgQAAABXQVZF";
    let run = |line: &str, succeeds: bool, message: &str| {
        let mut bash = Command::new("bash");
        bash.args(["-c", line, env!("CARGO_BIN_EXE_niello")]).current_dir(folder.path());
        let output = bash.output().unwrap();
        let shown = [output.stdout, output.stderr].concat();
        let shown = String::from_utf8_lossy(&shown);
        assert!(shown.contains(message), "{line}: {shown}");
        assert_eq!(output.status.success(), succeeds, "{line}: {shown}");
    };
    run("$0 chat --model m --audio - < a.wav", true, WAV);
    run("cat a.wav | $0 fill t.json", true, WAV);
    run("$0 fill <(echo '{\"$base64\":{\"file\":\"a.wav\"}}')", true, WAV);

    let twice = "f() { $0 chat --model m --audio \"$1;type=a/b\" --audio \"$1;type=a/b\"; }; f <(cat a.wav)";
    run(twice, false, "was it read before?");
    run("echo '[1e400,{\"$base64\":{\"file\":\"/dev/stdin\"}}]' | $0 fill -", false, "was it read before?");
    run("head -c 9 a.wav | $0 fill t.json --limit 8", false, "more than the 8 bytes");
}
