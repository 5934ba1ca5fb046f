//! Where media comes from: files, standard input, pipes.

use super::{CLIP, chat, niello, refused};
use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use std::{fs, process::Stdio};
use tempfile::TempDir;

#[test]
fn standard_input_is_media_or_template() {
    let piped = chat().args(["--video", "-"]).pipe_stdin(CLIP).unwrap().assert().success();
    let named = chat().args(["--video", CLIP]).assert().success();
    assert_eq!(piped.get_output().stdout, named.get_output().stdout);
    let template = format!(r#"[{{"$data_uri":{{"file":"{CLIP}"}}}}]"#);
    niello()
        .args(["fill", "-"])
        .write_stdin(template)
        .assert()
        .success()
        .stdout(contains("data:video/mp4;base64,"));
}

#[test]
fn standard_input_has_a_name() {
    chat()
        .args(["--video", "-", "--dry-run"])
        .pipe_stdin(CLIP)
        .unwrap()
        .assert()
        .success()
        .stdout(contains("standard input"));
    refused(
        chat().args(["--audio", "-"]).write_stdin("abc"),
        1,
        "cannot detect the media type of standard input",
    );
}

#[test]
fn standard_input_is_read_once() {
    for [a, b] in
        [["-", "-"], ["-", "/dev/stdin"], ["/dev/fd/0", "-;type=a/b"], ["/dev/stdin", "/proc/self/fd/0"]]
    {
        let mut command = chat();
        command.args(["--video", a, "--audio", b]).pipe_stdin(CLIP).unwrap();
        refused(&mut command, 1, "standard input can be read once");
    }
    for template in ["-", "/dev/stdin"] {
        for file in ["/dev/stdin", "/dev/fd/0"] {
            let text = format!(r#"{{"a":[{{"$base64":{{"file":"{file}"}}}}]}}"#);
            refused(niello().args(["fill", template]).write_stdin(text), 1, "was it read before?");
        }
    }
}

#[test]
fn a_limit_holds_for_standard_input_without_end() {
    use std::io::Read;
    for (src, limit) in [("-", "50"), ("/dev/stdin;type=video/mp4", "databricks")] {
        let zeros = Stdio::from(fs::File::open("/dev/zero").unwrap());
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_niello"));
        command.args(["chat", "--model", "m", "--video", src, "--limit", limit]).stdin(zeros);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut says = String::new();
        child.stderr.take().unwrap().read_to_string(&mut says).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert!(says.contains("standard input has more than the"), "{says}");
        assert_eq!(says.lines().count(), 1);
    }
    // As much as the limit is not over it.
    let exact = chat().args(["--video", "-;type=a/b", "--limit", "3"]).write_stdin("abc").assert().code(1);
    exact.stderr(contains("the body has"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_name_need_not_be_text() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    let folder = TempDir::new().unwrap();
    let name = |end: &[u8]| OsString::from_vec([b"\xff;\xc3\xa9.bin", end].concat());
    fs::write(folder.path().join(name(b"")), "abc").unwrap();
    chat()
        .current_dir(folder.path())
        .arg("--video")
        .arg(name(b";type=video/x"))
        .assert()
        .success()
        .stdout(contains("data:video/x;base64,YWJj"));
    let none = folder.path().join(OsString::from_vec(b"no\xfe".to_vec()));
    refused(chat().arg("--video").arg(none), 1, "No such file");
}

#[test]
fn a_hint_is_of_the_kind_of_its_option() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("x y"), [1, 2, 3]).unwrap();
    for command in [&["gemini"][..], &["chat", "--model", "m"]] {
        for (option, hint) in [("--video", "video/mp4"), ("--audio", "audio/mp3"), ("--image", "image/png")] {
            let says = format!("'x y;type={hint}'");
            refused(niello().current_dir(folder.path()).args(command).args([option, "x y"]), 1, &says);
        }
    }
}

#[test]
fn a_value_may_start_with_a_hyphen() {
    niello()
        .args(["chat", "--model", "m", "--system", "-s", "--text", "- a", "--stop", "--"])
        .args(["--video", "-;type=video/x"])
        .write_stdin("abc")
        .assert()
        .success()
        .stdout(
            contains(r#""content":"-s""#)
                .and(contains(r#""text":"- a""#))
                .and(contains(r#"["--"]"#))
                .and(contains("data:video/x;base64,YWJj")),
        );
}

/// Shell lines in a folder with `a.wav` and a file named `-`, and what each says; one that says nothing succeeds.
#[test]
#[cfg(unix)]
fn what_stands_for_a_file_is_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    fs::write(folder.path().join("-"), b"no media").unwrap();
    fs::write(folder.path().join("t.json"), r#"{"$base64":{"file":"/dev/stdin"}}"#).unwrap();
    const WAV: &str = "UklGRgQAAABXQVZF";
    for (line, says) in [
        ("$0 chat --model m --audio - < a.wav", WAV),
        (
            "f() { $0 chat --model m --audio \"$1;type=a/b\" --audio \"$1;type=a/b\"; }; f <(cat a.wav)",
            "was it read before?",
        ),
        ("echo '[1e400,{\"$base64\":{\"file\":\"/dev/stdin\"}}]' | $0 fill -", "was it read before?"),
        ("cat a.wav | $0 fill t.json", WAV),
        ("head -c 9 a.wav | $0 fill t.json --limit 8", "more than the 8 bytes"),
        ("$0 fill <(echo '{\"$base64\":{\"file\":\"a.wav\"}}')", WAV),
        ("$0 chat --model m --text x -o new/", "it is a directory"),
        ("$0 chat --model m --text x -o /dev/fd/3 3> log", "name the file itself"),
    ] {
        let mut bash = Command::new("bash");
        bash.args(["-c", line, env!("CARGO_BIN_EXE_niello")]).current_dir(folder.path());
        let output = bash.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(says), "{line}: {said}");
        assert_eq!(output.status.success(), says == WAV, "{line}: {said}");
    }
}
